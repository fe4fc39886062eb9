//! Fixes that do not hold: of issues that came back or are seen while they are resolved.

use jiff::{SignedDuration, Timestamp};

use crate::alerts::slow::{Found, Result, projects};
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

pub(super) fn look(
    sources: &Sources<'_>,
    rule: &AlertRule,
    now: Timestamp,
    found: &mut Vec<Found>,
) -> Result<()> {
    let projects = projects(sources, rule);
    let may_fail =
        |state: IssueState| state.status == Status::Resolved || state.substatus == Some(Substatus::Regressed);
    let cells = sources.store.issue_cells(Some(&projects), may_fail)?;
    let filter =
        IssueFilter { cells: Some(cells), seen_since: Some(now - SEEN_WITHIN), sort: IssueSort::LastSeen };
    let issues = sources.store.list_issues(&filter, None, WATCHED_MAX, &|_| true)?.issues;
    for issue in issues {
        let Some(watched) = sources.fix_watch(&issue, now)? else { continue };
        // What nobody said to be fixed in a release only came back, which another rule tells.
        let is_deployed = watched.watch.since.is_some() && names_a_release(&issue);
        if watched.watch.state != State::NotFixed || !is_deployed {
            continue;
        }
        let since = watched.watch.since.unwrap_or(issue.last_seen);
        let release = fixed_in(&issue);
        found.push(Found {
            rule: rule.id,
            project: issue.project,
            subject: Subject::Issue { issue: issue.id },
            since,
            release: issue.regressed_in.clone().or_else(|| issue.last_release.clone()),
            environment: None,
            because: Some(Because::FixFailed { release, events: watched.watch.events, since }),
        });
    }
    Ok(())
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
