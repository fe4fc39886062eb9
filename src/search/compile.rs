//! Turns a parsed query into the engine's.
//!
//! A word that cuts into several identifiers is a phrase of them. Leaves about an issue's state are no question about
//! events: whoever asks has replaced them, since the store answers them.

use std::collections::HashSet;
use std::ops::Bound;
use std::sync::Arc;

use jiff::Timestamp;
use tantivy::query::doc_predicate_query::{DocPredicateQuery, FunctionPredicate};
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, EmptyQuery, Occur, PhraseQuery, Query as IndexQuery,
    RangeQuery, RegexQuery, TermQuery, TermSetQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, SegmentReader, Term as IndexTerm};

use crate::model::ids::{EventId, EventSeq, IssueId, ProjectId};
use crate::model::issue_set::IssueSet;
use crate::model::merges::Merges;
use crate::model::query::{Expr, Frames, Leaf, Part, TimeRange};
use crate::model::version::ReleaseTest;
use crate::search::error::SearchError;
use crate::search::keys;
use crate::search::needle::{self, Needle};
use crate::search::schema::{Fields, ISSUE, SEQ, schema};
use crate::search::steady::Steady;
use crate::search::{Filter, Search};

pub(super) type Boxed = Box<dyn IndexQuery>;

/// Sets of issues up to this size are looked up one by one; larger ones are held against every event.
const ISSUES_LISTED_MAX: usize = 1_000;
/// What a word counts where it stands, beside the rarity of the word.
const WEIGHT_HEADLINE: f32 = 4.0;
const WEIGHT_FRAME: f32 = 2.0;
const WEIGHT_LIBRARY: f32 = 0.5;
const WEIGHT_ELSEWHERE: f32 = 1.0;

/// The fields are the same in every partition, so one query serves them all.
pub(super) fn filter(search: &Search, filter: &Filter<'_>, is_scored: bool) -> Result<Boxed, SearchError> {
    let (_, fields) = schema();
    let compiler = Compiler { search, fields, is_scored, merges: search.merges.now() };
    let mut all = Clauses::default();
    compiler.conjunction(std::slice::from_ref(&filter.query.tree), &mut all)?;
    if let Some(projects) = filter.projects {
        let terms = projects.iter().map(|project| project_term(fields, *project));
        all.must(compiler.unscored(match terms.len() {
            1 => Box::new(BooleanQuery::new_multiterms_query(terms.collect())),
            _ => Box::new(TermSetQuery::new(terms)),
        }));
    }
    if !filter.environments.is_empty() {
        let term = |name: &String| key_term(fields, &keys::value_term("environment", name));
        all.must(compiler.unscored(union(filter.environments.iter().map(term).collect())));
    }
    if let Some(issue) = filter.issue {
        all.must(compiler.unscored(compiler.of_issue(issue)));
    }
    if filter.from.is_some() || filter.to.is_some() {
        let range = (filter.from.map(Timestamp::as_millisecond), filter.to.map(Timestamp::as_millisecond));
        all.must(compiler.unscored(between(fields, range.0, range.1)));
    }
    // Everything fits alike.
    Ok(if all.0.is_empty() { compiler.unscored(Box::new(AllQuery)) } else { all.joined() })
}

/// A project's events up to one.
pub(super) fn up_to(project: ProjectId, through: EventSeq) -> Boxed {
    let (_, fields) = schema();
    let last = Bound::Included(IndexTerm::from_field_u64(fields.seq, through.0));
    Box::new(BooleanQuery::intersection(vec![
        exact(project_term(fields, project)),
        Box::new(RangeQuery::new(Bound::Unbounded, last)),
    ]))
}

/// Events by their numbers.
pub(super) fn those(seqs: HashSet<u64>) -> Boxed {
    let seqs = Arc::new(seqs);
    let predicate = FunctionPredicate::from(move |segment: &SegmentReader| {
        let column = segment.fast_fields().u64(SEQ)?.first_or_default_col(0);
        let seqs = Arc::clone(&seqs);
        Ok(move |doc: DocId| seqs.contains(&column.get_val(doc)))
    });
    Box::new(DocPredicateQuery::from(predicate))
}

/// What must hold and what must not.
#[derive(Default)]
struct Clauses(Vec<(Occur, Boxed)>);

