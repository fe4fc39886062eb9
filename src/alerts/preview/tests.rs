//! Against a real store and index.

use std::collections::BTreeSet;
use std::path::Path;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{Preview, preview};
use crate::alerts::rule_templates::templates;
use crate::model::alert::{Because, Subject};
use crate::model::alert_rule::{AlertRule, Trigger};
use crate::model::event::Event;
use crate::model::grouping::Headline;
use crate::model::ids::{EventId, GroupHash, IssueId, ProjectId, PublicKey};
use crate::model::week::Week;
use crate::search::{Search, WRITER_BYTES_MIN, document};
use crate::store::{Batch, EventRecord, Record, Recorded, Store};

fn now() -> Timestamp {
    "2026-11-27T10:30:00Z".parse().expect("a time")
}

fn ago(hours: i64, minutes: i64) -> Timestamp {
    now() - SignedDuration::from_mins(hours * 60 + minutes)
}

struct Past {
    store: Store,
    search: Search,
    records: Vec<Record>,
}

impl Past {
    fn open(dir: &Path) -> Self {
        let store = Store::open(dir).expect("opens");
        for (slug, key) in [("shop", 7), ("pay", 8)] {
            store.create_project(slug, slug, None, PublicKey([key; 16]), now()).expect("created");
        }
        Self { store, search: Search::open(dir, WRITER_BYTES_MIN).expect("opens"), records: Vec::new() }
    }

    fn sent(&mut self, project: u64, issue: u64, events: u64, at: Timestamp) {
        for _ in 0..events {
            let number = u128::try_from(self.records.len()).expect("few") + 1;
            let event: Event = serde_json::from_value(json!({
                "event_id": EventId(number.to_be_bytes()), "platform": "other", "timestamp": at, "received": at,
                "logentry": {"formatted": format!("broken {issue}")},
            }))
            .expect("an event");
            self.records.push(Record::Event(Box::new(EventRecord {
                project: ProjectId(project),
                raw: Bytes::from_static(b"{}"),
                recipe: Bytes::from(serde_json::to_vec(&event).expect("JSON")),
                event,
                hashes: vec![GroupHash(u128::from(issue).to_be_bytes())],
                headline: Headline::default(),
                tags: Vec::new(),
                wanted: BTreeSet::new(),
            })));
        }
    }

    fn record(&mut self) {
        let records = std::mem::take(&mut self.records);
        let event = |record: &Record| match record {
            Record::Event(record) => record.event.clone(),
            _ => unreachable!("only events are made here"),
        };
        let events: Vec<Event> = records.iter().map(event).collect();
        let recorded = self.store.record(&Batch { records, ..Batch::default() }, now()).expect("recorded");
        let stored = recorded.iter().zip(&events).map(|(recorded, event)| match recorded {
            Recorded::Stored { place: Some(place), .. } => document(event, place),
            other => panic!("stored, not {other:?}"),
        });
        self.search.add(Week::of(now()), stored.collect()).expect("added");
        self.search.commit(*self.store.head().borrow()).expect("committed");
    }

    fn tried(&self, rule: &AlertRule) -> Preview {
        preview(&self.store, &self.search, &|_| true, rule, now()).expect("tried")
    }
}

fn rule(id: &str) -> AlertRule {
    templates().into_iter().find(|template| template.id == id).expect(id).rule
}

/// Issue 1 of `shop`: two an hour for twelve days, with outbreaks. Issue 2 of `pay`: four an hour until it fell silent.
fn two_weeks(dir: &Path) -> Past {
    let mut past = Past::open(dir);
    for hour in (1..=12 * 24).rev() {
        past.sent(1, 1, 2, ago(hour, 5));
        if hour >= 8 {
            past.sent(2, 2, 4, ago(hour, 10));
        }
    }
    past.sent(1, 1, 150, ago(5 * 24, 0));
    past.sent(1, 1, 60, ago(20, 0));
    past.record();
    past
}

#[test]
fn a_rule_is_tried_on_the_last_two_weeks() {
    let dir = tempfile::tempdir().expect("a folder");
    let past = two_weeks(dir.path());

    let spikes = past.tried(&rule("spike"));
    let told: Vec<_> = spikes.alerts.iter().map(|alert| (alert.at, &alert.subject)).collect();
    let shop = Subject::Issue { issue: IssueId(1) };
    assert_eq!(spikes.total, 2, "{told:?}");
    assert_eq!((told[0].1, told[1].1), (&shop, &shop));
    let within = |found: Timestamp, expected: Timestamp| {
        found.duration_since(expected).abs() < SignedDuration::from_hours(1)
    };
    assert!(within(told[0].0, ago(20, 0)) && within(told[1].0, ago(5 * 24, 0)), "the newest first: {told:?}");
    assert!(
        matches!(spikes.alerts[0].because, Because::Spike { events: 60.., minutes: 1..=3, .. }),
        "by the minute"
    );
    assert!(matches!(spikes.alerts[1].because, Because::Spike { minutes: 60, .. }), "by the hour");
    assert_eq!(spikes.messages, 2);
    assert!(spikes.since.is_some_and(|since| within(since, ago(12 * 24, 0))), "{:?}", spikes.since);
    assert!(spikes.note.is_some_and(|note| note.contains("by the minute")));

    let new = past.tried(&rule("new_issue"));
    assert_eq!((new.total, new.messages), (2, 1), "both began together");
    let mut only = rule("new_issue");
    only.projects = vec![ProjectId(2)];
    assert_eq!(
        past.tried(&only).alerts.iter().map(|alert| alert.project).collect::<Vec<_>>(),
        [ProjectId(2)]
    );
    only.query = "broken 1".to_owned();
    assert_eq!(past.tried(&only).total, 0, "the query is asked");

    let mut events = rule("events");
    events.trigger = Trigger::Events { more_than: 100, window_minutes: 60 };
    let found = past.tried(&events);
    assert_eq!(found.total, 1);
    assert!(matches!(
        found.alerts[0].because,
        Because::Events { events: 150.., more_than: 100, window_minutes: 60 }
    ));
    events.trigger = Trigger::Events { more_than: 50, window_minutes: 5 };
    assert_eq!(past.tried(&events).total, 1, "only what minutes are kept of");

    let silent = past.tried(&rule("silence"));
    let told: Vec<_> = silent.alerts.iter().map(|alert| &alert.subject).collect();
    assert_eq!(told, [&Subject::Project { project: ProjectId(2) }]);

    for id in ["own", "verdict_worse", "fix_failed", "users"] {
        let found = past.tried(&rule(id));
        assert!(found.total == 0 && found.note.is_some(), "{id} says why it says nothing");
    }
}

#[test]
fn what_nobody_may_see_is_not_tried() {
    let dir = tempfile::tempdir().expect("a folder");
    let past = two_weeks(dir.path());
    let seen =
        preview(&past.store, &past.search, &|id| id == ProjectId(2), &rule("spike"), now()).expect("tried");
    assert_eq!(seen.total, 0);
    let mut broken = rule("spike");
    broken.query = "is:".to_owned();
    let error = preview(&past.store, &past.search, &|_| true, &broken, now()).expect_err("no query");
    assert!(error.to_string().contains("expects"), "{error}");
}
