//! Reads request bodies: bounded, within a time, and inflated.
//!
//! The raw payload is read here and nowhere else, because the framework would inflate without our bounds. A
//! stalled upload holds only what it sent; nobody waits for it.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::web;
use bytes::Bytes;
use futures_util::StreamExt;
use tokio::time::{Instant, timeout, timeout_at};

use crate::ingest::budget::{Budget, Lease};
use crate::ingest::inflate::{Encoding, InflateError, WATCH_BYTES_FIRST, inflate};
use crate::ingest::refusal::Refusal;

/// Without a byte for this long, the upload is given up.
const STALL_TIME: Duration = Duration::from_secs(30);
/// No upload takes longer than this.
const UPLOAD_TIME: Duration = Duration::from_mins(15);
/// What is still read of a refused request's body, so that the client gets to read the answer.
const DRAIN_BYTES_MAX: usize = 32 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(5);
/// `Content-Length` is believed up to here.
const RESERVE_BYTES_MAX: usize = 64 * 1024;
/// Larger bodies are inflated on a thread of their own, so that no other request waits.
const INLINE_BYTES_MAX: usize = 256 * 1024;

pub struct Body {
    payload: web::Payload,
    encoding: Option<Encoding>,
    /// As announced.
    content_length: Option<usize>,
    deadline: Instant,
    /// Its share of the memory for bodies.
    pub lease: Lease,
    received: Received,
    ended: bool,
}

/// What has arrived so far; one chunk stays where it is.
enum Received {
    Chunk(Bytes),
    Grown(Vec<u8>),
}

impl Body {
    pub fn new(request: &HttpRequest, payload: web::Payload, budget: &Budget) -> Self {
        let text = |name: header::HeaderName| request.headers().get(name).map(|value| value.to_str());
        let encoding = match text(header::CONTENT_ENCODING) {
            None => Some(Encoding::Identity),
            Some(value) => value.ok().and_then(Encoding::find),
        };
        let content_length = match text(header::CONTENT_LENGTH) {
            Some(Ok(value)) => value.parse().ok(),
            _ => None,
        };
        let deadline = Instant::now() + UPLOAD_TIME;
        let received = Received::Chunk(Bytes::new());
        Self { payload, encoding, content_length, deadline, lease: budget.lease(), received, ended: false }
    }

    /// All of it, inflated to at most `bytes_max`. `watch` sees a large body as it grows and may refuse it
    /// early.
    pub async fn read(
        &mut self,
        bytes_max: usize,
        watch: impl Fn(&[u8]) -> bool + Send + 'static,
    ) -> Result<Bytes, Refusal> {
        let encoding =
            self.encoding.ok_or_else(|| Refusal::unsupported_media_type("unsupported content encoding"))?;
        if self.content_length.is_some_and(|announced| announced > bytes_max) {
            return Err(too_large());
        }
        let mut next_look = WATCH_BYTES_FIRST;
        while let Some(chunk) = self.next_chunk().await? {
            self.lease.grow(chunk.len()).map_err(|_| Refusal::overloaded())?;
            self.push(chunk);
            let bytes = self.received.bytes();
            if bytes.len() > bytes_max {
                return Err(too_large());
            }
            if encoding == Encoding::Identity && bytes.len() >= next_look {
                next_look = bytes.len() * 2;
                if !watch(bytes) {
                    return Err(too_large());
                }
            }
        }
        let raw = match std::mem::replace(&mut self.received, Received::Chunk(Bytes::new())) {
            Received::Chunk(chunk) => chunk,
            Received::Grown(bytes) => bytes.into(),
        };
        if encoding == Encoding::Identity {
            Ok(raw)
        } else {
            self.inflate(encoding, raw, bytes_max, watch).await
        }
    }

    async fn inflate(
        &mut self,
        encoding: Encoding,
        raw: Bytes,
        bytes_max: usize,
        watch: impl Fn(&[u8]) -> bool + Send + 'static,
    ) -> Result<Bytes, Refusal> {
        let raw_bytes = raw.len();
        let inflated = if raw_bytes <= INLINE_BYTES_MAX {
            inflate(encoding, &raw, bytes_max, &mut |bytes| watch(bytes))
        } else {
            let work = move || inflate(encoding, &raw, bytes_max, &mut |bytes| watch(bytes));
            web::block(work).await.map_err(|_| Refusal::overloaded())?
        };
        match inflated {
            Ok(bytes) => {
                self.lease.shrink(raw_bytes);
                self.lease.grow(bytes.len()).map_err(|_| Refusal::overloaded())?;
                Ok(bytes)
            }
            Err(InflateError::TooLarge) => Err(too_large()),
            Err(InflateError::Corrupt(cause)) => {
                Err(Refusal::malformed("failed to decode the request body").with_cause(cause))
            }
        }
    }

    /// The next bytes as they were sent, for bodies that are not kept in memory.
    pub async fn next_chunk(&mut self) -> Result<Option<Bytes>, Refusal> {
        if self.ended {
            return Ok(None);
        }
        let deadline = self.deadline.min(Instant::now() + STALL_TIME);
        match timeout_at(deadline, self.payload.next()).await {
            Err(_) => Err(Refusal::stalled()),
            Ok(Some(Ok(chunk))) => Ok(Some(chunk)),
            Ok(Some(Err(error))) => Err(Refusal::malformed("the request body ended early").with_cause(error)),
            Ok(None) => {
                self.ended = true;
                Ok(None)
            }
        }
    }

    /// Reads and forgets what is left: a client that is still sending would not see the answer.
    pub async fn drain(&mut self) {
        self.received = Received::Chunk(Bytes::new());
        self.lease.shrink(usize::MAX);
        if self.ended || self.content_length.is_some_and(|bytes| bytes > DRAIN_BYTES_MAX) {
            return;
        }
        let forget = async {
            let mut bytes = 0;
            while let Some(Ok(chunk)) = self.payload.next().await {
                bytes += chunk.len();
                if bytes > DRAIN_BYTES_MAX {
                    return;
                }
            }
        };
        // Out of time is as good as done: the answer goes out either way.
        drop(timeout(DRAIN_TIME, forget).await);
    }

    fn push(&mut self, chunk: Bytes) {
        match &mut self.received {
            Received::Chunk(first) if first.is_empty() => self.received = Received::Chunk(chunk),
            Received::Chunk(first) => {
                let announced = self.content_length.unwrap_or(0).min(RESERVE_BYTES_MAX);
                let mut grown = Vec::with_capacity(announced.max(first.len() + chunk.len()));
                grown.extend_from_slice(first);
                grown.extend_from_slice(&chunk);
                self.received = Received::Grown(grown);
            }
            Received::Grown(bytes) => {
                // Who has sent a mebibyte is believed the rest, and spared the copies of growing.
                let rest = self.content_length.unwrap_or(0).saturating_sub(bytes.len());
                if bytes.len() >= WATCH_BYTES_FIRST / 2 && rest > chunk.len() {
                    bytes.reserve_exact(rest);
                }
                bytes.extend_from_slice(&chunk);
            }
        }
    }
}

impl Received {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Chunk(chunk) => chunk,
            Self::Grown(bytes) => bytes,
        }
    }
}

fn too_large() -> Refusal {
    Refusal::too_large("body")
}
