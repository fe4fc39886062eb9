//! Whole events: what fields say together, hostile input, and a corpus of real events where there is one.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::notes::NOTES_MAX;
use super::tags::TAGS_MAX;
use super::{Context, ParseError, normalize, parse};
use crate::digest::scrub::Scrubber;
use crate::model::event::{Event, EventKind, Level};
use crate::model::project::Scrubbing;

const RECEIVED: &str = "2026-11-23T08:00:00Z";

fn time(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

fn context() -> Context<'static> {
    Context {
        received: time(RECEIVED),
        sent_at: None,
        client_ip: Some("203.0.113.9".parse().expect("an address")),
        user_agent: None,
        event_id: None,
        retention_days: 90,
        kind: None,
    }
}

fn read(value: Value) -> Event {
    normalize(value, &context()).expect("an object")
}

fn kinds(event: &Event) -> Vec<&str> {
    event.notes.iter().map(|note| note.kind.as_str()).collect()
}

#[test]
fn an_empty_event_is_an_event() {
    let event = read(json!({}));
    assert_eq!((event.kind, event.level), (EventKind::Default, Level::Error));
    assert_eq!(event.platform, "other");
    assert_eq!(event.timestamp, time(RECEIVED));
    assert_eq!(event.event_id, read(json!({})).event_id, "a replay finds the same id");
    assert_ne!(event.event_id, read(json!({"message": "x"})).event_id);
}

#[test]
fn only_objects_are_events() {
    for value in [json!([]), json!("x"), json!(null), json!(1)] {
        assert!(matches!(normalize(value, &context()), Err(ParseError::NotAnObject(_))));
    }
}

#[test]
fn the_envelopes_id_beats_the_payloads() {
    let payload = json!({"event_id": "FC6D8C0C-43FC-4630-AD85-0EE518F1B9D0"});
    assert_eq!(read(payload.clone()).event_id.to_string(), "fc6d8c0c43fc4630ad850ee518f1b9d0");
    let id = "0".repeat(32).parse().expect("an id");
    let event = normalize(payload, &Context { event_id: Some(id), ..context() }).expect("an event");
    assert_eq!(event.event_id, id);
}

#[test]
fn old_names_read_like_new_ones() {
    let new = json!({
        "exception": {"values": [{"type": "E", "value": "v"}]},
        "logentry": {"formatted": "m"},
        "request": {"url": "http://h/"},
        "user": {"id": "1"},
        "breadcrumbs": {"values": [{"message": "b"}]},
        "event_id": "fc6d8c0c43fc4630ad850ee518f1b9d0",
    });
    let old = json!({
        "sentry.interfaces.Exception": [{"type": "E", "value": "v"}],
        "sentry.interfaces.Message": {"message": "m"},
        "sentry.interfaces.Http": {"url": "http://h/"},
        "sentry.interfaces.User": {"id": 1},
        "sentry.interfaces.Breadcrumbs": [{"message": "b"}],
        "event_id": "fc6d8c0c43fc4630ad850ee518f1b9d0",
    });
    assert_eq!(read(new), read(old));
    let message = read(json!({"message": {"message": "a %s", "params": ["b"]}})).logentry.expect("a message");
    assert_eq!(message.formatted.as_deref(), Some("a b"));
    assert_eq!(read(json!({"message": false})).logentry, None);
}

#[test]
fn a_null_takes_nothing_from_its_alias() {
    for (full, empty, value) in [
        ("exception", "sentry.interfaces.Exception", json!([{"type": "E", "value": "v"}])),
        ("sentry.interfaces.Exception", "exception", json!([{"type": "E", "value": "v"}])),
        ("logentry", "sentry.interfaces.Message", json!({"formatted": "m"})),
        ("request", "sentry.interfaces.Http", json!({"url": "http://h/"})),
        ("user", "sentry.interfaces.User", json!({"id": "1"})),
        ("breadcrumbs", "sentry.interfaces.Breadcrumbs", json!([{"message": "b"}])),
    ] {
        let id = "fc6d8c0c43fc4630ad850ee518f1b9d0";
        let alone = read(json!({"event_id": id, full: value}));
        assert_eq!(read(json!({"event_id": id, full: value, empty: null})), alone, "{full}");
        assert_ne!(read(json!({"event_id": id})), alone, "{full}");
    }
}

