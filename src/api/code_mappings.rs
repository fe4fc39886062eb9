//! Code mappings: which paths of a project's stack traces are which paths of a repository.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::Api;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::page::{Cursor, Page, answer};
use crate::api::params::Params;
use crate::api::release_body::bounded;
use crate::api::repos::{RepositoryProviderJson, checked_branch};
use crate::model::ids::RepositoryId;
use crate::model::source_link::{CodeMapping, Repository, paths};
use crate::store::{CODE_MAPPINGS_MAX, NewCodeMapping, StoreError};

const ROOT_BYTES_MAX: usize = 500;
const REPOSITORY_CHARS_MAX: usize = 200;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CodeMappingJson {
    pub id: String,
    pub project_id: String,
    pub project_slug: String,
    pub repo_id: String,
    pub repo_name: String,
    /// What paths in stack traces begin with; empty: relative paths.
    pub stack_root: String,
    /// What stands in its place in the repository; empty: nothing.
    pub source_root: String,
    #[schema(required)]
    pub default_branch: Option<String>,
    #[schema(required)]
    pub provider: Option<RepositoryProviderJson>,
    /// Suggested, and confirmed by a person.
    pub automatically_generated: bool,
}

/// What is absent of a change stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CodeMappingBody {
    /// A slug too.
    pub project_id: Option<Number>,
    /// In place of `projectId`.
    pub project_slug: Option<String>,
    pub repository_id: Option<Number>,
    pub stack_root: Option<String>,
    pub source_root: Option<String>,
    pub default_branch: Option<String>,
    pub automatically_generated: Option<bool>,
}

/// A number, as such or as a text.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Number {
    Plain(u64),
    Text(String),
}

/// What `sentry-cli code-mappings upload` sends.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BulkBody {
    pub project: String,
    /// By name; made where it is missing.
    pub repository: String,
    pub default_branch: Option<String>,
    pub mappings: Vec<BulkMapping>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BulkMapping {
    pub stack_root: String,
    pub source_root: String,
}

#[derive(Serialize, ToSchema)]
pub struct BulkAnswer {
    pub created: u64,
    pub updated: u64,
    pub errors: u64,
    pub mappings: Vec<BulkResult>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BulkResult {
    pub stack_root: String,
    pub source_root: String,
    /// `created`, `updated` or `error`.
    pub status: String,
    #[schema(required)]
    pub detail: Option<String>,
}

/// Code mappings of all projects or of some.
#[utoipa::path(get, path = "/api/0/organizations/{org}/code-mappings/", tag = "repositories",
    params(("org" = String, Path), ("project" = Option<Vec<String>>, Query),
        ("per_page" = Option<u32>, Query, maximum = 100), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Vec<CodeMappingJson>)))]
pub async fn list_code_mappings(api: web::Data<Api>, request: HttpRequest) -> Result<HttpResponse> {
    let params = Params::of(&request);
    let page = api
        .run(move |api| {
            let projects = api.projects_of(&params)?;
            let behind = Cursor::of(&params)?.unwrap_or_default().value;
            let mut rows = api.store.code_mappings()?;
            rows.retain(|row| projects.as_ref().is_none_or(|projects| projects.contains(&row.project)));
            rows.retain(|row| row.id > behind && api.sees(row.project));
            rows.sort_unstable_by_key(|row| row.id);
            let page = Page::cut(rows, params.limit()?, |row| Cursor { value: row.id, offset: 0 });
            let repositories = api.store.repositories()?;
            Ok(page.map(|row| api.code_mapping_json(row, &repositories)))
        })
        .await?;
    Ok(answer(&api, &request, &page))
}

