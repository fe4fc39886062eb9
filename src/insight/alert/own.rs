//! When this server itself is in trouble: what it has accepted waits, the disk is nearly full, messages do not arrive.

use crate::model::alert::{Because, Trouble};

/// Whoever looks after five minutes expects to see what happened before; alerts are as late as this.
pub const DIGEST_SECONDS_MAX: u64 = 5 * 60;
/// Search lags by a second or two at all times, and by more under load; what is not searchable for so long looks lost.
pub const INDEX_SECONDS_MAX: u64 = 10 * 60;
/// The store writes its largest files anew and the index merges in room of its own: less than that, and writing fails.
pub const FREE_BYTES_MIN: u64 = 1 << 30;
/// Of a disk that was nearly full before, the rest goes fast …
pub const USED_PERCENT_MAX: u8 = 95;
/// … unless so much is left all the same.
pub const FREE_BYTES_ENOUGH: u64 = 20 << 30;
/// One that was given up was tried for hours.
pub const UNDELIVERED_MIN: u64 = 1;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnFacts {
    /// Events that wait to be digested, and for how long the oldest has.
    pub waiting: u64,
    pub waiting_seconds: u64,
    /// Events that are not searchable, and for how long that has been so without a break.
    pub unsearchable: u64,
    pub unsearchable_seconds: u64,
    /// Of the file system with the data folder; `None`: the system does not say.
    pub disk: Option<Disk>,
    /// Given up in the last hour, by where they were for; the last answer of each.
    pub undelivered: Vec<Undelivered>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disk {
    pub free_bytes: u64,
    pub total_bytes: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undelivered {
    pub target: String,
    pub messages: u64,
    pub reason: String,
}

impl Disk {
    pub fn used_percent(self) -> u8 {
        let used = self.total_bytes.saturating_sub(self.free_bytes);
        let percent = u128::from(used) * 100 / u128::from(self.total_bytes.max(1));
        u8::try_from(percent).unwrap_or(100)
    }

    fn is_nearly_full(self) -> bool {
        let is_most_used = self.used_percent() >= USED_PERCENT_MAX && self.free_bytes < FREE_BYTES_ENOUGH;
        self.free_bytes < FREE_BYTES_MIN || is_most_used
    }
}

/// One of each kind at most.
pub fn troubles(facts: &OwnFacts) -> Vec<(Trouble, Because)> {
    let mut found = Vec::new();
    if facts.waiting_seconds >= DIGEST_SECONDS_MAX {
        let because = Because::Lag { events: facts.waiting, seconds: facts.waiting_seconds };
        found.push((Trouble::Digesting, because));
    }
    if facts.unsearchable_seconds >= INDEX_SECONDS_MAX {
        let because = Because::Lag { events: facts.unsearchable, seconds: facts.unsearchable_seconds };
        found.push((Trouble::Indexing, because));
    }
    if let Some(disk) = facts.disk.filter(|disk| disk.is_nearly_full()) {
        let because = Because::DiskFull { free_bytes: disk.free_bytes, percent_used: disk.used_percent() };
        found.push((Trouble::Disk, because));
    }
    let worst = facts.undelivered.iter().max_by_key(|of_target| of_target.messages);
    if let Some(worst) = worst.filter(|worst| worst.messages >= UNDELIVERED_MIN) {
        let because = Because::Undelivered {
            messages: worst.messages,
            target: worst.target.clone(),
            reason: worst.reason.clone(),
        };
        found.push((Trouble::Delivery, because));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    #[test]
    fn each_trouble_has_its_bound() {
        let all_well = OwnFacts {
            waiting: 10_000,
            waiting_seconds: DIGEST_SECONDS_MAX - 1,
            unsearchable: 1_000,
            unsearchable_seconds: INDEX_SECONDS_MAX - 1,
            disk: Some(Disk { free_bytes: 6 * GIB, total_bytes: 100 * GIB }),
            undelivered: Vec::new(),
        };
        assert_eq!(troubles(&all_well), []);
        assert_eq!(troubles(&OwnFacts::default()), []);
        let of = |target: &str, messages| Undelivered {
            target: target.to_owned(),
            messages,
            reason: "500".to_owned(),
        };
        let all_bad = OwnFacts {
            waiting_seconds: DIGEST_SECONDS_MAX,
            unsearchable_seconds: INDEX_SECONDS_MAX,
            disk: Some(Disk { free_bytes: 5 * GIB, total_bytes: 100 * GIB }),
            undelivered: vec![of("a", 1), of("b", 3)],
            ..all_well
        };
        let found = troubles(&all_bad);
        let kinds: Vec<Trouble> = found.iter().map(|(trouble, _)| *trouble).collect();
        assert_eq!(kinds, [Trouble::Digesting, Trouble::Indexing, Trouble::Disk, Trouble::Delivery]);
        assert!(matches!(&found[3].1, Because::Undelivered { messages: 3, target, .. } if target == "b"));
    }

    #[test]
    fn a_disk_is_nearly_full_by_what_is_left() {
        // (free, total, whether)
        let disks = [
            (GIB - 1, 4 * GIB, true),
            (2 * GIB, 4 * GIB, false),
            (100 * GIB, 10_000 * GIB, false),
            (10 * GIB, 10_000 * GIB, true),
            (0, 0, true),
        ];
        for (free_bytes, total_bytes, expected) in disks {
            assert_eq!(Disk { free_bytes, total_bytes }.is_nearly_full(), expected, "{free_bytes}");
        }
    }
}
