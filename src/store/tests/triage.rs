//! What time, counts, commits and people do to issues that are resolved, archived or talked about.

use jiff::{SignedDuration, Timestamp};

use super::{draft, now, put, with_project};
use crate::model::account::Role;
use crate::model::audit::Actor;
use crate::model::ids::{AccountId, IssueId, ProjectId};
use crate::model::issue::{ActivityKind, Awaited, Fix, Issue, PriorityLevel, Status, Substatus};
use crate::model::issue_change::{Conditions, Ignore, IssueChange, Resolve, SoMany, StatusChange};
use crate::model::mark::MarkChange;
use crate::model::release::{Author, Commit};
use crate::store::{Cell, Comment, Recorded, ReleaseEdit, Store, schema};

const ISSUE: IssueId = IssueId(1);
const SHOP: ProjectId = ProjectId(1);

fn issue(store: &Store) -> Issue {
    store.find_issue(ISSUE).expect("read").expect("there")
}

fn state(store: &Store) -> (Status, Option<Substatus>) {
    let issue = issue(store);
    (issue.status, issue.substatus)
}

fn change(store: &Store, status: StatusChange) -> Option<u64> {
    let change = IssueChange { status: Some(status), ..IssueChange::default() };
    store.change_issues(&[ISSUE], &change, None, now()).expect("changed").undo
}

fn ignore(store: &Store, conditions: Conditions) {
    change(store, StatusChange::Ignored(Ignore::Until(conditions)));
}

fn at(minutes: i64) -> Timestamp {
    now() + SignedDuration::from_mins(minutes)
}

fn record(store: &Store, drafts: Vec<super::Draft>, now: Timestamp) -> Vec<Recorded> {
    store.record_all(drafts.into_iter().map(super::Draft::record), now).expect("recorded")
}

fn newest(store: &Store) -> ActivityKind {
    store.activities(ISSUE, 1).expect("read").remove(0).kind
}

#[test]
fn one_batch_brings_an_issue_back_at_the_very_event() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, project) = with_project(dir.path());
    put(&store, draft(1, 1));
    let five = Some(SoMany { more: 5, window_minutes: None });
    ignore(&store, Conditions { events: five, ..Conditions::default() });
    record(&store, (2..6).map(|n| draft(n, 1)).collect(), at(1));
    assert_eq!(state(&store), (Status::Ignored, Some(Substatus::ArchivedUntilConditionMet)));
    // The fifth of them is the third of the next batch's.
    change(&store, Status::Unresolved.into());
    ignore(&store, Conditions { events: five, ..Conditions::default() });
    record(&store, (6..9).map(|n| draft(n, 1)).collect(), at(2));
    assert_eq!(issue(&store).status, Status::Ignored, "three of five");
    record(&store, (9..19).map(|n| draft(n, 1)).collect(), at(3));
    assert_eq!(state(&store), (Status::Unresolved, Some(Substatus::Ongoing)));
    assert_eq!(
        newest(&store),
        ActivityKind::CameBack { because: Awaited::Events { more: 5, window_minutes: None } }
    );
    let cells: Vec<Cell> =
        store.issue_counts(None).expect("counts").into_iter().map(|(cell, _)| cell).collect();
    assert_eq!(cells, [Cell { project, state: issue(&store).state() }]);
}

#[test]
fn windows_count_what_falls_into_them() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    let on = |n: u64, minutes: i64| draft(n, 1).at(&at(minutes).to_string());
    record(&store, (1..9).map(|n| on(n, 0)).collect(), now());
    let three = Some(SoMany { more: 3, window_minutes: Some(10) });
    ignore(&store, Conditions { events: three, ..Conditions::default() });
    for (number, minutes) in (10..).zip([1, 20, 40, 41]) {
        record(&store, vec![on(number, minutes)], at(minutes));
        assert_eq!(issue(&store).status, Status::Ignored, "{minutes}");
    }
    record(&store, vec![on(20, 45)], at(45));
    assert_eq!(issue(&store).status, Status::Unresolved);

    let users = Some(SoMany { more: 2, window_minutes: Some(10) });
    ignore(&store, Conditions { users, ..Conditions::default() });
    for (number, user, minutes) in [(30, "ada", 50), (31, "ada", 51), (32, "bo", 70), (33, "bo", 71)] {
        record(&store, vec![on(number, minutes).user(user)], at(minutes));
        assert_eq!(issue(&store).status, Status::Ignored, "{user} {minutes}");
    }
    record(&store, vec![on(34, 75).user("cy")], at(75));
    assert_eq!(issue(&store).status, Status::Unresolved);
    assert_eq!(schema::row_counts(&store)["archive_users"], 0, "who was met is forgotten");
}

