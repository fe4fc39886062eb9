//! The form of `data/demo/stories/*.toml`: one kind of error each, and when it happens.

use serde::Deserialize;
use toml::{Table, Value};

use crate::demo::service::Service;
use crate::model::issue::Status;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stories {
    pub story: Vec<Story>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Story {
    pub name: String,
    pub service: Service,
    /// Absent where another story causes it.
    pub shape: Option<Shape>,
    /// How much of all errors, beside the other stories.
    #[serde(default)]
    pub share: u64,
    /// Stories of other services that this one brings about, in the same trace.
    #[serde(default)]
    pub causes: Vec<String>,
    /// After what causes it.
    #[serde(default)]
    pub delay_ms: u64,
    /// Services that the request passed on its way.
    #[serde(default)]
    pub through: Vec<Service>,
    #[serde(default)]
    pub who: Who,
    #[serde(default)]
    pub environment: Option<String>,

    #[serde(default)]
    pub level: Option<String>,
    #[serde(default)]
    pub logger: Option<String>,
    pub transaction: Option<String>,
    /// Instead of exceptions: a message, or one with parameters.
    pub message: Option<String>,
    #[serde(default)]
    pub params: Vec<String>,
    /// Sentry's order: the cause first, what surfaced last.
    #[serde(default)]
    pub exception: Vec<Exception>,
    /// A browser's report about the content security policy.
    pub csp: Option<Table>,
    #[serde(default)]
    pub handled: bool,
    /// What caught it, as the SDK says.
    pub mechanism: Option<String>,
    #[serde(default)]
    pub fingerprint: Vec<String>,
    pub request: Option<Request>,
    #[serde(default)]
    pub tags: Table,
    #[serde(default)]
    pub extra: Table,
    #[serde(default)]
    pub contexts: Table,
    #[serde(default)]
    pub trails: Vec<String>,
    #[serde(default)]
    pub crumb: Vec<Crumb>,
    /// One for each of the first incidents.
    #[serde(default)]
    pub feedback: Vec<String>,
    pub attachment: Option<Attachment>,
    pub decided: Option<Decided>,
}

/// When it happens. Hours count back from now, in a story of two weeks.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Shape {
    /// As much as there is traffic.
    Steady,
    /// Begins at once and ebbs away.
    Burst { hours_ago: u32, half_life: u32 },
    /// With the traffic, within a span.
    Span { from: u32, until: u32 },
    /// Within a span, stops, and comes back.
    Comeback { from: u32, until: u32, again: u32 },
    /// Every night within some minutes after this hour (UTC).
    Nightly { hour: i8, minutes: u64 },
    /// Doubles every so many hours until now.
    Growing { doubling: u32 },
    /// At any time, traffic or none.
    Rare,
}

/// To whom it happens. Nobody in particular by default.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Who {
    pub nobody: bool,
    pub tenant: Option<String>,
    /// A part of the device's name.
    pub device: Option<String>,
    /// A part of the person's name.
    pub name: Option<String>,
    /// At most so many of those.
    pub people: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    #[serde(rename = "type")]
    pub ty: String,
    pub value: String,
    pub module: Option<String>,
    /// Outermost first. See `frames`.
    pub frames: Vec<Frame>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub enum Frame {
    Place(String),
    WithLocals { at: String, vars: Table },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    pub method: String,
    pub url: String,
    #[serde(default)]
    pub query: String,
    pub data: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crumb {
    /// Seconds before the error.
    pub ago: f64,
    pub category: String,
    #[serde(rename = "type")]
    pub ty: Option<String>,
    pub level: Option<String>,
    pub message: Option<String>,
    #[serde(default)]
    pub data: Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    pub filename: String,
    pub content_type: String,
    pub body: String,
    /// With the first events only.
    pub events: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decided {
    pub verdict: Verdict,
    pub hours_ago: u32,
    /// The version that fixes it, or `next`.
    #[serde(rename = "in")]
    pub fixed_in: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Resolved,
    Ignored,
}

impl Verdict {
    pub fn status(self) -> Status {
        match self {
            Self::Resolved => Status::Resolved,
            Self::Ignored => Status::Ignored,
        }
    }
}
