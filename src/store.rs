//! State and events: what is true, on disk.
//!
//! `state.redb` holds projects, accounts, issues, counters, the change log and the index from event ids to
//! places; `partitions/<week>/` holds events by the week in which they were received: `events.redb` their rows,
//! `payloads` what they hold. Verbs are
//! whole units of work, batched and idempotent; no type of the engine leaves this module.
//!
//! One writer at a time, under one lock; readers work on snapshots and never wait. An event is in the store once
//! `state.redb` says so: its sequence number is at most the head. Nothing else decides.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use parking_lot::{Mutex, RwLock};
use redb::{Database, WriteTransaction};
use tokio::sync::watch;

use crate::model::ids::ProjectId;
use crate::model::merges::{Merges, SharedMerges};
use crate::store::clock::Believed;
use crate::store::dictionaries::{Dictionaries, InUseByProject};
use crate::store::file::DatabaseFile;
use crate::store::partitions::{Partitions, sync_dir};
use crate::store::record::Writer;
use crate::store::spans::flood::Flood;
use crate::store::weeks::Weeks;

pub use crate::store::accounts::AccountChange;
pub use crate::store::alerts::{
    AlertProgress, Evaluation, Heads, IncidentFilter, NotificationFilter, RULES_MAX, TARGETS_MAX,
};
pub use crate::store::annotations::ANNOTATIONS_MAX;
pub use crate::store::artifacts::{DebugIdFound, UrlFound, Waiting};
pub use crate::store::audit::{AuditFilter, AuditPage};
pub use crate::store::clock::LEAP_MAX;
pub use crate::store::code_mappings::{CODE_MAPPINGS_MAX, NewCodeMapping};
pub use crate::store::comments::Comment;
pub use crate::store::commits::{COMMIT_FILES_MAX, COMMITS_MAX, HEADS_MAX};
pub use crate::store::decisions::{Changed, Undone};
pub use crate::store::deploys::DEPLOYS_MAX;
pub use crate::store::erase::{Emptied, Erased};
pub use crate::store::error::{Result, StoreError};
pub use crate::store::explanations::{EXPLANATIONS_MAX, QUESTIONS_MAX};
pub use crate::store::health::HealthScope;
pub use crate::store::invitations::{InvitationChange, NewInvitation};
pub use crate::store::look::Look;
pub use crate::store::merges::{Merged, Part, Unmerged};
pub use crate::store::records::{
    Attachment, AttachmentRecord, Batch, Cell, Change, ChangeKind, Directory, EventRecord, IssueCursor,
    IssueFilter, IssuePage, IssueSort, LedgerKey, Record, Recorded, SessionRecord, StoredPayload, TagKey,
    TagValue, UserReport, UserReportRecord,
};
pub use crate::store::release_facts::AskedRelease;
pub use crate::store::releases::{
    Declared, ReleaseCursor, ReleaseEdit, ReleaseFilter, ReleasePage, ReleaseSort, SeenIn,
};
pub use crate::store::repositories::NewRepository;
pub use crate::store::spans::{
    FoundLog, FoundSpan, SpanCursor, SpanPage, SpanQuestion, SpanRecord, StoredTrace,
};
pub use crate::store::transactions::{ReleaseStats, TransactionStep};
pub use crate::store::wanted::{Unread, Wanted};

// Nouns, one file each.
mod accounts;
mod alerts;
mod altering;
mod annotations;
mod archives;
mod artifacts;
mod attachments;
mod audit;
mod changes;
mod clock;
mod code_mappings;
mod comments;
mod commits;
mod deciding;
mod decisions;
mod deploys;
mod digested;
mod environments;
mod erase;
mod events;
mod explanations;
mod fixes;
mod headlines;
mod health;
mod invitations;
mod issue_lists;
mod issues;
mod ledger;
mod merges;
mod marks;
mod projects;
mod recent;
mod releases;
mod repositories;
mod searches;
mod series;
mod sessions;
mod signals;
mod spans;
mod standings;
mod tags;
mod transactions;
mod transitions;
mod unseen;
mod users;
mod users_lately;
mod wanted;
mod weeks;
// Recording a batch.
mod comebacks;
mod grouped;
mod issue_rows;
mod record;
mod release_facts;
mod tally;
// The disk.
mod crowd;
mod dictionaries;
mod error;
mod file;
mod json;
mod keys;
mod look;
mod partitions;
mod payload;
mod payloads;
mod reading;
mod records;
mod schema;
mod sketch;
mod upkeep;
#[cfg(test)]
mod tests;

