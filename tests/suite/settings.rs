//! Projects as people set them up: made, renamed, limited, scrubbed, kept shorter, deleted.

mod snippets;

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use reqwest::blocking::Response;
use serde_json::{Value, json};

use crate::api::{ORG, PROJECT, event, with_events};
use crate::support::{KEY, SECOND_KEY, Server};

fn send(server: &Server, method: Method, path: &str, body: &Value) -> Response {
    server.api(method, path).json(body).send().expect("an answer")
}

fn put(server: &Server, path: &str, body: &Value) -> Value {
    let answer = send(server, Method::PUT, path, body);
    let status = answer.status();
    let text = answer.text().expect("text");
    assert_eq!(status, 200, "{text}");
    serde_json::from_str(&text).expect("JSON")
}

fn refused(answer: Response) -> (u16, String) {
    let status = answer.status().as_u16();
    let body: Value = answer.json().expect("JSON");
    (status, body["detail"].as_str().expect("a sentence").to_owned())
}

/// How many events the index finds, whether or not they can be read.
fn indexed(server: &Server, word: &str) -> u64 {
    let found = server.api_get(&format!("{ORG}/events/?query={word}"));
    found["meta"]["total"].as_u64().expect("a count")
}

#[test]
fn a_project_is_made_by_platform_and_listed_with_what_happened_in_it() {
    let server = with_events(2);
    let projects = format!("{ORG}/projects/");
    let made =
        send(&server, Method::POST, &projects, &json!({"name": "My Shop", "platform": "javascript-react"}));
    assert_eq!(made.status(), 201);
    let made: Value = made.json().expect("JSON");
    assert_eq!((&made["slug"], &made["platform"]), (&json!("my-shop"), &json!("javascript-react")));
    let (status, detail) = refused(send(&server, Method::POST, &projects, &json!({"name": "My Shop"})));
    assert_eq!(status, 409, "{detail}");
    let (status, detail) =
        refused(send(&server, Method::POST, &projects, &json!({"name": "x", "slug": "A B"})));
    assert!(status == 400 && detail.starts_with("slug:"), "{detail}");

    let listed = server.api_get(&format!("{projects}?statsPeriod=24h"));
    let default = &listed[0];
    let events: u64 =
        default["stats"].as_array().expect("hours").iter().filter_map(|hour| hour[1].as_u64()).sum();
    assert_eq!((events, &default["unresolvedIssues"]), (2, &json!(1)));
    assert!(default["lastEvent"].is_string());
    assert_eq!(listed[2]["unresolvedIssues"], 0);
    assert!(listed[2].get("lastEvent").is_none(), "nothing came yet");
    assert!(server.api_get(&projects)[0].get("stats").is_none(), "only where it is asked for");
    assert_eq!(send(&server, Method::GET, &format!("{projects}?statsPeriod=1h"), &Value::Null).status(), 400);
}

#[test]
fn a_renamed_project_is_found_by_both_names_also_after_a_restart() {
    let server = with_events(1);
    let renamed = put(&server, &format!("{PROJECT}/"), &json!({"slug": "till", "name": "Till"}));
    assert_eq!(renamed["slug"], "till");
    let check = || {
        for name in ["till", "default", "1"] {
            let found = server.api_get(&format!("/api/0/projects/lighttrace/{name}/"));
            assert_eq!((&found["id"], &found["slug"]), (&json!("1"), &json!("till")));
        }
        for short_id in ["TILL-1", "DEFAULT-1"] {
            assert_eq!(server.api_get(&format!("{ORG}/issues/{short_id}/"))["shortId"], "TILL-1");
        }
    };
    check();
    // `LIGHTTRACE_PROJECTS` asks for `default`, which there is.
    server.restart();
    check();
    assert_eq!(server.api_get(&format!("{ORG}/projects/")).as_array().map(Vec::len), Some(2));
    let (status, _) =
        refused(send(&server, Method::PUT, "/api/0/projects/lighttrace/till/", &json!({"slug": "second"})));
    assert_eq!(status, 409);
    // A new project may have a name that another gave up.
    let made = send(&server, Method::POST, &format!("{ORG}/projects/"), &json!({"name": "default"}));
    assert_eq!(made.status(), 201);
    assert_eq!(server.api_get(&format!("{PROJECT}/"))["id"], "3");
}

