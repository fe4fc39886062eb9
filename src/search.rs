//! The full-text index: every event's text and tags, one index a week beside the store's partition.
//!
//! `indexing` follows the store's changes and gives it documents; `api` asks it for events and issues. It knows
//! events only as immutable documents: an issue's state, counts and titles live in the store. The index may lag and
//! may be lost, never be wrong: whatever it misses comes again from its cursor, or from the start by `reindex`.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::{Mutex, RwLock};

use crate::model::ids::{EventSeq, IssueId, ProjectId};
use crate::model::query::Query;
use crate::model::week::Week;
use crate::search::partition::Partition;
use crate::search::writing::Writing;

pub use crate::search::document::{Document, Draft, document, draft};
pub use crate::search::error::SearchError;
pub use crate::search::matches::{Match, matches};

mod analyzer;
mod collect;
mod compile;
mod document;
mod error;
mod fresh;
mod keys;
mod matches;
mod needle;
mod partition;
mod places;
pub mod query;
mod row;
mod schema;
mod words;
mod writing;

/// Events that `find_events` returns at most.
pub const HITS_MAX: usize = 1_000;
/// Issues that `find_issues` returns at most, those with the newest matches first.
pub const ISSUES_MAX: usize = 10_000;
/// Issues held while a search runs; in a store with more that match, `complete` is false.
const ISSUES_HELD_MAX: usize = 200_000;
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    pub seq: EventSeq,
    pub issue: IssueId,
    pub week: Week,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventsFound {
    /// Newest first.
    pub hits: Vec<Hit>,
    /// All matching events, whatever the page.
    pub total: u64,
    /// Whether `total` is exact; else there are at least so many.
    pub exact: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IssueHit {
    pub issue: IssueId,
    /// Matching events, not all of the issue's.
    pub events: u64,
    pub latest_seq: EventSeq,
    /// The week of that latest event.
    pub week: Week,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IssuesFound {
    /// The issue with the newest matching event first.
    pub issues: Vec<IssueHit>,
    /// Whether these are all.
    pub complete: bool,
    /// Matching events in all.
    pub events: u64,
}

/// The index over a data directory. All verbs are blocking; reads run beside writes.
pub struct Search {
    data_dir: PathBuf,
    partitions: RwLock<BTreeMap<Week, Arc<Partition>>>,
    writing: Mutex<Writing>,
    fresh: fresh::Fresh,
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
        })
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

    /// The newest matching events below `before`, newest first, at most `limit` ([`HITS_MAX`]).
    pub fn find_events(
        &self,
        filter: &Filter<'_>,
        before: Option<EventSeq>,
        limit: usize,
    ) -> Result<EventsFound, SearchError> {
        let limit = limit.min(HITS_MAX);
        let before = before.map_or(u64::MAX, |seq| seq.0);
        let query = compile::filter(filter)?;
        let mut found = EventsFound { exact: true, ..EventsFound::default() };
        let mut hits: Vec<Hit> = Vec::new();
        for partition in self.newest_first() {
            let filled =
                hits.len() >= limit && hits.last().is_none_or(|last| partition.newest() < last.seq.0);
            if filled && found.total >= TOTAL_EXACT_MAX {
                found.exact = false;
                break;
            }
            let newest = collect::Newest { limit: if filled { 0 } else { limit }, before };
            let part = partition.searcher().search(&*query, &newest)?;
            found.total += part.total;
            let week = partition.week;
            hits.extend(part.hits.into_iter().map(|(seq, issue)| Hit {
                seq: EventSeq(seq),
                issue: IssueId(issue),
                week,
            }));
            // Weeks overlap by a few seqs where one ends while batches are on their way.
            hits.sort_unstable_by_key(|hit| Reverse(hit.seq));
            hits.truncate(limit);
        }
        found.hits = hits;
        Ok(found)
    }

    /// The issues of all matching events.
    pub fn find_issues(&self, filter: &Filter<'_>) -> Result<IssuesFound, SearchError> {
        let query = compile::filter(filter)?;
        let mut found = IssuesFound { complete: true, ..IssuesFound::default() };
        let mut issues: BTreeMap<u64, IssueHit> = BTreeMap::new();
        for partition in self.newest_first() {
            let part =
                partition.searcher().search(&*query, &collect::Issues { held_max: ISSUES_HELD_MAX })?;
            found.events += part.total;
            found.complete &= part.complete;
            for (issue, (events, latest)) in part.issues {
                if issues.len() >= ISSUES_HELD_MAX && !issues.contains_key(&issue) {
                    found.complete = false;
                    continue;
                }
                let (id, week) = (IssueId(issue), partition.week);
                let new = IssueHit { issue: id, events: 0, latest_seq: EventSeq(latest), week };
                let hit = issues.entry(issue).or_insert(new);
                hit.events += events;
                if hit.latest_seq.0 < latest {
                    (hit.latest_seq, hit.week) = (EventSeq(latest), week);
                }
            }
        }
        found.issues = issues.into_values().collect();
        found.issues.sort_unstable_by_key(|hit| Reverse(hit.latest_seq));
        found.complete &= found.issues.len() <= ISSUES_MAX;
        found.issues.truncate(ISSUES_MAX);
        Ok(found)
    }

    /// How many events match, exactly.
    pub fn count(&self, filter: &Filter<'_>) -> Result<u64, SearchError> {
        let query = compile::filter(filter)?;
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
        let query = compile::filter(&filter)?;
        let mut counts = vec![0; buckets];
        for partition in self.newest_first() {
            let histogram = collect::Histogram { from: from.as_millisecond(), bucket_ms, buckets };
            let part = partition.searcher().search(&*query, &histogram)?;
            counts.iter_mut().zip(part).for_each(|(sum, count)| *sum += count);
        }
        Ok(counts)
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
