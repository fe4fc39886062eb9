//! Releases that builds declare and events name.

use jiff::{SignedDuration, Timestamp};

use super::{deploy, draft, now, open, put, with_project};
use crate::model::ids::{ProjectId, PublicKey};
use crate::model::release::{Author, ChangedFile, Commit, FileChange, Release, ReleaseProject};
use crate::store::STATE_FILE;
use crate::store::deploys::DEPLOYS_MAX;
use crate::store::releases::{RELEASES_OF_PROJECT_MAX, change_count, newest as newest_of};
use crate::store::schema::{DEPLOY_TIMES, META, RELEASE_VERSION_ORDER, meta};
use crate::store::{ReleaseCursor, ReleaseEdit, ReleaseFilter, ReleaseSort, Store};

const SHOP: ProjectId = ProjectId(1);

fn versions(store: &Store, project: Option<ProjectId>) -> Vec<String> {
    let filter = ReleaseFilter { projects: project.map(|project| vec![project]), ..ReleaseFilter::default() };
    let page = store.releases(&filter, |_| true, None, 100).expect("a page");
    assert_eq!(page.next, None);
    page.releases.into_iter().map(|release| release.version).collect()
}

fn said(store: &Store, version: &str) -> ReleaseProject {
    let release = store.find_release(version).expect("read").expect(version);
    let projects = store.release_projects(release.id).expect("read");
    assert_eq!(projects.len(), 1);
    projects[0].1
}

fn declare(store: &Store, version: &str, edit: ReleaseEdit, at: Timestamp) -> Release {
    store.declare_release(version, &[SHOP], edit, at).expect("declared").release
}

fn commit(id: &str) -> Commit {
    Commit {
        id: id.to_owned(),
        repository: Some("acme/shop".to_owned()),
        message: None,
        author: Author { name: None, email: Some("ada@example.com".to_owned()) },
        at: now(),
        files: vec![ChangedFile { path: "src/pay.ts".to_owned(), kind: FileChange::Modified }],
    }
}

#[test]
fn events_say_when_a_release_was_seen_and_which_issues_are_new_in_it() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    let at = |time: &str, number, group| draft(number, group).release("1.0").at(time);
    put(&store, at("2026-11-23T07:00:00Z", 1, 1));
    put(&store, at("2026-11-23T07:00:30Z", 2, 1));
    let first = said(&store, "1.0");
    assert_eq!(first.last_event, first.first_event, "half a minute moves nothing");
    put(&store, at("2026-11-23T07:05:00Z", 3, 2));
    put(&store, at("2026-11-23T06:00:00Z", 4, 2));
    let later = said(&store, "1.0");
    let time = |text: &str| Some(text.parse::<Timestamp>().expect("a time"));
    assert_eq!(later.first_event, time("2026-11-23T06:00:00Z"));
    assert_eq!(later.last_event, time("2026-11-23T07:05:00Z"));
    assert_eq!(later.new_issues, 2);
    // Without a release, or with one that is none, nothing is noted.
    put(&store, draft(5, 1));
    put(&store, draft(6, 1).release(&"x".repeat(300)));
    assert_eq!(versions(&store, None), ["1.0"]);
}

#[test]
fn a_declared_release_moves_to_the_day_on_which_it_went_live() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    for (hours, version) in [(1, "1.0"), (2, "1.1"), (3, "1.2")] {
        declare(&store, version, ReleaseEdit::default(), now() + SignedDuration::from_hours(hours));
    }
    assert_eq!(versions(&store, Some(SHOP)), ["1.2", "1.1", "1.0"]);
    let id = store.find_release("1.0").expect("read").expect("there").id;
    let live =
        ReleaseEdit { released: Some(now() + SignedDuration::from_hours(9)), ..ReleaseEdit::default() };
    store.change_release(id, live, now()).expect("changed");
    assert_eq!(versions(&store, Some(SHOP)), ["1.0", "1.2", "1.1"]);
    assert_eq!(versions(&store, None), ["1.0", "1.2", "1.1"]);
    let behind = store.releases(&ReleaseFilter::default(), |_| true, None, 1).expect("a page");
    let cursor = behind.next.expect("more");
    assert_eq!(cursor, ReleaseCursor::of(&behind.releases[0]));
    let rest = store.releases(&ReleaseFilter::default(), |_| true, Some(cursor), 5).expect("a page");
    assert_eq!(rest.releases.len(), 2);
    store.delete_release(id).expect("deleted");
    drop(store);
    assert_eq!(versions(&open(dir.path()), None), ["1.2", "1.1"]);
}

