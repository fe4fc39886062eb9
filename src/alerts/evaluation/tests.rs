//! The evaluator over a real store and a real index, in simulated time.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{Evaluator, Now};
use crate::metrics::Metrics;
use crate::model::alert::{Alert, Because};
use crate::model::alert_rule::{AlertRule, People, Severity, Trigger};
use crate::model::event::{Event, User};
use crate::model::grouping::Headline;
use crate::model::ids::{EventId, GroupHash, IssueId, ProjectId, PublicKey, RuleId};
use crate::model::issue::Status;
use crate::model::issue_change::IssueChange;
use crate::model::week::Week;
use crate::search::{Search, WRITER_BYTES_MIN, document};
use crate::store::{Batch, EventRecord, Record, Recorded, Store};

/// Monday of 2026-W48, 08:00.
fn at(seconds: i64) -> Timestamp {
    "2026-11-23T08:00:00Z".parse::<Timestamp>().expect("a moment") + SignedDuration::from_secs(seconds)
}

struct World {
    _dir: tempfile::TempDir,
    store: Store,
    search: Arc<Search>,
    evaluator: Evaluator,
    events: u64,
}

#[derive(Clone, Copy, Default)]
struct Of<'a> {
    environment: Option<&'a str>,
    user: Option<&'a str>,
    release: Option<&'a str>,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let store = Store::open(dir.path()).expect("opens");
        let search = Search::open(dir.path(), WRITER_BYTES_MIN).expect("opens");
        let search = Arc::new(search.with_merges(store.shared_merges()));
        for (number, slug) in (1u8..).zip(["shop", "desk"]) {
            store.create_project(slug, slug, None, PublicKey([number; 16]), at(0)).expect("created");
        }
        let evaluator = Evaluator::new(store.clone(), Arc::clone(&search), Arc::new(Metrics::new()));
        Self { _dir: dir, store, search, evaluator, events: 0 }
    }

    fn rule(&self, trigger: Trigger) -> RuleId {
        self.rule_with(trigger, |_| ())
    }

    fn rule_with(&self, trigger: Trigger, change: impl FnOnce(&mut AlertRule)) -> RuleId {
        let mut rule = AlertRule {
            id: RuleId(0),
            name: "A rule".to_owned(),
            enabled: true,
            projects: Vec::new(),
            environment: None,
            query: String::new(),
            trigger,
            severity: Severity::High,
            targets: Vec::new(),
            people: People { everyone: true, ..People::default() },
            cooldown_minutes: 30,
            quiet_minutes: 15,
            reopen_minutes: 60,
            muted_until: None,
            created: at(-1_000_000),
            created_by: None,
        };
        change(&mut rule);
        self.store.create_alert_rule(rule).expect("kept").expect("room").id
    }

    /// So many events of an issue, in one batch.
    fn send(&mut self, issue: u8, events: u64, seconds: i64) {
        self.send_of(issue, events, seconds, Of::default());
    }

    fn send_of(&mut self, issue: u8, events: u64, seconds: i64, of: Of<'_>) {
        let mut records = Vec::new();
        for _ in 0..events {
            self.events += 1;
            let mut event: Event = serde_json::from_value(json!({
                "event_id": EventId(u128::from(self.events).to_be_bytes()), "platform": "python",
                "timestamp": at(seconds), "received": at(seconds),
            }))
            .expect("an event");
            event.environment = of.environment.map(str::to_owned);
            event.release = of.release.map(str::to_owned);
            event.user = of.user.map(|id| User { id: Some(id.to_owned()), ..User::default() });
            records.push(Record::Event(Box::new(EventRecord {
                project: ProjectId(1 + u64::from(issue >= 100)),
                recipe: Bytes::new(),
                raw: Bytes::new(),
                hashes: vec![GroupHash([issue; 16])],
                headline: Headline { title: format!("Issue {issue}"), ..Headline::default() },
                tags: of
                    .release
                    .map(|release| ("release".to_owned(), release.to_owned()))
                    .into_iter()
                    .collect(),
                wanted: std::collections::BTreeSet::new(),
                event,
            })));
        }
        let batch = Batch { records, ..Batch::default() };
        let recorded = self.store.record(&batch, at(seconds)).expect("recorded");
        for (record, recorded) in batch.records.iter().zip(recorded) {
            let (Record::Event(record), Recorded::Stored { place: Some(place), .. }) = (record, recorded)
            else {
                panic!("stored")
            };
            self.search.add(Week(place.week), vec![document(&record.event, &place)]).expect("added");
        }
    }

    fn index(&self) {
        self.search.commit(*self.store.head().borrow()).expect("committed");
    }

    fn look(&mut self, seconds: i64) -> Vec<Alert> {
        let ticked = Duration::from_secs((seconds + 10_000_000).unsigned_abs());
        self.evaluator.look(Now { wall: at(seconds), ticked, lag: SignedDuration::ZERO }).expect("looked")
    }

    /// (rule, issue) of what is new.
    fn new_at(&mut self, seconds: i64) -> Vec<(u64, u64)> {
        let told = |alert: Alert| (alert.rule.0, alert.subject.issue().map_or(0, |issue| issue.0));
        self.look(seconds).into_iter().map(told).collect()
    }

    /// As if the process had been killed.
    fn restart(&mut self) {
        self.evaluator =
            Evaluator::new(self.store.clone(), Arc::clone(&self.search), Arc::new(Metrics::new()));
    }

    fn set(&self, issue: u64, status: Status, seconds: i64) {
        let change = IssueChange::from(status);
        self.store.change_issues(&[IssueId(issue)], &change, None, at(seconds)).expect("changed");
    }

    fn is_firing(&self, issue: u64) -> bool {
        let firing = self.store.firing().expect("read");
        firing.iter().any(|firing| firing.subject.issue() == Some(IssueId(issue)) && firing.over.is_none())
    }
}

