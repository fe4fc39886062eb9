//! Events that go before their week does, and projects that go with all they had.

use jiff::Timestamp;

use super::dictionaries::alike;
use super::{Draft, artifacts, deploy, draft, id, now, open, put, to, with_project};
use crate::model::artifact::{BundleScope, Checksum};
use crate::model::health::{Outcomes, SessionReport, SessionUpdate};
use crate::model::ids::{AccountId, EventSeq, IssueId, ProjectId, PublicKey};
use crate::model::issue::{EventRef, Status};
use crate::model::release::{Author, Commit};
use crate::model::week::Week;
use crate::store::dictionaries::FIRST_AFTER_EVENTS;
use crate::store::erase::DELETION_SETTLES_AFTER;
use crate::store::schema::row_counts;
use crate::store::users::USERS_EXACT_MAX;
use crate::store::{AttachmentRecord, Emptied, NewCodeMapping, Record, ReleaseEdit, SessionRecord, Store};

const SHOP: ProjectId = ProjectId(1);
const PAY: ProjectId = ProjectId(2);

fn of_pay(number: u64) -> Draft {
    Draft { project: PAY, ..draft(number, 1) }
}

fn with_two_projects(dir: &std::path::Path) -> Store {
    let (store, _) = with_project(dir);
    store.create_project("pay", "Pay", None, PublicKey([8; 16]), now()).expect("created");
    store
}

fn attach(store: &Store, project: ProjectId, number: u64, body: &'static [u8]) {
    let record = Record::Attachment(AttachmentRecord {
        project,
        event_id: id(number),
        received: now(),
        name: "log".to_owned(),
        content_type: None,
        kind: "event.attachment".to_owned(),
        body: bytes::Bytes::from_static(body),
    });
    store.record_all([record], now()).expect("recorded");
}

fn erase_all(store: &Store, project: ProjectId, before: Option<Timestamp>) -> usize {
    let (mut events, mut emptied) = (0, Emptied::default());
    while let Some(erased) = store.erase_events(project, before, &mut emptied).expect("erased") {
        events += erased.events;
    }
    events
}

fn is_readable(store: &Store, place: &EventRef) -> bool {
    store.read_event(place).expect("read").is_some()
}

fn files(dir: &std::path::Path) -> usize {
    let folder = dir.join("partitions").join(Week::of(now()).label()).join("attachments");
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}

#[test]
fn the_oldest_events_go_up_to_the_first_that_is_young_enough() {
    let dir = tempfile::tempdir().expect("tempdir");
    let store = with_two_projects(dir.path());
    let old = |number| draft(number, 1).at("2026-11-20T08:00:00Z");
    let (first, second) = (put(&store, old(1)), put(&store, old(2)));
    let (young, late) = (put(&store, draft(3, 1)), put(&store, old(4)));
    let other = put(&store, of_pay(1).at("2026-11-20T08:00:00Z"));
    attach(&store, SHOP, 1, b"only the first's");
    attach(&store, SHOP, 2, b"shared");
    attach(&store, PAY, 1, b"shared");
    let bytes = store.bytes();
    let before = "2026-11-22T08:00:00Z".parse().expect("a time");
    assert_eq!(erase_all(&store, SHOP, Some(before)), 2);
    assert_eq!(erase_all(&store, SHOP, Some(before)), 0, "a second time there is nothing");
    for (place, expected) in [(first, false), (second, false), (young, true), (late, true), (other, true)] {
        assert_eq!(is_readable(&store, &place), expected, "{place:?}");
        let found = store.find_event(place.project, place.event_id).expect("found");
        assert_eq!(found.is_some(), expected, "{place:?}");
    }
    let left: Vec<_> =
        store.issue_events(first.issue, None, 10).expect("list").iter().map(|e| e.seq).collect();
    assert_eq!(left, [late.seq, young.seq]);
    assert_eq!(store.project_events(SHOP, None, 10).expect("list").len(), 2);
    assert_eq!(store.find_issue(first.issue).expect("found").expect("there").events, 4, "it stays counted");
    assert_eq!(files(dir.path()), 1, "the file that another project has too stays");
    assert_eq!(store.attachments(PAY, id(1)).expect("list").len(), 1);
    assert!(store.attachments(SHOP, id(2)).expect("list").is_empty());
    assert!(store.bytes() < bytes, "attachments' bytes are free");

    // The payloads are gone from the file, and those that come go behind the last.
    let payloads = dir.path().join("partitions").join(Week::of(now()).label()).join("payloads");
    let start = std::fs::read(&payloads).expect("readable");
    assert!(start[..64].iter().all(|byte| *byte == 0), "{:?}", &start[..64]);
    let next = put(&store, draft(5, 1));
    drop(store);
    let store = open(dir.path());
    assert!(is_readable(&store, &next) && is_readable(&store, &late) && !is_readable(&store, &first));
}

