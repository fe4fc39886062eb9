//! The events recorded last, still in memory, for the one follower that reads every event: indexing.
//!
//! A follower that keeps up never reads a payload back; one that has fallen behind finds nothing here and reads
//! from the partitions. Nothing else may rely on it.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::model::event::Event;
use crate::model::ids::EventSeq;
use crate::store::Store;

/// Some 40 MB of events of 12 KB, which take about three times that in memory.
const EVENTS_MAX: usize = 1_000;

#[derive(Default)]
pub(super) struct Recent {
    events: Mutex<BTreeMap<EventSeq, Arc<Event>>>,
}

impl Recent {
    pub fn extend(&self, recorded: impl Iterator<Item = (EventSeq, Arc<Event>)>) {
        let mut events = self.events.lock();
        events.extend(recorded);
        while events.len() > EVENTS_MAX {
            events.pop_first();
        }
    }
}

impl Store {
    /// Takes an event that was just recorded out of memory. `None` says nothing about the event: read it.
    pub fn take_recent_event(&self, seq: EventSeq) -> Option<Arc<Event>> {
        self.inner.recent.events.lock().remove(&seq)
    }
}
