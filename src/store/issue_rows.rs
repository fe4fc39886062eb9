//! An issue's rows: the record itself, its places in every ordered list, the counters by state, whose it is.
//!
//! Every change of an issue goes through `write`, so that lists and counters cannot drift from the record.

use std::collections::BTreeMap;

use redb::{ReadableTable, WriteTransaction};

use crate::model::ids::{IssueId, ProjectId};
use crate::model::issue::{Activity, Issue};
use crate::store::error::Result;
use crate::store::keys::{join, pair, state_code, u64_at};
use crate::store::records::{Cell, IssueSort};
use crate::store::schema::{
    ACTIVITIES, ARCHIVE_DEADLINES, ISSUE_ASSIGNEES, ISSUE_COUNTS, ISSUE_ORDER, ISSUES, Table,
};
use crate::store::{archives, explanations, json, marks};

pub(super) type OrderKey = [u8; 26];

/// Issues that a migration holds at once.
const ISSUES_LISTED_AT_ONCE: usize = 10_000;

/// An issue on its way to disk, and what stands there now.
pub(super) struct Changed {
    pub issue: Issue,
    /// `None` where it stands nowhere: of a new issue.
    before: Option<Listed>,
}

/// Where an issue stands in lists and counts; one that is shown as part of another does nowhere.
struct Listed {
    orders: [OrderKey; IssueSort::ALL.len()],
    count: [u8; 9],
    assignee: Option<[u8; 16]>,
    deadline: Option<[u8; 16]>,
}

impl Listed {
    fn of(issue: &Issue) -> Option<Self> {
        if issue.merged_into.is_some() {
            return None;
        }
        let cell = Cell::of(issue);
        Some(Self {
            orders: IssueSort::ALL.map(|sort| order_key(sort, cell, sort.value(issue), issue.id)),
            count: count_key(cell),
            assignee: issue.assigned_to.map(|account| pair(account.0, issue.id.0)),
            deadline: archives::deadline_key(issue),
        })
    }
}

impl Changed {
    pub(super) fn created(issue: Issue) -> Self {
        Self { issue, before: None }
    }

    pub(super) fn loaded(issue: Issue) -> Self {
        let before = Listed::of(&issue);
        Self { issue, before }
    }
}

pub(super) fn order_key(sort: IssueSort, cell: Cell, value: u64, issue: IssueId) -> OrderKey {
    join(&[
        &[sort_code(sort)],
        &cell.project.0.to_be_bytes(),
        &[state_code(cell.state)],
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
        IssueSort::Urgency => 4,
    }
}

/// Value and issue of a key.
pub(super) fn order_place(key: &OrderKey) -> (u64, u64) {
    (u64_at(key, 10), u64_at(key, 18))
}

fn count_key(cell: Cell) -> [u8; 9] {
    join(&[&cell.project.0.to_be_bytes(), &[state_code(cell.state)]])
}

/// The keys of the first and the last count of a project.
pub(super) fn count_range(project: ProjectId) -> [[u8; 9]; 2] {
    [0, u8::MAX].map(|state| join(&[&project.0.to_be_bytes(), &[state]]))
}

pub(super) fn decode(bytes: &[u8]) -> Result<Issue> {
    json::decode(bytes)
}

pub(super) fn write<'a>(
    txn: &WriteTransaction,
    changed: impl IntoIterator<Item = &'a Changed> + Clone,
) -> Result<()> {
    list(txn, changed.clone())?;
    let mut issues = txn.open_table(ISSUES)?;
    for Changed { issue, .. } in changed {
        issues.insert(issue.id.0, json::encode(issue)?.as_slice())?;
    }
    Ok(())
}

