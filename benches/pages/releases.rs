//! Thousands of releases: the newest declared by builds, with commits and deploys, each seen by an event, and sessions of
//! the last five days; and what their pages ask.

use std::net::TcpStream;

use serde_json::json;

use crate::Client;
use crate::calls::{Kind, Known, ORG, PAGE_MS, issue, issues};
use crate::server::{self, Server, envelope_request};
use crate::workload::Rng;

const DECLARED: usize = 200;
const COMMITS: usize = 20;
/// Of the newest release; each one before it has half as many.
const USERS: usize = 8_000;
const HOURS: usize = 118;

/// The higher, the newer.
pub fn version(number: usize) -> String {
    format!("shop@{}.{}.{}", 1 + number / 500, number / 10 % 50, number % 10)
}

/// So many seconds before `now`, which is in seconds since 1970.
fn time(now: f64, before: usize) -> String {
    let since = now - before as f64;
    (jiff::Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs_f64(since)).to_string()
}

/// Every release once, and then mostly the newest.
pub fn of_event(index: usize, releases: usize, rng: &mut Rng) -> String {
    if index < releases {
        return version(index);
    }
    let draw = rng.below(1_000);
    version(releases - 1 - draw * draw * draw / 1_000_000 * (releases - 1) / 1_000)
}

pub fn declare(client: &Client<'_>, releases: usize, now: f64) {
    for number in releases.saturating_sub(DECLARED)..releases {
        let at = time(now, (releases - number) * 3_600);
        let commits: Vec<_> = (0..COMMITS)
            .map(|place| {
                json!({
                    "id": format!("{number:032x}{place:08x}"), "repository": "acme/shop", "message": "Change",
                    "author_name": "Ada", "author_email": "ada@example.com", "timestamp": at,
                    "patch_set": [{"path": format!("src/shop/{}.py", place % 7), "type": "M"}],
                })
            })
            .collect();
        let body = json!({"version": version(number), "projects": ["bench"], "dateReleased": at, "commits": commits});
        client.post(&format!("{ORG}/releases/"), &body);
        let deploy = json!({"environment": "production", "dateFinished": at});
        client.post(&format!("{ORG}/releases/{}/deploys/", version(number)), &deploy);
    }
}

pub fn report_sessions(server: &Server, releases: usize, now: f64) {
    let mut stream = TcpStream::connect(&server.address).expect("connects");
    let mut send = |ty: &str, payload: &serde_json::Value| {
        let payload = payload.to_string();
        let envelope = format!("{{}}\n{{\"type\":\"{ty}\",\"length\":{}}}\n{payload}\n", payload.len());
        server::send(&mut stream, &envelope_request(envelope.as_bytes(), ""));
    };
    let attributes =
        |number| json!({"release": version(number), "environment": "production", "user_agent": "bench"});
    for number in 0..releases {
        let hours = if number + 100 > releases { HOURS } else { 2 };
        let counts: Vec<_> = (1..=hours)
            .map(|hour| {
                let started = time(now, hour * 3_600);
                json!({"started": started, "exited": 40 + number % 7, "errored": 2, "crashed": number % 2})
            })
            .collect();
        send("sessions", &json!({"aggregates": counts, "attrs": attributes(number)}));
    }
    let mut rng = Rng::new(29);
    let mut users = USERS;
    for number in (0..releases).rev().take(10) {
        for user in 0..users {
            let at = time(now, 60 + rng.below(86_000));
            let status = if rng.below(100) == 0 { "crashed" } else { "exited" };
            let sid = format!("{number:08x}-0000-4000-8000-{user:012x}");
            send(
                "session",
                &json!({"sid": sid, "did": format!("user-{user}"), "init": true, "started": at, "timestamp": at,
                    "status": status, "errors": u8::from(status == "crashed"), "attrs": attributes(number)}),
            );
        }
        users /= 2;
    }
}

/// Mostly a new one, as people look at them.
fn some(rng: &mut Rng, known: &Known) -> String {
    version(known.releases - 1 - rng.below(known.releases.min(100)))
}

pub const KINDS: &[Kind] = &[
    Kind {
        name: "release list: newest",
        aim_ms: PAGE_MS,
        path: |_, _| format!("{ORG}/releases/?per_page=25"),
    },
    Kind {
        name: "release list: by version",
        aim_ms: PAGE_MS,
        path: |_, _| format!("{ORG}/releases/?per_page=25&sort=semver"),
    },
    Kind {
        name: "release list: in staging",
        aim_ms: PAGE_MS,
        path: |_, _| format!("{ORG}/releases/?per_page=25&environment=staging"),
    },
    Kind {
        name: "release list: with health and adoption",
        aim_ms: PAGE_MS,
        path: |_, _| format!("{ORG}/releases/?per_page=25&health=1&adoptionStages=1"),
    },
    Kind {
        name: "release page: the release",
        aim_ms: PAGE_MS,
        path: |rng, known| format!("{ORG}/releases/{}/?health=1", some(rng, known)),
    },
    Kind {
        name: "release page: its health, 14 d",
        aim_ms: PAGE_MS,
        path: |rng, known| format!("{ORG}/releases/{}/health/?statsPeriod=14d", some(rng, known)),
    },
    Kind {
        name: "release page: its verdict",
        aim_ms: PAGE_MS,
        path: |rng, known| format!("{ORG}/verdict/?release={}", some(rng, known)),
    },
    Kind {
        name: "release page: its new issues",
        aim_ms: PAGE_MS,
        path: |rng, known| issues(&format!("firstRelease:{}", some(rng, known)), ""),
    },
    Kind { name: "issue page: suspects", aim_ms: PAGE_MS, path: |rng, known| issue(rng, known, "suspects/") },
];
