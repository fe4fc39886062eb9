//! `{pid}/integration/otlp/v1/{traces,logs}`, `/v1/{traces,logs}`: OpenTelemetry over HTTP. Read as far as to know that it is
//! what it says and how much it holds, then put into the inbox as it came. Errors are `google.rpc.Status`, in the caller's
//! encoding.

use actix_web::HttpResponse;

use crate::ingest::accept::accept_integration;
use crate::ingest::rate::Group;
use crate::ingest::refusal::Refusal;
use crate::ingest::request::Request;
use crate::ingest::sizes::CONTAINER_BYTES_MAX;
use crate::model::ids::ProjectId;
use crate::wire::envelope::{Item, ItemType};
use crate::wire::otlp::{self, Encoding, RECORDS_MAX, Signal, integration};

const JSON: &str = "application/json";
const PROTOBUF: &str = "application/x-protobuf";

/// `project`: `None` is whichever the key belongs to.
pub async fn handle(
    request: &mut Request<'_>,
    project: Option<ProjectId>,
    signal: Signal,
) -> Result<HttpResponse, Refusal> {
    let origin = request.authorize(project, None)?;
    let (what, group) = match signal {
        Signal::Traces => ("span", Group::Spans),
        Signal::Logs => ("log", Group::Logs),
    };
    let encoding = match request.content_type().as_str() {
        JSON => Encoding::Json,
        PROTOBUF | "application/protobuf" => Encoding::Protobuf,
        _ => {
            return Err(Refusal::unsupported_media_type(
                "expected application/json or application/x-protobuf",
            ));
        }
    };
    let body = request.body.read(CONTAINER_BYTES_MAX, what).await?;
    let count = otlp::count(&body, signal, encoding)
        .map_err(|error| Refusal::malformed("invalid OTLP data").with_cause(error))?;
    if count > RECORDS_MAX {
        return Err(Refusal::too_large(what));
    }
    if count > 0 {
        let mut item = Item::new(ItemType::Integration, body);
        item.headers.content_type = Some(integration::content_type(signal, encoding).to_owned());
        item.headers.item_count = Some(count);
        let taken = accept_integration(request.ingest, &origin, &mut request.body.lease, item, group).await?;
        taken.or_limited()?;
    }
    let mut answer = HttpResponse::Ok();
    Ok(match encoding {
        Encoding::Json => answer.content_type(JSON).body("{}"),
        Encoding::Protobuf => answer.content_type(PROTOBUF).finish(),
    })
}

/// The refusal as a `google.rpc.Status`.
pub fn refusal(content_type: &str, refusal: &Refusal) -> HttpResponse {
    let mut answer = refusal.response();
    let code = grpc_code(refusal.status.as_u16());
    let message = match refusal.causes.first() {
        Some(cause) => format!("{}: {cause}", refusal.detail),
        None => refusal.detail.clone(),
    };
    let (content_type, body) = match content_type {
        PROTOBUF | "application/protobuf" => (PROTOBUF, status_protobuf(code, &message)),
        _ => (
            JSON,
            serde_json::json!({"code": code, "message": message, "details": []}).to_string().into_bytes(),
        ),
    };
    let content_type = actix_web::http::header::HeaderValue::from_static(content_type);
    answer.headers_mut().insert(actix_web::http::header::CONTENT_TYPE, content_type);
    answer.set_body(actix_web::body::BoxBody::new(body))
}

fn grpc_code(status: u16) -> u8 {
    match status {
        401 => 16,
        405 => 12,
        403 => 7,
        413 | 429 => 8,
        408 => 4,
        503 => 14,
        _ => 3,
    }
}

/// `int32 code = 1; string message = 2;`
fn status_protobuf(code: u8, message: &str) -> Vec<u8> {
    let mut bytes = vec![0x08, code, 0x12];
    let mut length = message.len();
    while length >= 0x80 {
        bytes.push(u8::try_from(length & 0x7f).expect("seven bits") | 0x80);
        length >>= 7;
    }
    bytes.push(u8::try_from(length).expect("seven bits"));
    bytes.extend_from_slice(message.as_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::status_protobuf;

    #[test]
    fn statuses() {
        assert_eq!(status_protobuf(3, "no"), [0x08, 3, 0x12, 2, b'n', b'o']);
        assert_eq!(status_protobuf(3, &"x".repeat(300))[..5], [0x08, 3, 0x12, 0xac, 0x02]);
    }
}
