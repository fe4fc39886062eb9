//! Documents that digest made while it had the event in hand, until indexing takes them in.
//!
//! Who keeps up never reads an event back; who has fallen behind finds nothing here and reads it from the store.
//! Nothing else may rely on it.

use std::collections::BTreeMap;

use parking_lot::Mutex;

use crate::model::ids::EventSeq;
use crate::search::Search;
use crate::search::document::Document;

/// Text of all documents held; the oldest go first.
const BYTES_MAX: usize = 16 * 1024 * 1024;

#[derive(Default)]
pub(super) struct Fresh(Mutex<Held>);

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
        let mut held = self.fresh.0.lock();
        documents.into_iter().for_each(|document| held.put(document));
    }

    /// `None` says nothing about the event: read it.
    pub fn take_offered(&self, seq: EventSeq) -> Option<Document> {
        self.fresh.0.lock().take(seq.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{BYTES_MAX, Held};
    use crate::search::document::Document;

    fn document(seq: u64, bytes: usize) -> Document {
        let texts = ["x".repeat(bytes), String::new(), String::new(), String::new()];
        Document { seq, issue: 1, project: 1, timestamp: 0, texts, keys: Vec::new() }
    }

    #[test]
    fn the_oldest_go_when_there_is_too_much() {
        let mut held = Held::default();
        for seq in 1..=40 {
            held.put(document(seq, 1 << 20));
        }
        assert!(held.bytes <= BYTES_MAX);
        assert!(held.take(1).is_none() && held.take(40).is_some());
        held.put(document(39, 10));
        let sum: usize = held.documents.values().map(Document::bytes).sum();
        assert_eq!(held.bytes, sum);
        held.put(document(50, BYTES_MAX + 1));
        assert_eq!((held.documents.len(), held.bytes), (0, 0));
    }
}
