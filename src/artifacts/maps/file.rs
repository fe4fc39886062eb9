//! One look-up file, read in place. Everything in it was checked when it was written and is not trusted all the same:
//! a number that leads nowhere gives nothing.

use symbolic_common::ByteView;

use crate::artifacts::layout::{
    ANONYMOUS, FENCE, Header, NONE, PLACE_BYTES, POSITION_BYTES, SOURCE_BYTES, u32_at, u64_at,
};

pub struct MapFile {
    bytes: ByteView<'static>,
    header: Header,
}

/// What stands at a position. Lines and columns count from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot<'a> {
    pub source: Source<'a>,
    pub line: u32,
    pub column: u32,
    /// Of the token, as it was called before.
    pub name: Option<&'a str>,
    pub scope: Scope<'a>,
}

/// The function that holds a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope<'a> {
    Named(&'a str),
    Anonymous,
    /// None, or none that is known.
    Unknown,
}

/// A file of those that the minified one was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source<'a> {
    pub name: &'a str,
    text: Option<Text<'a>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Text<'a> {
    bytes: &'a [u8],
    /// Where each line begins.
    lines: &'a [u8],
}

impl MapFile {
    /// `None` where the bytes are no look-up file of this version.
    pub fn new(bytes: ByteView<'static>) -> Option<Self> {
        let header = Header::decode(&bytes)?;
        Some(Self { bytes, header })
    }

    /// Of the file; few of them are in memory.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// What stands at a position of the minified file, line and column from 0. `None` before the first mapping of a
    /// line and where the minified code was not made of any source.
    pub fn find(&self, line: u32, column: u32) -> Option<Spot<'_>> {
        let (positions, fences) = (at(self.header.positions_at)?, at(self.header.fences_at)?);
        let count = self.header.positions as usize;
        let fence = self.after(fences, 0, count.div_ceil(FENCE), line, column)?.checked_sub(1)?;
        let first = fence * FENCE;
        let index = self.after(positions, first, (first + FENCE).min(count), line, column)?.checked_sub(1)?;
        if self.position(positions, index)?.0 != line {
            return None;
        }
        let place = at(self.header.places_at)? + index * PLACE_BYTES;
        let number = |index: usize| u32_at(&self.bytes, place + 4 * index);
        let source = self.source(number(0)?)?;
        let scope = match number(4)? {
            NONE => Scope::Unknown,
            ANONYMOUS => Scope::Anonymous,
            name => self.string(name).map_or(Scope::Unknown, Scope::Named),
        };
        Some(Spot { source, line: number(1)?, column: number(2)?, name: self.string(number(3)?), scope })
    }

    /// The first of the positions `[first, end)` that lies behind this one.
    fn after(&self, base: usize, first: usize, end: usize, line: u32, column: u32) -> Option<usize> {
        let (mut low, mut high) = (first, end);
        while low < high {
            let middle = low.midpoint(high);
            if self.position(base, middle)? <= (line, column) { low = middle + 1 } else { high = middle }
        }
        Some(low)
    }

    fn position(&self, base: usize, index: usize) -> Option<(u32, u32)> {
        let place = base + index * POSITION_BYTES;
        Some((u32_at(&self.bytes, place)?, u32_at(&self.bytes, place + 4)?))
    }

    fn source(&self, index: u32) -> Option<Source<'_>> {
        if index >= self.header.sources {
            return None;
        }
        let row = at(self.header.sources_at)? + index as usize * SOURCE_BYTES;
        let name = self.string(u32_at(&self.bytes, row)?)?;
        let lines = u32_at(&self.bytes, row + 4)? as usize;
        let number = |index: usize| at(u64_at(&self.bytes, row + 8 + 8 * index)?);
        let (text_at, bytes, lines_at) = (number(0)?, number(1)?, number(2)?);
        if text_at == 0 {
            return Some(Source { name, text: None });
        }
        let bytes = self.bytes.get(text_at..)?.get(..bytes)?;
        let lines = self.bytes.get(lines_at..)?.get(..lines * 4)?;
        Some(Source { name, text: Some(Text { bytes, lines }) })
    }

    fn string(&self, number: u32) -> Option<&str> {
        let (count, number) = (self.header.strings as usize, number as usize);
        if number >= count {
            return None;
        }
        let ends = at(self.header.strings_at)?;
        let end_of = |index: usize| at(u64_at(&self.bytes, ends + 8 * index)?);
        let start = if number == 0 { 0 } else { end_of(number - 1)? };
        let texts = self.bytes.get(ends + 8 * count..)?;
        std::str::from_utf8(texts.get(start..end_of(number)?)?).ok()
    }
}

fn at(offset: u64) -> Option<usize> {
    usize::try_from(offset).ok()
}

impl<'a> Source<'a> {
    pub fn has_text(&self) -> bool {
        self.text.is_some()
    }

    /// A line by its number from 0, without its end.
    pub fn line(&self, number: u32) -> Option<&'a [u8]> {
        let Text { bytes, lines } = self.text?;
        let number = number as usize;
        let start = u32_at(lines, 4 * number)? as usize;
        let end = u32_at(lines, 4 * (number + 1)).map_or(bytes.len(), |next| next as usize);
        let line = bytes.get(start..end)?;
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}
