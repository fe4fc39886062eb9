//! Follows the store's changes and keeps the search index level with them.
//!
//! The index's commit carries the number of the last change it holds, so a crash costs at most the changes since
//! then, which are followed again. An index that is further behind than the change log reaches, because it was
//! lost or erased, is filled from the stored events first; the store is the truth.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};

use crate::digest::stored::Reader;
use crate::digest::symbolicate::Symbolicator;
use crate::metrics::Metrics;
use crate::model::ids::EventSeq;
use crate::model::issue::EventRef;
use crate::model::week::Week;
use crate::search::{self, Document, Search, SearchError};

use crate::store::{ChangeKind, Store, StoreError};

pub mod late;

/// Changes read at once.
const BATCH_CHANGES_MAX: usize = 500;
/// How long added documents may wait for the commit that makes them searchable.
const COMMIT_DELAY_MAX: Duration = Duration::from_millis(700);
/// Nothing to commit: only a change or a stop wakes the worker before this.
const IDLE_WAIT_MAX: Duration = Duration::from_mins(1);
/// After a failure.
const RETRY_DELAY: Duration = Duration::from_secs(1);
/// Followed changes stay in the log for readers that have fallen behind, such as live listeners.
const CHANGES_KEPT: u64 = 10_000;

#[derive(Debug, thiserror::Error)]
pub enum IndexingError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Search(#[from] SearchError),
}

pub struct Indexing {
    store: Store,
    reader: Reader,
    search: Arc<Search>,
    metrics: Arc<Metrics>,
    progress: Progress,
}

/// How far indexing has come, and how to make it begin anew; clones share it.
#[derive(Clone, Default)]
pub struct Progress(Arc<Shared>);

#[derive(Default)]
struct Shared {
    /// The last change whose effect a search can see.
    position: AtomicU64,
    /// While the index is filled from stored events: the change up to which, and events that are still to come.
    filling_through: AtomicU64,
    filling_events: AtomicU64,
    rebuilds_wanted: AtomicU64,
    rebuilds_begun: AtomicU64,
    wanted: Notify,
}

/// A rebuild that was asked for.
pub struct Rebuild {
    number: u64,
    /// The newest change when it was asked for.
    through: u64,
}

impl Progress {
    /// How many events are stored and not searchable yet.
    pub fn lag(&self, store: &Store) -> Result<u64, StoreError> {
        let filling = self.0.filling_through.load(Ordering::Acquire);
        // Read after it: what is filled is left to neither.
        let position = self.0.position.load(Ordering::Acquire);
        if filling <= position {
            return store.count_changed_events(position);
        }
        Ok(self.0.filling_events.load(Ordering::Acquire) + store.count_changed_events(filling)?)
    }

    /// Asks the worker to throw the index away and to fill it again. Only the worker may do so: a commit of its
    /// own in between would claim documents that are gone.
    pub fn ask_for_rebuild(&self, store: &Store) -> Rebuild {
        let through = *store.head().borrow();
        let number = self.0.rebuilds_wanted.fetch_add(1, Ordering::AcqRel) + 1;
        self.0.wanted.notify_one();
        Rebuild { number, through }
    }

    /// Whether everything that was stored when it was asked for is searchable again.
    pub fn is_done(&self, rebuild: &Rebuild) -> bool {
        self.0.rebuilds_begun.load(Ordering::Acquire) >= rebuild.number
            && self.0.position.load(Ordering::Acquire) >= rebuild.through
    }
}

impl Indexing {
    pub fn new(
        store: Store,
        search: Arc<Search>,
        metrics: Arc<Metrics>,
        progress: Progress,
        symbolicator: Symbolicator,
    ) -> Self {
        progress.0.position.store(search.cursor(), Ordering::Release);
        let reader = Reader::new(store.clone(), symbolicator);
        Self { store, reader, search, metrics, progress }
    }

    /// Runs until `stop` says so, and commits what it has. Blocks its thread.
    pub fn run(&self, runtime: &Handle, mut stop: watch::Receiver<bool>) {
        let mut head = self.store.head();
        let mut follower = self.at_cursor();
        while !*stop.borrow() {
            let result =
                self.begin_anew(&mut follower).and_then(|()| self.follow(&mut follower, &|| *stop.borrow()));
            if let Err(error) = result {
                tracing::error!(%error, "indexing failed; trying again");
                follower = self.at_cursor();
                std::thread::sleep(RETRY_DELAY);
                continue;
            }
            if *head.borrow_and_update() > follower.position {
                continue;
            }
            let patience = follower.first_added.map(|added| COMMIT_DELAY_MAX.saturating_sub(added.elapsed()));
            runtime.block_on(async {
                tokio::select! {
                    _ = head.changed() => (),
                    _ = stop.changed() => (),
                    () = self.progress.0.wanted.notified() => (),
                    () = tokio::time::sleep(patience.unwrap_or(IDLE_WAIT_MAX)) => (),
                }
            });
        }
        if let Err(error) = self.commit(&mut follower) {
            tracing::error!(%error, "the last index commit failed; the next start follows those changes again");
        }
    }

    fn at_cursor(&self) -> Follower {
        Follower { position: self.search.cursor(), uncommitted: 0, first_added: None }
    }

