//! The commits that a release is made of, and the release before it that has some.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use crate::api::Api;
use crate::api::error::{ErrorBody, Result};
use crate::api::page::{Cursor, Page, answer};
use crate::api::params::Params;
use crate::api::release_json::{CommitJson, ReleaseJson};
use crate::api::releases::ReleasePath;

/// Commits of a release, the newest first, with the files that they change.
#[utoipa::path(get, path = "/api/0/organizations/{org}/releases/{version}/commits/", tag = "releases",
    params(("org" = String, Path), ("version" = String, Path), ("per_page" = Option<u32>, Query, maximum = 100),
        ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Vec<CommitJson>), (status = 404, body = ErrorBody)))]
pub async fn list_commits(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<ReleasePath>,
) -> Result<HttpResponse> {
    let params = Params::of(&request);
    let page = api
        .run(move |api| {
            let release = api.release(&path)?;
            let from = Cursor::of(&params)?.unwrap_or_default().value;
            let limit = params.limit()?;
            let rows = api.store.release_commits(release.id, from, limit + 1)?;
            let page = Page::cut(rows, limit, |(place, _)| Cursor { value: place + 1, offset: 0 });
            let repositories = api.store.repositories()?;
            Ok(page.map(|(_, commit)| CommitJson::of(commit, &repositories, true)))
        })
        .await?;
    Ok(answer(&api, &request, &page))
}

/// Commits of a release of a project.
#[utoipa::path(get, path = "/api/0/projects/{org}/{project}/releases/{version}/commits/", tag = "releases",
    params(("org" = String, Path), ("project" = String, Path), ("version" = String, Path),
        ("per_page" = Option<u32>, Query, maximum = 100), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Vec<CommitJson>), (status = 404, body = ErrorBody)))]
pub async fn list_project_commits(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<ReleasePath>,
) -> Result<HttpResponse> {
    list_commits(api, request, path).await
}

/// The newest older release with commits, from which the commits of this one go on; `{}` where there is none.
#[utoipa::path(get, path = "/api/0/organizations/{org}/releases/{version}/previous-with-commits/", tag = "releases",
    params(("org" = String, Path), ("version" = String, Path)),
    responses((status = 200, body = ReleaseJson), (status = 404, body = ErrorBody)))]
pub async fn previous_with_commits(
    api: web::Data<Api>,
    path: web::Path<ReleasePath>,
) -> Result<HttpResponse> {
    let found = api
        .run(move |api| {
            let release = api.release(&path)?;
            let previous = api.store.previous_release_with_commits(&release)?;
            // What the caller sees of it may be nothing.
            let previous = previous.map(|previous| api.one_release_json(previous)).transpose()?;
            Ok(previous.filter(|previous| !previous.projects.is_empty()))
        })
        .await?;
    Ok(match found {
        Some(release) => HttpResponse::Ok().json(release),
        None => HttpResponse::Ok().json(json!({})),
    })
}
