//! Erasing before a week is over: the oldest events of a project that keeps less than the instance, and all that a
//! deleted project had.
//!
//! Weeks are files that many projects share, so their rows are deleted and their payloads overwritten in place; the
//! room is free when the week goes. One call is one bounded transaction. The state forgets an event first: should a
//! crash come before its partition does, the event is still the project's oldest, and the next call finishes it.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use redb::{ReadableTable, WriteTransaction};
use serde::{Deserialize, Serialize};

use crate::model::ids::{EventSeq, IssueId, ProjectId};
use crate::model::issue::EventRef;
use crate::model::merges::Merges;
use crate::model::week::Week;
use crate::store::attachments::Files;
use crate::store::error::Result;
use crate::store::file::DatabaseFile;
use crate::store::issue_rows;
use crate::store::json::{decode, encode};
use crate::store::keys::{PLACE_BYTES, pair, place_from, sixteen_at, u32_at, u64_at, with_sixteen};
use crate::store::partitions::{ISSUE_EVENTS, PLACES, PROJECT_EVENTS};
use crate::store::schema::{
    DELETED_PROJECTS, HASHES, ISSUE_COUNTS, ISSUE_HASHES, ISSUE_NUMBERS, ISSUES, LAST_NUMBERS, WeekTables,
};
use crate::store::{
    Store, annotations, artifacts, attachments, code_mappings, dictionaries, environments, health, merges,
    payloads, releases, signals, tags, transactions, users, users_lately, wanted, weeks,
};

/// Events of one transaction.
pub const ERASED_EVENTS_MAX: usize = 1_000;
/// Issues of one transaction; each may have many rows.
const ERASED_ISSUES_MAX: usize = 100;
/// Hashes of one transaction.
const ERASED_HASHES_MAX: usize = 5_000;
/// Bundles of one transaction; each may have thousands of files.
const ERASED_BUNDLES_MAX: usize = 5;
/// Releases of one transaction; each may have many commits.
const ERASED_RELEASES_MAX: usize = 20;
/// Batches that were on their way when a project was deleted have landed by then.
pub const DELETION_SETTLES_AFTER: SignedDuration = SignedDuration::from_mins(10);

/// What one call erased: events of one week, all up to `through`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    pub week: Week,
    pub events: usize,
    pub through: EventSeq,
}

/// Weeks that were found without events of a project, with the last number they held: no file is opened for them
/// again unless they grew.
#[derive(Debug, Default)]
pub struct Emptied(HashMap<Week, u64>);

/// What is left to know of a deleted project.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Deleted {
    pub slug: String,
    pub at: Timestamp,
    pub is_erased: bool,
}

/// An event and where its payload lies.
struct Doomed {
    place: EventRef,
    payload: (u64, u32),
}

impl Store {
    /// Erases the oldest events of a project, up to the first that is not older than `before`; they stand in the order
    /// in which they were received. `before` of `None`: all. `emptied` is the caller's to keep between calls. `None`:
    /// there is nothing to erase.
    pub fn erase_events(
        &self,
        project: ProjectId,
        before: Option<Timestamp>,
        emptied: &mut Emptied,
    ) -> Result<Option<Erased>> {
        let _writer = self.inner.writer.lock();
        let mut weeks: Vec<_> = self.inner.weeks.read().iter().map(|(week, span)| (*week, *span)).collect();
        weeks.retain(|(week, span)| emptied.0.get(week) != Some(&span.last_seq));
        weeks.sort_unstable_by_key(|(_, span)| span.first_seq);
        for (week, span) in weeks {
            let Some(partition) = self.inner.partitions.find(week)? else { continue };
            let Some(first) = oldest(&partition, project, 1)?.pop() else {
                emptied.0.insert(week, span.last_seq);
                continue;
            };
            if before.is_some_and(|before| first.place.timestamp >= before) {
                return Ok(None);
            }
            let mut doomed = oldest(&partition, project, ERASED_EVENTS_MAX)?;
            let is_kept = |doomed: &Doomed| before.is_some_and(|before| doomed.place.timestamp >= before);
            let end = doomed.iter().position(is_kept).unwrap_or(doomed.len());
            doomed.truncate(end);
            let through = doomed.last().map_or(first.place.seq, |last| last.place.seq);
            self.erase_of_week(week, &partition, &doomed)?;
            return Ok(Some(Erased { week, events: doomed.len(), through }));
        }
        Ok(None)
    }

