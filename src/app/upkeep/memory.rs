//! Keeps the mapped files that count as this process's memory within a bound.
//!
//! A mapped page that was read once counts until the system needs its room, however little it is used. Whoever watches
//! the process sees it grow to the size of the index, and a container's limit may be held against it.

use std::time::{Duration, Instant};

use crate::artifacts::Artifacts;
use crate::search::Search;

/// Mapped files that may stay in memory, the program's own included.
const MAPPED_BYTES_MAX: u64 = 48 << 20;
/// Files are mapped anew once in this time at most: the next search has to find them again, in about 1 ms per 64 MiB.
const INTERVAL: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(super) struct Mapped(Option<Instant>);

impl Mapped {
    pub fn keep_within_bound(&mut self, search: &Search, artifacts: &Artifacts) {
        let is_over = mapped_bytes().is_some_and(|bytes| bytes > MAPPED_BYTES_MAX);
        if !is_over || self.0.is_some_and(|at| at.elapsed() < INTERVAL) {
            return;
        }
        self.0 = Some(Instant::now());
        artifacts.unmap_all();
        if let Err(error) = search.map_anew() {
            tracing::warn!(%error, "the search index could not be mapped anew; the old mapping stays");
        }
    }
}

/// `None` where the system does not say.
fn mapped_bytes() -> Option<u64> {
    let status = procfs::process::Process::myself().and_then(|process| process.status()).ok()?;
    Some(status.rssfile? * 1024)
}
