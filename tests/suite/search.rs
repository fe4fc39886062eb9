//! What a search answers is true, or it says why it cannot.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::Server;

const EVENTS: &str = "/api/0/organizations/lighttrace/events/";

fn event(number: u64, environment: &str) -> Value {
    json!({
        "event_id": format!("{number:032x}"),
        "platform": "python",
        "environment": environment,
        "logentry": {"formatted": "the zanzibar ferry is late"},
    })
}

/// One issue with an event each in three environments.
fn server() -> Server {
    let server = Server::start();
    for (number, environment) in [(1, "production"), (2, "staging"), (3, "testing")] {
        assert_eq!(server.store(&event(number, environment)).status(), 200);
    }
    server.settled();
    server
}

/// The status and the answer of a search for events.
fn search(server: &Server, path: &str, query: &str) -> (u16, Value) {
    let request = server.api(Method::GET, &format!("{path}?{query}"));
    let answer = request.send().expect("an answer");
    (answer.status().as_u16(), answer.json().expect("JSON"))
}

#[test]
fn event_searches_answer_what_was_asked_or_refuse() {
    let server = server();
    for (query, expected) in [
        ("query=project:default", 3),
        ("query=TypeError:%20x", 0),
        ("query=project:1%20zanzibar", 3),
        ("query=!project:default", 0),
        ("environment=production&environment=staging", 2),
        ("environment=production&environment=staging&query=!environment:staging", 1),
        ("query=is:unresolved%20zanzibar", 3),
        ("query=is:resolved", 0),
        ("sort=-timestamp", 3),
        ("sort=timestamp", 3),
    ] {
        let (status, answer) = search(&server, EVENTS, query);
        assert_eq!(
            (status, answer["data"].as_array().map(Vec::len)),
            (200, Some(expected)),
            "{query}: {answer}"
        );
        assert_eq!(
            (&answer["meta"]["total"], &answer["meta"]["totalExact"]),
            (&expected.into(), &true.into())
        );
    }
    for query in [
        "query=project:nope",
        "query=is:nope",
        "query=(zanzibar",
        "query=level:",
        "query=a%20tier:",
        "sort=random",
    ] {
        let (status, answer) = search(&server, EVENTS, query);
        assert_eq!(status, 400, "{query}: {answer}");
        assert!(answer["detail"].as_str().is_some_and(|detail| detail.len() > 10), "{query}: {answer}");
    }
}

#[test]
fn an_issues_events_are_searched_with_its_state_and_say_where_they_match() {
    let server = server();
    let issue = server.issues("")[0]["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/0/issues/{issue}/events/");
    for (query, expected) in [
        ("", 3),
        ("query=zanzibar", 3),
        ("query=is:unresolved%20zanzibar", 3),
        ("query=is:resolved%20zanzibar", 0),
        ("query=is:resolved", 0),
        ("query=project:default", 3),
        ("environment=staging&environment=testing", 2),
    ] {
        let (status, rows) = search(&server, &path, query);
        assert_eq!((status, rows.as_array().map(Vec::len)), (200, Some(expected)), "{query}: {rows}");
        let says = rows[0]["matches"][0]["snippet"].as_str().is_some_and(|text| text.contains("zanzibar"));
        assert_eq!(says, expected > 0 && query.contains("zanzibar"), "{query}: {rows}");
    }
}

#[test]
fn issues_of_any_of_several_environments() {
    let server = server();
    assert_eq!(server.store(&json!({"message": "another", "environment": "testing"})).status(), 200);
    server.settled();
    for (query, expected) in
        [("environment=production&environment=staging", 1), ("environment=production&environment=testing", 2)]
    {
        let request = server.api(Method::GET, &format!("/api/0/organizations/lighttrace/issues/?{query}"));
        let answer = request.send().expect("an answer");
        let hits = answer.headers()["x-hits"].to_str().expect("text").to_owned();
        let rows: Vec<Value> = answer.json().expect("rows");
        assert_eq!((rows.len(), hits), (expected, expected.to_string()), "{query}");
    }
}

#[test]
fn all_events_of_an_issue_are_called_as_their_issue_is() {
    let exception = |id: u64, kind: &str| {
        json!({"type": kind, "value": "inner", "mechanism": {
            "type": "chained", "exception_id": id, "parent_id": (id > 0).then_some(0), "is_exception_group": id == 0}})
    };
    let server = Server::start();
    for number in 1..=2 {
        let event = json!({"event_id": format!("{number:032x}"), "platform": "python",
            "exception": {"values": [exception(1, "ValueError"), exception(0, "ExceptionGroup")]}});
        assert_eq!(server.store(&event).status(), 200);
    }
    server.settled();
    let issues = server.issues("");
    assert_eq!((issues.len(), &issues[0]["title"]), (1, &"ValueError: inner".into()));
    let id = issues[0]["id"].as_str().expect("an id");
    let rows = server.api_get(&format!("/api/0/issues/{id}/events/"));
    for row in rows.as_array().expect("rows") {
        assert_eq!(row["title"], "ValueError: inner", "{rows}");
        let one = server.api_get(&format!(
            "/api/0/projects/lighttrace/default/events/{}/",
            row["eventID"].as_str().expect("an id")
        ));
        assert_eq!(one["title"], "ValueError: inner");
    }
}