#[test]
fn a_lone_stack_trace_belongs_to_the_only_exception() {
    let frames = json!({"frames": [{"function": "f"}]});
    let event = read(json!({"exception": [{"type": "E"}], "stacktrace": frames}));
    assert_eq!(event.stacktrace, None);
    assert_eq!(event.exceptions[0].stacktrace.as_ref().expect("moved").frames.len(), 1);
    let event = read(json!({"exception": [{"type": "E"}, {"type": "F"}], "stacktrace": frames}));
    assert!(event.stacktrace.is_some());
    assert_eq!(read(json!({"stacktrace": frames})).stacktrace.expect("its own").frames.len(), 1);
}

#[test]
fn kinds_and_levels() {
    assert_eq!(read(json!({"exception": [{"type": "E"}]})).kind, EventKind::Error);
    assert_eq!(read(json!({"exception": [], "message": "m"})).kind, EventKind::Default);
    let feedback = read(json!({"contexts": {"feedback": {"message": "bad"}}}));
    assert_eq!((feedback.kind, feedback.level), (EventKind::Feedback, Level::Info));
    assert_eq!(read(json!({"level": 30})).level, Level::Warning);
}

#[test]
fn environment_from_a_tag() {
    let event = read(json!({"tags": {"environment": "prod", "a": "b"}, "server_name": "web", "site": "s"}));
    assert_eq!(event.environment.as_deref(), Some("prod"));
    let tags: Vec<_> = event.tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(tags, [("a", "b"), ("server_name", "web"), ("site", "s")]);
    let event = read(json!({"tags": {"environment": "prod"}, "environment": "stage"}));
    assert_eq!(event.environment.as_deref(), Some("stage"));
}

#[test]
fn the_senders_clock_is_corrected() {
    let at = |timestamp: Value, sent_at: Option<&str>| {
        let crumbs = json!([{"message": "b", "timestamp": timestamp}]);
        let event = json!({"timestamp": timestamp, "breadcrumbs": crumbs});
        let context = Context { sent_at: sent_at.map(time), ..context() };
        let event = normalize(event, &context).expect("an event");
        assert_eq!(event.breadcrumbs[0].timestamp, Some(event.timestamp));
        let kinds = kinds(&event).join(" ");
        (event.timestamp.to_string(), kinds)
    };
    let check = |timestamp: &str, sent_at, expected: &str, kinds: &str| {
        assert_eq!(at(json!(timestamp), sent_at), (expected.to_owned(), kinds.to_owned()), "{timestamp}");
    };
    check("2026-11-23T07:59:00Z", None, "2026-11-23T07:59:00Z", "");
    check("2026-11-23T08:00:59Z", None, "2026-11-23T08:00:59Z", "");
    check("2026-11-23T08:01:01Z", None, RECEIVED, "future_timestamp");
    check("2026-08-26T08:00:00Z", None, "2026-08-26T08:00:00Z", "");
    check("2026-08-24T08:00:00Z", None, RECEIVED, "past_timestamp");
    check("2026-11-23T07:00:00Z", Some("2026-11-23T07:06:00Z"), "2026-11-23T07:00:00Z", "");
    check("2026-11-23T06:00:00Z", Some("2026-11-23T07:00:00Z"), "2026-11-23T07:00:00Z", "clock_drift");
    check("2026-11-23T10:00:00Z", Some("2026-11-23T10:00:00Z"), RECEIVED, "clock_drift");
    assert_eq!(at(json!(-5e10), None), (RECEIVED.to_owned(), "past_timestamp".to_owned()));
    assert_eq!(at(json!(2e11), None), (RECEIVED.to_owned(), "future_timestamp".to_owned()));
    let huge = read(json!({"timestamp": 1e300}));
    assert_eq!((huge.timestamp.to_string().as_str(), kinds(&huge)), (RECEIVED, vec!["invalid_data"]));
}

