//! The commands, as somebody types them.

use std::io::Write;
use std::process::{Output, Stdio};

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
fn people_and_tokens_are_made_while_the_server_runs_and_while_it_is_stopped() {
    let server = Server::start();
    for (round, is_running) in [("one", true), ("two", false)] {
        if !is_running {
            assert!(server.stop(), "a clean stop");
        }
        let email = format!("{round}@example.com");
        let mixed_case = format!("{}@Example.com", round.to_uppercase());
        let fails = |arguments: &[&str], input: &str, reason: &str| {
            let refused = run(&server, arguments, input);
            assert_eq!(refused.status.code(), Some(1), "{arguments:?} {is_running}");
            assert!(text(&refused.stderr).contains(reason), "{}", text(&refused.stderr));
        };
        let works = |arguments: &[&str], input: &str| {
            let done = run(&server, arguments, input);
            assert!(done.status.success(), "{arguments:?} {is_running}: {}", text(&done.stderr));
            text(&done.stdout).trim().to_owned()
        };
        fails(&["user", "add", &email], "short\n", "at least 8 characters");
        works(&["user", "add", &mixed_case, "--role", "member"], "a long password\n");
        fails(&["user", "add", &email], "a long password\n", "exists already");
        fails(&["user", "add", "nowhere"], "a long password\n", "no email address");
        fails(&["user", "add", &format!("{}@x", "a".repeat(200))], "a long password\n", "no email address");
        fails(&["user", "passwd", "nobody@example.com"], "a long password\n", "nobody has the address");
        works(&["user", "passwd", EMAIL], &format!("password {round}\n"));
        fails(&["token", "add", "ci", "--scopes", "event:read,event:fly"], "", "`event:fly` is no scope");
        fails(&["token", "add", "ci", "--email", "nobody@example.com"], "", "nobody has the address");
        let token = works(&["token", "add", "ci", "--scopes", "event:read,org:read"], "");
        if !is_running {
            server.restart();
        }
        assert_eq!(sign_in(&server, &email, "a long password"), StatusCode::OK);
        assert_eq!(sign_in(&server, EMAIL, &format!("password {round}")), StatusCode::OK);
        assert_eq!(sign_in(&server, EMAIL, crate::support::PASSWORD), StatusCode::UNAUTHORIZED);
        let issues = server.client.get(server.url("/api/0/organizations/lighttrace/issues/"));
        assert_eq!(issues.bearer_auth(&token).send().expect("an answer").status(), StatusCode::OK);
    }
}

#[test]
fn only_the_owner_of_the_data_reaches_the_servers_socket() {
    use std::os::unix::fs::PermissionsExt;
    let server = Server::start();
    let socket = server.data_dir().join("control.sock");
    let mode = || std::fs::metadata(&socket).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    server.kill();
    assert!(socket.exists(), "a kill leaves it behind");
    let changed = run(&server, &["user", "passwd", EMAIL], "another password\n");
    assert!(changed.status.success(), "{}", text(&changed.stderr));
    server.restart();
    assert_eq!(mode(), 0o600);
    let changed = run(&server, &["user", "passwd", EMAIL], "yet another password\n");
    assert!(changed.status.success(), "{}", text(&changed.stderr));
    assert!(server.stop());
    assert!(!socket.exists(), "a clean stop does not");
}

#[test]
fn what_is_no_command_is_answered_and_does_no_harm() {
    use std::io::Read;
    use std::net::Shutdown;
    let server = Server::start();
    let say = |sent: &[u8]| {
        let socket = server.data_dir().join("control.sock");
        let mut stream = std::os::unix::net::UnixStream::connect(socket).expect("connected");
        // The server may have answered and gone before all was sent.
        let _ = stream.write_all(sent);
        let _ = stream.shutdown(Shutdown::Write);
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer
    };
    for sent in [&b""[..], b"{}\n", b"{\"command\":\"fly\"}\n", b"\xff\xfe\n", b"{\"command\":\"reindex\"}"] {
        assert!(say(sent).starts_with("{\"error\":"), "{sent:?}");
    }
    say(&vec![b'x'; 1 << 20]);
    let changed = run(&server, &["user", "passwd", EMAIL], "another password\n");
    assert!(changed.status.success(), "{}", text(&changed.stderr));
}

#[test]
fn a_command_names_the_real_reason_why_the_store_does_not_open() {
    let server = Server::start();
    server.stop();
    std::fs::write(server.data_dir().join("state.redb"), "no database").expect("written");
    for arguments in [&["reindex"][..], &["token", "add", "ci"]] {
        let broken = run(&server, arguments, "");
        assert_eq!(broken.status.code(), Some(1));
        let said = text(&broken.stderr);
        assert!(said.contains("state.redb") && !said.contains("must be stopped"), "{said}");
    }
}

#[test]
fn a_path_too_long_for_a_socket_is_a_warning() {
    let server = Server::start();
    let long = server.data_dir().join("x".repeat(120));
    let mut command = server.command(&["serve"]);
    command.env("LIGHTTRACE_DATA_DIR", &long).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("starts");
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().expect("piped")));
    let listens = lines.any(|line| line.is_ok_and(|line| line.starts_with("Listening on ")));
    child.kill().expect("killed");
    let output = child.wait_with_output().expect("ends");
    assert!(listens, "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("control.sock"), "{}", text(&output.stderr));
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

    let mut command = server.command(&["doctor"]);
    let weak = command.env("LIGHTTRACE_ADMIN_PASSWORD", "x").env("LIGHTTRACE_LOG", "a=b=c").output();
    let weak = weak.expect("ends");
    assert!(!weak.status.success(), "`serve` would not start");
    for named in ["warn   sign-in   LIGHTTRACE_ADMIN_PASSWORD", "ERROR  log       LIGHTTRACE_LOG"] {
        assert!(text(&weak.stdout).contains(named), "{}", text(&weak.stdout));
    }

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
    let done = run(&server, &["reindex"], "");
    assert!(done.status.success(), "{}", text(&done.stderr));
    assert!(text(&done.stdout).contains("Indexed 30 events."), "{}", text(&done.stdout));
    assert!(text(&done.stderr).contains("events …"), "{}", text(&done.stderr));
    assert_eq!(server.count_events("rebuildable"), 30, "while the server runs");
    assert_eq!(server.store(&json!({"message": "rebuildable 31"})).status(), StatusCode::OK);
    server.settled();
    assert_eq!(server.count_events("rebuildable"), 31, "what comes later is indexed too");

    server.stop();
    let done = run(&server, &["reindex"], "");
    assert!(done.status.success(), "{}", text(&done.stderr));
    assert!(text(&done.stdout).contains("Indexed 31 events."), "{}", text(&done.stdout));
    server.restart();
    server.settled();
    assert_eq!(server.count_events("rebuildable"), 31);
    server.stop();

    // Lost while nobody looked: the server fills it again by itself.
    for partition in std::fs::read_dir(server.data_dir().join("partitions")).expect("readable") {
        std::fs::remove_dir_all(partition.expect("an entry").path().join("index")).expect("removed");
    }
    server.restart();
    server.settled();
    assert_eq!(server.count_events("rebuildable"), 31);
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
