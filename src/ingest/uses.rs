//! When each key was last used, held until the store takes it over.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;

use crate::model::ids::PublicKey;

/// A use so soon after the last one that was noted says nothing new.
const PRECISION: SignedDuration = SignedDuration::from_mins(1);

#[derive(Debug, Default)]
pub struct KeyUses(Mutex<HashMap<PublicKey, Use>>);

#[derive(Debug)]
struct Use {
    at: Timestamp,
    is_stored: bool,
}

impl KeyUses {
    /// There are as many keys as projects were given: callers name only keys that exist.
    pub fn note(&self, key: PublicKey, at: Timestamp) {
        let mut uses = self.0.lock();
        match uses.get_mut(&key) {
            Some(known) if at.duration_since(known.at) < PRECISION => (),
            Some(known) => *known = Use { at, is_stored: false },
            None => drop(uses.insert(key, Use { at, is_stored: false })),
        }
    }

    /// Those that the store does not know yet.
    pub fn drain(&self) -> Vec<(PublicKey, Timestamp)> {
        let mut uses = self.0.lock();
        let fresh = uses.iter_mut().filter(|(_, known)| !known.is_stored);
        let tell = |(key, known): (&PublicKey, &mut Use)| {
            known.is_stored = true;
            (*key, known.at)
        };
        fresh.map(tell).collect()
    }

    /// They could not be stored.
    pub fn give_back(&self, uses: &[(PublicKey, Timestamp)]) {
        let mut known = self.0.lock();
        for (key, _) in uses {
            if let Some(one) = known.get_mut(key) {
                one.is_stored = false;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_is_told_once_a_minute() {
        let (uses, key) = (KeyUses::default(), PublicKey([1; 16]));
        let start: Timestamp = "2026-11-23T08:00:00Z".parse().expect("a time");
        uses.note(key, start);
        assert_eq!(uses.drain(), [(key, start)]);
        uses.note(key, start + SignedDuration::from_secs(59));
        assert!(uses.drain().is_empty());
        let later = start + SignedDuration::from_secs(60);
        uses.note(key, later);
        let told = uses.drain();
        assert_eq!(told, [(key, later)]);
        uses.give_back(&told);
        assert_eq!(uses.drain(), told, "what could not be stored is told again");
    }
}
