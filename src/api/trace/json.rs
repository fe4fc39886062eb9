//! A trace as the web app draws it: rows as columns, every text once. Ten thousand spans are a few hundred kilobytes.

use serde::Serialize;
use utoipa::ToSchema;

use crate::insight::trace::vitals::Rating;

/// A whole trace, or what was kept of it for a small picture.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Waterfall)]
pub struct WaterfallJson<'a> {
    pub trace_id: String,
    pub start: String,
    /// Microseconds.
    pub duration_us: i64,
    /// Of the trace, also where fewer rows are shown.
    pub span_count: usize,
    /// It has more spans than an answer holds.
    pub truncated: bool,
    pub services: Vec<ServiceJson>,
    /// Every op, name and description once.
    pub words: Vec<&'a str>,
    pub rows: RowsJson,
    pub errors: Vec<TraceErrorJson>,
    pub logs: Vec<TraceLogJson>,
    pub logs_total: usize,
    pub vitals: Vec<VitalJson>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TraceService)]
pub struct ServiceJson {
    /// The project's slug where its spans name none.
    pub name: String,
    /// Its slug.
    pub project: String,
    pub project_id: u64,
    #[schema(required)]
    pub platform: Option<String>,
    pub spans: usize,
    pub errors: usize,
    /// What was added to its times, in microseconds, because its clock differs.
    #[schema(required)]
    pub skew_us: Option<i64>,
}

/// Columns of one length. Rows stand depth first, siblings by their beginning.
#[derive(Serialize, ToSchema, Default)]
#[schema(as = WaterfallRows)]
pub struct RowsJson {
    /// 16 hexadecimal digits; empty for a gap.
    pub id: Vec<String>,
    /// The row of its parent; -1 for roots.
    pub parent: Vec<i64>,
    pub depth: Vec<u32>,
    /// How many of the rows below belong to it.
    pub descendants: Vec<u32>,
    /// Index into `services`.
    pub service: Vec<u32>,
    /// Microseconds since the trace's beginning.
    pub start: Vec<i64>,
    /// Microseconds.
    pub duration: Vec<u64>,
    /// Index into `words`.
    pub op: Vec<u32>,
    /// Index into `words`.
    pub name: Vec<u32>,
    /// Index into `words`.
    pub description: Vec<u32>,
    /// Bits: 1 error, 2 segment, 4 on the critical path, 8 its parent never arrived, 16 a gap, 32 times shifted, 64 breaks out of
    /// its parent, 128 part of a parent cycle that was cut.
    pub flags: Vec<u32>,
}

#[derive(Serialize, ToSchema, Clone)]
#[serde(rename_all = "camelCase")]
#[schema(as = TraceError)]
pub struct TraceErrorJson {
    /// -1: its span is unknown.
    pub row: i64,
    pub event_id: String,
    pub issue_id: String,
    pub short_id: String,
    pub title: String,
    pub level: String,
    /// A slug.
    pub project: String,
    /// Microseconds since the trace's beginning.
    pub offset_us: i64,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TraceLog)]
pub struct TraceLogJson {
    /// -1: its span is unknown.
    pub row: i64,
    pub offset_us: i64,
    pub level: String,
    pub body: String,
    /// Index into `services`; -1: none of its spans arrived.
    pub service: i64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = WebVital)]
pub struct VitalJson {
    /// `lcp`, `fcp`, `inp`, `cls` or `ttfb`.
    pub name: &'static str,
    pub value: f64,
    /// `millisecond`, or empty.
    pub unit: &'static str,
    pub rating: Rating,
}

/// One span in full.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SpanDetail)]
pub struct SpanJson {
    pub id: String,
    pub trace_id: String,
    #[schema(required)]
    pub parent_id: Option<String>,
    pub op: String,
    pub name: String,
    pub description: String,
    /// `unset`, `ok` or `error`.
    pub status: String,
    pub status_word: String,
    /// `internal`, `server`, `client`, `producer` or `consumer`.
    pub kind: String,
    pub origin: String,
    pub start: String,
    pub end: String,
    pub duration_ms: f64,
    /// What no child took of it.
    #[schema(required)]
    pub self_ms: Option<f64>,
    /// A slug.
    pub project: String,
    pub service: String,
    pub environment: String,
    pub release: String,
    pub transaction: String,
    /// How many like it this one stands for.
    pub sample_factor: f32,
    pub attributes: Vec<AttributeJson>,
    pub links: Vec<SpanLinkJson>,
    pub errors: Vec<TraceErrorJson>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SpanAttribute)]
pub struct AttributeJson {
    pub key: String,
    pub value: AttributeValueJson,
}

/// A list or a map is its JSON's text.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = SpanAttributeValue)]
pub enum AttributeValueJson {
    Text(String),
    Integer(i64),
    Double(f64),
    Bool(bool),
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SpanLink)]
pub struct SpanLinkJson {
    pub trace_id: String,
    pub span_id: String,
    pub attributes: Vec<AttributeJson>,
}

/// Where an issue's event stands in its trace.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EventTrace)]
pub struct EventTraceJson<'a> {
    #[schema(required)]
    pub trace_id: Option<String>,
    /// Code stands between backticks.
    #[schema(required)]
    pub sentence: Option<String>,
    /// Why there is no waterfall.
    #[schema(required)]
    pub why: Option<WhyNoTrace>,
    #[schema(required)]
    pub waterfall: Option<WaterfallJson<'a>>,
    /// Of this error's span; -1: it is unknown.
    pub row: i64,
    pub trace_span_count: usize,
    pub other_errors: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhyNoTrace {
    /// The event names no trace.
    NoTraceId,
    /// Nothing of its trace arrived, or is kept no more.
    NoSpans,
}
