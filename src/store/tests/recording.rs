//! What is recorded is read back, once.

use super::{draft, hash, id, now, open, put, recipe, with_project};
use crate::model::ids::{EventSeq, IssueId, ProjectId};
use crate::model::series::{Resolution, Scope};
use crate::store::{Batch, Change, ChangeKind, Recorded, Store};

#[test]
fn an_event_is_read_back_as_it_was_recorded_also_after_a_restart() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, project) = with_project(dir.path());
    let event = draft(1, 1).user("7").release("shop@1.0").tag("browser", "Firefox").event;
    let place = put(&store, draft(1, 1).user("7").release("shop@1.0").tag("browser", "Firefox"));
    assert_eq!(place.seq, EventSeq(1));
    assert_eq!(place.week, 20_780);
    let check = |store: &Store| {
        assert_eq!(store.find_event(project, id(1)).expect("found"), Some(place));
        assert_eq!(store.find_event_anywhere(id(1)).expect("found"), Some(place));
        assert_eq!(store.find_event_by_seq(place.week, place.seq).expect("found"), Some(place));
        let read = store.read_event(&place).expect("read").expect("there");
        assert_eq!(read.recipe, recipe(&event));
        assert_eq!(read.raw, r#"{"sent":"GET /orders/1"}"#);
        assert_eq!(read.place, place);
        assert_eq!(store.find_event(ProjectId(2), id(1)).expect("found"), None);
        assert_eq!(store.find_event(project, id(2)).expect("found"), None);
        assert!(store.directory().projects[&project].first_event.is_some());
        assert_eq!(*store.head().borrow(), 1);
    };
    check(&store);
    drop(store);
    check(&open(dir.path()));
}

#[test]
fn a_replay_and_a_repetition_inside_a_batch_change_nothing() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, project) = with_project(dir.path());
    let batch = || [draft(1, 1).record(), draft(2, 1).record(), draft(1, 1).record()];
    let first = store.record_all(batch(), now()).expect("recorded");
    assert!(matches!(first[0], Recorded::Stored { new_issue: true, .. }));
    assert!(matches!(first[1], Recorded::Stored { new_issue: false, .. }));
    assert_eq!(first[2], Recorded::Duplicate);
    assert_eq!(store.record_all(batch(), now()).expect("replayed"), [Recorded::Duplicate; 3]);

    let issue = store.find_issue(IssueId(1)).expect("found").expect("there");
    assert_eq!(issue.events, 2);
    assert_eq!(issue.latest_event, EventSeq(2));
    let count = store.series(Scope::Project(project), Resolution::Day, now(), now()).expect("series");
    assert_eq!(count, []);
    let end = now() + jiff::SignedDuration::from_secs(1);
    let count = store.series(Scope::Project(project), Resolution::Day, now(), end).expect("series");
    assert_eq!(count, [(1_795_392_000, 2)]);
}

#[test]
fn an_id_is_known_in_whatever_week_it_was_received() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    put(&store, draft(1, 1).received("2026-11-02T00:00:00Z"));
    put(&store, draft(2, 1));
    let again = store.record_all([draft(1, 1).record()], now()).expect("recorded");
    assert_eq!(again, [Recorded::Duplicate]);
}

#[test]
fn the_change_log_is_gapless_and_followed_from_anywhere() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    let head = store.head();
    let first = put(&store, draft(1, 1));
    let issue = store
        .change_issues(&[first.issue], &super::to(crate::model::issue::Status::Resolved), None, now())
        .expect("resolved");
    let second = put(&store, draft(2, 2));
    assert_eq!(issue.changed, 1);
    let changes = [
        Change { seq: 1, kind: ChangeKind::Event(first) },
        Change { seq: 2, kind: ChangeKind::Issue(first.issue) },
        Change { seq: 3, kind: ChangeKind::Event(second) },
    ];
    assert_eq!(second.seq, EventSeq(3));
    assert_eq!(store.changes(0, 10).expect("changes"), changes);
    assert_eq!(store.changes(1, 1).expect("changes"), changes[1..2]);
    assert_eq!(store.changes(3, 10).expect("changes"), []);
    assert_eq!(*head.borrow(), 3);
    store.trim_changes(2).expect("trimmed");
    assert_eq!(store.changes(0, 10).expect("changes"), changes[2..]);
    store.trim_changes(3).expect("trimmed");
    assert_eq!(put(&store, draft(3, 2)).seq, EventSeq(4), "numbers are never given twice");
}

