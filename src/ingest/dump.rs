//! Crash dumps may come compressed: recognized by their first bytes, inflated within the bound. Pure.

use std::io::Cursor;

use bytes::Bytes;

use crate::ingest::budget::Lease;
use crate::ingest::inflate::{Encoding, InflateError, inflate, read_bounded};

/// The dump itself, at most `bytes_max`. What is inflated becomes part of the lease.
pub fn inflate_dump(bytes: &Bytes, bytes_max: usize, lease: &mut Lease) -> Result<Bytes, InflateError> {
    let watch = &mut |_: &[u8]| Ok(None);
    match bytes.as_ref() {
        [0x1f, 0x8b, ..] => inflate(Encoding::Gzip, bytes, bytes_max, lease, watch),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => inflate(Encoding::Zstd, bytes, bytes_max, lease, watch),
        [b'B', b'Z', b'h', ..] => {
            read_bounded(bzip2::read::MultiBzDecoder::new(bytes.as_ref()), bytes_max, lease)
        }
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => inflate_xz(bytes, bytes_max, lease),
        _ if bytes.len() > bytes_max => Err(InflateError::TooLarge),
        _ => Ok(bytes.clone()),
    }
}

/// Whether this is a minidump, in either byte order.
pub fn is_minidump(bytes: &[u8]) -> bool {
    bytes.starts_with(b"MDMP") || bytes.starts_with(b"PMDM")
}

/// The decoder keeps a whole block in memory, so the size is taken from the chunks' own headers first: each
/// says how much it becomes, and the decoder writes no more than that.
fn inflate_xz(bytes: &Bytes, bytes_max: usize, lease: &mut Lease) -> Result<Bytes, InflateError> {
    let size = xz_bytes(bytes).ok_or_else(|| InflateError::Corrupt("malformed xz data".into()))?;
    if size > bytes_max {
        return Err(InflateError::TooLarge);
    }
    // Once in the decoder's block and once in the result.
    lease.grow(2 * size).map_err(|_| InflateError::Exhausted)?;
    let mut output = Vec::with_capacity(size);
    let mut input = Cursor::new(bytes.as_ref());
    let result = lzma_rs::xz_decompress(&mut input, &mut output);
    lease.shrink(if result.is_ok() { size } else { 2 * size });
    result.map_err(|error| InflateError::Corrupt(format!("{error:?}")))?;
    Ok(output.into())
}

/// How much the chunks of all blocks become. Source: the .xz file format 1.2, and LZMA2's chunk headers.
fn xz_bytes(bytes: &[u8]) -> Option<usize> {
    let check_bytes = match bytes.get(7)? & 0x0f {
        0 => 0,
        1..=3 => 4,
        4..=6 => 8,
        7..=9 => 16,
        10..=12 => 32,
        _ => 64,
    };
    let word = |at: usize| Some(usize::from(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?])));
    let (mut at, mut total) = (12, 0usize);
    loop {
        let header_size = usize::from(*bytes.get(at)?);
        if header_size == 0 {
            // The index: no more blocks.
            return Some(total);
        }
        let start = at + (header_size + 1) * 4;
        at = start;
        loop {
            let control = *bytes.get(at)?;
            match control {
                0 => break,
                1 | 2 => {
                    let size = word(at + 1)? + 1;
                    total = total.checked_add(size)?;
                    at += 3 + size;
                }
                0x80.. => {
                    total = total.checked_add((usize::from(control & 0x1f) << 16) + word(at + 1)? + 1)?;
                    at += 5 + usize::from(control >= 0xc0) + word(at + 3)? + 1;
                }
                _ => return None,
            }
        }
        at += 1;
        at += (start.wrapping_sub(at)) % 4 + check_bytes;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use bytes::Bytes;

    use super::{inflate_dump, xz_bytes};
    use crate::ingest::budget::Budget;
    use crate::ingest::inflate::InflateError;

    fn compressed(plain: &[u8]) -> Vec<(&'static str, Bytes)> {
        let mut xz = Vec::new();
        lzma_rs::xz_compress(&mut &*plain, &mut xz).expect("memory");
        let mut bz = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        bz.write_all(plain).expect("memory");
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(plain).expect("memory");
        vec![
            ("xz", xz.into()),
            ("bz2", bz.finish().expect("memory").into()),
            ("gz", gz.finish().expect("memory").into()),
            ("zstd", zstd::encode_all(plain, 1).expect("memory").into()),
            ("plain", Bytes::copy_from_slice(plain)),
        ]
    }

    #[test]
    fn every_compression() {
        let plain = [b"MDMP".as_slice(), &vec![7; 200_000]].concat();
        let inflate = |bytes: &Bytes, bytes_max| {
            let mut lease = Budget::default().lease();
            let result = inflate_dump(bytes, bytes_max, &mut lease);
            (result, lease.bytes())
        };
        for (name, bytes) in compressed(&plain) {
            let (dump, leased) = inflate(&bytes, plain.len());
            assert_eq!(dump.expect(name), plain, "{name}");
            assert_eq!(leased >= plain.len(), name != "plain", "{name}: what was inflated is leased");
            assert_eq!(inflate(&bytes, plain.len() - 1), (Err(InflateError::TooLarge), 0), "{name}");
            if name != "plain" {
                let (cut, leased) = inflate(&bytes.slice(..bytes.len() / 2), plain.len());
                assert!(matches!(cut, Err(InflateError::Corrupt(_))), "{name}: {cut:?}");
                assert_eq!(leased, 0, "{name}");
            }
        }
    }

    /// Two LZMA chunks; the first claims to become two mebibytes.
    #[test]
    fn lzma_chunks_are_counted() {
        let mut bytes = vec![0xfd, b'7', b'z', b'X', b'Z', 0, 0, 0, 0, 0, 0, 0];
        bytes.extend([0x02, 0, 0x21, 1, 0x1c, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend([0xff, 0xff, 0xff, 0x00, 0x03, 0x5d, 1, 2, 3, 4]);
        bytes.extend([0x80, 0x00, 0x00, 0x00, 0x00, 9, 0]);
        bytes.extend([0; 12]);
        assert_eq!(xz_bytes(&bytes), Some((2 << 20) + 1));
        assert_eq!(xz_bytes(&bytes[..30]), None);
    }
}
