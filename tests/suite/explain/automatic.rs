//! What is new is explained without being asked for, in time for the mail that tells of it.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};

use crate::api::event;
use crate::explain::script::{Asking, GOOD, pieces, stream_of};
use crate::receivers::MailReceiver;
use crate::support::{SECOND_KEY, Server};

fn automatic(asking: &Asking, project: &str) {
    let path = &format!("/api/0/projects/lighttrace/{project}/");
    let body = json!({ "explain": { "automatic": true } });
    assert_eq!(asking.server.api(Method::PUT, path).json(&body).send().expect("an answer").status(), 200);
}

fn new_issue(number: u64) -> Value {
    let mut event = event(number, "cart");
    event["exception"]["values"][0]["type"] = json!(format!("NewError{number}"));
    event["fingerprint"] = json!([format!("new-{number}")]);
    event
}

#[test]
fn the_mail_of_a_new_issue_carries_its_explanation() {
    let Some(mut mails) = MailReceiver::start() else { return };
    let url = format!("smtp://127.0.0.1:{}", mails.port);
    let settings = [("LIGHTTRACE_SMTP_URL", url.as_str()), ("LIGHTTRACE_LLM_TIMEOUT_SECONDS", "60")];
    // It takes longer than the mail would: about eight seconds.
    let asking = Asking::start_with(&settings, |_, _| {
        stream_of(pieces(GOOD, "stop"), Duration::from_millis(400), true)
    });
    // Of another project than the issue that is there already: the mail is about one.
    automatic(&asking, "second");
    let second = asking.server.url(&format!("/api/2/store/?sentry_key={SECOND_KEY}&sentry_version=7"));
    for number in 0..200 {
        let mut spiking = new_issue(77);
        spiking["event_id"] = json!(format!("{:032x}", 7_700 + number));
        let sent = asking.server.client.post(&second).json(&spiking).send().expect("an answer");
        assert_eq!(sent.status(), 200);
    }
    let (mail, text) = loop {
        let mail = mails.next();
        let text = mail["parts"]["text/plain"].as_str().expect("a text").to_owned();
        if text.contains("NewError77") {
            break (mail, text);
        }
    };
    assert!(text.contains("What a model makes of it (scripted); it may be wrong"), "{text}");
    assert!(
        text.contains("The card was declined") && text.contains("Root cause: The bank said no"),
        "{text}"
    );
    let html = mail["parts"]["text/html"].as_str().expect("HTML");
    assert!(html.contains("The card was declined"), "{html}");
    let issue = asking.server.issues("NewError77")[0]["id"].as_str().expect("an id").to_owned();
    let stored = asking.server.api_get(&format!("/api/0/issues/{issue}/explain/"));
    assert_eq!(stored["explanations"][0]["by"], "automatic");
    assert_eq!(stored["explanations"][0]["user"], Value::Null);
}

#[test]
fn only_projects_that_want_it_are_explained_and_only_within_the_budget() {
    let asking = Asking::start_with(&[("LIGHTTRACE_LLM_TOKENS_PER_DAY", "20000")], |_, _| {
        let mut pieces = pieces(GOOD, "stop");
        pieces.retain(|piece| !piece.contains("700"));
        let usage = json!({ "choices": [], "usage": { "prompt_tokens": 30_000, "completion_tokens": 1 } });
        pieces.insert(0, format!("data: {usage}\n\n"));
        stream_of(pieces, Duration::ZERO, true)
    });
    assert_eq!(asking.server.store(&new_issue(1_001)).status(), 200);
    asking.server.settled();
    automatic(&asking, "default");
    assert_eq!(asking.server.store(&new_issue(1_002)).status(), 200);
    let used = || asking.stored()["status"]["budget"]["usedToday"].as_u64().expect("a number");
    asking.server.wait_until("the new one is explained", || used() > 0);
    assert_eq!(asking.server.store(&new_issue(1_003)).status(), 200);
    // A person may go on where the automatic budget is used up.
    assert_eq!(asking.explain().0, 200);
    assert_eq!(asking.requests().len(), 2, "neither the first nor the last was explained");
}

#[test]
fn without_a_model_the_mail_says_what_was_found() {
    let Some(mut mails) = MailReceiver::start() else { return };
    let url = format!("smtp://127.0.0.1:{}", mails.port);
    let server = Server::start_with(&[("LIGHTTRACE_SMTP_URL", url.as_str())]);
    let mut event = new_issue(91);
    event["exception"]["values"][0]["value"] = json!("Cannot read properties of undefined (reading 'email')");
    event["breadcrumbs"] = json!({ "values": [{
        "category": "fetch", "type": "http", "timestamp": (Timestamp::now() - SignedDuration::from_secs(2)).to_string(),
        "data": { "method": "GET", "url": "/api/user?id=undefined", "status_code": 404 },
    }] });
    assert_eq!(server.store(&event).status(), 200);
    let mail = mails.next();
    let text = mail["parts"]["text/plain"].as_str().expect("a text");
    assert!(text.contains("What is known of it") && !text.contains("What a model makes of it"), "{text}");
    assert!(text.contains("`GET /api/user?id=undefined`") && text.contains("the id was not there"), "{text}");
}