#[test]
fn commits_go_on_from_the_release_before_of_the_same_project() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    let pay = store.create_project("pay", "Pay", None, PublicKey([8; 16]), now()).expect("created").id;
    let with = |id: &str| ReleaseEdit { commits: Some(vec![commit(id)]), ..ReleaseEdit::default() };
    let at = |minutes| now() + SignedDuration::from_mins(minutes);
    declare(&store, "1.0", with("a"), at(1));
    store.declare_release("pay-7", &[pay], with("b"), at(2)).expect("declared");
    declare(&store, "1.1", ReleaseEdit::default(), at(3));
    let newest = declare(&store, "1.2", with("c"), at(4));
    let previous = store.previous_release_with_commits(&newest).expect("read").expect("one");
    assert_eq!(previous.version, "1.0");
    assert_eq!(previous.last_commit.map(|commit| (commit.id, commit.files)), Some(("a".to_owned(), vec![])));
    assert_eq!(store.release_commits(newest.id, 0, 9).expect("read"), [(0, commit("c"))]);
    assert_eq!(newest.heads.len(), 1);
    let cleared = ReleaseEdit { heads: Some(Vec::new()), ..ReleaseEdit::default() };
    let cleared = store.change_release(newest.id, cleared, now()).expect("changed");
    assert_eq!((cleared.commits, cleared.heads.len(), cleared.last_commit), (0, 0, None));
}

#[test]
fn made_up_releases_make_room_for_each_other_and_never_for_less_than_a_declared_one() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    declare(&store, "declared", ReleaseEdit::default(), now());
    put(&store, draft(1, 1).release("a").received("2026-11-23T08:01:00Z"));
    put(&store, draft(2, 1).release("b").received("2026-11-23T08:02:00Z"));
    let full = i64::try_from(RELEASES_OF_PROJECT_MAX).expect("small") - 3;
    store.write(|txn| change_count(txn, SHOP, full)).expect("as if there were as many as there may be");
    put(&store, draft(3, 1).release("c").received("2026-11-23T08:03:00Z"));
    assert_eq!(versions(&store, Some(SHOP)), ["c", "b", "declared"]);
    declare(&store, "next", ReleaseEdit::default(), now() + SignedDuration::from_hours(1));
    assert_eq!(versions(&store, Some(SHOP)), ["next", "c", "declared"]);
}

#[test]
fn a_release_that_no_event_names_any_more_goes_and_a_declared_one_loses_its_commits() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    let edit = ReleaseEdit { commits: Some(vec![commit("a")]), ..ReleaseEdit::default() };
    let declared = declare(&store, "declared", edit, now() - SignedDuration::from_hours(24 * 40));
    put(&store, draft(1, 1).release("old").at("2026-10-20T08:00:00Z"));
    put(&store, draft(2, 1).release("new"));
    let before = now() - SignedDuration::from_hours(24 * 30);
    assert_eq!(store.drop_unseen_releases(before).expect("dropped"), 1);
    assert_eq!(versions(&store, None), ["new", "declared"]);
    assert!(store.release_commits(declared.id, 0, 9).expect("read").is_empty());
    let kept = store.find_release("declared").expect("read").expect("there");
    assert_eq!(kept.last_commit.map(|commit| commit.id).as_deref(), Some("a"));
    assert_eq!(store.drop_unseen_releases(before).expect("dropped"), 0);
}

