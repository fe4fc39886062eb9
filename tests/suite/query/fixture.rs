//! Forty events of ten issues in two projects. Event `n` happened `41 - n` hours ago, but for one.

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{KEY, SECOND_KEY, Server};

pub const EVENTS: u64 = 40;
/// Sent and happened last, after its issue was resolved.
const COME_BACK: u64 = 33;

/// First and last event, title, whether it is in the second project.
pub const ISSUES: [(u64, u64, &str, bool); 10] = [
    (1, 6, "PaymentError: card declined", false),
    (7, 10, "TimeoutError: upstream timed out", false),
    (11, 14, "the zanzibar ferry is late", false),
    (15, 20, "KeyError: total", true),
    (21, 26, "disk almost full", true),
    (27, 30, "ValueError: not a number", false),
    (31, 33, "regressed thing", false),
    (34, 36, "quiet notice", true),
    (37, 38, "Crash: segfault", true),
    (39, 40, "Überweisung fehlgeschlagen", false),
];

pub fn title_of(event: u64) -> &'static str {
    ISSUES.iter().find(|issue| (issue.0..=issue.1).contains(&event)).expect("an issue").2
}

/// The server with all of it: the fifth issue resolved, the sixth ignored, the seventh come back.
pub fn server() -> Server {
    let server = Server::start();
    let now = Timestamp::now();
    (1..=EVENTS).filter(|&number| number != COME_BACK).for_each(|number| send(&server, number, now));
    server.settled();
    set(&server, "disk almost full", "resolved");
    set(&server, "ValueError: not a number", "ignored");
    set(&server, "regressed thing", "resolved");
    send(&server, COME_BACK, Timestamp::now());
    server.settled();
    server
}

fn set(server: &Server, title: &str, status: &str) {
    let issues = server.issues("");
    let issue = issues.iter().find(|issue| issue["title"] == title).expect(title);
    let path = format!("/api/0/issues/{}/", issue["id"].as_str().expect("an id"));
    let answer = server.api(Method::PUT, &path).json(&json!({"status": status})).send().expect("an answer");
    assert_eq!(answer.status(), 200, "{title}");
}

fn send(server: &Server, number: u64, now: Timestamp) {
    let in_second = ISSUES.iter().any(|issue| issue.3 && (issue.0..=issue.1).contains(&number));
    let (project, key) = if in_second { (2, SECOND_KEY) } else { (1, KEY) };
    let hours = if number == COME_BACK { 0 } else { EVENTS + 1 - number };
    let ago = SignedDuration::from_hours(i64::try_from(hours).expect("small"));
    let mut event = event(number);
    event["event_id"] = super::id_of(number).into();
    event["timestamp"] = now.checked_sub(ago).expect("a time").to_string().into();
    event["fingerprint"] = json!([title_of(number)]);
    let url = server.url(&format!("/api/{project}/store/?sentry_key={key}&sentry_version=7"));
    let answer = server.client.post(url).body(event.to_string()).send().expect("an answer");
    assert_eq!(answer.status(), 200, "{number}");
}

fn event(number: u64) -> Value {
    match number {
        1..=6 => payment(number),
        7..=10 => json!({"platform": "python", "level": "error", "environment": "production",
            "exception": {"values": [{"type": "TimeoutError", "value": "upstream timed out", "stacktrace": {"frames": [
                {"function": "fetch_rates", "filename": "src/rates/client.py", "in_app": true},
                {"function": "urlopen", "filename": "site-packages/urllib3/pool.py", "in_app": false},
            ]}}]},
            "breadcrumbs": {"values": [{"category": "query", "message": "SELECT rates FROM cache"}]},
            "server_name": format!("web-{}", number % 2),
            "transaction": "/rates/{currency}"}),
        11..=14 => json!({"platform": "python", "level": if number < 13 { "warning" } else { "info" },
            "environment": "staging", "logentry": {"formatted": "the zanzibar ferry is late"},
            "tags": {"port": if number == 11 { "Stone Town" } else { "Dar" }, "customer tier": "Gold"},
            "extra": {"delay": {"minutes": 4711}}}),
        15..=20 => {
            json!({"platform": "ruby", "level": "error", "release": if number < 18 { "2.0" } else { "deadbeef" },
            "exception": {"values": [{"type": "KeyError", "value": "total", "mechanism": {"type": "generic", "handled": true},
                "stacktrace": {"frames": [
                    {"function": "fetch", "filename": "gems/hash/total.rb", "in_app": false},
                    {"function": "dig", "filename": "gems/hash/dig.rb", "abs_path": "/usr/lib/gems/hash/dig.rb", "in_app": false}]}}]},
            "contexts": {"os": {"name": "Ubuntu", "version": "24.04"}, "browser": {"name": "Firefox", "version": "130.0"}}})
        }
        21..=26 => json!({"platform": "go", "level": "info", "environment": "production",
            "logentry": {"formatted": "disk almost full"}, "tags": {"disk": format!("sd{}", if number < 24 { 'a' } else { 'b' })}}),
        27..=30 => json!({"platform": "python", "level": "error",
            "exception": {"values": [{"type": "ValueError", "value": "not a number"}]}}),
        31..=33 => {
            json!({"platform": "other", "level": "error", "logentry": {"formatted": "regressed thing"}})
        }
        34..=36 => json!({"platform": "other", "level": "debug", "logentry": {"formatted": "quiet notice"},
            "environment": "staging", "request": {"url": "https://shop.example.com/notice", "method": "PUT"}}),
        37..=38 => json!({"platform": "native", "level": "fatal", "release": "core@0.9.1",
            "exception": {"values": [{"type": "Crash", "value": "segfault", "mechanism": {"type": "signal", "handled": false}}]}}),
        _ => {
            json!({"platform": "java", "level": "error", "logentry": {"formatted": "Überweisung fehlgeschlagen"},
            "tags": {"bank": "Zürich"}, "logger": "com.acme.Pay"})
        }
    }
}

/// One, three and four in production; two in staging. Each but the last has a release of its own.
fn payment(number: u64) -> Value {
    let mut event = json!({"platform": "javascript", "level": if number == 3 { "fatal" } else { "error" },
        "exception": {"values": [{"type": "PaymentError", "value": "card declined", "stacktrace": {"frames": [
            {"function": "handle", "filename": "node_modules/express/router.js", "in_app": false},
            {"function": "chargeCard", "filename": "src/payment.ts", "in_app": true,
             "context_line": "throw new PaymentError(reason)"},
        ]}}]},
        "breadcrumbs": {"values": [{"category": "http", "message": "charging", "data": {"status_code": 503}}]},
        "request": {"url": "https://shop.example.com/checkout", "method": "POST"}});
    let (release, environment, tier) = match number {
        1 => ("shop@1.0.0", "production", "Gold"),
        2 => ("shop@1.2.0", "staging", "Silver"),
        3 => ("shop@2.0.0-rc.1", "production", "Gold"),
        4 => ("shop@2.14.0+77", "production", "Gold Plus"),
        5 => ("api@3.0.0", "", ""),
        _ => ("", "", ""),
    };
    for (key, value) in [("release", release), ("environment", environment)] {
        if !value.is_empty() {
            event[key] = value.into();
        }
    }
    if !tier.is_empty() {
        event["tags"] = json!({"tier": tier});
    }
    event["user"] = match number {
        1 | 3 => json!({"id": "7", "email": "Jane@example.com"}),
        2 => json!({"id": "8", "username": "bobby", "ip_address": "10.1.2.3"}),
        _ => Value::Null,
    };
    event
}
