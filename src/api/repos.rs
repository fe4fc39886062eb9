//! Repositories of source code: those that uploaded commits name, and where people say they are.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::page::{Cursor, Page, answer};
use crate::api::params::Params;
use crate::api::release_body::bounded;
use crate::api::{Api, when};
use crate::model::ids::RepositoryId;
use crate::model::source_link::{Provider, REF_BYTES_MAX, Repository, Templates, address};
use crate::store::NewRepository;

const NAME_CHARS_MAX: usize = 200;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RepositoryJson {
    pub id: String,
    /// As uploaders call it: `acme/shop`.
    pub name: String,
    /// `null` of one that only commits name: no links lead there.
    #[schema(required)]
    pub url: Option<String>,
    pub provider: RepositoryProviderJson,
    #[schema(required)]
    pub default_branch: Option<String>,
    /// Of a custom provider.
    #[schema(required)]
    pub templates: Option<TemplatesJson>,
    pub status: String,
    pub date_created: String,
}

/// `id` is none of Sentry's own: clients would leave the commits to a server that fetches them.
#[derive(Serialize, ToSchema)]
pub struct RepositoryProviderJson {
    pub id: String,
    pub name: String,
    /// `github`, `gitlab`, `bitbucket`, `gitea`, `custom`, or `unknown`.
    pub key: String,
}

/// Addresses with `{ref}`, `{path}` and `{line}`.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct TemplatesJson {
    pub line: String,
    pub history: Option<String>,
    pub blame: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RepositoryBody {
    /// Made from `url` where it is absent.
    pub name: Option<String>,
    /// Of its page or its clone.
    pub url: Option<String>,
    /// `github`, `gitlab`, `bitbucket`, `gitea` or `custom`; told by `url` where it is absent and the host is known.
    pub provider: Option<String>,
    pub default_branch: Option<String>,
    pub templates: Option<TemplatesJson>,
}

/// Repositories, in the order in which they were made.
#[utoipa::path(get, path = "/api/0/organizations/{org}/repos/", tag = "repositories",
    params(("org" = String, Path), ("query" = Option<String>, Query, description = "A part of the name"),
        ("per_page" = Option<u32>, Query, maximum = 100), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Vec<RepositoryJson>)))]
pub async fn list_repositories(api: web::Data<Api>, request: HttpRequest) -> Result<HttpResponse> {
    let params = Params::of(&request);
    let page = api
        .run(move |api| {
            let wanted = params.get("query").unwrap_or_default().to_lowercase();
            let behind = Cursor::of(&params)?.unwrap_or_default().value;
            let mut rows = api.store.repositories()?;
            rows.retain(|row| row.id.0 > behind && row.name.to_lowercase().contains(&wanted));
            Ok(Page::cut(rows, params.limit()?, |row| Cursor { value: row.id.0, offset: 0 }))
        })
        .await?;
    Ok(answer(&api, &request, &page.map(|repository| RepositoryJson::of(&repository))))
}

/// Says where a repository is.
#[utoipa::path(post, path = "/api/0/organizations/{org}/repos/", tag = "repositories",
    params(("org" = String, Path)), request_body = RepositoryBody,
    responses((status = 201, body = RepositoryJson), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn create_repository(api: web::Data<Api>, body: web::Json<RepositoryBody>) -> Result<HttpResponse> {
    let repository = api
        .run(move |api| {
            let new = body.into_inner().read(None)?;
            api.audit(new.name.clone(), &[("url", new.url.clone().unwrap_or_default())]);
            Ok(api.store.create_repository(new, Timestamp::now())?)
        })
        .await?;
    Ok(HttpResponse::build(StatusCode::CREATED).json(RepositoryJson::of(&repository)))
}

/// Changes a repository. What is absent stays as it is.
#[utoipa::path(put, path = "/api/0/organizations/{org}/repos/{repo}/", tag = "repositories",
    params(("org" = String, Path), ("repo" = String, Path)), request_body = RepositoryBody,
    responses((status = 200, body = RepositoryJson), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub async fn update_repository(
    api: web::Data<Api>,
    path: web::Path<(String, u64)>,
    body: web::Json<RepositoryBody>,
) -> Result<web::Json<RepositoryJson>> {
    let repository = api
        .run(move |api| {
            let id = RepositoryId(path.1);
            let known = api.store.find_repository(id)?.ok_or_else(ApiError::not_found)?;
            let new = body.into_inner().read(Some(known))?;
            api.audit(new.name.clone(), &[("url", new.url.clone().unwrap_or_default())]);
            Ok(api.store.update_repository(id, new)?)
        })
        .await?;
    Ok(web::Json(RepositoryJson::of(&repository)))
}

/// Deletes a repository with the code mappings that lead into it.
#[utoipa::path(delete, path = "/api/0/organizations/{org}/repos/{repo}/", tag = "repositories",
    params(("org" = String, Path), ("repo" = String, Path)),
    responses((status = 204), (status = 404, body = ErrorBody)))]