#[test]
fn a_key_is_rotated_switched_off_and_says_when_it_was_used() {
    let server = Server::start();
    let keys = format!("{PROJECT}/keys/");
    assert_eq!(server.api_get(&keys)[0]["lastUsed"], Value::Null);
    assert_eq!(server.store(&event(1, "a")).status(), 200);
    server.wait_until("the use is noted", || server.api_get(&keys)[0]["lastUsed"].is_string());
    let made: Value = send(&server, Method::POST, &keys, &json!({"name": "2027"})).json().expect("JSON");
    let public = made["public"].as_str().expect("a key").to_owned();
    let by = |key: &str, number: u64| {
        let url = server.url(&format!("/api/1/store/?sentry_key={key}&sentry_version=7"));
        server.client.post(url).body(event(number, "a").to_string()).send().expect("an answer").status()
    };
    assert_eq!((by(KEY, 2), by(&public, 3)), (reqwest::StatusCode::OK, reqwest::StatusCode::OK));
    put(&server, &format!("{keys}{KEY}/"), &json!({"isActive": false}));
    assert_eq!((by(KEY, 4).as_u16(), by(&public, 5).as_u16()), (403, 200));
    put(&server, &format!("{keys}{public}/"), &json!({"rateLimit": {"count": 1, "window": 3600}}));
    assert_eq!((by(&public, 6).as_u16(), by(&public, 7).as_u16()), (200, 429));
    server.restart();
    assert!(server.api_get(&keys)[0]["lastUsed"].is_string());
}

#[test]
fn a_preview_shows_what_unsaved_scrubbing_would_take_out() {
    let server = Server::start();
    let preview = format!("{PROJECT}/scrubbing-preview/");
    let trial = |more: Value| {
        let mut body = json!({"dataScrubber": true, "sensitiveFields": ["iban"], "safeFields": ["session_token"],
            "scrubIPAddresses": true});
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        send(&server, Method::POST, &preview, &body)
    };
    let (status, detail) = refused(trial(json!({})));
    assert!(status == 400 && detail.contains("no event yet"), "{detail}");
    let pasted: Value =
        trial(json!({"event": {"extra": {"iban": "DE02", "password": "hunter2"}}})).json().expect("JSON");
    let paths = |found: &Value, list: &str, name: &str| -> Vec<String> {
        let rows = found[list].as_array().expect("a list").iter();
        rows.map(|row| row[name].as_str().or(row.as_str()).expect("a path").to_owned()).collect()
    };
    assert_eq!(paths(&pasted, "removed", "path"), ["extra.iban", "extra.password"]);

    let mut sent = event(1, "a");
    sent["extra"] = json!({"iban": "DE02", "session_token": "s3cret", "n": 1});
    sent["user"]["ip_address"] = json!("192.0.2.7");
    server.store(&sent);
    server.settled();
    let stored: Value = trial(json!({})).json().expect("JSON");
    assert_eq!(stored["eventId"], format!("{:032x}", 1));
    assert_eq!(paths(&stored, "removed", "path"), ["extra.iban", "user.ip_address"]);
    assert_eq!(stored["removed"][0]["before"], "DE02");
    assert_eq!(paths(&stored, "filtered", "path"), ["extra.session_token"]);
    assert_eq!(paths(&stored, "kept", "path"), ["extra.session_token"]);
    // Nothing was saved.
    assert_eq!(server.api_get(&format!("{PROJECT}/"))["sensitiveFields"], json!([]));

    // Saved, it holds from the next event on.
    put(
        &server,
        &format!("{PROJECT}/"),
        &json!({"sensitiveFields": ["iban"], "safeFields": ["session_token"]}),
    );
    sent["event_id"] = json!(format!("{:032x}", 2));
    server.store(&sent);
    server.settled();
    let raw = server.api_get(&format!("{PROJECT}/events/{:032x}/?raw=1", 2));
    assert_eq!(raw["extra"], json!({"iban": "[Filtered]", "session_token": "s3cret", "n": 1}));

    for (field, value) in
        [("sensitiveFields", json!(["k".repeat(101)])), ("event", json!([1])), ("eventId", json!("no"))]
    {
        let (status, detail) = refused(trial(json!({field: value})));
        assert!(matches!(status, 400 | 404), "{field}: {detail}");
    }
}

