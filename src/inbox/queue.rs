//! Who waits, in memory: fair claiming, fair room, and the bodies of the newest arrivals.

use std::collections::{BTreeMap, HashMap, VecDeque};

use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::inbox::log::Spot;
use crate::inbox::{Accepted, Bounds};
use crate::model::ids::ProjectId;

/// Bodies of waiting envelopes that are kept in memory, so that a digest that keeps up never reads them back.
const CACHED_BYTES_MAX: u64 = 6 << 20;

/// Everything behind the inbox's one lock.
#[derive(Default)]
pub struct State {
    pub queue: Queue,
    /// Waiting for the next commit.
    pub pending: Vec<Pending>,
    pub closing: bool,
}

pub struct Pending {
    pub accepted: Accepted,
    pub answer: oneshot::Sender<Result<(), String>>,
}

/// What is known of an envelope without reading it.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    pub project: ProjectId,
    pub received: Timestamp,
    pub bytes: u64,
    pub items: u32,
}

impl Entry {
    /// Of a row that cannot be read.
    pub const DAMAGED: Self =
        Self { project: ProjectId(0), received: Timestamp::UNIX_EPOCH, bytes: 0, items: 1 };

    pub fn of(accepted: &Accepted) -> Self {
        Self {
            project: accepted.sender.project,
            received: accepted.sender.received,
            bytes: accepted.envelope.len() as u64,
            items: accepted.items,
        }
    }
}

pub struct Waiting {
    pub seq: u64,
    pub spot: Spot,
    pub entry: Entry,
    pub cached: Option<Accepted>,
}

/// No room; try again later.
pub struct Refused;

/// What envelopes take up that are reserved, waiting or claimed.
#[derive(Debug, Clone, Copy, Default)]
struct Room {
    bytes: u64,
    envelopes: usize,
}

impl Room {
    fn plus(self, bytes: u64) -> Self {
        Self { bytes: self.bytes + bytes, envelopes: self.envelopes + 1 }
    }

    fn minus(self, bytes: u64) -> Self {
        Self { bytes: self.bytes.saturating_sub(bytes), envelopes: self.envelopes.saturating_sub(1) }
    }
}

#[derive(Default)]
pub struct Queue {
    bounds: Bounds,
    /// Waiting and not claimed, by project.
    lanes: HashMap<ProjectId, VecDeque<Waiting>>,
    /// The projects with waiting envelopes, the next to be served first.
    turns: VecDeque<ProjectId>,
    /// Everything not yet acknowledged, claimed or not, oldest first.
    entries: BTreeMap<u64, Entry>,
    /// Room in use, by project: reserved, waiting and claimed.
    rooms: HashMap<ProjectId, Room>,
    /// All of them together.
    room: Room,
    items: u64,
    cached_bytes: u64,
}

impl Queue {
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, ..Self::default() }
    }

    /// Takes room for an envelope. A project may use at most as much as it leaves free (a dynamic threshold, as
    /// switches share buffers), of bytes and of envelopes, so however many projects flood, one more always finds
    /// room.
    pub fn reserve(&mut self, accepted: &Accepted) -> Result<(), Refused> {
        let entry = Entry::of(accepted);
        let own = self.rooms.get(&entry.project).copied().unwrap_or_default().plus(entry.bytes);
        let all = self.room.plus(entry.bytes);
        let is_fair = own.bytes <= self.bounds.bytes_max.saturating_sub(all.bytes)
            && own.envelopes <= self.bounds.envelopes_max.saturating_sub(all.envelopes);
        let is_alone = self.room.envelopes == 0;
        if !is_fair && !is_alone {
            return Err(Refused);
        }
        self.rooms.insert(entry.project, own);
        self.room = all;
        Ok(())
    }

    /// Gives room back that was reserved and not used.
    pub fn release(&mut self, entry: &Entry) {
        self.room = self.room.minus(entry.bytes);
        if let Some(own) = self.rooms.get_mut(&entry.project) {
            *own = own.minus(entry.bytes);
            if own.envelopes == 0 {
                self.rooms.remove(&entry.project);
            }
        }
    }

    /// Queues a committed envelope; its room is reserved already.
    pub fn push(&mut self, seq: u64, spot: Spot, accepted: Accepted) {
        let entry = Entry::of(&accepted);
        self.entries.insert(seq, entry);
        self.items += u64::from(entry.items);
        let cached = self.cache(accepted);
        self.lane(entry.project).push_back(Waiting { seq, spot, entry, cached });
    }

    /// Queues what an earlier process left on disk.
    pub fn restore(&mut self, seq: u64, spot: Spot, entry: Entry) {
        let own = self.rooms.entry(entry.project).or_default();
        *own = own.plus(entry.bytes);
        self.room = self.room.plus(entry.bytes);
        self.entries.insert(seq, entry);
        self.items += u64::from(entry.items);
        self.lane(entry.project).push_back(Waiting { seq, spot, entry, cached: None });
    }

    /// Puts what `take` took back in front.
    pub fn put_back(&mut self, waiting: Waiting) {
        let cached = waiting.cached.and_then(|accepted| self.cache(accepted));
        self.lane(waiting.entry.project).push_front(Waiting { cached, ..waiting });
    }

    pub fn take(&mut self, envelopes_max: usize, bytes_max: usize) -> Vec<Waiting> {
        let mut taken = Vec::new();
        let mut bytes = 0;
        while taken.len() < envelopes_max && (taken.is_empty() || bytes < bytes_max as u64) {
            let Some(project) = self.turns.pop_front() else { break };
            let Some(lane) = self.lanes.get_mut(&project) else { continue };
            if let Some(waiting) = lane.pop_front() {
                bytes += waiting.entry.bytes;
                if waiting.cached.is_some() {
                    self.cached_bytes -= waiting.entry.bytes;
                }
                taken.push(waiting);
            }
            if lane.is_empty() {
                self.lanes.remove(&project);
            } else {
                self.turns.push_back(project);
            }
        }
        taken
    }

    /// An acknowledged envelope leaves and frees its room.
    pub fn forget(&mut self, seq: u64) {
        if let Some(entry) = self.entries.remove(&seq) {
            self.items -= u64::from(entry.items);
            self.release(&entry);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }

    pub fn items(&self) -> u64 {
        self.items
    }

    /// Zero when nothing waits, and when the clock jumped back.
    pub fn oldest_seconds(&self, now: Timestamp) -> f64 {
        let oldest = self.entries.values().next();
        oldest.map_or(0.0, |entry| now.duration_since(entry.received).as_secs_f64().max(0.0))
    }

    fn lane(&mut self, project: ProjectId) -> &mut VecDeque<Waiting> {
        let lane = self.lanes.entry(project).or_default();
        if lane.is_empty() {
            self.turns.push_back(project);
        }
        lane
    }

    fn cache(&mut self, accepted: Accepted) -> Option<Accepted> {
        let bytes = accepted.envelope.len() as u64;
        let fits = self.cached_bytes + bytes <= CACHED_BYTES_MAX;
        if fits {
            self.cached_bytes += bytes;
        }
        fits.then_some(accepted)
    }
}
