//! The demo, loaded as somebody loads it who wants to see what this is.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Output;

use serde_json::Value;

use crate::support::Server;

const ORG: &str = "/api/0/organizations/lighttrace";
/// Under `data/demo/stories`: each is an issue of its own.
const STORIES: usize = 46;

fn load(server: &Server, arguments: &[&str]) -> Output {
    let output = server.command(&[&["demo", "--events", "600"], arguments].concat()).output().expect("ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

fn events(server: &Server) -> u64 {
    server
        .issues("")
        .iter()
        .map(|issue| issue["count"].as_str().expect("text").parse::<u64>().expect("a number"))
        .sum()
}

fn demo_projects(server: &Server) -> BTreeSet<String> {
    let projects = server.api_get(&format!("{ORG}/projects/"));
    let projects = projects.as_array().expect("a list").iter();
    projects
        .filter(|project| project["isDemo"] == true)
        .map(|project| project["slug"].as_str().expect("text").to_owned())
        .collect()
}

fn titled<'a>(issues: &'a [Value], part: &str) -> &'a Value {
    let found = issues.iter().find(|issue| issue["title"].as_str().is_some_and(|title| title.contains(part)));
    found.unwrap_or_else(|| panic!("no issue is called {part}"))
}

#[test]
fn a_running_server_gets_a_shop_of_three_projects_and_one_issue_for_each_story() {
    let server = Server::start();
    load(&server, &[]);
    assert_eq!(demo_projects(&server), ["demo-api", "demo-web", "demo-worker"].map(str::to_owned).into());

    let issues = server.issues("");
    let is_feedback =
        |issue: &&Value| issue["title"].as_str().is_some_and(|title| title.starts_with("User Feedback"));
    let feedback = issues.iter().filter(is_feedback).count();
    assert!(feedback > 0);
    let titles: Vec<&Value> = issues.iter().map(|issue| &issue["title"]).collect();
    assert_eq!(issues.len() - feedback, STORIES, "{titles:#?}");
    let mut statuses = BTreeMap::new();
    for issue in &issues {
        *statuses.entry(issue["status"].as_str().expect("text")).or_insert(0) += 1;
    }
    assert_eq!(statuses.get("ignored"), Some(&2), "{statuses:?}");
    assert!(statuses.get("resolved").is_some_and(|&count| count >= 4), "{statuses:?}");
    for back in
        ["Maximum update depth exceeded", "StripeSignatureVerificationError", "SMTPServerDisconnected"]
    {
        let issue = titled(&issues, back);
        assert_eq!(issue["status"], "unresolved", "{back}");
        assert_eq!(issue["substatus"], "regressed", "{back}");
    }
    // The loads of two weeks, in the days in which they happened.
    let steady = titled(&issues, "TokenExpiredError");
    let first: jiff::Timestamp = steady["firstSeen"].as_str().expect("text").parse().expect("a time");
    let last: jiff::Timestamp = steady["lastSeen"].as_str().expect("text").parse().expect("a time");
    assert!(last.duration_since(first).as_hours() > 24 * 10, "{first} to {last}");

    let loaded = events(&server);
    load(&server, &[]);
    assert_eq!(events(&server), loaded, "loaded again, it adds nothing");
    load(&server, &["--seed", "2"]);
    assert!(events(&server) > loaded + 400);
    let again = server.issues("");
    assert_eq!(titled(&again, "ResizeObserver loop")["status"], "ignored", "what is decided stands");

    let removed = server.command(&["demo", "--remove"]).output().expect("ends");
    assert!(removed.status.success(), "{}", String::from_utf8_lossy(&removed.stderr));
    assert!(demo_projects(&server).is_empty());
    assert!(server.issues("").is_empty());
}

#[test]
fn a_trace_leads_through_the_services() {
    let server = Server::start();
    load(&server, &[]);
    let unavailable = server.issues("PaymentUnavailable");
    let id = unavailable[0]["id"].as_str().expect("text");
    let event = server.api_get(&format!("/api/0/issues/{id}/events/latest/"));
    let trace = event["contexts"]["trace"]["trace_id"].as_str().expect("text");
    let found: BTreeSet<String> = server
        .issues(&format!("trace:{trace}"))
        .iter()
        .map(|issue| issue["project"]["slug"].as_str().expect("text").to_owned())
        .collect();
    assert_eq!(found, ["demo-api", "demo-web"].map(str::to_owned).into(), "{trace}");

    let frames =
        event["entries"].as_array().expect("entries").iter().find(|entry| entry["type"] == "exception");
    let values = frames.expect("an exception")["data"]["values"].as_array().expect("values");
    let surfaced = values.last().expect("one")["stacktrace"]["frames"].as_array().expect("frames");
    let top = surfaced.last().expect("a frame");
    assert_eq!(top["function"], "charge");
    let context = top["context"].as_array().expect("lines");
    let line = context.iter().find(|line| line[0] == top["lineNo"]).expect("the line itself");
    assert!(line[1].as_str().expect("text").contains("throw new PaymentUnavailable("), "{line}");
}

#[test]
fn a_stopped_server_is_filled_too() {
    let server = Server::start();
    assert!(server.stop(), "a clean stop");
    let output = load(&server, &["--days", "3"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("Start `lighttrace serve`"));
    server.restart();
    server.settled();
    assert_eq!(demo_projects(&server).len(), 3);
    assert!(events(&server) > 500);
    let oldest = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(3 * 24 + 1);
    for issue in server.issues("") {
        let first: jiff::Timestamp = issue["firstSeen"].as_str().expect("text").parse().expect("a time");
        assert!(first > oldest, "{first}: asked for three days");
    }
}

#[test]
fn a_rate_limit_slows_the_demo_down_and_costs_nothing() {
    let server = Server::start_with(&[("LIGHTTRACE_RATE_LIMIT", "90/sec")]);
    load(&server, &[]);
    assert!(
        server.metric("lighttrace_items_rejected_total{reason=\"rate_limited\"}") > 0.0,
        "it was reached"
    );
    let limited = events(&server);
    let free = Server::start();
    load(&free, &[]);
    assert_eq!(limited, events(&free));
}

#[test]
fn what_cannot_be_loaded_is_said() {
    let server = Server::start_with(&[("LIGHTTRACE_RETENTION_DAYS", "7")]);
    let fails = |arguments: &[&str], reason: &str| {
        let output = server.command(arguments).output().expect("ends");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(reason), "{arguments:?}: {said}");
    };
    fails(&["demo"], "LIGHTTRACE_RETENTION_DAYS is 7");
    fails(&["demo", "--now", "2999-01-01T00:00:00Z"], "in the future");
    fails(&["demo", "--events", "0"], "--events");
    let new = serde_json::json!({"name": "Demo web", "slug": "demo-web"});
    let made =
        server.api(reqwest::Method::POST, &format!("{ORG}/projects/")).json(&new).send().expect("an answer");
    assert!(made.status().is_success());
    fails(&["demo", "--days", "3"], "there is a project `demo-web` that is not the demo's");
}
