//! Values that come together are one finding, and one that is merely what another leaves over is none.
//!
//! The most telling comes first; each further one is held against those before it. Where it says no more within
//! them, or goes with one of them among the other events too, it is no finding of its own: if the same events have it, it is named
//! beside that one, else it is dropped, as `Chrome` is less frequent wherever `Safari` is more.

use crate::insight::differs::bounds::{
    ALIKE_MAX, ALPHA_WITHIN, CANDIDATES_MAX, JACCARD_MIN, NESTED_MIN, PER_KEY_MAX, PHI_MIN,
};
use crate::insight::differs::candidates::{Candidate, Of, matters, people};
use crate::insight::differs::weights::Weights;
use crate::insight::differs::{Comparison, Direction, Samples, keys};
use crate::insight::statistics::two_shares;

pub(super) struct Group {
    pub first: Candidate,
    pub alike: Vec<Candidate>,
}

/// `telling`: the most telling first.
pub(super) fn grouped(comparison: &Comparison, weights: &Weights, telling: Vec<Candidate>) -> Vec<Group> {
    let traces = comparison.traces.as_ref().map(|traces| Weights {
        failing: vec![1.0; traces.failing.len()],
        others: vec![1.0; traces.others.len()],
        loudest: 0,
    });
    let mut groups: Vec<Group> = Vec::new();
    for candidate in telling.into_iter().take(CANDIDATES_MAX) {
        let (samples, weights) = match (candidate.of, &comparison.traces, &traces) {
            (Of::Events(..), ..) => (&comparison.events, weights),
            (Of::Traces(..), Some(samples), Some(weights)) => (samples, weights),
            _ => {
                groups.push(Group { first: candidate, alike: Vec::new() });
                continue;
            }
        };
        let of = Held::of(samples, &candidate);
        let of_key: Vec<&Candidate> =
            groups.iter().map(|group| &group.first).filter(|first| first.key == candidate.key).collect();
        let is_left_over = of_key.len() >= PER_KEY_MAX
            || (!of_key.is_empty() && !of.says_more(&Held::of_all(samples, &of_key), weights));
        let mut place = None;
        let mut is_explained = is_left_over;
        for (index, group) in groups.iter().enumerate() {
            if !is_of_one(&group.first, &candidate) {
                continue;
            }
            let before = Held::of(samples, &group.first);
            let says_more = of.says_more(&before, weights);
            let goes_with = before.phi(&of, weights) >= PHI_MIN;
            let is_same_way = group.first.direction() == candidate.direction();
            let is_family = keys::is_of_one_family(&group.first.key, &candidate.key);
            let is_nested = is_family && group.first.key != candidate.key;
            if is_same_way && before.is_same(&of) && (goes_with || is_nested || !says_more) {
                place = place.or(Some(index));
            }
            // What a value has more of, others of its family have less of.
            is_explained |= !says_more || (is_family && !is_same_way);
        }
        match place {
            Some(index) => {
                let alike = &mut groups[index].alike;
                let is_named = alike.iter().any(|known| known.key == candidate.key);
                if alike.len() < ALIKE_MAX && !is_named && candidate.direction() == Direction::Over {
                    alike.push(candidate);
                }
            }
            None if is_explained => {}
            None => groups.push(Group { first: candidate, alike: Vec::new() }),
        }
    }
    groups
}

fn is_of_one(a: &Candidate, b: &Candidate) -> bool {
    matches!((a.of, b.of), (Of::Events(..), Of::Events(..)) | (Of::Traces(..), Of::Traces(..)))
}

/// Which of both samples have a value.
struct Held {
    failing: Vec<bool>,
    others: Vec<bool>,
}

impl Held {
    fn of(samples: &Samples, candidate: &Candidate) -> Self {
        Self::of_all(samples, &[candidate])
    }

    /// Any of several.
    fn of_all(samples: &Samples, candidates: &[&Candidate]) -> Self {
        let mut held =
            Self { failing: vec![false; samples.failing.len()], others: vec![false; samples.others.len()] };
        let values = candidates.iter().filter_map(|candidate| match candidate.of {
            Of::Events(key, value) | Of::Traces(key, value) => samples.keys.get(key)?.values.get(value),
            Of::Nowhere => None,
        });
        for value in values {
            for (held, listed) in [(&mut held.failing, &value.failing), (&mut held.others, &value.others)] {
                for index in listed {
                    if let Some(held) = held.get_mut(*index as usize) {
                        *held = true;
                    }
                }
            }
        }
        held
    }

    /// Whether failing and others differ by this value also among those that have the value `before`, or among those that
    /// have it not.
    fn says_more(&self, before: &Self, weights: &Weights) -> bool {
        [true, false].into_iter().any(|stratum| {
            let within = |held: &[bool], before: &[bool], weights: &[f64]| {
                let (mut hits, mut of) = (0.0, 0.0);
                for ((held, before), weight) in held.iter().zip(before).zip(weights) {
                    if *before == stratum {
                        of += weight;
                        hits += if *held { *weight } else { 0.0 };
                    }
                }
                people(hits, of)
            };
            let failing = within(&self.failing, &before.failing, &weights.failing);
            let others = within(&self.others, &before.others, &weights.others);
            let (p_value, _) = two_shares(failing, others);
            // Two strata are two questions.
            p_value * 2.0 <= ALPHA_WITHIN && matters((failing.rate(), others.rate()))
        })
    }

    /// How much both go together among the others, from −1 to 1.
    fn phi(&self, other: &Self, weights: &Weights) -> f64 {
        let (mut both, mut a, mut b, mut all) = (0.0, 0.0, 0.0, 0.0);
        for ((is_a, is_b), weight) in self.others.iter().zip(&other.others).zip(&weights.others) {
            all += weight;
            a += if *is_a { *weight } else { 0.0 };
            b += if *is_b { *weight } else { 0.0 };
            both += if *is_a && *is_b { *weight } else { 0.0 };
        }
        let spread = (a * b * (all - a) * (all - b)).sqrt();
        if spread > 0.0 { (all * both - a * b) / spread } else { 0.0 }
    }

    /// Whether the same failing events have both, or those of one are among those of the other.
    fn is_same(&self, other: &Self) -> bool {
        let (mut both, mut a, mut b) = (0_u32, 0_u32, 0_u32);
        for (is_a, is_b) in self.failing.iter().zip(&other.failing) {
            a += u32::from(*is_a);
            b += u32::from(*is_b);
            both += u32::from(*is_a && *is_b);
        }
        let either = f64::from(a + b - both).max(1.0);
        let rarer = f64::from(a.min(b)).max(1.0);
        f64::from(both) / either >= JACCARD_MIN || f64::from(both) / rarer >= NESTED_MIN
    }
}
