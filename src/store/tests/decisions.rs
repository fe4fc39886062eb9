//! What people decide, and taking it back.

use jiff::SignedDuration;

use super::{draft, now, put, to, with_project};
use crate::model::ids::{AccountId, IssueId};
use crate::model::issue::{ActivityKind, Issue, Status, Substatus};
use crate::model::issue_change::IssueChange;
use crate::store::{IssueFilter, IssueSort, Store};

const ADA: Option<AccountId> = Some(AccountId(1));
const BOB: Option<AccountId> = Some(AccountId(2));

fn issues(store: &Store, ids: &[IssueId]) -> Vec<Issue> {
    store.find_issues(ids).expect("found")
}

fn assign(person: Option<AccountId>) -> IssueChange {
    IssueChange { assignee: Some(person), ..IssueChange::default() }
}

/// Issues 1 to 4: new, ignored, resolved and assigned to Bob, new.
fn with_four_issues(store: &Store) -> Vec<IssueId> {
    let ids: Vec<IssueId> =
        (1..=4).map(|n| put(store, draft(n, u8::try_from(n).expect("small"))).issue).collect();
    store.change_issues(&ids[1..2], &to(Status::Ignored), BOB, now()).expect("ignored");
    store.change_issues(&ids[2..3], &to(Status::Resolved), BOB, now()).expect("resolved");
    store.change_issues(&ids[2..3], &assign(BOB), BOB, now()).expect("assigned");
    ids
}

#[test]
fn undoing_gives_each_issue_its_own_former_state() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, project) = with_project(dir.path());
    let ids = with_four_issues(&store);
    let before = issues(&store, &ids);
    let later = now() + SignedDuration::from_mins(5);
    let both = IssueChange { assignee: Some(ADA), ..Status::Resolved.into() };
    let done = store.change_issues(&ids, &both, ADA, later).expect("changed");
    assert_eq!((done.changed, done.issues.len()), (4, 4));
    assert_eq!(done.issues, issues(&store, &ids));
    assert!(done.issues.iter().all(|issue| issue.status == Status::Resolved && issue.assigned_to == ADA));
    assert_eq!(done.issues[2].status_changed, before[2].status_changed, "it was resolved already");

    let undo = done.undo.expect("it can be undone");
    assert!(store.undo_change(undo, BOB, later).expect("asked").is_none(), "it is not Bob's");
    let undone = store.undo_change(undo, ADA, later).expect("asked").expect("undone");
    assert_eq!((undone.issues.len(), undone.passed_over), (4, 0));
    assert_eq!(issues(&store, &ids), before);
    assert!(store.undo_change(undo, ADA, later).expect("asked").is_none(), "once");
    for (status, expected) in [(Status::Unresolved, 2), (Status::Ignored, 1), (Status::Resolved, 1)] {
        assert_eq!(store.count_issues(project, status).expect("count"), expected, "{status:?}");
        let cells = store.issue_counts(None).expect("counts").into_iter().map(|(cell, _)| cell);
        let filter = IssueFilter {
            cells: Some(cells.filter(|cell| cell.state.status == status).collect()),
            seen_since: None,
            sort: IssueSort::LastSeen,
        };
        let listed = store.list_issues(&filter, None, 10, &|_| true).expect("listed").issues.len();
        assert_eq!(listed as u64, expected, "{status:?}");
    }
    let history = store.activities(ids[0], 10).expect("activities");
    let told: Vec<_> =
        history.iter().map(|activity| (activity.kind.clone(), activity.by, activity.undo)).collect();
    assert_eq!(
        told,
        [
            (ActivityKind::Unassigned, ADA, true),
            (ActivityKind::SetUnresolved, ADA, true),
            (ActivityKind::Assigned { to: AccountId(1) }, ADA, false),
            (ActivityKind::SetResolved, ADA, false),
            (ActivityKind::FirstSeen, None, false),
        ]
    );
    assert_eq!(issues(&store, &ids)[0].substatus, Some(Substatus::New));
}

#[test]
fn an_undo_leaves_alone_what_was_changed_since() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    let ids = with_four_issues(&store);
    let undo =
        store.change_issues(&ids, &to(Status::Resolved), ADA, now()).expect("changed").undo.expect("named");
    // The first regresses, the second is ignored again, the fourth gets somebody.
    put(&store, draft(9, 1).at("2026-11-23T08:00:01Z"));
    store.change_issues(&ids[1..2], &to(Status::Ignored), BOB, now()).expect("ignored");
    store.change_issues(&ids[3..4], &assign(BOB), BOB, now()).expect("assigned");
    let undone = store.undo_change(undo, ADA, now()).expect("asked").expect("undone");
    assert_eq!((undone.issues.len(), undone.passed_over), (1, 2));
    let found = issues(&store, &ids);
    assert_eq!(found[0].substatus, Some(Substatus::Regressed));
    assert_eq!(found[1].status, Status::Ignored);
    assert_eq!(found[2].status, Status::Resolved, "it was resolved before");
    assert_eq!((found[3].status, found[3].assigned_to), (Status::Unresolved, BOB));
}

#[test]
fn what_changes_nothing_is_neither_logged_nor_undone() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    let ids = with_four_issues(&store);
    let head = *store.head().borrow();
    let done = store.change_issues(&ids[2..3], &assign(BOB), ADA, now()).expect("asked");
    assert_eq!((done.changed, done.undo, done.issues.len()), (0, None, 1));
    assert_eq!(*store.head().borrow(), head);
}

#[test]
fn a_change_can_be_undone_for_an_hour() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    let ids = with_four_issues(&store);
    let resolve = || store.change_issues(&ids[..1], &to(Status::Resolved), ADA, now()).expect("asked").undo;
    let undo = resolve().expect("named");
    let later = now() + SignedDuration::from_mins(61);
    assert!(store.undo_change(undo, ADA, later).expect("asked").is_none(), "too late");
    store.prune(later).expect("pruned");
    assert!(store.undo_change(undo, ADA, now()).expect("asked").is_none(), "forgotten");
    assert_eq!(issues(&store, &ids)[0].status, Status::Resolved);
}
