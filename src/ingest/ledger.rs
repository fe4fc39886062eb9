//! What became of what arrived, counted in memory until the store takes it over.

use std::collections::HashMap;

use parking_lot::Mutex;

use crate::model::ids::ProjectId;
use crate::model::outcome::{Category, Outcome};
use crate::store::LedgerKey;

/// Distinct rows between two drains; past it reasons are folded into `other`.
const ROWS_MAX: usize = 10_000;
/// Of them, rows whose reasons clients choose: they never fold ours.
const CLIENT_ROWS_MAX: usize = 8_000;
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
        let key = LedgerKey { project, category, outcome, reason: reason[..end].to_owned() };
        let rows_max = if outcome == Outcome::ClientDiscarded { CLIENT_ROWS_MAX } else { ROWS_MAX };
        add_to(&mut self.rows.lock(), rows_max, key, count);
    }

    /// Everything since the last call. Whoever takes it must store it, or give it back.
    pub fn drain(&self) -> Vec<(LedgerKey, u64)> {
        std::mem::take(&mut *self.rows.lock()).into_iter().collect()
    }

    /// What was drained and could not be stored.
    pub fn give_back(&self, rows: Vec<(LedgerKey, u64)>) {
        let mut all = self.rows.lock();
        for (key, count) in rows {
            // Beside what arrived meanwhile.
            add_to(&mut all, 2 * ROWS_MAX, key, count);
        }
    }
}

fn add_to(rows: &mut HashMap<LedgerKey, u64>, rows_max: usize, mut key: LedgerKey, count: u64) {
    if rows.len() >= rows_max && !rows.contains_key(&key) {
        "other".clone_into(&mut key.reason);
    }
    let sum = rows.entry(key).or_default();
    *sum = sum.saturating_add(count);
}

#[cfg(test)]
mod tests {
    use super::{CLIENT_ROWS_MAX, Ledger};
    use crate::model::ids::ProjectId;
    use crate::model::outcome::{Category, Outcome};

    #[test]
    fn counts_and_stays_bounded() {
        let ledger = Ledger::default();
        let add = |reason: &str, outcome, count| {
            ledger.add(ProjectId(1), Category::Session, outcome, reason, count);
        };
        for n in 0..CLIENT_ROWS_MAX + 500 {
            add(&format!("reason {n}"), Outcome::ClientDiscarded, 2);
        }
        add("session", Outcome::NotStored, 1);
        let rows = ledger.drain();
        assert_eq!(rows.len(), CLIENT_ROWS_MAX + 2);
        assert_eq!(rows.iter().map(|(_, count)| count).sum::<u64>(), 2 * (CLIENT_ROWS_MAX as u64 + 500) + 1);
        let ours = rows.iter().find(|(key, _)| key.outcome == Outcome::NotStored).expect("counted");
        assert_eq!(ours.0.reason, "session", "clients' reasons leave room for ours");
        assert!(ledger.drain().is_empty());

        let count = rows.len();
        ledger.give_back(rows);
        assert_eq!(ledger.drain().len(), count, "what could not be stored is there again");
        add("lost", Outcome::ClientDiscarded, u64::MAX);
        add("lost", Outcome::ClientDiscarded, 2);
        assert_eq!(ledger.drain()[0].1, u64::MAX, "a count never overflows");
    }
}
