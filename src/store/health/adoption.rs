//! How many use a release: its share of the project's sessions by the hour.

use jiff::{SignedDuration, Timestamp};

use crate::insight::health::{Adoption, HourOfSessions, adoption};
use crate::model::ids::ProjectId;
use crate::store::Store;
use crate::store::error::Result;
use crate::store::health::read::named;
use crate::store::health::{HOURS_KEPT, HealthScope};

const HOUR_SECONDS: i64 = 3_600;

impl Store {
    /// In one environment, or in all together. Looks as far back as hours are told apart.
    pub fn adoption(
        &self,
        project: ProjectId,
        release: &str,
        environment: Option<&str>,
        now: Timestamp,
    ) -> Result<Adoption> {
        let environments = &named(environment);
        let of_project = self.sessions_for_adoption(project, None, environments, now)?;
        self.adoption_among(project, release, environments, now, &of_project)
    }

    /// The same against the project's sessions, which are asked for once for many releases.
    pub fn adoption_among(
        &self,
        project: ProjectId,
        release: &str,
        environments: &[String],
        now: Timestamp,
        of_project: &[(i64, u64)],
    ) -> Result<Adoption> {
        let of_release = self.sessions_for_adoption(project, Some(release), environments, now)?;
        let hours = of_release.into_iter().zip(of_project).map(|((start, release), (_, project))| {
            HourOfSessions { end: start + HOUR_SECONDS, release, project: *project }
        });
        Ok(adoption(&hours.collect::<Vec<_>>()))
    }

    /// Sessions by hour, for as long as adoption is judged.
    pub fn sessions_for_adoption(
        &self,
        project: ProjectId,
        release: Option<&str>,
        environments: &[String],
        now: Timestamp,
    ) -> Result<Vec<(i64, u64)>> {
        let kept = SignedDuration::from_hours(i64::from(HOURS_KEPT));
        self.session_counts(HealthScope { project, release, environments }, now - kept, now)
    }
}
