//! The few tests that findings rest on, each with its source. Distributions are `statrs`'; p-values are two-sided.

use std::ops::RangeInclusive;

use serde::Serialize;
use statrs::distribution::{Binomial, ContinuousCDF, Discrete, Normal};
use utoipa::ToSchema;

/// Below this expected count in any cell the normal approximation is not trusted: twice what Cochran (1954) asks for,
/// for the exact test costs little there.
const EXPECTED_MIN: f64 = 10.0;
/// What is so much less likely than what was seen adds nothing, nor does what is beyond it.
const NEGLIGIBLE: f64 = 1e-18;
/// Beyond so many events the binomial is taken for normal: the two agree to three digits long before.
const BINOMIAL_EXACT_MAX: u64 = 5_000;
/// Outcomes whose likelihood differs by rounding alone are as likely (R's `fisher.test` and `binom.test`).
const AS_LIKELY: f64 = 1.0 + 1e-7;

/// From so many hours on it is known how much events come in bunches.
const BUNCHING_HOURS_MIN: usize = 6;
/// What is assumed of fewer hours.
const BUNCHING_DEFAULT: f64 = 5.0;

/// So many of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    pub hits: u64,
    pub of: u64,
}

impl Share {
    pub fn new(hits: u64, of: u64) -> Self {
        Self { hits: hits.min(of), of }
    }

    /// 0 of nothing.
    pub fn rate(self) -> f64 {
        if self.of == 0 { 0.0 } else { self.hits as f64 / self.of as f64 }
    }
}

/// Counted while so much time, or so many sessions, went by.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rate {
    pub events: u64,
    pub exposure: f64,
}

impl Rate {
    pub fn per_one(self) -> f64 {
        if self.exposure > 0.0 { self.events as f64 / self.exposure } else { 0.0 }
    }
}

/// Which test a p-value is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = StatisticalTest)]
pub enum Test {
    TwoProportions,
    FisherExact,
    PoissonRates,
}

/// Whether two shares differ: the pooled z-test, or where numbers are small Fisher's exact test.
pub fn two_shares(a: Share, b: Share) -> (f64, Test) {
    let (hits, of) = (a.hits + b.hits, a.of + b.of);
    if a.of == 0 || b.of == 0 || hits == 0 || hits == of {
        return (1.0, Test::FisherExact);
    }
    let pooled = hits as f64 / of as f64;
    let fewest = (a.of.min(b.of)) as f64 * pooled.min(1.0 - pooled);
    if fewest < EXPECTED_MIN {
        return (fisher(a, b), Test::FisherExact);
    }
    let spread = (pooled * (1.0 - pooled) * (1.0 / a.of as f64 + 1.0 / b.of as f64)).sqrt();
    (beyond((a.rate() - b.rate()) / spread), Test::TwoProportions)
}

/// All tables that are at most as likely as the one seen, each reckoned from its neighbour beginning with that: the numbers of
/// ways themselves outgrow what a float holds from some hundred hits on.
fn fisher(a: Share, b: Share) -> f64 {
    // Rare outcomes are summed over, whichever of the two they are: there are few of them.
    let (hits, of) = (a.hits + b.hits, a.of + b.of);
    let (seen, drawn) = if hits * 2 <= of { (a.hits, hits) } else { (a.of - a.hits, of - hits) };
    let (first, last) = (drawn.saturating_sub(b.of), drawn.min(a.of));
    // How much likelier one more is.
    let ratio = |hits: u64| {
        let more = (a.of - hits) as f64 * (drawn - hits) as f64;
        more / ((hits + 1) as f64 * (b.of + hits + 1 - drawn) as f64)
    };
    let (mut all, mut as_likely) = (1.0, 1.0);
    let mut note = |likely: f64| {
        all += likely;
        as_likely += if likely <= AS_LIKELY { likely } else { 0.0 };
        likely > NEGLIGIBLE
    };
    let mut likely = 1.0;
    for hits in seen..last {
        likely *= ratio(hits);
        if !note(likely) {
            break;
        }
    }
    likely = 1.0;
    for hits in (first..seen).rev() {
        likely /= ratio(hits);
        if !note(likely) {
            break;
        }
    }
    as_likely / all
}

/// Whether two rates differ: given both counts together, one is binomial (Przyborowski and Wilenski 1940).
pub fn two_rates(a: Rate, b: Rate) -> f64 {
    let (events, exposure) = (a.events + b.events, a.exposure + b.exposure);
    if events == 0 || a.exposure <= 0.0 || b.exposure <= 0.0 {
        return 1.0;
    }
    let share = a.exposure / exposure;
    if events > BINOMIAL_EXACT_MAX {
        let (n, seen) = (events as f64, a.events as f64);
        return beyond((seen - n * share) / (n * share * (1.0 - share)).sqrt());
    }
    let Ok(outcomes) = Binomial::new(share, events) else { return 1.0 };
    at_most_as_likely(0..=events, a.events, |events| outcomes.pmf(events))
}

fn at_most_as_likely(outcomes: RangeInclusive<u64>, seen: u64, likelihood: impl Fn(u64) -> f64) -> f64 {
    let bound = likelihood(seen) * AS_LIKELY;
    outcomes.map(&likelihood).filter(|likely| *likely <= bound).sum::<f64>().min(1.0)
}

/// How likely a standard normal is as far from 0, to either side.
fn beyond(z: f64) -> f64 {
    2.0 * Normal::standard().cdf(-z.abs())
}

/// p-values as they count where several are looked at together (Holm 1979), in their order.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut adjusted = vec![1.0; p_values.len()];
    let mut most = 0.0_f64;
    for (passed, index) in order.into_iter().enumerate() {
        let left = (p_values.len() - passed) as f64;
        most = most.max(p_values[index] * left).min(1.0);
        adjusted[index] = most;
    }
    adjusted
}

