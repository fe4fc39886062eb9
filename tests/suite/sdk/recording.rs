//! The recordings of real clients, replayed byte for byte.

use std::fs;
use std::path::{Path, PathBuf};

use reqwest::Method;
use reqwest::blocking::Client;
use serde_json::Value;

use crate::api::ORG;
use crate::sdk::expectation;
use crate::support::Server;

/// Headers that belong to a connection: the client that replays makes its own.
const CONNECTION_HEADERS: &[&str] = &["host", "connection", "content-length", "transfer-encoding"];

struct Request {
    method: Method,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// How recordings of traces end, which make no issue …
const TRACES: &str = "-traces";
/// … and what is in each: spans and log records of the trace, and the transaction.
const RECORDED_TRACES: [(&str, u64, u64, &str); 3] = [
    ("node-11-traces", 3, 1, "POST /orders/*"),
    ("node-8-traces", 3, 0, "POST /orders/*"),
    ("otel-python-traces", 3, 1, "GET /token/{user}"),
];

/// Families of recordings, a test each so that they run side by side.
const FAMILIES: &[&str] = &["browser-", "node-", "python-", "raven-"];

#[test]
fn browser_recordings_read_as_sent() {
    check("browser-");
}

#[test]
fn node_recordings_read_as_sent() {
    check("node-");
}

#[test]
fn python_recordings_read_as_sent() {
    check("python-");
}

#[test]
fn raven_recordings_read_as_sent() {
    check("raven-");
}

#[test]
fn recordings_of_traces_are_read_as_sent_and_once() {
    for (name, spans, logs, transaction) in RECORDED_TRACES {
        println!("{name}");
        let folder = fixtures().join(name);
        let server = Server::start();
        for _ in 0..2 {
            for request in requests(&folder) {
                replay(&server, request);
            }
        }
        server.settled();
        let sent = fs::read(folder.join("sent.json")).expect("a recording says what was sent");
        let sent: Value = serde_json::from_slice(&sent).expect("JSON");
        let trace = sent["trace"].as_str().expect("a trace");
        let meta = server.api_get(&format!("{ORG}/trace-meta/{trace}/"));
        assert_eq!((&meta["span_count"], &meta["logs"]), (&spans.into(), &logs.into()), "{name}: {meta}");
        let found = server.api_get(&format!("{ORG}/transactions/?statsPeriod=90d"));
        let named: Vec<_> =
            found["data"].as_array().expect("rows").iter().map(|row| (&row["name"], &row["count"])).collect();
        assert_eq!(named, [(&Value::from(transaction), &Value::from(1))], "{name}: {found}");
    }
}

#[test]
fn every_recording_is_of_a_family() {
    let stray: Vec<String> = names().into_iter().filter(|name| family(name).is_none()).collect();
    assert!(stray.is_empty(), "no test replays {stray:?}");
}

#[test]
fn a_recording_sent_twice_counts_once() {
    let server = Server::start();
    for _ in 0..2 {
        for request in requests(&fixtures().join("python-2-exception")) {
            replay(&server, request);
        }
    }
    server.settled();
    let issues = server.issues("");
    assert_eq!(issues.len(), 1);
    assert_eq!(issues[0]["count"], "1");
}

/// What a recorded client did, done to a server again.
pub fn play(server: &Server, name: &str) {
    for request in requests(&fixtures().join(name)) {
        replay(server, request);
    }
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sdk")
}

/// Replays each recording of a family to a server of its own.
fn check(prefix: &str) {
    let names: Vec<String> = names().into_iter().filter(|name| family(name) == Some(prefix)).collect();
    assert!(!names.is_empty(), "recordings are missing");
    for name in names {
        println!("{name}");
        let folder = fixtures().join(&name);
        let server = Server::start();
        for request in requests(&folder) {
            assert!(request.target.contains("/api/1/"), "recordings are of project 1");
            replay(&server, request);
        }
        server.settled();
        let sent = fs::read(folder.join("sent.json")).expect("a recording says what was sent");
        let sent = serde_json::from_slice(&sent).expect("JSON");
        expectation::assert_one_issue(&server, &sent);
    }
}

fn family(name: &str) -> Option<&'static str> {
    FAMILIES.iter().copied().find(|family| name.starts_with(family))
}

/// The recordings' folders, in order.
fn names() -> Vec<String> {
    let entries = fs::read_dir(fixtures()).expect("recordings exist").map(|entry| entry.expect("readable"));
    let folders = entries.filter(|entry| entry.path().is_dir());
    let names = folders.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| !name.ends_with(TRACES)).collect();
    names.sort();
    names
}

/// A folder's requests in the order they were sent.
fn requests(folder: &Path) -> Vec<Request> {
    let numbered = (1..).map(|number| folder.join(format!("{number:02}.json")));
    numbered.take_while(|path| path.exists()).map(|path| request(&path)).collect()
}

fn request(path: &Path) -> Request {
    let text = fs::read_to_string(path).expect("a recorded request");
    let recorded: Value = serde_json::from_str(&text).expect("JSON");
    let string = |value: &Value| value.as_str().expect("a string").to_owned();
    let pairs = recorded["headers"].as_array().expect("headers are pairs");
    Request {
        method: string(&recorded["method"]).parse().expect("a method"),
        target: string(&recorded["target"]),
        headers: pairs.iter().map(|pair| (string(&pair[0]), string(&pair[1]))).collect(),
        body: fs::read(path.with_extension("body")).expect("a recorded body"),
    }
}

fn replay(server: &Server, request: Request) {
    let target = format!("{} {}", request.method, request.target);
    let mut replayed = Client::new().request(request.method, server.url(&request.target)).body(request.body);
    for (name, value) in request.headers {
        if !CONNECTION_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
            replayed = replayed.header(name, value);
        }
    }
    let response = replayed.send().expect("an answer");
    let status = response.status();
    assert_eq!(status, 200, "{target}: {}", response.text().unwrap_or_default());
}
