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
use crate::ingest::inflate::Encoding;
use crate::ingest::json;
use crate::ingest::refusal::Refusal;
use crate::ingest::request::Request;
use crate::ingest::sizes::{ATTACHMENT_BYTES_MAX, SMALL_BYTES_MAX};
use crate::model::ids::ProjectId;
use crate::wire::envelope::{Envelope, Item, ItemType};

/// All uploads on disk together.
const UPLOADS_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;
const UPLOADS_MAX: usize = 1000;
/// Of one project, so that none keeps the others from uploading.
const PROJECT_UPLOADS_BYTES_MAX: u64 = 1024 * 1024 * 1024;
const PROJECT_UPLOADS_MAX: usize = 100;
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
    check_encoding(request)?;
    let length = request.header("upload-length").and_then(|value| value.parse::<u64>().ok());
    let length = length.ok_or_else(|| Refusal::malformed("missing or invalid upload-length"))?;
    if length > ATTACHMENT_BYTES_MAX as u64 {
        return Err(Refusal::too_large("attachment"));
    }
    let uploads = &request.ingest.uploads;
    uploads.forget_stale(request.received);
    uploads.make_room(origin.project.id, length).map_err(|error| failed(&error))?;
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
    check_encoding(request)?;
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

/// Bytes are written as they come: compressed ones would be kept as if they were the file.
fn check_encoding(request: &Request<'_>) -> Result<(), Refusal> {
    match request.body.encoding()? {
        Encoding::Identity => Ok(()),
        _ => Err(Refusal::unsupported_media_type("uploads take no content encoding")),
    }
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

    fn list(&self) -> Vec<Upload> {
        let Ok(entries) = std::fs::read_dir(&self.dir) else { return Vec::new() };
        let known = entries.flatten().filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let (project, id) = name.split_once('-')?;
            Some(Upload {
                project: project.parse().ok()?,
                path: entry.path(),
                length: announced(id)?,
                changed: entry.metadata().ok()?.modified().ok()?,
            })
        });
        known.collect()
    }

    fn make_room(&self, project: ProjectId, bytes: u64) -> std::io::Result<()> {
        std::fs::create_dir_all(&self.dir)?;
        let all = self.list();
        let own = all.iter().filter(|upload| upload.project == project);
        let sum = |count: usize, used: u64| (count, used.saturating_add(bytes));
        let (own_count, own_bytes) = sum(own.clone().count(), own.map(|upload| upload.length).sum());
        let (count, used) = sum(all.len(), all.iter().map(|upload| upload.length).sum());
        if count >= UPLOADS_MAX
            || used > UPLOADS_BYTES_MAX
            || own_count >= PROJECT_UPLOADS_MAX
            || own_bytes > PROJECT_UPLOADS_BYTES_MAX
        {
            return Err(std::io::ErrorKind::QuotaExceeded.into());
        }
        Ok(())
    }

    /// Removes uploads that are durable elsewhere now.
    pub async fn forget(paths: Vec<PathBuf>) {
        for path in paths {
            if let Err(error) = tokio::fs::remove_file(&path).await {
                tracing::warn!(%error, "a used upload could not be removed");
            }
        }
    }

    fn forget_stale(&self, now: Timestamp) {
        let now = std::time::SystemTime::from(now);
        for Upload { path, changed, .. } in self.list() {
            if now.duration_since(changed).is_ok_and(|age| age > STALE_TIME)
                && let Err(error) = std::fs::remove_file(&path)
            {
                tracing::warn!(%error, "a stale upload could not be removed");
            }
        }
    }

    /// Puts uploaded bytes in place of the attachments that name them, and answers the files that they came
    /// from. A name that leads nowhere stays as it is: the reference is then all there is to keep.
    pub async fn resolve(
        &self,
        project: ProjectId,
        envelope: &mut Envelope,
        lease: &mut Lease,
    ) -> Result<Vec<PathBuf>, Refusal> {
        let mut used = Vec::new();
        for item in &mut envelope.items {
            let is_reference = item.headers.content_type.as_deref() == Some(REFERENCE);
            if item.headers.ty == ItemType::Attachment && is_reference {
                used.extend(self.resolve_one(project, item, lease).await?);
            }
        }
        used.sort();
        used.dedup();
        Ok(used)
    }

    async fn resolve_one(
        &self,
        project: ProjectId,
        item: &mut Item,
        lease: &mut Lease,
    ) -> Result<Option<PathBuf>, Refusal> {
        #[derive(Deserialize)]
        struct Reference {
            location: String,
            content_type: Option<String>,
        }
        if item.payload.len() > SMALL_BYTES_MAX {
            return Ok(None);
        }
        let Some(Reference { location, content_type }) = json::find(&item.payload) else { return Ok(None) };
        let location = location.split('?').next().unwrap_or_default().trim_end_matches('/');
        let id = location.rsplit('/').next().unwrap_or_default();
        let (Some(path), Some(length)) = (self.path(project, id), announced(id)) else { return Ok(None) };
        // Known before memory is asked for: a name that leads nowhere is no reason to wait.
        let size = tokio::fs::metadata(&path).await.map(|metadata| metadata.len());
        let Ok(bytes_max) = usize::try_from(length) else { return Ok(None) };
        if size.ok() != Some(length) {
            return Ok(None);
        }
        lease.grow(bytes_max).map_err(|_| Refusal::overloaded())?;
        let bytes = tokio::fs::read(&path).await.map_err(|error| failed(&error))?;
        item.payload = Bytes::from(bytes);
        item.headers.content_type = content_type;
        Ok(Some(path))
    }
}

