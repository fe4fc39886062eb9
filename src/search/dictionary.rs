//! What keys and values there are, read from the index's own terms: for completion, and for what is asked of
//! releases. Keys and values come as people wrote them, releases as terms hold them, in lower case.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use tantivy::postings::TermInfo;
use tantivy::query::{BooleanQuery, EnableScoring, Query as _};
use tantivy::{SegmentReader, TERMINATED};

use crate::model::ids::ProjectId;
use crate::model::query::Query;
use crate::model::version::{Release, Version};
use crate::search::collect::{EventOrder, First};
use crate::search::keys;
use crate::search::schema::schema;
use crate::search::{Filter, Search, SearchError, compile, spelling};

/// Terms that a completion looks at, newest weeks first and of a week the largest segments: those hold most values.
const COMPLETION_TERMS_MAX: usize = 30_000;
/// Terms of releases in all segments together: a comparison has to see each.
const RELEASE_TERMS_MAX: usize = 200_000;
/// Different releases that a comparison looks through.
const RELEASES_MAX: usize = 20_000;
/// Candidates that are held against the projects a caller may see.
const CANDIDATES_MAX: usize = 200;
/// Events of one value that are counted exactly where only some projects may be seen.
const COUNTED_EVENTS_MAX: u64 = 20_000;

/// A key or a value with the number of events that have it, where that is cheap to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub text: String,
    pub events: Option<u64>,
}

/// How many events of some projects have a term.
enum Seen {
    Never,
    /// Too many to count.
    Often,
    Times(u64),
}

impl Search {
    /// Tags and fields that events of the projects have, those that most events have first.
    pub fn keys(
        &self,
        typed: &str,
        projects: Option<&[ProjectId]>,
        limit: usize,
    ) -> Result<Vec<Known>, SearchError> {
        self.known(&[0], &keys::folded(typed), projects, limit)
    }

    /// Values of a key in events of the projects, those that most events have first: such as begin with what is
    /// typed, and then such as hold it.
    pub fn values(
        &self,
        key: &str,
        typed: &str,
        projects: Option<&[ProjectId]>,
        limit: usize,
    ) -> Result<Vec<Known>, SearchError> {
        let start = keys::value_term(key, "");
        self.known(&start, &keys::folded(typed), projects, limit)
    }

    /// Paths of frames.
    pub fn files(
        &self,
        typed: &str,
        projects: Option<&[ProjectId]>,
        limit: usize,
    ) -> Result<Vec<Known>, SearchError> {
        self.values(keys::OWN_FILE, typed, projects, limit)
    }

    fn known(
        &self,
        start: &[u8],
        typed: &str,
        projects: Option<&[ProjectId]>,
        limit: usize,
    ) -> Result<Vec<Known>, SearchError> {
        let (mut begins, mut holds) = (Counts::default(), Counts::default());
        let prefix = [start, typed.as_bytes()].concat();
        self.each_term(&prefix, COMPLETION_TERMS_MAX, &mut |term, events| {
            add(&mut begins, &term[start.len()..], events);
        })?;
        if begins.len() < limit && !typed.is_empty() {
            let finder = memchr::memmem::Finder::new(typed.as_bytes());
            self.each_term(start, COMPLETION_TERMS_MAX, &mut |term, events| {
                let text = &term[start.len()..];
                if finder.find(text).is_some_and(|at| at > 0) {
                    add(&mut holds, text, events);
                }
            })?;
        }
        let mut candidates = most_frequent(begins);
        candidates.extend(most_frequent(holds));
        // Some have a key that no one can ask for.
        candidates.retain(|(text, _)| !text.starts_with(|c: char| c.is_control()));
        candidates.truncate(CANDIDATES_MAX);
        let mut known = Vec::with_capacity(limit);
        for (text, events) in candidates {
            if known.len() == limit {
                break;
            }
            let term = [start, text.as_bytes()].concat();
            let events = match projects {
                None => Some(events),
                Some(projects) => match self.seen_in(&term, events, projects)? {
                    Seen::Never => continue,
                    Seen::Often => None,
                    Seen::Times(events) => Some(events),
                },
            };
            let text = self.written(&term, projects)?.unwrap_or(text);
            known.push(Known { text, events });
        }
        Ok(known)
    }

    /// How most events write a term in the first segment that has it; `None`: as it stands.
    pub(super) fn written(
        &self,
        term: &[u8],
        projects: Option<&[ProjectId]>,
    ) -> Result<Option<String>, SearchError> {
        let (_, fields) = schema();
        for partition in self.newest_first() {
            let searcher = partition.searcher();
            for segment in searcher.segment_readers() {
                let index = segment.inverted_index(fields.key)?;
                let is_asked = |term: &[u8], _: &TermInfo| match projects {
                    None => Ok(true),
                    Some(projects) => {
                        let weight = self.term_in(term, projects)?;
                        let weight = weight.weight(EnableScoring::disabled_from_searcher(&searcher))?;
                        Ok(weight.scorer(segment, 1.0)?.doc() != TERMINATED)
                    }
                };
                if let Some(info) = index.terms().get(term)?
                    && is_asked(term, &info)?
                {
                    return spelling::prevalent(&index, term, &is_asked);
                }
            }
        }
        Ok(None)
    }

