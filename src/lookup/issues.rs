//! Issues that a query finds, in an order of the store.

use std::cmp::Reverse;

use crate::lookup::resolve::{Asker, resolve, with_assignees};
use crate::lookup::tree::{self, Branch, admits, branches};
use crate::lookup::{Answer, Found, LookupError, Question, Sort, relevance};
use crate::model::ids::IssueId;
use crate::model::issue::Issue;
use crate::model::issue_set::IssueSet;
use crate::model::query::{Expr, Query};
use crate::search::{Filter, MatchingEvents, Search};
use crate::store::{Cell, IssueCursor, IssueFilter, IssueSort, Store};

/// Up to so many issues are read and sorted; of more, the store's order is walked.
const ROWS_READ_MAX: usize = 2_000;
/// Rows read from the store per step, and steps per page, where a page's rows have to be sifted.
const SIFT_ROWS: usize = 200;
const SIFT_STEPS_MAX: usize = 25;

/// A way to be found, and the issues with an event that is so; `None`: nothing is asked of events.
pub(super) struct Way {
    pub branch: Branch,
    pub issues: Option<IssueSet>,
    events: Option<MatchingEvents>,
}

pub fn find_issues(store: &Store, search: &Search, question: &Question) -> Result<Answer, LookupError> {
    let asker = Asker {
        account: question.account,
        sees_people: question.sees_people,
        visible: question.visible.as_deref(),
        projects: question.projects.as_deref(),
    };
    let whole = with_assignees(store, resolve(store, search, question.query.tree.clone(), asker)?)?;
    if question.projects.as_ref().is_some_and(Vec::is_empty) {
        return Ok(Answer { total: Some(0), ..Answer::default() });
    }
    let branches = branches(whole.clone())?;
    let asks_events = |branch: &Branch| branch.events != Expr::ALL || !question.environments.is_empty();
    if question.sort == Sort::Relevance && branches.iter().any(asks_events) {
        return relevance::find_issues(store, search, question, &branches);
    }
    let mut ways = Vec::with_capacity(branches.len());
    for branch in branches {
        let named = tree::named_issues(&branch.state);
        let (mut issues, mut events) = (named, None);
        if asks_events(&branch) {
            let query = Query { tree: tree::narrowed(&branch.events, issues) };
            let filter = question.filter(&query);
            if branch.events == Expr::ALL {
                issues = Some(search.issues(&filter)?);
            } else {
                let mut found = search.matching_events(&filter)?;
                issues = Some(std::mem::take(&mut found.issues));
                events = Some(found);
            }
        } else if issues.is_none() {
            issues = in_range(store, question, &branch.state)?;
        }
        ways.push(Way { branch, issues, events });
    }
    let lists = Asked { store, question, whole: &whole, ways };
    let mut answer = match lists.few() {
        Some(issues) => lists.read(&issues)?,
        None => lists.walk()?,
    };
    for Way { branch, events, .. } in &lists.ways {
        let Some(events) = events else { continue };
        let here = answer.rows.iter().filter(|row| admits(&branch.state, &row.issue));
        for hit in events.newest(&here.map(|row| row.issue.id).collect()) {
            let row = answer.rows.iter_mut().find(|row| row.issue.id == hit.issue);
            if let Some(row) = row.filter(|row| row.hit.is_none_or(|held| held.seq < hit.seq)) {
                row.hit = Some(hit);
            }
        }
    }
    Ok(answer)
}

/// The issues that a comparison (`times_seen:>1000`, `age:-1h`) leaves, where these are few: in another order they may
/// lie far apart.
fn in_range(store: &Store, question: &Question, state: &Expr) -> Result<Option<IssueSet>, LookupError> {
    let Some((sort, values)) = tree::range(state) else { return Ok(None) };
    let cells: Vec<Cell> = cells(store, question, state)?.into_iter().map(|(cell, _)| cell).collect();
    Ok(store.issues_between(&cells, sort, values, ROWS_READ_MAX)?)
}

/// The cells in which an issue can match, and how many issues each has.
fn cells(store: &Store, question: &Question, state: &Expr) -> Result<Vec<(Cell, u64)>, LookupError> {
    let mut cells = store.issue_counts(question.projects.as_deref())?;
    cells.retain(|(cell, _)| tree::holds_for(state, *cell) != Some(false));
    Ok(cells)
}

impl Question {
    /// Where search looks.
    pub(super) fn filter<'a>(&'a self, query: &'a Query) -> Filter<'a> {
        Filter {
            projects: self.projects.as_deref(),
            environments: &self.environments,
            from: self.since,
            to: self.until,
            ..Filter::of(query)
        }
    }

