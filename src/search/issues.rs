//! What a search says of issues: which have a matching event, which events those are, which fit best.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};

use crate::model::ids::{EventSeq, IssueId};
use crate::model::issue_set::IssueSet;
use crate::model::merges::Merges;
use crate::model::week::Week;
use crate::search::by_issue::ByIssue;
use crate::search::collect::{Column, Matching, seqs_and_issues};
use crate::search::{Filter, Hit, Search, SearchError, compile, partition};

/// The issues of all matching events, and the events, to ask which of an issue's is the newest.
#[derive(Default)]
pub struct MatchingEvents {
    pub issues: IssueSet,
    segments: Vec<SegmentEvents>,
    merges: Arc<Merges>,
}

struct SegmentEvents {
    week: Week,
    seqs: Column<u64>,
    numbers: Column<u64>,
    docs: Vec<DocId>,
}

impl MatchingEvents {
    /// The newest matching event of each of these issues, in no order.
    pub fn newest(&self, issues: &IssueSet) -> Vec<Hit> {
        let mut newest: HashMap<IssueId, (u64, Week)> = HashMap::new();
        let wanted = issues.len();
        for segment in &self.segments {
            let is_beyond = |(seq, _): &(u64, Week)| *seq > segment.seqs.max_value();
            if newest.len() == wanted && newest.values().all(is_beyond) {
                continue;
            }
            for &doc in &segment.docs {
                let issue = self.merges.shown(IssueId(segment.numbers.get_val(doc)));
                if issues.contains(issue) {
                    let event = (segment.seqs.get_val(doc), segment.week);
                    newest.entry(issue).and_modify(|held| *held = event.max(*held)).or_insert(event);
                }
            }
        }
        let hit = |(issue, (seq, week))| Hit { issue, seq: EventSeq(seq), week };
        newest.into_iter().map(hit).collect()
    }
}

/// The first issues of a ranking.
#[derive(Default)]
pub struct Ranked {
    /// Each with the event that fits best, and a number that orders as that event's score does.
    pub hits: Vec<(u32, Hit)>,
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
        self.merges.now().gather(&mut issues);
        Ok(issues)
    }

    /// Which events match, too, so that a page of issues needs no second walk to find the newest of each: that would cost
    /// as much as the first.
    pub fn matching_events(&self, filter: &Filter<'_>) -> Result<MatchingEvents, SearchError> {
        let query = compile::filter(self, filter, false)?;
        let mut all = MatchingEvents { merges: self.merges.now(), ..MatchingEvents::default() };
        for partition in self.newest_first() {
            let searcher = partition.searcher();
            // The newest segments are the last.
            for (ordinal, docs) in partition::search(&searcher, &*query, &Matching)?.into_iter().rev() {
                if docs.is_empty() {
                    continue;
                }
                let (seqs, numbers) = seqs_and_issues(searcher.segment_reader(ordinal))?;
                all.issues.unite(&docs.iter().map(|&doc| IssueId(numbers.get_val(doc))).collect());
                all.segments.push(SegmentEvents { week: partition.week, seqs, numbers, docs });
            }
        }
        all.merges.gather(&mut all.issues);
        Ok(all)
    }

    /// The issues of all matching events with the one that fits the words of the query best; the first `limit`, the
    /// best first, of equals the one with the newest event.
    pub fn ranked_issues(&self, filter: &Filter<'_>, limit: usize) -> Result<Ranked, SearchError> {
        let query = compile::filter(self, filter, true)?;
        let merges = self.merges.now();
        let mut best: ByIssue<BestEvent> = ByIssue::default();
        for partition in self.newest_first() {
            let searcher = partition.searcher();
            for (ordinal, scored) in partition::search(&searcher, &*query, &Scored)? {
                let (seqs, numbers) = seqs_and_issues(searcher.segment_reader(ordinal))?;
                for (doc, score_bits) in scored {
                    let seq = seqs.get_val(doc);
                    let issue = merges.shown(IssueId(numbers.get_val(doc)));
                    best.note(issue.0, BestEvent { score_bits, seq, week: partition.week });
                }
            }
        }
        let mut ranked: Vec<(BestEvent, u64)> = best.iter().map(|(issue, best)| (best, issue)).collect();
        let total = ranked.len();
        if limit < total {
            // Of the many behind them no order is asked.
            ranked.select_nth_unstable_by_key(limit, |best| Reverse(*best));
            ranked.truncate(limit);
        }
        ranked.sort_unstable_by_key(|best| Reverse(*best));
        let hit = |(best, issue): (BestEvent, u64)| {
            (best.score_bits, Hit { issue: IssueId(issue), seq: EventSeq(best.seq), week: best.week })
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

/// The better event has the higher score, of equals the higher seq. Scores are never negative, and as bits they order
/// as they do as numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct BestEvent {
    score_bits: u32,
    seq: u64,
    week: Week,
}

/// The matching documents by segment, each with its score.
struct Scored;

struct SegmentScored {
    ordinal: SegmentOrdinal,
    scored: Vec<(DocId, u32)>,
}

impl Collector for Scored {
    type Fruit = Vec<(SegmentOrdinal, Vec<(DocId, u32)>)>;
    type Child = SegmentScored;

    fn for_segment(&self, ordinal: SegmentOrdinal, _: &SegmentReader) -> tantivy::Result<SegmentScored> {
        Ok(SegmentScored { ordinal, scored: Vec::new() })
    }

    fn requires_scoring(&self) -> bool {
        true
    }

    fn merge_fruits(&self, segments: Self::Fruit) -> tantivy::Result<Self::Fruit> {
        Ok(segments)
    }
}

impl SegmentCollector for SegmentScored {
    type Fruit = (SegmentOrdinal, Vec<(DocId, u32)>);

    fn collect(&mut self, doc: DocId, score: Score) {
        self.scored.push((doc, score.max(0.0).to_bits()));
    }

    fn harvest(self) -> Self::Fruit {
        (self.ordinal, self.scored)
    }
}
