use serde_json::{Value, json};

use crate::digest::grouping::{ProjectRules, apply_rules, group};
use crate::digest::headline::headline;
use crate::model::event::Event;
use crate::model::grouping::Headline;

fn of(fields: Value, rules: &ProjectRules) -> Headline {
    let mut value = json!({
        "event_id": "fc6d8c0c43fc4630ad850ee518f1b9d0", "platform": "python",
        "timestamp": "2026-01-20T00:00:00Z", "received": "2026-01-20T00:00:00Z",
    });
    let Value::Object(fields) = fields else { panic!("an object") };
    value.as_object_mut().expect("an object").extend(fields);
    let mut event: Event = serde_json::from_value(value).expect("an event");
    apply_rules(&mut event, rules);
    let found = group(&event, rules);
    (event.rule_title, event.main_exception) = (found.title, found.main_exception);
    headline(&event)
}

fn title_and_culprit(fields: Value) -> (String, String) {
    let headline = of(fields, &ProjectRules::default());
    (headline.title, headline.culprit)
}

#[test]
fn titles_and_culprits() {
    let frames = json!({"frames": [
        {"module": "app.views", "function": "index", "in_app": true},
        {"module": "lib.db", "function": "query", "in_app": false},
    ]});
    let error = json!({"type": "error", "exceptions": [
        {"type": "ValueError", "value": "bad\nvalue", "stacktrace": frames},
    ]});
    assert_eq!(title_and_culprit(error), ("ValueError: bad".into(), "app.views in index".into()));

    let javascript = json!({"type": "error", "platform": "javascript", "exceptions": [{
        "type": "TypeError", "value": "x is undefined", "stacktrace": {"frames": [
            {"filename": "/app.js", "function": "run", "in_app": true}]},
    }]});
    assert_eq!(title_and_culprit(javascript), ("TypeError: x is undefined".into(), "run(/app.js)".into()));

    let synthetic = json!({"type": "error", "platform": "native", "exceptions": [{
        "type": "SIGSEGV", "value": "Segfault", "mechanism": {"type": "minidump", "synthetic": true},
        "stacktrace": {"frames": [{"function": "main(int)", "in_app": true}]},
    }]});
    assert_eq!(title_and_culprit(synthetic), ("main".into(), String::new()));

    let captured = json!({"type": "error", "platform": "node", "logentry": {"formatted": "hello\nworld"},
        "exceptions": [{"value": "hello", "mechanism": {"type": "generic", "synthetic": true},
        "stacktrace": {"frames": [{"function": "f", "filename": "a.js", "in_app": true}]}}]});
    assert_eq!(title_and_culprit(captured).0, "hello");

    let message = json!({"logentry": {"formatted": "Order 7 failed"}, "transaction": "/orders"});
    assert_eq!(title_and_culprit(message), ("Order 7 failed".into(), "/orders".into()));
    assert_eq!(title_and_culprit(json!({})).0, "<unlabeled event>");
}

#[test]
fn the_senders_culprit_beats_the_transaction() {
    let both = json!({"logentry": {"formatted": "m"}, "transaction": "/orders", "culprit": "orders.pay"});
    assert_eq!(title_and_culprit(both).1, "orders.pay");
    let empty = json!({"logentry": {"formatted": "m"}, "transaction": "/orders", "culprit": ""});
    assert_eq!(title_and_culprit(empty).1, "/orders");
}

#[test]
fn feedback_is_called_by_its_words() {
    let feedback =
        |message: &str| json!({"type": "feedback", "contexts": {"feedback": {"message": message}}});
    assert_eq!(title_and_culprit(feedback(" It broke\nagain")).0, "User Feedback: It broke");
    assert_eq!(title_and_culprit(feedback("")).0, "User Feedback");
}

#[test]
fn security_reports() {
    let table = [
        ("script-src", "https://evil.com/a.js", "Blocked 'script' from 'evil.com'"),
        ("img-src", "data", "Blocked 'image' from 'data:'"),
        ("style-src", "", "Blocked inline 'style'"),
        ("script-src", "", "Blocked unsafe (eval() or inline) 'script'"),
        ("form-action", "https://evil.com", "Blocked 'form' action to 'evil.com'"),
    ];
    for (directive, uri, expected) in table {
        let report = json!({"effective_directive": directive, "blocked_uri": uri});
        let (title, culprit) = title_and_culprit(json!({"type": "csp", "security": report}));
        assert_eq!((title.as_str(), culprit.as_str()), (expected, directive));
    }
}

#[test]
fn lines_are_short() {
    let error = json!({"type": "error", "transaction": "ü".repeat(300), "exceptions": [
        {"type": "T".repeat(500), "value": "v".repeat(5000), "mechanism": {"type": "x", "handled": false}},
    ]});
    let headline = of(error, &ProjectRules::default());
    assert!(headline.title.len() <= 200 && headline.culprit.len() <= 200);
    assert_eq!(headline.handled, Some(false));
    assert_eq!(headline.metadata.value.map(|value| value.len()), Some(1024));
}

#[test]
fn the_only_leaf_of_a_group_names_it() {
    let exception = |id: u64, kind: &str, value: &str| {
        json!({"type": kind, "value": value, "mechanism": {
            "type": "chained", "exception_id": id, "parent_id": (id > 0).then_some(0), "is_exception_group": id == 0}})
    };
    let exceptions = json!([
        exception(2, "KeyError", "k"),
        exception(1, "KeyError", "k"),
        exception(0, "ExceptionGroup", "2")
    ]);
    assert_eq!(title_and_culprit(json!({"type": "error", "exceptions": exceptions})).0, "KeyError: k");
}

#[test]
fn a_rule_may_give_the_title() {
    let rules = ProjectRules::new("", "type:KeyError -> key, {{ type }} title=\"Key {{ value }} missing\"");
    let error = json!({"type": "error", "exceptions": [{"type": "KeyError", "value": "name"}]});
    assert_eq!(of(error, &rules.expect("rules")).title, "Key name missing");
}
