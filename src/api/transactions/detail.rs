//! One transaction with its history.

use std::cmp::Reverse;

use jiff::Timestamp;

use crate::api::error::{ApiError, Result};
use crate::api::event_json::short_version;
use crate::api::params::Params;
use crate::api::transactions::json::{
    DurationBucket, ExampleJson, OpShare, TransactionDetail, TransactionRelease, TransactionSeries,
};
use crate::api::transactions::period::{Period, ms, quantile, whole};
use crate::api::{Api, when};
use crate::insight::slower::{CONFIDENCE, compare};
use crate::model::durations::Durations;
use crate::model::ids::TransactionId;
use crate::model::transaction::{Example, OpTime, TransactionStats};
use crate::store::{ReleaseStats, TransactionStep};

/// Bars of the histogram, each as many times wider than the one before.
const BARS: usize = 30;
/// The slowest stand together in the last bar, so that one of a million does not press all others into two.
const BARS_UP_TO: f64 = 0.999;
/// What is counted is known no better than this: a bar as narrow would be empty or full by chance.
const NARROWEST: f64 = 1.02;
/// Releases that are compared.
const RELEASES_MAX: usize = 20;

impl Api {
    pub(super) fn transaction_detail(
        &self,
        id: TransactionId,
        params: &Params,
        now: Timestamp,
    ) -> Result<TransactionDetail> {
        let transaction = self.store.transaction(id)?.filter(|transaction| self.sees(transaction.project));
        let transaction = transaction.ok_or_else(ApiError::not_found)?;
        let (environment, period) = (params.get("environment"), Period::of(params, now)?);
        let steps = self.store.transaction_steps(id, environment, period.step, period.since, period.until)?;
        let (stats, points) = (whole(&steps), period.series(&steps));
        let told = self.examples_of(id, environment, &period)?;
        let of_points = |q| points.iter().map(|point| quantile(point, q)).collect();
        Ok(TransactionDetail {
            transaction: self.transaction_json(&transaction, environment, &period)?,
            first_seen: when(transaction.first_seen),
            last_seen: when(transaction.last_seen),
            histogram: histogram(&stats.durations),
            series: TransactionSeries {
                start: when(period.since),
                interval_seconds: period.point_seconds,
                count: points.iter().map(|point| point.count).collect(),
                failed: points.iter().map(|point| point.failed).collect(),
                p50_ms: of_points(0.5),
                p95_ms: of_points(0.95),
                p99_ms: of_points(0.99),
            },
            breakdown: breakdown(&told.ops),
            slowest: examples(&told.slowest),
            failing: examples(&told.failing),
            releases: releases(self.store.transaction_releases(id, period.since)?),
        })
    }

    /// Minutes hold numbers only: examples and ops of a short period are those of its hours.
    fn examples_of(
        &self,
        id: TransactionId,
        environment: Option<&str>,
        period: &Period,
    ) -> Result<TransactionStats> {
        let step = if period.step == TransactionStep::Minute { TransactionStep::Hour } else { period.step };
        let begin = period.since.as_second().div_euclid(step.seconds()) * step.seconds();
        let since = Timestamp::from_second(begin).unwrap_or(period.since);
        Ok(whole(&self.store.transaction_steps(id, environment, step, since, period.until)?))
    }
}

fn histogram(durations: &Durations) -> Vec<DurationBucket> {
    let (Some(shortest), Some(longest), Some(usual)) =
        (durations.shortest_us(), durations.longest_us(), durations.quantile_us(BARS_UP_TO))
    else {
        return Vec::new();
    };
    let from = shortest.max(1.0);
    let ratio = usual.max(from) / from;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a small number, and not negative"
    )]
    let count = ((ratio.ln() / NARROWEST.ln()).ceil() as usize).clamp(1, BARS);
    let step = ratio.powf(1.0 / count as f64);
    let (mut bars, mut below, mut low) = (Vec::with_capacity(count), 0, shortest);
    for bar in 1..=count {
        let (high, up_to) = if bar == count {
            (longest.max(low), durations.count())
        } else {
            let high = from * step.powf(bar as f64);
            (high, durations.count_up_to(high).max(below))
        };
        bars.push(DurationBucket { from_ms: ms(low), to_ms: ms(high), count: up_to - below });
        (below, low) = (up_to, high);
    }
    bars
}