    /// The events of some projects that have a term.
    fn term_in(&self, term: &[u8], projects: &[ProjectId]) -> Result<BooleanQuery, SearchError> {
        let everything = Query::default();
        let of_projects =
            compile::filter(self, &Filter { projects: Some(projects), ..Filter::of(&everything) }, false)?;
        Ok(BooleanQuery::intersection(vec![compile::key_term(schema().1, term), of_projects]))
    }

    fn seen_in(&self, term: &[u8], events: u64, projects: &[ProjectId]) -> Result<Seen, SearchError> {
        let both = self.term_in(term, projects)?;
        let is_counted = events <= COUNTED_EVENTS_MAX;
        let mut count = 0;
        for partition in self.newest_first() {
            let searcher = partition.searcher();
            let weight = both.weight(EnableScoring::disabled_from_searcher(&searcher))?;
            for segment in searcher.segment_readers() {
                if is_counted {
                    count += u64::from(weight.count(segment)?);
                } else if weight.scorer(segment, 1.0)?.doc() != TERMINATED {
                    return Ok(Seen::Often);
                }
            }
        }
        Ok(if count > 0 { Seen::Times(count) } else { Seen::Never })
    }

    /// Every release of any event, in lower case.
    pub fn releases(&self) -> Result<Vec<String>, SearchError> {
        let mut releases = BTreeSet::new();
        let start = keys::value_term("release", "");
        let is_whole = self.each_term(&start, RELEASE_TERMS_MAX, &mut |term, _| {
            if let Ok(text) = std::str::from_utf8(&term[start.len()..]) {
                releases.insert(text.to_owned());
            }
        })?;
        if !is_whole || releases.len() > RELEASES_MAX {
            return Err(SearchError::TooManyReleases);
        }
        Ok(releases.into_iter().collect())
    }

    /// The newest release of a project: by version where its releases have one, else that of its newest event
    /// with a release.
    pub fn latest_release(&self, project: ProjectId) -> Result<Option<String>, SearchError> {
        let mut releases = self.releases()?;
        releases.sort_by(|a, b| version(b).cmp(&version(a)).then_with(|| b.cmp(a)));
        let mut newest = None;
        for release in releases {
            let is_version = version(&release).is_some();
            let term = keys::value_term("release", &release);
            let Some(seq) = self.newest_with(&term, project)? else { continue };
            if is_version {
                return Ok(Some(release));
            }
            if newest.as_ref().is_none_or(|(latest, _)| *latest < seq) {
                newest = Some((seq, release));
            }
        }
        Ok(newest.map(|(_, release)| release))
    }

    fn newest_with(&self, term: &[u8], project: ProjectId) -> Result<Option<u64>, SearchError> {
        let query = BooleanQuery::intersection(vec![
            compile::key_term(schema().1, term),
            compile::exact(compile::project_term(schema().1, project)),
        ]);
        for partition in self.newest_first() {
            let first = First { order: EventOrder::Newest, limit: 1, behind: None };
            let found = partition.search(&query, &first)?;
            if let Some(&(_, seq, _)) = found.hits.first() {
                return Ok(Some(seq));
            }
        }
        Ok(None)
    }

    /// Shows the terms that begin with `prefix` and how many events have each, segment by segment. Whether it
    /// looked at all of them.
    pub(super) fn each_term(
        &self,
        prefix: &[u8],
        terms_max: usize,
        show: &mut dyn FnMut(&[u8], u64),
    ) -> Result<bool, SearchError> {
        let (_, fields) = schema();
        let mut left = terms_max;
        for partition in self.newest_first() {
            let searcher = partition.searcher();
            let mut segments: Vec<&SegmentReader> = searcher.segment_readers().iter().collect();
            segments.sort_by_key(|segment| Reverse(segment.num_docs()));
            for segment in segments {
                let index = segment.inverted_index(fields.key)?;
                let range = index.terms().range().ge(prefix);
                let mut terms = range.into_stream()?;
                while terms.advance() && terms.key().starts_with(prefix) {
                    if left == 0 {
                        return Ok(false);
                    }
                    left -= 1;
                    show(terms.key(), u64::from(terms.value().doc_freq));
                }
            }
        }
        Ok(true)
    }
}

fn version(release: &str) -> Option<Version<'_>> {
    Release::numbered(release)
}

type Counts = HashMap<Vec<u8>, u64, foldhash::fast::RandomState>;

/// Most terms stand in every segment, so the text is copied only where it is new.
fn add(counts: &mut Counts, text: &[u8], events: u64) {
    match counts.get_mut(text) {
        Some(count) => *count += events,
        None => {
            counts.insert(text.to_vec(), events);
        }
    }
}

fn most_frequent(counts: Counts) -> Vec<(String, u64)> {
    let read = |(text, count)| Some((String::from_utf8(text).ok()?, count));
    let mut counts: Vec<(String, u64)> = counts.into_iter().filter_map(read).collect();
    counts.sort_unstable_by(|a, b| (Reverse(a.1), &a.0).cmp(&(Reverse(b.1), &b.0)));
    counts
}
