//! Two sets of events side by side: which of them have which values.
//!
//! Both are sampled evenly over all their events, so that neither stands for another time than the other: the few of the one
//! nearly always whole, of the others short runs of neighbours, since lists of a value's events are read by the block. A
//! value's list is leapt through from one sampled event to the next. What comes back are the sampled events of each value, so
//! that whoever judges can also ask which values come together, and from how many people.

use std::collections::HashMap;

use tantivy::postings::{Postings, TermInfo};
use tantivy::query::{EnableScoring, Query as _};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, Searcher, SegmentReader, TERMINATED};

use crate::insight::differs::{KeyEvents, Sampled, Samples, ValueEvents};
use crate::model::ids::IssueId;
use crate::model::merges::Merges;
use crate::search::collect::{Column, seqs_and_issues};
use crate::search::compile::Boxed;
use crate::search::schema::{PERSON, TIMESTAMP, schema};
use crate::search::{Filter, Search, SearchError, compile, keys, partition};

/// Failing events that are looked at: a share of them is known to two points.
const FAILING_MAX: usize = 2_000;
/// Others that are looked at.
const OTHERS_MAX: usize = 10_000;
/// Neighbours of one run of the others: half a block of a list, so that a run reads one or two.
const RUN: usize = 64;
/// Values of one key that are looked at in one segment, in the order of the index …
const VALUES_LOOKED_AT_MAX: usize = 2_000;
/// … and of those, such as most events have.
const VALUES_TRIED_MAX: usize = 200;
/// A list this much longer than the sample is leapt through instead of read.
const LEAP_RATIO: usize = 16;
/// Values whose shares differ by so much are named as people wrote them; the others will hardly be shown.
const SPELLED_POINTS_MIN: f64 = 0.05;

/// What two sets of events have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Compared {
    /// `a` is failing, `b` without `a` the others.
    pub samples: Samples,
    /// How many there are in all.
    pub a: u64,
    pub b: u64,
    pub sampled: bool,
}

impl Search {
    /// `keys`: as people write them. Keys that no event of the samples has are left out.
    pub fn compare(&self, a: &Filter<'_>, b: &Filter<'_>, keys: &[&str]) -> Result<Compared, SearchError> {
        let (a, b) = (Question::of(self, a)?, Question::of(self, b)?);
        let searchers: Vec<Searcher> =
            self.newest_first().iter().map(|partition| partition.searcher()).collect();
        let segments = searchers
            .iter()
            .flat_map(|searcher| searcher.segment_readers().iter().map(move |segment| (searcher, segment)));
        let found = partition::side_by_side(segments.collect(), |(searcher, segment)| {
            let a = a.docs(searcher, segment)?;
            let b = without(b.docs(searcher, segment)?, &a);
            Ok((segment, a, b))
        })?;
        let all_a = found.iter().map(|(_, a, _)| a.len()).sum();
        let all_b = found.iter().map(|(_, _, b)| b.len()).sum();
        let (mut pick_a, mut pick_b) =
            (Picker::new(all_a, FAILING_MAX, 1), Picker::new(all_b, OTHERS_MAX, RUN));
        let mut picked = Vec::new();
        for (segment, a, b) in found {
            let first = (pick_a.picked, pick_b.picked);
            let (a, b) = (pick_a.pick(&a), pick_b.pick(&b));
            if !a.is_empty() || !b.is_empty() {
                picked.push((segment, first, a, b));
            }
        }
        let merges = self.merges.now();
        let parts = partition::side_by_side(picked, |(segment, first, a, b)| {
            Part::count(segment, first, &a, &b, keys, &merges)
        })?;
        let mut samples = joined(parts, keys);
        self.spell(&mut samples)?;
        let is_part = all_a > samples.failing.len() || all_b > samples.others.len();
        Ok(Compared { samples, a: all_a as u64, b: all_b as u64, sampled: is_part })
    }

    fn spell(&self, samples: &mut Samples) -> Result<(), SearchError> {
        for key in &mut samples.keys {
            let of = (key.failing.len().max(1) as f64, key.others.len().max(1) as f64);
            for value in &mut key.values {
                let shares = (value.failing.len() as f64 / of.0, value.others.len() as f64 / of.1);
                if (shares.0 - shares.1).abs() >= SPELLED_POINTS_MIN
                    && let Some(written) = self.written(&keys::value_term(&key.key, &value.value), None)?
                {
                    value.value = written;
                }
            }
        }
        Ok(())
    }
}

