//! Counts by buckets, and what an hour usually has: the exposure that changes are measured by.

use std::collections::HashMap;

use crate::insight::pattern::thresholds::{DAYS_ALIKE_MIN, USUAL_MIN};

pub const HOUR_SECONDS: i64 = 3_600;
const DAY_SECONDS: i64 = 86_400;
const HOURS_A_DAY: i64 = 24;

/// Counts by buckets of one width, oldest first; the last may be open still.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Series {
    /// Of the first bucket, in seconds since 1970.
    pub start: i64,
    /// The width.
    pub seconds: i64,
    pub counts: Vec<u64>,
}

impl Series {
    /// As the store tells them: (start, count), without gaps.
    pub fn of(seconds: i64, rows: &[(i64, u64)]) -> Self {
        let start = rows.first().map_or(0, |(start, _)| *start);
        Self { start, seconds, counts: rows.iter().map(|(_, count)| *count).collect() }
    }

    pub fn len(&self) -> usize {
        self.counts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    pub fn events(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The counts of the same buckets as another's, nothing where there are none.
    #[must_use]
    pub fn beside(&self, other: &Self) -> Self {
        let count = |bucket: usize| {
            let at = (other.at(bucket) - self.start).div_euclid(self.seconds.max(1));
            usize::try_from(at).ok().and_then(|at| self.counts.get(at)).copied().unwrap_or(0)
        };
        Self { start: other.start, seconds: other.seconds, counts: (0..other.len()).map(count).collect() }
    }

    /// When a bucket begins.
    pub fn at(&self, bucket: usize) -> i64 {
        self.start + i64::try_from(bucket).unwrap_or(i64::MAX).saturating_mul(self.seconds)
    }

    /// The bucket that a moment is in, the nearest where it is in none.
    pub fn bucket(&self, second: i64) -> usize {
        let bucket = (second - self.start).div_euclid(self.seconds.max(1)).max(0);
        usize::try_from(bucket).unwrap_or(0).min(self.len().saturating_sub(1))
    }

    #[must_use]
    pub fn last(&self, buckets: usize) -> Self {
        self.from(self.len().saturating_sub(buckets))
    }

    /// Without the first ones.
    #[must_use]
    pub fn from(&self, bucket: usize) -> Self {
        let bucket = bucket.min(self.len());
        Self { start: self.at(bucket), seconds: self.seconds, counts: self.counts[bucket..].to_vec() }
    }

    pub fn first_not_empty(&self) -> Option<usize> {
        self.counts.iter().position(|count| *count > 0)
    }

    /// How much of each bucket has been, as shares of its width.
    pub fn elapsed(&self, now: i64) -> Vec<f64> {
        let share = |bucket| ((now - self.at(bucket)) as f64 / self.seconds.max(1) as f64).clamp(0.0, 1.0);
        (0..self.len()).map(share).collect()
    }
}

fn hour_of_day(second: i64) -> i64 {
    second.div_euclid(HOUR_SECONDS).rem_euclid(HOURS_A_DAY)
}

fn is_weekend(second: i64) -> bool {
    // The first day of 1970 was a Thursday.
    matches!(second.div_euclid(DAY_SECONDS).rem_euclid(7), 2 | 3)
}

/// What each hour of a series usually has, one on average: the median of that hour of the day over all days of its kind, so that
/// neither another issue's burst nor an outage makes an hour busy or quiet. Without traffic, all hours are alike.
pub fn usual(traffic: &Series) -> Vec<f64> {
    let mut hours: HashMap<(bool, i64), Vec<u64>> = HashMap::new();
    // The open hour has not had its traffic yet, those before the first that had any may not have been watched.
    let first = traffic.first_not_empty().unwrap_or(0);
    let closed = traffic.len().saturating_sub(1);
    for bucket in first..closed {
        let at = traffic.at(bucket);
        hours.entry((is_weekend(at), hour_of_day(at))).or_default().push(traffic.counts[bucket]);
    }
    let of = |kind, hour| hours.get(&(kind, hour)).cloned().unwrap_or_default();
    let mut middles: HashMap<(bool, i64), f64> = HashMap::new();
    for kind in [true, false] {
        for hour in 0..HOURS_A_DAY {
            let mut alike = of(kind, hour);
            if alike.len() < DAYS_ALIKE_MIN {
                alike.extend(of(!kind, hour));
            }
            middles.insert((kind, hour), middle(&mut alike));
        }
    }
    let of_hour = |at: i64| middles.get(&(is_weekend(at), hour_of_day(at))).copied().unwrap_or(0.0);
    let medians: Vec<f64> = (0..traffic.len()).map(|bucket| of_hour(traffic.at(bucket))).collect();
    let mean = medians.iter().sum::<f64>() / medians.len().max(1) as f64;
    if mean <= 0.0 {
        return vec![1.0; traffic.len()];
    }
    medians.into_iter().map(|median| (median / mean).max(USUAL_MIN)).collect()
}

fn middle(values: &mut [u64]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    values.sort_unstable();
    let (low, high) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
    (low + high) as f64 / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_usual_follows_day_and_week_and_no_burst() {
        // From a Monday on, two weeks; days 9 to 17 are busy, weekends half as busy, one hour had a burst.
        let start = 1_763_942_400;
        let busy = |hour: i64| (9..17).contains(&(hour % 24));
        let count = |hour: i64| {
            let weekend = hour / 24 % 7 >= 5;
            let usual = if busy(hour) { 100 } else { 10 };
            if hour == 200 { 90_000 } else { usual / if weekend { 2 } else { 1 } }
        };
        let traffic = Series { start, seconds: 3_600, counts: (0..336).map(count).collect() };
        let usual = usual(&traffic);
        assert!((usual.iter().sum::<f64>() / 336.0 - 1.0).abs() < 0.05);
        assert!((usual[10] / usual[3] - 10.0).abs() < 0.01 && (usual[10] / usual[130] - 2.0).abs() < 0.01);
        assert!((usual[200] - usual[176]).abs() < 1e-9, "the burst is nothing usual");
        assert_eq!(super::usual(&Series { start, seconds: 3_600, counts: vec![0; 5] }), [1.0; 5]);
        assert_eq!(super::usual(&Series::default()), [0.0; 0]);
    }

    #[test]
    fn buckets_have_their_times() {
        let series = Series { start: 600, seconds: 60, counts: vec![0, 3, 4] };
        assert_eq!(
            (series.at(2), series.bucket(661), series.bucket(0), series.bucket(9_999)),
            (720, 1, 0, 2)
        );
        assert_eq!(series.last(2), Series { start: 660, seconds: 60, counts: vec![3, 4] });
        assert_eq!(series.elapsed(735), [1.0, 1.0, 0.25]);
        assert_eq!(Series::of(60, &[(600, 0), (660, 3), (720, 4)]), series);
    }
}
