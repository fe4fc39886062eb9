//! What one item says of its transactions: each segment, and where the time below it went. Pure.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use crate::model::ids::{ProjectId, SpanId, TraceId};
use crate::model::span::{Span, SpanStatus};
use crate::store::keys::cut;

/// Longer names are counted under their beginnings.
pub(in crate::store) const NAME_BYTES_MAX: usize = 512;
const OP_BYTES_MAX: usize = 64;

pub(in crate::store) struct Segment<'a> {
    pub project: ProjectId,
    pub name: &'a str,
    pub op: &'a str,
    pub environment: &'a str,
    pub release: &'a str,
    pub trace: TraceId,
    pub span: SpanId,
    pub start_us: i64,
    pub duration_us: u64,
    pub is_failed: bool,
    pub weight: f32,
    /// (op, spans, microseconds that no span below them took).
    pub ops: Vec<(&'a str, u64, u64)>,
}

/// The segments among spans of one trace.
pub(in crate::store) fn segments<'a>(project: ProjectId, spans: &[&'a Span]) -> Vec<Segment<'a>> {
    let mut found = Vec::new();
    if !spans.iter().any(|span| span.is_segment) {
        return found;
    }
    let places: HashMap<SpanId, usize, FixedState> =
        spans.iter().enumerate().map(|(place, span)| (span.id, place)).collect();
    let parents: Vec<Option<usize>> =
        spans.iter().map(|span| span.parent.and_then(|parent| places.get(&parent).copied())).collect();
    let self_times = self_times(spans, &parents);
    let owners = owners(spans, &parents);
    let mut of_span: HashMap<usize, usize, FixedState> = HashMap::default();
    for (place, span) in spans.iter().enumerate().filter(|(_, span)| span.is_segment) {
        let name = if span.name.is_empty() { &span.op } else { &span.name };
        of_span.insert(place, found.len());
        found.push(Segment {
            project,
            name: cut(name, NAME_BYTES_MAX),
            op: cut(&span.op, OP_BYTES_MAX),
            environment: &span.environment,
            release: &span.release,
            trace: span.trace,
            span: span.id,
            start_us: span.start_us,
            duration_us: span.duration_us,
            is_failed: span.status == SpanStatus::Error,
            weight: span.weight,
            ops: Vec::new(),
        });
    }
    for (place, span) in spans.iter().enumerate() {
        let Some(segment) = owners[place].and_then(|owner| of_span.get(&owner)) else { continue };
        let ops = &mut found[*segment].ops;
        let op = cut(&span.op, OP_BYTES_MAX);
        match ops.iter_mut().find(|(known, ..)| *known == op) {
            Some((_, spans, self_us)) => {
                *spans += 1;
                *self_us += self_times[place];
            }
            None => ops.push((op, 1, self_times[place])),
        }
    }
    found
}

/// The nearest segment at or above each span. Who is below itself has none.
fn owners(spans: &[&Span], parents: &[Option<usize>]) -> Vec<Option<usize>> {
    const UNKNOWN: usize = usize::MAX;
    const NONE: usize = usize::MAX - 1;
    let mut owners = vec![UNKNOWN; spans.len()];
    let mut path = Vec::new();
    for start in 0..spans.len() {
        let mut at = start;
        let owner = loop {
            if owners[at] != UNKNOWN {
                break owners[at];
            }
            if spans[at].is_segment {
                break at;
            }
            // Until it is known: whoever comes by again has gone in a circle.
            owners[at] = NONE;
            path.push(at);
            match parents[at] {
                Some(parent) => at = parent,
                None => break NONE,
            }
        };
        owners[at] = if owners[at] == UNKNOWN { owner } else { owners[at] };
        for place in path.drain(..) {
            owners[place] = owner;
        }
    }
    owners.into_iter().map(|owner| (owner < NONE).then_some(owner)).collect()
}

/// What of each span's time no child took.
fn self_times(spans: &[&Span], parents: &[Option<usize>]) -> Vec<u64> {
    let mut children: Vec<(usize, i64, i64)> = parents
        .iter()
        .zip(spans)
        .filter_map(|(parent, span)| Some(((*parent)?, span.start_us, span.end_us())))
        .collect();
    children.sort_unstable();
    let mut taken = vec![0u64; spans.len()];
    let mut covered: Option<(usize, i64)> = None;
    for (parent, start, end) in children {
        let (from, until) = (spans[parent].start_us, spans[parent].end_us());
        let before = covered.filter(|(of, _)| *of == parent).map_or(from, |(_, until)| until);
        let (start, end) = (start.max(before), end.min(until));
        if end > start {
            taken[parent] += start.abs_diff(end);
        }
        covered = Some((parent, before.max(end)));
    }
    spans.iter().zip(taken).map(|(span, taken)| span.duration_us.saturating_sub(taken)).collect()
}

#[cfg(test)]
mod tests {
    use super::segments;
    use crate::model::ids::{ProjectId, SpanId, TraceId};
    use crate::model::span::{Span, SpanKind, SpanStatus};

    fn span(id: u8, parent: u8, op: &str, start_us: i64, duration_us: u64) -> Span {
        Span {
            trace: TraceId([1; 16]),
            id: SpanId([id; 8]),
            parent: (parent > 0).then_some(SpanId([parent; 8])),
            is_segment: false,
            op: op.to_owned(),
            name: format!("span {id}"),
            description: String::new(),
            status: SpanStatus::Unset,
            status_word: String::new(),
            kind: SpanKind::Internal,
            start_us,
            duration_us,
            service: String::new(),
            environment: String::new(),
            release: String::new(),
            transaction: String::new(),
            origin: String::new(),
            weight: 1.0,
            attributes: Vec::new(),
            links: Vec::new(),
        }
    }

    #[test]
    fn time_is_told_apart_by_op() {
        let mut spans = [
            span(1, 9, "http.server", 0, 100),
            // Two that run beside each other, and one inside of the first.
            span(2, 1, "db", 10, 30),
            span(3, 1, "db", 20, 40),
            span(4, 2, "cache", 15, 10),
            // A segment below has its own time.
            span(5, 1, "queue.process", 70, 20),
            span(6, 5, "db", 70, 5),
            // Children that go in a circle belong to nobody.
            span(7, 8, "lost", 0, 5),
            span(8, 7, "lost", 0, 5),
        ];
        spans[0].is_segment = true;
        spans[4].is_segment = true;
        let found = segments(ProjectId(1), &spans.iter().collect::<Vec<_>>());
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].ops, [("http.server", 1, 30), ("db", 2, 60), ("cache", 1, 10)]);
        assert_eq!(found[1].ops, [("queue.process", 1, 15), ("db", 1, 5)]);
    }

    #[test]
    fn a_deep_chain_is_no_trouble() {
        let mut spans: Vec<Span> = (0..20_000u64)
            .map(|n| {
                let mut span = span(1, 0, "db", 0, 1);
                span.id = SpanId((n + 1).to_be_bytes());
                span.parent = (n > 0).then(|| SpanId(n.to_be_bytes()));
                span
            })
            .collect();
        spans[0].is_segment = true;
        let found = segments(ProjectId(1), &spans.iter().rev().collect::<Vec<_>>());
        assert_eq!(found[0].ops, [("db", 20_000, 1)]);
    }
}
