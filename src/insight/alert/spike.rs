//! Whether something is seen many times as often as usual: in the last minute, the last five, the last hour. Whichever
//! stretch shows it first decides, so that an outbreak is seen at once and a slow rise at all.

use jiff::Timestamp;

use crate::insight::alert::baseline::{Baseline, HOURS_KNOWN_MIN};
use crate::insight::alert::chance;

/// Minutes that are looked at, the current one among them.
pub const MINUTES: usize = 120;
/// Stretches may have ended up to so many minutes ago: events come late, and digesting may lag.
pub const LATE_MINUTES: usize = 15;
/// Fewer events are nobody's emergency, however quiet it had been.
pub const EVENTS_MIN: u64 = 10;
/// How likely chance may make what is called a spike. 300 issues that are looked at every ten seconds make some forty
/// million looks a month that do not repeat each other. Most of them have no ten times as many in them, and those
/// that do are mostly bunches, which the spread knows of: in simulated projects of thirty issues (`tests/suite/spikes.rs`) it
/// is less than one false alarm a month, and 1e-8 finds fewer spikes in time.
pub const CHANCE_MAX: f64 = 3e-7;
/// What is usual is not known to the last digit, and 20 where 2.01 are usual are ten times as many to anybody.
const FACTOR_SHARE: f64 = 0.95;
/// Stretches that are tried, in minutes, as far as they are no longer than the rule's.
const STRETCHES: [usize; 7] = [1, 2, 5, 15, 30, 60, 105];
/// Where nothing at all was seen before, so many events are taken to be usual: most issues begin with fewer. What
/// begins with the factor times as many …
const BEGINNING_EVENTS: f64 = 10.0;
/// … within so many minutes is an outbreak, and more than "new". Slower beginnings are just that. Two, since one that takes
/// a minute mostly lies in two of them.
const BEGINNING_MINUTES: usize = 2;
/// What chance may make of an issue that is not a day old: it is young but once, so it is looked at a few thousand times.
const CHANCE_YOUNG_MAX: f64 = 1e-6;

/// After an outage clients send what they kept: what was missing in so many minutes before …
const OWED_MINUTES: usize = 75;
/// … where so long a silence is no chance …
const SILENCE_CHANCE_MAX: f64 = 1e-3;
/// … comes at no more than so many times the usual rate, beside what is new.
const OWED_AT_ONCE: f64 = 5.0;

/// It is still one above so much of the factor …
const STILL_SHARE: f64 = 0.5;
/// … in the last so many minutes, the unfinished one among them …
const STILL_MINUTES: [usize; 2] = [6, 16];
/// … with at least so many events.
const STILL_EVENTS_MIN: u64 = 3;

#[derive(Debug, Clone, PartialEq)]
pub struct Spike {
    /// In the last so many minutes …
    pub minutes: u32,
    pub events: u64,
    /// … in which so many are usual.
    pub usual: f64,
    /// The beginning of those minutes. What began before a spike was over is still that one.
    pub since: Timestamp,
}

/// `minutes`: events by the minute, oldest first; the last is the current, unfinished one. Of more than `MINUTES` the
/// last count; a rule's longer window is judged by the stretches that fit.
pub fn spike(
    minutes: &[u32],
    baseline: &Baseline,
    factor: f64,
    window_minutes: u32,
    now: Timestamp,
) -> Option<Spike> {
    let minutes = &minutes[minutes.len().saturating_sub(MINUTES)..];
    let window = usize::try_from(window_minutes).unwrap_or(MINUTES);
    let reach = (window + LATE_MINUTES).min(minutes.len());
    let (mut recent, mut highest) = (0, 0);
    for events in &minutes[minutes.len() - reach..] {
        recent += u64::from(*events);
        highest = highest.max(*events);
    }
    // No stretch has the factor where none of its minutes has: most that is looked at ends here.
    let least = factor * FACTOR_SHARE * baseline.per_minute_min();
    if recent < EVENTS_MIN || f64::from(highest) < least {
        return None;
    }
    let counted = Counted::of(minutes, baseline, now);
    let mut best: Option<(f64, usize)> = None;
    for stretch in STRETCHES.into_iter().filter(|stretch| *stretch <= window).chain([window]) {
        for late in 0..=LATE_MINUTES {
            let Some(end) = minutes.len().checked_sub(late) else { break };
            let Some(start) = end.checked_sub(stretch) else { break };
            let events = counted.events(start, end);
            if events < EVENTS_MIN {
                continue;
            }
            let usual = counted.usual(start, end);
            let needed = factor * FACTOR_SHARE * usual.events;
            if (events as f64) < needed {
                continue;
            }
            let owed = counted.owed(start);
            let is_outage = baseline.chance_of_silence(owed) < SILENCE_CHANCE_MAX;
            if is_outage && (events as f64) < needed + owed.min(OWED_AT_ONCE * usual.events) {
                continue;
            }
            let variance = baseline.variance(usual.events, usual.seen_before);
            let excess = (events as f64 - usual.events) / variance.sqrt();
            if best.is_some_and(|(most, _)| most >= excess) {
                continue;
            }
            let is_remarkable = if usual.is_beginning {
                stretch <= BEGINNING_MINUTES
            } else {
                chance::at_least(events, usual.events, variance) < counted.chance_max()
            };
            if is_remarkable {
                best = Some((excess, start));
            }
        }
    }
    let (_, start) = best?;
    Some(counted.told(minutes, start))
}

