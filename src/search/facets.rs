//! What the matching events have in common: the most frequent values of keys among them.
//!
//! The events of a value stand in the index as a list of numbers, and so do the matching events: the length of what
//! both share is the count. Where there are many events, those of the newest segments speak for all.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use tantivy::index::InvertedIndexReader;
use tantivy::postings::{Postings, TermInfo};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, TERMINATED};

use crate::search::collect::Matching;
use crate::search::keys;
use crate::search::schema::schema;
use crate::search::{Filter, Search, SearchError, compile, partition, spelling};

/// Matching events whose values are counted; those of the newest segments, each taken whole.
const EVENTS_COUNTED_MAX: usize = 200_000;
/// Values of one key that one segment is asked for: the most frequent of all events.
const VALUES_TRIED_MAX: usize = 50;
/// Values of one key that are looked at in one segment.
const VALUES_LOOKED_AT_MAX: usize = 2_000;
/// Up to so many matching events in a segment, every value looked at is tried: rare ones may be theirs.
const EVENTS_FEW: usize = 1_000;
/// A list this much longer than the matching events is leapt through instead of read.
const LEAP_RATIO: usize = 16;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facet {
    pub key: String,
    /// Most frequent first.
    pub values: Vec<(String, u64)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facets {
    /// In the order asked for; keys without values are left out.
    pub facets: Vec<Facet>,
    /// Whether only a part of the matching events was counted.
    pub sampled: bool,
}

impl Search {
    pub fn facets(
        &self,
        filter: &Filter<'_>,
        keys: &[&str],
        values_max: usize,
    ) -> Result<Facets, SearchError> {
        let query = compile::filter(self, filter, false)?;
        let (_, fields) = schema();
        let mut counts: Vec<Counts> = keys.iter().map(|_| Counts::new()).collect();
        let mut segments = Vec::new();
        let (mut counted, mut sampled) = (0, false);
        for partition in self.newest_first() {
            let searcher = partition.searcher();
            for (ordinal, docs) in partition::search(&searcher, &*query, &Matching)?.into_iter().rev() {
                if docs.is_empty() {
                    continue;
                }
                if counted >= EVENTS_COUNTED_MAX {
                    sampled = true;
                    break;
                }
                counted += docs.len();
                let segment = searcher.segment_reader(ordinal);
                let index = segment.inverted_index(fields.key)?;
                let segment = Segment { index, matching: Docs::of(docs, segment.max_doc()) };
                for (key, counts) in keys.iter().zip(&mut counts) {
                    sampled |= !count_values(&segment, segments.len(), key, counts)?;
                }
                segments.push(segment);
            }
        }
        let mut facets = Vec::new();
        for (key, counts) in keys.iter().zip(counts) {
            let mut values = Vec::new();
            for (value, counted) in most_frequent(counts, values_max) {
                let written = segments[counted.segment].written(&keys::value_term(key, &value))?;
                values.push((written.unwrap_or(value), counted.events));
            }
            if !values.is_empty() {
                facets.push(Facet { key: (*key).to_owned(), values });
            }
        }
        Ok(Facets { facets, sampled })
    }
}

type Counts = HashMap<Vec<u8>, Counted>;

/// Of a value.
struct Counted {
    events: u64,
    /// The first segment in which matching events have it.
    segment: usize,
}

/// A segment of which matching events are counted.
struct Segment {
    index: Arc<InvertedIndexReader>,
    matching: Docs,
}

impl Segment {
    fn count(&self, info: &TermInfo) -> Result<u64, SearchError> {
        let mut postings = self.index.read_postings_from_terminfo(info, IndexRecordOption::Basic)?;
        Ok(self.matching.shared_with(&mut postings))
    }

    fn written(&self, term: &[u8]) -> Result<Option<String>, SearchError> {
        spelling::prevalent(&self.index, term, &|_, info| Ok(self.count(info)? > 0))
    }
}

fn most_frequent(counts: Counts, values_max: usize) -> Vec<(String, Counted)> {
    let read = |(value, counted)| Some((String::from_utf8(value).ok()?, counted));
    let mut values: Vec<(String, Counted)> = counts.into_iter().filter_map(read).collect();
    values.sort_unstable_by(|a, b| (Reverse(a.1.events), &a.0).cmp(&(Reverse(b.1.events), &b.0)));
    values.truncate(values_max);
    values
}

/// Whether every value was tried.
fn count_values(
    segment: &Segment,
    number: usize,
    key: &str,
    counts: &mut Counts,
) -> Result<bool, SearchError> {
    let prefix = keys::value_term(key, "");
    let mut terms = segment.index.terms().range().ge(&prefix).into_stream()?;
    let (mut values, mut is_whole) = (Vec::new(), true);
    while terms.advance() && terms.key().starts_with(&prefix) {
        if values.len() == VALUES_LOOKED_AT_MAX {
            is_whole = false;
            break;
        }
        values.push((terms.key()[prefix.len()..].to_vec(), terms.value().clone()));
    }
    if segment.matching.listed.len() > EVENTS_FEW && values.len() > VALUES_TRIED_MAX {
        values.sort_unstable_by_key(|(_, info)| Reverse(info.doc_freq));
        values.truncate(VALUES_TRIED_MAX);
        is_whole = false;
    }
    for (value, info) in values {
        let events = segment.count(&info)?;
        if events > 0 {
            counts.entry(value).or_insert(Counted { events: 0, segment: number }).events += events;
        }
    }
    Ok(is_whole)
}

/// Matching events of one segment.
struct Docs {
    /// In order.
    listed: Vec<DocId>,
    bits: Vec<u64>,
}

impl Docs {
    fn of(listed: Vec<DocId>, docs_max: DocId) -> Self {
        let mut bits = vec![0; docs_max as usize / 64 + 1];
        for doc in &listed {
            bits[*doc as usize / 64] |= 1 << (doc % 64);
        }
        Self { listed, bits }
    }

    fn contains(&self, doc: DocId) -> bool {
        self.bits.get(doc as usize / 64).is_some_and(|word| word & (1 << (doc % 64)) != 0)
    }

    fn shared_with(&self, postings: &mut impl Postings) -> u64 {
        let mut count = 0;
        if self.listed.len().saturating_mul(LEAP_RATIO) < postings.size_hint() as usize {
            for &doc in &self.listed {
                if postings.doc() < doc {
                    postings.seek(doc);
                }
                count += u64::from(postings.doc() == doc);
            }
            return count;
        }
        while postings.doc() != TERMINATED {
            count += u64::from(self.contains(postings.doc()));
            postings.advance();
        }
        count
    }
}
