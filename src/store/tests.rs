//! Stories over the whole store, on real files.

use std::path::Path;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::json;

use crate::model::event::{Event, User};
use crate::model::grouping::Headline;
use crate::model::ids::{EventId, GroupHash, ProjectId, PublicKey};
use crate::model::issue::{EventRef, Status};
use crate::model::issue_change::IssueChange;
use crate::model::release::Deploy;
use crate::store::{Batch, EventRecord, Record, Recorded, Result, Store};

mod accounts;
mod alerts;
mod annotations;
mod artifacts;
mod audit;
mod beside;
mod crash;
mod decisions;
mod dictionaries;
mod erase;
mod full_disk;
mod health;
mod health_oracle;
mod issues;
mod lists;
mod merging;
mod people;
mod recent;
mod recording;
mod releases;
mod retention;
mod signals;
mod standings;
mod states;
mod triage;
mod wanted;

/// Monday of 2026-W48, 08:00.
fn now() -> Timestamp {
    "2026-11-23T08:00:00Z".parse().expect("a moment")
}

/// What digest would give for it; the store does not read it.
fn recipe(event: &Event) -> Bytes {
    Bytes::from(serde_json::to_vec(event).expect("an event is JSON"))
}

fn open(dir: &Path) -> Store {
    Store::open(dir).expect("the store opens")
}

/// To production.
fn deploy(finished: Timestamp) -> Deploy {
    Deploy {
        id: 0,
        environment: "production".to_owned(),
        name: None,
        url: None,
        started: None,
        finished,
        projects: Vec::new(),
    }
}

/// A store with the project 1, `shop`.
fn with_project(dir: &Path) -> (Store, ProjectId) {
    let store = open(dir);
    let project = store.create_project("shop", "Shop", None, PublicKey([7; 16]), now()).expect("created");
    (store, project.id)
}

/// An event in the making; the number makes its id.
struct Draft {
    project: ProjectId,
    event: Event,
    hashes: Vec<GroupHash>,
    tags: Vec<(String, String)>,
    raw: Option<Bytes>,
}

fn id(number: u64) -> EventId {
    EventId(u128::from(number).to_be_bytes())
}

fn hash(name: u8) -> GroupHash {
    GroupHash([name; 16])
}

fn draft(number: u64, group: u8) -> Draft {
    let event = json!({
        "event_id": id(number), "platform": "python", "timestamp": now(), "received": now(),
        "transaction": format!("GET /orders/{number}"),
    });
    Draft {
        project: ProjectId(1),
        event: serde_json::from_value(event).expect("an event"),
        hashes: vec![hash(group)],
        tags: Vec::new(),
        raw: None,
    }
}

impl Draft {
    fn at(mut self, at: &str) -> Self {
        self.event.timestamp = at.parse().expect(at);
        self
    }

    fn received(mut self, at: &str) -> Self {
        self.event.received = at.parse().expect(at);
        self
    }

    fn release(mut self, release: &str) -> Self {
        self.event.release = Some(release.to_owned());
        self
    }

    fn environment(mut self, environment: &str) -> Self {
        self.event.environment = Some(environment.to_owned());
        self
    }

    fn user(mut self, id: &str) -> Self {
        self.event.user = Some(User { id: Some(id.to_owned()), ..User::default() });
        self
    }

    fn tag(mut self, key: &str, value: &str) -> Self {
        self.tags.push((key.to_owned(), value.to_owned()));
        self
    }

    fn raw(mut self, sent: &str) -> Self {
        self.raw = Some(Bytes::from(format!(r#"{{"sent":"{sent}"}}"#)));
        self
    }

    fn hashes(mut self, names: &[u8]) -> Self {
        self.hashes = names.iter().map(|name| hash(*name)).collect();
        self
    }

    fn record(self) -> Record {
        let title = self.event.transaction.clone().unwrap_or_default();
        Record::Event(Box::new(EventRecord {
            project: self.project,
            raw: self.raw.unwrap_or_else(|| Bytes::from(format!(r#"{{"sent":"{title}"}}"#))),
            recipe: recipe(&self.event),
            event: self.event,
            hashes: self.hashes,
            headline: Headline { title, ..Headline::default() },
            tags: self.tags,
            wanted: std::collections::BTreeSet::new(),
        }))
    }
}

/// Records one event, which must be new.
fn put(store: &Store, draft: Draft) -> EventRef {
    match store.record_all([draft.record()], now()).expect("recorded")[..] {
        [Recorded::Stored { place: Some(place), .. }] => place,
        ref other => panic!("stored, not {other:?}"),
    }
}

fn to(status: Status) -> IssueChange {
    status.into()
}

impl Store {
    /// Records what no inbox gave.
    fn record_all(&self, records: impl IntoIterator<Item = Record>, now: Timestamp) -> Result<Vec<Recorded>> {
        let batch = Batch { records: records.into_iter().collect(), ..Batch::default() };
        self.record(&batch, now)
    }

    fn record_in_parts(&self, records: Vec<Record>, part: usize) {
        let mut records = records.into_iter().peekable();
        while records.peek().is_some() {
            self.record_all(records.by_ref().take(part), now()).expect("recorded");
        }
    }
}