/// What took longest first.
fn breakdown(ops: &[OpTime]) -> Vec<OpShare> {
    let whole: f64 = ops.iter().map(|op| op.self_us as f64).sum();
    let share = |op: &OpTime| if whole > 0.0 { op.self_us as f64 / whole } else { 0.0 };
    let mut shares: Vec<OpShare> = ops
        .iter()
        .map(|op| OpShare {
            op: op.op.clone(),
            spans: op.spans,
            self_ms: ms(op.self_us as f64),
            share: share(op),
        })
        .collect();
    shares.sort_by(|a, b| b.self_ms.total_cmp(&a.self_ms).then_with(|| a.op.cmp(&b.op)));
    shares
}

fn examples(examples: &[Example]) -> Vec<ExampleJson> {
    let json = |example: &Example| ExampleJson {
        trace_id: example.trace.to_string(),
        span_id: example.span.to_string(),
        timestamp: Timestamp::from_microsecond(example.at_us).map(when).unwrap_or_default(),
        duration_ms: ms(example.duration_us as f64),
    };
    examples.iter().map(json).collect()
}

/// The newest first, each against the one before it.
fn releases(mut found: Vec<ReleaseStats>) -> Vec<TransactionRelease> {
    found.sort_by_key(|release| Reverse((release.first_seen, release.last_seen)));
    let before = found.iter().skip(1).map(Some).chain([None]);
    let pairs = found.iter().zip(before).take(RELEASES_MAX);
    pairs.map(|(release, before)| release_json(release, before.map(|before| &before.stats))).collect()
}

fn release_json(release: &ReleaseStats, before: Option<&TransactionStats>) -> TransactionRelease {
    let stats = &release.stats;
    let comparison = before.map(|before| compare(&before.durations, &stats.durations, CONFIDENCE));
    TransactionRelease {
        short_version: short_version(&release.release),
        version: release.release.clone(),
        first_seen: when(release.first_seen),
        count: stats.count,
        failure_rate: stats.failure_rate(),
        p50_ms: quantile(stats, 0.5),
        p95_ms: quantile(stats, 0.95),
        change: comparison.as_ref().map(|comparison| comparison.change),
        because: comparison.map(|comparison| comparison.sentence),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::slower::Change;

    #[test]
    fn bars_hold_everything_once() {
        let mut durations = Durations::default();
        assert!(histogram(&durations).is_empty());
        durations.add(5_000);
        let one = histogram(&durations);
        let told: Vec<_> = one.iter().map(|bar| (bar.from_ms, bar.to_ms, bar.count)).collect();
        assert_eq!(told, [(5.0, 5.0, 1)]);
        (1..=10_000_u64).for_each(|at| durations.add(at * 37));
        durations.add(900_000_000);
        let bars = histogram(&durations);
        assert_eq!((bars.len(), bars.iter().map(|bar| bar.count).sum::<u64>()), (BARS, durations.count()));
        assert!(
            bars.windows(2)
                .all(|pair| pair[0].to_ms <= pair[1].to_ms
                    && pair[0].to_ms.total_cmp(&pair[1].from_ms).is_eq())
        );
        assert!(bars[BARS - 1].count >= 10, "the slowest of a thousand stand together");
    }

    #[test]
    fn releases_are_held_against_the_one_before() {
        let release = |name: &str, day: i64, us: u64, of: u64| {
            let mut stats = TransactionStats { count: of, ..TransactionStats::default() };
            (0..of).for_each(|at| stats.durations.add(us + at));
            let day = Timestamp::from_second(day * 86_400).expect("a day");
            ReleaseStats { release: name.to_owned(), first_seen: day, last_seen: day, stats }
        };
        let found = releases(vec![
            release("shop@1.0", 1, 100_000, 200),
            release("shop@1.2", 3, 100_000, 10),
            release("shop@1.1", 2, 300_000, 200),
        ]);
        let told: Vec<_> =
            found.iter().map(|release| (release.short_version.as_str(), release.change)).collect();
        let expected = [("1.2", Some(Change::NotEnoughData)), ("1.1", Some(Change::Slower)), ("1.0", None)];
        assert_eq!(told, expected);
    }

    #[test]
    fn shares_are_of_all_that_was_measured() {
        let op = |op: &str, self_us| OpTime { op: op.to_owned(), spans: 1, self_us };
        let shares = breakdown(&[op("db", 300), op("http.server", 700), op("idle", 0)]);
        let told: Vec<_> = shares.iter().map(|share| (share.op.as_str(), share.share)).collect();
        assert_eq!(told, [("http.server", 0.7), ("db", 0.3), ("idle", 0.0)]);
        assert!(breakdown(&[op("idle", 0)])[0].share.total_cmp(&0.0).is_eq());
    }
}
