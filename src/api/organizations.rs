//! The one organization of this instance, and who is asking.

use actix_web::web;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::auth::Caller;
use crate::api::auth::sign_in::User;
use crate::api::error::{ErrorBody, Result};
use crate::api::projects::ProjectJson;
use crate::api::{Api, when};

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationJson {
    pub id: String,
    pub slug: String,
    pub name: String,
    pub date_created: String,
    pub is_early_adopter: bool,
    pub status: OrganizationStatus,
    pub avatar: Avatar,
    pub features: Vec<String>,
    #[serde(rename = "require2FA")]
    pub require_2fa: bool,
    pub require_email_verification: bool,
    pub links: OrganizationLinks,
    /// Only in the answer about one organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub projects: Option<Vec<ProjectJson>>,
    /// What the caller may do.
    pub access: Vec<String>,
}

#[derive(Serialize, ToSchema)]
pub struct OrganizationStatus {
    pub id: String,
    pub name: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Avatar {
    pub avatar_type: String,
    #[schema(required)]
    pub avatar_uuid: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationLinks {
    pub organization_url: String,
    pub region_url: String,
}

#[derive(Serialize, ToSchema)]
pub struct Regions {
    pub regions: Vec<Region>,
}

#[derive(Serialize, ToSchema)]
pub struct Region {
    pub name: String,
    pub url: String,
}

#[derive(Serialize, ToSchema)]
pub struct Root {
    /// The API's version.
    pub version: String,
    pub user: User,
    #[schema(required)]
    pub auth: Option<Auth>,
}

#[derive(Serialize, ToSchema)]
pub struct Auth {
    pub scopes: Vec<String>,
}

/// Who is asking, and what they may do.
#[utoipa::path(get, path = "/api/0/", tag = "auth",
    responses((status = 200, body = Root), (status = 401, body = ErrorBody)))]
pub async fn root(caller: Caller) -> web::Json<Root> {
    let auth = caller.token.as_ref().map(|_| Auth { scopes: caller.scopes() });
    web::Json(Root { version: "0".into(), user: User::of(&caller), auth })
}

/// The account that is asking.
#[utoipa::path(get, path = "/api/0/auth/", tag = "auth",
    responses((status = 200, body = User), (status = 401, body = ErrorBody)))]
pub async fn whoami(caller: Caller) -> web::Json<User> {
    web::Json(User::of(&caller))
}

/// The organizations: there is one.
#[utoipa::path(get, path = "/api/0/organizations/", tag = "organizations",
    responses((status = 200, body = Vec<OrganizationJson>), (status = 401, body = ErrorBody)))]
pub async fn list_organizations(api: web::Data<Api>, caller: Caller) -> web::Json<Vec<OrganizationJson>> {
    web::Json(vec![organization(&api, &caller)])
}

/// The organization with its projects.
#[utoipa::path(get, path = "/api/0/organizations/{org}/", tag = "organizations",
    params(("org" = String, Path, description = "Slug of the organization")),
    responses((status = 200, body = OrganizationJson), (status = 404, body = ErrorBody)))]
pub async fn get_organization(api: web::Data<Api>, caller: Caller) -> Result<web::Json<OrganizationJson>> {
    let projects = api.projects();
    Ok(web::Json(OrganizationJson { projects: Some(projects), ..organization(&api, &caller) }))
}

/// Where to ask for which organization: here.
#[utoipa::path(get, path = "/api/0/users/me/regions/", tag = "users",
    responses((status = 200, body = Regions), (status = 401, body = ErrorBody)))]
pub async fn list_regions(api: web::Data<Api>) -> web::Json<Regions> {
    let url = api.config.url.as_str().trim_end_matches('/').to_owned();
    web::Json(Regions { regions: vec![Region { name: api.config.org.clone(), url }] })
}

fn organization(api: &Api, caller: &Caller) -> OrganizationJson {
    let oldest = api.visible_projects().iter().map(|project| project.created).min();
    let base = api.config.url.as_str().trim_end_matches('/').to_owned();
    OrganizationJson {
        id: "1".into(),
        slug: api.config.org.clone(),
        name: api.organization_name(),
        date_created: when(oldest.unwrap_or_default()),
        is_early_adopter: false,
        status: OrganizationStatus { id: "active".into(), name: "active".into() },
        avatar: Avatar { avatar_type: "letter_avatar".into(), avatar_uuid: None },
        features: Vec::new(),
        require_2fa: false,
        require_email_verification: false,
        links: OrganizationLinks { organization_url: base.clone(), region_url: base },
        projects: None,
        access: caller.scopes(),
    }
}
