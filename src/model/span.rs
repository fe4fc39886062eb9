//! One span, whoever sent it: Sentry's transactions and spans of every generation and OpenTelemetry's meet here.

use crate::model::ids::{SpanId, TraceId};

/// A piece of work: what, when, how long, how it ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    pub trace: TraceId,
    pub id: SpanId,
    pub parent: Option<SpanId>,
    /// The first of its service in this trace, whose work is a transaction.
    pub is_segment: bool,
    /// What kind of work: `http.server`, `db.query`, … `default` where nobody said.
    pub op: String,
    /// The description without what differs from one to the next: `GET /users/*`. Spans are counted together by it.
    pub name: String,
    /// As it was sent, without secrets.
    pub description: String,
    pub status: SpanStatus,
    /// Why, in the sender's words: `not_found`, `internal_error`, `deadline_exceeded`. Empty where it said nothing.
    pub status_word: String,
    pub kind: SpanKind,
    /// Microseconds since 1970.
    pub start_us: i64,
    pub duration_us: u64,
    /// `service.name`; empty where the project's name must do.
    pub service: String,
    pub environment: String,
    pub release: String,
    /// The name of the segment that it belongs to. Empty where it is not known.
    pub transaction: String,
    /// Who made it: `auto.http.node`, `manual`, an instrumentation scope.
    pub origin: String,
    /// How many like it this one stands for: 1 / sample rate, at least 1.
    pub weight: f32,
    /// Everything else, in the order sent, each key once.
    pub attributes: Vec<(String, AttributeValue)>,
    pub links: Vec<SpanLink>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum SpanStatus {
    #[default]
    Unset,
    Ok,
    Error,
}

impl SpanStatus {
    pub const ALL: [Self; 3] = [Self::Unset, Self::Ok, Self::Error];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unset => "unset",
            Self::Ok => "ok",
            Self::Error => "error",
        }
    }
}

/// Which side of a call it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum SpanKind {
    #[default]
    Internal,
    Server,
    Client,
    Producer,
    Consumer,
}

impl SpanKind {
    pub const ALL: [Self; 5] = [Self::Internal, Self::Server, Self::Client, Self::Producer, Self::Consumer];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::Server => "server",
            Self::Client => "client",
            Self::Producer => "producer",
            Self::Consumer => "consumer",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum AttributeValue {
    Text(String),
    Integer(i64),
    Double(f64),
    Bool(bool),
    /// A list or a map, as JSON.
    Json(String),
}

/// Another span that has to do with this one.
#[derive(Debug, Clone, PartialEq)]
pub struct SpanLink {
    pub trace: TraceId,
    pub span: SpanId,
    pub attributes: Vec<(String, AttributeValue)>,
}

/// A line of a log that knows its trace.
#[derive(Debug, Clone, PartialEq)]
pub struct LogRecord {
    /// `None`: it was written outside of any trace.
    pub trace: Option<TraceId>,
    pub span: Option<SpanId>,
    /// Microseconds since 1970.
    pub at_us: i64,
    pub level: LogLevel,
    pub body: String,
    pub service: String,
    pub environment: String,
    pub release: String,
    pub attributes: Vec<(String, AttributeValue)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum LogLevel {
    Trace,
    Debug,
    #[default]
    Info,
    Warn,
    Error,
    Fatal,
}

impl LogLevel {
    pub const ALL: [Self; 6] = [Self::Trace, Self::Debug, Self::Info, Self::Warn, Self::Error, Self::Fatal];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }
}

impl Span {
    pub fn end_us(&self) -> i64 {
        self.start_us.saturating_add_unsigned(self.duration_us)
    }

    pub fn attribute(&self, key: &str) -> Option<&AttributeValue> {
        self.attributes.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }
}
