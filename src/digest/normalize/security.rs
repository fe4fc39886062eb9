//! Reports that browsers send by themselves: Content-Security-Policy and its kin.
//!
//! Three generations: the report alone under its own name (`csp-report`), the Reporting API's
//! `{type, body}`, and an event that a Relay before us has made of it (`csp`).

use serde_json::Value;

use crate::digest::normalize::bound;
use crate::digest::normalize::fields::{self, JsonMap, Limit};
use crate::digest::normalize::notes::At;
use crate::model::event::{Event, EventKind, LogEntry, Request, User};

const URL: Limit = Limit::new(256, 40);
const TAG_VALUE: Limit = Limit::new(200, 0);

/// Under which key a report of which kind stands.
const KEYS: [(&str, EventKind); 10] = [
    ("csp-report", EventKind::Csp),
    ("csp", EventKind::Csp),
    ("sentry.interfaces.Csp", EventKind::Csp),
    ("hpkp", EventKind::Hpkp),
    ("expect-ct-report", EventKind::ExpectCt),
    ("expectct", EventKind::ExpectCt),
    ("expect-staple-report", EventKind::ExpectStaple),
    ("expectstaple", EventKind::ExpectStaple),
    ("nel", EventKind::Nel),
    ("body", EventKind::Csp),
];

/// Takes the report out of the payload.
pub fn take(map: &mut JsonMap, hint: EventKind) -> Option<(EventKind, JsonMap)> {
    for (key, kind) in KEYS {
        if !map.get(key).is_some_and(Value::is_object) {
            continue;
        }
        let kind = if key == "body" { reporting_api_kind(map, hint)? } else { kind };
        let Some(Value::Object(report)) = map.remove(key) else { continue };
        return Some((kind, report));
    }
    // Public-key pinning has no envelope: the report is the whole payload.
    let is_hpkp = map.contains_key("known-pins") && map.contains_key("hostname");
    is_hpkp.then(|| (EventKind::Hpkp, std::mem::take(map)))
}

fn reporting_api_kind(map: &JsonMap, hint: EventKind) -> Option<EventKind> {
    match map.get("type").and_then(Value::as_str) {
        Some("csp-violation") => Some(EventKind::Csp),
        Some("network-error") => Some(EventKind::Nel),
        _ if !matches!(hint, EventKind::Default | EventKind::Error | EventKind::Feedback) => Some(hint),
        _ => None,
    }
}

/// Makes the event say what the report says: message, request, tags.
pub fn fill(event: &mut Event, kind: EventKind, report: JsonMap, root: &At) {
    let at = root.key(kind.as_str());
    let report = report.into_iter().map(|(key, value)| (snake_case(&key), value)).collect();
    let mut report = bound::object(report, bound::CONTEXT, &at);
    if kind == EventKind::Csp && !report.contains_key("effective_directive") {
        let violated = report.get("violated_directive").and_then(Value::as_str);
        let directive = violated.and_then(|text| text.split_whitespace().next()).map(str::to_owned);
        report.extend(directive.map(|name| ("effective_directive".to_owned(), Value::String(name))));
    }
    let text = |key: &str| report.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let site = text("document_uri").or(text("uri")).or(text("url")).or(text("hostname"));
    let message = message(kind, &text);
    let tag = |key: &str| text(key).map(|value| fields::cut(value.to_owned(), TAG_VALUE, &at));
    let (directive, blocked) = (tag("effective_directive"), tag("blocked_uri"));

    event.kind = kind;
    event.logger.get_or_insert_with(|| kind.as_str().to_owned());
    event.culprit = event.culprit.take().or_else(|| directive.clone());
    let formatted = Some(fields::cut(message, fields::MESSAGE, &at));
    event.logentry.get_or_insert(LogEntry { formatted, ..LogEntry::default() });
    for (key, value) in [("effective-directive", directive), ("blocked-uri", blocked)] {
        if let Some(value) = value
            && event.tag(key).is_none()
        {
            event.tags.push((key.to_owned(), value));
        }
    }
    let request = event.request.get_or_insert_with(Request::default);
    if request.url.is_none() {
        request.url = site.map(|url| fields::cut(url.to_owned(), URL, &at));
    }
    if *request == Request::default() {
        event.request = None;
    }
    // The browser itself sends the report: the connection's address is the user's.
    let user = event.user.get_or_insert_with(User::default);
    user.ip_address.get_or_insert_with(|| "{{auto}}".to_owned());
    event.security = Some(report);
}

/// `blocked-uri` and `blockedURL` are both `blocked_uri`.
fn snake_case(key: &str) -> String {
    let mut snake = String::with_capacity(key.len() + 4);
    let mut after_lower = false;
    for c in key.chars() {
        if c.is_ascii_uppercase() && after_lower {
            snake.push('_');
        }
        after_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        snake.push(if c == '-' { '_' } else { c.to_ascii_lowercase() });
    }
    match snake.strip_suffix("_url") {
        Some(stem) => format!("{stem}_uri"),
        None if snake == "sample" => "script_sample".to_owned(),
        None => snake,
    }
}

fn message<'a>(kind: EventKind, text: &dyn Fn(&str) -> Option<&'a str>) -> String {
    let host = text("hostname").unwrap_or("unknown host");
    match kind {
        EventKind::Csp => csp_message(text),
        EventKind::Hpkp => format!("Public key pinning validation failed for '{host}'"),
        EventKind::ExpectCt => format!("Expect-CT failed for '{host}'"),
        EventKind::ExpectStaple => format!("Expect-Staple failed for '{host}'"),
        _ => text("type").unwrap_or("network error").to_owned(),
    }
}

fn csp_message<'a>(text: &dyn Fn(&str) -> Option<&'a str>) -> String {
    let directive = text("effective_directive").unwrap_or_default();
    let stem = directive.trim_end_matches("-elem").trim_end_matches("-attr").trim_end_matches("-src");
    let what = match stem {
        "img" => "image",
        "form-action" => "form",
        "" => "resource",
        other => other,
    };
    let blocked = text("blocked_uri").unwrap_or_default();
    match blocked {
        "" | "self" | "inline" | "'self'" | "'inline'" => format!("Blocked inline '{what}'"),
        "eval" | "wasm-eval" => format!("Blocked unsafe eval() '{what}'"),
        _ => format!("Blocked '{what}' from '{}'", host_of(blocked)),
    }
}

fn host_of(uri: &str) -> String {
    let url = url::Url::parse(uri).ok();
    match url.as_ref().and_then(|url| url.host_str()) {
        Some(host) => host.to_owned(),
        // `data:…` and `blob:…` are named by their scheme alone.
        None => uri.split(':').next().unwrap_or(uri).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::snake_case;

    #[test]
    fn keys_of_both_generations_are_one() {
        let cases = [
            ("blocked-uri", "blocked_uri"),
            ("blockedURL", "blocked_uri"),
            ("effectiveDirective", "effective_directive"),
            ("document_uri", "document_uri"),
            ("sample", "script_sample"),
            ("lineNumber", "line_number"),
            ("known-pins", "known_pins"),
        ];
        for (sent, kept) in cases {
            assert_eq!(snake_case(sent), kept);
        }
    }
}
