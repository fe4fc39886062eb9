//! What went in: locals of the team's own frames, the request's body, what is known of the user without who it is.

use serde_json::{Map, Value, json};

use crate::insight::reproduction::secrets::Placeholders;
use crate::insight::reproduction::shell::line;
use crate::model::event::{Event, Frame, User};

/// The crash first.
const FRAMES_MAX: usize = 5;
const ENTRIES_MAX: usize = 40;
const TEXT_CHARS_MAX: usize = 500;
const DEPTH_MAX: usize = 6;
/// The whole section; what is beyond is left out part by part, the last first.
const BYTES_MAX: usize = 16_384;

/// What says which kind of user it was, as applications name it.
const USER_KINDS: [&str; 10] =
    ["type", "role", "roles", "plan", "tier", "segment", "group", "subscription", "tenant_type", "is_staff"];

/// `None`: nothing is known.
pub(super) fn value(event: &Event, secrets: &mut Placeholders) -> Option<(Value, bool)> {
    let mut parts: Vec<(&str, Value)> = Vec::new();
    let locals: Vec<Value> =
        frames(event).filter(|frame| !frame.vars.is_empty()).take(FRAMES_MAX).map(local).collect();
    let body = event.request.as_ref().and_then(|request| request.data.as_ref());
    // A body that came as text may be JSON all the same.
    let parsed = body.and_then(Value::as_str).and_then(|text| serde_json::from_str::<Value>(text).ok());
    let body = parsed.filter(|value| value.is_object() || value.is_array()).or_else(|| body.cloned());
    if !locals.is_empty() {
        parts.push(("locals", Value::Array(locals)));
    }
    if let Some(body) = body {
        match graphql(&body) {
            Some(graphql) => parts.push(("graphql", graphql)),
            None if body.as_str().is_none_or(|text| !text.is_empty()) => parts.push(("body", body)),
            None => {}
        }
    }
    parts.extend(event.user.as_ref().map(|user| ("user", user_kind(user))));
    if !event.extra.is_empty() {
        parts.push(("extra", event.extra.iter().map(|(key, value)| (key.clone(), value.clone())).collect()));
    }
    if parts.is_empty() {
        return None;
    }
    let mut bytes = 0;
    let mut whole = Map::new();
    let mut is_cut = false;
    for (name, part) in parts {
        let part = secrets.named(if name == "body" { "" } else { name }, &cut(&part, 0, &mut is_cut), 0);
        bytes += part.to_string().len();
        if bytes > BYTES_MAX {
            is_cut = true;
            break;
        }
        whole.insert(name.to_owned(), part);
    }
    Some((Value::Object(whole), is_cut))
}

/// Of the team's own code, the innermost first; of the root cause before what it led to.
pub(crate) fn frames(event: &Event) -> impl Iterator<Item = &Frame> {
    let frames = event.stacktraces().flat_map(|trace| trace.frames.iter().rev());
    frames.filter(|frame| frame.in_app == Some(true))
}

/// `chargeCard (src/payment.ts:42)`.
pub(crate) fn frame_name(frame: &Frame) -> String {
    let function = frame.function.as_deref().unwrap_or("?");
    let file = frame.filename.as_deref().or(frame.module.as_deref()).or(frame.abs_path.as_deref());
    let place = match (file, frame.lineno) {
        (Some(file), Some(number)) => format!("{function} ({file}:{number})"),
        (Some(file), None) => format!("{function} ({file})"),
        (None, _) => function.to_owned(),
    };
    line(&place, TEXT_CHARS_MAX)
}

fn local(frame: &Frame) -> Value {
    let vars: Map<String, Value> =
        frame.vars.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    json!({ "frame": frame_name(frame), "vars": vars })
}

/// The operation and what was put into it.
fn graphql(body: &Value) -> Option<Value> {
    let query = body.get("query")?.as_str()?;
    let is_operation =
        ["query", "mutation", "subscription", "{"].iter().any(|word| query.trim_start().starts_with(word));
    is_operation.then(|| {
        json!({
            "operationName": body.get("operationName").unwrap_or(&Value::Null),
            "query": query,
            "variables": body.get("variables").unwrap_or(&Value::Null),
        })
    })
}

/// Never who it is: an id, a name or an address would be of no use in another database.
fn user_kind(user: &User) -> Value {
    let is_known = user.id.is_some() || user.email.is_some() || user.username.is_some();
    let mut kind = Map::new();
    kind.insert("signedIn".to_owned(), is_known.into());
    for (key, value) in &user.data {
        if USER_KINDS.contains(&key.to_ascii_lowercase().as_str()) && !value.is_object() {
            kind.insert(key.clone(), value.clone());
        }
    }
    let country = user.geo.as_ref().and_then(|geo| geo.get("country_code")).and_then(Value::as_str);
    if let Some(country) = country {
        kind.insert("country".to_owned(), country.into());
    }
    Value::Object(kind)
}

fn cut(value: &Value, depth: usize, is_cut: &mut bool) -> Value {
    match value {
        Value::String(text) => {
            let end = text.char_indices().nth(TEXT_CHARS_MAX).map(|(end, _)| end);
            *is_cut |= end.is_some();
            end.map_or_else(|| value.clone(), |end| format!("{}…", &text[..end]).into())
        }
        Value::Array(_) | Value::Object(_) if depth == DEPTH_MAX => {
            *is_cut = true;
            "…".into()
        }
        Value::Array(items) => {
            *is_cut |= items.len() > ENTRIES_MAX;
            items.iter().take(ENTRIES_MAX).map(|item| cut(item, depth + 1, is_cut)).collect()
        }
        Value::Object(members) => {
            *is_cut |= members.len() > ENTRIES_MAX;
            let members = members.iter().take(ENTRIES_MAX);
            members.map(|(key, item)| (line(key, TEXT_CHARS_MAX), cut(item, depth + 1, is_cut))).collect()
        }
        plain => plain.clone(),
    }
}
