//! The tables of one week.

use redb::{TableDefinition, WriteTransaction};

use crate::model::week::Week;
use crate::store::error::Result;

/// (project, event id) -> seq, issue, timestamp.
pub(in crate::store) type EventIds<'a> = TableDefinition<'a, &'static [u8; 24], &'static [u8; 24]>;
/// (project, event id, attachment) -> attachment.
pub(in crate::store) type Attachments<'a> = TableDefinition<'a, &'static [u8; 32], &'static [u8]>;
/// (project, event id, report) -> report.
pub(in crate::store) type UserReports<'a> = TableDefinition<'a, &'static [u8; 32], &'static [u8]>;
/// (trace, hash of a chunk) -> where it lies: see `spans::rows`.
pub(in crate::store) type Traces<'a> = TableDefinition<'a, &'static [u8; 24], &'static [u8]>;
/// Offset in the week's file of spans -> what the block there holds.
pub(in crate::store) type SpanBlocks<'a> = TableDefinition<'a, u64, &'static [u8]>;

/// The tables of one week inside `state.redb`: dropping them forgets the week at once.
pub(in crate::store) struct WeekTables {
    event_ids: String,
    attachments: String,
    user_reports: String,
    traces: String,
    span_blocks: String,
}

impl WeekTables {
    pub(in crate::store) fn of(week: Week) -> Self {
        let named = |table: &str| format!("{table}/{week}");
        Self {
            event_ids: named("event_ids"),
            attachments: named("attachments"),
            user_reports: named("user_reports"),
            traces: named("traces"),
            span_blocks: named("span_blocks"),
        }
    }

    pub(in crate::store) fn event_ids(&self) -> EventIds<'_> {
        TableDefinition::new(&self.event_ids)
    }

    pub(in crate::store) fn attachments(&self) -> Attachments<'_> {
        TableDefinition::new(&self.attachments)
    }

    pub(in crate::store) fn user_reports(&self) -> UserReports<'_> {
        TableDefinition::new(&self.user_reports)
    }

    pub(in crate::store) fn traces(&self) -> Traces<'_> {
        TableDefinition::new(&self.traces)
    }

    pub(in crate::store) fn span_blocks(&self) -> SpanBlocks<'_> {
        TableDefinition::new(&self.span_blocks)
    }

    pub(in crate::store) fn create(&self, txn: &WriteTransaction) -> Result<()> {
        txn.open_table(self.event_ids())?;
        txn.open_table(self.attachments())?;
        txn.open_table(self.user_reports())?;
        txn.open_table(self.traces())?;
        txn.open_table(self.span_blocks())?;
        Ok(())
    }

    pub(in crate::store) fn drop_from(&self, txn: &WriteTransaction) -> Result<()> {
        txn.delete_table(self.event_ids())?;
        txn.delete_table(self.attachments())?;
        txn.delete_table(self.user_reports())?;
        txn.delete_table(self.traces())?;
        txn.delete_table(self.span_blocks())?;
        Ok(())
    }
}
