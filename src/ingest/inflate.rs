//! Content encodings, bounded while they run: no more is ever inflated than the bound and the lease allow,
//! whatever was promised.
//!
//! No I/O. A `Watch` looks at what is there each time it has doubled and may stop early, so that ten megabytes
//! that would become ten gigabytes are refused after two.

use std::io::Read;

use bytes::Bytes;
use flate2::{Decompress, FlushDecompress, Status};

use crate::ingest::budget::Lease;
use crate::ingest::refusal::Refusal;
use crate::model::ids::ProjectId;

/// Looks at a growing body: whose it is, as soon as that can be told, or why it is refused.
pub type Watch<'a> = &'a mut dyn FnMut(&[u8]) -> Result<Option<ProjectId>, Refusal>;

/// The first look, in bytes: an envelope's header is there by then, if there is one.
pub const WATCH_BYTES_FIRST: usize = 64 * 1024;
/// Output is made room for in steps of this.
const STEP_BYTES: usize = 32 * 1024;
/// zstd windows up to 8 MiB, as RFC 8878 asks of every decoder.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Identity,
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InflateError {
    TooLarge,
    Corrupt(String),
    /// No memory to spare for it.
    Exhausted,
    /// By the watch.
    Refused(Refusal),
}

impl InflateError {
    /// `what` is too large; `malformed` says what could not be read.
    pub fn refusal(self, what: &str, malformed: &str) -> Refusal {
        match self {
            Self::TooLarge => Refusal::too_large(what),
            Self::Corrupt(cause) => Refusal::malformed(malformed).with_cause(cause),
            Self::Exhausted => Refusal::overloaded(),
            Self::Refused(refusal) => refusal,
        }
    }
}

impl Encoding {
    /// Reads `Content-Encoding`. `None`: one we do not speak.
    pub fn find(value: &str) -> Option<Self> {
        let value = value.trim();
        let known = [
            ("gzip", Self::Gzip),
            ("x-gzip", Self::Gzip),
            ("deflate", Self::Deflate),
            ("br", Self::Brotli),
            ("zstd", Self::Zstd),
            ("identity", Self::Identity),
            ("utf-8", Self::Identity),
            ("", Self::Identity),
        ];
        known.into_iter().find(|(name, _)| value.eq_ignore_ascii_case(name)).map(|(_, encoding)| encoding)
    }
}

/// Inflates all of `input` to at most `bytes_max`. The result is part of the lease.
pub fn inflate(
    encoding: Encoding,
    input: &Bytes,
    bytes_max: usize,
    lease: &mut Lease,
    watch: Watch<'_>,
) -> Result<Bytes, InflateError> {
    if encoding == Encoding::Identity {
        return if input.len() > bytes_max { Err(InflateError::TooLarge) } else { Ok(input.clone()) };
    }
    let mut output = Output::new(bytes_max, lease, watch);
    run(encoding, input, &mut output)?;
    Ok(output.finish())
}

/// What the start of a body becomes, about `bytes_max` of it; nothing where that cannot be told.
pub fn inflate_start(encoding: Encoding, input: &[u8], bytes_max: usize, lease: &mut Lease) -> Vec<u8> {
    let watch = &mut |_: &[u8]| Ok(None);
    let mut output = Output::new(bytes_max, lease, watch);
    // It ends early: either here, or because the rest is not there yet.
    drop(run(encoding, input, &mut output));
    std::mem::take(&mut output.bytes)
}

/// Inflates zlib data to at most `bytes_max`. The result is part of the lease.
pub fn inflate_zlib(input: &[u8], bytes_max: usize, lease: &mut Lease) -> Result<Bytes, InflateError> {
    let watch = &mut |_: &[u8]| Ok(None);
    let mut output = Output::new(bytes_max, lease, watch);
    zlib(&mut Decompress::new(true), input, &mut output)?;
    Ok(output.finish())
}

/// Reads all of `reader`, at most `bytes_max`. The result is part of the lease.
pub fn read_bounded(reader: impl Read, bytes_max: usize, lease: &mut Lease) -> Result<Bytes, InflateError> {
    let watch = &mut |_: &[u8]| Ok(None);
    let mut output = Output::new(bytes_max, lease, watch);
    output.read_from(reader)?;
    Ok(output.finish())
}

fn run(encoding: Encoding, input: &[u8], output: &mut Output<'_>) -> Result<(), InflateError> {
    if input.is_empty() {
        return Err(InflateError::Corrupt("empty body".into()));
    }
    match encoding {
        Encoding::Identity => output.read_from(input),
        Encoding::Gzip => gzip(input, output),
        Encoding::Deflate => zlib(&mut Decompress::new(has_zlib_header(input)), input, output).map(drop),
        Encoding::Brotli => output.read_from(brotli::Decompressor::new(input, STEP_BYTES)),
        Encoding::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(input).map_err(corrupt)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(corrupt)?;
            output.read_from(decoder)
        }
    }
}

