//! Which time retention goes by, so that a wrong clock costs no events.
//!
//! A clock that leaps, ahead or back, is believed only once it has stayed there for a day of this process's running;
//! until then retention stands still at the last time that was believed. A machine that was off for months waits a
//! day longer for its disk, a clock that the network sets right within a day has deleted nothing. An event that comes
//! in with a time whose week is gone already is kept in the week of the believed time instead: it was accepted.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use redb::{Database, ReadableDatabase};

use crate::model::week::Week;
use crate::store::Store;
use crate::store::error::Result;
use crate::store::schema::{META, meta};

/// Within this the clock is taken as it is.
pub const LEAP_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);
/// A leap that has held this long is no mistake that repairs itself.
pub const LEAP_PATIENCE: Duration = Duration::from_hours(24);

/// What retention believes. Zeros before it first ran.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Believed {
    /// Seconds since 1970.
    now: u64,
    /// The first week that retention keeps.
    floor: u64,
}

impl Believed {
    pub(super) fn load(state: &Database) -> Result<Self> {
        let table = state.begin_read()?.open_table(META)?;
        let number = |name| Ok::<_, redb::StorageError>(table.get(name)?.map_or(0, |row| row.value()));
        Ok(Self { now: number(meta::RETENTION_NOW)?, floor: number(meta::RETENTION_FLOOR)? })
    }

    fn now(self) -> Option<Timestamp> {
        let seconds = i64::try_from(self.now).ok().filter(|seconds| *seconds > 0)?;
        Timestamp::from_second(seconds).ok()
    }

    /// The week that keeps what was received then.
    pub(super) fn week_of(self, received: Timestamp) -> Week {
        let week = Week::of(received);
        match self.now() {
            Some(now) if u64::from(week.0) < self.floor => Week::of(now),
            _ => week,
        }
    }
}

fn believe(known: Option<Timestamp>, now: Timestamp, leaping_for: Duration) -> Timestamp {
    match known {
        Some(known) if known.duration_since(now).abs() <= LEAP_MAX => known.max(now),
        Some(known) if leaping_for < LEAP_PATIENCE => known,
        _ => now,
    }
}

impl Store {
    /// The time that retention goes by when the clock says `now`, further than `LEAP_MAX` from what it last said for
    /// as long as `leaping_for`. Remembers it, and which weeks a retention of so many days keeps.
    pub fn believe(&self, now: Timestamp, leaping_for: Duration, retention_days: u32) -> Result<Timestamp> {
        // Where retention never ran, the newest week is the best witness.
        let newest = || self.inner.weeks.read().keys().next_back().map(|week| week.start());
        let known = self.inner.believed.read().now().or_else(newest);
        let answer = believe(known, now, leaping_for);
        let floor = Week::of(answer - SignedDuration::from_hours(24 * i64::from(retention_days)));
        let believed =
            Believed { now: u64::try_from(answer.as_second()).unwrap_or(0), floor: u64::from(floor.0) };
        if *self.inner.believed.read() != believed {
            self.write(|txn| {
                let mut table = txn.open_table(META)?;
                table.insert(meta::RETENTION_NOW, believed.now)?;
                table.insert(meta::RETENTION_FLOOR, believed.floor)?;
                Ok(())
            })?;
            *self.inner.believed.write() = believed;
        }
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::{LEAP_PATIENCE, believe};
    use std::time::Duration;

    #[test]
    fn a_leap_is_believed_once_it_has_held() {
        let short = Duration::from_mins(1);
        for (known, now, leaping_for, believed) in [
            ("2026-11-23", "2026-11-24", Duration::ZERO, "2026-11-24"),
            ("2026-11-23", "2026-11-20", Duration::ZERO, "2026-11-23"),
            ("2026-11-23", "2035-01-01", Duration::ZERO, "2026-11-23"),
            ("2026-11-23", "2035-01-01", short, "2026-11-23"),
            ("2026-11-23", "2035-01-01", LEAP_PATIENCE, "2035-01-01"),
            ("2026-11-23", "1970-01-05", short, "2026-11-23"),
            ("2035-01-01", "2026-11-23", LEAP_PATIENCE, "2026-11-23"),
        ] {
            let at = |day: &str| format!("{day}T00:00:00Z").parse().expect("a moment");
            assert_eq!(believe(Some(at(known)), at(now), leaping_for), at(believed), "{known} {now}");
        }
    }
}
