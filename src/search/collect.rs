//! Gathers what a query finds in one partition: the newest events, or the issues, straight from the columns.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::ColumnValues;
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};

use crate::search::schema::{ISSUE, SEQ, TIMESTAMP};

type Column<T> = Arc<dyn ColumnValues<T>>;

fn seqs_and_issues(segment: &SegmentReader) -> tantivy::Result<(Column<u64>, Column<u64>)> {
    let columns = segment.fast_fields();
    Ok((columns.u64(SEQ)?.first_or_default_col(0), columns.u64(ISSUE)?.first_or_default_col(0)))
}

/// The newest `limit` events below `before`, and how many match in all.
pub(super) struct Newest {
    pub limit: usize,
    pub before: u64,
}

#[derive(Default)]
pub(super) struct NewestFound {
    /// `(seq, issue)`, in no order.
    pub hits: Vec<(u64, u64)>,
    pub total: u64,
}

pub(super) struct SegmentNewest {
    seqs: Column<u64>,
    issues: Column<u64>,
    limit: usize,
    before: u64,
    total: u64,
    newest: BinaryHeap<Reverse<(u64, DocId)>>,
}

impl Collector for Newest {
    type Fruit = NewestFound;
    type Child = SegmentNewest;

    fn for_segment(&self, _: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<SegmentNewest> {
        let (seqs, issues) = seqs_and_issues(segment)?;
        let newest = BinaryHeap::with_capacity(self.limit.min(1024) + 1);
        Ok(SegmentNewest { seqs, issues, limit: self.limit, before: self.before, total: 0, newest })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<NewestFound>) -> tantivy::Result<NewestFound> {
        let mut all = NewestFound::default();
        for mut segment in segments {
            all.total += segment.total;
            all.hits.append(&mut segment.hits);
        }
        all.hits.sort_unstable_by_key(|&(seq, _)| Reverse(seq));
        all.hits.truncate(self.limit);
        Ok(all)
    }
}

impl SegmentCollector for SegmentNewest {
    type Fruit = NewestFound;

    fn collect(&mut self, doc: DocId, _: Score) {
        self.total += 1;
        if self.limit == 0 {
            return;
        }
        let seq = self.seqs.get_val(doc);
        if seq >= self.before {
            return;
        }
        let full = self.newest.len() == self.limit;
        if full && self.newest.peek().is_some_and(|Reverse((least, _))| seq < *least) {
            return;
        }
        if full {
            self.newest.pop();
        }
        self.newest.push(Reverse((seq, doc)));
    }

    fn harvest(self) -> NewestFound {
        let issues = self.issues;
        let hits = self.newest.into_iter().map(|Reverse((seq, doc))| (seq, issues.get_val(doc))).collect();
        NewestFound { hits, total: self.total }
    }
}

/// Every issue with its number of matching events and the newest of them.
pub(super) struct Issues {
    /// Issues held at once for one segment; what comes beyond is left out and said so.
    pub held_max: usize,
}

#[derive(Default)]
pub(super) struct IssuesFound {
    /// By issue: matching events, newest seq.
    pub issues: HashMap<u64, (u64, u64), foldhash::fast::RandomState>,
    pub complete: bool,
    pub total: u64,
}

pub(super) struct SegmentIssues {
    seqs: Column<u64>,
    numbers: Column<u64>,
    held_max: usize,
    found: IssuesFound,
}

impl Collector for Issues {
    type Fruit = IssuesFound;
    type Child = SegmentIssues;

    fn for_segment(&self, _: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<SegmentIssues> {
        let (seqs, numbers) = seqs_and_issues(segment)?;
        let found = IssuesFound { complete: true, ..IssuesFound::default() };
        Ok(SegmentIssues { seqs, numbers, held_max: self.held_max, found })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<IssuesFound>) -> tantivy::Result<IssuesFound> {
        let mut all = IssuesFound { complete: true, ..IssuesFound::default() };
        for segment in segments {
            all.absorb(segment, self.held_max);
        }
        Ok(all)
    }
}

impl IssuesFound {
    pub fn absorb(&mut self, other: Self, held_max: usize) {
        self.total += other.total;
        self.complete &= other.complete;
        for (issue, (events, newest)) in other.issues {
            self.note(issue, events, newest, held_max);
        }
    }

    fn note(&mut self, issue: u64, events: u64, newest: u64, held_max: usize) {
        if self.issues.len() >= held_max && !self.issues.contains_key(&issue) {
            self.complete = false;
            return;
        }
        let held = self.issues.entry(issue).or_insert((0, 0));
        held.0 += events;
        held.1 = held.1.max(newest);
    }
}

impl SegmentCollector for SegmentIssues {
    type Fruit = IssuesFound;

    fn collect(&mut self, doc: DocId, _: Score) {
        self.found.total += 1;
        self.found.note(self.numbers.get_val(doc), 1, self.seqs.get_val(doc), self.held_max);
    }

    fn harvest(self) -> IssuesFound {
        self.found
    }
}

/// Matching events by their own time, in equal buckets.
pub(super) struct Histogram {
    /// Milliseconds since 1970.
    pub from: i64,
    pub bucket_ms: i64,
    pub buckets: usize,
}

pub(super) struct SegmentHistogram {
    times: Column<i64>,
    from: i64,
    bucket_ms: i64,
    counts: Vec<u64>,
}

impl Collector for Histogram {
    type Fruit = Vec<u64>;
    type Child = SegmentHistogram;

    fn for_segment(&self, _: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<SegmentHistogram> {
        let times = segment.fast_fields().i64(TIMESTAMP)?.first_or_default_col(i64::MIN);
        Ok(SegmentHistogram {
            times,
            from: self.from,
            bucket_ms: self.bucket_ms,
            counts: vec![0; self.buckets],
        })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<Vec<u64>>) -> tantivy::Result<Vec<u64>> {
        let mut all = vec![0; self.buckets];
        for segment in segments {
            all.iter_mut().zip(segment).for_each(|(sum, count)| *sum += count);
        }
        Ok(all)
    }
}

impl SegmentCollector for SegmentHistogram {
    type Fruit = Vec<u64>;

    fn collect(&mut self, doc: DocId, _: Score) {
        let offset = self.times.get_val(doc).saturating_sub(self.from).div_euclid(self.bucket_ms);
        if let Some(count) = usize::try_from(offset).ok().and_then(|bucket| self.counts.get_mut(bucket)) {
            *count += 1;
        }
    }

    fn harvest(self) -> Vec<u64> {
        self.counts
    }
}
