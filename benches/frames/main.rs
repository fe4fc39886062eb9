//! `cargo bench --bench frames`: what it costs to read minified frames.
//!
//! Prints what converting a map of 20 MB takes, what a frame takes cold and warm, what an event of 30 frames takes with
//! maps and without, and how the process grows with 200 such maps. It asserts nothing: machines differ. `BENCH_MINIFIED`
//! and `BENCH_MAP` name files of a real build instead of the made-up one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use jiff::Timestamp;
use lighttrace::artifacts::Artifacts;
use lighttrace::artifacts::maps::context_of;
use lighttrace::digest::policy::Policy;
use lighttrace::digest::prepare::prepare;
use lighttrace::digest::symbolicate::Symbolicator;
use lighttrace::inbox::{Accepted, Sender};
use lighttrace::model::artifact::{
    ArtifactFile, BundleScope, CacheKey, Checksum, DebugId, FileKind, MapState,
};
use lighttrace::model::ids::{ProjectId, PublicKey};
use lighttrace::model::project::ProjectSettings;
use lighttrace::store::Store;
use serde_json::json;

use crate::build::{Build, build};

mod build;

const MAPS: u32 = 200;
const FRAMES: usize = 30;
const PROJECT: ProjectId = ProjectId(1);

fn main() {
    let dir = tempfile::tempdir().expect("a folder");
    let Build { minified, map } = from_environment().unwrap_or_else(build);
    let (minified_path, map_path, out) =
        (dir.path().join("app.js"), dir.path().join("app.js.map"), dir.path().join("out"));
    fs::write(&minified_path, &minified).expect("written");
    fs::write(&map_path, &map).expect("written");
    println!("a build of {:.1} MB with a map of {:.1} MB", megabytes(minified.len()), megabytes(map.len()));
    let (took, peak_kib) = convert(&minified_path, &map_path, &out);
    print_row("convert", took.as_secs_f64(), "s");
    print_row("convert, memory at its highest", peak_kib as f64 / 1024.0, "MiB");
    print_row(
        "look-up file",
        megabytes(usize::try_from(fs::metadata(&out).expect("there").len()).expect("fits")),
        "MB",
    );

    let rig = Rig::new(dir.path(), &out);
    let width = u32::try_from(minified.len()).expect("fits");
    rig.look_up(width);
    rig.events(width);
    rig.grow(width);
}

fn from_environment() -> Option<Build> {
    let read = |name: &str| Some(fs::read(std::env::var_os(name)?).expect("a file"));
    let minified = String::from_utf8(read("BENCH_MINIFIED")?).expect("text");
    Some(Build { minified, map: read("BENCH_MAP")? })
}

fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

fn print_row(what: &str, value: f64, unit: &str) {
    println!("{what:44} {value:8.2} {unit}");
}

/// As the server converts: in a process of its own. How long, and the most memory it had.
fn convert(minified: &Path, map: &Path, out: &Path) -> (Duration, u64) {
    let begin = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_lighttrace"));
    command.arg("convert-map").args([minified, map, out]).stdout(Stdio::null());
    let mut child = command.env("MIMALLOC_PURGE_DELAY", "0").spawn().expect("it starts");
    let mut peak = 0;
    while child.try_wait().expect("asked").is_none() {
        peak = peak.max(status_kib(&child.id().to_string(), "VmHWM:").unwrap_or(0));
        std::thread::sleep(Duration::from_millis(1));
    }
    (begin.elapsed(), peak)
}

fn status_kib(process: &str, key: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix(key))?.trim().trim_end_matches(" kB").parse().ok()
}

struct Rig {
    artifacts: Arc<Artifacts>,
    symbolicator: Symbolicator,
}

fn key(number: u32) -> CacheKey {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    CacheKey(bytes)
}

fn debug_id(number: u32) -> DebugId {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    DebugId(bytes)
}

