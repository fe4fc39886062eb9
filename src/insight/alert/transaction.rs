//! Whether a transaction is slow, fails or runs too often or not often enough. Pure.

use crate::model::alert::Because;
use crate::model::alert_rule::Trigger;
use crate::model::pattern;
use crate::model::transaction::TransactionStats;

/// Of fewer, the slowest one alone would be the 95th percentile.
pub const COUNT_MIN: u64 = 20;
const P95: f64 = 0.95;

/// What a rule asks of transactions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// In milliseconds.
    P95 {
        milliseconds: u64,
    },
    FailureRate {
        percent: f64,
        at_least: u64,
    },
    Throughput {
        per_minute: f64,
        below: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Asked<'a> {
    /// A name, or a pattern with `*`. `None`: any.
    pub name: Option<&'a str>,
    pub minutes: u32,
    pub bound: Bound,
}

/// What was counted of one transaction in the window, and what is usual.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    pub name: &'a str,
    pub window: &'a TransactionStats,
    /// Of the time before the window: counts, and over how many minutes. `None`: nothing was counted then.
    pub usual: Option<(&'a TransactionStats, u32)>,
}

/// `None`: the rule is not about transactions.
pub fn asked(trigger: &Trigger) -> Option<Asked<'_>> {
    let (transaction, minutes, bound) = match trigger {
        Trigger::TransactionP95 { transaction, milliseconds, minutes } => {
            (transaction, minutes, Bound::P95 { milliseconds: *milliseconds })
        }
        Trigger::TransactionFailureRate { transaction, percent, minutes, at_least } => {
            (transaction, minutes, Bound::FailureRate { percent: *percent, at_least: *at_least })
        }
        Trigger::TransactionThroughput { transaction, per_minute, below, minutes } => {
            (transaction, minutes, Bound::Throughput { per_minute: *per_minute, below: *below })
        }
        _ => return None,
    };
    let name = transaction.as_deref().map(str::trim).filter(|name| !name.is_empty());
    Some(Asked { name, minutes: *minutes, bound })
}

impl Asked<'_> {
    pub fn is_about(&self, name: &str) -> bool {
        self.name.is_none_or(|pattern| pattern::fits(&pattern.to_lowercase(), &name.to_lowercase()))
    }

    /// Whether what did not run at all may meet it.
    pub fn counts_absence(&self) -> bool {
        matches!(self.bound, Bound::Throughput { below: true, .. })
    }

    /// By the window alone: what is usual need not be read of those that are not past it.
    pub fn is_past(&self, window: &TransactionStats) -> bool {
        match self.bound {
            Bound::P95 { milliseconds } => {
                window.count >= COUNT_MIN && p95_ms(window).is_some_and(|found| found > milliseconds as f64)
            }
            Bound::FailureRate { percent, at_least } => {
                window.count >= at_least.max(1)
                    && window.failure_rate().is_some_and(|rate| rate * 100.0 > percent)
            }
            Bound::Throughput { per_minute, below: true } => self.per_minute(window) < per_minute,
            Bound::Throughput { per_minute, below: false } => self.per_minute(window) > per_minute,
        }
    }

    /// What it is met by, if it is.
    pub fn judge(&self, facts: &Facts<'_>) -> Option<Because> {
        let Facts { name, window, usual } = *facts;
        if !self.is_past(window) {
            return None;
        }
        let (name, minutes) = (name.to_owned(), self.minutes);
        match self.bound {
            Bound::P95 { milliseconds } => Some(Because::TransactionP95 {
                name,
                milliseconds: p95_ms(window)?,
                usual_milliseconds: usual.and_then(|(usual, _)| p95_ms(usual)),
                more_than: milliseconds,
                minutes,
            }),
            Bound::FailureRate { percent, .. } => Some(Because::TransactionFailureRate {
                name,
                percent: window.failure_rate()? * 100.0,
                usual_percent: usual.and_then(|(usual, _)| usual.failure_rate()).map(|rate| rate * 100.0),
                bound: percent,
                count: window.count,
                minutes,
            }),
            Bound::Throughput { per_minute: bound, below } => {
                let usual = usual.map(|(usual, minutes)| usual.weighted / f64::from(minutes.max(1)));
                // What is rare anyway is no news.
                if below && usual.is_none_or(|usual| usual < bound) {
                    return None;
                }
                let per_minute = self.per_minute(window);
                let usual_per_minute = usual;
                Some(Because::TransactionThroughput {
                    name,
                    per_minute,
                    usual_per_minute,
                    bound,
                    below,
                    minutes,
                })
            }
        }
    }

    fn per_minute(&self, window: &TransactionStats) -> f64 {
        window.weighted / f64::from(self.minutes.max(1))
    }
}

