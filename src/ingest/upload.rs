//! `{pid}/upload/`: resumable uploads (tus 1.0) for attachments too large for one request. A finished upload
//! waits on disk until an envelope names it in place of the attachment's bytes; then it is part of that envelope
//! and as durable. All that is known of an upload is its file: name, and size.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use bytes::Bytes;
use jiff::Timestamp;
use parking_lot::Mutex;
use serde::Deserialize;
use tokio::io::AsyncWriteExt;

use crate::ingest::budget::Lease;
use crate::ingest::json;
use crate::ingest::refusal::Refusal;
use crate::ingest::request::Request;
use crate::ingest::sizes::{ATTACHMENT_BYTES_MAX, SMALL_BYTES_MAX};
use crate::model::ids::ProjectId;
use crate::wire::envelope::{Envelope, Item, ItemType};

/// All uploads on disk together.
const UPLOADS_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;
const UPLOADS_MAX: usize = 1000;
/// Untouched for this long, an upload is forgotten.
const STALE_TIME: Duration = Duration::from_hours(24);
/// The content type of an attachment whose bytes were uploaded before.
const REFERENCE: &str = "application/vnd.sentry.attachment-ref+json";
const TUS: (&str, &str) = ("tus-resumable", "1.0.0");

pub struct Uploads {
    dir: PathBuf,
    /// Uploads that a request is writing to.
    busy: Arc<Mutex<HashSet<PathBuf>>>,
}

/// Marks an upload as free again.
struct Busy {
    busy: Arc<Mutex<HashSet<PathBuf>>>,
    path: PathBuf,
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.busy.lock().remove(&self.path);
    }
}

/// `POST`: announces an upload, and may carry its first bytes.
pub async fn create(request: &mut Request<'_>, project: ProjectId) -> Result<HttpResponse, Refusal> {
    let origin = request.authorize(Some(project), None)?;
    let length = request.header("upload-length").and_then(|value| value.parse::<u64>().ok());
    let length = length.ok_or_else(|| Refusal::malformed("missing or invalid upload-length"))?;
    if length > ATTACHMENT_BYTES_MAX as u64 {
        return Err(Refusal::too_large("attachment"));
    }
    let uploads = &request.ingest.uploads;
    uploads.forget_stale(request.received);
    uploads.make_room(length).map_err(|error| failed(&error))?;
    let id = format!("{}-{length}", uuid::Uuid::new_v4().simple());
    let path = uploads.path(origin.project.id, &id).ok_or_else(|| Refusal::not_found("no such upload"))?;
    let file = std::fs::File::create_new(&path).map_err(|error| failed(&error))?;
    let offset = write(request, &path, file, 0, length).await?;
    let location = format!("{}/api/{project}/upload/{id}/", request.ingest.url);
    let mut answer = HttpResponse::Created();
    answer.insert_header((LOCATION, location)).insert_header(TUS);
    Ok(answer.insert_header(("upload-offset", offset.to_string())).finish())
}

/// `PATCH`: the next bytes.
pub async fn append(
    request: &mut Request<'_>,
    project: ProjectId,
    id: &str,
) -> Result<HttpResponse, Refusal> {
    let origin = request.authorize(Some(project), None)?;
    if request.content_type() != "application/offset+octet-stream" {
        return Err(Refusal::unsupported_media_type("expected application/offset+octet-stream"));
    }
    let offset = request.header("upload-offset").and_then(|value| value.parse::<u64>().ok());
    let offset = offset.ok_or_else(|| Refusal::malformed("missing or invalid upload-offset"))?;
    let unknown = || Refusal::not_found("no such upload");
    let path = request.ingest.uploads.path(origin.project.id, id).ok_or_else(unknown)?;
    let length = announced(id).ok_or_else(unknown)?;
    let file = std::fs::OpenOptions::new().append(true).open(&path).map_err(|_| unknown())?;
    let offset = write(request, &path, file, offset, length).await?;
    let mut answer = HttpResponse::NoContent();
    Ok(answer.insert_header(("upload-offset", offset.to_string())).insert_header(TUS).finish())
}

/// Writes the request's body at the end of the file; answers the new size. What was written stays when the
/// connection breaks: that is what the client resumes from.
async fn write(
    request: &mut Request<'_>,
    path: &Path,
    file: std::fs::File,
    offset: u64,
    length: u64,
) -> Result<u64, Refusal> {
    let busy = Arc::clone(&request.ingest.uploads.busy);
    if !busy.lock().insert(path.to_owned()) {
        return Err(Refusal::conflict("the upload is being written to by another request"));
    }
    let _busy = Busy { busy, path: path.to_owned() };
    let mut size = file.metadata().map_err(|error| failed(&error))?.len();
    if size != offset {
        return Err(Refusal::conflict(format!("the upload is at offset {size}")));
    }
    let mut file = tokio::fs::File::from_std(file);
    while let Some(chunk) = request.body.next_chunk().await? {
        size += chunk.len() as u64;
        if size > length {
            return Err(Refusal::too_large("attachment"));
        }
        file.write_all(&chunk).await.map_err(|error| failed(&error))?;
    }
    file.flush().await.map_err(|error| failed(&error))?;
    file.sync_data().await.map_err(|error| failed(&error))?;
    Ok(size)
}

