//! What happens to an issue once, in the order in which it was committed, and by time: a row is written in the very
//! transaction that makes it so, and alerts follow the rows behind a number. What a merged issue is made of says nothing
//! by itself.

use jiff::{SignedDuration, Timestamp};
use redb::{ReadableTable, WriteTransaction};

use crate::model::ids::{IssueId, ProjectId};
use crate::model::issue::Issue;
use crate::model::signal::{Signal, SignalKind};
use crate::store::Store;
use crate::store::error::Result;
use crate::store::json::{decode, encode};
use crate::store::keys::{order_micros, pair, u64_at};
use crate::store::records::EventRecord;
use crate::store::schema::{SIGNAL_TIMES, SIGNALS, meta, next_number};
use crate::store::series::HOUR_SERIES_DAYS;

/// As long as counts by the hour: a rule is tried on both.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * HOUR_SERIES_DAYS);

/// What brought it about.
pub(super) struct Cause {
    pub project: ProjectId,
    pub issue: IssueId,
    pub environment: Option<String>,
    pub release: Option<String>,
    pub event_at: Timestamp,
}

impl Cause {
    pub(super) fn event(record: &EventRecord, issue: IssueId) -> Self {
        let event = &record.event;
        Self {
            project: record.project,
            issue,
            environment: event.environment.clone(),
            release: event.release.clone(),
            event_at: event.timestamp,
        }
    }

    /// No event in particular: time, or what many add up to.
    pub(super) fn of(issue: &Issue) -> Self {
        Self {
            project: issue.project,
            issue: issue.id,
            environment: None,
            release: issue.last_release.clone(),
            event_at: issue.last_seen,
        }
    }
}

pub(super) fn write(txn: &WriteTransaction, kind: SignalKind, cause: Cause, now: Timestamp) -> Result<()> {
    let number = next_number(txn, meta::LAST_SIGNAL)?;
    let Cause { project, issue, environment, release, event_at } = cause;
    let signal = Signal { number, at: now, project, issue, kind, environment, release, event_at };
    txn.open_table(SIGNALS)?.insert(number, encode(&signal)?.as_slice())?;
    txn.open_table(SIGNAL_TIMES)?.insert(&pair(order_micros(now), number), ())?;
    Ok(())
}

/// Those of a deleted project. They are few: a month of what happened once.
pub(super) fn erase(txn: &WriteTransaction, project: ProjectId) -> Result<()> {
    let mut doomed = Vec::new();
    let mut signals = txn.open_table(SIGNALS)?;
    for row in signals.iter()? {
        let signal: Signal = decode(row?.1.value())?;
        if signal.project == project {
            doomed.push(signal);
        }
    }
    let mut times = txn.open_table(SIGNAL_TIMES)?;
    for signal in doomed {
        signals.remove(signal.number)?;
        times.remove(&pair(order_micros(signal.at), signal.number))?;
    }
    Ok(())
}

pub(super) fn prune(txn: &WriteTransaction, now: Timestamp) -> Result<()> {
    let end = pair(order_micros(now - KEPT), 0);
    let mut signals = txn.open_table(SIGNALS)?;
    txn.open_table(SIGNAL_TIMES)?.retain_in::<&[u8; 16], _>(..&end, |key, ()| {
        // What cannot be removed now is removed with the next row that goes.
        signals.remove(u64_at(key, 8)).is_err()
    })?;
    Ok(())
}

impl Store {
    /// Those after one that is known, in their order.
    pub fn signals_after(&self, number: u64, limit: usize) -> Result<Vec<Signal>> {
        let table = self.inner.state.begin_read()?.open_table(SIGNALS)?;
        let rows = table.range(number.saturating_add(1)..)?.take(limit);
        rows.map(|row| decode(row?.1.value())).collect()
    }

    /// Those that were recorded in `[from, to)`, oldest first.
    pub fn signals_between(&self, from: Timestamp, to: Timestamp, limit: usize) -> Result<Vec<Signal>> {
        let txn = self.inner.state.begin_read()?;
        let (times, signals) = (txn.open_table(SIGNAL_TIMES)?, txn.open_table(SIGNALS)?);
        let (first, end) = (pair(order_micros(from), 0), pair(order_micros(to), 0));
        if first >= end {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for row in times.range::<&[u8; 16]>(&first..&end)?.take(limit) {
            let row = signals.get(u64_at(row?.0.value(), 8))?;
            found.extend(row.map(|row| decode(row.value())).transpose()?);
        }
        Ok(found)
    }

    /// The last there is; 0: none ever was.
    pub fn last_signal(&self) -> Result<u64> {
        let table = self.inner.state.begin_read()?.open_table(crate::store::schema::META)?;
        Ok(table.get(meta::LAST_SIGNAL)?.map_or(0, |number| number.value()))
    }
}
