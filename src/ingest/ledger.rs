//! What became of what arrived, counted in memory until the store takes it over.

use std::collections::HashMap;

use parking_lot::Mutex;

use crate::model::ids::ProjectId;
use crate::model::outcome::{Category, Outcome};
use crate::store::LedgerKey;

/// Distinct rows between two drains; past it reasons are folded into `other`.
const ROWS_MAX: usize = 10_000;
/// Reasons come from clients, too.
const REASON_BYTES_MAX: usize = 64;

#[derive(Debug, Default)]
pub struct Ledger {
    rows: Mutex<HashMap<LedgerKey, u64>>,
}

impl Ledger {
    pub fn add(&self, project: ProjectId, category: Category, outcome: Outcome, reason: &str, count: u64) {
        if count == 0 {
            return;
        }
        let end = reason.floor_char_boundary(REASON_BYTES_MAX);
        let mut key = LedgerKey { project, category, outcome, reason: reason[..end].to_owned() };
        let mut rows = self.rows.lock();
        if rows.len() >= ROWS_MAX && !rows.contains_key(&key) {
            "other".clone_into(&mut key.reason);
        }
        *rows.entry(key).or_default() += count;
    }

    /// Everything since the last call. Whoever takes it must store it.
    pub fn drain(&self) -> Vec<(LedgerKey, u64)> {
        std::mem::take(&mut *self.rows.lock()).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Ledger, ROWS_MAX};
    use crate::model::ids::ProjectId;
    use crate::model::outcome::{Category, Outcome};

    #[test]
    fn counts_and_stays_bounded() {
        let ledger = Ledger::default();
        for n in 0..ROWS_MAX + 500 {
            ledger.add(ProjectId(1), Category::Session, Outcome::ClientDiscarded, &format!("reason {n}"), 2);
        }
        let rows = ledger.drain();
        assert_eq!(rows.len(), ROWS_MAX + 1);
        assert_eq!(rows.iter().map(|(_, count)| count).sum::<u64>(), 2 * (ROWS_MAX as u64 + 500));
        assert!(ledger.drain().is_empty());
    }
}
