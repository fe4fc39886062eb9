//! What kind of failure an issue is, from events that were sent to the list that shows it.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::api::{ORG, event};
use crate::support::Server;

/// An event of the issue of that name, of somebody, so many minutes ago.
fn send(server: &Server, number: u64, (issue, user): (&str, u64), minutes: i64) {
    let mut event = event(number, "zanzibar");
    event["fingerprint"] = json!([issue]);
    event["user"] = json!({"id": user.to_string()});
    event["timestamp"] = json!((Timestamp::now() - SignedDuration::from_mins(minutes)).to_string());
    assert_eq!(server.store(&event).status(), 200);
}

fn standings(server: &Server) -> Vec<Value> {
    let issues = server.api_get(&format!("{ORG}/issues/?sort=urgency&query="));
    issues.as_array().expect("a list").iter().map(|issue| issue["standing"].clone()).collect()
}

#[test]
fn issues_are_listed_by_urgency_with_what_kind_of_failure_they_are() {
    let server = Server::start();
    let mut number = 0;
    let mut next = || {
        number += 1;
        number
    };
    // One a day for a week at any hour, a loop of one user's, and something that many have had since a few minutes.
    let hours = [1, 20, 50, 68, 102, 111, 149, 170];
    (0..8u64).zip(hours).for_each(|(day, hours)| send(&server, next(), ("rare", 100 + day), 30 + hours * 60));
    (0..24).for_each(|at| send(&server, next(), ("loop", 7), 5 + at / 2));
    (0..60)
        .for_each(|at| send(&server, next(), ("burst", 200 + at), 1 + i64::try_from(at / 3).expect("small")));
    server.settled();
    assert_eq!(standings(&server).len(), 3);

    // What waits for its minute is due when the server starts.
    server.restart();
    server.wait_until("the issues are judged", || !standings(&server).contains(&Value::Null));
    let found = standings(&server);
    let patterns: Vec<&str> =
        found.iter().map(|standing| standing["pattern"].as_str().expect("a pattern")).collect();
    assert_eq!(patterns, ["burst", "one_user", "rare"], "{found:?}");
    let urgency = |at: usize| found[at]["urgency"].as_u64().expect("a number");
    assert!(urgency(0) > urgency(1) && urgency(1) > urgency(2) && urgency(0) <= 1000, "{found:?}");
    let since: Timestamp = found[0]["since"].as_str().expect("a moment").parse().expect("a time");
    let off = (Timestamp::now() - SignedDuration::from_mins(21)).duration_since(since).abs();
    assert!(off < SignedDuration::from_mins(4), "{since} is {off} off");
    assert_eq!(found[2]["since"], Value::Null);

    let issue = server.api_get(&format!("{ORG}/issues/DEFAULT-1/"));
    assert_eq!(issue["standing"]["pattern"], "rare");
    let refused =
        server.api(reqwest::Method::GET, &format!("{ORG}/issues/?sort=worst")).send().expect("an answer");
    assert_eq!(refused.status(), 400);
    assert!(refused.text().expect("text").contains("urgency"));
}
