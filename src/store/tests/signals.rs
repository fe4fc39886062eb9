//! What is written down as happening once, and for whom.

use jiff::{SignedDuration, Timestamp};

use super::{Draft, draft, now, put, to, with_project};
use crate::model::ids::IssueId;
use crate::model::issue::Status;
use crate::model::issue_change::{Conditions, Ignore, IssueChange, SoMany, StatusChange};
use crate::model::signal::{Signal, SignalKind};
use crate::store::Store;

fn at(minutes: i64) -> Timestamp {
    now() + SignedDuration::from_mins(minutes)
}

fn record(store: &Store, drafts: Vec<Draft>, now: Timestamp) {
    store.record_all(drafts.into_iter().map(Draft::record), now).expect("recorded");
}

fn signals(store: &Store) -> Vec<(u64, u64, SignalKind)> {
    let told = |signal: Signal| (signal.number, signal.issue.0, signal.kind);
    store.signals_after(0, 100).expect("read").into_iter().map(told).collect()
}

fn archive(store: &Store, issue: u64, conditions: Conditions) {
    let status = StatusChange::Ignored(Ignore::Until(conditions));
    let change = IssueChange { status: Some(status), ..IssueChange::default() };
    store.change_issues(&[IssueId(issue)], &change, None, now()).expect("changed");
}

#[test]
fn what_happens_once_is_told_once() {
    use SignalKind::{CameBack, New, Regressed};
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, project) = with_project(dir.path());
    record(&store, vec![draft(1, 1).environment("live").release("shop@1"), draft(2, 1)], at(0));
    assert_eq!(signals(&store), [(1, 1, New)]);
    let first = store.signals_after(0, 1).expect("read").remove(0);
    assert_eq!((first.project, first.at, first.event_at), (project, at(0), now()));
    assert_eq!((first.environment.as_deref(), first.release.as_deref()), (Some("live"), Some("shop@1")));
    // A batch that was recorded already says nothing again.
    record(&store, vec![draft(1, 1), draft(2, 1)], at(0));
    store.change_issues(&[IssueId(1)], &to(Status::Resolved), None, at(1)).expect("resolved");
    record(&store, vec![draft(3, 1).at(&at(2).to_string()), draft(4, 1).at(&at(2).to_string())], at(2));
    archive(&store, 1, Conditions { until: Some(at(5)), ..Conditions::default() });
    store.wake_archived(at(6)).expect("woken");
    let windowed = Some(SoMany { more: 1, window_minutes: Some(5) });
    archive(&store, 1, Conditions { users: windowed, ..Conditions::default() });
    record(&store, vec![draft(5, 1).user("ada").at(&at(7).to_string())], at(7));
    assert_eq!(signals(&store), [(1, 1, New), (2, 1, Regressed), (3, 1, CameBack), (4, 1, CameBack)]);

    let between = |from, to| {
        let found = store.signals_between(from, to, 10).expect("read");
        found.into_iter().map(|signal| signal.number).collect::<Vec<_>>()
    };
    assert_eq!(between(at(0), at(6)), [1, 2]);
    assert_eq!(between(at(2), at(7)), [2, 3]);
    assert_eq!(between(at(7), at(0)), [0; 0]);
    assert_eq!(store.signals_after(2, 1).expect("read")[0].number, 3);
    assert_eq!(store.last_signal().expect("read"), 4);

    store.prune(at(3) + SignedDuration::from_hours(35 * 24)).expect("pruned");
    assert_eq!(signals(&store), [(3, 1, CameBack), (4, 1, CameBack)]);
    assert_eq!(between(Timestamp::UNIX_EPOCH, at(60)), [3, 4]);
}

#[test]
fn parts_say_nothing_by_themselves() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    put(&store, draft(1, 1));
    put(&store, draft(2, 1));
    put(&store, draft(3, 2));
    let merged = store.merge_issues(&[IssueId(1), IssueId(2)], None, at(1)).expect("merged").parent.id;
    store.change_issues(&[merged], &to(Status::Resolved), None, at(1)).expect("resolved");
    record(&store, vec![draft(4, 2).at(&at(2).to_string())], at(2));
    let last = store.signals_after(2, 10).expect("read");
    assert_eq!(last.iter().map(|s| (s.issue, s.kind)).collect::<Vec<_>>(), [(merged, SignalKind::Regressed)]);
}
