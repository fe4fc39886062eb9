//! Whether something takes longer in one release than in the one before: the 95th percentiles with their intervals, which order
//! statistics give without knowing how durations are distributed.

use serde::Serialize;
use statrs::distribution::{Binomial, DiscreteCDF};
use utoipa::ToSchema;

use crate::insight::words;
use crate::model::durations::Durations;

/// What is compared.
const QUANTILE: f64 = 0.95;
/// A p95 of fewer is one of the two slowest.
pub const DURATIONS_MIN: u64 = 50;
/// A fifth slower is felt; less is an ordinary day.
const RATIO_MIN: f64 = 1.2;
/// Nobody feels less than this.
const STEP_US_MIN: f64 = 10_000.0;
/// How sure each interval is where one thing is compared. Two that do not touch differ by chance once in about 170 times.
pub const CONFIDENCE: f64 = 0.95;
/// Beyond so many the binomial's steps are finer than the sketch's.
const RANKED_MAX: u64 = 10_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DurationChange)]
pub enum Change {
    Slower,
    Faster,
    Same,
    NotEnoughData,
}

/// A p95 and between which bounds it lies, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct P95 {
    pub us: f64,
    /// 0 where there are too few for a bound.
    pub low_us: f64,
    /// Infinite where there are too few for a bound.
    pub high_us: f64,
    pub of: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    pub change: Change,
    pub before: Option<P95>,
    pub after: Option<P95>,
    pub sentence: String,
}

/// One of several that are compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    pub name: String,
    pub comparison: Comparison,
}

impl Compared {
    /// How many times as long it takes, or less than 1 where it takes less.
    pub fn ratio(&self) -> f64 {
        match (self.comparison.before, self.comparison.after) {
            (Some(before), Some(after)) if before.us > 0.0 => after.us / before.us,
            _ => 1.0,
        }
    }
}

/// `confidence`: of each interval, between 0 and 1.
pub fn compare(before: &Durations, after: &Durations, confidence: f64) -> Comparison {
    let (old, new) = (p95(before, confidence), p95(after, confidence));
    let change = match (old, new) {
        (Some(old), Some(new)) if old.of >= DURATIONS_MIN && new.of >= DURATIONS_MIN => change(old, new),
        _ => Change::NotEnoughData,
    };
    Comparison { change, before: old, after: new, sentence: sentence(change, old, new) }
}

fn change(before: P95, after: P95) -> Change {
    let matters =
        |short: P95, long: P95| long.us >= short.us * RATIO_MIN && long.us - short.us >= STEP_US_MIN;
    let apart = |short: P95, long: P95| short.high_us < long.low_us;
    match () {
        () if matters(before, after) && apart(before, after) => Change::Slower,
        () if matters(after, before) && apart(after, before) => Change::Faster,
        // It looks different, and the bound that would tell is one that so few do not give.
        () if matters(before, after) && before.high_us.is_infinite() => Change::NotEnoughData,
        () if matters(after, before) && after.high_us.is_infinite() => Change::NotEnoughData,
        () => Change::Same,
    }
}

/// The interval is between the order statistics whose ranks the binomial of (n, 0.95) leaves out on either side (Conover,
/// Practical Nonparametric Statistics, 3.2).
fn p95(durations: &Durations, confidence: f64) -> Option<P95> {
    let of = durations.count();
    let us = durations.quantile_us(QUANTILE)?;
    let ranked = of.min(RANKED_MAX);
    let outside = (1.0 - confidence) / 2.0;
    let ranks = Binomial::new(QUANTILE, ranked).ok()?;
    // The k-th of n lies above the p95 with P(B < k) and below it with P(B >= k).
    let low_rank = ranks.inverse_cdf(outside);
    let high_rank = ranks.inverse_cdf(1.0 - outside) + 1;
    let at = |rank: u64| durations.quantile_us((rank - 1) as f64 / (ranked.max(2) - 1) as f64);
    let low_us = if low_rank == 0 { Some(0.0) } else { at(low_rank) };
    let high_us = if high_rank > ranked { Some(f64::INFINITY) } else { at(high_rank) };
    Some(P95 { us, low_us: low_us?, high_us: high_us?, of })
}

fn sentence(change: Change, before: Option<P95>, after: Option<P95>) -> String {
    let (Some(before), Some(after)) = (before, after) else {
        return "Not enough data: nothing to compare with".to_owned();
    };
    let fewest = before.of.min(after.of);
    let of =
        |p95: P95| format!("{} ({} to {})", duration(p95.us), duration(p95.low_us), duration(p95.high_us));
    let times = format!("p95 {} vs {}", of(after), of(before));
    match change {
        Change::NotEnoughData if fewest < DURATIONS_MIN => {
            let whose = if after.of == fewest { "here" } else { "in the release before" };
            format!("Not enough data: {} of {DURATIONS_MIN} {whose}", words::number(fewest))
        }
        Change::NotEnoughData => format!("Not enough data: {times}"),
        Change::Same => format!("Same: {times}"),
        Change::Slower => format!("Slower: {times}"),
        Change::Faster => format!("Faster: {times}"),
    }
}

