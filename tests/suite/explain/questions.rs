//! Questions to an explanation: what the model looks up, how often it may, and what is sent of it.

use serde_json::{Value, json};

use crate::api::event;
use crate::explain::script::{Asking, GOOD, calls, refuses, stream};

fn is_question(body: &Value) -> bool {
    body["messages"].to_string().contains("declined?")
}

#[test]
fn the_model_looks_things_up_and_each_look_is_told() {
    let asking = Asking::start(|body, before| match before {
        _ if !is_question(body) => stream(GOOD),
        1 => calls("get_event", &json!({ "event_id": format!("{:032x}", 1) })),
        2 => calls("search", &json!({ "query": "card declined" })),
        3 => calls("get_release", &json!({ "version": "shop@1.2.3" })),
        4 => calls("get_span", &json!({ "trace_id": "x", "span_id": "y" })),
        5 => calls("rm", &json!({})),
        _ => stream(r#"{"text": "The bank, see [exception:1]", "facts": ["exception:1"]}"#),
    });
    assert_eq!(asking.explain().0, 200);
    let events = asking.stream("1/messages/", &json!({ "text": "Who declined?" }));
    let looks: Vec<(&str, bool)> = events
        .iter()
        .filter(|(name, _)| name == "call")
        .map(|(_, call)| (call["tool"].as_str().expect("a name"), call["failed"].as_bool().expect("a flag")))
        .collect();
    let expected =
        [("get_event", false), ("search", false), ("get_release", false), ("get_span", true), ("rm", true)];
    assert_eq!(looks, expected, "{events:#?}");
    let (name, done) = events.last().expect("the end");
    assert_eq!(name, "done", "{done}");
    assert_eq!(done["reply"]["facts"], json!(["exception:1"]));
    assert_eq!(done["calls"].as_array().expect("calls").len(), 5);
    assert!(done["calls"][0]["result"].as_str().expect("text").contains("PaymentError"), "{done}");
    assert!(done["calls"][1]["result"].as_str().expect("text").contains("1 events"), "{done}");
    assert_eq!(asking.stored()["explanations"][0]["questions"][0], *done);
    // What was looked up went to the model as what a tool said.
    let last = asking.requests().pop().expect("a request");
    let roles: Vec<_> =
        last["messages"].as_array().expect("messages").iter().map(|m| m["role"].clone()).collect();
    assert_eq!(roles.iter().filter(|role| **role == "tool").count(), 5, "{roles:?}");
}

#[test]
fn a_model_that_only_looks_is_made_to_answer() {
    let asking = Asking::start(|body, _| {
        if !is_question(body) {
            stream(GOOD)
        } else if body.get("tools").is_some() {
            calls("search", &json!({ "query": "declined" }))
        } else {
            stream("It was the bank, says [exception:1].")
        }
    });
    assert_eq!(asking.explain().0, 200);
    let (status, _, body) = asking.post("1/messages/", &json!({ "text": "Who declined?" }));
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["calls"].as_array().expect("calls").len(), 6);
    assert_eq!(body["reply"]["facts"], json!(["exception:1"]), "named in the text");
    assert_eq!(asking.requests().len(), 1 + 7);
}

#[test]
fn a_server_without_tools_is_told_of_them_in_words() {
    let asking = Asking::start(|body, _| {
        let told = body["messages"].to_string();
        if !is_question(body) {
            stream(GOOD)
        } else if body.get("tools").is_some() {
            refuses(400, "scripted does not support tools")
        } else if told.contains("Data, in which") {
            stream("The bank.")
        } else {
            stream(r#"{"tool": "search", "arguments": {"query": "declined"}}"#)
        }
    });
    assert_eq!(asking.explain().0, 200);
    for _ in 0..2 {
        let (status, _, body) = asking.post("1/messages/", &json!({ "text": "Who declined?" }));
        assert_eq!(status, 200, "{body}");
        assert_eq!(body["calls"][0]["tool"], "search");
        assert_eq!(body["reply"]["text"], "The bank.");
        assert_eq!(body["reply"]["unsupported"], true, "no fact is named");
    }
    assert_eq!(asking.requests().len(), 1 + 3 + 2, "that it takes none is remembered");
}

#[test]
fn a_look_up_ends_where_the_asker_s_sight_does_and_a_failure_is_kept() {
    let asking = Asking::start(|body, before| match before {
        _ if !is_question(body) => stream(GOOD),
        1 => calls("get_event", &json!({ "event_id": "f".repeat(32) })),
        2 => stream("Nothing is there."),
        _ => refuses(500, "broken"),
    });
    assert_eq!(asking.server.store(&event(2, "bag")).status(), 200);
    assert_eq!(asking.explain().0, 200);
    let (_, _, body) = asking.post("1/messages/", &json!({ "text": "Who declined?" }));
    assert_eq!(
        body["calls"][0],
        json!({
            "tool": "get_event", "arguments": json!({ "event_id": "f".repeat(32) }).to_string(),
            "result": "There is no such event", "failed": true,
        })
    );
    let (status, _, failed) = asking.post("1/messages/", &json!({ "text": "Who else declined?" }));
    assert_eq!((status, &failed["code"]), (502, &json!("server_error")));
    let questions = asking.stored()["explanations"][0]["questions"].clone();
    assert_eq!(questions[1]["failure"]["code"], "server_error");
    assert_eq!(questions[1]["reply"], Value::Null);
    assert_eq!(asking.post("1/messages/", &json!({ "text": " " })).0, 400);
    assert_eq!(asking.post("1/messages/", &json!({ "text": "x".repeat(4_001) })).0, 400);
    assert_eq!(asking.post("9/messages/", &json!({ "text": "why?" })).0, 404);
}
