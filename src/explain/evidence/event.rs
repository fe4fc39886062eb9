//! What else an event says: breadcrumbs, the request, tags and contexts.

use std::fmt::Write as _;

use serde_json::Value;

use crate::explain::evidence::draft::{Drafts, Rank, cut};
use crate::insight::telling::Telling;
use crate::insight::words;
use crate::model::event::calls;
use crate::model::event::tags::derived_tags;
use crate::model::event::{Breadcrumb, Event, Level};
use crate::model::explanation::{FactKind, FactPlace};

/// The last; SDKs keep 100.
const CRUMBS_MAX: usize = 200;
/// The last before the error are looked at even where nothing about them tells anything.
const CRUMBS_LAST: usize = 4;
const CRUMB_CHARS_MAX: usize = 300;
const DATA_CHARS_MAX: usize = 160;
const URL_CHARS_MAX: usize = 300;
const BODY_CHARS_MAX: usize = 1_200;
const HEADERS_MAX: usize = 40;
const TAGS_MAX: usize = 80;
const CONTEXTS_MAX: usize = 60;
const CONTEXT_CHARS_MAX: usize = 500;
const KEY_CHARS_MAX: usize = 80;
/// Tags by which failures differ most often.
const TAGS_TELLING: [&str; 8] =
    ["release", "environment", "browser", "os", "runtime", "transaction", "device", "url"];

pub fn crumbs(drafts: &mut Drafts<'_>, event: &Event, told: &Telling) {
    let count = event.breadcrumbs.len();
    let from = count.saturating_sub(CRUMBS_MAX);
    let telling = told.crumbs.iter().map(|crumb| crumb.index);
    let others = (from..count).rev().filter(|index| told.crumbs.iter().all(|crumb| crumb.index != *index));
    for index in telling.chain(others) {
        let Some(crumb) = event.breadcrumbs.get(index) else { continue };
        let rank = if told.crumbs.iter().any(|crumb| crumb.index == index) {
            Rank::Telling
        } else if index + CRUMBS_LAST >= count || crumb.level.is_some_and(|level| level >= Level::Error) {
            Rank::Supporting
        } else {
            Rank::Broad
        };
        let text = crumb_text(drafts, event, crumb);
        drafts.add(rank, FactKind::Crumb, &index.to_string(), &text, Some(FactPlace::Crumb { index }));
    }
}

fn crumb_text(drafts: &mut Drafts<'_>, event: &Event, crumb: &Breadcrumb) -> String {
    let mut parts = Vec::new();
    if let Some(at) = crumb.timestamp {
        let before = event.timestamp.duration_since(at);
        let ms = before.as_millis();
        parts.push(match ms {
            0..2_000 => format!("{ms} ms before:"),
            2_000.. => format!("{} before:", words::length(before)),
            _ => format!("{} after:", words::length(before)),
        });
    }
    if let Some(level) = crumb.level.filter(|level| *level != Level::Info && *level != Level::Debug) {
        parts.push(level.as_str().to_owned());
    }
    let category = crumb.category.as_deref().or(crumb.kind.as_deref()).unwrap_or("breadcrumb");
    parts.push(drafts.line(category, KEY_CHARS_MAX));
    let call = calls::call(crumb);
    let mut told: &[&str] = &[];
    if let Some(call) = &call {
        let url = ["url", "http.url", "url.full"]
            .iter()
            .find_map(|key| crumb.data.get(*key)?.as_str())
            .unwrap_or_default();
        parts.extend(call.method.as_deref().map(|method| drafts.line(method, KEY_CHARS_MAX)));
        parts.push(drafts.line(url, URL_CHARS_MAX));
        parts.push(match call.status {
            Some(status) => format!("→ {status}"),
            None if call.failed => "→ no answer".to_owned(),
            None => String::new(),
        });
        told = &[
            "url",
            "http.url",
            "url.full",
            "method",
            "http.method",
            "http.request.method",
            "status_code",
            "http.response.status_code",
            "status",
        ];
    }
    if let Some(message) = crumb.message.as_deref() {
        parts.push(drafts.line(message, CRUMB_CHARS_MAX));
    }
    let data: Vec<(&String, &Value)> =
        crumb.data.iter().filter(|(key, _)| !told.contains(&key.as_str())).collect();
    // A console's arguments say again what the message says.
    for (key, value) in data.into_iter().filter(|(key, _)| *key != "arguments" && *key != "logger").take(12) {
        let key_shown = drafts.line(key, KEY_CHARS_MAX);
        parts.push(format!("{key_shown}={}", drafts.value(key, value, DATA_CHARS_MAX)));
    }
    parts.retain(|part| !part.is_empty());
    cut(&parts.join(" "), CRUMB_CHARS_MAX + URL_CHARS_MAX)
}

