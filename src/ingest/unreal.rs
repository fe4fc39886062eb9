//! `POST {pid}/unreal/{key}/`: the Unreal Engine's crash reporter. One zlib stream holds several files: the dump,
//! the context, the log. Never answers 429. Format: getsentry/symbolic `symbolic-unreal`.

use actix_web::HttpResponse;
use bytes::Bytes;
use serde_json::json;

use crate::ingest::accept::{accept, new_event_id};
use crate::ingest::body::apart;
use crate::ingest::budget::Lease;
use crate::ingest::dump::is_minidump;
use crate::ingest::inflate::inflate_zlib;
use crate::ingest::minidump;
use crate::ingest::native::{APPLE_CRASH_REPORT, MINIDUMP};
use crate::ingest::refusal::Refusal;
use crate::ingest::request::Request;
use crate::ingest::sizes::{ATTACHMENT_BYTES_MAX, ATTACHMENTS_MAX};
use crate::model::ids::ProjectId;
use crate::wire::envelope::{Envelope, Item, ItemType};

/// A file's name, as the format has it.
const NAME_BYTES_MAX: usize = 260;
/// Newer reports start with this, then the header; older ones end with the header.
const MAGIC: &[u8] = b"CR1";
/// Two names, each after its length; two counts.
const HEADER_BYTES: usize = 2 * (4 + NAME_BYTES_MAX) + 4 + 4;
/// What a `UserID` holds at most.
const USER_BYTES_MAX: usize = 512;

pub async fn handle(
    request: &mut Request<'_>,
    project: ProjectId,
    key: &str,
) -> Result<HttpResponse, Refusal> {
    let origin = request.authorize(Some(project), Some(key))?;
    let body = request.body.read(ATTACHMENT_BYTES_MAX, "unreal_report").await?;
    let (body_bytes, user) = (body.len(), request.query("UserID"));
    let lease = &mut request.body.lease;
    let items = apart(lease, move |lease| unpack(&body, user.as_deref(), lease)).await??;
    lease.shrink(body_bytes);
    let event_id = new_event_id();
    let mut envelope = Envelope { items, ..Envelope::default() };
    envelope.headers.event_id = Some(event_id);
    match accept(request.ingest, &origin, &mut request.body.lease, envelope).await {
        // The reporter takes no hints: what is over a limit is counted and gone.
        Ok(_) => Ok(minidump::hyphenated(event_id)),
        Err(refusal) if refusal.status == 429 => {
            Err(Refusal { status: actix_web::http::StatusCode::SERVICE_UNAVAILABLE, ..refusal })
        }
        Err(refusal) => Err(refusal),
    }
}

/// The files of a report as attachments, and an event that names the user. Slow for large ones: see
/// [`apart`]. What is inflated becomes part of the lease.
pub fn unpack(report: &[u8], user: Option<&str>, lease: &mut Lease) -> Result<Vec<Item>, Refusal> {
    let malformed = |cause: &str| Refusal::malformed("invalid unreal report").with_cause(cause);
    let report = inflate_zlib(report, ATTACHMENT_BYTES_MAX, lease)
        .map_err(|error| error.refusal("unreal_report", "invalid unreal report"))?;
    let mut items = files(&report).ok_or_else(|| malformed("the list of files is cut off or malformed"))?;
    if items.is_empty() {
        return Err(malformed("no files"));
    }
    let user =
        user.map(|user| &user[..user.floor_char_boundary(USER_BYTES_MAX)]).filter(|user| !user.is_empty());
    let event = user.map_or_else(|| json!({}), |user| json!({"user": {"id": user}}));
    let has_dump = |item: &Item| matches!(item.headers.attachment_kind(), MINIDUMP | APPLE_CRASH_REPORT);
    let event = if items.iter().any(has_dump) {
        event
    } else {
        // Without a dump, the report itself is the crash.
        let mut event = event;
        event["platform"] = "native".into();
        event["level"] = "fatal".into();
        event["message"] = "Unreal crash report without a dump".into();
        event
    };
    items.insert(0, Item::new(ItemType::Event, event.to_string().into()));
    Ok(items)
}

fn files(report: &Bytes) -> Option<Vec<Item>> {
    let mut reader = Reader { bytes: report, at: 0 };
    let count = if report.starts_with(MAGIC) {
        reader.at = MAGIC.len();
        reader.header()?
    } else {
        let mut footer = Reader { bytes: report, at: report.len().checked_sub(HEADER_BYTES)? };
        footer.header()?
    };
    let mut items = Vec::new();
    for _ in 0..count.min(ATTACHMENTS_MAX) {
        let _index = reader.number()?;
        let name = reader.text()?;
        let size = reader.number()?;
        let body = reader.take(size)?;
        items.push(file(name, body));
    }
    Some(items)
}