/// Some clients send `deflate` without the zlib header that it should have.
fn has_zlib_header(input: &[u8]) -> bool {
    matches!(input, [first, second, ..]
        if first & 0x0f == 8 && (u16::from(*first) << 8 | u16::from(*second)).is_multiple_of(31))
}

/// A gzip body may be several, one after the other; anything else after the first is passed over.
fn gzip(mut input: &[u8], output: &mut Output<'_>) -> Result<(), InflateError> {
    loop {
        let used = zlib(&mut Decompress::new_gzip(15), input, output)?;
        input = &input[used..];
        if !input.starts_with(&[0x1f, 0x8b]) {
            return Ok(());
        }
    }
}

/// One stream; answers how much of `input` it took.
fn zlib(state: &mut Decompress, input: &[u8], output: &mut Output<'_>) -> Result<usize, InflateError> {
    // Typical JSON shrinks to a seventh.
    output.make_room(input.len().saturating_mul(7).min(4 * STEP_BYTES))?;
    loop {
        output.make_room(1)?;
        let used = usize::try_from(state.total_in()).expect("counts a slice in memory");
        let before = output.bytes.len();
        let status = state
            .decompress_vec(&input[used..], &mut output.bytes, FlushDecompress::None)
            .map_err(|error| InflateError::Corrupt(error.to_string()))?;
        output.look()?;
        let used_now = usize::try_from(state.total_in()).expect("counts a slice in memory");
        match status {
            Status::StreamEnd => return Ok(used_now),
            _ if used_now == used && output.bytes.len() == before => {
                return Err(InflateError::Corrupt("unexpected end of the compressed data".into()));
            }
            Status::Ok | Status::BufError => {}
        }
    }
}

struct Output<'a> {
    bytes: Vec<u8>,
    bytes_max: usize,
    next_look: usize,
    watch: Watch<'a>,
    lease: &'a mut Lease,
    /// The buffer's part of the lease.
    leased: usize,
}

impl<'a> Output<'a> {
    fn new(bytes_max: usize, lease: &'a mut Lease, watch: Watch<'a>) -> Self {
        Self { bytes: Vec::new(), bytes_max, next_look: WATCH_BYTES_FIRST, watch, lease, leased: 0 }
    }

    /// Room for `bytes` more. The buffer doubles, but not past its bound, and is leased before it is there.
    fn make_room(&mut self, bytes: usize) -> Result<(), InflateError> {
        let (len, capacity) = (self.bytes.len(), self.bytes.capacity());
        if capacity - len >= bytes {
            return Ok(());
        }
        let most = self.bytes_max.saturating_add(STEP_BYTES);
        let wanted = capacity.saturating_mul(2).min(most).max(len + bytes.max(STEP_BYTES));
        self.lease.grow(wanted - capacity).map_err(|_| InflateError::Exhausted)?;
        self.leased += wanted - capacity;
        self.bytes.reserve_exact(wanted - len);
        Ok(())
    }

    fn look(&mut self) -> Result<(), InflateError> {
        if self.bytes.len() > self.bytes_max {
            return Err(InflateError::TooLarge);
        }
        if self.bytes.len() >= self.next_look {
            self.next_look = self.bytes.len().saturating_mul(2);
            if let Some(project) = (self.watch)(&self.bytes).map_err(InflateError::Refused)? {
                self.lease.assign(project).map_err(|_| InflateError::Exhausted)?;
            }
        }
        Ok(())
    }

    fn read_from(&mut self, mut reader: impl Read) -> Result<(), InflateError> {
        let mut step = vec![0; STEP_BYTES];
        loop {
            let count = reader.read(&mut step).map_err(corrupt)?;
            if count == 0 {
                return Ok(());
            }
            self.make_room(count)?;
            self.bytes.extend_from_slice(&step[..count]);
            self.look()?;
        }
    }

    /// The buffer; its part of the lease stays with the lease.
    fn finish(mut self) -> Bytes {
        self.leased = 0;
        std::mem::take(&mut self.bytes).into()
    }
}

