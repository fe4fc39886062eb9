//! The chain of exceptions, their frames with the source that is shown of them, and local variables.

use std::fmt::Write as _;

use crate::explain::evidence::draft::{Drafts, Rank};
use crate::insight::telling::own_frame;
use crate::model::event::{Event, Exception, Frame, Stacktrace};
use crate::model::explanation::{FactKind, FactPlace};

/// Of a chain, from the root cause.
const EXCEPTIONS_MAX: usize = 20;
/// The first of a chain and the last tell it; what is between wraps.
const CHAIN_TELLING_MAX: usize = 3;
const MESSAGE_CHARS_MAX: usize = 500;
/// Of all exceptions and threads.
const FRAMES_MAX: usize = 250;
/// Of the team's own code, after the innermost: how it came there.
const OWN_SUPPORTING_MAX: usize = 6;
const SOURCE_CHARS_MAX: usize = 140;
/// Lines of source before and after the one that failed; SDKs send five.
const SOURCE_LINES_MAX: usize = 5;
const NAME_CHARS_MAX: usize = 160;
/// Variables of one frame.
const LOCALS_MAX: usize = 30;
/// Of the innermost own frame's, those that its line names.
const LOCALS_TELLING_MAX: usize = 6;
const LOCAL_CHARS_MAX: usize = 240;

pub fn exceptions(drafts: &mut Drafts<'_>, event: &Event) {
    let count = event.exceptions.len();
    for (index, exception) in event.exceptions.iter().enumerate().take(EXCEPTIONS_MAX) {
        let rank = if index < CHAIN_TELLING_MAX || index + 1 == count { Rank::Decisive } else { Rank::Broad };
        let mut text = said(drafts, exception);
        if count > 1 && index == 0 {
            text.push_str("\n(the root cause)");
        } else if count > 1 && index + 1 == count {
            text.push_str("\n(what surfaced)");
        }
        if let Some(mechanism) = &exception.mechanism
            && mechanism.handled == Some(false)
        {
            text.push_str("\nnobody caught it");
        }
        let place = Some(FactPlace::Exception { exception: index });
        drafts.add(rank, FactKind::Exception, &(index + 1).to_string(), &text, place);
    }
    let message =
        event.logentry.as_ref().and_then(|entry| entry.formatted.as_deref().or(entry.message.as_deref()));
    if let Some(message) = message.filter(|message| !message.trim().is_empty()) {
        let rank = if count == 0 { Rank::Decisive } else { Rank::Supporting };
        let text = format!("logged message: {}", drafts.text(message, MESSAGE_CHARS_MAX));
        drafts.add(
            rank,
            FactKind::Exception,
            "message",
            &text,
            Some(FactPlace::Section { name: "message".to_owned() }),
        );
    }
}

