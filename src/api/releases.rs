//! Releases: made and finished by builds, or known from events; of the organization and of one project.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use serde::Deserialize;

use crate::api::Api;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::health_json::HealthAsked;
use crate::api::page::{Cursor, Page, answer};
use crate::api::params::Params;
use crate::api::release_body::ReleaseBody;
use crate::api::release_json::ReleaseJson;
use crate::api::release_ranking::Ranking;
use crate::model::ids::{ProjectId, ReleaseId};
use crate::model::release::{Commit, Release, ReleaseProject, ReleaseStatus, version_error};
use crate::store::{ReleaseCursor, ReleaseFilter, ReleaseSort};

const SORTS: &str =
    "sort: expected date, semver, sessions, users, adoption, crash_free_sessions or crash_free_users";

/// Of a list of releases, or one release; of all projects, or of one.
#[derive(Deserialize)]
pub(super) struct ReleasePath {
    pub project: Option<String>,
    #[serde(default)]
    pub version: String,
}

/// Releases, the newest first: by the day on which they went live, else on which they were first heard of.
#[utoipa::path(get, path = "/api/0/organizations/{org}/releases/", tag = "releases",
    params(("org" = String, Path), ("project" = Option<Vec<String>>, Query),
        ("query" = Option<String>, Query, description = "A part of the version, in any case"),
        ("status" = Option<String>, Query, description = "open (default) or archived"),
        ("environment" = Option<Vec<String>>, Query, description = "Seen in any of these"),
        ("sort" = Option<String>, Query, description = "date (default), semver; of the busiest releases: sessions, users, \
            adoption, crash_free_sessions, crash_free_users, the worst first"),
        ("health" = Option<bool>, Query, description = "With `healthData`: sessions and users"),
        ("adoptionStages" = Option<bool>, Query),
        ("summaryStatsPeriod" = Option<String>, Query, description = "Of `healthData`; 14d if absent"),
        ("healthStatsPeriod" = Option<String>, Query, description = "Of its `stats`; 24h if absent"),
        ("healthStat" = Option<String>, Query, description = "sessions (default) or users"),
        ("per_page" = Option<u32>, Query, maximum = 100), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Vec<ReleaseJson>), (status = 400, body = ErrorBody)))]
pub async fn list_releases(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<ReleasePath>,
) -> Result<HttpResponse> {
    let params = Params::of(&request);
    let page = api
        .run(move |api| {
            let projects = match &path.project {
                Some(name) => Some(vec![api.project(name)?.id]),
                None => api.projects_of(&params)?,
            };
            api.releases_page(&params, projects.as_deref())
        })
        .await?;
    Ok(answer(&api, &request, &page))
}

/// Releases of a project.
#[utoipa::path(get, path = "/api/0/projects/{org}/{project}/releases/", tag = "releases",
    params(("org" = String, Path), ("project" = String, Path), ("query" = Option<String>, Query),
        ("status" = Option<String>, Query), ("per_page" = Option<u32>, Query, maximum = 100),
        ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Vec<ReleaseJson>), (status = 404, body = ErrorBody)))]
pub async fn list_project_releases(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<ReleasePath>,
) -> Result<HttpResponse> {
    list_releases(api, request, path).await
}

/// Makes a release, or says more of one that is known: 201 where it is new to a project, else 208.
#[utoipa::path(post, path = "/api/0/organizations/{org}/releases/", tag = "releases",
    params(("org" = String, Path)), request_body = ReleaseBody,
    responses((status = 201, body = ReleaseJson), (status = 208, body = ReleaseJson), (status = 400, body = ErrorBody)))]
pub async fn create_release(
    api: web::Data<Api>,
    path: web::Path<ReleasePath>,
    body: web::Json<ReleaseBody>,
) -> Result<HttpResponse> {
    let (is_new, release) =
        api.run(move |api| api.declare_release(path.project.as_deref(), body.into_inner())).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::ALREADY_REPORTED };
    Ok(HttpResponse::build(status).json(release))
}

/// The same for one project.
#[utoipa::path(post, path = "/api/0/projects/{org}/{project}/releases/", tag = "releases",
    params(("org" = String, Path), ("project" = String, Path)), request_body = ReleaseBody,
    responses((status = 201, body = ReleaseJson), (status = 208, body = ReleaseJson), (status = 400, body = ErrorBody)))]
pub async fn create_project_release(
    api: web::Data<Api>,
    path: web::Path<ReleasePath>,
    body: web::Json<ReleaseBody>,
) -> Result<HttpResponse> {
    create_release(api, path, body).await
}

