//! Releases that are past a bound, or that made things worse.

use jiff::{SignedDuration, Timestamp};

use crate::alerts::slow::{Found, HEALTH_OVER, Look, Place, Result, known};
use crate::findings::Sources;
use crate::insight::alert::release;
use crate::insight::verdict::State;
use crate::model::alert::{Because, Subject};
use crate::model::alert_rule::{AlertRule, ReleaseMetric};
use crate::model::ids::ProjectId;
use crate::model::release::Release;

/// A verdict is told of a release that began within so long: what shows later is not its deploy's.
const VERDICT_AGE_MAX: SignedDuration = SignedDuration::from_hours(48);
/// The newest releases of a project whose verdict is asked for.
const VERDICTS_MAX: usize = 3;

/// A release that made it worse.
pub(super) struct Worse {
    version: String,
    began: Timestamp,
    reasons: Vec<String>,
}

impl Look<'_> {
    pub(super) fn health(
        &mut self,
        rule: &AlertRule,
        metric: ReleaseMetric,
        bound: f64,
        sessions_min: u64,
    ) -> Result<()> {
        let environment = rule.environment.as_deref();
        let (store, now, from) = (self.sources.store, self.now, self.now - HEALTH_OVER);
        for project in self.projects(rule) {
            let versions: Vec<String> =
                self.newest(project)?.iter().map(|release| release.version.clone()).collect();
            for version in versions {
                let key = ((project, rule.environment.clone()), version.clone());
                let read = || Ok(store.health(project, Some(&version), environment, from, now)?);
                let health = known(&mut self.health, key, read)?;
                let past = release::is_past(metric, health, bound, sessions_min);
                if past.is_none() && !release::is_still(metric, health, bound) {
                    continue;
                }
                let sessions = health.sessions.total;
                let because = past.map(|percent| Because::Release { metric, percent, bound, sessions });
                self.found.push(of_release(rule, project, version, now, because));
            }
        }
        Ok(())
    }

    pub(super) fn verdicts(&mut self, rule: &AlertRule) -> Result<()> {
        let (sources, now) = (self.sources, self.now);
        for project in self.projects(rule) {
            let place = (project, rule.environment.clone());
            if !self.worse.contains_key(&place) {
                let newest = self.newest(project)?;
                let worse = worse(sources, &place, &newest[..newest.len().min(VERDICTS_MAX)], now)?;
                self.worse.insert(place.clone(), worse);
            }
            for Worse { version, began, reasons } in &self.worse[&place] {
                let because = Because::VerdictWorse { reasons: reasons.clone() };
                self.found.push(of_release(rule, project, version.clone(), *began, Some(because)));
            }
        }
        Ok(())
    }
}

/// Those of the releases that began lately and made it worse.
fn worse(
    sources: &Sources<'_>,
    (project, environment): &Place,
    releases: &[Release],
    now: Timestamp,
) -> Result<Vec<Worse>> {
    let is_young = |at: Timestamp| now.duration_since(at) <= VERDICT_AGE_MAX;
    let mut found = Vec::new();
    for release in releases.iter().filter(|release| is_young(release.created)) {
        let asked = sources.verdict(*project, release, environment.as_deref(), now)?;
        let began = asked.beginning.map(|beginning| beginning.at).filter(|at| is_young(*at));
        let Some(began) = began.filter(|_| asked.verdict.state == State::Worse) else { continue };
        let checks = asked.verdict.checks.into_iter();
        let reasons = checks.filter(|check| check.state == State::Worse).map(|check| check.sentence);
        found.push(Worse { version: release.version.clone(), began, reasons: reasons.collect() });
    }
    Ok(found)
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
