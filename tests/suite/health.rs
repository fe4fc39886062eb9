//! Release health over HTTP: sessions as SDKs send them, and what the API says of them.

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{ORG, PROJECT};
use crate::authorization::{add_user, member_number, signed_in};
use crate::support::{SECOND_KEY, Server};

/// Before the beginning of the tests: two updates of a session name the same moment.
fn ago(minutes: i64) -> String {
    static BEGINNING: LazyLock<Timestamp> = LazyLock::new(Timestamp::now);
    (*BEGINNING - SignedDuration::from_mins(minutes)).to_string()
}

/// An item of an envelope.
fn item(ty: &str, payload: &Value) -> String {
    let payload = payload.to_string();
    format!("{{\"type\":\"{ty}\",\"length\":{}}}\n{payload}\n", payload.len())
}

fn session(number: u32, release: &str, more: &Value) -> String {
    let mut session = json!({
        "sid": format!("{number:032x}"), "init": true, "started": ago(10), "status": "ok",
        "attrs": {"release": release, "environment": "production"},
    });
    for (key, value) in more.as_object().expect("an object") {
        session[key] = value.clone();
    }
    item("session", &session)
}

fn send(server: &Server, items: &[String]) {
    let answer = server.envelope(format!("{{}}\n{}", items.concat()));
    assert_eq!(answer.status(), 200);
}

fn ledger(server: &Server) -> Value {
    server.api_get(&format!("{ORG}/stats/ledger/"))["projects"][0].clone()
}

/// Ten sessions of one release, two of which crash; updates come twice, and the crash before the beginning.
fn fill(server: &Server) {
    let release = "shop@1.0.0";
    let mut items = Vec::new();
    for number in 1..=10 {
        let did = json!({"did": format!("user {}", number / 2), "started": ago(10 + i64::from(number))});
        items.push(session(number, release, &did));
    }
    let late = json!({"init": false, "status": "crashed", "errors": 1, "did": "user 1", "started": ago(13)});
    send(server, &[session(3, release, &late), session(3, release, &late)]);
    send(server, &items);
    send(server, &items);
    let late = json!({"init": false, "status": "crashed", "did": "user 2", "started": ago(14)});
    send(server, &[session(4, release, &late)]);
    let aggregates = json!({"attrs": {"release": "shop@2.0.0", "environment": "staging"},
        "aggregates": [{"started": ago(20), "exited": 80, "errored": 6, "abnormal": 1, "unhandled": 2, "crashed": 1}]});
    send(server, &[item("sessions", &aggregates)]);
    server.settled();
}

