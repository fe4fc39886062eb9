//! A trace in Sentry's own shape: spans nested in each other, each with its errors.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

/// A root of the trace, or an error whose span is unknown.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum SentryTraceItem {
    Span(Box<SentrySpan>),
    Error(SentryTraceError),
}

#[derive(Serialize, ToSchema)]
pub struct SentrySpan {
    /// The span's id.
    pub event_id: String,
    /// Always `span`.
    pub event_type: &'static str,
    #[schema(no_recursion)]
    pub children: Vec<SentrySpan>,
    pub errors: Vec<SentryTraceError>,
    pub occurrences: [u8; 0],
    pub op: String,
    pub name: String,
    pub description: String,
    pub transaction: String,
    pub transaction_id: String,
    pub is_transaction: bool,
    #[schema(required)]
    pub parent_span_id: Option<String>,
    pub project_id: u64,
    pub project_slug: String,
    pub profile_id: &'static str,
    pub profiler_id: &'static str,
    pub sdk_name: &'static str,
    pub start_timestamp: String,
    pub end_timestamp: String,
    /// Milliseconds.
    pub duration: f64,
    pub measurements: BTreeMap<String, f64>,
    pub additional_attributes: BTreeMap<String, String>,
}

#[derive(Serialize, ToSchema)]
pub struct SentryTraceError {
    pub event_id: String,
    /// Always `error`.
    pub event_type: &'static str,
    pub issue_id: u64,
    pub level: String,
    pub title: String,
    pub description: String,
    pub transaction: String,
    pub project_id: u64,
    pub project_slug: String,
    pub start_timestamp: String,
}

#[derive(Serialize, ToSchema)]
pub struct SentryTraceMeta {
    pub errors: usize,
    pub performance_issues: usize,
    pub span_count: usize,
    pub span_count_map: BTreeMap<String, usize>,
    pub transaction_child_count_map: [u8; 0],
    pub logs: usize,
}
