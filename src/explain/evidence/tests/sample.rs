//! A whole material for tests, of JSON.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::model::event::Event;
use crate::model::evidence::{
    Contrast, Finding, KnownCommit, KnownDeploy, Material, Noted, SimilarIssue, TracedSpan,
};
use crate::model::ids::{ProjectId, SpanId, TraceId};
use crate::model::span::{AttributeValue, LogLevel, LogRecord, Span, SpanKind, SpanStatus};

pub const ERROR: &str = "2026-03-02T14:05:30Z";

pub fn at(seconds_before: i64) -> Timestamp {
    ERROR.parse::<Timestamp>().expect("a time") - jiff::SignedDuration::from_secs(seconds_before)
}

#[expect(clippy::needless_pass_by_value, reason = "made where it is passed")]
pub fn event(parts: Value) -> Event {
    let mut event = json!({"event_id": "fc6d8c0c43fc4630ad850ee518f1b9d0", "platform": "javascript",
        "timestamp": ERROR, "received": ERROR});
    for (key, value) in parts.as_object().expect("an object") {
        event[key] = value.clone();
    }
    serde_json::from_value(event).expect("an event")
}

/// Nothing but the event.
pub fn bare(event: Event) -> Material {
    let title = event.exceptions.last().map_or_else(String::new, |exception| {
        format!(
            "{}: {}",
            exception.kind.as_deref().unwrap_or_default(),
            exception.value.as_deref().unwrap_or_default()
        )
    });
    let issue = json!({"id": 7, "project": 1, "number": 42, "status": "unresolved", "substatus": "new",
        "headline": {"title": title, "culprit": "showProfile", "kind": "error", "level": "error", "platform": "javascript", "metadata": {}},
        "first_seen": "2026-03-02T13:40:00Z", "last_seen": ERROR, "events": 188, "users": 61, "latest_event": 9});
    Material {
        issue: serde_json::from_value(issue).expect("an issue"),
        short_id: "SHOP-1A".to_owned(),
        project: "shop".to_owned(),
        event,
        trace: Vec::new(),
        logs: Vec::new(),
        release: None,
        previous_release: None,
        commits: Vec::new(),
        deploys: Vec::new(),
        similar: Vec::new(),
        contrasts: Vec::new(),
        findings: Vec::new(),
        annotations: Vec::new(),
    }
}

pub fn span(
    id: u8,
    parent: Option<u8>,
    service: &str,
    op: &str,
    description: &str,
    ms_before: i64,
    ms: u64,
) -> TracedSpan {
    let span = Span {
        trace: TraceId([7; 16]),
        id: SpanId([id; 8]),
        parent: parent.map(|id| SpanId([id; 8])),
        is_segment: parent.is_none(),
        op: op.to_owned(),
        name: description.to_owned(),
        description: description.to_owned(),
        status: SpanStatus::Unset,
        status_word: String::new(),
        kind: SpanKind::Internal,
        start_us: at(0).as_microsecond() - ms_before * 1_000,
        duration_us: ms * 1_000,
        service: service.to_owned(),
        environment: "production".to_owned(),
        release: String::new(),
        transaction: String::new(),
        origin: String::new(),
        weight: 1.0,
        attributes: Vec::new(),
        links: Vec::new(),
    };
    TracedSpan { project: ProjectId(1), service: service.to_owned(), span }
}

pub fn failed(mut traced: TracedSpan, status: i64) -> TracedSpan {
    traced.span.status = SpanStatus::Error;
    traced.span.attributes.push(("http.response.status_code".to_owned(), AttributeValue::Integer(status)));
    traced
}

