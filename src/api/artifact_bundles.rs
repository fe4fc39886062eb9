//! Bundles of what builds made: put together from chunks, listed, deleted. The words of `assemble` are those that
//! Sentry's uploaders act upon: see there.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::Api;
use crate::api::artifact_json::{BundleFilesJson, BundleJson, FileJson};
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::page::{Cursor, Page, answer, answer_with};
use crate::api::params::Params;
use crate::artifacts::CHUNKS_MAX;
use crate::model::artifact::{ArtifactFile, Bundle, BundleId, BundleScope, BundleState, Checksum, FileKind};
use crate::model::ids::ProjectId;
use crate::store::DebugIdFound;

const RELEASE_CHARS_MAX: usize = 250;
const DIST_CHARS_MAX: usize = 64;
const PROJECTS_MAX: usize = 100;
/// Whoever polls, once a second, is told for so long that the bundle failed; who uploads it later has it tried again.
const FAILED_FOR: Duration = Duration::from_secs(15);
/// Bundles or files that a search looks at for one page.
const LOOKED_AT_MAX: usize = 2_000;

#[derive(Deserialize, ToSchema)]
pub struct Assemble {
    /// SHA-1 of the bundle.
    pub checksum: String,
    /// SHA-1 of each of its pieces, in their order.
    pub chunks: Vec<String>,
    /// Slugs or numbers.
    #[serde(default)]
    pub projects: Vec<ProjectName>,
    /// The release.
    #[serde(default)]
    pub version: Option<String>,
    #[serde(default)]
    pub dist: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
pub enum ProjectName {
    Slug(String),
    Number(u64),
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Assembly {
    /// `not_found`, `created`, `assembling`, `ok` or `error`.
    pub state: &'static str,
    pub missing_chunks: Vec<String>,
    /// What is wrong with the bundle.
    #[schema(required)]
    pub detail: Option<String>,
}

impl Assembly {
    fn of(state: &'static str) -> Self {
        Self { state, missing_chunks: Vec::new(), detail: None }
    }
}

/// Makes a bundle of chunks, or says which of them are missing.
#[utoipa::path(post, path = "/api/0/organizations/{org}/artifactbundle/assemble/", tag = "artifacts",
    params(("org" = String, Path)), request_body = Assemble,
    responses((status = 200, body = Assembly), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn assemble_bundle(api: web::Data<Api>, body: web::Json<Assemble>) -> Result<web::Json<Assembly>> {
    let body = body.into_inner();
    let scopes = api.scopes_of(&body)?;
    let checksum = checksum("checksum", &body.checksum)?;
    let chunks = chunks_of(&body.chunks)?;
    api.run(move |api| api.assemble(checksum, &scopes, &chunks)).await.map(web::Json)
}

/// The same for uploaders that know bundles of releases only; without projects it is for all.
#[utoipa::path(post, path = "/api/0/organizations/{org}/releases/{version}/assemble/", tag = "artifacts",
    params(("org" = String, Path), ("version" = String, Path)), request_body = Assemble,
    responses((status = 200, body = Assembly), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn assemble_release_bundle(
    api: web::Data<Api>,
    path: web::Path<(String, String)>,
    body: web::Json<Assemble>,
) -> Result<web::Json<Assembly>> {
    let mut body = body.into_inner();
    body.version = Some(path.into_inner().1);
    if body.projects.is_empty() {
        body.projects =
            api.visible_projects().iter().map(|project| ProjectName::Number(project.id.0)).collect();
    }
    assemble_bundle(api, web::Json(body)).await
}

impl Api {
    /// The first answer while chunks are missing is `not_found`: at `created` npm's uploader would leave without having
    /// sent any. Once all are here it never is: the Rust one takes that for a failure.
    fn assemble(&self, bundle: Checksum, scopes: &[BundleScope], chunks: &[Checksum]) -> Result<Assembly> {
        let now = Timestamp::now();
        let known = self.store.find_bundle(bundle)?;
        match known.as_ref().map(|known| &known.state) {
            Some(BundleState::Ready) => {
                self.store.begin_bundle(bundle, scopes, chunks, now)?;
                // Files of the release may have waited for it.
                self.artifacts.wake();
                return Ok(Assembly::of("ok"));
            }
            Some(BundleState::Assembling) => {
                self.store.begin_bundle(bundle, scopes, chunks, now)?;
                return Ok(Assembly::of("assembling"));
            }
            Some(BundleState::Failed { .. }) | None => {}
        }
        if let Some(Bundle { state: BundleState::Failed { detail }, used, .. }) = known
            && now.duration_since(used).unsigned_abs() < FAILED_FOR
        {
            return Ok(Assembly { detail: Some(detail), ..Assembly::of("error") });
        }
        let missing = self.artifacts.missing_chunks(chunks)?;
        if !missing.is_empty() {
            let missing_chunks = missing.iter().map(ToString::to_string).collect();
            return Ok(Assembly { missing_chunks, ..Assembly::of("not_found") });
        }
        self.store.begin_bundle(bundle, scopes, chunks, now)?;
        self.artifacts.wake();
        Ok(Assembly::of("created"))
    }

    fn scopes_of(&self, body: &Assemble) -> Result<Vec<BundleScope>> {
        if body.projects.is_empty() || body.projects.len() > PROJECTS_MAX {
            return Err(ApiError::bad_request(format!("projects: name 1 to {PROJECTS_MAX} projects")));
        }
        let release = checked_release(body.version.as_deref())?;
        let dist = checked_dist(body.dist.as_deref())?;
        let scope = |name: &ProjectName| {
            let project = match name {
                ProjectName::Slug(slug) => self.project(slug)?,
                ProjectName::Number(number) => self.project(&number.to_string())?,
            };
            Ok(BundleScope { project: project.id, release: release.clone(), dist: dist.clone() })
        };
        body.projects.iter().map(scope).collect()
    }
}

pub fn checksum(what: &str, text: &str) -> Result<Checksum> {
    let wrong = || ApiError::bad_request(format!("{what}: expected a SHA-1 in 40 hexadecimal digits"));
    text.parse().map_err(|_| wrong())
}

pub fn chunks_of(chunks: &[String]) -> Result<Vec<Checksum>> {
    if chunks.is_empty() || chunks.len() > CHUNKS_MAX {
        return Err(ApiError::bad_request(format!("chunks: expected 1 to {CHUNKS_MAX} of them")));
    }
    chunks.iter().map(|chunk| checksum("chunks", chunk)).collect()
}

/// An empty release is none.
pub fn checked_release(text: Option<&str>) -> Result<Option<String>> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    let is_path = matches!(text, "." | "..") || text.contains(['/', '\\']);
    if is_path || text.chars().count() > RELEASE_CHARS_MAX || text.contains(char::is_control) {
        let detail = format!("version: a release has up to {RELEASE_CHARS_MAX} characters, and no slash");
        return Err(ApiError::bad_request(detail));
    }
    Ok(Some(text.to_owned()))
}

pub fn checked_dist(text: Option<&str>) -> Result<Option<String>> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.chars().count() > DIST_CHARS_MAX || text.contains(char::is_control) {
        return Err(ApiError::bad_request(format!("dist: expected up to {DIST_CHARS_MAX} characters")));
    }
    Ok(Some(text.to_owned()))
}

/// What was uploaded for a project, newest first.
#[utoipa::path(get, path = "/api/0/projects/{org}/{project}/files/artifact-bundles/", tag = "artifacts",
    params(("org" = String, Path), ("project" = String, Path),
        ("query" = Option<String>, Query, description = "A debug id, or a part of a release or of the bundle's id"),
        ("release" = Option<String>, Query), ("per_page" = Option<u32>, Query, maximum = 100),
        ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Vec<BundleJson>), (status = 404, body = ErrorBody)))]
