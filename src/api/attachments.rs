//! Files that came with an event. Their bytes are a stranger's: they are only ever downloaded, never shown by the
//! browser as a page of ours.

use std::io::Read;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use futures_util::stream;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::Api;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::page::{Page, answer};
use crate::api::params::Params;
use crate::model::ids::{EventId, ProjectId};
use crate::store::Attachment;

/// What of a file is in memory at once.
const PIECE_BYTES: usize = 64 * 1024;
/// RFC 8187's `attr-char`.
const FILENAME_KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_').remove(b'~');

#[derive(Serialize, ToSchema)]
pub struct AttachmentJson {
    pub id: String,
    pub event_id: String,
    /// Sentry's kind: `event.attachment`, `event.minidump`, `event.view_hierarchy`, …
    #[serde(rename = "type")]
    pub kind: String,
    pub name: String,
    /// As the sender said.
    pub mimetype: String,
    /// In bytes.
    pub size: u64,
    pub sha256: String,
    #[schema(required)]
    pub sha1: Option<String>,
    pub headers: std::collections::BTreeMap<String, String>,
}

/// The files that came with an event.
#[utoipa::path(get, path = "/api/0/projects/{org}/{project}/events/{event_id}/attachments/", tag = "events",
    params(("org" = String, Path), ("project" = String, Path), ("event_id" = String, Path)),
    responses((status = 200, body = Vec<AttachmentJson>), (status = 404, body = ErrorBody)))]
pub async fn list_attachments(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<(String, String, String)>,
) -> Result<HttpResponse> {
    let project = api.project(&path.1)?.id;
    let event = event_id(&path.2)?;
    let attachments = api.run(move |api| Ok(api.store.attachments(project, event)?)).await?;
    let rows = attachments.into_iter().map(|attachment| attachment_json(event, attachment)).collect();
    Ok(answer(&api, &request, &Page::whole(rows)))
}

/// One file: what is known of it, or with `download` its bytes.
#[utoipa::path(get, path = "/api/0/projects/{org}/{project}/events/{event_id}/attachments/{attachment_id}/",
    tag = "events",
    params(("org" = String, Path), ("project" = String, Path), ("event_id" = String, Path),
        ("attachment_id" = String, Path), ("download" = Option<bool>, Query)),
    responses((status = 200, body = AttachmentJson), (status = 404, body = ErrorBody)))]
pub async fn get_attachment(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<(String, String, String, String)>,
) -> Result<HttpResponse> {
    let project = api.project(&path.1)?.id;
    let event = event_id(&path.2)?;
    let (attachment, file) = api.run(move |api| api.attachment(project, event, &path.3)).await?;
    if !Params::of(&request).flag("download") {
        return Ok(HttpResponse::Ok().json(attachment_json(event, attachment)));
    }
    let name = utf8_percent_encode(&attachment.name, FILENAME_KEPT);
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename*=UTF-8''{name}")))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"))
        .content_type(safe_type(attachment.content_type.as_deref()))
        // As they are, so that the length holds.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .no_chunking(attachment.size_bytes);
    Ok(response.streaming(pieces(file, attachment.size_bytes)))
}

impl Api {
    fn attachment(
        &self,
        project: ProjectId,
        event: EventId,
        id: &str,
    ) -> Result<(Attachment, std::fs::File)> {
        self.store.read_attachment(project, event, id)?.ok_or_else(ApiError::not_found)
    }
}

/// Reads the file piece by piece on threads that may block.
fn pieces(file: std::fs::File, bytes: u64) -> impl stream::Stream<Item = std::io::Result<Bytes>> {
    stream::try_unfold(file.take(bytes), |mut file| async move {
        let read = web::block(move || {
            let mut piece = vec![0; PIECE_BYTES];
            let length = file.read(&mut piece)?;
            piece.truncate(length);
            Ok::<_, std::io::Error>((piece, file))
        });
        let (piece, file) = read.await.map_err(std::io::Error::other)??;
        Ok((!piece.is_empty()).then(|| (Bytes::from(piece), file)))
    })
}

/// Types that no browser runs; all else is bytes.
fn safe_type(claimed: Option<&str>) -> &'static str {
    let claimed = claimed.unwrap_or_default();
    match claimed.split(';').next().unwrap_or_default().trim() {
        "text/plain" => "text/plain; charset=utf-8",
        "application/json" => "application/json",
        "image/png" => "image/png",
        "image/jpeg" => "image/jpeg",
        "image/gif" => "image/gif",
        "image/webp" => "image/webp",
        _ => "application/octet-stream",
    }
}

fn event_id(text: &str) -> Result<EventId> {
    text.parse().map_err(|_| ApiError::not_found())
}

fn attachment_json(event: EventId, attachment: Attachment) -> AttachmentJson {
    let mimetype = attachment.content_type.unwrap_or_else(|| "application/octet-stream".into());
    AttachmentJson {
        id: attachment.id,
        event_id: event.to_string(),
        kind: attachment.kind,
        name: attachment.name,
        headers: [("Content-Type".to_owned(), mimetype.clone())].into(),
        mimetype,
        size: attachment.size_bytes,
        sha256: attachment.sha256,
        sha1: None,
    }
}

#[cfg(test)]
mod tests {
    use super::safe_type;

    #[test]
    fn nothing_that_runs_keeps_its_type() {
        for (claimed, served) in [
            (Some("text/plain; charset=latin1"), "text/plain; charset=utf-8"),
            (Some("image/png"), "image/png"),
            (Some("text/html"), "application/octet-stream"),
            (Some("image/svg+xml"), "application/octet-stream"),
            (Some("application/javascript"), "application/octet-stream"),
            (None, "application/octet-stream"),
        ] {
            assert_eq!(safe_type(claimed), served, "{claimed:?}");
        }
    }
}