impl Clauses {
    fn must(&mut self, query: Boxed) {
        self.0.push((Occur::Must, query));
    }

    fn must_not(&mut self, query: Boxed) {
        self.0.push((Occur::MustNot, Box::new(Steady(query))));
    }

    fn joined(mut self) -> Boxed {
        match self.0.len() {
            0 => Box::new(AllQuery),
            1 if self.0[0].0 == Occur::Must => self.0.remove(0).1,
            _ => {
                if self.0.iter().all(|(occur, _)| *occur == Occur::MustNot) {
                    self.must(Box::new(ConstScoreQuery::new(Box::new(AllQuery), 0.0)));
                }
                Box::new(BooleanQuery::new(self.0))
            }
        }
    }
}

struct Compiler<'a> {
    search: &'a Search,
    fields: Fields,
    is_scored: bool,
    merges: Arc<Merges>,
}

impl Compiler<'_> {
    /// Events of the issue, whichever part they were counted into.
    fn of_issue(&self, issue: IssueId) -> Boxed {
        let parts = self.merges.parts(self.merges.shown(issue));
        match parts[..] {
            [part] => exact(issue_term(self.fields, part)),
            _ => Box::new(TermSetQuery::new(parts.into_iter().map(|part| issue_term(self.fields, part)))),
        }
    }

    fn of_issues(&self, issues: &Arc<IssueSet>) -> Boxed {
        if self.merges.is_empty() {
            return among(issues, self.fields);
        }
        let mut parts = IssueSet::clone(issues);
        self.merges.spread(&mut parts);
        among(&Arc::new(parts), self.fields)
    }

    fn expr(&self, expr: &Expr) -> Result<Boxed, SearchError> {
        match expr {
            Expr::Leaf(leaf) => self.leaf(leaf),
            Expr::Or(parts) if parts.is_empty() => Ok(Box::new(EmptyQuery)),
            Expr::Or(parts) => Ok(union(parts.iter().map(|part| self.expr(part)).collect::<Result<_, _>>()?)),
            Expr::And(_) | Expr::Not(_) => {
                let mut all = Clauses::default();
                self.conjunction(std::slice::from_ref(expr), &mut all)?;
                Ok(all.joined())
            }
        }
    }

    fn conjunction(&self, parts: &[Expr], all: &mut Clauses) -> Result<(), SearchError> {
        for part in parts {
            match part {
                Expr::And(more) => self.conjunction(more, all)?,
                Expr::Not(inner) => all.must_not(self.expr(inner)?),
                other => all.must(self.expr(other)?),
            }
        }
        Ok(())
    }

    fn leaf(&self, leaf: &Leaf) -> Result<Boxed, SearchError> {
        let fields = self.fields;
        let exactly = match leaf {
            Leaf::Text(text) => return self.anywhere(text),
            Leaf::Phrase(text) => {
                return Ok(self.or_all(self.words(&Needle::phrase(text), &fields.texts())?));
            }
            Leaf::Words { part, text } => return self.words_in(text, &[part_field(fields, *part)]),
            Leaf::Frame { text, of } => return self.words_in(text, frame_fields(fields, *of)),
            Leaf::File { path, of } => file(path, *of, fields)?,
            Leaf::InApp(true) => key_term(fields, &keys::has_term(keys::IN_APP)),
            Leaf::InApp(false) => {
                let own = key_term(fields, &keys::has_term(keys::IN_APP));
                let mut all = Clauses::default();
                all.must_not(own);
                all.joined()
            }
            Leaf::Tag { key, value } => key_value(key, value, fields)?,
            Leaf::Has(key) => has(key, fields),
            Leaf::User(value) => user(value, fields)?,
            Leaf::Time(range) => time(fields, range),
            Leaf::Release(test) => self.release(test)?,
            Leaf::Project(project) => exact(project_term(fields, *project)),
            Leaf::Issue(issue) => self.of_issue(*issue),
            Leaf::Issues(issues) => self.of_issues(issues),
            // Answered by the store before search is asked.
            Leaf::State(_) | Leaf::Named(_) => Box::new(EmptyQuery),
        };
        Ok(self.unscored(exactly))
    }

    /// What is true or not says nothing about how well an event fits.
    fn unscored(&self, query: Boxed) -> Boxed {
        if self.is_scored { Box::new(ConstScoreQuery::new(query, 0.0)) } else { query }
    }

    fn or_all(&self, query: Option<Boxed>) -> Boxed {
        query.unwrap_or_else(|| self.unscored(Box::new(AllQuery)))
    }

    /// A bare word: in any text, or an id of an event or a trace.
    fn anywhere(&self, text: &str) -> Result<Boxed, SearchError> {
        let mut any: Vec<Boxed> = self.words(&Needle::new(text), &self.fields.texts())?.into_iter().collect();
        if let Ok(id) = text.parse::<EventId>() {
            any.push(self.unscored(key_term(self.fields, &keys::id_term(keys::ID, id))));
            any.push(self.unscored(key_term(self.fields, &keys::id_term(keys::TRACE, id))));
        }
        // Signs alone (`->`) say nothing.
        Ok(self.or_all((!any.is_empty()).then(|| union(any))))
    }

    fn words_in(&self, text: &str, fields: &[Field]) -> Result<Boxed, SearchError> {
        Ok(self.or_all(self.words(&Needle::value(text), fields)?))
    }

    /// The needle in any of the fields; nothing if it holds no words.
    fn words(&self, needle: &Needle, fields: &[Field]) -> Result<Option<Boxed>, SearchError> {
        let mut any = Vec::new();
        for &field in fields {
            let here: Boxed = match needle {
                Needle::Words(sequences) => {
                    union(sequences.iter().map(|words| sequence(words, field)).collect())
                }
                Needle::Patterns(patterns) => {
                    let all: Result<Vec<Boxed>, SearchError> =
                        patterns.iter().map(|p| pattern(p, field)).collect();
                    Box::new(BooleanQuery::intersection(all?))
                }
                Needle::Nothing => return Ok(None),
            };
            any.push(if self.is_scored { Box::new(BoostQuery::new(here, self.weight(field))) } else { here });
        }
        Ok(Some(union(any)))
    }

    fn weight(&self, field: Field) -> f32 {
        match field {
            f if f == self.fields.headline => WEIGHT_HEADLINE,
            f if f == self.fields.frame => WEIGHT_FRAME,
            f if f == self.fields.library => WEIGHT_LIBRARY,
            _ => WEIGHT_ELSEWHERE,
        }
    }

    /// Held against every release that there is: there are few.
    fn release(&self, test: &ReleaseTest) -> Result<Boxed, SearchError> {
        let releases = self.search.releases()?;
        let fitting = releases.iter().filter(|release| test.holds(release));
        let term = |release: &String| {
            IndexTerm::from_field_bytes(self.fields.key, &keys::value_term("release", release))
        };
        Ok(Box::new(TermSetQuery::new(fitting.map(term))))
    }
}

