//! How events make and change issues.

use super::{draft, hash, now, put, with_project};
use crate::model::ids::{AccountId, IssueId};
use crate::model::issue::{ActivityKind, Status, Substatus};
use crate::model::series::{Resolution, Scope};
use crate::store::{Recorded, Store, tags, users};

fn issue(store: &Store, id: u64) -> crate::model::issue::Issue {
    store.find_issue(IssueId(id)).expect("found").expect("there")
}

#[test]
fn the_first_known_hash_decides_and_new_ones_join_it() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, project) = with_project(dir.path());
    let first = put(&store, draft(1, 1)).issue;
    let second = put(&store, draft(2, 2)).issue;
    assert_ne!(first, second);
    // Unknown, known, known to another: the first known wins, the unknown joins, the other stays.
    assert_eq!(put(&store, draft(3, 0).hashes(&[3, 2, 1])).issue, second);
    assert_eq!(put(&store, draft(4, 3)).issue, second);
    assert_eq!(put(&store, draft(5, 1)).issue, first);
    assert_eq!(store.issue_hashes(second).expect("hashes"), [hash(2), hash(3)]);
    // The same inside one batch.
    let batch = [draft(6, 4).record(), draft(7, 0).hashes(&[5, 4]).record(), draft(8, 5).record()];
    let recorded = store.record_all(batch, now()).expect("recorded");
    let made: Vec<_> = recorded
        .iter()
        .map(|one| match one {
            Recorded::Stored { place: Some(place), new_issue, .. } => (place.issue, *new_issue),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(made, [(IssueId(3), true), (IssueId(3), false), (IssueId(3), false)]);
    assert_eq!(issue(&store, 3).number, 3);
    assert_eq!(store.find_issue_by_number(project, 3).expect("found"), Some(issue(&store, 3)));
    assert_eq!(store.find_issue_by_number(project, 4).expect("found"), None);
}

#[test]
fn an_issue_keeps_its_bounds_and_shows_its_newest_event() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, project) = with_project(dir.path());
    let batch = [
        draft(1, 1).at("2026-11-23T07:30:00Z").release("2").record(),
        draft(2, 1).at("2026-11-23T07:59:00Z").release("3").record(),
        draft(3, 1).at("2026-11-23T07:10:00Z").release("1").record(),
    ];
    store.record_all(batch, now()).expect("recorded");
    let found = issue(&store, 1);
    assert_eq!(found.headline.title, "GET /orders/2");
    assert_eq!(found.first_seen.to_string(), "2026-11-23T07:10:00Z");
    assert_eq!(found.last_seen.to_string(), "2026-11-23T07:59:00Z");
    assert_eq!(found.first_release.as_deref(), Some("1"));
    assert_eq!(found.last_release.as_deref(), Some("3"));
    assert_eq!((found.events, found.latest_event.0), (3, 3));
    assert_eq!(found.substatus, Some(Substatus::New));

    let from = "2026-11-23T07:09:30Z".parse().expect("from");
    let to = "2026-11-23T07:12:00Z".parse().expect("to");
    let at = 1_795_417_740;
    for scope in [Scope::Issue(found.id), Scope::Project(project)] {
        let minutes = store.series(scope, Resolution::Minute, from, to).expect("series");
        assert_eq!(minutes, [(at, 0), (at + 60, 1), (at + 120, 0)]);
        let hours = store.series(scope, Resolution::Hour, from, to).expect("series");
        assert_eq!(hours, [(1_795_417_200, 3)]);
    }
    // Minutes are pruned, the days stay.
    store.prune("2026-11-26T09:00:00Z".parse().expect("later")).expect("pruned");
    let minutes = store.series(Scope::Issue(found.id), Resolution::Minute, from, to).expect("series");
    assert!(minutes.iter().all(|(_, events)| *events == 0));
    let days = store.series(Scope::Issue(found.id), Resolution::Day, from, to).expect("series");
    assert_eq!(days, [(1_795_392_000, 3)]);
}

#[test]
fn a_late_event_of_a_later_batch_leaves_the_headline_alone() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    put(&store, draft(1, 1).at("2026-11-23T07:30:00Z"));
    put(&store, draft(2, 1).at("2026-11-23T07:10:00Z"));
    assert_eq!(issue(&store, 1).headline.title, "GET /orders/1");
    put(&store, draft(3, 1).at("2026-11-23T07:30:00Z"));
    assert_eq!(issue(&store, 1).headline.title, "GET /orders/3", "of two at one time the one that came last");
}

