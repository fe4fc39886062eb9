//! Lists and counts by state, who works on what, and how a file from before there were any gets them.

use std::collections::BTreeSet;

use redb::{ReadableDatabase, ReadableTable};

use super::{draft, id, now, open, put, with_project};
use crate::model::ids::{AccountId, GroupHash, IssueId, PublicKey};
use crate::model::issue::{Issue, IssueState, Status, Substatus};
use crate::model::issue_change::IssueChange;
use crate::store::schema::{ISSUE_ASSIGNEES, ISSUE_COUNTS, ISSUE_ORDER, META, meta};
use crate::store::{Cell, STATE_FILE, Store};

const ADA: AccountId = AccountId(1);
const BOB: AccountId = AccountId(2);

fn assign(store: &Store, issues: &[u64], to: Option<AccountId>) {
    let ids: Vec<IssueId> = issues.iter().copied().map(IssueId).collect();
    let change = IssueChange { assignee: Some(to), ..IssueChange::default() };
    store.change_issues(&ids, &change, None, now()).expect("assigned");
}

fn settle(store: &Store, issues: &[u64], status: Status) {
    let ids: Vec<IssueId> = issues.iter().copied().map(IssueId).collect();
    store.change_issues(&ids, &super::to(status), None, now()).expect("changed");
}

/// Twelve issues in two projects, in every state that things lead to, some assigned.
fn twelve(store: &Store) {
    store.create_project("pay", "Pay", None, PublicKey([8; 16]), now()).expect("created");
    let event = |number: u64, group: u64, at: &str| {
        let mut draft = draft(number, 0).at(at);
        draft.project.0 = 1 + group % 2;
        draft.hashes = vec![GroupHash(id(group).0)];
        draft
    };
    for number in 0..12 {
        put(store, event(number, number, "2026-11-23T07:00:00Z"));
    }
    settle(store, &[2, 3, 4, 5], Status::Resolved);
    settle(store, &[6, 7], Status::Ignored);
    settle(store, &[7], Status::Unresolved);
    put(store, event(100, 1, "2026-11-23T09:00:00Z"));
    put(store, event(101, 2, "2026-11-23T09:00:00Z"));
    assign(store, &[1, 2, 7], Some(ADA));
    assign(store, &[3, 4], Some(BOB));
    assign(store, &[4], Some(ADA));
    assign(store, &[3], None);
}

fn all_issues(store: &Store) -> Vec<Issue> {
    store.find_issues(&(1..=12).map(IssueId).collect::<Vec<_>>()).expect("issues")
}

/// What lists, counts and assignees say is what the records say.
fn agrees(store: &Store) {
    let issues = all_issues(store);
    let mut cells: Vec<Cell> = Vec::new();
    for (cell, count) in store.issue_counts(None).expect("counts") {
        let expected: Vec<IssueId> =
            issues.iter().filter(|issue| Cell::of(issue) == cell).map(|issue| issue.id).collect();
        assert_eq!(store.issues_in(&[cell]).expect("set").iter().collect::<Vec<_>>(), expected, "{cell:?}");
        assert_eq!(count, expected.len() as u64, "{cell:?}");
        assert!(count > 0, "{cell:?} has none and is counted");
        cells.push(cell);
    }
    assert_eq!(store.issues_in(&cells).expect("set").len(), issues.len());
    for account in [ADA, BOB] {
        let expected: Vec<IssueId> =
            issues.iter().filter(|issue| issue.assigned_to == Some(account)).map(|issue| issue.id).collect();
        let found = store.issues_assigned(Some(account)).expect("set");
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{account}");
    }
    let expected = issues.iter().filter(|issue| issue.assigned_to.is_some()).count();
    assert_eq!(store.issues_assigned(None).expect("set").len(), expected);
}

#[test]
fn every_state_has_its_list_and_its_count() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, project) = with_project(dir.path());
    twelve(&store);
    agrees(&store);
    let seen: BTreeSet<String> = all_issues(&store).iter().map(|i| format!("{:?}", i.state())).collect();
    assert_eq!(seen.len(), 5, "{seen:?}");
    let state = |status, substatus| IssueState { status, substatus };
    let regressed = Cell { project, state: state(Status::Unresolved, Some(Substatus::Regressed)) };
    assert_eq!(store.issues_in(&[regressed]).expect("set").iter().collect::<Vec<_>>(), [IssueId(3)]);
    assert_eq!(store.count_issues(project, Status::Unresolved).expect("count"), 5);
    let counts = store.issue_counts(Some(&[project, project])).expect("counts");
    assert_eq!(counts.iter().map(|(_, count)| count).sum::<u64>(), 6, "each project once");

    store.delete_project(project, now()).expect("deleted");
    let left = store.issue_counts(None).expect("counts");
    assert!(left.iter().all(|(cell, _)| cell.project != project), "a deleted project counts nothing");
    while store.erase_rest(project, now()).expect("erased") {}
    let txn = store.inner.state.begin_read().expect("read");
    let assignees = txn.open_table(ISSUE_ASSIGNEES).expect("table");
    let kept = assignees.iter().expect("rows").map(|row| row.expect("a row").0.value()[15]);
    assert_eq!(kept.collect::<Vec<_>>(), [2, 4], "of the project that is left");
}

#[test]
fn a_file_without_lists_by_state_gets_them() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    twelve(&store);
    let before = (store.issue_counts(None).expect("counts"), all_issues(&store));
    drop(store);
    let path = dir.path().join(STATE_FILE);
    let file = redb::Database::open(&path).expect("opens");
    let keys = |file: &redb::Database| {
        let orders = file.begin_read().expect("read").open_table(ISSUE_ORDER).expect("table");
        orders.iter().expect("rows").map(|row| *row.expect("a row").0.value()).collect::<Vec<_>>()
    };
    let listed = keys(&file);
    // As version 1 had it: the status alone in keys, nobody's index.
    let txn = file.begin_write().expect("write");
    {
        txn.delete_table(ISSUE_ASSIGNEES).expect("dropped");
        txn.delete_table(ISSUE_COUNTS).expect("dropped");
        txn.delete_table(ISSUE_ORDER).expect("dropped");
        let mut orders = txn.open_table(ISSUE_ORDER).expect("table");
        let mut counts = txn.open_table(ISSUE_COUNTS).expect("table");
        for key in &listed {
            let mut key = *key;
            key[9] >>= 4;
            orders.insert(&key, ()).expect("inserted");
            if key[0] == 0 {
                let mut count = [0; 9];
                count.copy_from_slice(&key[1..10]);
                let known = counts.get(&count).expect("get").map_or(0, |count| count.value());
                counts.insert(&count, known + 1).expect("inserted");
            }
        }
        txn.open_table(META).expect("table").insert(meta::SCHEMA, 1).expect("inserted");
    }
    txn.commit().expect("commit");
    drop(file);

    let store = open(dir.path());
    assert_eq!((store.issue_counts(None).expect("counts"), all_issues(&store)), before);
    agrees(&store);
    drop(store);
    assert_eq!(keys(&redb::Database::open(&path).expect("opens")), listed);
}
