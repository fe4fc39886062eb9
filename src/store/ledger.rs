//! What became of everything that arrived: sums by day, project, category, outcome and reason.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use jiff::Timestamp;
use redb::{ReadableTable, WriteTransaction};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error as ValueError;

use crate::model::ids::ProjectId;
use crate::store::Store;
use crate::store::error::Result;
use crate::store::keys::cut;
use crate::store::records::LedgerKey;
use crate::store::schema::LEDGER;

pub const LEDGER_DAYS: i64 = 400;
/// Rows of one project and day. Senders choose reasons and item types: what is beyond counts as `OTHER_REASON`.
pub const LEDGER_ROWS_MAX: usize = 500;
pub const REASON_BYTES_MAX: usize = 100;
pub const OTHER_REASON: &str = "other";

const DAY_SECONDS: i64 = 86_400;

pub(super) fn day(at: Timestamp) -> u32 {
    u32::try_from(at.as_second().max(0) / DAY_SECONDS).unwrap_or(u32::MAX)
}

/// Adds to the ledger of the day.
pub(super) fn add(
    txn: &WriteTransaction,
    rows: impl IntoIterator<Item = (LedgerKey, u64)>,
    now: Timestamp,
) -> Result<()> {
    let mut table = txn.open_table(LEDGER)?;
    let day = day(now);
    let mut room: HashMap<ProjectId, usize> = HashMap::new();
    for (key, items) in rows {
        let (project, category, outcome) = (key.project.0, key.category.as_str(), key.outcome.as_str());
        let mut reason = cut(&key.reason, REASON_BYTES_MAX);
        let mut known = table.get((day, project, category, outcome, reason))?.map(|row| row.value());
        if known.is_none() {
            let room = match room.entry(key.project) {
                Entry::Occupied(room) => room.into_mut(),
                Entry::Vacant(slot) => {
                    let (first, end) =
                        ((day, project, "", "", ""), (day, project.saturating_add(1), "", "", ""));
                    let taken = table.range(first..end)?.take(LEDGER_ROWS_MAX).count();
                    slot.insert(LEDGER_ROWS_MAX - taken)
                }
            };
            if *room == 0 {
                reason = OTHER_REASON;
                known = table.get((day, project, category, outcome, reason))?.map(|row| row.value());
            } else {
                *room -= 1;
            }
        }
        let sum = known.unwrap_or(0).saturating_add(items);
        table.insert((day, project, category, outcome, reason), sum)?;
    }
    Ok(())
}

impl Store {
    /// Adds what ended before digest. What digest made of envelopes is counted with its effects.
    pub fn add_to_ledger(&self, rows: &[(LedgerKey, u64)], now: Timestamp) -> Result<()> {
        self.write(|txn| add(txn, rows.iter().cloned(), now))
    }

    /// Sums since the beginning of the day of `since`.
    pub fn ledger(&self, since: Timestamp) -> Result<Vec<(LedgerKey, u64)>> {
        let table = self.inner.state.begin_read()?.open_table(LEDGER)?;
        let mut sums: HashMap<LedgerKey, u64> = HashMap::new();
        for row in table.range((day(since), 0, "", "", "")..)? {
            let (key, items) = row?;
            let (_, project, category, outcome, reason) = key.value();
            // A word that a newer version wrote is passed over.
            let (Some(category), Some(outcome)) = (read(category), read(outcome)) else { continue };
            let key = LedgerKey { project: ProjectId(project), category, outcome, reason: reason.to_owned() };
            let sum = sums.entry(key).or_default();
            *sum = sum.saturating_add(items.value());
        }
        let mut sums: Vec<_> = sums.into_iter().collect();
        sums.sort_unstable();
        Ok(sums)
    }
}

fn read<'a, T: Deserialize<'a>>(word: &'a str) -> Option<T> {
    let deserializer: serde::de::value::StrDeserializer<'a, ValueError> = word.into_deserializer();
    T::deserialize(deserializer).ok()
}
