//! Issues whose events read alike: they share the rare words of an event's headline and of the team's own frames.
//!
//! A word counts the more, the fewer events have it. An issue's score is what it shares of the weight of all words.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

use tantivy::query::Query as _;
use tantivy::schema::Field;
use tantivy::{DocSet, TERMINATED, Term as IndexTerm};

use crate::model::event::Event;
use crate::model::ids::{IssueId, ProjectId};
use crate::search::collect::seqs_and_issues;
use crate::search::places::{self, Group};
use crate::search::schema::{Fields, schema};
use crate::search::words::{Shape, Words, fold};
use crate::search::{Search, SearchError, compile};

/// Words that are looked for: the rarest.
const WORDS_MAX: usize = 24;
/// Different words of one event that are considered.
const CANDIDATES_MAX: usize = 400;
/// Shorter words say little.
const WORD_CHARS_MIN: usize = 3;
/// Events of one word that are looked at; a word with more is no help.
const EVENTS_MAX: u64 = 20_000;
/// Issues that share a word, held at once.
const ISSUES_MAX: usize = 50_000;
/// Words named as the reason.
const REASONS_MAX: usize = 4;

#[derive(Debug, Clone, PartialEq)]
pub struct Similar {
    pub issue: IssueId,
    /// Above 0, at most 1.
    pub score: f64,
    /// In a person's words, the most telling first: `frame chargecard`, `headline declined`.
    pub because: Vec<String>,
}

struct Word {
    text: String,
    field: Field,
    group: &'static str,
    weight: f64,
}

impl Search {
    /// Other issues of these projects that are most like an event, the best first.
    pub fn similar(
        &self,
        event: &Event,
        except: IssueId,
        projects: &[ProjectId],
        limit: usize,
    ) -> Result<Vec<Similar>, SearchError> {
        let (_, fields) = schema();
        let words = self.telling_words(event, fields)?;
        let whole: f64 = words.iter().map(|word| word.weight).sum();
        let merges = self.merges.now();
        let except = merges.shown(except);
        let mut shared: HashMap<u64, u32> = HashMap::new();
        for (index, word) in words.iter().enumerate() {
            let term = IndexTerm::from_field_text(word.field, &word.text);
            let of_projects = projects.iter().map(|p| compile::exact(compile::project_term(fields, *p)));
            let query = tantivy::query::BooleanQuery::intersection(vec![
                compile::exact(term),
                compile::union(of_projects.collect()),
            ]);
            for partition in self.newest_first() {
                let searcher = partition.searcher();
                let scoring = tantivy::query::EnableScoring::disabled_from_searcher(&searcher);
                let weight = query.weight(scoring)?;
                for segment in searcher.segment_readers() {
                    let (_, issues) = seqs_and_issues(segment)?;
                    let mut docs = weight.scorer(segment, 1.0)?;
                    while docs.doc() != TERMINATED {
                        let issue = merges.shown(IssueId(issues.get_val(docs.doc()))).0;
                        if issue != except.0 && (shared.len() < ISSUES_MAX || shared.contains_key(&issue)) {
                            *shared.entry(issue).or_default() |= 1 << index;
                        }
                        docs.advance();
                    }
                }
            }
        }
        let score = |mask: u32| -> f64 {
            let held = words.iter().enumerate().filter(|(index, _)| mask & (1 << index) != 0);
            held.map(|(_, word)| word.weight).sum::<f64>() / whole
        };
        let mut best: Vec<(f64, u64, u32)> =
            shared.into_iter().map(|(issue, mask)| (score(mask), issue, mask)).collect();
        best.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
        best.truncate(limit);
        let similar = |(score, issue, mask): (f64, u64, u32)| {
            let held = words.iter().enumerate().filter(|(index, _)| mask & (1 << index) != 0);
            let because = held.take(REASONS_MAX).map(|(_, word)| format!("{} {}", word.group, word.text));
            Similar { issue: IssueId(issue), score, because: because.collect() }
        };
        Ok(best.into_iter().map(similar).collect())
    }

    /// The rarest words of the headline and of the team's own frames, the rarest first.
    fn telling_words(&self, event: &Event, fields: Fields) -> Result<Vec<Word>, SearchError> {
        let mut seen: BTreeMap<(&'static str, String), Field> = BTreeMap::new();
        let _ = places::walk(event, &mut |place, text| {
            let (group, field) = match place.group() {
                Group::Headline => ("headline", fields.headline),
                Group::Frame => ("frame", fields.frame),
                _ => return ControlFlow::Continue(()),
            };
            // Wholes are rarer than their humps, and say the same.
            for word in Words::new(&text).filter(|word| word.shape != Shape::Hump) {
                let folded = fold(&text[word.start..word.end]);
                let is_telling =
                    folded.chars().count() >= WORD_CHARS_MIN && !folded.bytes().all(|b| b.is_ascii_digit());
                if is_telling && seen.len() < CANDIDATES_MAX {
                    seen.insert((group, folded), field);
                }
            }
            ControlFlow::Continue(())
        });
        let all = self.events().max(1) as f64;
        let mut words = Vec::new();
        for ((group, text), field) in seen {
            let events = self.events_with(&IndexTerm::from_field_text(field, &text))?;
            if events <= EVENTS_MAX {
                let weight = (1.0 + all / events.max(1) as f64).ln();
                words.push((events, Word { text, field, group, weight }));
            }
        }
        words.sort_by(|(a, one), (b, other)| {
            (a, Reverse(one.text.len())).cmp(&(b, Reverse(other.text.len())))
        });
        words.truncate(WORDS_MAX);
        Ok(words.into_iter().map(|(_, word)| word).collect())
    }

    fn events_with(&self, term: &IndexTerm) -> Result<u64, SearchError> {
        let mut events = 0;
        for partition in self.newest_first() {
            events += partition.searcher().doc_freq(term)?;
        }
        Ok(events)
    }
}
