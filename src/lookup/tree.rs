//! What can be said of a query's tree before anything is searched, and what an issue's own row says of it.

use std::sync::Arc;

use jiff::Timestamp;

use crate::lookup::LookupError;
use crate::model::ids::IssueId;
use crate::model::issue::Issue;
use crate::model::issue_set::IssueSet;
use crate::model::query::{Expr, Leaf, StateTest, TimeRange};
use crate::store::{Cell, IssueSort};

/// Ways in which the state of issues and the contents of events may be combined in one query.
pub(super) const BRANCHES_MAX: usize = 32;

/// One way to be found: the issue is in this state, and one of its events has this in it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Branch {
    pub state: Expr,
    /// [`Expr::ALL`]: nothing is asked of events.
    pub events: Expr,
}

/// Takes a tree apart into ways of which any suffices. Only where state and events stand in one group under an `OR`
/// is there more than one.
pub(super) fn branches(tree: Expr) -> Result<Vec<Branch>, LookupError> {
    let has_state = tree.any(&|leaf| matches!(leaf, Leaf::State(_)));
    if !tree.any(&is_of_events) {
        return Ok(vec![Branch { state: tree, events: Expr::ALL }]);
    }
    if !has_state {
        return Ok(vec![Branch { state: Expr::ALL, events: tree }]);
    }
    match tree {
        Expr::Leaf(_) => unreachable!("a leaf asks either of events or of the state"),
        Expr::Or(parts) => {
            let mut any = Vec::new();
            for part in parts {
                any.extend(branches(part)?);
                bounded(&any)?;
            }
            Ok(any)
        }
        Expr::And(parts) => {
            let mut all = vec![Branch { state: Expr::ALL, events: Expr::ALL }];
            for part in parts {
                let more = branches(part)?;
                let both = |one: &Branch, other: &Branch| Branch {
                    state: Expr::all_of(vec![one.state.clone(), other.state.clone()]),
                    events: Expr::all_of(vec![one.events.clone(), other.events.clone()]),
                };
                all = all.iter().flat_map(|one| more.iter().map(move |other| both(one, other))).collect();
                bounded(&all)?;
            }
            Ok(all)
        }
        Expr::Not(inner) => branches(match *inner {
            Expr::And(parts) => Expr::any_of(parts.into_iter().map(Expr::negated).collect()),
            Expr::Or(parts) => Expr::all_of(parts.into_iter().map(Expr::negated).collect()),
            Expr::Not(twice) => *twice,
            leaf @ Expr::Leaf(_) => leaf.negated(),
        }),
    }
}

fn bounded(branches: &[Branch]) -> Result<(), LookupError> {
    if branches.len() <= BRANCHES_MAX {
        return Ok(());
    }
    let detail = "The query combines the state of issues and the contents of events in too many ways: put what asks \
                  for state (is:, assigned:, firstSeen:, …) apart from OR, or search in steps";
    Err(LookupError::Query(detail.into()))
}

fn is_of_events(leaf: &Leaf) -> bool {
    !matches!(leaf, Leaf::State(_) | Leaf::Project(_) | Leaf::Issue(_) | Leaf::Issues(_) | Leaf::Named(_))
}

/// Whether the tree holds, as far as what is known of its leaves decides that.
pub(super) fn evaluate(tree: &Expr, known: &dyn Fn(&Leaf) -> Option<bool>) -> Option<bool> {
    match tree {
        Expr::Leaf(leaf) => known(leaf),
        Expr::Not(inner) => evaluate(inner, known).map(|holds| !holds),
        Expr::And(parts) => fold(parts, known, false),
        Expr::Or(parts) => fold(parts, known, true),
    }
}

/// One part that is `decisive` decides the whole; an open one leaves it open.
fn fold(parts: &[Expr], known: &dyn Fn(&Leaf) -> Option<bool>, decisive: bool) -> Option<bool> {
    let mut is_open = false;
    for part in parts {
        match evaluate(part, known) {
            Some(holds) if holds == decisive => return Some(decisive),
            Some(_) => {}
            None => is_open = true,
        }
    }
    if is_open { None } else { Some(!decisive) }
}

/// What the issue's row says of a leaf; `None` of what only an event can tell.
pub(super) fn truth(leaf: &Leaf, issue: &Issue) -> Option<bool> {
    Some(match leaf {
        Leaf::State(test) => holds(test, issue),
        Leaf::Project(project) => issue.project == *project,
        Leaf::Issue(id) => issue.id == *id,
        Leaf::Issues(issues) => issues.contains(issue.id),
        _ => return None,
    })
}

pub(super) fn admits(state: &Expr, issue: &Issue) -> bool {
    evaluate(state, &|leaf| truth(leaf, issue)) == Some(true)
}

