//! Releases as builds and events name them, over HTTP as the uploaders send it.

use reqwest::Method;
use reqwest::blocking::Response;
use serde_json::{Value, json};

use crate::api::{ORG, PROJECT, event};
use crate::authorization::{add_user, browser, member_number, signed_in};
use crate::support::{Server, next_cursor};

const SHA: &str = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d";

fn send(server: &Server, method: Method, path: &str, body: &Value) -> Response {
    server.api(method, path).json(body).send().expect("an answer")
}

fn versions(list: &Value) -> Vec<&str> {
    list.as_array().expect("a list").iter().map(|row| row["version"].as_str().expect("a version")).collect()
}

/// One commit as both CLIs send it.
fn commit(id: &str, path: &str) -> Value {
    json!({
        "id": id, "repository": "acme/shop", "message": "pay: decline politely\n\nMore of it.",
        "author_name": "Ada", "author_email": "ada@example.com", "timestamp": "2026-11-20T10:00:00+01:00",
        "patch_set": [{"path": path, "type": "M"}, {"path": "README.md", "type": "A"}, {"path": "x", "type": "?"}],
    })
}

#[test]
fn a_build_makes_finishes_and_deploys_a_release() {
    let server = Server::start();
    // A plus stays a plus, whichever way the version is written in a path.
    let version = "shop@2.4.1+ab";
    let new = json!({"version": version, "projects": ["default"], "dateStarted": "2026-11-20T09:00:00Z"});
    let made = send(&server, Method::POST, &format!("{ORG}/releases/"), &new);
    assert_eq!(made.status(), 201);
    let again = send(&server, Method::POST, &format!("{ORG}/releases/"), &new);
    assert_eq!(again.status(), 208);
    // Numbers name projects too; another project makes it new there.
    let more = json!({"version": version, "projects": [2]});
    assert_eq!(send(&server, Method::POST, &format!("{ORG}/releases/"), &more).status(), 201);

    let escaped = ["shop@2.4.1%2Bab", "shop%402.4.1%2Bab", "shop@2.4.1+ab"];
    for path in escaped {
        assert_eq!(server.api_get(&format!("{ORG}/releases/{path}/"))["version"], version);
    }
    let release = format!("{ORG}/releases/{}", escaped[0]);
    assert_eq!(server.api_get(&format!("{release}/previous-with-commits/")), json!({}));
    let commits = json!({"commits": [commit(SHA, "src/pay.ts"), commit("older", "src/cart.ts")]});
    let changed = send(&server, Method::PUT, &format!("{release}/"), &commits);
    assert_eq!(changed.status(), 200);
    let finished = json!({"projects": ["default"], "dateReleased": "2026-11-20T10:30:00Z", "url": "https://ci.example.com/7"});
    assert_eq!(send(&server, Method::PUT, &format!("{release}/"), &finished).status(), 200);
    let deploy = json!({"environment": "production", "name": null, "url": null, "dateStarted": null,
        "dateFinished": "2026-11-20T10:40:00Z"});
    let deployed = send(&server, Method::POST, &format!("{release}/deploys/"), &deploy);
    assert_eq!(deployed.status(), 201);

    let shown = server.api_get(&format!("{release}/"));
    assert_eq!(shown["shortVersion"], "2.4.1");
    assert_eq!(shown["versionInfo"]["version"]["buildCode"], "ab");
    assert_eq!(shown["dateReleased"], "2026-11-20T10:30:00Z");
    assert_eq!((&shown["commitCount"], &shown["deployCount"]), (&json!(2), &json!(1)));
    assert_eq!(shown["lastCommit"]["id"], SHA);
    assert_eq!(shown["lastCommit"]["repository"]["name"], "acme/shop");
    assert_eq!(shown["authors"], json!([{"name": "Ada", "email": "ada@example.com"}]));
    assert_eq!(shown["lastDeploy"]["environment"], "production");
    let slugs: Vec<_> = shown["projects"].as_array().expect("projects").iter().map(|p| &p["slug"]).collect();
    assert_eq!(slugs, ["default", "second"]);

    let listed = server.api_get(&format!("{release}/commits/?per_page=1"));
    assert_eq!(
        listed[0]["files"],
        json!([{"path": "src/pay.ts", "type": "M"}, {"path": "README.md", "type": "A"}])
    );
    assert_eq!(listed[0]["dateCreated"], "2026-11-20T09:00:00Z");
    assert_eq!(server.api_get(&format!("{release}/deploys/"))[0]["dateFinished"], "2026-11-20T10:40:00Z");

    // The next release's commits go on from this one's.
    let next = json!({"version": "shop@2.5.0", "projects": ["default"]});
    assert_eq!(send(&server, Method::POST, &format!("{PROJECT}/releases/"), &next).status(), 201);
    let previous = server.api_get(&format!("{ORG}/releases/shop@2.5.0/previous-with-commits/"));
    assert_eq!((&previous["version"], &previous["lastCommit"]["id"]), (&json!(version), &json!(SHA)));
    // sentry-cli archives by POST, without projects.
    let archived = json!({"version": version, "projects": [], "status": "archived"});
    assert_eq!(send(&server, Method::POST, &format!("{ORG}/releases/"), &archived).status(), 208);
    assert_eq!(server.api_get(&format!("{release}/"))["status"], "archived");
    // Refs without commits are kept, and leave commits as they are; none at all take the commits away.
    let heads = json!({"refs": [{"repository": "acme/shop", "commit": "new", "previousCommit": SHA}]});
    assert_eq!(send(&server, Method::PUT, &format!("{PROJECT}/releases/shop@2.5.0/"), &heads).status(), 200);
    let heads = send(&server, Method::PUT, &format!("{release}/"), &heads);
    assert_eq!(heads.json::<Value>().expect("JSON")["commitCount"], 2);
    let cleared = send(&server, Method::PUT, &format!("{release}/"), &json!({"refs": []}));
    assert_eq!(cleared.json::<Value>().expect("JSON")["commitCount"], 0);
    assert_eq!(server.api_get(&format!("{release}/commits/")), json!([]));
    let deleted = server.api(Method::DELETE, &format!("{release}/")).send().expect("an answer");
    assert_eq!(deleted.status(), 204);
    assert_eq!(versions(&server.api_get(&format!("{ORG}/releases/"))), ["shop@2.5.0"]);
}

