//! How many different things were seen, in a fixed room: a `HyperLogLog` of 2^12 registers (standard error 1.6 %) read
//! with the estimator of Ertl, "New cardinality estimation algorithms for `HyperLogLog` sketches" (2017), which needs no
//! table of corrections.

const PRECISION: u32 = 12;
const REGISTERS: usize = 1 << PRECISION;
pub(super) const SKETCH_BYTES: usize = REGISTERS;
/// The largest rank: all bits behind the register's number are zero.
const RANK_MAX: u32 = 64 - PRECISION + 1;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sketch(Vec<u8>);

impl Default for Sketch {
    fn default() -> Self {
        Self(vec![0; REGISTERS])
    }
}

impl Sketch {
    pub(super) fn from_bytes(bytes: &[u8]) -> Self {
        let mut sketch = Self::default();
        for (register, byte) in sketch.0.iter_mut().zip(bytes) {
            *register = u32::from(*byte).min(RANK_MAX).to_le_bytes()[0];
        }
        sketch
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether the sketch changed.
    pub(super) fn insert(&mut self, hash: u64) -> bool {
        let register = usize::try_from(hash >> (64 - PRECISION)).expect("twelve bits");
        let rank = ((hash << PRECISION).leading_zeros() + 1).min(RANK_MAX).to_le_bytes()[0];
        let grows = self.0[register] < rank;
        if grows {
            self.0[register] = rank;
        }
        grows
    }

    pub(super) fn insert_all<'a>(&mut self, hashes: impl IntoIterator<Item = &'a u64>) -> bool {
        hashes.into_iter().fold(false, |changed, &hash| self.insert(hash) | changed)
    }

    /// Makes it the sketch of those of both. Whether it changed.
    pub(super) fn merge(&mut self, other: &Self) -> bool {
        let mut changed = false;
        for (register, other) in self.0.iter_mut().zip(&other.0) {
            changed |= *register < *other;
            *register = (*register).max(*other);
        }
        changed
    }

    pub(super) fn estimate(&self) -> u64 {
        let registers = REGISTERS as f64;
        let mut ranks = [0.0f64; RANK_MAX as usize + 1];
        for &register in &self.0 {
            ranks[usize::from(register)] += 1.0;
        }
        let mut sum = registers * tau(1.0 - ranks[RANK_MAX as usize] / registers);
        for rank in ranks[1..RANK_MAX as usize].iter().rev() {
            sum = 0.5 * (sum + rank);
        }
        sum += registers * sigma(ranks[0] / registers);
        let estimate = registers * registers / (2.0 * std::f64::consts::LN_2 * sum);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, saturates")]
        let estimate = estimate.round() as u64;
        estimate
    }
}

/// Ertl's correction for registers that are still empty.
fn sigma(share: f64) -> f64 {
    if share >= 1.0 {
        return f64::INFINITY;
    }
    let (mut power, mut weight, mut sum) = (share, 1.0, share);
    loop {
        power *= power;
        let before = sum;
        sum += power * weight;
        weight += weight;
        if sum <= before {
            return sum;
        }
    }
}

/// Ertl's correction for registers that are full.
fn tau(share: f64) -> f64 {
    if share <= 0.0 || share >= 1.0 {
        return 0.0;
    }
    let (mut root, mut weight, mut sum) = (share, 1.0, 1.0 - share);
    loop {
        root = root.sqrt();
        let before = sum;
        weight *= 0.5;
        sum -= (1.0 - root).powi(2) * weight;
        if sum >= before {
            return sum / 3.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Sketch;
    use crate::store::tally::user_hash;

    #[test]
    fn the_sketch_is_right_within_its_error() {
        let mut sketch = Sketch::default();
        assert_eq!(sketch.estimate(), 0);
        let mut known = 0u64;
        for bound in [1_000u64, 5_000, 20_000, 200_000] {
            while known < bound {
                sketch.insert(user_hash(&format!("id:{known}")));
                known += 1;
            }
            let error = (sketch.estimate() as f64 / bound as f64 - 1.0).abs();
            // Three standard errors.
            assert!(error < 0.049, "{bound}: {}", sketch.estimate());
        }
        let again = sketch.0.clone();
        assert!(!sketch.insert(user_hash("id:7")), "known already");
        assert_eq!(Sketch::from_bytes(&again).estimate(), sketch.estimate());
    }

    #[test]
    fn a_merged_sketch_is_that_of_all() {
        let of = |range: std::ops::Range<u64>| {
            let mut sketch = Sketch::default();
            range.for_each(|number| {
                sketch.insert(user_hash(&number.to_string()));
            });
            sketch
        };
        let (mut left, right) = (of(0..6_000), of(4_000..9_000));
        assert!(left.merge(&right) && !left.merge(&right), "a second time adds nothing");
        assert_eq!(left, of(0..9_000));
    }
}