const SPIKE: Trigger = Trigger::Spike { factor: 10.0, window_minutes: 60 };

#[test]
fn what_happens_once_is_told_once_also_after_a_crash() {
    let mut world = World::new();
    world.rule(Trigger::NewIssue);
    world.rule(Trigger::Regression);
    world.rule_with(Trigger::NewIssue, |rule| rule.projects = vec![ProjectId(2)]);
    assert_eq!(world.new_at(0), []);
    world.send(1, 3, 1);
    world.send(100, 1, 2);
    assert_eq!(world.new_at(10), [(1, 1), (1, 2), (3, 2)]);
    assert_eq!(world.new_at(20), []);
    world.set(1, Status::Resolved, 30);
    world.new_at(31);
    assert!(!world.is_firing(1), "somebody resolved it");
    world.restart();
    assert_eq!(world.new_at(32), []);
    world.send(1, 1, 40);
    world.restart();
    let back = world.look(50);
    assert_eq!(back.len(), 1);
    assert_eq!(back[0].because, Because::Regressed { release: None });
    world.restart();
    assert_eq!(world.new_at(60), []);
}

#[test]
fn five_and_then_two_hundred_are_one_spike() {
    let mut world = World::new();
    world.rule(SPIKE);
    world.look(0);
    for minute in 0..5 {
        world.send(1, 1, minute * 60);
        assert_eq!(world.new_at(minute * 60 + 5), []);
    }
    world.send(1, 200, 330);
    let told = world.look(340);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(matches!(told[0].because, Because::Spike { events: 200.., .. }), "{told:?}");
    world.send(1, 100, 345);
    world.restart();
    assert_eq!(world.new_at(350), []);
    assert!(world.is_firing(1));
    for minute in 6..60 {
        assert_eq!(world.new_at(minute * 60), [], "{minute}");
    }
    assert!(!world.is_firing(1), "quiet for long enough");
}

#[test]
fn a_spike_while_nobody_looked_is_told_once() {
    let mut world = World::new();
    world.rule(SPIKE);
    for hour in 1..30 {
        world.send(1, 6, -hour * 3_600);
    }
    world.look(0);
    world.send(1, 150, 600);
    world.restart();
    let told = world.look(600 + 80 * 60);
    assert_eq!(told.len(), 1, "{told:?}");
    world.restart();
    assert_eq!(world.new_at(600 + 81 * 60), []);
    world.send(2, 1, 600 + 82 * 60);
    assert_eq!(world.new_at(600 + 83 * 60), []);
}