#[test]
fn users_are_counted_from_when_it_was_archived() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    record(&store, vec![draft(1, 1).user("ada"), draft(2, 1).user("bo")], now());
    let two = Some(SoMany { more: 2, window_minutes: None });
    ignore(&store, Conditions { users: two, ..Conditions::default() });
    record(&store, vec![draft(3, 1).user("ada"), draft(4, 1).user("cy")], at(1));
    assert_eq!(issue(&store).status, Status::Ignored, "Ada is known");
    record(&store, vec![draft(5, 1).user("di")], at(2));
    assert_eq!(issue(&store).status, Status::Unresolved);
}

#[test]
fn an_archive_ends_with_its_time() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    put(&store, draft(1, 1));
    ignore(&store, Conditions { until: Some(at(30)), ..Conditions::default() });
    assert_eq!(store.wake_archived(at(29)).expect("looked"), 0);
    assert_eq!(store.wake_archived(at(30)).expect("looked"), 1);
    assert_eq!(state(&store), (Status::Unresolved, Some(Substatus::Ongoing)));
    assert_eq!(store.wake_archived(at(31)).expect("looked"), 0);
    assert_eq!(schema::row_counts(&store)["archive_deadlines"], 0);
    // What people change takes its deadline along, and an event may be first.
    ignore(&store, Conditions { until: Some(at(60)), ..Conditions::default() });
    change(&store, Status::Resolved.into());
    assert_eq!(store.wake_archived(at(61)).expect("looked"), 0);
    ignore(&store, Conditions { until: Some(at(90)), ..Conditions::default() });
    record(&store, vec![draft(2, 1)], at(95));
    assert_eq!(issue(&store).status, Status::Unresolved);
    assert_eq!(newest(&store), ActivityKind::CameBack { because: Awaited::Time { until: at(90) } });
}

#[test]
fn an_undo_gives_the_archive_and_the_resolution_back() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    put(&store, draft(1, 1).release("shop@1.0.0"));
    let seven = Some(SoMany { more: 7, window_minutes: None });
    ignore(&store, Conditions { events: seven, until: Some(at(90)), ..Conditions::default() });
    let archived = issue(&store);
    let undo = change(&store, StatusChange::Resolved(Resolve::InRelease("shop@1.0.1".into())));
    let resolved = issue(&store);
    assert!(resolved.archive.is_none() && resolved.resolution.is_some());
    store.undo_change(undo.expect("named"), None, now()).expect("asked").expect("undone");
    assert_eq!(issue(&store), archived);

    change(&store, StatusChange::Resolved(Resolve::InRelease("shop@1.0.1".into())));
    record(&store, vec![draft(2, 1).release("shop@1.0.0").at(&at(5).to_string())], at(5));
    let still_seen = issue(&store);
    assert_eq!(still_seen.still_seen.as_ref().map(|seen| seen.events), Some(1));
    let undo = change(&store, StatusChange::Resolved(Resolve::InNextRelease));
    assert_eq!(issue(&store).still_seen, None, "another resolution counts anew");
    store.undo_change(undo.expect("named"), None, now()).expect("asked").expect("undone");
    assert_eq!(issue(&store), still_seen);
    let same = change(&store, StatusChange::Resolved(Resolve::InRelease("shop@1.0.1".into())));
    assert_eq!(same, None, "it is said already");
}

