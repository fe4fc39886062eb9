//! What happened when an issue changed, and what people and builds note of the world, through HTTP.

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{ORG, event};
use crate::authorization::{add_user, member_number, signed_in};
use crate::support::Server;
use crate::suspects::{minutes_ago, post};

fn annotate(server: &Server, body: &Value) -> (u16, Value) {
    let answer =
        server.api(Method::POST, &format!("{ORG}/annotations/")).json(body).send().expect("an answer");
    (answer.status().as_u16(), answer.json().expect("JSON"))
}

fn titles(rows: &Value) -> Vec<&str> {
    rows.as_array().expect("rows").iter().map(|row| row["title"].as_str().expect("text")).collect()
}

#[test]
fn annotations_are_noted_listed_and_taken_away() {
    let server = Server::start();
    let (status, made) = annotate(
        &server,
        &json!({"at": minutes_ago(30), "until": minutes_ago(20), "title": " Stripe is down ", "text": "503", "kind": "third_party",
            "projects": ["default"], "environment": "production", "link": "https://status.example.com/1"}),
    );
    assert_eq!(status, 201);
    assert_eq!((&made["title"], &made["kind"]), (&json!("Stripe is down"), &json!("third_party")));
    assert_eq!((&made["projects"], &made["by"]["name"]), (&json!(["default"]), &json!("The API token")));
    assert_eq!(annotate(&server, &json!({"title": "now"})).1["projects"], json!([]));
    assert_eq!(
        annotate(&server, &json!({"title": "second", "projects": ["second"], "at": minutes_ago(60)})).0,
        201
    );

    let list = |query: &str| server.api_get(&format!("{ORG}/annotations/{query}"));
    assert_eq!(titles(&list("")), ["now", "Stripe is down", "second"]);
    assert_eq!(titles(&list("?project=second")), ["now", "second"]);
    assert_eq!(titles(&list("?statsPeriod=45m")), ["now", "Stripe is down"]);
    assert_eq!(titles(&list(&format!("?end={}", minutes_ago(25)))), ["Stripe is down", "second"]);
    let first = server.api(Method::GET, &format!("{ORG}/annotations/?per_page=2")).send().expect("an answer");
    let next = crate::support::next_cursor(first.headers()["link"].to_str().expect("text")).expect("more");
    assert_eq!(titles(&list(&format!("?per_page=2&cursor={next}"))), ["second"]);

    let id = made["id"].as_str().expect("an id");
    let one = format!("{ORG}/annotations/{id}/");
    let delete = || server.api(Method::DELETE, &one).send().expect("an answer").status().as_u16();
    assert_eq!((delete(), delete()), (204, 404));
    assert_eq!(titles(&list("")), ["now", "second"]);
    let audit = server.api_get(&format!("{ORG}/audit-logs/?event=annotation.remove"));
    assert_eq!(audit["rows"][0]["data"]["title"], "Stripe is down");
}

#[test]
fn what_is_no_annotation_is_refused() {
    let server = Server::start();
    let long = |length: usize| "x".repeat(length);
    for body in [
        json!({}),
        json!({"title": ""}),
        json!({"title": long(201)}),
        json!({"title": "x", "text": long(2_001)}),
        json!({"title": "x", "kind": "magic"}),
        json!({"title": "x", "at": "yesterday"}),
        json!({"title": "x", "at": "2206-01-01T00:00:00Z"}),
        json!({"title": "x", "at": minutes_ago(1), "until": minutes_ago(2)}),
        json!({"title": "x", "projects": ["nothing"]}),
        json!({"title": "x", "link": "http://status.example.com/"}),
        json!({"title": "x", "link": "javascript:alert(1)"}),
        json!({"title": "x", "link": "https://me:secret@status.example.com/"}),
        json!({"title": "x", "environment": long(65)}),
    ] {
        assert_eq!(annotate(&server, &body).0, 400, "{body}");
    }
    assert!(server.api_get(&format!("{ORG}/annotations/")).as_array().expect("rows").is_empty());
}

