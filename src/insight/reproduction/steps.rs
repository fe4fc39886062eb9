//! What happened before, as steps that somebody can do again: an event's breadcrumbs in words, oldest first.

use jiff::Timestamp;
use serde_json::Value;

use crate::insight::reproduction::shell::line;
use crate::insight::words::{length, some};
use crate::model::event::calls::call;
use crate::model::event::{Breadcrumb, Event, Level};

/// The last ones: SDKs keep 100, and what was long before tells little.
const STEPS_MAX: usize = 40;
/// Of what a step names: an address, a button, a query.
const TEXT_CHARS_MAX: usize = 200;

/// One breadcrumb, or several in a row that say the same.
#[derive(Debug, PartialEq)]
pub(super) struct Step {
    pub sentence: String,
    pub times: u64,
    /// It failed, or warned.
    pub is_telling: bool,
    at: Option<Timestamp>,
}

/// The steps, and how many before them were left out.
pub(super) fn steps(event: &Event) -> (Vec<Step>, usize) {
    let mut steps: Vec<Step> = Vec::new();
    for crumb in &event.breadcrumbs {
        let Some(sentence) = sentence(crumb) else { continue };
        if let Some(last) = steps.last_mut().filter(|last| last.sentence == sentence) {
            last.times += 1;
            last.at = crumb.timestamp;
        } else {
            steps.push(Step { sentence, times: 1, is_telling: is_telling(crumb), at: crumb.timestamp });
        }
    }
    let left_out = steps.len().saturating_sub(STEPS_MAX);
    steps.drain(..left_out);
    (steps, left_out)
}

/// Numbered, with the time before the event; what failed is marked with `!`.
pub(super) fn text(event: &Event, ending: &str) -> Option<String> {
    let (steps, left_out) = steps(event);
    let opened = event.request.as_ref().and_then(|request| request.url.as_deref());
    let opened = opened
        .filter(|_| is_page(event) && left_out == 0)
        .map(|url| format!("Open {}", line(url, TEXT_CHARS_MAX)));
    if steps.is_empty() && opened.is_none() {
        return None;
    }
    let mut lines = Vec::new();
    if left_out > 0 {
        lines.push(format!("({} left out)", some(left_out as u64, "earlier step")));
    }
    let opened = opened.map(|sentence| Step { sentence, times: 1, is_telling: false, at: None });
    let ending = Step { sentence: ending.to_owned(), times: 1, is_telling: true, at: None };
    for (index, step) in opened.into_iter().chain(steps).chain([ending]).enumerate() {
        let mark = if step.is_telling { "!" } else { " " };
        let times = if step.times > 1 { format!(" (×{})", step.times) } else { String::new() };
        let before = step.at.filter(|at| *at <= event.timestamp);
        let before = before.map(|at| format!(" [{} before]", length(event.timestamp.duration_since(at))));
        lines.push(format!("{mark}{:>3}. {}{times}{}", index + 1, step.sentence, before.unwrap_or_default()));
    }
    Some(lines.join("\n"))
}

/// Whether it happened in a browser's page: its request is then the page's address, and steps begin there.
pub(super) fn is_page(event: &Event) -> bool {
    event.platform == "javascript"
}

fn is_telling(crumb: &Breadcrumb) -> bool {
    call(crumb).is_some_and(|call| call.failed) || crumb.level.is_some_and(|level| level >= Level::Warning)
}

/// `None`: the breadcrumb says nothing.
pub(crate) fn sentence(crumb: &Breadcrumb) -> Option<String> {
    let category = crumb.category.as_deref().unwrap_or_default();
    let kind = crumb.kind.as_deref().unwrap_or_default();
    let message = line(crumb.message.as_deref().unwrap_or_default(), TEXT_CHARS_MAX);
    if let Some(call) = call(crumb) {
        let url = text_of(crumb, &["url", "http.url", "url.full"]).unwrap_or_default();
        let method =
            call.method.as_deref().map(|method| format!("{} ", line(method, 20))).unwrap_or_default();
        let answer = match (call.status, call.failed) {
            (Some(status), _) => status.to_string(),
            (None, true) => "no answer".to_owned(),
            (None, false) => return Some(format!("Request {method}{url}")),
        };
        return Some(format!("Request {method}{url} → {answer}"));
    }
    if kind == "navigation" || category == "navigation" {
        let to = text_of(crumb, &["to"]).or_else(|| Some(message).filter(|text| !text.is_empty()))?;
        let from = text_of(crumb, &["from"]).map(|from| format!(", from {from}")).unwrap_or_default();
        return Some(format!("Go to {to}{from}"));
    }
    let verb = match category {
        "ui.click" | "touch" | "ui.tap" => "Click",
        "ui.input" => "Type into",
        "ui.doubleClick" => "Double-click",
        "ui.swipe" | "ui.scroll" => "Swipe",
        "query" | "db.query" | "db.sql.query" | "sql.query" => "Query",
        "console" => {
            return Some(format!("{} {}", says("The console", crumb.level), logged(crumb, message)?));
        }
        "sentry.event" | "sentry.transaction" | "exception" => {
            return Some(format!("Another error was reported: {}", logged(crumb, message)?));
        }
        _ if kind == "query" => "Query",
        _ if category.starts_with("ui.") && message.is_empty() => return named(crumb, category),
        _ if kind == "user" => "Do",
        _ => return named(crumb, category),
    };
    let target = logged(crumb, message)?;
    Some(format!("{verb} {target}"))
}

fn says(who: &str, level: Option<Level>) -> String {
    match level {
        Some(level) if level >= Level::Warning => format!("{who} says ({}):", level.as_str()),
        _ => format!("{who} says:"),
    }
}

/// What is left: its category and message, or the data that it has.
fn named(crumb: &Breadcrumb, category: &str) -> Option<String> {
    let category = line(category, TEXT_CHARS_MAX);
    let said = logged(crumb, line(crumb.message.as_deref().unwrap_or_default(), TEXT_CHARS_MAX));
    let level = crumb.level.filter(|level| *level >= Level::Warning);
    let level = level.map(|level| format!(" ({})", level.as_str())).unwrap_or_default();
    match (category.as_str(), said) {
        ("", None) => None,
        ("", Some(said)) => Some(format!("Log{level}: {said}")),
        (category, None) => Some(format!("{category}{level}")),
        (category, Some(said)) => Some(format!("{category}{level}: {said}")),
    }
}

/// The message, or else the data in the order of its keys.
fn logged(crumb: &Breadcrumb, message: String) -> Option<String> {
    if !message.is_empty() {
        return Some(message);
    }
    let plain = |value: &Value| match value {
        Value::String(text) => Some(line(text, TEXT_CHARS_MAX)),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    };
    let pairs: Vec<String> = crumb
        .data
        .iter()
        .filter_map(|(key, value)| Some(format!("{} {}", line(key, TEXT_CHARS_MAX), plain(value)?)))
        .take(5)
        .collect();
    (!pairs.is_empty()).then(|| line(&pairs.join(", "), TEXT_CHARS_MAX))
}

fn text_of(crumb: &Breadcrumb, keys: &[&str]) -> Option<String> {
    let found = keys.iter().find_map(|key| crumb.data.get(*key)?.as_str());
    found.map(|text| line(text, TEXT_CHARS_MAX)).filter(|text| !text.is_empty())
}
