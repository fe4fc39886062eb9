//! Merging issues, and taking them apart.

use super::{Draft, draft, hash, now, open, put, to, with_project};
use crate::model::grouping::Headline;
use crate::model::ids::{AccountId, IssueId};
use crate::model::issue::{Activity, ActivityKind, Archive, Issue, NamedIssue, Status, Substatus, Threshold};
use crate::model::series::{Resolution, Scope};
use crate::store::issue_rows::{self, Changed};
use crate::store::json;
use crate::store::keys::pair;
use crate::store::schema::ACTIVITIES;
use crate::store::{IssueFilter, IssueSort, Store, StoreError};
use jiff::{SignedDuration, Timestamp};

mod random;

const ADA: Option<AccountId> = Some(AccountId(1));

fn find(store: &Store, id: IssueId) -> Issue {
    store.find_issue(id).expect("found").expect("there")
}

fn merge(store: &Store, ids: &[IssueId]) -> crate::store::Merged {
    store.merge_issues(ids, ADA, now()).expect("merged")
}

fn listed(store: &Store) -> Vec<IssueId> {
    let filter = IssueFilter { cells: None, seen_since: None, sort: IssueSort::Events };
    let page = store.list_issues(&filter, None, 100, &|_| true).expect("listed");
    page.issues.iter().map(|issue| issue.id).collect()
}

impl Store {
    /// What an archived issue waits for, however people say that.
    fn set_archive(&self, id: IssueId, archive: Archive) {
        self.write(|txn| {
            let mut row = Changed::loaded(find(self, id));
            row.issue.archive = Some(archive);
            issue_rows::write(txn, [&row])
        })
        .expect("written");
    }
}

impl Store {
    /// Puts comments into a history, however people say that.
    fn set_notes(&self, id: IssueId, notes: &[(u64, ActivityKind)]) {
        self.write(|txn| {
            let mut row = Changed::loaded(find(self, id));
            let mut table = txn.open_table(ACTIVITIES)?;
            for (number, kind) in notes {
                let activity = Activity::of_server(now(), kind.clone());
                let is_new =
                    table.insert(&pair(id.0, *number), json::encode(&activity)?.as_slice())?.is_none();
                let change = i64::from(is_new) - i64::from(*kind == ActivityKind::NoteRemoved);
                row.issue.comments = row.issue.comments.saturating_add_signed(change);
            }
            issue_rows::write(txn, [&row])
        })
        .expect("written");
    }
}

fn later(minutes: i64) -> Timestamp {
    now() + SignedDuration::from_mins(minutes)
}

/// Three events of group 1 by ada and bo, one of group 2 by bo.
fn with_two(store: &Store) -> (IssueId, IssueId) {
    let one = put(store, draft(1, 1).user("ada").tag("os", "linux").release("shop@1.0")).issue;
    put(store, draft(2, 1).user("bo").tag("os", "mac").at("2026-11-23T07:00:00Z"));
    put(store, draft(3, 1).user("bo").tag("os", "linux"));
    let other = draft(4, 2).user("bo").tag("os", "linux").tag("only", "here");
    let two = put(store, other.at("2026-11-23T09:00:00Z").release("shop@1.1")).issue;
    (one, two)
}

