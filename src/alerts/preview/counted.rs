//! What is told by counts of an issue: spikes, and more events than a number. By the hour; where that leaves a question, by
//! the minute, as far as minutes are kept.

use jiff::{SignedDuration, Timestamp};

use crate::alerts::preview::once::past;
use crate::alerts::preview::{Found, HISTORY, Past, Result};
use crate::insight::alert::baseline::Baseline;
use crate::insight::alert::spike::{EVENTS_MIN, MINUTES, in_hour, spike};
use crate::model::alert::Because;
use crate::model::alert_rule::AlertRule;
use crate::model::issue::Issue;
use crate::model::series::{Resolution, Scope};

/// For how long the store keeps counts by the minute.
const MINUTE_DAYS: i64 = 2;
const HOUR: i64 = 3_600;
const HOUR_MINUTES: u32 = 60;
/// An hour with a spike in it has so many times the events of the quieter of the last two days at that hour, in tenths. The
/// few that do are looked at closely; where minutes are kept, a short spike shows less in its hour.
const STANDS_OUT_TENTHS: u64 = 25;
const STANDS_OUT_MINUTES_TENTHS: u64 = 12;

/// (start in seconds, events)
type Hours = Vec<(i64, u64)>;

/// Whether something is told of again.
#[derive(Default)]
struct Episode {
    last_true: Option<Timestamp>,
}

impl Episode {
    /// It is true then. Answers whether that is news: it was over for the rule's times, or not true before.
    fn begins(&mut self, at: Timestamp, rule: &AlertRule) -> bool {
        let over = rule.quiet().max(rule.cooldown());
        let last = self.last_true.replace(at);
        last.is_none_or(|last| at.duration_since(last) > over.max(SignedDuration::from_secs(HOUR)))
    }
}

