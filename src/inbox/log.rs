//! The files: `inbox/<number of the first envelope>.log`, written in order, removed whole.
//!
//! A log and no B-tree: rows are written once, read at most once and forgotten in nearly the order in which they
//! came, so a tree's pages would cost more than the rows. An envelope's number is its place: the file's first number
//! plus the rows before it. A group is one write and one `fdatasync`. Nothing is written when an envelope has been
//! digested: the store remembers that in the same transaction as its effects, and says so at the next start.
//!
//! A row whose end is missing was never answered with 200: its group's fsync had not returned. It is passed over at
//! the next start, which begins a new file. So does a failed write, behind the numbers that its group may hold.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use crate::inbox::queue::Entry;
use crate::inbox::row::{self, FRAME_BYTES, HEAD_BYTES_MAX};
use crate::inbox::{Accepted, InboxError};

/// A file that has grown to this is followed by a new one.
const FILE_BYTES_MAX: u64 = 16 << 20;
/// Smaller envelopes are put side by side, so that a group is one write.
const DIRECT_BYTES_MIN: usize = 256 << 10;
/// A larger buffer is given back.
const BUFFER_BYTES_KEPT_MAX: usize = 4 << 20;
const EXTENSION: &str = "log";

pub struct Log {
    folder: PathBuf,
    files: Mutex<BTreeMap<u64, LogFile>>,
    /// Held by the one process that may write.
    _lock: File,
}

struct LogFile {
    file: Arc<File>,
    /// Rows that somebody still waits for.
    live: u64,
    /// The writer may add to it.
    growing: bool,
}

/// Where a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// The file, by its first number.
    pub file: u64,
    /// Of the row, behind its frame.
    pub offset: u64,
    pub bytes: usize,
    pub checksum: u32,
}

/// The writer's own: the file that grows.
pub struct Tail {
    next_seq: u64,
    file: Option<(u64, Arc<File>, u64)>,
    buffer: Vec<u8>,
}

impl Log {
    /// Opens the folder and shows every row that is not digested yet, in order. The numbers that follow are at least
    /// `floor`, so that no number is ever given twice, whatever became of the folder.
    pub fn open(
        folder: &Path,
        floor: u64,
        is_digested: impl Fn(u64) -> bool,
        mut show: impl FnMut(u64, Spot, Entry),
    ) -> Result<(Self, Tail), InboxError> {
        fs::create_dir_all(folder).map_err(failed)?;
        let lock = lock(folder)?;
        let log = Self { folder: folder.to_owned(), files: Mutex::default(), _lock: lock };
        let mut next_seq = floor.max(1);
        for first in log.stored()? {
            let file = Arc::new(open_file(&log.path(first), false).map_err(failed)?);
            let (mut live, mut seq) = (0, first);
            scan(&file, |offset, bytes, checksum, head| {
                if !is_digested(seq) {
                    // A damaged head is queued all the same: claiming the row counts and drops it.
                    show(seq, Spot { file: first, offset, bytes, checksum }, head.unwrap_or(Entry::DAMAGED));
                    live += 1;
                }
                seq += 1;
            })
            .map_err(failed)?;
            next_seq = next_seq.max(seq);
            log.files.lock().insert(first, LogFile { file, live, growing: false });
            log.remove_done();
        }
        Ok((log, Tail { next_seq, file: None, buffer: Vec::new() }))
    }

    /// Writes a group and fsyncs it; answers the rows' numbers and places. After an error nothing of it was
    /// accepted.
    pub fn append(&self, tail: &mut Tail, group: &[&Accepted]) -> Result<Vec<(u64, Spot)>, InboxError> {
        let written = self.write(tail, group);
        tail.buffer.clear();
        tail.buffer.shrink_to(BUFFER_BYTES_KEPT_MAX);
        if written.is_err() {
            // Rows of the failed group may be on disk all the same; their numbers are not given again.
            tail.next_seq += group.len() as u64;
            self.end_file(tail);
        }
        written
    }

    fn write(&self, tail: &mut Tail, group: &[&Accepted]) -> Result<Vec<(u64, Spot)>, InboxError> {
        let (first, file, mut end) = self.file_for_writing(tail)?;
        let mut places = Vec::with_capacity(group.len());
        let buffer = &mut tail.buffer;
        for (seq, accepted) in (tail.next_seq..).zip(group) {
            let offset = end + (buffer.len() + FRAME_BYTES) as u64;
            let start = row::encode_start(accepted, buffer).map_err(InboxError::Failed)?;
            places.push((seq, Spot { file: first, offset, bytes: start.bytes, checksum: start.checksum }));
            if accepted.envelope.len() < DIRECT_BYTES_MIN {
                buffer.extend_from_slice(&accepted.envelope);
                continue;
            }
            for part in [buffer.as_slice(), &accepted.envelope] {
                file.write_all_at(part, end).map_err(failed)?;
                end += part.len() as u64;
            }
            buffer.clear();
        }
        file.write_all_at(buffer, end).map_err(failed)?;
        file.sync_data().map_err(failed)?;
        end += buffer.len() as u64;
        tail.next_seq += group.len() as u64;
        tail.file = Some((first, file, end));
        if let Some(known) = self.files.lock().get_mut(&first) {
            known.live += group.len() as u64;
        }
        Ok(places)
    }