/// One release.
#[utoipa::path(get, path = "/api/0/organizations/{org}/releases/{version}/", tag = "releases",
    params(("org" = String, Path), ("version" = String, Path),
        ("health" = Option<bool>, Query, description = "With `healthData`: sessions and users"),
        ("adoptionStages" = Option<bool>, Query), ("environment" = Option<Vec<String>>, Query),
        ("summaryStatsPeriod" = Option<String>, Query, description = "Of `healthData`; 14d if absent"),
        ("healthStatsPeriod" = Option<String>, Query, description = "Of its `stats`; 24h if absent"),
        ("healthStat" = Option<String>, Query, description = "sessions (default) or users")),
    responses((status = 200, body = ReleaseJson), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn get_release(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<ReleasePath>,
) -> Result<web::Json<ReleaseJson>> {
    let params = Params::of(&request);
    let release = api
        .run(move |api| {
            let asked = HealthAsked::of(&params, Timestamp::now())?;
            let mut release = api.one_release_json(api.release(&path)?)?;
            api.add_health(std::slice::from_mut(&mut release), &asked)?;
            Ok(release)
        })
        .await?;
    Ok(web::Json(release))
}

/// One release of a project.
#[utoipa::path(get, path = "/api/0/projects/{org}/{project}/releases/{version}/", tag = "releases",
    params(("org" = String, Path), ("project" = String, Path), ("version" = String, Path),
        ("health" = Option<bool>, Query), ("adoptionStages" = Option<bool>, Query)),
    responses((status = 200, body = ReleaseJson), (status = 404, body = ErrorBody)))]
pub async fn get_project_release(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<ReleasePath>,
) -> Result<web::Json<ReleaseJson>> {
    get_release(api, request, path).await
}

