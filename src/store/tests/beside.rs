//! Attachments, user reports and the ledger.

use std::fs;
use std::io::Read;

use bytes::Bytes;

use super::{id, now, open, with_project};
use crate::model::ids::ProjectId;
use crate::model::outcome::{Category, Outcome};
use crate::store::{AttachmentRecord, LedgerKey, Record, Recorded, Store, UserReportRecord, ledger};

fn attachment(event: u64, name: &str, body: &'static [u8]) -> Record {
    Record::Attachment(AttachmentRecord {
        project: ProjectId(1),
        event_id: id(event),
        received: now(),
        name: name.to_owned(),
        content_type: Some("text/plain".to_owned()),
        kind: "event.attachment".to_owned(),
        body: Bytes::from_static(body),
    })
}

const STORED: Recorded = Recorded::Stored { place: None, new_issue: false, regressed: false };

#[test]
fn attachments_are_files_that_are_kept_once_and_go_with_their_week() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, project) = with_project(dir.path());
    // The event itself may come later, or never.
    let batch = || {
        [attachment(1, "b.log", b"text"), attachment(1, "a.log", b"text"), attachment(2, "b.log", b"text")]
    };
    assert_eq!(store.record_all(batch(), now()).expect("recorded"), [STORED; 3]);
    assert_eq!(store.record_all(batch(), now()).expect("replayed"), [Recorded::Duplicate; 3]);
    let folder = dir.path().join("partitions/2026-W48/attachments");
    let files: Vec<_> = fs::read_dir(&folder).expect("folder").collect();
    assert_eq!(files.len(), 1, "the same content is one file");

    let found = store.attachments(project, id(1)).expect("list");
    assert_eq!(found.iter().map(|a| a.name.as_str()).collect::<Vec<_>>(), ["a.log", "b.log"]);
    assert_ne!(found[0].id, found[1].id);
    assert_eq!((found[0].size_bytes, found[0].kind.as_str()), (4, "event.attachment"));
    let (read, mut file) = store.read_attachment(project, id(1), &found[1].id).expect("read").expect("there");
    let mut text = String::new();
    file.read_to_string(&mut text).expect("text");
    assert_eq!((read.name.as_str(), text.as_str()), ("b.log", "text"));
    assert!(store.read_attachment(project, id(2), &found[0].id).expect("read").is_none());
    assert!(store.read_attachment(project, id(1), "../../state.redb").expect("read").is_none());

    drop(store);
    let store = open(dir.path());
    assert_eq!(store.attachments(project, id(1)).expect("list"), found);
    store.forget_weeks("2027-01-01T00:00:00Z".parse().expect("later")).expect("forgotten");
    assert_eq!(store.attachments(project, id(1)).expect("list"), []);
    assert!(!folder.exists());
}

#[test]
fn reports_are_kept_with_their_event_and_only_once() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, project) = with_project(dir.path());
    let report = |comments: &str| {
        Record::UserReport(UserReportRecord {
            project,
            event_id: id(1),
            received: now(),
            name: "Ada".to_owned(),
            email: "ada@example.com".to_owned(),
            comments: comments.to_owned(),
        })
    };
    let batch = [report("It broke"), report("It broke"), report("Again")];
    assert_eq!(store.record_all(batch, now()).expect("recorded"), [STORED, Recorded::Duplicate, STORED]);
    let mut comments: Vec<_> =
        store.user_reports(project, id(1)).expect("list").into_iter().map(|r| r.comments).collect();
    comments.sort();
    assert_eq!(comments, ["Again", "It broke"]);
    assert_eq!(store.user_reports(project, id(2)).expect("list"), []);
}

fn key(reason: &str, outcome: Outcome) -> LedgerKey {
    LedgerKey { project: ProjectId(1), category: Category::Error, outcome, reason: reason.to_owned() }
}

#[test]
fn the_ledger_sums_by_reason_and_stays_small() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    let stored = key("event", Outcome::Stored);
    let limited = key("key", Outcome::Limited);
    let before = "2026-11-22T23:00:00Z".parse().expect("before");
    store.add_to_ledger(&[(stored.clone(), 5)], before).expect("added");
    store
        .add_to_ledger(&[(stored.clone(), 2), (limited.clone(), 3), (stored.clone(), 1)], now())
        .expect("added");
    assert_eq!(store.ledger(now()).expect("sums"), [(stored.clone(), 3), (limited.clone(), 3)]);
    assert_eq!(store.ledger(before).expect("sums"), [(stored, 8), (limited, 3)]);

    let many: Vec<_> = (0..2_000).map(|n| (key(&format!("r{n}"), Outcome::ClientDiscarded), 1)).collect();
    store.add_to_ledger(&many, now()).expect("added");
    let rows = sums(&store);
    assert_eq!(rows.len(), ledger::LEDGER_ROWS_MAX + 1);
    let items: u64 = rows.iter().map(|(_, items)| items).sum();
    assert_eq!(items, 2_006, "nothing is lost to the bound");
}

fn sums(store: &Store) -> Vec<(LedgerKey, u64)> {
    store.ledger(now()).expect("sums")
}
