//! What pages ask of an issue's insight, and the issues that it is hard on: one that half of a team's events are of, and one
//! that jumped minutes ago behind a host that fails.
//!
//! Issues are judged by a job that looks at some each minute, so most have no standing here yet: what differs is then compared
//! since they began, which is the longest that it can be.

use std::net::TcpStream;
use std::path::Path;

use serde_json::{Value, json};

use crate::calls::{Kind, ORG, PAGE_MS, SEARCH_MS, encode, issue, issues, noun};
use crate::server::{self, Server, envelope_request};
use crate::workload::{Rng, envelope, event};
use crate::{Client, DAYS};

/// The whole of what an issue's page asks at once.
const INSIGHT_MS: f64 = 100.0;
const DIFFERS_MS: f64 = 60.0;
const TIMELINE_MS: f64 = 40.0;

const LARGE_EVENTS: usize = 50_000;
/// Stands in the data folder once the large issue is in it.
const LARGE_FILLED: &str = "bench-filled-large";
const JUMP_EVENTS: usize = 2_000;
const JUMP_MINUTES: usize = 20;
/// Of the jump's issue, over the days before it.
const JUMP_EVENTS_BEFORE: usize = 30;
/// By number, an issue of the `most frequent` has 300 to 3,000 events, one in the `middle` 35 to 65.
const MOST_FREQUENT: usize = 20;
const MIDDLE: std::ops::Range<usize> = 500..1_500;

pub struct Issues {
    large: String,
    jump: String,
}

/// The large issue once, a fresh jump each time.
pub fn prepare(server: &Server, dir: &Path, release: &str, now: f64) -> Issues {
    let mut rng = Rng::new(41);
    let mut stream = TcpStream::connect(&server.address).expect("connects");
    let mut send = |name: &str, at: f64, fails: bool, rng: &mut Rng| {
        let mut event = event(rng);
        event["release"] = release.into();
        event["fingerprint"] = json!(["bench", name]);
        event["timestamp"] = at.into();
        event["tags"]["bench"] = name.into();
        if fails {
            let crumbs = event["breadcrumbs"]["values"].as_array_mut().expect("breadcrumbs");
            crumbs.push(json!({"type": "http", "category": "httplib", "timestamp": at, "data": {
                "url": "https://api.payments.example/v1/charges", "method": "POST", "status_code": 503}}));
        }
        server::send(&mut stream, &envelope_request(&envelope(&event, rng), ""));
    };
    if !dir.join(LARGE_FILLED).exists() {
        for _ in 0..LARGE_EVENTS {
            let at = now - rng.below(DAYS * 86_400) as f64;
            let fails = rng.below(4) == 0;
            send("large", at, fails, &mut rng);
        }
    }
    let jump = format!("jump-{now:.0}");
    for _ in 0..JUMP_EVENTS_BEFORE {
        let at = now - 3_600.0 - rng.below(DAYS * 86_400) as f64;
        send(&jump, at, false, &mut rng);
    }
    for _ in 0..JUMP_EVENTS {
        let at = now - rng.below(JUMP_MINUTES * 60) as f64;
        let fails = rng.below(20) != 0;
        send(&jump, at, fails, &mut rng);
    }
    server.settle();
    std::fs::write(dir.join(LARGE_FILLED), "").expect("written");
    let client = Client::new(server);
    let id = |name: &str| {
        let found: Value =
            serde_json::from_str(&client.get(&issues(&format!("bench:{name}"), ""))).expect("JSON");
        found[0]["id"].as_str().expect("an id").to_owned()
    };
    Issues { large: id("large"), jump: id(&jump) }
}

fn insight(id: impl std::fmt::Display) -> String {
    format!("/api/0/issues/{id}/insight/")
}

fn differs(issue: usize) -> String {
    format!("{ORG}/compare/?a={}", encode(&format!("issue:BENCH-{issue}")))
}

pub const KINDS: &[Kind] = &[
    Kind {
        name: "insight: a large issue",
        aim_ms: INSIGHT_MS,
        path: |_, known| insight(&known.special.large),
    },
    Kind {
        name: "insight: one of the most frequent issues",
        aim_ms: INSIGHT_MS,
        path: |rng, _| insight(1 + rng.below(MOST_FREQUENT)),
    },
    Kind {
        name: "insight: a mid-size issue",
        aim_ms: INSIGHT_MS,
        path: |rng, _| insight(MIDDLE.start + rng.below(MIDDLE.len())),
    },
    Kind {
        name: "insight: a small issue",
        aim_ms: INSIGHT_MS,
        path: |rng, known| insight(known.issues - rng.below(known.issues / 2)),
    },
    Kind { name: "insight: a fresh jump", aim_ms: INSIGHT_MS, path: |_, known| insight(&known.special.jump) },
    Kind {
        name: "insight: differs, a frequent issue",
        aim_ms: DIFFERS_MS,
        path: |rng, _| differs(1 + rng.below(50)),
    },
    Kind {
        name: "insight: differs, any issue",
        aim_ms: DIFFERS_MS,
        path: |rng, known| differs(1 + rng.below(known.issues)),
    },
    Kind {
        name: "insight: differs, two searches",
        aim_ms: DIFFERS_MS,
        path: |rng, _| format!("{ORG}/compare/?a={}&b=environment:production", noun(rng)),
    },
    Kind {
        name: "timeline of an issue: a day",
        aim_ms: TIMELINE_MS,
        path: |rng, known| issue(rng, known, "timeline/?statsPeriod=24h"),
    },
    Kind {
        name: "timeline of an issue: around its change",
        aim_ms: TIMELINE_MS,
        path: |rng, known| issue(rng, known, "timeline/"),
    },
    Kind {
        name: "reproduction of an issue's newest event",
        aim_ms: PAGE_MS,
        path: |rng, known| issue(rng, known, "events/latest/reproduction/"),
    },
    Kind {
        name: "local events of an issue",
        aim_ms: SEARCH_MS,
        path: |rng, known| issue(rng, known, "local-events/"),
    },
];
