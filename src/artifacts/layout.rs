//! The shape of a look-up file: what a source map says, laid out to be read where it lies, a few pages at a time.
//!
//! ```text
//! header · texts of sources, each followed by where its lines begin · positions · fences · places · sources · strings
//! ```
//!
//! Positions (line and column in the minified file) ascend; every [`FENCE`]th stands again among the fences, so that a
//! look-up touches one page of each. Places say, in the same order, what stands at a position. Numbers are
//! little-endian, lines and columns from 0.

use crate::artifacts::MAPS_VERSION as VERSION;

pub const MAGIC: [u8; 8] = *b"LTMAP\0\r\n";
/// Positions between two fences.
pub const FENCE: usize = 256;
pub const HEADER_BYTES: usize = 72;
/// Line, column.
pub const POSITION_BYTES: usize = 8;
/// Source, line, column, name, scope.
pub const PLACE_BYTES: usize = 20;
/// Name, lines, where the text is, its bytes, where its lines are.
pub const SOURCE_BYTES: usize = 32;

/// No source, no name, no scope.
pub const NONE: u32 = u32::MAX;
/// A scope without a name of its own.
pub const ANONYMOUS: u32 = u32::MAX - 1;

/// Everything that the header says. Offsets are bytes from the beginning of the file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Header {
    pub positions: u32,
    pub sources: u32,
    pub strings: u32,
    pub positions_at: u64,
    pub fences_at: u64,
    pub places_at: u64,
    pub sources_at: u64,
    /// Where each string ends, counted from the first; the bytes of all follow.
    pub strings_at: u64,
    pub end: u64,
}

impl Header {
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        let numbers = [VERSION, self.positions, self.sources, self.strings];
        for (index, number) in numbers.into_iter().enumerate() {
            bytes[8 + 4 * index..][..4].copy_from_slice(&number.to_le_bytes());
        }
        let offsets =
            [self.positions_at, self.fences_at, self.places_at, self.sources_at, self.strings_at, self.end];
        for (index, offset) in offsets.into_iter().enumerate() {
            bytes[24 + 8 * index..][..8].copy_from_slice(&offset.to_le_bytes());
        }
        bytes
    }

    /// `None` unless it describes a file of exactly this many bytes.
    pub fn decode(file: &[u8]) -> Option<Self> {
        if file.get(..8)? != MAGIC || u32_at(file, 8)? != VERSION {
            return None;
        }
        let offset = |index: usize| u64_at(file, 24 + 8 * index);
        let header = Self {
            positions: u32_at(file, 12)?,
            sources: u32_at(file, 16)?,
            strings: u32_at(file, 20)?,
            positions_at: offset(0)?,
            fences_at: offset(1)?,
            places_at: offset(2)?,
            sources_at: offset(3)?,
            strings_at: offset(4)?,
            end: offset(5)?,
        };
        let (positions, fences) = (header.positions as usize, (header.positions as usize).div_ceil(FENCE));
        let holds = |at: u64, count: usize, size: usize, next: u64| {
            at.checked_add((count * size) as u64).is_some_and(|end| end <= next)
        };
        let is_whole = header.end == file.len() as u64
            && holds(header.positions_at, positions, POSITION_BYTES, header.fences_at)
            && holds(header.fences_at, fences, POSITION_BYTES, header.places_at)
            && holds(header.places_at, positions, PLACE_BYTES, header.sources_at)
            && holds(header.sources_at, header.sources as usize, SOURCE_BYTES, header.strings_at)
            && holds(header.strings_at, header.strings as usize, 8, header.end);
        is_whole.then_some(header)
    }
}

pub fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..)?.first_chunk().copied()?))
}

pub fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..)?.first_chunk().copied()?))
}

#[cfg(test)]
mod tests {
    use super::{HEADER_BYTES, Header};

    #[test]
    fn a_header_is_read_as_it_was_written_and_a_cut_file_is_none() {
        let end = HEADER_BYTES as u64;
        let header = Header {
            positions_at: end,
            fences_at: end,
            places_at: end,
            sources_at: end,
            strings_at: end,
            end,
            ..Header::default()
        };
        let bytes = header.encode();
        assert_eq!(Header::decode(&bytes), Some(header));
        assert_eq!(Header::decode(&bytes[..HEADER_BYTES - 1]), None);
        assert_eq!(Header::decode(&Header { positions: 1, ..header }.encode()), None, "no room for it");
        let mut other = bytes;
        other[8] += 1;
        assert_eq!(Header::decode(&other), None, "another version");
    }
}
