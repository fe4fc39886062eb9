//! OpenTelemetry's spans and log records. What is said of a resource holds for all its spans; it is kept with segments only.

use crate::digest::spans::attributes::{Attributes, from_json};
use crate::digest::spans::draft::{Defaults, Draft, Said, finish, word};
use crate::digest::spans::logs::{self, LogDraft};
use crate::digest::spans::{Around, Read, container, sampling, times};
use crate::model::ids::{SpanId, TraceId};
use crate::model::span::{LogLevel, SpanKind, SpanStatus};
use crate::wire::envelope::Item;
use crate::wire::otlp::{self, Encoding, KeyValue, LogRecord, Part, Signal, Span};

/// What an event of a span is called that holds an exception.
const EXCEPTION: &str = "exception";

pub fn read(item: &Item, signal: Signal, encoding: Encoding, around: &Around<'_>) -> Read {
    let mut read = Read::default();
    let plain = around.defaults(item);
    let mut defaults = around.defaults(item);
    let mut resource = Attributes::default();
    let mut scope = String::new();
    let walked = otlp::each(&item.payload, signal, encoding, &mut |part| match part {
        Part::Resource(found) => {
            resource = found.map(|found| attributes(found.attributes)).unwrap_or_default();
            describe(&mut defaults, &plain, &resource);
        }
        Part::Scope(found) => scope = found.map(|found| found.name).unwrap_or_default(),
        Part::Span(_) | Part::Log(_) if read.is_full() => {
            read.drop(
                if signal == Signal::Traces { "digest_too_many_spans" } else { "digest_too_many_logs" },
                1,
            );
        }
        Part::Span(span) => match span.and_then(|span| draft(*span, &resource, &scope)) {
            Some(draft) => read.spans.push(finish(draft, &defaults)),
            None => read.drop("digest_invalid_span", 1),
        },
        Part::Log(log) => match log {
            Some(log) => read.logs.push(logs::finish(log_draft(*log), &defaults)),
            None => read.drop("digest_invalid_log", 1),
        },
    });
    if walked.is_err() {
        let known = read.spans.len() + read.logs.len();
        let declared = item.headers.item_count.unwrap_or(1);
        read.drop("digest_invalid_otlp", declared.saturating_sub(known as u64));
    }
    container::name_transactions(&mut read.spans);
    read
}

/// One record alone, as old SDKs of Sentry's sent them.
pub fn read_log(item: &Item, around: &Around<'_>) -> Read {
    let mut read = Read::default();
    match otlp::log_record(&item.payload) {
        Some(log) => read.logs.push(logs::finish(log_draft(log), &around.defaults(item))),
        None => read.drop("digest_invalid_log", 1),
    }
    read
}

fn describe(defaults: &mut Defaults<'_>, plain: &Defaults<'_>, resource: &Attributes) {
    let text = |keys: &[&str], default: &str| word(resource.first_text(keys).unwrap_or(default));
    defaults.service = text(&["service.name"], &plain.service);
    // What an SDK calls a service that nobody named.
    if defaults.service.starts_with("unknown_service") {
        defaults.service.clear();
    }
    defaults.environment = text(
        &["deployment.environment.name", "deployment.environment", "sentry.environment"],
        &plain.environment,
    );
    defaults.release = text(&["sentry.release", "service.version"], &plain.release);
}

fn draft(span: Span, resource: &Attributes, scope: &str) -> Option<Draft> {
    let parent = span_id(&span.parent_span_id);
    let kind = match span.kind {
        2 => SpanKind::Server,
        3 => SpanKind::Client,
        4 => SpanKind::Producer,
        5 => SpanKind::Consumer,
        _ => SpanKind::Internal,
    };
    let is_segment = parent.is_none() || matches!(kind, SpanKind::Server | SpanKind::Consumer);
    let status = span.status.unwrap_or_default();
    let code = match status.code {
        1 => SpanStatus::Ok,
        2 => SpanStatus::Error,
        _ => SpanStatus::Unset,
    };
    let mut all = attributes(span.attributes);
    // The last is the one that the span ended with.
    if let Some(exception) = span.events.into_iter().rev().find(|event| event.name == EXCEPTION) {
        all.append(attributes(exception.attributes));
    }
    if !status.message.is_empty() {
        all.push_text("otel.status_description", &status.message);
    }
    if is_segment {
        all.append(resource.clone());
    }
    let start_us = times::from_nanoseconds(span.start_time_unix_nano)?;
    let name_is_chosen = all.text("http.route").is_some();
    Some(Draft {
        trace: trace_id(&span.trace_id)?,
        id: span_id(&span.span_id)?,
        parent,
        is_segment: Some(is_segment),
        op: String::new(),
        name: span.name,
        said: Said::Code(code, status.message),
        kind: Some(kind),
        start_us,
        end_us: times::from_nanoseconds(span.end_time_unix_nano).unwrap_or(start_us),
        origin: scope.to_owned(),
        name_is_chosen,
        weight: sampling::of_trace_state(&span.trace_state),
        attributes: all,
        links: links(span.links),
    })
}

fn links(links: Vec<otlp::Link>) -> Vec<(TraceId, SpanId, Attributes)> {
    let read = |link: otlp::Link| {
        Some((trace_id(&link.trace_id)?, span_id(&link.span_id)?, attributes(link.attributes)))
    };
    links.into_iter().filter_map(read).collect()
}

fn log_draft(log: LogRecord) -> LogDraft {
    let level = match log.severity_number {
        1..=4 => Some(LogLevel::Trace),
        5..=8 => Some(LogLevel::Debug),
        9..=12 => Some(LogLevel::Info),
        13..=16 => Some(LogLevel::Warn),
        17..=20 => Some(LogLevel::Error),
        21..=24 => Some(LogLevel::Fatal),
        _ => logs::level(&log.severity_text),
    };
    let body = match log.body.map(otlp::AnyValue::into_json) {
        None | Some(serde_json::Value::Null) => String::new(),
        Some(serde_json::Value::String(text)) => text,
        Some(other) => other.to_string(),
    };
    let at = times::from_nanoseconds(log.time_unix_nano);
    LogDraft {
        trace: trace_id(&log.trace_id),
        span: span_id(&log.span_id),
        at_us: at.or_else(|| times::from_nanoseconds(log.observed_time_unix_nano)),
        level,
        body,
        attributes: attributes(log.attributes),
    }
}

fn attributes(pairs: Vec<KeyValue>) -> Attributes {
    let mut attributes = Attributes::default();
    for pair in pairs {
        if let Some(value) = pair.value.and_then(|value| from_json(value.into_json())) {
            attributes.push(pair.key, value);
        }
    }
    attributes
}

fn trace_id(bytes: &[u8]) -> Option<TraceId> {
    let id: [u8; 16] = bytes.try_into().ok()?;
    (id != [0; 16]).then_some(TraceId(id))
}

fn span_id(bytes: &[u8]) -> Option<SpanId> {
    let id: [u8; 8] = bytes.try_into().ok()?;
    (id != [0; 8]).then_some(SpanId(id))
}