#[test]
fn mistakes_are_told_in_words() {
    let server = Server::start();
    let cases = [
        (json!({"projects": ["default"]}), "version"),
        (json!({"version": "a/b", "projects": ["default"]}), "slashes"),
        (json!({"version": "1.0", "projects": []}), "projects"),
        (json!({"version": "1.0", "projects": ["nope"]}), "`nope` does not exist"),
        (json!({"version": "1.0", "projects": ["default"], "url": "javascript:alert(1)"}), "url"),
        (json!({"version": "1.0", "projects": ["default"], "dateReleased": "soon"}), "dateReleased"),
        (json!({"version": "1.0", "projects": ["default"], "commits": [{"id": ""}]}), "commit"),
        (json!({"version": "1.0", "projects": ["default"], "status": "odd"}), "status"),
    ];
    for (body, word) in cases {
        let answer = send(&server, Method::POST, &format!("{ORG}/releases/"), &body);
        assert_eq!(answer.status(), 400, "{body}");
        let detail = answer.json::<Value>().expect("JSON")["detail"].to_string();
        assert!(detail.contains(word), "{body}: {detail}");
    }
    assert_eq!(server.api_get(&format!("{ORG}/releases/")), json!([]), "nothing was made");
    let unknown = send(&server, Method::PUT, &format!("{ORG}/releases/1.0/"), &json!({"ref": "main"}));
    assert_eq!(unknown.status(), 404);
    let deploy =
        send(&server, Method::POST, &format!("{ORG}/releases/1.0/deploys/"), &json!({"environment": "x"}));
    assert_eq!(deploy.status(), 404);
}

#[test]
fn events_name_releases_too() {
    let server = Server::start();
    let of = |number: u64, release: &str, at: &str, kind: &str| {
        let mut event = event(number, "zanzibar");
        event["release"] = json!(release);
        event["timestamp"] = json!(at);
        event["exception"]["values"][0]["type"] = json!(kind);
        event
    };
    let now = jiff::Timestamp::now();
    let ago = |minutes: i64| {
        (now - jiff::SignedDuration::from_mins(minutes)).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    };
    for (number, release, minutes, kind) in [
        (1, "shop@1.0", 50, "PaymentError"),
        (2, "shop@1.1", 40, "PaymentError"),
        (3, "shop@1.1", 30, "CartError"),
        (4, "shop@1.1", 45, "CartError"),
    ] {
        assert_eq!(server.store(&of(number, release, &ago(minutes), kind)).status(), 200);
        server.settled();
    }
    let list = server.api_get(&format!("{ORG}/releases/"));
    assert_eq!(versions(&list), ["shop@1.1", "shop@1.0"]);
    let newer = &list[0];
    assert_eq!((&newer["firstEvent"], &newer["lastEvent"]), (&json!(ago(45)), &json!(ago(30))));
    assert_eq!(newer["newGroups"], 1);
    assert_eq!(list[1]["newGroups"], 1);
    // A build that comes later adds to the same release, which then cannot be deleted.
    let known = json!({"version": "shop@1.0", "projects": ["default"]});
    assert_eq!(send(&server, Method::POST, &format!("{ORG}/releases/"), &known).status(), 208);
    let deleted = server.api(Method::DELETE, &format!("{ORG}/releases/shop@1.0/")).send().expect("an answer");
    assert_eq!(deleted.status(), 400);
    // Going live makes it the newest.
    let live = json!({"dateReleased": jiff::Timestamp::now().to_string()});
    assert_eq!(send(&server, Method::PUT, &format!("{ORG}/releases/shop@1.0/"), &live).status(), 200);
    assert_eq!(versions(&server.api_get(&format!("{PROJECT}/releases/"))), ["shop@1.0", "shop@1.1"]);
    assert_eq!(server.api_get("/api/0/projects/lighttrace/second/releases/"), json!([]));
    server.restart();
    assert_eq!(versions(&server.api_get(&format!("{ORG}/releases/?query=1.1"))), ["shop@1.1"]);
}

