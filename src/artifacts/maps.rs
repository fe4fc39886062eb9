//! Look-up files, opened when a frame needs one and read where they lie.
//!
//! Only pages that were touched are in memory, and only of the maps used last: neither the number nor the size of maps
//! makes the process grow.

use std::fs;
use std::io;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use lru::LruCache;
use parking_lot::Mutex;
use symbolic_common::ByteView;

use crate::model::artifact::CacheKey;

mod context;
mod file;

pub use context::{Context, context_of};
pub use file::{MapFile, Scope, Source, Spot};

/// Maps that stay open: a page of an application is built of a few dozen files.
const OPEN_MAX: NonZeroUsize = NonZeroUsize::new(96).expect("not zero");
/// Of all that stay open, but for the one used last: frames far apart may touch every page of a map.
const OPEN_BYTES_MAX: usize = 64 << 20;

pub struct Maps(Mutex<Open>);

struct Open {
    maps: LruCache<CacheKey, Arc<MapFile>>,
    bytes: usize,
}

impl Open {
    fn put(&mut self, key: CacheKey, map: Arc<MapFile>) {
        self.bytes += map.bytes();
        // What was open under the same key, or was used longest ago.
        if let Some((_, former)) = self.maps.push(key, map) {
            self.bytes -= former.bytes();
        }
        while self.bytes > OPEN_BYTES_MAX && self.maps.len() > 1 {
            let Some((_, oldest)) = self.maps.pop_lru() else { break };
            self.bytes -= oldest.bytes();
        }
    }
}

impl Default for Maps {
    fn default() -> Self {
        Self(Mutex::new(Open { maps: LruCache::new(OPEN_MAX), bytes: 0 }))
    }
}

impl Maps {
    /// `None` where there is no such file, or none that can be read.
    pub fn open(&self, key: CacheKey, path: &Path) -> Option<Arc<MapFile>> {
        if let Some(map) = self.0.lock().maps.get(&key) {
            return Some(Arc::clone(map));
        }
        let map = match open(path) {
            Ok(map) => Arc::new(map?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                tracing::error!(%error, %key, "a look-up file can not be opened");
                return None;
            }
        };
        self.0.lock().put(key, Arc::clone(&map));
        Some(map)
    }

    pub fn close_all(&self) {
        let mut open = self.0.lock();
        open.maps.clear();
        open.bytes = 0;
    }
}

fn open(path: &Path) -> io::Result<Option<MapFile>> {
    let view = ByteView::map_file(fs::File::open(path)?)?;
    Ok(MapFile::new(view))
}