fn failed(error: &std::io::Error) -> Refusal {
    if error.kind() == std::io::ErrorKind::QuotaExceeded {
        return Refusal::overloaded();
    }
    tracing::error!(%error, "an upload could not be written");
    Refusal::disk_failed()
}

/// The length in an upload's id: `<32 hex>-<bytes>`.
fn announced(id: &str) -> Option<u64> {
    let (hex, length) = id.split_once('-')?;
    let is_hex = hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase());
    let is_number = !length.is_empty() && length.len() <= 12 && length.bytes().all(|b| b.is_ascii_digit());
    if is_hex && is_number { length.parse().ok() } else { None }
}

impl Uploads {
    pub fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned(), busy: Arc::default() }
    }

    /// `None` for anything that could name another file.
    fn path(&self, project: ProjectId, id: &str) -> Option<PathBuf> {
        announced(id).map(|_| self.dir.join(format!("{project}-{id}")))
    }

    /// (path, announced bytes, last change)
    fn list(&self) -> Vec<(PathBuf, u64, std::time::SystemTime)> {
        let Ok(entries) = std::fs::read_dir(&self.dir) else { return Vec::new() };
        let known = entries.flatten().filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let length = announced(name.split_once('-')?.1)?;
            Some((entry.path(), length, entry.metadata().ok()?.modified().ok()?))
        });
        known.collect()
    }

    fn make_room(&self, bytes: u64) -> std::io::Result<()> {
        std::fs::create_dir_all(&self.dir)?;
        let all = self.list();
        let used: u64 = all.iter().map(|(_, length, _)| length).sum();
        if all.len() >= UPLOADS_MAX || used + bytes > UPLOADS_BYTES_MAX {
            return Err(std::io::ErrorKind::QuotaExceeded.into());
        }
        Ok(())
    }

    fn forget_stale(&self, now: Timestamp) {
        let now = std::time::SystemTime::from(now);
        for (path, _, changed) in self.list() {
            if now.duration_since(changed).is_ok_and(|age| age > STALE_TIME)
                && let Err(error) = std::fs::remove_file(&path)
            {
                tracing::warn!(%error, "a stale upload could not be removed");
            }
        }
    }

    /// Puts uploaded bytes in place of the attachments that name them. A name that leads nowhere stays as it
    /// is: the reference is then all there is to keep.
    pub async fn resolve(&self, project: ProjectId, envelope: &mut Envelope, lease: &mut Lease) {
        for item in &mut envelope.items {
            let is_reference = item.headers.content_type.as_deref() == Some(REFERENCE);
            if item.headers.ty == ItemType::Attachment && is_reference {
                self.resolve_one(project, item, lease).await;
            }
        }
    }

    async fn resolve_one(&self, project: ProjectId, item: &mut Item, lease: &mut Lease) {
        #[derive(Deserialize)]
        struct Reference {
            location: String,
            content_type: Option<String>,
        }
        if item.payload.len() > SMALL_BYTES_MAX {
            return;
        }
        let Some(Reference { location, content_type }) = json::find(&item.payload) else { return };
        let location = location.split('?').next().unwrap_or_default().trim_end_matches('/');
        let id = location.rsplit('/').next().unwrap_or_default();
        let (Some(path), Some(length)) = (self.path(project, id), announced(id)) else { return };
        let Ok(bytes_max) = usize::try_from(length) else { return };
        if lease.grow(bytes_max).is_err() {
            return;
        }
        let Ok(bytes) = tokio::fs::read(&path).await else { return };
        if bytes.len() as u64 == length {
            item.payload = Bytes::from(bytes);
            item.headers.content_type = content_type;
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{REFERENCE, Uploads, announced};
    use crate::ingest::budget::Budget;
    use crate::model::ids::ProjectId;
    use crate::wire::envelope::{Envelope, Item, ItemType};

    const ID: &str = "0123456789abcdef0123456789abcdef-5";

    #[test]
    fn ids_name_no_other_file() {
        assert_eq!(announced(ID), Some(5));
        for bad in [
            "",
            "x-5",
            "../../../../etc/passwd-5",
            "0123456789abcdef0123456789abcdef",
            &ID.to_uppercase(),
            "-5",
        ] {
            assert_eq!(announced(bad), None, "{bad}");
        }
    }

    #[tokio::test]
    async fn references_become_their_bytes() {
        let dir = tempfile::tempdir().expect("a folder");
        let uploads = Uploads::new(dir.path());
        std::fs::write(dir.path().join(format!("1-{ID}")), "hello").expect("written");
        let run = async |project: u64| {
            let location =
                format!("{{\"location\":\"http://h/api/1/upload/{ID}/\",\"content_type\":\"text/plain\"}}");
            let mut item = Item::new(ItemType::Attachment, Bytes::from(location));
            item.headers.content_type = Some(REFERENCE.into());
            let mut envelope = Envelope { items: vec![item], ..Envelope::default() };
            uploads.resolve(ProjectId(project), &mut envelope, &mut Budget::default().lease()).await;
            envelope.items.remove(0)
        };
        let found = run(1).await;
        assert_eq!(
            (found.payload.as_ref(), found.headers.content_type.as_deref()),
            (b"hello".as_slice(), Some("text/plain"))
        );
        assert_eq!(run(2).await.headers.content_type.as_deref(), Some(REFERENCE), "another project's upload");
    }
}
