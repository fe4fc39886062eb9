//! Silence of projects and health of releases, by the hour.

use jiff::{SignedDuration, Timestamp};

use crate::alerts::preview::{Found, HISTORY, Past, PastAlert, Result};
use crate::alerts::slow::{HEALTH_OVER, RELEASES_MAX};
use crate::insight::alert::baseline::Baseline;
use crate::insight::alert::release;
use crate::insight::alert::silence::silence;
use crate::model::alert::{Because, Subject};
use crate::model::alert_rule::ReleaseMetric;
use crate::model::health::Health;
use crate::model::ids::ProjectId;
use crate::model::series::{Resolution, Scope};
use crate::store::ReleaseFilter;

const HOUR: i64 = 3_600;

impl Past<'_> {
    pub(super) fn silence(&self, factor: f64) -> Result<Found> {
        let mut found = Found::default();
        let projects = self.projects();
        let scopes: Vec<Scope> = projects.iter().map(|project| Scope::Project(*project)).collect();
        let series = self.series(&scopes, Resolution::Hour, self.now - HISTORY, self.now)?;
        for (project, hours) in projects.into_iter().zip(series) {
            let Some(first) = hours.iter().position(|(_, events)| *events > 0) else { continue };
            let (mut last_event, mut is_told) = (hours[first].0, false);
            for (index, (start, events)) in hours.iter().enumerate().skip(first) {
                if *events > 0 {
                    (last_event, is_told) = (start + HOUR, false);
                    continue;
                }
                let (Ok(last), Ok(at)) =
                    (Timestamp::from_second(last_event), Timestamp::from_second(start + HOUR))
                else {
                    continue;
                };
                if is_told || at <= self.from || at > self.now {
                    continue;
                }
                let baseline = Baseline::of(&hours[first..index], at - SignedDuration::from_secs(1));
                let Some(seen) = silence(&baseline, last, factor, at) else { continue };
                is_told = true;
                let because = Because::Silence {
                    last_event: last,
                    usual_gap_seconds: seen.usual_gap_seconds,
                    gap_seconds: seen.gap_seconds,
                };
                found.alerts.push(PastAlert { at, subject: Subject::Project { project }, project, because });
            }
        }
        found.notes.push("Told by whole hours without any event; shorter silences are not found.".to_owned());
        Ok(found)
    }

    pub(super) fn releases(&self, metric: ReleaseMetric, bound: f64, sessions_min: u64) -> Result<Found> {
        let mut found = Found::default();
        if metric == ReleaseMetric::CrashFreeUsers {
            found.notes.push("Users are told by whole days.".to_owned());
        }
        for project in self.projects() {
            let filter = ReleaseFilter { projects: Some(vec![project]), ..ReleaseFilter::default() };
            let releases = self.store.releases(&filter, |_| true, None, RELEASES_MAX)?.releases;
            for version in releases.into_iter().map(|release| release.version) {
                self.release(project, &version, (metric, bound, sessions_min), &mut found)?;
            }
        }
        Ok(found)
    }

    fn release(
        &self,
        project: ProjectId,
        version: &str,
        (metric, bound, sessions_min): (ReleaseMetric, f64, u64),
        found: &mut Found,
    ) -> Result<()> {
        let environment = self.rule.environment.as_deref();
        let by_day = metric == ReleaseMetric::CrashFreeUsers;
        let resolution = if by_day { Resolution::Day } else { Resolution::Hour };
        let from = self.from - HEALTH_OVER;
        let store = self.store;
        let series = store.health_series(project, Some(version), environment, from, self.now, resolution)?;
        let window = if by_day { 1 } else { usize::try_from(HEALTH_OVER.as_hours()).unwrap_or(1) };
        let mut is_told = false;
        for end in window..=series.len() {
            let mut health = Health::default();
            for (_, part) in &series[end - window..end] {
                health.sessions.add(&part.sessions);
                health.users.add(&part.users);
            }
            if is_told {
                is_told = release::is_still(metric, &health, bound);
                continue;
            }
            let Some(percent) = release::is_past(metric, &health, bound, sessions_min) else { continue };
            let closed = series[end - 1].0 + resolution.bucket_seconds();
            let Some(at) = Timestamp::from_second(closed).ok().filter(|at| *at > self.from) else { continue };
            is_told = true;
            let sessions = health.sessions.total;
            found.alerts.push(PastAlert {
                at: at.min(self.now),
                subject: Subject::Release { project, version: version.to_owned() },
                project,
                because: Because::Release { metric, percent, bound, sessions },
            });
        }
        Ok(())
    }
}
