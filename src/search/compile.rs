//! Turns a parsed query into the engine's.
//!
//! A word that cuts into several identifiers is a phrase of them. `is:` is no question about events: whoever asks
//! has taken it out, since the store answers it.

use std::ops::Bound;

use tantivy::Term as IndexTerm;
use tantivy::query::{
    AllQuery, BooleanQuery, EmptyQuery, Occur, PhraseQuery, Query as IndexQuery, RangeQuery, RegexQuery,
    TermQuery, TermSetQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

use crate::model::ids::{EventId, EventSeq, ProjectId};
use crate::model::query::{Query, TermKind};
use crate::search::Filter;
use crate::search::error::SearchError;
use crate::search::keys;
use crate::search::needle::{self, Needle};
use crate::search::schema::{Fields, schema};

type Boxed = Box<dyn IndexQuery>;

/// The fields are the same in every partition, so one query serves them all.
pub(super) fn filter(filter: &Filter<'_>) -> Result<Boxed, SearchError> {
    let (_, fields) = schema();
    let mut clauses = clauses(filter.query, fields)?;
    if let Some(projects) = filter.projects {
        let terms = projects.iter().map(|project| IndexTerm::from_field_u64(fields.project, project.0));
        let any: Boxed = match terms.len() {
            1 => Box::new(BooleanQuery::new_multiterms_query(terms.collect())),
            _ => Box::new(TermSetQuery::new(terms)),
        };
        clauses.push((Occur::Must, any));
    }
    if !filter.environments.is_empty() {
        let term = |name: &String| key_term(fields, &keys::value_term("environment", name));
        clauses.push((Occur::Must, union(filter.environments.iter().map(term).collect())));
    }
    if let Some(issue) = filter.issue {
        clauses.push((Occur::Must, exact(IndexTerm::from_field_u64(fields.issue, issue.0))));
    }
    if filter.from.is_some() || filter.to.is_some() {
        let bound = |at: i64| IndexTerm::from_field_i64(fields.timestamp, at);
        let from = filter.from.map_or(i64::MIN, jiff::Timestamp::as_millisecond);
        let to = filter.to.map_or(i64::MAX, jiff::Timestamp::as_millisecond);
        clauses.push((
            Occur::Must,
            Box::new(RangeQuery::new(Bound::Included(bound(from)), Bound::Excluded(bound(to)))),
        ));
    }
    Ok(match clauses.len() {
        0 => Box::new(AllQuery),
        1 if clauses[0].0 == Occur::Must => clauses.remove(0).1,
        _ if clauses.iter().all(|(occur, _)| *occur == Occur::MustNot) => {
            clauses.push((Occur::Must, Box::new(AllQuery)));
            Box::new(BooleanQuery::new(clauses))
        }
        _ => Box::new(BooleanQuery::new(clauses)),
    })
}

/// A project's events up to one.
pub(super) fn up_to(project: ProjectId, through: EventSeq) -> Boxed {
    let (_, fields) = schema();
    let last = Bound::Included(IndexTerm::from_field_u64(fields.seq, through.0));
    Box::new(BooleanQuery::intersection(vec![
        exact(IndexTerm::from_field_u64(fields.project, project.0)),
        Box::new(RangeQuery::new(Bound::Unbounded, last)),
    ]))
}

fn clauses(query: &Query, fields: Fields) -> Result<Vec<(Occur, Boxed)>, SearchError> {
    let mut clauses = Vec::with_capacity(query.terms.len() + 3);
    for term in &query.terms {
        let clause = match &term.kind {
            TermKind::Text(text) => Some(anywhere(text, fields)?),
            TermKind::Phrase(text) => words(&Needle::phrase(text), &fields.texts())?,
            TermKind::Key { key, value } => Some(key_value(key, value, fields)?),
            TermKind::Has(key) => Some(has(key, fields)),
            TermKind::Is(_) => None,
        };
        if let Some(clause) = clause {
            clauses.push((if term.negated { Occur::MustNot } else { Occur::Must }, clause));
        }
    }
    Ok(clauses)
}

/// A bare word: in any text, or an id of an event or a trace.
fn anywhere(text: &str, fields: Fields) -> Result<Boxed, SearchError> {
    let mut any: Vec<Boxed> = words(&Needle::new(text), &fields.texts())?.into_iter().collect();
    if let Ok(id) = text.parse::<EventId>() {
        any.push(key_term(fields, &keys::id_term(keys::ID, id)));
        any.push(key_term(fields, &keys::id_term(keys::TRACE, id)));
    }
    // Signs alone (`->`) say nothing.
    Ok(if any.is_empty() { Box::new(AllQuery) } else { union(any) })
}

fn key_value(key: &str, value: &str, fields: Fields) -> Result<Boxed, SearchError> {
    let key = needle::canonical_key(key);
    if let Some(group) = needle::text_key(&key) {
        let field = fields.texts()[group as usize];
        return Ok(words(&Needle::new(value), &[field])?.unwrap_or_else(|| Box::new(AllQuery)));
    }
    if key == keys::ID || key == keys::TRACE {
        return Ok(match value.parse::<EventId>() {
            Ok(id) => key_term(fields, &keys::id_term(&key, id)),
            Err(_) => Box::new(EmptyQuery),
        });
    }
    if !value.contains('*') {
        return Ok(key_term(fields, &keys::value_term(&key, value)));
    }
    if value.bytes().all(|b| b == b'*') {
        return Ok(has(&key, fields));
    }
    // Values may hold line breaks, and `*` stands for them too.
    let (key, value) = (needle::pattern(&keys::folded(&key)), needle::pattern(&keys::folded(value)));
    let pattern = format!("(?s){key}\\x00{value}");
    regex(&pattern, fields.key)
}

fn has(key: &str, fields: Fields) -> Boxed {
    key_term(fields, &keys::has_term(&needle::canonical_key(key)))
}

/// The needle in any of the fields; nothing if it holds no words.
fn words(needle: &Needle, fields: &[Field]) -> Result<Option<Boxed>, SearchError> {
    let mut any = Vec::new();
    for &field in fields {
        match needle {
            Needle::Words(sequences) => any.extend(sequences.iter().map(|words| sequence(words, field))),
            Needle::Patterns(patterns) => {
                let all: Result<Vec<Boxed>, SearchError> =
                    patterns.iter().map(|p| pattern(p, field)).collect();
                any.push(Box::new(BooleanQuery::intersection(all?)));
            }
            Needle::Nothing => {}
        }
    }
    Ok(if any.is_empty() { None } else { Some(union(any)) })
}

fn sequence(words: &[String], field: Field) -> Boxed {
    let terms: Vec<IndexTerm> = words.iter().map(|word| IndexTerm::from_field_text(field, word)).collect();
    match <[IndexTerm; 1]>::try_from(terms) {
        Ok([term]) => exact(term),
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

fn key_term(fields: Fields, bytes: &[u8]) -> Boxed {
    exact(IndexTerm::from_field_bytes(fields.key, bytes))
}

fn exact(term: IndexTerm) -> Boxed {
    Box::new(TermQuery::new(term, IndexRecordOption::Basic))
}

fn union(mut any: Vec<Boxed>) -> Boxed {
    if any.len() == 1 { any.remove(0) } else { Box::new(BooleanQuery::union(any)) }
}
