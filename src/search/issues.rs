//! What a search says of issues: which have a matching event, which events those are, which fit best.

use std::cmp::Reverse;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};

use crate::model::ids::{EventSeq, IssueId};
use crate::model::issue_set::IssueSet;
use crate::model::week::Week;
use crate::search::by_issue::ByIssue;
use crate::search::collect::{Column, seqs_and_issues};
use crate::search::{Filter, Search, SearchError, compile};

/// An issue's event that a search found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IssueHit {
    pub issue: IssueId,
    pub seq: EventSeq,
    pub week: Week,
}

/// The issues of all matching events, and which event of each is the newest.
#[derive(Default)]
pub struct NewestEvents {
    pub issues: IssueSet,
    weeks: Vec<(Week, ByIssue<u64>)>,
}

impl NewestEvents {
    /// `None` also for what is beyond the bound of issues whose events are held.
    pub fn of(&self, issue: IssueId) -> Option<IssueHit> {
        let here = self.weeks.iter().filter_map(|(week, newest)| Some((newest.get(issue.0)?, *week)));
        here.max().map(|(seq, week)| IssueHit { issue, seq: EventSeq(seq), week })
    }
}

/// The first issues of a ranking.
#[derive(Default)]
pub struct Ranked {
    /// Each with the event that fits best, and a number that orders as that event's score does.
    pub hits: Vec<(u32, IssueHit)>,
    /// All issues that match.
    pub total: usize,
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

    /// In one walk over all matching events: asked for again, a page's own would cost as much as all.
    pub fn newest_events(&self, filter: &Filter<'_>) -> Result<NewestEvents, SearchError> {
        let query = compile::filter(self, filter, false)?;
        let mut all = NewestEvents::default();
        for partition in self.newest_first() {
            let (issues, newest) = partition.search(&*query, &Newest)?;
            all.issues.unite(&issues);
            all.weeks.push((partition.week, newest));
        }
        Ok(all)
    }

    /// The issues of all matching events with the one that fits the words of the query best; the first `limit`, the
    /// best first, of equals the one with the newest event.
    pub fn ranked_issues(&self, filter: &Filter<'_>, limit: usize) -> Result<Ranked, SearchError> {
        let query = compile::filter(self, filter, true)?;
        let mut best: ByIssue<(Rank, Week)> = ByIssue::default();
        for partition in self.newest_first() {
            for (issue, rank) in partition.search(&*query, &Best)?.iter() {
                best.note(issue, (rank, partition.week));
            }
        }
        let mut ranked: Vec<((Rank, Week), u64)> = best.iter().map(|(issue, best)| (best, issue)).collect();
        let total = ranked.len();
        if limit < total {
            // Of the many behind them no order is asked.
            ranked.select_nth_unstable_by_key(limit, |best| Reverse(*best));
            ranked.truncate(limit);
        }
        ranked.sort_unstable_by_key(|best| Reverse(*best));
        let hit = |((rank, week), issue): ((Rank, Week), u64)| {
            (rank.score_bits, IssueHit { issue: IssueId(issue), seq: EventSeq(rank.seq), week })
        };
        Ok(Ranked { hits: ranked.into_iter().map(hit).collect(), total })
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

/// The issues, and the highest seq of each.
struct Newest;

struct SegmentNewest {
    seqs: Column<u64>,
    found: SegmentIssues,
    newest: ByIssue<u64>,
}

impl Collector for Newest {
    type Fruit = (IssueSet, ByIssue<u64>);
    type Child = SegmentNewest;

    fn for_segment(&self, _: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<SegmentNewest> {
        let (seqs, numbers) = seqs_and_issues(segment)?;
        let found = SegmentIssues { numbers, issues: IssueSet::default() };
        Ok(SegmentNewest { seqs, found, newest: ByIssue::default() })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<Self::Fruit>) -> tantivy::Result<Self::Fruit> {
        let (issues, newest) = segments.into_iter().unzip();
        Ok((Issues.merge_fruits(issues)?, ByIssue::best_of(newest)))
    }
}

impl SegmentCollector for SegmentNewest {
    type Fruit = (IssueSet, ByIssue<u64>);

    fn collect(&mut self, doc: DocId, _: Score) {
        let issue = self.found.numbers.get_val(doc);
        self.found.issues.insert(IssueId(issue));
        self.newest.note(issue, self.seqs.get_val(doc));
    }

    fn harvest(self) -> Self::Fruit {
        (self.found.issues, self.newest)
    }
}

/// The better event has the higher score, of equals the higher seq. Scores are never negative, and as bits they order
/// as they do as numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    score_bits: u32,
    seq: u64,
}

struct Best;

struct SegmentBest {
    seqs: Column<u64>,
    numbers: Column<u64>,
    best: ByIssue<Rank>,
}

impl Collector for Best {
    type Fruit = ByIssue<Rank>;
    type Child = SegmentBest;

    fn for_segment(&self, _: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<SegmentBest> {
        let (seqs, numbers) = seqs_and_issues(segment)?;
        Ok(SegmentBest { seqs, numbers, best: ByIssue::default() })
    }

    fn requires_scoring(&self) -> bool {
        true
    }

    fn merge_fruits(&self, segments: Vec<ByIssue<Rank>>) -> tantivy::Result<ByIssue<Rank>> {
        Ok(ByIssue::best_of(segments))
    }
}

impl SegmentCollector for SegmentBest {
    type Fruit = ByIssue<Rank>;

    fn collect(&mut self, doc: DocId, score: Score) {
        let rank = Rank { score_bits: score.max(0.0).to_bits(), seq: self.seqs.get_val(doc) };
        self.best.note(self.numbers.get_val(doc), rank);
    }

    fn harvest(self) -> ByIssue<Rank> {
        self.best
    }
}