pub async fn delete_repository(api: web::Data<Api>, path: web::Path<(String, u64)>) -> Result<HttpResponse> {
    api.run(move |api| {
        let id = RepositoryId(path.1);
        let known = api.store.find_repository(id)?.ok_or_else(ApiError::not_found)?;
        api.audit(known.name, &[]);
        Ok(api.store.delete_repository(id)?)
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

impl RepositoryJson {
    pub fn of(repository: &Repository) -> Self {
        let templates = repository.templates.as_ref().map(|templates| TemplatesJson {
            line: templates.line.clone(),
            history: templates.history.clone(),
            blame: templates.blame.clone(),
        });
        Self {
            id: repository.id.to_string(),
            name: repository.name.clone(),
            url: repository.url.clone(),
            provider: RepositoryProviderJson::of(repository.provider),
            default_branch: repository.default_branch.clone(),
            templates,
            status: "active".to_owned(),
            date_created: when(repository.created),
        }
    }
}

impl RepositoryProviderJson {
    pub fn of(provider: Option<Provider>) -> Self {
        let (key, name) =
            provider.map_or(("unknown", "Unknown provider"), |provider| (provider.key(), provider.title()));
        Self { id: format!("lighttrace:{key}"), name: name.to_owned(), key: key.to_owned() }
    }
}

impl RepositoryBody {
    fn read(self, known: Option<Repository>) -> Result<NewRepository> {
        let wrong = |what: &str, why: &str| ApiError::bad_request(format!("{what}: {why}"));
        let known_provider = known.as_ref().and_then(|known| known.provider);
        let has_new_url = self.url.is_some();
        let url = match self.url.filter(|url| !url.trim().is_empty()) {
            Some(url) => Some(address::read(&url).map_err(|why| wrong("url", why))?),
            None if has_new_url => None,
            None => known.as_ref().and_then(|known| known.url.clone()),
        };
        let told = url.as_deref().filter(|_| has_new_url).and_then(address::provider);
        let provider = match self.provider.as_deref().filter(|name| !name.is_empty() && *name != "unknown") {
            Some(name) => {
                let expected = || wrong("provider", "expected github, gitlab, bitbucket, gitea or custom");
                Some(Provider::read(name).ok_or_else(expected)?)
            }
            None => told.or(known_provider),
        };
        let templates = match self.templates {
            Some(TemplatesJson { line, history, blame }) => {
                let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
                let templates = Templates { line, history: given(history), blame: given(blame) };
                templates.check().map_err(|why| wrong("templates", why))?;
                Some(templates)
            }
            None => known.as_ref().and_then(|known| known.templates.clone()),
        };
        match provider {
            Some(Provider::Custom) if templates.is_none() => {
                return Err(wrong("templates", "a custom provider needs the address of a line"));
            }
            Some(provider) if provider != Provider::Custom && url.is_none() => {
                return Err(wrong("url", "expected the address of the repository"));
            }
            None if url.is_some() => {
                return Err(wrong(
                    "provider",
                    "the address does not tell; expected github, gitlab, bitbucket or gitea",
                ));
            }
            _ => {}
        }
        let name = self.name.or_else(|| known.as_ref().map(|known| known.name.clone()));
        let name = name.or_else(|| url.as_deref().and_then(address::name)).unwrap_or_default();
        let branch = self.default_branch.or_else(|| known.and_then(|known| known.default_branch));
        Ok(NewRepository {
            name: bounded("name", &name, NAME_CHARS_MAX)?,
            provider,
            url,
            default_branch: checked_branch(branch)?,
            templates,
        })
    }
}

/// Empty is none.
pub fn checked_branch(branch: Option<String>) -> Result<Option<String>> {
    let Some(branch) = branch.map(|branch| branch.trim().to_owned()).filter(|branch| !branch.is_empty())
    else {
        return Ok(None);
    };
    let is_odd = |part: &str| matches!(part, "" | "." | "..");
    let is_bad = branch.split('/').any(is_odd) || branch.contains(|c: char| c.is_control() || c == ' ');
    if is_bad || branch.len() > REF_BYTES_MAX {
        return Err(ApiError::bad_request("defaultBranch: expected the name of a branch"));
    }
    Ok(Some(branch))
}
