//! Whether a release made it worse: over HTTP, and as a deploy's last step asks it.

use std::process::Output;

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
