//! Spans and log records: kept by the week in blocks, found by trace id and by scanning.
//!
//! A week's `spans` is a file to which each batch adds blocks; the state's tables of that week say where they lie. The file is on
//! disk before the state's commit, which alone makes a block true: what lies behind the last that the state knows is written
//! over. Searching reads blocks, newest first, and passes over those that cannot hold a match: spans are too many to be indexed one
//! by one, and most are never looked at.

use jiff::Timestamp;

use crate::model::ids::{EventId, ProjectId};
use crate::model::outcome::Category;
use crate::model::span::{LogRecord, Span};

mod block;
mod columns;
pub(super) mod erasing;
mod filter;
pub(super) mod flood;
pub(super) mod incoming;
mod reading;
mod rows;
mod scanning;
pub(super) mod writing;
#[cfg(test)]
mod tests;

/// What digest made of one item: a transaction, a container of spans or of logs, an OTLP request.
#[derive(Debug)]
pub struct SpanRecord {
    pub project: ProjectId,
    pub received: Timestamp,
    /// A transaction's own id.
    pub event_id: Option<EventId>,
    /// Where the ledger counts it, and how many things it holds there.
    pub category: Category,
    pub quantity: u64,
    pub spans: Vec<Span>,
    pub logs: Vec<LogRecord>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FoundSpan {
    pub project: ProjectId,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FoundLog {
    pub project: ProjectId,
    pub log: LogRecord,
}

/// All that is known of a trace, without attributes and links.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StoredTrace {
    /// By their beginning; each (project, id) once.
    pub spans: Vec<FoundSpan>,
    /// More than those: the trace was cut.
    pub is_cut: bool,
}

/// Which spans are looked for.
pub struct SpanQuestion<'a> {
    pub projects: &'a [ProjectId],
    /// Microseconds of their beginning: from, until before.
    pub since_us: i64,
    pub until_us: i64,
    /// Texts that a match must hold as op, name, service, transaction, release, environment or an attribute's `key=value`: blocks that
    /// lack one are passed over unread.
    pub must: &'a [String],
    pub longest_at_least_us: u64,
    /// Whether `matches` looks at attributes, which cost as much again to read.
    pub attributes: bool,
    pub matches: &'a (dyn Fn(ProjectId, &Span) -> bool + Sync),
    /// Behind what an earlier page showed.
    pub before: Option<SpanCursor>,
    pub limit: usize,
    /// Spans that are looked at before the search answers with what it has.
    pub spans_max: u64,
}

/// Where a search stopped, newest block first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanCursor {
    pub week: u32,
    pub block: u64,
    /// Spans of the block that were shown already.
    pub skip: u32,
}

#[derive(Debug, Default)]
pub struct SpanPage {
    pub spans: Vec<FoundSpan>,
    /// `None`: all was searched.
    pub next: Option<SpanCursor>,
    /// Spans looked at or passed over.
    pub searched: u64,
    /// The oldest beginning that was searched down to.
    pub searched_to_us: Option<i64>,
}
