//! The stretches of time that transactions are shown of, and what is counted in them.

use jiff::{SignedDuration, Timestamp};

use crate::api::error::{ApiError, Result};
use crate::api::params::Params;
use crate::model::transaction::TransactionStats;
use crate::store::TransactionStep;

/// Name, seconds, the step it is counted in, that of the period before, and how wide a point of its series is in seconds. Hours are kept for two
/// weeks, minutes for three hours.
const PERIODS: [(&str, i64, TransactionStep, TransactionStep, i64); 6] = [
    ("1h", 3_600, TransactionStep::Minute, TransactionStep::Minute, 60),
    ("24h", 86_400, TransactionStep::Hour, TransactionStep::Hour, 3_600),
    ("7d", 7 * 86_400, TransactionStep::Hour, TransactionStep::Day, 6 * 3_600),
    ("14d", 14 * 86_400, TransactionStep::Hour, TransactionStep::Day, 12 * 3_600),
    ("30d", 30 * 86_400, TransactionStep::Day, TransactionStep::Day, 86_400),
    ("90d", 90 * 86_400, TransactionStep::Day, TransactionStep::Day, 3 * 86_400),
];
const PERIOD_DEFAULT: &str = "24h";

pub(super) struct Period {
    pub since: Timestamp,
    pub until: Timestamp,
    /// Where the period before begins; it ends at `since`.
    pub before: Timestamp,
    pub step: TransactionStep,
    pub step_before: TransactionStep,
    pub point_seconds: i64,
}

impl Period {
    /// Ends with the step that `now` is in, which is whole steps later than it began.
    pub fn of(params: &Params, now: Timestamp) -> Result<Self> {
        let asked = params.get("statsPeriod").unwrap_or(PERIOD_DEFAULT);
        let known = PERIODS.into_iter().find(|(name, ..)| *name == asked);
        let Some((_, seconds, step, step_before, point_seconds)) = known else {
            let names = PERIODS.map(|(name, ..)| name).join(", ");
            return Err(ApiError::bad_request(format!("statsPeriod: expected one of {names}")));
        };
        let width = step.seconds();
        let until = (now.as_second().div_euclid(width) + 1) * width;
        let at = |second| {
            Timestamp::from_second(second).map_err(|_| ApiError::bad_request("statsPeriod: too long"))
        };
        Ok(Self {
            since: at(until - seconds)?,
            until: at(until)?,
            before: at(until - 2 * seconds)?,
            step,
            step_before,
            point_seconds,
        })
    }

    pub fn minutes(&self) -> f64 {
        self.until.duration_since(self.since).as_secs_f64() / 60.0
    }

    pub fn length(&self) -> SignedDuration {
        self.until.duration_since(self.since)
    }

    fn points(&self) -> usize {
        usize::try_from(self.length().as_secs() / self.point_seconds).unwrap_or(0)
    }

    /// What was counted in each point of the series. `steps`: with their beginnings in seconds.
    pub fn series(&self, steps: &[(i64, TransactionStats)]) -> Vec<TransactionStats> {
        let mut points = vec![TransactionStats::default(); self.points()];
        for (second, stats) in steps {
            let point = (second - self.since.as_second()).div_euclid(self.point_seconds);
            if let Some(point) = usize::try_from(point).ok().and_then(|point| points.get_mut(point)) {
                point.merge(stats);
            }
        }
        points
    }
}

/// All steps together.
pub(super) fn whole(steps: &[(i64, TransactionStats)]) -> TransactionStats {
    let mut whole = TransactionStats::default();
    for (_, stats) in steps {
        whole.merge(stats);
    }
    whole
}

pub(super) fn ms(us: f64) -> f64 {
    us / 1_000.0
}

/// In milliseconds.
pub(super) fn quantile(stats: &TransactionStats, q: f64) -> Option<f64> {
    stats.durations.quantile_us(q).map(ms)
}

/// How many each received one stands for, on average.
pub(super) fn sample_factor(stats: &TransactionStats) -> f64 {
    if stats.count == 0 { 1.0 } else { (stats.weighted / stats.count as f64).max(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_end_with_the_step_that_runs_and_their_points_add_up() {
        let now: Timestamp = "2026-11-27T07:31:12Z".parse().expect("a time");
        let period = |name: &str| Period::of(&Params::parse(&format!("statsPeriod={name}")), now);
        for (name, since, until, points) in [
            ("1h", "2026-11-27T06:32:00Z", "2026-11-27T07:32:00Z", 60),
            ("", "2026-11-26T08:00:00Z", "2026-11-27T08:00:00Z", 24),
            ("7d", "2026-11-20T08:00:00Z", "2026-11-27T08:00:00Z", 28),
            ("30d", "2026-10-29T00:00:00Z", "2026-11-28T00:00:00Z", 30),
            ("90d", "2026-08-30T00:00:00Z", "2026-11-28T00:00:00Z", 30),
        ] {
            let found = period(name).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(
                (found.since.to_string().as_str(), found.until.to_string().as_str()),
                (since, until),
                "{name}"
            );
            assert_eq!(found.points(), points, "{name}");
        }
        assert!(period("2h").is_err());
        let day = period("24h").expect("known");
        let counted =
            |second: i64, count| (second, TransactionStats { count, ..TransactionStats::default() });
        let since = day.since.as_second();
        let steps = [
            counted(since - 1, 100),
            counted(since, 1),
            counted(since + 3_600, 2),
            counted(since + 86_400, 100),
        ];
        let counts: Vec<u64> = day.series(&steps).iter().map(|point| point.count).collect();
        assert_eq!((counts.len(), &counts[..3]), (24, &[1, 2, 0][..]));
        assert_eq!(whole(&steps).count, 203);
    }
}
