//! What stands beside the rows: orders, snippets, completion, histogram, shares, issues alike.

use serde_json::{Value, json};

use super::fixture::server;
use super::{EVENTS, ISSUES, ask, events, issues};
use crate::support::Server;

fn get(server: &Server, path: &str, pairs: &[(&str, &str)]) -> Value {
    let (status, body, _) = ask(server, &format!("/api/0/organizations/lighttrace/{path}/"), pairs);
    assert_eq!(status, 200, "{path} {pairs:?}: {body}");
    body
}

fn labels(server: &Server, query: &str, more: &[(&str, &str)]) -> Vec<String> {
    let mut pairs = vec![("query", query)];
    pairs.extend(more);
    let body = get(server, "search-suggestions", &pairs);
    let items = body["items"].as_array().expect("items");
    items.iter().map(|item| item["label"].as_str().expect("a label").to_owned()).collect()
}

#[test]
fn a_search_page_has_what_it_needs() {
    let server = server();
    orders(&server);
    snippets(&server);
    completion(&server);
    over_time(&server);
    shares(&server);
    alike(&server);
    environments(&server);
}

fn orders(server: &Server) {
    // A word in the headline says more than one in a frame, and that more than one elsewhere.
    let best = issues(server, "total OR ferry OR checkout", &[("sort", "relevance")]).expect("issues");
    assert_eq!(best.last().map(String::as_str), Some("PaymentError: card declined"), "{best:?}");
    let best = events(server, "declined OR SELECT", &[("sort", "relevance")]).expect("events");
    assert_eq!(best.len(), 10);
    assert!(best[..6].iter().all(|number| *number <= 6), "{best:?}");
    let oldest = events(server, "declined", &[("sort", "timestamp")]).expect("events");
    assert_eq!(oldest, [1, 2, 3, 4, 5, 6]);
    let newest = events(server, "declined is:unresolved", &[("sort", "-timestamp")]).expect("events");
    assert_eq!(newest, [6, 5, 4, 3, 2, 1]);
    assert!(events(server, "", &[("sort", "random")]).is_err());
}

fn snippets(server: &Server) {
    let (_, rows, _) = ask(server, ISSUES, &[("query", "is:unresolved in_app:true file:payment.ts")]);
    assert_eq!(rows[0]["matches"][0]["where"], "frame 1 of `PaymentError`", "{rows}");
    let (_, found, _) = ask(server, EVENTS, &[("query", "breadcrumb:503 !is:resolved")]);
    assert_eq!(found["data"][0]["matches"][0]["where"], "breadcrumb http", "{found}");
    let (_, rows, _) = ask(server, ISSUES, &[("query", "is:unresolved")]);
    assert!(rows[0]["matches"].is_null(), "nothing was asked of events: {rows}");
}

fn completion(server: &Server) {
    assert_eq!(labels(server, "lev", &[]), ["level"]);
    assert!(labels(server, "", &[]).contains(&"is".to_owned()));
    assert_eq!(labels(server, "cust", &[]), ["customer-tier"]);
    assert!(labels(server, "unres", &[]).contains(&"is:unresolved".to_owned()));
    assert_eq!(labels(server, "is:re", &[]), ["resolved", "regressed", "unresolved", "ignored"]);
    assert_eq!(labels(server, "a level:[error, fa", &[]), ["fatal"]);
    assert_eq!(labels(server, "tier:\"gold p", &[]), ["Gold Plus"]);
    assert_eq!(labels(server, "tier:", &[]), ["Gold", "Gold Plus", "Silver"]);
    assert_eq!(labels(server, "release:>=3", &[]), [">=api@3.0.0"]);
    assert_eq!(labels(server, "project:", &[]), ["default", "second"]);
    assert_eq!(labels(server, "assigned:admin", &[]), ["admin@example.com"]);
    assert_eq!(labels(server, "error.type:pay", &[]), ["PaymentError"]);
    assert_eq!(labels(server, "bank:ZÜ", &[]), ["Zürich"]);
    assert_eq!(labels(server, "user:jane", &[]), ["Jane@example.com"]);
    assert_eq!(labels(server, "file:pay", &[]), ["src/payment.ts"]);
    assert_eq!(labels(server, "has:tie", &[]), ["tier", "customer-tier"]);
    // Nothing of a project that is not asked for.
    assert_eq!(labels(server, "tier:", &[("project", "second")]), Vec::<String>::new());
    assert_eq!(labels(server, "disk:", &[("project", "second")]), ["sda", "sdb"]);
    assert_eq!(labels(server, "cust", &[("project", "second")]), Vec::<String>::new());
    let body = get(server, "search-suggestions", &[("query", "é tier:go x"), ("position", "9")]);
    let item = json!({"kind": "value", "text": "Gold ", "label": "Gold", "note": "", "count": 2});
    assert_eq!((&body["from"], &body["to"], &body["items"][0]), (&json!(7), &json!(9), &item), "{body}");
}

