//! Transactions and what is counted of them, by minute, hour and day.
//!
//! A row is one transaction in one stretch of time: counts, a sketch of its durations, where the time went, and a few examples. Each
//! batch touches a few rows a transaction, whatever the number of spans.

use jiff::Timestamp;
use redb::{ReadableTable, WriteTransaction};

use crate::model::ids::{ProjectId, TransactionId};
use crate::model::transaction::{Transaction, TransactionStats};
use crate::store::Store;
use crate::store::environments;
use crate::store::error::Result;
use crate::store::json;
use crate::store::keys::from_micros;
use crate::store::schema::{TRANSACTION_NAMES, TRANSACTION_RELEASES, TRANSACTION_STEPS, TRANSACTIONS};

pub(super) mod counting;
mod rows;
pub(super) mod segments;

const DAY_SECONDS: i64 = 86_400;
/// Transactions of one erasing.
const ERASED_MAX: usize = 200;
/// Days are kept for at most so long, as releases' counts are.
const DAYS_MAX: i64 = 400;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TransactionStep {
    /// Kept for three hours.
    Minute,
    /// Kept for two weeks.
    Hour,
    /// Kept for 400 days.
    Day,
}

const STEPS: [TransactionStep; 3] = [TransactionStep::Minute, TransactionStep::Hour, TransactionStep::Day];

impl TransactionStep {
    pub fn seconds(self) -> i64 {
        match self {
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => DAY_SECONDS,
        }
    }

    fn kept_seconds(self) -> i64 {
        match self {
            Self::Minute => 3 * 3_600,
            Self::Hour => 15 * DAY_SECONDS,
            Self::Day => DAYS_MAX * DAY_SECONDS,
        }
    }

    /// The first bucket that is kept.
    fn oldest(self, now: Timestamp) -> i64 {
        (now.as_second() - self.kept_seconds()).div_euclid(self.seconds())
    }

    fn bucket(self, at: Timestamp) -> i64 {
        at.as_second().div_euclid(self.seconds())
    }
}

/// A transaction under one release.
#[derive(Debug, Clone)]
pub struct ReleaseStats {
    pub release: String,
    /// When the first and the last of them began.
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    pub stats: TransactionStats,
}

impl Store {
    /// The transactions of these projects, in no order.
    pub fn transactions(&self, projects: &[ProjectId]) -> Result<Vec<Transaction>> {
        let txn = self.inner.state.begin_read()?;
        let (names, table) = (txn.open_table(TRANSACTION_NAMES)?, txn.open_table(TRANSACTIONS)?);
        let mut found = Vec::new();
        for project in projects {
            for row in names.range((project.0, "")..(project.0 + 1, ""))? {
                let id = row?.1.value();
                if let Some(row) = table.get(id)? {
                    found.push(json::decode::<counting::Row>(row.value())?.shown(TransactionId(id)));
                }
            }
        }
        Ok(found)
    }

    pub fn transaction(&self, id: TransactionId) -> Result<Option<Transaction>> {
        let table = self.inner.state.begin_read()?.open_table(TRANSACTIONS)?;
        let row = table.get(id.0)?.map(|row| json::decode::<counting::Row>(row.value())).transpose()?;
        let shown = row.map(|row| row.shown(id));
        Ok(shown.filter(|found| self.directory().projects.contains_key(&found.project)))
    }

    /// Shows each (step's beginning in seconds since 1970, transaction, counts) from `since` to before `until`; those of one
    /// transaction ascend. `environment`: only what happened there.
    pub fn each_transaction_step(
        &self,
        project: ProjectId,
        environment: Option<&str>,
        step: TransactionStep,
        since: Timestamp,
        until: Timestamp,
        see: &mut dyn FnMut(i64, TransactionId, TransactionStats),
    ) -> Result<()> {
        let (first, end) = (step.bucket(since).max(0), step.bucket(until).max(0));
        self.walk(project, environment, step, first, end, None, &mut |bucket, id, stats| {
            see(bucket * step.seconds(), id, stats);
        })
    }

