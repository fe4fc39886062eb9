//! Whether a person wants to be told of something, and when.

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;

use crate::model::alert_rule::Severity;
use crate::model::ids::ProjectId;
use crate::model::preferences::{Preferences, QuietHours};

const MINUTES_A_DAY: u16 = 24 * 60;

/// `None`: this person does not want it. A later time is the end of the quiet hours that it falls into.
pub fn when(
    preferences: &Preferences,
    projects: &[ProjectId],
    severity: Severity,
    now: Timestamp,
) -> Option<Timestamp> {
    let is_theirs = match &preferences.projects {
        // What is of no project is of this server itself: who is told of it is chosen by the rule.
        Some(wanted) => projects.is_empty() || projects.iter().any(|project| wanted.contains(project)),
        None => true,
    };
    if !preferences.email || !is_theirs || severity < preferences.severity_min {
        return None;
    }
    let quiet = preferences.quiet_hours.filter(|quiet| severity < quiet.let_through);
    Some(quiet.and_then(|quiet| quiet_until(quiet, &zone(&preferences.time_zone), now)).unwrap_or(now))
}

/// UTC where the name is not known (any more).
pub fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

/// `None`: it is not quiet now. An hour that the clocks repeat ends once, when it ends first.
fn quiet_until(quiet: QuietHours, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let local = now.to_zoned(zone.clone()).datetime();
    let (from, to) = (time_of(quiet.from_minute)?, time_of(quiet.to_minute)?);
    let time = local.time();
    let day = if from <= to {
        (from <= time && time < to).then_some(local.date())?
    } else if time >= from {
        local.date().tomorrow().ok()?
    } else {
        (time < to).then_some(local.date())?
    };
    let end = zone.to_timestamp(day.to_datetime(to)).ok()?;
    (end > now).then_some(end)
}

fn time_of(minute: u16) -> Option<Time> {
    let minute = minute % MINUTES_A_DAY;
    Time::new(i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn quiet(from: u16, to: u16, zone: &str) -> Preferences {
        let quiet_hours =
            Some(QuietHours { from_minute: from * 60, to_minute: to * 60, let_through: Severity::Critical });
        Preferences { quiet_hours, time_zone: zone.to_owned(), ..Preferences::default() }
    }

    #[test]
    fn what_is_not_wanted_is_not_told() {
        let now = at("2026-03-03T12:00:00Z");
        let asked = |preferences: &Preferences, projects: &[u64], severity| {
            let projects: Vec<_> = projects.iter().map(|id| ProjectId(*id)).collect();
            when(preferences, &projects, severity, now)
        };
        let all = Preferences::default();
        assert_eq!(asked(&all, &[1], Severity::Low), Some(now));
        assert_eq!(asked(&Preferences { email: false, ..all.clone() }, &[1], Severity::Critical), None);
        let high = Preferences { severity_min: Severity::High, ..all.clone() };
        assert_eq!(asked(&high, &[1], Severity::Medium), None);
        assert_eq!(asked(&high, &[1], Severity::High), Some(now));
        let some = Preferences { projects: Some(vec![ProjectId(1)]), ..all };
        assert_eq!(asked(&some, &[2], Severity::High), None);
        assert_eq!(asked(&some, &[2, 1], Severity::High), Some(now));
        assert_eq!(asked(&some, &[], Severity::High), Some(now), "of the server itself");
    }

    #[test]
    fn quiet_hours_end_in_the_persons_own_time() {
        let berlin = "Europe/Berlin";
        for (preferences, now, told) in [
            // Winter, an hour before UTC.
            (quiet(22, 7, berlin), "2026-01-10T20:59:59Z", "2026-01-10T20:59:59Z"),
            (quiet(22, 7, berlin), "2026-01-10T21:00:00Z", "2026-01-11T06:00:00Z"),
            (quiet(22, 7, berlin), "2026-01-11T05:59:59Z", "2026-01-11T06:00:00Z"),
            (quiet(22, 7, berlin), "2026-01-11T06:00:00Z", "2026-01-11T06:00:00Z"),
            // Within one day.
            (quiet(9, 17, berlin), "2026-01-10T09:00:00Z", "2026-01-10T16:00:00Z"),
            (quiet(9, 17, berlin), "2026-01-10T17:00:00Z", "2026-01-10T17:00:00Z"),
            // The night in which the clocks go forward is an hour shorter …
            (quiet(22, 7, berlin), "2026-03-28T22:00:00Z", "2026-03-29T05:00:00Z"),
            // … one that ends in the hour that is left out ends when it would have come …
            (quiet(22, 2, berlin), "2026-03-28T22:00:00Z", "2026-03-29T01:00:00Z"),
            // … and in the hour that comes twice it ends the first time.
            (quiet(22, 3, berlin), "2026-10-24T23:30:00Z", "2026-10-25T02:00:00Z"),
            (quiet(22, 7, "America/St_Johns"), "2026-01-10T02:00:00Z", "2026-01-10T10:30:00Z"),
            (quiet(22, 7, "Nowhere/Nothing"), "2026-01-10T23:00:00Z", "2026-01-11T07:00:00Z"),
            (quiet(7, 7, "UTC"), "2026-01-10T07:00:00Z", "2026-01-10T07:00:00Z"),
        ] {
            assert_eq!(when(&preferences, &[], Severity::High, at(now)), Some(at(told)), "{now}");
        }
        let urgent = when(&quiet(22, 7, "UTC"), &[], Severity::Critical, at("2026-01-10T23:00:00Z"));
        assert_eq!(urgent, Some(at("2026-01-10T23:00:00Z")));
    }
}