#[test]
fn big_and_many_payloads_find_their_places_in_segments() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    let noise = |number: u64, bytes: usize| {
        let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let digits = std::iter::repeat_with(move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            char::from(b'a' + u8::try_from(state % 26).expect("small"))
        });
        digits.take(bytes).collect::<String>()
    };
    let drafts = || {
        (1..=60).map(|number| {
            let bytes = if number == 30 { 300_000 } else { 6_000 };
            draft(number, 1).release(&noise(number, bytes))
        })
    };
    let batch: Vec<_> = drafts().map(super::Draft::record).collect();
    for (recorded, sent) in store.record_all(batch, now()).expect("recorded").iter().zip(drafts()) {
        let Recorded::Stored { place: Some(place), .. } = recorded else { panic!("{recorded:?}") };
        assert_eq!(store.read_event(place).expect("read").expect("there").recipe, recipe(&sent.event));
    }
}

#[test]
fn hostile_times_are_counted_like_others() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    let times = ["-009999-01-02T01:59:59Z", "1969-12-31T23:59:59.999Z", "9999-12-30T22:00:00.999Z"];
    for (number, at) in (1..).zip(times) {
        let place = put(&store, draft(number, 1).at(at).received(at));
        assert_eq!(store.find_event(place.project, place.event_id).expect("found"), Some(place));
        assert_eq!(place.timestamp, at.parse().expect(at));
    }
    let issue = store.find_issue(IssueId(1)).expect("found").expect("there");
    assert_eq!(issue.events, 3);
    let (from, to) = (jiff::Timestamp::MIN, jiff::Timestamp::MAX);
    let day = store.series(Scope::Issue(issue.id), Resolution::Day, from, to).expect("series");
    assert_eq!(day.last().map(|(_, events)| *events), Some(1));
    assert_eq!(store.issue_hashes(issue.id).expect("hashes"), [hash(1)]);
}

#[test]
fn envelopes_are_remembered_with_their_effects_and_forgotten_behind_the_inbox() {
    let dir = tempfile::tempdir().expect("tempdir");
    let store = open(dir.path());
    let record = |envelopes: &[u64], envelopes_floor| {
        let batch = Batch { envelopes: envelopes.to_vec(), envelopes_floor, ..Batch::default() };
        store.record(&batch, now()).expect("recorded");
        store.digested().expect("read")
    };
    assert_eq!(record(&[1, 2, 3, 7], 1), [(1, 3), (7, 7)]);
    assert_eq!(record(&[4, 5, 8], 1), [(1, 5), (7, 8)], "runs continue");
    assert_eq!(record(&[6], 1), [(1, 6), (7, 8)]);
    assert_eq!(record(&[10], 9), [(10, 10)], "what the inbox has no file of any more");
    assert_eq!(record(&[], 50), [(10, 10)], "the newest stays, so that no number is given twice");
}

#[test]
fn what_was_made_beside_an_item_is_not_counted_as_one() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    let records = vec![draft(1, 1).record(), draft(2, 1).record()];
    let batch = Batch { records, derived: vec![0], ..Batch::default() };
    store.record(&batch, now()).expect("recorded");
    let rows = store.ledger(jiff::Timestamp::UNIX_EPOCH).expect("rows");
    assert_eq!(rows.iter().map(|(_, items)| items).sum::<u64>(), 1, "{rows:?}");
}
