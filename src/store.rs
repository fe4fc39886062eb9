//! State and events: what is true, on disk.
//!
//! `state.redb` holds projects, accounts, issues, counters, the change log and the index from event ids to
//! places; `partitions/<week>/` holds events by the week in which they were received: `events.redb` their rows,
//! `payloads` what they hold. Verbs are
//! whole units of work, batched and idempotent; no type of the engine leaves this module.
//!
//! One writer at a time, under one lock; readers work on snapshots and never wait. An event is in the store once
//! `state.redb` says so: its sequence number is at most the head. Nothing else decides.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::{Mutex, RwLock};
use redb::{Database, WriteTransaction};
use tokio::sync::watch;

use crate::store::dictionaries::Dictionaries;
use crate::store::partitions::{Partitions, open_database, sync_dir};
use crate::store::recent::Recent;
use crate::store::record::Writer;
use crate::store::weeks::Weeks;

pub use crate::store::error::{Result, StoreError};
pub use crate::store::look::Look;
pub use crate::store::records::{
    Attachment, AttachmentRecord, Batch, Change, ChangeKind, Directory, EventRecord, IssueCursor,
    IssueFilter, IssueSort, LedgerKey, Record, Recorded, StoredEvent, TagKey, TagValue, UserReport,
    UserReportRecord,
};

// Nouns, one file each.
mod accounts;
mod attachments;
mod changes;
mod digested;
mod events;
mod issues;
mod ledger;
mod projects;
mod series;
mod tags;
mod users;
mod weeks;
// Recording a batch.
mod grouped;
mod issue_rows;
mod recent;
mod record;
mod tally;
// The disk.
mod dictionaries;
mod error;
mod keys;
mod look;
mod partitions;
mod payload;
mod payloads;
mod records;
mod schema;
mod upkeep;
#[cfg(test)]
mod tests;

const STATE_FILE: &str = "state.redb";
const STATE_CACHE_BYTES: usize = 32 * 1024 * 1024;

/// A handle; clones share one store.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    data_dir: PathBuf,
    state: Database,
    partitions: Partitions,
    writer: Mutex<Writer>,
    directory: RwLock<Arc<Directory>>,
    /// The newest change that is committed.
    head: watch::Sender<u64>,
    weeks: RwLock<Weeks>,
    dictionaries: Dictionaries,
    recent: Recent,
}

impl Store {
    /// Opens the data folder, which is made where it is missing, and finishes what a crash interrupted.
    pub fn open(data_dir: &Path, _now: Timestamp) -> Result<Self> {
        fs::create_dir_all(data_dir)?;
        let path = data_dir.join(STATE_FILE);
        let state = open_database(&path, STATE_CACHE_BYTES)?;
        schema::prepare(&state, &path.display().to_string())?;
        sync_dir(data_dir)?;
        let (head, _) = watch::channel(changes::committed_head(&state)?);
        let inner = Inner {
            data_dir: data_dir.to_owned(),
            partitions: Partitions::new(data_dir, head.clone())?,
            writer: Mutex::default(),
            directory: RwLock::new(Arc::new(projects::load(&state)?)),
            weeks: RwLock::new(weeks::load(&state)?),
            dictionaries: Dictionaries::load(&state)?,
            recent: Recent::default(),
            head,
            state,
        };
        Ok(Self { inner: Arc::new(inner) })
    }
}

impl Inner {
    /// Only under the writer's lock.
    fn begin_write(&self) -> Result<WriteTransaction> {
        Ok(self.state.begin_write()?)
    }
}
