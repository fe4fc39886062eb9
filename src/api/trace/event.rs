//! An issue's event in its trace: a sentence, and a waterfall small enough to stand beside the stack trace.

use crate::api::Api;
use crate::api::error::{ApiError, Result};
use crate::api::trace::json::{EventTraceJson, WhyNoTrace};
use crate::api::trace::known::Known;
use crate::api::trace::waterfall::pin;
use crate::digest::stored::StoredEvent;
use crate::insight::trace::{Failure, Forest, answer_to, failing_row, http_status, prune, sentence};
use crate::model::ids::{ProjectId, TraceId};

/// Rows of the small waterfall.
const ROWS_MAX: usize = 12;

impl Api {
    pub(super) fn event_trace_body(&self, project: ProjectId, id: &str) -> Result<Vec<u8>> {
        let stored = self.event(project, id)?;
        let trace = stored.event.context("trace", "trace_id").and_then(|id| id.parse::<TraceId>().ok());
        let json = match trace {
            None => serde_json::to_vec(&EventTraceJson::without(None, WhyNoTrace::NoTraceId)),
            Some(trace) => {
                let mut known = self.known_of(trace)?;
                self.add_own(&mut known, &stored, trace)?;
                serde_json::to_vec(&self.event_trace(&known, &stored, trace)?)
            }
        };
        json.map_err(|error| ApiError::internal(&error))
    }

    /// Search may not know the event yet, or know too many others.
    fn add_own(&self, known: &mut Known, stored: &StoredEvent, trace: TraceId) -> Result<()> {
        if !known.errors.iter().any(|error| error.place.seq == stored.place.seq) {
            known.errors.extend(self.trace_error(&stored.place, trace)?);
        }
        Ok(())
    }

    fn event_trace<'a>(
        &self,
        known: &'a Known,
        stored: &StoredEvent,
        trace: TraceId,
    ) -> Result<EventTraceJson<'a>> {
        let other_errors = known.errors.iter().filter(|error| error.place.seq != stored.place.seq).count();
        let mut forest = known.forest();
        if forest.rows.is_empty() {
            return Ok(EventTraceJson {
                other_errors,
                ..EventTraceJson::without(Some(trace), WhyNoTrace::NoSpans)
            });
        }
        pin(&mut forest, &known.errors);
        let span =
            stored.event.context("trace", "span_id").and_then(|id| id.to_ascii_lowercase().parse().ok());
        let row = span.and_then(|span| forest.row_of(stored.place.project, span));
        let sentence = self.sentence(&forest, row, stored, trace)?;
        let (forest, row) = prune(forest, row, ROWS_MAX);
        let mut waterfall = self.waterfall(trace, &forest, known);
        let own = stored.place.event_id.to_string();
        waterfall.errors.retain(|error| error.row >= 0 || error.event_id == own);
        Ok(EventTraceJson {
            trace_id: Some(trace.to_string()),
            sentence,
            why: None,
            waterfall: Some(waterfall),
            row: row.and_then(|row| i64::try_from(row).ok()).unwrap_or(-1),
            trace_span_count: known.spans.len(),
            other_errors,
        })
    }

    fn sentence(
        &self,
        forest: &Forest<'_>,
        row: Option<usize>,
        stored: &StoredEvent,
        trace: TraceId,
    ) -> Result<Option<String>> {
        let mut failing = row.map(|row| failing_row(forest, row));
        let mut status = match failing {
            Some(row) => self.status_of(forest, row, trace)?,
            None => String::new(),
        };
        if let Some(answer) = failing.and_then(|row| answer_to(forest, row)) {
            let answered = self.status_of(forest, answer, trace)?;
            if !answered.is_empty() {
                (failing, status) = (Some(answer), answered);
            }
        }
        let at_us = stored.place.timestamp.as_microsecond();
        let failure = Failure { row, failing, at_us, status: &status };
        Ok(sentence(forest, failure, &|service| self.service_name(service)))
    }
}

impl Api {
    /// How a row's span ended. The trace was read without attributes.
    fn status_of(&self, forest: &Forest<'_>, row: usize, trace: TraceId) -> Result<String> {
        let Some(node) = forest.span(row) else { return Ok(String::new()) };
        let whole = self.store.span(trace, node.span.id)?.filter(|whole| whole.project == node.project);
        Ok(http_status(whole.as_ref().map_or(node.span, |whole| &whole.span)))
    }
}

impl EventTraceJson<'_> {
    fn without(trace: Option<TraceId>, why: WhyNoTrace) -> Self {
        Self {
            trace_id: trace.map(|trace| trace.to_string()),
            sentence: None,
            why: Some(why),
            waterfall: None,
            row: -1,
            trace_span_count: 0,
            other_errors: 0,
        }
    }
}
