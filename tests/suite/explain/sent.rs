//! Of all that is planted in an event, nothing is in any request to the model: not in the evidence, not in a question, not in
//! what is looked up.

use serde_json::{Value, json};

use crate::api::event;
use crate::explain::script::{Asking, GOOD, calls, stream};
use crate::explain::secrets::secrets;

/// Kinds that one event holds; the parts of an event are bounded.
const KINDS_AN_EVENT: usize = 12;

fn poisoned(number: u64, kinds: &[(&'static str, String, String)]) -> Value {
    let mut event = event(number, "cart");
    let texts: Vec<&str> = kinds.iter().map(|(_, text, _)| text.as_str()).collect();
    let all = texts.join("; ");
    event["exception"]["values"][0]["value"] = json!(all);
    event["exception"]["values"][0]["type"] = json!(format!("Poisoned{number}"));
    let frame = &mut event["exception"]["values"][0]["stacktrace"]["frames"][1];
    frame["context_line"] = json!(texts[0]);
    frame["pre_context"] = json!(texts);
    frame["vars"] = json!(
        texts
            .iter()
            .enumerate()
            .map(|(n, text)| (format!("v{n}"), json!(text)))
            .collect::<serde_json::Map<_, _>>()
    );
    event["breadcrumbs"]["values"] = texts
        .iter()
        .map(|text| json!({ "category": "http", "message": text, "data": { "url": text, "body": text } }))
        .collect();
    event["request"] = json!({
        "url": "https://shop.example.com/pay", "method": "POST", "query_string": texts.last(),
        "headers": { "Host": "shop.example.com", "X-Note": all }, "data": { "note": all },
    });
    event["tags"] = json!({ "note": texts[0], "other": texts.last() });
    event["extra"] = json!({ "notes": texts });
    event["message"] = json!(all);
    event["user"] = json!({ "id": "7", "email": "grace.hopper@example.org", "ip_address": "203.0.113.99" });
    event
}

#[test]
fn nothing_that_is_planted_is_ever_sent() {
    let planted: Vec<_> =
        secrets().into_iter().map(|secret| (secret.kind, secret.text, secret.hidden)).collect();
    assert!(planted.len() >= 100, "{} kinds", planted.len());
    let asking = Asking::start(|body, _| {
        let told = body["messages"].to_string();
        if !told.contains("Whose is it?") {
            return stream(GOOD);
        }
        match body["messages"].as_array().map_or(0, Vec::len) {
            0..=3 => calls("search", &json!({ "query": "Poisoned101" })),
            4..=5 => calls("get_event", &json!({ "event_id": format!("{:032x}", 101) })),
            _ => stream("Nobody's."),
        }
    });
    for (number, kinds) in planted.chunks(KINDS_AN_EVENT).enumerate() {
        assert_eq!(asking.server.store(&poisoned(101 + number as u64, kinds)).status(), 200);
    }
    asking.server.settled();
    let issues = asking.server.issues("");
    let is_poisoned = |issue: &&serde_json::Value| {
        issue["title"].as_str().is_some_and(|title| title.starts_with("Poisoned"))
    };
    let issues: Vec<_> = issues
        .iter()
        .filter(is_poisoned)
        .map(|issue| issue["id"].as_str().expect("an id").to_owned())
        .collect();
    assert!(issues.len() >= planted.len() / KINDS_AN_EVENT, "{issues:?}");
    for issue in issues.iter().take(11) {
        let path = format!("/api/0/issues/{issue}/explain/");
        let answer =
            asking.server.api(reqwest::Method::POST, &path).json(&json!({})).send().expect("an answer");
        assert_eq!(answer.status(), 200, "{}", answer.text().expect("text"));
    }
    let asked = format!("Whose is it? {}", planted[0].1);
    let first = asking.server.api_get(&format!("/api/0/issues/{}/explain/", issues[0]));
    let number = first["explanations"][0]["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/0/issues/{}/explain/{number}/messages/", issues[0]);
    let answer = asking.server.api(reqwest::Method::POST, &path).json(&json!({ "text": asked })).send();
    let answer = answer.expect("an answer");
    assert_eq!(answer.status(), 200, "{}", answer.text().expect("text"));
    let requests = asking.model.requests();
    let mut leaked = Vec::new();
    for (kind, _, secret) in &planted {
        let escaped = serde_json::to_string(secret).expect("JSON");
        let escaped = escaped.trim_matches('"');
        if requests.iter().any(|request| request.body.contains(secret) || request.body.contains(escaped)) {
            leaked.push((kind, secret));
        }
    }
    for person in ["grace.hopper@example.org", "203.0.113.99"] {
        assert!(!requests.iter().any(|request| request.body.contains(person)), "{person}");
    }
    assert!(leaked.is_empty(), "{} of {} leaked: {leaked:#?}", leaked.len(), planted.len());
    println!("{} requests held none of {} kinds", requests.len(), planted.len());
}
