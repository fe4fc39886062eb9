//! Files of a release that come one by one, from uploaders older than bundles. Each is kept as a bundle of its own; a
//! minified file and its map find each other once both are here.

use actix_multipart::{Field, Multipart};
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

use crate::api::artifact_bundles::{checked_dist, checked_release, checksum};
use crate::api::chunk_upload::{blocking, file_name, next_field, next_piece, receive, refuse_encoding};
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::page::{Cursor, Page, answer};
use crate::api::params::Params;
use crate::api::{Api, when};
use crate::artifacts::{Single, single};
use crate::model::artifact::{ArtifactFile, Bundle, BundleId, BundleScope, MapState};
use crate::model::ids::ProjectId;

/// A field of the form that is no file.
const FIELD_BYTES_MAX: usize = 8 * 1024;
const FIELDS_MAX: usize = 50;
const NAME_BYTES_MAX: usize = 4096;
/// Bundles of the release that are looked at for one page.
const LOOKED_AT_MAX: usize = 10_000;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseFile {
    pub id: String,
    pub name: String,
    #[schema(required)]
    pub dist: Option<String>,
    pub headers: BTreeMap<String, String>,
    /// In bytes.
    pub size: u64,
    pub sha1: String,
    pub date_created: String,
}

/// Takes a file of a release: fields `file`, `name`, `dist`, `header` (repeatable, `Sourcemap: app.js.map`).
#[utoipa::path(post, path = "/api/0/projects/{org}/{project}/releases/{version}/files/", tag = "artifacts",
    params(("org" = String, Path), ("project" = String, Path), ("version" = String, Path)),
    request_body(content = Vec<u8>, content_type = "multipart/form-data"),
    responses((status = 201, body = ReleaseFile), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 413, body = ErrorBody)))]
pub async fn upload_release_file(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<(String, String, String)>,
    form: Multipart,
) -> Result<HttpResponse> {
    let (_, project, version) = path.into_inner();
    let projects = vec![api.project(&project)?.id];
    keep(&api, &request, projects, &version, form).await
}

/// The same for all projects.
#[utoipa::path(post, path = "/api/0/organizations/{org}/releases/{version}/files/", tag = "artifacts",
    params(("org" = String, Path), ("version" = String, Path)),
    request_body(content = Vec<u8>, content_type = "multipart/form-data"),
    responses((status = 201, body = ReleaseFile), (status = 400, body = ErrorBody), (status = 413, body = ErrorBody)))]
pub async fn upload_organization_release_file(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    form: Multipart,
) -> Result<HttpResponse> {
    let projects = api.visible_projects().iter().map(|project| project.id).collect();
    keep(&api, &request, projects, &path.1, form).await
}

async fn keep(
    api: &web::Data<Api>,
    request: &HttpRequest,
    projects: Vec<ProjectId>,
    version: &str,
    mut form: Multipart,
) -> Result<HttpResponse> {
    refuse_encoding(request)?;
    let release = release_of(version)?;
    let (mut file, mut sent_as, mut fields) = (None, None, Vec::new());
    while let Some(mut field) = next_field(&mut form).await? {
        if field.name() == Some("file") && file.is_none() {
            sent_as = file_name(&field);
            file = Some(receive(&api.artifacts, field, api.artifacts.receive_file()?).await?);
        } else {
            let name = field.name().unwrap_or_default().to_owned();
            fields.push((name, text_of(&mut field).await?));
        }
        if fields.len() > FIELDS_MAX {
            return Err(ApiError::bad_request(format!("At most {FIELDS_MAX} fields")));
        }
    }
    let file = file.ok_or_else(|| ApiError::bad_request("Missing uploaded file"))?;
    let value =
        |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim().to_owned());
    let name = value("name").filter(|name| !name.is_empty()).or(sent_as).unwrap_or_default();
    if name.is_empty() || name.len() > NAME_BYTES_MAX || name.contains(char::is_control) {
        return Err(ApiError::bad_request("name: expected the address of the file, such as ~/static/app.js"));
    }
    let dist = checked_dist(value("dist").as_deref())?;
    let named_map = named_map(&fields);
    let (about, map) = (name.clone(), named_map.clone());
    let kept = blocking(&api.artifacts, move |artifacts| {
        artifacts.keep_file(file, &Single { url: &about, named_map: map.as_deref() })
    })
    .await?;
    let scope = |project| BundleScope { project, release: Some(release.clone()), dist: dist.clone() };
    let scopes: Vec<_> = projects.into_iter().map(scope).collect();
    let bundle = api
        .run(move |api| {
            let bundle = api.store.begin_bundle(kept.bundle, &scopes, &[kept.bundle], Timestamp::now())?;
            api.artifacts.wake();
            Ok(bundle)
        })
        .await?;
    let json = ReleaseFile {
        id: kept.bundle.to_string(),
        name,
        dist,
        headers: headers(named_map),
        size: kept.bytes,
        sha1: kept.sha1.to_string(),
        date_created: when(bundle.uploaded),
    };
    Ok(HttpResponse::Created().json(json))
}