/// The same of an hour of the past, of which only the sum is known.
pub fn in_hour(events: u64, baseline: &Baseline, factor: f64) -> bool {
    let usual = baseline.per_hour();
    events >= EVENTS_MIN
        && baseline.known_hours() > 0
        && events as f64 >= factor * FACTOR_SHARE * usual
        && chance::at_least(events, usual, baseline.variance(usual, 0)) < CHANCE_MAX
}

/// Whether a spike goes on. It ends later than it began, so that one that wavers is one.
pub fn is_still(minutes: &[u32], baseline: &Baseline, factor: f64, now: Timestamp) -> bool {
    let minutes = &minutes[minutes.len().saturating_sub(MINUTES)..];
    let counted = Counted::of(minutes, baseline, now);
    STILL_MINUTES.into_iter().any(|stretch| {
        let (start, end) = (minutes.len().saturating_sub(stretch), minutes.len());
        let events = counted.events(start, end);
        events >= STILL_EVENTS_MIN
            && events as f64
                >= factor * STILL_SHARE * baseline_alone(baseline, now, start, end, minutes.len())
    })
}

/// Without what the minutes before say: they are the spike's own.
fn baseline_alone(baseline: &Baseline, now: Timestamp, start: usize, end: usize, minutes: usize) -> f64 {
    let first = first_minute(now, minutes);
    (first..).take(end).skip(start).map(|minute| baseline.per_minute(minute)).sum()
}

/// Since 1970.
fn first_minute(now: Timestamp, minutes: usize) -> i64 {
    now.as_second().div_euclid(60) + 1 - i64::try_from(minutes).unwrap_or_default()
}

/// What is usual in a stretch.
struct Usual {
    events: f64,
    /// Events just before the stretch that tell it, beside the baseline.
    seen_before: u64,
    /// The stretch holds all that was ever seen.
    is_beginning: bool,
}

/// Running sums, so that any stretch is two look-ups.
struct Counted {
    first_minute: i64,
    events: [u64; MINUTES + 1],
    expected: [f64; MINUTES + 1],
    /// Where little is known: the first minute that had an event.
    began: Option<usize>,
    /// Nothing was seen before these minutes.
    is_all: bool,
}

impl Counted {
    fn of(minutes: &[u32], baseline: &Baseline, now: Timestamp) -> Self {
        let first_minute = first_minute(now, minutes.len());
        let (mut events, mut expected) = ([0; MINUTES + 1], [0.0; MINUTES + 1]);
        let mut usual = baseline.per_minute(first_minute);
        let mut next_hour = 60 - usize::try_from(first_minute.rem_euclid(60)).unwrap_or_default();
        for (index, count) in minutes.iter().enumerate() {
            if index == next_hour {
                usual = baseline.per_minute(first_minute + i64::try_from(index).unwrap_or_default());
                next_hour += 60;
            }
            events[index + 1] = events[index] + u64::from(*count);
            expected[index + 1] = expected[index] + usual;
        }
        let is_young = baseline.known_hours() < HOURS_KNOWN_MIN;
        let began = if is_young { minutes.iter().position(|count| *count > 0) } else { None };
        Self { first_minute, events, expected, began, is_all: baseline.known_since_minute() >= first_minute }
    }

    fn events(&self, start: usize, end: usize) -> u64 {
        self.events[end] - self.events[start]
    }

    fn usual(&self, start: usize, end: usize) -> Usual {
        let known = self.expected[end] - self.expected[start];
        let Some(began) = self.began else {
            return Usual { events: known, seen_before: 0, is_beginning: false };
        };
        if began >= start {
            let events = if self.is_all { known.max(BEGINNING_EVENTS) } else { known };
            return Usual { events, seen_before: 0, is_beginning: self.is_all };
        }
        let seen_before = self.events(began, start);
        let share = (end - start) as f64 / (start - began) as f64;
        // An outbreak of a minute lies in two: of what came in one before it, no more is concluded than that.
        let share = if end - start <= BEGINNING_MINUTES { share.min(1.0) } else { share };
        let here = seen_before as f64 * share;
        Usual { events: known.max(here), seen_before, is_beginning: false }
    }

    fn chance_max(&self) -> f64 {
        if self.began.is_some() { CHANCE_YOUNG_MAX } else { CHANCE_MAX }
    }

    /// What would have come in the longest time without any event, shortly before.
    fn owed(&self, start: usize) -> f64 {
        let mut most = 0.0_f64;
        let mut end = start;
        for index in (start.saturating_sub(OWED_MINUTES)..start).rev() {
            if self.events(index, index + 1) > 0 {
                end = index;
            } else {
                most = most.max(self.expected[end] - self.expected[index]);
            }
        }
        most
    }

    /// From the first minute of the stretch that is above what is usual until now.
    fn told(&self, minutes: &[u32], start: usize) -> Spike {
        let is_above = |index: &usize| {
            f64::from(minutes[*index]) > self.usual(start, *index + 1).per(*index + 1 - start)
        };
        let since = (start..minutes.len()).find(is_above).unwrap_or(start);
        let seconds = (self.first_minute + i64::try_from(since).unwrap_or_default()) * 60;
        let per_minute = self.usual(start, minutes.len()).per(minutes.len() - start);
        Spike {
            minutes: u32::try_from(minutes.len() - since).unwrap_or(u32::MAX),
            events: self.events(since, minutes.len()),
            usual: per_minute * (minutes.len() - since) as f64,
            since: Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH),
        }
    }
}

impl Usual {
    fn per(&self, minutes: usize) -> f64 {
        self.events / minutes as f64
    }
}

#[cfg(test)]
mod tests;
