//! The weeks' folders: opening them, keeping a few open, removing what expired.
//!
//! A partition is written before `state.redb` is, so it may hold rows whose sequence number was never
//! committed there. They are deleted when the partition is opened for the first time: they lie above the last
//! number that the state knows of their week, even after the head has passed them. While a commit is under way,
//! readers pass its rows over because they are above the head.

use std::collections::HashSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};
use redb::TableDefinition;

use crate::model::week::Week;
use crate::store::error::Result;
use crate::store::file::DatabaseFile;
use crate::store::keys::{PLACE_BYTES, pair, place_from};
use crate::store::weeks::Weeks;
use crate::store::{payloads, schema};

const PARTITION_CACHE_BYTES: usize = 4 * 1024 * 1024;
/// Weeks whose files stay open.
const PARTITIONS_OPEN_MAX: usize = 4;
/// A folder on its way out; finished at the next open.
const FORGOTTEN: &str = ".forgotten";

/// Bytes of a row of `PLACES`: the place, then offset and length of the payload in the week's file.
pub(super) const ROW_BYTES: usize = PLACE_BYTES + 8 + 4;

/// Sequence number -> place and payload's position.
pub(super) const PLACES: TableDefinition<u64, &[u8; ROW_BYTES]> = TableDefinition::new("places");
/// (issue, seq).
pub(super) const ISSUE_EVENTS: TableDefinition<&[u8; 16], ()> = TableDefinition::new("issue_events");
/// (project, seq).
pub(super) const PROJECT_EVENTS: TableDefinition<&[u8; 16], ()> = TableDefinition::new("project_events");

pub(super) struct Partitions {
    root: PathBuf,
    weeks: Arc<RwLock<Weeks>>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    /// The one used last stands last.
    partitions: Vec<(Week, Arc<DatabaseFile>)>,
    /// Holds nothing that an earlier process left uncommitted.
    clean: HashSet<Week>,
}

