//! The week an event was received in: it names the partition that holds the event, in the store and in search.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{ISOWeekDate, Weekday, date};
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

const DAY_SECONDS: i64 = 24 * 60 * 60;
/// 1970 began on a Thursday: the first whole week's Monday is day 4.
const FIRST_MONDAY: i64 = 4;
/// Monday of 9999-W51, the last week whose end a `Timestamp` can still say.
const LAST_MONDAY: i64 = 2_932_885;

/// An ISO week in UTC, held as the days from 1970-01-01 to its Monday. Weeks order as time does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Week(pub u32);

impl Week {
    /// The week a moment lies in. Moments before the first and after the last week count to those.
    pub fn of(at: Timestamp) -> Self {
        let day = at.as_second().div_euclid(DAY_SECONDS);
        let monday = day - (day - FIRST_MONDAY).rem_euclid(7);
        Self::of_monday(monday)
    }

    /// Midnight (UTC) at which the week begins.
    pub fn start(self) -> Timestamp {
        Timestamp::from_second(i64::from(self.clamped().0) * DAY_SECONDS).expect("clamped to the calendar")
    }

    /// Midnight (UTC) at which the next week begins.
    pub fn end(self) -> Timestamp {
        Timestamp::from_second((i64::from(self.clamped().0) + 7) * DAY_SECONDS)
            .expect("clamped to the calendar")
    }

    /// `2026-W47`: the folder's name. Labels sort as weeks do.
    pub fn label(self) -> String {
        self.to_string()
    }

    /// The week of a label that `label` made; `None` for anything else a folder may be called.
    pub fn from_label(label: &str) -> Option<Self> {
        let (year, week) = label.split_once("-W")?;
        let digits = |text: &str, count| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(year, 4) || !digits(week, 2) {
            return None;
        }
        let first = ISOWeekDate::new(year.parse().ok()?, week.parse().ok()?, Weekday::Monday).ok()?;
        let days = i64::from(first.date().since(date(1970, 1, 1)).ok()?.get_days());
        let known = Self::of_monday(days);
        (i64::from(known.0) == days).then_some(known)
    }

    fn of_monday(days: i64) -> Self {
        let clamped = days.clamp(FIRST_MONDAY, LAST_MONDAY);
        Self(u32::try_from(clamped).expect("clamped to the calendar"))
    }

    /// A number read from elsewhere, brought to a Monday that the calendar holds.
    fn clamped(self) -> Self {
        let days = i64::from(self.0);
        Self::of_monday(days - (days - FIRST_MONDAY).rem_euclid(7))
    }
}

impl fmt::Display for Week {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let monday = Offset::UTC.to_datetime(self.start()).date().iso_week_date();
        write!(f, "{:04}-W{:02}", monday.year(), monday.week())
    }
}

#[cfg(test)]
mod tests {
    use super::{DAY_SECONDS, FIRST_MONDAY, LAST_MONDAY, Week};
    use jiff::Timestamp;

    #[test]
    fn weeks_and_labels_are_one_to_one() {
        for (at, label) in [
            ("2026-11-16T00:00:00Z", "2026-W47"),
            ("2026-11-22T23:59:59.999Z", "2026-W47"),
            ("2026-11-23T00:00:00Z", "2026-W48"),
            ("2027-01-01T12:00:00Z", "2026-W53"),
            ("2024-12-30T00:00:00Z", "2025-W01"),
            ("2021-01-03T23:00:00Z", "2020-W53"),
            ("1970-01-05T00:00:00Z", "1970-W02"),
        ] {
            let at: Timestamp = at.parse().expect(label);
            let week = Week::of(at);
            assert_eq!(week.label(), label);
            assert_eq!(Week::from_label(label), Some(week));
            assert!(week.start() <= at && at < week.end(), "{label}");
        }
    }

    #[test]
    fn every_week_of_a_century_survives_its_label() {
        for days in (FIRST_MONDAY..36_525).step_by(7) {
            let week = Week::of(Timestamp::from_second(days * DAY_SECONDS).expect("in range"));
            assert_eq!(i64::from(week.0), days);
            assert_eq!(Week::from_label(&week.label()), Some(week));
        }
    }

    #[test]
    fn moments_outside_the_calendar_count_to_its_ends() {
        assert_eq!(i64::from(Week::of(Timestamp::MIN).0), FIRST_MONDAY);
        assert_eq!(i64::from(Week::of(Timestamp::MAX).0), LAST_MONDAY);
        assert_eq!(Week::of(Timestamp::MAX).label(), "9999-W51");
        assert_eq!(Week(u32::MAX).label(), "9999-W51");
        assert_eq!(Week(0).label(), "1970-W02");
    }

    #[test]
    fn other_folder_names_are_no_weeks() {
        for label in [
            "",
            "2026",
            "2026-W",
            "2026-W7",
            "2026-W00",
            "2026-W54",
            "2025-W53",
            "x026-W01",
            "-W01",
            "2026-W470",
            "1969-W01",
            "2026-W+1",
            "2026-w47",
        ] {
            assert_eq!(Week::from_label(label), None, "{label}");
        }
    }
}
