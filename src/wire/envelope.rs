//! Sentry's envelope: `headers \n (item_header \n payload [\n])*`, read as Relay reads it and written back.
//!
//! Pure grammar: which items are kept, how large they may be and what they mean is decided elsewhere. Payloads
//! are slices of the bytes that were read, never copies. Source: getsentry/relay `envelope/mod.rs`, `item.rs`.

use bytes::{BufMut, Bytes, BytesMut};
use serde::de::DeserializeOwned;

pub use dsn::Dsn;
pub use headers::{Headers, ItemHeaders, SampleRate, TraceHeaders};
pub use item_type::ItemType;

mod dsn;
mod headers;
mod item_type;
#[cfg(test)]
mod tests;

/// One envelope holds at most this many items.
pub const ITEMS_MAX: usize = 500;
/// One header, the envelope's or an item's, has at most this many bytes.
pub const HEADER_BYTES_MAX: usize = 64 * 1024;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Envelope {
    pub headers: Headers,
    pub items: Vec<Item>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub headers: ItemHeaders,
    pub payload: Bytes,
}

/// Why bytes are not an envelope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    #[error("missing envelope header")]
    MissingHeader,
    #[error("invalid envelope header: {0}")]
    InvalidHeader(String),
    #[error("invalid item header: {0}")]
    InvalidItemHeader(String),
    #[error("missing newline after header or payload")]
    MissingNewline,
    #[error("unexpected end of file")]
    UnexpectedEof,
    #[error("envelope holds more than {ITEMS_MAX} items")]
    TooManyItems,
}

impl Item {
    pub fn new(ty: ItemType, payload: Bytes) -> Self {
        Self { headers: ItemHeaders::new(ty), payload }
    }
}

impl Envelope {
    /// Reads a whole envelope as it was sent. Zero items are legal.
    pub fn parse(bytes: &Bytes) -> Result<Self, EnvelopeError> {
        Self::parse_within(bytes, ITEMS_MAX, HEADER_BYTES_MAX)
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote: what was accepted once is never refused for its size.
    pub fn parse_accepted(bytes: &Bytes) -> Result<Self, EnvelopeError> {
        Self::parse_within(bytes, usize::MAX, usize::MAX)
    }

    fn parse_within(bytes: &Bytes, items_max: usize, header_bytes_max: usize) -> Result<Self, EnvelopeError> {
        let (headers, mut offset) = parse_headers_within(bytes, header_bytes_max)?;
        let mut items = Vec::new();
        while offset < bytes.len() {
            if items.len() == items_max {
                return Err(EnvelopeError::TooManyItems);
            }
            let (item, start) = parse_item_headers(bytes, offset, header_bytes_max)?;
            let end = payload_end(bytes, &item, start)?.ok_or(EnvelopeError::UnexpectedEof)?;
            items.push(Item { headers: item, payload: bytes.slice(start..end) });
            offset = end + 1;
        }
        Ok(Self { headers, items })
    }

    /// The same envelope on the wire; every item with its `length`.
    pub fn to_bytes(&self) -> Bytes {
        let payloads: usize = self.items.iter().map(|item| item.payload.len() + 256).sum();
        let mut writer = BytesMut::with_capacity(payloads + 256).writer();
        serde_json::to_writer(&mut writer, &self.headers).expect("headers are plain data");
        for item in &self.items {
            writer.get_mut().put_u8(b'\n');
            let headers = item.headers.with_length(item.payload.len());
            serde_json::to_writer(&mut writer, &headers).expect("headers are plain data");
            writer.get_mut().put_u8(b'\n');
            writer.get_mut().put_slice(&item.payload);
        }
        writer.get_mut().put_u8(b'\n');
        writer.into_inner().freeze()
    }
}

/// The envelope's header and where its items start.
pub fn parse_headers(bytes: &[u8]) -> Result<(Headers, usize), EnvelopeError> {
    parse_headers_within(bytes, HEADER_BYTES_MAX)
}

fn parse_headers_within(bytes: &[u8], bytes_max: usize) -> Result<(Headers, usize), EnvelopeError> {
    let invalid = |error: String| EnvelopeError::InvalidHeader(error);
    let (headers, end) = parse_object(bytes, bytes_max, invalid)?.ok_or(EnvelopeError::MissingHeader)?;
    require_newline(bytes, end)?;
    Ok((headers, end + 1))
}

/// The last item of an envelope that is still arriving.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tail {
    pub headers: ItemHeaders,
    /// How much of its payload is there.
    pub payload_bytes: usize,
}

