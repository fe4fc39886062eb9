//! The full-text index: every event's text and tags, one index a week beside the store's partition.
//!
//! `indexing` follows the store's changes and gives it documents; `api` asks it for events and issues. It knows
//! events only as immutable documents: an issue's state, counts and titles live in the store. Documents name the part
//! that their event was counted into; whoever asks names issues and hears of issues (`model::merges`). The index may lag
//! and may be lost, never be wrong: whatever it misses comes again from its cursor, or from the start by `reindex`.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::{Mutex, RwLock};

use crate::model::ids::{EventSeq, IssueId, ProjectId};
use crate::model::merges::SharedMerges;
use crate::model::query::Query;
use crate::model::week::Week;
use crate::search::partition::Partition;
use crate::search::writing::Writing;

pub use crate::search::collect::EventOrder;
pub use crate::search::compare::Compared;
pub use crate::search::dictionary::Known;
pub use crate::search::document::{Document, Draft, document, draft};
pub use crate::search::error::SearchError;
pub use crate::search::issues::MatchingEvents;
pub use crate::search::matches::{Match, matches};
pub use crate::search::similar::Similar;

mod analyzer;
mod by_issue;
mod collect;
mod compare;
mod compile;
mod dictionary;
mod document;
mod error;
mod facets;
mod fresh;
mod issues;
mod keys;
mod matches;
mod needle;
mod partition;
mod places;
pub mod query;
mod row;
mod schema;
mod similar;
mod spelling;
mod steady;
mod words;
mod writing;

/// Events that `find_events` returns at most.
pub const HITS_MAX: usize = 1_000;
/// `find_events` stops counting after the week in which the count passes this.
const TOTAL_EXACT_MAX: u64 = 1_000_000;
pub const BUCKETS_MAX: usize = 1_000;
/// What the engine needs per open week at least.
pub const WRITER_BYTES_MIN: usize = 16_000_000;

/// What is searched for, and where.
#[derive(Debug, Clone, Copy)]
pub struct Filter<'a> {
    pub query: &'a Query,
    /// `None`: all projects. An empty list finds nothing.
    pub projects: Option<&'a [ProjectId]>,
    /// Any of them; empty: all.
    pub environments: &'a [String],
    /// With all its parts.
    pub issue: Option<IssueId>,
    /// By the events' own time, inclusive.
    pub from: Option<Timestamp>,
    /// By the events' own time, exclusive.
    pub to: Option<Timestamp>,
}

impl<'a> Filter<'a> {
    pub fn of(query: &'a Query) -> Self {
        Self { query, projects: None, environments: &[], issue: None, from: None, to: None }
    }
}

/// An event that a search found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    pub seq: EventSeq,
    pub issue: IssueId,
    pub week: Week,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventsFound {
    /// In the order that was asked for.
    pub hits: Vec<Hit>,
    /// All matching events, whatever the page.
    pub total: u64,
    /// Whether `total` is exact; else there are at least so many.
    pub exact: bool,
}

/// The index over a data directory. All verbs are blocking; reads run beside writes.
pub struct Search {
    data_dir: PathBuf,
    partitions: RwLock<BTreeMap<Week, Arc<Partition>>>,
    writing: Mutex<Writing>,
    fresh: fresh::Fresh,
    merges: SharedMerges,
}

impl Search {
    /// Opens every week's index. `writer_bytes`: memory for documents not yet committed, per week being written
    /// (mostly one, at most two), at least [`WRITER_BYTES_MIN`].
    pub fn open(data_dir: &Path, writer_bytes: usize) -> Result<Self, SearchError> {
        let mut partitions = BTreeMap::new();
        let mut cursor = 0;
        for week in partition::weeks(data_dir)? {
            if let Some(partition) = Partition::open(data_dir, week)? {
                cursor = cursor.max(partition.cursor()?);
                partitions.insert(week, Arc::new(partition));
            }
        }
        let memory_bytes = writer_bytes.max(WRITER_BYTES_MIN);
        let writing = Writing::new(cursor, memory_bytes);
        Ok(Self {
            data_dir: data_dir.to_owned(),
            partitions: RwLock::new(partitions),
            writing: Mutex::new(writing),
            fresh: fresh::Fresh::default(),
            merges: SharedMerges::default(),
        })
    }

