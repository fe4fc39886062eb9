//! How an issue is called in lists: title, culprit and the few facts beside them, as Sentry derives them.
//!
//! Taken from one event after grouping, which leaves with it which exception of a group is the main one and
//! whether a rule gave a title: an event read back is called as it was when it came. Everything is short: at most `LINE_BYTES_MAX` for a line.

use std::borrow::Cow;

use crate::digest::grouping::functions::trim_function;
use crate::digest::grouping::{crash_frame, security};
use crate::model::event::{Event, EventKind, Exception, Frame, Object, Stacktrace};
use crate::model::grouping::{Headline, Metadata};

/// Bytes of a title, a culprit, a location.
pub const LINE_BYTES_MAX: usize = 200;
/// Bytes of the value in the metadata, which is shown below the title.
const VALUE_BYTES_MAX: usize = 1024;
/// Characters of a message that go into a title.
const TITLE_VALUE_CHARS_MAX: usize = 100;
const TYPE_BYTES_MAX: usize = 128;

/// Title, culprit and metadata of an event.
pub fn headline(event: &Event) -> Headline {
    let main = main_exception(event);
    let metadata = match (event.kind, main) {
        (_, Some(exception)) => error_metadata(event, exception),
        (_, None) => Metadata { title: Some(plain_title(event)), ..Metadata::default() },
    };
    let title = match &event.rule_title {
        Some(title) => title.clone(),
        None => title_of(&metadata),
    };
    Headline {
        title: cut(first_line(&title), LINE_BYTES_MAX),
        culprit: cut(first_line(&culprit(event)), LINE_BYTES_MAX),
        kind: event.kind,
        level: event.level,
        platform: event.platform.clone(),
        logger: event.logger.clone(),
        metadata,
        handled: handled(event, main),
    }
}

fn main_exception(event: &Event) -> Option<&Exception> {
    event.main_exception.and_then(|index| event.exceptions.get(index)).or(event.exceptions.last())
}

fn handled(event: &Event, main: Option<&Exception>) -> Option<bool> {
    let of = |exception: &Exception| exception.mechanism.as_ref()?.handled;
    main.and_then(of).or_else(|| event.exceptions.iter().rev().find_map(of))
}

fn error_metadata(event: &Event, exception: &Exception) -> Metadata {
    let named =
        |frame: &Frame| !matches!(frame.function.as_deref(), None | Some("" | "<redacted>" | "<unknown>"));
    let frame = crash_frame(event, named);
    let function = frame.and_then(|frame| {
        let function = frame.function.as_deref()?;
        let platform = frame.platform.as_deref().unwrap_or(&event.platform);
        let trimmed = if frame.raw_function.is_some() {
            Cow::Borrowed(function)
        } else {
            trim_function(function, platform)
        };
        Some(cut(&trimmed, LINE_BYTES_MAX))
    });
    let filename = frame.and_then(|frame| frame.filename.as_deref().or(frame.abs_path.as_deref()));
    let synthetic = exception.mechanism.as_ref().is_some_and(|m| m.synthetic == Some(true));
    let kind = exception.kind.as_deref().filter(|kind| !kind.is_empty() && !synthetic);
    Metadata {
        kind: kind.map(|kind| cut(kind, TYPE_BYTES_MAX)),
        value: exception
            .value
            .as_deref()
            .filter(|value| !value.is_empty())
            .map(|value| cut(value, VALUE_BYTES_MAX)),
        filename: filename.map(|filename| cut(filename, LINE_BYTES_MAX)),
        function,
        // A message that an SDK sent as an exception is a message.
        title: if exception.kind.is_none() { message_line(event).map(short) } else { None },
    }
}

fn title_of(metadata: &Metadata) -> String {
    let value = metadata.value.as_deref().map(first_line).filter(|line| !line.is_empty()).map(short);
    match (&metadata.kind, &metadata.title) {
        (Some(kind), _) => match value {
            Some(value) => format!("{kind}: {value}"),
            None => kind.clone(),
        },
        (None, Some(title)) => title.clone(),
        (None, None) => {
            let function = metadata.function.clone();
            function.or(value).unwrap_or_else(|| "<unknown>".to_owned())
        }
    }
}

fn message_line(event: &Event) -> Option<&str> {
    let entry = event.logentry.as_ref();
    let formatted = entry.and_then(|entry| entry.formatted.as_deref());
    let template = entry.and_then(|entry| entry.message.as_deref());
    let value = event.exceptions.last().and_then(|exception| exception.value.as_deref());
    let lines = [formatted, template, value].into_iter().flatten().map(|text| first_line(text.trim()));
    lines.into_iter().find(|line| !line.is_empty())
}

fn plain_title(event: &Event) -> String {
    let report = event.security.as_ref().filter(|_| event.kind != EventKind::Default);
    if let Some(title) = report.and_then(|report| report_title(event.kind, report)) {
        return title;
    }
    if event.kind == EventKind::Feedback {
        return feedback_title(event);
    }
    message_line(event).map_or_else(|| "<unlabeled event>".to_owned(), short)
}

