//! What slower rules are met by, against a real store and index.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{Found, found};
use crate::artifacts::Artifacts;
use crate::digest::stored::Reader;
use crate::digest::symbolicate::Symbolicator;
use crate::findings::Sources;
use crate::insight::alert::templates::bare;
use crate::model::alert::{Because, Subject};
use crate::model::alert_rule::{AlertRule, ReleaseMetric, Trigger};
use crate::model::event::Event;
use crate::model::grouping::Headline;
use crate::model::health::{Outcomes, SessionReport, SessionUpdate};
use crate::model::ids::{EventId, GroupHash, IssueId, ProjectId, PublicKey};
use crate::model::issue_change::{IssueChange, Resolve, StatusChange};
use crate::model::week::Week;
use crate::search::{Search, WRITER_BYTES_MIN, document};
use crate::store::{Batch, EventRecord, Record, Recorded, SessionRecord, Store};

const SHOP: ProjectId = ProjectId(1);

fn now() -> Timestamp {
    "2026-11-27T10:30:00Z".parse().expect("a time")
}

fn ago(minutes: i64) -> Timestamp {
    now() - SignedDuration::from_mins(minutes)
}

struct World {
    store: Store,
    search: Search,
    reader: Reader,
    events: u128,
}

impl World {
    fn open(dir: &Path) -> Self {
        let store = Store::open(dir).expect("opens");
        store.create_project("shop", "Shop", None, PublicKey([7; 16]), now()).expect("created");
        let artifacts = Artifacts::open(dir, PathBuf::new(), u64::MAX).expect("opens");
        let reader = Reader::new(store.clone(), Symbolicator::new(store.clone(), Arc::new(artifacts)));
        Self { store, search: Search::open(dir, WRITER_BYTES_MIN).expect("opens"), reader, events: 0 }
    }

    /// One event of issue 1.
    fn send(&mut self, environment: &str, release: &str, at: Timestamp) {
        self.events += 1;
        let event: Event = serde_json::from_value(json!({
            "event_id": EventId(self.events.to_be_bytes()), "platform": "other", "timestamp": at, "received": at,
            "environment": environment, "release": release, "tags": [["release", release]],
        }))
        .expect("an event");
        let record = Record::Event(Box::new(EventRecord {
            project: SHOP,
            raw: Bytes::from_static(b"{}"),
            recipe: Bytes::from(serde_json::to_vec(&event).expect("JSON")),
            event: event.clone(),
            hashes: vec![GroupHash([1; 16])],
            headline: Headline::default(),
            tags: vec![("release".to_owned(), release.to_owned())],
            wanted: BTreeSet::new(),
        }));
        let batch = Batch { records: vec![record], ..Batch::default() };
        let [Recorded::Stored { place: Some(place), .. }] =
            self.store.record(&batch, at).expect("recorded")[..]
        else {
            panic!("a new event")
        };
        self.search.add(Week(place.week), vec![document(&event, &place)]).expect("added");
    }

    fn sessions(&self, environment: &str, total: u64, crashed: u64) {
        let counts = Outcomes { total, crashed, errored: crashed, ..Outcomes::default() };
        let report = SessionReport {
            release: "shop@1.1.0".to_owned(),
            environment: Some(environment.to_owned()),
            updates: vec![SessionUpdate { started: ago(90), user: None, session: None, counts }],
        };
        let record = Record::Sessions(SessionRecord { project: SHOP, received: ago(60), report });
        let batch = Batch { records: vec![record], ..Batch::default() };
        self.store.record(&batch, ago(60)).expect("recorded");
    }

    fn found(&self, rules: &[AlertRule]) -> Vec<Found> {
        self.search.commit(*self.store.head().borrow()).expect("committed");
        let sources =
            Sources { store: &self.store, search: &self.search, reader: &self.reader, sees: &|_| true };
        found(&sources, rules, now()).expect("looked")
    }
}

fn rule(trigger: Trigger, environment: Option<&str>) -> AlertRule {
    AlertRule { environment: environment.map(str::to_owned), ..bare(trigger) }
}

#[test]
fn silence_is_that_of_the_environment_that_is_asked_about() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut world = World::open(dir.path());
    // Every 20 minutes for four days, from both; production ends twelve hours ago.
    for event in (1..4 * 72).rev() {
        let at = ago(event * 20);
        world.send("staging", "shop@1.0.0", at);
        if at < ago(12 * 60) {
            world.send("production", "shop@1.0.0", at);
        }
    }
    world.send("staging", "shop@1.0.0", ago(1));
    let silence = || Trigger::Silence { factor: 10.0 };
    let rules =
        [rule(silence(), Some("production")), rule(silence(), Some("staging")), rule(silence(), None)];
    let found = world.found(&rules);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].environment.as_deref(), Some("production"));
    let Some(Because::Silence { gap_seconds, .. }) = found[0].because else { panic!("{found:?}") };
    assert!((11 * 3_600..=12 * 3_600).contains(&gap_seconds), "{gap_seconds}");
}

#[test]
fn a_release_is_past_its_bound_where_it_is_asked_about() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut world = World::open(dir.path());
    world.send("production", "shop@1.1.0", ago(100));
    world.sessions("production", 1_000, 50);
    world.sessions("staging", 1_000, 0);
    let health =
        |bound| Trigger::Release { metric: ReleaseMetric::CrashFreeSessions, bound, sessions_min: 200 };
    let rules = [
        rule(health(99.0), Some("production")),
        rule(health(99.0), Some("staging")),
        rule(health(90.0), Some("production")),
    ];
    let found = world.found(&rules);
    assert_eq!(found.len(), 1, "{found:?}");
    let subject = Subject::Release { project: SHOP, version: "shop@1.1.0".to_owned() };
    assert_eq!(found[0].subject, subject);
    let Some(Because::Release { percent, sessions, .. }) = found[0].because else { panic!("{found:?}") };
    assert!((percent - 95.0).abs() < 1e-9 && sessions == 1_000, "{found:?}");
}

#[test]
fn a_fix_fails_where_the_release_that_has_it_still_sends_the_issue() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut world = World::open(dir.path());
    let fix_failed = [rule(Trigger::FixFailed, None)];
    world.send("production", "shop@1.0.0", ago(300));
    let fixed = Resolve::InRelease("shop@1.1.0".to_owned());
    let change = IssueChange { status: Some(StatusChange::Resolved(fixed)), ..IssueChange::default() };
    world.store.change_issues(&[IssueId(1)], &change, None, ago(200)).expect("resolved");
    world.send("production", "shop@1.0.0", ago(50));
    assert_eq!(world.found(&fix_failed), [], "one from before the fix says nothing");
    world.send("production", "shop@1.1.0", ago(20));
    let found = world.found(&fix_failed);
    assert_eq!(found.len(), 1, "{found:?}");
    let Some(Because::FixFailed { release, events, .. }) = &found[0].because else { panic!("{found:?}") };
    assert_eq!((release.as_deref(), *events), (Some("shop@1.1.0"), 1));
}