#[test]
fn merged_issues_are_shown_and_counted_as_one() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, project) = with_project(dir.path());
    let (one, two) = with_two(&store);
    let merged = merge(&store, &[two, one]);
    assert_eq!((merged.parent.id, merged.children.as_slice()), (one, &[two][..]));
    let check = |store: &Store, events: u64| {
        let issue = find(store, one);
        assert_eq!(find(store, two), issue, "a merged-away number resolves to the parent");
        assert_eq!(store.find_issue_by_number(project, 2).expect("found"), Some(issue.clone()));
        assert_eq!((issue.events, issue.users), (events, 2));
        assert_eq!(issue.first_seen, "2026-11-23T07:00:00Z".parse().expect("a time"));
        assert_eq!(issue.last_seen, "2026-11-23T09:00:00Z".parse().expect("a time"));
        assert_eq!(issue.headline.title, "GET /orders/4");
        assert_eq!(issue.last_release.as_deref(), Some("shop@1.1"));
        assert_eq!(listed(store), [one]);
        assert_eq!(store.count_issues(project, Status::Unresolved).expect("count"), 1);
        let events_listed = store.issue_events(two, None, 100).expect("events");
        assert_eq!(events_listed.len() as u64, events);
        let up: Vec<_> =
            store.issue_events_after(one, None, 2).expect("events").iter().map(|e| e.seq.0).collect();
        assert_eq!(up, [1, 2]);
        let os = store.tag_values(one, "os", 10).expect("values");
        assert_eq!(os.iter().map(|value| value.events).collect::<Vec<_>>(), [events - 1, 1]);
        let day = |id| store.series(Scope::Issue(id), Resolution::Day, now(), later(1)).expect("series")[0].1;
        assert_eq!((day(one), day(two)), (events, events - 3));
    };
    check(&store, 4);
    put(&store, draft(5, 2).user("ada").tag("os", "linux"));
    check(&store, 5);
    drop(store);
    let store = open(dir.path());
    check(&store, 5);
    let hashes: Vec<_> = store
        .issue_parts(one)
        .expect("parts")
        .into_iter()
        .map(|part| (part.name.id, part.counted.events, part.hashes))
        .collect();
    assert_eq!(hashes, [(one, 3, vec![hash(1)]), (two, 2, vec![hash(2)])]);

    let out = store.unmerge_hashes(one, &[hash(2)], ADA, later(5)).expect("unmerged");
    assert_eq!(out.issues, [two]);
    let (first, second) = (find(&store, one), find(&store, two));
    assert_eq!((first.events, first.users, second.events, second.users), (3, 2, 2, 2));
    assert_eq!((first.id, second.id, listed(&store).len()), (one, two, 2));
    assert_eq!(store.tag_keys(one).expect("keys").len(), 1);
    put(&store, draft(6, 2));
    assert_eq!((find(&store, one).events, find(&store, two).events), (3, 3), "it stays apart");
    let told: Vec<_> = store.activities(one, 10).expect("told").into_iter().map(|told| told.kind).collect();
    let named = |id: u64| NamedIssue { id: IssueId(id), number: id };
    let source =
        ActivityKind::UnmergeSource { fingerprints: vec![hash(2).to_string()], destination: Some(named(2)) };
    assert_eq!(told, [source, ActivityKind::Merge { issues: vec![named(2)] }, ActivityKind::FirstSeen]);
}

#[test]
fn what_cannot_be_merged_says_why() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    let (one, two) = with_two(&store);
    store.create_project("pay", "Pay", None, crate::model::ids::PublicKey([8; 16]), now()).expect("created");
    let foreign = put(&store, Draft { project: crate::model::ids::ProjectId(2), ..draft(9, 1) }).issue;
    let refused = |ids: &[IssueId]| match store.merge_issues(ids, ADA, now()) {
        Err(StoreError::Impossible(detail)) => detail,
        other => panic!("refused, not {:?}", other.map(|merged| merged.children)),
    };
    for (ids, part) in [
        (&[one][..], "two issues"),
        (&[one, one], "two issues"),
        (&[one, IssueId(99)], "two issues"),
        (&[one, foreign], "one project"),
    ] {
        assert!(refused(ids).contains(part), "{ids:?}");
    }
    merge(&store, &[one, two]);
    assert!(refused(&[one, two]).contains("two issues"), "they are one");
    for hashes in [&[hash(1), hash(2)][..], &[hash(7)]] {
        assert!(matches!(store.unmerge_hashes(one, hashes, ADA, now()), Err(StoreError::Impossible(_))));
    }
    let alone = store.unmerge_hashes(foreign, &[hash(1)], ADA, now());
    assert!(matches!(alone, Err(StoreError::Impossible(detail)) if detail.contains("last group")));
    let parts: Vec<IssueId> =
        (100..200).map(|n| put(&store, draft(n, u8::try_from(n).expect("small"))).issue).collect();
    merge(&store, &parts);
    assert!(refused(&[one, parts[0]]).contains("100 parts"));
}

