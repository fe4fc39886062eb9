//! Erasing a project's blocks before their week is over: rows go, and what they led to is overwritten.

use std::collections::HashSet;

use jiff::Timestamp;
use redb::ReadableTable;

use crate::model::ids::{ProjectId, TraceId};
use crate::model::week::Week;
use crate::store::error::Result;
use crate::store::schema::WeekTables;
use crate::store::spans::block;
use crate::store::spans::rows::{BlockRow, ChunkRow, Part, chunk_key};
use crate::store::{Store, payloads};

/// Blocks of one transaction.
const ERASED_BLOCKS_MAX: usize = 200;
/// Rows that one call looks at for such blocks.
const LOOKS_MAX: usize = 50_000;

impl Store {
    /// Erases blocks of a project that hold nothing from `before` on; `None`: all. `false` once there was nothing left.
    pub fn erase_spans(&self, project: ProjectId, before: Option<Timestamp>) -> Result<bool> {
        let weeks: Vec<Week> = self.inner.weeks.read().keys().copied().collect();
        for week in weeks {
            if before.is_some_and(|before| Week::of(before) < week) {
                continue;
            }
            if self.erase_spans_of(week, project, before)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn erase_spans_of(&self, week: Week, project: ProjectId, before: Option<Timestamp>) -> Result<bool> {
        let _writer = self.inner.writer.lock();
        let txn = self.inner.begin_write()?;
        let tables = WeekTables::of(week);
        let before_us = before.map(Timestamp::as_microsecond);
        let mut doomed = Vec::new();
        {
            let blocks = txn.open_table(tables.span_blocks())?;
            for row in blocks.iter()?.take(LOOKS_MAX) {
                let (offset, row) = row?;
                let block = BlockRow::from_bytes(offset.value(), row.value());
                let is_old = before_us.is_none_or(|before| block.last_us < before);
                if block.project == project && is_old {
                    doomed.push(block);
                }
                if doomed.len() == ERASED_BLOCKS_MAX {
                    break;
                }
            }
        }
        if doomed.is_empty() {
            txn.abort()?;
            return Ok(false);
        }
        let mut traces: HashSet<TraceId> = HashSet::new();
        for block in &doomed {
            for part in [Part::Core, Part::Logs] {
                // One that cannot be read any more goes all the same.
                if let Ok(Some(plain)) = self.inner.frame(week, block, part)
                    && let Ok(found) = block::traces_of(&plain)
                {
                    traces.extend(found);
                }
            }
        }
        let offsets: HashSet<u64> = doomed.iter().map(|block| block.offset).collect();
        {
            let mut chunks = txn.open_table(tables.traces())?;
            for trace in traces {
                let (first, last) = (chunk_key(trace, 0), chunk_key(trace, u64::MAX));
                chunks.retain_in::<&[u8; 24], _>(&first..=&last, |_, row| {
                    let row = ChunkRow::from_bytes(row);
                    !row.pieces.iter().all(|piece| offsets.contains(&piece.block))
                })?;
            }
            let mut blocks = txn.open_table(tables.span_blocks())?;
            for block in &doomed {
                blocks.remove(block.offset)?;
            }
        }
        txn.commit()?;
        let stretches: Vec<(u64, u32)> = doomed
            .iter()
            .map(|block| (block.offset, u32::try_from(block.all_bytes()).unwrap_or(u32::MAX)))
            .collect();
        payloads::blank(&self.inner.partitions.folder(week), payloads::SPANS, &stretches)?;
        Ok(true)
    }
}
