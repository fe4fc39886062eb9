//! Gathers what a query finds in one partition: the first events of an order, or how many there were when, straight
//! from the columns.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::ColumnValues;
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};

use crate::search::schema::{ISSUE, SEQ, TIMESTAMP};

pub(super) type Column<T> = Arc<dyn ColumnValues<T>>;

pub(super) fn seqs_and_issues(segment: &SegmentReader) -> tantivy::Result<(Column<u64>, Column<u64>)> {
    let columns = segment.fast_fields();
    Ok((columns.u64(SEQ)?.first_or_default_col(0), columns.u64(ISSUE)?.first_or_default_col(0)))
}

/// Which events come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EventOrder {
    #[default]
    Newest,
    Oldest,
    /// Those that fit the words of the query best; of equals the newest.
    Relevance,
}

/// An event's place in an order: the greater comes first.
pub(super) type Rank = (u32, u64);

impl EventOrder {
    /// Scores are never negative, and as bits they order as they do as numbers.
    fn rank(self, seq: u64, score: Score) -> Rank {
        match self {
            Self::Newest => (0, seq),
            Self::Oldest => (0, u64::MAX - seq),
            Self::Relevance => (score.max(0.0).to_bits(), seq),
        }
    }
}

/// The first `limit` events of an order behind a seq, and how many match in all.
pub(super) struct First {
    pub order: EventOrder,
    pub limit: usize,
    /// Only events behind this one in the order; of an order by relevance, all.
    pub behind: Option<u64>,
}

#[derive(Default)]
pub(super) struct FirstFound {
    /// Rank, seq, issue, in no order.
    pub hits: Vec<(Rank, u64, u64)>,
    pub total: u64,
}

pub(super) struct SegmentFirst {
    seqs: Column<u64>,
    issues: Column<u64>,
    order: EventOrder,
    limit: usize,
    before: Rank,
    total: u64,
    first: BinaryHeap<Reverse<(Rank, DocId)>>,
}

impl Collector for First {
    type Fruit = FirstFound;
    type Child = SegmentFirst;

    fn for_segment(&self, _: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<SegmentFirst> {
        let (seqs, issues) = seqs_and_issues(segment)?;
        let first = BinaryHeap::with_capacity(self.limit.min(1024) + 1);
        let before = match self.behind {
            Some(seq) if self.order != EventOrder::Relevance => self.order.rank(seq, 0.0),
            _ => (u32::MAX, u64::MAX),
        };
        Ok(SegmentFirst { seqs, issues, order: self.order, limit: self.limit, before, total: 0, first })
    }

    fn requires_scoring(&self) -> bool {
        self.order == EventOrder::Relevance
    }

    fn merge_fruits(&self, segments: Vec<FirstFound>) -> tantivy::Result<FirstFound> {
        let mut all = FirstFound::default();
        for mut segment in segments {
            all.total += segment.total;
            all.hits.append(&mut segment.hits);
        }
        all.hits.sort_unstable_by_key(|&(rank, ..)| Reverse(rank));
        all.hits.truncate(self.limit);
        Ok(all)
    }
}

impl SegmentCollector for SegmentFirst {
    type Fruit = FirstFound;

    fn collect(&mut self, doc: DocId, score: Score) {
        self.total += 1;
        if self.limit == 0 {
            return;
        }
        let rank = self.order.rank(self.seqs.get_val(doc), score);
        if rank >= self.before {
            return;
        }
        let full = self.first.len() == self.limit;
        if full && self.first.peek().is_some_and(|Reverse((least, _))| rank < *least) {
            return;
        }
        if full {
            self.first.pop();
        }
        self.first.push(Reverse((rank, doc)));
    }

    fn harvest(self) -> FirstFound {
        let (seqs, issues) = (self.seqs, self.issues);
        let hit = |Reverse((rank, doc))| (rank, seqs.get_val(doc), issues.get_val(doc));
        FirstFound { hits: self.first.into_iter().map(hit).collect(), total: self.total }
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

/// The matching documents by segment.
pub(super) struct Matching;

pub(super) struct SegmentMatching {
    ordinal: SegmentOrdinal,
    docs: Vec<DocId>,
}

impl Collector for Matching {
    type Fruit = Vec<(SegmentOrdinal, Vec<DocId>)>;
    type Child = SegmentMatching;

    fn for_segment(&self, ordinal: SegmentOrdinal, _: &SegmentReader) -> tantivy::Result<SegmentMatching> {
        Ok(SegmentMatching { ordinal, docs: Vec::new() })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<(SegmentOrdinal, Vec<DocId>)>) -> tantivy::Result<Self::Fruit> {
        Ok(segments)
    }
}

impl SegmentCollector for SegmentMatching {
    type Fruit = (SegmentOrdinal, Vec<DocId>);

    fn collect(&mut self, doc: DocId, _: Score) {
        self.docs.push(doc);
    }

    fn harvest(self) -> Self::Fruit {
        (self.ordinal, self.docs)
    }
}