#[test]
fn a_release_is_no_regression_because_its_first_events_come_in_one_batch() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    put(&store, draft(1, 1).release("shop@2.0.0"));
    change(&store, StatusChange::Resolved(Resolve::InNextRelease));
    // An old client, unheard of until now: its first event is older than the resolution.
    let old = |n: u64, minutes: i64| draft(n, 1).release("shop@2.1.0-beta").at(&at(minutes).to_string());
    record(&store, vec![old(2, -60), old(3, 10)], at(11));
    assert_eq!(issue(&store).status, Status::Resolved);
    record(&store, vec![draft(4, 1).release("shop@2.1.0").at(&at(20).to_string())], at(20));
    assert_eq!(state(&store), (Status::Unresolved, Some(Substatus::Regressed)));
    assert_eq!(issue(&store).regressed_in.as_deref(), Some("shop@2.1.0"));
    let release = store.find_release("shop@2.1.0").expect("read").expect("there");
    assert_eq!(store.release_projects(release.id).expect("read")[0].1.regressed_issues, 1);
}

fn fix(id: &str, message: &str) -> Commit {
    Commit {
        id: id.repeat(40),
        repository: Some("acme/shop".to_owned()),
        message: Some(message.to_owned()),
        author: Author { name: None, email: Some("Ada@example.com".to_owned()) },
        at: now(),
        files: Vec::new(),
    }
}

fn release_with(store: &Store, version: &str, commits: &[Commit]) {
    let edit = ReleaseEdit { commits: Some(commits.to_vec()), ..ReleaseEdit::default() };
    store.declare_release(version, &[SHOP], edit, at(1)).expect("declared");
    store.resolve_by_commits(version, &[SHOP], commits, at(1)).expect("resolved");
}

#[test]
fn commits_resolve_what_they_name() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    let by = Actor::default();
    let ada = store.create_account("ada@example.com", "Ada", "x", Role::Member, &by, now()).expect("made").id;
    put(&store, draft(1, 1).release("shop@2.14.1"));
    put(&store, draft(2, 2).release("shop@2.14.1"));
    release_with(&store, "shop@2.14.2", &[fix("b", "docs"), fix("a", "pay once\n\nFixes SHOP-1, PAY-1")]);
    assert_eq!(issue(&store).status, Status::Resolved);
    let told = store.activities(ISSUE, 1).expect("read").remove(0);
    assert_eq!(told.by, Some(ada));
    assert!(
        matches!(told.kind, ActivityKind::SetResolvedInCommit { version: Some(version), .. } if version == "shop@2.14.2")
    );
    assert_eq!(store.count_issues(SHOP, Status::Unresolved).expect("count"), 1, "SHOP-2 is nobody's fix");

    release_with(&store, "shop@1.9.4", &[fix("c", "backport: fixes SHOP-1")]);
    let Some(Fix::Commit { releases, .. }) = issue(&store).resolution.map(|known| known.fix) else {
        panic!("by a commit")
    };
    assert_eq!(
        releases.iter().map(|known| known.version.as_str()).collect::<Vec<_>>(),
        ["shop@2.14.2", "shop@1.9.4"]
    );

    // Cut from the branch before the fixing commit, though its number is higher.
    release_with(&store, "shop@2.14.3", &[fix("d", "other")]);
    release_with(&store, "shop@2.14.2", &[fix("b", "docs"), fix("a", "Fixes SHOP-1"), fix("d", "other")]);
    record(&store, vec![draft(3, 1).release("shop@2.14.3").at(&at(60).to_string())], at(60));
    assert_eq!(issue(&store).status, Status::Resolved);
    record(&store, vec![draft(4, 1).release("shop@2.14.2").at(&at(61).to_string())], at(61));
    assert_eq!(state(&store), (Status::Unresolved, Some(Substatus::Regressed)));
    // CI tells the same commits again.
    release_with(&store, "shop@2.14.2", &[fix("a", "Fixes SHOP-1")]);
    assert_eq!(issue(&store).status, Status::Unresolved);
}

