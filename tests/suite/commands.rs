//! The commands, as somebody types them.

use std::io::Write;
use std::process::{Output, Stdio};

use reqwest::Method;
use reqwest::StatusCode;
use serde_json::json;

use crate::support::{EMAIL, Server};

fn run(server: &Server, arguments: &[&str], input: &str) -> Output {
    let mut child = server
        .command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("written");
    child.wait_with_output().expect("ends")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn sign_in(server: &Server, email: &str, password: &str) -> StatusCode {
    let url = server.url("/api/0/auth/login/");
    let request = server.client.post(url).header("X-LightTrace-CSRF", "1");
    request.json(&json!({"email": email, "password": password})).send().expect("an answer").status()
}

#[test]
fn people_and_tokens_are_made_while_the_server_is_stopped() {
    let server = Server::start();
    let refused = run(&server, &["user", "add", "ada@example.com"], "a long password\n");
    assert!(!refused.status.success(), "the running server holds the data");
    assert!(text(&refused.stderr).contains("in use"), "{}", text(&refused.stderr));

    assert!(server.stop(), "a clean stop");
    let weak = run(&server, &["user", "add", "ada@example.com"], "short\n");
    assert!(!weak.status.success());
    let added = run(&server, &["user", "add", "Ada@Example.com", "--role", "member"], "a long password\n");
    assert!(added.status.success(), "{}", text(&added.stderr));
    let again = run(&server, &["user", "add", "ada@example.com"], "a long password\n");
    assert!(text(&again.stderr).contains("exists already"), "{}", text(&again.stderr));
    let changed = run(&server, &["user", "passwd", EMAIL], "another password\n");
    assert!(changed.status.success(), "{}", text(&changed.stderr));
    let token = run(&server, &["token", "add", "ci", "--scopes", "event:read,org:read"], "");
    assert!(token.status.success(), "{}", text(&token.stderr));
    let token = text(&token.stdout).trim().to_owned();

    server.restart();
    assert_eq!(sign_in(&server, "ada@example.com", "a long password"), StatusCode::OK);
    assert_eq!(sign_in(&server, EMAIL, "another password"), StatusCode::OK);
    assert_eq!(sign_in(&server, EMAIL, crate::support::PASSWORD), StatusCode::UNAUTHORIZED);
    let issues = server.client.get(server.url("/api/0/organizations/lighttrace/issues/"));
    assert_eq!(issues.bearer_auth(&token).send().expect("an answer").status(), StatusCode::OK);
    let create = server.client.request(Method::POST, server.url("/api/0/organizations/lighttrace/projects/"));
    let create = create.bearer_auth(&token).json(&json!({"name": "nope"}));
    assert_eq!(
        create.send().expect("an answer").status(),
        StatusCode::FORBIDDEN,
        "a token that may only read"
    );
}

#[test]
fn the_doctor_says_what_is_wrong() {
    let server = Server::start();
    let running = run(&server, &["doctor"], "");
    assert!(running.status.success(), "{}", text(&running.stdout));
    assert!(text(&running.stdout).contains("a running server holds it"), "{}", text(&running.stdout));
    server.stop();
    let stopped = run(&server, &["doctor"], "");
    assert!(stopped.status.success(), "{}", text(&stopped.stdout));

    let blocked = server.data_dir().join("a-file");
    std::fs::write(&blocked, "not a folder").expect("written");
    let mut command = server.command(&["doctor"]);
    let broken = command.env("LIGHTTRACE_DATA_DIR", &blocked).output().expect("ends");
    assert!(!broken.status.success());
    assert!(text(&broken.stdout).contains("LIGHTTRACE_DATA_DIR"), "{}", text(&broken.stdout));

    let unknown = server.command(&["doctor"]).env("LIGHTTRACE_NOPE", "1").output().expect("ends");
    assert!(!unknown.status.success());
    assert!(text(&unknown.stderr).contains("LIGHTTRACE_NOPE"), "{}", text(&unknown.stderr));
}

#[test]
fn a_second_server_on_the_same_data_says_so_and_exits() {
    let server = Server::start();
    let second = run(&server, &["serve"], "");
    assert!(!second.status.success());
    assert!(
        text(&second.stderr).contains("in use by another LightTrace process"),
        "{}",
        text(&second.stderr)
    );
}

#[test]
fn the_index_is_built_anew_from_the_store() {
    let server = Server::start();
    for n in 0..30 {
        assert_eq!(server.store(&json!({"message": format!("rebuildable {n}")})).status(), StatusCode::OK);
    }
    server.settled();
    assert_eq!(server.count_events("rebuildable"), 30);
    server.stop();
    let done = run(&server, &["reindex"], "");
    assert!(done.status.success(), "{}", text(&done.stderr));
    assert!(text(&done.stdout).contains("Indexed 30 events."), "{}", text(&done.stdout));
    server.restart();
    server.settled();
    assert_eq!(server.count_events("rebuildable"), 30);
    server.stop();

    // Lost while nobody looked: the server fills it again by itself.
    for partition in std::fs::read_dir(server.data_dir().join("partitions")).expect("readable") {
        std::fs::remove_dir_all(partition.expect("an entry").path().join("index")).expect("removed");
    }
    server.restart();
    server.settled();
    assert_eq!(server.count_events("rebuildable"), 30);
}

#[test]
fn health_is_asked_by_the_binary_itself() {
    let server = Server::start();
    let mut command = server.command(&["health"]);
    let healthy = command.env("LIGHTTRACE_LISTEN", server.address()).output().expect("ends");
    assert!(healthy.status.success(), "{}", text(&healthy.stderr));
    let address = server.address();
    server.stop();
    let mut command = server.command(&["health"]);
    let down = command.env("LIGHTTRACE_LISTEN", address).output().expect("ends");
    assert!(!down.status.success());
}
