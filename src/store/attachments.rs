//! What comes beside an event: files, and what users said about it.
//!
//! Bodies are files in their week's folder, named by their SHA-256, so that the same file is kept once a week.
//! Their rows lie in the week's tables of `state.redb`: finding them opens no partition, and the commit that
//! makes the batch true covers them.

use std::collections::HashMap;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use redb::{ReadableTable, ReadableTableMetadata, TableError, WriteTransaction};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::model::ids::{EventId, ProjectId};
use crate::model::week::Week;
use crate::store::Store;
use crate::store::error::Result;
use crate::store::json::{decode, encode};
use crate::store::keys::join;
use crate::store::partitions::sync_dir;
use crate::store::records::{Attachment, AttachmentRecord, UserReport, UserReportRecord};
use crate::store::schema::WeekTables;

/// Attachments, and likewise reports, that one event can have. More are dropped as duplicates are.
pub const ATTACHMENTS_MAX: usize = 100;

#[derive(Serialize, Deserialize)]
struct AttachmentRow {
    name: String,
    content_type: Option<String>,
    kind: String,
    size_bytes: u64,
    sha256: String,
}

#[derive(Serialize, Deserialize)]
struct ReportRow {
    received: Timestamp,
    name: String,
    email: String,
    comments: String,
}

fn row_key(project: ProjectId, event: EventId, id: [u8; 8]) -> [u8; 32] {
    join(&[&project.0.to_be_bytes(), &event.0, &id])
}

/// The same content under the same name is the same attachment, however often it is replayed.
fn short_hash(parts: &[&[u8]]) -> [u8; 8] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize()[..8].try_into().expect("SHA-256 is longer")
}

/// Bytes that the disk took, `None` if the event has this attachment already.
pub(super) fn write(
    txn: &WriteTransaction,
    week: Week,
    week_folder: &Path,
    record: &AttachmentRecord,
) -> Result<Option<u64>> {
    let tables = WeekTables::of(week);
    let mut table = txn.open_table(tables.attachments())?;
    let sha256 = hex::encode(Sha256::digest(&record.body));
    let id = short_hash(&[record.name.as_bytes(), record.kind.as_bytes(), sha256.as_bytes()]);
    let key = row_key(record.project, record.event_id, id);
    let (first, last) = (
        row_key(record.project, record.event_id, [0; 8]),
        row_key(record.project, record.event_id, [u8::MAX; 8]),
    );
    let is_full = table.range::<&[u8; 32]>(&first..=&last)?.nth(ATTACHMENTS_MAX - 1).is_some();
    if is_full || table.get(&key)?.is_some() {
        return Ok(None);
    }
    let bytes_taken = write_file(&week_folder.join("attachments"), &sha256, &record.body)?;
    let row = AttachmentRow {
        name: record.name.clone(),
        content_type: record.content_type.clone(),
        kind: record.kind.clone(),
        size_bytes: record.body.len() as u64,
        sha256,
    };
    let json = encode(&row)?;
    table.insert(&key, json.as_slice())?;
    Ok(Some(bytes_taken))
}

/// Never seen half: written under another name first.
fn write_file(folder: &Path, sha256: &str, body: &[u8]) -> Result<u64> {
    let path = folder.join(sha256);
    if path.exists() {
        return Ok(0);
    }
    if !folder.exists() {
        fs::create_dir_all(folder)?;
        let week = folder.parent().expect("inside a week's folder");
        sync_dir(week)?;
        sync_dir(week.parent().expect("inside the partitions"))?;
    }
    let temporary = folder.join(format!("{sha256}.part"));
    let mut file = fs::File::create(&temporary)?;
    file.write_all(body)?;
    file.sync_all()?;
    fs::rename(&temporary, &path)?;
    sync_dir(folder)?;
    Ok(body.len() as u64)
}

/// Whether the event did not have this report yet.
pub(super) fn write_report(txn: &WriteTransaction, week: Week, record: &UserReportRecord) -> Result<bool> {
    let tables = WeekTables::of(week);
    let mut table = txn.open_table(tables.user_reports())?;
    let id = short_hash(&[record.name.as_bytes(), record.email.as_bytes(), record.comments.as_bytes()]);
    let key = row_key(record.project, record.event_id, id);
    let (first, last) = (
        row_key(record.project, record.event_id, [0; 8]),
        row_key(record.project, record.event_id, [u8::MAX; 8]),
    );
    let is_full = table.range::<&[u8; 32]>(&first..=&last)?.nth(ATTACHMENTS_MAX - 1).is_some();
    if is_full || table.get(&key)?.is_some() {
        return Ok(false);
    }
    let row = ReportRow {
        received: record.received,
        name: record.name.clone(),
        email: record.email.clone(),
        comments: record.comments.clone(),
    };
    let json = encode(&row)?;
    table.insert(&key, json.as_slice())?;
    Ok(true)
}

/// Files by their SHA-256, with their bytes.
pub(super) type Files = HashMap<String, u64>;

/// Rows of the week that begin with `prefix` (a project, or a project and an event) go; answers the files they named.
pub(super) fn remove(txn: &WriteTransaction, week: Week, prefix: &[u8]) -> Result<Files> {
    let (mut first, mut last) = ([0; 32], [u8::MAX; 32]);
    first[..prefix.len()].copy_from_slice(prefix);
    last[..prefix.len()].copy_from_slice(prefix);
    let tables = WeekTables::of(week);
    txn.open_table(tables.user_reports())?.retain_in::<&[u8; 32], _>(&first..=&last, |_, _| false)?;
    let mut table = txn.open_table(tables.attachments())?;
    let mut files = Files::new();
    for row in table.range::<&[u8; 32]>(&first..=&last)? {
        let row: AttachmentRow = decode(row?.1.value())?;
        files.insert(row.sha256, row.size_bytes);
    }
    if !files.is_empty() {
        table.retain_in::<&[u8; 32], _>(&first..=&last, |_, _| false)?;
    }
    Ok(files)
}

