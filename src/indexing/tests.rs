use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::json;
use tokio::sync::watch;

use super::{Follower, Indexing, Progress};
use crate::artifacts::Artifacts;
use crate::digest::symbolicate::Symbolicator;
use crate::metrics::Metrics;
use crate::model::event::Event;
use crate::model::grouping::Headline;
use crate::model::ids::{EventId, GroupHash, IssueId, ProjectId, PublicKey};
use crate::model::issue::{EventRef, Status};
use crate::search::{Search, WRITER_BYTES_MIN};
use crate::store::{Batch, EventRecord, Record, Recorded, Store};

fn symbolicator(store: &Store, data_dir: &Path) -> Symbolicator {
    let artifacts = Artifacts::open(data_dir, PathBuf::new(), u64::MAX).expect("opens");
    Symbolicator::new(store.clone(), Arc::new(artifacts))
}

fn record(number: u128, now: Timestamp) -> Record {
    let event: Event = serde_json::from_value(json!({
        "event_id": EventId(number.to_be_bytes()), "platform": "other", "timestamp": now, "received": now,
    }))
    .expect("an event");
    Record::Event(Box::new(EventRecord {
        project: ProjectId(1),
        recipe: json!({"event_id": EventId(number.to_be_bytes()), "received": now, "retention_days": 90})
            .to_string()
            .into(),
        raw: Bytes::from_static(b"{}"),
        hashes: vec![GroupHash([1; 16])],
        headline: Headline::default(),
        tags: Vec::new(),
        wanted: std::collections::BTreeSet::new(),
        event,
    }))
}

fn put(store: &Store, number: u128, now: Timestamp) -> EventRef {
    let batch = Batch { records: vec![record(number, now)], ..Batch::default() };
    match store.record(&batch, now).expect("recorded")[..] {
        [Recorded::Stored { place: Some(place), .. }] => place,
        ref other => panic!("stored, not {other:?}"),
    }
}

#[test]
fn a_damaged_payload_is_counted_and_passed_over() {
    let dir = tempfile::tempdir().expect("a folder");
    let now = "2026-11-23T08:00:00Z".parse().expect("a moment");
    let store = Store::open(dir.path()).expect("opens");
    store.create_project("shop", "Shop", None, PublicKey([7; 16]), now).expect("created");
    let places = [1, 2, 3].map(|number| put(&store, number, now));
    store.damage(&places[1]);
    // Nothing is in memory after a restart.
    drop(store);
    let store = Store::open(dir.path()).expect("opens");
    let search = Arc::new(Search::open(dir.path(), WRITER_BYTES_MIN).expect("opens"));
    let metrics = Arc::new(Metrics::new());
    let indexing = Indexing::new(
        store.clone(),
        Arc::clone(&search),
        Arc::clone(&metrics),
        Progress::default(),
        symbolicator(&store, dir.path()),
    );
    let mut follower = Follower { position: 0, uncommitted: 0, first_added: None };
    indexing.follow(&mut follower, &|| false).expect("goes on");
    indexing.commit(&mut follower).expect("committed");
    assert_eq!((search.events(), metrics.damaged.get(), follower.position), (2, 1, 3));

    search.clear().expect("erased");
    let mut follower = Follower { position: 0, uncommitted: 0, first_added: None };
    indexing.fill_gap(&mut follower, 4, &|| false).expect("goes on");
    assert_eq!((search.events(), metrics.damaged.get(), follower.position), (2, 2, 3));
}

#[test]
fn a_rebuild_finds_events_that_the_change_log_has_forgotten() {
    let dir = tempfile::tempdir().expect("tempdir");
    let now = "2026-11-23T08:00:00Z".parse().expect("a moment");
    let store = Store::open(dir.path()).expect("the store opens");
    store.create_project("shop", "Shop", None, PublicKey([7; 16]), now).expect("created");
    for number in 1..=5 {
        put(&store, number, now);
    }
    store.trim_changes(*store.head().borrow() - 1).expect("trimmed");
    let search = Arc::new(Search::open(dir.path(), WRITER_BYTES_MIN).expect("the index opens"));
    let progress = Progress::default();
    let metrics = Arc::new(Metrics::new());
    let indexing = Indexing::new(
        store.clone(),
        Arc::clone(&search),
        metrics,
        progress.clone(),
        symbolicator(&store, dir.path()),
    );
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let (runtime, (stop, stopped)) = (runtime.expect("a runtime"), watch::channel(false));
    let handle = runtime.handle().clone();
    let worker = std::thread::spawn(move || indexing.run(&handle, stopped));
    for round in 1..=2 {
        let rebuild = progress.ask_for_rebuild(&store);
        while !progress.is_done(&rebuild) {
            assert!(!worker.is_finished(), "the worker lives");
            std::thread::yield_now();
        }
        assert_eq!(search.events(), 5, "round {round}");
    }
    stop.send_replace(true);
    worker.join().expect("a clean end");
    assert_eq!(search.cursor(), *store.head().borrow());
}

#[test]
fn the_lag_counts_events_down_while_the_index_is_filled() {
    let dir = tempfile::tempdir().expect("tempdir");
    let now = "2026-11-23T08:00:00Z".parse().expect("a moment");
    let store = Store::open(dir.path()).expect("the store opens");
    store.create_project("shop", "Shop", None, PublicKey([7; 16]), now).expect("created");
    let records = (1..=1_200).map(|number| record(number, now)).collect();
    store.record(&Batch { records, ..Batch::default() }, now).expect("recorded");
    store.change_issues(&[IssueId(1)], &Status::Resolved.into(), None, now).expect("changed");
    // One event and the change of the issue are left in the log.
    store.trim_changes(*store.head().borrow() - 2).expect("trimmed");
    let search = Arc::new(Search::open(dir.path(), WRITER_BYTES_MIN).expect("the index opens"));
    let progress = Progress::default();
    let metrics = Arc::new(Metrics::new());
    let indexing = Indexing::new(
        store.clone(),
        Arc::clone(&search),
        metrics,
        progress.clone(),
        symbolicator(&store, dir.path()),
    );
    let lag = || progress.lag(&store).expect("counted");
    assert!(lag() >= 1_200, "before anything is read: never too few");

    let (lags, mut follower) = (RefCell::new(Vec::new()), indexing.at_cursor());
    let look = || {
        lags.borrow_mut().push(lag());
        false
    };
    indexing.follow(&mut follower, &look).expect("goes on");
    assert_eq!((lags.into_inner(), lag()), (vec![700, 200, 1], 1));
    indexing.follow(&mut follower, &|| false).expect("goes on");
    indexing.commit(&mut follower).expect("committed");
    assert_eq!((lag(), search.events()), (0, 1_200));

    // What brings no event leaves nothing to search for.
    store.change_issues(&[IssueId(1)], &Status::Unresolved.into(), None, now).expect("changed");
    assert_eq!(lag(), 0);
    put(&store, 1_201, now);
    assert_eq!(lag(), 1);
}