impl Past<'_> {
    pub(super) fn spikes(&self, factor: f64, window_minutes: u32) -> Result<Found> {
        let mut found = Found::default();
        let issues = self.issues(&mut found)?;
        let minutes_from = self.minutes_from();
        for (issue, hours) in self.hours_of(&issues)? {
            let first = hours
                .iter()
                .position(|(start, events)| *start > issue.first_seen.as_second() - HOUR || *events > 0);
            let Some(first) = first else { continue };
            let mut episode = Episode::default();
            for index in first..hours.len() {
                let (start, events) = hours[index];
                let has_minutes = start >= minutes_from.as_second();
                if start < self.from.as_second() || !stands_out(&hours, index, has_minutes) {
                    continue;
                }
                let Ok(at) = Timestamp::from_second(start) else { continue };
                let baseline = Baseline::of(&hours[first..index], at);
                let hit = if has_minutes {
                    self.spike_by_minute(issue, &baseline, factor, window_minutes, at)?
                } else {
                    in_hour(events, &baseline, factor).then(|| (at, by_hour(events, &baseline, factor)))
                };
                let Some((at, because)) = hit else { continue };
                if episode.begins(at, self.rule) {
                    found.alerts.push(past(issue, at, because));
                }
            }
        }
        found.notes.push(format!(
            "Counts by the minute are kept for {MINUTE_DAYS} days; before, only what shows in a whole hour is \
             found."
        ));
        Ok(found)
    }

    /// The first minute of an hour in which it would have been told.
    fn spike_by_minute(
        &self,
        issue: &Issue,
        baseline: &Baseline,
        factor: f64,
        window_minutes: u32,
        hour: Timestamp,
    ) -> Result<Option<(Timestamp, Because)>> {
        let before = SignedDuration::from_mins(i64::try_from(MINUTES).unwrap_or_default());
        let end = self.now.min(hour + SignedDuration::from_secs(HOUR));
        let minutes = self.minutes(issue, hour - before, end)?;
        for last in MINUTES..minutes.len() {
            let (start, events) = minutes[last];
            let Ok(at) = Timestamp::from_second(start + 59) else { continue };
            if events == 0 {
                continue;
            }
            let counts: Vec<u32> =
                minutes[last + 1 - MINUTES..=last].iter().map(|(_, events)| narrowed(*events)).collect();
            if let Some(seen) = spike(&counts, baseline, factor, window_minutes, at) {
                let (minutes, events, usual) = (seen.minutes, seen.events, seen.usual);
                let known_hours = baseline.known_hours();
                return Ok(Some((at, Because::Spike { minutes, events, usual, factor, known_hours })));
            }
        }
        Ok(None)
    }

    pub(super) fn events(&self, more_than: u64, window_minutes: u32) -> Result<Found> {
        let mut found = Found::default();
        let issues = self.issues(&mut found)?;
        let hours_wide = usize::try_from(window_minutes.div_ceil(HOUR_MINUTES)).unwrap_or(1).max(1);
        let is_short = window_minutes < HOUR_MINUTES;
        let minutes_from = self.minutes_from();
        for (issue, hours) in self.hours_of(&issues)? {
            let mut episode = Episode::default();
            for index in 0..hours.len() {
                let (start, here) = hours[index];
                let wide = &hours[(index + 1).saturating_sub(hours_wide)..=index];
                let events: u64 = wide.iter().map(|(_, events)| events).sum();
                let may_be = start >= self.from.as_second() && here > 0 && events > more_than;
                let Some(at) = Timestamp::from_second(start).ok().filter(|_| may_be) else { continue };
                let hit = if is_short {
                    let is_kept = at >= minutes_from;
                    if is_kept { self.events_by_minute(issue, more_than, window_minutes, at)? } else { None }
                } else {
                    Some((at, events))
                };
                let Some((at, events)) = hit else { continue };
                if episode.begins(at, self.rule) {
                    found.alerts.push(past(issue, at, Because::Events { events, more_than, window_minutes }));
                }
            }
        }
        found.notes.push(if is_short {
            format!(
                "Counts by the minute are kept for {MINUTE_DAYS} days: windows before that are not looked at."
            )
        } else {
            "Told by whole hours; a window that lies across two may have had more.".to_owned()
        });
        Ok(found)
    }

    fn events_by_minute(
        &self,
        issue: &Issue,
        more_than: u64,
        window_minutes: u32,
        hour: Timestamp,
    ) -> Result<Option<(Timestamp, u64)>> {
        let window = usize::try_from(window_minutes).unwrap_or(1).max(1);
        let before = SignedDuration::from_mins(i64::from(window_minutes));
        let end = self.now.min(hour + SignedDuration::from_secs(HOUR));
        let minutes = self.minutes(issue, hour - before, end)?;
        for (last, (start, _)) in minutes.iter().enumerate().skip(window) {
            let events: u64 = minutes[last + 1 - window..=last].iter().map(|(_, events)| events).sum();
            if events > more_than {
                return Ok(Timestamp::from_second(*start + 59).ok().map(|at| (at, events)));
            }
        }
        Ok(None)
    }

    /// Each with its hours, from as far back as what is usual is told by, up to now.
    fn hours_of<'a>(&self, issues: &'a [Issue]) -> Result<Vec<(&'a Issue, Hours)>> {
        let scopes: Vec<Scope> = issues.iter().map(|issue| Scope::Issue(issue.id)).collect();
        let hours = self.series(&scopes, Resolution::Hour, self.now - HISTORY, self.now)?;
        Ok(issues.iter().zip(hours).collect())
    }

    fn minutes(&self, issue: &Issue, from: Timestamp, to: Timestamp) -> Result<Vec<(i64, u64)>> {
        let mut series = self.series(&[Scope::Issue(issue.id)], Resolution::Minute, from, to)?;
        Ok(series.pop().unwrap_or_default())
    }

    /// From here on minutes are kept, those before a first hour among them.
    fn minutes_from(&self) -> Timestamp {
        self.now - SignedDuration::from_hours(24 * MINUTE_DAYS - 3)
    }
}

fn by_hour(events: u64, baseline: &Baseline, factor: f64) -> Because {
    let (usual, known_hours) = (baseline.per_hour(), baseline.known_hours());
    Because::Spike { minutes: HOUR_MINUTES, events, usual, factor, known_hours }
}

/// Whether an hour is worth a look.
fn stands_out(hours: &[(i64, u64)], index: usize, has_minutes: bool) -> bool {
    let events = hours[index].1;
    let before = |back: usize| index.checked_sub(back).map_or(0, |index| hours[index].1);
    let tenths = if has_minutes { STANDS_OUT_MINUTES_TENTHS } else { STANDS_OUT_TENTHS };
    // Minutes of the hour before may be the spike's.
    let here = if has_minutes { events.saturating_add(before(1)) } else { events };
    here >= EVENTS_MIN && events.saturating_mul(10) >= before(24).min(before(48)).saturating_mul(tenths)
}

fn narrowed(events: u64) -> u32 {
    u32::try_from(events).unwrap_or(u32::MAX)
}
