//! How many bytes of request bodies are in memory at once: over all requests, over those of one project, and
//! over those whose sender is not known yet.
//!
//! Large uploads may take most of it and never all: small ones, which nearly all are, always find room. So do
//! other projects beside one that floods, and known senders beside strangers.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::model::ids::ProjectId;

const MIB: usize = 1024 * 1024;
/// All bodies together.
const IN_FLIGHT_BYTES_MAX: usize = 640 * MIB;
/// All bodies together, as far as one that is above `SMALL_BYTES` is concerned.
const IN_FLIGHT_BYTES_MAX_FOR_LARGE: usize = 512 * MIB;
/// The bodies of one project: two of the largest envelopes, or one and the copy that is written.
const PROJECT_BYTES_MAX: usize = 448 * MIB;
const PROJECT_BYTES_MAX_FOR_LARGE: usize = 416 * MIB;
/// All bodies together whose sender has named no key yet.
const STRANGERS_BYTES_MAX: usize = 32 * MIB;
const SMALL_BYTES: usize = MIB;
/// Large bodies that are inflated at once: while a buffer grows, it is there twice.
const INFLATIONS_MAX: usize = 2;

#[derive(Debug, Clone)]
pub struct Budget {
    used: Arc<Mutex<Used>>,
    inflations: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Used {
    bytes: usize,
    /// `None`: strangers. Holds only who uses something.
    by_owner: HashMap<Option<ProjectId>, usize>,
}

/// What one request holds; given back when it drops.
#[derive(Debug)]
pub struct Lease {
    budget: Budget,
    owner: Option<ProjectId>,
    bytes: usize,
}

/// No room now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exhausted;

impl Default for Budget {
    fn default() -> Self {
        Self { used: Arc::default(), inflations: Arc::new(Semaphore::new(INFLATIONS_MAX)) }
    }
}

impl Budget {
    /// A stranger's, until it is [assigned](Lease::assign).
    pub fn lease(&self) -> Lease {
        Lease { budget: self.clone(), owner: None, bytes: 0 }
    }
}

impl Used {
    fn take(&mut self, owner: Option<ProjectId>, bytes: usize, is_small: bool) -> Result<(), Exhausted> {
        let own = self.by_owner.get(&owner).copied().unwrap_or(0).saturating_add(bytes);
        let all = self.bytes.saturating_add(bytes);
        let (all_max, own_max) = match owner {
            None => (IN_FLIGHT_BYTES_MAX, STRANGERS_BYTES_MAX),
            Some(_) if is_small => (IN_FLIGHT_BYTES_MAX, PROJECT_BYTES_MAX),
            Some(_) => (IN_FLIGHT_BYTES_MAX_FOR_LARGE, PROJECT_BYTES_MAX_FOR_LARGE),
        };
        if all > all_max || own > own_max {
            return Err(Exhausted);
        }
        self.bytes = all;
        self.by_owner.insert(owner, own);
        Ok(())
    }

    fn give(&mut self, owner: Option<ProjectId>, bytes: usize) {
        self.bytes -= bytes;
        if let Some(own) = self.by_owner.get_mut(&owner) {
            *own -= bytes;
            if *own == 0 {
                self.by_owner.remove(&owner);
            }
        }
    }
}

impl Lease {
    pub fn grow(&mut self, bytes: usize) -> Result<(), Exhausted> {
        if bytes == 0 {
            return Ok(());
        }
        let is_small = self.bytes.saturating_add(bytes) <= SMALL_BYTES;
        self.budget.used.lock().take(self.owner, bytes, is_small)?;
        self.bytes += bytes;
        Ok(())
    }

    pub fn shrink(&mut self, bytes: usize) {
        let bytes = bytes.min(self.bytes);
        if bytes == 0 {
            return;
        }
        self.bytes -= bytes;
        self.budget.used.lock().give(self.owner, bytes);
    }

    /// The sender is known: what is held counts for its project from now on.
    pub fn assign(&mut self, project: ProjectId) -> Result<(), Exhausted> {
        let before = self.owner.replace(project);
        if before == self.owner || self.bytes == 0 {
            return Ok(());
        }
        let mut used = self.budget.used.lock();
        used.give(before, self.bytes);
        let taken = used.take(self.owner, self.bytes, self.bytes <= SMALL_BYTES);
        if taken.is_err() {
            self.bytes = 0;
        }
        taken
    }

    pub fn is_strangers(&self) -> bool {
        self.owner.is_none()
    }

    #[cfg(test)]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Another one for the same owner, with nothing in it.
    pub fn sibling(&self) -> Self {
        Self { budget: self.budget.clone(), owner: self.owner, bytes: 0 }
    }

    /// Waits for its turn to inflate something large.
    pub async fn inflation(&self) -> OwnedSemaphorePermit {
        let inflations = Arc::clone(&self.budget.inflations);
        inflations.acquire_owned().await.expect("the semaphore is never closed")
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.shrink(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Budget, Exhausted, IN_FLIGHT_BYTES_MAX_FOR_LARGE, Lease, PROJECT_BYTES_MAX_FOR_LARGE, SMALL_BYTES,
        STRANGERS_BYTES_MAX,
    };
    use crate::model::ids::ProjectId;

    fn lease(budget: &Budget, project: u64) -> Lease {
        let mut lease = budget.lease();
        lease.assign(ProjectId(project)).expect("nothing in it");
        lease
    }

    #[test]
    fn large_bodies_leave_room_for_small_ones_and_for_other_projects() {
        let budget = Budget::default();
        let mut first = lease(&budget, 1);
        assert_eq!(first.grow(PROJECT_BYTES_MAX_FOR_LARGE), Ok(()));
        assert_eq!(first.grow(1), Err(Exhausted), "a project may not take all");
        assert_eq!(lease(&budget, 1).grow(SMALL_BYTES + 1), Err(Exhausted), "nor in several bodies");
        let mut small = lease(&budget, 1);
        assert_eq!(small.grow(SMALL_BYTES), Ok(()));
        let mut second = lease(&budget, 2);
        let rest = IN_FLIGHT_BYTES_MAX_FOR_LARGE - PROJECT_BYTES_MAX_FOR_LARGE - SMALL_BYTES;
        assert_eq!(second.grow(rest), Ok(()));
        assert_eq!(second.grow(1), Err(Exhausted));
        let mut third = lease(&budget, 3);
        assert_eq!(third.grow(SMALL_BYTES), Ok(()));
        drop((first, small, second, third));
        let used = budget.used.lock();
        assert_eq!((used.bytes, used.by_owner.len()), (0, 0));
    }

    #[test]
    fn strangers_share_a_small_part_until_they_are_known() {
        let budget = Budget::default();
        let mut strangers: Vec<_> = (0..STRANGERS_BYTES_MAX / SMALL_BYTES).map(|_| budget.lease()).collect();
        for stranger in &mut strangers {
            assert_eq!(stranger.grow(SMALL_BYTES), Ok(()));
        }
        assert_eq!(budget.lease().grow(1), Err(Exhausted));
        assert_eq!(lease(&budget, 1).grow(SMALL_BYTES), Ok(()), "whoever has a key is not held up");
        assert_eq!(strangers[0].assign(ProjectId(1)), Ok(()));
        assert_eq!(budget.lease().grow(1), Ok(()));
        drop(strangers);
        assert_eq!(budget.used.lock().bytes, 0);
    }
}
