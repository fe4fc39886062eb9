//! Whether a release made it worse: over HTTP, and as a deploy's last step asks it.

use std::process::Output;

use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{ORG, event};
use crate::support::{KEY, SECOND_KEY, Server, TOKEN};
use crate::suspects::{minutes_ago, post};

/// Events of a release, one each so many minutes from then on, of an issue of its own kind.
struct Stream {
    project: u8,
    release: &'static str,
    kind: &'static str,
    from_minutes_ago: i64,
    every_minutes: usize,
    events: usize,
}

fn send(server: &Server, first: u64, stream: &Stream) {
    let Stream { project, release, kind, from_minutes_ago, every_minutes, events } = *stream;
    let key = if project == 1 { KEY } else { SECOND_KEY };
    let url = server.url(&format!("/api/{project}/store/?sentry_key={key}&sentry_version=7"));
    let minutes = (0..).step_by(every_minutes).take(events).map(|after: i64| from_minutes_ago - after);
    for (number, minutes) in (first..).zip(minutes) {
        let mut event = event(number, "zanzibar");
        event["release"] = json!(release);
        event["timestamp"] = json!(minutes_ago(minutes));
        event["exception"]["values"][0]["type"] = json!(kind);
        let sent = server.client.post(&url).body(event.to_string()).send().expect("an answer");
        assert_eq!(sent.status(), 200);
    }
}

fn verdict(server: &Server, query: &str) -> Value {
    server.api_get(&format!("{ORG}/verdict/?{query}"))
}

fn asked(server: &Server, arguments: &[&str]) -> Output {
    let url = server.url("");
    let mut command = server.command(&["verdict"]);
    command.args(arguments).args(["--url", &url]).env("SENTRY_AUTH_TOKEN", TOKEN);
    command.output().expect("ends")
}

fn checked<'a>(verdict: &'a Value, name: &str) -> &'a Value {
    let checks = verdict["projects"][0]["checks"].as_array().expect("checks");
    checks.iter().find(|check| check["name"] == name).expect("a check")
}

