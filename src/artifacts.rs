//! What builds uploaded, as files below `artifacts/` of the data folder, and how it is read.
//!
//! `chunks/<aa>/<sha1>` are pieces that clients sent, until a bundle is made of them or a day has passed;
//! `bundles/<aa>/<sha1>` the bundles, compressed as they came: the truth; `maps/<version>/<aa>/<key>` what frames are
//! looked up in, made of a minified file and its map: can be made again. What they are to whom stands in the store,
//! which this knows nothing of. A file has its name once it is whole and on disk, never before.
//!
//! All of it is written by clients who may upload, and trusted in nothing: `bundle` bounds what it reads.

pub mod verify;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::Notify;

use crate::artifacts::convert::{ConvertError, Converted};
use crate::artifacts::maps::{MapFile, Maps};
use crate::artifacts::room::{Draft, Room};
use crate::model::artifact::{CacheKey, Checksum};

pub use crate::artifacts::assemble::{Assembled, Member};
pub use crate::artifacts::bundle::{BUNDLE_BYTES_MAX, FILE_BYTES_MAX, kind_name};
pub use crate::artifacts::chunks::{CHUNK_BYTES_MAX, Incoming};
pub use crate::artifacts::error::ArtifactError;
pub use crate::artifacts::pair::resolve as address_of_map;
pub use crate::artifacts::single::{Kept, Single, single};

mod assemble;
mod bundle;
mod chunks;
mod contents;
pub mod convert;
mod error;
mod layout;
pub mod maps;
mod pair;
mod room;
mod single;
mod sweep;

/// All artifacts together, where the data folder has no bound of its own.
pub const ARTIFACTS_BYTES_MAX: u64 = 64 << 30;
/// What the chunks of one bundle are at most.
pub const CHUNKS_MAX: usize = 4096;
/// Of the files in `maps`: raised where they come to look otherwise, so that all are made again.
pub const MAPS_VERSION: u32 = 1;

pub struct Artifacts {
    dir: PathBuf,
    /// Our own binary, which converts maps in a process of its own.
    converter: PathBuf,
    room: Arc<Room>,
    drafts: AtomicU64,
    woken: Notify,
    is_sweep_wanted: AtomicBool,
    open_maps: Maps,
}

impl Artifacts {
    /// `bytes_max` is the bound of all of it. What a crash left unfinished is removed.
    pub fn open(data_dir: &Path, converter: PathBuf, bytes_max: u64) -> io::Result<Self> {
        let artifacts = Self {
            dir: data_dir.join("artifacts"),
            converter,
            room: Arc::new(Room::new(bytes_max)),
            drafts: AtomicU64::new(0),
            woken: Notify::new(),
            is_sweep_wanted: AtomicBool::new(false),
            open_maps: Maps::default(),
        };
        match fs::remove_dir_all(artifacts.work()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        for folder in [artifacts.chunks(), artifacts.bundles(), artifacts.maps(), artifacts.work()] {
            fs::create_dir_all(folder)?;
        }
        Ok(artifacts)
    }

    pub fn converter(&self) -> &Path {
        &self.converter
    }

    /// Makes what frames are looked up in, or finds that it was made already. Blocks for as long as a child takes.
    pub fn convert(&self, minified: &Path, map: &Path) -> Result<Converted, ConvertError> {
        convert::convert(self, minified, map)
    }

    /// `None` where the map is not converted, or not in a shape that this version reads.
    pub fn open_map(&self, key: CacheKey) -> Option<Arc<MapFile>> {
        self.open_maps.open(key, &self.map_path(key))
    }

    /// Closes all maps that nobody is reading: their pages no longer count as this process's memory.
    pub fn unmap_all(&self) {
        self.open_maps.close_all();
    }

    /// What all of it takes on disk.
    pub fn bytes(&self) -> u64 {
        self.room.bytes()
    }

    /// Says that there is something to assemble.
    pub fn wake(&self) {
        self.woken.notify_one();
    }

    /// Says that files have lost their names.
    pub fn wake_to_sweep(&self) {
        self.is_sweep_wanted.store(true, Ordering::Release);
        self.woken.notify_one();
    }

    /// Whether that was said; then it no longer is.
    pub fn takes_sweep(&self) -> bool {
        self.is_sweep_wanted.swap(false, Ordering::AcqRel)
    }

    pub async fn woken(&self) {
        self.woken.notified().await;
    }

    /// Where a converted map is, or will be.
    pub fn map_path(&self, key: CacheKey) -> PathBuf {
        named(&self.maps(), &key.to_string())
    }

    fn bundle_path(&self, bundle: Checksum) -> PathBuf {
        named(&self.bundles(), &bundle.to_string())
    }

    fn chunk_path(&self, chunk: Checksum) -> PathBuf {
        named(&self.chunks(), &chunk.to_string())
    }

    fn chunks(&self) -> PathBuf {
        self.dir.join("chunks")
    }

    fn bundles(&self) -> PathBuf {
        self.dir.join("bundles")
    }

    fn maps(&self) -> PathBuf {
        self.all_maps().join(MAPS_VERSION.to_string())
    }

    /// Those of all versions.
    fn all_maps(&self) -> PathBuf {
        self.dir.join("maps")
    }

    /// What is not finished, and worth nothing after a restart.
    fn work(&self) -> PathBuf {
        self.dir.join("work")
    }

    fn draft(&self) -> io::Result<Draft> {
        let name = self.drafts.fetch_add(1, Ordering::Relaxed).to_string();
        Draft::create(self.work().join(name), Arc::clone(&self.room))
    }
}

/// Folders of some hundred files each.
fn named(folder: &Path, name: &str) -> PathBuf {
    folder.join(&name[..2]).join(name)
}

#[cfg(test)]
mod tests {
    use super::Artifacts;

    pub(super) fn open(bytes_max: u64) -> (tempfile::TempDir, Artifacts) {
        let dir = tempfile::tempdir().expect("a folder");
        let artifacts = Artifacts::open(dir.path(), "/nowhere".into(), bytes_max).expect("opened");
        (dir, artifacts)
    }
}