#[test]
fn weeks_without_the_project_are_not_looked_at_again() {
    let dir = tempfile::tempdir().expect("tempdir");
    let store = with_two_projects(dir.path());
    put(&store, of_pay(1).received("2026-11-02T08:00:00Z"));
    let mine = put(&store, draft(1, 1).received("2026-11-02T08:00:00Z"));
    put(&store, draft(2, 1));
    let mut emptied = Emptied::default();
    let erased = store.erase_events(SHOP, None, &mut emptied).expect("erased").expect("the older week's");
    assert_eq!((erased.week, erased.events, erased.through), (Week(mine.week), 1, mine.seq));
    let erased = store.erase_events(SHOP, None, &mut emptied).expect("erased").expect("this week's");
    assert_eq!((erased.events, erased.through), (1, EventSeq(3)));
    assert_eq!(store.erase_events(SHOP, None, &mut emptied).expect("nothing"), None);
    // A week that grows is looked at again.
    put(&store, draft(3, 1).received("2026-11-02T08:00:00Z"));
    assert!(store.erase_events(SHOP, None, &mut emptied).expect("erased").is_some());
    assert_eq!(store.project_events(PAY, None, 10).expect("list").len(), 1);
}

#[test]
fn a_deleted_project_leaves_nothing_and_no_trace_in_others() {
    let dir = tempfile::tempdir().expect("tempdir");
    let store = with_two_projects(dir.path());
    let gone = put(&store, draft(1, 1).tag("os", "linux").user("ada"));
    let stays = put(&store, of_pay(1));
    attach(&store, SHOP, 1, b"log");
    // Of an event that never came.
    attach(&store, SHOP, 77, b"alone");
    store.delete_project(SHOP, now()).expect("deleted");
    assert!(store.delete_project(SHOP, now()).is_err());
    assert!(!is_readable(&store, &gone), "at once");
    assert!(store.find_issue(gone.issue).expect("looked for").is_none());
    assert!(store.directory().keys.values().all(|key| key.project == PAY));

    drop(store);
    let store = open(dir.path());
    assert_eq!(store.projects_to_erase().expect("list"), [SHOP]);
    assert_eq!(erase_all(&store, SHOP, None), 1);
    while store.erase_rest(SHOP, now()).expect("erased") {}
    assert_eq!(files(dir.path()), 0);
    assert!(store.tag_keys(gone.issue).expect("keys").is_empty());
    assert!(store.activities(gone.issue, 10).expect("list").is_empty());
    assert!(store.issue_hashes(gone.issue).expect("list").is_empty());
    assert!(store.find_issue_by_number(SHOP, 1).expect("looked for").is_none());
    assert_eq!(store.projects_to_erase().expect("list"), [SHOP], "batches may be on their way");
    let later = now() + DELETION_SETTLES_AFTER;
    assert!(!store.erase_rest(SHOP, later).expect("nothing left"));
    assert!(store.projects_to_erase().expect("list").is_empty());
    assert!(store.is_deleted("shop").expect("asked"));

    assert!(is_readable(&store, &stays));
    let again = store.create_project("shop", "Shop", None, PublicKey([9; 16]), now()).expect("created");
    assert!(!store.is_deleted("shop").expect("asked"), "there is one of that name again");
    let first = put(&store, Draft { project: again.id, ..draft(1, 1) });
    assert_ne!(first.issue, IssueId(gone.issue.0), "hashes of the deleted project lead nowhere");
}

/// Tables whose rows outlive their project, each for a reason that `erase_rest` names or that stands here.
const OUTLIVING: [&str; 8] = [
    // Numbers of the instance, and the oldest changes, which go with their time.
    "meta",
    "changes",
    "series",
    "ledger",
    "digested",
    "undos",
    // What is left to know of the project itself.
    "deleted_projects",
    // The week stands until retention takes it.
    "weeks",
];