#[test]
fn an_environment_is_judged_by_itself() {
    let mut world = World::new();
    let live = Of { environment: Some("live"), ..Of::default() };
    world.rule_with(SPIKE, |rule| rule.environment = Some("live".to_owned()));
    world.rule_with(Trigger::NewIssue, |rule| rule.environment = Some("live".to_owned()));
    for hour in 1..30 {
        world.send_of(1, 2, -hour * 3_600, live);
        world.send(2, 2, -hour * 3_600);
    }
    assert_eq!(world.new_at(0), [(2, 1)]);
    world.send(1, 300, 60);
    world.send(2, 300, 60);
    assert_eq!(world.new_at(70), [], "elsewhere");
    world.send_of(1, 200, 80, live);
    assert_eq!(world.new_at(90), [(1, 1)]);
}

#[test]
fn a_query_is_asked_once_its_events_are_searchable() {
    let mut world = World::new();
    world.rule_with(Trigger::NewIssue, |rule| rule.query = "release:shop@2".to_owned());
    world.look(0);
    world.send_of(1, 1, 1, Of { release: Some("shop@1"), ..Of::default() });
    world.send_of(2, 1, 2, Of { release: Some("shop@2"), ..Of::default() });
    assert_eq!(world.new_at(10), [], "not searchable yet");
    world.index();
    assert_eq!(world.new_at(20), [(1, 2)]);
    assert_eq!(world.new_at(30), []);
}

#[test]
fn more_than_so_many_events_by_the_minute_and_by_the_hour() {
    let mut world = World::new();
    world.rule(Trigger::Events { more_than: 20, window_minutes: 10 });
    world.rule(Trigger::Events { more_than: 50, window_minutes: 6 * 60 });
    for part in 0..5 {
        world.send(1, 10, part * 1_200);
        assert_eq!(world.new_at(part * 1_200 + 70), [], "{part}");
    }
    world.send(1, 15, 5 * 1_200);
    assert_eq!(world.new_at(5 * 1_200 + 70), [(2, 1)]);
    world.send(1, 15, 5 * 1_200 + 75);
    assert_eq!(world.new_at(5 * 1_200 + 80), [(1, 1)]);
}

#[test]
fn more_than_so_many_users_not_events() {
    let mut world = World::new();
    world.rule(Trigger::Users { more_than: 3, window_minutes: 30 });
    world.rule_with(Trigger::Users { more_than: 2, window_minutes: 30 }, |rule| {
        rule.environment = Some("live".to_owned());
    });
    world.look(0);
    let of = |user, environment| Of { user: Some(user), environment, ..Of::default() };
    for user in ["ada", "bo", "cy"] {
        world.send_of(1, 20, 60, of(user, None));
    }
    assert_eq!(world.new_at(70), [], "sixty events of three");
    world.send_of(1, 1, 80, of("di", Some("live")));
    assert_eq!(world.new_at(90), [(1, 1)]);
    for user in ["di", "ed", "flo"] {
        world.send_of(1, 1, 100, of(user, Some("live")));
    }
    assert_eq!(world.new_at(110), [(2, 1)]);
    assert_eq!(world.store.users_between(IssueId(1), None, at(0), at(200)).expect("read"), (6, false));
    assert_eq!(
        world.store.users_between(IssueId(1), Some("moon"), at(0), at(200)).expect("read"),
        (0, false)
    );
}

#[test]
fn what_is_merged_speaks_through_its_whole() {
    let mut world = World::new();
    world.rule(SPIKE);
    for hour in 1..30 {
        world.send(1, 3, -hour * 3_600);
        world.send(2, 1, -hour * 3_600);
    }
    world.store.merge_issues(&[IssueId(1), IssueId(2)], None, at(-60)).expect("merged");
    world.look(0);
    world.send(2, 100, 60);
    assert_eq!(world.new_at(70), [(1, 1)]);
}
