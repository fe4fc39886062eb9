//! Frames and their lines in a repository.

use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{ORG, PROJECT, event};
use crate::support::Server;

const SHA: &str = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d";

fn made(server: &Server, path: &str, body: &Value) -> Value {
    let answer = server.api(Method::POST, &format!("{ORG}/{path}/")).json(body).send().expect("an answer");
    assert!(answer.status().is_success(), "{path}: {}", answer.text().expect("text"));
    answer.json().expect("JSON")
}

fn with_event() -> Server {
    let server = Server::start();
    assert_eq!(server.store(&event(1, "zanzibar")).status(), 200);
    server.settled();
    server
}

fn frames(server: &Server) -> Vec<Value> {
    let event = server.api_get(&format!("{PROJECT}/events/{:032x}/", 1));
    let entries = event["entries"].as_array().expect("entries");
    let exception = entries.iter().find(|entry| entry["type"] == "exception").expect("an exception");
    exception["data"]["values"][0]["stacktrace"]["frames"].as_array().expect("frames").clone()
}

#[test]
fn a_frame_links_to_its_line_at_the_releases_commit() {
    let server = with_event();
    assert!(frames(&server).iter().all(|frame| frame["sourceLink"].is_null()));
    let repository =
        made(&server, "repos", &json!({"url": "git@github.com:acme/shop.git", "defaultBranch": "develop"}));
    assert_eq!(
        (&repository["name"], &repository["url"]),
        (&json!("acme/shop"), &json!("https://github.com/acme/shop"))
    );
    assert_eq!(repository["provider"]["key"], "github");
    let mapping = json!({"projectId": "default", "repositoryId": repository["id"], "stackRoot": "shop/",
        "sourceRoot": "backend/shop/"});
    let mapping = made(&server, "code-mappings", &mapping);

    let found = frames(&server);
    assert_eq!(found[0]["sourceLink"], Value::Null, "app.py is not below shop/");
    let link = &found[1]["sourceLink"];
    assert_eq!(link["url"], "https://github.com/acme/shop/blob/develop/backend/shop/pay.py#L42");
    assert_eq!(link["history"], "https://github.com/acme/shop/commits/develop/backend/shop/pay.py");
    assert_eq!(link["blame"], "https://github.com/acme/shop/blame/develop/backend/shop/pay.py#L42");
    assert_eq!((&link["provider"], &link["providerName"]), (&json!("github"), &json!("GitHub")));

    let heads = json!({"version": "shop@1.2.3", "projects": ["default"],
        "refs": [{"repository": "acme/shop", "commit": SHA}]});
    made(&server, "releases", &heads);
    let url = format!("https://github.com/acme/shop/blob/{SHA}/backend/shop/pay.py#L42");
    assert_eq!(frames(&server)[1]["sourceLink"]["url"], url);
    let asked =
        format!("{PROJECT}/stacktrace-link/?file=shop/pay.py&lineNo=42&platform=python&release=shop@1.2.3");
    let answer = server.api_get(&asked);
    assert_eq!((&answer["sourceUrl"], &answer["error"]), (&json!(url), &Value::Null));
    assert_eq!(answer["config"]["id"], mapping["id"]);
    let missed = server.api_get(&format!("{PROJECT}/stacktrace-link/?file=other/pay.py"));
    assert_eq!(missed["error"], "stack_root_mismatch");
    let none = server.api_get("/api/0/projects/lighttrace/second/stacktrace-link/?file=shop/pay.py");
    assert_eq!(none["error"], "no_code_mappings_for_project");

    // What leads into a repository goes with it.
    let path = format!("{ORG}/repos/{}/", repository["id"].as_str().expect("an id"));
    assert_eq!(server.api(Method::DELETE, &path).send().expect("an answer").status(), 204);
    assert_eq!(server.api_get(&format!("{ORG}/code-mappings/?project=default")), json!([]));
    assert_eq!(frames(&server)[1]["sourceLink"], Value::Null);
}