#[test]
fn merging_merged_issues_makes_one_of_all_and_undo_takes_it_back() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    let ids: Vec<IssueId> = [(1, 1), (2, 1), (3, 2), (4, 3), (5, 3), (6, 3), (7, 4)]
        .map(|(number, group)| put(&store, draft(number, group).user("ada")).issue)
        .to_vec();
    let (one, two, three, four) = (ids[0], ids[2], ids[3], ids[6]);
    merge(&store, &[one, two]);
    merge(&store, &[three, four]);
    let before = (find(&store, one), find(&store, three));
    let all = store.merge_issues(&[two, four], ADA, later(1)).expect("merged");
    assert_eq!((all.parent.id, all.parent.events, all.parent.users), (three, 7, 1));
    assert_eq!(all.children, [one]);
    assert_eq!(store.merges().parts(three), [three, one, two, four]);
    assert_eq!(listed(&store), [three]);
    let undone = store.undo_change(all.undo, ADA, later(2)).expect("asked").expect("undone");
    assert_eq!((undone.issues.len(), undone.passed_over), (2, 0));
    assert_eq!((find(&store, two), find(&store, four)), before);
    assert_eq!(store.merges().parts(one), [one, two]);

    // The own part leaves: the issue keeps its number with it, the rest has another.
    let again = store.merge_issues(&[two, four], ADA, later(3)).expect("merged");
    let out = store.unmerge_hashes(three, &[hash(3)], ADA, later(4)).expect("unmerged");
    assert_eq!(out.issues, [one]);
    assert_eq!((find(&store, three).events, find(&store, one).events), (3, 4));
    assert_eq!(store.merges().parts(one), [one, two, four]);
    let undone = store.undo_change(again.undo, ADA, later(5)).expect("asked").expect("undone");
    assert_eq!((undone.issues.len(), undone.passed_over), (0, 2), "it was taken apart since");
    store.undo_change(out.undo.expect("it can be"), ADA, later(6)).expect("asked").expect("undone");
    assert_eq!((listed(&store), find(&store, one).events), (vec![three], 7));
}

#[test]
fn what_still_fails_is_never_hidden() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    let (one, two) = with_two(&store);
    store.change_issues(&[one], &to(Status::Resolved), ADA, later(1)).expect("resolved");
    let resolved = find(&store, one);
    let merged = store.merge_issues(&[one, two], ADA, later(2)).expect("merged");
    assert_eq!((merged.parent.id, merged.parent.status), (one, Status::Unresolved));
    assert_eq!(merged.parent.substatus, Some(Substatus::Ongoing));
    let kinds = |id| store.activities(id, 2).expect("told").into_iter().map(|told| (told.kind, told.undo));
    let last = |id: IssueId| kinds(id).next().expect("one");
    assert_eq!(last(one), (ActivityKind::SetUnresolved, false));
    assert!(matches!(kinds(one).nth(1), Some((ActivityKind::Merge { .. }, false))));

    // Nothing came in between: each is what it was.
    store.undo_change(merged.undo, ADA, later(3)).expect("asked").expect("undone");
    assert_eq!(find(&store, one), resolved);
    assert_eq!(last(one), (ActivityKind::SetResolved, true));
    assert_eq!(find(&store, two).substatus, Some(Substatus::New));

    // Something came of the resolved one, which nobody held against it: it stays unresolved.
    store.merge_issues(&[one, two], ADA, later(4)).expect("merged");
    put(&store, draft(10, 1).at("2026-11-23T08:05:00Z"));
    store.unmerge_hashes(one, &[hash(2)], ADA, later(6)).expect("unmerged");
    assert_eq!(find(&store, one).status, Status::Unresolved);

    // What was decided about the whole was decided about its parts.
    store.merge_issues(&[one, two], ADA, later(7)).expect("merged");
    store.change_issues(&[two], &to(Status::Ignored), ADA, later(8)).expect("ignored");
    assert_eq!(find(&store, one).status, Status::Ignored, "a merged-away number means the whole");
    store.unmerge_hashes(one, &[hash(2)], ADA, later(9)).expect("unmerged");
    assert_eq!((find(&store, one).status, find(&store, two).status), (Status::Ignored, Status::Ignored));
}

