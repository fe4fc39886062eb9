//! What is kept of a flood of spans: everything up to a bound, then a sample of traces, and always those that fail and the
//! slowest. Sums count all of it.
//!
//! In memory only. Whether a trace is in the sample follows from its id, so that what different services say of it is kept or
//! let go together.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use parking_lot::Mutex;

use crate::model::ids::{ProjectId, TraceId};
use crate::model::transaction::EXAMPLES_MAX;
use crate::store::records::Record;
use crate::store::transactions::segments::Segment;

/// Traces that are known to have failed lately.
const FAILING_MAX: usize = 20_000;
/// Transactions of a project whose slowest are known.
const NAMES_MAX: usize = 2_000;
const HOUR_US: i64 = 3_600_000_000;

pub(in crate::store) struct Flood {
    /// Spans and log records of one project that are kept in a minute before sampling begins.
    per_minute: AtomicU64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    windows: HashMap<ProjectId, Window>,
    failing: HashSet<TraceId>,
    /// The oldest first.
    order: VecDeque<TraceId>,
}

#[derive(Default)]
struct Window {
    minute: i64,
    received: u64,
    /// In the minute before.
    before: u64,
    /// By name: the hour, and its slowest durations, ascending.
    slowest: HashMap<String, (i64, Vec<u64>)>,
}

impl Default for Flood {
    fn default() -> Self {
        Self { per_minute: AtomicU64::new(u64::MAX), state: Mutex::default() }
    }
}

impl Flood {
    pub(in crate::store) fn set(&self, per_minute: u64) {
        self.per_minute.store(per_minute, Ordering::Relaxed);
    }

    /// Traces of errors are worth keeping: an SDK sends the error before the transaction that it happened in.
    pub(super) fn note_errors(&self, records: &[Record]) {
        let traces = records.iter().filter_map(|record| match record {
            Record::Event(record) => record.event.context("trace", "trace_id")?.parse().ok(),
            _ => None,
        });
        let mut state = self.state.lock();
        traces.for_each(|trace| state.note_failing(trace));
    }

    pub(super) fn keeps(
        &self,
        project: ProjectId,
        trace: TraceId,
        rows: usize,
        is_failing: bool,
        segments: &[Segment<'_>],
    ) -> bool {
        let now = Timestamp::now().as_second().div_euclid(60);
        self.keeps_at(now, project, trace, rows, is_failing, segments)
    }

    fn keeps_at(
        &self,
        minute: i64,
        project: ProjectId,
        trace: TraceId,
        rows: usize,
        is_failing: bool,
        segments: &[Segment<'_>],
    ) -> bool {
        let mut state = self.state.lock();
        if is_failing {
            state.note_failing(trace);
        }
        let fails = state.failing.contains(&trace);
        let window = state.windows.entry(project).or_default();
        if window.minute != minute {
            window.before = if window.minute + 1 == minute { window.received } else { 0 };
            (window.minute, window.received) = (minute, 0);
        }
        window.received += rows as u64;
        let mut is_slow = false;
        for segment in segments {
            // Each is remembered, not only the first that is slow.
            is_slow |= window.is_slow(segment);
        }
        let share =
            self.per_minute.load(Ordering::Relaxed) as f64 / window.received.max(window.before) as f64;
        fails || is_slow || place(trace) < share
    }
}

/// Between 0 and 1, the same for a trace whoever speaks of it: its last seven bytes, as OpenTelemetry samples by.
fn place(trace: TraceId) -> f64 {
    let low = u64::from_be_bytes(trace.0[8..].try_into().expect("eight bytes")) & 0x00ff_ffff_ffff_ffff;
    low as f64 / (1u64 << 56) as f64
}

impl State {
    fn note_failing(&mut self, trace: TraceId) {
        if self.failing.insert(trace) {
            self.order.push_back(trace);
        }
        while self.order.len() > FAILING_MAX {
            if let Some(oldest) = self.order.pop_front() {
                self.failing.remove(&oldest);
            }
        }
    }
}

impl Window {
    /// Whether it is among the slowest of its name in this hour so far.
    fn is_slow(&mut self, segment: &Segment<'_>) -> bool {
        let hour = segment.start_us.div_euclid(HOUR_US);
        if !self.slowest.contains_key(segment.name) {
            if self.slowest.len() >= NAMES_MAX {
                return false;
            }
            self.slowest.insert(segment.name.to_owned(), (hour, Vec::new()));
        }
        let Some((of, slowest)) = self.slowest.get_mut(segment.name) else { return false };
        if *of != hour {
            *of = hour;
            slowest.clear();
        }
        let at = slowest.partition_point(|duration| *duration < segment.duration_us);
        if slowest.len() == EXAMPLES_MAX {
            if at == 0 {
                return false;
            }
            slowest.remove(0);
            slowest.insert(at - 1, segment.duration_us);
        } else {
            slowest.insert(at, segment.duration_us);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::{FAILING_MAX, Flood};
    use crate::model::ids::{ProjectId, SpanId, TraceId};
    use crate::store::transactions::segments::Segment;

    fn trace(n: u64) -> TraceId {
        let mixed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        TraceId((u128::from(n + 1) << 64 | u128::from(mixed ^ (mixed >> 29))).to_be_bytes())
    }

    fn segment(duration_us: u64) -> Segment<'static> {
        Segment {
            project: ProjectId(1),
            name: "GET /",
            op: "http.server",
            environment: "",
            release: "",
            trace: trace(0),
            span: SpanId([1; 8]),
            start_us: 0,
            duration_us,
            is_failed: false,
            weight: 1.0,
            ops: Vec::new(),
        }
    }

    #[test]
    fn a_flood_leaves_a_sample_and_what_matters() {
        let flood = Flood::default();
        flood.set(1_000);
        let keeps = |minute, n, failing| flood.keeps_at(minute, ProjectId(1), trace(n), 1, failing, &[]);
        assert!((0..1_000).all(|n| keeps(0, n, false)), "below the bound everything is kept");
        let kept = |minute| (0..100_000).filter(|n| keeps(minute, *n, false)).count();
        let first = kept(1);
        assert!((1_000..8_000).contains(&first), "{first}: the bound, and a little while the rate is learnt");
        let second = kept(2);
        assert!((800..1_300).contains(&second), "{second}");
        assert!((0..1_000).all(|n| keeps(2, n, true)), "what fails is kept");
        assert!((0..1_000).all(|n| keeps(2, n, false)), "and what else is said of those traces");
        let slow =
            |duration| flood.keeps_at(2, ProjectId(1), TraceId([0xff; 16]), 1, false, &[segment(duration)]);
        assert!((1..=5).all(slow), "the first are the slowest so far");
        assert!(!slow(1) && slow(6) && !slow(2) && slow(9));
        assert!(
            flood.keeps_at(2, ProjectId(2), TraceId([0xff; 16]), 1, false, &[]),
            "another project is not flooded"
        );
        for n in 0..2 * FAILING_MAX as u64 {
            keeps(3, n, true);
        }
        assert_eq!(flood.state.lock().failing.len(), FAILING_MAX);
    }
}
