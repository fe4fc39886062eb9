//! The evaluator: what happened since it last looked is held against the rules, and what it finds is written as one
//! transaction. It gathers facts; `insight::alert` decides, the store records.
//!
//! Where nothing came and nothing goes on, a look reads three numbers. Else it walks once over what was seen in the last two
//! hours, for each environment that a rule names; most issues are passed over by their number of events alone.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use crate::alerts::evaluation::counts::{Hit, Walk};
use crate::alerts::evaluation::plan::Plan;
use crate::alerts::evaluation::queries::Queries;
use crate::alerts::evaluation::usual::Usual;
use crate::insight::alert::clock::{Clock, LAG_MAX, judged_through, looks};
use crate::lookup::LookupError;
use crate::metrics::Metrics;
use crate::model::alert::{Alert, Because, Firing, Subject};
use crate::model::alert_rule::AlertRule;
use crate::model::ids::{AlertId, IncidentId, IssueId, ProjectId, RuleId};
use crate::model::issue::{Issue, Status};
use crate::search::Search;
use crate::store::{Evaluation, Store, StoreError};

mod counts;
mod once;
mod plan;
mod queries;
mod usual;

/// Windows longer than the minutes that are walked are judged by the hour, so often.
const BY_HOUR_EVERY: Duration = Duration::from_mins(1);
/// That something goes on is written down so often.
const NOTED_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// Alerts of one look; the next goes on. What happens once may go beyond it by as many as there are rules about it.
const ALERTS_MAX: usize = 2_000;

#[derive(Debug, thiserror::Error)]
pub enum EvaluationError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Lookup(#[from] LookupError),
}

pub type Result<T> = std::result::Result<T, EvaluationError>;

/// Something that meets a rule, or still does, by other facts than counts.
pub struct Found {
    pub rule: RuleId,
    pub subject: Subject,
    pub project: Option<ProjectId>,
    pub environment: Option<String>,
    pub release: Option<String>,
    pub since: Timestamp,
    /// `None`: it goes on, if it was told of, and is no news by itself.
    pub because: Option<Because>,
}

pub struct Evaluator {
    store: Store,
    search: Arc<Search>,
    metrics: Arc<Metrics>,
    clock: Clock,
    /// As of the last look.
    may_conclude: bool,
    plan: Plan,
    plan_version: Option<u64>,
    /// The last change that was looked at.
    head: Option<u64>,
    usual: Usual,
    by_hour: Option<Duration>,
    once: once::Cursor,
    /// Found by whoever gathers other facts, until the next look writes it down.
    found: Vec<Alert>,
    still_true: Vec<(RuleId, Subject, Timestamp)>,
}

/// When it is.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    pub wall: Timestamp,
    /// Of a clock that never goes back.
    pub ticked: Duration,
    /// How long the oldest event waits to be digested.
    pub lag: SignedDuration,
}

impl Evaluator {
    pub fn new(store: Store, search: Arc<Search>, metrics: Arc<Metrics>) -> Self {
        Self {
            store,
            search,
            metrics,
            clock: Clock::default(),
            may_conclude: true,
            plan: Plan::default(),
            plan_version: None,
            head: None,
            usual: Usual::default(),
            by_hour: None,
            once: once::Cursor::default(),
            found: Vec::new(),
            still_true: Vec::new(),
        }
    }

