//! Whether a project is silent that usually is not: how many times as long as usual nothing came, by what is usual at
//! those hours of the week. Events that come together count as one occasion.

use jiff::{SignedDuration, Timestamp};

use crate::insight::alert::baseline::{Baseline, HOURS_KNOWN_MIN};
use crate::insight::statistics::nothing_of;

/// A shorter silence is a client's retry, or a slow network.
pub const SILENCE_MIN: SignedDuration = SignedDuration::from_mins(5);
/// What has been silent for a week is not in use, rather than broken.
pub const SILENCE_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How likely chance may make it. Ten times the usual gap is about as likely; a hundred projects that are looked at by
/// the minute have some thousands of gaps a day, nearly all of which are far shorter.
pub const CHANCE_MAX: f64 = 1e-4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Silence {
    pub gap_seconds: u64,
    /// Between two occasions, in the time since the last event.
    pub usual_gap_seconds: u64,
}

/// `baseline`: of the project, in the hour of `now`.
pub fn silence(baseline: &Baseline, last_event: Timestamp, factor: f64, now: Timestamp) -> Option<Silence> {
    let gap = now.duration_since(last_event);
    if !(SILENCE_MIN..=SILENCE_MAX).contains(&gap) || baseline.known_hours() < HOURS_KNOWN_MIN {
        return None;
    }
    let occasions = baseline.occasions(last_event, now);
    if occasions < factor || nothing_of(occasions) > CHANCE_MAX {
        return None;
    }
    let gap_seconds = u64::try_from(gap.as_secs()).unwrap_or_default();
    // Below 2^53 seconds, and above none.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let usual_gap_seconds = (gap_seconds as f64 / occasions).ceil() as u64;
    Some(Silence { gap_seconds, usual_gap_seconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Monday, 03:20.
    const NOW: i64 = 1_790_553_600 + 3 * 3_600 + 20 * 60;

    fn told(hours: i64, per_hour: impl Fn(i64) -> u64, silent_minutes: i64) -> Option<Silence> {
        let hour = NOW - NOW % 3_600;
        let hours: Vec<_> =
            (-hours..0).map(|index| (hour + index * 3_600, per_hour((index + 3).rem_euclid(24)))).collect();
        let now = Timestamp::from_second(NOW).expect("in range");
        let last = now - SignedDuration::from_mins(silent_minutes);
        silence(&Baseline::of(&hours, now), last, 10.0, now)
    }

    #[test]
    fn silence_is_told_by_what_is_usual_at_that_hour() {
        let month = 28 * 24;
        // 60 an hour at three in the morning, 600 at three in the afternoon.
        let busy = |hour: i64| 600 - 45 * hour.abs_diff(15).min(12);
        let alive = |index: i64| u64::from(index % 7 == 0);
        let cases = [
            ("60 an hour at night, none for 15 minutes", told(month, busy, 15), true),
            ("none for 4 minutes", told(month, busy, 4), false),
            ("60 an hour at night, none for 6 minutes", told(month, busy, 6), false),
            ("one in six hours, none for a day", told(month, alive, 24 * 60), false),
            ("never any", told(month, |_| 0, 3 * 24 * 60), false),
            ("known for ten hours", told(10, busy, 60), false),
            ("not in use any more", told(month, busy, 8 * 24 * 60), false),
        ];
        for (story, found, expected) in cases {
            assert_eq!(found.is_some(), expected, "{story}: {found:?}");
        }
        let found = told(month, busy, 20).expect("silent");
        assert_eq!(found.gap_seconds, 1_200);
        assert!((40..=90).contains(&found.usual_gap_seconds), "{found:?}");
    }
}
