use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Around, Telling, telling};
use crate::insight::trace::TraceSpan;
use crate::model::event::Event;
use crate::model::ids::{ProjectId, SpanId, TraceId};
use crate::model::span::{AttributeValue, Span, SpanKind, SpanStatus};

const ERROR: &str = "2026-03-02T14:05:30Z";

fn at(seconds_before: i64) -> String {
    let error: Timestamp = ERROR.parse().expect("a time");
    (error - jiff::SignedDuration::from_secs(seconds_before)).to_string()
}

#[expect(clippy::needless_pass_by_value, reason = "made where it is passed")]
fn event(parts: Value) -> Event {
    let mut event = json!({"event_id": "fc6d8c0c43fc4630ad850ee518f1b9d0", "platform": "javascript",
        "timestamp": ERROR, "received": ERROR});
    for (key, value) in parts.as_object().expect("an object") {
        event[key] = value.clone();
    }
    serde_json::from_value(event).expect("an event")
}

fn told(parts: Value) -> Telling {
    telling(
        &event(parts),
        &Around { project: ProjectId(1), spans: &[], name_of: &|service| service.name.to_owned() },
    )
}

fn fetch(seconds: i64, method: &str, url: &str, status: u16) -> Value {
    json!({"timestamp": at(seconds), "type": "http", "category": "fetch", "data": {"method": method, "url": url, "status_code": status}})
}

fn crumbs_of(exception: &str, crumbs: &[Value]) -> Vec<(usize, String)> {
    let told = told(json!({"exceptions": [{"type": "Error", "value": exception}], "breadcrumbs": crumbs}));
    told.crumbs.into_iter().map(|crumb| (crumb.index, crumb.sentence)).collect()
}

fn first(exception: &str, crumbs: &[Value]) -> String {
    crumbs_of(exception, crumbs).into_iter().next().map(|(_, sentence)| sentence).unwrap_or_default()
}

#[test]
fn each_kind_of_breadcrumb_is_told_in_its_own_words() {
    for (crumb, said) in [
        (
            fetch(2, "GET", "/api/user?id=undefined", 200),
            "`GET /api/user?id=undefined` 2 s before: the id was not there",
        ),
        (
            fetch(2, "GET", "/users/null/cart", 404),
            "`GET /users/null/cart` answered 404 2 s before: the value after `users` was not there",
        ),
        (fetch(1, "POST", "/api/payment", 401), "`POST /api/payment` answered 401 one second before"),
        (
            fetch(0, "GET", "https://api.stripe.com/v1", 0),
            "`GET api.stripe.com/v1` got no answer just before",
        ),
        (
            json!({"timestamp": at(3), "category": "auth", "message": "token expired"}),
            "`token expired` 3 s before",
        ),
        (
            json!({"timestamp": at(3), "category": "console", "level": "error", "message": "no such\n`row`"}),
            "An error was noted 3 s before: `no such 'row'`",
        ),
        (
            json!({"timestamp": at(3), "category": "device.connectivity", "data": {"state": "offline"}}),
            "It was offline: `device.connectivity: state offline` 3 s before",
        ),
        (
            json!({"timestamp": at(3), "category": "ui.click", "message": "button#pay"}),
            "The last action was `button#pay` 3 s before",
        ),
        (json!({"timestamp": at(40), "category": "navigation", "message": "/cart"}), ""),
        (fetch(2, "GET", "/api/user?id=7", 200), ""),
    ] {
        assert_eq!(first("x is not a function", std::slice::from_ref(&crumb)), said, "{crumb}");
    }
}

#[test]
fn what_is_nearer_and_speaks_of_the_failure_comes_first() {
    let crumbs = vec![
        fetch(240, "GET", "https://cdn.example/ads.js", 503),
        json!({"timestamp": at(6), "category": "ui.click", "message": "button#pay"}),
        json!({"timestamp": at(5), "category": "console", "level": "warning", "message": "slow frame"}),
        fetch(1, "POST", "/api/payment", 401),
    ];
    let found = crumbs_of("User not authenticated", &crumbs);
    let order: Vec<usize> = found.iter().map(|(index, _)| *index).collect();
    assert_eq!(order, [3, 2, 0]);
}