#[test]
fn whoever_sees_a_part_notes_and_reads_for_that_part_alone() {
    let server = Server::start();
    add_user(&server, "part@example.com", "member");
    let part = signed_in(&server, "part@example.com");
    let member = member_number(&server, "part@example.com");
    let restricted = server.api(Method::PUT, &format!("{ORG}/members/{member}/"));
    assert_eq!(restricted.json(&json!({"projects": ["second"]})).send().expect("an answer").status(), 200);
    let all = annotate(&server, &json!({"title": "all"})).1;
    annotate(&server, &json!({"title": "hidden", "projects": ["default"]}));
    let url = server.url(&format!("{ORG}/annotations/"));
    let noted = part.post(&url).header("X-LightTrace-CSRF", "1").json(&json!({"title": "mine"})).send();
    let noted: Value = noted.expect("an answer").json().expect("JSON");
    assert_eq!((&noted["projects"], &noted["by"]["type"]), (&json!(["second"]), &json!("person")));
    let seen: Value = part.get(&url).send().expect("an answer").json().expect("JSON");
    assert_eq!(titles(&seen), ["mine", "all"]);
    let delete = |id: &Value| {
        let one = format!("{url}{}/", id.as_str().expect("an id"));
        part.delete(one).header("X-LightTrace-CSRF", "1").send().expect("an answer").status().as_u16()
    };
    assert_eq!((delete(&all["id"]), delete(&noted["id"])), (404, 204));
}

#[test]
fn a_build_notes_with_its_own_token() {
    let server = Server::start();
    let token = server.command(&["token", "add", "ci", "--scopes", "org:ci"]).output().expect("ends");
    let token = String::from_utf8(token.stdout).expect("text").trim().to_owned();
    let url = server.url(&format!("{ORG}/annotations/"));
    let answer =
        server.client.post(url).bearer_auth(&token).json(&json!({"title": "flag on", "kind": "flag"})).send();
    assert_eq!(answer.expect("an answer").status(), 201);
}

#[test]
fn a_timeline_holds_counts_and_what_happened() {
    let server = Server::start();
    let now = Timestamp::now();
    let ago = |minutes| (now - SignedDuration::from_mins(minutes)).to_string();
    post(&server, "releases", &json!({"version": "shop@1.2.3", "projects": ["default"]}));
    post(
        &server,
        "releases/shop@1.2.3/deploys",
        &json!({"environment": "production", "dateFinished": minutes_ago(65)}),
    );
    annotate(
        &server,
        &json!({"title": "flag on", "at": minutes_ago(61), "kind": "flag", "link": "https://flags.example.com/"}),
    );
    for number in 1..=4 {
        let mut event = event(number, "zanzibar");
        event["timestamp"] = json!(ago(60));
        assert_eq!(server.store(&event).status(), 200);
    }
    server.settled();
    let id = server.issues("")[0]["id"].as_str().expect("an id").to_owned();
    let resolved =
        server.api(Method::PUT, &format!("/api/0/issues/{id}/")).json(&json!({"status": "resolved"}));
    assert_eq!(resolved.send().expect("an answer").status(), 200);
    let found = server.api_get(&format!("/api/0/issues/{id}/timeline/?statsPeriod=24h"));
    assert_eq!(found["bucketSeconds"], 300);
    let sum = |name: &str| {
        let counts = found[name].as_array().expect("counts").iter();
        counts.map(|pair| pair[1].as_u64().expect("a count")).sum::<u64>()
    };
    assert_eq!((sum("issue"), sum("project")), (4, 4));
    let moments: Vec<_> = found["moments"]
        .as_array()
        .expect("moments")
        .iter()
        .map(|moment| (moment["kind"].as_str().expect("text"), moment["title"].as_str().expect("text")))
        .collect();
    let told = [
        ("deploy", "shop 1.2.3"),
        ("annotation", "flag on"),
        ("change", "Seen for the first time"),
        ("change", "Resolved"),
    ];
    for expected in told {
        assert!(moments.contains(&expected), "{expected:?} in {moments:?}");
    }
    assert!(!moments.contains(&("release", "shop 1.2.3")), "its deploy told of it");
    let deploy = &found["moments"][0];
    assert_eq!(
        (&deploy["href"], &deploy["project"]),
        (&json!("/releases/shop%401%2E2%2E3"), &json!("default"))
    );
    for bad in ["statsPeriod=x", "start=never"] {
        let answer = server.api(Method::GET, &format!("/api/0/issues/{id}/timeline/?{bad}")).send();
        assert_eq!(answer.expect("an answer").status(), 400, "{bad}");
    }
}
