//! All that the caller may know of one trace: its spans, its errors, what was logged in it.

use serde::Deserialize;

use crate::api::Api;
use crate::api::error::Result;
use crate::api::side_by_side;
use crate::insight::trace::{Forest, TraceSpan};
use crate::lookup::{Asker, EventQuestion, find_events};
use crate::model::ids::{SpanId, TraceId};
use crate::model::issue::{EventRef, Issue};
use crate::model::query::{Leaf, Query};
use crate::model::short_id::short_id;
use crate::search::EventOrder;
use crate::store::{FoundLog, FoundSpan};

/// Spans of one trace that are shown.
pub const SPANS_MAX: usize = 20_000;
/// Errors of one trace that are shown, the newest.
const ERRORS_MAX: usize = 200;
/// Lines of the log that are shown.
const LOGS_MAX: usize = 1_000;

pub(super) struct Known {
    pub spans: Vec<FoundSpan>,
    /// There are more spans than these.
    pub is_cut: bool,
    pub errors: Vec<TraceError>,
    pub logs: Vec<FoundLog>,
}

/// An event that names the trace.
pub(super) struct TraceError {
    pub place: EventRef,
    pub span: Option<SpanId>,
    pub issue: Issue,
    pub short_id: String,
    pub slug: String,
}

/// As much of an event's JSON as says where in a trace it happened.
#[derive(Deserialize)]
struct Payload {
    contexts: Contexts,
}

#[derive(Deserialize)]
struct Contexts {
    trace: TraceContext,
}

#[derive(Deserialize)]
struct TraceContext {
    trace_id: String,
    #[serde(default)]
    span_id: Option<String>,
}

impl Known {
    pub fn forest(&self) -> Forest<'_> {
        Forest::of(self.spans.iter().map(|found| TraceSpan { project: found.project, span: &found.span }))
    }

    pub fn is_empty(&self) -> bool {
        self.spans.is_empty() && self.errors.is_empty() && self.logs.is_empty()
    }
}

impl TraceError {
    pub fn at_us(&self) -> i64 {
        self.place.timestamp.as_microsecond()
    }

    /// The row of its span.
    pub fn row(&self, forest: &Forest<'_>) -> Option<usize> {
        forest.row_of(self.place.project, self.span?)
    }
}

impl Api {
    pub(super) fn known_of(&self, trace: TraceId) -> Result<Known> {
        let mut stored = self.store.trace(trace, SPANS_MAX)?;
        stored.spans.retain(|found| self.sees(found.project));
        let mut logs = self.store.trace_logs(trace, LOGS_MAX)?;
        logs.retain(|found| self.sees(found.project));
        Ok(Known { spans: stored.spans, is_cut: stored.is_cut, errors: self.errors_of_trace(trace)?, logs })
    }

    /// By their time.
    fn errors_of_trace(&self, trace: TraceId) -> Result<Vec<TraceError>> {
        let named = Leaf::Tag { key: "trace".to_owned(), value: trace.to_string() };
        let question = EventQuestion {
            query: Query { tree: named.into() },
            asker: Asker { account: None, sees_people: false, visible: self.sight(), projects: self.sight() },
            environments: &[],
            issue: None,
            since: None,
            until: None,
        };
        let found = find_events(&self.store, &self.search, &question, EventOrder::Newest, None, ERRORS_MAX)?;
        let read = |hit: &crate::search::Hit| {
            let Some(place) = self.store.find_event_by_seq(hit.week.0, hit.seq)? else { return Ok(None) };
            self.trace_error(&place, trace)
        };
        let mut errors: Vec<TraceError> =
            side_by_side::each(&found.hits, read)?.into_iter().flatten().collect();
        errors.sort_by_key(|error| (error.place.timestamp, error.place.seq));
        Ok(errors)
    }

    /// `None` where the event is of another trace, or gone.
    pub(super) fn trace_error(&self, place: &EventRef, trace: TraceId) -> Result<Option<TraceError>> {
        if !self.sees(place.project) {
            return Ok(None);
        }
        let Some(stored) = self.store.read_event(place)? else { return Ok(None) };
        // An event may say anything there. Search knows the first half of an id only.
        let Ok(Payload { contexts }) = serde_json::from_slice::<Payload>(&stored.raw) else {
            return Ok(None);
        };
        if contexts.trace.trace_id.parse() != Ok(trace) {
            return Ok(None);
        }
        let span = contexts.trace.span_id.and_then(|id| id.to_ascii_lowercase().parse().ok());
        let place = self.shown(place);
        let (Some(issue), Some(project)) =
            (self.store.find_issue(place.issue)?, self.find_project(place.project))
        else {
            return Ok(None);
        };
        let short_id = short_id(&project, issue.number);
        Ok(Some(TraceError { place, span, issue, short_id, slug: project.slug.clone() }))
    }
}
