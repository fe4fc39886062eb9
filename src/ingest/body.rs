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
use tokio::time::{Instant, timeout};

use crate::ingest::budget::{Budget, Lease};
use crate::ingest::inflate::{Encoding, InflateError, WATCH_BYTES_FIRST, inflate, inflate_start};
use crate::ingest::refusal::Refusal;
use crate::model::ids::ProjectId;

/// Without a byte for this long, the upload is given up.
const STALL_TIME: Duration = Duration::from_secs(30);
/// After that, no less than this on average: a byte now and then holds nothing open.
const BYTES_PER_SECOND_MIN: u64 = 1024;
/// No upload takes longer than this.
const UPLOAD_TIME: Duration = Duration::from_mins(15);
/// What is still read of a refused request's body, so that the client gets to read the answer.
const DRAIN_BYTES_MAX: usize = 32 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(5);
/// `Content-Length` is believed up to here.
const RESERVE_BYTES_MAX: usize = 64 * 1024;
/// Who has sent this much is believed the rest, and spared the copies of growing.
const TRUST_BYTES: usize = 1024 * 1024;
/// Bodies that are larger, or become so, are inflated on a thread of their own, so that no other request waits.
const INLINE_BYTES_MAX: usize = 256 * 1024;
/// What becomes this large and makes no sense is no mistake but a bomb, and refused as too large.
const BOMB_BYTES: usize = 2 * 1024 * 1024;
/// A stranger's compressed body is looked into as soon as this much of it is there.
const STRANGER_BYTES_FIRST: usize = 256 * 1024;