fn said(drafts: &mut Drafts<'_>, exception: &Exception) -> String {
    let kind = exception.kind.as_deref().map(|kind| drafts.line(kind, NAME_CHARS_MAX));
    let value = exception.value.as_deref().map(|value| drafts.text(value, MESSAGE_CHARS_MAX));
    match (kind, value) {
        (Some(kind), Some(value)) => format!("{kind}: {value}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => "an exception without type and message".to_owned(),
    }
}

/// Numbered from the crash, exceptions root cause first, then what belongs to none.
pub fn frames(drafts: &mut Drafts<'_>, event: &Event) {
    let decisive = own_frame(event);
    let exceptions = event
        .exceptions
        .iter()
        .enumerate()
        .filter_map(|(index, exception)| Some((Some(index), exception.stacktrace.as_ref()?)));
    let crashed =
        event.threads.iter().filter(|thread| thread.crashed == Some(true) || thread.current == Some(true));
    let other = event.stacktrace.iter().chain(crashed.filter_map(|thread| thread.stacktrace.as_ref()));
    let mut walk = Walk { number: 0, own: 0, decisive };
    for (exception, trace) in exceptions.chain(other.map(|trace| (None, trace))) {
        walk.trace(drafts, exception, trace);
    }
}

struct Walk {
    number: usize,
    /// Frames of the team's own code so far.
    own: usize,
    decisive: Option<(usize, usize)>,
}

impl Walk {
    fn trace(&mut self, drafts: &mut Drafts<'_>, exception: Option<usize>, trace: &Stacktrace) {
        for (index, frame) in trace.frames.iter().enumerate().rev() {
            if self.number == FRAMES_MAX {
                return;
            }
            self.number += 1;
            let is_own = frame.in_app == Some(true);
            self.own += usize::from(is_own);
            let is_decisive = match (self.decisive, exception) {
                (Some(decisive), Some(exception)) => decisive == (exception, index),
                (None, None) => is_own && self.own == 1,
                _ => false,
            };
            let rank = match (is_decisive, is_own) {
                (true, _) => Rank::Decisive,
                (false, true) if self.own <= OWN_SUPPORTING_MAX => Rank::Supporting,
                (false, true) => Rank::Broad,
                // What threw, called by the own code.
                (false, false) if self.number == 1 => Rank::Supporting,
                (false, false) => Rank::Remote,
            };
            let place = exception.map_or_else(
                || FactPlace::Section { name: "stacktrace".to_owned() },
                |exception| FactPlace::Frame { exception, frame: index },
            );
            let text = frame_text(drafts, frame, is_own);
            drafts.add(rank, FactKind::Frame, &self.number.to_string(), &text, Some(place.clone()));
            locals(drafts, frame, self.number, is_decisive, rank, &place);
        }
    }
}

fn frame_text(drafts: &mut Drafts<'_>, frame: &Frame, is_own: bool) -> String {
    let function = frame.function.as_deref().filter(|name| !name.is_empty()).unwrap_or("an unnamed function");
    let mut text = drafts.name(function, NAME_CHARS_MAX);
    let file = frame
        .filename
        .as_ref()
        .or(frame.abs_path.as_ref())
        .or(frame.module.as_ref())
        .or(frame.package.as_ref());
    if let Some(file) = file {
        text.push_str(" at ");
        text.push_str(&drafts.name(file, NAME_CHARS_MAX));
        if let Some(line) = frame.lineno {
            let _ = write!(text, ":{line}");
        }
    }
    if !is_own {
        text.push_str(" (library)");
    }
    let Some(context) = &frame.context_line else { return text };
    let own_lines = if is_own { SOURCE_LINES_MAX } else { 0 };
    let before = &frame.pre_context[frame.pre_context.len().saturating_sub(own_lines)..];
    let after = &frame.post_context[..frame.post_context.len().min(own_lines)];
    let first = frame.lineno.map(|line| line.saturating_sub(before.len() as u64));
    let lines = before.iter().chain([context]).chain(after);
    for (index, line) in lines.enumerate() {
        let mark = if index == before.len() { ">" } else { " " };
        let number = first.map(|first| format!("{:>5} ", first + index as u64)).unwrap_or_default();
        let line = drafts.redactor.redact_source(line);
        let line = crate::explain::evidence::draft::cut(line.trim_end(), SOURCE_CHARS_MAX);
        let _ = write!(text, "\n{mark}{number}| {line}");
    }
    text
}

fn locals(
    drafts: &mut Drafts<'_>,
    frame: &Frame,
    number: usize,
    is_decisive: bool,
    rank: Rank,
    place: &FactPlace,
) {
    let line = frame.context_line.as_deref().unwrap_or_default();
    let is_named = |name: &str| is_word_of(line, name);
    // What Python sets in every module says nothing of this one.
    let is_runtimes = |name: &str| name.starts_with("__") && name.ends_with("__") && !is_named(name);
    let mut vars: Vec<_> = frame.vars.iter().filter(|(name, _)| !is_runtimes(name)).collect();
    // Those that the failing line names first; the rest by name, as they are kept.
    vars.sort_by_key(|(name, _)| !is_named(name));
    for (at, (name, value)) in vars.into_iter().take(LOCALS_MAX).enumerate() {
        let shown = drafts.line(name, NAME_CHARS_MAX);
        let text = format!("{shown} = {}", drafts.value(name, value, LOCAL_CHARS_MAX));
        let rank = match rank {
            _ if is_decisive && is_named(name) && at < LOCALS_TELLING_MAX => Rank::Telling,
            _ if is_decisive => Rank::Supporting,
            Rank::Remote => Rank::Remote,
            _ => Rank::Broad,
        };
        drafts.add(rank, FactKind::Local, &format!("{number}.{name}"), &text, Some(place.clone()));
    }
}

fn is_word_of(line: &str, name: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '$';
    !name.is_empty() && line.split(|letter| !is_part(letter)).any(|word| word == name)
}
