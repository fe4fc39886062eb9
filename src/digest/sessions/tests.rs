use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Clock, Reason, read_aggregates, read_update};
use crate::model::health::{Outcomes, SessionReport};

const NOW: &str = "2026-11-23T08:00:00Z";
const STARTED: &str = "2026-11-23T07:50:00Z";
const SID: &str = "7c7b6585-f901-4351-bf8d-02711b721929";

fn now() -> Timestamp {
    NOW.parse().expect("a time")
}

fn clock() -> Clock {
    Clock { received: now(), sent_at: None }
}

fn update(value: &Value) -> Result<SessionReport, Reason> {
    read_update(value.to_string().as_bytes(), clock())
}

fn aggregates(value: &Value) -> Result<SessionReport, Reason> {
    read_aggregates(value.to_string().as_bytes(), clock())
}

fn session(more: &Value) -> Value {
    let mut session = json!({"sid": SID, "init": true, "started": STARTED, "attrs": {"release": "shop@1.0"}});
    for (key, value) in more.as_object().expect("an object") {
        session[key] = value.clone();
    }
    session
}

#[test]
fn a_session_is_counted_by_its_state() {
    let counted = |more: Value| update(&session(&more)).map(|report| report.updates[0].counts.each());
    for (more, expected) in [
        (json!({}), [1, 0, 0, 0, 0]),
        (json!({"status": "ok"}), [1, 0, 0, 0, 0]),
        (json!({"status": "exited", "init": false}), [0, 0, 0, 0, 0]),
        (json!({"status": "exited", "init": null}), [0, 0, 0, 0, 0]),
        (json!({"status": "exited", "errors": 3}), [1, 1, 0, 0, 0]),
        (json!({"status": "errored"}), [1, 1, 0, 0, 0]),
        (json!({"status": "crashed", "init": false}), [0, 1, 1, 0, 0]),
        (json!({"status": "abnormal", "abnormal_mechanism": "anr_foreground"}), [1, 1, 0, 1, 0]),
        (json!({"status": "unhandled", "errors": 1}), [1, 1, 0, 0, 1]),
        // Of a newer SDK: something went wrong, nobody knows what.
        (json!({"status": "of_the_future"}), [1, 1, 0, 0, 0]),
        (json!({"errors": "many", "duration": "long", "seq": -1}), [1, 0, 0, 0, 0]),
    ] {
        assert_eq!(counted(more.clone()), Ok(expected), "{more}");
    }
}

#[test]
fn every_generation_of_updates() {
    // sentry-javascript 5 and 6: no dashes, `did` absent, times in ISO.
    let old = json!({"sid": "7c7b6585f9014351bf8d02711b721929", "init": true, "timestamp": NOW, "started": STARTED,
        "duration": 0.5, "status": "exited", "errors": 0,
        "attrs": {"release": "shop@1.0", "environment": "production", "ip_address": "1.2.3.4", "user_agent": "x"}});
    let read = update(&old).expect("read");
    assert_eq!((read.release.as_str(), read.environment.as_deref()), ("shop@1.0", Some("production")));
    assert_eq!(read.updates[0].session, update(&session(&json!({}))).expect("read").updates[0].session);
    assert_eq!(read.updates[0].started.to_string(), STARTED);
    let user = |did: Value| update(&session(&json!({"did": did}))).expect("read").updates[0].user.clone();
    for (did, expected) in [
        (json!("ada@example.com"), Some("ada@example.com")),
        (json!(7), Some("7")),
        (json!(" "), None),
        (json!(null), None),
        (json!({"id": 1}), None),
        (json!("00000000-0000-0000-0000-000000000000"), None),
    ] {
        assert_eq!(user(did.clone()).as_deref(), expected, "{did}");
    }
    // Whole seconds, fractions, no zone, a sid that is none.
    for started in [json!(1_795_420_200), json!(1_795_420_200.25), json!("2026-11-23T07:50:00")] {
        assert!(update(&session(&json!({"started": started}))).is_ok(), "{started}");
    }
    for sid in [json!(null), json!("mine"), json!("00000000-0000-0000-0000-000000000000")] {
        let read = update(&session(&json!({"sid": sid}))).expect("read");
        assert_eq!(read.updates[0].session, None, "{sid}");
    }
    // An environment that is none is left out, and the session still counts.
    let strange = json!({"attrs": {"release": "shop@1.0", "environment": "a/b"}});
    assert_eq!(update(&session(&strange)).expect("read").environment, None);
}

