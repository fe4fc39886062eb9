//! Grouping against Sentry's own results.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

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

fn variants_of(value: Value, rules: &ProjectRules) -> Vec<(String, Option<Vec<String>>)> {
    let mut event = event_of(value);
    apply_rules(&mut event, rules);
    let variants = group(&event, rules).variants.into_iter();
    variants.map(|variant| (variant.name, variant.hash.map(|_| variant.values))).collect()
}

#[test]
fn ways_to_look_at_an_event() {
    let checksum =
        variants_of(json!({"checksum": "d41d8cd98f00b204e9800998ecf8427e"}), &ProjectRules::default());
    assert_eq!(checksum[0].0, "checksum");
    let hashed = variants_of(json!({"checksum": "x"}), &ProjectRules::default());
    assert_eq!(hashed[0], ("hashed_checksum".to_owned(), Some(vec!["x".to_owned()])));
    let nothing = variants_of(json!({}), &ProjectRules::default());
    assert_eq!(nothing, [("fallback".to_owned(), Some(Vec::new()))]);
    let message = variants_of(
        json!({"message": "order 7", "fingerprint": ["{{ default }}", "x"]}),
        &ProjectRules::default(),
    );
    assert_eq!(message, [("default".to_owned(), Some(vec!["order <int>".to_owned(), "x".to_owned()]))]);

    // Of several threads only the crashed one speaks.
    let thread = |name: &str, crashed: bool| json!({"crashed": crashed, "stacktrace": {"frames": [{"function": name, "in_app": true}]}});
    let threads = json!({"platform": "java", "threads": [thread("a", false), thread("b", true)]});
    let threads = variants_of(threads, &ProjectRules::default());
    assert_eq!(threads[0], ("app".to_owned(), Some(vec!["b".to_owned()])));
    assert_eq!(threads[1], ("system".to_owned(), None));
}

#[test]
fn rules_of_a_project() {
    let event = json!({"platform": "python", "exception": {"type": "KeyError", "value": "k", "stacktrace": {"frames": [
        {"module": "app.a", "function": "outer", "in_app": true},
        {"module": "app.b", "function": "inner", "in_app": true},
        {"module": "lib.c", "function": "crash", "in_app": false},
    ]}}});
    let table = [
        ("", "KeyError app.a outer app.b inner"),
        ("module:app.b -app", "KeyError app.a outer"),
        ("function:inner v-group", "KeyError app.b inner"),
        ("function:inner ^+app", "KeyError app.a outer app.b inner lib.c crash"),
        ("[ function:outer ] | function:inner -group", "KeyError app.a outer"),
        ("function:outer | [ function:inner ] -group", "KeyError app.b inner"),
        ("error.type:Key* function:outer -group", "KeyError app.b inner"),
        ("error.type:Value* function:outer -group", "KeyError app.a outer app.b inner"),
        ("function:outer category=mine\ncategory:mine -app", "KeyError app.b inner"),
        ("app:yes max-frames=2", "KeyError app.a outer app.b inner"),
        ("!module:app.* +app\nfunction:outer -app", "KeyError app.b inner lib.c crash"),
    ];
    for (text, expected) in table {
        let rules = ProjectRules::new(text, "").expect(text);
        let variants = variants_of(event.clone(), &rules);
        let values = variants[0].1.as_ref().map(|values| values.join(" "));
        assert_eq!(values.as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn fingerprint_rules_of_a_project() {
    let event = json!({"platform": "python", "level": "warning", "release": "shop@1.2", "tags": {"shop": "nl"},
        "exception": {"type": "KeyError", "value": "k 7", "stacktrace": {"frames": [
            {"module": "app.a", "function": "outer", "abs_path": "/srv/app/a.py", "in_app": true}]}}});
    let table = [
        ("type:KeyError -> a, {{ tags.shop }}", "a nl"),
        ("message:\"K 7\" -> m, {{ message }}", "m k <int>"),
        ("tags.shop:n? level:WARNING -> \"x y\" {{ nothing }}", "x y <unrecognized-variable-nothing>"),
        ("path:**/app/*.py function:outer -> {{ function }}", "outer"),
        ("release:shop@1.* !family:native -> r", "r"),
    ];
    for (text, expected) in table {
        let rules = ProjectRules::new("", text).expect(text);
        let variants = variants_of(event.clone(), &rules);
        assert_eq!(variants[0].0, "custom_fingerprint", "{text}");
        assert_eq!(
            variants[0].1.as_ref().map(|values| values.join(" ")).as_deref(),
            Some(expected),
            "{text}"
        );
    }
    for (text, line) in
        [("type:a ->", "line 1"), ("\ntype -> b", "line 2"), ("type:a -> b color=\"c\"", "line 1")]
    {
        let error = ProjectRules::new("", text).expect_err(text);
        assert!(error.to_string().starts_with(line), "{text}: {error}");
    }
}
