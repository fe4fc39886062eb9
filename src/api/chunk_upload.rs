//! Pieces of bundles, as Sentry's uploaders send them: what they may send, and where it lands. Bytes go to disk as they
//! come; nothing is in memory whole.

use std::sync::Arc;
use std::time::Duration;

use actix_multipart::{Field, Multipart};
use actix_web::http::header::CONTENT_ENCODING;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use futures_util::StreamExt;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::{Api, ROOT};
use crate::artifacts::{ArtifactError, Artifacts, BUNDLE_BYTES_MAX, CHUNK_BYTES_MAX, Incoming};
use crate::model::artifact::Checksum;

const CHUNKS_PER_REQUEST: usize = 64;
/// What uploaders put into one request, all of its chunks together.
const REQUEST_BYTES_MAX: u64 = 32 << 20;
/// Requests that an uploader has under way at once.
const CONCURRENCY: u32 = 8;
/// What is gathered in memory before it is written.
const WRITTEN_BYTES: usize = 256 * 1024;
/// A client that sends nothing for so long is gone.
const STALL_TIME_MAX: Duration = Duration::from_mins(1);

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChunkUploadOptions {
    /// Where chunks are posted.
    pub url: String,
    pub chunk_size: u64,
    pub chunks_per_request: usize,
    pub max_file_size: u64,
    pub max_request_size: u64,
    pub concurrency: u32,
    pub hash_algorithm: &'static str,
    pub compression: [&'static str; 1],
    /// What may be made of chunks.
    pub accept: [&'static str; 3],
}

/// How uploaders cut what they upload, and where they send it.
#[utoipa::path(get, path = "/api/0/organizations/{org}/chunk-upload/", tag = "artifacts",
    params(("org" = String, Path)),
    responses((status = 200, body = ChunkUploadOptions), (status = 403, body = ErrorBody)))]
pub async fn get_chunk_upload(api: web::Data<Api>, request: HttpRequest) -> web::Json<ChunkUploadOptions> {
    let path = format!("{ROOT}/organizations/{}/chunk-upload/", api.config.org);
    web::Json(ChunkUploadOptions {
        url: format!("{}{path}", reached_at(&api, &request)),
        chunk_size: CHUNK_BYTES_MAX,
        chunks_per_request: CHUNKS_PER_REQUEST,
        max_file_size: BUNDLE_BYTES_MAX,
        max_request_size: REQUEST_BYTES_MAX,
        concurrency: CONCURRENCY,
        hash_algorithm: "sha1",
        compression: ["gzip"],
        accept: ["release_files", "artifact_bundles", "artifact_bundles_v2"],
    })
}

/// The server's address as this client knows it: one that builds where `LIGHTTRACE_URL` leads nowhere still gets here.
fn reached_at(api: &Api, request: &HttpRequest) -> String {
    let info = request.connection_info();
    let own = api.config.url.as_str().trim_end_matches('/');
    if own.split_once("://").is_some_and(|(_, rest)| rest.split('/').next() == Some(info.host())) {
        return own.to_owned();
    }
    format!("{}://{}", info.scheme(), info.host())
}

/// Takes chunks, each called by the SHA-1 of its bytes: fields `file`, or `file_gzip` where it is compressed.
#[utoipa::path(post, path = "/api/0/organizations/{org}/chunk-upload/", tag = "artifacts",
    params(("org" = String, Path)),
    request_body(content = Vec<u8>, content_type = "multipart/form-data"),
    responses((status = 200), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 413, body = ErrorBody)))]
pub async fn upload_chunks(
    api: web::Data<Api>,
    request: HttpRequest,
    mut form: Multipart,
) -> Result<HttpResponse> {
    refuse_encoding(&request)?;
    let mut chunks = 0;
    while let Some(field) = next_field(&mut form).await? {
        let is_gzip = match field.name() {
            Some("file_gzip") => true,
            Some("file") => false,
            _ => return Err(ApiError::bad_request("Expected fields named file or file_gzip")),
        };
        chunks += 1;
        if chunks > CHUNKS_PER_REQUEST {
            return Err(ApiError::bad_request(format!("At most {CHUNKS_PER_REQUEST} chunks a request")));
        }
        let name = file_name(&field).unwrap_or_default();
        let claimed: Checksum = name.parse().map_err(|_| {
            ApiError::bad_request("A chunk's file name is the SHA-1 of its bytes, in 40 hexadecimal digits")
        })?;
        let incoming = api.artifacts.receive_chunk(is_gzip)?;
        let incoming = receive(&api.artifacts, field, incoming).await?;
        blocking(&api.artifacts, move |artifacts| artifacts.keep_chunk(incoming, claimed)).await?;
    }
    if chunks == 0 {
        return Err(ApiError::bad_request("The request holds no chunk"));
    }
    Ok(HttpResponse::Ok().finish())
}

/// A body is taken as it is: what is compressed is a part of it.
pub fn refuse_encoding(request: &HttpRequest) -> Result<()> {
    let encoding = request.headers().get(CONTENT_ENCODING).map(|value| value.to_str().unwrap_or("?"));
    match encoding.map(str::trim) {
        None | Some("" | "identity") => Ok(()),
        Some(other) => {
            Err(ApiError::unsupported_media_type(format!("Content-Encoding `{other}` is not taken here")))
        }
    }
}

pub async fn next_field(form: &mut Multipart) -> Result<Option<Field>> {
    let next = actix_web::rt::time::timeout(STALL_TIME_MAX, form.next()).await;
    let next = next.map_err(|_| ApiError::timed_out())?;
    next.transpose().map_err(|error| ApiError::bad_request(format!("Invalid multipart body: {error}")))
}

pub fn file_name(field: &Field) -> Option<String> {
    field.content_disposition()?.get_filename().map(str::to_owned)
}

/// Writes a field's bytes as they come.
pub async fn receive(
    artifacts: &Arc<Artifacts>,
    mut field: Field,
    mut incoming: Incoming,
) -> Result<Incoming> {
    let mut gathered = Vec::new();
    loop {
        let piece = next_piece(&mut field).await?;
        let is_last = piece.is_none();
        gathered.extend_from_slice(&piece.unwrap_or_default());
        if gathered.len() >= WRITTEN_BYTES || (is_last && !gathered.is_empty()) {
            let bytes = std::mem::take(&mut gathered);
            incoming = blocking(artifacts, move |artifacts| {
                artifacts.push(&mut incoming, &bytes)?;
                Ok(incoming)
            })
            .await?;
        }
        if is_last {
            return Ok(incoming);
        }
    }
}

pub async fn next_piece(field: &mut Field) -> Result<Option<Bytes>> {
    let next = actix_web::rt::time::timeout(STALL_TIME_MAX, field.next()).await;
    let next = next.map_err(|_| ApiError::timed_out())?;
    next.transpose().map_err(|error| ApiError::bad_request(format!("Invalid multipart body: {error}")))
}

/// Runs what touches the disk on a thread that may block.
pub async fn blocking<T: Send + 'static>(
    artifacts: &Arc<Artifacts>,
    work: impl FnOnce(&Artifacts) -> std::result::Result<T, ArtifactError> + Send + 'static,
) -> Result<T> {
    let artifacts = Arc::clone(artifacts);
    let worked = web::block(move || work(&artifacts)).await;
    Ok(worked.map_err(|error| ApiError::internal(&error))??)
}
