//! Every value that could differ, tested.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use crate::insight::differs::bounds::{
    COHENS_H_MIN, COVERAGE_MIN, HOUR_DAYS_MIN, HOUR_SHARE_MIN, PEOPLE_MIN, PLACE_SHARE_MIN, PLACES_MIN,
    POINTS_MIN, POINTS_SHOWN_MIN, TRACES_MIN,
};
use crate::insight::differs::weights::{Weights, sum};
use crate::insight::differs::{Against, Comparison, Direction, Healthy, KeyEvents, Sampled, Samples, keys};
use crate::insight::statistics::{Share, two_shares};

const HOUR_MS: i64 = 3_600_000;
const DAY_HOURS: i64 = 24;
/// Of two that tell as much, to so many parts of 1, what is there comes before what is missing, and then keys have an order.
const TELLING_STEPS: f64 = 25.0;

/// Where a candidate's events stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// Key and value among the events.
    Events(usize, usize),
    /// The same among the traces.
    Traces(usize, usize),
    Nowhere,
}

#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub of: Of,
    pub key: String,
    pub value: String,
    pub against: Against,
    /// As people are told.
    pub failing: Share,
    pub others: Share,
    /// As it is judged.
    pub rates: (f64, f64),
    pub p_value: f64,
}

impl Candidate {
    pub fn direction(&self) -> Direction {
        if self.rates.0 >= self.rates.1 { Direction::Over } else { Direction::Under }
    }

    pub fn matters(&self) -> bool {
        if self.key == "hour" {
            return self.rates.0 >= HOUR_SHARE_MIN && matters(self.rates);
        }
        let shown = self.failing.rate() - self.others.rate();
        let is_seen = shown * (self.rates.0 - self.rates.1).signum() >= POINTS_SHOWN_MIN;
        matters(self.rates) && is_seen
    }

    /// How much it tells, from 0 to 1: the share of a doubt between failing and other that knowing the value takes away
    /// (Jensen and Shannon's divergence).
    fn telling(&self) -> f64 {
        let (a, b) = self.rates;
        entropy(f64::midpoint(a, b)) - f64::midpoint(entropy(a), entropy(b))
    }

    /// The most telling first.
    pub fn by_telling(a: &Self, b: &Self) -> Ordering {
        let steps = |candidate: &Self| (candidate.telling() * TELLING_STEPS).round();
        steps(b)
            .total_cmp(&steps(a))
            .then_with(|| a.direction().cmp(&b.direction()))
            .then_with(|| keys::rank(&a.key).cmp(&keys::rank(&b.key)))
            .then_with(|| b.telling().total_cmp(&a.telling()))
            .then_with(|| (&a.key, &a.value).cmp(&(&b.key, &b.value)))
    }
}

/// In bits.
fn entropy(p: f64) -> f64 {
    let part = |p: f64| if p <= 0.0 { 0.0 } else { -p * p.log2() };
    part(p) + part(1.0 - p)
}

pub(super) fn matters((a, b): (f64, f64)) -> bool {
    (a - b).abs() >= POINTS_MIN && cohens_h(a, b).abs() >= COHENS_H_MIN
}

fn cohens_h(a: f64, b: f64) -> f64 {
    let angle = |p: f64| 2.0 * p.clamp(0.0, 1.0).sqrt().asin();
    angle(a) - angle(b)
}

/// People are whole.
pub(super) fn people(hits: f64, of: f64) -> Share {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "sums of weights, which are positive"
    )]
    let whole = |weight: f64| weight.round() as u64;
    Share::new(whole(hits), whole(of))
}

fn rate(hits: f64, of: f64) -> f64 {
    if of > 0.0 { (hits / of).clamp(0.0, 1.0) } else { 0.0 }
}

pub(super) fn of_events(comparison: &Comparison, weights: &Weights) -> Vec<Candidate> {
    let samples = &comparison.events;
    let mut found = Vec::new();
    for (index, key) in samples.keys.iter().enumerate() {
        if !keys::is_asked(&key.key, comparison.is_issue) {
            continue;
        }
        let Some(of) = Denominators::of(key, samples, weights) else { continue };
        let is_place = comparison.is_issue && keys::is_place(&key.key);
        if is_place && key.values.iter().filter(|value| !value.failing.is_empty()).count() < PLACES_MIN {
            continue;
        }
        let healthy = comparison.healthy.iter().find(|healthy| healthy.key == key.key && healthy.of > 0);
        for (number, value) in key.values.iter().enumerate() {
            let hits = (sum(&weights.failing, &value.failing), sum(&weights.others, &value.others));
            let candidate = Candidate {
                of: Of::Events(index, number),
                key: key.key.clone(),
                value: value.value.clone(),
                against: Against::Events,
                failing: Share::new(value.failing.len() as u64, of.failing.1),
                others: Share::new(value.others.len() as u64, of.others.1),
                rates: (rate(hits.0, of.failing.0), rate(hits.1, of.others.0)),
                p_value: 1.0,
            };
            let failing = people(hits.0, of.failing.0);
            if is_place && candidate.rates.0.min(candidate.failing.rate()) < PLACE_SHARE_MIN {
                continue;
            }
            match healthy {
                Some(healthy) => found.extend(against_healthy(candidate, failing, healthy)),
                None if hits.0 + hits.1 >= PEOPLE_MIN => {
                    let (p_value, _) = two_shares(failing, people(hits.1, of.others.0));
                    found.push(Candidate { p_value, ..candidate });
                }
                None => {}
            }
        }
    }
    found
}