    /// The counts of one transaction alone: (step's beginning in seconds since 1970, counts), ascending.
    pub fn transaction_steps(
        &self,
        id: TransactionId,
        environment: Option<&str>,
        step: TransactionStep,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(i64, TransactionStats)>> {
        let Some(transaction) = self.transaction(id)? else { return Ok(Vec::new()) };
        let (first, end) = (step.bucket(since).max(0), step.bucket(until).max(0));
        let mut found = Vec::new();
        self.walk(transaction.project, environment, step, first, end, Some(id), &mut |bucket, _, stats| {
            found.push((bucket * step.seconds(), stats));
        })?;
        Ok(found)
    }

    /// Buckets from `first` to before the next of `end`, which may have begun only.
    #[expect(clippy::too_many_arguments, reason = "what is asked for, spelt out once for two verbs")]
    fn walk(
        &self,
        project: ProjectId,
        environment: Option<&str>,
        step: TransactionStep,
        first: i64,
        end: i64,
        only: Option<TransactionId>,
        see: &mut dyn FnMut(i64, TransactionId, TransactionStats),
    ) -> Result<()> {
        let txn = self.inner.state.begin_read()?;
        let environment = match environment {
            None => 0,
            Some(name) => match environments::number(&txn, name)? {
                Some(number) => number,
                None => return Ok(()),
            },
        };
        let table = txn.open_table(TRANSACTION_STEPS)?;
        for period in rows::period(step, first)..=rows::period(step, end) {
            let prefix = rows::prefix(step, period, project, environment);
            let at = |id: u64, bucket: i64| {
                crate::store::keys::join(&[&prefix, &id.to_be_bytes(), &bucket.to_be_bytes()])
            };
            let (from, to): (rows::Key, rows::Key) = match only {
                Some(id) => (at(id.0, first), at(id.0, end)),
                None => (at(0, 0), at(u64::MAX, i64::MAX)),
            };
            for row in table.range::<&rows::Key>(&from..=&to)? {
                let (key, row) = row?;
                let (id, bucket) = rows::parts(key.value());
                if (first..=end).contains(&bucket) {
                    see(bucket, id, rows::decode(row.value())?);
                }
            }
        }
        Ok(())
    }

    /// By release, those seen last first.
    pub fn transaction_releases(&self, id: TransactionId, since: Timestamp) -> Result<Vec<ReleaseStats>> {
        let table = self.inner.state.begin_read()?.open_table(TRANSACTION_RELEASES)?;
        let since_us = since.as_microsecond();
        let mut found = Vec::new();
        for row in table.range((id.0, "")..(id.0 + 1, ""))? {
            let (key, row) = row?;
            let (first_us, last_us, stats) = row.value();
            if last_us >= since_us {
                let release = key.value().1.to_owned();
                let stats = rows::decode(stats)?;
                let (first_seen, last_seen) = (from_micros(first_us), from_micros(last_us));
                found.push(ReleaseStats { release, first_seen, last_seen, stats });
            }
        }
        found.sort_by_key(|found| std::cmp::Reverse((found.last_seen, found.first_seen)));
        Ok(found)
    }
}

/// Forgets counts whose time is over, and transactions that nothing is known of any more.
pub(super) fn prune(txn: &WriteTransaction, now: Timestamp) -> Result<()> {
    let mut table = txn.open_table(TRANSACTION_STEPS)?;
    for step in STEPS {
        let period = rows::period(step, step.oldest(now));
        let first: rows::Key = edge(step, 0);
        let end: rows::Key = edge(step, period);
        table.retain_in::<&rows::Key, _>(&first..&end, |_, _| false)?;
    }
    let oldest_us = (now.as_second() - DAYS_MAX * DAY_SECONDS).saturating_mul(1_000_000);
    let mut gone = Vec::new();
    for row in txn.open_table(TRANSACTIONS)?.iter()? {
        let (id, row) = row?;
        let row: counting::Row = json::decode(row.value())?;
        if row.last_us < oldest_us {
            gone.push((id.value(), row));
        }
    }
    gone.into_iter().try_for_each(|(id, row)| remove(txn, id, &row))
}

fn edge(step: TransactionStep, period: i64) -> rows::Key {
    crate::store::keys::join(&[&rows::prefix(step, period, ProjectId(0), 0), &[0; 16]])
}

fn remove(txn: &WriteTransaction, id: u64, row: &counting::Row) -> Result<()> {
    txn.open_table(TRANSACTIONS)?.remove(id)?;
    txn.open_table(TRANSACTION_NAMES)?.remove((row.project.0, row.name.as_str()))?;
    txn.open_table(TRANSACTION_RELEASES)?.retain_in((id, "")..(id + 1, ""), |_, _| false)?;
    Ok(())
}

/// Erases some of a deleted project's transactions; whether there were any.
pub(super) fn erase(txn: &WriteTransaction, project: ProjectId) -> Result<bool> {
    let mut doomed = Vec::new();
    {
        let (names, table) = (txn.open_table(TRANSACTION_NAMES)?, txn.open_table(TRANSACTIONS)?);
        for row in names.range((project.0, "")..(project.0 + 1, ""))?.take(ERASED_MAX) {
            let id = row?.1.value();
            if let Some(row) = table.get(id)? {
                doomed.push((id, json::decode::<counting::Row>(row.value())?));
            }
        }
    }
    if doomed.is_empty() {
        return Ok(false);
    }
    let is_last = doomed.len() < ERASED_MAX;
    doomed.iter().try_for_each(|(id, row)| remove(txn, *id, row))?;
    if is_last {
        let is_other = |key: &rows::Key, _: &[u8]| rows::project_of(key) != project;
        txn.open_table(TRANSACTION_STEPS)?.retain(is_other)?;
    }
    Ok(true)
}