    /// What slower rules are met by: written down with the next look. What is missing counts only where it may be concluded
    /// from.
    pub fn add(&mut self, found: Vec<Found>, now: Timestamp) -> Result<()> {
        let firing: HashSet<(RuleId, Subject)> = self
            .store
            .firing()?
            .into_iter()
            .filter(|firing| firing.over.is_none())
            .map(|firing| (firing.rule, firing.subject))
            .collect();
        let rules: HashMap<RuleId, AlertRule> =
            self.store.alert_rules()?.into_iter().map(|rule| (rule.id, rule)).collect();
        let mut queries = Queries::new(&self.store, &self.search, now);
        for found in found {
            let Some(rule) = rules.get(&found.rule) else { continue };
            if firing.contains(&(rule.id, found.subject.clone())) {
                self.still_true.push((rule.id, found.subject, now));
                continue;
            }
            if let Some(id) = found.subject.issue() {
                let Some(issue) = self.store.find_issue(id)? else { continue };
                if !queries.admits(rule, &issue)? {
                    continue;
                }
            }
            let is_absence = matches!(
                found.because,
                Some(Because::Silence { .. } | Because::TransactionThroughput { below: true, .. })
            );
            let Some(because) = found.because.filter(|_| !is_absence || self.may_conclude) else { continue };
            self.found.push(Alert {
                id: AlertId(0),
                rule: rule.id,
                severity: rule.severity,
                subject: found.subject,
                project: found.project,
                environment: found.environment,
                release: found.release,
                since: found.since,
                at: now,
                because,
                incident: IncidentId(0),
            });
        }
        Ok(())
    }

    /// One look. Answers the alerts that are new.
    pub fn look(&mut self, now: Now) -> Result<Vec<Alert>> {
        let may_conclude = self.clock.look(now.wall, now.ticked) && now.lag <= LAG_MAX;
        self.may_conclude = may_conclude;
        let version = self.store.alert_rules_version();
        let head = *self.store.head().borrow();
        let progress = self.store.alert_progress()?;
        let is_moved = self.head != Some(head)
            || self.plan_version != Some(version)
            || self.store.last_signal()? > progress.signals_through;
        let has_found = !self.found.is_empty() || !self.still_true.is_empty();
        let firing = self.store.firing()?;
        if !is_moved && !has_found && firing.is_empty() && !self.store.has_open_incidents()? {
            return Ok(Vec::new());
        }
        let begun = Instant::now();
        if self.plan_version != Some(version) {
            self.plan = Plan::of(self.store.alert_rules()?);
            self.usual.keep_only(&self.plan);
        }
        let mut evaluation = Evaluation {
            alerts: std::mem::take(&mut self.found),
            still_true: std::mem::take(&mut self.still_true),
            may_conclude,
            signals_through: progress.signals_through,
            evaluated_through: progress.evaluated_through.unwrap_or(now.wall),
            ..Evaluation::default()
        };
        if is_moved {
            let looks = looks(progress.evaluated_through, now.wall);
            self.judge(now, &looks, &firing, &mut evaluation)?;
            evaluation.evaluated_through = judged_through(now.wall, now.lag);
        }
        let new = self.store.record_alerts(&evaluation, now.wall)?;
        // Not before: what failed is looked at again.
        (self.head, self.plan_version) = (Some(head), Some(version));
        self.metrics.alert_evaluation_seconds.observe(begun.elapsed().as_secs_f64());
        for alert in &new {
            tracing::info!(alert = %alert.id, rule = %alert.rule, incident = %alert.incident, "an alert");
        }
        Ok(new)
    }