pub struct Body {
    payload: web::Payload,
    encoding: Option<Encoding>,
    /// As announced.
    content_length: Option<usize>,
    started: Instant,
    /// As sent, so far.
    taken_bytes: u64,
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
        Self {
            payload,
            encoding,
            content_length,
            started: Instant::now(),
            taken_bytes: 0,
            lease: budget.lease(),
            received: Received::Chunk(Bytes::new()),
            ended: false,
        }
    }

    /// How it is compressed; an encoding that we do not speak is refused, also where no body is expected.
    pub fn encoding(&self) -> Result<Encoding, Refusal> {
        self.encoding.ok_or_else(|| Refusal::unsupported_media_type("unsupported content encoding"))
    }

    /// All of it, inflated to at most `bytes_max`; more is a refusal that names `what`.
    pub async fn read(&mut self, bytes_max: usize, what: &'static str) -> Result<Bytes, Refusal> {
        self.read_watched(bytes_max, what, |_| Ok(None)).await
    }

    /// The same. `watch` sees a large body as it grows: it says whose it is, and may refuse it early.
    pub async fn read_watched(
        &mut self,
        bytes_max: usize,
        what: &'static str,
        mut watch: impl FnMut(&[u8]) -> Result<Option<ProjectId>, Refusal> + Send + 'static,
    ) -> Result<Bytes, Refusal> {
        let encoding = self.encoding()?;
        if self.content_length.is_some_and(|announced| announced > bytes_max) {
            return Err(Refusal::too_large(what));
        }
        let mut next_look = WATCH_BYTES_FIRST;
        while let Some(chunk) = self.next_chunk().await? {
            self.lease.grow(chunk.len()).map_err(|_| Refusal::overloaded())?;
            self.push(chunk);
            let bytes = self.received.bytes();
            if bytes.len() > bytes_max {
                return Err(Refusal::too_large(what));
            }
            let known = if encoding == Encoding::Identity && bytes.len() >= next_look {
                next_look = bytes.len() * 2;
                watch(bytes)?
            } else if self.lease.is_strangers() && bytes.len() >= STRANGER_BYTES_FIRST {
                let mut sibling = self.lease.sibling();
                watch(&inflate_start(encoding, bytes, WATCH_BYTES_FIRST, &mut sibling))?
            } else {
                None
            };
            if let Some(project) = known {
                self.lease.assign(project).map_err(|_| Refusal::overloaded())?;
            }
        }
        let raw = match std::mem::replace(&mut self.received, Received::Chunk(Bytes::new())) {
            Received::Chunk(chunk) => chunk,
            Received::Grown(bytes) => bytes.into(),
        };
        if encoding == Encoding::Identity {
            return Ok(raw);
        }
        let raw_bytes = raw.len();
        let watch = move |bytes: &[u8]| match watch(bytes) {
            Err(refusal) if refusal.status == 400 && bytes.len() < BOMB_BYTES => Ok(None),
            Err(refusal) if refusal.status == 400 => Err(Refusal::too_large(what)),
            result => result,
        };
        let inflated = self.inflate(encoding, raw, bytes_max, watch).await?;
        let plain = inflated.map_err(|error| error.refusal(what, "failed to decode the request body"))?;
        self.lease.shrink(raw_bytes);
        Ok(plain)
    }

    /// Here if it stays small; what does not is begun again on a thread of its own.
    async fn inflate(
        &mut self,
        encoding: Encoding,
        raw: Bytes,
        bytes_max: usize,
        mut watch: impl FnMut(&[u8]) -> Result<Option<ProjectId>, Refusal> + Send + 'static,
    ) -> Result<Result<Bytes, InflateError>, Refusal> {
        if raw.len() <= INLINE_BYTES_MAX {
            let inline_max = bytes_max.min(INLINE_BYTES_MAX);
            let inflated = inflate(encoding, &raw, inline_max, &mut self.lease, &mut watch);
            if inflated != Err(InflateError::TooLarge) || inline_max == bytes_max {
                return Ok(inflated);
            }
        }
        apart(&mut self.lease, move |lease| inflate(encoding, &raw, bytes_max, lease, &mut watch)).await
    }

    /// The next bytes as they were sent, for bodies that are not kept in memory.
    pub async fn next_chunk(&mut self) -> Result<Option<Bytes>, Refusal> {
        if self.ended {
            return Ok(None);
        }
        let patience = patience(self.taken_bytes, self.started.elapsed());
        match timeout(patience, self.payload.next()).await {
            Err(_) => Err(Refusal::stalled()),
            Ok(Some(Ok(chunk))) => {
                self.taken_bytes += chunk.len() as u64;
                Ok(Some(chunk))
            }
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
                let rest = self.content_length.unwrap_or(0).saturating_sub(bytes.len());
                if bytes.len() >= TRUST_BYTES && rest > chunk.len() {
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

/// How long the next bytes may take.
fn patience(taken_bytes: u64, elapsed: Duration) -> Duration {
    let earned = STALL_TIME + Duration::from_secs(taken_bytes / BYTES_PER_SECOND_MIN);
    earned.min(UPLOAD_TIME).saturating_sub(elapsed).min(STALL_TIME)
}

/// Does what may become large on a thread of its own, a few at a time. The lease goes along: what a caller no
/// longer waits for stays counted until it is gone.
pub async fn apart<T: Send + 'static>(
    lease: &mut Lease,
    work: impl FnOnce(&mut Lease) -> T + Send + 'static,
) -> Result<T, Refusal> {
    let turn = lease.inflation().await;
    let sibling = lease.sibling();
    let mut own = std::mem::replace(lease, sibling);
    let done = web::block(move || {
        let result = work(&mut own);
        drop(turn);
        (result, own)
    });
    let (result, own) = done.await.map_err(|_| Refusal::overloaded())?;
    *lease = own;
    Ok(result)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::patience;

    #[test]
    fn a_byte_now_and_then_holds_nothing_open() {
        let seconds = |taken_bytes, elapsed| patience(taken_bytes, Duration::from_secs(elapsed)).as_secs();
        assert_eq!(seconds(0, 0), 30);
        assert_eq!(seconds(1, 29), 1);
        assert_eq!(seconds(29, 30), 0, "a byte a second is no upload");
        assert_eq!(seconds(60 * 1024, 60), 30, "a slow phone may go on");
        assert_eq!(seconds(1 << 30, 890), 10, "and nobody for ever");
        assert_eq!(seconds(1 << 30, 900), 0);
    }
}