#[test]
fn transactions_that_are_urls_lose_their_identifiers() {
    let event =
        |source: &str| json!({"transaction": "GET /users/42/a", "transaction_info": {"source": source}});
    let found = read(event("url"));
    assert_eq!(found.transaction.as_deref(), Some("GET /users/*/a"));
    assert_eq!(found.transaction_source.as_deref(), Some("sanitized"));
    assert_eq!(read(event("route")).transaction.as_deref(), Some("GET /users/42/a"));
}

#[test]
fn browsers_reports() {
    let context = Context { user_agent: Some("Mozilla/5.0 (X11; Linux x86_64) Firefox/121.0"), ..context() };
    let old = json!({"csp-report": {"document-uri": "https://h/p", "blocked-uri": "https://evil.example/x.js",
        "violated-directive": "script-src 'self'"}});
    let new = json!({"type": "csp-violation", "body": {"documentURL": "https://h/p",
        "blockedURL": "https://evil.example/x.js", "effectiveDirective": "script-src"}});
    for report in [old, new] {
        let event = normalize(report, &context).expect("an event");
        assert_eq!(event.kind, EventKind::Csp);
        let message = event.logentry.as_ref().and_then(|entry| entry.formatted.as_deref());
        assert_eq!(message, Some("Blocked 'script' from 'evil.example'"));
        assert_eq!(event.tag("effective-directive"), Some("script-src"));
        assert_eq!(event.request.as_ref().and_then(|request| request.url.as_deref()), Some("https://h/p"));
        assert_eq!(event.security.as_ref().expect("a report")["document_uri"], json!("https://h/p"));
        assert_eq!(event.context("browser", "name"), Some("Firefox"));
        assert_eq!(event.user.and_then(|user| user.ip_address).as_deref(), Some("203.0.113.9"));
    }
}

#[test]
fn mended_text_is_noted() {
    let value = parse(b"{\"message\":\"caf\xE9\"}", false).expect("mended");
    let event = read(value);
    assert_eq!(event.notes[0].reason.as_deref(), Some("bytes that are not UTF-8 were replaced"));
}

#[test]
fn hostile_events_are_bounded() {
    let long = "x".repeat(5_000_000);
    let tags: Vec<Value> = (0..10_000).map(|i| json!([format!("k{i}"), long[..500]])).collect();
    let event = read(json!({
        "message": long, "logger": long, "transaction": long, "release": long, "tags": tags, "platform": long,
        "extra": {"a": long}, "contexts": {"c": {"a": long}}, "fingerprint": vec![long[..5_000].to_owned(); 500],
        "user": {"id": long, "x": long}, "exception": {"value": long, "type": long}, "modules": {long.clone(): "1"},
    }));
    assert_eq!(event.tags.len(), TAGS_MAX);
    assert_eq!(event.notes.len(), NOTES_MAX);
    let stored = serde_json::to_vec(&event).expect("an event is JSON");
    assert!(stored.len() < 1_000_000, "{} bytes", stored.len());
}

const ODD: [&str; 12] = [
    "null",
    "true",
    "1",
    "-1.5e300",
    "\"x\"",
    "[]",
    "{}",
    "[[]]",
    "[null]",
    "[{}]",
    "{\"values\":1}",
    "{\"\":[{}]}",
];