#[test]
fn more_errors_by_the_hour_are_worse_and_as_many_the_same() {
    let server = Server::start();
    let old = Stream {
        project: 1,
        release: "shop@1.0.0",
        kind: "OldError",
        from_minutes_ago: 20 * 60,
        every_minutes: 60,
        events: 8,
    };
    send(&server, 1, &old);
    // A version of before is not that of another package, and neither is a later one.
    send(&server, 20, &Stream { release: "cart@1.0.5", events: 1, ..old });
    send(
        &server,
        100,
        &Stream { release: "shop@1.1.0", from_minutes_ago: 8 * 60, every_minutes: 8, events: 60, ..old },
    );
    let api = Stream { project: 2, release: "api@1.0.0", ..old };
    send(&server, 200, &api);
    send(&server, 300, &Stream { release: "api@1.1.0", from_minutes_ago: 8 * 60, ..api });
    let new = json!({"version": "shop@1.2.0", "projects": ["default"]});
    post(&server, "releases", &new);
    server.settled();

    let worse = verdict(&server, "release=shop@1.1.0&environment=production");
    assert_eq!((&worse["state"], &worse["environment"]), (&json!("worse"), &json!("production")));
    assert_eq!(worse["sentence"], "Worse: errors 7.5 vs 1.0 an hour; roll back");
    let project = &worse["projects"][0];
    assert_eq!(
        (&project["previousRelease"], &project["sinceWhat"]),
        (&json!("shop@1.0.0"), &json!("traffic"))
    );
    let window = project["window"].as_i64().expect("seconds");
    assert!((8 * 3_600..8 * 3_600 + 120).contains(&window), "{window}");
    let errors = checked(&worse, "error_rate");
    assert_eq!(
        (&errors["state"], &errors["test"], &errors["unit"]),
        (&json!("worse"), &json!("poisson_rates"), &json!("per_hour"))
    );
    assert!(errors["p"].as_f64().is_some_and(|p| p < 1e-6), "{errors}");
    assert_eq!(checked(&worse, "duration_p95")["sentence"], "No traces yet");
    assert_eq!(project["newIssues"], json!([]), "its error is an old one");

    let same = verdict(&server, "release=api@1.1.0&project=second");
    assert_eq!((&same["state"], &same["environment"]), (&json!("same"), &Value::Null));
    assert_eq!(same["sentence"], "Same as api 1.0.0: errors 1.0 vs 1.0 an hour, no new issues");
    let young = verdict(&server, "release=shop@1.2.0");
    assert_eq!(young["state"], "not_enough_data");
    assert_eq!(young["sentence"], "Not enough data: neither sessions nor errors of shop 1.2.0 yet");
    let elsewhere = verdict(&server, "release=shop@1.1.0&environment=staging");
    assert_eq!(elsewhere["sentence"], "Not enough data: no release before shop 1.1.0 had traffic in staging");

    for (query, status) in [
        ("", 400),
        ("release=shop@9", 404),
        ("release=shop@1.1.0&project=second", 404),
        ("release=shop@1.1.0&project=nope", 400),
    ] {
        let answer = server.api(Method::GET, &format!("{ORG}/verdict/?{query}")).send().expect("an answer");
        assert_eq!(answer.status(), status, "{query}");
    }

    for (arguments, code, said) in [
        (
            &["shop@1.1.0", "--environment", "production"][..],
            1,
            "Worse: errors 7.5 vs 1.0 an hour; roll back\n",
        ),
        (&["api@1.1.0", "--project", "second"], 0, "Same as api 1.0.0"),
        (&["shop@1.2.0", "--wait", "1s"], 2, "Not enough data"),
        (&["shop@9"], 3, ""),
        (&["shop@1.1.0", "--token", "wrong"], 3, ""),
        (&["shop@1.1.0", "--json"], 1, "{\"release\":\"shop@1.1.0\""),
    ] {
        let output = asked(&server, arguments);
        let text = String::from_utf8_lossy(&output.stdout);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}{error}");
        assert!(text.starts_with(said), "{arguments:?}: {text}");
        assert_eq!(error.is_empty(), code < 2, "{arguments:?}: {error}");
    }
    let output = asked(&server, &["shop@1.1.0"]);
    insta::assert_snapshot!(String::from_utf8_lossy(&output.stdout), @r"
    Worse: errors 7.5 vs 1.0 an hour; roll back

      same      No new issues; 1 in the release before at this age
      same      No issue came back
      worse     Errors 7.5 vs 1.0 an hour; there are no sessions to measure by
      –         No sessions to compare
      –         No users to compare
      –         No traces yet
    ");
}

#[test]
fn new_issues_are_listed_but_for_those_archived_and_the_deploy_is_when_it_began() {
    let server = Server::start();
    let old = Stream {
        project: 1,
        release: "shop@1.0.0",
        kind: "OldError",
        from_minutes_ago: 9 * 60,
        every_minutes: 30,
        events: 8,
    };
    send(&server, 1, &old);
    let new = Stream { release: "shop@1.1.0", from_minutes_ago: 115, every_minutes: 20, events: 5, ..old };
    send(&server, 100, &new);
    send(&server, 200, &Stream { kind: "NewError", from_minutes_ago: 121, ..new });
    send(&server, 300, &Stream { kind: "DullError", ..new });
    server.settled();
    let deploy = json!({"environment": "production", "dateFinished": minutes_ago(120)});
    post(&server, "releases/shop@1.1.0/deploys", &deploy);
    let dull = server.issues("DullError")[0]["id"].as_str().expect("an id").to_owned();
    let archived =
        server.api(Method::PUT, &format!("/api/0/issues/{dull}/")).json(&json!({"status": "ignored"}));
    assert_eq!(archived.send().expect("an answer").status(), 200);

    let found = verdict(&server, "release=shop@1.1.0&environment=production");
    let project = &found["projects"][0];
    assert_eq!((&project["sinceWhat"], &project["since"]), (&json!("deploy"), &deploy["dateFinished"]));
    let titles: Vec<_> =
        project["newIssues"].as_array().expect("issues").iter().map(|issue| &issue["title"]).collect();
    assert_eq!(titles, ["NewError: card declined"], "{project}");
    assert_eq!(checked(&found, "new_issues")["sentence"], "1 new issue; 1 in the release before at this age");
}

/// What the issue's page says of its fix.
fn watched(server: &Server, id: &str) -> Value {
    server.api_get(&format!("/api/0/issues/{id}/"))["fixWatch"].clone()
}