/// Every feedback is an issue of its own: its words tell it from the others.
fn feedback_title(event: &Event) -> String {
    let said = event.context("feedback", "message").map(|text| first_line(text.trim()));
    match said.filter(|line| !line.is_empty()).or_else(|| message_line(event)) {
        Some(line) => format!("User Feedback: {}", short(line)),
        None => "User Feedback".to_owned(),
    }
}

fn report_title(kind: EventKind, report: &Object) -> Option<String> {
    let text = |key: &str| report.get(key).and_then(|value| value.as_str());
    let host = || text("hostname").unwrap_or("unknown host");
    match kind {
        EventKind::Csp => Some(csp_title(report)),
        EventKind::Hpkp => Some(format!("Public key pinning validation failed for '{}'", host())),
        EventKind::ExpectCt => Some(format!("Expect-CT failed for '{}'", host())),
        EventKind::ExpectStaple => Some(format!("Expect-Staple failed for '{}'", host())),
        _ => None,
    }
}

fn csp_title(report: &Object) -> String {
    let directive = security::effective_directive(report);
    let uri = security::blocked_uri(report);
    let noun = match directive {
        "img-src" => "image",
        "script-src-elem" | "script-src-attr" => "script",
        "style-src-elem" | "style-src-attr" => "style",
        other => other.strip_suffix("-src").unwrap_or(other),
    };
    match uri.as_str() {
        "'self'" | "inline:" | "eval:" if directive == "script-src" => {
            match (security::local_script_violation(report), &*uri) {
                (Some("unsafe-inline"), _) | (None, "inline:") => "Blocked unsafe inline 'script'".to_owned(),
                (Some("unsafe-eval"), _) | (None, "eval:") => "Blocked unsafe eval() 'script'".to_owned(),
                _ => "Blocked unsafe (eval() or inline) 'script'".to_owned(),
            }
        }
        "'self'" | "inline:" => format!("Blocked inline '{noun}'"),
        uri if directive == "child-src" => format!("Blocked 'child' source from '{uri}'"),
        uri if directive == "form-action" => format!("Blocked 'form' action to '{uri}'"),
        uri => format!("Blocked '{noun}' from '{uri}'"),
    }
}

/// What the sender said, else the transaction, else where the crash was: Sentry's order.
fn culprit(event: &Event) -> Cow<'_, str> {
    let given = [event.culprit.as_deref(), event.transaction.as_deref()];
    if let Some(given) = given.into_iter().flatten().find(|text| !text.is_empty()) {
        return Cow::Borrowed(given);
    }
    if let Some(report) = &event.security {
        return Cow::Borrowed(security::effective_directive(report));
    }
    let synthetic = |exception: &Exception| {
        exception.mechanism.as_ref().is_some_and(|mechanism| mechanism.synthetic == Some(true))
    };
    let stack = if event.exceptions.is_empty() {
        event.stacktrace.as_ref()
    } else if event.exceptions.last().is_some_and(synthetic) {
        return Cow::Borrowed("");
    } else {
        let stacks = event.exceptions.iter().rev().filter_map(|exception| exception.stacktrace.as_ref());
        stacks.into_iter().find(|stack| !stack.frames.is_empty())
    };
    if let Some(culprit) = stack.and_then(|stack| stack_culprit(stack, &event.platform)) {
        return Cow::Owned(culprit);
    }
    let url = event.request.as_ref().and_then(|request| request.url.as_deref());
    Cow::Borrowed(url.unwrap_or_default())
}

/// The in-app frame nearest to the crash that has a place, else the crash itself.
fn stack_culprit(stack: &Stacktrace, platform: &str) -> Option<String> {
    let mut fallback = None;
    for frame in stack.frames.iter().rev() {
        if frame.in_app == Some(true) {
            let culprit = frame_culprit(frame, platform);
            if culprit.is_some() {
                return culprit;
            }
        } else if fallback.is_none() {
            fallback = Some(frame);
        }
    }
    fallback.and_then(|frame| frame_culprit(frame, platform))
}

fn frame_culprit(frame: &Frame, platform: &str) -> Option<String> {
    let function = frame.function.as_deref().filter(|name| !name.is_empty()).unwrap_or("?");
    let place = frame.module.as_deref().filter(|module| !module.is_empty()).or(frame.filename.as_deref());
    match frame.platform.as_deref().unwrap_or(platform) {
        "objc" | "cocoa" | "native" => Some(function.to_owned()),
        "javascript" | "node" => place.map(|place| format!("{function}({place})")),
        _ => place.map(|place| format!("{place} in {function}")),
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// At most `TITLE_VALUE_CHARS_MAX` characters, the last three dots where there were more.
fn short(line: &str) -> String {
    match line.char_indices().nth(TITLE_VALUE_CHARS_MAX) {
        None => line.to_owned(),
        Some(_) => line.chars().take(TITLE_VALUE_CHARS_MAX - 3).chain("...".chars()).collect(),
    }
}

/// At most so many bytes, cut between characters.
fn cut(text: &str, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    let end = (0..=bytes_max - 3).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    format!("{}...", &text[..end])
}

#[cfg(test)]
mod tests;
