//! Walks the text of an event, place by place. Indexing and snippets walk alike, so a hit can always be shown.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

use serde_json::Value;

use crate::model::event::{Breadcrumb, Event, Frame, Request, Stacktrace, User};

/// JSON below this depth is not searched.
const VALUE_DEPTH_MAX: usize = 8;

/// Its ids are keys.
const CONTEXTS_UNSEARCHED: [&str; 1] = ["trace"];

/// Contexts that SDKs fill, whose numbers are noise: memory sizes, boot times, battery levels. In others,
/// which people fill themselves, a number may be an order's.
const CONTEXTS_OF_SDKS: [&str; 18] = [
    "app",
    "browser",
    "cloud_resource",
    "culture",
    "device",
    "flags",
    "gpu",
    "memory_info",
    "nel",
    "os",
    "otel",
    "profile",
    "react_native_context",
    "response",
    "runtime",
    "threadpool_info",
    "unity",
    "unreal",
];

/// Where in an event a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place<'a> {
    Exception,
    Message,
    Transaction,
    Culprit,
    /// Counted from the crash, which is 1; `of` names the exception or thread.
    Frame {
        number: usize,
        of: &'a str,
        in_app: bool,
    },
    /// A template engine's place.
    Template,
    Breadcrumb {
        category: &'a str,
    },
    Tag {
        key: &'a str,
    },
    Request {
        part: &'static str,
    },
    User {
        part: &'static str,
    },
    Release,
    Environment,
    Logger,
    ServerName,
    SecurityReport,
    Context {
        name: &'a str,
    },
    Extra {
        key: &'a str,
    },
}

/// Which of the index's text fields holds a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    Headline,
    /// The team's own code.
    Frame,
    /// All other frames.
    Library,
    Breadcrumb,
    Detail,
}

impl Place<'_> {
    pub fn group(self) -> Group {
        match self {
            Self::Exception | Self::Message | Self::Transaction | Self::Culprit => Group::Headline,
            Self::Frame { in_app: true, .. } | Self::Template => Group::Frame,
            Self::Frame { .. } => Group::Library,
            Self::Breadcrumb { .. } => Group::Breadcrumb,
            _ => Group::Detail,
        }
    }

    /// The place in a person's words.
    pub fn label(self) -> String {
        match self {
            Self::Exception => "exception".to_owned(),
            Self::Message => "message".to_owned(),
            Self::Transaction => "transaction".to_owned(),
            Self::Culprit => "culprit".to_owned(),
            Self::Frame { number, of: "", .. } => format!("frame {number}"),
            Self::Frame { number, of, .. } => format!("frame {number} of `{of}`"),
            Self::Template => "template".to_owned(),
            Self::Breadcrumb { category: "" } => "breadcrumb".to_owned(),
            Self::Breadcrumb { category } => format!("breadcrumb {category}"),
            Self::Tag { key } => format!("tag {key}"),
            Self::Request { part } => format!("request {part}"),
            Self::User { part } => format!("user {part}"),
            Self::Release => "release".to_owned(),
            Self::Environment => "environment".to_owned(),
            Self::Logger => "logger".to_owned(),
            Self::ServerName => "server name".to_owned(),
            Self::SecurityReport => "security report".to_owned(),
            Self::Context { name } => format!("context {name}"),
            Self::Extra { key } => format!("extra {key}"),
        }
    }
}

/// Shows one text; `Break` ends the walk.
pub(super) type Visitor<'v, 'a> = dyn FnMut(Place<'a>, Cow<'a, str>) -> ControlFlow<()> + 'v;

/// Shows every searchable text of an event, the most telling places first.
pub(super) fn walk<'a>(event: &'a Event, visit: &mut Visitor<'_, 'a>) -> ControlFlow<()> {
    // An SDK's exceptions come root cause first; what was thrown last is what people look for.
    for exception in event.exceptions.iter().rev() {
        // One text, as titles show it: a pasted title is found as a phrase.
        match (exception.kind.as_deref(), exception.value.as_deref()) {
            (Some(kind), Some(value)) => visit(Place::Exception, Cow::Owned(format!("{kind}: {value}")))?,
            (kind, value) => show(Place::Exception, kind.or(value), visit)?,
        }
        show(Place::Exception, exception.module.as_deref(), visit)?;
    }
    if let Some(entry) = &event.logentry {
        show(Place::Message, entry.formatted.as_deref().or(entry.message.as_deref()), visit)?;
    }
    show(Place::Transaction, event.transaction.as_deref(), visit)?;
    show(Place::Culprit, event.culprit.as_deref(), visit)?;
    stacktraces(event, visit)?;
    if let Some(template) = &event.template {
        show(Place::Template, template.abs_path.as_deref().or(template.filename.as_deref()), visit)?;
        show(Place::Template, template.context_line.as_deref().map(str::trim), visit)?;
    }
    // What happened just before is asked for first, and stays where there is no room for all.
    for crumb in event.breadcrumbs.iter().rev() {
        breadcrumb(crumb, visit)?;
    }
    for (key, value) in &event.tags {
        show(Place::Tag { key }, Some(value), visit)?;
    }
    if let Some(sent) = &event.request {
        request(sent, visit)?;
    }
    if let Some(person) = &event.user {
        user(person, visit)?;
    }
    show(Place::Release, event.release.as_deref(), visit)?;
    show(Place::Environment, event.environment.as_deref(), visit)?;
    show(Place::Logger, event.logger.as_deref(), visit)?;
    show(Place::ServerName, event.server_name.as_deref(), visit)?;
    for value in event.security.iter().flat_map(BTreeMap::values) {
        leaves(Place::SecurityReport, value, true, VALUE_DEPTH_MAX, visit)?;
    }
    for (name, value) in
        event.contexts.iter().filter(|(name, _)| !CONTEXTS_UNSEARCHED.contains(&name.as_str()))
    {
        let kind = value.get("type").and_then(Value::as_str).unwrap_or(name);
        let numbers = ![name.as_str(), kind].iter().any(|name| CONTEXTS_OF_SDKS.contains(name));
        leaves(Place::Context { name }, value, numbers, VALUE_DEPTH_MAX, visit)?;
    }
    for (key, value) in &event.extra {
        leaves(Place::Extra { key }, value, true, VALUE_DEPTH_MAX, visit)?;
    }
    ControlFlow::Continue(())
}

