//! Traces of failing events beside those of the same transaction that went well, by conditions of their spans.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::Timestamp;

use crate::findings::{Result, Sources};
use crate::insight::differs::bounds::TRACES_MIN;
use crate::insight::differs::{KeyEvents, Sampled, Samples, ValueEvents};
use crate::model::ids::TraceId;
use crate::model::issue::Issue;
use crate::model::span::SpanStatus;
use crate::store::{FoundSpan, TransactionStep};

/// Failing events that are read for their traces: the newest.
const FAILING_MAX: usize = 12;
const HEALTHY_MAX: usize = 12;
/// Spans of one trace that are looked at.
const SPANS_MAX: usize = 300;
/// Different conditions of one kind that one trace may bring.
const CONDITIONS_MAX: usize = 40;
const VALUE_BYTES_MAX: usize = 120;
/// A call that takes so long is one that people wait for.
const SLOW_US: u64 = 1_000_000;

const FAILED: &str = "span.failed";
const SLOW: &str = "span.slow";
const PRESENT: &str = "span.present";

/// Of one trace: what kind, and of what.
type Conditions = BTreeSet<(&'static str, String)>;

impl Sources<'_> {
    /// `None`: there are too few.
    pub(super) fn traces_of(&self, issue: &Issue, from: Timestamp, to: Timestamp) -> Result<Option<Samples>> {
        let (mut failing, mut seen) = (Vec::new(), HashSet::new());
        let mut name = None;
        for place in self.store.issue_events(issue.id, None, FAILING_MAX)? {
            let Some(stored) = self.reader.read(&place)? else { continue };
            let trace = stored.event.context("trace", "trace_id").and_then(|id| id.parse::<TraceId>().ok());
            let Some(trace) = trace.filter(|trace| seen.insert(*trace)) else { continue };
            let spans = self.spans(trace)?;
            let segment = spans.iter().find(|found| found.project == issue.project && found.span.is_segment);
            name = name.or_else(|| segment.map(|found| found.span.name.clone()));
            if !spans.is_empty() {
                failing.push((place.timestamp, conditions(&spans)));
            }
        }
        let Some(name) = name.filter(|_| failing.len() >= TRACES_MIN) else { return Ok(None) };
        let known = self.store.transactions(&[issue.project])?;
        let Some(transaction) = known.into_iter().find(|transaction| transaction.name == name) else {
            return Ok(None);
        };
        // Of each hour's slowest the least slow: nothing is remembered of those that are no example of anything.
        let hours = self.store.transaction_steps(transaction.id, None, TransactionStep::Hour, from, to)?;
        let mut healthy = Vec::new();
        for (_, stats) in hours.iter().rev() {
            let failed: HashSet<TraceId> = stats.failing.iter().map(|example| example.trace).collect();
            for example in stats.slowest.iter().rev() {
                if healthy.len() == HEALTHY_MAX
                    || failed.contains(&example.trace)
                    || !seen.insert(example.trace)
                {
                    continue;
                }
                let spans = self.spans(example.trace)?;
                let went_well = spans
                    .iter()
                    .all(|found| !found.span.is_segment || found.span.status != SpanStatus::Error);
                if !spans.is_empty() && went_well {
                    let at = Timestamp::from_microsecond(example.at_us).unwrap_or(to);
                    healthy.push((at, conditions(&spans)));
                }
            }
        }
        Ok((healthy.len() >= TRACES_MIN).then(|| samples(issue.id.0, &failing, &healthy)))
    }

    /// Those that the asker sees, by time.
    fn spans(&self, trace: TraceId) -> Result<Vec<FoundSpan>> {
        let mut spans = self.store.trace(trace, SPANS_MAX)?.spans;
        spans.retain(|found| (self.sees)(found.project));
        Ok(spans)
    }
}

fn conditions(spans: &[FoundSpan]) -> Conditions {
    let mut found = Conditions::new();
    for FoundSpan { span, .. } in spans {
        let name = if span.name.is_empty() { &span.op } else { &span.name };
        let name = name[..name.floor_char_boundary(VALUE_BYTES_MAX)].to_owned();
        let mut note = |kind: &'static str, value: String| {
            if found.iter().filter(|(known, _)| *known == kind).count() < CONDITIONS_MAX {
                found.insert((kind, value));
            }
        };
        if span.is_segment {
            continue;
        }
        if span.status == SpanStatus::Error {
            note(FAILED, name.clone());
        }
        if span.duration_us >= SLOW_US {
            note(SLOW, format!("{} over {} s", span.op, SLOW_US / 1_000_000));
        }
        note(PRESENT, name);
    }
    found
}

/// Of a condition's kind: in which of the failing and of the healthy traces each value was seen.
type Values<'a> = BTreeMap<&'a str, (Vec<u32>, Vec<u32>)>;

fn samples(issue: u64, failing: &[(Timestamp, Conditions)], healthy: &[(Timestamp, Conditions)]) -> Samples {
    let mut keys: BTreeMap<&str, Values<'_>> = BTreeMap::new();
    for (is_failing, traces) in [(true, failing), (false, healthy)] {
        for (index, (_, conditions)) in (0_u32..).zip(traces) {
            for (kind, value) in conditions {
                let lists = keys.entry(kind).or_default().entry(value).or_default();
                if is_failing { lists.0.push(index) } else { lists.1.push(index) }
            }
        }
    }
    let sampled = |(number, (at, _)): (u32, &(Timestamp, Conditions))| Sampled {
        person: number + 1,
        issue,
        at: at.as_millisecond(),
    };
    let all = |traces: &[(Timestamp, Conditions)]| {
        (0_u32..).zip(traces).map(|(index, _)| index).collect::<Vec<u32>>()
    };
    let key = |(key, values): (&str, Values<'_>)| KeyEvents {
        key: key.to_owned(),
        failing: all(failing),
        others: all(healthy),
        values: values
            .into_iter()
            .map(|(value, (failing, others))| ValueEvents { value: value.to_owned(), failing, others })
            .collect(),
    };
    Samples {
        failing: (0_u32..).zip(failing).map(sampled).collect(),
        others: (0_u32..).zip(healthy).map(sampled).collect(),
        keys: keys.into_iter().map(key).collect(),
    }
}
