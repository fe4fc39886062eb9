//! What was accepted and is not digested yet: group-committed, fsynced before anyone hears 200.
//!
//! One writer thread commits whatever has gathered while the last fsync ran, so a hundred waiting requests
//! share one fsync. Envelopes are claimed round-robin over projects, so a flood in one never delays another,
//! and forgotten (`ack`) only after the store has committed them. The store commits their numbers together with
//! their effects and gives them back at the next start (`Digested`), so none is digested twice. The inbox never looks
//! into an envelope.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use bytes::Bytes;
use jiff::Timestamp;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::inbox::log::{Log, Spot};
use crate::inbox::queue::{Entry, Queue, Refused, State, Waiting};
use crate::metrics::Metrics;
use crate::model::ids::ProjectId;

mod log;
mod queue;
mod row;
mod writer;

/// One accepted envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    pub sender: Sender,
    /// A well-formed envelope whose header holds the event id if any item needs one; only items that digest keeps.
    pub envelope: Bytes,
    /// How many items stand in the envelope: what the ledger and the metrics count.
    pub items: u32,
}

/// Who sent it and when; kept beside the envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    pub project: ProjectId,
    pub received: Timestamp,
    pub client_ip: Option<IpAddr>,
    pub user_agent: Option<String>,
}

/// An envelope that digest has taken; it stays on disk until `ack`.
#[derive(Debug, Clone)]
pub struct Claimed {
    pub seq: u64,
    pub accepted: Accepted,
    spot: Spot,
}

/// Which numbers the store has digested: ascending ranges, ends included.
#[derive(Debug, Clone, Default)]
pub struct Digested(pub Vec<(u64, u64)>);

impl Digested {
    fn contains(&self, seq: u64) -> bool {
        let behind = self.0.partition_point(|(first, _)| *first <= seq);
        behind > 0 && seq <= self.0[behind - 1].1
    }

    /// The first number that was never given, as far as the store knows.
    fn floor(&self) -> u64 {
        self.0.iter().map(|(_, last)| last + 1).max().unwrap_or(1)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The caller should try again later.
    #[error("the inbox is full")]
    Full { retry_after_seconds: u64 },
    /// The disk failed or is full; nothing was accepted.
    #[error("the inbox could not be written: {0}")]
    Failed(String),
}

#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    #[error("{0} is in use by another LightTrace process")]
    InUse(String),
    #[error("the inbox failed: {0}")]
    Failed(String),
}

/// How much may wait.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Uncompressed bytes of all waiting envelopes.
    pub bytes_max: u64,
    pub envelopes_max: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { bytes_max: 1 << 30, envelopes_max: 200_000 }
    }
}

/// A handle; clones share one inbox. The writer ends when the last handle goes.
#[derive(Clone)]
pub struct Inbox {
    shared: Arc<Shared>,
    writer: Arc<Writer>,
}

struct Shared {
    log: Log,
    state: Mutex<State>,
    /// Wakes the writer thread.
    work: parking_lot::Condvar,
    /// Wakes whoever claims.
    arrived: Notify,
    metrics: Arc<Metrics>,
}

struct Writer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.shared.state.lock().closing = true;
        self.shared.work.notify_all();
        if let Some(thread) = self.thread.take() {
            // A panic of the writer was printed when it happened.
            drop(thread.join());
        }
    }
}

impl Inbox {
    /// Opens the folder `inbox` in `data_dir` and queues what an earlier process left there and the store has not
    /// digested.
    pub fn open(
        data_dir: &Path,
        bounds: Bounds,
        digested: &Digested,
        metrics: Arc<Metrics>,
    ) -> Result<Self, InboxError> {
        let mut queue = Queue::new(bounds);
        let restore = |seq, spot, entry: Entry| {
            metrics.accepted.inc_by(u64::from(entry.items));
            queue.restore(seq, spot, entry);
        };
        let is_digested = |seq| digested.contains(seq);
        let (log, tail) = Log::open(&data_dir.join("inbox"), digested.floor(), is_digested, restore)?;
        let shared = Arc::new(Shared {
            log,
            state: Mutex::new(State { queue, ..State::default() }),
            work: parking_lot::Condvar::new(),
            arrived: Notify::new(),
            metrics,
        });
        let for_thread = Arc::clone(&shared);
        let thread =
            std::thread::Builder::new().name("inbox".into()).spawn(move || writer::run(&for_thread, tail));
        let thread = thread.map_err(|error| InboxError::Failed(error.to_string()))?;
        let writer = Arc::new(Writer { shared: Arc::clone(&shared), thread: Some(thread) });
        Ok(Self { shared, writer })
    }

