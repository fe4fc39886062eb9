//! Log records: Sentry's containers, and what both formats have in common.

use serde::Deserialize;

use crate::digest::spans::attributes::{self, Attributes, cut};
use crate::digest::spans::container::Container;
use crate::digest::spans::draft::{Defaults, word};
use crate::digest::spans::{Around, RECORDS_MAX, Read, json, secrets};
use crate::model::ids::{SpanId, TraceId};
use crate::model::span::{LogLevel, LogRecord};
use crate::wire::envelope::Item;

const BODY_BYTES_MAX: usize = 8 << 10;

const BOOKKEEPING: [&str; 7] = [
    "sentry.release",
    "sentry.environment",
    "service.name",
    "deployment.environment",
    "deployment.environment.name",
    "sentry.trace.parent_span_id",
    "sentry.timestamp.sequence",
];

/// A record as one format says it.
pub struct LogDraft {
    pub trace: Option<TraceId>,
    pub span: Option<SpanId>,
    pub at_us: Option<i64>,
    pub level: Option<LogLevel>,
    pub body: String,
    pub attributes: Attributes,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct SentryLog {
    #[serde(deserialize_with = "json::time")]
    timestamp: Option<i64>,
    #[serde(deserialize_with = "json::trace_id")]
    trace_id: Option<TraceId>,
    #[serde(deserialize_with = "json::span_id")]
    span_id: Option<SpanId>,
    #[serde(deserialize_with = "json::text")]
    level: String,
    #[serde(deserialize_with = "json::text")]
    body: String,
    #[serde(deserialize_with = "attributes::typed")]
    attributes: Attributes,
}

pub fn read(item: &Item, around: &Around<'_>) -> Read {
    let defaults = around.defaults(item);
    let found = json::with_document(&item.payload, |text| {
        let container: Container<'_> = serde_json::from_str(text).ok()?;
        let mut read = Read::default();
        read.drop("digest_too_many_logs", container.items.len().saturating_sub(RECORDS_MAX) as u64);
        for slice in container.items.iter().take(RECORDS_MAX) {
            match json::read::<SentryLog>(slice.get()) {
                Some(log) => read.logs.push(finish(log.into_draft(), &defaults)),
                None => read.drop("digest_invalid_log", 1),
            }
        }
        Some(read)
    });
    found.unwrap_or_else(|| {
        let mut none = Read::default();
        none.drop("digest_invalid_container", item.headers.item_count.unwrap_or(1));
        none
    })
}

impl SentryLog {
    fn into_draft(self) -> LogDraft {
        let parent = self.attributes.text("sentry.trace.parent_span_id").and_then(|id| id.parse().ok());
        LogDraft {
            trace: self.trace_id,
            span: self.span_id.or(parent),
            at_us: self.timestamp,
            level: level(&self.level),
            body: self.body,
            attributes: self.attributes,
        }
    }
}

/// `None`: a word that names none.
pub fn level(word: &str) -> Option<LogLevel> {
    Some(match word.trim().to_ascii_lowercase().as_str() {
        "trace" | "verbose" => LogLevel::Trace,
        "debug" => LogLevel::Debug,
        "info" | "log" | "notice" | "information" => LogLevel::Info,
        "warn" | "warning" => LogLevel::Warn,
        "error" | "err" => LogLevel::Error,
        "fatal" | "critical" | "alert" | "emergency" | "panic" => LogLevel::Fatal,
        _ => return None,
    })
}

/// Without secrets, bounded.
pub fn finish(mut draft: LogDraft, defaults: &Defaults<'_>) -> LogRecord {
    draft.attributes.scrub(defaults.scrubber);
    secrets::scrub(&mut draft.body, defaults.scrubber);
    cut(&mut draft.body, BODY_BYTES_MAX);
    let said = |keys: &[&str], default: &str| word(draft.attributes.first_text(keys).unwrap_or(default));
    let clock = defaults.clock;
    let record = LogRecord {
        trace: draft.trace,
        span: draft.span,
        at_us: draft.at_us.map_or(clock.received_us(), |at| clock.correct_moment(at)),
        level: draft.level.unwrap_or_default(),
        body: draft.body,
        service: said(&["service.name"], &defaults.service),
        environment: said(
            &["sentry.environment", "deployment.environment.name", "deployment.environment"],
            &defaults.environment,
        ),
        release: said(&["sentry.release"], &defaults.release),
        attributes: Vec::new(),
    };
    draft.attributes.remove(&BOOKKEEPING);
    LogRecord { attributes: draft.attributes.into_bounded(), ..record }
}
