//! One event on disk: its recipe and what was sent, in one compressed frame.
//!
//! A small header in front names the dictionary, if one was used, and where the first part ends, and guards the frame
//! with a checksum: nothing else would notice a bad disk.

use std::cell::RefCell;

use bytes::Bytes;
use zstd::zstd_safe::{CCtx, CParameter, DCtx, get_error_name};

use crate::store::dictionaries::Dictionary;
use crate::store::error::{Result, StoreError};
use crate::store::keys::u32_at;

const PAYLOAD_VERSION: u8 = 1;
/// Version, dictionary (0: none), bytes of the recipe, bytes of what was sent, CRC-32 of the frame.
const HEADER_BYTES: usize = 1 + 4 + 4 + 4 + 4;
pub(super) const COMPRESSION_LEVEL: i32 = 3;
/// More than any accepted event inflates to; a header that claims more is damage.
const PAYLOAD_BYTES_MAX: usize = 256 * 1024 * 1024;

thread_local! {
    /// Setting a context up costs more than compressing an event with it.
    static COMPRESSOR: RefCell<Option<CCtx<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<DCtx<'static>>> = const { RefCell::new(None) };
    static PLAIN: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}
/// A thread's buffer that one huge event blew up is given back.
const PLAIN_BYTES_KEPT_MAX: usize = 1024 * 1024;

/// Header and frame.
pub(super) fn encode(recipe: &[u8], raw: &[u8], dictionary: Option<&Dictionary>) -> Result<Vec<u8>> {
    PLAIN.with_borrow_mut(|plain| {
        plain.clear();
        plain.extend_from_slice(recipe);
        plain.extend_from_slice(raw);
        let encoded = compress(plain, recipe.len(), dictionary);
        plain.shrink_to(PLAIN_BYTES_KEPT_MAX);
        encoded
    })
}

fn compress(plain: &[u8], recipe_bytes: usize, dictionary: Option<&Dictionary>) -> Result<Vec<u8>> {
    let raw_bytes = plain.len() - recipe_bytes;
    let mut encoded = Vec::with_capacity(HEADER_BYTES + plain.len() / 8);
    encoded.push(PAYLOAD_VERSION);
    encoded.extend_from_slice(&dictionary.map_or(0, |dictionary| dictionary.id).to_be_bytes());
    for bytes in [recipe_bytes, raw_bytes] {
        let bytes = u32::try_from(bytes).map_err(StoreError::failed)?;
        encoded.extend_from_slice(&bytes.to_be_bytes());
    }
    let frame = frame(plain, dictionary)?;
    encoded.extend_from_slice(&crc32fast::hash(&frame).to_be_bytes());
    encoded.extend_from_slice(&frame);
    Ok(encoded)
}

/// One compressed frame.
pub(super) fn frame(plain: &[u8], dictionary: Option<&Dictionary>) -> Result<Vec<u8>> {
    COMPRESSOR.with_borrow_mut(|slot| {
        let context = slot.get_or_insert_with(CCtx::create);
        context.set_parameter(CParameter::CompressionLevel(COMPRESSION_LEVEL)).map_err(engine_error)?;
        let mut frame = Vec::with_capacity(zstd::compress_bound(plain.len()));
        let done = match dictionary {
            Some(dictionary) => {
                context.compress_using_cdict(&mut frame, plain, dictionary.encoder.as_cdict())
            }
            None => context.compress2(&mut frame, plain),
        };
        done.map_err(engine_error)?;
        Ok(frame)
    })
}

/// The dictionary that `decode` needs; 0 for none.
pub(super) fn dictionary_of(encoded: &[u8]) -> u32 {
    u32_at(encoded, 1)
}

/// Recipe and what was sent, side by side, and where the second begins.
pub(super) fn inflate(encoded: &[u8], dictionary: Option<&Dictionary>) -> Result<(Vec<u8>, usize)> {
    if encoded.len() < HEADER_BYTES || encoded[0] != PAYLOAD_VERSION {
        return Err(StoreError::Failed("a payload of an unknown version".to_owned()));
    }
    let recipe_bytes = u32_at(encoded, 5) as usize;
    let plain_bytes = recipe_bytes + u32_at(encoded, 9) as usize;
    if plain_bytes > PAYLOAD_BYTES_MAX {
        return Err(StoreError::Failed("a payload's header is damaged".to_owned()));
    }
    let mut plain = Vec::with_capacity(plain_bytes);
    let frame = &encoded[HEADER_BYTES..];
    if crc32fast::hash(frame) != u32_at(encoded, 13) {
        return Err(StoreError::Failed("a payload is damaged".to_owned()));
    }
    DECOMPRESSOR.with_borrow_mut(|slot| {
        let context = slot.get_or_insert_with(DCtx::create);
        let done = match dictionary {
            Some(dictionary) => {
                context.decompress_using_ddict(&mut plain, frame, dictionary.decoder.as_ddict())
            }
            None => context.decompress(&mut plain, frame),
        };
        done.map_err(engine_error)
    })?;
    if plain.len() != plain_bytes {
        return Err(StoreError::Failed("a payload is damaged".to_owned()));
    }
    Ok((plain, recipe_bytes))
}

pub(super) fn decode(encoded: &[u8], dictionary: Option<&Dictionary>) -> Result<(Bytes, Bytes)> {
    let (plain, recipe_bytes) = inflate(encoded, dictionary)?;
    let plain = Bytes::from(plain);
    Ok((plain.slice(..recipe_bytes), plain.slice(recipe_bytes..)))
}

fn engine_error(code: usize) -> StoreError {
    StoreError::Failed(get_error_name(code).to_owned())
}