#[test]
fn deploys_of_all_releases_have_an_order_by_time() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    let at = |minutes| now() + SignedDuration::from_mins(minutes);
    let first = declare(&store, "1.0", ReleaseEdit::default(), at(0));
    let second = declare(&store, "1.1", ReleaseEdit::default(), at(1));
    for (release, minutes) in [(&second, 20), (&first, 10), (&first, 30)] {
        store.add_deploy(release.id, deploy(at(minutes))).expect("added");
    }
    let found = |from, to, limit| -> Vec<String> {
        let rows = store.deploys_between(at(from), at(to), limit).expect("read");
        rows.into_iter().map(|(release, _)| release.version).collect()
    };
    assert_eq!(found(10, 30, 9), ["1.0", "1.1", "1.0"]);
    assert_eq!(found(11, 29, 9), ["1.1"]);
    assert_eq!(found(0, 99, 2), ["1.0", "1.1"]);
    // Those that make room go, and those of a release that goes.
    for minutes in 0..i64::try_from(DEPLOYS_MAX).expect("small") {
        store.add_deploy(second.id, deploy(at(100 + minutes))).expect("added");
    }
    assert_eq!(found(11, 29, 9), Vec::<String>::new(), "the oldest made room");
    store.delete_release(second.id).expect("deleted");
    assert_eq!(found(0, 9_999, 9), ["1.0", "1.0"]);
}

fn listed(store: &Store, filter: &ReleaseFilter, limit: usize) -> Vec<String> {
    let (mut versions, mut behind) = (Vec::new(), None);
    loop {
        let page = store.releases(filter, |_| true, behind, limit).expect("a page");
        versions.extend(page.releases.into_iter().map(|release| release.version));
        behind = page.next;
        if behind.is_none() {
            return versions;
        }
    }
}

#[test]
fn a_list_by_version_is_one_however_it_is_paged() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    let minutes = |minutes| now() + SignedDuration::from_mins(minutes);
    let told =
        ["shop@1.9.4", "main", "shop@2.1.0", "shop@1.10.0-rc2", "shop@1.9.5", "shop@1.10.0-rc10", "2a9f"];
    for (at, version) in (0..).zip(told) {
        declare(&store, version, ReleaseEdit::default(), minutes(at));
    }
    let expected =
        ["shop@2.1.0", "shop@1.10.0-rc10", "shop@1.10.0-rc2", "shop@1.9.5", "shop@1.9.4", "2a9f", "main"];
    for projects in [None, Some(vec![SHOP])] {
        let filter = ReleaseFilter { projects, sort: ReleaseSort::Version, ..ReleaseFilter::default() };
        for limit in [1, 2, 3, 100] {
            assert_eq!(listed(&store, &filter, limit), expected, "{filter:?} {limit}");
        }
    }
    let id = store.find_release("shop@2.1.0").expect("read").expect("there").id;
    store.delete_release(id).expect("deleted");
    let filter = ReleaseFilter { sort: ReleaseSort::Version, ..ReleaseFilter::default() };
    assert_eq!(listed(&store, &filter, 2), expected[1..]);
}