/// Puts the issues where they belong, and takes them away where they stood. In key order: neighbours share pages.
fn list<'a>(txn: &WriteTransaction, changed: impl IntoIterator<Item = &'a Changed>) -> Result<()> {
    let (mut gone, mut here) = (Vec::new(), Vec::new());
    let (mut assignees, mut deadlines) = (Vec::new(), Vec::new());
    let mut counts: BTreeMap<[u8; 9], i64> = BTreeMap::new();
    for Changed { issue, before } in changed {
        let (then, now) = (before.as_ref(), Listed::of(issue));
        let orders = |listed: Option<&Listed>| listed.map(|listed| listed.orders).unwrap_or_default();
        let (stood, stands) = (orders(then), orders(now.as_ref()));
        let has_moved = |(then, now): &(OrderKey, OrderKey)| then != now;
        for (stood, stands) in stood.into_iter().zip(stands).filter(has_moved) {
            gone.extend(then.map(|_| stood));
            here.extend(now.as_ref().map(|_| stands));
        }
        let assignee = |listed: Option<&Listed>| listed.and_then(|listed| listed.assignee);
        let (held, holds) = (assignee(then), assignee(now.as_ref()));
        if held != holds {
            assignees.extend(held.map(|key| (key, false)));
            assignees.extend(holds.map(|key| (key, true)));
        }
        let deadline = |listed: Option<&Listed>| listed.and_then(|listed| listed.deadline);
        if deadline(then) != deadline(now.as_ref()) {
            deadlines.extend(deadline(then).map(|key| (key, false)));
            deadlines.extend(deadline(now.as_ref()).map(|key| (key, true)));
        }
        let (counted, counts_as) = (then.map(|then| then.count), now.as_ref().map(|now| now.count));
        if counted != counts_as {
            if let Some(key) = counted {
                *counts.entry(key).or_default() -= 1;
            }
            if let Some(key) = counts_as {
                *counts.entry(key).or_default() += 1;
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
    count(txn, counts)?;
    index(txn, ISSUE_ASSIGNEES, assignees)?;
    index(txn, ARCHIVE_DEADLINES, deadlines)
}

fn count(txn: &WriteTransaction, changes: BTreeMap<[u8; 9], i64>) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let mut table = txn.open_table(ISSUE_COUNTS)?;
    for (key, change) in changes {
        let known = table.get(&key)?.map_or(0, |count| count.value());
        match known.saturating_add_signed(change) {
            0 => table.remove(&key)?,
            issues => table.insert(&key, issues)?,
        };
    }
    Ok(())
}

/// Keys that are there from now on, and keys that are not.
fn index(
    txn: &WriteTransaction,
    table: Table<&'static [u8; 16], ()>,
    mut keys: Vec<([u8; 16], bool)>,
) -> Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    keys.sort_unstable();
    let mut table = txn.open_table(table)?;
    for (key, is_there) in &keys {
        if *is_there {
            table.insert(key, ())?
        } else {
            table.remove(key)?
        };
    }
    Ok(())
}

/// Makes all lists and counts of issues from their records.
pub(super) fn list_anew(txn: &WriteTransaction) -> Result<()> {
    txn.delete_table(ISSUE_ORDER)?;
    txn.delete_table(ISSUE_COUNTS)?;
    txn.delete_table(ISSUE_ASSIGNEES)?;
    txn.delete_table(ARCHIVE_DEADLINES)?;
    let issues = txn.open_table(ISSUES)?;
    let mut rows = issues.iter()?;
    loop {
        let mut some = Vec::new();
        for row in rows.by_ref().take(ISSUES_LISTED_AT_ONCE) {
            some.push(Changed::created(decode(row?.1.value())?));
        }
        if some.is_empty() {
            return Ok(());
        }
        list(txn, &some)?;
    }
}

/// Takes an issue out of every list, and its record away. Its counters are the caller's.
pub(super) fn remove(txn: &WriteTransaction, issue: &Issue) -> Result<()> {
    if let Some(Listed { orders, assignee, deadline, .. }) = Listed::of(issue) {
        let mut table = txn.open_table(ISSUE_ORDER)?;
        for key in &orders {
            table.remove(key)?;
        }
        index(txn, ISSUE_ASSIGNEES, assignee.map(|key| (key, false)).into_iter().collect())?;
        index(txn, ARCHIVE_DEADLINES, deadline.map(|key| (key, false)).into_iter().collect())?;
    }
    archives::forget(txn, issue.id)?;
    marks::remove(txn, issue.id)?;
    explanations::remove(txn, issue.id)?;
    txn.open_table(ISSUES)?.remove(issue.id.0)?;
    let (first, last) = (pair(issue.id.0, 0), pair(issue.id.0, u64::MAX));
    txn.open_table(ACTIVITIES)?.retain_in::<&[u8; 16], _>(&first..=&last, |_, _| false)?;
    Ok(())
}

pub(super) fn write_activity(txn: &WriteTransaction, issue: IssueId, activity: &Activity) -> Result<()> {
    append_activity(txn, issue, activity).map(drop)
}

/// Answers the activity's number in the issue's history.
pub(super) fn append_activity(txn: &WriteTransaction, issue: IssueId, activity: &Activity) -> Result<u64> {
    let mut table = txn.open_table(ACTIVITIES)?;
    let last =
        table.range::<&[u8; 16]>(&pair(issue.0, 0)..=&pair(issue.0, u64::MAX))?.next_back().transpose()?;
    let next = last.map_or(0, |(key, _)| u64_at(key.value(), 8) + 1);
    table.insert(&pair(issue.0, next), json::encode(activity)?.as_slice())?;
    Ok(next)
}