/// A filter, its time apart: most segments lie wholly within, and then the clock need not be asked event by event.
struct Question {
    whole: Boxed,
    timed: Boxed,
    /// Milliseconds since 1970, inclusive and exclusive.
    from: i64,
    to: i64,
}

impl Question {
    fn of(search: &Search, filter: &Filter<'_>) -> Result<Self, SearchError> {
        Ok(Self {
            whole: compile::filter(search, &Filter { from: None, to: None, ..*filter }, false)?,
            timed: compile::filter(search, filter, false)?,
            from: filter.from.map_or(i64::MIN, jiff::Timestamp::as_millisecond),
            to: filter.to.map_or(i64::MAX, jiff::Timestamp::as_millisecond),
        })
    }

    /// In order.
    fn docs(&self, searcher: &Searcher, segment: &SegmentReader) -> tantivy::Result<Vec<DocId>> {
        let times = segment.fast_fields().i64(TIMESTAMP)?;
        let (first, last) = (times.min_value(), times.max_value());
        if last < self.from || first >= self.to {
            return Ok(Vec::new());
        }
        let query = if self.from <= first && last < self.to { &self.whole } else { &self.timed };
        let weight = query.weight(EnableScoring::disabled_from_searcher(searcher))?;
        let mut docs = Vec::new();
        let alive = segment.alive_bitset();
        weight.for_each_no_score(segment, &mut |block| match alive {
            Some(alive) => docs.extend(block.iter().filter(|doc| alive.is_alive(**doc))),
            None => docs.extend_from_slice(block),
        })?;
        Ok(docs)
    }
}

fn without(mut docs: Vec<DocId>, others: &[DocId]) -> Vec<DocId> {
    let mut others = others.iter().peekable();
    docs.retain(|doc| {
        while others.next_if(|other| *other < doc).is_some() {}
        others.peek() != Some(&doc)
    });
    docs
}

/// Picks at most about `most` of `all` that come by in turn, in runs of so many, evenly.
struct Picker {
    run: usize,
    /// Of so many runs `most` are picked.
    runs: usize,
    most: usize,
    passed: usize,
    picked: u32,
}

impl Picker {
    fn new(all: usize, most: usize, run: usize) -> Self {
        if all <= most {
            return Self { run: 1, runs: 1, most: 1, passed: 0, picked: 0 };
        }
        Self { run, runs: all.div_ceil(run), most: most / run, passed: 0, picked: 0 }
    }

    fn pick(&mut self, docs: &[DocId]) -> Vec<DocId> {
        let mut picked = Vec::new();
        for doc in docs {
            let number = self.passed / self.run;
            self.passed += 1;
            // The whole part grows by one with each run that is picked.
            if (number + 1) * self.most / self.runs > number * self.most / self.runs {
                picked.push(*doc);
            }
        }
        self.picked += u32::try_from(picked.len()).unwrap_or(u32::MAX);
        picked
    }
}

type Lists = (Vec<u32>, Vec<u32>);
type ByValue = Vec<(Vec<u8>, Lists)>;

/// One segment's part.
struct Part {
    failing: Vec<Sampled>,
    others: Vec<Sampled>,
    /// For each key asked for: who has it, and who has which value.
    keys: Vec<(Lists, ByValue)>,
}

impl Part {
    fn count(
        segment: &SegmentReader,
        first: (u32, u32),
        a: &[DocId],
        b: &[DocId],
        keys: &[&str],
        merges: &Merges,
    ) -> tantivy::Result<Self> {
        let (_, issues) = seqs_and_issues(segment)?;
        let columns = segment.fast_fields();
        let people: Column<u64> = columns.u64(PERSON)?.first_or_default_col(0);
        let times: Column<i64> = columns.i64(TIMESTAMP)?.first_or_default_col(0);
        let sampled = |doc: &DocId| Sampled {
            person: u32::try_from(people.get_val(*doc)).unwrap_or(0),
            issue: merges.shown(IssueId(issues.get_val(*doc))).0,
            at: times.get_val(*doc),
        };
        let picked = Picked::new(segment.max_doc(), first, a, b);
        let (_, fields) = schema();
        let index = segment.inverted_index(fields.key)?;
        let lists = |info: &TermInfo| -> tantivy::Result<Lists> {
            let mut postings = index.read_postings_from_terminfo(info, IndexRecordOption::Basic)?;
            Ok(picked.shared_with(&mut postings))
        };
        let mut counted = Vec::with_capacity(keys.len());
        for key in keys {
            let has = match index.terms().get(keys::has_term(key))? {
                Some(info) => lists(&info)?,
                None => Lists::default(),
            };
            let mut values = Vec::new();
            if !has.0.is_empty() || !has.1.is_empty() {
                for (value, info) in self::values(index.terms(), key)? {
                    let held = lists(&info)?;
                    if !held.0.is_empty() || !held.1.is_empty() {
                        values.push((value, held));
                    }
                }
            }
            counted.push((has, values));
        }
        Ok(Self {
            failing: a.iter().map(sampled).collect(),
            others: b.iter().map(sampled).collect(),
            keys: counted,
        })
    }
}

