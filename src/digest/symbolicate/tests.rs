use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Symbolicator;
use crate::artifacts::Artifacts;
use crate::artifacts::convert::convert_here;
use crate::digest::normalize::{self, Context};
use crate::model::artifact::{
    ArtifactFile, BundleScope, CacheKey, Checksum, FileKind, FrameProblem, MapState,
};
use crate::model::event::{Event, Frame};
use crate::model::ids::{ProjectId, PublicKey};
use crate::store::{Store, Wanted};

const DEBUG_ID: &str = "5f8e3a0c-1b2d-4c3e-9f00-aabbccddeeff";
const SHOP: ProjectId = ProjectId(1);
const OTHER: ProjectId = ProjectId(2);
/// `charge` calls `shop.pay` in line 2; the minified call stands in column 16, from 1.
const MINIFIED: &str = "function a(){b.c()}a();";

struct Rig {
    _dir: tempfile::TempDir,
    store: Store,
    artifacts: Arc<Artifacts>,
    symbolicator: Symbolicator,
}

impl Rig {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let store = Store::open(dir.path()).expect("opens");
        for (slug, key) in [("shop", 1), ("other", 2)] {
            store.create_project(slug, slug, None, PublicKey([key; 16]), now()).expect("created");
        }
        let artifacts = Arc::new(Artifacts::open(dir.path(), PathBuf::new(), u64::MAX).expect("opens"));
        let symbolicator = Symbolicator::new(store.clone(), Arc::clone(&artifacts));
        Self { _dir: dir, store, artifacts, symbolicator }
    }

    /// Uploads one minified file with its map, whose only source is called so.
    fn upload(&self, project: ProjectId, release: Option<&str>, source: &str, text: Option<&str>) {
        let mut builder = sourcemap_json(source, text);
        if text.is_none() {
            builder["sourcesContent"] = Value::Null;
        }
        let cache = CacheKey([project.0.to_le_bytes()[0]; 32]);
        let path = self.artifacts.map_path(cache);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        let lacks = convert_here(MINIFIED, builder.to_string().as_bytes(), &path).expect("converted");
        assert_eq!(lacks, text.is_none());
        self.record(project, release, MapState::Ready { cache, lacks_contents: lacks });
    }

    fn record(&self, project: ProjectId, release: Option<&str>, map: MapState) {
        let scope = BundleScope { project, release: release.map(str::to_owned), dist: None };
        let checksum = Checksum([project.0.to_le_bytes()[0]; 20]);
        let bundle = self.store.begin_bundle(checksum, &[scope], &[], now()).expect("begun");
        let file = ArtifactFile {
            path: "_/_/app.js".to_owned(),
            url: "~/static/app.js".to_owned(),
            kind: FileKind::MinifiedSource,
            debug_id: release.is_none().then(|| DEBUG_ID.parse().expect("a debug id")),
            bytes: 1,
            map: Some(map),
        };
        assert!(self.store.finish_bundle(bundle.id, &[file], 1).expect("finished"));
    }

    fn read(&self, event: Value) -> (Event, Vec<Wanted>) {
        let context = Context {
            received: now(),
            sent_at: None,
            client_ip: None,
            user_agent: None,
            event_id: None,
            retention_days: 90,
            kind: None,
        };
        let mut event = normalize::normalize(event, &context).expect("an event");
        let wanted = self.symbolicator.symbolicate(&mut event, SHOP);
        (event, wanted.into_iter().collect())
    }
}

fn now() -> Timestamp {
    "2026-11-23T08:00:00Z".parse().expect("a moment")
}

fn sourcemap_json(source: &str, text: Option<&str>) -> Value {
    // Columns 0, 9, 13, 15, 19 of MINIFIED.
    json!({"version": 3, "sources": [source], "names": ["charge", "shop", "pay"], "sourcesContent": [text],
        "mappings": "AAAA,SAASA,IACPC,EAAKC,IAGPF"})
}

fn event(frames: &Value, debug_id: bool, release: Option<&str>) -> Value {
    let images = if debug_id {
        json!([{"type": "sourcemap", "code_file": "https://h/static/app.js", "debug_id": DEBUG_ID}])
    } else {
        json!([])
    };
    json!({"platform": "javascript", "release": release, "debug_meta": {"images": images},
        "exception": {"values": [{"type": "Error", "value": "x", "stacktrace": {"frames": frames}}]}})
}

fn minified(column: u64) -> Value {
    json!({"function": "a", "filename": "https://h/static/app.js", "lineno": 1, "colno": column, "in_app": true})
}

fn frames(event: &Event) -> &[Frame] {
    &event.exceptions[0].stacktrace.as_ref().expect("a stack").frames
}

fn problem(event: &Event) -> Option<FrameProblem> {
    frames(event).last().expect("a frame").problem.clone()
}

const TEXT: &str = "function charge() {\n  shop.pay();\n}\n\ncharge();\n";

