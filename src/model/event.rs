//! An event after normalization: one shape whatever SDK, whatever generation, sent it.
//!
//! `digest::normalize` makes it from the JSON that arrived; the store keeps it as JSON beside the original;
//! grouping, search, the API and everything later read only this. Fields follow Sentry's event payload and
//! keep its order: exceptions oldest (root cause) first, frames outermost first with the crash last.
//! A field that was absent, empty or unusable is `None` or empty; what was unusable stands in `notes`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::ids::EventId;
use crate::model::outcome::Category;

pub use crate::model::event::stack::{Exception, Frame, Mechanism, Stacktrace, Template, Thread};

pub mod calls;
pub mod stack;
pub mod tags;

/// Free-form JSON objects: contexts, extra data, headers of a security report.
pub type Object = BTreeMap<String, Value>;

/// What an event is about. Inferred: exceptions make an error, a security report its own kind, else default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum EventKind {
    Error,
    Csp,
    Hpkp,
    ExpectCt,
    ExpectStaple,
    Nel,
    Feedback,
    #[default]
    Default,
}

impl EventKind {
    /// The `type` that Sentry's API shows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Csp => "csp",
            Self::Hpkp => "hpkp",
            Self::ExpectCt => "expectct",
            Self::ExpectStaple => "expectstaple",
            Self::Nel => "nel",
            Self::Feedback => "feedback",
            Self::Default => "default",
        }
    }

    /// The data category it counts in.
    pub fn category(self) -> Category {
        match self {
            Self::Feedback => Category::Feedback,
            Self::Csp | Self::Hpkp | Self::ExpectCt | Self::ExpectStaple | Self::Nel => Category::Security,
            Self::Default | Self::Error => Category::Error,
        }
    }
}

/// How bad the sender says it is, least first.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    Default,
    utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Debug,
    Info,
    Warning,
    #[default]
    Error,
    Fatal,
}

impl Level {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    pub event_id: EventId,
    #[serde(rename = "type", default)]
    pub kind: EventKind,
    #[serde(default)]
    pub level: Level,
    /// One of Sentry's known platforms, else `other`.
    pub platform: String,
    /// When it happened, by the sender's clock after correction.
    pub timestamp: Timestamp,
    /// When the server accepted it.
    pub received: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logger: Option<String>,
    /// Name of the route, task or page during which it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction: Option<String>,
    /// Where `transaction` comes from: `url`, `route`, `component`, … (`transaction_info.source`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_source: Option<String>,
    /// The sender's own culprit, sent by old SDKs only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub culprit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dist: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logentry: Option<LogEntry>,
    /// Root cause first, outermost last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<Exception>,
    /// A stack trace that belongs to no exception and no thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stacktrace: Option<Stacktrace>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub threads: Vec<Thread>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<Template>,
    /// The body of a browser's security report (CSP and its kin), keys as browsers send them with `_`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security: Option<Object>,
    /// Oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breadcrumbs: Vec<Breadcrumb>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Request>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    /// Unique keys in the order sent; `server_name`, `site` and the like are among them already.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Object::is_empty")]
    pub contexts: Object,
    #[serde(default, skip_serializing_if = "Object::is_empty")]
    pub extra: Object,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub modules: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdk: Option<Sdk>,
    /// As sent. Empty means `{{ default }}`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fingerprint: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
    /// What grouping said of the event's name: the title that a fingerprint rule gave …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule_title: Option<String>,
    /// … and which exception names it, where that is not the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub main_exception: Option<usize>,
    /// `debug_meta.images`, as sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub debug_images: Vec<Object>,
    /// What was dropped, cut or corrected while normalizing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

impl Event {
    /// The first value of a tag.
    pub fn tag(&self, key: &str) -> Option<&str> {
        self.tags.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str())
    }

    /// A string inside a context: `context("trace", "trace_id")`.
    pub fn context(&self, name: &str, key: &str) -> Option<&str> {
        self.contexts.get(name)?.get(key)?.as_str()
    }

    /// Every stack trace of the event: exceptions first, then its own, then threads.
    pub fn stacktraces(&self) -> impl Iterator<Item = &Stacktrace> {
        let exceptions = self.exceptions.iter().filter_map(|e| e.stacktrace.as_ref());
        let threads = self.threads.iter().filter_map(|t| t.stacktrace.as_ref());
        exceptions.chain(self.stacktrace.as_ref()).chain(threads)
    }

    /// The same, to change frames in place (in-app marks, source maps).
    pub fn stacktraces_mut(&mut self) -> impl Iterator<Item = &mut Stacktrace> {
        let exceptions = self.exceptions.iter_mut().filter_map(|e| e.stacktrace.as_mut());
        let threads = self.threads.iter_mut().filter_map(|t| t.stacktrace.as_mut());
        exceptions.chain(self.stacktrace.as_mut()).chain(threads)
    }
}

/// A log message: the template and what it became.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LogEntry {
    /// The template with its placeholders, when it differs from `formatted`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formatted: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub params: Option<Value>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Breadcrumb {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Timestamp>,
    /// `default`, `http`, `navigation`, `ui`, `query`, …
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    #[serde(default, skip_serializing_if = "Object::is_empty")]
    pub data: Object,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Request {
    /// Without query and fragment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Upper case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub query: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fragment: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cookies: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inferred_content_type: Option<String>,
    #[serde(default, skip_serializing_if = "Object::is_empty")]
    pub env: Object,
}

impl Request {
    /// A header by name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct User {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub geo: Option<Value>,
    #[serde(default, skip_serializing_if = "Object::is_empty")]
    pub data: Object,
}

impl User {
    /// What tells this person from others, as Sentry's `user` tag has it: `id:7`, `email:…`, `username:…`, `ip:…`.
    pub fn tag_value(&self) -> Option<String> {
        let known = [
            ("id", &self.id),
            ("email", &self.email),
            ("username", &self.username),
            ("ip", &self.ip_address),
        ];
        known.into_iter().find_map(|(key, value)| value.as_ref().map(|value| format!("{key}:{value}")))
    }
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Sdk {
    pub name: String,
    #[serde(default)]
    pub version: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub integrations: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<Value>,
    /// `sdk.settings`, for example `infer_ip`.
    #[serde(default, skip_serializing_if = "Object::is_empty")]
    pub settings: Object,
}

/// Something that normalization dropped, cut or corrected, shown with the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// Sentry's error types where one fits: `invalid_data`, `value_too_long`, `past_timestamp`, `future_timestamp`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// The field, dotted: `exception.values.0.stacktrace`.
    #[serde(rename = "name")]
    pub path: String,
    /// Why, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The value as it was sent, cut to 200 bytes; absent where it was large.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}
