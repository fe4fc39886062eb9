//! Look-up files, opened when a frame needs one and read where they lie.
//!
//! Only pages that were touched are in memory, and only of the maps used last: neither the number nor the size of maps
//! makes the process grow.

use std::fs;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lru::LruCache;
use parking_lot::Mutex;
use symbolic_common::ByteView;

use crate::artifacts::convert::path_of;
use crate::model::artifact::CacheKey;

mod context;
mod file;

pub use context::{Context, context_of};
pub use file::{MapFile, Scope, Source, Spot};

/// Maps that stay open: a page of an application is built of a few dozen files.
const OPEN_MAX: NonZeroUsize = NonZeroUsize::new(96).expect("not zero");

pub struct Maps {
    folder: PathBuf,
    open: Mutex<LruCache<CacheKey, Arc<MapFile>>>,
}

impl Maps {
    /// `folder` holds a folder for each version of the converter.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), open: Mutex::new(LruCache::new(OPEN_MAX)) }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn path(&self, cache: &CacheKey) -> PathBuf {
        path_of(&self.folder, cache)
    }

    /// `None` where there is no such file, or none that can be read.
    pub fn open(&self, cache: &CacheKey) -> Option<Arc<MapFile>> {
        if let Some(map) = self.open.lock().get(cache) {
            return Some(Arc::clone(map));
        }
        let map = match open(&self.path(cache)) {
            Ok(map) => Arc::new(map?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                tracing::error!(%error, %cache, "a look-up file can not be opened");
                return None;
            }
        };
        self.open.lock().put(*cache, Arc::clone(&map));
        Some(map)
    }

    /// Closes all that nobody is reading: their pages no longer count as this process's memory.
    pub fn unmap_all(&self) {
        self.open.lock().clear();
    }

    /// Forgets a file, so that it is free to be deleted.
    pub fn close(&self, cache: &CacheKey) {
        self.open.lock().pop(cache);
    }
}

fn open(path: &Path) -> io::Result<Option<MapFile>> {
    let view = ByteView::map_file(fs::File::open(path)?)?;
    Ok(MapFile::new(view))
}
