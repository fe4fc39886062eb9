use super::*;

fn hours_before(now: Timestamp, hours: i64) -> Timestamp {
    now - SignedDuration::from_hours(hours)
}

fn now() -> Timestamp {
    "2026-11-24T12:00:00Z".parse().expect("a time")
}

fn fixed(version: &str, deployed_hours_ago: Option<i64>, events: u64) -> Fixed {
    let deployed = deployed_hours_ago.map(|hours| ("production".to_owned(), hours_before(now(), hours)));
    Fixed { version: format!("shop@{version}"), deployed, first_seen: None, events }
}

/// Resolved 30 hours ago in 2.14.4, which was deployed 26 hours ago. Before, it was seen twice an hour, among 100
/// sessions an hour.
fn story() -> Facts {
    Facts {
        promise: Promise::Release("shop@2.14.4".to_owned()),
        resolved: hours_before(now(), 30),
        now: now(),
        without_releases: false,
        fixed: vec![fixed("2.14.4", Some(26), 0)],
        events_without_release: 0,
        older_events: 0,
        older: Vec::new(),
        sessions: 0,
        other_events: 0,
        before_by_hour: vec![2; 168],
        sessions_before: 16_800,
    }
}

fn told(facts: &Facts) -> String {
    let watch = watch(facts);
    let quiet = watch.quiet.map(|quiet| format!(" ({quiet})")).unwrap_or_default();
    format!("{:?}: {}{quiet}", watch.state, watch.sentence)
}

fn check(stories: Vec<(&str, Facts, &str)>) {
    for (what, facts, expected) in stories {
        assert_eq!(told(&facts), expected, "{what}");
    }
}

#[test]
fn silence_is_told_with_what_it_says() {
    check(vec![
        (
            "it holds, over sessions",
            Facts { sessions: 12_400, ..story() },
            "Holding: Holding for 26 h over 12,400 sessions; it would have been seen about 248 times by now",
        ),
        (
            "it holds, and old clients still send it",
            Facts { sessions: 12_400, older_events: 31, ..story() },
            "Holding: Holding for 26 h over 12,400 sessions; it would have been seen about 248 times by now \
             (Still seen in releases before the fix: 31 events)",
        ),
        (
            "it was rare, so that silence says little",
            Facts { sessions: 12_400, before_by_hour: [vec![1], vec![0; 167]].concat(), ..story() },
            "Holding: Holding for 26 h over 12,400 sessions; early: by chance alone it would be this quiet with 47.8 %",
        ),
        (
            "it came in bunches, so that silence says less",
            Facts {
                sessions: 400,
                before_by_hour: [vec![0; 100], vec![60], vec![0; 67]].concat(),
                ..story()
            },
            "Holding: Holding for 26 h over 400 sessions; early: by chance alone it would be this quiet with 97.6 %",
        ),
        (
            "few sessions yet",
            Facts { sessions: 20, ..story() },
            "Holding: Holding for 26 h over 20 sessions; early: by chance alone it would be this quiet with 67.0 %",
        ),
        (
            "no sessions, but events of other issues",
            Facts { other_events: 310, sessions_before: 0, ..story() },
            "Holding: Holding for 26 h over 310 events of other issues; it would have been seen about 52 times by now",
        ),
        (
            "it was not seen in the week before",
            Facts { sessions: 900, before_by_hour: vec![0; 168], ..story() },
            "Holding: Holding for 26 h over 900 sessions",
        ),
    ]);
}

#[test]
fn events_and_their_absence_are_told_by_release() {
    let soon = |facts: Facts| Facts { fixed: vec![fixed("2.14.4", None, 0)], ..facts };
    check(vec![
        (
            "not fixed",
            Facts { sessions: 12_400, fixed: vec![fixed("2.14.4", Some(26), 14)], ..story() },
            "NotFixed: Not fixed: 14 events in shop 2.14.4",
        ),
        (
            "not fixed, in several releases, the loudest first",
            Facts {
                fixed: vec![
                    fixed("2.14.4", Some(26), 2),
                    fixed("2.14.5", Some(3), 14),
                    fixed("2.14.6", None, 0),
                ],
                older_events: 1,
                ..story()
            },
            "NotFixed: Not fixed: 14 events in shop 2.14.5 and 2 in shop 2.14.4 \
             (Still seen in releases before the fix: 1 event)",
        ),
        (
            "not fixed, in many releases",
            Facts {
                fixed: (4..9).map(|patch| fixed(&format!("2.14.{patch}"), None, 9 - patch)).collect(),
                ..story()
            },
            "NotFixed: Not fixed: 5 events in shop 2.14.4, 4 in shop 2.14.5, 3 in shop 2.14.6 and 3 in newer releases",
        ),
        (
            "deployed, and nobody there",
            story(),
            "NoTraffic: No traffic yet, cannot tell: shop 2.14.4 went to production 26 h ago",
        ),
        (
            "not deployed yet",
            Facts { older_events: 3, ..soon(story()) },
            "NotDeployed: Shop 2.14.4 is not deployed yet (Still seen in releases before the fix: 3 events)",
        ),
        (
            "not even known yet",
            Facts { fixed: Vec::new(), ..story() },
            "NotDeployed: Shop 2.14.4 is not deployed yet",
        ),
        (
            "in the next release, and there is none",
            Facts { promise: Promise::NextRelease, fixed: Vec::new(), ..story() },
            "NotDeployed: The next release is not out yet",
        ),
        (
            "in a commit, and no release has it",
            Facts {
                promise: Promise::Commit("0123456789abcdef0123456789abcdef01234567".to_owned()),
                ..soon(story())
            },
            "NotDeployed: No release with commit 0123456789ab is out yet",
        ),
    ]);
}

#[test]
fn a_fix_counts_from_when_it_could_be_seen() {
    check(vec![
        (
            "a release that nobody deployed by name, and that is seen",
            Facts {
                fixed: vec![Fixed { first_seen: Some(hours_before(now(), 5)), ..fixed("2.14.4", None, 0) }],
                sessions: 2_000,
                ..story()
            },
            "Holding: Holding for 5 h over 2,000 sessions; it would have been seen about 40 times by now",
        ),
        (
            "resolved as of now counts from then on, however old the release is",
            Facts {
                promise: Promise::Now,
                fixed: vec![fixed("2.14.3", Some(300), 0)],
                sessions: 3_000,
                ..story()
            },
            "Holding: Holding for 30 h over 3,000 sessions; it would have been seen about 60 times by now",
        ),
        (
            "no releases at all",
            Facts {
                promise: Promise::Now,
                without_releases: true,
                fixed: Vec::new(),
                other_events: 4,
                sessions_before: 0,
                ..story()
            },
            "Holding: Holding for 30 h over 4 events of other issues; it would have been seen about 60 times by now",
        ),
        (
            "no releases at all, and it is back",
            Facts {
                promise: Promise::Now,
                without_releases: true,
                fixed: Vec::new(),
                events_without_release: 3,
                ..story()
            },
            "NotFixed: Not fixed: 3 events since it was resolved",
        ),
    ]);
}

#[test]
fn silence_is_weighed() {
    let found = watch(&Facts { sessions: 150, ..story() });
    assert!(found.expected.is_some_and(|expected| (expected - 3.0).abs() < 1e-9), "{found:?}");
    assert!(
        found.chance.is_some_and(|chance| (chance - 0.0498).abs() < 1e-4),
        "the rule of three: {found:?}"
    );
    assert_eq!(found.since, Some(hours_before(now(), 26)));
    assert_eq!(watch(&Facts { fixed: vec![fixed("2.14.4", None, 0)], ..story() }).since, None);
}
