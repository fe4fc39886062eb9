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

/// So many small events.
const EVENTS_MAX: usize = 1_000;
/// JSON of all of them, normalized and as sent; in memory an event takes about one and a half times that.
const BYTES_MAX: usize = 8 * 1024 * 1024;

#[derive(Default)]
pub(super) struct Recent {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    events: BTreeMap<EventSeq, (Arc<Event>, usize)>,
    bytes: usize,
}

impl Kept {
    fn pop_first(&mut self) {
        if let Some((_, (_, bytes))) = self.events.pop_first() {
            self.bytes -= bytes;
        }
    }
}

impl Recent {
    /// Each with the bytes of its JSON.
    pub fn extend(&self, recorded: impl Iterator<Item = (EventSeq, Arc<Event>, usize)>) {
        let mut kept = self.kept.lock();
        for (seq, event, bytes) in recorded {
            kept.bytes += bytes;
            kept.events.insert(seq, (event, bytes));
            while kept.events.len() > EVENTS_MAX || kept.bytes > BYTES_MAX {
                kept.pop_first();
            }
        }
    }
}

impl Store {
    /// Takes an event that was just recorded out of memory. `None` says nothing about the event: read it.
    pub fn take_recent_event(&self, seq: EventSeq) -> Option<Arc<Event>> {
        let mut kept = self.inner.recent.kept.lock();
        let (event, bytes) = kept.events.remove(&seq)?;
        kept.bytes -= bytes;
        Some(event)
    }
}

#[cfg(test)]
mod tests {
    use super::{BYTES_MAX, EVENTS_MAX, Recent};
    use crate::model::event::Event;
    use crate::model::ids::{EventId, EventSeq};
    use jiff::Timestamp;
    use std::sync::Arc;

    #[test]
    fn large_events_are_bounded_by_their_bytes_and_small_ones_by_their_number() {
        let json = serde_json::json!({
            "event_id": EventId([1; 16]), "platform": "other", "timestamp": Timestamp::UNIX_EPOCH,
            "received": Timestamp::UNIX_EPOCH,
        });
        let event: Arc<Event> = Arc::new(serde_json::from_value(json).expect("an event"));
        for (bytes, kept) in [(1_000_000, BYTES_MAX / 1_000_000), (10, EVENTS_MAX), (BYTES_MAX + 1, 0)] {
            let recent = Recent::default();
            recent.extend((1..=2_000).map(|seq| (EventSeq(seq), Arc::clone(&event), bytes)));
            let held = recent.kept.lock();
            assert_eq!((held.events.len(), held.bytes), (kept, kept * bytes), "events of {bytes} bytes");
        }
    }
}
