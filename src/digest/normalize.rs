//! From the JSON that arrived to `model::event::Event`; never refuses an event for a bad field.
//!
//! Reads every generation of Sentry's SDKs. The scrubber has been here before: nothing in this module looks
//! for secrets. What is unusable is dropped and noted, what is too long is cut and noted. The rules are those of Sentry's
//! Relay (`relay-event-schema`, `relay-event-normalization`). Pure: time and addresses come with the [`Context`].

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use md5::{Digest as _, Md5};
use serde_json::Value;

use crate::digest::normalize::fields::{JsonMap, Limit, SYMBOL};
use crate::digest::normalize::notes::{At, Notes};
use crate::model::event::{Event, EventKind, Level, Note, Object};
use crate::model::ids::EventId;

pub use crate::digest::normalize::parse::{ParseError, parse, parse_noting};
pub use crate::digest::normalize::time::DRIFT_MIN;

mod bound;
mod breadcrumbs;
mod contexts;
mod exception;
mod fields;
mod level;
mod logentry;
mod names;
mod notes;
mod parse;
mod request;
mod security;
mod stack;
mod tags;
mod time;
mod user;
mod user_agent;

#[cfg(test)]
mod tests;

/// What is known of an event besides its payload.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    /// When the server accepted it.
    pub received: Timestamp,
    /// From the envelope header: the sender's clock.
    pub sent_at: Option<Timestamp>,
    /// Leave it out for projects that filter IP addresses.
    pub client_ip: Option<IpAddr>,
    /// The `User-Agent` of the request that brought it. Used for security reports, which name no browser.
    pub user_agent: Option<&'a str>,
    /// From the envelope header; beats the payload's.
    pub event_id: Option<EventId>,
    pub retention_days: u32,
    /// What the envelope's item type says, where it is not just `event`.
    pub kind: Option<EventKind>,
}

const LOGGER: Limit = Limit::new(64, 0);
const TRANSACTION: Limit = Limit::new(200, 0);
const SERVER_NAME: Limit = Limit::new(256, 0);
const FINGERPRINTS_MAX: usize = 100;
const FINGERPRINT: Limit = Limit::new(1024, 0);

/// Everything that is not an object becomes [`ParseError::NotAnObject`]; any object becomes an event.
pub fn normalize(value: Value, context: &Context) -> Result<Event, ParseError> {
    let id = context.event_id.or_else(|| value.get("event_id")?.as_str()?.parse().ok());
    let id = id.unwrap_or_else(|| id_of(&value, context.received));
    let map = parse::object(value)?;
    let notes = Notes::default();
    let at = At::root(&notes);
    let mut event = read(map, blank(id, context), &at);
    finish(&mut event, context, &at);
    let mut list = std::mem::take(&mut event.notes);
    list.extend(notes.into_vec());
    list.truncate(notes::NOTES_MAX);
    event.notes = list;
    Ok(event)
}

/// A release's name, in what is no event; the same as in one.
pub fn read_release(value: &Value) -> Option<String> {
    names::release(value.clone(), &At::root(&Notes::default()))
}

/// The same for an environment's.
pub fn read_environment(value: &Value) -> Option<String> {
    names::environment(value.clone(), &At::root(&Notes::default()))
}

/// The same for a moment.
pub fn read_moment(value: &Value) -> Option<Timestamp> {
    time::timestamp(value, &At::root(&Notes::default()))
}

/// Payloads without an id get one that a replay finds again.
fn id_of(value: &Value, received: Timestamp) -> EventId {
    let mut md5 = Md5::new();
    md5.update(received.as_nanosecond().to_be_bytes());
    md5.update(value.to_string());
    EventId(md5.finalize().into())
}

fn blank(event_id: EventId, context: &Context) -> Event {
    Event {
        event_id,
        kind: context.kind.unwrap_or_default(),
        level: Level::Error,
        platform: String::new(),
        timestamp: context.received,
        received: context.received,
        logger: None,
        transaction: None,
        transaction_source: None,
        culprit: None,
        server_name: None,
        release: None,
        dist: None,
        environment: None,
        logentry: None,
        exceptions: Vec::new(),
        stacktrace: None,
        threads: Vec::new(),
        template: None,
        security: None,
        breadcrumbs: Vec::new(),
        request: None,
        user: None,
        tags: Vec::new(),
        contexts: Object::new(),
        extra: Object::new(),
        modules: std::collections::BTreeMap::new(),
        sdk: None,
        fingerprint: Vec::new(),
        checksum: None,
        rule_title: None,
        main_exception: None,
        debug_images: Vec::new(),
        notes: Vec::new(),
    }
}