fn stacktraces<'a>(event: &'a Event, visit: &mut Visitor<'_, 'a>) -> ControlFlow<()> {
    for exception in event.exceptions.iter().rev() {
        if let Some(trace) = &exception.stacktrace {
            frames(trace, exception.kind.as_deref().unwrap_or_default(), visit)?;
        }
    }
    if let Some(trace) = &event.stacktrace {
        frames(trace, "", visit)?;
    }
    for thread in &event.threads {
        if let Some(trace) = &thread.stacktrace {
            frames(trace, thread.name.as_deref().unwrap_or("thread"), visit)?;
        }
    }
    ControlFlow::Continue(())
}

fn frames<'a>(trace: &'a Stacktrace, of: &'a str, visit: &mut Visitor<'_, 'a>) -> ControlFlow<()> {
    let placed = || {
        let numbered = trace.frames.iter().rev().enumerate();
        numbered.map(|(index, frame)| {
            (Place::Frame { number: index + 1, of, in_app: frame.in_app == Some(true) }, frame)
        })
    };
    for (place, frame) in placed() {
        show(place, frame.function.as_deref(), visit)?;
        show(place, frame.module.as_deref(), visit)?;
        for file in files(frame).into_iter().flatten() {
            show(place, Some(file), visit)?;
        }
    }
    // Last, since they are long: a deep stack's outer frames must still be found by their names.
    for (place, frame) in placed() {
        show(place, frame.context_line.as_deref().map(str::trim), visit)?;
    }
    ControlFlow::Continue(())
}

/// A frame's file: one name where the path ends with it, as it mostly does.
pub(super) fn files(frame: &Frame) -> [Option<&str>; 2] {
    match (frame.filename.as_deref(), frame.abs_path.as_deref()) {
        (Some(name), Some(path)) if path.ends_with(name) => [Some(path), None],
        both => [both.0, both.1],
    }
}

fn breadcrumb<'a>(crumb: &'a Breadcrumb, visit: &mut Visitor<'_, 'a>) -> ControlFlow<()> {
    let category = crumb.category.as_deref().or(crumb.kind.as_deref()).unwrap_or_default();
    let place = Place::Breadcrumb { category };
    show(place, crumb.message.as_deref(), visit)?;
    show(place, crumb.category.as_deref(), visit)?;
    for value in crumb.data.values() {
        leaves(place, value, true, VALUE_DEPTH_MAX, visit)?;
    }
    ControlFlow::Continue(())
}

fn request<'a>(request: &'a Request, visit: &mut Visitor<'_, 'a>) -> ControlFlow<()> {
    show(Place::Request { part: "method" }, request.method.as_deref(), visit)?;
    show(Place::Request { part: "URL" }, request.url.as_deref(), visit)?;
    for (_, value) in &request.query {
        show(Place::Request { part: "query" }, Some(value), visit)?;
    }
    ControlFlow::Continue(())
}

fn user<'a>(user: &'a User, visit: &mut Visitor<'_, 'a>) -> ControlFlow<()> {
    for (part, value) in [
        ("id", &user.id),
        ("email", &user.email),
        ("username", &user.username),
        ("name", &user.name),
        ("IP address", &user.ip_address),
    ] {
        show(Place::User { part }, value.as_deref(), visit)?;
    }
    ControlFlow::Continue(())
}

fn leaves<'a>(
    place: Place<'a>,
    value: &'a Value,
    numbers: bool,
    depth_left: usize,
    visit: &mut Visitor<'_, 'a>,
) -> ControlFlow<()> {
    match value {
        Value::String(text) => show(place, Some(text), visit),
        Value::Number(number) if numbers => visit(place, Cow::Owned(number.to_string())),
        Value::Array(items) if depth_left > 0 => {
            items.iter().try_for_each(|item| leaves(place, item, numbers, depth_left - 1, visit))
        }
        Value::Object(members) if depth_left > 0 => {
            members.values().try_for_each(|member| leaves(place, member, numbers, depth_left - 1, visit))
        }
        _ => ControlFlow::Continue(()),
    }
}

fn show<'a>(place: Place<'a>, text: Option<&'a str>, visit: &mut Visitor<'_, 'a>) -> ControlFlow<()> {
    match text {
        Some(text) if !text.is_empty() => visit(place, Cow::Borrowed(text)),
        _ => ControlFlow::Continue(()),
    }
}