#[test]
fn what_escalates_is_told_and_comes_back() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    let mut number = 0;
    let mut send = |events: u64, group: u8, minutes: i64| {
        let drafts = (0..events).map(|_| {
            number += 1;
            draft(number, group).at(&at(minutes).to_string())
        });
        record(&store, drafts.collect(), at(minutes));
    };
    // Three an hour for two days; the second issue begins with the surge.
    for hour in 0..48 {
        send(3, 1, hour * 60);
    }
    change(&store, StatusChange::Ignored(Ignore::UntilEscalating));
    let surge = 48 * 60;
    send(40, 1, surge);
    send(40, 2, surge);
    assert_eq!(store.look_for_surges(at(surge + 1)).expect("looked"), 1);
    assert_eq!(state(&store), (Status::Unresolved, Some(Substatus::Escalating)));
    let ActivityKind::SetEscalating { because } = newest(&store) else { panic!("told") };
    assert_eq!((because.events, because.highest), (40, 3));
    let other = store.find_issue(IssueId(2)).expect("read").expect("there");
    assert_eq!(other.substatus, Some(Substatus::New), "it has no past to be worse than");
    assert_eq!(store.look_for_surges(at(surge + 2)).expect("looked"), 0, "it is told once");
    assert_eq!(store.settle_issues(at(surge + 23 * 60)).expect("settled"), 0);
    assert_eq!(store.settle_issues(at(surge + 25 * 60)).expect("settled"), 1);
    assert_eq!(state(&store).1, Some(Substatus::Ongoing));
    let week = SignedDuration::from_hours(7 * 24);
    assert_eq!(store.settle_issues(at(surge + 1) + week).expect("settled"), 1, "the new one is a week old");
    let cells = store.issue_counts(None).expect("counts");
    assert_eq!(cells.len(), 1, "all lists and counts follow: {cells:?}");
    assert_eq!(cells[0].1, 2);
}

#[test]
fn priority_follows_what_is_seen_until_somebody_chooses() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    put(&store, draft(1, 1));
    assert_eq!(issue(&store).priority.level, PriorityLevel::Medium);
    record(&store, (0..100).map(|n| draft(10 + n, 1).user(&n.to_string())).collect(), now());
    assert_eq!(issue(&store).priority.level, PriorityLevel::High, "a hundred people");
    let low = IssueChange { priority: Some(PriorityLevel::Low), ..IssueChange::default() };
    let undo = store.change_issues(&[ISSUE], &low, None, now()).expect("changed").undo;
    record(&store, vec![draft(500, 1).user("new")], at(1));
    assert_eq!(issue(&store).priority.level, PriorityLevel::Low, "it was chosen");
    assert_eq!(newest(&store), ActivityKind::SetPriority { priority: PriorityLevel::Low });
    store.undo_change(undo.expect("named"), None, now()).expect("asked").expect("undone");
    assert_eq!(issue(&store).priority.chosen_at, None);
}

#[test]
fn comments_are_numbered_once_and_marks_are_a_persons_own() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, project) = with_project(dir.path());
    put(&store, draft(1, 1));
    let (ada, bo) = (AccountId(1), AccountId(2));
    let say = |text: &str| Comment { text: text.to_owned(), mentions: vec![bo] };
    let (first, _) = store.add_comment(ISSUE, say("one"), Some(ada), now()).expect("added");
    store.remove_comment(ISSUE, first).expect("removed");
    let (second, _) = store.add_comment(ISSUE, say("two"), Some(ada), now()).expect("added");
    assert!(second > first, "a number is given once");
    store.edit_comment(ISSUE, second, say("three"), at(1)).expect("edited");
    assert_eq!(issue(&store).comments, 1);
    let history = store.history(ISSUE, None, 10).expect("read");
    assert_eq!(history.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [second, 0]);
    assert!(store.edit_comment(ISSUE, first, say("late"), at(1)).is_err());
    assert!(store.remove_comment(ISSUE, 0).is_err(), "the first sight of an issue is no comment");

    let bookmark = |is| MarkChange { is_bookmarked: Some(is), ..MarkChange::default() };
    store.mark_issues(&[ISSUE], ada, bookmark(true), now()).expect("marked");
    store
        .mark_issues(&[ISSUE], bo, MarkChange { takes_part: true, ..MarkChange::default() }, now())
        .expect("marked");
    assert!(store.bookmarked(ada).expect("read").contains(ISSUE));
    assert!(store.bookmarked(bo).expect("read").is_empty());
    assert_eq!(store.marks(&[ISSUE], bo).expect("read")[0].is_subscribed, Some(true));
    assert_eq!(store.marks_of(ISSUE).expect("read").len(), 2);
    store.delete_project(project, now()).expect("deleted");
    while store.erase_rest(project, now()).expect("erased") {}
    let rows = schema::row_counts(&store);
    assert_eq!((rows["bookmarks"], rows["issue_marks"]), (0, 0));
}
