//! Who gets in, and what they may do there.

use reqwest::Method;
use reqwest::blocking::Client;
use serde_json::{Value, json};

use crate::api::{ORG, PROJECT, described, event, with_events};
use crate::support::{EMAIL, PASSWORD, Server};

fn browser() -> Client {
    Client::builder().cookie_store(true).build().expect("a client")
}

fn sign_in(server: &Server, client: &Client, email: &str, password: &str) -> reqwest::blocking::Response {
    let body = json!({"email": email, "password": password});
    client.post(server.url("/api/0/auth/login/")).json(&body).send().expect("an answer")
}

#[test]
fn nobody_reads_or_writes_anything_without_signing_in() {
    let server = Server::start();
    let document = described();
    let paths = document["paths"].as_object().expect("paths");
    let mut refused = 0;
    for (path, item) in paths {
        let filled =
            path.replace("{org}", "lighttrace").replace("{project}", "default").replace(['{', '}'], "");
        for method in item.as_object().expect("operations").keys().filter(|key| *key != "parameters") {
            let method: Method = method.to_uppercase().parse().expect("a method");
            for bare in [filled.as_str(), filled.trim_end_matches('/')] {
                let request = server.client.request(method.clone(), server.url(bare)).body("{}");
                let status = request.send().expect("an answer").status();
                let is_public = ["config", "login", "logout", "setup"]
                    .iter()
                    .any(|end| path.ends_with(&format!("auth/{end}/")));
                assert_eq!(status == 401, !is_public, "{method} {bare}: {status}");
                refused += u32::from(status == 401);
            }
        }
    }
    assert!(refused > 60, "{refused} refusals");
    for token in ["wrong", "", "Basic x"] {
        let request = server.client.get(server.url(ORG)).header("Authorization", format!("Bearer {token}"));
        assert_eq!(request.send().expect("an answer").status(), 401);
    }
}

#[test]
fn a_browser_signs_in_writes_with_its_own_pages_sign_only_and_signs_out() {
    let server = with_events(1);
    let client = browser();
    assert_eq!(sign_in(&server, &client, EMAIL, "wrong password").status(), 401);
    assert_eq!(sign_in(&server, &client, "nobody@example.com", PASSWORD).status(), 401);
    let answer = sign_in(&server, &client, &EMAIL.to_uppercase(), PASSWORD);
    assert_eq!(answer.status(), 200);
    let cookie = answer.headers()["set-cookie"].to_str().expect("text").to_owned();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let issue = server.issues("")[0]["id"].as_str().expect("an id").to_owned();
    let url = server.url(&format!("/api/0/issues/{issue}/"));
    let put = |name: &str, value: &str| {
        let request = client.put(&url).json(&json!({"status": "resolved"})).header(name, value);
        request.send().expect("an answer").status()
    };
    assert_eq!(put("Sec-Fetch-Site", "cross-site"), 403);
    assert_eq!(put("Origin", "https://evil.example.com"), 403);
    assert_eq!(put("Accept", "*/*"), 403);
    assert_eq!(put("X-LightTrace-CSRF", "1"), 200);
    let config: Value =
        client.get(server.url("/api/0/auth/config/")).send().expect("config").json().expect("JSON");
    assert_eq!(config["user"]["email"], EMAIL);
    assert_eq!(config["setupRequired"], false);
    let leave = client.post(server.url("/api/0/auth/logout/")).header("X-LightTrace-CSRF", "1");
    assert_eq!(leave.send().expect("an answer").status(), 204);
    let stolen = client.get(server.url(ORG)).header("Cookie", cookie.split(';').next().expect("a pair"));
    assert_eq!(stolen.send().expect("an answer").status(), 401, "the session has ended, not only its cookie");
}