/// One file.
struct Upload {
    project: ProjectId,
    path: PathBuf,
    /// As announced.
    length: u64,
    changed: std::time::SystemTime,
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{PROJECT_UPLOADS_BYTES_MAX, PROJECT_UPLOADS_MAX, REFERENCE, Uploads, announced};
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
            let mut lease = Budget::default().lease();
            let used = uploads.resolve(ProjectId(project), &mut envelope, &mut lease).await;
            (envelope.items.remove(0), used.expect("memory").len())
        };
        let (found, used) = run(1).await;
        assert_eq!(used, 1);
        assert_eq!(
            (found.payload.as_ref(), found.headers.content_type.as_deref()),
            (b"hello".as_slice(), Some("text/plain"))
        );
        let (found, used) = run(2).await;
        assert_eq!(found.headers.content_type.as_deref(), Some(REFERENCE), "another project's upload");
        assert_eq!(used, 0);
    }

    #[tokio::test]
    async fn without_memory_an_upload_is_refused_and_kept() {
        let dir = tempfile::tempdir().expect("a folder");
        let uploads = Uploads::new(dir.path());
        let id = ID.replace("-5", &format!("-{}", 64 << 20));
        let file = std::fs::File::create(dir.path().join(format!("1-{id}"))).expect("a file");
        file.set_len(64 << 20).expect("sparse");
        let mut item = Item::new(ItemType::Attachment, Bytes::from(format!("{{\"location\":\"{id}\"}}")));
        item.headers.content_type = Some(REFERENCE.into());
        let mut envelope = Envelope { items: vec![item], ..Envelope::default() };
        // A stranger's lease has no room for it.
        let mut lease = Budget::default().lease();
        let refusal = uploads.resolve(ProjectId(1), &mut envelope, &mut lease).await.expect_err("no memory");
        assert_eq!(refusal.status, 503);
        assert_eq!(uploads.list().len(), 1);
    }

    #[test]
    fn a_project_leaves_room_for_the_uploads_of_others() {
        let dir = tempfile::tempdir().expect("a folder");
        let uploads = Uploads::new(dir.path());
        for n in 0..PROJECT_UPLOADS_MAX {
            std::fs::write(dir.path().join(format!("1-{n:032x}-5")), "hello").expect("written");
        }
        assert!(uploads.make_room(ProjectId(1), 5).is_err());
        uploads.make_room(ProjectId(2), 5).expect("room for another project");
        assert!(uploads.make_room(ProjectId(2), PROJECT_UPLOADS_BYTES_MAX + 1).is_err());
    }
}
