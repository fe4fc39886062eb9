//! Issues as they come, and what is said of them.

use jiff::{SignedDuration, Timestamp};

use super::facts::{CallFact, Deployed, Detail, PatternFacts, TrafficOf, ValueFact};
use super::series::Series;
use super::{PatternFinding, judge};
use crate::insight::statistics::Share;
use crate::model::ids::IssueId;
use crate::model::issue::PriorityLevel;
use crate::model::standing::PatternKind;

const NOW: &str = "2026-11-26T18:00:00Z";

fn now() -> Timestamp {
    NOW.parse().expect("a moment")
}

/// Events of an issue at these moments, in a project with even traffic.
fn facts(events: &[i64]) -> PatternFacts {
    let end = now().as_second();
    let counted = |seconds: i64, buckets: i64| {
        let start = (end / seconds - buckets + 1) * seconds;
        let mut counts = vec![0; usize::try_from(buckets).expect("few")];
        for at in events.iter().filter(|at| **at >= start) {
            counts[usize::try_from((at - start) / seconds).expect("within")] += 1;
        }
        Series { start, seconds, counts }
    };
    let hours = counted(3_600, 28 * 24);
    let traffic = Series { counts: vec![500; hours.counts.len()], ..hours.clone() };
    let at = |second: Option<&i64>| Timestamp::from_second(*second.unwrap_or(&end)).expect("a moment");
    PatternFacts {
        now: now(),
        first_seen: at(events.iter().min()),
        last_seen: at(events.iter().max()),
        minutes: counted(60, 2 * 24 * 60),
        hours,
        traffic,
        traffic_of: TrafficOf::Sessions,
        deploys: Vec::new(),
        detail: None,
        known: None,
        users: 40,
        priority: PriorityLevel::Medium,
        is_unhandled: false,
        is_open: true,
    }
}

/// From so many minutes ago on to so many, one every so many.
fn every(minutes: i64, from: i64, to: i64) -> Vec<i64> {
    let end = now().as_second();
    (to..from).filter(|ago| ago % minutes == 0).map(|ago| end - ago * 60).collect()
}

/// So many minutes apart on average, at no particular time.
fn about_every(minutes: u64, from: i64, to: i64) -> Vec<i64> {
    let mut state = 7_u64;
    let mut roll = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let end = now().as_second();
    (to..from).filter(|_| roll() % minutes == 0).map(|ago| end - ago * 60).collect()
}

const DAYS: i64 = 24 * 60;

/// Two a day, and since 14:05 one every two minutes.
fn jumped() -> PatternFacts {
    facts(&[every(12 * 60, 13 * DAYS, 236), every(2, 236, 0)].concat())
}

fn call(after: (u64, u64)) -> CallFact {
    CallFact {
        host: "api.stripe.com".to_owned(),
        call: Some("GET api.stripe.com".to_owned()),
        status: Some("503".to_owned()),
        after: Share::new(after.0, after.1),
        before: Share::new(0, 24),
        others: Share::new(9, 900),
        issues: vec![IssueId(4)],
    }
}

fn told(finding: &PatternFinding) -> String {
    format!("{:?}: {}", finding.kind, finding.sentences.join(". "))
}

#[test]
fn of_the_last_minutes_the_count_is_told() {
    let facts = facts(&every(1, 12, 0));
    insta::assert_snapshot!(told(&judge(&facts)), @"Burst: 12 events since 17:49 ± 2 min, none before. No deploy was near. Traffic has been 2 times as high since then");
}

