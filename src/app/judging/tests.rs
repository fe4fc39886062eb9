//! Standings as time goes by, against a real store and index.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::Judging;
use crate::artifacts::Artifacts;
use crate::digest::stored::Reader;
use crate::digest::symbolicate::Symbolicator;
use crate::model::event::Event;
use crate::model::event::tags::derived_tags;
use crate::model::grouping::Headline;
use crate::model::ids::{EventId, GroupHash, IssueId, ProjectId, PublicKey};
use crate::model::standing::{PatternKind, Standing};
use crate::model::week::Week;
use crate::search::{Search, WRITER_BYTES_MIN, document};
use crate::store::{Batch, EventRecord, Record, Recorded, Store};

fn now() -> Timestamp {
    "2026-11-27T10:30:00Z".parse().expect("a time")
}

struct World {
    store: Store,
    search: Search,
    judging: Judging,
    events: u128,
}

impl World {
    fn open(dir: &Path) -> Self {
        let store = Store::open(dir).expect("opens");
        store.create_project("shop", "Shop", None, PublicKey([7; 16]), now()).expect("created");
        let artifacts = Artifacts::open(dir, PathBuf::new(), u64::MAX).expect("opens");
        let reader = Reader::new(store.clone(), Symbolicator::new(store.clone(), Arc::new(artifacts)));
        let search = Search::open(dir, WRITER_BYTES_MIN).expect("opens");
        Self { judging: Judging::new(store.clone(), reader), store, search, events: 0 }
    }

    /// Events of an issue, of somebody, at these moments.
    fn send(&mut self, issue: u8, user: impl Fn(usize) -> usize, moments: &[Timestamp]) {
        for (at, moment) in moments.iter().enumerate() {
            self.events += 1;
            let event: Event = serde_json::from_value(json!({
                "event_id": EventId(self.events.to_be_bytes()), "platform": "other", "timestamp": moment,
                "received": moment, "user": {"id": user(at).to_string()},
            }))
            .expect("an event");
            let record = Record::Event(Box::new(EventRecord {
                project: ProjectId(1),
                recipe: Bytes::new(),
                raw: Bytes::new(),
                hashes: vec![GroupHash([issue; 16])],
                headline: Headline::default(),
                tags: derived_tags(&event),
                wanted: std::collections::BTreeSet::new(),
                event: event.clone(),
            }));
            let batch = Batch { records: vec![record], ..Batch::default() };
            let recorded = self.store.record(&batch, *moment).expect("recorded");
            let Recorded::Stored { place: Some(place), .. } = recorded[0] else { panic!("stored") };
            self.search.add(Week(place.week), vec![document(&event, &place)]).expect("added");
        }
        self.search.commit(*self.store.head().borrow()).expect("committed");
    }

    fn look(&mut self, at: Timestamp) -> usize {
        self.judging.look(&self.search, at).expect("a look")
    }

    fn standing(&self, issue: u64) -> Standing {
        let issue = self.store.find_issue(IssueId(issue)).expect("read").expect("an issue");
        issue.standing.expect("judged")
    }
}

/// One every so many seconds, up to now.
fn lately(count: i64, seconds: i64) -> Vec<Timestamp> {
    (0..count).rev().map(|at| now() - SignedDuration::from_secs(at * seconds + 1)).collect()
}

#[test]
fn what_is_new_rises_and_what_nobody_sees_any_more_sinks() {
    let dir = tempfile::tempdir().expect("tempdir");
    let mut world = World::open(dir.path());
    world.send(1, |at| at, &lately(10, 20 * 3_600));
    world.send(2, |at| at + 100, &lately(60, 20));
    assert_eq!(world.look(now()), 2);
    let (rare, burst) = (world.standing(1), world.standing(2));
    assert_eq!((rare.pattern, burst.pattern), (PatternKind::Rare, PatternKind::Burst));
    assert!(burst.urgency > rare.urgency, "{burst:?} {rare:?}");
    let change = burst.change.expect("dated");
    assert!(
        change.at.duration_since(now() - SignedDuration::from_mins(20)).abs() < SignedDuration::from_mins(3)
    );
    assert_eq!(world.look(now()), 0, "nothing happened since");

    let later = world.look(now() + SignedDuration::from_hours(24));
    assert!(later > 0 && world.standing(2).urgency < burst.urgency / 2, "{:?}", world.standing(2));
    world.look(now() + SignedDuration::from_hours(24 * 14));
    assert_eq!((world.standing(1).urgency, world.standing(2).urgency), (0, 0));
}

#[test]
fn what_search_told_stays_between_the_looks_that_ask_it() {
    let dir = tempfile::tempdir().expect("tempdir");
    let mut world = World::open(dir.path());
    world.send(1, |at| at, &lately(40, 3_600));
    world.send(2, |_| 777, &lately(60, 20));
    world.look(now());
    let first = world.standing(2);
    assert_eq!(first.pattern, PatternKind::OneUser);
    world.look(now() + SignedDuration::from_mins(1));
    assert_eq!(world.standing(2).pattern, PatternKind::OneUser);
    assert!(world.standing(2).urgency.abs_diff(first.urgency) <= 10, "it does not flicker");
}
