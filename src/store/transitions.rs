//! Substates that time changes: what escalates, and what is new, regressed or escalating no longer.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::insight::escalation::{self, surge};
use crate::model::ids::IssueId;
use crate::model::issue::{ActivityKind, Issue, IssueState, Status, Substatus, Surge};
use crate::model::series::{Resolution, Scope};
use crate::model::signal::SignalKind;
use crate::store::Store;
use crate::store::error::Result;
use crate::store::issue_rows::{order_key, order_place};
use crate::store::keys::order_micros;
use crate::store::records::{IssueFilter, IssueSort};
use crate::store::schema::ISSUE_ORDER;
use crate::store::signals::{self, Cause};

/// Issues that one look judges, those seen last before others.
const JUDGED_MAX: usize = 2_000;
/// Issues of one kind that one call settles; the next goes on.
const SETTLED_MAX: usize = 1_000;
/// Sentry's: what is new or regressed is ongoing after a week.
const SETTLES_AFTER: SignedDuration = SignedDuration::from_hours(7 * 24);
/// A day without another surge.
const QUIET_FOR: SignedDuration = SignedDuration::from_hours(24);
/// An issue that goes on escalating is written again once in that time.
const NOTED_EVERY: SignedDuration = SignedDuration::from_hours(1);
const HOUR: SignedDuration = SignedDuration::from_hours(1);
const HOUR_SECONDS: i64 = 3_600;

impl Store {
    /// Judges the issues of the last hour: those that escalate say so, and come back where they are archived until then.
    /// Answers how many began to.
    pub fn look_for_surges(&self, now: Timestamp) -> Result<usize> {
        let filter = IssueFilter {
            cells: Some(self.issue_cells(None, may_escalate)?),
            seen_since: Some(now - HOUR),
            sort: IssueSort::LastSeen,
        };
        let seen = self.list_issues(&filter, None, JUDGED_MAX, &|_| true)?.issues;
        let scopes: Vec<Scope> = seen.iter().map(|issue| Scope::Issue(issue.id)).collect();
        let last_hour = self.series_of(&scopes, Resolution::Minute, now - HOUR, now)?;
        let mut surges: HashMap<IssueId, Surge> = HashMap::new();
        for (issue, minutes) in seen.iter().zip(last_hour) {
            let last: u64 = minutes.iter().map(|(_, events)| events).sum();
            if last < escalation::EVENTS_MIN {
                continue;
            }
            let hours = self.hours_before(issue, now)?;
            let is_known = issue.status == Status::Ignored || hours.len() >= escalation::HOURS_MIN;
            if let Some(surge) = surge(&hours, last).filter(|_| is_known) {
                surges.insert(issue.id, surge);
            }
        }
        let ids: Vec<IssueId> = surges.keys().copied().collect();
        let mut begun = 0;
        self.alter(&ids, now, |txn, issue| {
            if !may_escalate(issue.state()) {
                return Ok(None);
            }
            let is_told = issue.substatus == Some(Substatus::Escalating);
            if is_told && issue.escalated.is_some_and(|at| now.duration_since(at) < NOTED_EVERY) {
                return Ok(None);
            }
            issue.escalated = Some(now);
            if is_told {
                return Ok(Some(Vec::new()));
            }
            if issue.status == Status::Ignored {
                (issue.status, issue.status_changed) = (Status::Unresolved, Some(now));
                signals::write(txn, SignalKind::CameBack, Cause::of(issue), now)?;
            }
            issue.substatus = Some(Substatus::Escalating);
            begun += 1;
            Ok(Some(vec![ActivityKind::SetEscalating { because: surges[&issue.id] }]))
        })?;
        Ok(begun)
    }

    /// Events by the hour from when the issue began, up to the last hour.
    fn hours_before(&self, issue: &Issue, now: Timestamp) -> Result<Vec<u64>> {
        let floor = |at: Timestamp| at.as_second().div_euclid(HOUR_SECONDS) * HOUR_SECONDS;
        let end = floor(now - HOUR);
        let week = i64::try_from(escalation::HOURS).unwrap_or(i64::MAX).saturating_mul(HOUR_SECONDS);
        let start = floor(issue.first_seen).max(end - week);
        let at = |second| Timestamp::from_second(second).unwrap_or(now);
        let hours = self.series(Scope::Issue(issue.id), Resolution::Hour, at(start), at(end))?;
        Ok(hours.into_iter().map(|(_, events)| events).collect())
    }

    /// Makes issues ongoing that are new or regressed for a week, or did not escalate for a day; answers how many. Their
    /// history does not tell of it: nothing happened.
    pub fn settle_issues(&self, now: Timestamp) -> Result<usize> {
        let mut old = self.seen_first_before(now - SETTLES_AFTER)?;
        let states = |substatus| move |state: IssueState| state.substatus == Some(substatus);
        for substatus in [Substatus::Regressed, Substatus::Escalating] {
            let cells = Some(self.issue_cells(None, states(substatus))?);
            let filter = IssueFilter { cells, seen_since: None, sort: IssueSort::LastSeen };
            let there = self.list_issues(&filter, None, SETTLED_MAX, &|_| true)?.issues;
            old.extend(there.iter().filter(|issue| is_settled(issue, now)).map(|issue| issue.id));
        }
        let settled = self.alter(&old, now, |_, issue| {
            if !is_settled(issue, now) {
                return Ok(None);
            }
            issue.substatus = Some(Substatus::Ongoing);
            Ok(Some(Vec::new()))
        })?;
        Ok(settled.len())
    }

    /// New issues, the oldest first.
    fn seen_first_before(&self, before: Timestamp) -> Result<Vec<IssueId>> {
        let end = order_micros(before);
        let cells = self.issue_cells(None, |state| state.substatus == Some(Substatus::New))?;
        let orders = self.inner.state.begin_read()?.open_table(ISSUE_ORDER)?;
        let mut found = Vec::new();
        for cell in cells {
            let edge = |value, issue| order_key(IssueSort::FirstSeen, cell, value, IssueId(issue));
            for row in orders.range::<&[u8; 26]>(&edge(0, 0)..&edge(end, 0))?.take(SETTLED_MAX - found.len())
            {
                found.push(IssueId(order_place(row?.0.value()).1));
            }
        }
        Ok(found)
    }
}

fn may_escalate(state: IssueState) -> bool {
    match state.status {
        Status::Unresolved => true,
        Status::Ignored => state.substatus == Some(Substatus::ArchivedUntilEscalating),
        Status::Resolved => false,
    }
}

fn is_settled(issue: &Issue, now: Timestamp) -> bool {
    let is_past = |since: Option<Timestamp>, time| since.is_none_or(|at| now.duration_since(at) >= time);
    issue.status == Status::Unresolved
        && match issue.substatus {
            Some(Substatus::New) => is_past(Some(issue.first_seen), SETTLES_AFTER),
            Some(Substatus::Regressed) => is_past(issue.status_changed, SETTLES_AFTER),
            Some(Substatus::Escalating) => is_past(issue.escalated, QUIET_FOR),
            _ => false,
        }
}