impl Partitions {
    pub(super) fn new(data_dir: &Path, weeks: Arc<RwLock<Weeks>>) -> Result<Self> {
        let root = data_dir.join("partitions");
        fs::create_dir_all(&root)?;
        for entry in fs::read_dir(&root)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == &FORGOTTEN[1..]) {
                fs::remove_dir_all(path)?;
            }
        }
        Ok(Self { root, weeks, open: Mutex::default() })
    }

    pub(super) fn folder(&self, week: Week) -> PathBuf {
        self.root.join(week.label())
    }

    fn file(&self, week: Week) -> PathBuf {
        self.folder(week).join("events.redb")
    }

    /// `None` where the week is gone or never was.
    pub(super) fn find(&self, week: Week) -> Result<Option<Arc<DatabaseFile>>> {
        let mut open = self.open.lock();
        if let Some(found) = open.touch(week) {
            return Ok(Some(found));
        }
        let path = self.file(week);
        if !path.exists() {
            return Ok(None);
        }
        self.load(&mut open, week, &path).map(Some)
    }

    /// The partition to write to, made where it is missing.
    pub(super) fn get_or_create(&self, week: Week) -> Result<Arc<DatabaseFile>> {
        let mut open = self.open.lock();
        if let Some(found) = open.touch(week) {
            return Ok(found);
        }
        let path = self.file(week);
        if !path.exists() {
            fs::create_dir_all(self.folder(week))?;
            sync_dir(&self.root)?;
        }
        let partition = self.load(&mut open, week, &path)?;
        payloads::create(&self.folder(week), payloads::EVENTS)?;
        sync_dir(&self.folder(week))?;
        Ok(partition)
    }

    fn load(&self, open: &mut Open, week: Week, path: &Path) -> Result<Arc<DatabaseFile>> {
        let shown = path.display().to_string();
        let (database, ()) = DatabaseFile::open(path, PARTITION_CACHE_BYTES, |database| {
            schema::PARTITION.prepare(database, &shown)
        })?;
        if !open.clean.contains(&week) {
            self.delete_uncommitted(&database, week)?;
            open.clean.insert(week);
        }
        let database = Arc::new(database);
        open.partitions.push((week, Arc::clone(&database)));
        open.close_unused();
        Ok(database)
    }

    /// Deletes what a failed commit left behind in an open partition.
    pub(super) fn clean(&self, week: Week) -> Result<()> {
        if let Some(partition) = self.find(week)? {
            partition.revive()?;
            self.delete_uncommitted(&partition, week)?;
        }
        Ok(())
    }

    fn delete_uncommitted(&self, partition: &DatabaseFile, week: Week) -> Result<()> {
        let last = self.weeks.read().get(&week).map_or(0, |span| span.last_seq);
        delete_above(partition, last)
    }

    /// Opens those anew that the engine gave up after a failure. Only under the writer's lock.
    pub(super) fn revive(&self) -> Result<()> {
        let open: Vec<_> =
            self.open.lock().partitions.iter().map(|(_, partition)| Arc::clone(partition)).collect();
        open.iter().try_for_each(|partition| partition.revive())
    }

    /// Takes the folder out of sight. `finish_forgetting` frees its bytes.
    pub(super) fn forget(&self, week: Week) -> Result<()> {
        // An earlier try may have hidden a folder, and stragglers have made another since.
        self.finish_forgetting(week)?;
        let mut open = self.open.lock();
        open.partitions.retain(|(other, _)| *other != week);
        open.clean.remove(&week);
        match fs::rename(self.folder(week), self.forgotten(week)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => sync_dir(&self.root),
        }
    }

    pub(super) fn finish_forgetting(&self, week: Week) -> Result<()> {
        match fs::remove_dir_all(self.forgotten(week)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn forgotten(&self, week: Week) -> PathBuf {
        self.root.join(format!("{week}{FORGOTTEN}"))
    }

    /// Bytes of a week's rows and payloads.
    pub(super) fn bytes(&self, week: Week) -> u64 {
        fs::metadata(self.file(week)).map_or(0, |file| file.len()) + payloads::bytes(&self.folder(week))
    }
}

impl Open {
    fn touch(&mut self, week: Week) -> Option<Arc<DatabaseFile>> {
        let at = self.partitions.iter().position(|(other, _)| *other == week)?;
        let found = self.partitions.remove(at);
        let database = Arc::clone(&found.1);
        self.partitions.push(found);
        Some(database)
    }

    /// Closes the longest unused that nobody holds. One that is held stays: a second handle could not be opened.
    fn close_unused(&mut self) {
        while self.partitions.len() > PARTITIONS_OPEN_MAX {
            let unused = self.partitions.iter().position(|(_, database)| Arc::strong_count(database) == 1);
            match unused {
                Some(at) => drop(self.partitions.remove(at)),
                None => return,
            }
        }
    }
}

/// Deletes every event above `last`. The next one's payload is written over theirs.
fn delete_above(partition: &DatabaseFile, last: u64) -> Result<()> {
    let above: Vec<_> = {
        let places = partition.begin_read()?.open_table(PLACES)?;
        let rows = places.range(last + 1..)?;
        rows.map(|row| row.map(|(seq, row)| place_from(seq.value(), row.value())))
            .collect::<std::result::Result<_, _>>()?
    };
    if above.is_empty() {
        return Ok(());
    }
    let txn = partition.begin_write()?;
    {
        txn.open_table(PLACES)?.retain_in(last + 1.., |_, _| false)?;
        let mut by_issue = txn.open_table(ISSUE_EVENTS)?;
        let mut by_project = txn.open_table(PROJECT_EVENTS)?;
        for place in above {
            by_issue.remove(&pair(place.issue.0, place.seq.0))?;
            by_project.remove(&pair(place.project.0, place.seq.0))?;
        }
    }
    txn.commit()?;
    Ok(())
}

/// Makes a rename or a new file in a folder durable.
pub(super) fn sync_dir(path: &Path) -> Result<()> {
    Ok(fs::File::open(path)?.sync_all()?)
}