pub async fn list_bundles(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse> {
    let project = api.project(&path.1)?.id;
    let params = Params::of(&request);
    let page = api.run(move |api| api.bundles_page(project, &params)).await?;
    Ok(answer(&api, &request, &page.map(|bundle| BundleJson::of(&bundle, project))))
}

/// The files of a bundle.
#[utoipa::path(get, path = "/api/0/projects/{org}/{project}/files/artifact-bundles/{bundle_id}/files/",
    tag = "artifacts",
    params(("org" = String, Path), ("project" = String, Path), ("bundle_id" = String, Path),
        ("query" = Option<String>, Query, description = "A debug id, or a part of a path or an address"),
        ("per_page" = Option<u32>, Query, maximum = 100), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = BundleFilesJson), (status = 404, body = ErrorBody)))]
pub async fn list_bundle_files(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<(String, String, String)>,
) -> Result<HttpResponse> {
    let (_, project, bundle) = path.into_inner();
    let project = api.project(&project)?.id;
    let params = Params::of(&request);
    let (bundle, page) = api
        .run(move |api| {
            let bundle = api.bundle(project, &bundle)?;
            let page = api.files_page(bundle.id, &params)?;
            Ok((bundle, page))
        })
        .await?;
    let page = page.map(|(n, file)| FileJson::of(n, &file));
    let body = BundleFilesJson { bundle: BundleJson::of(&bundle, project), files: &page.rows };
    Ok(answer_with(&api, &request, &page, &body))
}

