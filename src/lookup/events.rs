//! Events that a query finds. What it asks of the state of issues becomes sets of issues, so that search answers the
//! rest: pages, totals, histograms and shares.

use std::sync::Arc;

use jiff::Timestamp;

use crate::lookup::LookupError;
use crate::lookup::resolve::{Asker, resolve, with_assignees};
use crate::lookup::tree::{self, Branch, admits, branches};
use crate::model::ids::{EventSeq, IssueId};
use crate::model::issue::Issue;
use crate::model::issue_set::IssueSet;
use crate::model::query::{Expr, Leaf, Query};
use crate::search::{EventOrder, Filter, HITS_MAX, Hit, Search};
use crate::store::{Cell, IssueSort, Store};

/// Issues whose rows one question reads.
const ROWS_READ_MAX: usize = 10_000;
/// Comparisons of one question that are read from the store's orders: each costs a pass over the keys of its issues.
const ORDERS_READ_MAX: usize = 8;
/// Where more issues than that have matching events: stretches of events that one page sifts.
const SIFT_STEPS_MAX: usize = 10;

pub struct EventQuestion<'a> {
    pub query: Query,
    pub asker: Asker<'a>,
    pub environments: &'a [String],
    /// Only events of this issue.
    pub issue: Option<&'a Issue>,
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
}

/// A question as search takes it.
pub struct Plan {
    pub query: Query,
    /// Whether it admits every event that it should: else only those of the newest issues, since there are too many to look
    /// at the state of each.
    pub is_whole: bool,
}

#[derive(Debug, Default)]
pub struct EventAnswer {
    pub hits: Vec<Hit>,
    /// Where the next page goes on: behind this event, or of an order by relevance behind so many.
    pub next: Option<u64>,
    /// All matching events.
    pub total: u64,
    /// Whether `total` is exact; else there are at least so many.
    pub exact: bool,
}

impl<'a> EventQuestion<'a> {
    pub fn filter(&'a self, query: &'a Query) -> Filter<'a> {
        Filter {
            projects: self.asker.projects,
            environments: self.environments,
            issue: self.issue.map(|issue| issue.id),
            from: self.since,
            to: self.until,
            ..Filter::of(query)
        }
    }
}

pub fn plan(store: &Store, search: &Search, question: &EventQuestion<'_>) -> Result<Plan, LookupError> {
    let taken = take_apart(store, search, question)?;
    if !taken.asks_state {
        return Ok(Plan { query: Query { tree: taken.whole }, is_whole: true });
    }
    let (mut any, mut is_whole) = (Vec::new(), true);
    let mut orders = Orders::default();
    for branch in &taken.branches {
        let (events, all) = with_state(store, search, question, branch, &mut orders)?;
        is_whole &= all;
        any.push(events);
    }
    Ok(Plan { query: Query { tree: Expr::any_of(any) }, is_whole })
}

/// What one way asks, with sets of issues in place of their state, and whether it admits all that it should.
fn with_state(
    store: &Store,
    search: &Search,
    question: &EventQuestion<'_>,
    branch: &Branch,
    orders: &mut Orders,
) -> Result<(Expr, bool), LookupError> {
    let candidates = |events: &Expr| search.issues(&question.filter(&Query { tree: events.clone() }));
    let (known, read) = tree::known_and_read(&branch.state);
    let events = Expr::all_of(vec![branch.events.clone(), from_indexes(store, question, &known)?]);
    if read == Expr::ALL {
        return Ok((events, true));
    }
    let all = candidates(&events)?;
    if all.len() <= ROWS_READ_MAX || !read.any(&|leaf| tree::values(leaf).is_some()) {
        let (admitted, is_whole) = admitted(store, &read, &all)?;
        return Ok((tree::within(&events, admitted), is_whole));
    }
    let (known, read) = tree::known_and_read(&orders.tell(store, question, read)?);
    let events = Expr::all_of(vec![events, from_indexes(store, question, &known)?]);
    if read == Expr::ALL {
        return Ok((events, true));
    }
    let (admitted, is_whole) = admitted(store, &read, &candidates(&events)?)?;
    Ok((tree::within(&events, admitted), is_whole))
}

