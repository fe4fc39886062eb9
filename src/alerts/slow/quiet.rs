//! Projects that are silent.

use jiff::{SignedDuration, Timestamp};

use crate::alerts::slow::{Found, Look, Place, Result, known};
use crate::insight::alert::baseline::{Baseline, HOURS_MAX};
use crate::insight::alert::silence::{SILENCE_MIN, silence};
use crate::model::alert::{Because, Subject};
use crate::model::alert_rule::AlertRule;
use crate::model::series::{Resolution, Scope};
use crate::store::Store;

const HOUR: i64 = 3_600;

impl Look<'_> {
    pub(super) fn silence(&mut self, rule: &AlertRule, factor: f64) -> Result<()> {
        let (store, now) = (self.sources.store, self.now);
        for project in self.projects(rule) {
            let place = (project, rule.environment.clone());
            let read = || read(store, &place, now);
            let Some((baseline, last)) = known(&mut self.silent, place.clone(), read)? else { continue };
            let Some(seen) = silence(baseline, *last, factor, now) else { continue };
            self.found.push(Found {
                rule: rule.id,
                project,
                subject: Subject::Project { project },
                since: *last,
                release: None,
                environment: rule.environment.clone(),
                because: Some(Because::Silence {
                    last_event: *last,
                    usual_gap_seconds: seen.usual_gap_seconds,
                    gap_seconds: seen.gap_seconds,
                }),
            });
        }
        Ok(())
    }
}

/// What is usual there, and the last event. `None`: it was just now, or never.
fn read(store: &Store, place: &Place, now: Timestamp) -> Result<Option<(Baseline, Timestamp)>> {
    let (project, environment) = place;
    let series = |resolution, from, to| {
        let scopes = [Scope::Project(*project)];
        let mut read = store.series_in(environment.as_deref(), &scopes, resolution, from, to)?;
        Ok::<_, crate::store::StoreError>(read.pop().unwrap_or_default())
    };
    let recent = series(Resolution::Minute, now - SignedDuration::from_hours(2), now)?;
    let last_minute = recent.iter().rev().find(|(_, events)| *events > 0).map(|(start, _)| start + 60);
    if last_minute.is_some_and(|last| now.as_second() - last < SILENCE_MIN.as_secs()) {
        return Ok(None);
    }
    let this_hour = Timestamp::from_second(now.as_second() - now.as_second().rem_euclid(HOUR)).unwrap_or(now);
    let back = SignedDuration::from_hours(i64::try_from(HOURS_MAX).unwrap_or_default());
    let hours = series(Resolution::Hour, this_hour - back, this_hour)?;
    let Some(first) = hours.iter().position(|(_, events)| *events > 0) else { return Ok(None) };
    let last_hour = hours.iter().rev().find(|(_, events)| *events > 0).map(|(start, _)| start + HOUR);
    let last = last_minute.or(last_hour).and_then(|last| Timestamp::from_second(last).ok());
    Ok(last.map(|last| (Baseline::of(&hours[first..], now), last)))
}
