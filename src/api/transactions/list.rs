//! The transactions of a period: counted whole, put in order, and shown a page at a time with their trends.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::api::error::{ApiError, Result};
use crate::api::page::{Cursor, Page};
use crate::api::params::Params;
use crate::api::transactions::json::{ShortSeries, TransactionJson, TransactionsAnswer, TransactionsMeta};
use crate::api::transactions::period::{Period, ms, quantile, sample_factor, whole};
use crate::api::{Api, when};
use crate::model::ids::{ProjectId, TransactionId};
use crate::model::pattern::fits;
use crate::model::transaction::{APDEX_US, Transaction, TransactionStats};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Throughput,
    FailureRate,
    P50,
    P95,
    P99,
    TotalTime,
    Name,
}

/// Of each period, so that a percentile of one is held against that of the other: of three a p95 is the slowest by chance.
const COMPARED_MIN: u64 = 10;
const SORTS: [(&str, Sort); 7] = [
    ("-throughput", Sort::Throughput),
    ("-failure_rate", Sort::FailureRate),
    ("-p50", Sort::P50),
    ("-p95", Sort::P95),
    ("-p99", Sort::P99),
    ("-total_time", Sort::TotalTime),
    ("name", Sort::Name),
];

impl Sort {
    fn of(params: &Params) -> Result<Self> {
        let asked = params.get("sort").unwrap_or("-total_time");
        let known = SORTS.into_iter().find(|(name, _)| *name == asked).map(|(_, sort)| sort);
        known.ok_or_else(|| {
            let names = SORTS.map(|(name, _)| name).join(", ");
            ApiError::bad_request(format!("sort: `{asked}` is not known; expected one of {names}"))
        })
    }

    /// The larger comes first.
    fn value(self, stats: &TransactionStats) -> f64 {
        let quantile = |q| stats.durations.quantile_us(q).unwrap_or(0.0);
        match self {
            Self::Throughput => stats.weighted,
            Self::FailureRate => stats.failure_rate().unwrap_or(0.0),
            Self::P50 => quantile(0.5),
            Self::P95 => quantile(0.95),
            Self::P99 => quantile(0.99),
            Self::TotalTime => total_us(stats),
            Self::Name => 0.0,
        }
    }
}

/// Spent altogether, as far as sampling tells.
fn total_us(stats: &TransactionStats) -> f64 {
    stats.durations.sum_us() * sample_factor(stats)
}

impl Api {
    pub(super) fn transactions_answer(
        &self,
        params: &Params,
        now: Timestamp,
    ) -> Result<(Page<()>, TransactionsAnswer)> {
        let (sort, period) = (Sort::of(params)?, Period::of(params, now)?);
        let environment = params.get("environment");
        let asked = self.projects_of(params)?;
        let projects: Vec<ProjectId> =
            asked.unwrap_or_else(|| self.store.directory().projects.keys().copied().collect());
        let words = words(params.get("query").unwrap_or_default());
        let known = self.store.transactions(&projects)?;
        let known: HashMap<TransactionId, Transaction> = known
            .into_iter()
            .filter(|transaction| is_asked(&words, transaction))
            .map(|transaction| (transaction.id, transaction))
            .collect();
        let mut counted: HashMap<TransactionId, TransactionStats> = HashMap::new();
        for project in projects {
            self.store.each_transaction_step(
                project,
                environment,
                period.step,
                period.since,
                period.until,
                &mut |_, id, stats| {
                    if known.contains_key(&id) {
                        counted.entry(id).or_default().merge(&stats);
                    }
                },
            )?;
        }
        let mut rows: Vec<(f64, &Transaction)> =
            counted.iter().filter_map(|(id, stats)| Some((sort.value(stats), known.get(id)?))).collect();
        rows.sort_by(|(a, one), (b, other)| {
            b.total_cmp(a).then_with(|| one.name.cmp(&other.name)).then_with(|| one.id.cmp(&other.id))
        });
        let (total, limit) = (rows.len(), params.limit()?);
        let begin =
            Cursor::of(params)?.map_or(0, |at| usize::try_from(at.offset).unwrap_or(usize::MAX)).min(total);
        let end = begin.saturating_add(limit).min(total);
        let next = (end < total).then_some(Cursor { value: 0, offset: end as u64 });
        let data: Result<Vec<_>> = rows[begin..end]
            .iter()
            .map(|(_, transaction)| self.transaction_json(transaction, environment, &period))
            .collect();
        let meta = TransactionsMeta { apdex_ms: ms(APDEX_US as f64), total };
        let page = Page { rows: Vec::new(), next, total: Some(total as u64) };
        Ok((page, TransactionsAnswer { data: data?, meta }))
    }