    pub(super) fn is_in_scope(&self, issue: &Issue) -> bool {
        self.projects.as_ref().is_none_or(|projects| projects.contains(&issue.project))
    }
}

impl Way {
    /// Before the issue's row is read.
    fn may_admit(&self, issue: IssueId) -> bool {
        let has_event = self.issues.as_ref().is_none_or(|issues| issues.contains(issue));
        has_event && tree::may_hold(&self.branch.state, issue)
    }

    fn admits(&self, question: &Question, asks_events: bool, issue: &Issue) -> bool {
        let has_event = self.issues.as_ref().is_none_or(|issues| issues.contains(issue.id));
        // The events' own times were searched for already.
        let in_time = asks_events
            || (question.since.is_none_or(|since| issue.last_seen >= since)
                && question.until.is_none_or(|until| issue.first_seen < until));
        has_event && in_time && admits(&self.branch.state, issue)
    }
}

struct Asked<'a> {
    store: &'a Store,
    question: &'a Question,
    whole: &'a Expr,
    ways: Vec<Way>,
}

impl Asked<'_> {
    /// The issues that can be found at all, where these are few.
    fn few(&self) -> Option<Vec<IssueId>> {
        let mut all = IssueSet::default();
        for way in &self.ways {
            all.unite(way.issues.as_ref()?);
        }
        let few = all.len() <= ROWS_READ_MAX;
        few.then(|| all.iter().collect())
    }

    fn admits(&self, issue: &Issue) -> bool {
        let has_environments = !self.question.environments.is_empty();
        self.question.is_in_scope(issue)
            && self.ways.iter().any(|way| {
                let asks_events = has_environments || way.branch.events != Expr::ALL;
                way.admits(self.question, asks_events, issue)
            })
    }

    fn sort(&self) -> IssueSort {
        match self.question.sort {
            Sort::By(sort) => sort,
            // Without words all fit alike.
            Sort::Relevance => IssueSort::LastSeen,
        }
    }

    fn read(&self, ids: &[IssueId]) -> Result<Answer, LookupError> {
        let (question, sort) = (self.question, self.sort());
        let mut issues = self.store.find_issues(ids)?;
        issues.retain(|issue| self.admits(issue));
        let total = Some(issues.len() as u64);
        let place = |issue: &Issue| {
            let IssueCursor { value, issue } = sort.cursor(issue);
            Reverse((value, issue))
        };
        issues.sort_unstable_by_key(place);
        if let Some(after) = question.after {
            issues.retain(|issue| place(issue) > Reverse((after.value, after.issue)));
        }
        let next = (issues.len() > question.limit).then(|| sort.cursor(&issues[question.limit - 1]));
        issues.truncate(question.limit);
        Ok(Answer { rows: issues.into_iter().map(found).collect(), next, total })
    }

    fn walk(&self) -> Result<Answer, LookupError> {
        let (question, sort) = (self.question, self.sort());
        let cells = cells(self.store, question, self.whole)?;
        let total = self.total(&cells);
        let cells: Vec<Cell> = cells.into_iter().map(|(cell, _)| cell).collect();
        let needs_sifting = total.is_none();
        let filter = IssueFilter { cells: Some(cells), seen_since: question.since, sort };
        let step_rows = if needs_sifting { SIFT_ROWS.max(question.limit + 1) } else { question.limit + 1 };
        let is_among = |issue: IssueId| self.ways.iter().any(|way| way.may_admit(issue));
        let (mut rows, mut after) = (Vec::new(), question.after);
        for _ in 0..SIFT_STEPS_MAX {
            let step = self.store.list_issues(&filter, after, step_rows, &is_among)?;
            // The store read as much as one call may, and found less than was asked for.
            let is_short = step.next.is_some() && step.issues.len() < step_rows;
            after = step.next;
            rows.extend(step.issues.into_iter().filter(|issue| self.admits(issue)));
            if rows.len() > question.limit {
                let next = Some(sort.cursor(&rows[question.limit - 1]));
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

    /// From counters alone, so only where nothing but state and project was asked for.
    fn total(&self, cells: &[(Cell, u64)]) -> Option<u64> {
        let question = self.question;
        let is_counted = tree::is_about_cells(self.whole)
            && question.environments.is_empty()
            && question.since.is_none()
            && question.until.is_none();
        is_counted.then(|| cells.iter().map(|(_, issues)| issues).sum())
    }
}

pub(super) fn found(issue: Issue) -> Found {
    Found { issue, hit: None }
}
