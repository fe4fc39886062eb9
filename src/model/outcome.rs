//! The ledger's words: what became of everything that arrived.

use serde::{Deserialize, Serialize};

/// Sentry's data categories, as rate limits and outcomes name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    Default,
    Error,
    Security,
    Transaction,
    Attachment,
    Session,
    Profile,
    ProfileChunk,
    Replay,
    Monitor,
    Span,
    LogItem,
    Feedback,
    TraceMetric,
    UserReport,
    ClientReport,
    /// Anything that no name is known for.
    Other,
}

impl Category {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Error => "error",
            Self::Security => "security",
            Self::Transaction => "transaction",
            Self::Attachment => "attachment",
            Self::Session => "session",
            Self::Profile => "profile",
            Self::ProfileChunk => "profile_chunk",
            Self::Replay => "replay",
            Self::Monitor => "monitor",
            Self::Span => "span",
            Self::LogItem => "log_item",
            Self::Feedback => "feedback",
            Self::TraceMetric => "trace_metric",
            Self::UserReport => "user_report",
            Self::ClientReport => "client_report",
            Self::Other => "other",
        }
    }
}

/// What became of an item. `Received = Stored + Sampled + NotStored + Duplicate + Limited + Rejected`, per project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Stored,
    /// Counted, but its details were let go in a flood.
    Sampled,
    /// Accepted, of a type that this version does not keep.
    NotStored,
    /// The same event id was there already.
    Duplicate,
    /// Over a rate limit.
    Limited,
    /// Malformed or too large.
    Rejected,
    /// Lost before it reached us, as SDKs themselves report it.
    ClientDiscarded,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Sampled => "sampled",
            Self::NotStored => "not_stored",
            Self::Duplicate => "duplicate",
            Self::Limited => "limited",
            Self::Rejected => "rejected",
            Self::ClientDiscarded => "client_discarded",
        }
    }
}
