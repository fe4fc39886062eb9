//! Which envelopes of the inbox are recorded, written with their effects: after a crash none is digested again.

use redb::{ReadableTable, WriteTransaction};

use crate::store::Store;
use crate::store::error::Result;
use crate::store::schema::DIGESTED;

/// Adds `envelopes`, ascending, and forgets runs that ended below `floor`.
pub(super) fn add(txn: &WriteTransaction, envelopes: &[u64], floor: u64) -> Result<()> {
    let mut table = txn.open_table(DIGESTED)?;
    for run in envelopes.chunk_by(|before, after| before + 1 == *after) {
        let (Some(&first), Some(&last)) = (run.first(), run.last()) else { continue };
        // A run continues the one before it.
        let before = table.range(..first)?.next_back().transpose()?;
        let joined = before.map(|(start, end)| (start.value(), end.value()));
        let start = joined.filter(|(_, end)| end + 1 == first).map_or(first, |(start, _)| start);
        table.insert(start, last)?;
    }
    // The last run stays: the numbers go on behind it.
    let newest = table.last()?.map_or(0, |(start, _)| start.value());
    let is_done = |row: Option<(redb::AccessGuard<'_, u64>, redb::AccessGuard<'_, u64>)>| {
        row.is_some_and(|(start, end)| end.value() < floor && start.value() != newest)
    };
    if is_done(table.first()?) {
        table.retain_in(..newest, |_, end| end >= floor)?;
    }
    Ok(())
}

impl Store {
    /// Runs of numbers, ends included, ascending.
    pub fn digested(&self) -> Result<Vec<(u64, u64)>> {
        let table = self.inner.state.begin_read()?.open_table(DIGESTED)?;
        let rows = table.iter()?;
        rows.map(|row| row.map(|(first, last)| (first.value(), last.value())).map_err(Into::into)).collect()
    }
}
