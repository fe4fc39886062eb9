//! Deploys of a release.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::Api;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::page::{Cursor, Page, answer};
use crate::api::params::{Params, read_time};
use crate::api::release_body::{bounded, checked_url};
use crate::api::release_json::DeployJson;
use crate::api::releases::ReleasePath;
use crate::model::release::Deploy;

const NAME_CHARS_MAX: usize = 64;

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeployBody {
    pub environment: String,
    pub name: Option<String>,
    pub url: Option<String>,
    pub date_started: Option<String>,
    /// Now, where it is absent.
    pub date_finished: Option<String>,
    /// Slugs; all of the release where they are absent.
    pub projects: Option<Vec<String>>,
}

/// Deploys of a release, the newest first.
#[utoipa::path(get, path = "/api/0/organizations/{org}/releases/{version}/deploys/", tag = "releases",
    params(("org" = String, Path), ("version" = String, Path), ("per_page" = Option<u32>, Query, maximum = 100),
        ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Vec<DeployJson>), (status = 404, body = ErrorBody)))]
pub async fn list_deploys(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<ReleasePath>,
) -> Result<HttpResponse> {
    let params = Params::of(&request);
    let page = api
        .run(move |api| {
            let release = api.release(&path)?;
            let before = Cursor::of(&params)?.filter(|cursor| cursor.value > 0).map(|cursor| cursor.value);
            let limit = params.limit()?;
            let rows = api.store.deploys(release.id, before, limit + 1)?;
            Ok(Page::cut(rows, limit, |deploy| Cursor { value: deploy.id, offset: 0 }))
        })
        .await?;
    Ok(answer(&api, &request, &page.map(DeployJson::of)))
}

/// Says that a release was deployed.
#[utoipa::path(post, path = "/api/0/organizations/{org}/releases/{version}/deploys/", tag = "releases",
    params(("org" = String, Path), ("version" = String, Path)), request_body = DeployBody,
    responses((status = 201, body = DeployJson), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn create_deploy(
    api: web::Data<Api>,
    path: web::Path<ReleasePath>,
    body: web::Json<DeployBody>,
) -> Result<HttpResponse> {
    let deploy = api
        .run(move |api| {
            let release = api.release(&path)?;
            let deploy = api.read_deploy(body.into_inner(), Timestamp::now())?;
            let seen = api.seen_projects_of(&release)?;
            if deploy.projects.iter().any(|id| !seen.iter().any(|(project, _)| project == id)) {
                return Err(ApiError::bad_request("projects: the release is not of all of them"));
            }
            Ok(api.store.add_deploy(release.id, deploy)?)
        })
        .await?;
    Ok(HttpResponse::build(StatusCode::CREATED).json(DeployJson::of(deploy)))
}

impl Api {
    fn read_deploy(&self, body: DeployBody, now: Timestamp) -> Result<Deploy> {
        let named = |what: &str, text: &str| bounded(what, text, NAME_CHARS_MAX);
        let name = body.name.filter(|name| !name.trim().is_empty());
        Ok(Deploy {
            id: 0,
            environment: named("environment", &body.environment)?,
            name: name.map(|name| named("name", &name)).transpose()?,
            url: body.url.map(|url| checked_url("url", url)).transpose()?.flatten(),
            started: body.date_started.map(|text| read_time("dateStarted", &text)).transpose()?,
            finished: body.date_finished.map_or(Ok(now), |text| read_time("dateFinished", &text))?,
            projects: self.projects_named(&body.projects.unwrap_or_default())?,
        })
    }
}
