//! What issues were judged to be: kept, listed by, and brought into files that had no order for it.

use jiff::SignedDuration;

use super::{draft, hash, now, open, put, with_project};
use crate::model::ids::IssueId;
use crate::model::issue::Status;
use crate::model::standing::{ChangePoint, PatternKind, Standing};
use crate::store::schema::{ISSUE_ORDER, META, meta};
use crate::store::{IssueFilter, IssueSort, STATE_FILE, Store};

fn standing(pattern: PatternKind, urgency: u32) -> Standing {
    Standing { pattern, change: None, urgency, judged: now() }
}

fn note(store: &Store, standings: &[(u64, Standing)]) -> usize {
    let judged: Vec<_> = standings.iter().map(|(id, standing)| (IssueId(*id), *standing)).collect();
    store.note_standings(&judged).expect("noted")
}

fn by_urgency(store: &Store) -> Vec<u64> {
    let filter = IssueFilter { cells: None, seen_since: None, sort: IssueSort::Urgency };
    let page = store.list_issues(&filter, None, 100, &|_| true).expect("a page");
    page.issues.iter().map(|issue| issue.id.0).collect()
}

fn kept(store: &Store, id: u64) -> Option<Standing> {
    store.find_issue(IssueId(id)).expect("read").expect("an issue").standing
}

fn three(store: &Store) {
    for number in 1..=3u8 {
        put(store, draft(u64::from(number), number));
    }
}

#[test]
fn issues_are_listed_by_how_urgent_they_were_judged() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    three(&store);
    assert_eq!(by_urgency(&store), [3, 2, 1], "nothing is judged yet");
    let burst = standing(PatternKind::Burst, 700);
    assert_eq!(note(&store, &[(1, burst), (2, standing(PatternKind::Rare, 40)), (99, burst)]), 2);
    assert_eq!(by_urgency(&store), [1, 2, 3]);
    assert_eq!(kept(&store, 1), Some(burst));
    // Events and decisions leave it as it is.
    put(&store, draft(10, 1));
    store.change_issues(&[IssueId(2)], &super::to(Status::Resolved), None, now()).expect("resolved");
    assert_eq!((kept(&store, 1).map(|s| s.urgency), by_urgency(&store)), (Some(700), vec![1, 2, 3]));
    assert_eq!(note(&store, &[(1, standing(PatternKind::Fading, 30))]), 1);
    assert_eq!(by_urgency(&store), [2, 1, 3]);
}

#[test]
fn what_no_list_would_show_is_not_written_and_pages_hear_of_other_patterns() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    three(&store);
    let head = || *store.head().borrow();
    let before = head();
    assert_eq!(note(&store, &[(1, standing(PatternKind::Burst, 300))]), 1);
    assert_eq!(head(), before + 1, "an open page is told");
    for (urgency, written) in [(300, 0), (304, 0), (296, 0), (320, 1), (5, 1), (0, 1), (0, 0)] {
        assert_eq!(note(&store, &[(1, standing(PatternKind::Burst, urgency))]), written, "{urgency}");
    }
    assert_eq!(head(), before + 1, "a number that sinks is no news");
    let at = now();
    let change = ChangePoint { at, from: at, to: at + SignedDuration::from_mins(1), before: 0.0, after: 9.0 };
    let jumped = Standing { change: Some(change), ..standing(PatternKind::Burst, 0) };
    assert_eq!((note(&store, &[(1, jumped)]), note(&store, &[(1, jumped)])), (1, 0));
}

#[test]
fn what_is_shown_as_part_of_another_is_judged_with_it() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    three(&store);
    note(&store, &[(1, standing(PatternKind::Burst, 500)), (2, standing(PatternKind::Steady, 100))]);
    let whole = store.merge_issues(&[IssueId(1), IssueId(2)], None, now()).expect("merged").parent.id.0;
    let listed = by_urgency(&store);
    assert_eq!(listed.len(), 2, "{listed:?}");
    let part = [1, 2].into_iter().find(|id| !listed.contains(id)).expect("a part");
    assert_eq!(note(&store, &[(part, standing(PatternKind::Rare, 900))]), 0, "it is in no list");
    assert_eq!(note(&store, &[(whole, standing(PatternKind::Periodic, 800))]), 1);
    assert_eq!(by_urgency(&store)[0], whole);
    store
        .unmerge_hashes(IssueId(whole), &[hash(u8::try_from(part).expect("small"))], None, now())
        .expect("unmerged");
    assert_eq!(by_urgency(&store).len(), 3);
}

#[test]
fn a_file_without_an_order_by_urgency_gets_it() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    three(&store);
    note(&store, &[(2, standing(PatternKind::Burst, 300))]);
    drop(store);
    let path = dir.path().join(STATE_FILE);
    let file = redb::Database::open(&path).expect("opens");
    // As version 4 had it.
    let txn = file.begin_write().expect("write");
    txn.open_table(ISSUE_ORDER).expect("table").retain(|key, ()| key[0] < 4).expect("retained");
    txn.open_table(META).expect("table").insert(meta::SCHEMA, 4).expect("inserted");
    txn.commit().expect("commit");
    drop(file);
    let store = open(dir.path());
    assert_eq!(by_urgency(&store), [2, 3, 1]);
    let txn = store.inner.state.begin_read().expect("read");
    let version =
        txn.open_table(META).expect("table").get(meta::SCHEMA).expect("get").expect("a version").value();
    assert_eq!(version, 5);
}