/// `behind`: the event that the page comes after, or of an order by relevance how many events do.
pub fn find_events(
    store: &Store,
    search: &Search,
    question: &EventQuestion<'_>,
    order: EventOrder,
    behind: Option<u64>,
    limit: usize,
) -> Result<EventAnswer, LookupError> {
    let plan = plan(store, search, question)?;
    if !plan.is_whole && order != EventOrder::Relevance {
        return sift(store, search, question, order, behind, limit);
    }
    let filter = question.filter(&plan.query);
    if order == EventOrder::Relevance {
        let skipped = behind.map_or(0, |skipped| usize::try_from(skipped).unwrap_or(usize::MAX));
        let wanted = skipped.saturating_add(limit + 1);
        let found = search.find_events(&filter, order, None, wanted)?;
        let next = (found.hits.len() > skipped.saturating_add(limit)).then_some((skipped + limit) as u64);
        let hits = found.hits.into_iter().skip(skipped).take(limit).collect();
        return Ok(EventAnswer { hits, next, total: found.total, exact: found.exact && plan.is_whole });
    }
    let mut found = search.find_events(&filter, order, behind.map(EventSeq), limit + 1)?;
    let has_more = found.hits.len() > limit;
    found.hits.truncate(limit);
    let next = found.hits.last().filter(|_| has_more).map(|hit| hit.seq.0);
    Ok(EventAnswer { hits: found.hits, next, total: found.total, exact: found.exact })
}

struct Taken {
    whole: Expr,
    branches: Vec<Branch>,
    /// Whether anything is asked that search does not know.
    asks_state: bool,
}

fn take_apart(store: &Store, search: &Search, question: &EventQuestion<'_>) -> Result<Taken, LookupError> {
    let mut whole = resolve(store, search, question.query.tree.clone(), question.asker)?;
    if let Some(issue) = question.issue {
        // Of one issue all state is known, and is true or not.
        let known = |leaf: Leaf| -> Result<Expr, LookupError> {
            Ok(match tree::truth(&leaf, issue) {
                Some(true) => Expr::ALL,
                Some(false) => Expr::NONE,
                None => leaf.into(),
            })
        };
        whole = whole.map(&mut { known })?;
    }
    let whole = with_assignees(store, whole)?;
    let asks_state = whole.any(&|leaf| matches!(leaf, Leaf::State(_)));
    let branches = if asks_state { branches(whole.clone())? } else { Vec::new() };
    Ok(Taken { whole, branches, asks_state })
}

/// A state that asks for nothing in rows, with sets of issues in place of what search does not know.
fn from_indexes(store: &Store, question: &EventQuestion<'_>, state: &Expr) -> Result<Expr, LookupError> {
    let asks_state = |tree: &Expr| tree.any(&|leaf| matches!(leaf, Leaf::State(_)));
    if !asks_state(state) {
        return Ok(state.clone());
    }
    if tree::is_about_cells(state) {
        return by_cells(store, question, state);
    }
    let each = |parts: &[Expr]| -> Result<Vec<Expr>, LookupError> {
        parts.iter().map(|part| from_indexes(store, question, part)).collect()
    };
    Ok(match state {
        Expr::Not(inner) => from_indexes(store, question, inner)?.negated(),
        Expr::And(parts) => Expr::all_of(each(parts)?),
        Expr::Or(parts) => Expr::any_of(each(parts)?),
        Expr::Leaf(_) => unreachable!("a leaf is about cells, or asks for no state, or for a row"),
    })
}

/// A state that is about cells alone, as the set of its issues or of all others, whichever is smaller: both are read from
/// an index, and counted before.
fn by_cells(store: &Store, question: &EventQuestion<'_>, state: &Expr) -> Result<Expr, LookupError> {
    let counts = store.issue_counts(question.asker.projects)?.into_iter();
    let (fitting, others): (Vec<_>, Vec<_>) =
        counts.partition(|(cell, _)| tree::holds_for(state, *cell) == Some(true));
    let count = |cells: &[(Cell, u64)]| -> u64 { cells.iter().map(|(_, issues)| issues).sum() };
    let is_denied = count(&others) < count(&fitting);
    let cells = if is_denied { others } else { fitting };
    let issues = store.issues_in(&cells.into_iter().map(|(cell, _)| cell).collect::<Vec<_>>())?;
    let among = if issues.is_empty() { Expr::NONE } else { Leaf::Issues(Arc::new(issues)).into() };
    Ok(if is_denied { among.negated() } else { among })
}

