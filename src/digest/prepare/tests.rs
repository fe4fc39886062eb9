use std::net::IpAddr;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Prepared, prepare};
use crate::digest::headline::headline;
use crate::digest::policy::Policy;
use crate::digest::stored::Recipe;
use crate::inbox::{Accepted, Sender};
use crate::model::event::Event;
use crate::model::ids::ProjectId;
use crate::model::project::{ProjectSettings, Scrubbing};
use crate::store::{EventRecord, Record};

const ID: &str = "fc6d8c0c43fc4630ad850ee518f1b9d0";
const OTHER: &str = "0c6d8c0c43fc4630ad850ee518f1b9d1";
const CLIENT: &str = "203.0.113.9";

fn run(items: &[(&str, &str)], settings: &ProjectSettings) -> Prepared {
    let parts = items.iter().map(|(ty, payload)| format!("{{\"type\":\"{ty}\"}}\n{payload}\n"));
    let envelope = format!("{{\"event_id\":\"{ID}\"}}\n{}", parts.collect::<String>());
    let sender = Sender {
        project: ProjectId(1),
        received: Timestamp::UNIX_EPOCH,
        client_ip: Some(CLIENT.parse::<IpAddr>().expect("an address")),
        user_agent: Some("Firefox".to_owned()),
    };
    let items = u32::try_from(items.len()).expect("a few");
    prepare(&Accepted { sender, envelope: Bytes::from(envelope), items }, &Policy::new(settings, 90), None)
}

fn events(prepared: &Prepared) -> Vec<&EventRecord> {
    let events = prepared.records.iter().filter_map(|record| match record {
        Record::Event(record) => Some(record.as_ref()),
        Record::Attachment(_) | Record::UserReport(_) | Record::Sessions(_) | Record::Spans(_) => None,
    });
    events.collect()
}

fn ids(items: &[(&str, &str)]) -> Vec<String> {
    let prepared = run(items, &ProjectSettings::default());
    events(&prepared).iter().map(|record| record.event.event_id.to_string()).collect()
}

#[test]
fn no_address_is_found_out_for_a_project_that_removes_them() {
    let report =
        json!({"csp-report": {"document-uri": "https://a.example/", "effective-directive": "img-src"}});
    let events_of = [
        ("event", json!({"platform": "javascript", "message": "m"})),
        ("event", json!({"platform": "python", "user": {"ip_address": "{{auto}}"}, "message": "m"})),
        ("event", json!({"platform": "javascript", "request": {"env": {"REMOTE_ADDR": CLIENT}}})),
        ("raw_security", report),
    ];
    let removes = ProjectSettings {
        scrubbing: Scrubbing { ip_addresses: true, ..Scrubbing::default() },
        ..ProjectSettings::default()
    };
    for (ty, payload) in events_of {
        for (settings, expected) in [(ProjectSettings::default(), true), (removes.clone(), false)] {
            let prepared = run(&[(ty, &payload.to_string())], &settings);
            let record = events(&prepared)[0];
            let stored = serde_json::to_string(&record.event).expect("JSON");
            let raw = std::str::from_utf8(&record.raw).expect("JSON");
            let shown = stored.contains(CLIENT) || raw.contains(CLIENT);
            assert_eq!(shown, expected, "{payload}: {stored}");
            assert!(!stored.contains("{{auto}}"), "{payload}: {stored}");
        }
    }
}

#[test]
fn every_event_like_item_of_an_envelope_is_an_event() {
    let (own, same) = (format!("{{\"event_id\":\"{OTHER}\"}}"), format!("{{\"event_id\":\"{ID}\"}}"));
    // An event has the envelope's id wherever it stands; its payload's own is no matter.
    assert_eq!(ids(&[("feedback", &own), ("event", &own)]), [OTHER, ID]);
    assert_eq!(ids(&[("event", &same), ("feedback", &own)]), [ID, OTHER]);
    let made = ids(&[("event", "{}"), ("feedback", &same)]);
    assert_eq!(made[0], ID);
    assert_ne!(made[1], ID);
    assert_eq!(ids(&[("event", "{}"), ("feedback", &same)]), made, "a replay finds the same");
    let report = "{\"csp-report\":{\"effective-directive\":\"img-src\"}}";
    let mut made = ids(&[("raw_security", report), ("raw_security", report), ("raw_security", report)]);
    made.sort();
    made.dedup();
    assert_eq!(made.len(), 3);
    assert_eq!(ids(&[("feedback", &own)]), [ID]);
}

#[test]
fn raw_json_is_json_even_where_the_payload_was_mended() {
    for (payload, is_as_sent) in [("{\"extra\":{\"a\":NaN}}", false), ("{\"extra\":{\"a\":1.50}}", true)] {
        let prepared = run(&[("event", payload)], &ProjectSettings::default());
        let raw = &events(&prepared)[0].raw;
        serde_json::from_slice::<Value>(raw).expect("JSON");
        assert_eq!(raw == payload.as_bytes(), is_as_sent, "{payload}");
    }
}

