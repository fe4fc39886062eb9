//! `POST {pid}/minidump/`: a crash dump as Crashpad and Breakpad upload it. The dump becomes an attachment, and
//! an event so that it is an issue; the event's fields are pieced together from the form.

use actix_web::HttpResponse;
use bytes::Bytes;
use serde_json::{Map, Value};

use crate::ingest::accept::accept;
use crate::ingest::body::apart;
use crate::ingest::budget::Lease;
use crate::ingest::dump::{inflate_dump, is_minidump};
use crate::ingest::multipart::{self, Part};
use crate::ingest::native::MINIDUMP;
use crate::ingest::refusal::Refusal;
use crate::ingest::request::Request;
use crate::ingest::sizes::{ATTACHMENT_BYTES_MAX, ATTACHMENTS_MAX, ENVELOPE_BYTES_MAX, EVENT_BYTES_MAX};
use crate::model::ids::{EventId, ProjectId};
use crate::wire::envelope::{Envelope, Item, ItemType};

/// The form field that holds the dump.
const FIELD: &str = "upload_file_minidump";
/// `sentry[a][b]…` goes no deeper.
const DEPTH_MAX: usize = 16;

pub async fn handle(request: &mut Request<'_>, project: ProjectId) -> Result<HttpResponse, Refusal> {
    let origin = request.authorize(Some(project), None)?;
    let raw = matches!(request.content_type().as_str(), "application/octet-stream" | "application/x-dmp");
    let boundary = request.header("content-type").and_then(multipart::find_boundary);
    let body = request.body.read(ENVELOPE_BYTES_MAX, "attachment").await?;
    let parts = match boundary {
        _ if raw => {
            let filename = Some("minidump.dmp".to_owned());
            vec![Part { name: FIELD.into(), filename, body, ..Part::default() }]
        }
        Some(boundary) => multipart::parse(&body, &boundary)
            .map_err(|cause| Refusal::malformed("invalid multipart data").with_cause(cause))?,
        None => {
            return Err(
                Refusal::malformed("invalid multipart data").with_cause("no boundary in the content type")
            );
        }
    };
    let mut envelope = build(parts, &mut request.body.lease).await?;
    let event_id = envelope.headers.event_id.unwrap_or_else(crate::ingest::accept::new_event_id);
    envelope.headers.event_id = Some(event_id);
    let taken = accept(request.ingest, &origin, &mut request.body.lease, envelope).await?;
    taken.or_limited()?;
    Ok(hyphenated(event_id))
}

/// The answer that Crashpad shows: a UUID as text.
pub fn hyphenated(event_id: EventId) -> HttpResponse {
    let text = uuid::Uuid::from_bytes(event_id.0).hyphenated().to_string();
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(text)
}

async fn build(parts: Vec<Part>, lease: &mut Lease) -> Result<Envelope, Refusal> {
    let dump_bytes_max = dump_bytes_max(&parts)?;
    let mut envelope = Envelope::default();
    let mut form = Form::default();
    for part in parts {
        if part.name == FIELD {
            envelope.items.push(dump_item(part, dump_bytes_max, lease).await?);
        } else if part.filename.is_some() {
            let mut item = Item::new(ItemType::Attachment, part.body);
            item.headers.filename = part.filename;
            item.headers.content_type = part.content_type;
            envelope.items.push(item);
        } else {
            form.add(&part.name, &part.body)?;
        }
    }
    let event = form.into_event()?;
    envelope.headers.event_id = event.get("event_id").and_then(Value::as_str).and_then(|id| id.parse().ok());
    let payload = serde_json::to_vec(&event).expect("a JSON object");
    envelope.items.insert(0, Item::new(ItemType::Event, payload.into()));
    Ok(envelope)
}

/// One dump, and not too many files: known before anything is inflated. Answers what the files beside it leave
/// for the dump.
fn dump_bytes_max(parts: &[Part]) -> Result<usize, Refusal> {
    let is_file = |part: &&Part| part.name == FIELD || part.filename.is_some();
    let (dumps, others): (Vec<_>, Vec<_>) = parts.iter().filter(is_file).partition(|part| part.name == FIELD);
    match dumps.len() {
        0 => return Err(Refusal::malformed("missing minidump")),
        1 => {}
        _ => return Err(Refusal::malformed("more than one minidump")),
    }
    let other_bytes = others.iter().map(|part| part.body.len()).sum();
    match ATTACHMENT_BYTES_MAX.checked_sub(other_bytes) {
        Some(rest) if others.len() < ATTACHMENTS_MAX => Ok(rest),
        _ => Err(Refusal::too_large("attachment")),
    }
}

async fn dump_item(part: Part, bytes_max: usize, lease: &mut Lease) -> Result<Item, Refusal> {
    let body = part.body;
    let dump = if is_minidump(&body) {
        Ok(body)
    } else {
        apart(lease, move |lease| inflate_dump(&body, bytes_max, lease)).await?
    };
    let dump = dump.map_err(|error| error.refusal("attachment", "invalid minidump"))?;
    if !is_minidump(&dump) {
        return Err(Refusal::malformed("invalid minidump"));
    }
    let mut item = Item::new(ItemType::Attachment, dump);
    let name = part.filename.filter(|name| !name.is_empty()).unwrap_or_else(|| "minidump.dmp".into());
    let plain_name = [".gz", ".xz", ".bz2", ".zst"].iter().find_map(|suffix| name.strip_suffix(suffix));
    item.headers.filename = Some(plain_name.unwrap_or(&name).to_owned());
    item.headers.content_type = Some("application/x-dmp".into());
    item.headers.attachment_type = Some(MINIDUMP.into());
    Ok(item)
}