/// Walks over as much of an envelope as has arrived. `None` if it ends between two items or inside an item's
/// header; an error if the envelope's own header is none, or an item's header never ends.
pub fn parse_tail(prefix: &[u8]) -> Result<Option<Tail>, EnvelopeError> {
    let (_, mut offset) = parse_headers(prefix)?;
    let mut count = 0;
    while offset < prefix.len() {
        if count == ITEMS_MAX {
            return Err(EnvelopeError::TooManyItems);
        }
        let (headers, start) = match parse_item_headers(prefix, offset, HEADER_BYTES_MAX) {
            Ok(found) => found,
            // The rest of the header may be on its way.
            Err(_) if prefix.len() - offset < HEADER_BYTES_MAX => return Ok(None),
            Err(error) => return Err(error),
        };
        match payload_end(prefix, &headers, start)? {
            Some(end) if end < prefix.len() => offset = end + 1,
            _ => return Ok(Some(Tail { headers, payload_bytes: prefix.len() - start })),
        }
        count += 1;
    }
    Ok(None)
}

/// An item's headers and where its payload starts. The last header needs no newline.
fn parse_item_headers(
    bytes: &[u8],
    offset: usize,
    bytes_max: usize,
) -> Result<(ItemHeaders, usize), EnvelopeError> {
    let invalid = |error: String| EnvelopeError::InvalidItemHeader(error);
    let found = parse_object(&bytes[offset..], bytes_max, invalid)?;
    let (headers, end) = found.ok_or(EnvelopeError::UnexpectedEof)?;
    require_newline(bytes, offset + end)?;
    Ok((headers, (offset + end + 1).min(bytes.len())))
}

/// Where the payload ends; `None` where it is shorter than its `length` says.
fn payload_end(bytes: &[u8], headers: &ItemHeaders, start: usize) -> Result<Option<usize>, EnvelopeError> {
    let Some(length) = headers.length else {
        return Ok(Some(memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |at| start + at)));
    };
    let end = usize::try_from(length).ok().and_then(|length| start.checked_add(length));
    match end {
        Some(end) if end <= bytes.len() => require_newline(bytes, end).map(|()| Some(end)),
        _ => Ok(None),
    }
}

/// One JSON object at the start of `bytes`, and where it ends. `None` where nothing but whitespace is left.
fn parse_object<T: DeserializeOwned>(
    bytes: &[u8],
    bytes_max: usize,
    invalid: impl Fn(String) -> EnvelopeError,
) -> Result<Option<(T, usize)>, EnvelopeError> {
    let bytes = &bytes[..bytes.len().min(bytes_max)];
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => return Ok(None),
        // Serde would take a list for a struct.
        Some(byte) if *byte != b'{' => return Err(invalid("expected a JSON object".into())),
        Some(_) => {}
    }
    let mut stream = serde_json::Deserializer::from_slice(bytes).into_iter::<T>();
    match stream.next() {
        None => Ok(None),
        Some(Ok(object)) => Ok(Some((object, stream.byte_offset()))),
        Some(Err(error)) => Err(invalid(error.to_string())),
    }
}

fn require_newline(bytes: &[u8], offset: usize) -> Result<(), EnvelopeError> {
    match bytes.get(offset) {
        None | Some(b'\n') => Ok(()),
        Some(_) => Err(EnvelopeError::MissingNewline),
    }
}