fn part_field(fields: Fields, part: Part) -> Field {
    match part {
        Part::Headline => fields.headline,
        Part::Breadcrumb => fields.breadcrumb,
    }
}

fn frame_fields(fields: Fields, of: Frames) -> &'static [Field] {
    // The schema is built in one order, so the fields are the same every time.
    static BOTH: std::sync::OnceLock<[Field; 2]> = std::sync::OnceLock::new();
    let both = BOTH.get_or_init(|| [fields.frame, fields.library]);
    match of {
        Frames::Any => both,
        Frames::InApp => &both[..1],
        Frames::Library => &both[1..],
    }
}

/// The path, or its end behind a `/`.
fn file(path: &str, of: Frames, fields: Fields) -> Result<Boxed, SearchError> {
    let key = match of {
        Frames::Any => "[\\x01\\x02]",
        Frames::InApp => "\\x01",
        Frames::Library => "\\x02",
    };
    let path = needle::pattern(&keys::path_folded(path));
    regex(&format!("(?s){key}file\\x00(.*/)?{path}"), fields.key)
}

fn user(value: &str, fields: Fields) -> Result<Boxed, SearchError> {
    if value.bytes().all(|b| b == b'*') {
        return Ok(has("user", fields));
    }
    if value.contains('*') {
        let value = needle::pattern(&keys::folded(value));
        return regex(&format!("(?s)user(\\.id|\\.email|\\.username|\\.ip)?\\x00{value}"), fields.key);
    }
    let parts = ["user", "user.id", "user.email", "user.username", "user.ip"];
    Ok(union(parts.iter().map(|part| key_term(fields, &keys::value_term(part, value))).collect()))
}

