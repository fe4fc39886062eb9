//! How a release fares, in the shape of Sentry's API: `healthData` and `adoptionStages` of a release. Rates are in percent
//! here, as Sentry has them.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::error::{ApiError, Result};
use crate::api::params::Params;
use crate::api::release_json::ReleaseJson;
use crate::api::{Api, when};
use crate::insight::health::{Adoption, Rate, Stage, crash_free, share};
use crate::model::health::Health;
use crate::model::ids::ProjectId;
use crate::model::length;
use crate::model::series::Resolution;
use crate::store::HealthScope;

/// What an absent `summaryStatsPeriod` means.
const SUMMARY_DEFAULT: SignedDuration = SignedDuration::from_hours(14 * 24);
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// The longest `healthStatsPeriod`.
const STATS_MAX: SignedDuration = SignedDuration::from_hours(90 * 24);
/// The longest that is kept.
const STRETCH_MAX: SignedDuration = SignedDuration::from_hours(400 * 24);
/// Longer series have a point a day instead of one an hour.
pub const HOURLY_MAX: SignedDuration = SignedDuration::from_hours(3 * 24);

/// Of a release in one project.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HealthDataJson {
    pub has_health_data: bool,
    /// In percent, within `summaryStatsPeriod` as all that names no other time. `null` without data.
    #[schema(required)]
    pub crash_free_users: Option<f64>,
    #[schema(required)]
    pub crash_free_sessions: Option<f64>,
    /// In which the true rate lies 95 times of 100.
    #[schema(required)]
    pub crash_free_users_interval: Option<IntervalJson>,
    #[schema(required)]
    pub crash_free_sessions_interval: Option<IntervalJson>,
    pub total_users: u64,
    pub total_sessions: u64,
    #[serde(rename = "totalUsers24h")]
    pub total_users_24h: u64,
    #[serde(rename = "totalSessions24h")]
    pub total_sessions_24h: u64,
    #[serde(rename = "totalProjectUsers24h")]
    pub total_project_users_24h: u64,
    #[serde(rename = "totalProjectSessions24h")]
    pub total_project_sessions_24h: u64,
    /// Its share of the project's users of 24 hours, in percent.
    #[schema(required)]
    pub adoption: Option<f64>,
    #[schema(required)]
    pub sessions_adoption: Option<f64>,
    pub sessions_crashed: u64,
    /// Errored, and nothing worse.
    pub sessions_errored: u64,
    pub sessions_abnormal: u64,
    pub sessions_unhandled: u64,
    /// There were too many people to tell each apart.
    pub users_estimated: bool,
    /// There were too many sessions to tell late updates of each apart.
    pub sessions_estimated: bool,
    /// By the period that was asked for: pairs of a moment in seconds since 1970 and a count.
    pub stats: BTreeMap<String, Vec<(i64, u64)>>,
}

/// In percent.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IntervalJson {
    pub low: f64,
    pub high: f64,
    /// Numbers are so small that the rate says little without its interval.
    pub is_wide: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdoptionStageJson {
    /// `low_adoption`, `adopted` or `replaced`.
    pub stage: String,
    #[schema(required)]
    pub adopted: Option<String>,
    #[schema(required)]
    pub unadopted: Option<String>,
}

impl IntervalJson {
    pub fn of(rate: &Rate) -> Self {
        Self { low: percent(rate.low), high: percent(rate.high), is_wide: rate.is_uncertain() }
    }
}

impl AdoptionStageJson {
    pub fn of(adoption: Adoption) -> Self {
        let stage = match adoption.stage {
            Stage::Low => "low_adoption",
            Stage::Adopted => "adopted",
            Stage::Replaced => "replaced",
        };
        let moment = |second: i64| Timestamp::from_second(second).map(when).ok();
        Self {
            stage: stage.to_owned(),
            adopted: adoption.adopted.and_then(moment),
            unadopted: adoption.unadopted.and_then(moment),
        }
    }
}

pub fn percent(share: f64) -> f64 {
    share * 100.0
}

