//! What a model may look up while it answers a question: an event, a span, what a search finds, a release. Reads only, only
//! of what the asker sees, without secrets, and cut to what fits.

use std::fmt::Write;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::explain::redact::{Person, Redactor};
use crate::findings::Sources;
use crate::lookup::{Asker, EventQuestion, find_events};
use crate::model::event::Event;
use crate::model::explanation::ToolCall;
use crate::model::ids::{EventId, ProjectId, SpanId, TraceId};
use crate::model::issue::Issue;
use crate::outbound::llm::Tool;
use crate::search::EventOrder;
use crate::search::query::parse;

/// Of a result: about a thousand tokens.
const RESULT_BYTES_MAX: usize = 4_000;
const ARGUMENTS_BYTES_MAX: usize = 2_000;
const FRAMES_MAX: usize = 12;
const CRUMBS_MAX: usize = 20;
const TAGS_MAX: usize = 30;
const ATTRIBUTES_MAX: usize = 40;
const HITS_MAX: usize = 10;
const COMMITS_MAX: usize = 15;
const DEPLOYS_MAX: usize = 5;

/// As the model is told of them.
pub fn tools() -> Vec<Tool> {
    let of = |name, description, properties: Value, required: &[&str]| Tool {
        name,
        description,
        parameters: json!({
            "type": "object", "properties": properties, "required": required, "additionalProperties": false,
        }),
    };
    let text = |description: &str| json!({ "type": "string", "description": description });
    vec![
        of(
            "get_event",
            "One event in short: exceptions, frames, breadcrumbs, tags.",
            json!({ "event_id": text("32 hex digits") }),
            &["event_id"],
        ),
        of(
            "get_span",
            "One span of a trace with its attributes.",
            json!({ "trace_id": text("32 hex digits"), "span_id": text("16 hex digits") }),
            &["trace_id", "span_id"],
        ),
        of(
            "search",
            "The newest events that a query finds, of all projects. Words, and keys as in Sentry: `user.email:a@b.c release:2.1 level:error`.",
            json!({ "query": text("the query") }),
            &["query"],
        ),
        of(
            "get_release",
            "A release: when, its commits and deploys.",
            json!({ "version": text("its version") }),
            &["version"],
        ),
    ]
}

/// What a look-up works with.
pub struct Desk<'a> {
    pub sources: Sources<'a>,
    pub issue: &'a Issue,
    /// The projects that there are for the asker; `None`: all.
    pub visible: Option<&'a [ProjectId]>,
    pub now: Timestamp,
}

impl Desk<'_> {
    /// A tool that is unknown, or arguments that make no sense, are told to the model: it may try again.
    pub fn call(&self, tool: &str, arguments: &str, redactor: &mut Redactor) -> ToolCall {
        let parsed: Value = serde_json::from_str(arguments).unwrap_or_default();
        let text = |key: &str| parsed.get(key).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
        let found = match tool {
            "get_event" => self.event(&text("event_id"), redactor),
            "get_span" => self.span(&text("trace_id"), &text("span_id")),
            "search" => self.search(&text("query"), redactor),
            "get_release" => self.release(&text("version")),
            _ => Err("There is no such tool".to_owned()),
        };
        let failed = found.is_err();
        let result = redactor.redact(&found.unwrap_or_else(|reason| reason));
        ToolCall {
            tool: cut(tool, 100),
            arguments: cut(arguments, ARGUMENTS_BYTES_MAX),
            result: cut(&result, RESULT_BYTES_MAX),
            failed,
        }
    }

    fn event(&self, id: &str, redactor: &mut Redactor) -> Result<String, String> {
        let id: EventId = id.parse().map_err(|_| "An event's id has 32 hex digits".to_owned())?;
        let none = || "There is no such event".to_owned();
        let store = self.sources.store;
        // The asker's own project first: ids may be given twice.
        let place = store.find_event(self.issue.project, id).map_err(broken)?;
        let place = match place {
            Some(place) => Some(place),
            None => store.find_event_anywhere(id).map_err(broken)?,
        };
        let place = place.filter(|place| (self.sources.sees)(place.project)).ok_or_else(none)?;
        let stored = self.sources.reader.read(&place).map_err(broken)?.ok_or_else(none)?;
        know(redactor, &stored.event);
        Ok(told(&stored.event))
    }

    fn span(&self, trace: &str, span: &str) -> Result<String, String> {
        let trace: TraceId = trace.parse().map_err(|_| "A trace's id has 32 hex digits".to_owned())?;
        let span: SpanId = span.parse().map_err(|_| "A span's id has 16 hex digits".to_owned())?;
        let found = self.sources.store.span(trace, span).map_err(broken)?;
        let found = found.filter(|found| (self.sources.sees)(found.project));
        let span = found.ok_or_else(|| "There is no such span".to_owned())?.span;
        let mut text = format!(
            "{} {}\nstatus: {} {}\nduration: {} ms\n",
            span.op,
            span.description,
            span.status.as_str(),
            span.status_word,
            span.duration_us / 1_000
        );
        for (key, value) in
            [("service", &span.service), ("release", &span.release), ("transaction", &span.transaction)]
        {
            if !value.is_empty() {
                line(&mut text, key, value);
            }
        }
        for (key, value) in span.attributes.iter().take(ATTRIBUTES_MAX) {
            line(&mut text, key, &format!("{value:?}"));
        }
        Ok(text)
    }

    fn search(&self, query: &str, redactor: &mut Redactor) -> Result<String, String> {
        let query = parse(query, self.now).map_err(|error| format!("Invalid query: {error}"))?;
        let asker =
            Asker { account: None, sees_people: false, visible: self.visible, projects: self.visible };
        let question =
            EventQuestion { query, asker, environments: &[], issue: None, since: None, until: None };
        let store = self.sources.store;
        let found = find_events(store, self.sources.search, &question, EventOrder::Newest, None, HITS_MAX)
            .map_err(|error| error.to_string())?;
        let at_least = if found.exact { "" } else { "at least " };
        let mut text = format!("{at_least}{} events; the newest:\n", found.total);
        for hit in found.hits {
            let Some(place) = store.find_event_by_seq(hit.week.0, hit.seq).map_err(broken)? else { continue };
            if !(self.sources.sees)(place.project) {
                continue;
            }
            let Some(stored) = self.sources.reader.read(&place).map_err(broken)? else { continue };
            let event = &stored.event;
            know(redactor, event);
            let _ = writeln!(
                text,
                "{} {} {} {}: {}",
                event.event_id,
                event.timestamp.strftime("%Y-%m-%dT%H:%M:%SZ"),
                event.environment.as_deref().unwrap_or("-"),
                event.release.as_deref().unwrap_or("-"),
                title(event),
            );
        }
        Ok(text)
    }

    fn release(&self, version: &str) -> Result<String, String> {
        let none = || "There is no such release".to_owned();
        let store = self.sources.store;
        let release = store.find_release(version).map_err(broken)?.ok_or_else(none)?;
        let projects = store.release_projects(release.id).map_err(broken)?;
        if !projects.iter().any(|(project, _)| (self.sources.sees)(*project)) {
            return Err(none());
        }
        let mut text = format!("{}\nfirst heard of: {}\n", release.version, release.created);
        for deploy in store.deploys(release.id, None, DEPLOYS_MAX).map_err(broken)? {
            line(&mut text, "deployed", &format!("to {} at {}", deploy.environment, deploy.finished));
        }
        for (_, commit) in store.release_commits(release.id, 0, COMMITS_MAX).map_err(broken)? {
            let message = commit.message.as_deref().unwrap_or_default();
            line(
                &mut text,
                &format!("commit {}", commit.short_id()),
                message.lines().next().unwrap_or_default(),
            );
            for file in commit.files.iter().take(FRAMES_MAX) {
                let _ = writeln!(text, "  {}", file.path);
            }
        }
        Ok(text)
    }
}

