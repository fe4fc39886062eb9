//! kill -9 at random moments: whatever was answered 200 is there exactly once, index included.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::json;

use crate::support::Server;

const KILLS: u64 = 100;
const KILLS_AMONG_SPANS: u64 = 25;
const SENDERS: usize = 4;

/// A small deterministic generator.
fn random(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

/// What a storm of kills left: ids that were answered 200, those that never were, and how often anything was sent.
struct Storm {
    answered: HashSet<String>,
    unanswered: HashSet<String>,
    posts: u64,
}

/// Sends what `make` makes of ids of 32 digits while the server is killed again and again.
fn storm(server: &Server, kills: u64, make: fn(&str) -> String) -> Storm {
    let answered = Mutex::new(HashSet::new());
    let unanswered = Mutex::new(Vec::new());
    let posts = AtomicU64::new(0);
    let mut seed = 0x5EED_CAFE;
    for round in 0..kills {
        let over = AtomicBool::new(false);
        let (dsn, pause) = (server.address(), Duration::from_millis(5 + random(&mut seed) % 120));
        // What got no answer is sent again, as SDKs do: it may be stored already.
        let again = std::mem::take(&mut *unanswered.lock().expect("unpoisoned"));
        std::thread::scope(|scope| {
            for sender in 0..SENDERS {
                let (over, answered, unanswered, again, dsn) = (&over, &answered, &unanswered, &again, &dsn);
                let posts = &posts;
                let mut state = seed ^ (round * 31 + sender as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                scope.spawn(move || {
                    let client = reqwest::blocking::Client::new();
                    let url = format!("http://{dsn}/api/1/envelope/?sentry_key={}", crate::support::KEY);
                    let mut ids: Vec<String> = again.iter().skip(sender).step_by(SENDERS).cloned().collect();
                    while !over.load(Ordering::Relaxed) {
                        let fresh = format!("{:016x}{:016x}", random(&mut state), random(&mut state));
                        let id = ids.pop().unwrap_or(fresh);
                        posts.fetch_add(1, Ordering::Relaxed);
                        match client.post(&url).body(make(&id)).send() {
                            Ok(answer) if answer.status() == 200 => {
                                answered.lock().expect("unpoisoned").insert(id);
                            }
                            _ => unanswered.lock().expect("unpoisoned").push(id),
                        }
                    }
                    unanswered.lock().expect("unpoisoned").extend(ids);
                });
            }
            std::thread::sleep(pause);
            server.kill();
            over.store(true, Ordering::Relaxed);
        });
        server.restart();
    }
    server.settled();
    Storm {
        answered: answered.into_inner().expect("unpoisoned"),
        unanswered: unanswered.into_inner().expect("unpoisoned").into_iter().collect(),
        posts: posts.into_inner(),
    }
}

#[test]
fn a_hundred_kills_lose_nothing_and_count_nothing_twice() {
    let server = Server::start();
    let Storm { answered, unanswered, posts } = storm(&server, KILLS, envelope);
    assert!(answered.len() > 200, "the load was real: {}", answered.len());

    let stored = |id: &str| {
        let path = format!("/api/0/projects/lighttrace/default/events/{id}/");
        server.api(reqwest::Method::GET, &path).send().expect("an answer").status() == 200
    };
    let lost: Vec<&String> = answered.iter().filter(|id| !stored(id)).collect();
    assert!(lost.is_empty(), "{} of {} answered events are lost: {lost:?}", lost.len(), answered.len());
    let extra = unanswered.iter().filter(|id| !answered.contains(*id) && stored(id)).count();

    let issues = server.issues("");
    let counted: usize = issues
        .iter()
        .map(|issue| issue["count"].as_str().expect("a count").parse::<usize>().expect("a number"))
        .sum();
    assert_eq!(counted, answered.len() + extra, "every stored event is counted once");
    let found = server.count_events("crashmarker");
    assert_eq!(found, answered.len() + extra, "every stored event is in the index once");

    let ledger = server.api_get("/api/0/organizations/lighttrace/stats/ledger/");
    let row = &ledger["projects"][0];
    assert_eq!(
        row["stored"],
        json!(answered.len() + extra),
        "the ledger counts every stored event once: {row}"
    );
    let received = row["received"].as_u64().expect("a number");
    assert!(received <= posts, "nothing is received more often than it was sent: {row}");
}

#[test]
fn kills_lose_no_span_and_count_no_transaction_twice() {
    let server = Server::start();
    let Storm { answered, unanswered, .. } = storm(&server, KILLS_AMONG_SPANS, transaction);
    assert!(answered.len() > 50, "the load was real: {}", answered.len());
    let spans = |trace: &str| {
        let path = format!("/api/0/organizations/lighttrace/trace-meta/{trace}/");
        let answer = server.api(reqwest::Method::GET, &path).send().expect("an answer");
        let meta: serde_json::Value = answer.json().unwrap_or_default();
        meta["span_count"].as_u64().unwrap_or(0)
    };
    let lost: Vec<_> = answered.iter().filter(|trace| spans(trace) != 2).collect();
    assert!(lost.is_empty(), "{} of {} traces are not whole: {lost:?}", lost.len(), answered.len());
    let extra = unanswered.iter().filter(|trace| !answered.contains(*trace) && spans(trace) > 0).count();
    let all = server.api_get("/api/0/organizations/lighttrace/transactions/?statsPeriod=24h");
    assert_eq!(all["data"][0]["count"], json!(answered.len() + extra), "each is counted once: {all}");
    let ledger = server.api_get("/api/0/organizations/lighttrace/stats/ledger/");
    assert_eq!(ledger["projects"][0]["stored"], json!(answered.len() + extra), "{ledger}");
}

#[test]
fn an_index_that_is_ahead_of_a_restored_store_is_built_anew() {
    let server = Server::start();
    let send = |message: &str| assert_eq!(server.store(&json!({"message": message})).status(), 200);
    for _ in 0..5 {
        send("yesterdaymarker");
    }
    server.settled();
    assert_eq!(server.count_events("yesterdaymarker"), 5);
    assert!(server.stop(), "a clean stop");
    // An older copy of the state comes back beside the newer index: here one from before the first event.
    std::fs::remove_file(server.data_dir().join("state.redb")).expect("there was one");
    server.restart();
    send("todaymarker");
    server.wait_until("the new event is found by its own words", || server.count_events("todaymarker") == 1);
    server.settled();
    assert_eq!(server.count_events("yesterdaymarker"), 5, "the inbox's file still had those, each once");
}

fn envelope(id: &str) -> String {
    let event = json!({"message": format!("crashmarker {id}"), "level": "error", "tags": {"n": &id[..2]}})
        .to_string();
    format!("{{\"event_id\":\"{id}\"}}\n{{\"type\":\"event\",\"length\":{}}}\n{event}\n", event.len())
}

/// A transaction of two spans; its id is its trace's.
fn transaction(id: &str) -> String {
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs_f64();
    let (root, child) = (&id[..16], &id[16..]);
    let event = json!({
        "transaction": "GET /crash", "start_timestamp": now - 0.2, "timestamp": now,
        "contexts": {"trace": {"trace_id": id, "span_id": root, "op": "http.server"}},
        "spans": [{"trace_id": id, "span_id": child, "parent_span_id": root, "op": "db", "description": "SELECT 1",
            "start_timestamp": now - 0.1, "timestamp": now}],
    });
    format!("{{\"event_id\":\"{id}\"}}\n{{\"type\":\"transaction\"}}\n{event}\n")
}