fn values(terms: &tantivy::termdict::TermDictionary, key: &str) -> tantivy::Result<Vec<(Vec<u8>, TermInfo)>> {
    let prefix = keys::value_term(key, "");
    let mut terms = terms.range().ge(&prefix).into_stream()?;
    let mut values = Vec::new();
    while values.len() < VALUES_LOOKED_AT_MAX && terms.advance() && terms.key().starts_with(&prefix) {
        values.push((terms.key()[prefix.len()..].to_vec(), terms.value().clone()));
    }
    if values.len() > VALUES_TRIED_MAX {
        values.sort_unstable_by_key(|(_, info)| std::cmp::Reverse(info.doc_freq));
        values.truncate(VALUES_TRIED_MAX);
    }
    Ok(values)
}

/// The events of one segment that are in either sample.
struct Picked {
    /// In order.
    docs: Vec<DocId>,
    /// By event: 0, or where it stands in its sample, twice and one more, and one more again if that is the others'.
    places: Vec<u32>,
}

impl Picked {
    fn new(docs_max: DocId, first: (u32, u32), a: &[DocId], b: &[DocId]) -> Self {
        let mut places = vec![0; docs_max as usize + 1];
        for (of, (docs, first)) in [(a, first.0), (b, first.1)].into_iter().enumerate() {
            for (doc, place) in docs.iter().zip(first..) {
                places[*doc as usize] = place * 2 + 1 + u32::from(of == 1);
            }
        }
        let mut docs = [a, b].concat();
        docs.sort_unstable();
        Self { docs, places }
    }

    fn note(&self, doc: DocId, lists: &mut Lists) {
        match self.places.get(doc as usize).copied().unwrap_or(0) {
            0 => {}
            place if place % 2 == 1 => lists.0.push(place / 2),
            place => lists.1.push(place / 2 - 1),
        }
    }

    fn shared_with(&self, postings: &mut impl Postings) -> Lists {
        let mut lists = Lists::default();
        if self.docs.len().saturating_mul(LEAP_RATIO) < postings.size_hint() as usize {
            for &doc in &self.docs {
                if postings.doc() < doc {
                    postings.seek(doc);
                }
                if postings.doc() == doc {
                    self.note(doc, &mut lists);
                }
            }
            return lists;
        }
        while postings.doc() != TERMINATED {
            self.note(postings.doc(), &mut lists);
            postings.advance();
        }
        lists
    }
}

/// Parts come in the order in which their events were numbered, so lists stay ascending.
fn joined(parts: Vec<Part>, keys: &[&str]) -> Samples {
    let mut samples = Samples::default();
    let mut all: Vec<(Lists, HashMap<Vec<u8>, Lists>)> = keys.iter().map(|_| Default::default()).collect();
    let join = |lists: &mut Lists, more: Lists| {
        lists.0.extend(more.0);
        lists.1.extend(more.1);
    };
    for part in parts {
        samples.failing.extend(part.failing);
        samples.others.extend(part.others);
        for ((has, values), (more, found)) in all.iter_mut().zip(part.keys) {
            join(has, more);
            for (value, more) in found {
                join(values.entry(value).or_default(), more);
            }
        }
    }
    for (key, ((failing, others), values)) in keys.iter().zip(all) {
        let read = |(value, (failing, others))| {
            Some(ValueEvents { value: String::from_utf8(value).ok()?, failing, others })
        };
        let mut values: Vec<ValueEvents> = values.into_iter().filter_map(read).collect();
        values.sort_unstable_by(|a, b| a.value.cmp(&b.value));
        if !values.is_empty() {
            samples.keys.push(KeyEvents { key: (*key).to_owned(), failing, others, values });
        }
    }
    samples
}

#[cfg(test)]
mod tests;