/// A project gives up a bundle; others that it was uploaded for keep it.
#[utoipa::path(delete, path = "/api/0/projects/{org}/{project}/files/artifact-bundles/", tag = "artifacts",
    params(("org" = String, Path), ("project" = String, Path), ("bundleId" = String, Query),
        ("release" = Option<String>, Query, description = "Of this release only")),
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn delete_bundle(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse> {
    let project = api.project(&path.1)?;
    let params = Params::of(&request);
    let id = params.get("bundleId").ok_or_else(|| ApiError::bad_request("bundleId: say which"))?.to_owned();
    api.audit(id.clone(), &[("project", project.slug.clone())]);
    let project = project.id;
    api.run(move |api| {
        let bundle = api.bundle(project, &id)?;
        if api.store.delete_bundle(bundle.id, Some(project), params.get("release"))? {
            api.artifacts.wake_to_sweep();
        }
        Ok(())
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

impl Api {
    /// A bundle that was uploaded for the project.
    pub(super) fn bundle(&self, project: ProjectId, name: &str) -> Result<Bundle> {
        let checksum: Checksum = name.parse().map_err(|_| ApiError::not_found())?;
        let bundle = self.store.find_bundle(checksum)?;
        let is_of_project = |bundle: &Bundle| bundle.scopes.iter().any(|scope| scope.project == project);
        bundle.filter(is_of_project).ok_or_else(ApiError::not_found)
    }

    fn bundles_page(&self, project: ProjectId, params: &Params) -> Result<Page<Bundle>> {
        let limit = params.limit()?;
        let before = Cursor::of(params)?.filter(|at| at.value > 0).map(|at| BundleId(at.value));
        let release = params.get("release");
        let cursor = |bundle: &Bundle| Cursor { value: bundle.id.0, offset: 0 };
        let Some(query) = params.get("query") else {
            let rows = self.store.bundles_of(project, release, before, limit + 1)?;
            return Ok(Page::cut(rows, limit, cursor));
        };
        if let Ok(id) = query.parse() {
            let bundle = match self.store.find_by_debug_id(project, id, FileKind::MinifiedSource)? {
                DebugIdFound::Found { bundle, .. } => self.store.bundle(bundle)?,
                _ => None,
            };
            return Ok(Page::whole(bundle.into_iter().collect()));
        }
        let looked_at = self.store.bundles_of(project, release, before, LOOKED_AT_MAX)?;
        let last = looked_at.last().filter(|_| looked_at.len() == LOOKED_AT_MAX).map(cursor);
        let query = query.to_lowercase();
        let fits = |bundle: &Bundle| {
            let has = |text: Option<&String>| text.is_some_and(|text| text.to_lowercase().contains(&query));
            let of_project = bundle.scopes.iter().filter(|scope| scope.project == project);
            bundle.checksum.to_string().starts_with(&query)
                || of_project.into_iter().any(|scope| has(scope.release.as_ref()) || has(scope.dist.as_ref()))
        };
        let page = Page::cut(looked_at.into_iter().filter(fits).take(limit + 1).collect(), limit, cursor);
        Ok(Page { next: page.next.or(last), ..page })
    }

    fn files_page(&self, bundle: BundleId, params: &Params) -> Result<Page<(u32, ArtifactFile)>> {
        let limit = params.limit()?;
        let from = Cursor::of(params)?.map_or(0, |at| u32::try_from(at.value).unwrap_or(u32::MAX));
        let after = |(n, _): &(u32, ArtifactFile)| Cursor { value: u64::from(*n) + 1, offset: 0 };
        let Some(query) = params.get("query") else {
            return Ok(Page::cut(self.store.bundle_files(bundle, from, limit + 1)?, limit, after));
        };
        let looked_at = self.store.bundle_files(bundle, from, LOOKED_AT_MAX)?;
        let last = looked_at.last().filter(|_| looked_at.len() == LOOKED_AT_MAX).map(after);
        let (id, query) = (query.parse().ok(), query.to_lowercase());
        let fits = |(_, file): &(u32, ArtifactFile)| {
            (id.is_some() && file.debug_id == id)
                || file.path.to_lowercase().contains(&query)
                || file.url.to_lowercase().contains(&query)
        };
        let page = Page::cut(looked_at.into_iter().filter(fits).take(limit + 1).collect(), limit, after);
        Ok(Page { next: page.next.or(last), ..page })
    }
}
