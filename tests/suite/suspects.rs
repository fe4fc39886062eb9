//! Who may have brought an issue: commits and deploys as builds declare them, events as SDKs send them.

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{ORG, PROJECT, event};
use crate::authorization::{add_user, member_number, signed_in};
use crate::support::Server;

pub fn minutes_ago(minutes: i64) -> String {
    minutes_before(Timestamp::now(), minutes)
}

fn minutes_before(now: Timestamp, minutes: i64) -> String {
    (now - SignedDuration::from_mins(minutes)).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

pub fn post(server: &Server, path: &str, body: &Value) -> Value {
    let answer = server.api(Method::POST, &format!("{ORG}/{path}/")).json(body).send().expect("an answer");
    assert!(answer.status().is_success(), "{path}: {}", answer.text().expect("text"));
    answer.json().expect("JSON")
}

fn commit(id: &str, author: &str, path: &str) -> Value {
    json!({"id": id, "repository": "acme/shop", "message": format!("{id}: change {path}"), "author_name": author,
        "author_email": format!("{author}@example.com"), "timestamp": "2026-11-20T10:00:00Z",
        "patch_set": [{"path": path, "type": "M"}]})
}

fn send(server: &Server, number: u64, release: Option<&str>, minutes: i64) {
    send_at(server, number, release, &minutes_ago(minutes));
}

fn send_at(server: &Server, number: u64, release: Option<&str>, at: &str) {
    let mut event = event(number, "zanzibar");
    event["release"] = json!(release);
    event["timestamp"] = json!(at);
    assert_eq!(server.store(&event).status(), 200);
    server.settled();
}

fn only_issue(server: &Server) -> Value {
    let mut issues = server.issues("");
    assert_eq!(issues.len(), 1);
    issues.remove(0)
}

fn suspects(server: &Server) -> Value {
    let id = only_issue(server)["id"].as_str().expect("an id").to_owned();
    server.api_get(&format!("/api/0/issues/{id}/suspects/"))
}

#[test]
fn a_new_issue_names_the_commit_its_author_and_the_deploys_before() {
    let server = Server::start();
    add_user(&server, "ada@example.com", "member");
    post(&server, "repos", &json!({"url": "https://github.com/acme/shop"}));
    let old = [commit("known", "eve", "backend/shop/pay.py")];
    post(&server, "releases", &json!({"version": "shop@1.2.2", "projects": ["default"], "commits": old}));
    let new = [
        commit("docs", "eve", "docs/pay.md"),
        commit("caller", "bob", "app.py"),
        commit("guilty", "Ada", "backend/shop/pay.py"),
        commit("known", "eve", "backend/shop/pay.py"),
    ];
    post(&server, "releases", &json!({"version": "shop@1.2.3", "projects": ["default"], "commits": new}));
    post(&server, "releases", &json!({"version": "api@7.0.0", "projects": ["second"]}));
    // One moment for all: how far apart they are is told to the second.
    let now = Timestamp::now();
    let deploy = |minutes| json!({"environment": "production", "dateFinished": minutes_before(now, minutes)});
    post(&server, "releases/api@7.0.0/deploys", &deploy(72));
    post(&server, "releases/shop@1.2.3/deploys", &deploy(65));
    post(&server, "releases/shop@1.2.2/deploys", &deploy(60 * 26));
    post(&server, "releases/shop@1.2.3/deploys", &deploy(1));
    send_at(&server, 1, Some("shop@1.2.3"), &minutes_before(now, 60));

    let found = suspects(&server);
    assert_eq!((&found["release"]["version"], &found["isRegression"]), (&json!("shop@1.2.3"), &json!(false)));
    assert_eq!(found["previousRelease"]["version"], "shop@1.2.2");
    let commits = found["commits"].as_array().expect("commits");
    let ids: Vec<_> = commits.iter().map(|commit| &commit["id"]).collect();
    assert_eq!(ids, ["guilty", "caller"], "neither what an earlier release had nor what it does not touch");
    let guilty = &commits[0];
    assert_eq!(guilty["sentence"], "touches backend/shop/pay.py, where charge failed");
    assert_eq!(guilty["url"], "https://github.com/acme/shop/commit/guilty");
    assert_eq!(guilty["author"], json!({"name": "Ada", "email": "Ada@example.com"}));
    assert_eq!(guilty["user"]["email"], "ada@example.com", "the account, whatever the letters' case");
    let touched = &guilty["touched"][0];
    assert_eq!((&touched["function"], &touched["lineNo"]), (&json!("charge"), &json!(42)));
    assert_eq!(
        (&commits[1]["sentence"], &commits[1]["user"]),
        (&json!("touches app.py, where main led to it"), &Value::Null)
    );
    assert_eq!(found["noCommits"], Value::Null);

    let said: Vec<_> =
        found["deploys"].as_array().expect("deploys").iter().map(|deploy| &deploy["sentence"]).collect();
    assert_eq!(said, ["shop 1.2.3 to production, 5 min before", "api 7.0.0 to production, 12 min before"]);
    let own: Vec<_> =
        found["deploys"].as_array().expect("deploys").iter().map(|deploy| &deploy["isOfProject"]).collect();
    assert_eq!(own, [&json!(true), &json!(false)]);
    assert_eq!(found["deploys"][1]["secondsBefore"], 12 * 60);
    assert_eq!(found["deploys"][1]["projects"][0]["slug"], "second");

    let committers = server.api_get(&format!("{PROJECT}/events/{:032x}/committers/", 1));
    let committers = committers["committers"].as_array().expect("committers");
    assert_eq!(committers.len(), 2);
    assert_eq!(
        (&committers[0]["author"]["email"], &committers[0]["commits"][0]["id"]),
        (&json!("ada@example.com"), &json!("guilty"))
    );
    assert_eq!(committers[1]["author"], json!({"name": "bob", "email": "bob@example.com"}));

    // Deploys of what somebody does not see are none to them.
    let number = member_number(&server, "ada@example.com");
    let projects = json!({"projects": ["default"], "allProjects": false});
    let path = format!("{ORG}/members/{number}/");
    let narrowed = server.api(Method::PUT, &path).json(&projects).send().expect("an answer");
    assert!(narrowed.status().is_success(), "{}", narrowed.text().expect("text"));
    let ada = signed_in(&server, "ada@example.com");
    let id = only_issue(&server)["id"].as_str().expect("an id").to_owned();
    let seen = ada.get(server.url(&format!("/api/0/issues/{id}/suspects/"))).send().expect("an answer");
    let seen: Value = seen.json().expect("JSON");
    assert_eq!(seen["deploys"].as_array().map(Vec::len), Some(1), "{seen}");
}

#[test]
fn what_is_not_known_is_said() {
    let server = Server::start();
    send(&server, 1, None, 10);
    assert_eq!(suspects(&server)["noCommits"], "Its events name no release");
    let server = Server::start();
    send(&server, 1, Some("shop@1.2.3"), 10);
    let said = || suspects(&server)["noCommits"].clone();
    assert_eq!(said(), "No commits are known of this release");
    let declare = |commits: Value| {
        post(
            &server,
            "releases",
            &json!({"version": "shop@1.2.3", "projects": ["default"], "commits": commits}),
        );
    };
    declare(json!([{"id": "bare", "repository": "acme/shop"}]));
    assert_eq!(said(), "Commits of this release have no file lists");
    declare(json!([commit("other", "eve", "docs/readme.md")]));
    assert_eq!(said(), "No commit of this release touches its files");
}

#[test]
fn a_code_mapping_decides_which_file_is_meant() {
    let server = Server::start();
    let repository = post(&server, "repos", &json!({"url": "https://github.com/acme/shop"}));
    let mapping = json!({"projectId": "default", "repositoryId": repository["id"], "stackRoot": "shop/",
        "sourceRoot": "services/pay/shop/"});
    post(&server, "code-mappings", &mapping);
    let commits = [
        commit("other", "eve", "services/cart/shop/pay.py"),
        commit("meant", "bob", "services/pay/shop/pay.py"),
    ];
    post(&server, "releases", &json!({"version": "shop@1.2.3", "projects": ["default"], "commits": commits}));
    send(&server, 1, Some("shop@1.2.3"), 10);
    let found = suspects(&server);
    let ids: Vec<_> =
        found["commits"].as_array().expect("commits").iter().map(|commit| &commit["id"]).collect();
    assert_eq!(ids, ["meant"]);
}
