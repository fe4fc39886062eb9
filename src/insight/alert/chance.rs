//! How likely it is that so many events come by chance, where their mean and their spread are known.

use statrs::distribution::{DiscreteCDF, NegativeBinomial, Poisson};

/// A variance that is closer to the mean is Poisson's: the other formula divides by the difference.
const POISSON_UP_TO: f64 = 1.0 + 1e-6;

/// How likely at least so many events are. Counts that vary more than chance alone has them are negative binomial: a
/// Poisson count whose rate is itself uncertain (gamma), which is what bunches of events and little history look like.
pub fn at_least(events: u64, mean: f64, variance: f64) -> f64 {
    let Some(fewer) = events.checked_sub(1) else { return 1.0 };
    if mean <= 0.0 {
        return 0.0;
    }
    if variance <= mean * POISSON_UP_TO {
        return Poisson::new(mean).map_or(1.0, |poisson| poisson.sf(fewer));
    }
    let size = mean * mean / (variance - mean);
    NegativeBinomial::new(size, mean / variance).map_or(1.0, |counts| counts.sf(fewer))
}

#[cfg(test)]
mod tests {
    use super::at_least;

    /// Added up term by term: `P(k + 1) = P(k) * (k + r) / (k + 1) * (1 - p)`.
    fn summed(events: u64, mean: f64, variance: f64) -> f64 {
        let (r, p) = (mean * mean / (variance - mean), mean / variance);
        let (mut term, mut sum) = (p.powf(r), 0.0);
        for count in 0..events + 20_000 {
            if count >= events {
                sum += term;
            }
            term *= (count as f64 + r) / (count as f64 + 1.0) * (1.0 - p);
        }
        sum
    }

    #[test]
    fn tails_are_those_of_their_sums() {
        for (events, mean, variance) in
            [(20, 2.0, 2.4), (20, 2.0, 10.0), (200, 0.003, 0.18), (12, 0.5, 3.0), (330, 33.0, 400.0)]
        {
            let (found, expected) = (at_least(events, mean, variance), summed(events, mean, variance));
            assert!(
                (found / expected - 1.0).abs() < 1e-6,
                "{events} of {mean} ± {variance}: {found:e}, expected {expected:e}"
            );
        }
    }

    #[test]
    fn the_ends_are_told_too() {
        // e^-2 * 2^k / k!, added up from k = 20.
        assert!((at_least(20, 2.0, 2.0) / 6.443_731e-14 - 1.0).abs() < 1e-4);
        assert!((at_least(20, 2.0, 2.000_001) / at_least(20, 2.0, 2.0) - 1.0).abs() < 1e-2, "the seam");
        assert!((at_least(0, 2.0, 2.0) - 1.0).abs() < f64::EPSILON);
        assert!(at_least(1, 0.0, 0.0) <= 0.0);
    }
}