impl Drop for Output<'_> {
    fn drop(&mut self) {
        self.lease.shrink(self.leased);
    }
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` hands it over")]
fn corrupt(error: std::io::Error) -> InflateError {
    InflateError::Corrupt(error.to_string())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use bytes::Bytes;

    use super::{Encoding, InflateError, WATCH_BYTES_FIRST, inflate, inflate_start};
    use crate::ingest::budget::Budget;
    use crate::ingest::refusal::Refusal;

    const TEXT: &[u8] = b"{\"message\":\"hello hello hello hello\"}";

    fn deflate(encoding: &str, plain: &[u8]) -> Bytes {
        use flate2::Compression;
        use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
        let level = Compression::default();
        let compressed = match encoding {
            "gzip" => {
                let mut encoder = GzEncoder::new(Vec::new(), level);
                encoder.write_all(plain).and_then(|()| encoder.finish())
            }
            "deflate" => {
                let mut encoder = ZlibEncoder::new(Vec::new(), level);
                encoder.write_all(plain).and_then(|()| encoder.finish())
            }
            "raw deflate" => {
                let mut encoder = DeflateEncoder::new(Vec::new(), level);
                encoder.write_all(plain).and_then(|()| encoder.finish())
            }
            "br" => {
                let mut out = Vec::new();
                let mut writer = brotli::CompressorWriter::new(&mut out, 4096, 5, 22);
                writer.write_all(plain).expect("memory");
                drop(writer);
                Ok(out)
            }
            _ => zstd::encode_all(plain, 3),
        };
        compressed.expect("memory").into()
    }

    fn find(name: &str) -> Encoding {
        Encoding::find(name.trim_start_matches("raw ")).expect("known")
    }

    fn run(name: &str, input: &Bytes, bytes_max: usize) -> Result<Bytes, InflateError> {
        inflate(find(name), input, bytes_max, &mut Budget::default().lease(), &mut |_| Ok(None))
    }

    const ALL: &[&str] = &["gzip", "deflate", "raw deflate", "br", "zstd"];

    #[test]
    fn names() {
        for name in ["", "identity", "UTF-8", " "] {
            assert_eq!(Encoding::find(name), Some(Encoding::Identity), "{name:?}");
        }
        assert_eq!(Encoding::find("GZip"), Some(Encoding::Gzip));
        for name in ["compress", "gzip, br", "snappy"] {
            assert_eq!(Encoding::find(name), None, "{name:?}");
        }
    }

    #[test]
    fn round_trips() {
        for name in ALL {
            assert_eq!(run(name, &deflate(name, TEXT), TEXT.len()).expect(name), TEXT, "{name}");
        }
        let twice: Bytes = [deflate("gzip", TEXT), deflate("gzip", TEXT)].concat().into();
        assert_eq!(run("gzip", &twice, 1000).expect("members"), [TEXT, TEXT].concat());
    }

    #[test]
    fn corrupt_and_cut() {
        for name in ALL {
            let good = deflate(name, TEXT);
            for bad in
                [Bytes::new(), good.slice(..good.len() / 2), Bytes::from_static(b"{\"not\": \"compressed\"}")]
            {
                let error = run(name, &bad, 1000).expect_err(name);
                assert!(matches!(error, InflateError::Corrupt(_)), "{name}: {error:?}");
            }
        }
    }

    #[test]
    fn bombs_stop_at_the_bound() {
        let zeros = vec![0; 16 << 20];
        for name in ALL {
            let bomb = deflate(name, &zeros);
            assert!(bomb.len() < zeros.len() / 100, "{name}");
            assert_eq!(run(name, &bomb, 1 << 20), Err(InflateError::TooLarge), "{name}");
            let mut seen = 0;
            let mut lease = Budget::default().lease();
            let stopped = inflate(find(name), &bomb, usize::MAX, &mut lease, &mut |bytes| {
                seen = bytes.len();
                Err(Refusal::too_large("event"))
            });
            assert_eq!(stopped, Err(InflateError::Refused(Refusal::too_large("event"))), "{name}");
            assert!((WATCH_BYTES_FIRST..4 * WATCH_BYTES_FIRST).contains(&seen), "{name}: {seen}");
            assert_eq!(lease.bytes(), 0, "{name}: what was refused is given back");
        }
    }

    #[test]
    fn no_more_is_inflated_than_there_is_memory_for() {
        let zeros = vec![0; 64 << 20];
        for name in ALL {
            let mut lease = Budget::default().lease();
            let bomb = deflate(name, &zeros);
            let result = inflate(find(name), &bomb, usize::MAX, &mut lease, &mut |_| Ok(None));
            assert_eq!(result, Err(InflateError::Exhausted), "{name}: strangers have half of that");
            let good = deflate(name, &zeros[..1 << 20]);
            let plain = inflate(find(name), &good, usize::MAX, &mut lease, &mut |_| Ok(None)).expect(name);
            assert!((plain.len()..4 << 20).contains(&lease.bytes()), "{name}: {}", lease.bytes());
        }
    }

    #[test]
    fn the_start_of_what_is_still_arriving() {
        let plain: Vec<u8> = (0..1 << 20).map(|n: u32| (n.wrapping_mul(n) >> 11).to_le_bytes()[0]).collect();
        for name in ALL {
            let body = deflate(name, &plain);
            let mut lease = Budget::default().lease();
            let start = inflate_start(find(name), &body[..body.len() / 2], 1000, &mut lease);
            assert!(start.len() >= 1000 && plain.starts_with(&start), "{name}: {}", start.len());
            assert_eq!(lease.bytes(), 0, "{name}");
        }
    }

    #[test]
    fn huge_zstd_windows_are_refused() {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).expect("memory");
        encoder.window_log(27).expect("allowed");
        encoder.write_all(&vec![7; 100_000]).expect("memory");
        let body = encoder.finish().expect("memory").into();
        assert!(matches!(run("zstd", &body, usize::MAX), Err(InflateError::Corrupt(_))));
    }
}
