//! Sets of people by their hashes: exact while they are few, a sketch beyond. Who they were is not kept.

use crate::store::keys::{u32_at, u64_at};
use crate::store::sketch::{SKETCH_BYTES, Sketch};

/// People that are told apart in the sum of many sets.
const UNION_EXACT_MAX: usize = 500_000;

/// What a set is preceded by. Never renumbered.
const FEW: u8 = 0;
const MANY: u8 = 1;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Crowd {
    /// Ascending, once `settle` was called.
    Few(Vec<u64>),
    Many(Sketch),
}

impl Default for Crowd {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl Crowd {
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Few(few) if few.is_empty())
    }

    /// In order, each once.
    pub(super) fn settle(&mut self) {
        if let Self::Few(few) = self {
            few.sort_unstable();
            few.dedup();
        }
    }

    /// Of settled ones. Whether it changed. Beyond so many it is a sketch.
    pub(super) fn merge(&mut self, other: &Self, exact_max: usize) -> bool {
        match (&mut *self, other) {
            (Self::Many(many), Self::Many(other)) => many.merge(other),
            (Self::Many(many), Self::Few(few)) => many.insert_all(few),
            (Self::Few(few), Self::Many(other)) => {
                let mut sketch = other.clone();
                sketch.insert_all(few.iter());
                *self = Self::Many(sketch);
                true
            }
            (Self::Few(few), Self::Few(other)) => {
                let known = few.len();
                let fresh: Vec<u64> =
                    other.iter().filter(|hash| few.binary_search(hash).is_err()).copied().collect();
                few.extend(fresh);
                let changed = few.len() > known;
                few.sort_unstable();
                if few.len() > exact_max {
                    let mut sketch = Sketch::default();
                    sketch.insert_all(few.iter());
                    *self = Self::Many(sketch);
                }
                changed
            }
        }
    }

    pub(super) fn encode(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Few(few) => {
                bytes.push(FEW);
                bytes.extend_from_slice(&u32::try_from(few.len()).unwrap_or(u32::MAX).to_be_bytes());
                for hash in few {
                    bytes.extend_from_slice(&hash.to_be_bytes());
                }
            }
            Self::Many(sketch) => {
                bytes.push(MANY);
                bytes.extend_from_slice(sketch.as_bytes());
            }
        }
    }

    /// Takes one off the front of `bytes`.
    pub(super) fn decode(bytes: &mut &[u8]) -> Self {
        let Some((&tag, rest)) = bytes.split_first() else { return Self::default() };
        if tag == MANY {
            let (sketch, rest) = rest.split_at(rest.len().min(SKETCH_BYTES));
            *bytes = rest;
            return Self::Many(Sketch::from_bytes(sketch));
        }
        let count = usize::try_from(u32_at(rest, 0)).unwrap_or(usize::MAX);
        let rest = rest.get(4..).unwrap_or_default();
        let (hashes, rest) = rest.split_at(rest.len().min(count.saturating_mul(8)));
        *bytes = rest;
        Self::Few(hashes.chunks_exact(8).map(|hash| u64_at(hash, 0)).collect())
    }
}

/// Those of many sets, each counted once.
#[derive(Default)]
pub(super) struct Gathered {
    few: Vec<u64>,
    many: Option<Sketch>,
}

impl Gathered {
    pub(super) fn add(&mut self, crowd: Crowd) {
        match crowd {
            Crowd::Few(few) => self.few.extend(few),
            Crowd::Many(sketch) => {
                self.many.get_or_insert_default().merge(&sketch);
            }
        }
        if self.few.len() > UNION_EXACT_MAX {
            self.few.sort_unstable();
            self.few.dedup();
            if self.few.len() > UNION_EXACT_MAX / 2 {
                self.many.get_or_insert_default().insert_all(&self.few);
                self.few.clear();
            }
        }
    }

    /// How many, and whether that is an estimate.
    pub(super) fn count(mut self) -> (u64, bool) {
        if let Some(mut many) = self.many {
            many.insert_all(&self.few);
            return (many.estimate(), true);
        }
        self.few.sort_unstable();
        self.few.dedup();
        (self.few.len() as u64, false)
    }
}
