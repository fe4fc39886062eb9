//! How many people an issue met: counted one by one while they are few, by a sketch of fixed size beyond.
//!
//! The sketch is a `HyperLogLog` of 2^12 registers (standard error 1.6 %) read with the estimator of Ertl, "New
//! cardinality estimation algorithms for `HyperLogLog` sketches" (2017), which needs no table of corrections.

use std::collections::HashSet;

use redb::{ReadableTable, WriteTransaction};

use crate::model::ids::IssueId;
use crate::model::issue::Issue;
use crate::store::error::Result;
use crate::store::keys::{pair, u64_at};
use crate::store::schema::{USER_SKETCHES, USERS};

/// Users that are counted one by one.
pub const USERS_EXACT_MAX: u64 = 1_000;

const PRECISION: u32 = 12;
const REGISTERS: usize = 1 << PRECISION;
/// The largest rank: all bits behind the register's number are zero.
const RANK_MAX: u32 = 64 - PRECISION + 1;

/// Counts a batch's users into the issue.
pub(super) fn add(txn: &WriteTransaction, issue: &mut Issue, users: &HashSet<u64>) -> Result<()> {
    let mut sketches = txn.open_table(USER_SKETCHES)?;
    if issue.users_estimated {
        let mut sketch =
            sketches.get(issue.id.0)?.map(|row| Sketch::from_bytes(row.value())).unwrap_or_default();
        if sketch.insert_all(users) {
            sketches.insert(issue.id.0, sketch.0.as_slice())?;
            issue.users = sketch.estimate().max(issue.users);
        }
        return Ok(());
    }
    let mut exact = txn.open_table(USERS)?;
    for &user in users {
        if exact.insert(&pair(issue.id.0, user), ())?.is_none() {
            issue.users += 1;
        }
    }
    if issue.users > USERS_EXACT_MAX {
        let (first, last) = (pair(issue.id.0, 0), pair(issue.id.0, u64::MAX));
        let mut sketch = Sketch::default();
        for row in exact.range::<&[u8; 16]>(&first..=&last)? {
            sketch.insert(u64_at(row?.0.value(), 8));
        }
        exact.retain_in::<&[u8; 16], _>(&first..=&last, |_, ()| false)?;
        sketches.insert(issue.id.0, sketch.0.as_slice())?;
        // The count so far is exact; the estimate takes over once it is above.
        issue.users_estimated = true;
    }
    Ok(())
}

/// Counts the users of one issue into another: who is among both counts once.
pub(super) fn unite(txn: &WriteTransaction, into: &mut Issue, from: &Issue) -> Result<()> {
    if !from.users_estimated {
        let users = exact(txn, from.id)?;
        return add(txn, into, &users);
    }
    let of_both = {
        let mut known = sketch_of(txn, into)?;
        known.unite(&sketch_of(txn, from)?);
        known
    };
    remove(txn, into.id)?;
    txn.open_table(USER_SKETCHES)?.insert(into.id.0, of_both.0.as_slice())?;
    // Of some whose marks were let go only the number is known.
    into.users = of_both.estimate().max(into.users).max(from.users);
    into.users_estimated = true;
    Ok(())
}

fn exact(txn: &WriteTransaction, issue: IssueId) -> Result<HashSet<u64>> {
    let table = txn.open_table(USERS)?;
    let rows = table.range::<&[u8; 16]>(&pair(issue.0, 0)..=&pair(issue.0, u64::MAX))?;
    rows.map(|row| Ok(u64_at(row?.0.value(), 8))).collect()
}

fn sketch_of(txn: &WriteTransaction, issue: &Issue) -> Result<Sketch> {
    if issue.users_estimated {
        let table = txn.open_table(USER_SKETCHES)?;
        return Ok(table.get(issue.id.0)?.map(|row| Sketch::from_bytes(row.value())).unwrap_or_default());
    }
    let mut sketch = Sketch::default();
    sketch.insert_all(&exact(txn, issue.id)?);
    Ok(sketch)
}

/// Forgets who an issue's users were. Those who come later are counted by a sketch of their own, and the issue's
/// number stays what it was until they are more.
pub(super) fn remove(txn: &WriteTransaction, issue: IssueId) -> Result<()> {
    let (first, last) = (pair(issue.0, 0), pair(issue.0, u64::MAX));
    txn.open_table(USERS)?.retain_in::<&[u8; 16], _>(&first..=&last, |_, ()| false)?;
    txn.open_table(USER_SKETCHES)?.remove(issue.0)?;
    Ok(())
}

struct Sketch(Vec<u8>);

impl Default for Sketch {
    fn default() -> Self {
        Self(vec![0; REGISTERS])
    }
}

impl Sketch {
    fn from_bytes(bytes: &[u8]) -> Self {
        let mut sketch = Self::default();
        for (register, byte) in sketch.0.iter_mut().zip(bytes) {
            *register = u32::from(*byte).min(RANK_MAX).to_le_bytes()[0];
        }
        sketch
    }

    /// Whether the sketch changed.
    fn insert(&mut self, hash: u64) -> bool {
        let register = usize::try_from(hash >> (64 - PRECISION)).expect("twelve bits");
        let rank = ((hash << PRECISION).leading_zeros() + 1).min(RANK_MAX).to_le_bytes()[0];
        let grows = self.0[register] < rank;
        if grows {
            self.0[register] = rank;
        }
        grows
    }

    fn insert_all(&mut self, hashes: &HashSet<u64>) -> bool {
        hashes.iter().fold(false, |changed, &hash| self.insert(hash) | changed)
    }

    fn unite(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(register, more)| *register = (*register).max(*more));
    }

    fn estimate(&self) -> u64 {
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
}
