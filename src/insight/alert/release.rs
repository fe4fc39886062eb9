//! Whether a release's health is past a bound. It has to be past it with what chance may have done taken into account, so
//! that one crash of twenty sessions is none; it goes on until the rate itself is back.

use crate::insight::health::Rate;
use crate::model::alert_rule::ReleaseMetric;
use crate::model::health::{Health, Outcomes};

/// Past the bound, surely. Answers the rate in percent. `bound` in percent.
pub fn is_past(metric: ReleaseMetric, health: &Health, bound: f64, sessions_min: u64) -> Option<f64> {
    if health.sessions.total < sessions_min.max(1) {
        return None;
    }
    let rate = rate(metric, health)?;
    let is_past = if falls(metric) { rate.high * 100.0 < bound } else { rate.low * 100.0 > bound };
    is_past.then_some(rate.value * 100.0)
}

/// It was past the bound, and is not back.
pub fn is_still(metric: ReleaseMetric, health: &Health, bound: f64) -> bool {
    let Some(rate) = rate(metric, health) else { return false };
    if falls(metric) { rate.value * 100.0 < bound } else { rate.value * 100.0 > bound }
}

/// What is bad of it is to fall.
fn falls(metric: ReleaseMetric) -> bool {
    metric != ReleaseMetric::ErrorRate
}

fn rate(metric: ReleaseMetric, health: &Health) -> Option<Rate> {
    let free =
        |outcomes: &Outcomes| Rate::of(outcomes.total.saturating_sub(outcomes.crashed), outcomes.total);
    match metric {
        ReleaseMetric::CrashFreeSessions => free(&health.sessions),
        ReleaseMetric::CrashFreeUsers => free(&health.users),
        ReleaseMetric::ErrorRate => Rate::of(health.sessions.errored, health.sessions.total),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(total: u64, crashed: u64, errored: u64) -> Health {
        let sessions = Outcomes { total, errored, crashed, ..Outcomes::default() };
        let users = Outcomes { total: total / 2, crashed, ..Outcomes::default() };
        Health { sessions, users, ..Health::default() }
    }

    #[test]
    fn a_bound_is_passed_surely_or_not() {
        use ReleaseMetric::{CrashFreeSessions, CrashFreeUsers, ErrorRate};
        let cases = [
            ("one crash of twenty", CrashFreeSessions, health(20, 1, 1), 99.0, false),
            ("the same, and few are asked for", CrashFreeSessions, health(200, 4, 4), 99.0, false),
            ("3 % of a thousand", CrashFreeSessions, health(1_000, 30, 30), 99.0, true),
            ("just below, of very many", CrashFreeSessions, health(1_000_000, 11_000, 11_000), 99.0, true),
            ("above", CrashFreeSessions, health(1_000, 2, 2), 99.0, false),
            ("half as many users", CrashFreeUsers, health(1_000, 30, 30), 96.0, true),
            ("a tenth has errors", ErrorRate, health(1_000, 0, 100), 5.0, true),
            ("a few have errors", ErrorRate, health(1_000, 0, 55), 5.0, false),
            ("none at all", ErrorRate, health(0, 0, 0), 5.0, false),
        ];
        for (story, metric, health, bound, expected) in cases {
            assert_eq!(is_past(metric, &health, bound, 100).is_some(), expected, "{story}");
        }
        let told = is_past(CrashFreeSessions, &health(1_000, 30, 30), 99.0, 100).expect("past it");
        assert!((told - 97.0).abs() < 1e-9);
        assert!(is_past(CrashFreeSessions, &health(1_000, 30, 30), 99.0, 2_000).is_none(), "too few");
    }

    #[test]
    fn it_goes_on_until_the_rate_is_back() {
        let metric = ReleaseMetric::CrashFreeSessions;
        assert!(is_still(metric, &health(1_000, 12, 12), 99.0), "no longer surely, but still");
        assert!(!is_still(metric, &health(1_000, 9, 9), 99.0));
        assert!(!is_still(metric, &health(0, 0, 0), 99.0));
    }
}
