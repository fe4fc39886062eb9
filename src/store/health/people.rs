//! Who had sessions in an hour or a day, and whose went wrong: sets of hashes, each exact while it is small and a sketch
//! beyond. Who they were is not kept.

use crate::model::health::Outcomes;
use crate::store::crowd::{Crowd, Gathered};

/// People that are told apart in one row.
pub const PEOPLE_EXACT_MAX: usize = 10_000;
/// All of them, then those of errored, crashed, abnormal and unhandled sessions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct People([Crowd; 5]);

impl People {
    /// Somebody had sessions that ended so. To be settled before it is anything else.
    pub(super) fn note(&mut self, hash: u64, counts: &Outcomes) {
        let [_, went_wrong @ ..] = counts.each();
        let is_in = [true].into_iter().chain(went_wrong.into_iter().map(|count| count > 0));
        for (crowd, is_in) in self.0.iter_mut().zip(is_in) {
            if let Crowd::Few(few) = crowd
                && is_in
            {
                few.push(hash);
            }
        }
    }

    pub(super) fn settle(&mut self) {
        self.0.iter_mut().for_each(Crowd::settle);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(Crowd::is_empty)
    }

    /// Of settled ones. Whether it changed.
    pub(super) fn merge(&mut self, other: &Self) -> bool {
        self.0
            .iter_mut()
            .zip(&other.0)
            .fold(false, |changed, (crowd, other)| crowd.merge(other, PEOPLE_EXACT_MAX) | changed)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.0.iter().for_each(|crowd| crowd.encode(&mut bytes));
        bytes
    }

    pub(super) fn decode(mut bytes: &[u8]) -> Self {
        Self(std::array::from_fn(|_| Crowd::decode(&mut bytes)))
    }
}

/// The people of many rows, each counted once.
#[derive(Default)]
pub(super) struct Union([Gathered; 5]);

impl Union {
    pub(super) fn add(&mut self, people: People) {
        for (gathered, crowd) in self.0.iter_mut().zip(people.0) {
            gathered.add(crowd);
        }
    }

    /// How many, and whether that is an estimate.
    pub(super) fn count(self) -> (Outcomes, bool) {
        let counts = self.0.map(Gathered::count);
        let is_estimated = counts.iter().any(|(_, is_estimated)| *is_estimated);
        // An estimate of all may lie below the exact number of those whose sessions went wrong.
        let total = counts[0].0;
        (Outcomes::from_each(counts.map(|(count, _)| count.min(total))), is_estimated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tally::user_hash;

    fn people(numbers: std::ops::Range<u64>, counts: [u64; 5]) -> People {
        let mut people = People::default();
        let counts = Outcomes::from_each(counts);
        numbers.for_each(|number| people.note(user_hash(&number.to_string()), &counts));
        people.settle();
        people
    }

    fn count(rows: impl IntoIterator<Item = People>) -> ([u64; 5], bool) {
        let mut union = Union::default();
        rows.into_iter().for_each(|people| union.add(people));
        let (counts, is_estimated) = union.count();
        (counts.each(), is_estimated)
    }

    #[test]
    fn people_are_exact_up_to_the_bound_and_estimated_beyond() {
        let bound = PEOPLE_EXACT_MAX as u64;
        let mut row = people(0..bound, [1, 0, 0, 0, 0]);
        assert!(row.merge(&people(0..7, [0, 1, 1, 0, 0])), "their sessions went wrong");
        assert!(!row.merge(&people(0..3, [0, 1, 1, 0, 0])), "known already");
        assert_eq!(People::decode(&row.encode()), row);
        assert_eq!(count([row.clone()]), ([bound, 7, 7, 0, 0], false));

        assert!(row.merge(&people(bound..bound + 1, [1, 0, 0, 0, 0])));
        assert_eq!(People::decode(&row.encode()), row);
        let ([all, rest @ ..], is_estimated) = count([row]);
        assert!(is_estimated && (all as f64 / bound as f64 - 1.0).abs() < 0.05, "{all}");
        assert_eq!(rest, [7, 7, 0, 0], "those that are few stay exact");
    }

    #[test]
    fn rows_share_people() {
        let rows = [
            people(0..600, [1, 0, 0, 0, 0]),
            people(400..900, [1, 1, 0, 1, 0]),
            people(0..9_000, [0, 0, 0, 0, 0]),
        ];
        assert_eq!(count(rows), ([9_000, 500, 0, 500, 0], false));
    }

    #[test]
    fn damage_reads_as_something() {
        for bytes in [&[][..], &[0], &[0, 0, 0, 0, 9, 1], &[1, 7], &[9, 9, 9]] {
            People::decode(bytes);
        }
    }
}
