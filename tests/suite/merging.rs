//! Issues that are merged and taken apart, as the API and search show them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{ORG, PROJECT, described, event};
use crate::schema::misfits;
use crate::support::Server;

/// Three events of the issue 1 in release 1.0, two of issue 2 in release 1.1, one of issue 3.
fn server() -> Server {
    let server = Server::start();
    for (number, (group, release, word)) in (1..).zip([
        ("first", "shop@1.0", "zanzibar"),
        ("first", "shop@1.0", "zanzibar"),
        ("first", "shop@1.0", "zanzibar"),
        ("second", "shop@1.1", "quagga"),
        ("second", "shop@1.1", "quagga"),
        ("third", "shop@1.2", "okapi"),
    ]) {
        let mut event = event(number, word);
        event["fingerprint"] = json!([group]);
        event["release"] = json!(release);
        assert_eq!(server.store(&event).status(), 200);
        // One after the other: numbers are known.
        server.wait_until("it is digested", || server.metric("lighttrace_inbox_depth") == 0.0);
    }
    server.settled();
    server
}

fn ask(server: &Server, method: Method, path: &str, body: &Value) -> (u16, Value) {
    let answer = server.api(method, path).json(body).send().expect("an answer");
    (answer.status().as_u16(), answer.json().unwrap_or_default())
}

fn merge(server: &Server, ids: &str) -> (u16, Value) {
    ask(server, Method::PUT, &format!("{PROJECT}/issues/?{ids}"), &json!({"merge": 1}))
}

fn ids(server: &Server, query: &str) -> Vec<String> {
    let mut ids: Vec<String> =
        server.issues(query).iter().map(|issue| issue["id"].as_str().expect("an id").to_owned()).collect();
    ids.sort();
    ids
}

fn hash_of(server: &Server, part: &str) -> String {
    let hashes = server.api_get(&format!("{ORG}/issues/1/hashes/"));
    let hash = hashes.as_array().expect("hashes").iter().find(|hash| hash["part"]["id"] == part);
    hash.unwrap_or_else(|| panic!("{part} is in {hashes}"))["id"].as_str().expect("a hash").to_owned()
}

#[test]
fn a_merged_issue_is_one_wherever_it_is_read_and_searched() {
    let server = server();
    let (status, merged) = merge(&server, "id=1&id=2");
    assert_eq!((status, &merged["merge"]), (200, &json!({"parent": "1", "children": ["2"]})), "{merged}");
    let whole = server.api_get(&format!("{ORG}/issues/1/"));
    let check = |server: &Server| {
        for name in ["2", "DEFAULT-2", "DEFAULT-1"] {
            let issue = server.api_get(&format!("{ORG}/issues/{name}/"));
            assert_eq!((&issue["id"], &issue["count"]), (&whole["id"], &json!("5")), "{name}");
        }
        for (query, expected) in [
            ("", &["1", "3"][..]),
            ("is:unresolved", &["1", "3"]),
            ("zanzibar", &["1"]),
            ("quagga", &["1"]),
            ("release:shop@1.1", &["1"]),
            ("release:[shop@1.0, shop@1.1]", &["1"]),
            ("is:unresolved release:shop@1.1", &["1"]),
            ("times_seen:5", &["1"]),
            ("issue:DEFAULT-2", &["1"]),
            ("issue:2 quagga", &["1"]),
            ("quagga OR is:resolved", &["1"]),
            ("!quagga is:unresolved", &["1", "3"]),
            ("quagga !release:shop@1.1", &[]),
            ("okapi", &["3"]),
        ] {
            assert_eq!(ids(server, query), expected, "{query}");
        }
        for (query, expected) in [
            ("", 6),
            ("issue:2", 5),
            ("issue:1", 5),
            ("times_seen:>4", 5),
            ("is:unresolved", 6),
            ("quagga", 2),
        ] {
            assert_eq!(server.count_events(query), expected, "{query}");
        }
        let ranked = server.api_get(&format!("{ORG}/issues/?query=quagga&sort=relevance"));
        assert_eq!((ranked.as_array().map(Vec::len), &ranked[0]["id"]), (Some(1), &json!("1")));
        let events = server.api_get(&format!("{ORG}/issues/1/events/"));
        let of = |event: &Value| event["groupID"].clone();
        assert_eq!(
            events.as_array().expect("events").iter().map(of).collect::<Vec<_>>(),
            vec![json!("1"); 5]
        );
        let found = server.api_get(&format!("{ORG}/issues/1/events/?query=quagga"));
        assert_eq!(found.as_array().map(Vec::len), Some(2));
        let found = server.api_get(&format!("{ORG}/events/?query=quagga&field=issue.id"));
        assert_eq!(found["data"][0]["issue.id"], 1);
        let latest = server.api_get(&format!("{ORG}/issues/1/events/latest/"));
        assert_eq!((&latest["id"], &latest["groupID"]), (&json!(format!("{:032x}", 5)), &json!("1")));
        assert_eq!(latest["previousEventID"], json!(format!("{:032x}", 4)));
        let fourth = server.api_get(&format!("{ORG}/issues/1/events/{:032x}/", 4));
        assert_eq!(fourth["previousEventID"], json!(format!("{:032x}", 3)), "parts follow one another");
        let anywhere = server.api_get(&format!("{ORG}/eventids/{:032x}/", 4));
        assert_eq!(anywhere["groupId"], "1");
        let tag = server.api_get(&format!("{ORG}/issues/1/tags/release/"));
        assert_eq!((&tag["totalValues"], &tag["uniqueValues"]), (&json!(5), &json!(2)));
        let alike = server.api_get(&format!("{ORG}/issues/1/text-similar/"));
        let alike: Vec<&Value> =
            alike.as_array().expect("issues").iter().map(|row| &row["issue"]["id"]).collect();
        assert_eq!(alike, ["3"], "none is like itself");
    };
    check(&server);
    // What search holds is made anew of the events, and what memory holds of the disk.
    server.kill();
    server.restart();
    check(&server);
    let mut reindex = server.command(&["reindex"]);
    assert!(reindex.status().expect("it runs").success());
    server.settled();
    check(&server);

    let hashes = server.api_get(&format!("{ORG}/issues/2/hashes/"));
    let document = described();
    let answers = &document["paths"]["/api/0/issues/{id}/hashes/"]["get"]["responses"];
    let schema = &answers["200"]["content"]["application/json"]["schema"];
    assert_eq!(misfits(&document, schema, &hashes), Vec::<String>::new());
    let parts: Vec<(&Value, &Value)> = hashes
        .as_array()
        .expect("hashes")
        .iter()
        .map(|hash| (&hash["part"]["shortId"], &hash["part"]["count"]))
        .collect();
    assert_eq!(parts, [(&json!("DEFAULT-1"), &json!("3")), (&json!("DEFAULT-2"), &json!("2"))]);
    assert_eq!(hashes[1]["latestEvent"]["id"], json!(format!("{:032x}", 5)));
}