#[test]
fn what_is_dropped_says_why() {
    let long = "x".repeat(251);
    for (more, reason) in [
        (json!({"attrs": {}}), "digest_session_without_release"),
        (json!({"attrs": null}), "digest_session_without_release"),
        (json!({"attrs": {"release": ""}}), "digest_session_without_release"),
        (json!({"attrs": {"release": long}}), "digest_session_without_release"),
        (json!({"attrs": {"release": "a/b"}}), "digest_session_without_release"),
        (json!({"attrs": {"release": "latest"}}), "digest_session_without_release"),
        (json!({"started": null}), "digest_invalid_session"),
        (json!({"started": "yesterday"}), "digest_invalid_session"),
        (json!({"started": "2026-11-18T07:59:59Z"}), "digest_session_too_old"),
        (json!({"started": "2026-11-23T08:01:01Z"}), "digest_session_in_future"),
        (json!({"timestamp": "2026-11-23T08:01:01Z"}), "digest_session_in_future"),
    ] {
        assert_eq!(update(&session(&more)), Err(reason), "{more}");
    }
    for fine in ["2026-11-18T08:00:00Z", "2026-11-23T08:01:00Z"] {
        assert!(update(&session(&json!({"started": fine}))).is_ok(), "{fine}");
    }
    for broken in ["", "[]", "7", "{\"sid\":", "null"] {
        assert_eq!(read_update(broken.as_bytes(), clock()), Err("digest_invalid_session"), "{broken}");
        assert_eq!(read_aggregates(broken.as_bytes(), clock()), Err("digest_invalid_session"), "{broken}");
    }
}

#[test]
fn aggregates_are_added_up() {
    let sent = json!({"attrs": {"release": "shop@1.0", "environment": "production"}, "aggregates": [
        {"started": STARTED, "exited": 40, "errored": 3, "abnormal": 1, "unhandled": 2, "crashed": 4},
        {"started": STARTED, "did": "ada", "exited": 2},
        {"started": "2026-11-01T00:00:00Z", "exited": 9},
        {"started": STARTED, "exited": -1},
        {"started": STARTED, "exited": 5_000_000_000_u64},
        {"exited": 1},
        "nonsense",
    ]});
    let read = aggregates(&sent).expect("read");
    assert_eq!(read.environment.as_deref(), Some("production"));
    let counts: Vec<_> = read.updates.iter().map(|update| update.counts).collect();
    let many = Outcomes { total: 50, errored: 10, crashed: 4, abnormal: 1, unhandled: 2 };
    assert_eq!(counts, [many, Outcomes { total: 2, ..Outcomes::default() }]);
    assert_eq!(read.updates[1].user.as_deref(), Some("ada"));

    let old = json!({"attrs": {"release": "shop@1.0"}, "aggregates": [{"started": "2026-11-01T00:00:00Z", "exited": 1}]});
    assert_eq!(aggregates(&old), Err("digest_session_too_old"));
    assert_eq!(aggregates(&json!({"attrs": {"release": "1"}})), Err("digest_invalid_session"));
    assert_eq!(aggregates(&json!({"aggregates": []})), Err("digest_session_without_release"));
}

#[test]
fn a_wrong_clock_is_corrected_and_a_session_stays_in_its_hour() {
    let sent = session(&json!({"started": "2026-11-20T07:29:00Z", "timestamp": "2026-11-20T07:29:30Z"}));
    let started = |travel_milliseconds: i64| {
        let sent_at: Timestamp = "2026-11-20T07:30:00Z".parse().expect("a time");
        let received =
            sent_at + SignedDuration::from_hours(72) + SignedDuration::from_millis(travel_milliseconds);
        let clock = Clock { received, sent_at: Some(sent_at) };
        let read = read_update(sent.to_string().as_bytes(), clock).expect("read");
        read.updates[0].started.to_string()
    };
    // Whatever time the envelope was under way.
    for travel in [0, 40, 900, 70_000] {
        assert_eq!(started(travel), "2026-11-23T07:29:00Z", "{travel} ms");
    }
    let close = Clock { received: now(), sent_at: "2026-11-23T07:06:00Z".parse().ok() };
    let read = read_update(session(&json!({})).to_string().as_bytes(), close).expect("read");
    assert_eq!(read.updates[0].started.to_string(), STARTED, "less than 55 minutes is the network's");
}
