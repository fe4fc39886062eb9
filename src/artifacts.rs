//! What builds uploaded, as files below `artifacts/` of the data folder, and how it is read.
//!
//! `chunks/<aa>/<sha1>` are pieces that clients sent, until a bundle is made of them or a day has passed;
//! `bundles/<aa>/<sha1>` the bundles, compressed as they came: the truth; `maps/<version>/<aa>/<key>` what frames are
//! looked up in, made of a minified file and its map: can be made again. What they are to whom stands in the store,
//! which this knows nothing of. A file has its name once it is whole and on disk, never before.
//!
//! All of it is written by clients who may upload, and trusted in nothing: see `bundle`.

pub mod verify;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::artifacts::convert::{ConvertError, Converted};
use crate::artifacts::maps::{MapFile, Maps};
use crate::model::artifact::{CacheKey, Checksum};

pub mod convert;
mod layout;
pub mod maps;

/// Of the files in `maps`: raised where they come to look otherwise, so that all are made again.
pub const MAPS_VERSION: u32 = 1;

pub struct Artifacts {
    dir: PathBuf,
    /// Our own binary, which converts maps in a process of its own.
    converter: PathBuf,
    open_maps: Maps,
}

impl Artifacts {
    pub fn open(data_dir: &Path, converter: PathBuf) -> io::Result<Self> {
        let artifacts = Self { dir: data_dir.join("artifacts"), converter, open_maps: Maps::default() };
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

    /// Where a converted map is, or will be.
    pub fn map_path(&self, key: CacheKey) -> PathBuf {
        named(&self.maps(), &key.to_string())
    }

    pub fn bundle_path(&self, bundle: Checksum) -> PathBuf {
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
        self.dir.join("maps").join(MAPS_VERSION.to_string())
    }

    /// What is not finished, and worth nothing after a restart.
    fn work(&self) -> PathBuf {
        self.dir.join("work")
    }
}

/// Folders of some hundred files each.
fn named(folder: &Path, name: &str) -> PathBuf {
    folder.join(&name[..2]).join(name)
}
