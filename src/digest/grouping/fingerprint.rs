//! Fingerprints: what a sender or a rule wants events to be grouped by, variables filled in.

use std::borrow::Cow;

use crate::digest::grouping::fingerprint_rules::FingerprintRules;
use crate::digest::grouping::message::{canonical_message, is_message_of};
use crate::digest::grouping::parameterize::parameterize;
use crate::model::event::{Event, Frame};

const DEFAULT: &str = "{{ default }}";

/// The fingerprint that applies to an event.
#[derive(Debug)]
pub(super) struct Fingerprint {
    /// Resolved; `{{ default }}` stands for what the event would be grouped by otherwise.
    pub values: Vec<String>,
    pub title: Option<String>,
    pub is_built_in: bool,
    pub hint: Option<String>,
}

impl Fingerprint {
    /// A server's rule comes before what the client sent.
    pub(super) fn of(event: &Event, rules: &FingerprintRules) -> Self {
        if let Some(rule) = rules.find(event) {
            let title = rule.title.as_deref().map(|title| expand(title, event));
            let hint = Some(format!("by the fingerprint rule `{}`", rule.text));
            return Self {
                values: resolve(&rule.fingerprint, event),
                title,
                is_built_in: rule.is_built_in,
                hint,
            };
        }
        let hint = Some("by the fingerprint the client sent".to_owned());
        Self { values: resolve(&event.fingerprint, event), title: None, is_built_in: false, hint }
    }

    /// No part of it is the event's own grouping.
    pub(super) fn is_custom(&self) -> bool {
        !self.values.is_empty() && self.values.iter().all(|value| value != DEFAULT)
    }

    /// Puts an event's own values where the fingerprint says `{{ default }}`.
    pub(super) fn splice(&self, own: Vec<String>) -> Vec<String> {
        if self.values.is_empty() || self.values == [DEFAULT] {
            return own;
        }
        let mut values = Vec::with_capacity(own.len() + self.values.len());
        for value in &self.values {
            if value == DEFAULT {
                values.extend_from_slice(&own);
            } else {
                values.push(value.clone());
            }
        }
        values
    }
}

/// The name inside `{{ name }}`; `None` for plain text.
pub(super) fn variable(entry: &str) -> Option<&str> {
    let name = entry.strip_prefix("{{")?.strip_suffix("}}")?.trim();
    (!name.is_empty() && !name.contains(char::is_whitespace)).then_some(name)
}

fn resolve(fingerprint: &[String], event: &Event) -> Vec<String> {
    fingerprint.iter().map(|entry| resolve_entry(entry, event)).collect()
}

fn resolve_entry(entry: &str, event: &Event) -> String {
    match variable(entry) {
        Some("default") => DEFAULT.to_owned(),
        // A message in a fingerprint is as changeable as anywhere else.
        None if is_message_of(event, entry) => parameterize(entry).into_owned(),
        None => entry.to_owned(),
        Some("message") => match canonical_message(event) {
            Some(message) => parameterize(message).into_owned(),
            None => "<no-message>".to_owned(),
        },
        Some(name) => value_of(name, event).into_owned(),
    }
}

/// Fills `{{ name }}` into a title.
fn expand(title: &str, event: &Event) -> String {
    let mut out = String::with_capacity(title.len());
    let mut rest = title;
    while let Some(open) = rest.find("{{") {
        let Some(close) = rest[open..].find("}}").map(|at| open + at + 2) else { break };
        out.push_str(&rest[..open]);
        match variable(&rest[open..close]) {
            Some(name) => out.push_str(&value_of(name, event)),
            None => out.push_str(&rest[open..close]),
        }
        rest = &rest[close..];
    }
    out.push_str(rest);
    out
}

fn value_of<'a>(name: &str, event: &'a Event) -> Cow<'a, str> {
    let or = |value: Option<&'a str>, missing: &'static str| match value {
        Some(value) if !value.is_empty() => Cow::Borrowed(value),
        _ => Cow::Borrowed(missing),
    };
    let last = || event.exceptions.last();
    let frame = || crash_frame(event, |_| true);
    match name {
        "transaction" => or(event.transaction.as_deref(), "<no-transaction>"),
        "message" | "raw_message" => or(canonical_message(event), "<no-message>"),
        "type" | "error.type" => or(last().and_then(|last| last.kind.as_deref()), "<no-type>"),
        "value" | "raw_value" | "error.value" | "error.raw_value" => {
            or(last().and_then(|last| last.value.as_deref()), "<no-value>")
        }
        "function" | "stack.function" => or(frame().and_then(|f| f.function.as_deref()), "<no-function>"),
        "path" | "stack.abs_path" => {
            or(frame().and_then(|f| f.abs_path.as_deref().or(f.filename.as_deref())), "<no-abs-path>")
        }
        "stack.filename" => {
            or(frame().and_then(|f| f.filename.as_deref().or(f.abs_path.as_deref())), "<no-filename>")
        }
        "module" | "stack.module" => or(frame().and_then(|f| f.module.as_deref()), "<no-module>"),
        "package" | "stack.package" => {
            let package = frame().and_then(|f| f.package.as_deref());
            or(package.and_then(|package| package.rsplit(['/', '\\']).next()), "<no-package>")
        }
        "level" => Cow::Borrowed(event.level.as_str()),
        "logger" => or(event.logger.as_deref(), "<no-logger>"),
        other => match other.strip_prefix("tags.") {
            Some(tag) => match event.tag(tag) {
                Some(value) => Cow::Borrowed(value),
                None => Cow::Owned(format!("<no-value-for-tag-{tag}>")),
            },
            None => Cow::Owned(format!("<unrecognized-variable-{other}>")),
        },
    }
}

/// The in-app frame nearest to the crash, else the nearest of all, in the stack that matters.
pub(crate) fn crash_frame(event: &Event, fits: impl Fn(&Frame) -> bool) -> Option<&Frame> {
    let last = event.exceptions.last().and_then(|last| last.stacktrace.as_ref());
    let lone = || match &event.threads[..] {
        [thread] => thread.stacktrace.as_ref(),
        _ => None,
    };
    let with_frames = |stack: &&crate::model::event::Stacktrace| !stack.frames.is_empty();
    let stack = last.filter(with_frames).or(event.stacktrace.as_ref().filter(with_frames)).or_else(lone)?;
    let mut fitting = stack.frames.iter().rev().filter(|frame| fits(frame));
    let first = fitting.next()?;
    if first.in_app == Some(true) {
        return Some(first);
    }
    Some(fitting.find(|frame| frame.in_app == Some(true)).unwrap_or(first))
}