#[test]
fn an_unmerge_stays_whatever_comes_and_both_are_undone() {
    let server = server();
    let (_, merged) = merge(&server, "id=1&id=2");
    let undo = |answer: &Value| {
        let undo = answer["undo"].as_str().expect("it can be undone");
        ask(&server, Method::POST, &format!("{ORG}/issues/undo/{undo}/"), &Value::Null)
    };
    let (status, undone) = undo(&merged);
    assert_eq!((status, &undone), (200, &json!({"restored": ["1", "2"], "passedOver": 0})));
    assert_eq!(ids(&server, "quagga"), ["2"]);

    merge(&server, "id=1&id=2");
    let (hash, path) = (hash_of(&server, "2"), format!("{ORG}/issues/1/hashes/"));
    let (status, out) = ask(&server, Method::DELETE, &format!("{path}?id={hash}"), &Value::Null);
    assert_eq!((status, &out["issues"]), (202, &json!(["2"])));
    let mut again = event(50, "quagga");
    again["fingerprint"] = json!(["second"]);
    assert_eq!(server.store(&again).status(), 200);
    server.settled();
    assert_eq!((ids(&server, "quagga"), server.count_events("issue:2")), (vec!["2".to_owned()], 3));
    assert_eq!(server.api_get(&format!("{ORG}/issues/1/"))["count"], "3");
    let history = server.api_get(&format!("{ORG}/issues/2/activities/"));
    let told = &history["activity"][0];
    assert_eq!(
        (&told["type"], &told["data"]["source"]["shortId"]),
        (&json!("unmerge_destination"), &json!("DEFAULT-1"))
    );
    let history = server.api_get(&format!("{ORG}/issues/1/activities/"));
    let kinds: Vec<&Value> =
        history["activity"].as_array().expect("told").iter().map(|told| &told["type"]).collect();
    assert_eq!(kinds, ["unmerge_source", "merge", "unmerge_source", "merge", "first_seen"]);
    assert_eq!(history["activity"][0]["data"]["fingerprints"], json!([hash]));

    let (status, _) = undo(&out);
    assert_eq!((status, ids(&server, "quagga")), (200, vec!["1".to_owned()]));
    assert_eq!(server.api_get(&format!("{ORG}/issues/1/"))["count"], "6");
}

#[test]
fn what_cannot_be_done_is_told_in_a_sentence() {
    let server = server();
    let path = format!("{ORG}/issues/3/hashes/");
    let hashes = server.api_get(&path);
    let last = hashes[0]["id"].as_str().expect("a hash").to_owned();
    let unmerge = |query: &str| ask(&server, Method::PUT, &format!("{path}{query}"), &Value::Null);
    for ((status, body), part) in [
        (merge(&server, "id=1"), "two issues"),
        (merge(&server, "id=1&id=77"), "two issues"),
        (unmerge(""), "group hashes"),
        (unmerge("?id=xyz"), "group hashes"),
        (unmerge(&format!("?id={last}")), "last group"),
        (unmerge(&format!("?id={}", "0".repeat(32))), "belong"),
        (
            ask(
                &server,
                Method::PUT,
                &format!("{ORG}/issues/?id=1&id=2"),
                &json!({"merge": 1, "status": "resolved"}),
            ),
            "before or after",
        ),
    ] {
        let detail = body["detail"].as_str().unwrap_or_default();
        assert!(status == 400 && detail.contains(part), "{status} {detail}, not {part}");
    }
    let (status, merged) =
        ask(&server, Method::PUT, &format!("{ORG}/issues/?query=is:unresolved"), &json!({"merge": true}));
    assert_eq!((status, &merged["merge"]["parent"]), (200, &json!("1")));
    assert_eq!(ids(&server, ""), ["1"]);
}