const STATE_FILE: &str = "state.redb";
const STATE_CACHE_BYTES: usize = 24 * 1024 * 1024;

/// A handle; clones share one store.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    data_dir: PathBuf,
    state: DatabaseFile,
    partitions: Partitions,
    writer: Mutex<Writer>,
    directory: RwLock<Arc<Directory>>,
    /// The newest change that is committed.
    head: watch::Sender<u64>,
    weeks: Arc<RwLock<Weeks>>,
    believed: RwLock<Believed>,
    dictionaries: Dictionaries,
    artifacts: artifacts::Known,
    merges: SharedMerges,
    flood: Flood,
    /// Counts up whenever a message is there to be sent.
    outbox: watch::Sender<u64>,
    rules_version: AtomicU64,
}

impl Store {
    /// Opens the data folder, which is made where it is missing, and finishes what a crash interrupted.
    pub fn open(data_dir: &Path) -> Result<Self> {
        fs::create_dir_all(data_dir)?;
        let path = data_dir.join(STATE_FILE);
        let (state, held) = DatabaseFile::open(&path, STATE_CACHE_BYTES, |state| {
            schema::STATE.prepare(state, &path.display().to_string())?;
            Held::load(state)
        })?;
        sync_dir(data_dir)?;
        let weeks = Arc::new(RwLock::new(held.weeks));
        let inner = Inner {
            data_dir: data_dir.to_owned(),
            partitions: Partitions::new(data_dir, Arc::clone(&weeks))?,
            writer: Mutex::default(),
            directory: RwLock::new(Arc::new(held.directory)),
            weeks,
            believed: RwLock::new(held.believed),
            dictionaries: Dictionaries::new(held.dictionaries),
            artifacts: artifacts::Known::new(held.artifacts),
            merges: SharedMerges::new(held.merges),
            flood: Flood::default(),
            head: watch::channel(held.head).0,
            outbox: watch::channel(0).0,
            rules_version: AtomicU64::new(0),
            state,
        };
        Ok(Self { inner: Arc::new(inner) })
    }
}

/// What memory holds of the state.
struct Held {
    head: u64,
    directory: Directory,
    weeks: Weeks,
    believed: Believed,
    dictionaries: InUseByProject,
    artifacts: HashSet<ProjectId>,
    merges: Merges,
}

impl Held {
    fn load(state: &Database) -> Result<Self> {
        Ok(Self {
            head: changes::committed_head(state)?,
            directory: projects::load(state)?,
            weeks: weeks::load(state)?,
            believed: Believed::load(state)?,
            dictionaries: dictionaries::load(state)?,
            artifacts: artifacts::load(state)?,
            merges: merges::load(state)?,
        })
    }
}

impl Inner {
    /// Only under the writer's lock, and before anything that the write builds on is read from memory: a commit
    /// that was said to have failed may be on disk all the same, and is then taken in here.
    fn begin_write(&self) -> Result<WriteTransaction> {
        if let Ok(txn) = self.state.begin_write() {
            return Ok(txn);
        }
        let held = self.state.reopen(Held::load)?;
        *self.directory.write() = Arc::new(held.directory);
        *self.weeks.write() = held.weeks;
        *self.believed.write() = held.believed;
        self.dictionaries.replace(held.dictionaries);
        self.artifacts.replace(held.artifacts);
        self.merges.replace(held.merges);
        self.announce(held.head);
        self.state.begin_write()
    }
}

impl Store {
    /// Spans and log records of a project that are kept in a minute before a sample of them is.
    pub fn keep_spans_per_minute(&self, spans: u64) {
        self.inner.flood.set(spans);
    }

    /// A small transaction of its own.
    fn write<T>(&self, change: impl FnOnce(&WriteTransaction) -> Result<T>) -> Result<T> {
        let _writer = self.inner.writer.lock();
        let txn = self.inner.begin_write()?;
        let answer = change(&txn)?;
        txn.commit()?;
        Ok(answer)
    }

    /// Opens files anew that the engine gave up after a failure. Writers do so themselves; this is for readers, and
    /// cheap where all is well.
    pub fn revive(&self) -> Result<()> {
        let _writer = self.inner.writer.lock();
        self.inner.begin_write()?.abort()?;
        self.inner.partitions.revive()
    }
}