fn file(name: String, body: Bytes) -> Item {
    let kind = if is_minidump(&body) {
        MINIDUMP
    } else if body.starts_with(b"Incident Identifier:") {
        APPLE_CRASH_REPORT
    } else if name == "CrashContext.runtime-xml" {
        "unreal.context"
    } else if name.to_ascii_lowercase().ends_with(".log") {
        "unreal.logs"
    } else {
        "event.attachment"
    };
    let mut item = Item::new(ItemType::Attachment, body);
    item.headers.attachment_type = Some(kind.to_owned());
    item.headers.filename = Some(name);
    item
}

struct Reader<'a> {
    bytes: &'a Bytes,
    at: usize,
}

impl Reader<'_> {
    fn take(&mut self, size: usize) -> Option<Bytes> {
        let end = self.at.checked_add(size).filter(|&end| end <= self.bytes.len())?;
        let taken = self.bytes.slice(self.at..end);
        self.at = end;
        Some(taken)
    }

    fn number(&mut self) -> Option<usize> {
        let bytes: [u8; 4] = self.take(4)?.as_ref().try_into().ok()?;
        usize::try_from(u32::from_le_bytes(bytes)).ok()
    }

    /// A length, then so many bytes, with zeros at the end.
    fn text(&mut self) -> Option<String> {
        let size = self.number().filter(|&size| size <= NAME_BYTES_MAX)?;
        let bytes = self.take(size)?;
        let end = memchr::memchr(0, &bytes).unwrap_or(bytes.len());
        Some(String::from_utf8_lossy(&bytes[..end]).into_owned())
    }

    /// How many files there are.
    fn header(&mut self) -> Option<usize> {
        let (_directory, _file) = (self.text()?, self.text()?);
        let _uncompressed_size = self.number()?;
        self.number()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::{Item, NAME_BYTES_MAX, Refusal};
    use crate::ingest::budget::Budget;

    fn unpack(report: &[u8], user: Option<&str>) -> Result<Vec<Item>, Refusal> {
        super::unpack(report, user, &mut Budget::default().lease())
    }

    fn number(value: usize) -> [u8; 4] {
        u32::try_from(value).expect("small").to_le_bytes()
    }

    fn text(value: &str) -> Vec<u8> {
        let mut bytes = value.as_bytes().to_vec();
        bytes.resize(bytes.len().max(NAME_BYTES_MAX), 0);
        [number(bytes.len()).to_vec(), bytes].concat()
    }

    fn report(files: &[(&str, &[u8])], magic: bool) -> Vec<u8> {
        let header =
            [text("UE4CC-Windows"), text("crash"), number(0).to_vec(), number(files.len()).to_vec()].concat();
        let mut bytes = if magic { [b"CR1".to_vec(), header.clone()].concat() } else { Vec::new() };
        for (index, (name, body)) in files.iter().enumerate() {
            bytes.extend(
                [number(index).to_vec(), text(name), number(body.len()).to_vec(), body.to_vec()].concat(),
            );
        }
        bytes.extend(header);
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&bytes).expect("memory");
        encoder.finish().expect("memory")
    }

    #[test]
    fn both_layouts() {
        let files: &[(&str, &[u8])] = &[
            ("UE4Minidump.dmp", b"MDMP...."),
            ("CrashContext.runtime-xml", b"<x/>"),
            ("Game.log", b"line\n"),
        ];
        for magic in [true, false] {
            let items = unpack(&report(files, magic), Some("me|epic|")).expect("valid");
            let kinds: Vec<_> = items.iter().map(|item| item.headers.attachment_kind()).collect();
            assert_eq!(kinds[1..], ["event.minidump", "unreal.context", "unreal.logs"], "{magic}");
            assert_eq!(items[0].payload, r#"{"user":{"id":"me|epic|"}}"#);
            assert_eq!(items[3].payload, "line\n");
        }
    }

    #[test]
    fn hostile() {
        let good = report(&[("a", b"b")], true);
        let long_name = report(&[(&"n".repeat(NAME_BYTES_MAX + 1), b"b")], true);
        for bad in [b"".as_slice(), b"nope", &good[..good.len() - 9], &report(&[], true), &long_name] {
            assert_eq!(unpack(bad, None).expect_err("malformed").status, 400);
        }
    }
}
