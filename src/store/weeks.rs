//! Which weeks there are and which events each holds: a small map that is always in memory.

use std::collections::BTreeMap;

use redb::{Database, ReadableDatabase, ReadableTable, WriteTransaction};

use crate::model::week::Week;
use crate::store::error::Result;
use crate::store::keys::{join, u64_at};
use crate::store::schema::WEEKS;

/// What one week holds. Zeros where it holds no events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct WeekSpan {
    pub first_seq: u64,
    pub last_seq: u64,
    pub attachment_bytes: u64,
}

impl WeekSpan {
    pub(super) fn widen(&mut self, seq: u64) {
        if self.first_seq == 0 {
            self.first_seq = seq;
        }
        self.last_seq = self.last_seq.max(seq);
    }
}

pub(super) type Weeks = BTreeMap<Week, WeekSpan>;

pub(super) fn load(state: &Database) -> Result<Weeks> {
    let table = state.begin_read()?.open_table(WEEKS)?;
    let mut weeks = Weeks::new();
    for row in table.iter()? {
        let (week, row) = row?;
        let row = row.value();
        let span = WeekSpan {
            first_seq: u64_at(row, 0),
            last_seq: u64_at(row, 8),
            attachment_bytes: u64_at(row, 16),
        };
        weeks.insert(Week(week.value()), span);
    }
    Ok(weeks)
}

pub(super) fn write(txn: &WriteTransaction, week: Week, span: WeekSpan) -> Result<()> {
    let row = join(&[
        &span.first_seq.to_be_bytes(),
        &span.last_seq.to_be_bytes(),
        &span.attachment_bytes.to_be_bytes(),
    ]);
    txn.open_table(WEEKS)?.insert(week.0, &row)?;
    Ok(())
}
