//! How often somebody may guess a password: per account and per address, in a table of bounded size.
//!
//! Whoever has signed in from an address before is counted by that pair of account and address alone. So a stranger
//! who guesses on purpose closes an account for other strangers, and neither for its owner at the usual place nor,
//! where all come through one proxy, for everybody behind it.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::api::auth::address::throttled_as;

/// Failures within one window after which every try is refused until the window ends.
const FAILURES_MAX: u32 = 15;
const WINDOW: Duration = Duration::from_mins(15);
/// Accounts, addresses and pairs counted at once; the one whose window ends first makes room.
const ENTRIES_MAX: usize = 10_000;
/// Pairs of account and address that have signed in; the one that did longest ago makes room.
const KNOWN_MAX: usize = 10_000;

pub struct Throttle {
    hasher: RandomState,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    failures: HashMap<u64, Failures>,
    /// By pair, when somebody last signed in.
    known: HashMap<u64, Instant>,
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    since: Instant,
}

/// A try that was counted as a failure until it proves to be none.
pub struct Try {
    account: u64,
    address: u64,
    pair: u64,
    is_known: bool,
}

impl Try {
    fn counted_by(&self) -> Vec<u64> {
        if self.is_known { vec![self.pair] } else { vec![self.account, self.address] }
    }
}

impl Default for Throttle {
    fn default() -> Self {
        Self { hasher: RandomState::new(), table: Mutex::default() }
    }
}

impl Throttle {
    /// Counts a try before it is judged, so that many at once are no way around. `Err`: seconds to wait.
    pub fn begin(&self, account: &str, address: IpAddr, now: Instant) -> Result<Try, u64> {
        let address = throttled_as(address);
        let pair = self.hasher.hash_one(("pair", account, address));
        let mut table = self.table.lock();
        let tried = Try {
            account: self.hasher.hash_one(("account", account)),
            address: self.hasher.hash_one(("address", address)),
            pair,
            is_known: table.known.contains_key(&pair),
        };
        let keys = tried.counted_by();
        for key in &keys {
            let closed = |entry: &&Failures| is_open(entry, now) && entry.count >= FAILURES_MAX;
            if let Some(entry) = table.failures.get(key).filter(closed) {
                return Err((entry.since + WINDOW).saturating_duration_since(now).as_secs().max(1));
            }
        }
        for key in keys {
            make_room(&mut table.failures, now);
            let entry = table.failures.entry(key).or_insert(Failures { count: 0, since: now });
            if !is_open(entry, now) {
                *entry = Failures { count: 0, since: now };
            }
            entry.count += 1;
        }
        Ok(tried)
    }

    /// The try was right: it counts against nobody, the account starts afresh, and its owner is known here.
    pub fn succeeded(&self, tried: &Try, now: Instant) {
        let mut table = self.table.lock();
        table.failures.remove(&tried.account);
        table.failures.remove(&tried.pair);
        if !tried.is_known
            && let Some(entry) = table.failures.get_mut(&tried.address)
        {
            entry.count = entry.count.saturating_sub(1);
        }
        if table.known.len() >= KNOWN_MAX && !table.known.contains_key(&tried.pair) {
            let oldest = table.known.iter().min_by_key(|(_, at)| **at).map(|(pair, _)| *pair);
            oldest.map(|pair| table.known.remove(&pair));
        }
        table.known.insert(tried.pair, now);
    }
}

fn is_open(entry: &Failures, now: Instant) -> bool {
    now.saturating_duration_since(entry.since) < WINDOW
}

fn make_room(failures: &mut HashMap<u64, Failures>, now: Instant) {
    if failures.len() < ENTRIES_MAX {
        return;
    }
    failures.retain(|_, entry| is_open(entry, now));
    if failures.len() >= ENTRIES_MAX {
        let oldest = failures.iter().min_by_key(|(_, entry)| entry.since).map(|(key, _)| *key);
        oldest.map(|key| failures.remove(&key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn an_account_closes_from_every_address_and_opens_again() {
        let (throttle, start) = (Throttle::default(), Instant::now());
        for try_number in 0..FAILURES_MAX {
            let from = address(u8::try_from(try_number).expect("few"));
            assert!(throttle.begin("a@example.org", from, start).is_ok());
        }
        let later = start + Duration::from_secs(10);
        assert_eq!(throttle.begin("a@example.org", address(99), later).err(), Some(890));
        assert!(throttle.begin("b@example.org", address(99), later).is_ok());
        assert!(throttle.begin("a@example.org", address(99), start + WINDOW).is_ok());
    }

    #[test]
    fn an_address_closes_for_every_account() {
        let (throttle, start) = (Throttle::default(), Instant::now());
        for account in 0..FAILURES_MAX {
            assert!(throttle.begin(&format!("{account}@example.org"), address(1), start).is_ok());
        }
        assert!(throttle.begin("new@example.org", address(1), start).is_err());
    }

    #[test]
    fn a_stranger_does_not_lock_out_an_owner_at_a_known_address() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for known in ["owner@example.org", "other@example.org"] {
            let tried = throttle.begin(known, address(1), now).expect("open");
            throttle.succeeded(&tried, now);
        }
        for _ in 0..FAILURES_MAX {
            throttle.begin("owner@example.org", address(7), now).expect("not yet");
            throttle.begin("stranger@example.org", address(1), now).expect("not yet");
        }
        assert!(throttle.begin("owner@example.org", address(8), now).is_err(), "closed for strangers");
        assert!(throttle.begin("new@example.org", address(1), now).is_err(), "the address is closed too");
        assert!(throttle.begin("owner@example.org", address(1), now).is_ok());
        for _ in 1..FAILURES_MAX {
            throttle.begin("owner@example.org", address(1), now).expect("not yet");
        }
        assert!(
            throttle.begin("owner@example.org", address(1), now).is_err(),
            "a known place has its bound too"
        );
        assert!(throttle.begin("other@example.org", address(1), now).is_ok());
    }

    #[test]
    fn success_does_not_count() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for _ in 0..100 {
            let tried = throttle.begin("a@example.org", address(1), now).expect("open");
            throttle.succeeded(&tried, now);
        }
    }

    #[test]
    fn the_tables_are_bounded() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for number in 0..ENTRIES_MAX + 50 {
            let host = u32::try_from(number).expect("few");
            let from = IpAddr::from(host.to_be_bytes());
            if let Ok(tried) = throttle.begin(&number.to_string(), from, now)
                && number % 2 == 0
            {
                throttle.succeeded(&tried, now);
            }
        }
        let table = throttle.table.lock();
        assert!(table.failures.len() <= ENTRIES_MAX && table.known.len() <= KNOWN_MAX);
    }
}