fn key_value(key: &str, value: &str, fields: Fields) -> Result<Boxed, SearchError> {
    if key == keys::ID || key == keys::TRACE {
        return Ok(match value.parse::<EventId>() {
            Ok(id) => key_term(fields, &keys::id_term(key, id)),
            Err(_) => Box::new(EmptyQuery),
        });
    }
    if !value.contains('*') {
        return Ok(key_term(fields, &keys::value_term(key, value)));
    }
    if value.bytes().all(|b| b == b'*') {
        return Ok(has(key, fields));
    }
    // Values may hold line breaks, and `*` stands for them too.
    let (key, value) = (needle::pattern(&keys::folded(key)), needle::pattern(&keys::folded(value)));
    regex(&format!("(?s){key}\\x00{value}"), fields.key)
}

fn has(key: &str, fields: Fields) -> Boxed {
    key_term(fields, &keys::has_term(&needle::canonical_key(key)))
}

/// To the millisecond, as the column has it.
fn time(fields: Fields, range: &TimeRange) -> Boxed {
    let up = |at: Timestamp| {
        let millis = at.as_millisecond();
        let is_whole = Timestamp::from_millisecond(millis).is_ok_and(|floor| floor >= at);
        if is_whole { millis } else { millis.saturating_add(1) }
    };
    between(fields, range.from.map(up), range.until.map(up))
}

fn between(fields: Fields, from: Option<i64>, until: Option<i64>) -> Boxed {
    let bound = |at: i64| IndexTerm::from_field_i64(fields.timestamp, at);
    let (from, until) = (from.unwrap_or(i64::MIN), until.unwrap_or(i64::MAX));
    Box::new(RangeQuery::new(Bound::Included(bound(from)), Bound::Excluded(bound(until))))
}

fn among(issues: &Arc<IssueSet>, fields: Fields) -> Boxed {
    if issues.len() <= ISSUES_LISTED_MAX {
        return Box::new(TermSetQuery::new(issues.iter().map(|issue| issue_term(fields, issue))));
    }
    let issues = Arc::clone(issues);
    let predicate = FunctionPredicate::from(move |segment: &SegmentReader| {
        let column = segment.fast_fields().u64(ISSUE)?.first_or_default_col(0);
        let issues = Arc::clone(&issues);
        Ok(move |doc: DocId| issues.contains(IssueId(column.get_val(doc))))
    });
    Box::new(DocPredicateQuery::from(predicate))
}

fn sequence(words: &[String], field: Field) -> Boxed {
    let terms: Vec<IndexTerm> = words.iter().map(|word| IndexTerm::from_field_text(field, word)).collect();
    match <[IndexTerm; 1]>::try_from(terms) {
        // How often it stands there counts only where events are ranked.
        Ok([term]) => Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs)),
        Err(terms) => Box::new(PhraseQuery::new(terms)),
    }
}

fn pattern(word: &str, field: Field) -> Result<Boxed, SearchError> {
    Ok(if word.contains('*') {
        regex(&needle::pattern(word), field)?
    } else {
        exact(IndexTerm::from_field_text(field, word))
    })
}

fn regex(pattern: &str, field: Field) -> Result<Boxed, SearchError> {
    // It fails only where the automaton outgrows the engine's bound.
    RegexQuery::from_pattern(pattern, field)
        .map(|query| Box::new(query) as Boxed)
        .map_err(|_| SearchError::TooComplex)
}

pub(super) fn project_term(fields: Fields, project: ProjectId) -> IndexTerm {
    IndexTerm::from_field_u64(fields.project, project.0)
}

fn issue_term(fields: Fields, issue: IssueId) -> IndexTerm {
    IndexTerm::from_field_u64(fields.issue, issue.0)
}

pub(super) fn key_term(fields: Fields, bytes: &[u8]) -> Boxed {
    exact(IndexTerm::from_field_bytes(fields.key, bytes))
}

pub(super) fn exact(term: IndexTerm) -> Boxed {
    Box::new(TermQuery::new(term, IndexRecordOption::Basic))
}

pub(super) fn union(mut any: Vec<Boxed>) -> Boxed {
    if any.len() == 1 { any.remove(0) } else { Box::new(BooleanQuery::union(any)) }
}
