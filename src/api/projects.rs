//! Projects: what sends events, and how its events are treated.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::page::{Page, answer};
use crate::api::params::Params;
use crate::api::scrubbing::checked_keys;
use crate::api::{Api, when};
use crate::config::is_slug;
use crate::model::ids::{ProjectId, PublicKey};
use crate::model::issue::Status;
use crate::model::project::{Project, ProjectEdit, ProjectSettings, RateLimit};
use crate::model::series::{Resolution, Scope};

const NAME_BYTES_MAX: usize = 200;
const PLATFORM_BYTES_MAX: usize = 64;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the shape is Sentry's")]
pub struct ProjectJson {
    pub id: String,
    pub slug: String,
    pub name: String,
    #[schema(required)]
    pub platform: Option<String>,
    pub date_created: String,
    /// When the first event was stored.
    #[schema(required)]
    pub first_event: Option<String>,
    pub status: String,
    pub is_member: bool,
    pub has_access: bool,
    pub is_bookmarked: bool,
    pub features: Vec<String>,
    pub organization: ProjectOrganization,
    /// Secrets are taken out before events are stored.
    pub data_scrubber: bool,
    /// Further key names whose values are taken out.
    pub sensitive_fields: Vec<String>,
    /// Key names whose values stay.
    pub safe_fields: Vec<String>,
    #[serde(rename = "scrubIPAddresses")]
    pub scrub_ip_addresses: bool,
    #[schema(required)]
    pub rate_limit: Option<RateLimitJson>,
    /// Events received longer ago are erased; `null`: as long as the instance keeps them.
    #[schema(required)]
    pub retention_days: Option<u32>,
    /// What the instance keeps: a project keeps no more.
    pub retention_days_max: u32,
    pub explain: ExplainSettingsJson,
    /// With `statsPeriod=24h`: `[unix seconds, events]` by hour, oldest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stats: Option<Vec<(i64, u64)>>,
    /// With `statsPeriod=24h`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unresolved_issues: Option<u64>,
    /// With `statsPeriod=24h`: when the newest event happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_event: Option<String>,
    /// Made up by `lighttrace demo`.
    pub is_demo: bool,
}

/// What a language model may be told and asked of a project's issues.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct ExplainSettingsJson {
    /// Nothing of the project is sent to a language model.
    pub forbidden: bool,
    /// New, returning and spiking issues are explained without being asked for.
    pub automatic: bool,
}

/// What is absent stays as it is.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
pub struct ExplainSettingsChange {
    pub forbidden: Option<bool>,
    pub automatic: Option<bool>,
}

#[derive(Serialize, ToSchema)]
pub struct ProjectOrganization {
    pub id: String,
    pub slug: String,
    pub name: String,
}

/// At most `count` events in every `window` seconds.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
pub struct RateLimitJson {
    pub count: u32,
    pub window: u32,
}

impl RateLimitJson {
    pub fn of(limit: RateLimit) -> Self {
        Self { count: limit.count, window: limit.seconds }
    }

    /// `count: 0` or `window: 0`: no limit, as in Sentry.
    pub fn read(self) -> Result<Option<RateLimit>> {
        match (self.count, self.window) {
            (0, _) | (_, 0) => Ok(None),
            (count, seconds @ 1..=86_400) => Ok(Some(RateLimit { count, seconds })),
            _ => Err(ApiError::bad_request("rateLimit: the window is at most 86400 seconds")),
        }
    }
}

#[derive(Deserialize, ToSchema)]
pub struct NewProject {
    pub name: String,
    /// Made from the name if absent.
    pub slug: Option<String>,
    pub platform: Option<String>,
}

/// What is absent stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProjectChange {
    pub name: Option<String>,
    /// Links and short ids with the former slug still lead here.
    pub slug: Option<String>,
    pub platform: Option<String>,
    pub data_scrubber: Option<bool>,
    pub sensitive_fields: Option<Vec<String>>,
    pub safe_fields: Option<Vec<String>>,
    #[serde(rename = "scrubIPAddresses")]
    pub scrub_ip_addresses: Option<bool>,
    /// `{"count": 0, "window": 0}` takes the limit away.
    pub rate_limit: Option<RateLimitJson>,
    /// At most what the instance keeps; 0: as long as the instance.
    pub retention_days: Option<u32>,
    pub explain: Option<ExplainSettingsChange>,
}

impl Api {
    pub(super) fn projects(&self) -> Vec<ProjectJson> {
        self.visible_projects().iter().map(|project| self.project_json(project)).collect()
    }