    fn judge(
        &mut self,
        now: Now,
        looks: &[Timestamp],
        firing: &[Firing],
        evaluation: &mut Evaluation,
    ) -> Result<()> {
        let mut queries = Queries::new(&self.store, &self.search, now.wall);
        evaluation.signals_through = self.once.follow(
            once::Sources { store: &self.store, search: &self.search, plan: &self.plan },
            &mut queries,
            now,
            evaluation,
        )?;
        let goes_on = self.going_on(firing, evaluation)?;
        let mut hits = Vec::new();
        let (last, earlier) = looks.split_last().expect("now is among them");
        for look in earlier {
            let mut walk = Walk::new(&self.store, &self.plan, &goes_on, *look);
            walk.minutes(&mut Usual::default(), false)?;
            walk.users()?;
            hits.append(&mut walk.hits);
        }
        let mut walk = Walk::new(&self.store, &self.plan, &goes_on, *last);
        walk.minutes(&mut self.usual, true)?;
        if self.by_hour.is_none_or(|at| now.ticked.saturating_sub(at) >= BY_HOUR_EVERY) {
            walk.hours(&self.usual)?;
            self.by_hour = Some(now.ticked);
        }
        walk.users()?;
        let Walk { hits: latest, still, .. } = walk;
        hits.extend(latest);
        self.tell(hits, &mut queries, now.wall, evaluation)?;
        let noted: HashMap<(RuleId, IssueId), Timestamp> = firing
            .iter()
            .filter_map(|firing| Some(((firing.rule, firing.subject.issue()?), firing.last_true)))
            .collect();
        let is_due = |key: &(RuleId, IssueId)| {
            noted.get(key).is_none_or(|last| now.wall.duration_since(*last) >= NOTED_EVERY)
        };
        let due = still.into_iter().filter(is_due);
        evaluation.still_true.extend(due.map(|(rule, issue)| (rule, Subject::Issue { issue }, now.wall)));
        Ok(())
    }

    /// What rules are met by now, by issue. What somebody took care of is over.
    fn going_on(
        &self,
        firing: &[Firing],
        evaluation: &mut Evaluation,
    ) -> Result<HashMap<IssueId, Vec<RuleId>>> {
        let mut of_issue: HashMap<IssueId, Vec<RuleId>> = HashMap::new();
        for firing in firing.iter().filter(|firing| firing.over.is_none()) {
            if let Some(issue) = firing.subject.issue() {
                of_issue.entry(issue).or_default().push(firing.rule);
            }
        }
        let ids: Vec<IssueId> = of_issue.keys().copied().collect();
        let open: HashSet<IssueId> =
            self.store.find_issues(&ids)?.into_iter().filter(is_open).map(|issue| issue.id).collect();
        for (issue, rules) in &of_issue {
            if !open.contains(issue) {
                let subject = || Subject::Issue { issue: *issue };
                evaluation.over.extend(rules.iter().map(|rule| (*rule, subject())));
            }
        }
        of_issue.retain(|issue, _| open.contains(issue));
        Ok(of_issue)
    }

    /// Makes alerts of what was found, as far as its issue is open and the rule's query is about it.
    fn tell(
        &self,
        hits: Vec<Hit>,
        queries: &mut Queries<'_>,
        now: Timestamp,
        evaluation: &mut Evaluation,
    ) -> Result<()> {
        let mut ids: Vec<IssueId> = hits.iter().map(|hit| hit.issue).collect();
        ids.sort_unstable();
        ids.dedup();
        let issues: HashMap<IssueId, Issue> =
            self.store.find_issues(&ids)?.into_iter().map(|issue| (issue.id, issue)).collect();
        let mut told = HashSet::new();
        for hit in hits {
            let rule = &self.plan.rules[hit.rule];
            let Some(issue) = issues.get(&hit.issue).filter(|issue| is_open(issue)) else { continue };
            if evaluation.alerts.len() >= ALERTS_MAX {
                break;
            }
            if told.contains(&(rule.id, issue.id)) || !queries.admits(rule, issue)? {
                continue;
            }
            told.insert((rule.id, issue.id));
            evaluation.alerts.push(Alert {
                id: AlertId(0),
                rule: rule.id,
                severity: rule.severity,
                subject: Subject::Issue { issue: issue.id },
                project: Some(issue.project),
                environment: rule.environment.clone(),
                release: issue.last_release.clone(),
                since: hit.since,
                at: now,
                because: hit.because,
                incident: IncidentId(0),
            });
        }
        Ok(())
    }
}

/// It is shown by itself, and nobody is done with it.
fn is_open(issue: &Issue) -> bool {
    issue.status == Status::Unresolved && issue.merged_into.is_none()
}

#[cfg(test)]
mod tests;
