//! One recipient's way out. At most one message is on it at a time; so a receiver that hangs or fails delays nobody else.
//!
//! A lane whose last try failed rests, longer each time; then one message is tried, whichever is due longest, and the
//! others wait without using up their tries.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use governor::clock::{Clock, MonotonicClock};
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

/// Messages a minute to one recipient, and as many at once after a quiet minute; further ones wait.
pub const MESSAGES_A_MINUTE: NonZeroU32 = NonZeroU32::new(30).expect("not zero");

/// After so long without a message, the bound on its rate is as if there had never been any.
const RATE_MEMORY: Duration = Duration::from_mins(2);

type Limiter = RateLimiter<NotKeyed, InMemoryState, MonotonicClock, NoOpMiddleware<Instant>>;

pub struct Lane {
    limiter: Limiter,
    clock: MonotonicClock,
    is_busy: bool,
    /// Tries that failed in a row.
    pub failures: u32,
    rests_until: Option<Instant>,
    entered: Option<Instant>,
}

/// Whether a lane may be used now.
#[derive(Debug, PartialEq, Eq)]
pub enum Entry {
    Free,
    Busy,
    /// Not before then.
    After(Duration),
}

impl Default for Lane {
    fn default() -> Self {
        let clock = MonotonicClock;
        let limiter = RateLimiter::direct_with_clock(Quota::per_minute(MESSAGES_A_MINUTE), clock.clone());
        Self { limiter, clock, is_busy: false, failures: 0, rests_until: None, entered: None }
    }
}

impl Lane {
    /// Takes the lane where it is free.
    pub fn enter(&mut self, now: Instant) -> Entry {
        if self.is_busy {
            return Entry::Busy;
        }
        if let Some(until) = self.rests_until.filter(|until| now < *until) {
            return Entry::After(until - now);
        }
        if let Err(not_yet) = self.limiter.check() {
            return Entry::After(not_yet.wait_time_from(self.clock.now()));
        }
        self.is_busy = true;
        self.entered = Some(now);
        Entry::Free
    }

    /// `rest`: where the try failed.
    pub fn leave(&mut self, rest: Option<Duration>, now: Instant) {
        self.is_busy = false;
        self.failures = if rest.is_some() { self.failures.saturating_add(1) } else { 0 };
        self.rests_until = rest.map(|rest| now + rest);
    }

    /// Whether it remembers something that counts.
    pub fn matters(&self, now: Instant) -> bool {
        let is_fresh = self.entered.is_some_and(|entered| now < entered + RATE_MEMORY);
        self.is_busy || self.failures > 0 || is_fresh
    }

    /// Nothing was tried.
    pub fn pass(&mut self) {
        self.is_busy = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_none_while_it_rests() {
        let (mut lane, now) = (Lane::default(), Instant::now());
        assert_eq!(lane.enter(now), Entry::Free);
        assert_eq!(lane.enter(now), Entry::Busy);
        let rest = Duration::from_secs(10);
        lane.leave(Some(rest), now);
        assert_eq!((lane.failures, lane.enter(now)), (1, Entry::After(rest)));
        assert_eq!(lane.enter(now + rest), Entry::Free, "one is tried");
        lane.leave(None, now + rest);
        assert_eq!((lane.failures, lane.enter(now + rest)), (0, Entry::Free), "and the others follow");
    }

    #[test]
    fn a_flood_is_slowed_down_and_not_dropped() {
        let (mut lane, now) = (Lane::default(), Instant::now());
        for _ in 0..MESSAGES_A_MINUTE.get() {
            assert_eq!(lane.enter(now), Entry::Free);
            lane.leave(None, now);
        }
        let Entry::After(wait) = lane.enter(now) else { panic!("the next one waits") };
        assert!(wait <= Duration::from_secs(2), "{wait:?}");
    }
}