/// The stretch that is asked for; without a beginning the last `default` of it.
pub fn stretch(params: &Params, now: Timestamp, default: SignedDuration) -> Result<(Timestamp, Timestamp)> {
    let period = params.period(now)?;
    let until = period.until.unwrap_or(now);
    let since = period.since.unwrap_or(until - default);
    let length = until.duration_since(since);
    if length <= SignedDuration::ZERO || length > STRETCH_MAX {
        return Err(ApiError::bad_request("statsPeriod: expected a stretch of at most 400 days"));
    }
    Ok((since, until))
}

/// A stretch that is told by the day begins and ends with one: its sum is that of its days, and is read from days alone.
pub fn whole_days(from: Timestamp, to: Timestamp) -> (Timestamp, Timestamp) {
    if to.duration_since(from) <= HOURLY_MAX {
        return (from, to);
    }
    let day = DAY.as_secs();
    let at = |days: i64| Timestamp::from_second(days * day);
    let first = at(from.as_second().div_euclid(day)).unwrap_or(from);
    (first, at((to.as_second() + day - 1).div_euclid(day)).unwrap_or(to))
}

/// What a request for releases wants to know of their health.
pub struct HealthAsked {
    has_health: bool,
    has_stages: bool,
    environments: Vec<String>,
    summary: SignedDuration,
    /// As it was written, and how long that is.
    stats: (String, SignedDuration),
    counts_users: bool,
    now: Timestamp,
}

impl HealthAsked {
    pub fn of(params: &Params, now: Timestamp) -> Result<Self> {
        let length = |key: &str| match params.get(key) {
            None => Ok(None),
            Some(text) => length::read(text)
                .filter(|length| *length <= STATS_MAX)
                .map(|length| Some((text.to_owned(), length)))
                .ok_or_else(|| {
                    ApiError::bad_request(format!("{key}: expected a length up to 90d, such as 24h"))
                }),
        };
        let counts_users = match params.get("healthStat") {
            None | Some("sessions") => false,
            Some("users") => true,
            Some(_) => return Err(ApiError::bad_request("healthStat: expected sessions or users")),
        };
        Ok(Self {
            has_health: params.has("health") && params.flag("health"),
            has_stages: params.has("adoptionStages") && params.flag("adoptionStages"),
            environments: params.all("environment").map(str::to_owned).collect(),
            summary: length("summaryStatsPeriod")?.map_or(SUMMARY_DEFAULT, |(_, length)| length),
            stats: length("healthStatsPeriod")?.unwrap_or_else(|| ("24h".to_owned(), DAY)),
            counts_users,
            now,
        })
    }
}

impl HealthAsked {
    /// The same, with health in any case.
    pub fn and_health(self) -> Self {
        Self { has_health: true, ..self }
    }

    /// The time that is summed up.
    pub fn summarized(&self) -> (Timestamp, Timestamp) {
        (self.now - self.summary, self.now)
    }

    pub fn environments(&self) -> &[String] {
        &self.environments
    }
}

/// What is the same for all releases of a project.
#[derive(Default)]
struct OfProjects {
    day: HashMap<ProjectId, Health>,
    hours: HashMap<ProjectId, Vec<(i64, u64)>>,
}

impl Api {
    /// Adds to releases what is asked of their health.
    pub(super) fn add_health(&self, releases: &mut [ReleaseJson], asked: &HealthAsked) -> Result<()> {
        let mut of_projects = OfProjects::default();
        let environments = asked.environments.as_slice();
        for release in releases {
            if asked.has_stages {
                let stages = self.stages(release, asked, &mut of_projects)?;
                release.adoption_stages = Some(stages);
            }
            if !asked.has_health {
                continue;
            }
            for project in &mut release.projects {
                let id = ProjectId(project.id);
                let scope = HealthScope { project: id, release: Some(&release.version), environments };
                let all = HealthScope { release: None, ..scope };
                let of_project = match of_projects.day.entry(id) {
                    Entry::Occupied(day) => *day.get(),
                    Entry::Vacant(slot) => {
                        *slot.insert(self.store.health_together(&[all], asked.now - DAY, asked.now)?)
                    }
                };
                project.health_data =
                    Some(self.health_data(scope, project.has_health_data, asked, &of_project)?);
            }
        }
        Ok(())
    }

