//! Of one event, what tells most of why: the frame where the team's own code failed, up to three breadcrumbs, and the span that failed,
//! each with a sentence. What stands between backticks is the event's own text, on one line and cut.

use serde::Serialize;
use utoipa::ToSchema;

use crate::insight::trace::{
    Failure, Forest, Service, TraceSpan, answer_to, failing_row, http_status, sentence,
};
use crate::insight::words;
use crate::model::event::{Event, Exception, Frame, Stacktrace};
use crate::model::evidence::TracedSpan;
use crate::model::ids::{ProjectId, SpanId};

mod crumbs;
#[cfg(test)]
mod tests;

pub use crate::insight::telling::crumbs::{CRUMBS_MAX, TellingCrumb};

/// Of a quoted text; the whole stands in the event.
const QUOTE_CHARS_MAX: usize = 120;

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct Telling {
    /// The frame's, the root cause's, the breadcrumbs' and the span's, in this order.
    pub sentences: Vec<String>,
    #[schema(required)]
    pub frame: Option<TellingFrame>,
    /// The most telling first.
    pub crumbs: Vec<TellingCrumb>,
    #[schema(required)]
    pub span: Option<TellingSpan>,
}

/// Both counted as in the event's JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TellingFrame {
    pub exception: usize,
    pub frame: usize,
    pub sentence: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TellingSpan {
    pub trace: String,
    pub span: String,
    pub sentence: String,
}

/// The trace that an event happened in.
pub struct Around<'a> {
    pub project: ProjectId,
    pub spans: &'a [TraceSpan<'a>],
    pub name_of: &'a dyn Fn(&Service<'_>) -> String,
}

/// The same, of a trace as `findings` gathers it.
pub fn telling_within(event: &Event, project: ProjectId, trace: &[TracedSpan]) -> Telling {
    let spans: Vec<TraceSpan<'_>> =
        trace.iter().map(|traced| TraceSpan { project: traced.project, span: &traced.span }).collect();
    let named = |traced: &TracedSpan, service: &Service<'_>| {
        (traced.project, traced.span.service.as_str()) == (service.project, service.name)
    };
    let name_of = |service: &Service<'_>| {
        let traced = trace.iter().find(|traced| named(traced, service));
        traced.map_or(service.name, |traced| traced.service.as_str()).to_owned()
    };
    telling(event, &Around { project, spans: &spans, name_of: &name_of })
}

pub fn telling(event: &Event, around: &Around<'_>) -> Telling {
    let mut sentences = Vec::new();
    let frame = frame_sentence(event);
    if let Some((_, sentence)) = &frame {
        sentences.push(sentence.clone());
    }
    sentences.extend(root_cause(event));
    let crumbs = crumbs::telling(event);
    sentences.extend(crumbs.iter().map(|crumb| crumb.sentence.clone()));
    let span = failing_span(event, around);
    sentences.extend(span.iter().map(|span| span.sentence.clone()));
    let frame = frame.and_then(|(place, sentence)| {
        let (exception, frame) = place?;
        Some(TellingFrame { exception, frame, sentence })
    });
    Telling { sentences, frame, crumbs, span }
}

/// The innermost frame of the team's own code: the root cause's before those of what it led to. By exception and frame; the
/// frame of a trace that belongs to no exception has no such place.
fn frame_sentence(event: &Event) -> Option<(Option<(usize, usize)>, String)> {
    if let Some((exception, index)) = own_frame(event) {
        let frame = event.exceptions[exception].stacktrace.as_ref()?.frames.get(index)?;
        return Some((Some((exception, index)), failed_at(frame)));
    }
    let traces = event.stacktrace.iter().chain(event.threads.iter().filter_map(|thread| {
        thread.stacktrace.as_ref().filter(|_| thread.crashed == Some(true) || thread.current == Some(true))
    }));
    let own =
        |trace: &Stacktrace| trace.frames.iter().rev().find(|frame| frame.in_app == Some(true)).cloned();
    traces.into_iter().find_map(own).map(|frame| (None, failed_at(&frame)))
}

/// Which frame it is, of an event's exceptions; where none is the team's own, the innermost of the root cause.
pub fn own_frame(event: &Event) -> Option<(usize, usize)> {
    let traces = || {
        let exceptions = event.exceptions.iter().enumerate();
        exceptions.filter_map(|(index, exception)| Some((index, exception.stacktrace.as_ref()?)))
    };
    let own = traces().find_map(|(index, trace)| {
        Some((index, trace.frames.iter().rposition(|frame| frame.in_app == Some(true))?))
    });
    own.or_else(|| traces().find_map(|(index, trace)| Some((index, trace.frames.len().checked_sub(1)?))))
}

/// `src/pay.ts:42`.
pub fn place_of(frame: &Frame) -> Option<String> {
    let file = frame.filename.as_ref().or(frame.abs_path.as_ref()).or(frame.module.as_ref())?;
    Some(frame.lineno.map_or_else(|| file.clone(), |line| format!("{file}:{line}")))
}

fn failed_at(frame: &Frame) -> String {
    let function = frame.function.as_deref().filter(|name| !name.is_empty());
    let mut text = match (function, place_of(frame)) {
        (Some(function), Some(place)) => format!("{} failed at {}", code(function), code(&place)),
        (Some(function), None) => format!("{} failed", code(function)),
        (None, Some(place)) => format!("It failed at {}", code(&place)),
        (None, None) => "It failed in a frame without a name".to_owned(),
    };
    if let Some(line) = frame.context_line.as_deref().map(str::trim).filter(|line| !line.is_empty()) {
        text.push_str(": ");
        text.push_str(&code(line));
    }
    text
}

fn root_cause(event: &Event) -> Option<String> {
    let [root, .., last] = event.exceptions.as_slice() else { return None };
    let named = |exception: &Exception| exception.kind.clone().or_else(|| exception.value.clone());
    let said = [root.kind.as_deref(), root.value.as_deref()].into_iter().flatten().collect::<Vec<_>>();
    if said.is_empty() {
        return None;
    }
    Some(format!("At its root is {}, which led to {}", code(&said.join(": ")), code(&named(last)?)))
}

fn failing_span(event: &Event, around: &Around<'_>) -> Option<TellingSpan> {
    let mut forest = Forest::of(around.spans.iter().copied());
    let id = event.context("trace", "span_id").and_then(|id| id.parse::<SpanId>().ok());
    let row = id.and_then(|id| forest.row_of(around.project, id));
    if let Some(row) = row {
        forest.pin_error(row);
    }
    let mut failing = row.map(|row| failing_row(&forest, row));
    let status_of = |row: usize| forest.span(row).map(|node| http_status(node.span)).unwrap_or_default();
    let mut status = failing.map(status_of).unwrap_or_default();
    if let Some(answer) = failing.and_then(|row| answer_to(&forest, row)) {
        let answered = status_of(answer);
        if !answered.is_empty() {
            (failing, status) = (Some(answer), answered);
        }
    }
    let failure = Failure { row, failing, at_us: event.timestamp.as_microsecond(), status: &status };
    let said = sentence(&forest, failure, around.name_of)?;
    let node = forest.span(failing?)?;
    Some(TellingSpan {
        trace: node.span.trace.to_string(),
        span: node.span.id.to_string(),
        sentence: words::sentence(&said),
    })
}

/// Between backticks, on one line and not for longer than a quote is.
fn code(text: &str) -> String {
    format!("`{}`", plain(text))
}

fn plain(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let text = words.collect::<Vec<_>>().join(" ").replace('`', "'");
    match text.char_indices().nth(QUOTE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
