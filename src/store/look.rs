//! A look at a store that changes nothing: no repair, no migration, no new file.

use std::fs;
use std::path::Path;

use redb::{DatabaseError, ReadOnlyDatabase, ReadableDatabase, ReadableTableMetadata};

use crate::store::error::{Result, StoreError};
use crate::store::schema::{META, PROJECTS, STATE, meta};
use crate::store::{STATE_FILE, Store};

/// What a look finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// There is no store yet.
    Absent,
    /// A crash interrupted it: the next start finishes what is open.
    Unclean,
    /// `state_bytes` are those of `state.redb` alone. An older version is brought up to date by the next start.
    Sound { projects: u64, state_bytes: u64, is_older: bool },
}

impl Store {
    /// `InUse` while a server holds the folder, `Unreadable` where a newer version wrote it.
    pub fn look(data_dir: &Path) -> Result<Look> {
        let path = data_dir.join(STATE_FILE);
        if !path.try_exists()? {
            return Ok(Look::Absent);
        }
        let shown = path.display();
        let state = match ReadOnlyDatabase::open(&path) {
            Ok(state) => state,
            Err(DatabaseError::RepairAborted) => return Ok(Look::Unclean),
            Err(DatabaseError::DatabaseAlreadyOpen) => return Err(StoreError::InUse(shown.to_string())),
            Err(error) => return Err(StoreError::Unreadable(format!("{shown}: {error}"))),
        };
        let txn = state.begin_read()?;
        let version = txn.open_table(META)?.get(meta::SCHEMA)?.map_or(0, |version| version.value());
        if version > STATE.version {
            return Err(StoreError::Unreadable(format!(
                "{shown} has schema version {version}, this LightTrace knows up to {}: use a newer LightTrace",
                STATE.version
            )));
        }
        let projects = txn.open_table(PROJECTS)?.len()?;
        let state_bytes = fs::metadata(&path)?.len();
        Ok(Look::Sound { projects, state_bytes, is_older: version < STATE.version })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use redb::Database;

    #[test]
    fn a_look_finds_the_store_and_leaves_it_as_it_is() {
        let dir = tempfile::tempdir().expect("tempdir");
        assert_eq!(Store::look(dir.path()).expect("a look"), Look::Absent);
        let store = Store::open(dir.path()).expect("opened");
        assert!(matches!(Store::look(dir.path()), Err(StoreError::InUse(_))));
        drop(store);

        let path = dir.path().join(STATE_FILE);
        let state = Database::create(&path).expect("opened");
        let txn = state.begin_write().expect("write");
        txn.open_table(META).expect("meta").insert(meta::SCHEMA, 0).expect("an older version");
        txn.commit().expect("commit");
        drop(state);
        let before = fs::read(&path).expect("readable");
        let found = Store::look(dir.path()).expect("a look");
        assert!(matches!(found, Look::Sound { projects: 0, is_older: true, .. }), "{found:?}");
        assert!(fs::read(&path).expect("readable") == before, "nothing was migrated");
    }
}
