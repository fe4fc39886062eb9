//! Issues that a query finds, those first whose best event fits its words best.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::lookup::tree::{self, BRANCHES_MAX, Branch, admits};
use crate::lookup::{Answer, Found, LookupError, Question};
use crate::model::ids::IssueId;
use crate::model::query::{Expr, Query};
use crate::search::{Hit, Search};
use crate::store::{IssueCursor, Store};

/// A way is a bit.
const _: () = assert!(BRANCHES_MAX <= u32::BITS as usize);

/// Issues read per step, and in all for one page.
const STEP_ROWS: usize = 100;
const ROWS_READ_MAX: usize = 5_000;

/// The cursor is a place in the ranking, which new events may shift: pages of an order that says nothing of time can
/// not be better.
pub(super) fn find_issues(
    store: &Store,
    search: &Search,
    question: &Question,
    branches: &[Branch],
) -> Result<Answer, LookupError> {
    let start = question.after.map_or(0, |after| usize::try_from(after.value).unwrap_or(usize::MAX));
    let (ranking, all) = ranking(search, question, branches, start.saturating_add(ROWS_READ_MAX))?;
    let mut rows = Vec::new();
    let mut position = start.min(ranking.len());
    let end = ranking.len();
    'pages: while position < end {
        let step = &ranking[position..end.min(position + STEP_ROWS)];
        let ids: Vec<IssueId> = step.iter().map(|(hit, _)| hit.issue).collect();
        let mut issues: HashMap<_, _> =
            store.find_issues(&ids)?.into_iter().map(|issue| (issue.id, issue)).collect();
        for (hit, ways) in step {
            if rows.len() == question.limit {
                break 'pages;
            }
            position += 1;
            let Some(issue) = issues.remove(&hit.issue) else { continue };
            let mut possible = branches.iter().enumerate().filter(|(way, _)| ways & (1 << way) != 0);
            let is_found = possible.any(|(_, branch)| admits(&branch.state, &issue));
            if is_found && question.is_in_scope(&issue) {
                rows.push(Found { issue, hit: Some(*hit) });
            }
        }
    }
    let next = (position < all).then_some(IssueCursor { value: position as u64, issue: IssueId(0) });
    // What no state narrows is found as it is ranked.
    let is_whole = branches.iter().all(|branch| branch.state == Expr::ALL);
    Ok(Answer { rows, next, total: is_whole.then_some(all as u64) })
}

/// The first `limit` issues, each once, where it first stands, with the ways in which it can be found as bits; and how
/// many there are in all.
fn ranking(
    search: &Search,
    question: &Question,
    branches: &[Branch],
    limit: usize,
) -> Result<(Vec<(Hit, u32)>, usize), LookupError> {
    // Far down in one way, an issue may stand high in another.
    let limit_of_way = if branches.len() == 1 { limit } else { usize::MAX };
    let mut all: Vec<(u32, Hit, u32)> = Vec::new();
    for (way, branch) in branches.iter().enumerate() {
        let query = Query { tree: tree::narrowed(&branch.events, tree::named_issues(&branch.state)) };
        let ranked = search.ranked_issues(&question.filter(&query), limit_of_way)?;
        if branches.len() == 1 {
            return Ok((ranked.hits.into_iter().map(|(_, hit)| (hit, 1)).collect(), ranked.total));
        }
        all.extend(ranked.hits.into_iter().map(|(score, hit)| (score, hit, 1 << way)));
    }
    all.sort_by_key(|(score, hit, _)| Reverse((*score, hit.seq)));
    let mut places: HashMap<IssueId, usize> = HashMap::with_capacity(all.len());
    let mut ranking: Vec<(Hit, u32)> = Vec::with_capacity(all.len());
    for (_, hit, way) in all {
        let place = *places.entry(hit.issue).or_insert_with(|| {
            ranking.push((hit, 0));
            ranking.len() - 1
        });
        ranking[place].1 |= way;
    }
    let total = ranking.len();
    ranking.truncate(limit);
    Ok((ranking, total))
}
