//! An event's trace, as far as it may hold the reason: the rows around its span, those that failed with their attributes, and what was logged.

use std::collections::BTreeSet;

use crate::findings::{Result, Sources};
use crate::insight::trace::{Forest, TraceSpan, answer_to, failing_row, flag, prune};
use crate::model::event::Event;
use crate::model::evidence::TracedSpan;
use crate::model::ids::{ProjectId, SpanId, TraceId};
use crate::model::span::LogRecord;

/// Spans of a trace that are read.
const READ_MAX: usize = 5_000;
/// Spans that are told.
const TOLD_MAX: usize = 60;
/// Spans that are read with their attributes, each by itself.
const WITH_ATTRIBUTES_MAX: usize = 12;
const LOGS_MAX: usize = 200;

#[derive(Default)]
pub struct Traced {
    pub spans: Vec<TracedSpan>,
    pub logs: Vec<LogRecord>,
}

impl Sources<'_> {
    pub(in crate::findings) fn trace_of(&self, project: ProjectId, event: &Event) -> Result<Traced> {
        let Some(trace) = event.context("trace", "trace_id").and_then(|id| id.parse::<TraceId>().ok()) else {
            return Ok(Traced::default());
        };
        let stored = self.store.trace(trace, READ_MAX)?;
        let seen = stored.spans.iter().filter(|found| (self.sees)(found.project));
        let mut forest =
            Forest::of(seen.map(|found| TraceSpan { project: found.project, span: &found.span }));
        let id =
            event.context("trace", "span_id").and_then(|id| id.to_ascii_lowercase().parse::<SpanId>().ok());
        let row = id.and_then(|id| forest.row_of(project, id));
        if let Some(row) = row {
            forest.pin_error(row);
        }
        let (forest, row) = prune(forest, row, TOLD_MAX);
        let spans = self.told(&forest, row, trace)?;
        let mut logs = self.store.trace_logs(trace, LOGS_MAX)?;
        logs.retain(|found| (self.sees)(found.project));
        Ok(Traced { spans, logs: logs.into_iter().map(|found| found.log).collect() })
    }

    fn told(&self, forest: &Forest<'_>, row: Option<usize>, trace: TraceId) -> Result<Vec<TracedSpan>> {
        let failing = row.map(|row| failing_row(forest, row));
        let answer = failing.and_then(|row| answer_to(forest, row));
        let failed = (0..forest.rows.len()).filter(|row| forest.rows[*row].is(flag::ERROR));
        let telling: BTreeSet<usize> =
            [row, failing, answer].into_iter().flatten().chain(failed).take(WITH_ATTRIBUTES_MAX).collect();
        let directory = self.store.directory();
        let mut told = Vec::new();
        for row in 0..forest.rows.len() {
            let Some(node) = forest.span(row) else { continue };
            let whole = if telling.contains(&row) { self.store.span(trace, node.span.id)? } else { None };
            let whole = whole.filter(|whole| whole.project == node.project).map(|whole| whole.span);
            let span = whole.unwrap_or_else(|| node.span.clone());
            let slug = || directory.projects.get(&node.project).map(|project| project.slug.clone());
            let service =
                if span.service.is_empty() { slug().unwrap_or_default() } else { span.service.clone() };
            told.push(TracedSpan { project: node.project, service, span });
        }
        Ok(told)
    }
}