    /// The growing file, or a new one where it is large enough.
    fn file_for_writing(&self, tail: &mut Tail) -> Result<(u64, Arc<File>, u64), InboxError> {
        if let Some((first, file, end)) = &tail.file
            && *end < FILE_BYTES_MAX
        {
            return Ok((*first, Arc::clone(file), *end));
        }
        self.end_file(tail);
        let first = tail.next_seq;
        let file = Arc::new(open_file(&self.path(first), true).map_err(failed)?);
        File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        self.files.lock().insert(first, LogFile { file: Arc::clone(&file), live: 0, growing: true });
        tail.file = Some((first, Arc::clone(&file), 0));
        Ok((first, file, 0))
    }

    fn end_file(&self, tail: &mut Tail) {
        if let Some((first, ..)) = tail.file.take()
            && let Some(ended) = self.files.lock().get_mut(&first)
        {
            ended.growing = false;
        }
        self.remove_done();
    }

    /// `None` for a row that is damaged.
    pub fn read(&self, spot: &Spot) -> Result<Option<Accepted>, InboxError> {
        let file = self.files.lock().get(&spot.file).map(|known| Arc::clone(&known.file));
        let Some(file) = file else { return Ok(None) };
        let mut row = vec![0; spot.bytes];
        match file.read_exact_at(&mut row, spot.offset) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(failed(error)),
            Ok(()) => Ok(row::decode(row, spot.checksum)),
        }
    }

    /// Nobody waits for these any more; a file without any row that somebody waits for goes.
    pub fn release(&self, seqs: &[u64]) {
        let mut emptied = false;
        {
            let mut files = self.files.lock();
            for seq in seqs {
                if let Some((_, file)) = files.range_mut(..=seq).next_back() {
                    file.live = file.live.saturating_sub(1);
                    emptied |= file.live == 0 && !file.growing;
                }
            }
        }
        if emptied {
            self.remove_done();
        }
    }

    /// No number below this is in any file.
    pub fn floor(&self) -> u64 {
        self.files.lock().keys().next().copied().unwrap_or(0)
    }

    fn remove_done(&self) {
        let mut done = Vec::new();
        self.files.lock().retain(|first, file| {
            let is_done = file.live == 0 && !file.growing;
            if is_done {
                done.push(*first);
            }
            !is_done
        });
        for first in done {
            // A file that stays only costs room: the next start finds all of it digested.
            if let Err(error) = fs::remove_file(self.path(first)) {
                tracing::warn!(%error, first, "a file of the inbox could not be removed");
            }
        }
    }

    /// The files' first numbers, ascending.
    fn stored(&self) -> Result<Vec<u64>, InboxError> {
        let mut firsts = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.extension().is_some_and(|extension| extension == EXTENSION) {
                firsts.extend(path.file_stem().and_then(|stem| stem.to_str()?.parse::<u64>().ok()));
            }
        }
        firsts.sort_unstable();
        Ok(firsts)
    }

    fn path(&self, first: u64) -> PathBuf {
        self.folder.join(format!("{first:020}.{EXTENSION}"))
    }
}

#[cfg(test)]
impl Log {
    /// Whether reads of the files work, or fail as those of a broken disk do.
    pub fn set_readable(&self, readable: bool) {
        for (first, known) in self.files.lock().iter_mut() {
            let file = OpenOptions::new().read(readable).write(true).open(self.path(*first));
            known.file = Arc::new(file.expect("opens"));
        }
    }
}

/// Shows every row's place and head, up to the last whole one.
fn scan(file: &File, mut show: impl FnMut(u64, usize, u32, Option<Entry>)) -> io::Result<()> {
    /// Enough for nearly every head.
    const PEEK_BYTES: usize = 512;
    let file_bytes = file.metadata()?.len();
    let mut at = 0;
    while let Some((bytes, checksum)) = row::frame(&peek(file, at, FRAME_BYTES)?) {
        let offset = at + FRAME_BYTES as u64;
        if offset + bytes as u64 > file_bytes {
            break;
        }
        let entry = match row::entry(&peek(file, offset, bytes.min(PEEK_BYTES))?) {
            None => row::entry(&peek(file, offset, bytes.min(HEAD_BYTES_MAX))?),
            found => found,
        };
        show(offset, bytes, checksum, entry);
        at = offset + bytes as u64;
    }
    if at < file_bytes {
        let bytes = file_bytes - at;
        tracing::warn!(bytes, "the end of an inbox file is no whole envelope and was never accepted");
    }
    Ok(())
}

/// Up to `bytes` from a place; fewer at the file's end.
fn peek(file: &File, at: u64, bytes: usize) -> io::Result<Vec<u8>> {
    let mut found = vec![0; bytes];
    let mut filled = 0;
    while filled < bytes {
        match file.read_at(&mut found[filled..], at + filled as u64)? {
            0 => break,
            more => filled += more,
        }
    }
    found.truncate(filled);
    Ok(found)
}

fn open_file(path: &Path, new: bool) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(new).truncate(new).open(path)
}

fn lock(folder: &Path) -> Result<File, InboxError> {
    let path = folder.join("lock");
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(InboxError::InUse(folder.display().to_string())),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

fn failed(error: impl std::fmt::Display) -> InboxError {
    InboxError::Failed(error.to_string())
}