fn told(server: &Server, id: &str) -> String {
    let watch = watched(server, id);
    let (state, sentence) =
        (watch["state"].as_str().expect("a state"), watch["sentence"].as_str().expect("words"));
    format!("{state}: {sentence}")
}

fn now(server: &Server, number: u64, release: &str, kind: &str) {
    let mut event = event(number, "zanzibar");
    event["release"] = json!(release);
    event["timestamp"] = json!(minutes_ago(0));
    event["exception"]["values"][0]["type"] = json!(kind);
    assert_eq!(server.store(&event).status(), 200);
    server.settled();
}

/// One that was seen so often in the last hours, all in one release.
fn known_issue(server: &Server, events: usize) -> String {
    let before = Stream {
        project: 1,
        release: "shop@1.0.0",
        kind: "PaymentError",
        from_minutes_ago: 300,
        every_minutes: 20,
        events,
    };
    send(server, 1, &before);
    server.settled();
    server.issues("")[0]["id"].as_str().expect("an id").to_owned()
}

/// Event times are whole seconds here: those that follow are after what was just decided.
fn next_second(server: &Server) {
    let second = Timestamp::now().as_second();
    server.wait_until("the next second", || Timestamp::now().as_second() > second);
}

#[test]
fn a_fix_is_watched_from_its_promise_to_its_failure() {
    let server = Server::start();
    let id = known_issue(&server, 15);
    assert_eq!(watched(&server, &id), Value::Null, "nobody said that it is fixed");
    let resolve = json!({"status": "resolved", "statusDetails": {"inNextRelease": true}});
    let resolved =
        server.api(Method::PUT, &format!("/api/0/issues/{id}/")).json(&resolve).send().expect("an answer");
    assert_eq!(resolved.status(), 200);
    assert_eq!(told(&server, &id), "not_deployed: The next release is not out yet");
    next_second(&server);

    now(&server, 100, "shop@1.0.0", "PaymentError");
    let watch = watched(&server, &id);
    assert_eq!(
        (&watch["state"], &watch["quiet"]),
        (&json!("not_deployed"), &json!("Still seen in releases before the fix: 1 event"))
    );

    post(&server, "releases", &json!({"version": "shop@1.1.0", "projects": ["default"]}));
    assert_eq!(told(&server, &id), "not_deployed: The next release is not out yet");
    post(&server, "releases/shop@1.1.0/deploys", &json!({"environment": "production"}));
    let said = told(&server, &id);
    assert!(
        said.starts_with("no_traffic: No traffic yet, cannot tell: shop 1.1.0 went to production "),
        "{said}"
    );

    now(&server, 101, "shop@1.1.0", "CartError");
    let said = told(&server, &id);
    assert!(
        said.starts_with("holding: Holding for ") && said.contains("over 1 event of other issues; early:"),
        "{said}"
    );
    let session = json!({"sid": "7c7b6585-f901-4351-bf8d-02711b721929", "init": true, "status": "ok",
        "started": Timestamp::now().to_string(), "attrs": {"release": "shop@1.1.0", "environment": "production"}});
    let envelope = format!("{{}}\n{{\"type\":\"session\"}}\n{session}\n");
    assert_eq!(server.envelope(envelope).status(), 200);
    server.wait_until("the session counts", || watched(&server, &id)["sessions"] == 1);
    let watch = watched(&server, &id);
    assert!(watch["sentence"].as_str().is_some_and(|said| said.contains("over 1 session")), "{watch}");
    assert_eq!(
        (&watch["releases"][0]["version"], &watch["releases"][0]["environment"]),
        (&json!("shop@1.1.0"), &json!("production"))
    );

    now(&server, 102, "shop@1.1.0", "PaymentError");
    assert_eq!(told(&server, &id), "not_fixed: Not fixed: 1 event in shop 1.1.0");
    let watch = watched(&server, &id);
    assert_eq!((&watch["events"], &watch["olderEvents"]), (&json!(1), &json!(1)));
    let releases: Vec<_> = watch["releases"]
        .as_array()
        .expect("releases")
        .iter()
        .map(|row| (&row["version"], &row["hasFix"], &row["events"]))
        .collect();
    assert_eq!(
        releases,
        [(&json!("shop@1.1.0"), &json!(true), &json!(1)), (&json!("shop@1.0.0"), &json!(false), &json!(1))]
    );
}