    /// Throws the index away where somebody asked for it.
    fn begin_anew(&self, follower: &mut Follower) -> Result<(), IndexingError> {
        let wanted = self.progress.0.rebuilds_wanted.load(Ordering::Acquire);
        if self.progress.0.rebuilds_begun.load(Ordering::Acquire) >= wanted {
            return Ok(());
        }
        tracing::info!("the search index is built anew");
        self.search.clear()?;
        *follower = self.at_cursor();
        self.progress.0.filling_through.store(0, Ordering::Release);
        self.progress.0.position.store(follower.position, Ordering::Release);
        self.progress.0.rebuilds_begun.store(wanted, Ordering::Release);
        Ok(())
    }

    /// Takes in one batch and commits when it is time.
    fn follow(&self, follower: &mut Follower, is_over: &dyn Fn() -> bool) -> Result<(), IndexingError> {
        let changes = self.store.changes(follower.position, BATCH_CHANGES_MAX)?;
        if changes.first().is_some_and(|first| first.seq > follower.position + 1) {
            return self.fill_gap(follower, changes[0].seq, is_over);
        }
        let places = changes.iter().filter_map(|change| match &change.kind {
            ChangeKind::Event(place) => Some(place),
            ChangeKind::Issue(_) => None,
        });
        let Added { documents: added, damaged } = add(&self.reader, &self.search, places)?;
        self.metrics.damaged.inc_by(damaged);
        if let Some(last) = changes.last() {
            follower.position = last.seq;
        }
        if added > 0 {
            follower.uncommitted += added;
            follower.first_added.get_or_insert_with(Instant::now);
        }
        let due = follower.first_added.is_some_and(|added| added.elapsed() >= COMMIT_DELAY_MAX);
        if due || (follower.first_added.is_none() && !changes.is_empty()) {
            self.commit(follower)?;
        }
        Ok(())
    }

    /// The change log no longer reaches back to the index's position: take the events themselves. Commits on the
    /// way carry the old position, so that a crash or a stop begins anew; what is there is then passed over.
    fn fill_gap(
        &self,
        follower: &mut Follower,
        log_start: u64,
        is_over: &dyn Fn() -> bool,
    ) -> Result<(), IndexingError> {
        tracing::info!(from = follower.position, to = log_start, "filling the search index from the store");
        let before = log_start - 1;
        let mut position = EventSeq(follower.position);
        let shared = &self.progress.0;
        let mut left = self.store.count_events_between(position, EventSeq(before))?;
        shared.filling_events.store(left, Ordering::Release);
        shared.filling_through.store(before, Ordering::Release);
        loop {
            let mut places = self.store.all_events(position, BATCH_CHANGES_MAX)?;
            places.retain(|place| place.seq.0 <= before);
            let Some(last) = places.last() else { break };
            position = last.seq;
            let added = add(&self.reader, &self.search, places.iter())?;
            self.search.commit(follower.position)?;
            self.metrics.indexed.inc_by(added.documents);
            self.metrics.damaged.inc_by(added.damaged);
            left = left.saturating_sub(places.len() as u64);
            shared.filling_events.store(left, Ordering::Release);
            if is_over() {
                return Ok(());
            }
        }
        self.search.commit(before)?;
        follower.position = before;
        shared.position.store(before, Ordering::Release);
        Ok(())
    }

    fn commit(&self, follower: &mut Follower) -> Result<(), IndexingError> {
        self.search.commit(follower.position)?;
        self.metrics.indexed.inc_by(follower.uncommitted);
        follower.uncommitted = 0;
        follower.first_added = None;
        self.progress.0.position.store(follower.position, Ordering::Release);
        self.store.trim_changes(follower.position.saturating_sub(CHANGES_KEPT))?;
        Ok(())
    }
}

struct Follower {
    /// The last change that was taken in.
    position: u64,
    /// Documents added since the last commit.
    uncommitted: u64,
    first_added: Option<Instant>,
}

/// What became of the events that were to be added; expired ones count as neither.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Added {
    pub documents: u64,
    /// Passed over: their payload cannot be read, and never will be.
    pub damaged: u64,
}

/// Adds the events whose payload has not expired.
fn add<'a>(
    reader: &Reader,
    search: &Search,
    places: impl Iterator<Item = &'a EventRef>,
) -> Result<Added, IndexingError> {
    let mut documents: BTreeMap<u32, Vec<Document>> = BTreeMap::new();
    let mut added = Added::default();
    for place in places {
        let document = match search.take_offered(place.seq) {
            Some(document) => document,
            None => match reader.read(place) {
                Ok(Some(stored)) => search::document(&stored.event, place),
                Ok(None) => continue,
                Err(StoreError::Damaged(reason)) => {
                    tracing::error!(event = %place.event_id, reason, "a stored event cannot be searched");
                    added.damaged += 1;
                    continue;
                }
                Err(error) => return Err(error.into()),
            },
        };
        documents.entry(place.week).or_default().push(document);
    }
    for (week, documents) in documents {
        added.documents += documents.len() as u64;
        search.add(Week(week), documents)?;
    }
    Ok(added)
}

#[cfg(test)]
mod tests;
