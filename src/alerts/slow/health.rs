//! Releases that are past a bound, or that made things worse.

use jiff::{SignedDuration, Timestamp};

use crate::alerts::slow::{Found, HEALTH_OVER, RELEASES_MAX, Result, projects};
use crate::findings::Sources;
use crate::insight::alert::release;
use crate::insight::verdict::State;
use crate::model::alert::{Because, Subject};
use crate::model::alert_rule::{AlertRule, ReleaseMetric};
use crate::model::ids::ProjectId;
use crate::model::release::Release;
use crate::store::ReleaseFilter;

/// A verdict is told of a release that began within so long: what shows later is not its deploy's.
const VERDICT_AGE_MAX: SignedDuration = SignedDuration::from_hours(48);
/// The newest releases of a project whose verdict is asked for.
const VERDICTS_MAX: usize = 3;

pub(super) fn look(
    sources: &Sources<'_>,
    rule: &AlertRule,
    (metric, bound, sessions_min): (ReleaseMetric, f64, u64),
    now: Timestamp,
    found: &mut Vec<Found>,
) -> Result<()> {
    let environment = rule.environment.as_deref();
    let from = now - HEALTH_OVER;
    for project in projects(sources, rule) {
        for release in newest(sources, project, RELEASES_MAX)? {
            let health = sources.store.health(project, Some(&release.version), environment, from, now)?;
            let past = release::is_past(metric, &health, bound, sessions_min);
            if past.is_none() && !release::is_still(metric, &health, bound) {
                continue;
            }
            let sessions = health.sessions.total;
            let because = past.map(|percent| Because::Release { metric, percent, bound, sessions });
            found.push(of_release(rule, project, release.version, now, because));
        }
    }
    Ok(())
}

pub(super) fn verdicts(
    sources: &Sources<'_>,
    rule: &AlertRule,
    now: Timestamp,
    found: &mut Vec<Found>,
) -> Result<()> {
    for project in projects(sources, rule) {
        for release in newest(sources, project, VERDICTS_MAX)? {
            if now.duration_since(release.created) > VERDICT_AGE_MAX {
                continue;
            }
            let asked = sources.verdict(project, &release, rule.environment.as_deref(), now)?;
            let began = asked.beginning.map(|beginning| beginning.at);
            let is_young = began.is_some_and(|at| now.duration_since(at) <= VERDICT_AGE_MAX);
            if asked.verdict.state != State::Worse || !is_young {
                continue;
            }
            let checks = asked.verdict.checks.into_iter();
            let reasons = checks.filter(|check| check.state == State::Worse).map(|check| check.sentence);
            let because = Because::VerdictWorse { reasons: reasons.collect() };
            let since = began.unwrap_or(now);
            found.push(of_release(rule, project, release.version, since, Some(because)));
        }
    }
    Ok(())
}

fn newest(sources: &Sources<'_>, project: ProjectId, count: usize) -> Result<Vec<Release>> {
    let filter = ReleaseFilter { projects: Some(vec![project]), ..ReleaseFilter::default() };
    Ok(sources.store.releases(&filter, |_| true, None, count)?.releases)
}

fn of_release(
    rule: &AlertRule,
    project: ProjectId,
    version: String,
    since: Timestamp,
    because: Option<Because>,
) -> Found {
    Found {
        rule: rule.id,
        project,
        subject: Subject::Release { project, version: version.clone() },
        since,
        release: Some(version),
        environment: rule.environment.clone(),
        because,
    }
}
