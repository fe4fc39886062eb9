//! What is gathered of a stretch of time, from a real store and index.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::artifacts::Artifacts;
use crate::digest::normalize::{Context, normalize};
use crate::digest::stored::{Reader, Recipe};
use crate::digest::symbolicate::Symbolicator;
use crate::findings::Sources;
use crate::findings::timeline::{Asked, Timeline};
use crate::insight::timeline::{Kind, Moment};
use crate::model::annotation::{Annotation, AnnotationKind};
use crate::model::grouping::Headline;
use crate::model::ids::{EventId, GroupHash, IssueId, ProjectId, PublicKey};
use crate::model::release::Deploy;
use crate::model::standing::ChangePoint;
use crate::model::week::Week;
use crate::search::{Search, WRITER_BYTES_MIN, document};
use crate::store::{Batch, EventRecord, Record, Recorded, ReleaseEdit, Store};

const SHOP: ProjectId = ProjectId(1);
const AUTH: ProjectId = ProjectId(2);
const HIDDEN: ProjectId = ProjectId(3);

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
        for (slug, key) in [("shop", 7), ("auth", 8), ("hidden", 9)] {
            store.create_project(slug, slug, None, PublicKey([key; 16]), ago(10_000)).expect("created");
        }
        let artifacts = Artifacts::open(dir, PathBuf::new(), u64::MAX).expect("opens");
        let reader = Reader::new(store.clone(), Symbolicator::new(store.clone(), Arc::new(artifacts)));
        Self { store, search: Search::open(dir, WRITER_BYTES_MIN).expect("opens"), reader, events: 0 }
    }

    /// Events of one failure, so many minutes ago each. Every failure is an issue of its own.
    fn send(&mut self, project: ProjectId, failure: u8, minutes: &[i64], more: &Value) -> IssueId {
        let (mut records, mut events) = (Vec::new(), Vec::new());
        for minutes in minutes {
            self.events += 1;
            let mut sent = json!({"platform": "node", "timestamp": ago(*minutes), "message": format!("failure {failure}")});
            sent.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            let context = Context {
                received: ago(*minutes),
                sent_at: None,
                client_ip: None,
                user_agent: None,
                event_id: Some(EventId(self.events.to_be_bytes())),
                retention_days: 90,
                kind: None,
            };
            let event = normalize(sent.clone(), &context).expect("an event");
            records.push(Record::Event(Box::new(EventRecord {
                project,
                raw: Bytes::from(sent.to_string()),
                recipe: Recipe::of(&context, &event).encode(),
                event: event.clone(),
                hashes: vec![GroupHash([failure; 16])],
                headline: Headline { title: format!("failure {failure}"), ..Headline::default() },
                tags: Vec::new(),
                wanted: BTreeSet::new(),
            })));
            events.push(event);
        }
        let recorded = self.store.record(&Batch { records, ..Batch::default() }, now()).expect("recorded");
        let mut issue = None;
        let documents = recorded.iter().zip(&events).map(|(recorded, event)| match recorded {
            Recorded::Stored { place: Some(place), .. } => {
                issue = Some(place.issue);
                document(event, place)
            }
            other => panic!("stored, not {other:?}"),
        });
        self.search.add(Week::of(now()), documents.collect()).expect("added");
        self.search.commit(*self.store.head().borrow()).expect("committed");
        issue.expect("an event")
    }

    fn deploy(&self, project: ProjectId, version: &str, minutes: i64) {
        let edit = ReleaseEdit::default();
        let declared = self.store.declare_release(version, &[project], edit, ago(minutes)).expect("declared");
        let deploy = Deploy {
            id: 0,
            environment: "production".to_owned(),
            name: None,
            url: None,
            started: None,
            finished: ago(minutes),
            projects: vec![],
        };
        self.store.add_deploy(declared.release.id, deploy).expect("deployed");
    }

    fn note(&self, title: &str, minutes: i64, projects: &[ProjectId]) {
        let note = Annotation {
            id: 0,
            at: ago(minutes),
            until: None,
            title: title.to_owned(),
            text: String::new(),
            kind: AnnotationKind::Flag,
            projects: projects.to_vec(),
            environment: None,
            link: None,
            by: None,
            noted: now(),
        };
        self.store.add_annotation(note).expect("noted");
    }

    fn timeline(&self, issue: IssueId, asked: &Asked) -> Timeline {
        let sees = |project| project != HIDDEN;
        let (store, search, reader) = (&self.store, &self.search, &self.reader);
        let issue = store.find_issue(issue).expect("read").expect("an issue");
        Sources { store, search, reader, sees: &sees }.timeline(&issue, asked).expect("gathered")
    }
}