#[test]
fn a_report_that_follows_from_feedback_is_no_item_of_its_own() {
    let feedback =
        json!({"contexts": {"feedback": {"message": "m", "associated_event_id": OTHER}}}).to_string();
    let report = json!({"event_id": OTHER, "comments": "c"}).to_string();
    let prepared = run(&[("user_report", &report), ("feedback", &feedback)], &ProjectSettings::default());
    assert_eq!(prepared.records.len(), 3);
    assert_eq!(prepared.derived, [1]);
    assert!(matches!(prepared.records[1], Record::UserReport(_)));
}

#[test]
fn feedback_is_an_issue_of_its_own_and_other_events_without_anything_are_one() {
    let feedback = json!({"contexts": {"feedback": {"message": "broken"}}}).to_string();
    let other = json!({"event_id": OTHER, "contexts": {"feedback": {"message": "broken"}}}).to_string();
    let prepared = run(&[("event", &feedback), ("feedback", &other)], &ProjectSettings::default());
    let found = events(&prepared);
    assert_ne!(found[0].hashes, found[1].hashes);
    let prepared = run(&[("event", "{}")], &ProjectSettings::default());
    assert_eq!(events(&prepared)[0].hashes[0].to_string(), "d41d8cd98f00b204e9800998ecf8427e");
}

#[test]
fn an_event_keeps_what_it_is_called_by() {
    let exception = |id: u64, kind: &str| {
        json!({"type": kind, "value": "v", "mechanism": {
            "type": "chained", "exception_id": id, "parent_id": (id > 0).then_some(0), "is_exception_group": id == 0}})
    };
    let group =
        json!({"exception": [exception(1, "ValueError"), exception(0, "ExceptionGroup")]}).to_string();
    let rules = ProjectSettings {
        fingerprint_rules: "type:KeyError -> key title=\"Key {{ value }} missing\"".to_owned(),
        ..ProjectSettings::default()
    };
    let keyed = json!({"exception": [{"type": "KeyError", "value": "name"}]}).to_string();
    for (payload, settings, title) in
        [(group, ProjectSettings::default(), "ValueError: v"), (keyed, rules, "Key name missing")]
    {
        let prepared = run(&[("event", &payload)], &settings);
        let record = events(&prepared)[0];
        assert_eq!(record.headline.title, title);
        let stored = serde_json::to_string(&record.event).expect("JSON");
        let read: Event = serde_json::from_str(&stored).expect("an event");
        assert_eq!(headline(&read), record.headline, "{payload}");
    }
}

/// Everything that `prepare` made of an item is read back the same from what the store keeps of it.
fn check_read_back(ty: &str, payload: &str, settings: &ProjectSettings) {
    let prepared = run(&[(ty, payload)], settings);
    for record in events(&prepared) {
        let rules = Policy::new(settings, 90).rules;
        let again = Recipe::follow(&record.recipe, &record.raw, &rules, |_| ()).expect("it is read back");
        assert_eq!(again, record.event, "{ty} {payload}");
        assert_eq!(headline(&again), record.headline);
    }
    assert!(!events(&prepared).is_empty(), "{ty} {payload}");
}

#[test]
fn an_event_is_read_back_as_it_was_made() {
    let report =
        json!({"csp-report": {"document-uri": "https://a.example/", "effective-directive": "img-src"}});
    let frame = json!({"function": "a", "filename": "site-packages/x.py", "lineno": 3, "context_line": "x"});
    let error = json!({"type": "E", "value": "token=secret1", "stacktrace": {"frames": [frame, frame]}});
    let named = "type:E -> mine title=\"Mine\"".to_owned();
    let ruled = ProjectSettings { fingerprint_rules: named, ..ProjectSettings::default() };
    for settings in [ProjectSettings::default(), ruled] {
        for (ty, payload) in [
            ("event", json!({"platform": "javascript", "message": "m", "timestamp": "2019-01-01T00:00:00Z"})),
            (
                "event",
                json!({"platform": "python", "exception": [error], "extra": {"password": "p", "n": 1.1}}),
            ),
            ("event", json!({"platform": "python", "user": {"ip_address": "{{auto}}"}, "tags": {"a": 7}})),
            ("event", json!({"platform": 7, "level": "wat", "exception": "no list", "breadcrumbs": [null]})),
            ("feedback", json!({"contexts": {"feedback": {"message": "it broke"}}})),
            ("raw_security", report.clone()),
        ] {
            check_read_back(ty, &payload.to_string(), &settings);
        }
        check_read_back(
            "event",
            "{\"message\": \"m\", \"extra\": {\"a\": NaN, \"b\": \"\\ud800\"}}",
            &settings,
        );
    }
}

#[test]
fn every_event_of_the_corpus_is_read_back_as_it_was_made() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/events");
    if !folder.is_dir() {
        return eprintln!("skipped: no corpus");
    }
    let (mut folders, mut events) = (vec![folder], 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                let event: Value =
                    serde_json::from_slice(&std::fs::read(&path).expect("a file")).expect("JSON");
                check_read_back("event", &event.to_string(), &ProjectSettings::default());
                events += 1;
            }
        }
    }
    assert_eq!(events, 190);
}
