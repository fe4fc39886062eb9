//! `cargo bench --bench alerts`: what it costs to hold what happened against the rules.
//!
//! 100,000 issues of 100 projects that were all seen in the last hour, 1,000 of them often; 10,000 rules, each about one
//! project. Prints what the first look takes, with nothing remembered, what one takes after more events have come, and one
//! after none. It asserts nothing: machines differ.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use lighttrace::alerts::evaluation::{Evaluator, Now};
use lighttrace::insight::alert::templates::bare;
use lighttrace::metrics::Metrics;
use lighttrace::model::alert_rule::{AlertRule, Trigger};
use lighttrace::model::event::Event;
use lighttrace::model::grouping::Headline;
use lighttrace::model::ids::{EventId, GroupHash, ProjectId, PublicKey};
use lighttrace::search::Search;
use lighttrace::store::{Batch, EventRecord, Record, Store};
use serde_json::json;

const PROJECTS: u64 = 100;
const ISSUES: u64 = 100_000;
const RULES: u64 = 10_000;
/// Of these, one in so many is seen often.
const BUSY_ONE_IN: u64 = 100;
const BUSY_EVENTS: u64 = 30;
const BATCH: usize = 500;
const LOOKS: usize = 20;
const INDEX_BYTES: usize = 16_000_000;

fn main() {
    let dir = tempfile::tempdir().expect("a folder");
    let store = Store::open(dir.path()).expect("opened");
    let now = Timestamp::now();
    for project in 1..=PROJECTS {
        let slug = format!("project-{project}");
        let mut key = [0; 16];
        key[..8].copy_from_slice(&project.to_be_bytes());
        store.create_project(&slug, &slug, None, PublicKey(key), now).expect("made");
    }
    let begun = Instant::now();
    let events = fill(&store, now);
    println!("{events} events of {ISSUES} issues recorded in {:.1} s", begun.elapsed().as_secs_f64());
    for number in 0..RULES {
        store
            .create_alert_rule(AlertRule { created: Timestamp::now(), ..rule(number) })
            .expect("kept")
            .expect("room");
    }

    let search = Arc::new(Search::open(dir.path(), INDEX_BYTES).expect("opened"));
    let mut evaluator = Evaluator::new(store.clone(), search, Arc::new(Metrics::new()));
    let started = Instant::now();
    let mut look = |what: &str, times: usize, mut before: Box<dyn FnMut(usize) + '_>| {
        let mut took = Vec::with_capacity(times);
        let mut alerts = 0;
        for time in 0..times {
            before(time);
            let begun = Instant::now();
            let lag = SignedDuration::ZERO;
            let now = Now { wall: Timestamp::now(), ticked: started.elapsed(), lag };
            alerts += evaluator.look(now).expect("looked").len();
            took.push(begun.elapsed());
        }
        took.sort_unstable();
        println!(
            "{what:<44} {:>9.1} ms, at most {:>9.1} ms; {alerts} alerts",
            milliseconds(took[times / 2]),
            milliseconds(took[times - 1]),
        );
    };
    look("the first look", 1, Box::new(|_| ()));
    look(
        "a look after an event, baselines coming",
        LOOKS,
        Box::new(|time| {
            let number = ISSUES + u64::try_from(time).expect("few");
            let event = record(u64::MAX - number, number % ISSUES, Timestamp::now());
            store.record(&batch(vec![event]), Timestamp::now()).expect("recorded");
        }),
    );
    // What was new before the rules were made is passed over, a thousand a look.
    let signals = usize::try_from(store.last_signal().expect("read")).expect("few");
    look("a look at what was new", signals / 1_000 + 1, Box::new(|_| ()));
    look(
        "a look after an event",
        LOOKS,
        Box::new(|time| {
            let number = 2 * ISSUES + u64::try_from(time).expect("few");
            let event = record(u64::MAX - number, number % ISSUES, Timestamp::now());
            store.record(&batch(vec![event]), Timestamp::now()).expect("recorded");
        }),
    );
    look("a look after nothing", LOOKS, Box::new(|_| ()));
}

fn milliseconds(took: Duration) -> f64 {
    took.as_secs_f64() * 1_000.0
}

/// Each issue a day ago and in the last hour; the busy ones often in it.
fn fill(store: &Store, now: Timestamp) -> u64 {
    let mut records = Vec::with_capacity(BATCH);
    let mut events = 0;
    let mut put = |issue: u64, at: Timestamp| {
        events += 1;
        records.push(record(events, issue, at));
        if records.len() == BATCH {
            let full = std::mem::replace(&mut records, Vec::with_capacity(BATCH));
            store.record(&batch(full), now).expect("recorded");
        }
    };
    let back = |minutes: u64| now - SignedDuration::from_mins(i64::try_from(minutes).expect("few"));
    for issue in 0..ISSUES {
        put(issue, back(24 * 60 + issue % 600));
        let often = if issue.is_multiple_of(BUSY_ONE_IN) { BUSY_EVENTS } else { 1 };
        for event in 0..often {
            put(issue, back((issue + event * 7) % 55));
        }
    }
    if !records.is_empty() {
        store.record(&batch(records), now).expect("recorded");
    }
    events
}

fn batch(records: Vec<Record>) -> Batch {
    Batch { records, ..Batch::default() }
}

fn record(number: u64, issue: u64, at: Timestamp) -> Record {
    let id = EventId(u128::from(number).to_be_bytes());
    let event = json!({
        "event_id": id, "platform": "python", "timestamp": at, "received": at,
        "environment": if issue.is_multiple_of(5) { "staging" } else { "production" },
    });
    let event: Event = serde_json::from_value(event).expect("an event");
    Record::Event(Box::new(EventRecord {
        project: ProjectId(1 + issue % PROJECTS),
        recipe: Bytes::from_static(b"{}"),
        raw: Bytes::from_static(b"{}"),
        event,
        hashes: vec![GroupHash(u128::from(issue).to_be_bytes())],
        headline: Headline { title: format!("Error {issue}"), ..Headline::default() },
        tags: Vec::new(),
        wanted: BTreeSet::new(),
    }))
}

/// Half of them spikes, one in ten in production alone. All but one ask for more than there is: what is told is told once,
/// and what is asked for here is what every look costs.
fn rule(number: u64) -> AlertRule {
    let factor = if number == 0 { 10.0 } else { 1_000.0 + number as f64 };
    let trigger = match number % 10 {
        0..5 => Trigger::Spike { factor, window_minutes: 60 },
        5 | 6 => Trigger::Events { more_than: 1_000 + number, window_minutes: 60 },
        7 | 8 => Trigger::NewIssue,
        _ => Trigger::Regression,
    };
    let environment = number.is_multiple_of(10).then(|| "production".to_owned());
    let projects = vec![ProjectId(1 + number / 10 % PROJECTS)];
    AlertRule { name: format!("rule {number}"), projects, environment, ..bare(trigger) }
}
