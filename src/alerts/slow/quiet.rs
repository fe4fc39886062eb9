//! Projects that are silent.

use jiff::{SignedDuration, Timestamp};

use crate::alerts::slow::{Found, Result, projects};
use crate::findings::Sources;
use crate::insight::alert::baseline::{Baseline, HOURS_MAX};
use crate::insight::alert::silence::{SILENCE_MIN, silence};
use crate::model::alert::{Because, Subject};
use crate::model::alert_rule::AlertRule;
use crate::model::series::{Resolution, Scope};

const HOUR: i64 = 3_600;

pub(super) fn look(
    sources: &Sources<'_>,
    rule: &AlertRule,
    factor: f64,
    now: Timestamp,
    found: &mut Vec<Found>,
) -> Result<()> {
    let this_hour = Timestamp::from_second(now.as_second() - now.as_second().rem_euclid(HOUR)).unwrap_or(now);
    let back = SignedDuration::from_hours(i64::try_from(HOURS_MAX).unwrap_or_default());
    for project in projects(sources, rule) {
        let series =
            |resolution, from, to| sources.store.series(Scope::Project(project), resolution, from, to);
        let recent = series(Resolution::Minute, now - SignedDuration::from_hours(2), now)?;
        let last_minute = recent.iter().rev().find(|(_, events)| *events > 0).map(|(start, _)| start + 60);
        let is_recent = |last: i64| now.as_second() - last < SILENCE_MIN.as_secs();
        if last_minute.is_some_and(is_recent) {
            continue;
        }
        let hours = series(Resolution::Hour, this_hour - back, this_hour)?;
        let Some(first) = hours.iter().position(|(_, events)| *events > 0) else { continue };
        let last_hour = hours.iter().rev().find(|(_, events)| *events > 0).map(|(start, _)| start + HOUR);
        let Some(last) = last_minute.or(last_hour).and_then(|last| Timestamp::from_second(last).ok()) else {
            continue;
        };
        let Some(seen) = silence(&Baseline::of(&hours[first..], now), last, factor, now) else { continue };
        found.push(Found {
            rule: rule.id,
            project,
            subject: Subject::Project { project },
            since: last,
            release: None,
            environment: None,
            because: Some(Because::Silence {
                last_event: last,
                usual_gap_seconds: seen.usual_gap_seconds,
                gap_seconds: seen.gap_seconds,
            }),
        });
    }
    Ok(())
}