    /// Only under the writer's lock.
    fn erase_of_week(&self, week: Week, partition: &DatabaseFile, doomed: &[Doomed]) -> Result<()> {
        let txn = self.inner.begin_write()?;
        let mut files = Files::new();
        {
            let tables = WeekTables::of(week);
            let mut ids = txn.open_table(tables.event_ids())?;
            for Doomed { place, .. } in doomed {
                let id = with_sixteen(place.project.0, place.event_id.0);
                ids.remove(&id)?;
                files.extend(attachments::remove(&txn, week, &id)?);
            }
        }
        self.commit_with_files(txn, week, files)?;

        let txn = partition.begin_write()?;
        {
            let mut places = txn.open_table(PLACES)?;
            let mut by_issue = txn.open_table(ISSUE_EVENTS)?;
            let mut by_project = txn.open_table(PROJECT_EVENTS)?;
            for Doomed { place, .. } in doomed {
                places.remove(place.seq.0)?;
                by_issue.remove(&pair(place.issue.0, place.seq.0))?;
                by_project.remove(&pair(place.project.0, place.seq.0))?;
            }
        }
        txn.commit()?;
        let stretches: Vec<_> = doomed.iter().map(|doomed| doomed.payload).collect();
        payloads::blank(&self.inner.partitions.folder(week), payloads::EVENTS, &stretches)
    }

    /// Commits, then removes attachments' files that no row names any more.
    fn commit_with_files(&self, txn: WriteTransaction, week: Week, mut files: Files) -> Result<()> {
        attachments::retain_unnamed(&txn, week, &mut files)?;
        let mut span = self.inner.weeks.read().get(&week).copied().unwrap_or_default();
        if !files.is_empty() {
            let bytes: u64 = files.values().sum();
            span.attachment_bytes = span.attachment_bytes.saturating_sub(bytes);
            weeks::write(&txn, week, span)?;
        }
        txn.commit()?;
        if !files.is_empty() {
            self.inner.weeks.write().insert(week, span);
            attachments::remove_files(&self.inner.partitions.folder(week), &files)?;
        }
        Ok(())
    }

    /// Deleted projects of which something may be left.
    pub fn projects_to_erase(&self) -> Result<Vec<ProjectId>> {
        let table = self.inner.state.begin_read()?.open_table(DELETED_PROJECTS)?;
        let mut found = Vec::new();
        for row in table.iter()? {
            let (id, row) = row?;
            let deleted: Deleted = decode(row.value())?;
            if !deleted.is_erased {
                found.push(ProjectId(id.value()));
            }
        }
        Ok(found)
    }

