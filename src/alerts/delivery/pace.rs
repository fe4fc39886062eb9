//! How long is waited between tries, and how often is tried. Chance comes from outside, as a seed.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

/// Tries of one message until it is given up: about a day.
pub const TRIES_MAX: u32 = 15;
/// Where a receiver says that it does not know us or our secret, it may be being deployed: about five minutes.
pub const DOUBTFUL_TRIES_MAX: u32 = 5;

/// Before jitter, which adds up to the same again: so that what failed together is not tried together.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    pub first: Duration,
    /// A message waits no longer than this from one try to the next.
    pub longest: Duration,
    /// A recipient rests no longer than this before one of its messages is tried.
    pub longest_rest: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(6),
            longest: Duration::from_hours(2),
            longest_rest: Duration::from_mins(5),
        }
    }
}

/// Each delay is so many times the one before.
const GROWTH: f32 = 3.0;

impl Pace {
    /// Of a message, after so many tries that failed.
    pub fn delay(&self, failures: u32, seed: u64) -> Duration {
        self.nth(failures, self.longest, seed)
    }

    /// Of a recipient, after so many tries that failed in a row.
    pub fn rest(&self, failures: u32, seed: u64) -> Duration {
        self.nth(failures, self.longest_rest, seed)
    }

    fn nth(&self, failures: u32, longest: Duration, seed: u64) -> Duration {
        let delays = ExponentialBuilder::new()
            .with_min_delay(self.first)
            .with_max_delay(longest)
            .with_factor(GROWTH)
            .without_max_times()
            .with_jitter()
            .with_jitter_seed(seed)
            .build();
        // The delay stops growing long before.
        let index = usize::try_from(failures.saturating_sub(1).min(TRIES_MAX)).unwrap_or(0);
        delays.skip(index).find(|_| true).unwrap_or(longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_tried_for_about_a_day() {
        let pace = Pace::default();
        let hours = |seed: u64| {
            let delays =
                (1..TRIES_MAX).map(|failures| pace.delay(failures, seed * 100 + u64::from(failures)));
            delays.sum::<Duration>().as_secs_f64() / 3600.0
        };
        for seed in 0..200 {
            assert!((15.0..33.0).contains(&hours(seed)), "{}", hours(seed));
        }
        let mean = (0..200).map(hours).sum::<f64>() / 200.0;
        assert!((22.0..26.0).contains(&mean), "{mean}");
    }

    #[test]
    fn delays_grow_have_an_end_and_differ() {
        let pace = Pace::default();
        let seconds = |failures| pace.delay(failures, 7).as_secs();
        assert!((6..=12).contains(&seconds(1)) && (18..=36).contains(&seconds(2)));
        assert!((7200..=14_400).contains(&seconds(TRIES_MAX + 100)));
        assert!(pace.rest(50, 7) <= 2 * pace.longest_rest);
        assert_ne!(pace.delay(3, 1), pace.delay(3, 2));
    }
}
