//! A chunk of counts as a row: for each bucket that is not empty its slot and five numbers in seven-bit groups.

use std::collections::BTreeMap;

use crate::model::health::Outcomes;

/// Beside the slot: some sessions were counted without being remembered.
const ESTIMATED: u8 = 0x80;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Counted {
    pub outcomes: Outcomes,
    /// Late updates of some sessions may have been counted again.
    pub is_estimated: bool,
}

impl Counted {
    pub(super) fn add(&mut self, other: &Self) {
        self.outcomes.add(&other.outcomes);
        self.is_estimated |= other.is_estimated;
    }
}

/// By slot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Chunk(BTreeMap<u8, Counted>);

impl Chunk {
    pub(super) fn add(&mut self, slot: u8, counted: &Counted) {
        self.0.entry(slot).or_default().add(counted);
    }

    pub(super) fn get(&self, slot: u8) -> Counted {
        self.0.get(&slot).copied().unwrap_or_default()
    }

    /// Whether anything was added.
    pub(super) fn merge(&mut self, other: &Self) -> bool {
        let mut changed = false;
        for (slot, counted) in &other.0 {
            let before = self.get(*slot);
            self.add(*slot, counted);
            changed |= self.get(*slot) != before;
        }
        changed
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() * 12);
        for (slot, counted) in &self.0 {
            bytes.push(slot | if counted.is_estimated { ESTIMATED } else { 0 });
            counted.outcomes.each().into_iter().for_each(|number| write_number(&mut bytes, number));
        }
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Self {
        let mut chunk = Self::default();
        let mut bytes = bytes.iter();
        while let Some(&slot) = bytes.next() {
            let outcomes = Outcomes::from_each(std::array::from_fn(|_| read_number(&mut bytes)));
            chunk.0.insert(slot & !ESTIMATED, Counted { outcomes, is_estimated: slot & ESTIMATED != 0 });
        }
        chunk
    }
}

fn write_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

fn read_number<'a>(bytes: &mut impl Iterator<Item = &'a u8>) -> u64 {
    let mut number = 0u64;
    for (group, &byte) in (0u32..).zip(bytes) {
        number |= u64::from(byte & 0x7f).checked_shl(7 * group).unwrap_or(0);
        if byte & 0x80 == 0 {
            break;
        }
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_survive_their_bytes() {
        let mut chunk = Chunk::default();
        let outcomes = Outcomes::from_each([u64::MAX, 300, 127, 128, 0]);
        chunk.add(31, &Counted { outcomes, is_estimated: true });
        chunk.add(0, &Counted { outcomes: Outcomes::from_each([1, 0, 0, 0, 0]), is_estimated: false });
        assert_eq!(Chunk::decode(&chunk.encode()), chunk);
        assert!(!chunk.clone().merge(&Chunk::default()));
        let mut other = Chunk::default();
        assert!(other.merge(&chunk) && other == chunk);
        // Damage reads as something, never as a panic.
        Chunk::decode(&[200, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    }
}
