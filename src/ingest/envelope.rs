//! `POST {pid}/envelope/`: what every current SDK calls. The content type says nothing: browsers send
//! `text/plain` to be spared a preflight.

use std::sync::Arc;

use actix_web::HttpResponse;

use crate::ingest::accept::accept;
use crate::ingest::auth::Auth;
use crate::ingest::refusal::Refusal;
use crate::ingest::request::Request;
use crate::ingest::sizes;
use crate::model::ids::{EventId, ProjectId};
use crate::store::Directory;
use crate::wire::envelope::{Dsn, Envelope, EnvelopeError, parse_headers, parse_tail};

pub async fn handle(request: &mut Request<'_>, project: ProjectId) -> Result<HttpResponse, Refusal> {
    let auth = request.find_auth(None)?;
    // A key that is no good is refused before its body is read.
    let origin = auth.map(|auth| request.check(auth, Some(project))).transpose()?;
    let strangers = if origin.is_none() { Some(request.ingest.store.directory()) } else { None };
    let watch = move |prefix: &[u8]| is_plausible(prefix, strangers.as_ref());
    let bytes = request.body.read(sizes::ENVELOPE_BYTES_MAX, watch).await?;

    let envelope = Envelope::parse(&bytes).map_err(refuse)?;
    drop(bytes);
    let dsn = envelope.headers.dsn;
    let origin = match origin {
        Some(origin) => {
            if dsn.is_some_and(|dsn| dsn.key != origin.key.public || dsn.project != project) {
                return Err(Refusal::malformed("the envelope's dsn is not the one of the request"));
            }
            origin
        }
        None => from_dsn(request, dsn, project)?,
    };
    let taken = accept(request.ingest, &origin, &mut request.body.lease, envelope).await?;
    Ok(answer(taken.or_limited()?))
}

fn from_dsn(
    request: &mut Request<'_>,
    dsn: Option<Dsn>,
    project: ProjectId,
) -> Result<crate::ingest::request::Origin, Refusal> {
    let dsn = dsn.ok_or_else(|| Refusal::unauthorized("missing authorization information"))?;
    if dsn.project != project {
        return Err(Refusal::malformed("the envelope's dsn is not the one of the request"));
    }
    request.check(Auth::from_dsn(dsn), Some(project))
}

/// `{"id"}`, or `{}` for an envelope without an event.
pub fn answer(event_id: Option<EventId>) -> HttpResponse {
    match event_id {
        Some(id) => HttpResponse::Ok().json(serde_json::json!({ "id": id })),
        None => HttpResponse::Ok().json(serde_json::json!({})),
    }
}

/// Whether an envelope that has grown large may go on growing: its header is one, the item that is arriving is
/// within its own bound, and a sender without an authorization names a key that we know.
fn is_plausible(prefix: &[u8], strangers: Option<&Arc<Directory>>) -> bool {
    if let Some(directory) = strangers {
        let dsn = parse_headers(prefix).ok().and_then(|(headers, _)| headers.dsn);
        if !dsn.is_some_and(|dsn| directory.keys.contains_key(&dsn.key)) {
            return false;
        }
    }
    match parse_tail(prefix) {
        Ok(Some(tail)) => tail.payload_bytes <= sizes::item_bytes_max(&tail.headers),
        Ok(None) => true,
        Err(_) => false,
    }
}

fn refuse(error: EnvelopeError) -> Refusal {
    match error {
        EnvelopeError::TooManyItems => Refusal::too_large("envelope"),
        error => Refusal::malformed("invalid envelope").with_cause(error),
    }
}