    /// With issues that are shown as one: they are found as one.
    #[must_use]
    pub fn with_merges(self, merges: SharedMerges) -> Self {
        Self { merges, ..self }
    }

    /// Removes every week's index without opening any: what `reindex` does first, and the way out of
    /// [`SearchError::Rebuild`]. No `Search` may be open over the directory.
    pub fn erase(data_dir: &Path) -> Result<(), SearchError> {
        for week in partition::weeks(data_dir)? {
            remove_folder(&partition::folder(data_dir, week))?;
        }
        Ok(())
    }

    /// The store's changes after this position are not all in the index: follow them from here. What comes twice
    /// is passed over.
    pub fn cursor(&self) -> u64 {
        self.writing.lock().cursor
    }

    /// Takes documents of one week in; `commit` makes them visible. Those that are held already are passed over,
    /// so a batch may come again whole. Answers how many were new. After an error everything since the last commit
    /// is forgotten: go back to `cursor`.
    pub fn add(&self, week: Week, documents: Vec<Document>) -> Result<usize, SearchError> {
        let mut writing = self.writing.lock();
        let partition = self.partition(week)?;
        let added = writing.add(&partition, documents);
        if added.is_err() {
            writing.abandon_all();
        }
        added
    }

    /// Makes all added documents durable and visible. `cursor`: the store's position that they reach up to.
    pub fn commit(&self, cursor: u64) -> Result<(), SearchError> {
        let mut writing = self.writing.lock();
        let committed = writing.commit(cursor);
        if committed.is_err() {
            writing.abandon_all();
        }
        committed
    }

    /// The first matching events of an order, at most `limit` ([`HITS_MAX`]): those behind the event `behind`, or of
    /// an order by relevance the very first.
    pub fn find_events(
        &self,
        filter: &Filter<'_>,
        order: EventOrder,
        behind: Option<EventSeq>,
        limit: usize,
    ) -> Result<EventsFound, SearchError> {
        let limit = limit.min(HITS_MAX);
        let merges = self.merges.now();
        let query = compile::filter(self, filter, order == EventOrder::Relevance)?;
        let mut found = EventsFound { exact: true, ..EventsFound::default() };
        let mut hits: Vec<(collect::Rank, Hit)> = Vec::new();
        let mut partitions = self.newest_first();
        if order == EventOrder::Oldest {
            partitions.reverse();
        }
        for partition in partitions {
            let is_beyond = |hit: &Hit| match order {
                EventOrder::Newest => partition.newest() < hit.seq.0,
                EventOrder::Oldest => partition.oldest() > hit.seq.0,
                EventOrder::Relevance => false,
            };
            let filled = hits.len() >= limit && hits.last().is_none_or(|(_, last)| is_beyond(last));
            if filled && found.total >= TOTAL_EXACT_MAX {
                found.exact = false;
                break;
            }
            let limit_here = if filled { 0 } else { limit };
            let first = collect::First { order, limit: limit_here, behind: behind.map(|seq| seq.0) };
            let part = partition.search(&*query, &first)?;
            found.total += part.total;
            let week = partition.week;
            hits.extend(part.hits.into_iter().map(|(rank, seq, issue)| {
                (rank, Hit { seq: EventSeq(seq), issue: merges.shown(IssueId(issue)), week })
            }));
            // Weeks overlap by a few seqs where one ends while batches are on their way.
            hits.sort_unstable_by_key(|&(rank, _)| Reverse(rank));
            hits.truncate(limit);
        }
        found.hits = hits.into_iter().map(|(_, hit)| hit).collect();
        Ok(found)
    }

    /// How many events match, exactly.
    pub fn count(&self, filter: &Filter<'_>) -> Result<u64, SearchError> {
        let query = compile::filter(self, filter, false)?;
        let mut total = 0;
        for partition in self.newest_first() {
            total += query.count(&partition.searcher())? as u64;
        }
        Ok(total)
    }