#[test]
fn late_and_repeated_updates_of_a_session_count_once() {
    let server = Server::start();
    fill(&server);
    let stats = |query: &str| server.api_get(&format!("{ORG}/sessions/?statsPeriod=24h&{query}"));
    let by_release = stats(
        "field=sum(session)&field=count_unique(user)&field=crash_free_rate(session)&field=crash_free_rate(user)&groupBy=release",
    );
    let groups = by_release["groups"].as_array().expect("groups");
    assert_eq!(groups.len(), 2);
    let totals = |release: &str| {
        let group = groups.iter().find(|group| group["by"]["release"] == release).expect("a group");
        (group["totals"].clone(), group["series"].clone())
    };
    let (one, series) = totals("shop@1.0.0");
    assert_eq!(one["sum(session)"], 10);
    assert_eq!(one["count_unique(user)"], 6);
    assert_eq!(one["crash_free_rate(session)"], 0.8);
    assert!((one["crash_free_rate(user)"].as_f64().expect("a rate") - 4.0 / 6.0).abs() < 1e-9, "{one}");
    let intervals = by_release["intervals"].as_array().expect("intervals").len();
    let points = series["sum(session)"].as_array().expect("a series");
    assert_eq!(points.len(), intervals);
    assert_eq!(points.iter().filter_map(Value::as_u64).sum::<u64>(), 10);
    let (two, _) = totals("shop@2.0.0");
    assert_eq!((&two["sum(session)"], &two["count_unique(user)"]), (&json!(90), &json!(0)));
    assert_eq!(two["crash_free_rate(user)"], Value::Null);

    let by_status =
        stats("field=sum(session)&groupBy=session.status&query=release:shop@2.0.0&includeSeries=0");
    let counts: Vec<_> = by_status["groups"]
        .as_array()
        .expect("groups")
        .iter()
        .map(|group| {
            (
                group["by"]["session.status"].as_str().expect("a status").to_owned(),
                group["totals"]["sum(session)"].clone(),
            )
        })
        .collect();
    let expected = [("healthy", 80), ("errored", 6), ("abnormal", 1), ("unhandled", 2), ("crashed", 1)];
    assert_eq!(counts, expected.map(|(status, count)| (status.to_owned(), json!(count))));
    let by_environment = stats("field=sum(session)&groupBy=environment&interval=6h");
    let named: Vec<_> = by_environment["groups"]
        .as_array()
        .expect("groups")
        .iter()
        .map(|group| (group["by"]["environment"].clone(), group["totals"]["sum(session)"].clone()))
        .collect();
    assert_eq!(named, [(json!("staging"), json!(90)), (json!("production"), json!(10))]);
    assert_eq!(stats("field=sum(session)&environment=staging")["groups"][0]["totals"]["sum(session)"], 90);
    assert_eq!(
        stats("field=sum(session)&query=release:shop@*&groupBy=project")["groups"][0]["by"]["project"],
        1
    );

    for (query, word) in [
        ("field=p50(session.duration)", "how long sessions last"),
        ("", "field"),
        ("field=sum(session)&groupBy=level", "groupBy"),
        ("field=crash_rate(session)&groupBy=session.status", "session.status"),
        ("field=sum(session)&interval=7m", "interval"),
        ("field=sum(session)&query=level:error", "level:error"),
        ("field=sum(session)&orderBy=-crash_rate(user)", "orderBy"),
    ] {
        let path = format!("{ORG}/sessions/?statsPeriod=24h&{query}");
        let answer = server.api(Method::GET, &path).send().expect("an answer");
        assert_eq!(answer.status(), 400, "{query}");
        let body: Value = answer.json().expect("JSON");
        assert!(body["detail"].as_str().is_some_and(|detail| detail.contains(word)), "{query}: {body}");
    }
}

#[test]
fn a_release_shows_how_it_fares() {
    let server = Server::start();
    fill(&server);
    let plain = server.api_get(&format!("{ORG}/releases/shop@1.0.0/"));
    assert_eq!(plain["projects"][0]["hasHealthData"], true, "known from sessions alone");
    assert!(plain["projects"][0].get("healthData").is_none() && plain.get("adoptionStages").is_none());
    let listed = server.api_get(&format!("{PROJECT}/releases/?health=1&adoptionStages=1"));
    let one =
        listed.as_array().expect("a list").iter().find(|row| row["version"] == "shop@1.0.0").expect("listed");
    let health = &one["projects"][0]["healthData"];
    for (key, expected) in [
        ("hasHealthData", json!(true)),
        ("totalSessions", json!(10)),
        ("totalSessions24h", json!(10)),
        ("totalProjectSessions24h", json!(100)),
        ("totalUsers", json!(6)),
        ("totalUsers24h", json!(6)),
        ("totalProjectUsers24h", json!(6)),
        ("crashFreeSessions", json!(80.0)),
        ("adoption", json!(100.0)),
        ("sessionsAdoption", json!(10.0)),
        ("sessionsCrashed", json!(2)),
        ("sessionsErrored", json!(0)),
        ("usersEstimated", json!(false)),
    ] {
        assert_eq!(health[key], expected, "{key}: {health}");
    }
    let interval = &health["crashFreeSessionsInterval"];
    assert_eq!(interval["isWide"], true);
    assert!(interval["low"].as_f64().expect("low") > 49.0 && interval["high"].as_f64().expect("high") < 95.0);
    let points = health["stats"]["24h"].as_array().expect("a series");
    assert_eq!(points.iter().filter_map(|point| point[1].as_u64()).sum::<u64>(), 10);
    assert_eq!(one["adoptionStages"]["default"]["stage"], "adopted");

    let staging = server.api_get(&format!("{ORG}/releases/shop@1.0.0/?health=1&environment=staging"));
    let health = &staging["projects"][0]["healthData"];
    assert_eq!((&health["totalSessions"], &health["crashFreeSessions"]), (&json!(0), &Value::Null));
    let refused =
        server.api(Method::DELETE, &format!("{ORG}/releases/shop@1.0.0/")).send().expect("an answer");
    assert_eq!(refused.status(), 400);
}

