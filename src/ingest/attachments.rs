//! `POST {pid}/events/{event_id}/attachments/`: files that follow their event.

use actix_web::HttpResponse;

use crate::ingest::accept::accept;
use crate::ingest::multipart;
use crate::ingest::refusal::Refusal;
use crate::ingest::request::Request;
use crate::ingest::sizes::ENVELOPE_BYTES_MAX;
use crate::model::ids::{EventId, ProjectId};
use crate::wire::envelope::{Envelope, Item, ItemType};

pub async fn handle(
    request: &mut Request<'_>,
    project: ProjectId,
    event_id: &str,
) -> Result<HttpResponse, Refusal> {
    let event_id: EventId =
        event_id.parse().map_err(|error| Refusal::malformed("bad event id").with_cause(error))?;
    let origin = request.authorize(Some(project), None)?;
    let invalid = |cause: &str| Refusal::malformed("invalid multipart data").with_cause(cause);
    let boundary = request.header("content-type").and_then(multipart::find_boundary);
    let boundary = boundary.ok_or_else(|| invalid("no boundary in the content type"))?;
    let body = request.body.read(ENVELOPE_BYTES_MAX, "attachment").await?;
    let mut envelope = Envelope::default();
    envelope.headers.event_id = Some(event_id);
    for part in multipart::parse(&body, &boundary).map_err(invalid)? {
        let mut item = Item::new(ItemType::Attachment, part.body);
        item.headers.filename = Some(part.filename.unwrap_or(part.name));
        item.headers.content_type = part.content_type;
        envelope.items.push(item);
    }
    let taken = accept(request.ingest, &origin, &mut request.body.lease, envelope).await?;
    taken.or_limited()?;
    Ok(HttpResponse::Created().finish())
}