#[test]
fn frames_become_those_of_the_source() {
    for (release, debug_id) in [(None, true), (Some("1.0"), false)] {
        let rig = Rig::new();
        rig.upload(SHOP, release, "../../src/payment.ts", Some(TEXT));
        let (event, wanted) = rig.read(event(&json!([minified(20), minified(16)]), debug_id, release));
        assert!(wanted.is_empty());
        let frame = &frames(&event)[1];
        assert_eq!(frame.function.as_deref(), Some("charge"));
        assert_eq!(frame.filename.as_deref(), Some("src/payment.ts"));
        assert_eq!(frame.abs_path.as_deref(), Some("https://h/src/payment.ts"));
        assert_eq!(frame.module.as_deref(), Some("src/payment"));
        assert_eq!((frame.lineno, frame.colno), (Some(2), Some(8)));
        assert_eq!(frame.pre_context, ["function charge() {"]);
        assert_eq!(frame.context_line.as_deref(), Some("  shop.pay();"));
        assert_eq!(frame.post_context, ["}", "", "charge();", ""]);
        assert_eq!(frame.in_app, Some(true));
        assert_eq!(frame.problem, None);
        assert_eq!(frame.data["symbolicated"], true);
        let with = if release.is_some() { "release" } else { "debug-id" };
        assert_eq!(frame.data["resolved_with"], with);
        let raw = event.exceptions[0].raw_stacktrace.as_ref().expect("as it was sent");
        assert_eq!((raw.frames[1].lineno, raw.frames[1].colno), (Some(1), Some(16)));
        assert_eq!(rig.symbolicator.take_used().len(), 1);
        assert!(rig.symbolicator.take_used().is_empty());
    }
}

#[test]
fn bundled_packages_are_not_the_teams_own() {
    let rig = Rig::new();
    rig.upload(SHOP, None, "../node_modules/mitt/src/index.ts", Some(TEXT));
    let (event, _) = rig.read(event(&json!([minified(16)]), true, None));
    assert_eq!(frames(&event)[0].in_app, Some(false));
    assert_eq!(frames(&event)[0].filename.as_deref(), Some("node_modules/mitt/src/index.ts"));
}

#[test]
fn every_frame_that_stays_minified_says_why() {
    let id = DEBUG_ID.parse().expect("a debug id");
    let release = || Some("1.0");
    let empty = FrameProblem::ReleaseWithoutArtifacts { release: "1.0".to_owned() };
    let rig = Rig::new();
    let read = |rig: &Rig, debug_id, release| rig.read(event(&json!([minified(16)]), debug_id, release));
    assert_eq!(problem(&read(&rig, false, None).0), Some(FrameProblem::NoDebugId));
    assert_eq!(problem(&read(&rig, false, release()).0), Some(empty.clone()));
    let unknown = FrameProblem::UnknownDebugId { debug_id: id, other_build: false };
    let (read_event, wanted) = read(&rig, true, release());
    assert_eq!(problem(&read_event), Some(unknown));
    assert_eq!(wanted, [Wanted::DebugId(id), Wanted::Release("1.0".to_owned())]);

    rig.upload(OTHER, None, "a.ts", Some(TEXT));
    let other = FrameProblem::OtherProject { debug_id: id, projects: vec![OTHER] };
    assert_eq!(problem(&read(&rig, true, None).0), Some(other));

    let rig = Rig::new();
    rig.upload(SHOP, Some("0.9"), "a.ts", Some(TEXT));
    assert_eq!(problem(&read(&rig, false, release()).0), Some(empty));
    let elsewhere = FrameProblem::UnknownDebugId { debug_id: id, other_build: true };
    assert_eq!(problem(&read(&rig, true, None).0), Some(elsewhere));
    let frame = json!([{"filename": "https://h/other.js", "lineno": 1, "colno": 1}]);
    let absent = FrameProblem::NotInRelease {
        release: "0.9".to_owned(),
        dist: None,
        url: "https://h/other.js".to_owned(),
    };
    assert_eq!(problem(&rig.read(event(&frame, false, Some("0.9"))).0), Some(absent));

    for (map, expected) in [
        (
            MapState::Missing { named: Some("app.js.map".to_owned()) },
            FrameProblem::MissingMap { named: Some("app.js.map".to_owned()) },
        ),
        (
            MapState::Malformed { detail: "no".to_owned() },
            FrameProblem::MalformedMap { detail: "no".to_owned() },
        ),
        (MapState::Ready { cache: CacheKey([9; 32]), lacks_contents: false }, FrameProblem::Converting),
    ] {
        let rig = Rig::new();
        rig.record(SHOP, None, map);
        assert_eq!(problem(&read(&rig, true, None).0), Some(expected));
    }

    let rig = Rig::new();
    rig.upload(SHOP, None, "a.ts", None);
    let (event_read, _) = read(&rig, true, None);
    assert_eq!(problem(&event_read), Some(FrameProblem::MissingContents { source: "a.ts".to_owned() }));
    assert_eq!(frames(&event_read)[0].function.as_deref(), Some("charge"));
    let outside = json!([{"filename": "https://h/static/app.js", "lineno": 9, "colno": 1}]);
    let expected = FrameProblem::OutsideMap { line: 9, column: 1 };
    assert_eq!(problem(&rig.read(event(&outside, true, None)).0), Some(expected));
    let nowhere = json!([{"filename": "https://h/static/app.js", "lineno": 0}]);
    assert_eq!(problem(&rig.read(event(&nowhere, true, None)).0), Some(FrameProblem::NoPosition));
}

#[test]
fn frames_of_others_are_left_alone() {
    let rig = Rig::new();
    let sent = json!([
        {"filename": "node:internal/process/task_queues", "lineno": 95, "colno": 5},
        {"filename": "<anonymous>", "lineno": 1},
        {"function": "x"},
        {"filename": "https://h/checkout", "lineno": 3, "colno": 5},
        {"filename": "lib.rs", "lineno": 3, "platform": "native"},
    ]);
    let (event, wanted) = rig.read(event(&sent, false, Some("1.0")));
    assert!(frames(&event).iter().all(|frame| frame.problem.is_none()));
    assert!(wanted.is_empty());
    assert_eq!(event.exceptions[0].raw_stacktrace, None);
}
