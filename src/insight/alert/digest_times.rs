//! When a person's digest is due: a cron expression of the usual five fields, in the person's own time.
//!
//! The crate `cron` reads the fields. Days are walked here, by the calendar of the person's zone: it counts weekdays
//! from 1, and wants day of month and day of week both to fit where Unix wants either.

use std::collections::BTreeSet;
use std::str::FromStr;

use cron::{Schedule, TimeUnitSpec};
use jiff::Timestamp;
use jiff::civil::{Date, Time};

use crate::insight::alert::wishes::zone;

/// Until the 29th of February has come twice at most.
const DAYS_LOOKED_AT_MAX: u32 = 8 * 366 + 1;
const EXPRESSION_BYTES_MAX: usize = 100;
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// The first time after `after`. `None`: the expression is none, or its day never comes.
///
/// A time that the clocks leave out is when it would have come; one that comes twice is the first of the two.
pub fn next_digest(cron: &str, time_zone: &str, after: Timestamp) -> Option<Timestamp> {
    let times = Times::read(cron).ok()?;
    let zone = zone(time_zone);
    let mut day = after.to_zoned(zone.clone()).date();
    for _ in 0..DAYS_LOOKED_AT_MAX {
        if times.has_day(day) {
            let at = zone.to_timestamp(day.to_datetime(times.time)).ok()?;
            if at > after {
                return Some(at);
            }
        }
        day = day.tomorrow().ok()?;
    }
    None
}

/// Says what is wrong with an expression, in a sentence.
pub fn check_digest(cron: &str) -> Result<(), String> {
    let times = Times::read(cron)?;
    let mut day = Date::constant(2024, 1, 1);
    for _ in 0..DAYS_LOOKED_AT_MAX {
        if times.has_day(day) {
            return Ok(());
        }
        day = day.tomorrow().map_err(|error| error.to_string())?;
    }
    Err(format!("`{cron}` names a day that never comes."))
}

struct Times {
    schedule: Schedule,
    time: Time,
    /// From 0, Sunday.
    weekdays: BTreeSet<u8>,
    /// Where the day of the month and that of the week are both said, either is enough.
    either: bool,
}

impl Times {
    fn read(text: &str) -> Result<Self, String> {
        let fields: Vec<&str> = text.split_ascii_whitespace().collect();
        let &[minute, hour, day, month, weekday] = fields.as_slice() else {
            return Err("A digest's time has five fields: minute, hour, day of the month, month and day of the week, \
                 such as `0 9 * * 1` for Mondays at nine."
                .to_owned());
        };
        if text.len() > EXPRESSION_BYTES_MAX {
            return Err(format!("A digest's time has at most {EXPRESSION_BYTES_MAX} characters."));
        }
        let weekdays = read_weekdays(weekday)
            .ok_or_else(|| format!("`{weekday}` is no day of the week: expected 0 (Sunday) to 6, or MON."))?;
        let schedule = Schedule::from_str(&format!("0 {minute} {hour} {day} {month} *"))
            .map_err(|_| format!("`{text}` is no cron expression."))?;
        let mut minutes = schedule.minutes().iter();
        let mut hours = schedule.hours().iter();
        let (Some(minute), Some(hour), None, None) =
            (minutes.next(), hours.next(), minutes.next(), hours.next())
        else {
            return Err("A digest comes at most once a day: name one minute and one hour.".to_owned());
        };
        let small = |ordinal: u32| i8::try_from(ordinal).ok();
        let time =
            small(hour).zip(small(minute)).and_then(|(hour, minute)| Time::new(hour, minute, 0, 0).ok());
        let time = time.ok_or_else(|| format!("`{text}` is no time of day."))?;
        let is_said = |field: &str| !field.starts_with(['*', '?']);
        Ok(Self { time, weekdays, either: is_said(day) && is_said(weekday), schedule })
    }

    fn has_day(&self, day: Date) -> bool {
        let number = |part: i8| u32::from(part.unsigned_abs());
        let of_month = self.schedule.days_of_month().includes(number(day.day()));
        let of_week = self.weekdays.contains(&day.weekday().to_sunday_zero_offset().unsigned_abs());
        let fits = if self.either { of_month || of_week } else { of_month && of_week };
        fits && self.schedule.months().includes(number(day.month()))
    }
}

