//! What differs: values that are more, or less, frequent among some events (mostly an issue's: the *failing* ones) than
//! among others, and that is no accident of few events, of one loud user or of many values looked at.
//!
//! Samples in, findings out. People are compared, not events (`weights`); a value must matter and be significant after
//! correction over all values looked at (`candidates`); values that come together are one finding (`confounded`); what grouping
//! makes the same for every event of an issue says nothing (`keys`). Every threshold stands in `bounds`.

use jiff::Timestamp;

use crate::insight::statistics::{Share, holm};

pub mod bounds;
mod candidates;
mod confounded;
pub mod keys;
mod weights;
pub mod words;

use bounds::{ALPHA, FINDINGS_MAX};
use candidates::Candidate;

/// An event, or a trace, of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sampled {
    /// Tells people apart; 0: nobody is named.
    pub person: u32,
    /// Tells issues apart.
    pub issue: u64,
    /// Milliseconds since 1970.
    pub at: i64,
}

/// Which events of both samples have a value: indexes, ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueEvents {
    pub value: String,
    pub failing: Vec<u32>,
    pub others: Vec<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyEvents {
    pub key: String,
    /// Those that say anything of the key; not each of its values need be listed.
    pub failing: Vec<u32>,
    pub others: Vec<u32>,
    pub values: Vec<ValueEvents>,
}

/// Two samples and what they have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Samples {
    pub failing: Vec<Sampled>,
    pub others: Vec<Sampled>,
    pub keys: Vec<KeyEvents>,
}

/// What the failing ones are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Against {
    Events,
    Sessions,
    Transactions,
}

/// What went well, by the values of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Healthy {
    pub against: Against,
    pub key: String,
    pub values: Vec<(String, u64)>,
    pub of: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// Whether the failing ones are an issue's, so that grouping has made some values the same for all.
    pub is_issue: bool,
    pub from: Timestamp,
    pub to: Timestamp,
    pub events: Samples,
    /// How many there are in all.
    pub failing: u64,
    pub others: u64,
    /// Not every event was looked at.
    pub sampled: bool,
    pub healthy: Vec<Healthy>,
    /// The traces of failing events beside those that went well, by conditions of their spans.
    pub traces: Option<Samples>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    Over,
    Under,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    pub key: String,
    pub label: String,
    pub value: String,
    pub direction: Direction,
    pub failing: Share,
    pub others: Share,
    pub against: Against,
    /// `None`: none of the others has it.
    pub ratio: Option<f64>,
    /// After correction over all values that were tested.
    pub p_value: f64,
    pub sentence: String,
    /// Finds events with the value.
    pub query: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    pub difference: Difference,
    /// Said by the same events: the most telling first.
    pub alike: Vec<Difference>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Differs {
    /// Why nothing can be said.
    pub too_few: Option<String>,
    /// Values that were tested.
    pub checked: usize,
    /// The most telling first.
    pub findings: Vec<Finding>,
}

/// What the failing ones have that others have not, or the other way round.
pub fn differences(comparison: &Comparison) -> Differs {
    let weights = weights::of(&comparison.events);
    if let Some(sentence) = words::too_few(comparison, &weights) {
        return Differs { too_few: Some(sentence), checked: 0, findings: Vec::new() };
    }
    let mut tested = candidates::of_events(comparison, &weights);
    tested.extend(candidates::of_hours(comparison));
    correct(&mut tested);
    if let Some(traces) = &comparison.traces {
        // A few questions of their own, which must not be lost among hundreds.
        let mut of_traces = candidates::of_traces(traces);
        correct(&mut of_traces);
        tested.append(&mut of_traces);
    }
    let checked = tested.len();
    let mut telling: Vec<Candidate> =
        tested.into_iter().filter(|candidate| candidate.p_value <= ALPHA && candidate.matters()).collect();
    telling.sort_by(Candidate::by_telling);
    let mut grouped = confounded::grouped(comparison, &weights, telling);
    grouped.truncate(FINDINGS_MAX);
    let findings = grouped.into_iter().map(|group| Finding {
        difference: words::difference(comparison, &group.first),
        alike: group.alike.iter().map(|candidate| words::difference(comparison, candidate)).collect(),
    });
    Differs { too_few: None, checked, findings: findings.collect() }
}

fn correct(family: &mut [Candidate]) {
    let corrected = holm(&family.iter().map(|candidate| candidate.p_value).collect::<Vec<_>>());
    family.iter_mut().zip(corrected).for_each(|(candidate, p_value)| candidate.p_value = p_value);
}

#[cfg(test)]
mod tests;
