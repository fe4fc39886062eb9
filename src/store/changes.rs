//! The change log: what happened, in the order in which it was committed. Search, alerts and live pages follow it.

use redb::{ReadableDatabase, WriteTransaction};
use tokio::sync::watch;

use crate::model::ids::IssueId;
use crate::store::error::{Result, StoreError};
use crate::store::keys::{place_bytes, place_from, u64_at};
use crate::store::records::{Change, ChangeKind};
use crate::store::schema::{CHANGES, META, meta};
use crate::store::{Inner, Store};

/// Changes that a count looks at.
const COUNTED_MAX: usize = 10_000;

const EVENT: u8 = 1;
const ISSUE: u8 = 2;

pub(super) fn encode(kind: &ChangeKind) -> Vec<u8> {
    match kind {
        ChangeKind::Event(place) => [&[EVENT], &place_bytes(place)[..]].concat(),
        ChangeKind::Issue(issue) => [&[ISSUE], &issue.0.to_be_bytes()[..]].concat(),
    }
}

fn decode(seq: u64, bytes: &[u8]) -> Result<Change> {
    let kind = match bytes.split_first() {
        Some((&EVENT, place)) => ChangeKind::Event(place_from(seq, place)),
        Some((&ISSUE, issue)) => ChangeKind::Issue(IssueId(u64_at(issue, 0))),
        _ => return Err(StoreError::Failed(format!("change {seq} is of an unknown kind"))),
    };
    Ok(Change { seq, kind })
}

impl Inner {
    /// Tells the followers, once everything that is kept in memory is up to date too.
    pub(super) fn announce(&self, head: u64) {
        self.head.send_if_modified(|known| std::mem::replace(known, head) != head);
    }
}

impl Store {
    /// The newest change's number, whenever it grows.
    pub fn head(&self) -> watch::Receiver<u64> {
        self.inner.head.subscribe()
    }

    /// Changes with a number above `after`, oldest first.
    pub fn changes(&self, after: u64, limit: usize) -> Result<Vec<Change>> {
        let table = self.inner.state.begin_read()?.open_table(CHANGES)?;
        let rows = table.range(after.saturating_add(1)..)?.take(limit);
        rows.map(|row| row.map_err(StoreError::from).and_then(|(seq, row)| decode(seq.value(), row.value())))
            .collect()
    }

    /// How many changes above `after` are events. Beyond the first 10,000 each counts as one, and so does each that the log
    /// has forgotten: never fewer than there are.
    pub fn count_changed_events(&self, after: u64) -> Result<u64> {
        let head = *self.inner.head.borrow();
        let first = after.saturating_add(1);
        if first > head {
            return Ok(0);
        }
        let table = self.inner.state.begin_read()?.open_table(CHANGES)?;
        let (mut events, mut last) = (0, after);
        for row in table.range(first..=head)?.take(COUNTED_MAX) {
            let (seq, row) = row?;
            events += seq.value() - last - 1 + u64::from(row.value().first() == Some(&EVENT));
            last = seq.value();
        }
        Ok(events + head.saturating_sub(last))
    }

    /// Forgets changes up to and with `through`: every follower has passed them.
    pub fn trim_changes(&self, through: u64) -> Result<()> {
        let _writer = self.inner.writer.lock();
        let txn = self.inner.begin_write()?;
        txn.open_table(CHANGES)?.retain_in(..=through, |_, _| false)?;
        txn.commit()?;
        Ok(())
    }
}

/// The truth moves on: commits `txn` with `head` as the newest change. Only under the writer's lock.
pub(super) fn commit(txn: WriteTransaction, head: u64) -> Result<()> {
    txn.open_table(META)?.insert(meta::HEAD, head)?;
    txn.commit()?;
    Ok(())
}

/// The newest change of a state that was just opened.
pub(super) fn committed_head(state: &redb::Database) -> Result<u64> {
    let table = state.begin_read()?.open_table(META)?;
    Ok(table.get(meta::HEAD)?.map_or(0, |head| head.value()))
}
