//! A field of an event by name, as event searches ask for it.

use serde_json::Value;

use crate::api::event_json::message;
use crate::api::when;
use crate::digest::stored::StoredEvent;
use crate::model::event::User;
use crate::model::event::tags::derived_tags;
use crate::model::grouping::Headline;
use crate::model::project::Project;

pub const DEFAULT: &[&str] = &[
    "id",
    "title",
    "message",
    "culprit",
    "timestamp",
    "project",
    "issue.id",
    "level",
    "platform",
    "release",
    "environment",
    "user.display",
    "transaction",
];

/// `date`, `integer` or `string`.
pub fn type_of(name: &str) -> &'static str {
    match name {
        "timestamp" | "timestamp.received" => "date",
        "issue.id" | "project.id" => "integer",
        _ => "string",
    }
}

/// The value, or `null` where the event has none. A name that is no field is a tag.
pub fn value(name: &str, stored: &StoredEvent, headline: &Headline, project: Option<&Project>) -> Value {
    let event = &stored.event;
    let user =
        |part: fn(&User) -> &Option<String>| event.user.as_ref().and_then(|user| part(user).clone()).into();
    match name {
        "id" => event.event_id.to_string().into(),
        "title" => headline.title.clone().into(),
        "message" => {
            let message = message(event);
            if message.is_empty() { headline.title.clone().into() } else { message.into() }
        }
        "culprit" => headline.culprit.clone().into(),
        "location" => headline.metadata.filename.clone().into(),
        "timestamp" => when(event.timestamp).into(),
        "timestamp.received" => when(event.received).into(),
        "project" | "project.name" => project.map(|project| project.slug.clone()).into(),
        "project.id" => stored.place.project.0.into(),
        "issue.id" => stored.place.issue.0.into(),
        "level" => event.level.as_str().into(),
        "event.type" => event.kind.as_str().into(),
        "platform" | "platform.name" => event.platform.clone().into(),
        "release" => event.release.clone().into(),
        "dist" => event.dist.clone().into(),
        "environment" => event.environment.clone().into(),
        "transaction" => event.transaction.clone().into(),
        "logger" => event.logger.clone().into(),
        "error.type" => event.exceptions.last().and_then(|exception| exception.kind.clone()).into(),
        "error.value" => event.exceptions.last().and_then(|exception| exception.value.clone()).into(),
        "user" => event.user.as_ref().and_then(User::tag_value).into(),
        "user.id" => user(|user| &user.id),
        "user.email" => user(|user| &user.email),
        "user.username" => user(|user| &user.username),
        "user.ip" => user(|user| &user.ip_address),
        "user.display" => event.user.as_ref().and_then(display).into(),
        "trace" => event.context("trace", "trace_id").into(),
        tag => {
            let key = tag.strip_prefix("tags[").and_then(|tag| tag.strip_suffix(']')).unwrap_or(tag);
            derived_tags(event).into_iter().find(|(known, _)| known == key).map(|(_, value)| value).into()
        }
    }
}

fn display(user: &User) -> Option<String> {
    [&user.email, &user.username, &user.name, &user.id, &user.ip_address].into_iter().find_map(Clone::clone)
}
