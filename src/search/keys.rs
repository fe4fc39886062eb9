//! What `key:value` finds exactly: an event's tags and its well-known fields, as terms.
//!
//! A term is the key, a zero byte and the value, both in lower case; `has:key` finds a zero byte and the key.
//! Paths of frames stand under keys that no tag can have, so that `in_app:` can tell them.
//! Where a key, a value or an own path was written with capitals, a term of its own says how: see `spelling`.
//! Ids of events and traces stand as their first eight bytes: enough to tell them apart, half the room.

use crate::model::event::Event;
use crate::model::event::tags::derived_tags;
use crate::model::ids::EventId;
use crate::search::places;

mod circumstances;

/// Longer values are cut, here and in queries alike.
const VALUE_BYTES_MAX: usize = 200;
/// What one event may bring, so that no event fills the index with terms.
const TERMS_MAX: usize = 400;

/// Paths that one event may bring.
const FILES_MAX: usize = 100;

/// Paths of the team's own frames, and of all others.
pub(super) const OWN_FILE: &str = "\u{1}file";
pub(super) const LIBRARY_FILE: &str = "\u{2}file";
pub(super) const FILE: &str = "file";
pub(super) const IN_APP: &str = "\u{1}in_app";
/// Before a term and how it was written.
const SPELLED: u8 = 3;

pub(super) const ID: &str = "id";
pub(super) const TRACE: &str = "trace";

/// Every key of an event with its value, as people ask for them. Keys may repeat.
pub(super) fn each(event: &Event, give: &mut dyn FnMut(&str, &str)) {
    for (key, value) in derived_tags(event) {
        give(&key, &value);
    }
    give("platform", &event.platform);
    give("event.type", event.kind.as_str());
    for exception in &event.exceptions {
        give_some("error.type", exception.kind.as_deref(), give);
        let mechanism = exception.mechanism.as_ref();
        give_some("error.mechanism", mechanism.map(|m| m.kind.as_str()), give);
        if let Some(handled) = mechanism.and_then(|m| m.handled) {
            give("error.handled", if handled { "true" } else { "false" });
            give("error.unhandled", if handled { "false" } else { "true" });
        }
    }
    if let Some(user) = &event.user {
        give_some("user.id", user.id.as_deref(), give);
        give_some("user.email", user.email.as_deref(), give);
        give_some("user.username", user.username.as_deref(), give);
        give_some("user.ip", user.ip_address.as_deref(), give);
        let geo = |member: &str| user.geo.as_ref()?.get(member)?.as_str();
        for (key, member) in [
            ("geo.country_code", "country_code"),
            ("geo.region", "region"),
            ("geo.subdivision", "subdivision"),
            ("geo.city", "city"),
        ] {
            give_some(key, geo(member), give);
        }
    }
    if let Some(request) = &event.request {
        give_some("http.method", request.method.as_deref(), give);
    }
    if let Some(sdk) = &event.sdk {
        give_some("sdk.name", Some(&sdk.name), give);
        give_some("sdk.version", Some(&sdk.version), give);
    }
    for (key, context, member) in [
        ("device.name", "device", "name"),
        ("device.model", "device", "model"),
        ("device.arch", "device", "arch"),
        ("os.version", "os", "version"),
        ("browser.version", "browser", "version"),
        ("runtime.version", "runtime", "version"),
        ("app.version", "app", "app_version"),
        ("device.brand", "device", "brand"),
        ("os.build", "os", "build"),
        ("os.kernel_version", "os", "kernel_version"),
    ] {
        give_some(key, event.context(context, member), give);
    }
    circumstances::each(event, give);
}

fn give_some(key: &str, value: Option<&str>, give: &mut dyn FnMut(&str, &str)) {
    if let Some(value) = value.filter(|value| !value.is_empty()) {
        give(key, value);
    }
}

/// Every path of the event's frames, those nearest to the crash first, and whether it is the team's own.
fn each_file(event: &Event, give: &mut dyn FnMut(&str, bool)) {
    let frames = event.stacktraces().flat_map(|trace| trace.frames.iter().rev());
    let files = frames.flat_map(|frame| {
        places::files(frame).into_iter().flatten().map(|file| (file, frame.in_app == Some(true)))
    });
    files.filter(|(file, _)| !file.is_empty()).for_each(|(file, in_app)| give(file, in_app));
}