/// What went well is the better control: other errors may have causes of their own.
fn against_healthy(candidate: Candidate, failing: Share, healthy: &Healthy) -> Option<Candidate> {
    let same = |(value, _): &&(String, u64)| value.eq_ignore_ascii_case(&candidate.value);
    let hits = healthy.values.iter().find(same).map_or(0, |(_, hits)| *hits);
    let others = Share::new(hits, healthy.of);
    let (p_value, _) = two_shares(failing, others);
    let rates = (candidate.rates.0, others.rate());
    ((failing.hits + hits) as f64 >= PEOPLE_MIN).then_some(Candidate {
        against: healthy.against,
        others,
        rates,
        p_value,
        ..candidate
    })
}

/// Those of which a key says something: (weight, events).
struct Denominators {
    failing: (f64, u64),
    others: (f64, u64),
}

impl Denominators {
    /// `None`: too few say anything.
    fn of(key: &KeyEvents, samples: &Samples, weights: &Weights) -> Option<Self> {
        if keys::absence_counts(&key.key) {
            let all = |weights: &[f64]| (weights.iter().sum::<f64>(), weights.len() as u64);
            return Some(Self { failing: all(&weights.failing), others: all(&weights.others) });
        }
        let is_covered = key.failing.len() as f64 >= COVERAGE_MIN * samples.failing.len() as f64;
        is_covered.then(|| Self {
            failing: (sum(&weights.failing, &key.failing), key.failing.len() as u64),
            others: (sum(&weights.others, &key.others), key.others.len() as u64),
        })
    }
}

/// Hours of the day. What is counted are hours that had any event, so that a burst is one.
pub(super) fn of_hours(comparison: &Comparison) -> Vec<Candidate> {
    let (failing, others) = (hours(&comparison.events.failing), hours(&comparison.events.others));
    let of_day = |hours: &HashSet<i64>| {
        let mut counts: HashMap<i64, u64> = HashMap::new();
        for hour in hours {
            *counts.entry(hour.rem_euclid(DAY_HOURS)).or_default() += 1;
        }
        counts
    };
    let days: HashSet<i64> = failing.iter().map(|hour| hour.div_euclid(DAY_HOURS)).collect();
    if days.len() < HOUR_DAYS_MIN {
        return Vec::new();
    }
    let (counts, usual) = (of_day(&failing), of_day(&others));
    let mut found: Vec<Candidate> = counts
        .into_iter()
        .filter(|(_, count)| *count >= HOUR_DAYS_MIN as u64)
        .map(|(hour, count)| {
            let failing = Share::new(count, failing.len() as u64);
            let others = Share::new(usual.get(&hour).copied().unwrap_or(0), others.len() as u64);
            let events = |events: &[Sampled]| {
                let here =
                    events.iter().filter(|event| event.at.div_euclid(HOUR_MS).rem_euclid(DAY_HOURS) == hour);
                Share::new(here.count() as u64, events.len() as u64)
            };
            Candidate {
                of: Of::Nowhere,
                key: "hour".to_owned(),
                value: hour.to_string(),
                against: Against::Events,
                failing: events(&comparison.events.failing),
                others: events(&comparison.events.others),
                rates: (failing.rate(), others.rate()),
                p_value: two_shares(failing, others).0,
            }
        })
        .collect();
    found.sort_by(|a, b| a.value.cmp(&b.value));
    found
}

fn hours(events: &[Sampled]) -> HashSet<i64> {
    events.iter().map(|event| event.at.div_euclid(HOUR_MS)).collect()
}

/// Traces are picked one by one, each of another moment: each counts in full.
pub(super) fn of_traces(traces: &Samples) -> Vec<Candidate> {
    let of = (traces.failing.len(), traces.others.len());
    if of.0.min(of.1) < TRACES_MIN {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (index, key) in traces.keys.iter().enumerate() {
        for (number, value) in key.values.iter().enumerate() {
            let failing = Share::new(value.failing.len() as u64, of.0 as u64);
            let others = Share::new(value.others.len() as u64, of.1 as u64);
            if (failing.hits + others.hits) as f64 >= PEOPLE_MIN {
                found.push(Candidate {
                    of: Of::Traces(index, number),
                    key: key.key.clone(),
                    value: value.value.clone(),
                    against: Against::Transactions,
                    failing,
                    others,
                    rates: (failing.rate(), others.rate()),
                    p_value: two_shares(failing, others).0,
                });
            }
        }
    }
    found
}