fn release_of(version: &str) -> Result<String> {
    checked_release(Some(version))?.ok_or_else(|| ApiError::bad_request("The release has no name"))
}

/// What the last `Sourcemap` header says, under either of its names.
fn named_map(fields: &[(String, String)]) -> Option<String> {
    let headers = fields.iter().filter(|(key, _)| key == "header");
    let mut named = headers.filter_map(|(_, header)| {
        let (name, value) = header.split_once(':')?;
        let is_map = ["sourcemap", "x-sourcemap"].iter().any(|known| name.trim().eq_ignore_ascii_case(known));
        Some(value.trim()).filter(|value| is_map && !value.is_empty())
    });
    named.next_back().map(str::to_owned)
}

fn headers(named_map: Option<String>) -> BTreeMap<String, String> {
    named_map.into_iter().map(|name| ("Sourcemap".to_owned(), name)).collect()
}

async fn text_of(field: &mut Field) -> Result<String> {
    let mut text = Vec::new();
    while let Some(piece) = next_piece(field).await? {
        text.extend_from_slice(&piece);
        if text.len() > FIELD_BYTES_MAX {
            return Err(ApiError::too_large(format!("A field has at most {FIELD_BYTES_MAX} bytes")));
        }
    }
    String::from_utf8(text).map_err(|_| ApiError::bad_request("A field is not UTF-8"))
}

/// The files of a release that came one by one, newest first.
#[utoipa::path(get, path = "/api/0/projects/{org}/{project}/releases/{version}/files/", tag = "artifacts",
    params(("org" = String, Path), ("project" = String, Path), ("version" = String, Path),
        ("checksum" = Option<Vec<String>>, Query, description = "SHA-1 of files"),
        ("per_page" = Option<u32>, Query, maximum = 100), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Vec<ReleaseFile>), (status = 404, body = ErrorBody)))]
pub async fn list_release_files(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<(String, String, String)>,
) -> Result<HttpResponse> {
    let (_, project, version) = path.into_inner();
    let projects = vec![api.project(&project)?.id];
    list(&api, &request, projects, version).await
}

/// The same of all projects.
#[utoipa::path(get, path = "/api/0/organizations/{org}/releases/{version}/files/", tag = "artifacts",
    params(("org" = String, Path), ("version" = String, Path),
        ("checksum" = Option<Vec<String>>, Query, description = "SHA-1 of files"),
        ("per_page" = Option<u32>, Query, maximum = 100), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Vec<ReleaseFile>)))]
pub async fn list_organization_release_files(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse> {
    let projects = api.visible_projects().iter().map(|project| project.id).collect();
    list(&api, &request, projects, path.into_inner().1).await
}

async fn list(
    api: &web::Data<Api>,
    request: &HttpRequest,
    projects: Vec<ProjectId>,
    version: String,
) -> Result<HttpResponse> {
    let params = Params::of(request);
    let page = api.run(move |api| api.release_files_page(&projects, &version, &params)).await?;
    Ok(answer(api, request, &page))
}

/// Removes a file from a release.
#[utoipa::path(delete, path = "/api/0/projects/{org}/{project}/releases/{version}/files/{file_id}/",
    tag = "artifacts",
    params(("org" = String, Path), ("project" = String, Path), ("version" = String, Path),
        ("file_id" = String, Path)),
    responses((status = 204), (status = 404, body = ErrorBody)))]
pub async fn delete_release_file(
    api: web::Data<Api>,
    path: web::Path<(String, String, String, String)>,
) -> Result<HttpResponse> {
    let (_, project, version, file) = path.into_inner();
    let projects = vec![api.project(&project)?.id];
    remove(&api, projects, version, file).await
}

