//! What a search says of issues: which have a matching event, which events those are, which fit best.

use std::cmp::Reverse;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};

use crate::model::ids::{EventSeq, IssueId};
use crate::model::issue_set::IssueSet;
use crate::model::week::Week;
use crate::search::collect::{Column, seqs_and_issues};
use crate::search::{Filter, Search, SearchError, compile};

/// Issues that are ranked at most; of those beyond, none is.
const RANKED_MAX: usize = 200_000;

/// An issue's event that a search found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IssueHit {
    pub issue: IssueId,
    pub seq: EventSeq,
    pub week: Week,
}

impl Search {
    /// The issues of all matching events.
    pub fn issues(&self, filter: &Filter<'_>) -> Result<IssueSet, SearchError> {
        let query = compile::filter(self, filter, false)?;
        let mut issues = IssueSet::default();
        for partition in self.newest_first() {
            issues.unite(&partition.search(&*query, &Issues)?);
        }
        Ok(issues)
    }

    /// The newest matching event of each issue. The filter names few issues.
    pub fn newest_of_issues(&self, filter: &Filter<'_>, issues: usize) -> Result<Vec<IssueHit>, SearchError> {
        let query = compile::filter(self, filter, false)?;
        let mut newest = BestByIssue::default();
        for partition in self.newest_first() {
            // Older weeks cannot hold a newer event of any of them.
            if newest.issues >= issues && newest.iter().all(|(_, best)| best.seq > partition.newest()) {
                break;
            }
            newest.absorb(&partition.search(&*query, &Best { week: partition.week, scored: false })?);
        }
        Ok(newest.iter().map(|(issue, best)| best.hit(issue)).collect())
    }

    /// The issues of all matching events with the one that fits the words of the query best; the best first, of
    /// equals the one with the newest event. Before each a number that orders as its score does.
    pub fn ranked_issues(&self, filter: &Filter<'_>) -> Result<Vec<(u32, IssueHit)>, SearchError> {
        let query = compile::filter(self, filter, true)?;
        let mut best = BestByIssue::default();
        for partition in self.newest_first() {
            best.absorb(&partition.search(&*query, &Best { week: partition.week, scored: true })?);
        }
        let mut ranked: Vec<(u64, BestEvent)> = best.iter().collect();
        ranked.sort_unstable_by_key(|(issue, best)| Reverse((*best, *issue)));
        Ok(ranked.into_iter().map(|(issue, best)| (best.score_bits, best.hit(issue))).collect())
    }
}

struct Issues;

struct SegmentIssues {
    numbers: Column<u64>,
    issues: IssueSet,
}

impl Collector for Issues {
    type Fruit = IssueSet;
    type Child = SegmentIssues;

    fn for_segment(&self, _: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<SegmentIssues> {
        let (_, numbers) = seqs_and_issues(segment)?;
        Ok(SegmentIssues { numbers, issues: IssueSet::default() })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<IssueSet>) -> tantivy::Result<IssueSet> {
        let mut all = IssueSet::default();
        for segment in &segments {
            all.unite(segment);
        }
        Ok(all)
    }
}

impl SegmentCollector for SegmentIssues {
    type Fruit = IssueSet;

    fn collect(&mut self, doc: DocId, _: Score) {
        self.issues.insert(IssueId(self.numbers.get_val(doc)));
    }

    fn harvest(self) -> IssueSet {
        self.issues
    }
}

/// The better one has the higher score, of equals the higher seq. Scores are never negative, and as bits they
/// order as they do as numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct BestEvent {
    score_bits: u32,
    seq: u64,
    week: Week,
}

impl BestEvent {
    fn hit(self, issue: u64) -> IssueHit {
        IssueHit { issue: IssueId(issue), seq: EventSeq(self.seq), week: self.week }
    }
}

/// Issues that stand side by side here; their ids are given one after the other.
const CHUNK_ISSUES: usize = 1024;
type Chunk = Box<[Option<BestEvent>]>;

/// The best event of each issue, by the issue's id: hashing would take as long as all the rest.
#[derive(Default)]
struct BestByIssue {
    chunks: Vec<Option<Chunk>>,
    issues: usize,
}

impl BestByIssue {
    fn note(&mut self, issue: u64, best: BestEvent) {
        let Ok(place) = usize::try_from(issue) else { return };
        let (chunk, place) = (place / CHUNK_ISSUES, place % CHUNK_ISSUES);
        if chunk >= self.chunks.len() {
            self.chunks.resize_with(chunk + 1, || None);
        }
        let empty = || vec![None; CHUNK_ISSUES].into_boxed_slice();
        let held = &mut self.chunks[chunk].get_or_insert_with(empty)[place];
        match held {
            Some(held) => *held = best.max(*held),
            None if self.issues < RANKED_MAX => {
                *held = Some(best);
                self.issues += 1;
            }
            None => {}
        }
    }

    fn absorb(&mut self, other: &Self) {
        for (issue, best) in other.iter() {
            self.note(issue, best);
        }
    }

    fn iter(&self) -> impl Iterator<Item = (u64, BestEvent)> {
        let chunks = self.chunks.iter().enumerate().filter_map(|(at, chunk)| Some((at, chunk.as_ref()?)));
        chunks.flat_map(|(at, chunk)| {
            let first = at * CHUNK_ISSUES;
            let held = chunk.iter().enumerate();
            held.filter_map(move |(place, best)| Some(((first + place) as u64, (*best)?)))
        })
    }
}

struct Best {
    week: Week,
    scored: bool,
}

struct SegmentBest {
    week: Week,
    seqs: Column<u64>,
    numbers: Column<u64>,
    best: BestByIssue,
}

impl Collector for Best {
    type Fruit = BestByIssue;
    type Child = SegmentBest;

    fn for_segment(&self, _: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<SegmentBest> {
        let (seqs, numbers) = seqs_and_issues(segment)?;
        Ok(SegmentBest { week: self.week, seqs, numbers, best: BestByIssue::default() })
    }

    fn requires_scoring(&self) -> bool {
        self.scored
    }

    fn merge_fruits(&self, segments: Vec<BestByIssue>) -> tantivy::Result<BestByIssue> {
        let mut segments = segments.into_iter();
        let mut all = segments.next().unwrap_or_default();
        segments.for_each(|segment| all.absorb(&segment));
        Ok(all)
    }
}

impl SegmentCollector for SegmentBest {
    type Fruit = BestByIssue;

    fn collect(&mut self, doc: DocId, score: Score) {
        let (score_bits, seq) = (score.max(0.0).to_bits(), self.seqs.get_val(doc));
        let best = BestEvent { score_bits, seq, week: self.week };
        self.best.note(self.numbers.get_val(doc), best);
    }

    fn harvest(self) -> BestByIssue {
        self.best
    }
}
