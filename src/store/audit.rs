//! The audit log: rows are added, read newest first, and go by age or number. Nothing changes one.
//!
//! What people do writes its row in the transaction of the change itself, wherever this store makes both. Failures,
//! which strangers can cause, stand in a table of their own, so that guessing passwords never pushes out history.

use jiff::{SignedDuration, Timestamp};
use redb::{ReadableTable, ReadableTableMetadata, WriteTransaction};

use crate::model::audit::{Action, Entry};
use crate::model::ids::AccountId;
use crate::store::Store;
use crate::store::error::Result;
use crate::store::json::{decode, encode};
use crate::store::schema::{AUDIT, AUDIT_FAILURES, meta, next_number};

const ROWS_MAX: u64 = 100_000;
const FAILURES_MAX: u64 = 10_000;
const DAYS_MAX: i64 = 730;
/// Rows that one call reads at most, where few fit the filter. The answer says where it stopped.
const SCAN_MAX: usize = 10_000;

/// Which rows; what is `None` is not asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct AuditFilter {
    pub actor: Option<AccountId>,
    pub action: Option<Action>,
}

impl AuditFilter {
    fn admits(&self, entry: &Entry) -> bool {
        self.actor.is_none_or(|actor| entry.actor.account == Some(actor))
            && self.action.is_none_or(|action| entry.action == action)
    }
}

pub struct AuditPage {
    /// Newest first, each with its number.
    pub rows: Vec<(u64, Entry)>,
    /// Where reading goes on: below this number. `None`: at the end.
    pub next: Option<u64>,
}

impl Store {
    /// For a change that another transaction made.
    pub fn record_audit(&self, entry: &Entry) -> Result<()> {
        self.write(|txn| write(txn, entry))
    }

    pub fn audit_log(&self, filter: AuditFilter, before: Option<u64>, limit: usize) -> Result<AuditPage> {
        let txn = self.inner.state.begin_read()?;
        let (changes, failures) = (txn.open_table(AUDIT)?, txn.open_table(AUDIT_FAILURES)?);
        let end = before.unwrap_or(u64::MAX);
        let (mut changes, mut failures) = (changes.range(..end)?.rev(), failures.range(..end)?.rev());
        let (mut change, mut failure) = (changes.next().transpose()?, failures.next().transpose()?);
        let mut rows = Vec::new();
        let mut last = end;
        for _ in 0..SCAN_MAX {
            let numbers =
                (change.as_ref().map(|row| row.0.value()), failure.as_ref().map(|row| row.0.value()));
            let next = match numbers {
                (None, None) => return Ok(AuditPage { rows, next: None }),
                (a, b) if a > b => std::mem::replace(&mut change, changes.next().transpose()?),
                _ => std::mem::replace(&mut failure, failures.next().transpose()?),
            };
            let Some((number, row)) = next else { break };
            if rows.len() == limit {
                break;
            }
            last = number.value();
            let entry: Entry = decode(row.value())?;
            if filter.admits(&entry) {
                rows.push((last, entry));
            }
        }
        Ok(AuditPage { rows, next: Some(last) })
    }
}

pub(super) fn write(txn: &WriteTransaction, entry: &Entry) -> Result<()> {
    let number = next_number(txn, meta::LAST_AUDIT)?;
    let (table, rows_max) =
        if entry.action.is_failure() { (AUDIT_FAILURES, FAILURES_MAX) } else { (AUDIT, ROWS_MAX) };
    let mut table = txn.open_table(table)?;
    table.insert(number, encode(entry)?.as_slice())?;
    while table.len()? > rows_max {
        table.pop_first()?;
    }
    Ok(())
}

/// Removes what is too old. Rows are in the order of time, but for a clock that was set back.
pub(super) fn prune(txn: &WriteTransaction, now: Timestamp) -> Result<()> {
    let oldest = now - SignedDuration::from_hours(24 * DAYS_MAX);
    for table in [AUDIT, AUDIT_FAILURES] {
        let mut table = txn.open_table(table)?;
        loop {
            let first = table.first()?.map(|row| decode::<Entry>(row.1.value())).transpose()?;
            if first.is_none_or(|first| first.at >= oldest) {
                break;
            }
            table.pop_first()?;
        }
    }
    Ok(())
}
