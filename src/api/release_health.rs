//! A release over time: its sessions by how they ended, crash-free rates, adoption, and the deploys in between. What its
//! page draws.

use actix_web::{HttpRequest, web};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::error::{ErrorBody, Result};
use crate::api::health_json::{AdoptionStageJson, HOURLY_MAX, IntervalJson, percent, stretch, whole_days};
use crate::api::params::Params;
use crate::api::release_json::DeployJson;
use crate::api::releases::ReleasePath;
use crate::api::{Api, when};
use crate::insight::health::{crash_free, share};
use crate::model::health::{Health, Outcomes};
use crate::model::ids::{ProjectId, ReleaseId};
use crate::model::series::Resolution;
use crate::store::HealthScope;

/// What an absent period means.
const PERIOD_DEFAULT: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Deploys that are looked at for those of the period, the newest first.
const DEPLOYS_MAX: usize = 100;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseHealthJson {
    pub start: String,
    pub end: String,
    /// Seconds between two points.
    pub interval: i64,
    pub total: HealthJson,
    /// Where it had sessions; the empty name is that of sessions that name none.
    pub environments: Vec<String>,
    /// By project, its stage by the hours of the last weeks.
    pub adoption: Vec<ProjectAdoptionJson>,
    /// Oldest first, empty ones included.
    pub series: Vec<HealthPointJson>,
    /// In the period, oldest first.
    pub deploys: Vec<DeployJson>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HealthJson {
    pub sessions: OutcomesJson,
    pub users: OutcomesJson,
    /// In percent; `null` without data.
    #[schema(required)]
    pub crash_free_sessions: Option<f64>,
    #[schema(required)]
    pub crash_free_users: Option<f64>,
    #[schema(required)]
    pub crash_free_sessions_interval: Option<IntervalJson>,
    #[schema(required)]
    pub crash_free_users_interval: Option<IntervalJson>,
    pub users_estimated: bool,
    pub sessions_estimated: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HealthPointJson {
    pub start: String,
    #[serde(flatten)]
    pub health: HealthJson,
    /// Its share of the projects' sessions, in percent.
    #[schema(required)]
    pub adoption: Option<f64>,
}

/// `total` is the sum of the others, unless opening updates of sessions were lost.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutcomesJson {
    pub total: u64,
    pub healthy: u64,
    /// Errored, and nothing worse.
    pub errored: u64,
    pub abnormal: u64,
    pub unhandled: u64,
    pub crashed: u64,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProjectAdoptionJson {
    /// Its slug.
    pub project: String,
    #[serde(flatten)]
    pub stage: AdoptionStageJson,
}

impl OutcomesJson {
    fn of(outcomes: &Outcomes) -> Self {
        Self {
            total: outcomes.total,
            healthy: outcomes.healthy(),
            errored: outcomes.errored_only(),
            abnormal: outcomes.abnormal,
            unhandled: outcomes.unhandled,
            crashed: outcomes.crashed,
        }
    }
}

impl HealthJson {
    fn of(health: &Health) -> Self {
        let (sessions, users) = (crash_free(&health.sessions), crash_free(&health.users));
        Self {
            sessions: OutcomesJson::of(&health.sessions),
            users: OutcomesJson::of(&health.users),
            crash_free_sessions: sessions.map(|rate| percent(rate.value)),
            crash_free_users: users.map(|rate| percent(rate.value)),
            crash_free_sessions_interval: sessions.as_ref().map(IntervalJson::of),
            crash_free_users_interval: users.as_ref().map(IntervalJson::of),
            users_estimated: health.users_estimated,
            sessions_estimated: health.sessions_estimated,
        }
    }
}

/// How a release fared over time, and where it was deployed meanwhile.
#[utoipa::path(get, path = "/api/0/organizations/{org}/releases/{version}/health/", tag = "releases",
    params(("org" = String, Path), ("version" = String, Path), ("project" = Option<Vec<String>>, Query),
        ("environment" = Option<Vec<String>>, Query),
        ("statsPeriod" = Option<String>, Query, description = "14d if absent; up to 3d by the hour, else by the day"),
        ("start" = Option<String>, Query), ("end" = Option<String>, Query)),
    responses((status = 200, body = ReleaseHealthJson), (status = 400, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub async fn release_health(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<ReleasePath>,
) -> Result<web::Json<ReleaseHealthJson>> {
    let params = Params::of(&request);
    let now = Timestamp::now();
    Ok(web::Json(api.run(move |api| api.release_health(&path, &params, now)).await?))
}

impl Api {
    fn release_health(
        &self,
        path: &ReleasePath,
        params: &Params,
        now: Timestamp,
    ) -> Result<ReleaseHealthJson> {
        let release = self.release(path)?;
        let asked = self.projects_of(params)?;
        let seen = self.seen_projects_of(&release)?.into_iter().map(|(project, _)| project);
        let projects: Vec<ProjectId> =
            seen.filter(|id| asked.as_ref().is_none_or(|asked| asked.contains(id))).collect();
        let (since, until) = stretch(params, now, PERIOD_DEFAULT)?;
        let resolution =
            if until.duration_since(since) > HOURLY_MAX { Resolution::Day } else { Resolution::Hour };
        let (since, until) = whole_days(since, until);
        let environments: Vec<String> = params.all("environment").map(str::to_owned).collect();
        let scope = |version| {
            let environments = environments.as_slice();
            let of = |project: &ProjectId| HealthScope { project: *project, release: version, environments };
            projects.iter().map(of).collect::<Vec<_>>()
        };
        let (own, all) = (scope(Some(release.version.as_str())), scope(None));
        let of_all = self.store.health_series_together(&all, since, until, resolution)?;
        let series = self.store.health_series_together(&own, since, until, resolution)?;
        let point = |((start, health), (_, all)): ((i64, Health), (i64, Health))| HealthPointJson {
            start: when(Timestamp::from_second(start).unwrap_or_default()),
            adoption: share(health.sessions.total, all.sessions.total).map(percent),
            health: HealthJson::of(&health),
        };
        Ok(ReleaseHealthJson {
            start: when(since),
            end: when(until),
            interval: resolution.bucket_seconds(),
            total: HealthJson::of(&self.store.health_together(&own, since, until)?),
            environments: self.environments_of(&own, since, until)?,
            adoption: self.adoption_of(&own, now)?,
            series: series.into_iter().zip(of_all).map(point).collect(),
            deploys: self.deploys_within(release.id, &projects, &environments, since, until)?,
        })
    }

    fn environments_of(
        &self,
        scopes: &[HealthScope<'_>],
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for scope in scopes {
            names.extend(self.store.health_environments(scope.project, scope.release, since, until)?);
        }
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    fn adoption_of(&self, scopes: &[HealthScope<'_>], now: Timestamp) -> Result<Vec<ProjectAdoptionJson>> {
        let directory = self.store.directory();
        let mut found = Vec::new();
        for scope in scopes {
            let Some(project) = directory.projects.get(&scope.project) else { continue };
            let of_project =
                self.store.sessions_for_adoption(scope.project, None, scope.environments, now)?;
            let version = scope.release.unwrap_or_default();
            let adoption =
                self.store.adoption_among(scope.project, version, scope.environments, now, &of_project)?;
            let stage = AdoptionStageJson::of(adoption);
            found.push(ProjectAdoptionJson { project: project.slug.clone(), stage });
        }
        Ok(found)
    }

    fn deploys_within(
        &self,
        release: ReleaseId,
        projects: &[ProjectId],
        environments: &[String],
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<DeployJson>> {
        let mut deploys = self.store.deploys(release, None, DEPLOYS_MAX)?;
        deploys.retain(|deploy| {
            let is_of = deploy.projects.is_empty() || deploy.projects.iter().any(|id| projects.contains(id));
            let is_there = environments.is_empty() || environments.contains(&deploy.environment);
            is_of && is_there && (since..=until).contains(&deploy.finished)
        });
        deploys.sort_by_key(|deploy| deploy.finished);
        Ok(deploys.into_iter().map(DeployJson::of).collect())
    }
}
