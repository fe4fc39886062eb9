//! OpenTelemetry's traces and logs, as protobuf and as JSON: one span or log record at a time.
//!
//! A request is walked, never held: what it is made of is decoded one by one and given to the caller, so that millions of
//! empty things cost no memory. Only what is used is declared. Source: opentelemetry-proto `trace.proto`, `logs.proto`.

use serde::Deserialize;

pub use value::AnyValue;

mod fields;
pub mod integration;
mod json;
mod protobuf;
#[cfg(test)]
mod tests;
mod value;

/// One resource, scope, span or log record; larger ones are passed over.
pub const RECORD_BYTES_MAX: usize = 1 << 20;
/// A second request for one more is better than one that holds up all others.
pub const RECORDS_MAX: u64 = 100_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Protobuf,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    Traces,
    Logs,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OtlpError {
    #[error("malformed protobuf")]
    Protobuf,
    #[error("{0}")]
    Json(String),
}

/// What a request holds, in its order. `None`: too large, or not what it should be; it costs only itself.
pub enum Part {
    Resource(Option<Box<Resource>>),
    Scope(Option<Box<Scope>>),
    Span(Option<Box<Span>>),
    Log(Option<Box<LogRecord>>),
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub struct Resource {
    #[prost(message, repeated, tag = "1")]
    #[serde(deserialize_with = "fields::list")]
    pub attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub struct Scope {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "fields::text")]
    pub name: String,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub struct KeyValue {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "fields::text")]
    pub key: String,
    #[prost(message, optional, tag = "2")]
    pub value: Option<AnyValue>,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Span {
    #[prost(bytes = "vec", tag = "1")]
    #[serde(alias = "trace_id", deserialize_with = "fields::id")]
    pub trace_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    #[serde(alias = "span_id", deserialize_with = "fields::id")]
    pub span_id: Vec<u8>,
    #[prost(string, tag = "3")]
    #[serde(alias = "trace_state", deserialize_with = "fields::text")]
    pub trace_state: String,
    #[prost(bytes = "vec", tag = "4")]
    #[serde(alias = "parent_span_id", deserialize_with = "fields::id")]
    pub parent_span_id: Vec<u8>,
    #[prost(string, tag = "5")]
    #[serde(deserialize_with = "fields::text")]
    pub name: String,
    /// 1 internal, 2 server, 3 client, 4 producer, 5 consumer.
    #[prost(int32, tag = "6")]
    #[serde(deserialize_with = "fields::kind")]
    pub kind: i32,
    #[prost(fixed64, tag = "7")]
    #[serde(alias = "start_time_unix_nano", deserialize_with = "fields::number")]
    pub start_time_unix_nano: u64,
    #[prost(fixed64, tag = "8")]
    #[serde(alias = "end_time_unix_nano", deserialize_with = "fields::number")]
    pub end_time_unix_nano: u64,
    #[prost(message, repeated, tag = "9")]
    #[serde(deserialize_with = "fields::list")]
    pub attributes: Vec<KeyValue>,
    #[prost(message, repeated, tag = "11")]
    #[serde(deserialize_with = "fields::list")]
    pub events: Vec<Event>,
    #[prost(message, repeated, tag = "13")]
    #[serde(deserialize_with = "fields::list")]
    pub links: Vec<Link>,
    #[prost(message, optional, tag = "15")]
    pub status: Option<Status>,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Event {
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "fields::text")]
    pub name: String,
    #[prost(message, repeated, tag = "3")]
    #[serde(deserialize_with = "fields::list")]
    pub attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Link {
    #[prost(bytes = "vec", tag = "1")]
    #[serde(alias = "trace_id", deserialize_with = "fields::id")]
    pub trace_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    #[serde(alias = "span_id", deserialize_with = "fields::id")]
    pub span_id: Vec<u8>,
    #[prost(message, repeated, tag = "4")]
    #[serde(deserialize_with = "fields::list")]
    pub attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub struct Status {
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "fields::text")]
    pub message: String,
    /// 0 unset, 1 ok, 2 error.
    #[prost(int32, tag = "3")]
    #[serde(deserialize_with = "fields::status")]
    pub code: i32,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LogRecord {
    #[prost(fixed64, tag = "1")]
    #[serde(alias = "time_unix_nano", deserialize_with = "fields::number")]
    pub time_unix_nano: u64,
    /// From 1, trace, to 24, fatal; four to a level. 0 where it is not known.
    #[prost(int32, tag = "2")]
    #[serde(alias = "severity_number", deserialize_with = "fields::severity")]
    pub severity_number: i32,
    #[prost(string, tag = "3")]
    #[serde(alias = "severity_text", deserialize_with = "fields::text")]
    pub severity_text: String,
    #[prost(message, optional, tag = "5")]
    pub body: Option<AnyValue>,
    #[prost(message, repeated, tag = "6")]
    #[serde(deserialize_with = "fields::list")]
    pub attributes: Vec<KeyValue>,
    #[prost(bytes = "vec", tag = "9")]
    #[serde(alias = "trace_id", deserialize_with = "fields::id")]
    pub trace_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "10")]
    #[serde(alias = "span_id", deserialize_with = "fields::id")]
    pub span_id: Vec<u8>,
    #[prost(fixed64, tag = "11")]
    #[serde(alias = "observed_time_unix_nano", deserialize_with = "fields::number")]
    pub observed_time_unix_nano: u64,
}

/// How many spans or log records a request holds; an error where it is none.
pub fn count(body: &[u8], signal: Signal, encoding: Encoding) -> Result<u64, OtlpError> {
    match encoding {
        Encoding::Protobuf => protobuf::count(body),
        Encoding::Json => json::count(body, signal),
    }
}

/// Shows the parts of a request, each resource before its scopes, each scope before its records.
pub fn each(
    body: &[u8],
    signal: Signal,
    encoding: Encoding,
    see: &mut dyn FnMut(Part),
) -> Result<(), OtlpError> {
    match encoding {
        Encoding::Protobuf => protobuf::each(body, signal, see),
        Encoding::Json => json::each(body, signal, see),
    }
}

/// One log record alone, as JSON.
pub fn log_record(body: &[u8]) -> Option<LogRecord> {
    json::record(body)
}
