//! Events first, their source maps later.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::Server;
use crate::upload::kit::{File, bundle, upload};

const DEBUG_ID: &str = "7a7a7a7a-1b2d-4c3e-9f00-aabbccddeeff";
const MINIFIED: &str = "function a(){b.c()}a();";
const SOURCE: &str = "function chargeZanzibar() {\n  shop.pay();\n}\n\nchargeZanzibar();\n";

fn files(name: &str, debug_id: Option<&str>) -> Vec<File> {
    let map = json!({"version": 3, "sources": ["../../src/payment.ts"], "names": ["chargeZanzibar", "shop", "pay"],
        "sourcesContent": [SOURCE], "mappings": "AAAA,SAASA,IACPC,EAAKC,IAGPF"});
    let id = debug_id.map_or(json!({}), |id| json!({"debug-id": id}));
    let mut of_file = id.clone();
    of_file["sourcemap"] = json!(format!("{}.map", name.rsplit('/').next().expect("a name")));
    vec![
        File::new("minified_source", name, of_file, MINIFIED),
        File::new("source_map", &format!("{name}.map"), id, map.to_string()),
    ]
}

fn event(number: u32, debug_id: Option<&str>) -> Value {
    let url = "https://shop.example/static/app.js";
    let images = debug_id.map(|id| json!({"type": "sourcemap", "code_file": url, "debug_id": id}));
    let frame = |column: u32| json!({"function": "a", "filename": url, "abs_path": url, "lineno": 1, "colno": column, "in_app": true});
    json!({"event_id": format!("{number:032x}"), "platform": "javascript", "release": "shop@1.0+ab",
        "debug_meta": {"images": images.into_iter().collect::<Vec<_>>()},
        "exception": {"values": [{"type": "TypeError", "value": "no card",
            "stacktrace": {"frames": [frame(20), frame(16)]}}]}})
}

fn newest(server: &Server, issue: &Value) -> Value {
    let id = issue["id"].as_str().expect("an id");
    server.api_get(&format!("/api/0/issues/{id}/events/latest/"))
}

fn frames(event: &Value, stack: &str) -> Vec<Value> {
    let entries = event["entries"].as_array().expect("entries");
    let exception = entries.iter().find(|entry| entry["type"] == "exception").expect("an exception");
    exception["data"]["values"][0][stack]["frames"].as_array().cloned().unwrap_or_default()
}

#[test]
fn an_event_that_came_before_its_map_becomes_readable_everywhere() {
    for debug_id in [Some(DEBUG_ID), None] {
        let server = Server::start();
        for number in 1..=3 {
            assert_eq!(server.store(&event(number, debug_id)).status(), 200);
        }
        server.settled();
        let before = server.issues("").remove(0);
        let hashes = |issue: &Value| {
            let id = issue["id"].as_str().expect("an id");
            let rows = server.api_get(&format!("/api/0/issues/{id}/hashes/"));
            rows.as_array().expect("rows").iter().map(|row| row["id"].clone()).collect::<Vec<_>>()
        };
        let hashes_before = hashes(&before);
        assert_eq!(before["metadata"]["function"], "a", "{before:#}");
        let problem = frames(&newest(&server, &before), "stacktrace")[1]["sourceMapProblem"].clone();
        let code = if debug_id.is_some() { "unknown_debug_id" } else { "release_without_artifacts" };
        assert_eq!(problem["code"], code);
        let command = problem["fix"]["command"].as_str().expect("a command");
        assert!(command.contains("--org lighttrace --project default --release shop@1.0+ab"), "{command}");
        assert!(server.issues("chargeZanzibar").is_empty());
        assert!(server.metric("lighttrace_late_wanted") >= 0.0);

        let bundle = bundle(&files("static/app.js", debug_id));
        let state = upload(&server, &bundle, &json!({"version": "shop@1.0+ab"}));
        assert_eq!(state.0, "ok", "{state:?}");
        // Whoever looks sees it at once …
        let event = newest(&server, &before);
        let frame = &frames(&event, "stacktrace")[1];
        assert_eq!(
            (&frame["function"], &frame["filename"]),
            (&json!("chargeZanzibar"), &json!("src/payment.ts")),
            "{frame:#}"
        );
        assert_eq!(
            (&frame["lineNo"], &frame["colNo"], &frame["inApp"]),
            (&json!(2), &json!(8), &json!(true))
        );
        assert_eq!(frame["context"][1], json!([2, "  shop.pay();"]));
        assert_eq!(frame["sourceMapProblem"], Value::Null);
        assert_eq!(frames(&event, "rawStacktrace")[1]["colNo"], 16);
        assert_eq!(event["errors"], json!([]));
        // … lists and searches soon.
        server.wait_until("all are made anew", || server.metric("lighttrace_late_events_total") >= 3.0);
        server.wait_until("search finds them", || !server.issues("chargeZanzibar").is_empty());
        server.wait_until("the list names it anew", || named(&server) == "chargeZanzibar");
        let after = server.issues("").remove(0);
        assert_eq!(after["metadata"]["function"], "chargeZanzibar", "{after:#}");
        assert_eq!(after["metadata"]["filename"], "src/payment.ts");
        assert_eq!((&after["id"], &after["count"]), (&before["id"], &before["count"]));
        assert_ne!(after["culprit"], before["culprit"]);
        assert_eq!(hashes(&after), hashes_before, "its group stays");
        assert_eq!(server.count_events("chargeZanzibar"), 3);
        assert!((server.metric("lighttrace_late_issues_total") - 1.0).abs() < f64::EPSILON);
    }
}

