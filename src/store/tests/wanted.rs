use std::collections::BTreeSet;

use super::{draft, now, put, with_project};
use crate::model::grouping::Headline;
use crate::model::ids::EventSeq;
use crate::store::{Record, Store, Unread, Wanted};

fn missing(number: u64, wanted: &Wanted) -> Record {
    let Record::Event(mut record) = draft(number, 1).record() else { unreachable!("an event") };
    record.wanted = BTreeSet::from([wanted.clone()]);
    Record::Event(record)
}

/// Records events that miss something.
fn miss(store: &Store, numbers: std::ops::RangeInclusive<u64>, wanted: &Wanted) {
    store.record_all(numbers.map(|number| missing(number, wanted)), now()).expect("recorded");
}

fn debug_id() -> Wanted {
    Wanted::DebugId("5f8e3a0c-1b2d-4c3e-9f00-aabbccddeeff".parse().expect("a debug id"))
}

fn only(store: &Store) -> Unread {
    let mut wanted = store.wanted().expect("read");
    assert_eq!(wanted.len(), 1);
    wanted.remove(0)
}

fn stretch(store: &Store) -> (u64, u64) {
    let unread = only(store);
    (unread.first.0, unread.last.0)
}

#[test]
fn a_stretch_grows_shrinks_and_ends() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, project) = with_project(dir.path());
    put(&store, draft(1, 1));
    assert!(store.wanted().expect("read").is_empty(), "what misses nothing leaves nothing");
    miss(&store, 2..=4, &debug_id());
    miss(&store, 5..=5, &debug_id());
    assert_eq!((stretch(&store), only(&store).wanted, only(&store).project), ((2, 5), debug_id(), project));

    let before = only(&store);
    store.note_followed_up(&before, EventSeq(4), None).expect("noted");
    assert_eq!(stretch(&store), (2, 3), "a restart goes on where it ended");
    // What came meanwhile may have been read without it.
    miss(&store, 6..=6, &debug_id());
    store.note_followed_up(&before, before.first, None).expect("noted");
    assert_eq!(stretch(&store), (6, 6));
    let last = only(&store);
    store.note_followed_up(&last, last.first, None).expect("noted");
    assert!(store.wanted().expect("read").is_empty());
}

#[test]
fn a_release_stays_wanted_with_what_was_tried() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, _) = with_project(dir.path());
    let release = Wanted::Release("shop@1.0".to_owned());
    miss(&store, 1..=3, &release);
    let unread = only(&store);
    store.note_followed_up(&unread, unread.first, Some(7)).expect("noted");
    assert_eq!((stretch(&store), only(&store).tried), ((1, 3), 7));
    miss(&store, 4..=4, &release);
    assert_eq!((stretch(&store), only(&store).tried, only(&store).wanted), ((1, 4), 7, release));
}

#[test]
fn a_project_wants_only_so_much_and_the_oldest_goes_first() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, _) = with_project(dir.path());
    let records = (0..1_005).map(|number| missing(number + 1, &Wanted::Release(format!("{number:04}"))));
    store.record_all(records, now()).expect("recorded");
    let wanted = store.wanted().expect("read");
    assert_eq!(wanted.len(), 1_000);
    assert_eq!(wanted[0].wanted, Wanted::Release("0005".to_owned()));
}

#[test]
fn an_issue_is_called_anew_by_the_event_that_named_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, _) = with_project(dir.path());
    let old = put(&store, draft(1, 1).at("2026-11-23T07:00:00Z"));
    let latest = put(&store, draft(2, 1));
    let called = |title: &str| Headline { title: title.to_owned(), ..Headline::default() };
    assert_eq!(store.refresh_headlines(&[(old, called("older"))]).expect("refreshed"), 0);
    let head = *store.head().borrow();
    assert_eq!(store.refresh_headlines(&[(latest, called("new")), (old, called("older"))]).expect("done"), 1);
    let issue = store.find_issue(latest.issue).expect("read").expect("there");
    assert_eq!((issue.headline.title.as_str(), issue.events), ("new", 2));
    assert_eq!(*store.head().borrow(), head + 1, "open pages hear of it");
    assert_eq!(store.refresh_headlines(&[(latest, called("new"))]).expect("done"), 0, "it is called so");
}
