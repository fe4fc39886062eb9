//! Grouping against Sentry's own results.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::digest::grouping::{ProjectRules, apply_rules, group, parameterize};
use crate::digest::normalize::{Context, normalize};
use crate::model::event::Event;

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

fn event_of(value: Value) -> Event {
    let received = "2026-01-20T00:00:00Z".parse().expect("a time");
    let context = Context {
        received,
        sent_at: None,
        client_ip: None,
        user_agent: None,
        event_id: None,
        retention_days: 90,
        kind: None,
    };
    normalize(value, &context).expect("an event")
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
            fingerprint.extend([key, ":\"", pattern, "\" "]);
        }
        let values = rule["fingerprint"].as_array().expect("values").iter();
        let values: Vec<String> = values.map(ToString::to_string).collect();
        fingerprint.extend(["-> ", &values.join(", "), "\n"]);
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