/// Every field of a rich event, at every level, replaced by every odd value.
#[test]
fn wrong_types_anywhere_never_panic() {
    let rich = json!({
        "exception": {"values": [{"type": "E", "value": "v", "module": "m", "thread_id": 1,
            "mechanism": {"type": "g", "handled": true, "data": {"a": 1}, "meta": {"signal": {"n": 1}}},
            "stacktrace": {"frames": [{"function": "f", "filename": "a", "lineno": 1, "colno": 2, "vars": {"a": 1},
                "pre_context": ["a"], "context_line": "b", "in_app": true, "data": {}, "lock": {}}],
                "frames_omitted": [1, 2], "registers": {"a": "b"}}}]},
        "threads": {"values": [{"id": 1, "name": "n", "crashed": true, "state": "s", "stacktrace": {"frames": []}}]},
        "logentry": {"message": "%s", "params": ["a"], "formatted": "a"}, "message": "m",
        "breadcrumbs": {"values": [{"timestamp": 1, "type": "t", "category": "c", "level": "info", "data": {"a": 1}}]},
        "request": {"url": "u", "method": "m", "query_string": "a=b", "headers": {"a": "b"}, "cookies": "a=b",
            "data": "{}", "env": {"REMOTE_ADDR": "1.1.1.1"}, "fragment": "f"},
        "user": {"id": 1, "email": "e", "ip_address": "{{auto}}", "geo": {}, "data": {}, "other": 1},
        "contexts": {"os": {"name": "n"}, "trace": {"trace_id": "t"}}, "tags": {"a": "b"}, "extra": {"a": 1},
        "modules": {"a": "b"}, "sdk": {"name": "n", "version": "v", "integrations": ["a"], "packages": [{}],
            "settings": {"infer_ip": "never"}}, "debug_meta": {"images": [{"type": "elf"}]},
        "fingerprint": ["a"], "checksum": "c", "level": "error", "platform": "python", "timestamp": 1,
        "logger": "l", "transaction": "t", "transaction_info": {"source": "url"}, "culprit": "c",
        "server_name": "s", "site": "s", "release": "r", "dist": "d", "environment": "e", "errors": [{"type": "a"}],
        "csp": {"effective_directive": "a", "blocked_uri": "b"}, "template": {"filename": "f", "lineno": 1},
        "event_id": "fc6d8c0c43fc4630ad850ee518f1b9d0",
    });
    let count = replace_everywhere(&rich, &mut |event| {
        read(event);
    });
    assert!(count > 1_000, "{count}");
}

/// Calls `check` with a copy for every place and every odd value.
fn replace_everywhere(event: &Value, check: &mut dyn FnMut(Value)) -> usize {
    let mut pointers = Vec::new();
    pointers_of(event, &mut String::new(), &mut pointers);
    let mut count = 0;
    for pointer in &pointers {
        for odd in ODD {
            let mut event = event.clone();
            *event.pointer_mut(pointer).expect("it is there") = serde_json::from_str(odd).expect("JSON");
            check(event);
            count += 1;
        }
    }
    count
}

fn pointers_of(value: &Value, path: &mut String, out: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(key, value)| (key.replace('/', "~1"), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(i, value)| (i.to_string(), value)).collect(),
        _ => return,
    };
    for (key, value) in children {
        let length = path.len();
        path.push('/');
        path.push_str(&key);
        out.push(path.clone());
        pointers_of(value, path, out);
        path.truncate(length);
    }
}

/// Real events, where the machine has them.
fn corpus() -> Vec<(PathBuf, Vec<u8>)> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus");
    let root = std::env::var("LIGHTTRACE_CORPUS").unwrap_or_else(|_| beside.to_owned());
    let mut files = Vec::new();
    let mut folders = vec![Path::new(&root).join("events")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                let bytes = fs::read(&path).expect("a readable file");
                files.push((path, bytes));
            }
        }
    }
    if files.is_empty() {
        println!("skipped: no corpus of events here (LIGHTTRACE_CORPUS)");
    }
    files
}