/// Maps paths of a project's stack traces to a repository.
#[utoipa::path(post, path = "/api/0/organizations/{org}/code-mappings/", tag = "repositories",
    params(("org" = String, Path)), request_body = CodeMappingBody,
    responses((status = 201, body = CodeMappingJson), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn create_code_mapping(
    api: web::Data<Api>,
    body: web::Json<CodeMappingBody>,
) -> Result<HttpResponse> {
    let mapping = api
        .run(move |api| {
            let new = api.read_code_mapping(body.into_inner(), None)?;
            api.note_code_mapping(&new);
            let made = api.store.create_code_mapping(new, Timestamp::now())?;
            Ok(api.code_mapping_json(made, &api.store.repositories()?))
        })
        .await?;
    Ok(HttpResponse::build(StatusCode::CREATED).json(mapping))
}

/// Changes a code mapping.
#[utoipa::path(put, path = "/api/0/organizations/{org}/code-mappings/{mapping}/", tag = "repositories",
    params(("org" = String, Path), ("mapping" = String, Path)), request_body = CodeMappingBody,
    responses((status = 200, body = CodeMappingJson), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub async fn update_code_mapping(
    api: web::Data<Api>,
    path: web::Path<(String, u64)>,
    body: web::Json<CodeMappingBody>,
) -> Result<web::Json<CodeMappingJson>> {
    let mapping = api
        .run(move |api| {
            let known = api.code_mapping(path.1)?;
            let (id, project) = (known.id, known.project);
            let new = api.read_code_mapping(body.into_inner(), Some(&known))?;
            api.note_code_mapping(&new);
            let changed = api.store.update_code_mapping(project, id, new)?;
            Ok(api.code_mapping_json(changed, &api.store.repositories()?))
        })
        .await?;
    Ok(web::Json(mapping))
}

/// Deletes a code mapping.
#[utoipa::path(delete, path = "/api/0/organizations/{org}/code-mappings/{mapping}/", tag = "repositories",
    params(("org" = String, Path), ("mapping" = String, Path)),
    responses((status = 204), (status = 404, body = ErrorBody)))]
