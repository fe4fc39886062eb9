//! Times of every format as microseconds, and the sender's clock.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::digest::normalize::DRIFT_MIN;

const SECOND_US: i64 = 1_000_000;
const DAY_US: i64 = 86_400 * SECOND_US;
/// What ends later than this after it was received was written by a clock that is wrong.
const FUTURE_US_MAX: i64 = 60 * SECOND_US;
/// What began earlier than this before it was received is not from then, or its partition is soon gone.
const PAST_DAYS_MAX: u32 = 30;

/// The cast saturates; who adds to it must, too.
#[expect(clippy::cast_possible_truncation, reason = "a float's cast saturates")]
pub fn from_seconds(seconds: f64) -> Option<i64> {
    let us = (seconds * 1e6).round() as i64;
    // A time that the calendar has.
    (seconds.is_finite() && Timestamp::from_microsecond(us).is_ok()).then_some(us)
}

/// ISO 8601 with or without a zone (then UTC), or seconds since 1970.
pub fn from_text(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time.as_microsecond());
    }
    if let Ok(naive) = text.parse::<DateTime>() {
        return Some(TimeZone::UTC.to_ambiguous_timestamp(naive).compatible().ok()?.as_microsecond());
    }
    text.parse().ok().and_then(from_seconds)
}

pub fn from_nanoseconds(nanoseconds: u64) -> Option<i64> {
    (nanoseconds > 0).then(|| i64::try_from(nanoseconds / 1_000).unwrap_or(i64::MAX))
}

/// Against what an item's times are held.
#[expect(clippy::struct_field_names, reason = "units last")]
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    received_us: i64,
    /// Added to every time of the sender's.
    drift_us: i64,
    oldest_us: i64,
}

impl Clock {
    /// The drift is corrected as that of events is: a small difference is the network's, not the clock's.
    pub fn new(received: Timestamp, sent_at: Option<Timestamp>, retention_days: u32) -> Self {
        let drift = sent_at.map(|sent_at| received.duration_since(sent_at));
        let drift_us = drift.filter(|drift| drift.abs() >= DRIFT_MIN).map_or(0, |drift| drift.as_micros());
        let received_us = received.as_microsecond();
        let days = i64::from(retention_days.clamp(1, PAST_DAYS_MAX));
        Self {
            received_us,
            drift_us: i64::try_from(drift_us).unwrap_or_default(),
            oldest_us: received_us.saturating_sub(days * DAY_US),
        }
    }

    /// The clock for all that belongs to one transaction, which is moved as a whole.
    pub fn for_whole(self, start_us: i64, end_us: i64) -> Self {
        let (moved, _) = self.correct(start_us, end_us);
        Self { drift_us: moved.saturating_sub(start_us), ..self }
    }

    /// (beginning, duration). Times that cannot be are moved to when it was received.
    pub fn correct(self, start_us: i64, end_us: i64) -> (i64, u64) {
        let longest_us = self.received_us.saturating_sub(self.oldest_us);
        let duration_us = end_us.saturating_sub(start_us).clamp(0, longest_us);
        let start_us = start_us.saturating_add(self.drift_us);
        let latest_us = self.received_us.saturating_add(FUTURE_US_MAX).saturating_sub(duration_us);
        let is_possible = (self.oldest_us..=latest_us).contains(&start_us);
        let start_us = if is_possible { start_us } else { self.received_us.saturating_sub(duration_us) };
        (start_us, duration_us.unsigned_abs())
    }

    /// A moment.
    pub fn correct_moment(self, at_us: i64) -> i64 {
        self.correct(at_us, at_us).0
    }

    pub fn received_us(self) -> i64 {
        self.received_us
    }
}

#[cfg(test)]
mod tests {
    use super::{Clock, DAY_US, SECOND_US, from_nanoseconds, from_seconds, from_text};
    use jiff::{SignedDuration, Timestamp};

    const NOW: i64 = 1_795_423_847 * SECOND_US;

    fn clock(behind: SignedDuration) -> Clock {
        let received = Timestamp::from_microsecond(NOW).expect("a time");
        Clock::new(received, Some(received - behind), 90)
    }

    #[test]
    fn forms() {
        assert_eq!(from_seconds(1_795_423_847.482_589_5), Some(1_795_423_847_482_590));
        assert_eq!(from_text("2026-11-23T08:50:47.498Z"), Some(1_795_423_847_498_000));
        assert_eq!(from_text("2026-11-23T08:50:47.498"), Some(1_795_423_847_498_000));
        assert_eq!(from_text("1795423847.5"), Some(1_795_423_847_500_000));
        assert_eq!(from_nanoseconds(1_544_712_660_000_001_999), Some(1_544_712_660_000_001));
        for none in [from_seconds(f64::NAN), from_seconds(1e300), from_text("soon"), from_nanoseconds(0)] {
            assert_eq!(none, None);
        }
    }

    #[test]
    fn corrections() {
        let exact = clock(SignedDuration::ZERO);
        assert_eq!(exact.correct(NOW - 5, NOW - 2), (NOW - 5, 3));
        assert_eq!(exact.correct(NOW - 5, NOW - 9), (NOW - 5, 0), "ends before it begins");
        assert_eq!(
            exact.correct(NOW + 3_600 * SECOND_US, NOW + 3_601 * SECOND_US),
            (NOW - SECOND_US, 1_000_000)
        );
        assert_eq!(exact.correct(NOW - 31 * DAY_US, NOW - 31 * DAY_US + 7), (NOW - 7, 7));
        assert_eq!(exact.correct(i64::MIN, i64::MAX).1, 30 * 86_400_000_000);
        let behind = clock(SignedDuration::from_hours(2));
        assert_eq!(behind.correct(NOW - 7_200 * SECOND_US, NOW - 7_199 * SECOND_US), (NOW, 1_000_000));
        let network = clock(SignedDuration::from_mins(5));
        assert_eq!(network.correct(NOW, NOW), (NOW, 0));
    }

    #[test]
    fn a_whole_is_moved_as_one() {
        let start = NOW - 40 * DAY_US;
        let whole = clock(SignedDuration::ZERO).for_whole(start, start + 100);
        assert_eq!(whole.correct(start, start + 100), (NOW - 100, 100));
        assert_eq!(whole.correct(start + 10, start + 20), (NOW - 90, 10));
    }
}