/// Lists, `{values}` or one object, read independently of the code under test.
fn items<'a>(event: &'a Value, key: &str) -> Vec<&'a Map<String, Value>> {
    let found = &event[key];
    let list = found.as_array().or_else(|| found["values"].as_array());
    list.into_iter().flatten().filter_map(Value::as_object).collect()
}

fn frames<'a>(holders: &[&'a Map<String, Value>]) -> Vec<&'a Value> {
    let lists = holders.iter().filter_map(|holder| holder.get("stacktrace")?["frames"].as_array());
    lists.flat_map(|frames| if frames.len() > 250 { &frames[..250] } else { frames }).collect()
}

#[test]
fn the_corpus_stays_intact() {
    let scrubber = Scrubber::new(&Scrubbing::default());
    for (path, bytes) in corpus() {
        let name = path.display();
        let sent = parse(&bytes, true).expect("the corpus is JSON");
        let mut clean = sent.clone();
        scrubber.scrub(&mut clean);
        let event = read(clean);

        let exceptions = items(&sent, "exception");
        assert_eq!(event.exceptions.len(), exceptions.len(), "{name}");
        for (exception, sent) in event.exceptions.iter().zip(&exceptions) {
            assert_eq!(exception.kind.as_deref(), sent.get("type").and_then(Value::as_str), "{name}");
            let value = sent.get("value").and_then(Value::as_str).filter(|value| !value.is_empty());
            assert_eq!(exception.value.as_deref(), value, "{name}");
        }
        let sent_frames = frames(&[exceptions, items(&sent, "threads")].concat());
        let found: Vec<_> = event.stacktraces().flat_map(|trace| &trace.frames).collect();
        assert_eq!(found.len(), sent_frames.len(), "{name}");
        for (frame, sent) in found.iter().zip(sent_frames) {
            let text = |key: &str| sent[key].as_str().filter(|text| !text.is_empty() && *text != "?");
            assert_eq!(
                frame.function.as_deref().map(|f| &f[..f.len().min(500)]),
                text("function").map(|f| &f[..f.len().min(500)]),
                "{name}"
            );
            assert_eq!(frame.lineno, sent["lineno"].as_u64(), "{name}");
            assert_eq!(frame.in_app, sent["in_app"].as_bool(), "{name}");
        }
        let crumbs = items(&sent, "breadcrumbs");
        assert_eq!(event.breadcrumbs.len(), crumbs.len(), "{name}");
        for (crumb, sent) in event.breadcrumbs.iter().zip(crumbs) {
            let message = sent.get("message").and_then(Value::as_str).filter(|message| !message.is_empty());
            assert_eq!(crumb.message.as_deref(), message, "{name}");
        }
        for (key, value) in sent["tags"].as_object().into_iter().flatten() {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            if key != "environment" && key != "dist" {
                assert_eq!(event.tag(key), Some(value.as_str()), "{name}: {key}");
            }
        }
        for key in ["message", "logentry"] {
            let message = [&sent[key]["formatted"], &sent[key]["message"], &sent[key]];
            if let Some(message) = message.into_iter().find_map(Value::as_str) {
                let entry = event.logentry.as_ref().expect("a message");
                assert!(
                    [&entry.message, &entry.formatted].into_iter().flatten().any(|m| m == message),
                    "{name}"
                );
            }
        }
    }
}

#[test]
fn corpus_events_with_wrong_types_never_panic() {
    let scrubber = Scrubber::new(&Scrubbing { ip_addresses: true, ..Scrubbing::default() });
    for (_, bytes) in corpus() {
        let sent = parse(&bytes, true).expect("the corpus is JSON");
        for key in sent.as_object().expect("an object").keys() {
            for odd in ODD {
                let mut event = sent.clone();
                event[key] = serde_json::from_str(odd).expect("JSON");
                scrubber.scrub(&mut event);
                read(event);
            }
        }
    }
}