    /// Whether a project of that name was deleted, and no other has the name now.
    pub fn is_deleted(&self, slug: &str) -> Result<bool> {
        if self.directory().slugs.contains_key(slug) {
            return Ok(false);
        }
        let table = self.inner.state.begin_read()?.open_table(DELETED_PROJECTS)?;
        for row in table.iter()? {
            let deleted: Deleted = decode(row?.1.value())?;
            if deleted.slug == slug {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Erases some of what a deleted project has beside its events; `false` once there was nothing left. Then, and
    /// once `DELETION_SETTLES_AFTER` has passed, it is no longer among `projects_to_erase`.
    ///
    /// What stays says nothing of its events' contents: counts by time and the ledger, until their own time is over;
    /// for an hour the numbers of issues in changes that can be undone; the audit log; and the project's number in
    /// accounts and invitations that reach nothing else, since without it they would reach everything.
    pub fn erase_rest(&self, project: ProjectId, now: Timestamp) -> Result<bool> {
        let weeks: Vec<Week> = self.inner.weeks.read().keys().copied().collect();
        let _writer = self.inner.writer.lock();
        let txn = self.inner.begin_write()?;
        let has_bundles = artifacts::erase(&txn, project, ERASED_BUNDLES_MAX)?;
        let mut merged = Merges::clone(&self.merges());
        let has_more = erase_issues(&txn, project, &mut merged)?
            | erase_hashes(&txn, project)?
            | has_bundles
            | health::erase(&txn, project)?
            | transactions::erase(&txn, project)?
            | releases::erase(&txn, project, ERASED_RELEASES_MAX)?;
        if has_more {
            txn.commit()?;
            self.inner.merges.replace(merged);
            return self.artifacts_changed().map(|()| true);
        }
        let [first, last] = issue_rows::count_range(project);
        txn.open_table(ISSUE_COUNTS)?.retain_in::<&[u8; 9], _>(&first..=&last, |_, _| false)?;
        txn.open_table(LAST_NUMBERS)?.remove(project.0)?;
        code_mappings::erase(&txn, project)?;
        wanted::erase(&txn, project)?;
        environments::erase(&txn, project)?;
        signals::erase(&txn, project)?;
        annotations::erase(&txn, project)?;
        // Until then, batches on their way may be compressed with the dictionary.
        let is_settled = settle(&txn, project, now)?;
        if is_settled {
            dictionaries::remove(&txn, project)?;
        }
        txn.commit()?;
        if is_settled {
            self.inner.dictionaries.forget(project);
        }
        for week in weeks {
            let txn = self.inner.begin_write()?;
            let files = attachments::remove(&txn, week, &project.0.to_be_bytes())?;
            self.commit_with_files(txn, week, files)?;
        }
        Ok(false)
    }
}

fn oldest(partition: &DatabaseFile, project: ProjectId, limit: usize) -> Result<Vec<Doomed>> {
    let txn = partition.begin_read()?;
    let (index, places) = (txn.open_table(PROJECT_EVENTS)?, txn.open_table(PLACES)?);
    let (first, last) = (pair(project.0, 0), pair(project.0, u64::MAX));
    let mut found = Vec::new();
    for row in index.range::<&[u8; 16]>(&first..=&last)?.take(limit) {
        let seq = u64_at(row?.0.value(), 8);
        if let Some(row) = places.get(seq)? {
            let row = row.value();
            let payload = (u64_at(row, PLACE_BYTES), u32_at(row, PLACE_BYTES + 8));
            found.push(Doomed { place: place_from(seq, row), payload });
        }
    }
    Ok(found)
}

/// Some of a project's issues with all that is counted and noted of them; whether there were any.
fn erase_issues(txn: &WriteTransaction, project: ProjectId, merged: &mut Merges) -> Result<bool> {
    let (first, last) = (pair(project.0, 0), pair(project.0, u64::MAX));
    let mut numbers = txn.open_table(ISSUE_NUMBERS)?;
    let mut doomed = Vec::new();
    for row in numbers.range::<&[u8; 16]>(&first..=&last)?.take(ERASED_ISSUES_MAX) {
        let (key, id) = row?;
        doomed.push((*key.value(), IssueId(id.value())));
    }
    for (key, id) in &doomed {
        numbers.remove(key)?;
        merges::erase(txn, *id, merged)?;
        tags::remove(txn, *id)?;
        users::remove(txn, *id)?;
        users_lately::remove(txn, *id)?;
        let (first, last) = (with_sixteen(id.0, [0; 16]), with_sixteen(id.0, [u8::MAX; 16]));
        txn.open_table(ISSUE_HASHES)?.retain_in::<&[u8; 24], _>(&first..=&last, |_, ()| false)?;
        let row = txn.open_table(ISSUES)?.get(id.0)?.map(|row| issue_rows::decode(row.value()));
        if let Some(issue) = row.transpose()? {
            issue_rows::remove(txn, &issue)?;
        }
    }
    Ok(!doomed.is_empty())
}

fn erase_hashes(txn: &WriteTransaction, project: ProjectId) -> Result<bool> {
    let (first, last) = (with_sixteen(project.0, [0; 16]), with_sixteen(project.0, [u8::MAX; 16]));
    let mut hashes = txn.open_table(HASHES)?;
    let mut doomed = HashSet::new();
    for row in hashes.range::<&[u8; 24]>(&first..=&last)?.take(ERASED_HASHES_MAX) {
        doomed.insert(sixteen_at(row?.0.value(), 8));
    }
    for hash in &doomed {
        hashes.remove(&with_sixteen(project.0, *hash))?;
    }
    Ok(!doomed.is_empty())
}

/// Whether nothing can come any more; then this is written down.
fn settle(txn: &WriteTransaction, project: ProjectId, now: Timestamp) -> Result<bool> {
    let mut table = txn.open_table(DELETED_PROJECTS)?;
    let row = table.get(project.0)?.map(|row| decode::<Deleted>(row.value())).transpose()?;
    let Some(mut deleted) = row else { return Ok(false) };
    deleted.is_erased = now.duration_since(deleted.at) >= DELETION_SETTLES_AFTER;
    if deleted.is_erased {
        table.insert(project.0, encode(&deleted)?.as_slice())?;
    }
    Ok(deleted.is_erased)
}
