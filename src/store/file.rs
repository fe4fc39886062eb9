//! One database file: how it is opened, how it commits, and how it comes back after its disk failed.
//!
//! The engine refuses all further work on a file once a read or a write of it failed, a full disk included, until
//! the file is opened anew. Writers do that here, so that a disk with room again is enough. Every commit carries
//! what makes the next opening quick: see `begin_write`.

use std::path::{Path, PathBuf};

use parking_lot::RwLock;
use redb::{Database, ReadTransaction, ReadableDatabase, WriteTransaction};

use crate::store::error::{Result, StoreError};

pub(super) struct DatabaseFile {
    path: PathBuf,
    cache_bytes: usize,
    /// Empty only where it could not be opened again after a failure.
    database: RwLock<Option<Database>>,
}

impl DatabaseFile {
    /// Opens or creates a file that only we may hold. `ready` brings it up to date and reads what the caller needs.
    pub(super) fn open<T>(
        path: &Path,
        cache_bytes: usize,
        ready: impl FnOnce(&Database) -> Result<T>,
    ) -> Result<(Self, T)> {
        let database = open_database(path, cache_bytes)?;
        let answer = ready(&database)?;
        Ok((Self { path: path.to_owned(), cache_bytes, database: RwLock::new(Some(database)) }, answer))
    }

    pub(super) fn begin_read(&self) -> Result<ReadTransaction> {
        let guard = self.database.read();
        Ok(guard.as_ref().ok_or_else(|| self.closed())?.begin_read()?)
    }

    /// Fails where the file has to be opened anew. Only under the writer's lock.
    ///
    /// After a crash the engine walks the whole file, 15 s for a cold gigabyte of small rows, unless the last commit
    /// took down which pages are free. That costs each commit half a millisecond of CPU and a second fsync.
    pub(super) fn begin_write(&self) -> Result<WriteTransaction> {
        let guard = self.database.read();
        let mut txn = guard.as_ref().ok_or_else(|| self.closed())?.begin_write()?;
        txn.set_quick_repair(true);
        Ok(txn)
    }

    /// Closes the file, which fails the reads that are under way, and opens it again. Without success, here or in
    /// `ready`, the file stays closed until the next try.
    pub(super) fn reopen<T>(&self, ready: impl FnOnce(&Database) -> Result<T>) -> Result<T> {
        let mut guard = self.database.write();
        *guard = None;
        let database = open_database(&self.path, self.cache_bytes)?;
        let answer = ready(&database)?;
        *guard = Some(database);
        tracing::info!(path = %self.path.display(), "opened a database file anew after a failure");
        Ok(answer)
    }

    /// Opens the file anew if the engine gave it up. Only under the writer's lock.
    pub(super) fn revive(&self) -> Result<()> {
        match self.begin_write() {
            Ok(txn) => Ok(txn.abort()?),
            Err(_) => self.reopen(|_| Ok(())),
        }
    }

    fn closed(&self) -> StoreError {
        StoreError::Failed(format!("{} could not be opened again after a failure", self.path.display()))
    }
}

fn open_database(path: &Path, cache_bytes: usize) -> Result<Database> {
    let opened = Database::builder().set_cache_size(cache_bytes).create(path);
    opened.map_err(|error| match error {
        redb::DatabaseError::DatabaseAlreadyOpen => StoreError::InUse(path.display().to_string()),
        redb::DatabaseError::UpgradeRequired(_) => {
            StoreError::Unreadable(format!("{}: {error}", path.display()))
        }
        other => StoreError::Failed(format!("{}: {other}", path.display())),
    })
}