/// The event in the form's fields: `sentry` holds JSON, `sentry__1`, `sentry__2`, … the pieces of one, and
/// `sentry[a][b]` single values. Other fields are what the crash reporter knew: they go to `extra`.
#[derive(Default)]
struct Form {
    event: Map<String, Value>,
    pieces: Vec<(u32, Bytes)>,
    extra: Map<String, Value>,
    bytes: usize,
}

impl Form {
    fn add(&mut self, name: &str, value: &Bytes) -> Result<(), Refusal> {
        self.bytes += name.len() + value.len();
        if self.bytes > EVENT_BYTES_MAX {
            return Err(Refusal::too_large("event"));
        }
        if let Some(index) = name.strip_prefix("sentry__").and_then(|index| index.parse().ok()) {
            self.pieces.push((index, value.clone()));
        } else if name == "sentry" {
            self.merge(value)?;
        } else if let Some(path) = name.strip_prefix("sentry[") {
            let path: Vec<&str> = path.trim_end_matches(']').split("][").collect();
            insert(&mut self.event, &path, String::from_utf8_lossy(value).into_owned());
        } else if !name.is_empty() {
            self.extra.insert(name.to_owned(), String::from_utf8_lossy(value).into());
        }
        Ok(())
    }

    fn merge(&mut self, json: &[u8]) -> Result<(), Refusal> {
        let malformed =
            |error: serde_json::Error| Refusal::malformed("invalid JSON in the form").with_cause(error);
        self.event.extend(serde_json::from_slice::<Map<String, Value>>(json).map_err(malformed)?);
        Ok(())
    }

    fn into_event(mut self) -> Result<Map<String, Value>, Refusal> {
        self.pieces.sort_by_key(|(index, _)| *index);
        let pieces = self.pieces.iter().map(|(_, piece)| piece.as_ref()).collect::<Vec<_>>().concat();
        if !pieces.is_empty() {
            self.merge(&pieces)?;
        }
        if !self.extra.is_empty() {
            let extra = self.event.entry("extra").or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(extra) = extra {
                for (key, value) in self.extra {
                    extra.entry(key).or_insert(value);
                }
            }
        }
        Ok(self.event)
    }
}

fn insert(map: &mut Map<String, Value>, path: &[&str], value: String) {
    let Some((first, rest)) = path.split_first() else { return };
    if rest.is_empty() || path.len() > DEPTH_MAX {
        map.insert((*first).to_owned(), value.into());
        return;
    }
    let child = map.entry(*first).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(child) = child {
        insert(child, rest, value);
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::{Value, json};

    use super::{ATTACHMENT_BYTES_MAX, ATTACHMENTS_MAX, FIELD, Form, Part, dump_bytes_max};

    fn event(fields: &[(&str, &str)]) -> Value {
        let mut form = Form::default();
        for (name, value) in fields {
            form.add(name, &Bytes::copy_from_slice(value.as_bytes())).expect(name);
        }
        form.into_event().expect("valid").into()
    }

    #[test]
    fn forms() {
        let cases = [
            (event(&[("sentry", "{\"release\":\"1\"}")]), json!({"release": "1"})),
            (event(&[("sentry__2", "\"1\"}"), ("sentry__1", "{\"release\":")]), json!({"release": "1"})),
            (
                event(&[("sentry[release]", "1"), ("sentry[tags][a]", "b"), ("sentry[tags][c]", "d")]),
                json!({"release": "1", "tags": {"a": "b", "c": "d"}}),
            ),
            (event(&[("ptype", "renderer")]), json!({"extra": {"ptype": "renderer"}})),
            (event(&[]), json!({})),
        ];
        for (found, expected) in cases {
            assert_eq!(found, expected);
        }
        let deep = format!("sentry{}", "[a]".repeat(10_000));
        assert!(event(&[(&deep, "x")]).is_object());
        assert!(Form::default().add("sentry", &Bytes::from_static(b"[]")).is_err());
    }

    #[test]
    fn one_dump_and_what_it_may_become() {
        let part = |name: &str, filename: Option<&str>| Part {
            name: name.into(),
            filename: filename.map(str::to_owned),
            body: Bytes::from_static(b"hello"),
            ..Part::default()
        };
        let run = |parts: &[Part]| dump_bytes_max(parts).map_err(|refusal| refusal.status.as_u16());
        let (dump, file, field) = (part(FIELD, None), part("log", Some("a.log")), part("ptype", None));
        assert_eq!(run(&[field.clone(), dump.clone()]), Ok(ATTACHMENT_BYTES_MAX));
        assert_eq!(run(&[file.clone(), dump.clone()]), Ok(ATTACHMENT_BYTES_MAX - 5));
        assert_eq!(run(&[file.clone(), field]), Err(400), "none");
        assert_eq!(run(&[dump.clone(), dump.clone()]), Err(400), "two");
        let mut files = vec![file; ATTACHMENTS_MAX];
        files[0] = dump.clone();
        assert!(run(&files).is_ok(), "as many as there may be");
        files.push(dump);
        files.swap_remove(0);
        assert_eq!(run(&files), Ok(ATTACHMENT_BYTES_MAX - 5 * (ATTACHMENTS_MAX - 1)));
        files.push(part("log", Some("a.log")));
        assert_eq!(run(&files), Err(413), "one too many");
    }
}
