//! What events wait for: files that their frames could be read with, had somebody uploaded them.
//!
//! A row for each debug id or release of a project says from which to which event something is missing, not which ones:
//! a batch touches one row, however many events it holds, and a project that never uploads anything keeps one a
//! release. Whoever follows up reads the events of the project in that stretch.

use std::collections::BTreeMap;

use redb::{ReadableTable, ReadableTableMetadata, WriteTransaction};

use crate::model::artifact::DebugId;
use crate::model::ids::{EventSeq, ProjectId};
use crate::store::Store;
use crate::store::error::{Result, StoreError};
use crate::store::schema::WANTED;

/// Rows of one project; the one whose last event is the oldest goes first.
const OF_PROJECT_MAX: usize = 1_000;

/// A file that is missing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wanted {
    DebugId(DebugId),
    /// Whatever the release may hold.
    Release(String),
}

/// A stretch of events that something is missing for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    pub project: ProjectId,
    pub wanted: Wanted,
    pub first: EventSeq,
    pub last: EventSeq,
    /// What there was when it was last followed up, as the follower says it; 0 before.
    pub tried: u64,
}

/// Events by what they want, of one batch.
#[derive(Default)]
pub(super) struct Wants(BTreeMap<(ProjectId, Wanted), (u64, u64)>);

const DEBUG_ID: u8 = 1;
const RELEASE: u8 = 2;

impl Wanted {
    fn encode(&self) -> Vec<u8> {
        match self {
            Self::DebugId(id) => [&[DEBUG_ID][..], &id.0].concat(),
            Self::Release(release) => [&[RELEASE][..], release.as_bytes()].concat(),
        }
    }

    fn decode(key: &[u8]) -> Result<Self> {
        let damaged = || StoreError::Damaged("a row of what is wanted".to_owned());
        match key.split_first() {
            Some((&DEBUG_ID, id)) => Ok(Self::DebugId(DebugId(id.try_into().map_err(|_| damaged())?))),
            Some((&RELEASE, release)) => {
                let release = std::str::from_utf8(release).map_err(|_| damaged())?;
                Ok(Self::Release(release.to_owned()))
            }
            _ => Err(damaged()),
        }
    }
}

impl Wants {
    pub(super) fn add<'a>(
        &mut self,
        project: ProjectId,
        wanted: impl IntoIterator<Item = &'a Wanted>,
        seq: EventSeq,
    ) {
        for wanted in wanted {
            let stretch = self.0.entry((project, wanted.clone())).or_insert((seq.0, seq.0));
            *stretch = (stretch.0.min(seq.0), stretch.1.max(seq.0));
        }
    }

    pub(super) fn write(&self, txn: &WriteTransaction) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut table = txn.open_table(WANTED)?;
        for ((project, wanted), (first, last)) in &self.0 {
            let key = wanted.encode();
            let key = (project.0, key.as_slice());
            let known = table.get(key)?.map(|row| row.value());
            if known.is_none() {
                make_room(&mut table, *project)?;
            }
            let (known_first, known_last, tried) = known.unwrap_or((*first, *last, 0));
            table.insert(key, (known_first.min(*first), known_last.max(*last), tried))?;
        }
        Ok(())
    }
}

type Rows<'txn> = redb::Table<'txn, (u64, &'static [u8]), (u64, u64, u64)>;

fn make_room(table: &mut Rows<'_>, project: ProjectId) -> Result<()> {
    if table.len()? < OF_PROJECT_MAX as u64 {
        return Ok(());
    }
    let (mut count, mut oldest) = (0, None);
    for row in table.range((project.0, [].as_slice())..)? {
        let (key, value) = row?;
        let (owner, wanted) = key.value();
        if owner != project.0 {
            break;
        }
        count += 1;
        let last = value.value().1;
        if oldest.as_ref().is_none_or(|(least, _)| last < *least) {
            oldest = Some((last, wanted.to_vec()));
        }
    }
    if count >= OF_PROJECT_MAX
        && let Some((_, wanted)) = oldest
    {
        table.remove((project.0, wanted.as_slice()))?;
    }
    Ok(())
}

/// Of a project that was deleted.
pub(super) fn erase(txn: &WriteTransaction, project: ProjectId) -> Result<()> {
    let (first, behind) = ((project.0, [].as_slice()), (project.0.saturating_add(1), [].as_slice()));
    Ok(txn.open_table(WANTED)?.retain_in(first..behind, |_, _| false)?)
}

/// Rows whose events have all expired.
pub(super) fn prune(txn: &WriteTransaction, oldest: EventSeq) -> Result<()> {
    Ok(txn.open_table(WANTED)?.retain(|_, (_, last, _)| last >= oldest.0)?)
}

impl Store {
    /// All that events wait for; at most some thousand for each project.
    pub fn wanted(&self) -> Result<Vec<Unread>> {
        let txn = self.inner.state.begin_read()?;
        let mut found = Vec::new();
        for row in txn.open_table(WANTED)?.iter()? {
            let (key, value) = row?;
            let ((project, wanted), (first, last, tried)) = (key.value(), value.value());
            let (wanted, project) = (Wanted::decode(wanted)?, ProjectId(project));
            found.push(Unread { project, wanted, first: EventSeq(first), last: EventSeq(last), tried });
        }
        Ok(found)
    }

    /// Notes that events from `from` on were read anew: all before it remain. One whose `from` is its first is done,
    /// and kept with `tried` where more may come of what it wants.
    pub fn note_followed_up(&self, unread: &Unread, from: EventSeq, tried: Option<u64>) -> Result<()> {
        self.write(|txn| {
            let mut table = txn.open_table(WANTED)?;
            let key = unread.wanted.encode();
            let key = (unread.project.0, key.as_slice());
            let Some((first, last, _)) = table.get(key)?.map(|row| row.value()) else { return Ok(()) };
            // Events that came meanwhile may have been digested before the upload was there.
            let has_more = last > unread.last.0;
            if from > unread.first {
                if !has_more {
                    table.insert(key, (first, from.0 - 1, unread.tried))?;
                }
            } else if let Some(tried) = tried {
                table.insert(key, (first, last, if has_more { unread.tried } else { tried }))?;
            } else if has_more {
                table.insert(key, (unread.last.0 + 1, last, 0))?;
            } else {
                table.remove(key)?;
            }
            Ok(())
        })
    }
}
