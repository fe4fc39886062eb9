//! Real events of many platforms, where this machine has them: accepted both ways and read back intact.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{KEY, Server, corpus};

#[test]
fn every_sample_event_is_accepted_by_store_and_envelope_and_read_back() {
    let Some(corpus) = corpus() else { return };
    let server = Server::start();
    let mut files = Vec::new();
    collect(&corpus.join("events"), &mut files);
    assert!(files.len() >= 190, "{} sample events", files.len());
    for (index, path) in files.iter().enumerate() {
        let text = std::fs::read(path).expect("readable");
        for (way, number) in [("store", 2 * index), ("envelope", 2 * index + 1)] {
            let id = format!("{:032x}", 0xA000_0000_u64 + number as u64);
            let answer = send(&server, way, &id, &text);
            let status = answer.status();
            let body = answer.text().expect("a body");
            assert_eq!(status, 200, "{way} of {}: {body}", path.display());
        }
    }
    server.settled();
    for (index, path) in files.iter().enumerate() {
        let sent: Value = serde_json::from_slice(&std::fs::read(path).expect("readable")).expect("JSON");
        for number in [2 * index, 2 * index + 1] {
            let id = format!("{:032x}", 0xA000_0000_u64 + number as u64);
            let read = server.api_get(&format!("/api/0/projects/lighttrace/default/events/{id}/"));
            compare(&sent, &read, path);
        }
    }
}

fn send(server: &Server, way: &str, id: &str, event: &[u8]) -> reqwest::blocking::Response {
    let mut event: Value = serde_json::from_slice(event).expect("JSON");
    event["event_id"] = id.into();
    let event = event.to_string();
    let url = server.url(&format!("/api/1/{way}/?sentry_key={KEY}"));
    let body = match way {
        "store" => event,
        _ => {
            format!("{{\"event_id\":\"{id}\"}}\n{{\"type\":\"event\",\"length\":{}}}\n{event}\n", event.len())
        }
    };
    server.client.post(url).body(body).send().expect("an answer")
}

/// Counts in what was sent, by its own small reading, against what is read.
fn compare(sent: &Value, read: &Value, path: &Path) {
    let place = path.display();
    let entry = |kind: &str| {
        let entries = read["entries"].as_array().expect("entries");
        entries.iter().find(|entry| entry["type"] == kind).map(|entry| entry["data"].clone())
    };
    let sent_exceptions = listed(sent, &["exception", "sentry.interfaces.Exception"]);
    let frames_sent: usize = sent_exceptions.iter().map(frames).sum();
    let read_exceptions = entry("exception").map_or(Vec::new(), |data| array(&data["values"]));
    let frames_read: usize = read_exceptions.iter().map(frames).sum();
    if frames_sent <= 250 && !sent_exceptions.is_empty() && sent["stacktrace"].is_null() {
        assert_eq!(frames_read, frames_sent, "frames of {place}");
    }
    let crumbs_sent = listed(sent, &["breadcrumbs", "sentry.interfaces.Breadcrumbs"]);
    let crumbs_sent = crumbs_sent.iter().filter(|crumb| crumb.is_object()).count();
    let crumbs_read = entry("breadcrumbs").map_or(0, |data| array(&data["values"]).len());
    assert_eq!(crumbs_read, crumbs_sent, "breadcrumbs of {place}");
    let message =
        ["/logentry/formatted", "/logentry/message", "/message", "/sentry.interfaces.Message/message"];
    let message = message.iter().find_map(|pointer| sent.pointer(pointer).and_then(Value::as_str));
    if let Some(message) = message.filter(|text| !text.trim().is_empty() && !text.contains('%')) {
        let shown = entry("message").unwrap_or_default().to_string() + read["message"].to_string().as_str();
        let start: String =
            message.chars().take(40).take_while(|c| c.is_ascii_alphanumeric() || *c == ' ').collect();
        assert!(shown.contains(start.trim()), "message of {place}: {message:?} in {shown}");
    }
}

fn listed(event: &Value, keys: &[&str]) -> Vec<Value> {
    let value = keys.iter().find_map(|key| event.get(*key)).cloned().unwrap_or_default();
    match &value {
        Value::Array(values) => values.clone(),
        Value::Object(map) if map.contains_key("values") => array(&value["values"]),
        Value::Object(_) => vec![value],
        _ => Vec::new(),
    }
}

fn array(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

fn frames(exception: &Value) -> usize {
    let frames = exception.pointer("/stacktrace/frames").and_then(Value::as_array);
    frames.map_or(0, |frames| frames.iter().filter(|frame| frame.is_object()).count())
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("readable") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    files.sort();
}
