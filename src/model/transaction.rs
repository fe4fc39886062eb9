//! What a project's services do over and over, and how it went: counts, failures, durations.

use jiff::Timestamp;

use crate::model::durations::Durations;
use crate::model::ids::{ProjectId, SpanId, TraceId, TransactionId};

/// Work of one name in one project: `POST /api/payment`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    pub id: TransactionId,
    pub project: ProjectId,
    pub name: String,
    pub op: String,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
}

/// Answers within this satisfy; up to four times it they are tolerated (Apdex).
pub const APDEX_US: u64 = 300_000;

/// What was counted of one transaction in one stretch of time.
#[derive(Debug, Clone, Default)]
pub struct TransactionStats {
    /// Received, each counted once.
    pub count: u64,
    pub failed: u64,
    /// The same with their weights: how many there were, as far as sampling tells.
    pub weighted: f64,
    pub weighted_failed: f64,
    /// Within `APDEX_US`, and within four times it.
    pub satisfied: u64,
    pub tolerated: u64,
    pub durations: Durations,
    /// Where the time went, by the spans' op: the time that no span below it took.
    pub ops: Vec<OpTime>,
    /// The slowest first.
    pub slowest: Vec<Example>,
    /// The newest first.
    pub failing: Vec<Example>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpTime {
    pub op: String,
    pub spans: u64,
    pub self_us: u64,
}

/// One that is worth looking at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Example {
    pub trace: TraceId,
    pub span: SpanId,
    pub at_us: i64,
    pub duration_us: u64,
}

pub const OPS_MAX: usize = 16;
pub const EXAMPLES_MAX: usize = 5;

impl TransactionStats {
    /// (satisfied + tolerated / 2) / count
    pub fn apdex(&self) -> Option<f64> {
        (self.count > 0).then(|| (self.satisfied as f64 + self.tolerated as f64 / 2.0) / self.count as f64)
    }

    /// Share of those that failed, as far as sampling tells.
    pub fn failure_rate(&self) -> Option<f64> {
        (self.weighted > 0.0).then(|| self.weighted_failed / self.weighted)
    }

    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.failed += other.failed;
        self.weighted += other.weighted;
        self.weighted_failed += other.weighted_failed;
        self.satisfied += other.satisfied;
        self.tolerated += other.tolerated;
        self.durations.merge(&other.durations);
        for op in &other.ops {
            self.add_op(&op.op, op.spans, op.self_us);
        }
        self.slowest.extend_from_slice(&other.slowest);
        self.failing.extend_from_slice(&other.failing);
        self.keep_best_examples();
    }

    /// Ops beyond the bound are one: `other`.
    pub fn add_op(&mut self, op: &str, spans: u64, self_us: u64) {
        let known = self.ops.iter().position(|known| known.op == op);
        let at = known.or_else(|| {
            (self.ops.len() < OPS_MAX).then(|| {
                let op = if self.ops.len() + 1 == OPS_MAX { "other" } else { op };
                self.ops.push(OpTime { op: op.to_owned(), spans: 0, self_us: 0 });
                self.ops.len() - 1
            })
        });
        let slot = &mut self.ops[at.unwrap_or(OPS_MAX - 1)];
        slot.spans += spans;
        slot.self_us = slot.self_us.saturating_add(self_us);
    }

    pub fn keep_best_examples(&mut self) {
        self.slowest.sort_by_key(|example| (std::cmp::Reverse(example.duration_us), example.at_us));
        self.slowest.dedup_by_key(|example| (example.trace, example.span));
        self.slowest.truncate(EXAMPLES_MAX);
        self.failing.sort_by_key(|example| (std::cmp::Reverse(example.at_us), example.span));
        self.failing.dedup_by_key(|example| (example.trace, example.span));
        self.failing.truncate(EXAMPLES_MAX);
    }
}
