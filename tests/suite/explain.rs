//! Explanations by a model that is scripted, and one by a real model: what is sent, what is made of what comes back, and what
//! becomes of each failure.

mod automatic;
mod failures;
mod questions;
mod real;
mod script;
mod secrets;
mod sent;

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use script::{Asking, GOOD, pieces, stream, stream_of};

#[test]
fn an_answer_streams_is_checked_and_kept_with_what_was_sent() {
    let asking = Asking::start(|_, _| stream_of(pieces(GOOD, "stop"), Duration::from_millis(20), true));
    let preview = asking.server.api_get(&format!("/api/0/issues/{}/evidence/", asking.issue));
    let events = asking.stream("", &json!({}));
    let names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!((names[0], names[names.len() - 1]), ("started", "done"), "{names:?}");
    assert!(names.iter().filter(|name| **name == "delta").count() > 3, "it comes in pieces: {names:?}");
    assert!(names.contains(&"answer"), "{names:?}");
    let text: String = events
        .iter()
        .filter(|(name, _)| name == "delta")
        .filter_map(|(_, data)| data["text"].as_str())
        .collect();
    assert_eq!(text, GOOD);
    let partial = events.iter().find(|(name, _)| name == "answer").expect("a part").1.clone();
    assert!(["The card was declined", ""].contains(&partial["summary"].as_str().expect("text")), "{partial}");
    let (_, done) = events.last().expect("the end");
    assert_eq!(
        (&done["state"], &done["model"], &done["by"]),
        (&json!("done"), &json!("scripted"), &json!("program"))
    );
    assert_eq!(done["rootCause"]["facts"], json!(["exception:1"]));
    assert_eq!(done["claims"].as_array().expect("claims").len(), 3);
    assert_eq!(done["claims"][2]["unsupported"], true, "{done}");
    assert!(done["claims"][2]["reason"].is_string());
    assert_eq!(done["tokens"], json!({ "prompt": 700, "completion": 80, "estimated": false }));
    assert_eq!(done["promptVersion"], done["prompt_version"]);

    // What stands there as sent is what was sent, in every byte.
    let request = &asking.requests()[0];
    assert_eq!(request["messages"], done["sent"]);
    assert_eq!(preview["messages"], done["sent"], "and what was shown before");
    assert_eq!(request["response_format"]["type"], "json_schema");
    let stored = asking.stored();
    assert_eq!(stored["explanations"][0], *done);
    assert_eq!(stored["running"], Value::Null);
    assert_eq!((&stored["status"]["configured"], &stored["status"]["failure"]), (&json!(true), &Value::Null));
    assert_eq!(stored["status"]["budget"]["usedToday"], 780);
    assert_eq!(asking.server.api_get(&asking.path("1/")), *done);
    let key = asking.model.requests()[0].header("authorization").map(str::to_owned);
    assert_eq!(key.as_deref(), Some("Bearer sk-of-the-tests-0123456789"));

    // Another explanation does not stand in the way of the first; what is fresh is not stale.
    assert_eq!(asking.explain().0, 200);
    let stored = asking.stored();
    assert_eq!(stored["explanations"].as_array().expect("two").len(), 2);
    assert_eq!(stored["explanations"][1]["stale"], json!({ "is": false, "reasons": [] }));
}

#[test]
fn two_tabs_share_one_run_which_goes_on_when_both_are_closed() {
    let asking = Asking::start(|_, _| stream_of(pieces(GOOD, "stop"), Duration::from_millis(60), true));
    std::thread::scope(|scope| {
        let tabs = [(); 2].map(|()| scope.spawn(|| asking.stream("", &json!({}))));
        let seen = tabs.map(|tab| tab.join().expect("seen").last().expect("the end").clone());
        assert_eq!(seen[0], seen[1]);
        assert_eq!(seen[0].0, "done");
    });
    assert_eq!(asking.requests().len(), 1, "asked once");
    // Who only begins it and goes away finds it later.
    let request = asking.server.api(Method::POST, &asking.path("")).header("Prefer", "respond-async");
    let accepted = request.json(&json!({})).send().expect("an answer");
    assert_eq!(accepted.status(), 202);
    let body: Value = accepted.json().expect("JSON");
    let href = body["href"].as_str().expect("a path");
    assert_eq!(asking.server.api_get(href)["state"], "running");
    assert_eq!(asking.explain().0, 202, "one is being made");
    // Who comes later hears what was said so far, and then the rest.
    let joined = asking.server.api(Method::GET, href).header("Accept", "text/event-stream").send();
    let heard = script::events(&joined.expect("an answer").text().expect("text"));
    let names: Vec<&str> = heard.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!((names[0], names.last()), ("started", Some(&"done")), "{names:?}");
    let text: String = heard.iter().filter_map(|(_, data)| data["text"].as_str()).collect();
    assert_eq!(text, GOOD, "all of it");
    asking.server.wait_until("it is made", || asking.server.api_get(href)["state"] == "done");
    assert_eq!(asking.requests().len(), 2);
}

