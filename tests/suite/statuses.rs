//! What becomes of an issue that people are done with: when it comes back, when it holds, and what is said of it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{ORG, PROJECT, event};
use crate::support::Server;

/// One event of the one issue, of this release.
fn send(server: &Server, number: u64, release: Option<&str>) {
    let mut event = event(number, "zanzibar");
    event["release"] = json!(release);
    assert_eq!(server.store(&event).status(), 200);
    server.settled();
}

fn put(server: &Server, body: &Value) -> Value {
    let answer = server.api(Method::PUT, "/api/0/issues/1/").json(body).send().expect("an answer");
    assert_eq!(answer.status(), 200, "{body}");
    answer.json().expect("JSON")
}

fn issue(server: &Server) -> Value {
    server.api_get("/api/0/issues/1/")
}

fn state(server: &Server) -> (String, String) {
    let issue = issue(server);
    let text = |name: &str| issue[name].as_str().unwrap_or_default().to_owned();
    (text("status"), text("substatus"))
}

fn declare(server: &Server, body: &Value) {
    let answer = server.api(Method::POST, &format!("{ORG}/releases/")).json(body).send().expect("an answer");
    assert!(answer.status().is_success(), "{body}");
}

const REGRESSED: (&str, &str) = ("unresolved", "regressed");
const RESOLVED: (&str, &str) = ("resolved", "");

#[track_caller]
fn is(server: &Server, expected: (&str, &str)) {
    let (status, substatus) = state(server);
    assert_eq!((status.as_str(), substatus.as_str()), expected);
}

#[test]
fn a_backport_is_a_line_of_its_own() {
    let server = Server::start();
    send(&server, 1, Some("shop@1.9.3"));
    send(&server, 2, Some("shop@2.1.0"));
    let answer = put(&server, &json!({"status": "resolved", "statusDetails": {"inRelease": "shop@1.9.4"}}));
    assert_eq!(answer["statusDetails"]["inRelease"], "shop@1.9.4");
    for (number, old) in (3..).zip(["shop@2.1.0", "shop@1.9.3", "shop@1.8.7"]) {
        send(&server, number, Some(old));
        is(&server, RESOLVED);
    }
    send(&server, 6, None);
    is(&server, RESOLVED);
    let seen = &issue(&server)["stillSeen"];
    assert_eq!((&seen["events"], &seen["release"]), (&json!(4), &json!("shop@2.1.0")), "{seen}");
    send(&server, 7, Some("shop@2.2.0"));
    is(&server, REGRESSED);
    let issue = issue(&server);
    assert_eq!(issue["stillSeen"], Value::Null);
    assert_eq!(issue["regressedIn"]["version"], "shop@2.2.0");
    send(&server, 8, Some("shop@2.2.0"));
    let history = server.api_get("/api/0/issues/1/activities/");
    let why = &history["activity"][0]["data"]["because"];
    let why = why.as_str().expect("a sentence");
    assert!(why.starts_with("Regressed: resolved in 1.9.4 at "), "{why}");
    assert!(why.ends_with("; 2 events in 2.2.0, made after the fix"), "{why}");
    assert_eq!(history["activity"][1]["type"], "set_resolved_in_release");
    let found = server.issues("regressedIn:shop@2.2.0");
    assert_eq!(found.len(), 1);
    assert_eq!(server.issues("regressedIn:shop@2.1.0").len(), 0);
}

#[test]
fn resolved_now_remembers_the_newest_release() {
    let server = Server::start();
    send(&server, 1, Some("shop@1.0.0"));
    send(&server, 2, Some("shop@1.1.0"));
    put(&server, &json!({"status": "resolved"}));
    send(&server, 3, Some("shop@1.0.0"));
    is(&server, RESOLVED);
    send(&server, 4, None);
    is(&server, REGRESSED);
    put(&server, &json!({"status": "resolved"}));
    send(&server, 5, Some("shop@1.1.0"));
    is(&server, REGRESSED);
    put(&server, &json!({"status": "resolvedInNextRelease"}));
    assert_eq!(issue(&server)["statusDetails"]["inNextRelease"], true);
    send(&server, 6, Some("shop@1.1.0"));
    is(&server, RESOLVED);
    // A deploy makes the sentence.
    declare(&server, &json!({"version": "shop@1.1.1", "projects": ["default"]}));
    let deploys = format!("{ORG}/releases/shop@1.1.1/deploys/");
    let deploy = json!({"environment": "production"});
    assert_eq!(server.api(Method::POST, &deploys).json(&deploy).send().expect("an answer").status(), 201);
    send(&server, 7, Some("shop@1.1.1"));
    is(&server, REGRESSED);
    let data = &server.api_get("/api/0/issues/1/activities/")["activity"][0]["data"];
    assert_eq!(data["deploy"]["environment"], "production");
    let why = data["because"].as_str().expect("a sentence");
    assert!(
        why.contains("in the release after 1.1.0") && why.contains(" to production, 0 min before"),
        "{why}"
    );
    let release = server.api_get(&format!("{PROJECT}/releases/shop@1.1.1/"));
    assert_eq!(release["regressedGroups"], 1, "{release}");
}

#[test]
fn an_archived_issue_comes_back_at_the_nth_further_event() {
    let server = Server::start();
    send(&server, 1, None);
    let answer = put(&server, &json!({"status": "ignored", "statusDetails": {"ignoreCount": 3}}));
    assert_eq!(answer["substatus"], "archived_until_condition_met");
    assert_eq!(answer["statusDetails"]["ignoreCount"], 3);
    send(&server, 2, None);
    send(&server, 3, None);
    is(&server, ("ignored", "archived_until_condition_met"));
    assert_eq!(issue(&server)["statusDetails"]["ignoreCount"], 1, "one is missing");
    send(&server, 4, None);
    is(&server, ("unresolved", "ongoing"));
    let newest = &server.api_get("/api/0/issues/1/activities/")["activity"][0];
    assert_eq!(newest["type"], "came_back");
    assert_eq!(newest["data"]["because"], "Came back: 3 more events, as it was archived for");
}
