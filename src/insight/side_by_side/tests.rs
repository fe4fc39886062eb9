//! What two events differ in, and what is said of it.

use serde_json::{Value, json};

use crate::insight::side_by_side::{Group, SideBySide, compare};
use crate::model::event::Event;

fn event(mut fields: Value) -> Event {
    let base = json!({"event_id": "fc6d8c0c43fc4630ad850ee518f1b9d0", "platform": "node",
        "timestamp": "2026-11-14T22:13:20Z", "received": "2026-11-14T22:13:20Z"});
    for (key, value) in base.as_object().expect("an object") {
        if fields.get(key).is_none() {
            fields[key] = value.clone();
        }
    }
    serde_json::from_value(fields).expect("an event")
}

fn of(a: Value, b: Value) -> SideBySide {
    compare(&event(a), &event(b))
}

fn group<'a>(found: &'a SideBySide, name: &str) -> &'a Group {
    found.groups.iter().find(|group| group.name == name).expect(name)
}

fn side(node: &str, zone: &str, crumbs: &Value, modules: &Value) -> Value {
    json!({
        "release": "shop@1.0", "environment": "production",
        "exceptions": [{"type": "TypeError", "value": "x is undefined", "stacktrace": {"frames": [
            {"function": "main", "filename": "/srv/app/index.js", "lineno": 1},
            {"function": "pay", "filename": "/srv/app/pay.js", "lineno": node.len(), "in_app": true},
        ]}}],
        "contexts": {"runtime": {"name": "node", "version": node}, "culture": {"timezone": zone, "locale": "de-DE"}},
        "breadcrumbs": crumbs, "modules": modules,
    })
}

#[test]
fn what_differs_is_said_first() {
    let fetch = |status: u16| json!({"category": "fetch", "data": {"method": "GET", "url": "https://auth.io/token/123456", "status_code": status}});
    let found = of(
        side(
            "v20.11.0",
            "UTC",
            &json!([fetch(200), fetch(401), fetch(401)]),
            &json!({"react": "18.2.0", "a": "1", "b": "1", "c": "1", "d": "1", "same": "1", "gone": "2"}),
        ),
        side(
            "v22.3.0",
            "Europe/Berlin",
            &json!([fetch(200)]),
            &json!({"react": "18.3.1", "a": "2", "b": "2", "c": "2", "d": "2", "same": "1"}),
        ),
    );
    assert_eq!(
        found.sentences,
        [
            "Node.js 20.11.0 there, 22.3.0 here.",
            "Time zone UTC there, Europe/Berlin here.",
            "A 1 there, 2 here; b 1 there, 2 here; c 1 there, 2 here; 2 more packages differ.",
            "Only there before the error: `Request GET auth.io/token/:id 401`.",
        ]
    );
    let packages = group(&found, "packages");
    assert_eq!((packages.rows.len(), packages.same), (6, 1));
    let stack = group(&found, "frames");
    assert_eq!((stack.same, stack.rows.len()), (2, 1));
    assert!(stack.rows[0].same, "another line is the same frame");
}

#[test]
fn where_the_ways_part_is_told() {
    let stack = |functions: &[&str]| {
        let frames: Vec<Value> = functions
            .iter()
            .map(|function| json!({"function": function, "filename": "a.py", "in_app": true}))
            .collect();
        json!({"platform": "python", "exceptions": [{"type": "E", "stacktrace": {"frames": frames}}]})
    };
    let found = of(stack(&["main", "handle", "charge", "post"]), stack(&["main", "handle", "refund"]));
    let rows: Vec<_> = group(&found, "frames")
        .rows
        .iter()
        .map(|row| (row.key.as_str(), row.a.as_deref(), row.b.as_deref()))
        .collect();
    assert_eq!(
        rows,
        [
            ("failed in", Some("post (a.py)"), Some("refund (a.py)")),
            ("first difference", Some("charge (a.py)"), Some("refund (a.py)")),
        ]
    );
    assert_eq!(found.sentences, ["It failed in post (a.py) there, refund (a.py) here."]);
}

#[test]
fn the_same_event_differs_in_nothing() {
    let same = side("v20.11.0", "UTC", &json!([]), &json!({"a": "1"}));
    let found = of(same.clone(), same);
    assert_eq!(found.sentences, ["Nothing that both events tell differs but tags and contexts."]);
    assert!(found.groups.iter().all(|group| group.rows.iter().all(|row| row.same)));
}

#[test]
fn what_only_one_tells_is_shown_and_not_concluded_from() {
    let found = of(
        json!({"request": {"url": "https://h/a/b?x", "method": "GET", "query": [["q", "1"]]}, "modules": {"a": "1"},
            "contexts": {"app": {"memory": {"free": 3}}, "trace": {"trace_id": "1"}}}),
        json!({"breadcrumbs": [{"message": "x"}]}),
    );
    assert_eq!(found.sentences, ["Nothing that both events tell differs but tags and contexts."]);
    let keys: Vec<_> =
        group(&found, "request").rows.iter().map(|row| (row.key.as_str(), row.a.as_deref())).collect();
    assert_eq!(keys, [("method", Some("GET")), ("path", Some("/a/b?x")), ("query keys", Some("q"))]);
    assert_eq!(group(&found, "contexts").rows[0].key, "app.memory.free");
    assert!(found.groups.iter().all(|group| group.name != "packages" && group.name != "breadcrumbs"));
}

#[test]
fn it_stays_small_whatever_is_sent() {
    let long = "x\n".repeat(10_000);
    let side = |salt: &str| {
        let tags: Vec<Value> =
            (0..500).map(|number| json!([format!("{number}"), format!("{salt}{long}")])).collect();
        let many: Value = (0..3_000)
            .map(|number| (format!("k{number}"), json!(format!("{salt}{number}"))))
            .collect::<serde_json::Map<_, _>>()
            .into();
        json!({"tags": tags, "modules": many, "contexts": {"a": many}, "breadcrumbs": vec![json!({"message": long}); 100]})
    };
    let found = of(side("a"), side("b"));
    let bytes = serde_json::to_string(&found).expect("JSON").len();
    assert!(bytes < 100_000, "{bytes}");
}
