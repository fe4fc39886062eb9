//! Saved searches: a person's own and those that all share.

use redb::ReadableTable;

use crate::model::saved_search::SavedSearch;
use crate::store::Store;
use crate::store::error::Result;
use crate::store::json::{decode, encode};
use crate::store::schema::{SEARCHES, meta, next_number};

/// Of all people together.
pub const SEARCHES_MAX: usize = 2_000;

impl Store {
    /// Keeps a search under a number of its own. `None`: there are too many.
    pub fn create_search(&self, search: SavedSearch) -> Result<Option<SavedSearch>> {
        self.write(|txn| {
            let id = next_number(txn, meta::LAST_SEARCH)?;
            let mut table = txn.open_table(SEARCHES)?;
            if table.iter()?.count() >= SEARCHES_MAX {
                return Ok(None);
            }
            let search = SavedSearch { id, ..search };
            table.insert(id, encode(&search)?.as_slice())?;
            Ok(Some(search))
        })
    }

    /// Replaces the search of the same number; `false` where it is gone.
    pub fn update_search(&self, search: &SavedSearch) -> Result<bool> {
        self.write(|txn| {
            let mut table = txn.open_table(SEARCHES)?;
            let is_there = table.get(search.id)?.is_some();
            if is_there {
                table.insert(search.id, encode(search)?.as_slice())?;
            }
            Ok(is_there)
        })
    }

    pub fn delete_search(&self, id: u64) -> Result<()> {
        self.write(|txn| Ok(txn.open_table(SEARCHES)?.remove(id).map(drop)?))
    }

    /// Oldest first.
    pub fn searches(&self) -> Result<Vec<SavedSearch>> {
        let table = self.inner.state.begin_read()?.open_table(SEARCHES)?;
        table.iter()?.map(|row| decode(row?.1.value())).collect()
    }

    pub fn find_search(&self, id: u64) -> Result<Option<SavedSearch>> {
        let table = self.inner.state.begin_read()?.open_table(SEARCHES)?;
        table.get(id)?.map(|row| decode(row.value())).transpose()
    }
}