    fn project_json(&self, project: &Project) -> ProjectJson {
        let ProjectSettings { scrubbing, rate_limit, retention_days, explain, .. } = &project.settings;
        ProjectJson {
            id: project.id.to_string(),
            slug: project.slug.clone(),
            name: project.name.clone(),
            platform: project.platform.clone(),
            date_created: when(project.created),
            first_event: project.first_event.map(when),
            status: "active".into(),
            is_member: true,
            has_access: true,
            is_bookmarked: false,
            features: Vec::new(),
            organization: ProjectOrganization {
                id: "1".into(),
                slug: self.config.org.clone(),
                name: self.organization_name(),
            },
            data_scrubber: scrubbing.enabled,
            sensitive_fields: scrubbing.extra_keys.clone(),
            safe_fields: scrubbing.safe_keys.clone(),
            scrub_ip_addresses: scrubbing.ip_addresses,
            rate_limit: rate_limit.map(RateLimitJson::of),
            retention_days: *retention_days,
            retention_days_max: self.config.retention_days,
            explain: ExplainSettingsJson { forbidden: explain.forbidden, automatic: explain.automatic },
            stats: None,
            unresolved_issues: None,
            last_event: None,
            is_demo: project.is_demo,
        }
    }

    /// Adds what happened lately, from counters and ends of indexes: as cheap for a large project as for a small one.
    fn add_activity(&self, project: &mut ProjectJson, now: Timestamp) -> Result<()> {
        let id = ProjectId(project.id.parse().map_err(|_| ApiError::not_found())?);
        let since = now - SignedDuration::from_hours(23);
        project.stats = Some(self.store.series(Scope::Project(id), Resolution::Hour, since, now)?);
        project.unresolved_issues = Some(self.store.count_issues(id, Status::Unresolved)?);
        let newest = self.store.project_events(id, None, 1)?;
        project.last_event = newest.first().map(|place| when(place.timestamp));
        Ok(())
    }
}

/// Every project; with `statsPeriod=24h` also what happened in it.
#[utoipa::path(get, path = "/api/0/organizations/{org}/projects/", tag = "projects",
    params(("org" = String, Path), ("statsPeriod" = Option<String>, Query, description = "24h")),
    responses((status = 200, body = Vec<ProjectJson>), (status = 404, body = ErrorBody)))]
pub async fn list_projects(api: web::Data<Api>, request: HttpRequest) -> Result<HttpResponse> {
    let projects = match Params::of(&request).get("statsPeriod") {
        None => api.projects(),
        Some("24h") => {
            let mut projects = api.projects();
            api.run(move |api| {
                let now = Timestamp::now();
                projects.iter_mut().try_for_each(|project| api.add_activity(project, now))?;
                Ok(projects)
            })
            .await?
        }
        Some(_) => return Err(ApiError::bad_request("statsPeriod: expected 24h")),
    };
    Ok(answer(&api, &request, &Page::whole(projects)))
}

/// A new project with one key.
#[utoipa::path(post, path = "/api/0/organizations/{org}/projects/", tag = "projects",
    params(("org" = String, Path)), request_body = NewProject,
    responses((status = 201, body = ProjectJson), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn create_project(api: web::Data<Api>, body: web::Json<NewProject>) -> Result<HttpResponse> {
    let NewProject { name, slug, platform } = body.into_inner();
    let name = checked_name(&name)?;
    let slug = slug.filter(|slug| !slug.is_empty()).unwrap_or_else(|| slug_of(&name));
    let slug = checked_slug(slug)?;
    let platform = checked_platform(platform)?;
    api.audit(&slug, &[]);
    let key = new_key();
    let project = api
        .run(move |api| {
            Ok(api.store.create_project(&slug, &name, platform.as_deref(), key, Timestamp::now())?)
        })
        .await?;
    Ok(HttpResponse::build(StatusCode::CREATED).json(api.project_json(&project)))
}

pub fn new_key() -> PublicKey {
    let mut key = [0u8; 16];
    getrandom::fill(&mut key).expect("the system has randomness");
    PublicKey(key)
}

/// One project, by slug or number.
#[utoipa::path(get, path = "/api/0/projects/{org}/{project}/", tag = "projects",
    params(("org" = String, Path), ("project" = String, Path, description = "Slug or number")),
    responses((status = 200, body = ProjectJson), (status = 404, body = ErrorBody)))]
pub async fn get_project(api: web::Data<Api>, path: web::Path<(String, String)>) -> Result<HttpResponse> {
    let project = api.project(&path.1)?;
    Ok(HttpResponse::Ok().json(api.project_json(&project)))
}