#[test]
fn what_a_project_keeps_shorter_is_erased_and_the_rest_stays() {
    let server = Server::start();
    let old = Timestamp::now() - SignedDuration::from_hours(72);
    for number in 1..=3 {
        let mut one = event(number, "ancient");
        one["timestamp"] = json!(old.to_string());
        server.store(&one);
    }
    server.settled();
    server.store(&event(4, "recent"));
    let url = server.url(&format!("/api/2/store/?sentry_key={SECOND_KEY}"));
    let mut other = event(5, "ancient");
    other["timestamp"] = json!(old.to_string());
    server.client.post(url).body(other.to_string()).send().expect("an answer");
    server.settled();
    assert_eq!(server.count_events("ancient"), 4);

    let (status, detail) =
        refused(send(&server, Method::PUT, &format!("{PROJECT}/"), &json!({"retentionDays": 91})));
    assert!(status == 400 && detail.contains("90 days"), "{detail}");
    let kept = put(&server, &format!("{PROJECT}/"), &json!({"retentionDays": 1}));
    assert_eq!((&kept["retentionDays"], &kept["retentionDaysMax"]), (&json!(1), &json!(90)));
    let get = |number: u64| {
        let path = format!("{PROJECT}/events/{number:032x}/");
        server.api(Method::GET, &path).send().expect("an answer").status().as_u16()
    };
    server.wait_until("old events are erased", || get(1) == 404 && get(3) == 404);
    server.wait_until("they are out of the index", || indexed(&server, "ancient") == 1);
    assert_eq!((get(4), server.count_events("recent")), (200, 1));
    assert_eq!(
        server.api_get(&format!("{ORG}/issues/DEFAULT-1/"))["count"],
        "4",
        "what happened stays counted"
    );
    server.restart();
    assert_eq!((get(1), get(4)), (404, 200));
    assert_eq!(
        put(&server, &format!("{PROJECT}/"), &json!({"retentionDays": 0}))["retentionDays"],
        Value::Null
    );
}

#[test]
fn a_deleted_project_is_gone_at_once_and_stays_gone() {
    let server = with_events(3);
    let url = server.url(&format!("/api/2/store/?sentry_key={SECOND_KEY}"));
    server.client.post(url).body(event(9, "zanzibar").to_string()).send().expect("an answer");
    server.settled();
    let issue = server.api_get(&format!("{ORG}/issues/DEFAULT-1/"))["id"].as_str().expect("an id").to_owned();
    let deleted = server.api(Method::DELETE, &format!("{PROJECT}/")).send().expect("an answer");
    assert_eq!(deleted.status(), 204);
    let check = || {
        assert_eq!(server.store(&event(10, "zanzibar")).status(), 403);
        for path in
            [format!("{PROJECT}/"), format!("/api/0/issues/{issue}/"), format!("{ORG}/issues/DEFAULT-1/")]
        {
            assert_eq!(server.api(Method::GET, &path).send().expect("an answer").status(), 404, "{path}");
        }
        for query in ["", "zanzibar", "is:unresolved"] {
            assert_eq!(server.issues(query).len(), 1, "{query}: the other project's");
        }
        assert_eq!(
            server.api_get(&format!("{ORG}/events/?query=zanzibar"))["data"].as_array().map(Vec::len),
            Some(1)
        );
        assert_eq!(server.api_get(&format!("{ORG}/projects/")).as_array().map(Vec::len), Some(1));
    };
    check();
    server.wait_until("its events are out of the index", || indexed(&server, "zanzibar") == 1);
    // `LIGHTTRACE_PROJECTS` names it still; what a person deleted stays deleted.
    server.restart();
    check();
    let again = send(&server, Method::POST, &format!("{ORG}/projects/"), &json!({"name": "default"}));
    assert_eq!(again.status(), 201);
    assert_eq!(server.issues("").len(), 1, "a new project of that name begins empty");
}
