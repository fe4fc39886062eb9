//! More issues than are read at once: lists walk the store's order.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::json;

use super::{events, id_of, issues};
use crate::support::Server;

/// Above the bound of rows that are read and sorted.
const ISSUES: u64 = 2_150;
/// Every so many issues one is marked.
const MARKED: u64 = 100;

#[test]
fn lists_of_many_issues_are_walked_and_whole() {
    let server = Server::start();
    for number in 1..=ISSUES {
        let word = if number % MARKED == 0 { "amber" } else { "common" };
        let event = json!({"event_id": id_of(number), "platform": "other", "fingerprint": [format!("n{number}")],
            "logentry": {"formatted": format!("seen {word} {number}")}, "environment": "production"});
        assert_eq!(server.store(&event).status(), 200);
    }
    server.settled();
    let titles = |query: &str, more: &[(&str, &str)]| -> Vec<String> {
        let more: Vec<(&str, &str)> = [("limit", "100")].into_iter().chain(more.iter().copied()).collect();
        issues(&server, query, &more).expect("issues")
    };
    let all: BTreeSet<String> = (1..=ISSUES)
        .map(|number| format!("seen {} {number}", if number % MARKED == 0 { "amber" } else { "common" }))
        .collect();
    let found = titles("seen", &[("sort", "freq")]);
    assert_eq!(found.len(), all.len(), "each once");
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), all);
    assert_eq!(titles("", &[("environment", "production"), ("sort", "new")]).len(), all.len());

    let marked: Vec<String> =
        server.issues("amber").iter().map(|row| row["id"].to_string().replace('"', "")).collect();
    let path = "/api/0/organizations/lighttrace/issues/";
    let pairs: Vec<(&str, &str)> = marked.iter().map(|id| ("id", id.as_str())).collect();
    let answer = server.api(Method::PUT, path).query(&pairs).json(&json!({"status": "resolved"})).send();
    assert_eq!(answer.expect("an answer").status(), 200);
    let expected: BTreeSet<String> = all.iter().filter(|title| title.contains("amber")).cloned().collect();
    assert_eq!(expected.len() as u64, ISSUES / MARKED);
    for query in ["seen is:resolved", "seen !is:unresolved times_seen:1", "is:resolved production"] {
        assert_eq!(titles(query, &[]).into_iter().collect::<BTreeSet<_>>(), expected, "{query}");
        let numbers = events(&server, query, &[("per_page", "100")]).expect("events");
        assert_eq!(
            numbers,
            (1..=ISSUES).rev().filter(|number| number % MARKED == 0).collect::<Vec<_>>(),
            "{query}"
        );
    }
}