    /// Returns once the envelope is on disk, fsynced.
    pub async fn append(&self, accepted: Accepted) -> Result<(), AppendError> {
        let (answer, answered) = tokio::sync::oneshot::channel();
        {
            let mut state = self.shared.state.lock();
            if let Err(Refused) = state.queue.reserve(&accepted) {
                let oldest = state.queue.oldest_seconds(accepted.sender.received);
                return Err(AppendError::Full { retry_after_seconds: retry_after_seconds(oldest) });
            }
            state.pending.push(queue::Pending { accepted, answer });
        }
        self.shared.work.notify_one();
        match answered.await {
            Ok(result) => result.map_err(AppendError::Failed),
            Err(_) => Err(AppendError::Failed("the server is stopping".into())),
        }
    }

    /// Takes waiting envelopes, round-robin over projects, oldest of each first. Envelopes that cannot be read
    /// back (a damaged file) are counted as rejected and forgotten. After an error everything waits as before.
    pub fn claim(&self, envelopes_max: usize, bytes_max: usize) -> Result<Vec<Claimed>, InboxError> {
        let mut taken = self.shared.state.lock().queue.take(envelopes_max, bytes_max);
        for at in 0..taken.len() {
            if taken[at].cached.is_some() {
                continue;
            }
            match self.shared.log.read(&taken[at].spot) {
                Ok(accepted) => taken[at].cached = accepted,
                Err(error) => {
                    // None of them was handed out: all wait again, in their order.
                    let mut state = self.shared.state.lock();
                    taken.into_iter().rev().for_each(|waiting| state.queue.put_back(waiting));
                    return Err(error);
                }
            }
        }
        let mut claimed = Vec::with_capacity(taken.len());
        let mut damaged = Vec::new();
        for Waiting { seq, spot, entry, cached } in taken {
            match cached {
                Some(accepted) => claimed.push(Claimed { seq, accepted, spot }),
                None => damaged.push((seq, entry)),
            }
        }
        for (seq, entry) in damaged {
            tracing::error!(seq, "an inbox entry is damaged and was dropped");
            self.shared.metrics.reject("inbox_damaged", u64::from(entry.items));
            self.ack(&[seq]);
        }
        Ok(claimed)
    }

    /// Puts claimed envelopes back, so that the next claim sees them first: the store could not commit.
    pub fn unclaim(&self, claimed: Vec<Claimed>) {
        let mut state = self.shared.state.lock();
        for Claimed { seq, spot, accepted } in claimed.into_iter().rev() {
            let entry = Entry::of(&accepted);
            state.queue.put_back(Waiting { seq, spot, entry, cached: Some(accepted) });
        }
    }

    /// Forgets envelopes whose effects the store has committed.
    pub fn ack(&self, seqs: &[u64]) {
        {
            let mut state = self.shared.state.lock();
            for &seq in seqs {
                state.queue.forget(seq);
            }
        }
        self.shared.log.release(seqs);
    }

    /// No envelope below this number will ever be claimed again, not even after a restart.
    pub fn floor(&self) -> u64 {
        self.shared.log.floor()
    }

    /// Waits until something may be claimed.
    pub async fn arrived(&self) {
        let notified = self.shared.arrived.notified();
        if self.shared.state.lock().queue.is_empty() {
            notified.await;
        }
    }

    /// Whether the thread that writes still runs: without it nothing is accepted, and nobody is answered.
    pub fn is_alive(&self) -> bool {
        self.writer.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// How many items wait, and for how many seconds the oldest has.
    pub fn waiting(&self, now: Timestamp) -> (u64, f64) {
        let state = self.shared.state.lock();
        (state.queue.items(), state.queue.oldest_seconds(now))
    }

    /// Sets the gauges.
    pub fn observe(&self, now: Timestamp) {
        let (items, oldest) = self.waiting(now);
        self.shared.metrics.inbox_depth.set(i64::try_from(items).unwrap_or(i64::MAX));
        self.shared.metrics.inbox_oldest_seconds.set(oldest);
    }
}

/// A guess at when there is room again: as long as the oldest has waited.
fn retry_after_seconds(oldest_seconds: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 1..=60")]
    let seconds = oldest_seconds.clamp(1.0, 60.0).ceil() as u64;
    seconds
}

#[cfg(test)]
mod tests;