    pub(super) fn transaction_json(
        &self,
        transaction: &Transaction,
        environment: Option<&str>,
        period: &Period,
    ) -> Result<TransactionJson> {
        let steps = |step, since, until| {
            self.store.transaction_steps(transaction.id, environment, step, since, until)
        };
        let now = steps(period.step, period.since, period.until)?;
        let before = whole(&steps(period.step_before, period.before, period.since)?);
        let (stats, points) = (whole(&now), period.series(&now));
        Ok(TransactionJson {
            id: transaction.id.to_string(),
            name: transaction.name.clone(),
            op: transaction.op.clone(),
            project: self.slug_of(transaction.project),
            project_id: transaction.project.0,
            count: stats.count,
            estimated: stats.weighted,
            sample_factor: sample_factor(&stats),
            per_minute: stats.weighted / period.minutes(),
            failed: stats.failed,
            failure_rate: stats.failure_rate(),
            p50_ms: quantile(&stats, 0.5),
            p75_ms: quantile(&stats, 0.75),
            p95_ms: quantile(&stats, 0.95),
            p99_ms: quantile(&stats, 0.99),
            apdex: stats.apdex(),
            total_ms: ms(total_us(&stats)),
            p95_before_ms: quantile(&before, 0.95).filter(|_| stats.count.min(before.count) >= COMPARED_MIN),
            series: ShortSeries {
                start: when(period.since),
                interval_seconds: period.point_seconds,
                count: points.iter().map(|point| point.count).collect(),
                p95_ms: points.iter().map(|point| quantile(point, 0.95)).collect(),
            },
        })
    }
}

fn words(query: &str) -> Vec<String> {
    query.split_whitespace().map(str::to_lowercase).collect()
}

/// Every word stands in its name or its op; one with `*` is the whole of either.
fn is_asked(words: &[String], transaction: &Transaction) -> bool {
    let texts = [transaction.name.to_lowercase(), transaction.op.to_lowercase()];
    let stands_in = |word: &String| {
        texts.iter().any(|text| {
            if word.contains('*') {
                fits(word, text) || text.contains(word.as_str())
            } else {
                text.contains(word.as_str())
            }
        })
    };
    words.iter().all(stands_in)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_patterns_are_found_in_names() {
        let transaction = Transaction {
            id: TransactionId(1),
            project: ProjectId(1),
            name: "GET /users/*".to_owned(),
            op: "http.server".to_owned(),
            first_seen: Timestamp::UNIX_EPOCH,
            last_seen: Timestamp::UNIX_EPOCH,
        };
        for (query, expected) in [
            ("", true),
            ("users", true),
            ("get Users", true),
            ("/users/*", true),
            ("get*", true),
            ("*server", true),
            ("users orders", false),
            ("users*", false),
        ] {
            assert_eq!(is_asked(&words(query), &transaction), expected, "{query}");
        }
    }

    #[test]
    fn what_sampling_left_out_counts_where_time_is_added_up() {
        let mut stats = TransactionStats { count: 2, weighted: 8.0, ..TransactionStats::default() };
        stats.durations.add(1_000);
        stats.durations.add(3_000);
        assert!((Sort::TotalTime.value(&stats) / 16_000.0 - 1.0).abs() < 0.01);
        assert!((sample_factor(&TransactionStats::default()) - 1.0).abs() < f64::EPSILON);
    }
}