/// How many events one occasion sends: variance over mean by the hour, at least 1. Counts are divided by it before they are
/// taken for Poisson's (quasi-Poisson, Wedderburn 1974), so that one person's loop is not taken for many people.
pub fn bunching(by_hour: &[u64]) -> f64 {
    let events: u64 = by_hour.iter().sum();
    if by_hour.len() < BUNCHING_HOURS_MIN || events == 0 {
        return BUNCHING_DEFAULT;
    }
    let mean = events as f64 / by_hour.len() as f64;
    let squares: f64 = by_hour.iter().map(|count| (*count as f64 - mean).powi(2)).sum();
    (squares / (by_hour.len() - 1) as f64 / mean).max(1.0)
}

/// How likely it is to see nothing where so many were to be expected (Poisson).
pub fn nothing_of(expected: f64) -> f64 {
    (-expected.max(0.0)).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64, within: f64, what: &str) {
        assert!((found - expected).abs() <= within, "{what}: {found}, expected {expected}");
    }

    /// R: `fisher.test(matrix(c(3, 1, 1, 3), 2))` (the lady's tea), `fisher.test(Convictions)`, and
    /// `prop.test(c(15, 25), c(50, 50), correct = FALSE)`.
    #[test]
    fn shares_are_told_apart_as_r_does() {
        for (a, b, p, within, test) in [
            ((3, 4), (1, 4), 0.4857, 1e-4, Test::FisherExact),
            ((2, 17), (10, 13), 0.000_536_7, 1e-6, Test::FisherExact),
            ((15, 17), (3, 13), 0.000_536_7, 1e-6, Test::FisherExact),
            ((15, 50), (25, 50), 0.041_227, 1e-5, Test::TwoProportions),
        ] {
            let found = two_shares(Share::new(a.0, a.1), Share::new(b.0, b.1));
            assert_eq!(found.1, test, "{a:?} {b:?}");
            close(found.0, p, within, &format!("{a:?} {b:?}"));
        }
        for (a, b) in [((0, 10), (0, 10)), ((10, 10), (7, 7)), ((0, 0), (3, 9))] {
            close(
                two_shares(Share::new(a.0, a.1), Share::new(b.0, b.1)).0,
                1.0,
                0.0,
                "nothing to tell apart",
            );
        }
    }

    #[test]
    fn a_large_table_with_a_rare_outcome_is_exact() {
        // P(X <= 0) + P(X >= 8) of Hypergeometric(2e6, 1e6, 8): 2 / 2^8, nearly.
        let (p, test) = two_shares(Share::new(0, 1_000_000), Share::new(8, 1_000_000));
        assert_eq!(test, Test::FisherExact);
        close(p, 2.0 / 256.0, 1e-4, "eight crashes against none");
    }

    /// Exact fractions: 0 of 10 beside 960 of 3,000, and 9 of 12.
    #[test]
    fn a_few_beside_many_with_a_frequent_outcome_are_exact() {
        for (hits, of, p) in [(0, 10, 0.036_380_6), (9, 12, 0.002_875_1)] {
            let (found, test) = two_shares(Share::new(hits, of), Share::new(960, 3_000));
            assert_eq!(test, Test::FisherExact);
            close(found, p, 1e-6, "exact");
        }
    }

    /// R: `poisson.test(c(11, 6 + 8 + 7), c(800, 1083 + 1050 + 878))` of its own examples.
    #[test]
    fn rates_are_told_apart_as_r_does() {
        let rate = |events, exposure| Rate { events, exposure };
        close(two_rates(rate(11, 800.0), rate(21, 3011.0)), 0.079_67, 1e-5, "R's example");
        close(two_rates(rate(3, 1.0), rate(0, 1.0)), 0.25, 1e-9, "three of three");
        close(two_rates(rate(0, 1.0), rate(0, 1.0)), 1.0, 0.0, "nothing");
        // Where the one way of reckoning ends, the other begins.
        let (exact, normal) =
            (two_rates(rate(2_570, 1.0), rate(2_430, 1.0)), two_rates(rate(2_571, 1.0), rate(2_430, 1.0)));
        close(exact, normal, 5e-3, "the seam");
    }

    /// R: `p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm")`.
    #[test]
    fn several_tests_are_corrected_as_r_does() {
        let found = holm(&[0.03, 0.01, 0.05, 0.02, 0.04]);
        for (found, expected) in found.into_iter().zip([0.09, 0.05, 0.09, 0.08, 0.09]) {
            close(found, expected, 1e-12, "adjusted");
        }
        assert_eq!(holm(&[]), Vec::<f64>::new());
        assert_eq!(holm(&[0.7, 0.8]), [1.0, 1.0]);
    }

    #[test]
    fn bunches_are_variance_over_mean() {
        close(bunching(&[4, 5, 6, 5, 4, 6]), 1.0, 0.0, "no more than chance has");
        // Mean 10; squares 50 * 50 + 5 * 10 * 10 = 3,000, over 5 and over 10.
        close(bunching(&[0, 0, 0, 60, 0, 0]), 60.0, 1e-9, "all at once");
        close(bunching(&[60, 0]), 5.0, 0.0, "too short to tell");
        close(bunching(&[0; 24]), 5.0, 0.0, "nothing to tell by");
    }

    #[test]
    fn three_expected_and_none_seen_is_the_rule_of_three() {
        close(nothing_of(3.0), 0.0498, 1e-4, "three");
        close(nothing_of(0.0), 1.0, 0.0, "none");
    }
}
