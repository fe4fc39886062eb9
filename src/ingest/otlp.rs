//! `{pid}/integration/otlp/v1/{traces,logs}`: OpenTelemetry over HTTP. Read as far as to count what it holds,
//! received and counted; spans and logs come later. Errors are `google.rpc.Status`, in the caller's encoding.

use std::fmt;
use std::marker::PhantomData;

use actix_web::HttpResponse;
use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::ingest::json;
use crate::ingest::refusal::Refusal;
use crate::ingest::request::Request;
use crate::ingest::sizes::CONTAINER_BYTES_MAX;
use crate::model::ids::ProjectId;
use crate::model::outcome::{Category, Outcome};

const JSON: &str = "application/json";
const PROTOBUF: &str = "application/x-protobuf";

pub async fn handle(
    request: &mut Request<'_>,
    project: ProjectId,
    category: Category,
) -> Result<HttpResponse, Refusal> {
    let origin = request.authorize(Some(project), None)?;
    let what = if category == Category::Span { "span" } else { "log" };
    let content_type = request.content_type();
    let is_json = match content_type.as_str() {
        JSON => true,
        PROTOBUF | "application/protobuf" => false,
        _ => {
            return Err(Refusal::unsupported_media_type(
                "expected application/json or application/x-protobuf",
            ));
        }
    };
    let body = request.body.read(CONTAINER_BYTES_MAX, what).await?;
    let count = if is_json { count_json(&body)? } else { count_protobuf(&body)? };
    request.ingest.count(origin.project.id, category, Outcome::NotStored, what, count);
    let mut answer = HttpResponse::Ok();
    Ok(if is_json { answer.content_type(JSON).body("{}") } else { answer.content_type(PROTOBUF).finish() })
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

/// Spans or log records: resource → scope → record, under the names of either.
fn count_json(body: &[u8]) -> Result<u64, Refusal> {
    #[derive(Deserialize)]
    struct Export {
        #[serde(default, alias = "resourceSpans", alias = "resource_spans", alias = "resource_logs")]
        #[serde(rename = "resourceLogs")]
        resources: Sum<Resource>,
    }
    #[derive(Deserialize)]
    struct Resource {
        #[serde(default, alias = "scopeSpans", alias = "scope_spans", alias = "scope_logs")]
        #[serde(rename = "scopeLogs")]
        scopes: Sum<Scope>,
    }
    #[derive(Deserialize)]
    struct Scope {
        #[serde(default, alias = "spans", alias = "log_records")]
        #[serde(rename = "logRecords")]
        records: Sum<IgnoredAny>,
    }
    impl Count for Resource {
        fn count(&self) -> u64 {
            self.scopes.count
        }
    }
    impl Count for Scope {
        fn count(&self) -> u64 {
            self.records.count
        }
    }
    json::check_object(body, false).map_err(Refusal::malformed)?;
    let export: Export = serde_json::from_slice(body)
        .map_err(|error| Refusal::malformed("invalid OTLP data").with_cause(error))?;
    Ok(export.resources.count)
}

trait Count {
    fn count(&self) -> u64;
}

impl Count for IgnoredAny {
    fn count(&self) -> u64 {
        1
    }
}

/// A list, or `null`, of which only the count is kept: millions of empty things cost no memory.
struct Sum<T> {
    count: u64,
    of: PhantomData<T>,
}

impl<T> Default for Sum<T> {
    fn default() -> Self {
        Self { count: 0, of: PhantomData }
    }
}

impl<'de, T: Count + Deserialize<'de>> Deserialize<'de> for Sum<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self::default())
    }
}

impl<'de, T: Count + Deserialize<'de>> Visitor<'de> for Sum<T> {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<Self, A::Error> {
        while let Some(item) = list.next_element::<T>()? {
            self.count += item.count();
        }
        Ok(self)
    }
}

/// The same in protobuf: field 1, then field 2, then field 2, for spans and logs alike.
fn count_protobuf(body: &[u8]) -> Result<u64, Refusal> {
    count_fields(body, &[1, 2, 2])
        .ok_or_else(|| Refusal::malformed("invalid OTLP data").with_cause("malformed protobuf"))
}

fn count_fields(mut bytes: &[u8], path: &[u64]) -> Option<u64> {
    let Some((wanted, rest)) = path.split_first() else { return Some(1) };
    let mut count = 0;
    while !bytes.is_empty() {
        let tag = varint(&mut bytes)?;
        let field = tag >> 3;
        match tag & 7 {
            0 => drop(varint(&mut bytes)?),
            1 => bytes = bytes.get(8..)?,
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).ok()?;
                let payload = bytes.get(..length)?;
                bytes = &bytes[length..];
                if field == *wanted {
                    count += count_fields(payload, rest)?;
                }
            }
            5 => bytes = bytes.get(4..)?,
            _ => return None,
        }
    }
    Some(count)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{count_json, count_protobuf, status_protobuf};

    #[test]
    fn counts() {
        let traces =
            br#"{"resourceSpans":[{"resource":{},"scopeSpans":[{"spans":[{},{}]},{"spans":[{}]}]}]}"#;
        assert_eq!(count_json(traces).expect("valid"), 3);
        let logs = br#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]}"#;
        assert_eq!(count_json(logs).expect("valid"), 1);
        for none in
            [b"{}".as_slice(), br#"{"resourceSpans":null}"#, br#"{"resourceLogs":[{"scopeLogs":null}]}"#]
        {
            assert_eq!(count_json(none).expect("valid"), 0);
        }
        for bad in [b"[]".as_slice(), b"", b"{", br#"{"resourceSpans":5}"#] {
            assert_eq!(count_json(bad).expect_err("malformed").status, 400);
        }
    }

    #[test]
    fn protobuf() {
        let message = |field: u8, payload: &[u8]| {
            let length = u8::try_from(payload.len()).expect("short");
            [&[field << 3 | 2, length], payload].concat()
        };
        let spans = [message(2, b""), message(2, &[0x08, 0x96, 0x01]), message(1, b"scope")].concat();
        let export = message(1, &[message(1, b""), message(2, &spans)].concat());
        assert_eq!(count_protobuf(&export).expect("valid"), 2);
        assert_eq!(count_protobuf(b"").expect("valid"), 0);
        for bad in [
            b"\x0a\x05abc".as_slice(),
            b"\x0f",
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
            b"not protobuf",
        ] {
            assert_eq!(count_protobuf(bad).expect_err("malformed").status, 400, "{bad:?}");
        }
    }

    #[test]
    fn statuses() {
        assert_eq!(status_protobuf(3, "no"), [0x08, 3, 0x12, 2, b'n', b'o']);
        assert_eq!(status_protobuf(3, &"x".repeat(300))[..5], [0x08, 3, 0x12, 0xac, 0x02]);
    }
}