pub async fn delete_code_mapping(
    api: web::Data<Api>,
    path: web::Path<(String, u64)>,
) -> Result<HttpResponse> {
    api.run(move |api| {
        let known = api.code_mapping(path.1)?;
        api.audit(known.stack_root, &[("project", api.slug_of(known.project))]);
        Ok(api.store.delete_code_mapping(known.project, known.id)?)
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Makes many at once, or changes those of the same stack roots.
#[utoipa::path(post, path = "/api/0/organizations/{org}/code-mappings/bulk/", tag = "repositories",
    params(("org" = String, Path)), request_body = BulkBody,
    responses((status = 200, body = BulkAnswer), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn upload_code_mappings(
    api: web::Data<Api>,
    body: web::Json<BulkBody>,
) -> Result<web::Json<BulkAnswer>> {
    let answer = api.run(move |api| api.take_code_mappings(body.into_inner())).await?;
    Ok(web::Json(answer))
}

impl Number {
    fn text(&self) -> String {
        match self {
            Self::Plain(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }

    fn read(&self, what: &str) -> Result<u64> {
        match self {
            Self::Plain(number) => Ok(*number),
            Self::Text(text) => {
                text.parse().map_err(|_| ApiError::bad_request(format!("{what}: expected a number")))
            }
        }
    }
}

impl Api {
    fn code_mapping(&self, id: u64) -> Result<CodeMapping> {
        let found = self.store.find_code_mapping(id)?.filter(|mapping| self.sees(mapping.project));
        found.ok_or_else(ApiError::not_found)
    }

    pub(super) fn code_mapping_json(
        &self,
        mapping: CodeMapping,
        repositories: &[Repository],
    ) -> CodeMappingJson {
        let repository = repositories.iter().find(|repository| repository.id == mapping.repository);
        CodeMappingJson {
            id: mapping.id.to_string(),
            project_slug: self.slug_of(mapping.project),
            project_id: mapping.project.to_string(),
            repo_id: mapping.repository.to_string(),
            repo_name: repository.map(|repository| repository.name.clone()).unwrap_or_default(),
            stack_root: mapping.stack_root,
            source_root: mapping.source_root,
            default_branch: mapping.default_branch,
            provider: repository.map(|repository| RepositoryProviderJson::of(repository.provider)),
            automatically_generated: mapping.is_automatic,
        }
    }

    fn note_code_mapping(&self, new: &NewCodeMapping) {
        let data = [("project", self.slug_of(new.project)), ("sourceRoot", new.source_root.clone())];
        self.audit(new.stack_root.clone(), &data);
    }

    fn read_code_mapping(
        &self,
        body: CodeMappingBody,
        known: Option<&CodeMapping>,
    ) -> Result<NewCodeMapping> {
        let named = match (&body.project_slug, &body.project_id) {
            (Some(slug), _) => Some(slug.clone()),
            (None, Some(id)) => Some(id.text()),
            (None, None) => None,
        };
        let project = match (named, &known) {
            (Some(name), _) => {
                let missing = |_| ApiError::bad_request(format!("projectId: `{name}` does not exist"));
                self.project(&name).map_err(missing)?.id
            }
            (None, Some(known)) => known.project,
            (None, None) => return Err(ApiError::bad_request("projectId: expected a project")),
        };
        let repository = match (&body.repository_id, &known) {
            (Some(id), _) => RepositoryId(id.read("repositoryId")?),
            (None, Some(known)) => known.repository,
            (None, None) => return Err(ApiError::bad_request("repositoryId: expected a repository")),
        };
        if self.store.find_repository(repository)?.is_none() {
            return Err(ApiError::bad_request(format!("repositoryId: {repository} does not exist")));
        }
        let text = |given: Option<String>, part: fn(&CodeMapping) -> &str| {
            given.or_else(|| known.map(|known| part(known).to_owned())).unwrap_or_default()
        };
        let branch = body.default_branch.or_else(|| known.and_then(|known| known.default_branch.clone()));
        let is_automatic = body.automatically_generated;
        Ok(NewCodeMapping {
            project,
            repository,
            stack_root: checked_root("stackRoot", &text(body.stack_root, |known| &known.stack_root))?,
            source_root: checked_source_root(&text(body.source_root, |known| &known.source_root))?,
            default_branch: checked_branch(branch)?,
            is_automatic: is_automatic.unwrap_or_else(|| known.is_some_and(|known| known.is_automatic)),
        })
    }

    fn take_code_mappings(&self, body: BulkBody) -> Result<BulkAnswer> {
        let project = self.project(&body.project)?.id;
        if body.mappings.len() > CODE_MAPPINGS_MAX {
            return Err(ApiError::bad_request(format!("mappings: at most {CODE_MAPPINGS_MAX}")));
        }
        let name = bounded("repository", &body.repository, REPOSITORY_CHARS_MAX)?;
        let default_branch = checked_branch(body.default_branch)?;
        let now = Timestamp::now();
        let repository = self.store.ensure_repository(&name, now)?.id;
        let mut answer = BulkAnswer { created: 0, updated: 0, errors: 0, mappings: Vec::new() };
        for BulkMapping { stack_root, source_root } in body.mappings {
            let read = || -> Result<NewCodeMapping> {
                Ok(NewCodeMapping {
                    project,
                    repository,
                    stack_root: checked_root("stackRoot", &stack_root)?,
                    source_root: checked_source_root(&source_root)?,
                    default_branch: default_branch.clone(),
                    is_automatic: false,
                })
            };
            let (status, detail) = match read().and_then(|new| self.put_code_mapping(new, now)) {
                Ok(true) => ("created", None),
                Ok(false) => ("updated", None),
                Err(error) => ("error", Some(error.to_string())),
            };
            let count = match status {
                "created" => &mut answer.created,
                "updated" => &mut answer.updated,
                _ => &mut answer.errors,
            };
            *count += 1;
            answer.mappings.push(BulkResult { stack_root, source_root, status: status.to_owned(), detail });
        }
        self.audit(name, &[("project", self.slug_of(project))]);
        Ok(answer)
    }

    /// Whether it was made, and not changed.
    fn put_code_mapping(&self, new: NewCodeMapping, now: Timestamp) -> Result<bool> {
        match self.store.create_code_mapping(new.clone(), now) {
            Ok(_) => Ok(true),
            Err(StoreError::Taken(_)) => {
                let held = self.store.code_mappings_of(new.project)?;
                let known = held.into_iter().find(|known| known.stack_root == new.stack_root);
                let known = known.ok_or_else(ApiError::not_found)?;
                self.store.update_code_mapping(new.project, known.id, new)?;
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn checked_root(what: &str, root: &str) -> Result<String> {
    let root = root.trim();
    if root.len() > ROOT_BYTES_MAX || root.contains(char::is_control) {
        return Err(ApiError::bad_request(format!(
            "{what}: expected the beginning of a path, at most {ROOT_BYTES_MAX} bytes"
        )));
    }
    Ok(root.to_owned())
}

fn checked_source_root(root: &str) -> Result<String> {
    let root = checked_root("sourceRoot", root)?;
    // With any file below it, it must be a path inside the repository.
    let leads_out = root.split('/').any(|part| part == "..") || paths::joined(&root, "x").is_none();
    if leads_out || root.contains("://") {
        return Err(ApiError::bad_request("sourceRoot: expected a path inside the repository"));
    }
    Ok(root)
}