/// Leaves those that no row of the week names any more. Reads all of them, if there is a file to judge.
pub(super) fn retain_unnamed(txn: &WriteTransaction, week: Week, files: &mut Files) -> Result<()> {
    if files.is_empty() {
        return Ok(());
    }
    let tables = WeekTables::of(week);
    for row in txn.open_table(tables.attachments())?.iter()? {
        let row: AttachmentRow = decode(row?.1.value())?;
        files.remove(&row.sha256);
    }
    Ok(())
}

/// Only under the writer's lock, and once the rows are gone for good.
pub(super) fn remove_files(week_folder: &Path, files: &Files) -> Result<()> {
    for sha256 in files.keys() {
        match fs::remove_file(week_folder.join("attachments").join(sha256)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => (),
        }
    }
    Ok(())
}

impl Store {
    /// By name.
    pub fn attachments(&self, project: ProjectId, event: EventId) -> Result<Vec<Attachment>> {
        let rows = self.rows_beside(project, event, WeekTables::attachments)?;
        let mut found: Vec<_> = rows.into_iter().map(|(_, attachment)| attachment).collect();
        found.sort_by(|a: &Attachment, b| a.name.cmp(&b.name).then_with(|| a.id.cmp(&b.id)));
        Ok(found)
    }

    pub fn read_attachment(
        &self,
        project: ProjectId,
        event: EventId,
        id: &str,
    ) -> Result<Option<(Attachment, fs::File)>> {
        let rows = self.rows_beside::<Attachment>(project, event, WeekTables::attachments)?;
        let Some((week, found)) = rows.into_iter().find(|(_, attachment)| attachment.id == id) else {
            return Ok(None);
        };
        let folder: PathBuf = self.inner.partitions.folder(week).join("attachments");
        match fs::File::open(folder.join(&found.sha256)) {
            Ok(file) => Ok(Some((found, file))),
            // Forgotten since.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Oldest first.
    pub fn user_reports(&self, project: ProjectId, event: EventId) -> Result<Vec<UserReport>> {
        let rows = self.rows_beside(project, event, WeekTables::user_reports)?;
        let mut found: Vec<UserReport> = rows.into_iter().map(|(_, report)| report).collect();
        found.sort_by_key(|report| report.received);
        Ok(found)
    }

    /// Those of many events of a project, in the order of the events.
    pub fn user_reports_among(&self, project: ProjectId, events: &[EventId]) -> Result<Vec<UserReport>> {
        let txn = self.inner.state.begin_read()?;
        let weeks: Vec<_> = self.inner.weeks.read().keys().copied().collect();
        let mut found = Vec::new();
        for week in weeks {
            let tables = WeekTables::of(week);
            let table = match txn.open_table(tables.user_reports()) {
                // Forgotten since.
                Err(TableError::TableDoesNotExist(_)) => continue,
                table => table?,
            };
            // Most weeks have none.
            if table.is_empty()? {
                continue;
            }
            for (place, event) in events.iter().enumerate() {
                let (first, last) =
                    (row_key(project, *event, [0; 8]), row_key(project, *event, [u8::MAX; 8]));
                for row in table.range::<&[u8; 32]>(&first..=&last)? {
                    let (key, row) = row?;
                    found.push((place, UserReport::read(*event, &key.value()[24..], row.value())?));
                }
            }
        }
        found.sort_by_key(|(place, report)| (*place, report.received));
        Ok(found.into_iter().map(|(_, report)| report).collect())
    }

    fn rows_beside<T: Beside>(
        &self,
        project: ProjectId,
        event: EventId,
        table: for<'a> fn(&'a WeekTables) -> redb::TableDefinition<'a, &'static [u8; 32], &'static [u8]>,
    ) -> Result<Vec<(Week, T)>> {
        let txn = self.inner.state.begin_read()?;
        let weeks: Vec<_> = self.inner.weeks.read().keys().copied().collect();
        let (first, last) = (row_key(project, event, [0; 8]), row_key(project, event, [u8::MAX; 8]));
        let mut found = Vec::new();
        for week in weeks {
            let tables = WeekTables::of(week);
            let table = match txn.open_table(table(&tables)) {
                // Forgotten since.
                Err(TableError::TableDoesNotExist(_)) => continue,
                table => table?,
            };
            for row in table.range::<&[u8; 32]>(&first..=&last)? {
                let (key, row) = row?;
                found.push((week, T::read(event, &key.value()[24..], row.value())?));
            }
        }
        Ok(found)
    }
}

trait Beside: Sized {
    fn read(event: EventId, id: &[u8], row: &[u8]) -> Result<Self>;
}

impl Beside for Attachment {
    fn read(_: EventId, id: &[u8], row: &[u8]) -> Result<Self> {
        let row: AttachmentRow = decode(row)?;
        Ok(Self {
            id: hex::encode(id),
            name: row.name,
            content_type: row.content_type,
            kind: row.kind,
            size_bytes: row.size_bytes,
            sha256: row.sha256,
        })
    }
}

impl Beside for UserReport {
    fn read(event_id: EventId, _: &[u8], row: &[u8]) -> Result<Self> {
        let row: ReportRow = decode(row)?;
        Ok(Self {
            event_id,
            received: row.received,
            name: row.name,
            email: row.email,
            comments: row.comments,
        })
    }
}
