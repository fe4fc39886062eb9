//! Requests as protobuf: the outer two levels are walked, what lies in them is decoded one by one.

use prost::Message;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

use crate::wire::otlp::{OtlpError, Part, RECORD_BYTES_MAX, Signal};

/// `resource_spans`, `scope_spans` and `spans` have these numbers, and those of logs the same.
const RESOURCES: u32 = 1;
const RESOURCE: u32 = 1;
const SCOPES: u32 = 2;
const SCOPE: u32 = 1;
const RECORDS: u32 = 2;

pub fn count(body: &[u8]) -> Result<u64, OtlpError> {
    let mut count = 0;
    for resource in Fields(body) {
        for scope in Fields(numbered(resource?, RESOURCES)) {
            for record in Fields(numbered(scope?, SCOPES)) {
                count += u64::from(record?.0 == RECORDS);
            }
        }
    }
    Ok(count)
}

pub fn each(body: &[u8], signal: Signal, see: &mut dyn FnMut(Part)) -> Result<(), OtlpError> {
    for resource in Fields(body) {
        let resource = numbered(resource?, RESOURCES);
        see(Part::Resource(first(resource, RESOURCE)));
        for scope in Fields(resource) {
            let scope = numbered(scope?, SCOPES);
            if scope.is_empty() {
                continue;
            }
            see(Part::Scope(first(scope, SCOPE)));
            for record in Fields(scope) {
                let (RECORDS, record) = record? else { continue };
                see(match signal {
                    Signal::Traces => Part::Span(decode(record)),
                    Signal::Logs => Part::Log(decode(record)),
                });
            }
        }
    }
    Ok(())
}

/// The message of one field; of another field nothing.
fn numbered((field, message): (u32, &[u8]), wanted: u32) -> &[u8] {
    if field == wanted { message } else { &[] }
}

/// One that is not there is an empty one.
fn first<T: Message + Default>(message: &[u8], wanted: u32) -> Option<Box<T>> {
    let found = Fields(message).filter_map(Result::ok).find(|(field, _)| *field == wanted);
    decode(found.map_or(&[], |(_, bytes)| bytes))
}

fn decode<T: Message + Default>(bytes: &[u8]) -> Option<Box<T>> {
    if bytes.len() > RECORD_BYTES_MAX { None } else { T::decode(bytes).ok().map(Box::new) }
}

/// The messages in a message, with their numbers. Fields that are no messages are passed over.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u32, &'a [u8]), OtlpError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.0.is_empty() {
            match step(&mut self.0) {
                Some((_, None)) => (),
                Some((field, Some(message))) => return Some(Ok((field, message))),
                None => {
                    self.0 = &[];
                    return Some(Err(OtlpError::Protobuf));
                }
            }
        }
        None
    }
}

/// `None`: malformed.
fn step<'a>(bytes: &mut &'a [u8]) -> Option<(u32, Option<&'a [u8]>)> {
    let (field, wire) = decode_key(bytes).ok()?;
    if wire != WireType::LengthDelimited {
        // A message's end without its beginning is none.
        skip_field(wire, field, bytes, DecodeContext::default()).ok()?;
        return Some((field, None));
    }
    let length = usize::try_from(decode_varint(bytes).ok()?).ok()?;
    let (message, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some((field, Some(message)))
}
