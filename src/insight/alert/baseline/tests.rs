use jiff::Timestamp;

use super::{Baseline, HOURS_MAX};

/// A Monday, 00:00.
const MONDAY: i64 = 1_790_553_600;

fn at(hour: i64) -> Timestamp {
    Timestamp::from_second(MONDAY + hour * 3_600).expect("in range")
}

/// The hours up to the one that is `hour` hours after that Monday's midnight.
fn history(hours: i64, hour: i64, events: impl Fn(i64) -> u64) -> Vec<(i64, u64)> {
    (hour - hours..hour).map(|hour| (MONDAY + hour * 3_600, events(hour))).collect()
}

fn per_hour(hours: i64, hour: i64, events: impl Fn(i64) -> u64) -> f64 {
    Baseline::of(&history(hours, hour, events), at(hour)).per_hour()
}

fn assert_about(found: f64, expected: f64, story: &str) {
    assert!((found / expected - 1.0).abs() < 0.25, "{story}: {found}, expected about {expected}");
}

#[test]
fn that_monday_was_one() {
    let day = at(0).to_zoned(jiff::tz::TimeZone::UTC);
    assert_eq!((day.weekday(), day.hour()), (jiff::civil::Weekday::Monday, 0));
}

#[test]
fn what_is_usual_is_told_by_the_hour_of_the_week() {
    let flat = |_: i64| 12;
    let daily = |hour: i64| if (8..20).contains(&hour.rem_euclid(24)) { 60 } else { 2 };
    let week = |hour: i64| if hour.rem_euclid(168) >= 120 { daily(hour) / 2 } else { daily(hour) };
    let sunday_job = |hour: i64| if hour.rem_euclid(168) == 147 { 500 } else { 1 };
    let weeks = 5 * 168;
    assert_about(per_hour(weeks, 3, flat), 12.0, "always the same");
    assert_about(per_hour(30, 3, flat), 12.0, "for a day");
    assert_about(per_hour(2, 3, flat), 12.0, "for two hours");
    assert_about(per_hour(weeks, 3, daily), 2.0, "at night");
    assert_about(per_hour(weeks, 12, daily), 60.0, "at noon");
    assert_about(per_hour(weeks, 132, week), 30.0, "on Saturday at noon");
    assert_about(per_hour(2 * 168, 12, week), 60.0, "on Monday at noon, after two weeks");
    let job = per_hour(weeks, 147, sunday_job);
    assert!((100.0..500.0).contains(&job), "a weekly job is known: {job}");
    assert!(per_hour(weeks, 99, sunday_job) < 30.0, "and is no Friday's");
}

#[test]
fn one_bad_day_does_not_hide_the_next() {
    for (story, from, to) in
        [("a week ago", -165, -162), ("yesterday", -21, -15), ("the last hour", 2, 3), ("all evening", -4, 3)]
    {
        let spike = |hour: i64| if (from..to).contains(&hour) { 4_000 } else { 2 };
        let found = per_hour(3 * 168, 3, spike);
        assert!((1.5..3.0).contains(&found), "{story}: {found}");
    }
}

#[test]
fn a_new_level_is_usual_after_a_few_days() {
    let since = |days: i64| per_hour(5 * 168, 0, move |hour| if hour < -24 * days { 2 } else { 200 });
    assert!(since(1) < 4.0, "a day: {}", since(1));
    assert!(since(4) > 20.0, "four days: {}", since(4));
    assert!(since(14) > 120.0, "two weeks: {}", since(14));
}

#[test]
fn rare_events_are_not_never() {
    let rare = per_hour(5 * 168, 3, |hour| u64::from(hour.rem_euclid(168) == 77));
    assert!((0.002..0.02).contains(&rare), "one a week: {rare}");
    let never = per_hour(5 * 168, 3, |_| 0);
    assert!(never > 0.0 && never < rare, "never: {never}");
}

#[test]
fn spread_comes_of_what_was_seen() {
    let variance = |hours: i64, events: fn(i64) -> u64| {
        let baseline = Baseline::of(&history(hours, 0, events), at(0));
        let expected = 2.0;
        baseline.variance(expected, 0) / expected
    };
    let chance =
        |hour: i64| [1, 3, 2, 0, 4, 2, 1, 3, 2, 2, 5, 1][usize::try_from(hour.rem_euclid(12)).unwrap()];
    let known = variance(4 * 168, chance);
    let new = variance(5, chance);
    let bunches = variance(4 * 168, |hour| if hour.rem_euclid(19) == 0 { 38 } else { 0 });
    assert!(known < 2.5, "as chance has it: {known}");
    assert!(new > known, "little history: {new}");
    assert!(bunches > 20.0, "bunches: {bunches}");
}

#[test]
fn nothing_known_and_too_much_known_are_answers_too() {
    assert_eq!(Baseline::of(&[], at(0)).known_hours(), 0);
    let long = history(2 * i64::try_from(HOURS_MAX).unwrap(), 0, |_| u64::MAX / 4);
    let baseline = Baseline::of(&long, at(0));
    assert_eq!(usize::try_from(baseline.known_hours()), Ok(HOURS_MAX));
    assert!(baseline.per_hour().is_finite() && baseline.variance(1e18, 0).is_finite());
}