/// Moves every known field into the event. Unknown ones go.
fn read(mut map: JsonMap, mut event: Event, root: &At) -> Event {
    let report = security::take(&mut map, event.kind);
    let mut exceptions = Value::Null;
    let mut message = Value::Null;
    let mut tag_environment = None;
    let mut site = None;
    let mut level = None;
    // A `null` says nothing, and must not take from the alias beside it.
    for (key, value) in map.into_iter().filter(|(_, value)| !value.is_null()) {
        let at = root.key(&key);
        match key.as_str() {
            "exception" | "sentry.interfaces.Exception" => exceptions = value,
            "stacktrace" | "sentry.interfaces.Stacktrace" => event.stacktrace = stack::stacktrace(value, &at),
            "threads" | "sentry.interfaces.Threads" => event.threads = exception::threads(value, &at),
            "template" | "sentry.interfaces.Template" => event.template = stack::template(value, &at),
            "logentry" | "sentry.interfaces.Message" => event.logentry = logentry::logentry(value, &at),
            "message" => message = value,
            "breadcrumbs" | "sentry.interfaces.Breadcrumbs" => {
                event.breadcrumbs = breadcrumbs::breadcrumbs(value, &at);
            }
            "request" | "sentry.interfaces.Http" => event.request = request::request(value, &at),
            "user" | "sentry.interfaces.User" => event.user = user::user(value, &at),
            "contexts" | "sentry.interfaces.Contexts" => event.contexts = contexts::contexts(value, &at),
            "tags" => (event.tags, tag_environment) = tags::tags(value, &at),
            "extra" => {
                let extra = fields::object(value, &at).map(|map| bound::object(map, bound::EXTRA, &at));
                event.extra = extra.unwrap_or_default();
            }
            "modules" => event.modules = contexts::modules(value, &at),
            "sdk" => event.sdk = contexts::sdk(value, &at),
            "debug_meta" => event.debug_images = contexts::debug_images(value, &at),
            "fingerprint" => event.fingerprint = fingerprint(value, &at),
            "checksum" => event.checksum = fields::text(value, SYMBOL, &at),
            "level" => level = level::level(&value, &at),
            "platform" => event.platform = fields::text(value, SYMBOL, &at).unwrap_or_default(),
            "timestamp" => event.timestamp = time::timestamp(&value, &at).unwrap_or(event.timestamp),
            "logger" => event.logger = fields::text(value, LOGGER, &at),
            "transaction" => event.transaction = fields::text(value, TRANSACTION, &at),
            "transaction_info" => event.transaction_source = names::source(value, &at),
            "culprit" => event.culprit = fields::text(value, TRANSACTION, &at),
            "server_name" => event.server_name = fields::text(value, SERVER_NAME, &at),
            "site" => site = fields::text(value, SERVER_NAME, &at),
            "release" => event.release = names::release(value, &at),
            "dist" => event.dist = names::dist(value, &at),
            "environment" => event.environment = names::environment(value, &at),
            "errors" => event.notes = earlier_notes(value, &at),
            _ => {}
        }
    }
    if event.logentry.is_none() {
        event.logentry = logentry::logentry(message, &root.key("message"));
    }
    event.exceptions = exception::exceptions(exceptions, &mut event.stacktrace, &root.key("exception"));
    if event.environment.is_none() {
        event.environment =
            tag_environment.and_then(|name| names::environment(Value::String(name), &root.key("tags")));
    }
    for (key, value) in [("server_name", event.server_name.as_ref()), ("site", site.as_ref())] {
        if let Some(value) = value
            && event.tag(key).is_none()
        {
            event.tags.push((key.to_owned(), value.clone()));
        }
    }
    if let Some((kind, report)) = report {
        security::fill(&mut event, kind, report, root);
    }
    infer_kind(&mut event);
    event.level = level.unwrap_or(match event.kind {
        EventKind::Feedback => Level::Info,
        _ => Level::Error,
    });
    event
}

fn fingerprint(value: Value, at: &At) -> Vec<String> {
    let items = match value {
        Value::String(_) => vec![value],
        value => fields::list(value, at),
    };
    let items = items.into_iter().take(FINGERPRINTS_MAX);
    items.filter_map(|item| fields::scalar_text(item, FINGERPRINT, at)).collect()
}

/// What `parse` or another Relay before us had to say.
fn earlier_notes(value: Value, at: &At) -> Vec<Note> {
    let items = fields::list(value, at).into_iter().take(notes::NOTES_MAX / 2);
    let note = |item: Value| {
        let text = |key: &str| {
            let text = item.get(key)?.as_str()?;
            Some(text[..text.floor_char_boundary(200)].to_owned())
        };
        let (kind, path) = (text("type")?, text("name").unwrap_or_default());
        Some(Note { kind, path, reason: text("reason"), value: None })
    };
    items.filter_map(note).collect()
}

fn infer_kind(event: &mut Event) {
    if event.kind == EventKind::Default {
        if !event.exceptions.is_empty() {
            event.kind = EventKind::Error;
        } else if event.contexts.contains_key("feedback") {
            event.kind = EventKind::Feedback;
        }
    }
}

/// What depends on more than one field.
fn finish(event: &mut Event, context: &Context, at: &At) {
    names::known_platform(&mut event.platform);
    names::sanitize_transaction(event);
    user::infer_ip(
        &mut event.user,
        event.request.as_ref(),
        context.client_ip,
        &event.platform,
        event.sdk.as_ref(),
    );
    let is_report = event.security.is_some();
    let sent = event.request.as_ref().and_then(|request| request.header("User-Agent"));
    let agent = sent.or(context.user_agent.filter(|_| is_report)).map(str::to_owned);
    if let Some(agent) = agent {
        let from_browser = is_report || event.platform == "javascript";
        user_agent::fill_contexts(&mut event.contexts, &agent, from_browser);
    }
    let retention = SignedDuration::from_hours(24 * i64::from(context.retention_days));
    let clock = time::Clock { received: context.received, sent_at: context.sent_at, retention };
    time::correct_clock(event, clock, at);
}
