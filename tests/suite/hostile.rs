//! Input that means harm: a clear answer or a noted event, bounded memory, nothing lost.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::Server;

/// Memory that a server may use at its highest in these tests, in KiB.
const MEMORY_KIB_MAX: u64 = 600 * 1024;

fn memory_kib(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a field");
    line.split_whitespace().nth(1).expect("a number").parse().expect("a number")
}

#[test]
fn malformed_json_is_refused_with_a_reason() {
    let server = Server::start();
    for body in ["{\"message\": ", "{\"message\": \"a\"} trailing", "[]", "\"text\"", "{'a': 1}"] {
        let url = server.url(&format!("/api/1/store/?sentry_key={}", server.key()));
        let answer = server.client.post(url).body(body).send().expect("an answer");
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{body}");
        let detail: Value = answer.json().expect("JSON");
        assert!(detail["detail"].as_str().is_some_and(|text| !text.is_empty()), "{detail}");
    }
}

#[test]
fn strange_events_are_kept_and_noted() {
    let server = Server::start();
    let nested = format!("{}1{}", "{\"a\":".repeat(90), "}".repeat(90));
    let tags: Vec<Value> = (0..10_000).map(|n| json!([format!("tag{n}"), "x"])).collect();
    let events = [
        format!("{{\"message\":\"strange nested\",\"extra\":{{\"deep\":{nested}}}}}"),
        json!({"message": "strange tags", "tags": tags}).to_string(),
        json!({"message": "strange time", "timestamp": -1e300}).to_string(),
        json!({"message": "strange future", "timestamp": 1e300}).to_string(),
        json!({"message": "strange types", "tags": 7, "user": [], "breadcrumbs": "x", "contexts": 1,
               "request": [1], "level": {}, "fingerprint": 9, "extra": "y", "release": ["r"]})
        .to_string(),
        "{\"message\":\"strange surrogate \\ud800 alone\"}".to_owned(),
    ];
    for event in &events {
        let url = server.url(&format!("/api/1/store/?sentry_key={}", server.key()));
        let answer = server.client.post(url).body(event.clone()).send().expect("an answer");
        let status = answer.status();
        assert_eq!(status, StatusCode::OK, "{}: {}", &event[..60], answer.text().expect("a body"));
    }
    server.settled();
    assert_eq!(server.count_events("strange"), events.len());
}

#[test]
fn invalid_bytes_and_nan_of_python_are_kept() {
    let server = Server::start();
    let url = server.url(&format!("/api/1/store/?sentry_key={}", server.key()));
    let mut broken = b"{\"message\":\"brokenutf8 ".to_vec();
    broken.extend_from_slice(&[0xFF, 0xC3, 0x28]);
    broken.extend_from_slice(b"\"}");
    let nan = b"{\"message\":\"nanvalue\",\"extra\":{\"a\":NaN,\"b\":-Infinity}}".to_vec();
    for body in [broken, nan] {
        let request = server.client.post(&url).header("User-Agent", "sentry.python/1.45.0");
        let answer = request.body(body).send().expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK, "{}", answer.text().expect("a body"));
    }
    server.settled();
    assert_eq!(server.count_events("brokenutf8"), 1);
    assert_eq!(server.count_events("nanvalue"), 1);
}

#[test]
fn two_thousand_levels_are_kept_and_noted() {
    let server = Server::start();
    let deep =
        format!("{{\"message\":\"deep\",\"extra\":{{\"a\":{}{}}}}}", "[".repeat(2000), "]".repeat(2000));
    let url = server.url(&format!("/api/1/store/?sentry_key={}", server.key()));
    let answer = server.client.post(url).body(deep).send().expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    let id: Value = answer.json().expect("JSON");
    server.settled();
    let path = format!("/api/0/projects/lighttrace/default/events/{}/", id["id"].as_str().expect("an id"));
    let event = server.api_get(&path);
    assert_eq!(event["message"], "deep");
    assert!(event["errors"].as_array().is_some_and(|notes| !notes.is_empty()), "{}", event["errors"]);
}

#[test]
fn large_strings_are_refused_or_cut() {
    let server = Server::start();
    let url = server.url(&format!("/api/1/store/?sentry_key={}", server.key()));
    let large = json!({"message": "m".repeat(5 << 20)}).to_string();
    let answer = server.client.post(&url).body(large).send().expect("an answer");
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let long = json!({"message": format!("longmessage {}", "m".repeat(500_000))}).to_string();
    assert_eq!(server.client.post(&url).body(long).send().expect("an answer").status(), StatusCode::OK);
    server.settled();
    assert_eq!(server.count_events("longmessage"), 1);
}

#[test]
fn many_tag_values_cost_bounded_memory_and_lose_no_event() {
    const EVENTS: usize = 3_000;
    let server = Server::start();
    // A tag value a event, and ten more a event: tens of thousands of distinct values of one issue.
    let envelope = |n: usize| {
        let tags: Vec<Value> = (0..33).map(|t| json!([format!("k{t}"), format!("value-{n}-{t}")])).collect();
        let event = json!({"message": "many tag values", "tags": tags}).to_string();
        format!("{{\"event_id\":\"{n:032x}\"}}\n{{\"type\":\"event\",\"length\":{}}}\n{event}\n", event.len())
    };
    std::thread::scope(|scope| {
        for sender in 0..8 {
            let (server, envelope) = (&server, &envelope);
            scope.spawn(move || {
                for n in (1 + sender..=EVENTS).step_by(8) {
                    assert_eq!(server.envelope(envelope(n)).status(), StatusCode::OK);
                }
            });
        }
    });
    server.settled();
    let issues = server.issues("");
    assert_eq!(issues.len(), 1, "one message, one issue");
    assert_eq!(issues[0]["count"], EVENTS.to_string());
    assert!(memory_kib(&server) < MEMORY_KIB_MAX, "{} KiB", memory_kib(&server));
}
