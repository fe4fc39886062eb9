//! How many bytes of request bodies are in memory at once, over all requests.
//!
//! Large uploads may take most of it and never all: small ones, which nearly all are, always find room.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// All bodies together.
pub const IN_FLIGHT_BYTES_MAX: usize = 640 * 1024 * 1024;
/// All bodies together, as far as one that is above `SMALL_BYTES` is concerned.
const IN_FLIGHT_BYTES_MAX_FOR_LARGE: usize = 512 * 1024 * 1024;
const SMALL_BYTES: usize = 1024 * 1024;

#[derive(Debug, Clone, Default)]
pub struct Budget {
    used_bytes: Arc<AtomicUsize>,
}

/// What one request holds; given back when it drops.
#[derive(Debug)]
pub struct Lease {
    budget: Budget,
    bytes: usize,
}

/// No room now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exhausted;

impl Budget {
    pub fn lease(&self) -> Lease {
        Lease { budget: self.clone(), bytes: 0 }
    }
}

impl Lease {
    pub fn grow(&mut self, bytes: usize) -> Result<(), Exhausted> {
        let bound = if self.bytes.saturating_add(bytes) > SMALL_BYTES {
            IN_FLIGHT_BYTES_MAX_FOR_LARGE
        } else {
            IN_FLIGHT_BYTES_MAX
        };
        let before = self.budget.used_bytes.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > bound {
            self.budget.used_bytes.fetch_sub(bytes, Ordering::Relaxed);
            return Err(Exhausted);
        }
        self.bytes += bytes;
        Ok(())
    }

    pub fn shrink(&mut self, bytes: usize) {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        self.budget.used_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.shrink(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::{Budget, IN_FLIGHT_BYTES_MAX_FOR_LARGE, SMALL_BYTES};

    #[test]
    fn large_bodies_leave_room_for_small_ones() {
        let budget = Budget::default();
        let mut large = budget.lease();
        assert_eq!(large.grow(IN_FLIGHT_BYTES_MAX_FOR_LARGE), Ok(()));
        assert!(budget.lease().grow(SMALL_BYTES + 1).is_err());
        let mut small = budget.lease();
        assert_eq!(small.grow(SMALL_BYTES), Ok(()));
        drop((large, small));
        assert_eq!(budget.used_bytes.load(Ordering::Relaxed), 0);
    }
}
