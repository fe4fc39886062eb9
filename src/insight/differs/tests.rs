use super::*;

const HOUR_MS: i64 = 3_600_000;

/// One event a minute, each of another person and one of a few issues.
fn people(from: u32, count: u32) -> Vec<Sampled> {
    let event = |n: u32| Sampled { person: from + n, issue: u64::from(n % 25), at: i64::from(n) * 60_000 };
    (0..count).map(event).collect()
}

fn value(
    value: &str,
    failing: impl IntoIterator<Item = u32>,
    others: impl IntoIterator<Item = u32>,
) -> ValueEvents {
    let (failing, others) = (failing.into_iter().collect(), others.into_iter().collect());
    ValueEvents { value: value.to_owned(), failing, others }
}

fn key(key: &str, values: Vec<ValueEvents>) -> KeyEvents {
    let union = |of: fn(&ValueEvents) -> &Vec<u32>| {
        let mut all: Vec<u32> = values.iter().flat_map(of).copied().collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    let (failing, others) = (union(|value| &value.failing), union(|value| &value.others));
    KeyEvents { key: key.to_owned(), failing, others, values }
}

fn comparison(failing: Vec<Sampled>, others: Vec<Sampled>, keys: Vec<KeyEvents>) -> Comparison {
    Comparison {
        is_issue: true,
        from: Timestamp::UNIX_EPOCH,
        to: Timestamp::UNIX_EPOCH,
        failing: failing.len() as u64,
        others: others.len() as u64,
        sampled: false,
        events: Samples { failing, others, keys },
        healthy: Vec::new(),
        traces: None,
    }
}

fn said(differs: &Differs) -> Vec<&str> {
    differs.findings.iter().map(|finding| finding.difference.sentence.as_str()).collect()
}

fn browsers() -> KeyEvents {
    key("browser.name", vec![value("Safari", 0..47, 0..60), value("Chrome", 47..50, 60..500)])
}

#[test]
fn safari_and_ios_are_one_finding_and_chrome_is_none() {
    let systems = key("os.name", vec![value("iOS", 0..46, 0..50), value("Windows", 46..50, 50..500)]);
    let differs = differences(&comparison(people(1, 50), people(1_000, 500), vec![systems, browsers()]));
    assert_eq!(said(&differs), ["94 % of its events come from Safari, 12 % of the others"]);
    let alike: Vec<&str> = differs.findings[0].alike.iter().map(|alike| alike.value.as_str()).collect();
    assert_eq!(alike, ["iOS"]);
    assert_eq!(differs.findings[0].difference.query.as_deref(), Some("browser.name:Safari"));
    assert_eq!(differs.checked, 4);
}

#[test]
fn two_causes_that_others_have_apart_are_two_findings() {
    let releases = key(
        "release",
        vec![value("shop@2", 0..50, (0..500).step_by(2)), value("shop@1", [], (1..500).step_by(2))],
    );
    let differs = differences(&comparison(people(1, 50), people(1_000, 500), vec![releases, browsers()]));
    assert_eq!(
        said(&differs),
        [
            "94 % of its events come from Safari, 12 % of the others",
            "100 % of its events are of release shop 2, 50 % of the others"
        ]
    );
}

#[test]
fn a_value_that_never_fails_is_told() {
    let tiers = key(
        "tier",
        vec![
            value("gold", 0..20, 0..80),
            value("silver", 20..40, 80..160),
            value("bronze", 40..60, 160..240),
            value("free", [], 240..500),
        ],
    );
    let differs = differences(&comparison(people(1, 60), people(1_000, 500), vec![tiers]));
    assert_eq!(said(&differs), ["None of its events have `tier` = free, 52 % of the others"]);
    assert_eq!(differs.findings[0].difference.direction, Direction::Under);
}

#[test]
fn one_loud_user_is_one_voice() {
    let mut failing = people(1, 50);
    failing[..44].iter_mut().for_each(|event| event.person = 1);
    let differs = differences(&comparison(failing, people(1_000, 500), vec![browsers()]));
    assert_eq!(differs.findings, [], "seven people, of whom four have Safari");
    let all = people(1, 50).into_iter().map(|event| Sampled { person: 1, ..event }).collect();
    let differs = differences(&comparison(all, people(1_000, 500), vec![browsers()]));
    assert_eq!(
        differs.too_few.as_deref(),
        Some("100 % of 50 events come from one user: too few people to tell what they have in common")
    );
}

#[test]
fn too_few_is_said_and_not_guessed_from() {
    let few =
        comparison(people(1, 4), people(1_000, 500), vec![key("os.name", vec![value("iOS", 0..4, [])])]);
    assert_eq!(differences(&few).too_few.as_deref(), Some("Too few to say: 4 events"));
    let alone = comparison(people(1, 50), people(1_000, 7), vec![browsers()]);
    assert_eq!(differences(&alone).too_few.as_deref(), Some("Too few others to compare with: 7 events"));
    assert_eq!(
        differences(&comparison(Vec::new(), people(1, 500), Vec::new())).too_few.as_deref(),
        Some("No events in this time")
    );
}

#[test]
fn what_grouping_says_is_left_out_of_an_issue_but_not_of_a_search() {
    let keys = vec![
        key("error.type", vec![value("TypeError", 0..50, 0..50), value("KeyError", [], 50..500)]),
        key("route", vec![value("/cart", 0..50, 0..50), value("/", [], 50..500)]),
        key("user", vec![value("id:7", 0..50, [])]),
    ];
    let mut asked = comparison(people(1, 50), people(1_000, 500), keys);
    assert_eq!(differences(&asked).findings, []);
    asked.is_issue = false;
    assert_eq!(said(&differences(&asked)).len(), 1);
}

#[test]
fn places_are_told_of_code_that_many_places_use() {
    let routes = |of_cart: u32, most: u32| {
        let others = (0..5).map(|n| {
            value(
                ["/a", "/b", "/c", "/d", "/e"][n as usize],
                (of_cart + n..most).step_by(5),
                (100 + n..500).step_by(5),
            )
        });
        key("route", std::iter::once(value("/cart", 0..of_cart, 0..100)).chain(others).collect())
    };
    let asked = |of_cart, most| comparison(people(1, 60), people(1_000, 500), vec![routes(of_cart, most)]);
    assert_eq!(
        said(&differences(&asked(48, 60))),
        ["80 % of its events happen on /cart, 20 % of the others"]
    );
    assert_eq!(differences(&asked(58, 60)).findings, [], "three places");
}

#[test]
fn one_loud_issue_is_not_what_all_others_are() {
    let mut others = people(1_000, 500);
    others[..300].iter_mut().for_each(|event| event.issue = 99);
    let browsers = key(
        "browser.name",
        vec![value("Safari", 0..6, (0..300).chain(300..320)), value("Chrome", 6..60, 320..500)],
    );
    assert_eq!(differences(&comparison(people(1, 60), others, vec![browsers])).findings, []);
}

#[test]
fn an_hour_counts_once_a_day() {
    let at = |day: u32, hour: u32, person: u32| Sampled {
        person,
        issue: 1,
        at: i64::from(day * 24 + hour) * HOUR_MS,
    };
    let others: Vec<Sampled> =
        (0..14).flat_map(|day| (0..24).map(move |hour| at(day, hour, 1 + hour))).collect();
    let nightly: Vec<Sampled> = (0..9).map(|day| at(day, 3, 1_000 + day)).collect();
    let differs = differences(&comparison(nightly, others.clone(), Vec::new()));
    assert_eq!(
        said(&differs),
        ["100 % of its events fall into the hour after 3:00 UTC, on 9 days, 4 % of the others"]
    );
    let burst: Vec<Sampled> = (0..200).map(|person| at(5, 3, 1_000 + person)).collect();
    assert_eq!(differences(&comparison(burst, others, Vec::new())).findings, []);
}

#[test]
fn healthy_ones_are_the_better_control() {
    let releases = || key("release", vec![value("shop@2", 0..45, 0..50), value("shop@1", 45..50, 50..500)]);
    let mut asked = comparison(people(1, 50), people(1_000, 500), vec![releases()]);
    let healthy = |new: u64| Healthy {
        against: Against::Sessions,
        key: "release".to_owned(),
        of: 10_000,
        values: vec![("shop@2".to_owned(), new), ("shop@1".to_owned(), 10_000 - new)],
    };
    asked.healthy = vec![healthy(9_000)];
    assert_eq!(differences(&asked).findings, [], "everybody has it");
    asked.healthy = vec![healthy(2_000)];
    assert_eq!(
        said(&differences(&asked)),
        ["90 % of its events are of release shop 2, 20 % of all sessions"]
    );
}

#[test]
fn conditions_of_spans_are_told_of_traces() {
    let mut asked = comparison(people(1, 50), people(1_000, 500), Vec::new());
    asked.traces = Some(Samples {
        failing: people(1, 12),
        others: people(100, 15),
        keys: vec![key("span.failed", vec![value("POST auth.internal", 0..12, [])])],
    });
    assert_eq!(
        said(&differences(&asked)),
        ["100 % of its traces have a failed span `POST auth.internal`, none of those that went well"]
    );
}

#[test]
fn queries_are_what_the_search_understands() {
    for (key, value, expected) in [
        ("browser.name", "Mobile Safari", Some("browser.name:\"Mobile Safari\"")),
        ("release", "shop@1.2+3", Some("release:shop@1.2+3")),
        ("release", ">=1", Some("release:\">=1\"")),
        ("failed.call", "GET /api \"x\" 500", Some("failed.call:\"GET /api \\\"x\\\" 500\"")),
        ("customer tier", "Gold", Some("tags[customer tier]:Gold")),
        ("tag", "a*b", None),
        ("span.failed", "x", None),
    ] {
        assert_eq!(words::query(key, value).as_deref(), expected, "{key} {value}");
    }
}
