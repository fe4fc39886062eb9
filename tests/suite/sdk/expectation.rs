//! What a reader of the API must find of a report: compared with what the client said it sent.

use serde_json::Value;

use crate::support::Server;

/// Exactly one issue, with the sent type, value, frames, breadcrumbs, user, tags, release and environment.
pub fn assert_one_issue(server: &Server, sent: &Value) {
    let issues = server.issues("");
    assert_eq!(issues.len(), 1, "one report is one issue: {issues:#?}");
    let issue = &issues[0];
    assert_eq!(issue["count"], "1", "one report is counted once");
    let id = issue["id"].as_str().expect("an issue's id is a string");
    let event = server.api_get(&format!("/api/0/organizations/lighttrace/issues/{id}/events/latest/"));
    assert_eq!(event["groupID"], id);
    if let Some(event_id) = sent["event_id"].as_str() {
        assert_eq!(event["eventID"], event_id.replace('-', ""));
    }

    assert_tag(&event, "release", &sent["release"]);
    assert_tag(&event, "environment", &sent["environment"]);
    // A policy report comes from the browser itself, which knows nothing of the page's user or breadcrumbs.
    if entry(&event, "csp").is_some() {
        assert_eq!(issue["title"], sent["value"]);
        return;
    }
    match sent["type"].as_str() {
        Some(error_type) => assert_exception(issue, &event, error_type, sent),
        None => assert_message(&event, sent),
    }
    assert_breadcrumbs(&event, &sent["breadcrumbs"]);
    for (key, value) in sent["tags"].as_object().expect("tags are an object") {
        assert_tag(&event, key, value);
    }
    for (key, value) in sent["user"].as_object().expect("a user is an object") {
        assert_eq!(&event["user"][key], value, "user.{key}");
    }
    for (name, context) in sent["context"].as_object().expect("contexts are an object") {
        for (key, value) in context.as_object().expect("a context is an object") {
            assert_eq!(&event["contexts"][name][key], value, "contexts.{name}.{key}");
        }
    }
}

fn assert_exception(issue: &Value, event: &Value, error_type: &str, sent: &Value) {
    assert_eq!(issue["metadata"]["type"], error_type);
    assert_eq!(issue["metadata"]["value"], sent["value"]);
    let exceptions = list(&entry(event, "exception").expect("an exception entry")["values"]);
    let last = exceptions.last().expect("an exception");
    assert_eq!(last["type"], error_type);
    assert_eq!(last["value"], sent["value"]);
    // The cause comes first, as it happened first.
    let causes = usize::from(!sent["cause"].is_null());
    assert_eq!(exceptions.len(), causes + 1, "{exceptions:#?}");
    if causes == 1 {
        assert_eq!(exceptions[0]["type"], sent["cause"]["type"]);
        assert_eq!(exceptions[0]["value"], sent["cause"]["value"]);
    }
    assert_frames(list(&last["stacktrace"]["frames"]), sent);
}

fn assert_frames(frames: &[Value], sent: &Value) {
    let mut ours = frames.iter().filter(|frame| frame["inApp"] == true);
    for expected in list(&sent["in_app_functions"]) {
        let expected = expected.as_str().expect("a function's name");
        // Outermost first: each one is looked for after the one before it.
        let found = ours.any(|frame| is_function(frame, expected));
        assert!(found, "no in-app frame of `{expected}` where it belongs in {frames:#?}");
    }
    let crash = frames.last().expect("frames");
    assert_eq!(crash["inApp"], true, "the program's own code crashed");
    assert!(crash["lineNo"].is_u64(), "{crash:#?}");
    if let Some(library) = sent["library"].as_str() {
        let theirs: Vec<&Value> = frames.iter().filter(|frame| is_of(frame, library)).collect();
        assert!(!theirs.is_empty(), "no frame of {library} in {frames:#?}");
        assert!(theirs.iter().all(|frame| frame["inApp"] == false), "{theirs:#?}");
    }
}

/// `name` itself or, where the client puts a receiver before it, `Object.name`.
fn is_function(frame: &Value, name: &str) -> bool {
    let function = frame["function"].as_str().unwrap_or_default();
    function.rsplit('.').next() == Some(name)
}

fn is_of(frame: &Value, library: &str) -> bool {
    ["filename", "absPath", "module"]
        .iter()
        .any(|key| frame[key].as_str().is_some_and(|place| place.contains(library)))
}

/// Newer clients send a message as an exception without a type.
fn assert_message(event: &Value, sent: &Value) {
    let formatted = entry(event, "message").map(|message| &message["formatted"]);
    let value = entry(event, "exception").map(|exception| &list(&exception["values"])[0]["value"]);
    assert!([formatted, value].contains(&Some(&sent["value"])), "{formatted:?} {value:?}");
}

/// All of them in the order sent; the client may have put ones of its own between.
fn assert_breadcrumbs(event: &Value, expected: &Value) {
    let crumbs = list(&entry(event, "breadcrumbs").expect("a breadcrumbs entry")["values"]);
    let mut remaining = crumbs.iter();
    for wanted in list(expected) {
        let matches = |crumb: &Value| {
            // Whether an absent level reads back as the default is not this test's matter.
            let level = wanted["level"].is_null() || crumb["level"] == wanted["level"];
            level && crumb["category"] == wanted["category"] && text(crumb) == text(wanted)
        };
        assert!(remaining.any(matches), "no breadcrumb {wanted} where it belongs in {crumbs:#?}");
    }
}

fn text(crumb: &Value) -> &str {
    crumb["message"].as_str().unwrap_or_default()
}

fn assert_tag(event: &Value, key: &str, value: &Value) {
    let tags = list(&event["tags"]);
    let found = tags.iter().find(|tag| tag["key"] == key);
    assert_eq!(found.map(|tag| &tag["value"]), Some(value), "tag {key} in {tags:#?}");
}

fn entry<'a>(event: &'a Value, kind: &str) -> Option<&'a Value> {
    let found = list(&event["entries"]).iter().find(|entry| entry["type"] == kind);
    found.map(|entry| &entry["data"])
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
