//! What is usual for an issue (or a project) at an hour of the week, and how sure that is. Told by its counts by the
//! hour: the same hour of the week leans on the same hour of the day and on the day of the week, these on the overall
//! mean, each the more the less it was seen itself (gamma priors, the strength of which comes of the data).
//!
//! Old spikes must not hide new ones, and a new level must not stay remarkable for weeks: what is higher than on the
//! third-worst day counts as much as that one, and each week counts half as much as the week after it.

use jiff::Timestamp;

use crate::insight::statistics::nothing_of;

mod history;

use history::History;

/// Hours that are looked at: as long as counts by the hour are kept.
pub const HOURS_MAX: usize = 35 * 24;
/// With less than a day behind it, what is usual is also told by the minutes just before.
pub const HOURS_KNOWN_MIN: u32 = 24;
/// Of windows that end now and of late ones, all lie within so many hours before this one.
pub(super) const HOURS_BACK: usize = 4;

/// Events that one occasion sends where nothing is known yet: an SDK tries again, a page is loaded anew.
const BUNCHING_PRIOR: f64 = 8.0;
/// So many events weigh as much as that assumption.
const BUNCHING_PRIOR_EVENTS: f64 = 80.0;
/// Bunches are rare and not all of one size: where some are, the largest are larger than their spread says, by up to twice
/// as much or so many events.
const BUNCHES_VARY: f64 = 3.0;
/// How far levels wander by themselves (a share of the mean, squared): a third up or down.
const SPREAD_PRIOR: f64 = 0.1;
/// So many hours weigh as much as that.
const SPREAD_PRIOR_HOURS: f64 = 48.0;
/// Beyond this, ten times the mean would be nothing remarkable, whatever its cause; deploys and holidays reach it.
const SPREAD_MAX: f64 = 1.0 / 3.0;
/// Where nothing was seen, half an event is taken for it: nothing is infinitely unlikely (Jeffreys 1946).
const UNSEEN: f64 = 0.5;
/// Hours that the day and the day of the week together stand for, beside the same hour of earlier weeks.
const WEEK_PRIOR_HOURS: f64 = 3.0;
/// The overall mean stands for at most so many hours, where the day has no rhythm, and for at least so many, where it has.
const DAY_PRIOR_HOURS: (f64, f64) = (0.05, 24.0);
/// A day of the week is taken to be like the others, as strongly as so many occasions say.
const WEEKDAY_PRIOR: f64 = 2.0;

#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// Since 1970: the one that it was made in.
    hour: i64,
    known_hours: u32,
    /// Events an hour: in this hour, in the one before, …
    per_hour: [f64; HOURS_BACK],
    /// How many hours stand behind each of these.
    evidence_hours: f64,
    bunching: f64,
    spread: f64,
}

impl Baseline {
    /// `hours`: (start in seconds, events), zeros included, without gaps, oldest first, from when the issue began, the current hour
    /// excluded. It holds for the hour of `now`.
    pub fn of(hours: &[(i64, u64)], now: Timestamp) -> Self {
        let hour = now.as_second().div_euclid(3_600);
        let hours = &hours[hours.len().saturating_sub(HOURS_MAX)..];
        if hours.is_empty() {
            return Self::unknown(hour);
        }
        let history = History::of(hours, hour);
        let bunching = history.bunching();
        let mean = history.mean();
        let days = history.by_hour_of_day(mean, bunching);
        let weekdays = history.by_day_of_week(bunching);
        let spread = history.spread(&days.rates, &weekdays, bunching);

        let level = history.level(&days.rates, &weekdays, bunching);
        let mut per_hour = [0.0; HOURS_BACK];
        let mut evidence_hours = 0.0;
        for (back, rate) in (0i64..).zip(&mut per_hour) {
            let at = hour - back;
            let usual = days.rates[history::hour_of_day(at)] * weekdays[history.weekday(at)];
            let (events, seen) = history.same_hour_of_week(at);
            *rate = level * (WEEK_PRIOR_HOURS * usual + events) / (WEEK_PRIOR_HOURS + seen);
            if back == 0 {
                let behind = days.evidence[history::hour_of_day(at)];
                evidence_hours = seen + behind.min(WEEK_PRIOR_HOURS);
            }
        }
        let known_hours = u32::try_from(hours.len()).unwrap_or(u32::MAX);
        Self { hour, known_hours, per_hour, evidence_hours, bunching, spread }
    }

    /// Of what began within this hour.
    fn unknown(hour: i64) -> Self {
        Self {
            hour,
            known_hours: 0,
            per_hour: [0.0; HOURS_BACK],
            evidence_hours: 0.0,
            bunching: BUNCHING_PRIOR,
            spread: SPREAD_PRIOR,
        }
    }

    /// How much history it rests on.
    pub fn known_hours(&self) -> u32 {
        self.known_hours
    }

    /// Events an hour, in the hour that it was made in.
    pub fn per_hour(&self) -> f64 {
        self.per_hour[0]
    }

    /// Events a minute in the minute that began so many minutes after 1970.
    pub(super) fn per_minute(&self, minute: i64) -> f64 {
        let back = usize::try_from(self.hour - minute.div_euclid(60)).unwrap_or_default();
        self.per_hour[back.min(HOURS_BACK - 1)] / 60.0
    }

    /// Events a minute in the quietest of the hours that it tells of.
    pub(super) fn per_minute_min(&self) -> f64 {
        self.per_hour.iter().copied().fold(f64::INFINITY, f64::min) / 60.0
    }

    /// The beginning of what is known, in minutes since 1970.
    pub(super) fn known_since_minute(&self) -> i64 {
        (self.hour - i64::from(self.known_hours)) * 60
    }

    /// How many times something is to be expected between the two: bunches count once.
    pub(super) fn occasions(&self, from: Timestamp, to: Timestamp) -> f64 {
        let (first, last) = (from.as_second().div_euclid(60), to.as_second().div_euclid(60));
        // Hours before those that are known of are taken to be like the quietest of these.
        let known = last - last.rem_euclid(60) - 60 * (i64::try_from(HOURS_BACK).unwrap_or_default() - 1);
        let expected: f64 = (first.max(known)..last).map(|minute| self.per_minute(minute)).sum();
        let before = (known - first).max(0) as f64 * self.per_minute_min();
        (expected + before) / self.bunching
    }

    /// How likely nothing comes where so many events are expected.
    pub(super) fn chance_of_silence(&self, expected: f64) -> f64 {
        nothing_of(expected / self.bunching)
    }

    /// Of a count of which so many are expected: events come in bunches, levels wander, and little was seen. `before`:
    /// events that tell it beside the hours.
    pub(super) fn variance(&self, expected: f64, before: u64) -> f64 {
        let seen = (self.per_hour[0] * self.evidence_hours).max(before as f64);
        let occasions = seen / self.bunching + UNSEEN;
        let bunching = self.bunching + (self.bunching - 1.0).min(BUNCHES_VARY);
        bunching * expected + (self.spread + 1.0 / occasions) * expected * expected
    }
}

#[cfg(test)]
mod tests;