    fn health_data(
        &self,
        scope: HealthScope<'_>,
        has_health_data: bool,
        asked: &HealthAsked,
        of_project: &Health,
    ) -> Result<HealthDataJson> {
        let (summary, day, stats) = if has_health_data {
            let (from, to) = whole_days(asked.now - asked.summary, asked.now);
            let summary = self.store.health_together(&[scope], from, to)?;
            let day = self.store.health_together(&[scope], asked.now - DAY, asked.now)?;
            (summary, day, self.stats(scope, asked)?)
        } else {
            (Health::default(), Health::default(), Vec::new())
        };
        let (users, sessions) = (crash_free(&summary.users), crash_free(&summary.sessions));
        let rate = |rate: &Option<Rate>| rate.map(|rate| percent(rate.value));
        let share = |of_release, of_project| share(of_release, of_project).map(percent);
        Ok(HealthDataJson {
            has_health_data,
            crash_free_users: rate(&users),
            crash_free_sessions: rate(&sessions),
            crash_free_users_interval: users.as_ref().map(IntervalJson::of),
            crash_free_sessions_interval: sessions.as_ref().map(IntervalJson::of),
            total_users: summary.users.total,
            total_sessions: summary.sessions.total,
            total_users_24h: day.users.total,
            total_sessions_24h: day.sessions.total,
            total_project_users_24h: of_project.users.total,
            total_project_sessions_24h: of_project.sessions.total,
            adoption: share(day.users.total, of_project.users.total),
            sessions_adoption: share(day.sessions.total, of_project.sessions.total),
            sessions_crashed: summary.sessions.crashed,
            sessions_errored: summary.sessions.errored_only(),
            sessions_abnormal: summary.sessions.abnormal,
            sessions_unhandled: summary.sessions.unhandled,
            users_estimated: summary.users_estimated,
            sessions_estimated: summary.sessions_estimated,
            stats: BTreeMap::from([(asked.stats.0.clone(), stats)]),
        })
    }

    fn stats(&self, scope: HealthScope<'_>, asked: &HealthAsked) -> Result<Vec<(i64, u64)>> {
        let from = asked.now - asked.stats.1;
        let resolution = if asked.stats.1 > HOURLY_MAX { Resolution::Day } else { Resolution::Hour };
        if !asked.counts_users && resolution == Resolution::Hour {
            return Ok(self.store.session_counts(scope, from, asked.now)?);
        }
        let series = self.store.health_series_together(&[scope], from, asked.now, resolution)?;
        let count =
            |health: &Health| if asked.counts_users { health.users.total } else { health.sessions.total };
        Ok(series.iter().map(|(start, health)| (*start, count(health))).collect())
    }

    /// By the projects' slugs.
    fn stages(
        &self,
        release: &ReleaseJson,
        asked: &HealthAsked,
        of_projects: &mut OfProjects,
    ) -> Result<BTreeMap<String, AdoptionStageJson>> {
        let (mut stages, environments) = (BTreeMap::new(), asked.environments.as_slice());
        for project in release.projects.iter().filter(|project| project.has_health_data) {
            let id = ProjectId(project.id);
            let of_project = match of_projects.hours.entry(id) {
                Entry::Occupied(hours) => hours.into_mut(),
                Entry::Vacant(slot) => {
                    slot.insert(self.store.sessions_for_adoption(id, None, environments, asked.now)?)
                }
            };
            let adoption =
                self.store.adoption_among(id, &release.version, environments, asked.now, of_project)?;
            stages.insert(project.slug.clone(), AdoptionStageJson::of(adoption));
        }
        Ok(stages)
    }
}