/// Changes a project's name, slug, platform, scrubbing, rate limit, retention and what is explained.
#[utoipa::path(put, path = "/api/0/projects/{org}/{project}/", tag = "projects",
    params(("org" = String, Path), ("project" = String, Path)), request_body = ProjectChange,
    responses((status = 200, body = ProjectJson), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub async fn update_project(
    api: web::Data<Api>,
    path: web::Path<(String, String)>,
    body: web::Json<ProjectChange>,
) -> Result<HttpResponse> {
    let project = api.project(&path.1)?;
    let change = body.into_inner();
    let name = change.name.as_deref().map(checked_name).transpose()?.unwrap_or_else(|| project.name.clone());
    let slug = change.slug.map(checked_slug).transpose()?.unwrap_or_else(|| project.slug.clone());
    let platform = match change.platform {
        Some(platform) => checked_platform(Some(platform))?,
        None => project.platform.clone(),
    };
    let mut settings = project.settings.clone();
    let scrubbing = &mut settings.scrubbing;
    scrubbing.enabled = change.data_scrubber.unwrap_or(scrubbing.enabled);
    scrubbing.ip_addresses = change.scrub_ip_addresses.unwrap_or(scrubbing.ip_addresses);
    if let Some(keys) = change.sensitive_fields {
        scrubbing.extra_keys = checked_keys("sensitiveFields", &keys)?;
    }
    if let Some(keys) = change.safe_fields {
        scrubbing.safe_keys = checked_keys("safeFields", &keys)?;
    }
    if let Some(limit) = change.rate_limit {
        settings.rate_limit = limit.read()?;
    }
    if let Some(days) = change.retention_days {
        settings.retention_days = checked_retention(days, api.config.retention_days)?;
    }
    if let Some(change) = change.explain {
        let explain = &mut settings.explain;
        explain.forbidden = change.forbidden.unwrap_or(explain.forbidden);
        explain.automatic = change.automatic.unwrap_or(explain.automatic);
    }
    let (id, edit) = (project.id, ProjectEdit { slug, name, platform, settings });
    let project = api.run(move |api| Ok(api.store.update_project(id, &edit)?)).await?;
    Ok(HttpResponse::Ok().json(api.project_json(&project)))
}

/// Deletes a project. Its DSNs end at once, its issues and events are in no list any more; the server erases them
/// from disk within minutes.
#[utoipa::path(delete, path = "/api/0/projects/{org}/{project}/", tag = "projects",
    params(("org" = String, Path), ("project" = String, Path)),
    responses((status = 204), (status = 404, body = ErrorBody)))]
pub async fn delete_project(api: web::Data<Api>, path: web::Path<(String, String)>) -> Result<HttpResponse> {
    let project = api.project(&path.1)?.id;
    api.run(move |api| Ok(api.store.delete_project(project, Timestamp::now())?)).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn checked_slug(slug: String) -> Result<String> {
    if is_slug(&slug) {
        return Ok(slug);
    }
    let detail = "slug: expected 1 to 50 lower-case letters, digits, `-` or `_`, not only digits";
    Err(ApiError::bad_request(detail))
}

fn checked_retention(days: u32, days_max: u32) -> Result<Option<u32>> {
    match days {
        0 => Ok(None),
        days if days <= days_max => Ok(Some(days)),
        _ => Err(ApiError::bad_request(format!(
            "retentionDays: this instance keeps events for {days_max} days; a project keeps no more"
        ))),
    }
}

fn checked_name(name: &str) -> Result<String> {
    let name = name.trim();
    let is_good = (1..=NAME_BYTES_MAX).contains(&name.len()) && !name.contains(char::is_control);
    if is_good {
        Ok(name.to_owned())
    } else {
        Err(ApiError::bad_request("name: expected 1 to 200 characters"))
    }
}

fn checked_platform(platform: Option<String>) -> Result<Option<String>> {
    let platform = platform.filter(|platform| !platform.is_empty());
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_' || b == b'.';
    match platform {
        Some(name) if name.len() > PLATFORM_BYTES_MAX || !name.bytes().all(allowed) => {
            Err(ApiError::bad_request("platform: expected a name such as python or javascript-react"))
        }
        platform => Ok(platform),
    }
}

/// `My Shop (web)` → `my-shop-web`.
fn slug_of(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c.to_ascii_lowercase() } else { '-' };
    let dashed: String = name.chars().map(plain).collect();
    let words: Vec<&str> = dashed.split('-').filter(|word| !word.is_empty()).collect();
    let slug: String = words.join("-").chars().take(50).collect();
    slug.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_come_from_names() {
        for (name, slug) in [("My Shop (web)", "my-shop-web"), ("api", "api"), ("Größe", "gr-e"), ("…", "")]
        {
            assert_eq!(slug_of(name), slug);
        }
    }

    #[test]
    fn zero_takes_a_limit_away() {
        assert_eq!(RateLimitJson { count: 0, window: 60 }.read().expect("valid"), None);
        let limit = RateLimitJson { count: 5, window: 60 }.read().expect("valid");
        assert_eq!(limit, Some(RateLimit { count: 5, seconds: 60 }));
        assert!(RateLimitJson { count: 5, window: 100_000 }.read().is_err());
    }
}