#[test]
fn a_resolved_issue_comes_back_only_by_a_later_event() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, project) = with_project(dir.path());
    let id = put(&store, draft(1, 1).at("2026-11-23T07:00:00Z")).issue;
    let by = Some(AccountId(5));
    let resolved = store
        .change_issues(&[id, id, IssueId(99)], &super::to(Status::Resolved), by, now())
        .expect("resolved")
        .issues;
    assert_eq!(resolved, [issue(&store, 1)]);
    assert_eq!(resolved[0].status, Status::Resolved);
    assert_eq!(store.count_issues(project, Status::Resolved).expect("count"), 1);
    assert_eq!(store.count_issues(project, Status::Unresolved).expect("count"), 0);

    put(&store, draft(2, 1).at("2026-11-23T07:59:59Z"));
    assert_eq!(issue(&store, 1).status, Status::Resolved, "it happened before the fix");
    let later = draft(3, 1).at("2026-11-23T08:00:01Z").release("9").record();
    let recorded = store.record_all([later], now()).expect("recorded");
    assert!(matches!(recorded[..], [Recorded::Stored { regressed: true, new_issue: false, .. }]));
    let back = issue(&store, 1);
    assert_eq!((back.status, back.substatus), (Status::Unresolved, Some(Substatus::Regressed)));
    assert_eq!(store.count_issues(project, Status::Unresolved).expect("count"), 1);
    assert_eq!(store.count_issues(project, Status::Resolved).expect("count"), 0);
    let activities = store.activities(id, 10).expect("activities");
    assert!(matches!(
        &activities[0].kind,
        ActivityKind::SetRegression { release: Some(release), because: Some(_) } if release == "9"
    ));
    assert_eq!(activities[1].kind, ActivityKind::SetResolved);
    assert_eq!(activities[2].kind, ActivityKind::FirstSeen);
    assert_eq!(activities[1].by, by);
    let head = *store.head().borrow();
    store.change_issues(&[id], &super::to(Status::Unresolved), by, now()).expect("no change");
    assert_eq!(*store.head().borrow(), head, "what does not change is not logged");
}

#[test]
fn users_are_exact_while_few_and_estimated_beyond() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    let record = |from: u64, to: u64| {
        let batch: Vec<_> = (from..to).map(|n| draft(n, 1).user(&(n % 5_000).to_string()).record()).collect();
        store.record_all(batch, now()).expect("recorded");
        let found = issue(&store, 1);
        (found.users, found.users_estimated)
    };
    assert_eq!(record(0, 600), (600, false));
    assert_eq!(record(5_000, 5_600), (600, false), "known users");
    assert_eq!(record(600, users::USERS_EXACT_MAX), (users::USERS_EXACT_MAX, false));
    assert_eq!(record(1_000, 1_001), (1_001, true));
    let (users, estimated) = record(1_001, 4_000);
    assert!(estimated && users.abs_diff(4_000) < 200, "{users}");
    put(&store, draft(90_000, 1));
    assert_eq!(issue(&store, 1).users, users, "an event without a user counts none");
}

#[test]
fn tags_are_counted_and_bounded() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    let values = tags::TAG_VALUES_MAX + 500;
    let batch: Vec<_> = (0..values)
        .map(|n| draft(n, 1).tag("url", &format!("/{n}")).tag("os", if n % 3 == 0 { "b" } else { "a" }))
        .map(super::Draft::record)
        .collect();
    store.record_in_parts(batch, 400);
    put(&store, draft(values, 1).at("2026-11-23T09:00:00Z").tag("url", "/7").tag("urls", "x"));
    let keys = store.tag_keys(IssueId(1)).expect("keys");
    let found: Vec<_> = keys.iter().map(|key| (key.key.as_str(), key.values, key.events)).collect();
    assert_eq!(found, [("os", 2, values), ("url", tags::TAG_VALUES_MAX, values + 1), ("urls", 1, 1)]);
    let os = store.tag_values(IssueId(1), "os", 10).expect("values");
    let found: Vec<_> = os.iter().map(|value| (value.value.as_str(), value.events)).collect();
    assert_eq!(found, [("a", 1_000), ("b", 500)]);
    let url = store.tag_values(IssueId(1), "url", 1).expect("values");
    assert_eq!((url[0].value.as_str(), url[0].events), ("/7", 2));
    assert_eq!(url[0].last_seen.to_string(), "2026-11-23T09:00:00Z");
    assert_eq!(url[0].first_seen, now());

    let many = (0..500).fold(draft(values + 1, 1), |draft, n| draft.tag(&format!("k{n}"), "v"));
    put(&store, many);
    assert_eq!(store.tag_keys(IssueId(1)).expect("keys").len(), tags::TAG_KEYS_MAX);
}
