//! A batch's spans before the writer's lock: taken apart by trace, what is known already or too much left out, and the
//! rest made into blocks on all cores.
//!
//! A chunk is what one item says of one trace; a client that sends the item again sends the same chunk, which is known by the
//! ids in it. Records outside of any trace are a chunk that is called by their contents.

use std::collections::{BTreeMap, HashMap, HashSet};

use md5::{Digest, Md5};
use rayon::prelude::*;
use redb::TableError;

use crate::model::ids::{ProjectId, TraceId};
use crate::model::span::{LogRecord, Span, SpanStatus};
use crate::model::week::Week;
use crate::store::Inner;
use crate::store::error::Result;
use crate::store::records::{Record, Recorded};
use crate::store::schema::WeekTables;
use crate::store::spans::block::{self, BLOCK_ROWS_MAX, Encoded};
use crate::store::spans::rows::chunk_key;
use crate::store::transactions::segments::{Segment, segments};

/// A client that tries again does so within minutes: older weeks are not asked.
const WEEKS_ASKED_MAX: usize = 2;

/// What is written of a batch's spans, and what became of its records.
#[derive(Default)]
pub(in crate::store) struct Incoming<'a> {
    pub blocks: Vec<Block>,
    /// By the record's place in the batch.
    pub outcomes: HashMap<usize, Recorded>,
    pub segments: Vec<Segment<'a>>,
    /// In which they were received, whether something of them is kept or not.
    pub weeks: Vec<Week>,
}

pub(in crate::store) struct Block {
    pub week: Week,
    pub project: ProjectId,
    pub(super) encoded: Encoded,
    pub chunks: Vec<BlockChunk>,
}

/// What a block holds of one chunk.
pub(in crate::store) struct BlockChunk {
    pub trace: TraceId,
    pub hash: u64,
    pub spans: u32,
    pub logs: u32,
}

struct Chunk<'a> {
    record: usize,
    project: ProjectId,
    week: Week,
    trace: TraceId,
    hash: u64,
    spans: Vec<&'a Span>,
    logs: Vec<&'a LogRecord>,
    segments: Vec<Segment<'a>>,
}

impl Chunk<'_> {
    fn rows(&self) -> usize {
        self.spans.len() + self.logs.len()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Keep,
    Sampled,
    Duplicate,
}

impl Inner {
    /// Only the writer of batches calls this, one batch after the other.
    pub(in crate::store) fn take_spans<'a>(&self, records: &'a [Record]) -> Result<Incoming<'a>> {
        let believed = *self.believed.read();
        let of_spans: Vec<_> = records
            .iter()
            .enumerate()
            .filter_map(|(index, record)| match record {
                Record::Spans(record) => Some((index, record)),
                _ => None,
            })
            .collect();
        self.flood.note_errors(records);
        if of_spans.is_empty() {
            return Ok(Incoming::default());
        }
        let chunks: Vec<Vec<Chunk<'a>>> = of_spans
            .par_iter()
            .map(|(index, record)| {
                let week = believed.week_of(record.received);
                chunks(*index, record.project, week, &record.spans, &record.logs)
            })
            .collect();
        let fates = self.judge(&chunks)?;
        let mut incoming = Incoming::default();
        let mut kept: BTreeMap<(Week, ProjectId), Vec<Chunk<'a>>> = BTreeMap::new();
        for ((index, record), (chunks, fates)) in of_spans.iter().zip(chunks.into_iter().zip(fates)) {
            incoming.outcomes.insert(*index, outcome(&fates));
            incoming.weeks.push(believed.week_of(record.received));
            for (mut chunk, fate) in chunks.into_iter().zip(fates) {
                if fate != Fate::Duplicate {
                    incoming.segments.append(&mut chunk.segments);
                }
                if fate == Fate::Keep {
                    kept.entry((chunk.week, chunk.project)).or_default().push(chunk);
                }
            }
        }
        incoming.weeks.sort_unstable();
        incoming.weeks.dedup();
        let parts: Vec<_> = kept.into_iter().flat_map(|(at, chunks)| cut(at, chunks)).collect();
        incoming.blocks = parts.into_par_iter().map(encode).collect::<Result<_>>()?;
        Ok(incoming)
    }

    fn judge(&self, chunks: &[Vec<Chunk<'_>>]) -> Result<Vec<Vec<Fate>>> {
        let txn = self.state.begin_read()?;
        let weeks: Vec<_> = self.weeks.read().keys().rev().take(WEEKS_ASKED_MAX).copied().collect();
        let mut tables = Vec::new();
        for week in weeks {
            match txn.open_table(WeekTables::of(week).traces()) {
                // Forgotten since.
                Err(TableError::TableDoesNotExist(_)) => (),
                table => tables.push(table?),
            }
        }
        let mut seen = HashSet::new();
        let mut judge = |chunk: &Chunk<'_>| {
            let key = chunk_key(chunk.trace, chunk.hash);
            if !seen.insert(key) {
                return Ok(Fate::Duplicate);
            }
            for table in &tables {
                if table.get(&key)?.is_some() {
                    return Ok(Fate::Duplicate);
                }
            }
            let is_failing = chunk.spans.iter().any(|span| span.status == SpanStatus::Error);
            let is_kept =
                self.flood.keeps(chunk.project, chunk.trace, chunk.rows(), is_failing, &chunk.segments);
            Ok(if is_kept { Fate::Keep } else { Fate::Sampled })
        };
        chunks.iter().map(|chunks| chunks.iter().map(&mut judge).collect()).collect()
    }
}

