//! The rows that lead to blocks: where each chunk of a trace lies, and what each block holds.

use std::collections::BTreeMap;

use redb::{ReadableTable, WriteTransaction};

use crate::model::ids::{ProjectId, TraceId};
use crate::store::error::Result;
use crate::store::keys::{join, u32_at, u64_at};
use crate::store::schema::WeekTables;
use crate::store::spans::block::Encoded;
use crate::store::spans::filter::Filter;
use crate::store::spans::incoming::Block;

/// Where one chunk of a trace lies: what one item said of it. The key is the trace and a hash of the ids in the chunk, so that
/// what is sent twice is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ChunkRow {
    pub project: ProjectId,
    /// Mostly one.
    pub pieces: Vec<Piece>,
}

/// What one block has of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    pub block: u64,
    pub spans: u32,
    pub logs: u32,
}

const PIECE_BYTES: usize = 16;

pub(super) fn chunk_key(trace: TraceId, hash: u64) -> [u8; 24] {
    join(&[&trace.0, &hash.to_be_bytes()])
}

impl ChunkRow {
    fn to_bytes(&self) -> Vec<u8> {
        let mut row = Vec::with_capacity(8 + PIECE_BYTES * self.pieces.len());
        row.extend_from_slice(&self.project.0.to_be_bytes());
        for piece in &self.pieces {
            row.extend_from_slice(&piece.block.to_be_bytes());
            row.extend_from_slice(&piece.spans.to_be_bytes());
            row.extend_from_slice(&piece.logs.to_be_bytes());
        }
        row
    }

    pub(super) fn from_bytes(row: &[u8]) -> Self {
        let pieces = row.get(8..).unwrap_or_default().chunks_exact(PIECE_BYTES);
        let piece = |piece: &[u8]| Piece {
            block: u64_at(piece, 0),
            spans: u32_at(piece, 8),
            logs: u32_at(piece, 12),
        };
        Self { project: ProjectId(u64_at(row, 0)), pieces: pieces.map(piece).collect() }
    }
}

/// Where a block lies in the week's file and what is in it. The key is its offset, so that the last one says where the file
/// ends.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct BlockRow {
    pub offset: u64,
    pub project: ProjectId,
    /// Of the frames, one behind the other: core, attributes, logs.
    pub bytes: [u32; 3],
    pub crcs: [u32; 3],
    pub spans: u32,
    pub logs: u32,
    pub first_us: i64,
    pub last_us: i64,
    pub longest_us: u64,
    pub filter: Filter,
}

const FILTER_AT: usize = 8 + 6 * 4 + 2 * 4 + 3 * 8;

/// Which frame of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Core = 0,
    Attributes = 1,
    Logs = 2,
}

impl BlockRow {
    pub(super) fn of(offset: u64, project: ProjectId, encoded: &Encoded) -> Self {
        let frames = [&encoded.core, &encoded.attributes, &encoded.logs];
        Self {
            offset,
            project,
            bytes: frames.map(|frame| u32::try_from(frame.len()).expect("a block is small")),
            crcs: frames.map(|frame| crc32fast::hash(frame)),
            spans: encoded.spans,
            logs: encoded.log_records,
            first_us: encoded.first_us,
            last_us: encoded.last_us,
            longest_us: encoded.longest_us,
            filter: encoded.filter.clone(),
        }
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut row = Vec::with_capacity(FILTER_AT + self.filter.as_bytes().len());
        row.extend_from_slice(&self.project.0.to_be_bytes());
        for number in self.bytes.into_iter().chain(self.crcs).chain([self.spans, self.logs]) {
            row.extend_from_slice(&number.to_be_bytes());
        }
        row.extend_from_slice(&self.first_us.to_be_bytes());
        row.extend_from_slice(&self.last_us.to_be_bytes());
        row.extend_from_slice(&self.longest_us.to_be_bytes());
        row.extend_from_slice(self.filter.as_bytes());
        row
    }

    pub(super) fn from_bytes(offset: u64, row: &[u8]) -> Self {
        let numbers: [u32; 8] = std::array::from_fn(|n| u32_at(row, 8 + 4 * n));
        Self {
            offset,
            project: ProjectId(u64_at(row, 0)),
            bytes: [numbers[0], numbers[1], numbers[2]],
            crcs: [numbers[3], numbers[4], numbers[5]],
            spans: numbers[6],
            logs: numbers[7],
            first_us: u64_at(row, 40).cast_signed(),
            last_us: u64_at(row, 48).cast_signed(),
            longest_us: u64_at(row, 56),
            filter: Filter::from_bytes(row.get(FILTER_AT..).unwrap_or_default()),
        }
    }

    pub(super) fn all_bytes(&self) -> u64 {
        self.bytes.iter().map(|bytes| u64::from(*bytes)).sum()
    }

    /// Where a frame begins, and its bytes.
    pub(super) fn place(&self, part: Part) -> (u64, usize) {
        let before: u64 = self.bytes[..part as usize].iter().map(|bytes| u64::from(*bytes)).sum();
        (self.offset + before, self.bytes[part as usize] as usize)
    }
}

/// The end of a week's file, as the committed rows have it: what lies behind is left of a commit that failed.
pub(super) fn end(txn: &WriteTransaction, tables: &WeekTables) -> Result<u64> {
    let table = txn.open_table(tables.span_blocks())?;
    let last = table.last()?;
    Ok(last.map_or(0, |(offset, row)| {
        let row = BlockRow::from_bytes(offset.value(), row.value());
        row.offset + row.all_bytes()
    }))
}

/// Blocks of one week, whose frames lie in its file behind `end`, and the chunks that they hold.
pub(super) fn write(txn: &WriteTransaction, tables: &WeekTables, blocks: &[&Block], end: u64) -> Result<()> {
    let mut table = txn.open_table(tables.span_blocks())?;
    let mut chunks: BTreeMap<[u8; 24], ChunkRow> = BTreeMap::new();
    let mut offset = end;
    for block in blocks {
        let row = BlockRow::of(offset, block.project, &block.encoded);
        table.insert(offset, row.to_bytes().as_slice())?;
        for chunk in &block.chunks {
            let key = chunk_key(chunk.trace, chunk.hash);
            let row =
                chunks.entry(key).or_insert_with(|| ChunkRow { project: block.project, pieces: Vec::new() });
            row.pieces.push(Piece { block: offset, spans: chunk.spans, logs: chunk.logs });
        }
        offset += row.all_bytes();
    }
    let mut table = txn.open_table(tables.traces())?;
    for (key, row) in &chunks {
        table.insert(key, row.to_bytes().as_slice())?;
    }
    Ok(())
}
