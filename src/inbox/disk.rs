//! `inbox.redb`: one table from sequence numbers to envelopes.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use jiff::Timestamp;
use parking_lot::RwLock;
use redb::{Database, DatabaseError, ReadableDatabase, ReadableTable, TableDefinition};
use serde::{Deserialize, Serialize};

use crate::inbox::queue::Entry;
use crate::inbox::{Accepted, InboxError, Sender};
use crate::model::ids::ProjectId;

const ENVELOPES: TableDefinition<u64, &[u8]> = TableDefinition::new("envelopes_v1");
const CACHE_BYTES: usize = 8 << 20;

pub struct Disk {
    path: PathBuf,
    /// Empty only while it is being opened again after a failure.
    database: RwLock<Option<Database>>,
}

/// The start of a row; the envelope, compressed with LZ4 where that helps, follows it.
#[derive(Serialize, Deserialize)]
struct Header<'a> {
    project: u64,
    received_micros: i64,
    client_ip: Option<IpAddr>,
    user_agent: Option<&'a str>,
    items: u32,
    /// Uncompressed.
    envelope_bytes: u64,
    compressed: bool,
}

impl Disk {
    pub fn open(path: &Path) -> Result<Self, InboxError> {
        let database = open_database(path)?;
        // A file that has its table is not written, so that it opens on a full disk too.
        if database.begin_read().map_err(failed)?.open_table(ENVELOPES).is_err() {
            let transaction = database.begin_write().map_err(failed)?;
            transaction.open_table(ENVELOPES).map_err(failed)?;
            transaction.commit().map_err(failed)?;
        }
        Ok(Self { path: path.to_owned(), database: RwLock::new(Some(database)) })
    }

    /// Visits every row in order.
    pub fn scan(&self, mut visit: impl FnMut(u64, Entry)) -> Result<(), InboxError> {
        let guard = self.database.read();
        let database = guard.as_ref().ok_or_else(closed)?;
        let table = database.begin_read().map_err(failed)?.open_table(ENVELOPES).map_err(failed)?;
        for row in table.iter().map_err(failed)? {
            let (seq, value) = row.map_err(failed)?;
            let entry = header(value.value()).map(|(header, _)| Entry {
                project: ProjectId(header.project),
                received: Timestamp::from_microsecond(header.received_micros).unwrap_or_default(),
                bytes: header.envelope_bytes,
                items: header.items,
            });
            // A damaged row is queued all the same: claiming it counts and drops it.
            let damaged =
                Entry { project: ProjectId(0), received: Timestamp::UNIX_EPOCH, bytes: 0, items: 1 };
            visit(seq.value(), entry.unwrap_or(damaged));
        }
        Ok(())
    }

    /// `None` for a row that is absent or damaged. After a failure the file is opened anew, as in `commit`.
    pub fn read(&self, seq: u64) -> Result<Option<Accepted>, InboxError> {
        let result = self.read_row(seq);
        if result.is_err() {
            let mut guard = self.database.write();
            *guard = None;
            *guard = open_database(&self.path).ok();
        }
        result
    }

    fn read_row(&self, seq: u64) -> Result<Option<Accepted>, InboxError> {
        let guard = self.database.read();
        let database = guard.as_ref().ok_or_else(closed)?;
        let table = database.begin_read().map_err(failed)?.open_table(ENVELOPES).map_err(failed)?;
        let row = table.get(seq).map_err(failed)?;
        Ok(row.and_then(|value| decode(value.value())))
    }

    /// Appends and deletes in one durable transaction. After a failure the file is opened anew, because the
    /// engine refuses to go on with a file whose last write failed.
    pub fn commit<'a>(
        &self,
        first_seq: u64,
        appended: impl Iterator<Item = &'a Accepted>,
        deleted: &[u64],
    ) -> Result<(), InboxError> {
        let mut guard = self.database.write();
        if guard.is_none() {
            *guard = Some(open_database(&self.path)?);
        }
        let database = guard.as_ref().ok_or_else(closed)?;
        let result = write(database, first_seq, appended, deleted);
        if result.is_err() {
            *guard = None;
            *guard = open_database(&self.path).ok();
        }
        result
    }
}

#[cfg(test)]
impl Disk {
    /// As after a failure that the file could not be opened again from: the next read fails.
    pub fn close(&self) {
        *self.database.write() = None;
    }
}

fn write<'a>(
    database: &Database,
    first_seq: u64,
    appended: impl Iterator<Item = &'a Accepted>,
    deleted: &[u64],
) -> Result<(), InboxError> {
    let transaction = database.begin_write().map_err(failed)?;
    {
        let mut table = transaction.open_table(ENVELOPES).map_err(failed)?;
        for seq in deleted {
            table.remove(seq).map_err(failed)?;
        }
        let mut row = Vec::new();
        for (seq, accepted) in (first_seq..).zip(appended) {
            encode(accepted, &mut row)?;
            table.insert(seq, row.as_slice()).map_err(failed)?;
        }
    }
    transaction.commit().map_err(failed)
}

fn open_database(path: &Path) -> Result<Database, InboxError> {
    match Database::builder().set_cache_size(CACHE_BYTES).create(path) {
        Ok(database) => Ok(database),
        Err(DatabaseError::DatabaseAlreadyOpen) => Err(InboxError::InUse(path.display().to_string())),
        Err(error) => Err(failed(error)),
    }
}

fn encode(accepted: &Accepted, row: &mut Vec<u8>) -> Result<(), InboxError> {
    let compressed = lz4_flex::compress(&accepted.envelope);
    let smaller = compressed.len() < accepted.envelope.len();
    let header = Header {
        project: accepted.sender.project.0,
        received_micros: accepted.sender.received.as_microsecond(),
        client_ip: accepted.sender.client_ip,
        user_agent: accepted.sender.user_agent.as_deref(),
        items: accepted.items,
        envelope_bytes: accepted.envelope.len() as u64,
        compressed: smaller,
    };
    row.clear();
    *row = postcard::to_extend(&header, std::mem::take(row)).map_err(failed)?;
    row.extend_from_slice(if smaller { &compressed } else { &accepted.envelope });
    Ok(())
}

fn header(row: &[u8]) -> Option<(Header<'_>, &[u8])> {
    postcard::take_from_bytes(row).ok()
}

fn decode(row: &[u8]) -> Option<Accepted> {
    let (header, body) = header(row)?;
    let envelope = if header.compressed {
        Bytes::from(lz4_flex::decompress(body, usize::try_from(header.envelope_bytes).ok()?).ok()?)
    } else {
        Bytes::copy_from_slice(body)
    };
    let sender = Sender {
        project: ProjectId(header.project),
        received: Timestamp::from_microsecond(header.received_micros).ok()?,
        client_ip: header.client_ip,
        user_agent: header.user_agent.map(str::to_owned),
    };
    Some(Accepted { sender, envelope, items: header.items })
}

fn failed(error: impl std::fmt::Display) -> InboxError {
    InboxError::Failed(error.to_string())
}

fn closed() -> InboxError {
    InboxError::Failed("the file could not be opened again after a failure".into())
}