#[test]
fn retries_are_one() {
    let mut crumbs: Vec<Value> =
        (0..4).map(|n| fetch(8 - 2 * n, "GET", "https://auth.example/token", 503)).collect();
    crumbs.push(fetch(1, "GET", "/ok", 200));
    assert_eq!(
        crumbs_of("boom", &crumbs),
        [(3, "`GET auth.example/token` answered 503 4 times in a row, the last 2 s before".to_owned())]
    );
}

#[test]
fn the_own_frame_and_the_root_cause() {
    let frame = |function: &str, file: &str, own: bool| json!({"function": function, "filename": file, "lineno": 42, "in_app": own, "context_line": "  user.email"});
    let told = told(json!({"exceptions": [
        {"type": "TypeError", "value": "no email", "stacktrace": {"frames": [frame("render", "src/a.ts", true), frame("load", "src/user.ts", true), frame("call", "node_modules/x.js", false)]}},
        {"type": "RenderError", "value": "cannot render"},
    ]}));
    assert_eq!(
        told.sentences,
        [
            "`load` failed at `src/user.ts:42`: `user.email`",
            "At its root is `TypeError: no email`, which led to `RenderError`"
        ]
    );
    let frame = told.frame.expect("a frame");
    assert_eq!((frame.exception, frame.frame), (0, 1));
}

#[test]
fn the_span_that_failed() {
    let span = |id: u8, parent: Option<u8>, service: &str, name: &str| Span {
        trace: TraceId([7; 16]),
        id: SpanId([id; 8]),
        parent: parent.map(|id| SpanId([id; 8])),
        is_segment: parent.is_none(),
        op: "http.client".to_owned(),
        name: name.to_owned(),
        description: String::new(),
        status: SpanStatus::Unset,
        status_word: String::new(),
        kind: SpanKind::Internal,
        start_us: ERROR.parse::<Timestamp>().expect("a time").as_microsecond() - 412_000 + i64::from(id),
        duration_us: 500_000 - u64::from(id) * 10,
        service: service.to_owned(),
        environment: String::new(),
        release: String::new(),
        transaction: String::new(),
        origin: String::new(),
        weight: 1.0,
        attributes: Vec::new(),
        links: Vec::new(),
    };
    let mut spans = [
        span(1, None, "shop", "POST /api/payment"),
        span(2, Some(1), "shop", "GET auth"),
        span(3, Some(2), "auth", "GET /token"),
    ];
    spans[1].status = SpanStatus::Error;
    spans[2].attributes = vec![("http.response.status_code".to_owned(), AttributeValue::Integer(401))];
    let nodes: Vec<TraceSpan<'_>> =
        spans.iter().map(|span| TraceSpan { project: ProjectId(1), span }).collect();
    let event =
        event(json!({"contexts": {"trace": {"trace_id": "07".repeat(16), "span_id": "01".repeat(8)}}}));
    let told = telling(
        &event,
        &Around { project: ProjectId(1), spans: &nodes, name_of: &|service| service.name.to_owned() },
    );
    let found = told.span.expect("a span");
    assert_eq!(found.span, "03".repeat(8));
    assert_eq!(found.sentence, "Failed 412 ms into `POST /api/payment`, in `auth` → `GET /token`, 401");
}

#[test]
fn hostile_breadcrumbs_end_soon() {
    let crumbs: Vec<Value> = (0..2_000)
        .map(|n| json!({"timestamp": at(n % 90), "category": "x".repeat(100), "message": "é`\u{202e}".repeat(4_000), "level": "error"}))
        .collect();
    let told = told(json!({"breadcrumbs": crumbs}));
    assert!(told.crumbs.iter().all(|crumb| crumb.sentence.chars().count() < 200));
}
