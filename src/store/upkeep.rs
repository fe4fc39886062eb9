//! What keeps the store within its bounds: pruning, forgetting whole weeks, telling its size.

use std::fs;

use jiff::Timestamp;

use crate::model::ids::EventSeq;
use crate::model::week::Week;
use crate::store::error::Result;
use crate::store::ledger::{self, LEDGER_DAYS};
use crate::store::schema::{CHANGES, LEDGER, WEEKS, WeekTables};
use crate::store::{
    Store, alerts, audit, decisions, dictionaries, environments, health, invitations, series, sessions,
    signals, transactions, users_lately, wanted,
};

/// Changes that are kept for followers that lag. One that is further behind starts over from the events.
pub const CHANGES_MAX: u64 = 1_000_000;

impl Store {
    /// Bytes on disk: the state, the payloads, the attachments. One `stat` a week.
    pub fn bytes(&self) -> u64 {
        let state = fs::metadata(self.inner.data_dir.join(super::STATE_FILE)).map_or(0, |file| file.len());
        let weeks = self.inner.weeks.read().clone();
        let weeks =
            weeks.iter().map(|(week, span)| span.attachment_bytes + self.inner.partitions.bytes(*week));
        state + weeks.sum::<u64>()
    }

    /// Drops minute, hour and day buckets, what is known of sessions' ends, ledger rows, changes, sessions, tokens, invitations, undos and rows of the
    /// audit log that are past their bound.
    pub fn prune(&self, now: Timestamp) -> Result<()> {
        self.write(|txn| {
            series::prune(txn, now)?;
            environments::prune(txn, now)?;
            signals::prune(txn, now)?;
            users_lately::prune(txn, now)?;
            sessions::prune(txn, now)?;
            invitations::prune(txn, now)?;
            decisions::prune(txn, now)?;
            audit::prune(txn, now)?;
            health::prune(txn, now)?;
            transactions::prune(txn, now)?;
            alerts::forgetting::forget(txn, &self.directory(), now)?;
            let first =
                self.inner.weeks.read().values().map(|span| span.first_seq).filter(|seq| *seq > 0).min();
            wanted::prune(txn, EventSeq(first.unwrap_or(u64::MAX)))?;
            let oldest_day = ledger::day(now).saturating_sub(u32::try_from(LEDGER_DAYS).unwrap_or(u32::MAX));
            txn.open_table(LEDGER)?.retain_in(..(oldest_day, 0, "", "", ""), |_, _| false)?;
            let head = *self.inner.head.borrow();
            txn.open_table(CHANGES)?.retain_in(..=head.saturating_sub(CHANGES_MAX), |_, _| false)?;
            Ok(())
        })
    }

    /// The weeks that `forget_weeks` would forget.
    pub fn expired_weeks(&self, before: Timestamp) -> Vec<Week> {
        let weeks = self.inner.weeks.read();
        weeks.keys().filter(|week| week.end() <= before).copied().collect()
    }

    /// What goes first where the disk is too small: the oldest week, unless it is this one or there is no newer.
    pub fn oldest_spare_week(&self, now: Timestamp) -> Option<Week> {
        let weeks = self.inner.weeks.read();
        weeks.keys().next().copied().filter(|week| weeks.len() > 1 && week.end() <= now)
    }

    /// Forgets every partition whose week ended before `before`; answers those weeks.
    pub fn forget_weeks(&self, before: Timestamp) -> Result<Vec<u32>> {
        let expired = self.expired_weeks(before);
        self.forget(&expired)?;
        Ok(expired.into_iter().map(|week| week.0).collect())
    }

    /// Forgets these partitions. The folders are out of sight first, so that a crash in between leaves rows without
    /// payloads and the next call finishes the work.
    pub fn forget(&self, expired: &[Week]) -> Result<()> {
        if expired.is_empty() {
            return Ok(());
        }
        let _writer = self.inner.writer.lock();
        let txn = self.inner.begin_write()?;
        let mut weeks = self.inner.weeks.read().clone();
        for week in expired {
            self.inner.partitions.forget(*week)?;
            WeekTables::of(*week).drop_from(&txn)?;
            txn.open_table(WEEKS)?.remove(week.0)?;
            weeks.remove(week);
        }
        dictionaries::forget(&txn, weeks.keys().next().copied())?;
        txn.commit()?;
        *self.inner.weeks.write() = weeks;
        expired.iter().try_for_each(|week| self.inner.partitions.finish_forgetting(*week))
    }
}
