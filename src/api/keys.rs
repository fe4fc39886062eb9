//! A project's keys and the DSNs made of them.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::page::{Page, answer};
use crate::api::projects::{RateLimitJson, new_key};
use crate::api::{Api, when};
use crate::config::Config;
use crate::model::ids::PublicKey;
use crate::model::project::{Project, ProjectKey};

const LABEL_BYTES_MAX: usize = 64;
const KEYS_PER_PROJECT_MAX: usize = 100;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyJson {
    /// The public key.
    pub id: String,
    pub name: String,
    pub label: String,
    pub public: String,
    /// Always the public key's: SDKs have not used secrets for years.
    #[schema(required)]
    pub secret: Option<String>,
    /// The project's number.
    pub project_id: u64,
    pub is_active: bool,
    #[schema(required)]
    pub rate_limit: Option<RateLimitJson>,
    pub dsn: Dsn,
    pub date_created: String,
    /// When something was last sent with it, to the minute.
    #[schema(required)]
    pub last_used: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct Dsn {
    pub public: String,
    /// What very old SDKs take.
    pub secret: String,
    pub csp: String,
    pub security: String,
    pub minidump: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewKey {
    pub name: Option<String>,
    pub rate_limit: Option<RateLimitJson>,
}

/// What is absent stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyChange {
    pub name: Option<String>,
    pub is_active: Option<bool>,
    /// `{"count": 0, "window": 0}` takes the limit away.
    pub rate_limit: Option<RateLimitJson>,
}

/// What an SDK is given: `https://KEY@HOST/PROJECT`.
pub fn dsn(config: &Config, key: &ProjectKey) -> String {
    let mut url = config.url.clone();
    // Fails only for URLs without a host; settings have one.
    let _ = url.set_username(&key.public.to_string());
    format!("{}/{}", url.as_str().trim_end_matches('/'), key.project)
}

impl Api {
    fn key_json(&self, key: &ProjectKey) -> Result<KeyJson> {
        let public = key.public.to_string();
        let base = self.link(&format!("/api/{}", key.project));
        let dsn = dsn(&self.config, key);
        let last_use = self.store.last_use_of_key(key.public)?;
        Ok(KeyJson {
            id: public.clone(),
            name: key.label.clone(),
            label: key.label.clone(),
            secret: None,
            project_id: key.project.0,
            is_active: key.enabled,
            rate_limit: key.rate_limit.map(RateLimitJson::of),
            dsn: Dsn {
                secret: dsn.clone(),
                csp: format!("{base}/csp-report/?sentry_key={public}"),
                security: format!("{base}/security/?sentry_key={public}"),
                minidump: format!("{base}/minidump/?sentry_key={public}"),
                public: dsn,
            },
            public,
            date_created: when(key.created),
            last_used: last_use.map(when),
        })
    }

    fn keys_of(&self, project: &Project) -> Vec<ProjectKey> {
        let directory = self.store.directory();
        let mut keys: Vec<_> =
            directory.keys.values().filter(|key| key.project == project.id).cloned().collect();
        keys.sort_by_key(|key| (key.created, key.public));
        keys
    }

    fn key(&self, project: &Project, id: &str) -> Result<ProjectKey> {
        let public: PublicKey = id.parse().map_err(|_| ApiError::not_found())?;
        let key = self.store.directory().keys.get(&public).cloned();
        key.filter(|key| key.project == project.id).ok_or_else(ApiError::not_found)
    }
}

/// A project's keys, oldest first.
#[utoipa::path(get, path = "/api/0/projects/{org}/{project}/keys/", tag = "projects",
    params(("org" = String, Path), ("project" = String, Path)),
    responses((status = 200, body = Vec<KeyJson>), (status = 404, body = ErrorBody)))]
pub async fn list_keys(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse> {
    let project = api.project(&path.1)?;
    let keys = api
        .run(move |api| api.keys_of(&project).iter().map(|key| api.key_json(key)).collect::<Result<Vec<_>>>())
        .await?;
    Ok(answer(&api, &request, &Page::whole(keys)))
}

/// A new key.
#[utoipa::path(post, path = "/api/0/projects/{org}/{project}/keys/", tag = "projects",
    params(("org" = String, Path), ("project" = String, Path)), request_body = NewKey,
    responses((status = 201, body = KeyJson), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn create_key(
    api: web::Data<Api>,
    path: web::Path<(String, String)>,
    body: web::Json<NewKey>,
) -> Result<HttpResponse> {
    let project = api.project(&path.1)?;
    let count = api.keys_of(&project).len();
    if count >= KEYS_PER_PROJECT_MAX {
        return Err(ApiError::bad_request(format!("A project has at most {KEYS_PER_PROJECT_MAX} keys")));
    }
    let NewKey { name, rate_limit } = body.into_inner();
    let key = ProjectKey {
        public: new_key(),
        project: project.id,
        label: checked_label(name.unwrap_or_else(|| format!("Key {}", count + 1)))?,
        enabled: true,
        rate_limit: rate_limit.map(RateLimitJson::read).transpose()?.flatten(),
        created: Timestamp::now(),
    };
    put(&api, key, StatusCode::CREATED).await
}

/// Renames, limits, enables or disables a key. A disabled key's senders get 403.
#[utoipa::path(put, path = "/api/0/projects/{org}/{project}/keys/{key}/", tag = "projects",
    params(("org" = String, Path), ("project" = String, Path), ("key" = String, Path)), request_body = KeyChange,
    responses((status = 200, body = KeyJson), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn update_key(
    api: web::Data<Api>,
    path: web::Path<(String, String, String)>,
    body: web::Json<KeyChange>,
) -> Result<HttpResponse> {
    let project = api.project(&path.1)?;
    let mut key = api.key(&project, &path.2)?;
    let change = body.into_inner();
    if let Some(name) = change.name {
        key.label = checked_label(name)?;
    }
    key.enabled = change.is_active.unwrap_or(key.enabled);
    if let Some(limit) = change.rate_limit {
        key.rate_limit = limit.read()?;
    }
    put(&api, key, StatusCode::OK).await
}

async fn put(api: &web::Data<Api>, key: ProjectKey, status: StatusCode) -> Result<HttpResponse> {
    api.audit(format!("{} of project {}", key.label, key.project), &[("key", key.public.to_string())]);
    let key = api
        .run(move |api| {
            api.store.put_key(&key)?;
            api.key_json(&key)
        })
        .await?;
    Ok(HttpResponse::build(status).json(key))
}

/// Removes a key for good.
#[utoipa::path(delete, path = "/api/0/projects/{org}/{project}/keys/{key}/", tag = "projects",
    params(("org" = String, Path), ("project" = String, Path), ("key" = String, Path)),
    responses((status = 204), (status = 404, body = ErrorBody)))]
pub async fn delete_key(
    api: web::Data<Api>,
    path: web::Path<(String, String, String)>,
) -> Result<HttpResponse> {
    let project = api.project(&path.1)?;
    let key = api.key(&project, &path.2)?;
    api.run(move |api| Ok(api.store.delete_key(key.public)?)).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn checked_label(label: String) -> Result<String> {
    if (1..=LABEL_BYTES_MAX).contains(&label.len()) && !label.contains(char::is_control) {
        return Ok(label);
    }
    Err(ApiError::bad_request("name: expected 1 to 64 characters"))
}