#[test]
fn a_hash_that_is_split_off_makes_an_issue_with_its_next_event() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    let both = |number| draft(number, 1).hashes(&[1, 2]);
    let one = put(&store, both(1)).issue;
    let done = store.unmerge_hashes(one, &[hash(2)], ADA, now()).expect("split");
    assert_eq!((done.split.as_slice(), done.issues.len(), done.undo), (&[hash(2)][..], 0, None));
    assert_eq!(store.issue_hashes(one).expect("hashes"), [hash(1)]);
    assert_eq!(put(&store, both(2)).issue, one, "its first known hash leads there");
    drop(store);
    let store = open(dir.path());
    let new = put(&store, draft(3, 2).hashes(&[2, 3])).issue;
    assert_ne!(new, one);
    assert_eq!(store.issue_hashes(new).expect("hashes"), [hash(2), hash(3)]);
    assert_eq!((put(&store, draft(4, 2)).issue, put(&store, both(5)).issue), (new, one));
    assert_eq!((find(&store, one).events, find(&store, new).events), (3, 2));
    let told = store.activities(new, 10).expect("told");
    let source = NamedIssue { id: one, number: 1 };
    let kind = ActivityKind::UnmergeDestination { fingerprints: vec![hash(2).to_string()], source };
    assert!(told.iter().any(|told| told.kind == kind), "{told:?}");
    assert!(store.unmerge_hashes(one, &[hash(1)], ADA, now()).is_err(), "the last stays");
}

#[test]
fn a_part_is_called_anew_with_the_issue_that_shows_it() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    let (one, two) = with_two(&store);
    merge(&store, &[one, two]);
    let latest = store.issue_events(one, None, 1).expect("events")[0];
    assert_eq!(latest.issue, two, "an event names its part");
    let called = Headline { title: "readable".to_owned(), ..Headline::default() };
    assert_eq!(store.refresh_headlines(&[(latest, called.clone())]).expect("refreshed"), 1);
    assert_eq!(find(&store, one).headline, called);
    store.unmerge_hashes(one, &[hash(2)], ADA, now()).expect("unmerged");
    assert_eq!(find(&store, two).headline, called);
    assert_eq!(find(&store, one).headline.title, "GET /orders/3");
}

#[test]
fn details_that_were_let_go_leave_the_numbers_of_merged_issues_as_they_were() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    let (one, two) = with_two(&store);
    merge(&store, &[one, two]);
    let before = "2027-06-01T00:00:00Z".parse().expect("a time");
    assert_eq!(store.drop_unseen(before).expect("dropped"), 1, "parts are no issues");
    let whole = find(&store, one);
    assert_eq!((whole.users, whole.users_estimated, whole.events), (2, true, 4));
    assert!(store.tag_keys(one).expect("keys").is_empty());
    store.unmerge_hashes(one, &[hash(2)], ADA, now()).expect("unmerged");
    let (first, second) = (find(&store, one), find(&store, two));
    assert_eq!((first.events, first.users, second.events, second.users), (3, 2, 1, 1));
    assert!(store.tag_keys(one).expect("keys").is_empty() && store.tag_keys(two).expect("keys").is_empty());
    merge(&store, &[one, two]);
    assert_eq!((find(&store, one).events, find(&store, one).users), (4, 2));

    // One that was hidden while it was long unseen is looked at once it is shown again.
    let late = put(&store, draft(20, 1).at("2026-11-23T10:00:00Z").tag("os", "mac"));
    put(&store, draft(21, 2).at("2026-11-20T10:00:00Z").tag("os", "mac"));
    store.unmerge_hashes(late.issue, &[hash(2)], ADA, now()).expect("unmerged");
    let before = "2026-11-23T09:30:00Z".parse().expect("a time");
    assert_eq!(store.drop_unseen(before).expect("dropped"), 1);
    assert!(store.tag_keys(two).expect("keys").is_empty() && !store.tag_keys(one).expect("keys").is_empty());
}