/// `0.8 ms`, `412 ms`, `1.24 s`, `3.5 min`.
pub fn duration(us: f64) -> String {
    let ms = us / 1_000.0;
    match ms {
        ms if ms < 10.0 => format!("{ms:.1} ms"),
        ms if ms < 999.5 => format!("{ms:.0} ms"),
        ms if ms < 99_500.0 => format!("{:.2} s", ms / 1_000.0),
        ms if ms.is_infinite() => "any length".to_owned(),
        ms => format!("{:.1} min", ms / 60_000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many, evenly between the bounds.
    fn even(of: u64, from_us: u64, to_us: u64) -> Durations {
        let mut durations = Durations::default();
        for index in 0..of {
            durations.add(from_us + (to_us - from_us) * index / of.max(1));
        }
        durations
    }

    #[test]
    fn what_matters_and_is_no_chance_is_told() {
        let usual = even(1_000, 50_000, 400_000);
        for (name, before, after, expected) in [
            ("the same", usual.clone(), even(900, 50_000, 400_000), Change::Same),
            ("half as much again", usual.clone(), even(1_000, 50_000, 600_000), Change::Slower),
            ("a third less", even(1_000, 50_000, 600_000), usual.clone(), Change::Faster),
            (
                "a tenth more, surely",
                even(100_000, 50_000, 400_000),
                even(100_000, 50_000, 440_000),
                Change::Same,
            ),
            ("twice of almost nothing", even(5_000, 100, 4_000), even(5_000, 100, 8_000), Change::Same),
            ("too few", usual.clone(), even(49, 50_000, 900_000), Change::NotEnoughData),
            ("too few before", even(10, 50_000, 400_000), usual.clone(), Change::NotEnoughData),
            ("none before", Durations::default(), usual.clone(), Change::NotEnoughData),
            (
                "few have no upper bound",
                even(60, 50_000, 400_000),
                even(1_000, 600_000, 900_000),
                Change::NotEnoughData,
            ),
            ("few that are faster", even(60, 600_000, 900_000), even(1_000, 50_000, 400_000), Change::Faster),
        ] {
            assert_eq!(compare(&before, &after, CONFIDENCE).change, expected, "{name}");
        }
    }

    /// R: `qbinom(c(0.025, 0.975), 1000, 0.95)` is 936 and 963.
    #[test]
    fn the_interval_is_that_of_order_statistics() {
        let mut durations = Durations::default();
        (1..=1_000).for_each(|us| durations.add(us * 1_000));
        let found = p95(&durations, 0.95).expect("counted");
        let close = |us: f64, expected: f64| (us / expected - 1.0).abs() < 0.012;
        assert!(close(found.low_us, 936_000.0) && close(found.high_us, 964_000.0), "{found:?}");
    }

    #[test]
    fn what_does_not_differ_is_seldom_called_so() {
        let mut dice = 7_u64;
        let mut roll = || {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // Between 20 ms and 10 s, with a long tail.
            20_000 + (200_000_000_000 / ((dice >> 44) + 20_000))
        };
        let mut differing = 0;
        for _ in 0..300 {
            let (mut before, mut after) = (Durations::default(), Durations::default());
            for _ in 0..200 {
                before.add(roll());
                after.add(roll());
            }
            let change = compare(&before, &after, CONFIDENCE).change;
            differing += u32::from(matches!(change, Change::Slower | Change::Faster));
        }
        assert!(differing <= 6, "{differing} of 300");
    }

    #[test]
    fn it_is_said_in_words() {
        let said = |before: &Durations, after: &Durations| compare(before, after, CONFIDENCE).sentence;
        let usual = even(1_000, 50_000, 400_000);
        insta::assert_snapshot!(
            [
                said(&usual, &even(1_000, 50_000, 900_000)),
                said(&usual, &usual),
                said(&usual, &even(12, 1, 2)),
                said(&Durations::default(), &usual),
                said(&even(60, 50_000, 400_000), &even(1_000, 600_000, 900_000)),
            ]
            .join("\n"),
            @r"
        Slower: p95 849 ms (849 ms to 865 ms) vs 382 ms (375 ms to 390 ms)
        Same: p95 382 ms (375 ms to 390 ms) vs 382 ms (375 ms to 390 ms)
        Not enough data: 12 of 50 here
        Not enough data: nothing to compare with
        Not enough data: p95 882 ms (882 ms to 882 ms) vs 375 ms (354 ms to any length)
        "
        );
    }

    #[test]
    fn durations_are_said_as_people_say_them() {
        for (us, said) in
            [(800.0, "0.8 ms"), (412_000.0, "412 ms"), (1_240_000.0, "1.24 s"), (210_000_000.0, "3.5 min")]
        {
            assert_eq!(duration(us), said);
        }
    }
}
