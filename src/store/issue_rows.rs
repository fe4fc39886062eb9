//! An issue's rows: the record itself, its places in every ordered list, the counters by status.
//!
//! Every change of an issue goes through `write`, so that lists and counters cannot drift from the record.

use std::collections::HashMap;

use redb::{ReadableTable, WriteTransaction};

use crate::model::ids::{IssueId, ProjectId};
use crate::model::issue::{Activity, Issue, Status};
use crate::store::error::Result;
use crate::store::json;
use crate::store::keys::{join, pair, status_code, u64_at};
use crate::store::records::IssueSort;
use crate::store::schema::{ACTIVITIES, ISSUE_COUNTS, ISSUE_ORDER, ISSUES};

pub(super) type OrderKey = [u8; 26];

/// An issue on its way to disk, and what stands there now.
pub(super) struct Changed {
    pub issue: Issue,
    /// `None` for a new issue.
    before: Option<(Status, [OrderKey; 4])>,
}

impl Changed {
    pub(super) fn created(issue: Issue) -> Self {
        Self { issue, before: None }
    }

    pub(super) fn loaded(issue: Issue) -> Self {
        let before = Some((issue.status, order_keys(&issue)));
        Self { issue, before }
    }
}

pub(super) fn order_key(
    sort: IssueSort,
    project: ProjectId,
    status: Status,
    value: u64,
    issue: IssueId,
) -> OrderKey {
    join(&[
        &[sort_code(sort)],
        &project.0.to_be_bytes(),
        &[status_code(status)],
        &value.to_be_bytes(),
        &issue.0.to_be_bytes(),
    ])
}

/// What stands for an order in keys. Never renumbered.
fn sort_code(sort: IssueSort) -> u8 {
    match sort {
        IssueSort::LastSeen => 0,
        IssueSort::FirstSeen => 1,
        IssueSort::Events => 2,
        IssueSort::Users => 3,
    }
}

/// Value and issue of a key.
pub(super) fn order_place(key: &OrderKey) -> (u64, u64) {
    (u64_at(key, 10), u64_at(key, 18))
}

fn order_keys(issue: &Issue) -> [OrderKey; 4] {
    IssueSort::ALL.map(|sort| order_key(sort, issue.project, issue.status, sort.value(issue), issue.id))
}

pub(super) fn count_key(project: ProjectId, status: Status) -> [u8; 9] {
    join(&[&project.0.to_be_bytes(), &[status_code(status)]])
}

pub(super) fn decode(bytes: &[u8]) -> Result<Issue> {
    json::decode(bytes)
}

pub(super) fn write<'a>(
    txn: &WriteTransaction,
    changed: impl IntoIterator<Item = &'a Changed> + Clone,
) -> Result<()> {
    write_orders(txn, changed.clone())?;
    let mut issues = txn.open_table(ISSUES)?;
    let mut counts: HashMap<[u8; 9], i64> = HashMap::new();
    for Changed { issue, before } in changed {
        issues.insert(issue.id.0, json::encode(issue)?.as_slice())?;
        let status_before = before.as_ref().map(|(status, _)| *status);
        if status_before != Some(issue.status) {
            *counts.entry(count_key(issue.project, issue.status)).or_default() += 1;
            if let Some(status) = status_before {
                *counts.entry(count_key(issue.project, status)).or_default() -= 1;
            }
        }
    }
    let mut table = txn.open_table(ISSUE_COUNTS)?;
    for (key, change) in counts {
        let known = table.get(&key)?.map_or(0, |count| count.value());
        table.insert(&key, known.saturating_add_signed(change))?;
    }
    Ok(())
}

/// In key order: neighbours share pages.
fn write_orders<'a>(txn: &WriteTransaction, changed: impl IntoIterator<Item = &'a Changed>) -> Result<()> {
    let (mut gone, mut here) = (Vec::new(), Vec::new());
    for Changed { issue, before } in changed {
        let now = order_keys(issue);
        match before {
            None => here.extend(now),
            Some((_, then)) => {
                for (then, now) in then.iter().zip(now).filter(|(then, now)| *then != now) {
                    gone.push(*then);
                    here.push(now);
                }
            }
        }
    }
    gone.sort_unstable();
    here.sort_unstable();
    let mut orders = txn.open_table(ISSUE_ORDER)?;
    for key in &gone {
        orders.remove(key)?;
    }
    for key in &here {
        orders.insert(key, ())?;
    }
    Ok(())
}

/// Takes an issue out of every list, and its record away. Its counters are the caller's.
pub(super) fn remove(txn: &WriteTransaction, issue: &Issue) -> Result<()> {
    let mut orders = txn.open_table(ISSUE_ORDER)?;
    for key in order_keys(issue) {
        orders.remove(&key)?;
    }
    txn.open_table(ISSUES)?.remove(issue.id.0)?;
    let (first, last) = (pair(issue.id.0, 0), pair(issue.id.0, u64::MAX));
    txn.open_table(ACTIVITIES)?.retain_in::<&[u8; 16], _>(&first..=&last, |_, _| false)?;
    Ok(())
}

pub(super) fn write_activity(txn: &WriteTransaction, issue: IssueId, activity: &Activity) -> Result<()> {
    let mut table = txn.open_table(ACTIVITIES)?;
    let last =
        table.range::<&[u8; 16]>(&pair(issue.0, 0)..=&pair(issue.0, u64::MAX))?.next_back().transpose()?;
    let next = last.map_or(0, |(key, _)| u64_at(key.value(), 8) + 1);
    table.insert(&pair(issue.0, next), json::encode(activity)?.as_slice())?;
    Ok(())
}
