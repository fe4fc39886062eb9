//! The same by the real server: a target is set up, its button pressed, its message arrives.

use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::api::ORG;
use crate::receivers::{Answer, HttpReceiver};
use crate::support::Server;

fn create(server: &Server, url: &str) -> (u16, Value) {
    let body = json!({"name": "hook", "type": "webhook", "url": url, "secret": "s3cret"});
    let answer = server.api(Method::POST, &format!("{ORG}/notification-targets/")).json(&body).send();
    let answer = answer.expect("an answer");
    (answer.status().as_u16(), answer.json().expect("JSON"))
}

fn press_test(server: &Server, target: &Value) -> Value {
    let path = format!("{ORG}/notification-targets/{}/test/", target["id"].as_str().expect("an id"));
    let answer = server.api(Method::POST, &path).send().expect("an answer");
    assert_eq!(answer.status(), 202);
    answer.json().expect("JSON")
}

/// Waits until the message is in that state.
fn until(server: &Server, message: &Value, state: &str) -> Value {
    let path = format!("{ORG}/notifications/{}/", message["id"].as_str().expect("an id"));
    server.wait_until(&format!("the message is {state}"), || server.api_get(&path)["state"] == state);
    server.api_get(&path)
}

#[test]
fn a_target_s_button_sends_a_signed_message_again_after_a_restart_and_once_more_when_asked() {
    let receiver = HttpReceiver::start(|_, before| match before {
        0 => Answer::Status(503, vec!["Retry-After: 1".to_owned()]),
        1 => Answer::Status(410, Vec::new()),
        _ => Answer::Status(200, Vec::new()),
    });
    let server = Server::start_with(&[("LIGHTTRACE_ALLOW_PRIVATE_TARGETS", "true")]);
    let (status, target) = create(&server, &receiver.url());
    assert_eq!(status, 201, "{target}");
    let message = press_test(&server, &target);
    receiver.wait_for(1);
    server.restart();
    // Its second try is what it waits for in the outbox.
    let dead = until(&server, &message, "failed");
    assert!(dead["reason"].as_str().expect("why").contains("410"), "{dead}");
    let path = format!("{ORG}/notifications/{}/send-again/", message["id"].as_str().expect("an id"));
    assert!(server.api(Method::POST, &path).send().expect("an answer").status().is_success());
    until(&server, &message, "delivered");

    let requests = receiver.requests();
    assert_eq!(requests.len(), 3);
    for request in &requests {
        assert_eq!(request.header("idempotency-key"), message["key"].as_str());
        assert_eq!(request.body, requests[0].body, "every try says the same");
        let mut mac = Hmac::<Sha256>::new_from_slice(b"s3cret").expect("any length");
        mac.update(request.body.as_bytes());
        let expected = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
        assert_eq!(request.header("x-lighttrace-signature"), Some(expected.as_str()));
    }
    for line in [
        "lighttrace_notifications_total{channel=\"webhook\",outcome=\"delivered\"} 1",
        "lighttrace_notifications_total{channel=\"webhook\",outcome=\"failed\"} 1",
        "lighttrace_notifications_total{channel=\"mail\",outcome=\"delivered\"} 0",
        "lighttrace_notifications_waiting 0",
    ] {
        server.wait_until(line, || {
            let text = server.client.get(server.url("/metrics")).send().expect("metrics").text();
            text.expect("text").lines().any(|known| known == line)
        });
    }
}

#[test]
fn a_target_in_the_private_network_is_refused_when_it_is_saved() {
    let server = Server::start();
    for url in ["http://127.0.0.1:9/", "http://localhost/", "http://[::ffff:10.0.0.1]/", "http://2130706433/"]
    {
        let (status, answer) = create(&server, url);
        let detail = answer["detail"].as_str().expect("why");
        assert!(
            status == 400 && detail.contains("LIGHTTRACE_ALLOW_PRIVATE_TARGETS"),
            "{url}: {status} {detail}"
        );
    }
    let (status, answer) = create(&server, "http://169.254.169.254/latest/meta-data/");
    assert_eq!(status, 400, "{answer}");
    assert_eq!(create(&server, "https://example.com/hook").0, 201);
}
