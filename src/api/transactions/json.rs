//! Transactions as the performance pages show them.

use serde::Serialize;
use utoipa::ToSchema;

use crate::insight::slower::Change;

#[derive(Serialize, ToSchema)]
pub struct TransactionsAnswer {
    pub data: Vec<TransactionJson>,
    pub meta: TransactionsMeta,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransactionsMeta {
    /// Answers within this satisfy; up to four times it they are tolerated.
    pub apdex_ms: f64,
    /// On all pages.
    pub total: usize,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Transaction)]
pub struct TransactionJson {
    pub id: String,
    pub name: String,
    pub op: String,
    /// A slug.
    pub project: String,
    pub project_id: u64,
    /// Received.
    pub count: u64,
    /// As far as sampling tells, there were so many.
    pub estimated: f64,
    /// How many each received one stands for, on average.
    pub sample_factor: f64,
    /// Estimated.
    pub per_minute: f64,
    /// Received.
    pub failed: u64,
    /// 0 to 1, as far as sampling tells.
    #[schema(required)]
    pub failure_rate: Option<f64>,
    #[serde(rename = "p50Ms")]
    #[schema(required)]
    pub p50_ms: Option<f64>,
    #[serde(rename = "p75Ms")]
    #[schema(required)]
    pub p75_ms: Option<f64>,
    #[serde(rename = "p95Ms")]
    #[schema(required)]
    pub p95_ms: Option<f64>,
    #[serde(rename = "p99Ms")]
    #[schema(required)]
    pub p99_ms: Option<f64>,
    #[schema(required)]
    pub apdex: Option<f64>,
    /// Spent in it altogether; estimated.
    pub total_ms: f64,
    /// Of the period before; `null` where either has too few to be compared.
    #[serde(rename = "p95BeforeMs")]
    #[schema(required)]
    pub p95_before_ms: Option<f64>,
    pub series: ShortSeries,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TransactionTrend)]
pub struct ShortSeries {
    pub start: String,
    pub interval_seconds: i64,
    pub count: Vec<u64>,
    #[serde(rename = "p95Ms")]
    pub p95_ms: Vec<Option<f64>>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransactionDetail {
    pub transaction: TransactionJson,
    pub first_seen: String,
    pub last_seen: String,
    pub histogram: Vec<DurationBucket>,
    pub series: TransactionSeries,
    /// Where the time goes, by op: what no span below took.
    pub breakdown: Vec<OpShare>,
    pub slowest: Vec<ExampleJson>,
    pub failing: Vec<ExampleJson>,
    /// The newest first.
    pub releases: Vec<TransactionRelease>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DurationBucket {
    pub from_ms: f64,
    pub to_ms: f64,
    pub count: u64,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransactionSeries {
    pub start: String,
    pub interval_seconds: i64,
    pub count: Vec<u64>,
    pub failed: Vec<u64>,
    #[serde(rename = "p50Ms")]
    pub p50_ms: Vec<Option<f64>>,
    #[serde(rename = "p95Ms")]
    pub p95_ms: Vec<Option<f64>>,
    #[serde(rename = "p99Ms")]
    pub p99_ms: Vec<Option<f64>>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpShare {
    pub op: String,
    pub spans: u64,
    pub self_ms: f64,
    /// 0 to 1, of all that was measured.
    pub share: f64,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TransactionExample)]
pub struct ExampleJson {
    pub trace_id: String,
    pub span_id: String,
    pub timestamp: String,
    pub duration_ms: f64,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransactionRelease {
    pub version: String,
    pub short_version: String,
    pub first_seen: String,
    pub count: u64,
    #[schema(required)]
    pub failure_rate: Option<f64>,
    #[serde(rename = "p50Ms")]
    #[schema(required)]
    pub p50_ms: Option<f64>,
    #[serde(rename = "p95Ms")]
    #[schema(required)]
    pub p95_ms: Option<f64>,
    /// Against the release before; `null` for the first.
    #[schema(required)]
    pub change: Option<Change>,
    #[schema(required)]
    pub because: Option<String>,
}
