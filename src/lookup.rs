//! Answers a person's query for issues over store and search together.
//!
//! An issue's state, counts and order live in the store, the texts of its events in search. A query that asks for
//! state alone is a range of a store index; one that asks for words or tags asks search for the issues of all
//! matching events, then the store for their state. Both give the same rows in the same order, and cursors that
//! stay true while events arrive.

use std::cmp::Reverse;
use std::collections::HashMap;

use jiff::Timestamp;

use crate::lookup::state::StateFilter;
use crate::model::ids::{IssueId, ProjectId};
use crate::model::issue::Issue;
use crate::model::query::{Query, Term, TermKind};
use crate::search::{Filter, IssueHit, Search, SearchError};
use crate::store::{IssueCursor, IssueFilter, IssueSort, Store, StoreError};

mod state;

/// Rows read from the store per step, and steps per page, where a page's rows have to be sifted.
const SIFT_ROWS: usize = 200;
const SIFT_STEPS_MAX: usize = 25;

pub struct Question {
    pub query: Query,
    /// `None`: all.
    pub projects: Option<Vec<ProjectId>>,
    /// Any of them; empty: all.
    pub environments: Vec<String>,
    /// Issues with events at or after this …
    pub since: Option<Timestamp>,
    /// … and before this.
    pub until: Option<Timestamp>,
    pub sort: IssueSort,
    pub after: Option<IssueCursor>,
    pub limit: usize,
}

pub struct Found {
    pub issue: Issue,
    /// The newest matching event, where search was asked.
    pub hit: Option<IssueHit>,
}

#[derive(Default)]
pub struct Answer {
    pub rows: Vec<Found>,
    pub next: Option<IssueCursor>,
    /// All rows on all pages, where that is known.
    pub total: Option<u64>,
}

