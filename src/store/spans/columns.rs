//! Writing and reading columns: numbers of variable length and texts that stand once and are named by their place.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use crate::store::error::{Result, StoreError};

/// Unsigned, seven bits a byte, the lowest first.
pub(super) fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

/// Signed: small in either direction is short.
pub(super) fn put_signed(out: &mut Vec<u8>, value: i64) {
    put(out, zigzag(value));
}

/// 0, -1, 1, -2, … as 0, 1, 2, 3, …
pub(super) fn zigzag(value: i64) -> u64 {
    (value.cast_unsigned() << 1) ^ (value >> 63).cast_unsigned()
}

pub(super) fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -((value & 1).cast_signed())
}

pub(super) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Texts by their place; the empty one has place 0.
pub(super) struct Texts<'a> {
    places: HashMap<&'a str, u64, FixedState>,
    list: Vec<&'a str>,
}

impl Default for Texts<'_> {
    fn default() -> Self {
        Self { places: HashMap::default(), list: vec![""] }
    }
}

impl<'a> Texts<'a> {
    pub(super) fn place(&mut self, text: &'a str) -> u64 {
        if text.is_empty() {
            return 0;
        }
        *self.places.entry(text).or_insert_with(|| {
            self.list.push(text);
            self.list.len() as u64 - 1
        })
    }

    pub(super) fn get(&self, place: u64) -> &'a str {
        usize::try_from(place).ok().and_then(|place| self.list.get(place)).copied().unwrap_or_default()
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        put(out, self.list.len() as u64 - 1);
        for text in &self.list[1..] {
            put_bytes(out, text.as_bytes());
        }
    }
}

/// What is left to read of a frame. Whatever a bad disk made of it, reading ends with an error.
pub(super) struct Reader<'a>(pub &'a [u8]);

pub(super) fn damaged() -> StoreError {
    StoreError::Damaged("a block of spans is damaged".to_owned())
}

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, bytes: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes).ok_or_else(damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        Ok(self.take(N)?.try_into().expect("as many as asked for"))
    }

    pub(super) fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    pub(super) fn number(&mut self) -> Result<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(damaged())
    }

    pub(super) fn signed(&mut self) -> Result<i64> {
        Ok(unzigzag(self.number()?))
    }

    /// A count of things that take at least a byte each.
    pub(super) fn count(&mut self) -> Result<usize> {
        let count = usize::try_from(self.number()?).map_err(|_| damaged())?;
        if count > self.0.len() { Err(damaged()) } else { Ok(count) }
    }

    pub(super) fn bytes(&mut self) -> Result<&'a [u8]> {
        let bytes = self.count()?;
        self.take(bytes)
    }

    fn text(&mut self) -> Result<&'a str> {
        std::str::from_utf8(self.bytes()?).map_err(|_| damaged())
    }

    pub(super) fn texts(&mut self) -> Result<Vec<&'a str>> {
        let count = self.count()?;
        let mut texts = Vec::with_capacity(count + 1);
        texts.push("");
        for _ in 0..count {
            texts.push(self.text()?);
        }
        Ok(texts)
    }

    /// One of the texts, named by its place.
    pub(super) fn text_of<'t>(&mut self, texts: &[&'t str]) -> Result<&'t str> {
        let place = usize::try_from(self.number()?).map_err(|_| damaged())?;
        texts.get(place).copied().ok_or_else(damaged)
    }
}

#[cfg(test)]
mod tests {
    use super::{Reader, Texts, put, put_signed};

    #[test]
    fn numbers_and_texts_survive() {
        let mut out = Vec::new();
        let unsigned = [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX];
        let signed = [0, -1, 1, -64, 64, i64::MIN, i64::MAX];
        for value in unsigned {
            put(&mut out, value);
        }
        for value in signed {
            put_signed(&mut out, value);
        }
        let mut texts = Texts::default();
        let places = ["a", "", "grün", "a"].map(|text| texts.place(text));
        assert_eq!(places, [1, 0, 2, 1]);
        texts.write(&mut out);
        let mut reader = Reader(&out);
        assert_eq!(unsigned.map(|_| reader.number().expect("number")), unsigned);
        assert_eq!(signed.map(|_| reader.signed().expect("number")), signed);
        assert_eq!(reader.texts().expect("texts"), ["", "a", "grün"]);
        assert!(reader.number().is_err(), "nothing is left");
        assert!(Reader(&[0xff; 12]).number().is_err());
        assert!(Reader(&[0xff, 0x01]).texts().is_err(), "more than there is");
    }
}