/// The same from all projects.
#[utoipa::path(delete, path = "/api/0/organizations/{org}/releases/{version}/files/{file_id}/", tag = "artifacts",
    params(("org" = String, Path), ("version" = String, Path), ("file_id" = String, Path)),
    responses((status = 204), (status = 404, body = ErrorBody)))]
pub async fn delete_organization_release_file(
    api: web::Data<Api>,
    path: web::Path<(String, String, String)>,
) -> Result<HttpResponse> {
    let (_, version, file) = path.into_inner();
    let projects = api.visible_projects().iter().map(|project| project.id).collect();
    remove(&api, projects, version, file).await
}

async fn remove(
    api: &web::Data<Api>,
    projects: Vec<ProjectId>,
    version: String,
    file: String,
) -> Result<HttpResponse> {
    api.run(move |api| {
        let (mut found, mut is_gone) = (false, false);
        for project in projects {
            let Ok(bundle) = api.bundle(project, &file) else { continue };
            let is_of_release = |scope: &BundleScope| {
                scope.project == project && scope.release.as_deref() == Some(version.as_str())
            };
            if bundle.scopes.iter().any(is_of_release) {
                found = true;
                is_gone |= api.store.delete_bundle(bundle.id, Some(project), Some(&version))?;
            }
        }
        if is_gone {
            api.artifacts.wake_to_sweep();
        }
        if found { Ok(()) } else { Err(ApiError::not_found()) }
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

impl Api {
    fn release_files_page(
        &self,
        projects: &[ProjectId],
        release: &str,
        params: &Params,
    ) -> Result<Page<ReleaseFile>> {
        let wanted =
            params.all("checksum").map(|text| checksum("checksum", text)).collect::<Result<Vec<_>>>()?;
        let limit = params.limit()?;
        let before = Cursor::of(params)?.filter(|at| at.value > 0).map(|at| BundleId(at.value));
        let mut bundles = Vec::new();
        for &project in projects {
            bundles.extend(self.store.bundles_of(project, Some(release), before, LOOKED_AT_MAX)?);
        }
        bundles.sort_unstable_by_key(|bundle| std::cmp::Reverse(bundle.id));
        bundles.dedup_by_key(|bundle| bundle.id);
        let mut found: Vec<(BundleId, ReleaseFile)> = Vec::new();
        for bundle in bundles {
            let first = self.store.bundle_files(bundle.id, 0, 1)?.pop();
            let Some((_, file)) = first else { continue };
            let Some(sha1) = single(&file.path) else { continue };
            if wanted.is_empty() || wanted.contains(&sha1) {
                found.push((bundle.id, shown(&bundle, file, &sha1.to_string(), release)));
            }
            if found.len() > limit {
                break;
            }
        }
        let page = Page::cut(found, limit, |(id, _)| Cursor { value: id.0, offset: 0 });
        Ok(page.map(|(_, file)| file))
    }
}

fn shown(bundle: &Bundle, file: ArtifactFile, sha1: &str, release: &str) -> ReleaseFile {
    let named_map = match file.map {
        Some(MapState::Missing { named }) => named,
        _ => None,
    };
    let scope = bundle.scopes.iter().rev().find(|scope| scope.release.as_deref() == Some(release));
    ReleaseFile {
        id: bundle.checksum.to_string(),
        name: file.url,
        dist: scope.and_then(|scope| scope.dist.clone()),
        headers: headers(named_map),
        size: file.bytes,
        sha1: sha1.to_owned(),
        date_created: when(bundle.uploaded),
    }
}

#[cfg(test)]
mod tests {
    use super::named_map;

    #[test]
    fn a_header_names_the_map() {
        let field = |text: &str| ("header".to_owned(), text.to_owned());
        for (fields, expected) in [
            (vec![field("Sourcemap: app.js.map")], Some("app.js.map")),
            (vec![field("X-SourceMap:app.js.map "), field("Content-Type: text/plain")], Some("app.js.map")),
            (vec![field("sourcemap:")], None),
            (vec![field("nothing"), ("name".to_owned(), "Sourcemap: x".to_owned())], None),
        ] {
            assert_eq!(named_map(&fields).as_deref(), expected, "{fields:?}");
        }
    }
}