/// The terms of an event, each once.
pub(super) fn terms(event: &Event) -> Vec<Vec<u8>> {
    let mut terms = Vec::with_capacity(64);
    terms.push(id_term(ID, event.event_id));
    if let Some(trace) = event.context("trace", "trace_id").and_then(|id| id.parse().ok()) {
        terms.push(id_term(TRACE, trace));
        terms.push(has_term(TRACE));
    }
    // At most two for each of the others.
    let mut spelled_terms = Vec::new();
    each(event, &mut |key, value| {
        // An empty key's value would read as a `has:`.
        if terms.len() < TERMS_MAX && !key.is_empty() {
            let (with_value, has) = (value_term(key, value), has_term(key));
            spelled_terms.extend(spelling(&with_value, kept(value)));
            spelled_terms.extend(spelling(&has, kept(key)));
            terms.push(with_value);
            terms.push(has);
        }
    });
    if event.stacktraces().any(|trace| trace.frames.iter().any(|frame| frame.in_app == Some(true))) {
        terms.push(has_term(IN_APP));
    }
    let before = terms.len();
    each_file(event, &mut |path, in_app| {
        let term = file_term(path, in_app);
        if terms.len() < before + FILES_MAX && !terms[before..].contains(&term) {
            if in_app {
                spelled_terms.extend(spelling(&term, path_kept(&path.replace('\\', "/"))));
            }
            terms.push(term);
        }
    });
    if terms.len() > before {
        terms.push(has_term(FILE));
    }
    terms.append(&mut spelled_terms);
    terms.sort_unstable();
    terms.dedup();
    terms
}

/// `key:value`, exactly.
pub(super) fn value_term(key: &str, value: &str) -> Vec<u8> {
    let mut term = Vec::with_capacity(key.len() + 1 + value.len().min(VALUE_BYTES_MAX));
    push_folded(key, &mut term);
    term.push(0);
    push_folded(value, &mut term);
    term
}

/// A path of a frame: its end where it is long, since that is what people ask for.
fn file_term(path: &str, in_app: bool) -> Vec<u8> {
    value_term(if in_app { OWN_FILE } else { LIBRARY_FILE }, &path_folded(path))
}

pub(super) fn path_folded(path: &str) -> String {
    path_kept(&path.to_lowercase().replace('\\', "/")).to_owned()
}

fn path_kept(path: &str) -> &str {
    &path[path.ceil_char_boundary(path.len().saturating_sub(VALUE_BYTES_MAX))..]
}

/// Says of a term how it was written.
pub(super) fn spelled(term: &[u8], written: &str) -> Vec<u8> {
    [&[SPELLED], term, &[0], written.as_bytes()].concat()
}

/// The same, where the term itself does not say it.
fn spelling(term: &[u8], written: &str) -> Option<Vec<u8>> {
    (!term.ends_with(written.as_bytes())).then(|| spelled(term, written))
}

fn kept(text: &str) -> &str {
    &text[..text.floor_char_boundary(VALUE_BYTES_MAX)]
}

/// `has:key`.
pub(super) fn has_term(key: &str) -> Vec<u8> {
    let mut term = Vec::with_capacity(key.len() + 1);
    term.push(0);
    push_folded(key, &mut term);
    term
}

/// `id:` and `trace:`.
pub(super) fn id_term(key: &str, id: EventId) -> Vec<u8> {
    let mut term = Vec::with_capacity(key.len() + 9);
    term.extend_from_slice(key.as_bytes());
    term.push(0);
    term.extend_from_slice(&id.0[..8]);
    term
}

/// The value as terms hold it.
pub(super) fn folded(value: &str) -> String {
    let mut bytes = Vec::new();
    push_folded(value, &mut bytes);
    String::from_utf8(bytes).expect("folding cuts between characters")
}

fn push_folded(text: &str, term: &mut Vec<u8>) {
    let kept = kept(text);
    if kept.is_ascii() {
        return term.extend(kept.bytes().map(|b| b.to_ascii_lowercase()));
    }
    let mut utf8 = [0; 4];
    for lower in kept.chars().flat_map(char::to_lowercase) {
        term.extend_from_slice(lower.encode_utf8(&mut utf8).as_bytes());
    }
}