#[test]
fn a_failing_dependency_is_told_with_its_call() {
    let mut facts = jumped();
    facts.detail = Some(Detail { events: 118, calls: vec![call((111, 118))], ..Detail::default() });
    let found = judge(&facts);
    insta::assert_snapshot!(told(&found), @"Dependency: 30 an hour since 14:06 ± 3 min, before 1.8 a day. 94 % of them follow a failed `GET api.stripe.com` (503). Another issue jumped with it in the same minutes");
    let numbers: Vec<_> =
        found.numbers.iter().map(|n| format!("{} {} {:?}", n.name, n.value, n.counts)).collect();
    assert!(
        numbers.contains(&r#"share of events with the failing call 94 % Some("111 of 118")"#.to_owned()),
        "{numbers:#?}"
    );
    assert_eq!(found.dependency.map(|call| call.host).as_deref(), Some("api.stripe.com"));
}

#[test]
fn a_burst_names_the_deploy_before_it() {
    let mut facts = jumped();
    insta::assert_snapshot!(told(&judge(&facts)), @"Burst: 30 an hour since 14:06 ± 3 min, before 1.8 a day. No deploy was near");
    let deploy = |minutes: i64, name: &str, is_own| Deployed {
        at: now() - SignedDuration::from_mins(minutes),
        name: name.to_owned(),
        is_own,
    };
    facts.deploys = vec![
        deploy(239, "auth 3.1", false),
        deploy(241, "api 2.14.3", true),
        deploy(600, "api 2.14.2", true),
    ];
    insta::assert_snapshot!(told(&judge(&facts)), @"BurstAfterDeploy: 30 an hour since 14:06 ± 3 min, before 1.8 a day. `api 2.14.3` was deployed 7 min before");
    facts.deploys.truncate(1);
    insta::assert_snapshot!(told(&judge(&facts)), @"BurstAfterDeploy: 30 an hour since 14:06 ± 3 min, before 1.8 a day. `auth 3.1`, of another project, was deployed 5 min before");
    facts.deploys[0] = deploy(400, "api 2.14.2", true);
    assert_eq!(judge(&facts).kind, PatternKind::Burst);
}

#[test]
fn an_outage_that_is_over_says_from_when_to_when() {
    let found = judge(&facts(&[every(12 * 60, 13 * DAYS, 0), every(1, 300, 250)].concat()));
    insta::assert_snapshot!(told(&found), @"Burst: 60 an hour from 13:01 ± 2 min to 13:51, before 1.8 a day. No deploy was near");
    assert!(found.ended.is_some());
}

#[test]
fn one_user_comes_before_a_burst() {
    let mut facts = jumped();
    let fact = ValueFact {
        key: "user".to_owned(),
        value: "id:7".to_owned(),
        own: Share::new(114, 118),
        others: Share::new(2, 900),
    };
    facts.detail = Some(Detail { events: 118, values: vec![fact], ..Detail::default() });
    insta::assert_snapshot!(told(&judge(&facts)), @"OneUser: 30 an hour since 14:06 ± 3 min, before 1.8 a day. 97 % of them are of the user `id:7`");
}

#[test]
fn what_does_not_change_is_steady_rare_or_too_little() {
    insta::assert_snapshot!(told(&judge(&facts(&about_every(20, 20 * DAYS, 0)))), @"Steady: 73 a day over 14 days. About as often now as the days before");
    let rare: Vec<i64> =
        [3, 29, 50, 71, 98, 120, 150].iter().map(|hours| now().as_second() - hours * 3_600 - 900).collect();
    insta::assert_snapshot!(told(&judge(&facts(&rare))), @"Rare: 1.1 a day over 6 days. A few a day, over days");
    insta::assert_snapshot!(told(&judge(&facts(&every(1, 2, 0)))), @"Unclear: 2 events in 1 min. 2 events in two weeks: too few to say what kind of failure it is");
    assert_eq!(judge(&facts(&[])).kind, PatternKind::Unclear);
}

#[test]
fn schedules_fixes_and_load_are_told() {
    let nightly: Vec<i64> =
        every(5, 10 * DAYS, 0).into_iter().filter(|at| at / 3_600 % 24 == 2 && at / 60 % 60 < 25).collect();
    insta::assert_snapshot!(told(&judge(&facts(&nightly))), @"Periodic: 5.2 a day over 10 days. 100 % of them come every day at about 02:00 UTC, 10 times of 10");
    let fixed = [about_every(5, 8 * DAYS, 18 * 60), about_every(60, 18 * 60, 0)].concat();
    insta::assert_snapshot!(told(&judge(&facts(&fixed))), @"Fading: 101 a day in the last 24 hours, before 288 a day. Ever fewer");
    let mut facts = facts(&every(1, 8 * DAYS, 0));
    let day = |hour: usize| [10, 10, 20, 40, 80, 160, 160, 80, 40, 20, 10, 10][hour % 24 / 2];
    for hour in 0..facts.hours.counts.len() {
        facts.traffic.counts[hour] = day(hour) * 10;
        if facts.hours.counts[hour] > 0 {
            facts.hours.counts[hour] = day(hour) * day(hour) / 100;
        }
    }
    let found = judge(&facts);
    assert_eq!(found.kind, PatternKind::LoadDependent, "{}", told(&found));
    assert!(found.sentences[1].starts_with("With twice the traffic it comes 4"), "{:?}", found.sentences);
}

#[test]
fn what_search_told_stays_while_only_counts_are_looked_at() {
    let mut facts = jumped();
    facts.detail = Some(Detail { events: 118, calls: vec![call((111, 118))], ..Detail::default() });
    let known = judge(&facts);
    facts.detail = None;
    assert_eq!(judge(&facts).kind, PatternKind::Burst);
    facts.known = Some(known.standing(now()));
    let again = judge(&facts);
    assert_eq!((again.kind, again.urgency), (PatternKind::Dependency, known.urgency));
    // Of another change nothing is known.
    let earlier = facts.known.as_mut().and_then(|known| known.change.as_mut()).expect("a change");
    (earlier.from, earlier.to) =
        (now() - SignedDuration::from_hours(40), now() - SignedDuration::from_hours(39));
    assert_eq!(judge(&facts).kind, PatternKind::Burst);
}

#[test]
fn urgency_follows_what_is_new_and_whom_it_meets_and_sinks() {
    let value = |facts: &PatternFacts| judge(facts).urgency.value;
    let fresh = jumped();
    let reasons = judge(&fresh).urgency.reasons;
    assert_eq!(reasons[0], "it jumped 4 h ago", "{reasons:?}");
    assert!(reasons.contains(&"40 users".to_owned()), "{reasons:?}");
    let steady = facts(&about_every(12, 20 * DAYS, 0));
    assert!(value(&fresh) > value(&steady) + 100, "as many events today, but not as every day");
    assert!(value(&PatternFacts { users: 4_000, ..fresh.clone() }) > value(&fresh) + 50);
    assert!(value(&PatternFacts { priority: PriorityLevel::High, ..fresh.clone() }) > value(&fresh));
    assert!(value(&PatternFacts { is_unhandled: true, ..fresh.clone() }) > value(&fresh));
    assert_eq!(value(&PatternFacts { is_open: false, ..fresh.clone() }), 0);
    let mut last = value(&fresh);
    for hours in [6, 24, 72, 24 * 12] {
        let later = facts(
            &[every(12 * 60, 12 * DAYS, 236 + hours * 60), every(2, 236 + hours * 60, hours * 60)].concat(),
        );
        let now = value(&later);
        assert!(now < last, "{hours} hours later {now}, {last} before");
        last = now;
    }
    assert_eq!(last, 0, "after twelve days");
}