fn outcome(fates: &[Fate]) -> Recorded {
    let all = |wanted: Fate| !fates.is_empty() && fates.iter().all(|fate| *fate == wanted);
    if all(Fate::Duplicate) {
        Recorded::Duplicate
    } else if !fates.is_empty() && !fates.contains(&Fate::Keep) {
        Recorded::Sampled
    } else {
        Recorded::Stored { place: None, new_issue: false, regressed: false }
    }
}

fn chunks<'a>(
    record: usize,
    project: ProjectId,
    week: Week,
    spans: &'a [Span],
    logs: &'a [LogRecord],
) -> Vec<Chunk<'a>> {
    let mut by_trace: BTreeMap<TraceId, (Vec<&Span>, Vec<&LogRecord>)> = BTreeMap::new();
    for span in spans {
        by_trace.entry(span.trace).or_default().0.push(span);
    }
    let mut outside = Vec::new();
    for log in logs {
        match log.trace {
            Some(trace) => by_trace.entry(trace).or_default().1.push(log),
            None => outside.push(log),
        }
    }
    let mut chunks: Vec<_> = by_trace
        .into_iter()
        .map(|(trace, (spans, logs))| {
            let digest = digest(project, &spans, &logs);
            let hash = u64::from_be_bytes(digest[..8].try_into().expect("MD5 has 16 bytes"));
            let segments = segments(project, &spans);
            Chunk { record, project, week, trace, hash, spans, logs, segments }
        })
        .collect();
    if !outside.is_empty() {
        let trace = TraceId(digest(project, &[], &outside));
        chunks.push(Chunk {
            record,
            project,
            week,
            trace,
            hash: 0,
            spans: Vec::new(),
            logs: outside,
            segments: Vec::new(),
        });
    }
    chunks
}

/// The same for the same ids and lines forever: it is kept on disk.
fn digest(project: ProjectId, spans: &[&Span], logs: &[&LogRecord]) -> [u8; 16] {
    let mut md5 = Md5::new();
    md5.update(project.0.to_be_bytes());
    for span in spans {
        md5.update(span.id.0);
    }
    for log in logs {
        md5.update(log.at_us.to_be_bytes());
        md5.update(log.body.as_bytes());
    }
    md5.finalize().into()
}

/// What one block is made of.
struct Part<'a> {
    week: Week,
    project: ProjectId,
    spans: Vec<&'a Span>,
    /// With the trace, or what stands for one.
    logs: Vec<(TraceId, &'a LogRecord)>,
    chunks: Vec<BlockChunk>,
}

/// Chunks side by side, cut into blocks. A chunk that does not fit goes on in the next.
fn cut((week, project): (Week, ProjectId), mut chunks: Vec<Chunk<'_>>) -> Vec<Part<'_>> {
    let empty = || Part { week, project, spans: Vec::new(), logs: Vec::new(), chunks: Vec::new() };
    chunks.sort_by_key(|chunk| (chunk.trace, chunk.record));
    let mut parts = vec![empty()];
    for chunk in chunks {
        let (mut spans, mut logs) = (chunk.spans.as_slice(), chunk.logs.as_slice());
        while !(spans.is_empty() && logs.is_empty()) {
            let mut part = parts.pop().expect("never empty");
            let room = BLOCK_ROWS_MAX - part.spans.len() - part.logs.len();
            if room == 0 {
                parts.push(part);
                part = empty();
            }
            let room = BLOCK_ROWS_MAX - part.spans.len() - part.logs.len();
            let (now, later) = spans.split_at(room.min(spans.len()));
            let (log_now, log_later) = logs.split_at((room - now.len()).min(logs.len()));
            let count = |rows: usize| u32::try_from(rows).expect("a block is small");
            part.chunks.push(BlockChunk {
                trace: chunk.trace,
                hash: chunk.hash,
                spans: count(now.len()),
                logs: count(log_now.len()),
            });
            part.spans.extend_from_slice(now);
            part.logs.extend(log_now.iter().map(|log| (chunk.trace, *log)));
            (spans, logs) = (later, log_later);
            parts.push(part);
        }
    }
    parts.retain(|part| !part.chunks.is_empty());
    parts
}

fn encode(part: Part<'_>) -> Result<Block> {
    let Part { week, project, spans, logs, chunks } = part;
    Ok(Block { week, project, encoded: block::encode(&spans, &logs)?, chunks })
}
