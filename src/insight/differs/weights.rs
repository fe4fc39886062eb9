//! How much each event counts: events of one person are one voice, and no other issue speaks for all the others.

use std::collections::HashMap;

use crate::insight::differs::bounds::{ISSUE_SHARE_MAX, MOMENT_MS};
use crate::insight::differs::{Sampled, Samples};

/// By the indexes of the samples.
#[derive(Debug, Clone, Default)]
pub(super) struct Weights {
    pub failing: Vec<f64>,
    pub others: Vec<f64>,
    /// Events of the loudest person among the failing ones.
    pub loudest: usize,
}

pub(super) fn of(samples: &Samples) -> Weights {
    let voices = voices(&samples.failing);
    let loudest =
        voices.iter().filter(|(voice, _)| matches!(voice, Voice::Person(_))).map(|(_, count)| *count);
    Weights {
        failing: one_voice_each(&samples.failing, &voices),
        others: capped(&samples.others, one_voice_each(&samples.others, &self::voices(&samples.others))),
        loudest: loudest.max().unwrap_or(0),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Voice {
    Person(u32),
    Moment(i64),
}

impl Voice {
    fn of(event: &Sampled) -> Self {
        if event.person == 0 {
            Self::Moment(event.at.div_euclid(MOMENT_MS))
        } else {
            Self::Person(event.person)
        }
    }
}

fn voices(events: &[Sampled]) -> HashMap<Voice, usize> {
    let mut voices = HashMap::new();
    for event in events {
        *voices.entry(Voice::of(event)).or_default() += 1;
    }
    voices
}

/// What somebody has in some of their events counts as a part of them.
fn one_voice_each(events: &[Sampled], voices: &HashMap<Voice, usize>) -> Vec<f64> {
    events.iter().map(|event| 1.0 / voices[&Voice::of(event)] as f64).collect()
}

fn capped(events: &[Sampled], mut weights: Vec<f64>) -> Vec<f64> {
    let mut by_issue: HashMap<u64, f64> = HashMap::new();
    for (event, weight) in events.iter().zip(&weights) {
        *by_issue.entry(event.issue).or_default() += weight;
    }
    let all: f64 = weights.iter().sum();
    let most = all * ISSUE_SHARE_MAX.max(1.0 / by_issue.len().max(1) as f64);
    for (event, weight) in events.iter().zip(&mut weights) {
        *weight *= (most / by_issue[&event.issue]).min(1.0);
    }
    weights
}

pub(super) fn sum(weights: &[f64], of: &[u32]) -> f64 {
    of.iter().filter_map(|index| weights.get(*index as usize)).sum()
}