#[test]
fn a_release_is_drawn_over_time_with_its_deploys() {
    let server = Server::start();
    fill(&server);
    let release = format!("{ORG}/releases/shop@1.0.0");
    for (environment, finished) in [("production", ago(30)), ("staging", ago(20)), ("production", ago(9_000))]
    {
        let deploy = json!({"environment": environment, "dateFinished": finished});
        let answer = server.api(Method::POST, &format!("{release}/deploys/")).json(&deploy).send();
        assert_eq!(answer.expect("an answer").status(), 201);
    }
    let shown = server.api_get(&format!("{release}/health/?statsPeriod=24h&environment=production"));
    assert_eq!((&shown["interval"], &shown["environments"]), (&json!(3_600), &json!(["production"])));
    assert_eq!(shown["total"]["crashFreeSessions"], 80.0);
    let expected =
        json!({"total": 10, "healthy": 8, "errored": 0, "abnormal": 0, "unhandled": 0, "crashed": 2});
    assert_eq!(shown["total"]["sessions"], expected);
    assert_eq!(
        (&shown["adoption"][0]["project"], &shown["adoption"][0]["stage"]),
        (&json!("default"), &json!("adopted"))
    );
    let points = shown["series"].as_array().expect("a series");
    assert!((25..=26).contains(&points.len()), "{}", points.len());
    let sum = points.iter().filter_map(|point| point["sessions"]["total"].as_u64()).sum::<u64>();
    assert_eq!(sum, 10);
    let busy = points.iter().find(|point| point["sessions"]["total"] != 0).expect("a point with sessions");
    assert_eq!(busy["adoption"], 100.0, "alone in its environment");
    let deploys = shown["deploys"].as_array().expect("deploys");
    assert_eq!(deploys.iter().map(|deploy| &deploy["environment"]).collect::<Vec<_>>(), ["production"]);

    let month = server.api_get(&format!("{release}/health/?statsPeriod=30d&project=default"));
    assert_eq!((&month["interval"], &month["total"]["users"]["total"]), (&json!(86_400), &json!(6)));
    assert_eq!(month["deploys"].as_array().expect("deploys").len(), 3);
    let other = server.api_get(&format!("{release}/health/?project=second"));
    assert_eq!((&other["total"]["sessions"]["total"], &other["adoption"]), (&json!(0), &json!([])));
    for bad in ["statsPeriod=500d", "statsPeriod=x", "start=2026-11-02&end=2026-11-01"] {
        let answer = server.api(Method::GET, &format!("{release}/health/?{bad}")).send().expect("an answer");
        assert_eq!(answer.status(), 400, "{bad}");
    }
}

#[test]
fn sessions_are_in_the_ledger_and_survive_a_kill() {
    let server = Server::start();
    let release = "shop@1.0.0";
    let dropped = [
        session(1, release, &json!({"started": ago(6 * 24 * 60)})),
        session(2, release, &json!({"started": ago(-5)})),
        session(3, release, &json!({"attrs": {}})),
        session(4, release, &json!({"started": null})),
    ];
    send(&server, &dropped);
    let kept: Vec<_> = (10..60).map(|number| session(number, release, &json!({}))).collect();
    send(&server, &kept);
    server.restart();
    server.settled();
    send(&server, &kept);
    server.settled();
    let shown = server.api_get(&format!("{ORG}/sessions/?statsPeriod=1d&field=sum(session)"));
    assert_eq!(shown["groups"][0]["totals"]["sum(session)"], 50);
    server.wait_until("all is in the ledger", || ledger(&server)["received"] == 104);
    let ledger = ledger(&server);
    assert_eq!(ledger["stored"], 100, "{ledger}");
    assert_eq!(
        ledger["rejected"],
        json!({"digest_invalid_session": 1, "digest_session_in_future": 1,
        "digest_session_too_old": 1, "digest_session_without_release": 1})
    );
}

