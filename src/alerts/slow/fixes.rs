//! Fixes that do not hold: of issues that came back or are seen while they are resolved.

use jiff::{SignedDuration, Timestamp};

use crate::alerts::slow::{Found, Look, Result, known};
use crate::findings::Sources;
use crate::insight::fix_watch::State;
use crate::model::alert::{Because, Subject};
use crate::model::alert_rule::AlertRule;
use crate::model::issue::{Fix, Issue, IssueState, Status, Substatus};
use crate::store::{IssueFilter, IssueSort};

/// Issues that were seen within so long are looked at: what is not seen holds.
const SEEN_WITHIN: SignedDuration = SignedDuration::from_hours(1);
/// Issues that one look of a rule watches: each asks search a few times.
const WATCHED_MAX: usize = 50;

/// An issue whose fix is out and does not hold.
pub(super) struct Failed {
    since: Timestamp,
    events: u64,
}

impl Look<'_> {
    pub(super) fn fixes(&mut self, rule: &AlertRule) -> Result<()> {
        let (sources, now) = (self.sources, self.now);
        let projects = self.projects(rule);
        let may_fail = |state: IssueState| {
            state.status == Status::Resolved || state.substatus == Some(Substatus::Regressed)
        };
        let cells = sources.store.issue_cells(Some(&projects), may_fail)?;
        let seen_since = Some(now - SEEN_WITHIN);
        let filter = IssueFilter { cells: Some(cells), seen_since, sort: IssueSort::LastSeen };
        for issue in sources.store.list_issues(&filter, None, WATCHED_MAX, &|_| true)?.issues {
            let failed = known(&mut self.fixes, issue.id, || failed(sources, &issue, now))?;
            let Some(Failed { since, events }) = *failed else { continue };
            self.found.push(Found {
                rule: rule.id,
                project: issue.project,
                subject: Subject::Issue { issue: issue.id },
                since,
                release: issue.regressed_in.clone().or_else(|| issue.last_release.clone()),
                environment: None,
                because: Some(Because::FixFailed { release: fixed_in(&issue), events, since }),
            });
        }
        Ok(())
    }
}

fn failed(sources: &Sources<'_>, issue: &Issue, now: Timestamp) -> Result<Option<Failed>> {
    // What nobody said to be fixed in a release only came back, which another rule tells.
    let watched = if names_a_release(issue) { sources.fix_watch(issue, now)? } else { None };
    let Some(watch) = watched.map(|watched| watched.watch) else { return Ok(None) };
    let since = watch.since.filter(|_| watch.state == State::NotFixed);
    Ok(since.map(|since| Failed { since, events: watch.events }))
}

fn names_a_release(issue: &Issue) -> bool {
    issue.resolution.as_ref().is_some_and(|resolution| !matches!(resolution.fix, Fix::Now { newest: None }))
}

fn fixed_in(issue: &Issue) -> Option<String> {
    match &issue.resolution.as_ref()?.fix {
        Fix::Release { release } => Some(release.version.clone()),
        _ => None,
    }
}
