//! The real server's rules, as they are from the first start, meet real events: what comes of it are incidents.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::receivers::MailReceiver;
use crate::support::Server;

const INCIDENTS: &str = "/api/0/organizations/lighttrace/incidents/";
/// CONTRACT: a spike is an incident by then.
const SPIKE_WITHIN: Duration = Duration::from_secs(75);

fn send(server: &Server, message: &str, events: usize) {
    for _ in 0..events {
        let event = json!({"message": message, "level": "error", "platform": "python"});
        assert!(server.store(&event).status().is_success());
    }
}

fn incidents(server: &Server) -> Vec<Value> {
    server.api_get(INCIDENTS).as_array().expect("a list").clone()
}

fn of_severity(server: &Server, severity: &str) -> usize {
    incidents(server).iter().filter(|incident| incident["severity"] == severity).count()
}

fn alerts(server: &Server) -> u64 {
    incidents(server).iter().map(|incident| incident["alertCount"].as_u64().expect("a number")).sum()
}

#[test]
fn a_new_issue_and_its_spike_are_incidents_in_time_and_stay_so_after_kill_9() {
    let server = Server::start();
    send(&server, "checkout failed", 5);
    server.wait_until("the new issue is an incident", || of_severity(&server, "low") == 1);
    let begun = Instant::now();
    send(&server, "checkout failed", 200);
    server.wait_until("the spike is told", || of_severity(&server, "high") == 1);
    assert!(begun.elapsed() < SPIKE_WITHIN, "{:?}", begun.elapsed());
    let (before, told) = (incidents(&server).len(), alerts(&server));
    server.restart();
    let evaluations = || server.metric("lighttrace_alert_evaluation_seconds_count");
    let looked = evaluations();
    send(&server, "checkout failed", 3);
    server.wait_until("rules were looked at again", || evaluations() > looked);
    assert_eq!((incidents(&server).len(), alerts(&server)), (before, told), "nothing is told twice");
}

/// CONTRACT: one incident, and at most three mails.
#[test]
fn a_new_issue_that_becomes_a_spike_is_one_incident_and_few_mails() {
    let Some(mut receiver) = MailReceiver::start() else { return };
    let url = format!("smtp://127.0.0.1:{}", receiver.port);
    let server = Server::start_with(&[
        ("LIGHTTRACE_SMTP_URL", &url),
        ("LIGHTTRACE_SMTP_FROM", "LightTrace <alerts@example.com>"),
    ]);
    let messages = |state: &str| {
        let path = format!("/api/0/organizations/lighttrace/notifications/?state={state}");
        server.api_get(&path).as_array().expect("a list").len()
    };
    send(&server, "checkout failed", 5);
    server.wait_until("the new issue is an incident", || of_severity(&server, "low") == 1);
    send(&server, "checkout failed", 200);
    server.wait_until("the spike is told", || of_severity(&server, "high") == 1);
    let first = receiver.next();
    assert!(first["subject"].as_str().expect("a subject").contains("checkout failed"), "{first}");
    server.wait_until("nothing waits", || messages("waiting") == 0);
    assert_eq!(incidents(&server).len(), 1);
    assert!((1..=2).contains(&messages("delivered")), "that it is over may come as the third");
    assert_eq!(messages("failed") + messages("dropped"), 0);
}

#[test]
fn an_issue_that_comes_back_is_told_of() {
    let server = Server::start();
    send(&server, "stock is negative", 1);
    server.wait_until("the new issue is an incident", || of_severity(&server, "low") == 1);
    let issue = server.issues("is:unresolved")[0]["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/0/organizations/lighttrace/issues/{issue}/");
    let resolved = server.api(reqwest::Method::PUT, &path).json(&json!({"status": "resolved"})).send();
    assert!(resolved.expect("an answer").status().is_success());
    send(&server, "stock is negative", 1);
    server.wait_until("the regression is told", || of_severity(&server, "medium") == 1);
}
