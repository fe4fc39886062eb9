//! Payloads become small where a project's events resemble each other, and stay readable.

use serde_json::json;

use super::{Draft, draft, id, now, open, put, with_project};
use crate::model::issue::EventRef;
use crate::store::{Store, dictionaries};

/// Mostly the same text in every event, but none that repeats inside one.
pub(super) fn alike(number: u64) -> Draft {
    let mut draft = draft(number, 1);
    for line in 0..60u64 {
        let word = line.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let value = json!(format!("{word:016x}{:016x}", word.rotate_left(17).wrapping_mul(31)));
        draft.event.extra.insert(format!("local_{line}"), value);
    }
    draft.event.extra.insert("order".to_owned(), json!(number));
    draft
}

fn record(store: &Store, numbers: std::ops::Range<u64>) {
    let batch: Vec<_> = numbers.map(|number| alike(number).record()).collect();
    store.record_in_parts(batch, 250);
}

fn stored_bytes(store: &Store, place: &EventRef) -> usize {
    store.read_payload(place, |_, encoded, _| Ok(encoded.len())).expect("read").expect("there")
}

fn is_readable(store: &Store, place: &EventRef, number: u64) {
    let read = store.read_event(place).expect("read").expect("there");
    let kept: crate::model::event::Event = serde_json::from_slice(&read.recipe).expect("an event");
    assert_eq!((kept.event_id, kept.extra), (id(number), alike(number).event.extra));
    assert_eq!(read.raw, format!(r#"{{"sent":"GET /orders/{number}"}}"#));
}

#[test]
fn a_project_learns_its_dictionary_once_it_has_events() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, project) = with_project(dir.path());
    record(&store, 0..dictionaries::FIRST_AFTER_EVENTS - 1);
    assert_eq!(store.learn_dictionaries(now()).expect("too early"), []);
    let plain = put(&store, alike(90_000));
    assert_eq!(store.learn_dictionaries(now()).expect("learnt"), [project]);
    assert_eq!(store.learn_dictionaries(now()).expect("again"), [], "not before there are many more");
    let small = put(&store, alike(90_001));
    let (plain_bytes, small_bytes) = (stored_bytes(&store, &plain), stored_bytes(&store, &small));
    assert!(small_bytes * 3 < plain_bytes, "{plain_bytes} -> {small_bytes}");
    drop(store);
    let store = open(dir.path());
    is_readable(&store, &plain, 90_000);
    is_readable(&store, &small, 90_001);
    let next = put(&store, alike(90_002));
    assert!(stored_bytes(&store, &next) * 3 < plain_bytes, "in use after a restart");
}

#[test]
fn a_dictionary_stays_while_a_week_may_need_it() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, project) = with_project(dir.path());
    record(&store, 0..dictionaries::FIRST_AFTER_EVENTS);
    assert_eq!(store.learn_dictionaries(now()).expect("learnt"), [project]);
    let old = put(&store, alike(90_000));
    // Three weeks on there is another.
    let later = "2026-12-14T08:00:00Z".parse().expect("later");
    store.inner.dictionaries.count(project, dictionaries::AGAIN_AFTER_EVENTS);
    assert_eq!(store.learn_dictionaries(later).expect("learnt"), [project]);
    let new = put(&store, alike(90_001).received("2026-12-14T08:00:00Z"));
    let newest = put(&store, alike(90_002).received("2027-01-11T08:00:00Z"));
    is_readable(&store, &old, 90_000);
    assert_eq!(dictionaries::stored(&store), [1, 2]);
    store.forget_weeks("2026-12-07T00:00:00Z".parse().expect("at")).expect("forgotten");
    assert_eq!(dictionaries::stored(&store), [1, 2], "the week of the change is still there");
    is_readable(&store, &new, 90_001);
    store.forget_weeks("2027-01-04T00:00:00Z".parse().expect("at")).expect("forgotten");
    assert_eq!(dictionaries::stored(&store), [2]);
    drop(store);
    is_readable(&open(dir.path()), &newest, 90_002);
}

#[test]
fn events_that_have_nothing_in_common_get_none() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    let strange = |number: u64| {
        let mut draft = draft(number, 1);
        let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        for key in 0..100 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let value =
                json!(format!("{state:016x}{:016x}{:016x}", state.rotate_left(23) ^ number, state >> 3));
            draft.event.extra.insert(format!("{:x}{key}", state >> 40), value);
        }
        draft.record()
    };
    let batch: Vec<_> = (0..dictionaries::FIRST_AFTER_EVENTS).map(strange).collect();
    store.record_all(batch, now()).expect("recorded");
    assert_eq!(store.learn_dictionaries(now()).expect("tried"), []);
    assert_eq!(dictionaries::stored(&store), [0u32; 0]);
}