#[test]
fn passwords_can_be_guessed_a_few_times_only() {
    let server = Server::start();
    let client = browser();
    let tries: Vec<u16> = (0..21)
        .map(|number| sign_in(&server, &client, EMAIL, &format!("guess {number}")).status().as_u16())
        .collect();
    assert_eq!(tries[0], 401);
    assert_eq!(tries[20], 429, "{tries:?}");
    let answer = sign_in(&server, &client, EMAIL, PASSWORD);
    assert_eq!(answer.status(), 429, "a right guess after too many wrong ones tells nothing");
    assert!(answer.headers().contains_key("retry-after"));
}

#[test]
fn the_set_up_link_works_once() {
    let server = Server::start_with(&[("LIGHTTRACE_ADMIN_EMAIL", ""), ("LIGHTTRACE_ADMIN_PASSWORD", "")]);
    let config: Value =
        server.client.get(server.url("/api/0/auth/config/")).send().expect("config").json().expect("JSON");
    assert_eq!((&config["setupRequired"], &config["signedIn"]), (&json!(true), &json!(false)));
    server.kill();
    let mut own = server.command(&["serve"]).stdout(std::process::Stdio::piped()).spawn().expect("starts");
    let lines = std::io::BufRead::lines(std::io::BufReader::new(own.stdout.take().expect("piped")));
    let (mut token, mut address) = (String::new(), String::new());
    for line in lines.map_while(Result::ok) {
        if let Some((_, rest)) = line.split_once("/setup?token=") {
            rest.split(' ').next().expect("a token").clone_into(&mut token);
        }
        if let Some(rest) = line.strip_prefix("Listening on ") {
            rest.clone_into(&mut address);
            break;
        }
    }
    let client = browser();
    let setup = |token: &str, password: &str| {
        let body =
            json!({"token": token, "email": "first@example.com", "name": "First", "password": password});
        client
            .post(format!("{address}/api/0/auth/setup/"))
            .json(&body)
            .send()
            .expect("an answer")
            .status()
            .as_u16()
    };
    let statuses = [
        setup("guess", "long enough"),
        setup(&token, "short"),
        setup(&token, "long enough"),
        setup(&token, "long enough"),
    ];
    let reads = client.get(format!("{address}{ORG}/issues/")).send().expect("an answer").status();
    own.kill().expect("killed");
    own.wait().expect("reaped");
    assert_eq!(statuses, [403, 400, 200, 403]);
    assert_eq!(reads, 200, "the first account is signed in");
}

#[test]
fn a_viewer_reads_and_changes_nothing() {
    let server = with_events(1);
    server.kill();
    let mut command = server.command(&["user", "add", "view@example.com", "--role", "viewer"]);
    command.stdin(std::process::Stdio::piped());
    let mut child = command.spawn().expect("the command starts");
    std::io::Write::write_all(&mut child.stdin.take().expect("piped"), b"viewing only\n").expect("written");
    assert!(child.wait().expect("reaped").success());
    server.restart();
    let client = browser();
    assert_eq!(sign_in(&server, &client, "view@example.com", "viewing only").status(), 200);
    assert_eq!(client.get(server.url(&format!("{ORG}/issues/"))).send().expect("an answer").status(), 200);
    let write = client.put(server.url("/api/0/issues/1/")).header("X-LightTrace-CSRF", "1");
    assert_eq!(write.json(&json!({"status": "resolved"})).send().expect("an answer").status(), 403);
}

#[test]
fn an_open_page_hears_nothing_after_its_session_has_ended() {
    let server = Server::start();
    let client = browser();
    assert_eq!(sign_in(&server, &client, EMAIL, PASSWORD).status(), 200);
    let stream = client.get(server.url(&format!("{ORG}/live/"))).send().expect("an answer");
    assert_eq!(stream.status(), 200);
    let leave = client.post(server.url("/api/0/auth/logout/")).header("X-LightTrace-CSRF", "1");
    assert_eq!(leave.send().expect("an answer").status(), 204);
    assert_eq!(server.store(&event(1, "x")).status(), 200);
    let heard = stream.text().expect("the stream has ended by itself");
    assert!(!heard.contains("event: issues"), "{heard}");
}