    /// Matching events between two moments in `buckets` equal parts (1 to [`BUCKETS_MAX`]), oldest first.
    pub fn histogram(
        &self,
        filter: &Filter<'_>,
        from: Timestamp,
        to: Timestamp,
        buckets: usize,
    ) -> Result<Vec<u64>, SearchError> {
        let buckets = buckets.clamp(1, BUCKETS_MAX);
        let span_ms = to.as_millisecond().saturating_sub(from.as_millisecond()).max(1);
        let divisor = i64::try_from(buckets).expect("bounded by BUCKETS_MAX");
        let bucket_ms = (span_ms + divisor - 1) / divisor;
        let filter = Filter { from: Some(from), to: Some(to), ..*filter };
        let query = compile::filter(self, &filter, false)?;
        let mut counts = vec![0; buckets];
        for partition in self.newest_first() {
            let histogram = collect::Histogram { from: from.as_millisecond(), bucket_ms, buckets };
            let part = partition.search(&*query, &histogram)?;
            counts.iter_mut().zip(part).for_each(|(sum, count)| *sum += count);
        }
        Ok(counts)
    }

    /// Puts other documents in the place of those of the same events, durably and visibly; adds those that are not there.
    pub fn replace(&self, week: Week, documents: Vec<Document>) -> Result<(), SearchError> {
        let mut writing = self.writing.lock();
        let partition = self.partition(week)?;
        let replaced = writing.replace(&partition, documents);
        if replaced.is_err() {
            writing.abandon_all();
        }
        replaced
    }

    /// Takes a project's events of a week out of the index, up to one.
    pub fn forget_events(
        &self,
        week: Week,
        project: ProjectId,
        through: EventSeq,
    ) -> Result<(), SearchError> {
        let mut writing = self.writing.lock();
        let Some(partition) = self.partitions.read().get(&week).cloned() else { return Ok(()) };
        let forgotten = writing.remove(&partition, compile::up_to(project, through));
        if forgotten.is_err() {
            writing.abandon_all();
        }
        forgotten
    }

    /// Takes all events of a project out of the index.
    pub fn forget_project(&self, project: ProjectId) -> Result<(), SearchError> {
        let weeks: Vec<Week> = self.partitions.read().keys().copied().collect();
        weeks.into_iter().try_for_each(|week| self.forget_events(week, project, EventSeq(u64::MAX)))
    }

    /// Removes a week's index. The store removes the rest of the week's folder.
    pub fn forget(&self, week: Week) -> Result<(), SearchError> {
        let mut writing = self.writing.lock();
        writing.abandon(week);
        self.partitions.write().remove(&week);
        remove_folder(&partition::folder(&self.data_dir, week))
    }

    /// Forgets everything; the cursor is 0 again.
    pub fn clear(&self) -> Result<(), SearchError> {
        let mut writing = self.writing.lock();
        writing.weeks().into_iter().for_each(|week| writing.abandon(week));
        writing.cursor = 0;
        self.partitions.write().clear();
        Self::erase(&self.data_dir)
    }

    /// Gives back what searches have mapped of the index's files into this process.
    pub fn map_anew(&self) -> Result<(), SearchError> {
        self.newest_first().iter().try_for_each(|partition| partition.map_anew())
    }

    /// On disk, all weeks.
    pub fn bytes(&self) -> u64 {
        let weeks: Vec<Week> = self.partitions.read().keys().copied().collect();
        weeks.into_iter().map(|week| partition::bytes(&partition::folder(&self.data_dir, week))).sum()
    }

    /// Events that a search can find.
    pub fn events(&self) -> u64 {
        self.partitions.read().values().map(|partition| partition.events()).sum()
    }

    /// The week's partition, made if there is none. Called with `writing` held, so that none is made twice.
    fn partition(&self, week: Week) -> Result<Arc<Partition>, SearchError> {
        if let Some(partition) = self.partitions.read().get(&week) {
            return Ok(partition.clone());
        }
        let partition = Arc::new(Partition::create(&self.data_dir, week)?);
        self.partitions.write().insert(week, partition.clone());
        Ok(partition)
    }

    /// The partitions with the newest events first.
    fn newest_first(&self) -> Vec<Arc<Partition>> {
        let mut partitions: Vec<_> = self.partitions.read().values().cloned().collect();
        partitions.sort_by_key(|partition| (Reverse(partition.newest()), Reverse(partition.week)));
        partitions
    }
}

fn remove_folder(folder: &Path) -> Result<(), SearchError> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