fn p95_ms(stats: &TransactionStats) -> Option<f64> {
    stats.durations.quantile_us(P95).map(|us| us / 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stats(count: u64, failed: u64, us: u64) -> TransactionStats {
        let mut stats = TransactionStats {
            count,
            failed,
            weighted: count as f64,
            weighted_failed: failed as f64,
            ..TransactionStats::default()
        };
        stats.durations.add_many(us, count);
        stats
    }

    fn met(
        trigger: &Trigger,
        window: &TransactionStats,
        usual: Option<&TransactionStats>,
    ) -> Option<Because> {
        let facts = Facts { name: "POST /pay", window, usual: usual.map(|usual| (usual, 1_440)) };
        asked(trigger).expect("about transactions").judge(&facts)
    }

    #[test]
    fn slowness_wants_enough_to_tell_it_from_one_slow_request() {
        let trigger = Trigger::TransactionP95 { transaction: None, milliseconds: 1_000, minutes: 10 };
        let cases = [(20, 1_500_000, true), (19, 1_500_000, false), (20, 900_000, false), (0, 0, false)];
        for (count, us, expected) in cases {
            assert_eq!(met(&trigger, &stats(count, 0, us), None).is_some(), expected, "{count} of {us} µs");
        }
        let Some(Because::TransactionP95 { milliseconds, usual_milliseconds, .. }) =
            met(&trigger, &stats(50, 0, 2_300_000), Some(&stats(500, 0, 310_000)))
        else {
            panic!("it is slow")
        };
        assert!((milliseconds / 2_300.0 - 1.0).abs() < 0.01, "{milliseconds}");
        assert!(usual_milliseconds.is_some_and(|usual| (usual / 310.0 - 1.0).abs() < 0.01));
    }

    #[test]
    fn failures_are_told_from_so_many_on() {
        let trigger =
            Trigger::TransactionFailureRate { transaction: None, percent: 5.0, minutes: 10, at_least: 30 };
        for (count, failed, expected) in [(30, 2, true), (29, 20, false), (100, 5, false), (0, 0, false)] {
            assert_eq!(
                met(&trigger, &stats(count, failed, 1), None).is_some(),
                expected,
                "{failed} of {count}"
            );
        }
        let mut sampled = stats(40, 1, 1);
        (sampled.weighted, sampled.weighted_failed) = (40.0, 10.0);
        assert!(met(&trigger, &sampled, None).is_some(), "what was sampled counts for what it stands for");
    }

    #[test]
    fn silence_is_news_only_of_what_usually_runs() {
        let below =
            Trigger::TransactionThroughput { transaction: None, per_minute: 1.0, below: true, minutes: 10 };
        let none = TransactionStats::default();
        assert!(met(&below, &none, Some(&stats(2_880, 0, 1))).is_some());
        assert!(met(&below, &none, Some(&stats(100, 0, 1))).is_none(), "it is rare");
        assert!(met(&below, &none, None).is_none(), "it is not known");
        assert!(met(&below, &stats(11, 0, 1), Some(&stats(2_880, 0, 1))).is_none());
        let above =
            Trigger::TransactionThroughput { transaction: None, per_minute: 5.0, below: false, minutes: 10 };
        assert!(met(&above, &stats(51, 0, 1), None).is_some());
        assert!(met(&above, &stats(50, 0, 1), None).is_none());
    }

    #[test]
    fn names_fit_patterns() {
        let trigger = |name: &str| Trigger::TransactionP95 {
            transaction: Some(name.to_owned()),
            milliseconds: 1,
            minutes: 1,
        };
        for (pattern, expected) in
            [("POST /api/pay", true), ("post /API/*", true), ("*pay", true), ("GET *", false), ("", true)]
        {
            let trigger = trigger(pattern);
            assert_eq!(asked(&trigger).expect("asked").is_about("POST /api/pay"), expected, "{pattern}");
        }
        assert!(asked(&Trigger::Own).is_none());
    }
}