/// A token of the admin with these scopes.
fn token(server: &Server, scopes: &str) -> String {
    let made = server.command(&["token", "add", "t", "--scopes", scopes]).output().expect("ends");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    String::from_utf8_lossy(&made.stdout).trim().to_owned()
}

#[test]
fn a_token_reads_what_its_scopes_say() {
    let server = with_events(1);
    let cases = [
        ("event:read", [200, 403, 403, 403, 403]),
        ("event:admin", [200, 403, 403, 403, 200]),
        ("project:read", [403, 200, 200, 403, 403]),
        ("project:releases", [403, 403, 403, 403, 403]),
        ("org:write", [403, 200, 403, 200, 403]),
    ];
    for (scopes, expected) in cases {
        let token = token(&server, scopes);
        let read = |path: &str| {
            let answer = server.client.get(server.url(path)).bearer_auth(&token).send().expect("an answer");
            answer.status().as_u16()
        };
        let change = server.client.put(server.url("/api/0/issues/1/")).bearer_auth(&token);
        let change = change.json(&json!({"status": "ignored"})).send().expect("an answer").status().as_u16();
        let seen = [
            read("/api/0/issues/1/"),
            read(&format!("{ORG}/projects/")),
            read(&format!("{PROJECT}/keys/")),
            read(&format!("{ORG}/stats/ledger/")),
            change,
        ];
        assert_eq!(seen, expected, "{scopes}");
        assert_eq!(read("/api/0/"), 200, "who one is may always be asked: {scopes}");
    }
}

#[test]
fn a_search_tells_who_has_an_account_only_to_whom_members_are_listed() {
    let server = with_events(1);
    for (scopes, unknown) in
        [("event:read", 200), ("event:read,member:read", 400), ("event:read,org:read", 400)]
    {
        let token = token(&server, scopes);
        let read = |path: &str| {
            let answer = server.client.get(server.url(path)).bearer_auth(&token).send().expect("an answer");
            (answer.status().as_u16(), answer.text().expect("a body"))
        };
        for list in [format!("{ORG}/issues/"), format!("{ORG}/events/"), "/api/0/issues/1/events/".to_owned()]
        {
            let known = read(&format!("{list}?query=assigned:{EMAIL}"));
            let nobody = read(&format!("{list}?query=assigned:nobody@example.com"));
            assert_eq!((known.0, nobody.0), (200, unknown), "{scopes} {list}");
            assert_eq!(known == nobody, unknown == 200, "{scopes} {list}: {known:?} {nobody:?}");
        }
        let (_, offered) = read(&format!("{ORG}/search-suggestions/?query=assigned:"));
        assert_eq!(offered.contains(EMAIL), unknown == 400, "{scopes}: {offered}");
        assert_eq!(read(&format!("{ORG}/members/")).0 == 200, unknown == 400, "{scopes}");
    }
}

#[test]
fn a_changed_token_of_the_settings_ends_the_old_one() {
    let server = Server::start();
    server.stop();
    let mut own = server.command(&["serve"]);
    own.env("LIGHTTRACE_API_TOKEN", "another_token_0123456789").stdout(std::process::Stdio::piped());
    let mut own = own.spawn().expect("starts");
    let lines = std::io::BufRead::lines(std::io::BufReader::new(own.stdout.take().expect("piped")));
    let mut lines = lines.map_while(Result::ok);
    let address = lines.find_map(|line| line.strip_prefix("Listening on ").map(str::to_owned));
    let address = address.expect("the server says where it listens");
    let read = |token: &str| {
        let request = server.client.get(format!("{address}{ORG}/")).bearer_auth(token);
        request.send().expect("an answer").status().as_u16()
    };
    let seen = [read(crate::support::TOKEN), read("another_token_0123456789")];
    own.kill().expect("killed");
    own.wait().expect("reaped");
    assert_eq!(seen, [401, 200]);
}