/// `1-5`, `MON,thu`, `*/2`, `7`: 0 and 7 are Sunday.
fn read_weekdays(field: &str) -> Option<BTreeSet<u8>> {
    let mut days = BTreeSet::new();
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<usize>().ok().filter(|step| (1..=7).contains(step))?),
            None => (part, 1),
        };
        let (from, to) = match range.split_once('-') {
            Some((from, to)) => (read_weekday(from)?, read_weekday(to)?),
            None if matches!(range, "*" | "?") => (0, 6),
            // `1/2` is every second from then on.
            None if part.contains('/') => (read_weekday(range)?, 6),
            None => (read_weekday(range)?, read_weekday(range)?),
        };
        if from > to {
            return None;
        }
        days.extend((from..=to).step_by(step).map(|day| day % 7));
    }
    Some(days)
}

fn read_weekday(text: &str) -> Option<u8> {
    let named = WEEKDAYS.iter().position(|day| text.eq_ignore_ascii_case(day));
    let number = named.and_then(|place| u8::try_from(place).ok()).or_else(|| text.parse().ok())?;
    (number <= 7).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_come_in_the_persons_own_time() {
        for (cron, zone, after, next) in [
            ("0 9 * * *", "UTC", "2026-01-10T08:59:59Z", "2026-01-10T09:00:00Z"),
            ("0 9 * * *", "UTC", "2026-01-10T09:00:00Z", "2026-01-11T09:00:00Z"),
            ("30 8 * * *", "Europe/Berlin", "2026-01-10T08:00:00Z", "2026-01-11T07:30:00Z"),
            // Monday is 1; Sunday is 0, 7 and SUN.
            ("0 9 * * 1", "UTC", "2026-01-10T00:00:00Z", "2026-01-12T09:00:00Z"),
            ("0 9 * * 0", "UTC", "2026-01-10T00:00:00Z", "2026-01-11T09:00:00Z"),
            ("0 9 * * 7", "UTC", "2026-01-10T00:00:00Z", "2026-01-11T09:00:00Z"),
            ("0 9 * * sun", "UTC", "2026-01-10T00:00:00Z", "2026-01-11T09:00:00Z"),
            ("0 9 * * 1-5", "UTC", "2026-01-09T10:00:00Z", "2026-01-12T09:00:00Z"),
            ("0 9 * * 5-7", "UTC", "2026-01-10T10:00:00Z", "2026-01-11T09:00:00Z"),
            ("0 9 * * */3", "UTC", "2026-01-10T08:00:00Z", "2026-01-10T09:00:00Z"),
            // Either of the two days, as Unix has it.
            ("0 9 15 * 1", "UTC", "2026-01-12T10:00:00Z", "2026-01-15T09:00:00Z"),
            ("0 9 15 * 1", "UTC", "2026-01-15T10:00:00Z", "2026-01-19T09:00:00Z"),
            ("0 9 29 2 *", "UTC", "2026-01-15T10:00:00Z", "2028-02-29T09:00:00Z"),
            ("0 9 1 JAN *", "UTC", "2026-01-15T10:00:00Z", "2027-01-01T09:00:00Z"),
            // 02:30 is left out on the 29th of March: it would have been 01:30 UTC.
            ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T01:30:00Z"),
            // And comes twice on the 25th of October: once is enough.
            ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"),
            ("30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"),
            ("0 9 * * *", "Nowhere/Nothing", "2026-01-10T08:00:00Z", "2026-01-10T09:00:00Z"),
        ] {
            let found = next_digest(cron, zone, after.parse().expect("a time"));
            assert_eq!(found, Some(next.parse().expect("a time")), "{cron} {zone} after {after}");
        }
    }

    #[test]
    fn what_is_no_time_of_a_digest_is_said() {
        for (cron, said) in [
            ("* * * * *", "at most once a day"),
            ("0 9,17 * * *", "at most once a day"),
            ("0/30 9 * * *", "at most once a day"),
            ("0 9 * *", "five fields"),
            ("0 0 9 * * *", "five fields"),
            ("0 25 * * *", "no cron expression"),
            ("61 9 * * *", "no cron expression"),
            ("0 9 31 2 *", "never comes"),
            ("0 9 * * 8", "no day of the week"),
            ("0 9 * * 5-1", "no day of the week"),
            ("0 9 * * mon/0", "no day of the week"),
            ("", "five fields"),
        ] {
            let refused = check_digest(cron).expect_err(cron);
            assert!(refused.contains(said), "{cron}: {refused}");
            assert_eq!(next_digest(cron, "UTC", Timestamp::UNIX_EPOCH), None, "{cron}");
        }
        for cron in ["0 9 * * *", "5 7 * * 1-5", "0 8 1 * ?", "0 9 29 2 *"] {
            assert_eq!(check_digest(cron), Ok(()), "{cron}");
        }
    }
}
