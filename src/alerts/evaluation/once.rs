//! What happens once: the store's signals behind a cursor, held against the rules about new issues and those that came back.

use std::time::Duration;

use jiff::SignedDuration;

use crate::alerts::evaluation::plan::Plan;
use crate::alerts::evaluation::queries::Queries;
use crate::alerts::evaluation::{ALERTS_MAX, Now, Result, is_open};
use crate::model::alert::{Alert, Subject};
use crate::model::alert_rule::{AlertRule, Trigger};
use crate::model::ids::{AlertId, IncidentId};
use crate::model::issue::Issue;
use crate::model::signal::{Signal, SignalKind};
use crate::search::Search;
use crate::store::{Evaluation, Store};

/// Signals of one look; the next goes on.
const SIGNALS_MAX: usize = 1_000;
/// Where a rule's query has to be searched, events get so long to become searchable.
const SEARCHABLE_WITHIN: Duration = Duration::from_mins(1);

/// An issue whose first event was sent later than this after it happened is no news: history that is loaded, a device that
/// lay in a drawer. Its list shows it all the same.
const NEWS_WITHIN: SignedDuration = SignedDuration::from_hours(24);

/// Where search has to be before the signals up to a number are looked at.
#[derive(Default)]
pub(super) struct Cursor(Option<Waiting>);

#[derive(Clone, Copy)]
struct Waiting {
    through: u64,
    head: u64,
    since: Duration,
}

#[derive(Clone, Copy)]
pub(super) struct Sources<'a> {
    pub store: &'a Store,
    pub search: &'a Search,
    pub plan: &'a Plan,
}

impl Cursor {
    /// Adds what is new to the evaluation, and answers the last signal that was looked at.
    pub(super) fn follow(
        &mut self,
        sources: Sources<'_>,
        queries: &mut Queries<'_>,
        now: Now,
        evaluation: &mut Evaluation,
    ) -> Result<u64> {
        let from = evaluation.signals_through;
        let through = self.searchable(sources, from, now.ticked)?;
        let mut last = from;
        for signal in sources.store.signals_after(from, SIGNALS_MAX)? {
            // One signal's alerts stay together, so that none is left behind its number.
            if signal.number > through || evaluation.alerts.len() >= ALERTS_MAX {
                break;
            }
            last = signal.number;
            let shown = sources.store.shown_issue(signal.issue);
            let Some(issue) = sources.store.find_issue(shown)?.filter(is_open) else { continue };
            for place in &sources.plan.once {
                let rule = &sources.plan.rules[*place];
                if is_about(rule, &signal) && queries.admits(rule, &issue)? {
                    evaluation.alerts.push(alert(rule, &signal, &issue, now));
                }
            }
        }
        Ok(last)
    }

    /// Up to which signal search knows the events.
    fn searchable(&mut self, sources: Sources<'_>, from: u64, ticked: Duration) -> Result<u64> {
        // Read in this order: whatever brought the last signal about is not behind the head.
        let last = sources.store.last_signal()?;
        let head = *sources.store.head().borrow();
        let cursor = sources.search.cursor();
        if last <= from || !sources.plan.searches() || cursor >= head {
            self.0 = None;
            return Ok(last);
        }
        let waiting = *self.0.get_or_insert(Waiting { through: last, head, since: ticked });
        if cursor < waiting.head && ticked.saturating_sub(waiting.since) < SEARCHABLE_WITHIN {
            return Ok(from);
        }
        self.0 = Some(Waiting { through: last, head, since: ticked });
        Ok(waiting.through)
    }
}

fn is_about(rule: &AlertRule, signal: &Signal) -> bool {
    let is_asked = match rule.trigger {
        Trigger::NewIssue => signal.kind == SignalKind::New,
        Trigger::Regression => matches!(signal.kind, SignalKind::Regressed | SignalKind::CameBack),
        _ => false,
    };
    let is_there = signal.is_in(rule.environment.as_deref());
    let is_news = signal.kind != SignalKind::New || signal.at.duration_since(signal.event_at) <= NEWS_WITHIN;
    is_asked && is_there && is_news && rule.is_about(signal.project) && signal.at >= rule.created
}

fn alert(rule: &AlertRule, signal: &Signal, issue: &Issue, now: Now) -> Alert {
    Alert {
        id: AlertId(0),
        rule: rule.id,
        severity: rule.severity,
        subject: Subject::Issue { issue: issue.id },
        project: Some(issue.project),
        environment: signal.environment.clone(),
        release: signal.release.clone(),
        since: signal.event_at,
        at: now.wall,
        because: signal.because(),
        incident: IncidentId(0),
    }
}
