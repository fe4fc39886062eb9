//! `payloads` and `spans` in a week's folder: what the week's events and traces hold, compressed, one behind the other.
//!
//! A file and no table: payloads are written once, in order, and go with their week. As values of a table they took
//! nearly twice their size, because the engine hands out space in powers of two. The rows of `events.redb`, and of the state for spans,
//! say where each begins; what is behind the last row is left of a commit that failed, and is written over.

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::store::error::{Result, StoreError};

/// What events hold …
pub(super) const EVENTS: &str = "payloads";
/// … and blocks of spans and log records.
pub(super) const SPANS: &str = "spans";

/// Makes a file where it is missing. The folder must be synced after it.
pub(super) fn create(folder: &Path, file: &str) -> Result<()> {
    OpenOptions::new().write(true).create(true).truncate(false).open(folder.join(file))?;
    Ok(())
}

/// Writes behind `end` and fsyncs.
pub(super) fn write(folder: &Path, file: &str, end: u64, payloads: &[u8]) -> Result<()> {
    let file = OpenOptions::new().write(true).open(folder.join(file))?;
    file.write_all_at(payloads, end)?;
    file.sync_data()?;
    Ok(())
}

/// Overwrites stretches (offset, bytes) with zeros and fsyncs: what stood there is gone, its room goes with the week.
pub(super) fn blank(folder: &Path, file: &str, stretches: &[(u64, u32)]) -> Result<()> {
    let file = OpenOptions::new().write(true).open(folder.join(file))?;
    let zeros = [0; 16 * 1024];
    for &(offset, bytes) in stretches {
        let (mut at, mut left) = (offset, bytes as usize);
        while left > 0 {
            let part = left.min(zeros.len());
            file.write_all_at(&zeros[..part], at)?;
            at += part as u64;
            left -= part;
        }
    }
    file.sync_data()?;
    Ok(())
}

/// `None` where the week is gone.
pub(super) fn read(folder: &Path, file: &str, offset: u64, bytes: usize) -> Result<Option<Vec<u8>>> {
    let file = match File::open(folder.join(file)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    if offset.saturating_add(bytes as u64) > file.metadata()?.len() {
        return Err(StoreError::Failed("a payload lies outside its file".to_owned()));
    }
    let mut payload = vec![0; bytes];
    file.read_exact_at(&mut payload, offset)?;
    Ok(Some(payload))
}

pub(super) fn bytes(folder: &Path) -> u64 {
    let bytes = |file: &str| fs::metadata(folder.join(file)).map_or(0, |file| file.len());
    bytes(EVENTS) + bytes(SPANS)
}