/// Everything that a material can hold; `text` stands in every text of it.
pub fn full(text: &str) -> Material {
    let frame = |own: bool| {
        json!({"function": "showProfile", "filename": "src/profile.ts", "lineno": 42, "in_app": own,
            "pre_context": [format!("// {text}"), "function showProfile(user) {"], "context_line": format!("  return user.email; // {text}"),
            "post_context": [format!("}} // {text}")],
            "vars": {"__builtins__": text, "user": text, "options": {"inner": [text, {"deep": text}], "password": text}}})
    };
    let event = event(json!({
        "exceptions": [
            {"type": "TypeError", "value": format!("cannot read {text}"), "stacktrace": {"frames": [frame(false), frame(true), frame(true)]}},
            {"type": "RenderError", "value": format!("at last {text}"), "mechanism": {"type": "generic", "handled": false}},
        ],
        "logentry": {"formatted": format!("logged {text}")},
        "breadcrumbs": [
            {"timestamp": at(30), "category": "console", "level": "error", "message": text, "data": {"arguments": [text], "more": text}},
            {"timestamp": at(2), "type": "http", "category": "fetch", "data": {"method": "GET", "url": format!("/api/user?id=undefined&x={text}"), "status_code": 404, "body": text}},
            {"timestamp": at(1), "category": text, "message": format!("said {text}")},
        ],
        "request": {"url": format!("https://shop.example/{text}"), "method": "POST", "query": [["a", text], [text, "b"]], "fragment": text,
            "headers": [["X-Something", text], ["Cookie", text], ["Authorization", text]], "cookies": [["sid", text]], "data": {"body": text, "list": [text]}},
        "user": {"id": "u-8812", "email": "ada@example.org", "username": "ada_l", "name": "Ada Lovelace", "ip_address": "203.0.113.7", "data": {"plan": text}},
        "tags": [["note", text], [text, "value"]],
        "contexts": {"runtime": {"name": "Node.js", "version": "22.3", "extra": text}, "trace": {"trace_id": "07".repeat(16), "span_id": "01".repeat(8)}},
        "extra": {"state": {"nested": text}, "list": [text]},
        "release": "shop@2.14.3",
    }));
    let mut material = bare(event);
    material.issue.headline.title = format!("TypeError: {text}");
    let mut failing =
        failed(span(2, Some(1), "auth", "http.server", &format!("GET /token {text}"), 300, 40), 401);
    failing.span.attributes.push(("db.statement".to_owned(), AttributeValue::Text(text.to_owned())));
    failing.span.attributes.push(("x".to_owned(), AttributeValue::Json(format!("{{\"a\": \"{text}\"}}"))));
    material.trace = vec![span(1, None, "shop", "http.server", "POST /api/payment", 400, 500), failing];
    material.logs = vec![LogRecord {
        trace: Some(TraceId([7; 16])),
        span: Some(SpanId([2; 8])),
        at_us: at(1).as_microsecond(),
        level: LogLevel::Error,
        body: format!("token refused {text}"),
        service: "auth".to_owned(),
        environment: String::new(),
        release: String::new(),
        attributes: Vec::new(),
    }];
    let commit = json!({"id": "9f3c01d4e5f60718293a4b5c6d7e8f90a1b2c3d4", "repository": "acme/shop", "message": format!("Show the profile\n\n{text}"),
        "author": {"name": "Grace Hopper", "email": "grace@navy.example"}, "at": "2026-03-02T12:00:00Z", "files": [{"path": "src/profile.ts", "kind": "M"}]});
    let commit: crate::model::release::Commit = serde_json::from_value(commit).expect("a commit");
    material.commits = vec![KnownCommit {
        commit: commit.clone(),
        sentence: Some("touches src/profile.ts, where showProfile failed".to_owned()),
    }];
    let deploy = json!({"id": 3, "environment": "production", "finished": "2026-03-02T13:39:00Z"});
    material.deploys = vec![KnownDeploy {
        version: "shop@2.14.3".to_owned(),
        deploy: serde_json::from_value(deploy).expect("a deploy"),
        sentence: "shop 2.14.3 to production, 60 s before".to_owned(),
    }];
    material.previous_release = Some("shop@2.14.2".to_owned());
    material.similar = vec![SimilarIssue {
        short_id: "SHOP-9".to_owned(),
        title: format!("TypeError: name of undefined {text}"),
        because: vec!["frame showprofile".to_owned()],
        resolution: Some("resolved in shop 2.10".to_owned()),
        fix: Some(commit),
    }];
    let mut other = material.event.clone();
    other.release = Some("shop@2.14.2".to_owned());
    other.exceptions[1].value = Some(format!("another {text}"));
    material.contrasts = vec![Contrast { role: "of another release".to_owned(), event: other }];
    material.findings = vec![
        Finding {
            section: "pattern".to_owned(),
            sentence: "200 a day since 14:05 ± 5 min, before 2 a day".to_owned(),
        },
        Finding { section: "differs".to_owned(), sentence: format!("94 % of its events come from {text}") },
    ];
    material.annotations =
        vec![Noted { at: at(600), until: None, title: format!("flag on {text}"), text: text.to_owned() }];
    material
}
