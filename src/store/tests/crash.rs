//! What a crash leaves behind, and two processes on one folder.

use std::fs;

use super::{draft, id, now, open, put, with_project};
use crate::model::ids::{EventSeq, IssueId, ProjectId};
use crate::model::issue::EventRef;
use crate::model::week::Week;
use crate::store::{Recorded, Store, StoreError, events};

/// The partition's commit happened, the state's did not.
fn write_partition_only(store: &Store, number: u64, seq: u64, issue: IssueId) -> EventRef {
    write_partition_of(Week::of(now()), store, number, seq, issue)
}

fn write_partition_of(week: Week, store: &Store, number: u64, seq: u64, issue: IssueId) -> EventRef {
    let place = EventRef {
        seq: EventSeq(seq),
        event_id: id(number),
        project: ProjectId(1),
        issue,
        timestamp: now(),
        week: week.0,
    };
    let partition = store.inner.partitions.get_or_create(Week(place.week)).expect("opens");
    let folder = store.inner.partitions.folder(Week(place.week));
    events::write(&partition, &folder, &[(place, b"half a commit")]).expect("written");
    place
}

#[test]
fn rows_above_the_head_are_unseen_and_gone_after_a_restart() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, project) = with_project(dir.path());
    let first = put(&store, draft(1, 1));
    let lost = write_partition_only(&store, 2, 2, first.issue);
    let sees_only_the_first = |store: &Store| {
        assert_eq!(store.issue_events(first.issue, None, 10).expect("list"), [first]);
        assert_eq!(store.issue_events_after(first.issue, None, 10).expect("list"), [first]);
        assert_eq!(store.project_events(project, None, 10).expect("list"), [first]);
        assert_eq!(store.all_events(EventSeq(0), 10).expect("list"), [first]);
        assert_eq!(store.find_event_by_seq(lost.week, lost.seq).expect("find"), None);
        assert_eq!(store.find_event(project, id(2)).expect("find"), None);
    };
    sees_only_the_first(&store);
    drop(store);
    let store = open(dir.path());
    sees_only_the_first(&store);
    // The replay takes the same number for another issue: nothing of the lost row may shine through.
    let replayed = put(&store, draft(2, 9));
    assert_eq!(replayed.seq, lost.seq);
    assert_ne!(replayed.issue, lost.issue);
    assert_eq!(store.issue_events(first.issue, None, 10).expect("list"), [first]);
    assert_eq!(store.issue_events(replayed.issue, None, 10).expect("list"), [replayed]);
    assert_eq!(store.all_events(EventSeq(0), 10).expect("list"), [first, replayed]);
}

#[test]
fn rows_that_the_head_has_passed_meanwhile_stay_unseen() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, project) = with_project(dir.path());
    let old = put(&store, draft(1, 1).received("2026-11-20T08:00:00Z"));
    let lost = write_partition_of(Week(old.week), &store, 2, 2, old.issue);
    drop(store);
    // Only this week's partition is opened while the head passes the lost row's number.
    let store = open(dir.path());
    let new = put(&store, draft(3, 1));
    assert_eq!((new.seq, *store.head().borrow()), (lost.seq, lost.seq.0));
    assert_eq!(store.issue_events(old.issue, None, 10).expect("list"), [new, old]);
    assert_eq!(store.project_events(project, None, 10).expect("list"), [new, old]);
    assert_eq!(store.all_events(EventSeq(0), 10).expect("list"), [old, new]);
    assert_eq!(store.find_event_by_seq(lost.week, lost.seq).expect("find"), None);
}

#[test]
fn a_commit_that_fails_midway_is_cleaned_before_the_next() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    let first = put(&store, draft(1, 1));
    // A folder stands where the week's file should be: the partition fails after the state's rows were made.
    let blocked = dir.path().join("partitions/2026-W40/events.redb");
    fs::create_dir_all(&blocked).expect("made");
    let batch = || [draft(2, 1).record(), draft(3, 2).received("2026-09-29T00:00:00Z").record()];
    let failed = store.record_all(batch(), now()).expect_err("a folder is no file");
    assert!(matches!(failed, StoreError::Failed(_)), "{failed}");
    assert_eq!(store.all_events(EventSeq(0), 10).expect("list"), [first]);
    assert_eq!(store.find_issue(IssueId(2)).expect("find"), None);

    fs::remove_dir(&blocked).expect("removed");
    let other = put(&store, draft(4, 3));
    assert_eq!(other.seq, EventSeq(2), "the number was not used up");
    let recorded = store.record_all(batch(), now()).expect("recorded");
    assert!(recorded.iter().all(|one| matches!(one, Recorded::Stored { .. })));
    let all = store.all_events(EventSeq(0), 10).expect("list");
    assert_eq!(all.iter().map(|place| place.event_id).collect::<Vec<_>>(), [id(1), id(4), id(2), id(3)]);
    assert_eq!(store.issue_events(first.issue, None, 10).expect("list"), [all[2], all[0]]);
    for place in all {
        assert!(store.read_event(&place).expect("read").is_some());
    }
}

#[test]
fn a_second_process_is_told_that_the_folder_is_in_use() {
    let dir = tempfile::tempdir().expect("tempdir");
    let store = open(dir.path());
    let second = Store::open(dir.path()).err().expect("refused");
    assert!(matches!(second, StoreError::InUse(_)), "{second}");
    drop(store);
    open(dir.path());
}

#[test]
fn a_week_is_forgotten_as_a_whole() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, project) = with_project(dir.path());
    let old = put(&store, draft(1, 1).received("2026-11-02T00:00:00Z"));
    let new = put(&store, draft(2, 1));
    let folder = dir.path().join("partitions/2026-W45");
    assert!(folder.exists());
    assert!(store.bytes() > 0);
    assert_eq!(store.forget_weeks("2026-11-08T23:59:59Z".parse().expect("at")).expect("ok"), [0u32; 0]);
    let end = "2026-11-09T00:00:00Z".parse().expect("at");
    assert_eq!(store.forget_weeks(end).expect("forgotten"), [old.week]);
    assert_eq!(store.forget_weeks(end).expect("again"), [0u32; 0]);
    assert!(!folder.exists());
    let check = |store: &Store| {
        assert!(store.read_event(&old).expect("read").is_none());
        assert_eq!(store.find_event(project, id(1)).expect("find"), None);
        assert_eq!(store.issue_events(new.issue, None, 10).expect("list"), [new]);
        assert_eq!(store.all_events(EventSeq(0), 10).expect("list"), [new]);
        assert_eq!(store.find_issue(new.issue).expect("find").expect("there").events, 2, "counters stay");
    };
    check(&store);
    drop(store);
    // A crash between hiding the folder and removing it.
    let hidden = dir.path().join("partitions/2026-W45.forgotten");
    fs::create_dir_all(hidden.join("index")).expect("made");
    let store = open(dir.path());
    assert!(!hidden.exists());
    check(&store);
}