fn over_time(server: &Server) {
    let total = |query: &str, more: &[(&str, &str)]| -> u64 {
        let mut pairs = vec![("query", query), ("statsPeriod", "48h")];
        pairs.extend(more);
        let body = get(server, "events-stats", &pairs);
        let data = body["data"].as_array().expect("buckets");
        let span = body["end"].as_i64().expect("a time") - body["start"].as_i64().expect("a time");
        assert_eq!(
            span / body["interval"].as_i64().expect("a width"),
            i64::try_from(data.len()).expect("few"),
            "{body}"
        );
        data.iter().map(|bucket| bucket[1][0]["count"].as_u64().expect("a count")).sum()
    };
    assert_eq!(total("", &[]), 40);
    assert_eq!(total("", &[("interval", "1h")]), 40);
    assert_eq!(total("is:resolved OR zanzibar", &[]), 10);
    assert_eq!(total("level:fatal", &[("project", "second")]), 2);
    let (status, body, _) = ask(
        server,
        "/api/0/organizations/lighttrace/events-stats/",
        &[("interval", "1s"), ("statsPeriod", "48h")],
    );
    assert_eq!(status, 400, "{body}");
}

fn shares(server: &Server) {
    let values = |query: &str, key: &str| -> Vec<(String, u64)> {
        let body = get(server, "events-facets", &[("query", query)]);
        let facets = body.as_array().expect("facets");
        let facet = facets.iter().find(|facet| facet["key"] == key);
        let values = facet.map_or(&[][..], |facet| facet["topValues"].as_array().expect("values"));
        let read = |value: &Value| {
            let name = value["value"].as_str().expect("a value").to_owned();
            (name, value["count"].as_u64().expect("a count"))
        };
        values.iter().map(read).collect()
    };
    let pair = |value: &str, count| (value.to_owned(), count);
    assert_eq!(values("", "environment"), [pair("production", 13), pair("staging", 8)]);
    assert_eq!(values("declined", "tier"), [pair("Gold", 2), pair("Gold Plus", 1), pair("Silver", 1)]);
    assert_eq!(values("is:resolved", "disk"), [pair("sda", 3), pair("sdb", 3)]);
    assert_eq!(values("level:fatal", "level"), [pair("fatal", 3)]);
    assert!(values("nowhere", "level").is_empty());
}

/// Two more issues: one that reads like the first, one that does not.
fn alike(server: &Server) {
    for (number, kind, function) in [(101, "PaymentError", "chargeCard"), (102, "OtherError", "elsewhere")] {
        let event = json!({"event_id": super::id_of(number), "platform": "javascript", "fingerprint": [kind, "alike"],
            "exception": {"values": [{"type": kind, "value": "card refused by bank", "stacktrace": {"frames": [
                {"function": function, "filename": format!("lib/{function}.ts"), "in_app": true}]}}]}});
        assert_eq!(server.store(&event).status(), 200);
    }
    server.settled();
    let of = |query: &str| server.issues(query)[0]["id"].as_str().expect("an id").to_owned();
    let (first, like) = (of("declined"), of("refused frame:chargeCard"));
    let rows = server.api_get(&format!("/api/0/issues/{first}/text-similar/"));
    assert_eq!(rows[0]["issue"]["id"], like.as_str(), "{rows}");
    assert_eq!(rows.as_array().map(Vec::len), Some(1), "{rows}");
    let because = rows[0]["because"].as_array().expect("reasons");
    assert!(because.contains(&"frame chargecard".into()), "{rows}");
    assert!(rows[0]["score"].as_f64().is_some_and(|score| score > 0.2 && score <= 1.0), "{rows}");
}

fn environments(server: &Server) {
    let staging = issues(server, "is:unresolved", &[("environment", "staging"), ("sort", "new")]);
    let expected = ["quiet notice", "the zanzibar ferry is late", "PaymentError: card declined"];
    assert_eq!(staging.expect("issues"), expected);
    let none = issues(server, "is:resolved", &[("environment", "staging")]);
    assert_eq!(none, Ok(Vec::new()));
}