#[test]
fn the_newest_release_is_the_highest_version_of_what_is_released() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    let newest = || store.newest_release(SHOP).expect("read").map(|release| release.version);
    let minutes = |minutes| now() + SignedDuration::from_mins(minutes);
    assert_eq!(newest(), None);
    for (at, version, expected) in [
        (0, "9c1b", "9c1b"),
        (1, "shop@2.1.0", "shop@2.1.0"),
        // A backport is not the newest, and neither is what is only a candidate.
        (2, "shop@1.9.4", "shop@2.1.0"),
        (3, "shop@3.0.0-rc1", "shop@2.1.0"),
        (4, "shop@2.2.0", "shop@2.2.0"),
        // Another package that is released from here on.
        (5, "admin@1.0", "admin@1.0"),
    ] {
        declare(&store, version, ReleaseEdit::default(), minutes(at));
        assert_eq!(newest().as_deref(), Some(expected), "after {version}");
    }
    let then = |at| {
        let newest = store.write(|txn| newest_of(txn, SHOP, minutes(at))).expect("read");
        newest.map(|release| release.version)
    };
    assert_eq!(then(3).as_deref(), Some("shop@2.1.0"), "what came later was not known then");
    assert_eq!(then(-1), None);
    let before = |version: &str| {
        let release = store.find_release(version).expect("read").expect("there");
        let before = store.release_before(SHOP, &release, |_, _| Ok(true)).expect("read");
        before.map(|release| release.version)
    };
    assert_eq!(before("shop@2.1.0").as_deref(), Some("shop@1.9.4"));
    assert_eq!(before("shop@1.9.4"), None);
    assert_eq!(before("admin@1.0"), None);
}

#[test]
fn what_only_events_name_is_as_old_as_its_first_event() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    put(&store, draft(1, 1).release("4f2e").at("2026-11-20T07:00:00Z"));
    let date = |version: &str| store.known_release(SHOP, version).expect("read").expect(version).date;
    assert_eq!(date("4f2e"), "2026-11-20T07:00:00Z".parse::<Timestamp>().expect("a time"));
    assert_eq!(store.known_release(SHOP, "nowhere").expect("read"), None);
    declare(&store, "4f2e", ReleaseEdit { released: Some(now()), ..ReleaseEdit::default() }, now());
    assert_eq!(date("4f2e"), now());
}

#[test]
fn releases_are_known_by_where_they_were_seen() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    put(&store, draft(1, 1).release("1.0").environment("production"));
    put(&store, draft(2, 1).release("1.1").environment("staging"));
    put(&store, draft(3, 1).release("1.1"));
    let filter = |environments: &[&str]| ReleaseFilter {
        environments: environments.iter().map(|name| (*name).to_owned()).collect(),
        ..ReleaseFilter::default()
    };
    assert_eq!(listed(&store, &filter(&["production"]), 9), ["1.0"]);
    assert_eq!(listed(&store, &filter(&["production", "staging"]), 9).len(), 2);
    assert_eq!(listed(&store, &filter(&["qa"]), 9), [""; 0]);
    let id = store.find_release("1.1").expect("read").expect("there").id;
    let seen = store.release_environments(id, SHOP).expect("read");
    assert_eq!(seen.iter().map(|seen| seen.environment.as_str()).collect::<Vec<_>>(), ["staging"]);
}

#[test]
fn a_file_without_orders_by_version_and_time_gets_them() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    for version in ["shop@1.10", "main", "shop@1.9"] {
        declare(&store, version, ReleaseEdit::default(), now());
    }
    let release = store.find_release("main").expect("read").expect("there");
    store.add_deploy(release.id, deploy(now())).expect("added");
    let deployed = |store: &Store| store.deploys_between(now(), now(), 9).expect("read").len();
    assert_eq!(deployed(&store), 1);
    drop(store);
    let file = redb::Database::open(dir.path().join(STATE_FILE)).expect("opens");
    let txn = file.begin_write().expect("write");
    txn.delete_table(RELEASE_VERSION_ORDER).expect("dropped");
    txn.delete_table(DEPLOY_TIMES).expect("dropped");
    txn.open_table(META).expect("table").insert(meta::SCHEMA, 2).expect("inserted");
    txn.commit().expect("commit");
    drop(file);
    let store = open(dir.path());
    assert_eq!(deployed(&store), 1);
    for projects in [None, Some(vec![SHOP])] {
        let filter = ReleaseFilter { projects, sort: ReleaseSort::Version, ..ReleaseFilter::default() };
        assert_eq!(listed(&store, &filter, 9), ["shop@1.10", "shop@1.9", "main"]);
    }
}