/// Comparisons (`age:`, `times_seen:` …) as sets of issues, from the store's orders alone. Ways of one question often share
/// them.
#[derive(Default)]
struct Orders {
    told: Vec<(Comparison, Expr)>,
}

/// An order, and the values that are asked for.
type Comparison = (IssueSort, (u64, u64));

impl Orders {
    fn tell(&mut self, store: &Store, question: &EventQuestion<'_>, tree: Expr) -> Result<Expr, LookupError> {
        tree.map(&mut |leaf| {
            let Some(asked) = tree::values(&leaf) else { return Ok(leaf.into()) };
            if let Some((_, told)) = self.told.iter().find(|(known, _)| *known == asked) {
                return Ok(told.clone());
            }
            if self.told.len() == ORDERS_READ_MAX {
                return Ok(leaf.into());
            }
            let (sort, values) = asked;
            let counts = store.issue_counts(question.asker.projects)?;
            let cells: Vec<Cell> = counts.into_iter().map(|(cell, _)| cell).collect();
            let issues = store.issues_between(&cells, sort, values, usize::MAX)?.unwrap_or_default();
            let told = if issues.is_empty() { Expr::NONE } else { Leaf::Issues(Arc::new(issues)).into() };
            self.told.push((asked, told.clone()));
            Ok(told)
        })
    }
}

/// Those of the candidates that are in a state, and whether all were looked at: of too many, the newest are.
fn admitted(store: &Store, state: &Expr, candidates: &IssueSet) -> Result<(IssueSet, bool), LookupError> {
    let is_whole = candidates.len() <= ROWS_READ_MAX;
    let ids: Vec<IssueId> = candidates.iter().rev().take(ROWS_READ_MAX).collect();
    let fitting = store.find_issues(&ids)?.into_iter().filter(|issue| admits(state, issue));
    Ok((fitting.map(|issue| issue.id).collect(), is_whole))
}

/// Goes through the events that fit but for the state of their issues, a stretch at a time: of each stretch all issues are
/// looked at.
fn sift(
    store: &Store,
    search: &Search,
    question: &EventQuestion<'_>,
    order: EventOrder,
    mut behind: Option<u64>,
    limit: usize,
) -> Result<EventAnswer, LookupError> {
    let taken = take_apart(store, search, question)?;
    let whatever_state = taken.branches.iter().map(|branch| branch.events.clone()).collect();
    let candidates = Query { tree: Expr::any_of(whatever_state) };
    let mut hits: Vec<Hit> = Vec::new();
    for _ in 0..SIFT_STEPS_MAX {
        let stretch =
            search.find_events(&question.filter(&candidates), order, behind.map(EventSeq), HITS_MAX)?.hits;
        let Some(last) = stretch.last() else {
            return Ok(EventAnswer { total: hits.len() as u64, hits, next: None, exact: false });
        };
        let issues: IssueSet = stretch.iter().map(|hit| hit.issue).collect();
        let ids: Vec<IssueId> = issues.iter().collect();
        let rows = store.find_issues(&ids)?;
        let of = |branch: &Branch| {
            let fitting = rows.iter().filter(|issue| admits(&branch.state, issue)).map(|issue| issue.id);
            let issues = Leaf::Issues(Arc::new(fitting.collect()));
            Expr::all_of(vec![branch.events.clone(), issues.into()])
        };
        let query = Query { tree: Expr::any_of(taken.branches.iter().map(of).collect()) };
        let found =
            search.find_events(&question.filter(&query), order, behind.map(EventSeq), limit + 1)?.hits;
        // Beyond the stretch, events of other issues stand between.
        let within = |hit: &Hit| match order {
            EventOrder::Oldest => hit.seq <= last.seq,
            EventOrder::Newest | EventOrder::Relevance => hit.seq >= last.seq,
        };
        hits.extend(found.into_iter().filter(within));
        behind = Some(last.seq.0);
        if hits.len() > limit {
            hits.truncate(limit);
            behind = hits.last().map(|hit| hit.seq.0);
            break;
        }
        if stretch.len() < HITS_MAX {
            behind = None;
            break;
        }
    }
    Ok(EventAnswer { total: hits.len() as u64, hits, next: behind, exact: false })
}
