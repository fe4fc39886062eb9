//! What goes with time, and what a wrong clock must not take.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{draft, id, now, open, put, with_project};
use crate::model::ids::{IssueId, ProjectId};
use crate::model::week::Week;
use crate::store::clock::LEAP_PATIENCE;
use crate::store::{AttachmentRecord, Record, Store};

const RETENTION_DAYS: u32 = 90;

fn before(believed: Timestamp) -> Timestamp {
    believed - SignedDuration::from_hours(24 * i64::from(RETENTION_DAYS))
}

fn believe(store: &Store, clock: Timestamp, leaping_for: Duration) -> Timestamp {
    store.believe(clock, leaping_for, RETENTION_DAYS).expect("noted")
}

#[test]
fn a_clock_that_leaps_ahead_expires_nothing_until_it_has_held_for_a_day() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    let place = put(&store, draft(1, 1));
    let leap = "2035-01-01T00:00:00Z".parse().expect("a moment");
    // Even at the first start, where only the events say when it is.
    let believed = believe(&store, leap, Duration::ZERO);
    assert!(store.expired_weeks(before(believed)).is_empty(), "{believed}");
    assert_eq!(believe(&store, now(), Duration::ZERO), now());
    drop(store);
    let store = open(dir.path());
    assert_eq!(believe(&store, leap, Duration::from_mins(1)), now(), "it is remembered");
    // An event that came meanwhile is no witness: it has its time from the same clock.
    put(&store, draft(2, 1).received("2035-01-01T00:00:00Z"));
    assert_eq!(believe(&store, leap, Duration::from_mins(1)), now());
    assert_eq!(believe(&store, leap, LEAP_PATIENCE), leap);
    assert_eq!(store.expired_weeks(before(leap)), [Week(place.week)]);
}

#[test]
fn what_a_clock_far_behind_received_is_kept_with_the_newest() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, project) = with_project(dir.path());
    believe(&store, now(), Duration::ZERO);
    drop(store);
    let store = open(dir.path());
    let ancient = "1970-01-05T00:00:10Z";
    let place = put(&store, draft(1, 1).received(ancient));
    assert_eq!(Week(place.week), Week::of(now()));
    let attachment = Record::Attachment(AttachmentRecord {
        project: ProjectId(1),
        event_id: id(1),
        received: ancient.parse().expect("a moment"),
        name: "log".to_owned(),
        content_type: None,
        kind: "event.attachment".to_owned(),
        body: bytes::Bytes::from_static(b"text"),
    });
    store.record_all([attachment], now()).expect("recorded");
    store.forget_weeks(before(believe(&store, now(), Duration::ZERO))).expect("nothing expired");
    assert!(store.read_event(&place).expect("read").is_some());
    let kept = store.attachments(project, id(1)).expect("list");
    assert!(store.read_attachment(project, id(1), &kept[0].id).expect("read").is_some());
    // What is merely old goes where it belongs.
    let old = put(&store, draft(2, 1).received("2026-10-01T00:00:00Z"));
    assert_eq!(Week(old.week).label(), "2026-W40");
}

#[test]
fn an_issue_long_unseen_loses_its_details_and_keeps_its_events() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    let old = |number: u64, group: u8| {
        draft(number, group).at("2026-06-01T00:00:00Z").user(&number.to_string()).tag("os", "linux")
    };
    for number in 1..=3 {
        put(&store, old(number, 1));
    }
    put(&store, draft(4, 2).user("ada").tag("os", "linux"));
    for number in 0..250u64 {
        let mut one = old(1_000 + number, 0);
        one.hashes = vec![crate::model::ids::GroupHash(id(1_000 + number).0)];
        put(&store, one);
    }
    assert_eq!(store.drop_unseen(before(now())).expect("dropped"), 251, "over several steps");
    assert_eq!(store.drop_unseen(before(now())).expect("again"), 0);
    assert!(store.tag_keys(IssueId(1)).expect("keys").is_empty());
    assert!(store.tag_values(IssueId(1), "os", 10).expect("values").is_empty());
    assert_eq!(store.tag_keys(IssueId(2)).expect("keys").len(), 1, "seen lately");
    let issue = |id| store.find_issue(IssueId(id)).expect("found").expect("there");
    assert_eq!((issue(1).users, issue(1).users_estimated, issue(1).events), (3, true, 3));
    assert!(!issue(2).users_estimated);

    // It comes back as the same issue, and its users are not counted twice.
    assert_eq!(put(&store, draft(5, 1).user("1").tag("os", "mac")).issue, IssueId(1));
    assert_eq!((issue(1).users, issue(1).events), (3, 4));
    assert_eq!(store.tag_keys(IssueId(1)).expect("keys").len(), 1);
    store.drop_unseen(before("2027-06-01T00:00:00Z".parse().expect("later"))).expect("dropped again");
    assert!(store.tag_keys(IssueId(1)).expect("keys").is_empty());
}
