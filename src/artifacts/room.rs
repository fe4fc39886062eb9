//! How much room all artifacts together take, and files that have no name yet. What is written takes room as it grows,
//! and gives it back when it is dropped before it got a name.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::artifacts::error::{ArtifactError, Result};

pub(super) struct Room {
    bytes: AtomicU64,
    bytes_max: u64,
}

impl Room {
    pub(super) fn new(bytes_max: u64) -> Self {
        Self { bytes: AtomicU64::new(0), bytes_max }
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// As counted on the disk.
    pub(super) fn set(&self, bytes: u64) {
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    fn take(&self, bytes: u64) -> io::Result<()> {
        let taken = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        if taken.saturating_add(bytes) > self.bytes_max {
            self.give_back(bytes);
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        Ok(())
    }

    /// What another process wrote.
    pub(super) fn add(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn give_back(&self, bytes: u64) {
        let less = |taken: u64| Some(taken.saturating_sub(bytes));
        // Never fails: `less` always answers.
        let _ = self.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    pub(super) fn full(&self) -> ArtifactError {
        ArtifactError::Full(self.bytes_max >> 20)
    }
}

/// A file in the making: gone when dropped, unless it was given its name.
pub(super) struct Draft {
    path: PathBuf,
    file: Option<File>,
    bytes: u64,
    room: Arc<Room>,
}

impl Draft {
    pub(super) fn create(path: PathBuf, room: Arc<Room>) -> io::Result<Self> {
        let file = File::create_new(&path)?;
        Ok(Self { path, file: Some(file), bytes: 0, room })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Puts it on disk under its name; what had that name is replaced.
    pub(super) fn persist(mut self, path: &Path) -> Result<()> {
        let file = self.file.take().expect("open until it is named");
        file.sync_all()?;
        drop(file);
        let folder = path.parent().expect("a file lies in a folder");
        if !folder.exists() {
            fs::create_dir_all(folder)?;
            sync(folder.parent().expect("below the data folder"))?;
        }
        let former = fs::metadata(path).map_or(0, |metadata| metadata.len());
        fs::rename(&self.path, path)?;
        sync(folder)?;
        self.room.give_back(former);
        // What stays is not given back.
        self.bytes = 0;
        Ok(())
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.room.take(bytes.len() as u64)?;
        let written = self.file.as_mut().expect("open until it is named").write(bytes);
        let kept = *written.as_ref().unwrap_or(&0) as u64;
        self.room.give_back(bytes.len() as u64 - kept);
        self.bytes += kept;
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // What stays behind is removed at the next start.
            let _ = fs::remove_file(&self.path);
        }
        self.room.give_back(self.bytes);
    }
}

pub(super) fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