/// What the list of issues calls the function of the only one.
fn named(server: &Server) -> serde_json::Value {
    server.issues("")[0]["metadata"]["function"].clone()
}

#[test]
fn what_was_missing_is_known_after_a_restart() {
    let server = Server::start();
    assert_eq!(server.store(&event(1, Some(DEBUG_ID))).status(), 200);
    server.settled();
    server.restart();
    assert_eq!(upload(&server, &bundle(&files("static/app.js", Some(DEBUG_ID))), &json!({})).0, "ok");
    server.wait_until("search finds it", || !server.issues("chargeZanzibar").is_empty());
    server.wait_until("the list names it anew", || named(&server) == "chargeZanzibar");
}

#[test]
fn an_event_is_made_anew_when_somebody_asks() {
    let server = Server::start();
    assert_eq!(server.store(&event(1, Some(DEBUG_ID))).status(), 200);
    server.settled();
    let ask = || {
        let path = format!("/api/0/projects/lighttrace/default/events/{:032x}/reprocess/", 1);
        let answer = server.api(Method::POST, &path).send().expect("an answer");
        assert_eq!(answer.status(), 200);
        answer.json::<Value>().expect("JSON")
    };
    assert_eq!(ask(), json!({"events": 0, "renamed": false}), "nothing was uploaded");
    assert_eq!(upload(&server, &bundle(&files("static/app.js", Some(DEBUG_ID))), &json!({})).0, "ok");
    assert_eq!(ask()["events"], 1);
    server.wait_until("search finds it", || !server.issues("chargeZanzibar").is_empty());
    server.wait_until("the list names it anew", || named(&server) == "chargeZanzibar");
}

#[test]
fn events_that_come_after_their_map_are_grouped_by_their_source() {
    let server = Server::start();
    assert_eq!(upload(&server, &bundle(&files("static/app.js", Some(DEBUG_ID))), &json!({})).0, "ok");
    assert_eq!(server.store(&event(1, Some(DEBUG_ID))).status(), 200);
    // Another build of the same source: the place in the minified file differs, the source does not.
    let mut other = event(2, Some(DEBUG_ID));
    other["exception"]["values"][0]["stacktrace"]["frames"][1]["colno"] = json!(17);
    assert_eq!(server.store(&other).status(), 200);
    server.settled();
    let issues = server.issues("");
    assert_eq!(issues.len(), 1, "{issues:#?}");
    assert_eq!(issues[0]["metadata"]["function"], "chargeZanzibar");
    assert!(server.metric("lighttrace_late_events_total").abs() < f64::EPSILON);
}