/// Says more of a release: when it went live, its commits, where it is to be read about.
#[utoipa::path(put, path = "/api/0/organizations/{org}/releases/{version}/", tag = "releases",
    params(("org" = String, Path), ("version" = String, Path)), request_body = ReleaseBody,
    responses((status = 200, body = ReleaseJson), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn update_release(
    api: web::Data<Api>,
    path: web::Path<ReleasePath>,
    body: web::Json<ReleaseBody>,
) -> Result<web::Json<ReleaseJson>> {
    let release = api
        .run(move |api| {
            let (id, now) = (api.release(&path)?.id, Timestamp::now());
            let edit = body.into_inner().edit(now)?;
            let commits = edit.commits.clone().unwrap_or_default();
            let release = api.store.change_release(id, edit, now)?;
            api.resolve_by_commits(&release, &commits, now)?;
            api.one_release_json(release)
        })
        .await?;
    Ok(web::Json(release))
}

/// The same below a project.
#[utoipa::path(put, path = "/api/0/projects/{org}/{project}/releases/{version}/", tag = "releases",
    params(("org" = String, Path), ("project" = String, Path), ("version" = String, Path)), request_body = ReleaseBody,
    responses((status = 200, body = ReleaseJson), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn update_project_release(
    api: web::Data<Api>,
    path: web::Path<ReleasePath>,
    body: web::Json<ReleaseBody>,
) -> Result<web::Json<ReleaseJson>> {
    update_release(api, path, body).await
}

/// Deletes a release with its commits and deploys. One that events or sessions were seen of stays.
#[utoipa::path(delete, path = "/api/0/organizations/{org}/releases/{version}/", tag = "releases",
    params(("org" = String, Path), ("version" = String, Path)),
    responses((status = 204), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub async fn delete_release(api: web::Data<Api>, path: web::Path<ReleasePath>) -> Result<HttpResponse> {
    api.run(move |api| {
        let release = api.release(&path)?;
        let projects = api.store.release_projects(release.id)?;
        if projects.iter().any(|(project, _)| !api.sees(*project)) {
            return Err(ApiError::forbidden("This release is also of projects that you do not see"));
        }
        if projects.iter().any(|(_, said)| said.last_seen().is_some()) {
            let detail = "This release has events or sessions: it goes with the last of them";
            return Err(ApiError::bad_request(detail));
        }
        api.audit(release.version.clone(), &[]);
        Ok(api.store.delete_release(release.id)?)
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The same below a project.
#[utoipa::path(delete, path = "/api/0/projects/{org}/{project}/releases/{version}/", tag = "releases",
    params(("org" = String, Path), ("project" = String, Path), ("version" = String, Path)),
    responses((status = 204), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub async fn delete_project_release(
    api: web::Data<Api>,
    path: web::Path<ReleasePath>,
) -> Result<HttpResponse> {
    delete_release(api, path).await
}

impl Api {
    /// A release of at least one project that the caller sees; below a project, of that one.
    pub(super) fn release(&self, path: &ReleasePath) -> Result<Release> {
        let wanted = path.project.as_deref().map(|name| self.project(name)).transpose()?;
        let release = self.store.find_release(&path.version)?.ok_or_else(ApiError::not_found)?;
        let seen = self.seen_projects_of(&release)?;
        let is_wanted = wanted.is_none_or(|wanted| seen.iter().any(|(project, _)| *project == wanted.id));
        if seen.is_empty() || !is_wanted {
            return Err(ApiError::not_found());
        }
        Ok(release)
    }

    pub(super) fn seen_projects_of(&self, release: &Release) -> Result<Vec<(ProjectId, ReleaseProject)>> {
        let mut projects = self.store.release_projects(release.id)?;
        let directory = self.store.directory();
        projects.retain(|(project, _)| self.sees(*project) && directory.projects.contains_key(project));
        Ok(projects)
    }

    fn declare_release(&self, project: Option<&str>, mut body: ReleaseBody) -> Result<(bool, ReleaseJson)> {
        let version = body.version.take().unwrap_or_default();
        if let Some(error) = version_error(&version) {
            return Err(ApiError::bad_request(format!("version: {error}")));
        }
        let projects = match project {
            Some(name) => vec![self.project(name)?.id],
            None => self.projects_named(&body.projects.take().unwrap_or_default())?,
        };
        let now = Timestamp::now();
        if projects.is_empty() {
            // sentry-cli archives a release so.
            let path = ReleasePath { project: None, version: version.clone() };
            if let Ok(known) = self.release(&path) {
                let release = self.store.change_release(known.id, body.edit(now)?, now)?;
                return Ok((false, self.one_release_json(release)?));
            }
            return Err(ApiError::bad_request("projects: expected the slugs of one or more projects"));
        }
        let edit = body.edit(now)?;
        let commits = edit.commits.clone().unwrap_or_default();
        let declared = self.store.declare_release(&version, &projects, edit, now)?;
        self.resolve_by_commits(&declared.release, &commits, now)?;
        Ok((declared.is_new, self.one_release_json(declared.release)?))
    }

    /// Issues of projects that the caller sees: whoever may write a release's commits resolves no others.
    fn resolve_by_commits(&self, release: &Release, commits: &[Commit], now: Timestamp) -> Result<()> {
        let seen = self.seen_projects_of(release)?;
        let projects: Vec<ProjectId> = seen.into_iter().map(|(project, _)| project).collect();
        Ok(self.store.resolve_by_commits(&release.version, &projects, commits, now)?)
    }

    fn releases_page(&self, params: &Params, projects: Option<&[ProjectId]>) -> Result<Page<ReleaseJson>> {
        let status = match params.get("status") {
            None | Some("open") => ReleaseStatus::Open,
            Some("archived") => ReleaseStatus::Archived,
            Some(_) => return Err(ApiError::bad_request("status: expected open or archived")),
        };
        let wanted = params.get("query").unwrap_or_default().to_lowercase();
        let fits =
            |release: &Release| release.status == status && release.version.to_lowercase().contains(&wanted);
        let behind = Cursor::of(params)?.filter(|cursor| *cursor != Cursor::default());
        let behind =
            behind.map(|cursor| ReleaseCursor { micros: cursor.value, release: ReleaseId(cursor.offset) });
        let sort = match params.get("sort") {
            None | Some("date") => ReleaseSort::Date,
            Some("semver" | "version") => ReleaseSort::Version,
            Some(other) => {
                let by = Ranking::read(other).ok_or_else(|| ApiError::bad_request(SORTS))?;
                return self.ranked_releases(params, projects, fits, by);
            }
        };
        let environments = params.all("environment").filter(|name| !name.is_empty()).map(str::to_owned);
        let filter = ReleaseFilter {
            projects: projects.map(<[ProjectId]>::to_vec),
            environments: environments.collect(),
            sort,
        };
        let found = self.store.releases(&filter, fits, behind, params.limit()?)?;
        let repositories = self.store.repositories()?;
        let mut rows = Vec::with_capacity(found.releases.len());
        for release in found.releases {
            let mut said = self.seen_projects_of(&release)?;
            // Projects that were deleted a moment ago are still of it.
            if !said.is_empty() {
                if let Some([only]) = projects {
                    said.sort_by_key(|(project, _)| project != only);
                }
                rows.push(self.release_json(release, &said, &repositories));
            }
        }
        self.add_health(&mut rows, &HealthAsked::of(params, Timestamp::now())?)?;
        let next = found.next.map(|next| Cursor { value: next.micros, offset: next.release.0 });
        Ok(Page { rows, next, total: None })
    }
}