#[test]
fn without_releases_silence_counts_from_when_it_was_said() {
    let server = Server::start();
    let mut bare = event(1, "zanzibar");
    bare["release"] = Value::Null;
    bare["timestamp"] = json!(minutes_ago(90));
    assert_eq!(server.store(&bare).status(), 200);
    server.settled();
    let id = server.issues("")[0]["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/0/issues/{id}/");
    let resolved =
        server.api(Method::PUT, &path).json(&json!({"status": "resolved"})).send().expect("an answer");
    assert_eq!(resolved.status(), 200);
    assert_eq!(told(&server, &id), "no_traffic: No traffic yet, cannot tell");
    next_second(&server);
    bare["event_id"] = json!(format!("{:032x}", 2));
    bare["timestamp"] = json!(minutes_ago(0));
    assert_eq!(server.store(&bare).status(), 200);
    server.settled();
    assert_eq!(told(&server, &id), "not_fixed: Not fixed: 1 event since it was resolved");
}

fn sessions(server: &Server, release: &str, started: &str, exited: u64, crashed: u64) {
    let aggregates = json!({"aggregates": [{"started": started, "exited": exited, "crashed": crashed}],
        "attrs": {"release": release, "environment": "production"}});
    let envelope = format!("{{}}\n{{\"type\":\"sessions\"}}\n{aggregates}\n");
    assert_eq!(server.envelope(envelope).status(), 200);
}

#[test]
fn crashing_sessions_are_worse_and_need_no_errors() {
    let server = Server::start();
    sessions(&server, "shop@1.0.0", &minutes_ago(20 * 60), 9_980, 20);
    sessions(&server, "shop@1.1.0", &minutes_ago(8 * 60), 4_895, 105);
    sessions(&server, "shop@1.2.0", &minutes_ago(60), 30, 0);
    server.settled();
    let found = || verdict(&server, "release=shop@1.1.0&environment=production");
    server.wait_until("the sessions count", || found()["state"] != "not_enough_data");
    let worse = found();
    assert_eq!(worse["state"], "worse");
    assert_eq!(
        worse["sentence"],
        "Worse: sessions with errors 2.1 % vs 0.2 %, crash-free sessions 97.9 % vs 99.8 %; roll back"
    );
    let check = checked(&worse, "crash_free_sessions");
    assert_eq!(
        (&check["before"], &check["after"], &check["test"]),
        (&json!(0.998), &json!(0.979), &json!("two_proportions"))
    );
    let young = verdict(&server, "release=shop@1.2.0&environment=production");
    assert_eq!(young["sentence"], "Not enough data: 30 of 300 sessions; about 9 h more at this rate");
    assert!(
        young["readyIn"].as_i64().is_some_and(|wait| (9 * 3_600..9 * 3_600 + 300).contains(&wait)),
        "{young}"
    );
}

#[test]
fn an_issue_that_came_back_speaks_against_its_release() {
    let server = Server::start();
    let id = known_issue(&server, 5);
    let path = format!("/api/0/issues/{id}/");
    let resolved =
        server.api(Method::PUT, &path).json(&json!({"status": "resolved"})).send().expect("an answer");
    assert_eq!(resolved.status(), 200);
    next_second(&server);
    let fix = json!({"id": "revert", "repository": "acme/shop", "author_name": "eve", "timestamp": "2026-11-20T10:00:00Z",
        "patch_set": [{"path": "shop/pay.py", "type": "M"}]});
    post(&server, "releases", &json!({"version": "shop@1.1.0", "projects": ["default"], "commits": [fix]}));
    for number in 100..112 {
        now(&server, number, "shop@1.1.0", "PaymentError");
    }
    let found = verdict(&server, "release=shop@1.1.0");
    assert_eq!(
        (&found["state"], &found["sentence"]),
        (&json!("worse"), &json!("Worse: 1 issue came back; look into it first"))
    );
    assert_eq!(
        checked(&found, "regressed_issues")["sentence"],
        "1 issue came back, with 12 events in this release"
    );
    assert_eq!(found["projects"][0]["regressedIssues"][0]["id"], json!(id));
    let suspects = server.api_get(&format!("{path}suspects/"));
    assert_eq!(
        (&suspects["isRegression"], &suspects["release"]["version"]),
        (&json!(true), &json!("shop@1.1.0"))
    );
    assert_eq!(suspects["commits"][0]["id"], "revert");
}
