//! What archived issues wait for: a time, or so many more events or users.
//!
//! A number of events is met with the very event (`comebacks`); what needs more than the issue's row, users and windows
//! of time, is asked once a batch; times have an index that the schedule asks.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use redb::{ReadableTable, WriteTransaction};

use crate::model::ids::IssueId;
use crate::model::issue::{Activity, Awaited, Issue, Status, Threshold};
use crate::model::series::Scope;
use crate::model::signal::SignalKind;
use crate::store::comebacks::{awaited, come_back};
use crate::store::error::Result;
use crate::store::keys::{micros, order_micros, pair, u64_at};
use crate::store::schema::{ARCHIVE_DEADLINES, ARCHIVE_USERS};
use crate::store::signals::{self, Cause};
use crate::store::{Store, issue_rows, series};

/// Issues that one call brings back; the next goes on.
const WOKEN_MAX: usize = 500;

/// Where an issue stands in the index of deadlines.
pub(super) fn deadline_key(issue: &Issue) -> Option<[u8; 16]> {
    let until = issue.archive.as_ref()?.until?;
    Some(pair(order_micros(until), issue.id.0))
}

impl Store {
    /// Brings back the archived issues whose time is over; answers how many.
    pub fn wake_archived(&self, now: Timestamp) -> Result<usize> {
        let mut due = Vec::new();
        {
            let end = pair(order_micros(now), u64::MAX);
            let table = self.inner.state.begin_read()?.open_table(ARCHIVE_DEADLINES)?;
            for row in table.range::<&[u8; 16]>(..=&end)?.take(WOKEN_MAX) {
                due.push(IssueId(u64_at(row?.0.value(), 8)));
            }
        }
        let woken = self.alter(&due, now, |txn, issue| {
            let Some(because @ Awaited::Time { .. }) = awaited(issue, now) else { return Ok(None) };
            forget(txn, issue.id)?;
            signals::write(txn, SignalKind::CameBack, Cause::of(issue), now)?;
            Ok(Some(vec![come_back(issue, because, now)]))
        })?;
        Ok(woken.len())
    }
}

/// After a batch is counted: whether an archived issue has met what only its users or the series can tell.
pub(super) fn check(
    txn: &WriteTransaction,
    issue: &mut Issue,
    users: Option<&HashSet<u64>>,
    now: Timestamp,
) -> Result<()> {
    // What is shown as part of another waits for nothing by itself.
    if issue.status != Status::Ignored || issue.merged_into.is_some() {
        return Ok(());
    }
    let Some(archive) = issue.archive.clone() else { return Ok(()) };
    let mut met = awaited(issue, now);
    if let Some(Threshold { more, window_minutes: Some(minutes), counted }) = archive.events {
        let since = now - SignedDuration::from_mins(i64::from(minutes));
        // The first bucket may hold events from before it was archived.
        let within = series::sum(txn, Scope::Issue(issue.id), since, now)?
            .min(issue.events - counted.min(issue.events));
        if within >= more {
            met = met.or(Some(Awaited::Events { more, window_minutes: Some(minutes) }));
        }
    }
    if let Some(Threshold { more, window_minutes: Some(minutes), .. }) = archive.users {
        let since = now - SignedDuration::from_mins(i64::from(minutes));
        if users_within(txn, issue.id, users, since, now)? >= more {
            met = met.or(Some(Awaited::Users { more, window_minutes: Some(minutes) }));
        }
    }
    let Some(because) = met else { return Ok(()) };
    forget(txn, issue.id)?;
    let kind = come_back(issue, because, now);
    signals::write(txn, SignalKind::CameBack, Cause::of(issue), now)?;
    issue_rows::write_activity(txn, issue.id, &Activity::of_server(now, kind))
}

/// Notes whom the batch met, lets go whom the window has passed, and counts the rest. There are never many: at the
/// number that is waited for, the issue comes back.
fn users_within(
    txn: &WriteTransaction,
    issue: IssueId,
    users: Option<&HashSet<u64>>,
    since: Timestamp,
    now: Timestamp,
) -> Result<u64> {
    let mut table = txn.open_table(ARCHIVE_USERS)?;
    for user in users.into_iter().flatten() {
        table.insert(&pair(issue.0, *user), micros(now))?;
    }
    let (first, last) = (pair(issue.0, 0), pair(issue.0, u64::MAX));
    table.retain_in::<&[u8; 16], _>(&first..=&last, |_, met| met >= micros(since))?;
    Ok(table.range::<&[u8; 16]>(&first..=&last)?.count() as u64)
}

/// Who was met while an issue was archived.
pub(super) fn forget(txn: &WriteTransaction, issue: IssueId) -> Result<()> {
    let (first, last) = (pair(issue.0, 0), pair(issue.0, u64::MAX));
    txn.open_table(ARCHIVE_USERS)?.retain_in::<&[u8; 16], _>(&first..=&last, |_, _| false)?;
    Ok(())
}