#[test]
fn a_list_is_paged_and_filtered() {
    let server = Server::start();
    for number in 0..7 {
        let project = if number % 2 == 0 { "default" } else { "second" };
        let body = json!({"version": format!("v{number}"), "projects": [project],
            "dateReleased": format!("2026-11-2{number}T00:00:00Z")});
        assert_eq!(send(&server, Method::POST, &format!("{ORG}/releases/"), &body).status(), 201);
    }
    let paged = |query: &str| {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("{ORG}/releases/?per_page=2&{query}&cursor={cursor}");
            let answer = server.api(Method::GET, &path).send().expect("an answer");
            let link = answer.headers()["link"].to_str().expect("text").to_owned();
            let list: Value = answer.json().expect("JSON");
            found.extend(versions(&list).into_iter().map(str::to_owned));
            match next_cursor(&link) {
                Some(next) => cursor = next,
                None => return found.join(" "),
            }
        }
    };
    assert_eq!(paged(""), "v6 v5 v4 v3 v2 v1 v0");
    assert_eq!(paged("project=default"), "v6 v4 v2 v0");
    assert_eq!(paged("project=default&project=second"), "v6 v5 v4 v3 v2 v1 v0");
    assert_eq!(paged("query=V3"), "v3");
    let archived = json!({"status": "archived"});
    assert_eq!(send(&server, Method::PUT, &format!("{ORG}/releases/v5/"), &archived).status(), 200);
    assert_eq!(paged(""), "v6 v4 v3 v2 v1 v0");
    assert_eq!(paged("status=archived"), "v5");
}

#[test]
fn a_builds_token_does_what_builds_do_and_no_more() {
    let server = Server::start();
    for scopes in ["org:ci", "project:releases"] {
        let made = server.command(&["token", "add", scopes, "--scopes", scopes]).output().expect("ends");
        let token = String::from_utf8(made.stdout).expect("text").trim().to_owned();
        let ask = |method: Method, path: &str, body: Value| {
            let request = server.client.request(method, server.url(path)).bearer_auth(&token);
            request.json(&body).send().expect("an answer").status().as_u16()
        };
        let new = json!({"version": format!("shop@{scopes}"), "projects": ["default"]});
        assert_eq!(ask(Method::POST, &format!("{ORG}/releases/"), new), 201, "{scopes}");
        assert_eq!(ask(Method::GET, &format!("{ORG}/repos/"), json!({})), 200, "{scopes}");
        assert_eq!(ask(Method::GET, &format!("{ORG}/"), json!({})), 200, "{scopes}");
        assert_eq!(ask(Method::GET, &format!("{ORG}/issues/"), json!({})), 403, "{scopes}");
        assert_eq!(ask(Method::PUT, &format!("{PROJECT}/"), json!({"name": "x"})), 403, "{scopes}");
        assert_eq!(ask(Method::POST, &format!("{ORG}/repos/"), json!({"name": "x"})), 403, "{scopes}");
    }
}

#[test]
fn a_release_of_other_projects_does_not_exist() {
    let server = Server::start();
    let email = "elsewhere@team.example.com";
    add_user(&server, email, "member");
    let member = member_number(&server, email);
    let limited =
        send(&server, Method::PUT, &format!("{ORG}/members/{member}/"), &json!({"projects": ["second"]}));
    assert_eq!(limited.status(), 200);
    for (version, projects) in [("hidden", json!(["default"])), ("both", json!(["default", "second"]))] {
        let body = json!({"version": version, "projects": projects});
        assert_eq!(send(&server, Method::POST, &format!("{ORG}/releases/"), &body).status(), 201);
    }
    let client = signed_in(&server, email);
    let get =
        |path: &str| client.get(server.url(&format!("{ORG}/releases/{path}"))).send().expect("an answer");
    let list: Value = get("").json().expect("JSON");
    assert_eq!(versions(&list), ["both"]);
    assert_eq!(list[0]["projects"].as_array().map(Vec::len), Some(1));
    for path in ["hidden/", "hidden/commits/", "hidden/deploys/", "hidden/previous-with-commits/"] {
        assert_eq!(get(path).status(), 404, "{path}");
    }
    let delete = client.delete(server.url(&format!("{ORG}/releases/both/"))).header("X-LightTrace-CSRF", "1");
    assert_eq!(delete.send().expect("an answer").status(), 403);
    let body = json!({"version": "new", "projects": ["default"]});
    let make =
        client.post(server.url(&format!("{ORG}/releases/"))).header("X-LightTrace-CSRF", "1").json(&body);
    assert_eq!(make.send().expect("an answer").status(), 400);
    assert_eq!(
        browser().get(server.url(&format!("{ORG}/releases/"))).send().expect("an answer").status(),
        401
    );
}
