//! What slower rules are met by, against a real store and index.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{Found, found};
use crate::alerts::preview::preview;
use crate::artifacts::Artifacts;
use crate::digest::stored::Reader;
use crate::digest::symbolicate::Symbolicator;
use crate::findings::Sources;
use crate::insight::alert::templates::bare;
use crate::insight::alert::words;
use crate::model::alert::{Because, Subject};
use crate::model::alert_rule::{AlertRule, ReleaseMetric, Trigger};
use crate::model::event::Event;
use crate::model::grouping::Headline;
use crate::model::health::{Outcomes, SessionReport, SessionUpdate};
use crate::model::ids::{EventId, GroupHash, IssueId, ProjectId, PublicKey, SpanId, TraceId};
use crate::model::issue_change::{IssueChange, Resolve, StatusChange};
use crate::model::outcome::Category;
use crate::model::span::{Span, SpanKind, SpanStatus};
use crate::model::week::Week;
use crate::search::{Search, WRITER_BYTES_MIN, document};
use crate::store::{Batch, EventRecord, Record, Recorded, SessionRecord, SpanRecord, Store};

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

    /// So many runs of a transaction, all at one time.
    fn ran(
        &mut self,
        name: &str,
        runs: usize,
        at: Timestamp,
        milliseconds: u64,
        status: SpanStatus,
    ) -> Record {
        let spans = (0..runs).map(|_| {
            self.events += 1;
            Span {
                trace: TraceId(self.events.to_be_bytes()),
                id: SpanId([1; 8]),
                parent: None,
                is_segment: true,
                op: "http.server".to_owned(),
                name: name.to_owned(),
                description: name.to_owned(),
                status,
                status_word: String::new(),
                kind: SpanKind::Server,
                start_us: at.as_microsecond(),
                duration_us: milliseconds * 1_000,
                service: String::new(),
                environment: "production".to_owned(),
                release: String::new(),
                transaction: name.to_owned(),
                origin: String::new(),
                weight: 1.0,
                attributes: Vec::new(),
                links: Vec::new(),
            }
        });
        let record = SpanRecord {
            project: SHOP,
            received: at,
            event_id: None,
            category: Category::Span,
            quantity: 1,
            spans: spans.collect(),
            logs: Vec::new(),
        };
        Record::Spans(Box::new(record))
    }

    fn record(&self, records: Vec<Record>) {
        self.store.record(&Batch { records, ..Batch::default() }, now()).expect("recorded");
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

/// `POST /pay` takes 200 ms and fails at times, five times a minute, and `jobs.send` runs twice a minute, until ten minutes ago:
/// then one gets slow and fails, and the other stops. `GET /` is always slow, and rare.
fn a_bad_end(world: &mut World) {
    let mut records = Vec::new();
    for minutes in (1..=30 * 60).rev() {
        let at = ago(minutes);
        let (is_bad, ok) = (minutes <= 12, SpanStatus::Ok);
        if minutes % 10 == 0 || is_bad {
            let factor = if is_bad { 1 } else { 10 };
            records.push(world.ran("POST /pay", 4 * factor, at, if is_bad { 3_000 } else { 200 }, ok));
            records.push(world.ran("POST /pay", 1, at, 200, SpanStatus::Error));
            if !is_bad {
                records.push(world.ran("jobs.send", 20, at, 50, ok));
            }
        }
        if minutes % 60 == 0 {
            records.push(world.ran("GET /", 1, at, 60_000, ok));
        }
    }
    world.record(records);
}

#[test]
fn transactions_are_judged_by_the_last_minutes_beside_the_day_before() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut world = World::open(dir.path());
    a_bad_end(&mut world);
    let slow = |name: Option<&str>| Trigger::TransactionP95 {
        transaction: name.map(str::to_owned),
        milliseconds: 2_000,
        minutes: 10,
    };
    let fails =
        |percent| Trigger::TransactionFailureRate { transaction: None, percent, minutes: 10, at_least: 20 };
    let silent = |per_minute| Trigger::TransactionThroughput {
        transaction: None,
        per_minute,
        below: true,
        minutes: 10,
    };
    let told = |trigger: Trigger, environment: Option<&str>| {
        let found = world.found(&[rule(trigger, environment)]);
        found.into_iter().filter_map(|found| found.because.as_ref().map(words::told)).collect::<Vec<_>>()
    };
    let pay = "p95 of POST /pay is 3.0 s over 10 minutes (usually 200 ms), above 2.0 s";
    assert_eq!(told(slow(None), None), [pay], "of `GET /` there are too few");
    assert_eq!(told(slow(Some("post *")), Some("production")), [pay]);
    assert!(told(slow(Some("GET *")), None).is_empty());
    assert!(told(slow(None), Some("staging")).is_empty());
    let failed = "20.0 % of 50 of POST /pay failed over 10 minutes (usually 2.4 %), above 5.0 %";
    assert_eq!(told(fails(5.0), None), [failed]);
    assert!(told(fails(25.0), None).is_empty());
    let stopped = "jobs.send did not run over 10 minutes (usually 2 a minute), below 1 a minute";
    assert_eq!(told(silent(1.0), None), [stopped], "`GET /` is rare anyway");
}

#[test]
fn rules_about_transactions_are_tried_on_whole_hours() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut world = World::open(dir.path());
    let hours = (1..=30).rev().map(|hour| {
        let milliseconds = if (3..=4).contains(&hour) { 3_000 } else { 200 };
        world.ran("POST /pay", 30, ago(hour * 60), milliseconds, SpanStatus::Ok)
    });
    let records = hours.collect();
    world.record(records);
    world.search.commit(*world.store.head().borrow()).expect("committed");
    let trigger = Trigger::TransactionP95 { transaction: None, milliseconds: 2_000, minutes: 10 };
    let found = preview(&world.store, &world.search, &|_| true, &bare(trigger), now()).expect("tried");
    assert_eq!(found.total, 1, "two hours that follow are told once: {found:?}");
    assert!(now().duration_since(found.alerts[0].at).as_hours() == 3, "{found:?}");
    let unseen = Trigger::TransactionP95 { transaction: None, milliseconds: 2_000, minutes: 10 };
    let found = preview(&world.store, &world.search, &|_| false, &bare(unseen), now()).expect("tried");
    assert_eq!(found.total, 0, "whoever may not see the project is told nothing");
}
