//! What an event does to an issue that people are done with: it may bring a resolved one back, or be the one that an
//! archived issue waited for.
//!
//! What is known of releases is read only where an event meets a resolved issue, and once a batch for each release.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use jiff::Timestamp;
use redb::WriteTransaction;

use crate::insight::regression::{Facts, Finding, Holds, ReleaseFacts, effective, judge};
use crate::model::ids::{IssueId, ProjectId};
use crate::model::issue::{
    ActivityKind, Awaited, Fix, Issue, Resolution, Status, StillSeen, Substatus, Threshold,
};
use crate::model::release_order::ReleaseOrder;
use crate::store::error::Result;
use crate::store::records::EventRecord;
use crate::store::{release_facts, releases};

#[derive(Default)]
pub(super) struct Comebacks {
    resolutions: HashMap<IssueId, Resolution>,
    orders: HashMap<ProjectId, ReleaseOrder>,
    releases: HashMap<(IssueId, String), ReleaseFacts>,
}

impl Comebacks {
    /// Called for each event once it is counted. Answers what happened to the issue, if anything did.
    pub(super) fn meet(
        &mut self,
        txn: &WriteTransaction,
        issue: &mut Issue,
        record: &EventRecord,
        now: Timestamp,
    ) -> Result<Option<ActivityKind>> {
        match issue.status {
            Status::Unresolved => Ok(None),
            Status::Ignored => Ok(awaited(issue, now).map(|because| come_back(issue, because, now))),
            Status::Resolved => self.meet_resolved(txn, issue, record, now),
        }
    }

    fn meet_resolved(
        &mut self,
        txn: &WriteTransaction,
        issue: &mut Issue,
        record: &EventRecord,
        now: Timestamp,
    ) -> Result<Option<ActivityKind>> {
        let event = &record.event;
        let resolution = match self.resolutions.entry(issue.id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(slot) => slot.insert(resolution_of(txn, issue)?),
        };
        let order = match self.orders.entry(issue.project) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(slot) => *slot.insert(releases::order(txn, issue.project)?),
        };
        let release = match &event.release {
            None => None,
            Some(version) => {
                let facts = match self.releases.entry((issue.id, version.clone())) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(slot) => {
                        let asked = release_facts::AskedRelease {
                            version,
                            project: issue.project,
                            environment: event.environment.as_deref(),
                            at: event.timestamp,
                            fix: &resolution.fix,
                        };
                        slot.insert(release_facts::gather(txn, &asked)?)
                    }
                };
                facts.existed = facts.existed.min(event.timestamp);
                Some(&*facts)
            }
        };
        let facts = Facts { resolution, order, release, at: event.timestamp };
        match judge(&facts) {
            Finding::Holds(Holds::Before) => Ok(None),
            Finding::Holds(_) => {
                note_still_seen(issue, &facts);
                Ok(None)
            }
            Finding::Reopens(because) => {
                issue.status = Status::Unresolved;
                issue.substatus = Some(Substatus::Regressed);
                issue.status_changed = Some(now);
                issue.still_seen = None;
                issue.regressed_in.clone_from(&event.release);
                Ok(Some(ActivityKind::SetRegression {
                    release: event.release.clone(),
                    because: Some(because),
                }))
            }
        }
    }
}

fn resolution_of(txn: &WriteTransaction, issue: &Issue) -> Result<Resolution> {
    let resolution = issue.resolution.clone().unwrap_or_else(|| Resolution {
        // Resolved before resolutions were kept.
        at: issue.status_changed.unwrap_or(Timestamp::UNIX_EPOCH),
        by: None,
        fix: Fix::Now { newest: None },
    });
    release_facts::as_known_now(txn, issue.project, resolution)
}

fn note_still_seen(issue: &mut Issue, facts: &Facts<'_>) {
    let at = effective(facts);
    let release = facts.release.map(|release| release.known.clone());
    let seen = issue.still_seen.get_or_insert_with(|| StillSeen {
        events: 0,
        last_seen: at,
        release: release.clone(),
    });
    seen.events += 1;
    seen.last_seen = seen.last_seen.max(at);
    if let Some(release) = release {
        let is_newer = seen.release.as_ref().is_none_or(|known| facts.order.compare(&release, known).is_gt());
        if is_newer {
            seen.release = Some(release);
        }
    }
}

/// What of an archived issue's conditions is met by now. What needs more than the issue's row is asked once a batch.
pub(super) fn awaited(issue: &Issue, now: Timestamp) -> Option<Awaited> {
    let archive = issue.archive.as_ref()?;
    if let Some(until) = archive.until.filter(|until| *until <= now) {
        return Some(Awaited::Time { until });
    }
    let is_met = |threshold: Threshold, count: u64| {
        threshold.window_minutes.is_none() && count.saturating_sub(threshold.counted) >= threshold.more
    };
    if let Some(threshold) = archive.events.filter(|threshold| is_met(*threshold, issue.events)) {
        return Some(Awaited::Events { more: threshold.more, window_minutes: None });
    }
    let threshold = archive.users.filter(|threshold| is_met(*threshold, issue.users))?;
    Some(Awaited::Users { more: threshold.more, window_minutes: None })
}

/// Of an archived issue whose time has come.
pub(super) fn come_back(issue: &mut Issue, because: Awaited, now: Timestamp) -> ActivityKind {
    issue.status = Status::Unresolved;
    issue.substatus = Some(Substatus::Ongoing);
    issue.status_changed = Some(now);
    issue.archive = None;
    ActivityKind::CameBack { because }
}