fn holds(test: &StateTest, issue: &Issue) -> bool {
    let is_release = |release: &Option<String>, test: &crate::model::version::ReleaseTest| {
        release.as_ref().is_some_and(|release| test.holds(release))
    };
    match test {
        StateTest::Status(status) => issue.status == *status,
        StateTest::Substatus(substatus) => issue.substatus == Some(*substatus),
        StateTest::Assigned => issue.assigned_to.is_some(),
        StateTest::AssignedTo(account) => issue.assigned_to == Some(*account),
        StateTest::Handled => issue.headline.handled != Some(false),
        StateTest::FirstSeen(range) => range.contains(issue.first_seen),
        StateTest::LastSeen(range) => range.contains(issue.last_seen),
        StateTest::Events(range) => range.contains(issue.events),
        StateTest::Users(range) => range.contains(issue.users),
        StateTest::FirstRelease(test) => is_release(&issue.first_release, test),
        StateTest::LastRelease(test) => is_release(&issue.last_release, test),
        StateTest::RegressedIn(test) => is_release(&issue.regressed_in, test),
        StateTest::Priority(level) => issue.priority.level == *level,
    }
}

/// Whether the issues of a cell match, as far as the cell decides it.
pub(super) fn holds_for(tree: &Expr, cell: Cell) -> Option<bool> {
    evaluate(tree, &|leaf| match leaf {
        Leaf::Project(asked) => Some(*asked == cell.project),
        Leaf::State(StateTest::Status(asked)) => Some(*asked == cell.state.status),
        Leaf::State(StateTest::Substatus(asked)) => Some(cell.state.substatus == Some(*asked)),
        _ => None,
    })
}

/// Whether the issue can match, as far as its number decides it.
pub(super) fn may_hold(tree: &Expr, issue: IssueId) -> bool {
    let holds = evaluate(tree, &|leaf| match leaf {
        Leaf::Issue(id) => Some(*id == issue),
        Leaf::Issues(issues) => Some(issues.contains(issue)),
        _ => None,
    });
    holds != Some(false)
}

/// Whether the cell of an issue decides the tree.
pub(super) fn is_about_cells(tree: &Expr) -> bool {
    !tree.any(&|leaf| !matches!(leaf, Leaf::Project(_)) && !is_of_cells(leaf))
}

fn is_of_cells(leaf: &Leaf) -> bool {
    matches!(leaf, Leaf::State(StateTest::Status(_) | StateTest::Substatus(_)))
}

/// What of a tree about state is known without reading a row, and what is not: both must hold.
pub(super) fn known_and_read(state: &Expr) -> (Expr, Expr) {
    let is_read = |part: &Expr| part.any(&|leaf| matches!(leaf, Leaf::State(_)) && !is_of_cells(leaf));
    let parts = match state {
        Expr::And(parts) => parts.clone(),
        other => vec![other.clone()],
    };
    let (read, known) = parts.into_iter().partition(is_read);
    (Expr::all_of(known), Expr::all_of(read))
}

/// The issues that the tree names, where it admits no others.
pub(super) fn named_issues(tree: &Expr) -> Option<IssueSet> {
    match tree {
        Expr::Leaf(Leaf::Issue(issue)) => Some([*issue].into_iter().collect()),
        Expr::Leaf(Leaf::Issues(issues)) => Some(IssueSet::clone(issues)),
        Expr::Leaf(_) | Expr::Not(_) => None,
        Expr::And(parts) => parts.iter().filter_map(named_issues).reduce(|mut all, more| {
            all.intersect(&more);
            all
        }),
        Expr::Or(parts) => {
            let mut any = IssueSet::default();
            for part in parts {
                any.unite(&named_issues(part)?);
            }
            Some(any)
        }
    }
}

/// A range of an order of the store outside which no issue can match, where the tree asks for one.
pub(super) fn range(tree: &Expr) -> Option<(IssueSort, (u64, u64))> {
    match tree {
        Expr::Leaf(leaf) => values(leaf),
        Expr::And(parts) => parts.iter().find_map(range),
        _ => None,
    }
}

/// The range of an order of the store in which exactly those issues are that a leaf asks for; `(1, 0)` where none can be.
pub(super) fn values(leaf: &Leaf) -> Option<(IssueSort, (u64, u64))> {
    let Leaf::State(test) = leaf else { return None };
    Some(match test {
        StateTest::FirstSeen(range) => (IssueSort::FirstSeen, micros(*range)),
        StateTest::LastSeen(range) => (IssueSort::LastSeen, micros(*range)),
        StateTest::Events(range) => (IssueSort::Events, (range.least, range.most)),
        StateTest::Users(range) => (IssueSort::Users, (range.least, range.most)),
        _ => return None,
    })
}

/// The whole microseconds, as the store counts them, of a time's range.
fn micros(TimeRange { from, until }: TimeRange) -> (u64, u64) {
    // The first that is not before.
    let first = |at: Timestamp| u64::try_from(-(-at.as_nanosecond()).div_euclid(1_000)).unwrap_or(0);
    match until.map(first) {
        None => (from.map_or(0, first), u64::MAX),
        Some(0) => (1, 0),
        Some(until) => (from.map_or(0, first), until - 1),
    }
}

pub(super) fn narrowed(events: &Expr, issues: Option<IssueSet>) -> Expr {
    issues.map_or_else(|| events.clone(), |issues| within(events, issues))
}

/// The tree with this beside it: only events of these issues.
pub(super) fn within(tree: &Expr, issues: IssueSet) -> Expr {
    Expr::all_of(vec![tree.clone(), Leaf::Issues(Arc::new(issues)).into()])
}

#[cfg(test)]
mod tests;
