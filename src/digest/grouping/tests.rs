//! Grouping against Sentry's own results.

use std::fs;
use std::path::PathBuf;

use serde_json::{Map, Value, json};

use crate::digest::grouping::{ProjectRules, apply_rules, group, parameterize};
use crate::model::event::{Event, EventKind};

/// `None` where the corpus does not lie beside the project: the tests then say that they were skipped.
fn corpus() -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let folder = std::env::var_os("LIGHTTRACE_CORPUS").map_or(beside, PathBuf::from).join("grouping");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no corpus");
    None
}

fn read(path: &std::path::Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).expect("a file of the corpus")).expect("JSON")
}

/// What normalization makes of a corpus input; the inputs are clean, so shape is all there is to change.
fn event_of(mut value: Value) -> Event {
    let object = value.as_object_mut().expect("an event");
    let list = |value: Value| match value {
        Value::Object(mut map) => map.remove("values").unwrap_or_else(|| json!([map])),
        other => other,
    };
    for (from, to) in [("exception", "exceptions"), ("threads", "threads"), ("breadcrumbs", "breadcrumbs")] {
        if let Some(values) = object.remove(from) {
            object.insert(to.to_owned(), list(values));
        }
    }
    object.remove("breadcrumbs");
    object.remove("request");
    object.remove("user");
    object.remove("tags");
    let mut kind = EventKind::Default;
    for (key, report) in [("csp", EventKind::Csp), ("hpkp", EventKind::Hpkp)] {
        if let Some(report_value) = object.remove(key) {
            object.insert("security".to_owned(), report_value);
            kind = report;
        }
    }
    if let Some(message) = object.remove("message") {
        object.entry("logentry").or_insert_with(|| json!({ "formatted": message }));
    }
    if object.get("logentry").is_some_and(Value::is_string) {
        let text = object.remove("logentry");
        object.insert("logentry".to_owned(), json!({ "formatted": text }));
    }
    let exceptions = object.get("exceptions").and_then(Value::as_array).map_or(0, Vec::len);
    if exceptions > 0 {
        kind = EventKind::Error;
    }
    if exceptions == 1
        && let Some(stack) = object.remove("stacktrace")
    {
        object["exceptions"][0].as_object_mut().expect("one").entry("stacktrace").or_insert(stack);
    }
    object.insert("type".to_owned(), json!(kind.as_str()));
    let defaults = json!({
        "event_id": "fc6d8c0c43fc4630ad850ee518f1b9d0", "platform": "other",
        "timestamp": "2026-01-20T00:00:00Z", "received": "2026-01-20T00:00:00Z",
    });
    for (key, default) in defaults.as_object().expect("defaults") {
        object.insert(key.clone(), object.get(key).filter(|_| key == "platform").unwrap_or(default).clone());
    }
    for list in ["exceptions", "threads"] {
        for item in object.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(stack) = item.get_mut("stacktrace") {
                frames(stack);
            }
        }
    }
    if let Some(stack) = object.get_mut("stacktrace") {
        frames(stack);
    }
    serde_json::from_value(without_nulls(value)).expect("the shape of an event")
}

fn frames(stack: &mut Value) {
    for frame in stack["frames"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        let (path, name) = (frame.get("abs_path").cloned(), frame.get("filename").cloned());
        match (path, name) {
            (None | Some(Value::Null), Some(name)) => drop(frame.insert("abs_path".into(), name)),
            (Some(Value::String(path)), None | Some(Value::Null)) => {
                let short =
                    url::Url::parse(&path).ok().filter(|url| url.has_host()).map(|url| url.path().to_owned());
                frame.insert("filename".into(), Value::from(short.unwrap_or(path)));
            }
            _ => {}
        }
        if frame.get("function").and_then(Value::as_str) == Some("?") {
            frame.remove("function");
        }
    }
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(key, value)| (key, without_nulls(value))).collect::<Map<_, _>>())
        }
        Value::Array(list) => Value::Array(list.into_iter().map(without_nulls).collect()),
        other => other,
    }
}

/// The settings of the project that an input carries with it.
fn rules_of(input: &mut Value) -> ProjectRules {
    let object = input.as_object_mut().expect("an event");
    let stack = object.remove("_grouping").unwrap_or_default();
    let stack = stack["enhancements"].as_str().unwrap_or_default().to_owned();
    let mut fingerprint = String::new();
    for rule in object.remove("_fingerprinting_rules").unwrap_or_default().as_array().into_iter().flatten() {
        for matcher in rule["matchers"].as_array().expect("matchers") {
            let (key, pattern) = (matcher[0].as_str().expect("key"), matcher[1].as_str().expect("pattern"));
            fingerprint += &format!("{key}:\"{pattern}\" ");
        }
        let values = rule["fingerprint"].as_array().expect("values").iter();
        let values: Vec<String> = values.map(ToString::to_string).collect();
        fingerprint += &format!("-> {}\n", values.join(", "));
    }
    ProjectRules::new(&stack, &fingerprint).expect("rules of the corpus")
}

#[test]
fn hashes_equal_sentrys() {
    let Some(folder) = corpus() else { return };
    let expected = read(&folder.join("expected.json"));
    let mut wrong = Vec::new();
    for (name, case) in expected.as_object().expect("cases") {
        let mut input = read(&folder.join("inputs").join(format!("{name}.json")));
        let rules = rules_of(&mut input);
        let mut event = event_of(input);
        apply_rules(&mut event, &rules);
        let grouping = group(&event, &rules);
        for (variant, expected) in case["variants"].as_object().expect("variants") {
            let expected = expected["hash"].as_str().map(str::to_owned);
            let found = grouping.variants.iter().find(|found| found.name == *variant);
            let hash = found.and_then(|found| found.hash).map(|hash| hash.to_string());
            if hash != expected {
                wrong.push(format!("{name} {variant}: {hash:?}, not {expected:?}: {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_input_is_grouped() {
    let Some(folder) = corpus() else { return };
    for entry in fs::read_dir(folder.join("inputs")).expect("inputs") {
        let path = entry.expect("an input").path();
        let mut input = read(&path);
        let rules = rules_of(&mut input);
        let mut event = event_of(input);
        apply_rules(&mut event, &rules);
        let again = event.clone();
        apply_rules(&mut event, &rules);
        assert_eq!(event, again, "marking twice changes nothing: {}", path.display());
        assert!(!group(&event, &rules).hashes().is_empty(), "{}", path.display());
    }
}

#[test]
fn messages_equal_sentrys() {
    let Some(folder) = corpus() else { return };
    let rows = read(&folder.join("parameterization.json"));
    let mut wrong = Vec::new();
    for row in rows.as_array().expect("rows") {
        let (text, expected) = (row["in"].as_str().expect("in"), row["out"].as_str().expect("out"));
        for (before, after) in [("", ""), ("prefix ", ""), ("", " suffix"), ("prefix ", " suffix")] {
            let found = parameterize(&format!("{before}{text}{after}")).into_owned();
            if found != format!("{before}{expected}{after}") {
                wrong.push(format!("{}: {before}{text}{after} is {found}", row["name"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