/// Whose event it is, and that its own ids are no secrets: a model may ask for them.
fn know(redactor: &mut Redactor, event: &Event) {
    if let Some(user) = &event.user {
        redactor.know(&Person::of(user));
    }
    redactor.allow_ids_of(event);
}

fn broken(error: impl std::fmt::Display) -> String {
    tracing::warn!(%error, "a look-up for a model failed");
    "It could not be read".to_owned()
}

fn line(text: &mut String, key: &str, value: &str) {
    let _ = writeln!(text, "{key}: {value}");
}

fn title(event: &Event) -> String {
    let last = event.exceptions.last();
    let kind = last.and_then(|last| last.kind.as_deref()).unwrap_or_default();
    let value = last.and_then(|last| last.value.as_deref());
    let message = event.logentry.as_ref().and_then(|entry| entry.formatted.as_deref());
    let said = value.or(message).unwrap_or_default().lines().next().unwrap_or_default();
    if kind.is_empty() { said.to_owned() } else { format!("{kind}: {said}") }
}

/// An event in short.
fn told(event: &Event) -> String {
    let mut text = format!("{}\nat: {}\n", title(event), event.timestamp);
    for (key, value) in [
        ("release", &event.release),
        ("environment", &event.environment),
        ("transaction", &event.transaction),
    ] {
        if let Some(value) = value {
            line(&mut text, key, value);
        }
    }
    for exception in &event.exceptions {
        let said = exception.value.as_deref().unwrap_or_default();
        line(&mut text, exception.kind.as_deref().unwrap_or("exception"), said);
        let frames = exception.stacktrace.iter().flat_map(|trace| trace.frames.iter().rev());
        for frame in frames.filter(|frame| frame.in_app != Some(false)).take(FRAMES_MAX) {
            let _ = writeln!(
                text,
                "  {} {}:{} {}",
                frame.function.as_deref().unwrap_or("?"),
                frame.filename.as_deref().unwrap_or("?"),
                frame.lineno.unwrap_or(0),
                frame.context_line.as_deref().unwrap_or_default().trim(),
            );
        }
    }
    for crumb in event.breadcrumbs.iter().rev().take(CRUMBS_MAX).rev() {
        let data = if crumb.data.is_empty() {
            String::new()
        } else {
            serde_json::to_string(&crumb.data).unwrap_or_default()
        };
        let category = crumb.category.as_deref().or(crumb.kind.as_deref()).unwrap_or("crumb");
        line(&mut text, category, &format!("{} {data}", crumb.message.as_deref().unwrap_or_default()));
    }
    for (key, value) in event.tags.iter().take(TAGS_MAX) {
        line(&mut text, key, value);
    }
    text
}

fn cut(text: &str, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    format!("{}…", &text[..text.floor_char_boundary(bytes_max)])
}
