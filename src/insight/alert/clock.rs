//! What time it is to be judged at, and whether that nothing was seen means that nothing was there. A machine's clock is set, a
//! server sleeps, is down, or is behind with digesting: neither may hide a spike, nor end what goes on.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// The clock of the day and the one that only ticks may part by so much between two looks; clocks are slewed, and a busy
/// machine is late.
pub const LEAP_MIN: SignedDuration = SignedDuration::from_mins(1);
/// After a leap, nothing is concluded from what is missing for so long: what goes on has been seen again by then, and
/// events that were under way have come.
pub const HOLDS_AFTER: Duration = Duration::from_mins(15);
/// Events that wait for so long are most of what there is to see.
pub const LAG_MAX: SignedDuration = SignedDuration::from_mins(1);
/// What ended longer ago is history: to tell of it now would be of no use.
pub const CATCH_UP_MAX: SignedDuration = SignedDuration::from_hours(2);

/// Of `LATE_MINUTES`.
const LATE: SignedDuration = SignedDuration::from_mins(15);

/// Compares the two clocks from look to look.
#[derive(Debug, Default)]
pub struct Clock {
    last: Option<(Timestamp, Duration)>,
    leapt: Option<Duration>,
}

impl Clock {
    /// `ticked`: of a clock that never goes back, from wherever. Answers whether absence may be concluded from.
    pub fn look(&mut self, wall: Timestamp, ticked: Duration) -> bool {
        if let Some((then, at)) = self.last.replace((wall, ticked)) {
            let passed = SignedDuration::try_from(ticked.saturating_sub(at)).unwrap_or(SignedDuration::MAX);
            let parted = wall.duration_since(then) - passed;
            if parted.abs() > LEAP_MIN {
                self.leapt = Some(ticked);
            }
        }
        self.leapt.is_none_or(|at| ticked.saturating_sub(at) >= HOLDS_AFTER)
    }
}

/// The times to judge at, oldest first; the last is now. Each look sees what ended in the quarter of an hour before it, so that they
/// miss nothing since `through`. Where that lies ahead the clock went back, and looking goes on from here.
pub fn looks(through: Option<Timestamp>, now: Timestamp) -> Vec<Timestamp> {
    let missed = through.map_or(SignedDuration::ZERO, |through| now.duration_since(through));
    let missed = missed.clamp(SignedDuration::ZERO, CATCH_UP_MAX);
    let mut looks = vec![now];
    let mut back = LATE;
    while back < missed {
        looks.push(now - back);
        back += LATE;
    }
    looks.reverse();
    looks
}

/// Up to when everything was seen: events that wait are looked for again.
pub fn judged_through(now: Timestamp, lag: SignedDuration) -> Timestamp {
    if lag > LAG_MAX { now - lag.min(CATCH_UP_MAX) } else { now }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::alert::spike::LATE_MINUTES;

    fn at(minutes: i64) -> Timestamp {
        "2026-11-23T08:00:00Z".parse::<Timestamp>().expect("a moment") + SignedDuration::from_mins(minutes)
    }

    fn ticks(minutes: u64) -> Duration {
        Duration::from_mins(minutes)
    }

    #[test]
    fn a_leap_is_waited_out() {
        // (minutes by the wall, minutes that ticked, whether absence counts)
        let day = [
            (0, 0, true),
            (10, 10, true),
            // Set ahead by three hours.
            (200, 20, false),
            (214, 34, false),
            (215, 35, true),
            // Set back.
            (100, 36, false),
            (114, 50, false),
            (115, 51, true),
            // Asleep: the other clock stood still.
            (600, 52, false),
            (620, 72, true),
        ];
        let mut clock = Clock::default();
        for (wall, ticked, expected) in day {
            assert_eq!(clock.look(at(wall), ticks(ticked)), expected, "{wall} {ticked}");
        }
        let mut slow = Clock::default();
        for second in 0..600 {
            let wall = at(0) + SignedDuration::from_millis(second * 1_010);
            assert!(slow.look(wall, Duration::from_secs(second.unsigned_abs())), "slewed, {second}");
        }
    }

    #[test]
    fn looks_leave_no_gap_and_have_a_bound() {
        let late = i64::try_from(LATE_MINUTES).expect("few");
        assert_eq!(LATE, SignedDuration::from_mins(late));
        for missed in [0, 1, 14, 15, 16, 29, 31, 60, 119] {
            let looks = looks(Some(at(-missed)), at(0));
            assert_eq!(looks.last(), Some(&at(0)));
            assert!(looks[0] - LATE <= at(-missed), "{missed}: {looks:?}");
            assert!(looks.is_sorted());
            assert!(looks.windows(2).all(|pair| pair[1].duration_since(pair[0]) <= LATE));
            assert!(i64::try_from(looks.len()).expect("few") <= missed / late + 1, "{missed}");
        }
        assert_eq!(looks(None, at(0)), [at(0)]);
        assert_eq!(looks(Some(at(500)), at(0)), [at(0)], "the clock went back");
        assert_eq!(looks(Some(Timestamp::UNIX_EPOCH), at(0)).len(), 8);
    }

    #[test]
    fn what_waits_is_looked_for_again() {
        assert_eq!(judged_through(at(0), SignedDuration::from_secs(20)), at(0));
        assert_eq!(judged_through(at(0), SignedDuration::from_mins(30)), at(-30));
        assert_eq!(judged_through(at(0), SignedDuration::from_hours(30)), at(-120));
    }
}
