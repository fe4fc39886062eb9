//! How often somebody may guess a password: per account and per address, in a table of bounded size.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;

use jiff::Timestamp;
use parking_lot::Mutex;

use crate::api::auth::address::throttled_as;

/// Failures within one window after which every try is refused until the window ends.
const FAILURES_MAX: u32 = 15;
const WINDOW_SECONDS: i64 = 15 * 60;
/// Accounts and addresses remembered at once; the one whose window ends first makes room.
const ENTRIES_MAX: usize = 10_000;

pub struct Throttle {
    hasher: RandomState,
    failures: Mutex<HashMap<u64, Failures>>,
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    since_seconds: i64,
}

/// A try that was counted as a failure until it proves to be none.
pub struct Try([u64; 2]);

impl Default for Throttle {
    fn default() -> Self {
        Self { hasher: RandomState::new(), failures: Mutex::default() }
    }
}

impl Throttle {
    /// Counts a try before it is judged, so that many at once are no way around. `Err`: seconds to wait.
    pub fn begin(&self, account: &str, address: IpAddr, now: Timestamp) -> Result<Try, u64> {
        let keys = [
            self.hasher.hash_one(("account", account)),
            self.hasher.hash_one(("address", throttled_as(address))),
        ];
        let now = now.as_second();
        let mut table = self.failures.lock();
        for key in keys {
            let closed = |entry: &&Failures| is_open(entry, now) && entry.count >= FAILURES_MAX;
            if let Some(entry) = table.get(&key).filter(closed) {
                let wait = entry.since_seconds + WINDOW_SECONDS - now;
                return Err(u64::try_from(wait).unwrap_or(1).max(1));
            }
        }
        for key in keys {
            make_room(&mut table, now);
            let entry = table.entry(key).or_insert(Failures { count: 0, since_seconds: now });
            if !is_open(entry, now) {
                *entry = Failures { count: 0, since_seconds: now };
            }
            entry.count += 1;
        }
        Ok(Try(keys))
    }

    /// The try was right: it counts against nobody, and the account starts afresh.
    pub fn succeeded(&self, tried: &Try) {
        let [account, address] = tried.0;
        let mut table = self.failures.lock();
        table.remove(&account);
        if let Some(entry) = table.get_mut(&address) {
            entry.count = entry.count.saturating_sub(1);
        }
    }
}

fn is_open(entry: &Failures, now: i64) -> bool {
    now < entry.since_seconds + WINDOW_SECONDS
}

fn make_room(table: &mut HashMap<u64, Failures>, now: i64) {
    if table.len() < ENTRIES_MAX {
        return;
    }
    table.retain(|_, entry| is_open(entry, now));
    if table.len() >= ENTRIES_MAX {
        let oldest = table.iter().min_by_key(|(_, entry)| entry.since_seconds).map(|(key, _)| *key);
        oldest.map(|key| table.remove(&key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn an_account_closes_from_every_address_and_opens_again() {
        let throttle = Throttle::default();
        for try_number in 0..FAILURES_MAX {
            let from = address(u8::try_from(try_number).expect("few"));
            assert!(throttle.begin("a@example.org", from, at(0)).is_ok());
        }
        assert_eq!(throttle.begin("a@example.org", address(99), at(10)).err(), Some(890));
        assert!(throttle.begin("b@example.org", address(99), at(10)).is_ok());
        assert!(throttle.begin("a@example.org", address(99), at(WINDOW_SECONDS)).is_ok());
    }

    #[test]
    fn an_address_closes_for_every_account() {
        let throttle = Throttle::default();
        for account in 0..FAILURES_MAX {
            assert!(throttle.begin(&format!("{account}@example.org"), address(1), at(0)).is_ok());
        }
        assert!(throttle.begin("new@example.org", address(1), at(0)).is_err());
    }

    #[test]
    fn success_does_not_count() {
        let throttle = Throttle::default();
        for _ in 0..100 {
            let tried = throttle.begin("a@example.org", address(1), at(0)).expect("open");
            throttle.succeeded(&tried);
        }
    }

    #[test]
    fn the_table_is_bounded() {
        let throttle = Throttle::default();
        for number in 0..ENTRIES_MAX + 50 {
            let host = u32::try_from(number).expect("few");
            let _ = throttle.begin(&number.to_string(), IpAddr::from(host.to_be_bytes()), at(0));
        }
        assert!(throttle.failures.lock().len() <= ENTRIES_MAX);
    }
}
