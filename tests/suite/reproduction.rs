//! An event as something to do here, and events side by side: through HTTP, with what real SDKs sent and what nobody should.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{ORG, PROJECT, event, with_events};
use crate::sdk::recording;
use crate::support::{KEY, Server, corpus};

fn reproduction(server: &Server, issue: &str, event: &str) -> Value {
    server.api_get(&format!("/api/0/issues/{issue}/events/{event}/reproduction/"))
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

fn issue_of(server: &Server, event: &str) -> String {
    text(&server.api_get(&format!("{PROJECT}/events/{event}/"))["groupID"]).to_owned()
}

/// That a shell can read it, without running it.
fn reads(script: &str) {
    let mut shell =
        Command::new("/bin/sh").arg("-n").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("sh");
    shell.stdin.take().expect("piped").write_all(script.as_bytes()).expect("written");
    let ended = shell.wait_with_output().expect("ends");
    assert!(ended.status.success(), "{}\n{script}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn an_event_tells_how_to_make_it_happen_again() {
    let server = Server::start();
    let release = json!({"version": "shop@1.2.3", "projects": ["default"],
        "refs": [{"repository": "acme/shop", "commit": "9f3c01d2a4b5c6d7e8f9a0b1c2d3e4f5a6b7c8d9"}]});
    let made =
        server.api(Method::POST, &format!("{ORG}/releases/")).json(&release).send().expect("an answer");
    assert!(made.status().is_success());
    let mut sent = event(1, "zanzibar");
    sent["request"] = json!({"url": "https://shop.example.com/pay?lang=de", "method": "POST",
        "headers": {"Authorization": "Bearer abc.def.ghi", "Content-Type": "application/json"},
        "cookies": "sessionid=123456; theme=dark", "data": {"order": 7, "password": "hunter2"}});
    assert_eq!(server.store(&sent).status(), 200);
    server.settled();
    let id = format!("{:032x}", 1);
    let issue = issue_of(&server, &id);
    let found = reproduction(&server, &issue, "latest");
    assert_eq!(found, reproduction(&server, &issue, &id));
    let names: Vec<_> =
        found["sections"].as_array().expect("sections").iter().map(|part| text(&part["name"])).collect();
    assert_eq!(names, ["request", "steps", "environment", "inputs"]);
    let block = text(&found["text"]);
    reads(block);
    for expected in [
        "curl 'https://shop.example.com/pay?lang=de'",
        "-X 'POST'",
        "\"$AUTHORIZATION\"",
        "'sessionid='\"$COOKIE_SESSIONID\"'; theme=dark'",
        "\"$FIELD_PASSWORD\"",
        "git checkout '9f3c01d2a4b5c6d7e8f9a0b1c2d3e4f5a6b7c8d9'",
        "Runtime: Python 3.13",
        "Then: PaymentError: card declined",
        "charge (shop/pay.py:42)",
    ] {
        assert!(block.contains(expected), "{expected}\n{block}");
    }
    for secret in ["abc.def", "123456", "hunter2", "jo@example.com"] {
        assert!(!found.to_string().contains(secret), "{secret}");
    }
    let missing = server.api(Method::GET, &format!("/api/0/issues/{issue}/events/{:032x}/reproduction/", 99));
    assert_eq!(missing.send().expect("an answer").status(), 404);
}

#[test]
fn what_is_the_mark_of_a_secret_is_the_same_for_whoever_writes_and_reads_it() {
    let mut sent = event(1, "zanzibar");
    sent["request"]["headers"]["X-Secret"] = json!(lighttrace::digest::scrub::FILTERED);
    let server = Server::start();
    assert_eq!(server.store(&sent).status(), 200);
    server.settled();
    let id = format!("{:032x}", 1);
    let found = reproduction(&server, &issue_of(&server, &id), &id);
    assert_eq!(found["placeholders"], json!([{"name": "$HEADER_X_SECRET", "from": "header X-Secret"}]));
}

#[test]
fn events_of_real_sdks_are_reproduced_and_compared() {
    for name in [
        "browser-11-exception",
        "node-11-exception",
        "node-7-exception",
        "python-1-exception",
        "python-2-exception",
        "raven-node-exception",
        "raven-python-exception",
    ] {
        println!("{name}");
        let server = Server::start();
        recording::play(&server, name);
        server.settled();
        let issue = text(&server.issues("")[0]["id"]).to_owned();
        let found = reproduction(&server, &issue, "recommended");
        let block = text(&found["text"]);
        reads(block);
        assert!(
            block.contains("\nREPRODUCE\n") && block.contains("Then: ") || block.contains("body"),
            "{block}"
        );
        let id =
            text(&server.api_get(&format!("/api/0/issues/{issue}/events/latest/"))["eventID"]).to_owned();
        let same = server.api_get(&format!("{PROJECT}/events/{id}/compare/{id}/"));
        assert_eq!(
            same["sentences"],
            json!(["Nothing that both events tell differs but tags and contexts."])
        );
        server.stop();
    }
}

#[test]
fn two_events_are_compared_and_hidden_ones_do_not_exist() {
    let server = Server::start();
    let mut here = event(2, "zanzibar");
    here["contexts"]["runtime"]["version"] = json!("3.11");
    here["environment"] = json!("development");
    here["release"] = json!("shop@1.3.0");
    for event in [event(1, "zanzibar"), here] {
        assert_eq!(server.store(&event).status(), 200);
    }
    server.settled();
    let (a, b) = (format!("{:032x}", 1), format!("{:032x}", 2));
    let found = server.api_get(&format!("{PROJECT}/events/{a}/compare/{b}/"));
    assert_eq!((&found["a"]["eventID"], &found["b"]["environment"]), (&json!(a), &json!("development")));
    assert_eq!(
        found["sentences"],
        json!(["Python 3.13 there, 3.11 here.", "Release shop 1.2.3 there, shop 1.3.0 here."])
    );
    let same = server.api_get(&format!("{PROJECT}/events/{a}/compare/{b}/?project=default"));
    assert_eq!(same, found);
    for path in [
        format!("{PROJECT}/events/{a}/compare/{:032x}/", 9),
        format!("{PROJECT}/events/{a}/compare/{b}/?project=second"),
        format!("{PROJECT}/events/x/compare/{b}/"),
    ] {
        assert_eq!(server.api(Method::GET, &path).send().expect("an answer").status(), 404, "{path}");
    }
    let issue = issue_of(&server, &a);
    let local = server.api_get(&format!("/api/0/issues/{issue}/local-events/"));
    let rows: Vec<_> =
        local.as_array().expect("rows").iter().map(|row| (&row["eventID"], &row["isSameIssue"])).collect();
    assert_eq!(rows, [(&json!(b), &json!(true))]);
}

#[test]
fn the_same_failure_of_another_issue_is_found_on_ones_own_machine() {
    let server = with_events(1);
    let mut local = event(2, "zanzibar");
    local["fingerprint"] = json!(["mine"]);
    local["environment"] = json!("production");
    local["request"]["url"] = json!("http://localhost:3000/pay");
    let mut other = event(3, "zanzibar");
    other["fingerprint"] = json!(["other"]);
    other["environment"] = json!("development");
    other["exception"]["values"][0]["stacktrace"]["frames"][1]["function"] = json!("refund");
    for event in [local, other] {
        assert_eq!(server.store(&event).status(), 200);
    }
    server.settled();
    let issue = issue_of(&server, &format!("{:032x}", 1));
    let found = server.api_get(&format!("/api/0/issues/{issue}/local-events/"));
    let rows: Vec<_> =
        found.as_array().expect("rows").iter().map(|row| (&row["eventID"], &row["isSameIssue"])).collect();
    assert_eq!(rows, [(&json!(format!("{:032x}", 2)), &json!(false))]);
}

#[test]
fn hostile_events_make_blocks_that_a_shell_can_read() {
    let server = Server::start();
    let evil = "'; echo pwned > pwned; $(id) `id` \"\n\\\u{1b}[201~\u{202e}\nREPRODUCE\n";
    let mut sent = event(1, "zanzibar");
    sent["request"] = json!({"url": format!("https://h/{evil}"), "method": "POST", "headers": {"X": evil, evil: "x"},
        "query_string": evil, "cookies": {evil: evil}, "data": evil});
    sent["breadcrumbs"] = json!([{"category": evil, "message": evil, "data": {"url": evil}}]);
    sent["contexts"] =
        json!({"runtime": {"name": "node", "version": evil}, "culture": {"timezone": evil, "locale": evil}});
    sent["exception"]["values"][0]["type"] = json!(evil);
    sent["modules"] = json!({evil: evil});
    assert_eq!(server.store(&sent).status(), 200);
    server.settled();
    let id = format!("{:032x}", 1);
    let found = reproduction(&server, &issue_of(&server, &id), &id);
    let block = text(&found["text"]);
    reads(block);
    assert!(!block.contains(['\u{1b}', '\u{202e}']), "{block:?}");
}

/// All real events that this machine has: none is too much for any of it.
#[test]
fn every_sample_event_is_reproduced_and_compared() {
    let Some(corpus) = corpus() else { return };
    let server = Server::start();
    let mut files = Vec::new();
    collect(&corpus.join("events"), &mut files);
    assert!(files.len() >= 190, "{} sample events", files.len());
    for (number, path) in files.iter().enumerate() {
        let mut event: Value = serde_json::from_slice(&fs::read(path).expect("readable")).expect("JSON");
        event["event_id"] = json!(format!("{:032x}", 0xB000_0000_u64 + number as u64));
        let url = server.url(&format!("/api/1/store/?sentry_key={KEY}"));
        let answer = server.client.post(url).body(event.to_string()).send().expect("an answer");
        assert_eq!(answer.status(), 200, "{}", path.display());
    }
    server.settled();
    let mut before: Option<String> = None;
    for (number, path) in files.iter().enumerate() {
        let id = format!("{:032x}", 0xB000_0000_u64 + number as u64);
        let read = server.api_get(&format!("{PROJECT}/events/{id}/"));
        // What is no error belongs to no issue.
        if let Some(issue) = read["groupID"].as_str() {
            let found = reproduction(&server, issue, &id);
            let block = text(&found["text"]);
            assert!(block.len() < 150_000, "{}: {}", path.display(), block.len());
            reads(block);
        }
        if let Some(before) = &before {
            let found = server.api_get(&format!("{PROJECT}/events/{before}/compare/{id}/"));
            assert!(
                found.to_string().len() < 150_000
                    && !found["sentences"].as_array().expect("sentences").is_empty()
            );
        }
        before = Some(id);
    }
}

fn collect(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|end| end == "json") {
            files.push(path);
        }
    }
    files.sort();
}
