//! `POST {pid}/envelope/`: what every current SDK calls. The content type says nothing: browsers send
//! `text/plain` to be spared a preflight.

use actix_web::HttpResponse;

use crate::ingest::accept::accept;
use crate::ingest::auth::Auth;
use crate::ingest::refusal::Refusal;
use crate::ingest::request::{Origin, Request, find_key};
use crate::ingest::sizes;
use crate::model::ids::{EventId, ProjectId};
use crate::store::Directory;
use crate::wire::envelope::{Dsn, Envelope, EnvelopeError, parse_headers, parse_tail};

pub async fn handle(request: &mut Request<'_>, project: ProjectId) -> Result<HttpResponse, Refusal> {
    let auth = request.find_auth(None)?;
    // A key that is no good is refused before its body is read.
    let origin = auth.map(|auth| request.check(auth, Some(project))).transpose()?;
    let strangers = if origin.is_none() { Some(request.ingest.store.directory()) } else { None };
    let watch = move |prefix: &[u8]| look(prefix, strangers.as_deref(), project);
    let bytes = request.body.read_watched(sizes::ENVELOPE_BYTES_MAX, "envelope", watch).await?;

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

fn from_dsn(request: &mut Request<'_>, dsn: Option<Dsn>, project: ProjectId) -> Result<Origin, Refusal> {
    let dsn = dsn_for(dsn, project)?;
    request.check(Auth::from_dsn(dsn), Some(project))
}

/// The header's DSN where nothing else names a key.
fn dsn_for(dsn: Option<Dsn>, project: ProjectId) -> Result<Dsn, Refusal> {
    let dsn = dsn.ok_or_else(|| Refusal::unauthorized("missing authorization information"))?;
    if dsn.project != project {
        return Err(Refusal::malformed("the envelope's dsn is not the one of the request"));
    }
    Ok(dsn)
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
fn look(
    prefix: &[u8],
    strangers: Option<&Directory>,
    project: ProjectId,
) -> Result<Option<ProjectId>, Refusal> {
    if let Some(directory) = strangers {
        let (headers, _) = parse_headers(prefix).map_err(refuse)?;
        let dsn = dsn_for(headers.dsn, project)?;
        find_key(directory, dsn.key, Some(project))?;
    }
    match parse_tail(prefix).map_err(refuse)? {
        Some(tail) if tail.payload_bytes > sizes::item_bytes_max(&tail.headers) => {
            Err(Refusal::too_large(tail.headers.ty.as_str()))
        }
        _ => Ok(strangers.map(|_| project)),
    }
}

fn refuse(error: EnvelopeError) -> Refusal {
    match error {
        EnvelopeError::TooManyItems => Refusal::too_large("envelope"),
        error => Refusal::malformed("invalid envelope").with_cause(error),
    }
}