#[test]
fn an_archived_issue_waits_for_as_many_more_whatever_is_merged_into_it() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    let (one, two) = with_two(&store);
    let wait = |more| Some(Threshold { more, window_minutes: None, counted: 2 });
    let archive = Archive { events: wait(10), users: wait(5), until: None };
    for id in [one, two] {
        store.change_issues(&[id], &to(Status::Ignored), ADA, now()).expect("ignored");
        store.set_archive(id, archive.clone());
    }
    merge(&store, &[one, two]);
    let counted = |id: IssueId| {
        let archive = find(&store, id).archive.expect("it waits");
        (archive.events.expect("for events").counted, archive.users.expect("for users").counted)
    };
    // One of three events had come since, and now it is one of four; of two users there had come none.
    assert_eq!(counted(one), (3, 2));
    store.unmerge_hashes(one, &[hash(2)], ADA, now()).expect("unmerged");
    assert_eq!((counted(one), counted(two)), ((2, 2), (2, 2)), "each waits as it did");
}

#[test]
fn people_of_both_count_once_also_where_they_are_too_many_to_keep() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    let of = |group: u8, users: std::ops::Range<u64>| {
        let first = u64::from(group) * 10_000;
        let event = move |user: u64| {
            draft(first + user, group).user(&user.to_string()).tag("user", &user.to_string()).record()
        };
        users.map(event).collect()
    };
    store.record_in_parts(of(1, 0..1_200), 300);
    store.record_in_parts(of(2, 900..1_800), 300);
    let (many, fewer) = (IssueId(1), IssueId(2));
    let before = (find(&store, many), find(&store, fewer));
    assert!(before.0.users_estimated && !before.1.users_estimated);
    let whole = merge(&store, &[many, fewer]).parent;
    let error = (whole.users as f64 / 1_800.0 - 1.0).abs();
    assert!(whole.users_estimated && error < 0.05, "{}", whole.users);
    let user = store.tag_keys(many).expect("keys").remove(0);
    assert_eq!((user.events, user.values), (2_100, 1_000), "what is beyond the bound counts to the total");
    store.unmerge_hashes(many, &[hash(2)], ADA, now()).expect("unmerged");
    assert_eq!((find(&store, many), find(&store, fewer)), before);
}

#[test]
fn comments_are_read_where_their_issue_is_shown_and_go_back_with_it() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    let (one, two) = with_two(&store);
    let note = |text: &str| ActivityKind::Note { text: text.to_owned(), mentions: Vec::new(), edited: None };
    store.set_notes(two, &[(1, note("first")), (2, note("second")), (3, note("third"))]);
    let read = |id: IssueId| -> Vec<String> {
        let told = store.history(id, None, 100).expect("told").into_iter().rev();
        told.filter_map(|(_, told)| match told.kind {
            ActivityKind::Note { text, .. } => Some(text),
            _ => None,
        })
        .collect()
    };
    merge(&store, &[one, two]);
    assert_eq!(read(one), ["first", "second", "third"]);
    assert_eq!(find(&store, one).comments, 3);
    // There, one is changed, one is taken away, and one is the whole's own.
    store.set_notes(one, &[(1, note("first, changed")), (2, ActivityKind::NoteRemoved), (9, note("own"))]);
    store.unmerge_hashes(one, &[hash(2)], ADA, now()).expect("unmerged");
    assert_eq!(
        (read(one), read(two)),
        (vec!["own".to_owned()], vec!["first, changed".to_owned(), "third".to_owned()])
    );
    assert_eq!((find(&store, one).comments, find(&store, two).comments), (1, 2));
}
