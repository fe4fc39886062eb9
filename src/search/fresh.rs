//! Documents that digest made while it had the event in hand, until indexing takes them in.
//!
//! Who keeps up never reads an event back; who has fallen behind finds nothing here and reads it from the store.
//! Nothing else may rely on it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use crate::model::ids::EventSeq;
use crate::search::Search;
use crate::search::document::Document;

/// Text of all documents held; the oldest go first.
const BYTES_MAX: usize = 8 * 1024 * 1024;

/// Digest waits for indexing while more than this is held: what does not fit has to be read back, which costs both.
const BYTES_CROWDED: usize = BYTES_MAX / 2;

#[derive(Default)]
pub(super) struct Fresh {
    held: Mutex<Held>,
    /// Less is held than was.
    taken: Condvar,
}

#[derive(Default)]
struct Held {
    documents: BTreeMap<u64, Document>,
    bytes: usize,
}

impl Held {
    fn put(&mut self, document: Document) {
        self.bytes += document.bytes();
        if let Some(before) = self.documents.insert(document.seq, document) {
            self.bytes -= before.bytes();
        }
        while self.bytes > BYTES_MAX {
            let Some((_, oldest)) = self.documents.pop_first() else { return };
            self.bytes -= oldest.bytes();
        }
    }

    fn take(&mut self, seq: u64) -> Option<Document> {
        let document = self.documents.remove(&seq)?;
        self.bytes -= document.bytes();
        Some(document)
    }
}

impl Search {
    /// Holds documents of events that are being recorded, for [`Self::take_offered`].
    pub fn offer(&self, documents: impl IntoIterator<Item = Document>) {
        let mut held = self.fresh.held.lock();
        documents.into_iter().for_each(|document| held.put(document));
    }

    /// `None` says nothing about the event: read it.
    pub fn take_offered(&self, seq: EventSeq) -> Option<Document> {
        let document = self.fresh.held.lock().take(seq.0);
        self.fresh.taken.notify_one();
        document
    }

    /// Waits until indexing has caught up enough for more documents to be offered, or for `patience`: an index
    /// that cannot be written must not hold up what is stored.
    pub fn wait_for_room(&self, patience: Duration) {
        let until = Instant::now() + patience;
        let mut held = self.fresh.held.lock();
        while held.bytes > BYTES_CROWDED && !self.fresh.taken.wait_until(&mut held, until).timed_out() {}
    }
}

#[cfg(test)]
mod tests {
    use super::{BYTES_MAX, Held};
    use crate::search::document::Document;

    fn document(seq: u64, bytes: usize) -> Document {
        let texts = ["x".repeat(bytes), String::new(), String::new(), String::new(), String::new()];
        Document { seq, issue: 1, project: 1, timestamp: 0, person: 0, texts, keys: Vec::new() }
    }

    #[test]
    fn the_oldest_go_when_there_is_too_much() {
        let mut held = Held::default();
        for seq in 1..=20 {
            held.put(document(seq, 1 << 20));
        }
        assert!(held.bytes <= BYTES_MAX);
        assert!(held.take(1).is_none() && held.take(20).is_some());
        held.put(document(19, 10));
        let sum: usize = held.documents.values().map(Document::bytes).sum();
        assert_eq!(held.bytes, sum);
        held.put(document(50, BYTES_MAX + 1));
        assert_eq!((held.documents.len(), held.bytes), (0, 0));
    }
}