/// An hour ago, give or take a minute.
fn asked() -> Asked {
    let change = ChangePoint { at: ago(60), from: ago(61), to: ago(59), before: 2.0, after: 900.0 };
    Asked { from: None, to: None, change: Some(change), now: now() }
}

fn of(found: &Timeline, kind: Kind) -> Vec<(&str, bool)> {
    let of_kind = |moment: &&Moment| moment.kind == kind;
    found.moments.iter().filter(of_kind).map(|moment| (moment.title.as_str(), moment.near)).collect()
}

#[test]
fn all_that_came_with_a_change_is_gathered_and_what_is_hidden_is_not() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut world = World::open(dir.path());
    let jumped: Vec<i64> = [1_000, 900].into_iter().chain((20..=60).rev()).collect();
    let calls = json!({"breadcrumbs": [{"category": "http", "data": {"method": "GET", "url": "https://auth.example/token", "status_code": 401}}]});
    let issue = world.send(SHOP, 1, &jumped, &calls);
    let steady: Vec<i64> = (0..1_000).step_by(5).collect();
    world.send(SHOP, 2, &steady, &json!({}));
    world.send(AUTH, 3, &jumped, &json!({}));
    world.send(HIDDEN, 4, &jumped, &json!({}));
    world.deploy(SHOP, "api@2.14.3", 62);
    world.deploy(AUTH, "auth@7.0", 61);
    world.deploy(HIDDEN, "hidden@1.0", 60);
    world.note("new-pay on", 64, &[]);
    world.note("hidden", 60, &[HIDDEN]);

    let found = world.timeline(issue, &asked());
    assert_eq!(of(&found, Kind::Deploy), [("api 2.14.3", true), ("auth 7.0", true)]);
    assert_eq!(of(&found, Kind::Annotation), [("new-pay on", true)]);
    assert_eq!(
        of(&found, Kind::Issue),
        [("AUTH-1 failure 3", true)],
        "neither what is steady nor what is hidden"
    );
    assert_eq!(
        &found.sentences[..3],
        [
            "It jumped 2 min after `api 2.14.3` was deployed to production.",
            "Calls to `auth.example` began to fail in the same minute.",
            "Another issue began or jumped with it: `AUTH-1 failure 3`.",
        ]
    );
    assert_eq!(found.bucket_seconds, 300);
    let sum = |counts: &[(i64, u64)]| counts.iter().map(|(_, count)| count).sum::<u64>();
    assert_eq!(sum(&found.issue), 43);
    assert!(sum(&found.project) > 200 && found.project.len() == found.issue.len());
    assert!(found.issue.is_sorted() && found.issue.len() <= 289);
}

#[test]
fn hosts_that_began_to_fail_are_followed_where_search_knows_them() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut world = World::open(dir.path());
    let jumped: Vec<i64> = (20..=60).rev().collect();
    // As a tag, which is asked for as what search derives from breadcrumbs is.
    let calls = json!({"tags": {"failed.host": "auth.example"}, "breadcrumbs": [
        {"category": "http", "data": {"method": "GET", "url": "https://auth.example/token", "status_code": 401}}]});
    let issue = world.send(SHOP, 1, &jumped, &calls);
    let found = world.timeline(issue, &asked());
    assert_eq!(of(&found, Kind::Host), [("auth.example", true)]);
    assert_eq!(found.sentences, ["Calls to `auth.example` began to fail in the same minute."]);
}

#[test]
fn a_stretch_is_what_was_asked_for_and_never_too_much() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut world = World::open(dir.path());
    let issue = world.send(SHOP, 1, &[60, 50], &json!({}));
    let asked = |from: Option<Timestamp>, to: Option<Timestamp>| Asked { from, to, change: None, now: now() };
    let day = SignedDuration::from_hours(24);
    for (asked, length, bucket_seconds) in [
        (asked(None, None), day, 300),
        (asked(Some(now() - day * 7), None), day * 7, 3_600),
        (asked(Some(now() - day * 90), None), day * 90, 86_400),
        (asked(Some(Timestamp::MIN), None), day * 400, 86_400),
        (asked(Some(ago(60 * 24 * 5)), Some(ago(60 * 24 * 4))), day, 3_600),
        (asked(None, Some(Timestamp::MAX)), day, 300),
        (asked(Some(Timestamp::MAX), None), SignedDuration::ZERO, 300),
    ] {
        let found = world.timeline(issue, &asked);
        assert_eq!(
            (found.to.duration_since(found.from), found.bucket_seconds),
            (length, bucket_seconds),
            "{asked:?}"
        );
        assert!(found.change.is_none() && found.sentences.is_empty());
    }
    // A change that lies outside is none of it.
    let outside = Asked { from: Some(ago(30)), ..self::asked() };
    assert!(world.timeline(issue, &outside).change.is_none());
}
