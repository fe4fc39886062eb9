//! Rate limits: exactly N, and the headers that SDKs act on.

use reqwest::Method;
use serde_json::json;

use super::{AUTH, EVENT, FORM, ID, ONE_FILE, check, count, fill, header, post, send};
use crate::support::Server;

/// The header's seconds, and what follows them.
fn limits(value: &str) -> (u64, &str) {
    let (seconds, rest) = value.split_once(':').expect("seconds first");
    (seconds.parse().expect("a number"), rest)
}

#[test]
fn ten_pass_and_the_eleventh_waits() {
    let server = Server::start_with(&[("LIGHTTRACE_RATE_LIMIT", "10/min")]);
    for _ in 0..10 {
        check(&server, post("/api/1/store/", &[AUTH], EVENT), 200, "{\"id\"");
    }
    let answer = send(&server, post("/api/1/store/", &[AUTH], EVENT));
    assert_eq!(answer.status().as_u16(), 429);
    super::assert_cors(answer.headers(), "429");
    let (seconds, rest) = limits(header(answer.headers(), "x-sentry-rate-limits"));
    assert!((1..=60).contains(&seconds), "{seconds}");
    assert_eq!(rest, "default;error;security:organization:total_limit");
    assert_eq!(header(answer.headers(), "retry-after"), seconds.to_string());

    // Over all projects together.
    let other = [("x-sentry-auth", "Sentry sentry_key=OTHER")];
    assert_eq!(send(&server, post("/api/2/store/", &other, EVENT)).status().as_u16(), 429);
    // What cron jobs and game engines send never hears of limits, and neither do types that are not stored.
    check(&server, post("/api/1/cron/nightly/?status=ok", &[AUTH], ""), 202, "");
    check(&server, post("/api/1/envelope/", &[AUTH], "{}\n{\"type\":\"profile\"}\n{}\n"), 200, "{}");
    // Files count on their own.
    check(&server, post(&format!("/api/1/events/{ID}/attachments/"), &[AUTH, FORM], ONE_FILE), 201, "");
    server.settled();
    assert_eq!(count(&server, "lighttrace_events_accepted_total"), 11);
}

#[test]
fn what_is_not_limited_passes_beside_what_is() {
    let server = Server::start_with(&[("LIGHTTRACE_RATE_LIMIT", "1/hour")]);
    check(&server, post("/api/1/store/", &[AUTH], EVENT), 200, "{\"id\"");
    let body = format!(
        "{{\"event_id\":\"{ID}\"}}\n{{\"type\":\"event\"}}\n{EVENT}\n{{\"type\":\"attachment\"}}\nfile\n\
         {{\"type\":\"user_report\"}}\n{{\"event_id\":\"{ID}\",\"name\":\"a\",\"email\":\"\",\"comments\":\"c\"}}\n"
    );
    let answer = send(&server, post("/api/1/envelope/", &[AUTH], &body));
    assert_eq!(answer.status().as_u16(), 429);
    let (seconds, rest) = limits(header(answer.headers(), "x-sentry-rate-limits"));
    assert!((3500..=3600).contains(&seconds), "{seconds}");
    assert_eq!(rest, "default;error;security:organization:total_limit");
    assert_eq!(count(&server, "lighttrace_events_accepted_total"), 2, "the event and the report");
}

#[test]
fn projects_and_keys_have_limits_of_their_own() {
    let server = Server::start();
    let key = fill("/api/0/projects/lighttrace/default/keys/KEY/");
    let project = "/api/0/projects/lighttrace/second/".to_owned();
    for (path, change) in [
        (key, json!({"rateLimit": {"count": 2, "window": 3600}})),
        (project, json!({"rateLimit": {"count": 3, "window": 60}})),
    ] {
        let answer = server.api(Method::PUT, &path).json(&change).send().expect("an answer");
        assert!(answer.status().is_success(), "{path}");
    }
    let other = [("x-sentry-auth", "Sentry sentry_key=OTHER")];
    for (path, headers, count, scope) in [
        ("/api/1/store/", &[AUTH], 2, "default;error;security:key:key_limit"),
        ("/api/2/store/", &other, 3, "default;error;security:project:project_limit"),
    ] {
        for _ in 0..count {
            check(&server, post(path, headers, EVENT), 200, "{\"id\"");
        }
        let answer = send(&server, post(path, headers, EVENT));
        assert_eq!(answer.status().as_u16(), 429, "{path}");
        assert_eq!(limits(header(answer.headers(), "x-sentry-rate-limits")).1, scope);
    }
}