#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// The query asks for something there is not; the text says what.
    #[error("{0}")]
    Query(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Search(#[from] SearchError),
}

pub fn find_issues(store: &Store, search: &Search, question: &Question) -> Result<Answer, LookupError> {
    let mut state = StateFilter::default();
    let mut rest = Vec::new();
    let mut projects = question.projects.clone();
    for term in &question.query.terms {
        if state.take(term)? || take_project(store, term, &mut projects)? {
            continue;
        }
        rest.push(term.clone());
    }
    state.since = question.since;
    state.until = question.until;
    if rest.is_empty() && question.environments.is_empty() {
        return from_store(store, question, &state, projects);
    }
    from_search(store, search, question, &state, projects.as_deref(), &Query { terms: rest })
}

/// A query for events, taken apart: search knows neither projects by name nor the state of issues.
pub struct EventQuery {
    pub query: Query,
    /// `None`: all.
    pub projects: Option<Vec<ProjectId>>,
    state: Option<StateFilter>,
}

/// `projects`: those that are asked for beside the query.
pub fn event_query(
    store: &Store,
    query: Query,
    mut projects: Option<Vec<ProjectId>>,
) -> Result<EventQuery, LookupError> {
    let mut state: Option<StateFilter> = None;
    let mut terms = Vec::with_capacity(query.terms.len());
    for term in query.terms {
        // A tag may be called `status`; of an event that is what it means.
        let is_key = matches!(term.kind, TermKind::Key { .. });
        if !is_key && StateFilter::default().take(&term)? {
            state.get_or_insert_default().take(&term)?;
        } else if !take_project(store, &term, &mut projects)? {
            terms.push(term);
        }
    }
    Ok(EventQuery { query: Query { terms }, projects, state })
}

impl EventQuery {
    /// Refuses what only issues can answer.
    pub fn without_state(self) -> Result<Self, LookupError> {
        match self.state {
            None => Ok(self),
            Some(_) => Err(LookupError::Query(
                "is: and has:assignee ask for an issue's state, which events do not have; search issues"
                    .into(),
            )),
        }
    }

    /// Whether events of this issue can match.
    pub fn admits(&self, issue: &Issue) -> bool {
        self.state.as_ref().is_none_or(|state| state.admits(issue))
            && self.projects.as_ref().is_none_or(|projects| projects.contains(&issue.project))
    }
}

/// `project:shop` narrows the projects; search knows them by number only.
fn take_project(
    store: &Store,
    term: &Term,
    projects: &mut Option<Vec<ProjectId>>,
) -> Result<bool, LookupError> {
    let TermKind::Key { key, value } = &term.kind else { return Ok(false) };
    if !matches!(key.as_str(), "project" | "project.name" | "project.id" | "project_id") {
        return Ok(false);
    }
    let directory = store.directory();
    let named = match value.parse() {
        Ok(number) => Some(ProjectId(number)),
        Err(_) => directory.slugs.get(value).copied(),
    };
    let named = named.filter(|project| directory.projects.contains_key(project));
    let named = named.ok_or_else(|| LookupError::Query(format!("project:{value} does not exist")))?;
    let all = projects.take().unwrap_or_else(|| directory.projects.keys().copied().collect());
    *projects = Some(all.into_iter().filter(|&project| (project == named) != term.negated).collect());
    Ok(true)
}

fn from_store(
    store: &Store,
    question: &Question,
    state: &StateFilter,
    projects: Option<Vec<ProjectId>>,
) -> Result<Answer, LookupError> {
    let statuses = state.statuses();
    if statuses.is_empty() || projects.as_ref().is_some_and(Vec::is_empty) {
        return Ok(Answer { total: Some(0), ..Answer::default() });
    }
    let total = total(store, state, projects.as_deref())?;
    let filter = IssueFilter { projects, statuses, seen_since: question.since, sort: question.sort };
    let needs_sifting = state.needs_sifting();
    let step_rows = if needs_sifting { SIFT_ROWS } else { question.limit + 1 };
    let (mut rows, mut after) = (Vec::new(), question.after);
    for _ in 0..SIFT_STEPS_MAX {
        let step = store.list_issues(&filter, after, step_rows)?;
        // The store read as much as one call may, and found less than was asked for.
        let is_short = step.next.is_some() && step.issues.len() < step_rows;
        after = step.next;
        rows.extend(step.issues.into_iter().filter(|issue| state.admits(issue)));
        if rows.len() > question.limit {
            let next = Some(question.sort.cursor(&rows[question.limit - 1]));
            rows.truncate(question.limit);
            return Ok(Answer { rows: rows.into_iter().map(found).collect(), next, total });
        }
        if after.is_none() || is_short {
            break;
        }
    }
    // Long stretches without a match: the page is short, and the next goes on where this one stopped reading.
    Ok(Answer { rows: rows.into_iter().map(found).collect(), next: after, total })
}

fn found(issue: Issue) -> Found {
    Found { issue, hit: None }
}

/// From counters alone, so only where nothing but the status was asked for.
fn total(
    store: &Store,
    state: &StateFilter,
    projects: Option<&[ProjectId]>,
) -> Result<Option<u64>, LookupError> {
    if state.needs_sifting() || state.since.is_some() {
        return Ok(None);
    }
    let directory = store.directory();
    let all = || directory.projects.keys().copied().collect();
    let mut total = 0;
    for project in projects.map_or_else(all, <[ProjectId]>::to_vec) {
        for status in state.statuses() {
            total += store.count_issues(project, status)?;
        }
    }
    Ok(Some(total))
}

fn from_search(
    store: &Store,
    search: &Search,
    question: &Question,
    state: &StateFilter,
    projects: Option<&[ProjectId]>,
    query: &Query,
) -> Result<Answer, LookupError> {
    let filter = Filter {
        projects,
        environments: &question.environments,
        from: question.since,
        to: question.until,
        ..Filter::of(query)
    };
    let found = search.find_issues(&filter)?;
    let hits: HashMap<IssueId, IssueHit> = found.issues.into_iter().map(|hit| (hit.issue, hit)).collect();
    let ids: Vec<IssueId> = hits.keys().copied().collect();
    let mut issues = store.find_issues(&ids)?;
    // The events' own times were searched for already.
    let mut state = state.clone();
    (state.since, state.until) = (None, None);
    issues.retain(|issue| state.admits(issue));
    // Issues whose newest match is too old were not looked at: there are more than these.
    let total = found.complete.then_some(issues.len() as u64);
    let place = |issue: &Issue| {
        let IssueCursor { value, issue } = question.sort.cursor(issue);
        Reverse((value, issue))
    };
    issues.sort_unstable_by_key(place);
    if let Some(after) = question.after {
        issues.retain(|issue| place(issue) > Reverse((after.value, after.issue)));
    }
    let next = (issues.len() > question.limit).then(|| question.sort.cursor(&issues[question.limit - 1]));
    issues.truncate(question.limit);
    let rows = issues.into_iter().map(|issue| Found { hit: hits.get(&issue.id).copied(), issue }).collect();
    Ok(Answer { rows, next, total })
}