#[test]
fn what_a_kill_interrupts_says_so_and_can_be_asked_again() {
    let asking = Asking::start(|_, before| {
        let pause = Duration::from_millis(if before == 0 { 1_000 } else { 0 });
        stream_of(pieces(GOOD, "stop"), pause, true)
    });
    let request = asking.server.api(Method::POST, &asking.path("")).header("Prefer", "respond-async");
    assert_eq!(request.send().expect("an answer").status(), 202);
    asking.model.wait_for(1);
    asking.server.restart();
    let stored = asking.stored();
    assert_eq!(stored["explanations"][0]["failure"]["code"], "interrupted", "{stored}");
    assert_eq!(stored["explanations"][0]["state"], "failed");
    assert_eq!(asking.explain().0, 200);
}

#[test]
fn it_can_be_stopped_and_rated() {
    let asking = Asking::start(|_, before| {
        let pause = Duration::from_millis(if before == 0 { 300 } else { 0 });
        stream_of(pieces(GOOD, "stop"), pause, true)
    });
    let request = asking.server.api(Method::POST, &asking.path("")).header("Prefer", "respond-async");
    assert_eq!(request.send().expect("an answer").status(), 202);
    asking.model.wait_for(1);
    assert_eq!(asking.post("1/cancel/", &json!({})).0, 204);
    assert_eq!(asking.stored()["explanations"][0]["failure"]["code"], "cancelled");
    assert_eq!(asking.explain().0, 200);
    let rate = |body: Value| {
        let request = asking.server.api(Method::PUT, &asking.path("2/feedback/")).json(&body);
        request.send().expect("an answer")
    };
    // The token of the settings is nobody.
    assert_eq!(rate(json!({ "helpful": true, "note": "" })).status(), 403);
    assert_eq!(asking.post("99/cancel/", &json!({})).0, 404);
}

#[test]
fn the_day_has_a_budget_and_a_project_can_forbid_it() {
    let asking = Asking::start_with(&[("LIGHTTRACE_LLM_TOKENS_PER_DAY", "20000")], |_, _| {
        let usage =
            json!({ "choices": [], "usage": { "prompt_tokens": 79_000, "completion_tokens": 1_000 } });
        let mut pieces = pieces(GOOD, "stop");
        pieces.insert(0, format!("data: {usage}\n\n"));
        pieces.retain(|piece| !piece.contains("700"));
        stream_of(pieces, Duration::ZERO, true)
    });
    let settings = |body: Value| {
        let path = "/api/0/projects/lighttrace/default/";
        let answer = asking.server.api(Method::PUT, path).json(&body).send().expect("an answer");
        assert_eq!(answer.status(), 200);
        answer.json::<Value>().expect("JSON")["explain"].clone()
    };
    let forbidden = settings(json!({ "explain": { "forbidden": true } }));
    assert_eq!(forbidden, json!({ "forbidden": true, "automatic": false }));
    let (status, _, body) = asking.explain();
    assert_eq!((status, &body["code"]), (403, &json!("forbidden")));
    assert!(asking.requests().is_empty(), "nothing was sent");
    assert_eq!(asking.stored()["status"]["forbidden"], true);
    settings(json!({ "explain": { "forbidden": false } }));
    assert_eq!(asking.explain().0, 200);
    let (status, retry, body) = asking.explain();
    assert_eq!((status, &body["code"]), (429, &json!("budget_spent")), "{body}");
    assert!(retry.is_some_and(|seconds| seconds > 0 && seconds <= 86_400));
    assert_eq!(asking.requests().len(), 1);
    assert_eq!(asking.stored()["status"]["failure"]["code"], "budget_spent");
}

#[test]
fn without_a_model_it_says_how_to_set_one_up() {
    let asking = Asking::start_with(&[("LIGHTTRACE_LLM_BASE_URL", "")], |_, _| stream(GOOD));
    let (status, _, body) = asking.explain();
    assert_eq!((status, &body["code"]), (503, &json!("not_configured")));
    assert!(body["detail"].as_str().expect("text").contains("LIGHTTRACE_LLM_BASE_URL"));
    let stored = asking.stored();
    assert_eq!((&stored["status"]["configured"], &stored["status"]["model"]), (&json!(false), &Value::Null));
    let events = asking.stream("", &json!({}));
    assert_eq!(events[0].0, "error");
    assert_eq!(events[0].1["code"], "not_configured");
}

#[test]
fn an_event_that_is_gone_and_an_issue_that_is_hidden_are_told_apart_from_failures() {
    let asking = Asking::start(|_, _| stream(GOOD));
    assert_eq!(asking.post("", &json!({ "event": "00" })).0, 400);
    assert_eq!(asking.post("", &json!({ "event": "f".repeat(32) })).0, 404);
    assert_eq!(asking.post("", &json!({ "event": format!("{:032x}", 1) })).0, 200);
    let answer = asking.server.api(Method::POST, "/api/0/issues/999/explain/").send().expect("an answer");
    assert_eq!(answer.status(), 404);
}
