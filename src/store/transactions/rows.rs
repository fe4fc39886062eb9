//! Counts of transactions as rows: the key puts what one page reads side by side, and what goes together in one range.

use serde::{Deserialize, Serialize};

use crate::model::durations::Durations;
use crate::model::ids::{ProjectId, SpanId, TraceId, TransactionId};
use crate::model::transaction::{Example, OpTime, TransactionStats};
use crate::store::error::{Result, StoreError};
use crate::store::keys::{join, u64_at};
use crate::store::transactions::TransactionStep;

pub(super) type Key = [u8; 33];

/// Buckets that lie in one period: forgetting one is one range.
fn period_buckets(step: TransactionStep) -> i64 {
    match step {
        TransactionStep::Minute => 60,
        TransactionStep::Hour => 7 * 24,
        TransactionStep::Day => 32,
    }
}

pub(super) fn period(step: TransactionStep, bucket: i64) -> i64 {
    bucket.div_euclid(period_buckets(step))
}

/// (step, period, project, environment, transaction, bucket); environment 0 stands for all.
pub(super) fn key(
    step: TransactionStep,
    project: ProjectId,
    environment: u32,
    transaction: TransactionId,
    bucket: i64,
) -> Key {
    join(&[
        &prefix(step, period(step, bucket), project, environment),
        &transaction.0.to_be_bytes(),
        &bucket.max(0).to_be_bytes(),
    ])
}

pub(super) fn prefix(step: TransactionStep, period: i64, project: ProjectId, environment: u32) -> [u8; 17] {
    let period = u32::try_from(period.max(0)).unwrap_or(u32::MAX);
    join(&[&[step as u8], &period.to_be_bytes(), &project.0.to_be_bytes(), &environment.to_be_bytes()])
}

/// (transaction, bucket)
pub(super) fn parts(key: &Key) -> (TransactionId, i64) {
    (TransactionId(u64_at(key, 17)), u64_at(key, 25).cast_signed())
}

pub(super) fn project_of(key: &Key) -> ProjectId {
    ProjectId(u64_at(key, 5))
}

#[derive(Serialize, Deserialize)]
struct Row<'a> {
    count: u64,
    failed: u64,
    weighted: f64,
    weighted_failed: f64,
    satisfied: u64,
    tolerated: u64,
    #[serde(borrow)]
    durations: std::borrow::Cow<'a, [u8]>,
    ops: Vec<(String, u64, u64)>,
    slowest: Vec<ExampleRow>,
    failing: Vec<ExampleRow>,
}

type ExampleRow = ([u8; 16], [u8; 8], i64, u64);

fn example_row(example: &Example) -> ExampleRow {
    (example.trace.0, example.span.0, example.at_us, example.duration_us)
}

fn example(&(trace, span, at_us, duration_us): &ExampleRow) -> Example {
    Example { trace: TraceId(trace), span: SpanId(span), at_us, duration_us }
}

pub(super) fn encode(stats: &TransactionStats) -> Result<Vec<u8>> {
    let row = Row {
        count: stats.count,
        failed: stats.failed,
        weighted: stats.weighted,
        weighted_failed: stats.weighted_failed,
        satisfied: stats.satisfied,
        tolerated: stats.tolerated,
        durations: stats.durations.to_bytes().into(),
        ops: stats.ops.iter().map(|op| (op.op.clone(), op.spans, op.self_us)).collect(),
        slowest: stats.slowest.iter().map(example_row).collect(),
        failing: stats.failing.iter().map(example_row).collect(),
    };
    postcard::to_stdvec(&row).map_err(StoreError::failed)
}

pub(super) fn decode(row: &[u8]) -> Result<TransactionStats> {
    let damaged = || StoreError::Damaged("a transaction's counts are damaged".to_owned());
    let row: Row<'_> = postcard::from_bytes(row).map_err(|_| damaged())?;
    Ok(TransactionStats {
        count: row.count,
        failed: row.failed,
        weighted: row.weighted,
        weighted_failed: row.weighted_failed,
        satisfied: row.satisfied,
        tolerated: row.tolerated,
        durations: Durations::from_bytes(&row.durations).ok_or_else(damaged)?,
        ops: row.ops.into_iter().map(|(op, spans, self_us)| OpTime { op, spans, self_us }).collect(),
        slowest: row.slowest.iter().map(example).collect(),
        failing: row.failing.iter().map(example).collect(),
    })
}