#[test]
fn projects_that_one_does_not_see_do_not_count() {
    let server = Server::start();
    fill(&server);
    let url = server.url(&format!("/api/2/envelope/?sentry_key={SECOND_KEY}&sentry_version=7"));
    let body = format!("{{}}\n{}", session(77, "pay@1.0.0", &json!({})));
    assert_eq!(server.client.post(url).body(body).send().expect("an answer").status(), 200);
    server.settled();
    let all = server.api_get(&format!("{ORG}/sessions/?statsPeriod=24h&field=sum(session)"));
    assert_eq!(all["groups"][0]["totals"]["sum(session)"], 101);
    let one = server.api_get(&format!("{ORG}/sessions/?statsPeriod=24h&field=sum(session)&project=second"));
    assert_eq!(one["groups"][0]["totals"]["sum(session)"], 1);
    add_user(&server, "else@example.com", "member");
    let client = signed_in(&server, "else@example.com");
    let member = member_number(&server, "else@example.com");
    let restricted = server.api(Method::PUT, &format!("{ORG}/members/{member}/"));
    assert_eq!(restricted.json(&json!({"projects": ["second"]})).send().expect("an answer").status(), 200);
    let path = server.url(&format!("{ORG}/sessions/?statsPeriod=24h&field=sum(session)&groupBy=release"));
    let seen: Value = client.get(path).send().expect("an answer").json().expect("JSON");
    assert_eq!(seen["groups"].as_array().expect("groups").len(), 1);
    assert_eq!(seen["groups"][0]["by"]["release"], "pay@1.0.0");
}

#[test]
fn releases_are_ranked_by_how_they_fare() {
    let server = Server::start();
    // Version, sessions that ended well, those that crashed.
    for (version, exited, crashed) in [("a@1.0", 90, 10), ("a@2.0", 300, 0), ("a@3.0", 40, 10)] {
        let aggregates = json!({"attrs": {"release": version, "environment": "production"},
            "aggregates": [{"started": ago(20), "exited": exited, "crashed": crashed}]});
        send(&server, &[item("sessions", &aggregates)]);
    }
    let quiet = json!({"version": "a@4.0", "projects": ["default"]});
    let made = server.api(Method::POST, &format!("{ORG}/releases/")).json(&quiet).send().expect("an answer");
    assert_eq!(made.status(), 201);
    server.settled();
    let ranked = |query: &str| {
        let rows = server.api_get(&format!("{ORG}/releases/?{query}"));
        let versions = rows.as_array().expect("rows").iter().map(|row| row["version"].clone());
        versions.map(|version| version.as_str().expect("a version").to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(ranked("sort=sessions"), "a@2.0 a@1.0 a@3.0");
    assert_eq!(ranked("sort=adoption"), "a@2.0 a@1.0 a@3.0");
    assert_eq!(ranked("sort=crash_free_sessions"), "a@3.0 a@1.0 a@2.0", "the worst first");
    assert_eq!(ranked("sort=crash_free_sessions&per_page=2"), "a@3.0 a@1.0");
    assert_eq!(ranked("sort=crash_free_sessions&per_page=2&cursor=0:2:0"), "a@2.0");
    assert_eq!(ranked("sort=sessions&environment=staging"), "");
    assert_eq!(ranked("sort=semver"), "a@4.0 a@3.0 a@2.0 a@1.0", "also what nobody uses");
    let refused = server.api(Method::GET, &format!("{ORG}/releases/?sort=luck")).send().expect("an answer");
    assert_eq!(refused.status(), 400);
}
