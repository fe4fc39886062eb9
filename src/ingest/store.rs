//! `{pid}/store/`: one event as plain JSON, base64 of it, or base64 of its zlib; and the pixel that sends it in
//! a URL. What every SDK called before there were envelopes.

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::http::header::CACHE_CONTROL;
use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use serde::Deserialize;

use crate::ingest::accept::accept;
use crate::ingest::budget::Lease;
use crate::ingest::envelope;
use crate::ingest::inflate::inflate_zlib;
use crate::ingest::json;
use crate::ingest::refusal::Refusal;
use crate::ingest::request::Request;
use crate::ingest::sizes::EVENT_BYTES_MAX;
use crate::model::ids::ProjectId;
use crate::wire::envelope::{Envelope, Item, ItemType};

/// Some clients leave the padding away.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// One transparent pixel.
const PIXEL: &[u8] =
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\
    \x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";

pub async fn handle(request: &mut Request<'_>, project: Option<ProjectId>) -> Result<HttpResponse, Refusal> {
    let origin = request.authorize(project, None)?;
    let is_pixel = request.http.method() == Method::GET;
    let sent = if is_pixel {
        let data = request.query("sentry_data").unwrap_or_default();
        if data.trim_start().starts_with('{') {
            Bytes::from(data)
        } else {
            // In a URL a `+` that was not escaped reads as a blank.
            Bytes::from(data.trim().replace(' ', "+"))
        }
    } else {
        // Base64 needs a third more.
        request.body.read(EVENT_BYTES_MAX / 3 * 4 + 4, "event").await?
    };
    let event = decode(sent, &mut request.body.lease)?;
    if event.len() > EVENT_BYTES_MAX {
        return Err(Refusal::too_large("event"));
    }
    json::check_object(&event, origin.writes_non_finite_numbers()).map_err(Refusal::malformed)?;
    let item = Item::new(item_type(&event), event);
    let envelope = Envelope { items: vec![item], ..Envelope::default() };
    let taken = accept(request.ingest, &origin, &mut request.body.lease, envelope).await?;
    let event_id = taken.or_limited()?;
    if is_pixel {
        let mut answer = HttpResponse::Ok();
        answer.insert_header((CACHE_CONTROL, "no-store, no-cache, must-revalidate"));
        return Ok(answer.content_type("image/gif").body(PIXEL));
    }
    Ok(envelope::answer(event_id))
}

/// JSON as it is; anything else is base64 of JSON or of zlib data, or zlib data.
fn decode(sent: Bytes, lease: &mut Lease) -> Result<Bytes, Refusal> {
    let trimmed = sent.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&sent).trim_ascii();
    if trimmed.is_empty() {
        return Err(Refusal::malformed("empty request body"));
    }
    if matches!(trimmed[0], b'{' | b'[' | b'"') {
        return Ok(sent);
    }
    if trimmed[0] == 0x78 && trimmed.get(1).is_some_and(|second| !second.is_ascii())
        || trimmed.starts_with(b"x\x01")
    {
        return unzlib(trimmed, lease);
    }
    match BASE64.decode(trimmed) {
        Ok(decoded) if decoded.trim_ascii_start().starts_with(b"{") => Ok(decoded.into()),
        Ok(decoded) if decoded.first() == Some(&0x78) => unzlib(&decoded, lease),
        // Neither: the reader of JSON says what is wrong with it.
        _ => Ok(sent),
    }
}

fn unzlib(bytes: &[u8], lease: &mut Lease) -> Result<Bytes, Refusal> {
    inflate_zlib(bytes, EVENT_BYTES_MAX, lease)
        .map_err(|error| error.refusal("event", "failed to decode the request body"))
}

/// Transactions came this way, too, for a while.
fn item_type(event: &[u8]) -> ItemType {
    #[derive(Deserialize)]
    struct Peek<'a> {
        #[serde(rename = "type", borrow)]
        ty: Option<&'a str>,
    }
    // Most events hold no such text anywhere, and need no second reading.
    let may_be = memchr::memmem::find(event, b"\"transaction\"").is_some();
    match may_be.then(|| json::find::<Peek<'_>>(event)).flatten() {
        Some(Peek { ty: Some("transaction") }) => ItemType::Transaction,
        _ => ItemType::Event,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use base64::Engine;
    use bytes::Bytes;

    use super::{BASE64, Refusal, item_type};
    use crate::ingest::budget::Budget;
    use crate::wire::envelope::ItemType;

    fn decode(sent: Bytes) -> Result<Bytes, Refusal> {
        super::decode(sent, &mut Budget::default().lease())
    }

    #[test]
    fn forms() {
        let json = br#"{"message":"hello"}"#.as_slice();
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(json).expect("memory");
        let zlib = encoder.finish().expect("memory");
        let forms = [
            json.to_vec(),
            BASE64.encode(json).into_bytes(),
            BASE64.encode(json).trim_end_matches('=').as_bytes().to_vec(),
            BASE64.encode(&zlib).into_bytes(),
            zlib,
        ];
        for form in forms {
            let form = Bytes::from(form);
            assert_eq!(decode(form.clone()).expect("decodes"), json, "{form:?}");
        }
        assert_eq!(decode(Bytes::from_static(b" ")).expect_err("empty").status, 400);
        let not_zlib = BASE64.encode(b"x\x9cnope");
        assert_eq!(decode(not_zlib.into()).expect_err("corrupt").status, 400);
        let text = Bytes::from_static(b"not base64!");
        assert_eq!(decode(text.clone()).expect("left to the JSON reader"), text);
    }

    #[test]
    fn types() {
        assert_eq!(item_type(br#"{"type":"transaction"}"#), ItemType::Transaction);
        assert_eq!(item_type(br#"{"type":"error","transaction":"GET /"}"#), ItemType::Event);
        assert_eq!(item_type(br#"{"message":"transaction"}"#), ItemType::Event);
    }
}