impl Rig {
    /// Every bundle has a look-up file of its own, as far as the process can tell.
    fn new(dir: &Path, look_up: &Path) -> Self {
        let now = Timestamp::UNIX_EPOCH;
        let store = Store::open(&dir.join("data")).expect("opens");
        store.create_project("shop", "Shop", None, PublicKey([1; 16]), now).expect("created");
        let artifacts = Artifacts::open(&dir.join("data"), PathBuf::new(), u64::MAX).expect("opens");
        for number in 0..MAPS {
            let path = artifacts.map_path(key(number));
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::hard_link(look_up, &path).expect("linked");
            let mut checksum = [0; 20];
            checksum[..4].copy_from_slice(&number.to_be_bytes());
            let scope = BundleScope { project: PROJECT, release: None, dist: None };
            let bundle = store.begin_bundle(Checksum(checksum), &[scope], &[], now).expect("begun");
            let file = ArtifactFile {
                path: "app.js".to_owned(),
                url: "~/static/app.js".to_owned(),
                kind: FileKind::MinifiedSource,
                debug_id: Some(debug_id(number)),
                bytes: 1,
                map: Some(MapState::Ready { cache: key(number), lacks_contents: false }),
            };
            store.finish_bundle(bundle.id, &[file], 1).expect("finished");
        }
        let artifacts = Arc::new(artifacts);
        let symbolicator = Symbolicator::new(store, Arc::clone(&artifacts));
        Self { artifacts, symbolicator }
    }

    fn look_up(&self, width: u32) {
        let mut places = Places(7);
        let mut cold = Duration::ZERO;
        for _ in 0..100 {
            self.artifacts.unmap_all();
            let begin = Instant::now();
            self.read(places.below(width));
            cold += begin.elapsed();
        }
        print_row("a frame, map not open", micros(cold, 100), "µs");
        let few: Vec<u32> = (0..1_000).map(|_| places.below(width)).collect();
        for column in &few {
            self.read(*column);
        }
        let begin = Instant::now();
        for _ in 0..20 {
            for column in &few {
                self.read(*column);
            }
        }
        print_row("a frame with its context, warm", micros(begin.elapsed(), 20_000), "µs");
    }

    fn read(&self, column: u32) {
        let map = self.artifacts.open_map(key(0)).expect("there");
        let spot = map.find(0, column);
        let spot = spot.or_else(|| map.find(0, 20)).expect("something stands there");
        std::hint::black_box(context_of(&spot.source, spot.line, spot.column));
    }

    fn events(&self, width: u32) {
        let policy = Policy::new(&ProjectSettings::default(), 90);
        let event = accepted(0, width);
        let time = |symbolicator: Option<&Symbolicator>| {
            drop(prepare(&event, &policy, symbolicator));
            let mut best = Duration::MAX;
            for _ in 0..30 {
                let begin = Instant::now();
                for _ in 0..20 {
                    std::hint::black_box(prepare(&event, &policy, symbolicator));
                }
                best = best.min(begin.elapsed());
            }
            micros(best, 20)
        };
        let (plain, mapped) = (time(None), time(Some(&self.symbolicator)));
        print_row("an event of 30 frames, without maps", plain, "µs");
        print_row("the same, read with warm maps", mapped, "µs");
        print_row("so reading it costs", mapped - plain, "µs");
    }

    fn grow(&self, width: u32) {
        let policy = Policy::new(&ProjectSettings::default(), 90);
        self.artifacts.unmap_all();
        let rss = || status_kib("self", "VmRSS:").unwrap_or(0) as f64 / 1024.0;
        print_row("RSS before", rss(), "MiB");
        let mut highest: f64 = 0.0;
        for number in 0..MAPS {
            drop(prepare(&accepted(number, width), &policy, Some(&self.symbolicator)));
            highest = highest.max(rss());
        }
        print_row("RSS at its highest, an event of each map", highest, "MiB");
        self.artifacts.unmap_all();
        print_row("RSS after, maps closed", rss(), "MiB");
    }
}

fn micros(time: Duration, count: u32) -> f64 {
    (time / count).as_nanos() as f64 / 1e3
}

fn accepted(map: u32, width: u32) -> Accepted {
    let mut places = Places(u64::from(map) + 1);
    let url = "https://shop.example/static/app.js";
    let frames: Vec<_> = (0..FRAMES)
        .map(|_| json!({"function": "a", "filename": url, "abs_path": url, "lineno": 1, "colno": places.below(width), "in_app": true}))
        .collect();
    let event = json!({"platform": "javascript", "release": "shop@1.0",
        "debug_meta": {"images": [{"type": "sourcemap", "code_file": url, "debug_id": debug_id(map)}]},
        "exception": {"values": [{"type": "TypeError", "value": "no card", "stacktrace": {"frames": frames}}]}});
    let envelope = format!("{{\"event_id\":\"{:032x}\"}}\n{{\"type\":\"event\"}}\n{event}\n", map + 1);
    let sender =
        Sender { project: PROJECT, received: Timestamp::UNIX_EPOCH, client_ip: None, user_agent: None };
    Accepted { sender, envelope: Bytes::from(envelope), items: 1 }
}

/// The same places every time.
struct Places(u64);

impl Places {
    fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.0 >> 33) % u64::from(end.max(1))).expect("below")
    }
}
