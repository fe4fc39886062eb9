//! One trace, one span, a trace's log records: by the rows that say where each chunk lies.

use std::collections::{BTreeSet, HashSet};

use redb::{ReadTransaction, TableError};

use crate::model::ids::{SpanId, TraceId};
use crate::model::week::Week;
use crate::store::error::{Result, StoreError};
use crate::store::payloads;
use crate::store::schema::WeekTables;
use crate::store::spans::block;
use crate::store::spans::columns::damaged;
use crate::store::spans::rows::{BlockRow, ChunkRow, Part, chunk_key};
use crate::store::spans::{FoundLog, FoundSpan, StoredTrace};
use crate::store::{Inner, Store};

/// Blocks that are read for one trace: more than any that is shown whole.
const BLOCKS_MAX: usize = 2_000;

impl Inner {
    /// One frame of a block, inflated. `None` where the week is gone or the block has no such frame.
    pub(super) fn frame(&self, week: Week, block: &BlockRow, part: Part) -> Result<Option<Vec<u8>>> {
        let (offset, bytes) = block.place(part);
        if bytes == 0 {
            return Ok(None);
        }
        let folder = self.partitions.folder(week);
        let Some(frame) = payloads::read(&folder, payloads::SPANS, offset, bytes)? else { return Ok(None) };
        if crc32fast::hash(&frame) != block.crcs[part as usize] {
            return Err(damaged());
        }
        block::inflate(&frame).map(Some)
    }

    /// Shows each block that has something of a trace, oldest first.
    fn each_block(&self, trace: TraceId, see: &mut dyn FnMut(Week, &BlockRow) -> Result<bool>) -> Result<()> {
        let txn = self.state.begin_read()?;
        let weeks: Vec<Week> = self.weeks.read().keys().copied().collect();
        let mut left = BLOCKS_MAX;
        for week in weeks {
            for block in blocks_of(&txn, week, trace)? {
                if left == 0 || !see(week, &block)? {
                    return Ok(());
                }
                left -= 1;
            }
        }
        Ok(())
    }
}

fn blocks_of(txn: &ReadTransaction, week: Week, trace: TraceId) -> Result<Vec<BlockRow>> {
    let tables = WeekTables::of(week);
    let (chunks, blocks) = match (txn.open_table(tables.traces()), txn.open_table(tables.span_blocks())) {
        (Ok(chunks), Ok(blocks)) => (chunks, blocks),
        // Forgotten since.
        (Err(TableError::TableDoesNotExist(_)), _) | (_, Err(TableError::TableDoesNotExist(_))) => {
            return Ok(Vec::new());
        }
        (Err(error), _) | (_, Err(error)) => return Err(error.into()),
    };
    let (first, last) = (chunk_key(trace, 0), chunk_key(trace, u64::MAX));
    let mut offsets = BTreeSet::new();
    for row in chunks.range::<&[u8; 24]>(&first..=&last)? {
        for piece in ChunkRow::from_bytes(row?.1.value()).pieces {
            offsets.insert(piece.block);
        }
    }
    let mut found = Vec::with_capacity(offsets.len());
    for offset in offsets {
        if let Some(row) = blocks.get(offset)? {
            found.push(BlockRow::from_bytes(offset, row.value()));
        }
    }
    Ok(found)
}

impl Store {
    /// At most `spans_max` spans, from all projects.
    pub fn trace(&self, id: TraceId, spans_max: usize) -> Result<StoredTrace> {
        let mut trace = StoredTrace::default();
        let mut seen = HashSet::new();
        self.inner.each_block(id, &mut |week, block| {
            let Some(plain) = self.inner.frame(week, block, Part::Core)? else { return Ok(true) };
            let spans = block::read_core(&plain, |trace| trace == id).map_err(StoreError::into_damaged)?;
            for (_, span) in spans {
                if !seen.insert((block.project, span.id)) {
                    continue;
                }
                if trace.spans.len() == spans_max {
                    trace.is_cut = true;
                    return Ok(false);
                }
                trace.spans.push(FoundSpan { project: block.project, span });
            }
            Ok(true)
        })?;
        let directory = self.directory();
        trace.spans.retain(|found| directory.projects.contains_key(&found.project));
        trace.spans.sort_by_key(|found| (found.span.start_us, std::cmp::Reverse(found.span.duration_us)));
        Ok(trace)
    }

    /// One span with its attributes and links.
    pub fn span(&self, trace: TraceId, id: SpanId) -> Result<Option<FoundSpan>> {
        let mut found = None;
        self.inner.each_block(trace, &mut |week, block| {
            let Some(plain) = self.inner.frame(week, block, Part::Core)? else { return Ok(true) };
            let mut spans = block::read_core(&plain, |of| of == trace)?;
            spans.retain(|(_, span)| span.id == id);
            spans.truncate(1);
            if spans.is_empty() {
                return Ok(true);
            }
            if let Some(plain) = self.inner.frame(week, block, Part::Attributes)? {
                block::read_attributes(&plain, &mut spans)?;
            }
            found = spans.pop().map(|(_, span)| FoundSpan { project: block.project, span });
            Ok(false)
        })?;
        Ok(found.filter(|found| self.directory().projects.contains_key(&found.project)))
    }

    /// What was logged within a trace, by time.
    pub fn trace_logs(&self, trace: TraceId, logs_max: usize) -> Result<Vec<FoundLog>> {
        let mut logs = Vec::new();
        self.inner.each_block(trace, &mut |week, block| {
            if let Some(plain) = self.inner.frame(week, block, Part::Logs)? {
                let found = block::read_logs(&plain, trace)?;
                logs.extend(found.into_iter().map(|log| FoundLog { project: block.project, log }));
            }
            Ok(logs.len() < logs_max)
        })?;
        let directory = self.directory();
        logs.retain(|found| directory.projects.contains_key(&found.project));
        logs.sort_by_key(|found| found.log.at_us);
        logs.truncate(logs_max);
        Ok(logs)
    }
}
