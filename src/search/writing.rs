//! The writing half: which partitions are open for writing, and what was added since the last commit.
//!
//! The index follows the store's changes up to a cursor. Partitions commit one by one, so a crash can fall between
//! two of them; therefore all but the last repeat the cursor of the round before, and only the last one, when all
//! others are safe, carries the new one. The highest cursor found at the next start is then one up to which every
//! partition holds everything, and events that some partition holds beyond it are known by their seq when they come
//! again and are passed over.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use tantivy::IndexWriter;

use crate::model::week::Week;
use crate::search::compile;
use crate::search::document::Document;
use crate::search::error::SearchError;
use crate::search::partition::Partition;
use crate::search::row::Row;

/// Weeks open for writing at once: this one, and the last while its stragglers come.
const WRITERS_MAX: usize = 2;
/// A caller that commits too rarely is committed for, at the cursor before.
const DOCUMENTS_PENDING_MAX: usize = 4_000;
/// A writer without work for so many commits is closed, and its threads with it.
const IDLE_COMMITS_MAX: u32 = 60;
/// Changes without documents after which the cursor is written all the same.
const CURSOR_LAG_MAX: u64 = 1_000;

pub(super) struct Writing {
    writers: BTreeMap<Week, Writer>,
    /// Up to here every partition holds everything, durably.
    pub cursor: u64,
    memory_bytes: usize,
}

struct Writer {
    partition: Arc<Partition>,
    engine: IndexWriter<Row>,
    /// Added since the last commit.
    fresh: HashSet<u64>,
    idle_commits: u32,
}

impl Writing {
    pub fn new(cursor: u64, memory_bytes: usize) -> Self {
        Self { writers: BTreeMap::new(), cursor, memory_bytes }
    }

    /// Adds documents that the partition does not hold yet; answers how many those were.
    pub fn add(
        &mut self,
        partition: &Arc<Partition>,
        documents: Vec<Document>,
    ) -> Result<usize, SearchError> {
        let fields = partition.fields;
        let newest = partition.newest();
        // In the usual course every seq is new, and nothing has to be looked up.
        let known: Vec<u64> = documents.iter().map(|d| d.seq).filter(|&seq| seq <= newest).collect();
        let held = if known.is_empty() { HashSet::new() } else { partition.held(&known)? };
        let cursor = self.cursor;
        let writer = self.writer(partition)?;
        let mut added = 0;
        for document in documents {
            if !held.contains(&document.seq) && writer.fresh.insert(document.seq) {
                writer.engine.add_document(Row { document, fields })?;
                added += 1;
            }
            if writer.fresh.len() >= DOCUMENTS_PENDING_MAX {
                writer.commit(cursor)?;
            }
        }
        Ok(added)
    }

    /// Removes what matches, durably and visibly. What was added goes in at the cursor of the round before.
    pub fn remove(
        &mut self,
        partition: &Arc<Partition>,
        matching: Box<dyn tantivy::query::Query>,
    ) -> Result<(), SearchError> {
        let cursor = self.cursor;
        let writer = self.writer(partition)?;
        writer.engine.delete_query(matching)?;
        writer.commit(cursor)
    }

    /// The same events anew. What was added goes in with them, at the cursor of the round before.
    pub fn replace(
        &mut self,
        partition: &Arc<Partition>,
        documents: Vec<Document>,
    ) -> Result<(), SearchError> {
        let (cursor, fields) = (self.cursor, partition.fields);
        let writer = self.writer(partition)?;
        let seqs = documents.iter().map(|document| document.seq).collect();
        writer.engine.delete_query(compile::those(seqs))?;
        for document in documents {
            writer.fresh.insert(document.seq);
            writer.engine.add_document(Row { document, fields })?;
        }
        writer.commit(cursor)
    }

    fn writer(&mut self, partition: &Arc<Partition>) -> Result<&mut Writer, SearchError> {
        let week = partition.week;
        if !self.writers.contains_key(&week) {
            while self.writers.len() >= WRITERS_MAX {
                let idlest = self.writers.iter().max_by_key(|(_, w)| (w.idle_commits, w.fresh.is_empty()));
                let idlest = *idlest.expect("there are writers").0;
                self.close(idlest)?;
            }
            let engine = partition.writer(self.memory_bytes)?;
            let writer =
                Writer { partition: partition.clone(), engine, fresh: HashSet::new(), idle_commits: 0 };
            self.writers.insert(week, writer);
        }
        Ok(self.writers.get_mut(&week).expect("opened above"))
    }

    /// Makes everything added durable and visible, and moves the cursor.
    pub fn commit(&mut self, cursor: u64) -> Result<(), SearchError> {
        let dirty: Vec<Week> =
            self.writers.iter().filter(|(_, w)| !w.fresh.is_empty()).map(|(week, _)| *week).collect();
        let before = self.cursor;
        for (index, week) in dirty.iter().enumerate() {
            let last = index + 1 == dirty.len();
            let writer = self.writers.get_mut(week).expect("listed above");
            writer.commit(if last { cursor } else { before })?;
            if last {
                self.cursor = cursor;
            }
        }
        if dirty.is_empty() && cursor.saturating_sub(self.cursor) >= CURSOR_LAG_MAX {
            // Changes that bring no documents move the cursor too, or a restart would follow them all again.
            if let Some((_, writer)) = self.writers.iter_mut().next_back() {
                writer.commit(cursor)?;
                self.cursor = cursor;
            }
        }
        self.close_idle(&dirty)
    }

    fn close_idle(&mut self, dirty: &[Week]) -> Result<(), SearchError> {
        let mut idle = Vec::new();
        for (week, writer) in &mut self.writers {
            writer.idle_commits = if dirty.contains(week) { 0 } else { writer.idle_commits + 1 };
            if writer.idle_commits >= IDLE_COMMITS_MAX {
                idle.push(*week);
            }
        }
        idle.into_iter().try_for_each(|week| self.close(week))
    }

    /// Ends a week's writing after its merges; what was added goes in at the cursor of the round before.
    pub fn close(&mut self, week: Week) -> Result<(), SearchError> {
        let Some(mut writer) = self.writers.remove(&week) else { return Ok(()) };
        if !writer.fresh.is_empty() {
            writer.commit(self.cursor)?;
        }
        writer.engine.wait_merging_threads()?;
        writer.partition.reload()
    }

    /// Ends a week's writing, whose files are to be removed. What was not committed is forgotten.
    pub fn abandon(&mut self, week: Week) {
        if let Some(writer) = self.writers.remove(&week) {
            // No merge may write into the folder while it is removed; what becomes of the merge is all one.
            let _ = writer.engine.wait_merging_threads();
        }
    }

    /// The weeks that are open for writing.
    pub fn weeks(&self) -> Vec<Week> {
        self.writers.keys().copied().collect()
    }

    /// After an engine error: what was added since the last commit is gone, and comes again from the cursor.
    pub fn abandon_all(&mut self) {
        self.writers.clear();
    }
}

impl Writer {
    fn commit(&mut self, cursor: u64) -> Result<(), SearchError> {
        let mut prepared = self.engine.prepare_commit()?;
        prepared.set_payload(&cursor.to_string());
        prepared.commit()?;
        self.fresh.clear();
        self.partition.reload()
    }
}
