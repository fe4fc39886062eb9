//! A trace judged: what belongs below what, whose clock differs, where the time went, and what an error in it comes down to. Spans
//! are written by whoever likes: parents may be missing, cyclic or later than their children. Nothing here recurses, and every step
//! is O(n log n).

use std::collections::HashMap;

use crate::insight::trace::tree::Tree;
use crate::model::ids::{ProjectId, SpanId};
use crate::model::span::{Span, SpanStatus};

mod critical_path;
mod gaps;
mod prune;
mod rows;
mod sentence;
mod skew;
#[cfg(test)]
mod story;
#[cfg(test)]
mod tests;
mod tree;
pub mod vitals;

pub use crate::insight::trace::prune::prune;
pub use crate::insight::trace::sentence::{Failure, answer_to, failing_row, http_status, sentence};

/// What is told of a row, as bits.
pub mod flag {
    /// The span failed, or an error happened in it.
    pub const ERROR: u32 = 1;
    /// The first of its service.
    pub const SEGMENT: u32 = 2;
    pub const CRITICAL: u32 = 4;
    /// Its parent never arrived.
    pub const ORPHAN: u32 = 8;
    /// No span: time that nothing tells about.
    pub const GAP: u32 = 16;
    /// Its times were shifted, since its service's clock differs.
    pub const SHIFTED: u32 = 32;
    /// It starts before its parent or ends after it.
    pub const BREAKS_OUT: u32 = 64;
    /// One of spans that were each other's parents.
    pub const CYCLE: u32 = 128;
}

/// Clocks of one machine are rounded differently by different SDKs: less is no breaking out.
const BREAKS_OUT_US_MIN: i64 = 1_000;

#[derive(Debug, Clone, Copy)]
pub struct TraceSpan<'a> {
    pub project: ProjectId,
    pub span: &'a Span,
}

/// What runs under one name in one project: it has one clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service<'a> {
    pub project: ProjectId,
    /// Empty where the project's name must do.
    pub name: &'a str,
    pub spans: usize,
    /// Spans that failed or had an error.
    pub errors: usize,
    /// What was added to its times.
    pub skew_us: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Index into the forest's spans; `None`: a gap.
    pub span: Option<u32>,
    /// Index into the rows.
    pub parent: Option<u32>,
    pub depth: u32,
    /// How many of the rows below belong to it.
    pub descendants: u32,
    /// Index into the services.
    pub service: u32,
    /// Microseconds since 1970, after correction of the clock.
    pub start_us: i64,
    pub duration_us: u64,
    /// What no child covers of it.
    pub self_us: u64,
    pub flags: u32,
}

/// A trace laid out: rows depth first, siblings by their beginning.
#[derive(Debug, Clone)]
pub struct Forest<'a> {
    /// Each once.
    pub spans: Vec<TraceSpan<'a>>,
    pub rows: Vec<Row>,
    pub services: Vec<Service<'a>>,
    /// Microseconds since 1970.
    pub start_us: i64,
    pub duration_us: i64,
    /// Sorted.
    places: Vec<(SpanId, ProjectId, u32)>,
}

impl Row {
    pub fn end_us(&self) -> i64 {
        self.start_us.saturating_add_unsigned(self.duration_us)
    }

    pub fn is(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }
}

impl<'a> Forest<'a> {
    pub fn of(spans: impl IntoIterator<Item = TraceSpan<'a>>) -> Self {
        let spans = tree::each_once(spans);
        let mut tree = Tree::of(&spans);
        let (mut services, service_of) = services(&spans);
        let shifts = skew::shifts(&spans, &tree, &service_of, services.len());
        for (service, shift) in services.iter_mut().zip(&shifts) {
            service.skew_us = (*shift != 0).then_some(*shift);
        }
        let starts: Vec<i64> = spans
            .iter()
            .zip(&service_of)
            .map(|(node, service)| node.span.start_us.saturating_add(shifts[*service as usize]))
            .collect();
        tree.sort_children(&spans, &starts);
        let critical = critical_path::critical_path(&spans, &tree, &starts);
        let rows = rows::rows(&rows::Laid {
            spans: &spans,
            tree: &tree,
            starts: &starts,
            service_of: &service_of,
            critical: &critical,
            shifts: &shifts,
        });
        for row in &rows {
            services[row.service as usize].errors += usize::from(row.is(flag::ERROR));
        }
        let start_us = rows.iter().map(|row| row.start_us).min().unwrap_or(0);
        let end_us = rows.iter().map(Row::end_us).max().unwrap_or(0);
        Self::with_rows(spans, rows, services, (start_us, end_us.saturating_sub(start_us)))
    }

    fn with_rows(
        spans: Vec<TraceSpan<'a>>,
        rows: Vec<Row>,
        services: Vec<Service<'a>>,
        (start_us, duration_us): (i64, i64),
    ) -> Self {
        let place = |(place, row): (u32, &Row)| {
            let node = spans[row.span? as usize];
            Some((node.span.id, node.project, place))
        };
        let mut places: Vec<_> = (0..).zip(&rows).filter_map(place).collect();
        places.sort_unstable();
        Self { spans, rows, services, start_us, duration_us, places }
    }

    /// Where a span is. Ids are unique in a trace, unless two projects sent the same: then that of the project is meant.
    pub fn row_of(&self, project: ProjectId, span: SpanId) -> Option<usize> {
        let from = self.places.partition_point(|place| place.0 < span);
        let mut same = self.places[from..].iter().take_while(|place| place.0 == span);
        let first = same.clone().next();
        same.find(|place| place.1 == project).or(first).map(|place| place.2 as usize)
    }

    /// An error happened in this row's span.
    pub fn pin_error(&mut self, row: usize) {
        let row = &mut self.rows[row];
        if !row.is(flag::ERROR) {
            row.flags |= flag::ERROR;
            self.services[row.service as usize].errors += 1;
        }
    }

    /// `None` for a gap.
    pub fn span(&self, row: usize) -> Option<TraceSpan<'a>> {
        self.rows[row].span.map(|span| self.spans[span as usize])
    }

    /// Which root it hangs from.
    pub fn root_of(&self, mut row: usize) -> usize {
        while let Some(parent) = self.rows[row].parent {
            row = parent as usize;
        }
        row
    }

    /// The rows right below one.
    pub fn children(&self, row: usize) -> impl Iterator<Item = usize> {
        let end = row + 1 + self.rows[row].descendants as usize;
        let mut next = row + 1;
        std::iter::from_fn(move || {
            let child = (next < end).then_some(next)?;
            next += 1 + self.rows[child].descendants as usize;
            Some(child)
        })
    }
}

/// In the order of their first span, and of each span which it is.
fn services<'a>(spans: &[TraceSpan<'a>]) -> (Vec<Service<'a>>, Vec<u32>) {
    let mut services = Vec::new();
    let mut known = HashMap::new();
    let of = spans.iter().map(|node| {
        let key = (node.project, node.span.service.as_str());
        let index = *known.entry(key).or_insert_with(|| {
            services.push(Service { project: node.project, name: key.1, spans: 0, errors: 0, skew_us: None });
            services.len() - 1
        });
        services[index].spans += 1;
        u32::try_from(index).unwrap_or(u32::MAX)
    });
    let of = of.collect();
    (services, of)
}

fn failed(span: &Span) -> bool {
    span.status == SpanStatus::Error
}