pub fn request(drafts: &mut Drafts<'_>, event: &Event) {
    let Some(request) = &event.request else { return };
    let mut text = drafts.line(request.method.as_deref().unwrap_or("request"), KEY_CHARS_MAX);
    text.push(' ');
    text.push_str(&drafts.line(request.url.as_deref().unwrap_or_default(), URL_CHARS_MAX));
    for (key, value) in request.query.iter().take(HEADERS_MAX) {
        let shown = drafts.line(key, KEY_CHARS_MAX);
        let _ = write!(text, "\nquery {shown}={}", drafts.member(key, value, DATA_CHARS_MAX));
    }
    if let Some(fragment) = &request.fragment {
        let _ = write!(text, "\nfragment {}", drafts.line(fragment, DATA_CHARS_MAX));
    }
    if let Some(data) = &request.data {
        let _ = write!(text, "\nbody {}", drafts.value("body", data, BODY_CHARS_MAX));
    }
    for (key, value) in request.headers.iter().take(HEADERS_MAX) {
        let shown = drafts.line(key, KEY_CHARS_MAX);
        let _ = write!(text, "\nheader {shown}: {}", drafts.member(key, value, DATA_CHARS_MAX));
    }
    if !request.cookies.is_empty() {
        let names: Vec<String> = request
            .cookies
            .iter()
            .take(HEADERS_MAX)
            .map(|(name, _)| drafts.line(name, KEY_CHARS_MAX))
            .collect();
        let _ = write!(text, "\ncookies, without their values: {}", names.join(", "));
    }
    let place = FactPlace::Section { name: "request".to_owned() };
    drafts.add(Rank::Supporting, FactKind::Request, "", &text, Some(place));
}

pub fn tags(drafts: &mut Drafts<'_>, event: &Event) {
    let place = FactPlace::Section { name: "tags".to_owned() };
    for (key, value) in derived_tags(event).into_iter().take(TAGS_MAX) {
        let rank = if TAGS_TELLING.contains(&key.as_str()) { Rank::Supporting } else { Rank::Broad };
        let value = if key == "release" {
            drafts.name(&value, DATA_CHARS_MAX)
        } else {
            drafts.member(&key, &value, DATA_CHARS_MAX)
        };
        let text = format!("{} = {value}", drafts.line(&key, KEY_CHARS_MAX));
        drafts.add(rank, FactKind::Tag, &key, &text, Some(place.clone()));
    }
}

pub fn contexts(drafts: &mut Drafts<'_>, event: &Event) {
    let contexts = event
        .contexts
        .iter()
        .filter(|(name, _)| *name != "trace")
        .map(|(name, value)| (name.clone(), name, value));
    let extra = event.extra.iter().map(|(name, value)| (format!("extra.{name}"), name, value));
    for (id, name, value) in contexts.chain(extra).take(CONTEXTS_MAX) {
        let text =
            format!("{} = {}", drafts.line(&id, KEY_CHARS_MAX), drafts.value(name, value, CONTEXT_CHARS_MAX));
        let rank = if id.starts_with("extra.") { Rank::Supporting } else { Rank::Broad };
        drafts.add(
            rank,
            FactKind::Context,
            &id,
            &text,
            Some(FactPlace::Section { name: "contexts".to_owned() }),
        );
    }
    if let Some(user) = &event.user {
        let value = serde_json::to_value(user).unwrap_or_default();
        let text = format!("user = {}", drafts.value("context", &value, CONTEXT_CHARS_MAX));
        drafts.add(
            Rank::Broad,
            FactKind::Context,
            "user",
            &text,
            Some(FactPlace::Section { name: "contexts".to_owned() }),
        );
    }
}
