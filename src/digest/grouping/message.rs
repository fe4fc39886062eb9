//! The message of an event as grouping sees it.

use std::borrow::Cow;

use crate::digest::grouping::parameterize::parameterize;
use crate::model::event::Event;

/// Lines of a message that count, blank ones aside.
const LINES_MAX: usize = 2;

/// Without what is particular to one event.
pub(super) fn normalize_message(message: &str) -> Cow<'_, str> {
    match trim_lines(message) {
        Cow::Borrowed(text) => parameterize(text),
        Cow::Owned(text) => Cow::Owned(parameterize(&text).into_owned()),
    }
}

/// The first lines that are not blank; `...` tells that there was more, or only blank lines or another line end.
fn trim_lines(message: &str) -> Cow<'_, str> {
    let is_break = |c: char| {
        matches!(
            c,
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    };
    if !message.contains(is_break) && !message.trim().is_empty() {
        return Cow::Borrowed(message);
    }
    let lines = message.split(is_break).filter(|line| !line.trim().is_empty());
    let trimmed = lines.take(LINES_MAX).collect::<Vec<_>>().join("\n");
    if trimmed == message { Cow::Borrowed(message) } else { Cow::Owned(trimmed + "...") }
}

/// What `{{ message }}` stands for: the log message, else the value of the last exception.
pub(super) fn canonical_message(event: &Event) -> Option<&str> {
    let entry = event.logentry.as_ref();
    let formatted = entry.and_then(|entry| entry.formatted.as_deref());
    let template = entry.and_then(|entry| entry.message.as_deref());
    let value = event.exceptions.last().and_then(|exception| exception.value.as_deref());
    [formatted, template, value].into_iter().flatten().find(|message| !message.is_empty())
}

/// Whether a text is one of the event's messages, word for word.
pub(super) fn is_message_of(event: &Event, text: &str) -> bool {
    let entry = event.logentry.as_ref();
    let entry = entry.into_iter().flat_map(|entry| [entry.formatted.as_deref(), entry.message.as_deref()]);
    let values = event.exceptions.iter().map(|exception| exception.value.as_deref());
    entry.chain(values).flatten().any(|message| message == text)
}

#[cfg(test)]
mod tests {
    use super::normalize_message;

    #[test]
    fn two_lines_count() {
        let table = [
            ("one 1", "one <int>"),
            ("one\ntwo", "one\ntwo"),
            ("one\n\ntwo", "one\ntwo..."),
            ("one\ntwo\nthree", "one\ntwo..."),
            ("one\n", "one..."),
            ("one\r\ntwo", "one\ntwo..."),
        ];
        for (message, expected) in table {
            assert_eq!(normalize_message(message), expected, "{message:?}");
        }
    }
}