#[test]
fn only_pages_become_links() {
    let server = with_event();
    for (path, body, word) in [
        ("repos", json!({"url": "javascript:alert(1)", "provider": "github"}), "url"),
        ("repos", json!({"url": "https://user:pw@github.com/a/b"}), "url"),
        ("repos", json!({"url": "https://git.example.com/a/b"}), "provider"),
        ("repos", json!({"name": "x", "provider": "github"}), "url"),
        ("repos", json!({"name": "x", "provider": "custom"}), "templates"),
        (
            "repos",
            json!({"name": "x", "provider": "custom", "templates": {"line": "javascript:{path}{line}"}}),
            "templates",
        ),
        (
            "repos",
            json!({"name": "x", "provider": "custom", "templates": {"line": "https://{path}/{line}"}}),
            "templates",
        ),
        ("code-mappings", json!({"projectId": "nope", "repositoryId": 1}), "projectId"),
        ("code-mappings", json!({"projectId": "default", "repositoryId": 77}), "repositoryId"),
    ] {
        let answer =
            server.api(Method::POST, &format!("{ORG}/{path}/")).json(&body).send().expect("an answer");
        assert_eq!(answer.status(), 400, "{body}");
        let detail = answer.json::<Value>().expect("JSON")["detail"].to_string();
        assert!(detail.contains(word), "{body}: {detail}");
    }
    let custom = json!({"name": "mine", "provider": "custom",
        "templates": {"line": "https://code.example.com/{ref}/{path}?line={line}"}});
    let custom = made(&server, "repos", &custom);
    for root in ["../x", "a/../b", "https://evil.example.com/"] {
        let body = json!({"projectId": "default", "repositoryId": custom["id"], "sourceRoot": root});
        let answer =
            server.api(Method::POST, &format!("{ORG}/code-mappings/")).json(&body).send().expect("an answer");
        assert_eq!(answer.status(), 400, "{root}");
    }
    made(&server, "code-mappings", &json!({"projectId": "1", "repositoryId": custom["id"]}));
    let twice = json!({"projectId": "1", "repositoryId": custom["id"]});
    let twice =
        server.api(Method::POST, &format!("{ORG}/code-mappings/")).json(&twice).send().expect("an answer");
    assert_eq!(twice.status(), 409);
    let link = &frames(&server)[1]["sourceLink"];
    assert_eq!(link["url"], "https://code.example.com/main/shop/pay.py?line=42");
    assert_eq!((&link["history"], &link["blame"]), (&Value::Null, &Value::Null));
}

#[test]
fn mappings_are_suggested_from_events_and_commits() {
    let server = with_event();
    let suggested = || server.api_get(&format!("{PROJECT}/code-mappings/suggestions/"));
    let by_layout = suggested();
    assert_eq!((&by_layout[0]["stackRoot"], &by_layout[0]["certain"]), (&json!(""), &json!(false)));
    assert_eq!(by_layout[0]["repoId"], Value::Null);

    let commits = json!({"version": "shop@1.2.3", "projects": ["default"], "commits": [{
        "id": SHA, "repository": "acme/shop", "patch_set": [{"path": "backend/shop/pay.py", "type": "M"}]}]});
    made(&server, "releases", &commits);
    let by_commits = suggested();
    let first = &by_commits[0];
    assert_eq!((&first["stackRoot"], &first["sourceRoot"]), (&json!(""), &json!("backend/")));
    assert_eq!((&first["certain"], &first["repoName"]), (&json!(true), &json!("acme/shop")));
    assert_eq!(
        first["example"],
        json!({"filename": "shop/pay.py", "lineNo": 42, "sourcePath": "backend/shop/pay.py", "eventID": format!("{:032x}", 1)})
    );
    // The repository that commits name has no address yet.
    let repository = &server.api_get(&format!("{ORG}/repos/"))[0];
    assert_eq!((&repository["name"], &repository["url"]), (&json!("acme/shop"), &Value::Null));
    let confirmed = json!({"projectId": "default", "repositoryId": first["repoId"], "stackRoot": first["stackRoot"],
        "sourceRoot": first["sourceRoot"], "automaticallyGenerated": true});
    made(&server, "code-mappings", &confirmed);
    assert_eq!(suggested(), json!([]), "all frames are mapped");
    assert_eq!(
        server.api_get(&format!("{PROJECT}/stacktrace-link/?file=shop/pay.py"))["error"],
        "repository_without_url"
    );
    let path = format!("{ORG}/repos/{}/", repository["id"].as_str().expect("an id"));
    let body = json!({"url": "https://gitlab.com/acme/shop"});
    assert_eq!(server.api(Method::PUT, &path).json(&body).send().expect("an answer").status(), 200);
    let url = format!("https://gitlab.com/acme/shop/-/blob/{SHA}/backend/shop/pay.py#L42");
    assert_eq!(frames(&server)[1]["sourceLink"]["url"], url);
}

#[test]
fn sentry_cli_uploads_mappings_in_bulk() {
    let server = with_event();
    let body = json!({"project": "default", "repository": "acme/shop", "defaultBranch": "main", "mappings": [
        {"stackRoot": "shop/", "sourceRoot": "backend/shop"}, {"stackRoot": "x/", "sourceRoot": "../y"}]});
    let answer = made(&server, "code-mappings/bulk", &body);
    assert_eq!(
        (&answer["created"], &answer["updated"], &answer["errors"]),
        (&json!(1), &json!(0), &json!(1))
    );
    assert_eq!(
        (&answer["mappings"][1]["status"], answer["mappings"][1]["detail"].is_string()),
        (&json!("error"), true)
    );
    assert_eq!(made(&server, "code-mappings/bulk", &body)["updated"], 1);
    let audit = server.api_get(&format!("{ORG}/audit-logs/"));
    assert_eq!(audit["rows"][0]["event"], "code-mapping.edit");
}
