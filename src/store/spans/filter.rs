//! Which terms a block may hold: a Bloom filter, so that a search passes most blocks over unread.

use md5::{Digest, Md5};

/// Longer texts are not in it; a search for one reads the block.
pub(super) const TEXT_BYTES_MAX: usize = 100;
const BITS_PER_TERM: usize = 10;
/// Terms of a block beyond this share its bits, and more blocks are read in vain.
const BYTES_MAX: usize = 1024;
/// With ten bits a term, one look in ninety is in vain.
const PROBES: u64 = 4;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Filter(Vec<u8>);

impl Filter {
    /// The same forever: it is kept on disk.
    pub(super) fn hash(text: &str) -> u64 {
        if text.len() > TEXT_BYTES_MAX {
            return 0;
        }
        let mut md5 = Md5::new();
        md5.update(text.as_bytes());
        let digest: [u8; 16] = md5.finalize().into();
        u64::from_be_bytes(digest[..8].try_into().expect("eight bytes")) | 1
    }

    pub(super) fn of(hashes: impl ExactSizeIterator<Item = u64>) -> Self {
        let bytes = (hashes.len() * BITS_PER_TERM).div_ceil(8).clamp(8, BYTES_MAX);
        let mut filter = Self(vec![0; bytes]);
        for hash in hashes.filter(|hash| *hash != 0) {
            for bit in filter.bits(hash) {
                filter.0[bit / 8] |= 1 << (bit % 8);
            }
        }
        filter
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// `false`: surely not.
    pub(super) fn may_hold(&self, hash: u64) -> bool {
        hash == 0 || self.0.is_empty() || self.bits(hash).all(|bit| self.0[bit / 8] & (1 << (bit % 8)) != 0)
    }

    fn bits(&self, hash: u64) -> impl Iterator<Item = usize> + use<> {
        let bits = self.0.len() as u64 * 8;
        let step = (hash >> 32) | 1;
        (0..PROBES).map(move |probe| {
            usize::try_from(hash.wrapping_add(probe.wrapping_mul(step)) % bits).expect("within the filter")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Filter;

    #[test]
    fn it_never_denies_and_seldom_errs() {
        let hashes: Vec<u64> = (0..300).map(|n| Filter::hash(&n.to_string())).collect();
        let filter = Filter::of(hashes.iter().copied());
        assert!(hashes.iter().all(|hash| filter.may_hold(*hash)));
        let wrong = (300..10_300).filter(|n| filter.may_hold(Filter::hash(&n.to_string()))).count();
        assert!(wrong < 300, "{wrong} of 10,000");
        assert!(filter.may_hold(Filter::hash(&"long".repeat(50))), "long texts are not told");
        assert!(Filter::from_bytes(&[]).may_hold(7));
    }
}