#[test]
fn no_table_keeps_a_row_of_a_deleted_project_unless_it_is_said_why() {
    let dir = tempfile::tempdir().expect("tempdir");
    let store = open(dir.path());
    store.create_project("pay", "Pay", None, PublicKey([8; 16]), now()).expect("created");
    // Repositories are of all projects.
    store.ensure_repository("acme/shop", now()).expect("made");
    let before = row_counts(&store);

    let key = PublicKey([7; 16]);
    let shop = store.create_project("shop", "Shop", None, key, now()).expect("created").id;
    let of_shop = |number: u64, group| Draft { project: shop, ..draft(number, group) };
    let busy: Vec<_> = (0..=USERS_EXACT_MAX.max(FIRST_AFTER_EVENTS))
        .map(|number| Draft { project: shop, ..alike(number) }.user(&number.to_string()))
        .map(|draft| draft.tag("os", "linux").record())
        .collect();
    store.record_in_parts(busy, 200);
    let quiet = put(&store, of_shop(5_000, 2).user("ada").release("1.0").environment("live"));
    assert_eq!(store.learn_dictionaries(now()).expect("learnt"), [shop]);
    attach(&store, shop, 5_000, b"log");
    store.note_key_uses(&[(key, now())]).expect("noted");
    let release = BundleScope { project: shop, release: Some("1.0".into()), dist: None };
    artifacts::ready(&store, 1, std::slice::from_ref(&release), now());
    store.begin_bundle(Checksum([2; 20]), &[release], &[], now()).expect("begun");
    store.change_issues(&[quiet.issue], &to(Status::Resolved), Some(AccountId(1)), now()).expect("changed");
    let other = put(&store, of_shop(5_001, 4).user("bo").tag("os", "mac"));
    let busiest = store.find_issue_by_number(shop, 1).expect("found").expect("there").id;
    store.merge_issues(&[quiet.issue, busiest, other.issue], None, now()).expect("merged");
    declare_release(&store, shop);
    count_sessions(&store, shop);
    let full = row_counts(&store);
    let grown: Vec<_> = full.iter().filter(|(table, rows)| before.get(*table) < Some(*rows)).collect();
    assert!(grown.len() >= 20, "the project has rows wherever one can have them: {grown:?}");

    store.delete_project(shop, now()).expect("deleted");
    // What was counted before the key was gone is written down afterwards.
    store.note_key_uses(&[(key, now())]).expect("noted");
    erase_all(&store, shop, None);
    while store.erase_rest(shop, now()).expect("erased") {}
    assert!(!store.erase_rest(shop, now() + DELETION_SETTLES_AFTER).expect("settled"));
    for (table, rows) in row_counts(&store) {
        let is_allowed = OUTLIVING.contains(&table.as_str());
        let expected = before.get(&table).copied().unwrap_or(0);
        assert!(is_allowed || rows == expected, "{table}: {rows} rows, not {expected}");
    }
    // A batch that was digested all the while is still recorded.
    put(&store, of_shop(6_000, 3));
}

fn count_sessions(store: &Store, project: ProjectId) {
    let counts = Outcomes { total: 1, errored: 1, crashed: 1, ..Outcomes::default() };
    let update =
        SessionUpdate { started: now(), user: Some("ada".to_owned()), session: Some([1; 16]), counts };
    let report = SessionReport {
        release: "2.0".to_owned(),
        environment: Some("production".to_owned()),
        updates: vec![update],
    };
    let record = Record::Sessions(SessionRecord { project, received: now(), report });
    store.record_all([record], now()).expect("recorded");
}

/// With a commit, a deploy and a code mapping.
fn declare_release(store: &Store, project: ProjectId) {
    let commit = Commit {
        id: "a".to_owned(),
        repository: None,
        message: None,
        author: Author::default(),
        at: now(),
        files: Vec::new(),
    };
    let edit = ReleaseEdit { commits: Some(vec![commit]), ..ReleaseEdit::default() };
    let declared = store.declare_release("2.0", &[project], edit, now()).expect("declared");
    store.add_deploy(declared.release.id, deploy(now())).expect("deployed");
    let mapping = NewCodeMapping {
        project,
        repository: store.ensure_repository("acme/shop", now()).expect("there").id,
        stack_root: String::new(),
        source_root: String::new(),
        default_branch: None,
        is_automatic: false,
    };
    store.create_code_mapping(mapping, now()).expect("mapped");
}
