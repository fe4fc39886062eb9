//! Makes Sentry's shapes of a trace.

use std::collections::BTreeMap;

use crate::api::Api;
use crate::api::error::{ApiError, Result};
use crate::api::trace::known::{Known, TraceError};
use crate::api::trace::sentry_json::{SentrySpan, SentryTraceError, SentryTraceItem, SentryTraceMeta};
use crate::api::trace::waterfall::time;
use crate::api::when;
use crate::insight::trace::{Forest, Row, TraceSpan};
use crate::model::ids::TraceId;

/// JSON that is nested deeper is read by few. Spans further down stand side by side below the last one.
const DEPTH_MAX: u32 = 100;

impl Api {
    pub(super) fn sentry_trace(&self, trace: TraceId) -> Result<Vec<SentryTraceItem>> {
        let known = self.known_of(trace)?;
        if known.is_empty() {
            return Err(ApiError::not_found());
        }
        let forest = known.forest();
        let (mut pinned, unknown) = sentry_errors(&forest, &known);
        let spans = self.nested(&forest, &mut pinned);
        let spans = spans.into_iter().map(|span| SentryTraceItem::Span(Box::new(span)));
        Ok(spans.chain(unknown.into_iter().map(SentryTraceItem::Error)).collect())
    }

    pub(super) fn sentry_trace_meta(&self, trace: TraceId) -> Result<SentryTraceMeta> {
        let known = self.known_of(trace)?;
        if known.is_empty() {
            return Err(ApiError::not_found());
        }
        let mut span_count_map = BTreeMap::new();
        for found in &known.spans {
            *span_count_map.entry(found.span.op.clone()).or_insert(0) += 1;
        }
        Ok(SentryTraceMeta {
            errors: known.errors.len(),
            performance_issues: 0,
            span_count: known.spans.len(),
            span_count_map,
            transaction_child_count_map: [],
            logs: known.logs.len(),
        })
    }

    /// The roots with all below them. From the last row to the first, so that children are there before their parent.
    fn nested(
        &self,
        forest: &Forest<'_>,
        errors: &mut BTreeMap<usize, Vec<SentryTraceError>>,
    ) -> Vec<SentrySpan> {
        let hangs_from = hangs_from(&forest.rows);
        let mut below: BTreeMap<usize, Vec<SentrySpan>> = BTreeMap::new();
        let mut roots = Vec::new();
        for (index, row) in forest.rows.iter().enumerate().rev() {
            let Some(node) = forest.span(index) else { continue };
            let mut children = below.remove(&index).unwrap_or_default();
            children.reverse();
            let span = SentrySpan {
                children,
                errors: errors.remove(&index).unwrap_or_default(),
                ..self.sentry_span(node, row)
            };
            match hangs_from[index] {
                Some(parent) => below.entry(parent).or_default().push(span),
                None => roots.push(span),
            }
        }
        roots.reverse();
        roots
    }

    fn sentry_span(&self, TraceSpan { project, span }: TraceSpan<'_>, row: &Row) -> SentrySpan {
        SentrySpan {
            event_id: span.id.to_string(),
            event_type: "span",
            children: Vec::new(),
            errors: Vec::new(),
            occurrences: [],
            op: span.op.clone(),
            name: span.name.clone(),
            description: span.description.clone(),
            transaction: span.transaction.clone(),
            transaction_id: String::new(),
            is_transaction: span.is_segment,
            parent_span_id: span.parent.map(|id| id.to_string()),
            project_id: project.0,
            project_slug: self.slug_of(project),
            profile_id: "",
            profiler_id: "",
            sdk_name: "",
            start_timestamp: time(row.start_us),
            end_timestamp: time(row.end_us()),
            duration: row.duration_us as f64 / 1_000.0,
            measurements: BTreeMap::new(),
            additional_attributes: BTreeMap::new(),
        }
    }
}

/// Below which row each stands, where nothing stands deeper than the bound.
fn hangs_from(rows: &[Row]) -> Vec<Option<usize>> {
    // Which row takes what is below each one.
    let mut takes: Vec<usize> = Vec::with_capacity(rows.len());
    let mut hangs_from = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        let from = row.parent.map(|parent| takes[parent as usize]);
        hangs_from.push(from);
        takes.push(from.filter(|_| row.depth > DEPTH_MAX).unwrap_or(index));
    }
    hangs_from
}

/// By the row of their span, and those whose span is unknown.
fn sentry_errors(
    forest: &Forest<'_>,
    known: &Known,
) -> (BTreeMap<usize, Vec<SentryTraceError>>, Vec<SentryTraceError>) {
    let (mut pinned, mut unknown) = (BTreeMap::new(), Vec::new());
    for error in &known.errors {
        match error.row(forest) {
            Some(row) => pinned.entry(row).or_insert_with(Vec::new).push(sentry_error(error)),
            None => unknown.push(sentry_error(error)),
        }
    }
    (pinned, unknown)
}

fn sentry_error(error: &TraceError) -> SentryTraceError {
    let headline = &error.issue.headline;
    SentryTraceError {
        event_id: error.place.event_id.to_string(),
        event_type: "error",
        issue_id: error.place.issue.0,
        level: headline.level.as_str().to_owned(),
        title: headline.title.clone(),
        description: headline.title.clone(),
        transaction: headline.culprit.clone(),
        project_id: error.place.project.0,
        project_slug: error.slug.clone(),
        start_timestamp: when(error.place.timestamp),
    }
}

#[cfg(test)]
mod tests {
    use super::{DEPTH_MAX, hangs_from};
    use crate::insight::trace::Row;

    #[test]
    fn what_is_deeper_than_the_bound_stands_side_by_side() {
        let row = |depth: u32| Row {
            span: Some(depth),
            parent: depth.checked_sub(1),
            depth,
            descendants: 0,
            service: 0,
            start_us: 0,
            duration_us: 0,
            self_us: 0,
            flags: 0,
        };
        let rows: Vec<Row> = (0..=DEPTH_MAX + 50).map(row).collect();
        let found = hangs_from(&rows);
        let last = DEPTH_MAX as usize;
        assert_eq!((found[0], found[1], found[last]), (None, Some(0), Some(last - 1)));
        assert!(found[last + 1..].iter().all(|from| *from == Some(last)));
    }
}
