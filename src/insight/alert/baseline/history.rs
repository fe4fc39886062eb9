//! Sums over the hours of a history, capped and weighed.

use super::{
    BUNCHING_PRIOR, BUNCHING_PRIOR_EVENTS, DAY_PRIOR_HOURS, SPREAD_MAX, SPREAD_PRIOR, SPREAD_PRIOR_HOURS,
    UNSEEN, WEEKDAY_PRIOR,
};

const DAY: usize = 24;
const WEEK: i64 = 7 * 24;
/// A handful in an hour is nobody's spike: no cap goes below.
const CAP_MIN: u64 = 5;
/// One person's loop has as many, now and then: it tells how events bunch, and never is capped for that.
const LOOP_EVENTS: u64 = 30;
/// An hour with more than so many times its cap is no bunch but an outbreak.
const BUNCHES_OF_CAP: u64 = 2;
/// What happened on so many days is usual.
const DAYS_USUAL: usize = 3;
/// The hours beside one tell of it too, so much: clocks are put forward, and work begins at nine or at half past nine.
const BESIDE: f64 = 0.25;
/// Days after which an hour counts half as much.
const HALF_LIFE_DAYS: f64 = 7.0;
/// However much is seen of a day of the week, it tells no more of the next one than so many occasions do.
const WEEKDAY_OCCASIONS_MAX: f64 = 20.0;
/// The level is told by the last so many hours …
const LEVEL_HOURS: usize = 12;
/// … is no other for so much more …
const LEVEL_ORDINARY: f64 = 1.25;
/// … is at most so many times the usual: more is an outbreak, whoever brought it …
const LEVEL_MAX: f64 = 3.0;
/// … and is taken to be the usual one, as strongly as so many occasions say.
const LEVEL_OCCASIONS: f64 = 4.0;
/// From so many hours on, a day was seen whole and may show its rhythm.
const RHYTHM_HOURS_MIN: usize = 24;

pub(super) fn hour_of_day(hour: i64) -> usize {
    usize::try_from(hour.rem_euclid(24)).unwrap_or_default()
}

fn weekday_of(hours_ago: i64) -> usize {
    usize::try_from(hours_ago.div_euclid(24).rem_euclid(7)).unwrap_or_default()
}

/// The highest three of what it is shown.
#[derive(Clone, Copy, Default)]
struct Highest([u64; DAYS_USUAL]);

impl Highest {
    fn see(&mut self, value: u64) {
        let [first, second, third] = &mut self.0;
        if value > *first {
            (*first, *second, *third) = (value, *first, *second);
        } else if value > *second {
            (*second, *third) = (value, *second);
        } else if value > *third {
            *third = value;
        }
    }

    fn third(self) -> u64 {
        self.0[DAYS_USUAL - 1]
    }
}

pub(super) struct History {
    /// Of the first one, since 1970.
    first: i64,
    /// Of the one that is judged.
    now: i64,
    hours: Vec<Hour>,
}

struct Hour {
    of_day: usize,
    /// How many days ago it was, by the day of the week; days end where the current hour begins.
    weekday: usize,
    weight: f64,
    /// Events, capped by what its hour of the day had on the third-worst day.
    capped: f64,
    /// Capped by what any hour had on the third-worst day, so that bunches show in it; `None`: an outbreak.
    unbroken: Option<f64>,
}

/// What each hour of the day has, and how many hours stand behind that.
pub(super) struct Days {
    pub(super) rates: [f64; DAY],
    pub(super) evidence: [f64; DAY],
}

impl History {
    pub(super) fn of(hours: &[(i64, u64)], now: i64) -> Self {
        let first = hours[0].0.div_euclid(3_600);
        let days = hours.len() / DAY;

        let mut by_hour = [Highest::default(); DAY];
        let mut by_day = Highest::default();
        let (mut all, mut day_highest) = (Highest::default(), 0);
        let (mut before, mut of_day) = (0, hour_of_day(first));
        for (index, (_, here)) in hours.iter().enumerate() {
            let here = *here;
            let after = hours.get(index + 1).map_or(0, |(_, events)| *events);
            by_hour[of_day].see(before.max(here).max(after));
            all.see(here);
            day_highest = here.max(day_highest);
            if (hours.len() - index - 1).is_multiple_of(DAY) {
                by_day.see(day_highest);
                day_highest = 0;
            }
            of_day = if of_day + 1 == DAY { 0 } else { of_day + 1 };
            before = here;
        }
        let few = if hours.len() < DAYS_USUAL { u64::MAX } else { all.third().max(CAP_MIN) };
        let loose = if days < DAYS_USUAL { few } else { by_day.third() }.max(LOOP_EVENTS);
        let cap = |hour: usize| if days < DAYS_USUAL { few } else { by_hour[hour].third().max(CAP_MIN) };
        let caps: [u64; DAY] = std::array::from_fn(cap);

        let mut kept = Vec::with_capacity(hours.len());
        let (mut weight, mut of_day, mut weekday) = (1.0, hour_of_day(first), usize::MAX);
        for (at, (_, events)) in (first..).zip(hours) {
            let ago = now - 1 - at;
            if weekday == usize::MAX || (ago + 1) % 24 == 0 {
                weight = (-ago.div_euclid(24) as f64 / HALF_LIFE_DAYS).exp2();
                weekday = weekday_of(ago);
            }
            let cap = caps[of_day];
            let is_outbreak = *events > BUNCHES_OF_CAP.saturating_mul(cap).max(LOOP_EVENTS);
            let unbroken = (!is_outbreak || days < DAYS_USUAL).then_some((*events).min(loose) as f64);
            kept.push(Hour { of_day, weekday, weight, capped: (*events).min(cap) as f64, unbroken });
            of_day = if of_day + 1 == DAY { 0 } else { of_day + 1 };
        }
        Self { first, now, hours: kept }
    }

    pub(super) fn weekday(&self, hour: i64) -> usize {
        weekday_of(self.now - 1 - hour)
    }

    /// Events an hour, over all.
    pub(super) fn mean(&self) -> f64 {
        let (mut events, mut hours) = (0.0_f64, 0.0);
        for hour in &self.hours {
            events += hour.capped * hour.weight;
            hours += hour.weight;
        }
        events.max(UNSEEN) / hours
    }

    /// Variance over mean of events that one stretch of time has, at least 1. Told by how an hour differs from both its
    /// neighbours (von Neumann 1941, by second differences), so that neither rhythm nor level count as bunches.
    pub(super) fn bunching(&self) -> f64 {
        let (mut squares, mut sums, mut events) = (0.0, 0.0, 0.0);
        for window in self.hours.windows(3) {
            let [before, here, after] = window else { continue };
            let counts = (before.unbroken, here.unbroken, after.unbroken);
            let (Some(before), Some(here), Some(after)) = counts else { continue };
            let bend = before - 2.0 * here + after;
            squares += bend * bend;
            // Of Poisson counts the square's mean is before + 4 * here + after.
            sums += before + 4.0 * here + after;
            events += here;
        }
        let seen = if sums > 0.0 { squares / sums } else { 1.0 };
        let weighed = BUNCHING_PRIOR_EVENTS * BUNCHING_PRIOR + events * seen;
        (weighed / (BUNCHING_PRIOR_EVENTS + events)).max(1.0)
    }

    /// The same hour of each day; how much the overall mean says beside it is told by how much hours differ (empirical
    /// Bayes).
    pub(super) fn by_hour_of_day(&self, mean: f64, bunching: f64) -> Days {
        let (mut events, mut hours) = ([0.0; DAY], [0.0; DAY]);
        for hour in &self.hours {
            events[hour.of_day] += hour.capped * hour.weight;
            hours[hour.of_day] += hour.weight;
        }
        let with_beside = |sums: &[f64; DAY]| -> [f64; DAY] {
            std::array::from_fn(|hour| {
                sums[hour] + BESIDE * (sums[(hour + 1) % DAY] + sums[(hour + DAY - 1) % DAY])
            })
        };
        let (events, hours) = (with_beside(&events), with_beside(&hours));
        let (least, most) = DAY_PRIOR_HOURS;
        let mut prior = most;
        if self.hours.len() >= RHYTHM_HOURS_MIN {
            let (mut squares, mut noise) = (0.0, 0.0);
            for (events, hours) in events.iter().zip(&hours) {
                squares += (events / hours - mean).powi(2);
                noise += bunching * mean / hours;
            }
            let differ = (squares - noise) / DAY as f64;
            if differ > 0.0 {
                prior = (bunching * mean / differ).clamp(least, most);
            }
        }
        let all: f64 = self.hours.iter().map(|hour| hour.weight).sum();
        Days {
            rates: std::array::from_fn(|hour| (prior * mean + events[hour]) / (prior + hours[hour])),
            evidence: std::array::from_fn(|hour| (prior + hours[hour]).min(all)),
        }
    }

    /// How many times as many each of the last seven days has as the days of its week have on average; the place is how
    /// many days ago. Each week is measured by itself, so that a new level is no matter of the day of the week.
    pub(super) fn by_day_of_week(&self, bunching: f64) -> [f64; 7] {
        let mut by_day = Vec::with_capacity(self.hours.len() / DAY);
        by_day
            .extend(self.hours.rchunks_exact(DAY).map(|day| day.iter().map(|hour| hour.capped).sum::<f64>()));
        let (mut shares, mut weights) = ([WEEKDAY_PRIOR; 7], WEEKDAY_PRIOR);
        for (week, days) in by_day.chunks_exact(7).enumerate() {
            let mean = days.iter().sum::<f64>() / 7.0;
            if mean <= 0.0 {
                continue;
            }
            let age = week as f64 * 7.0 / HALF_LIFE_DAYS;
            let weight = (mean / bunching).min(WEEKDAY_OCCASIONS_MAX) * (-age).exp2();
            for (share, events) in shares.iter_mut().zip(days) {
                *share += weight * events / mean;
            }
            weights += weight;
        }
        shares.map(|share| share / weights)
    }

    /// How many times as many the last hours had as they usually have, at least as many: a deploy shifts what is usual at
    /// once. Hours that are worse than any deploy count as that.
    pub(super) fn level(&self, days: &[f64; DAY], weekdays: &[f64; 7], bunching: f64) -> f64 {
        let prior = LEVEL_OCCASIONS * bunching;
        let (mut events, mut expected) = (prior, prior);
        for hour in &self.hours[self.hours.len().saturating_sub(LEVEL_HOURS)..] {
            let usual = days[hour.of_day] * weekdays[hour.weekday];
            events += hour.capped.min(LEVEL_MAX * usual + bunching);
            expected += usual;
        }
        (events / expected / LEVEL_ORDINARY).clamp(1.0, LEVEL_MAX)
    }

    /// How much levels wander beyond what bunches explain: variance over the square of the mean.
    pub(super) fn spread(&self, days: &[f64; DAY], weekdays: &[f64; 7], bunching: f64) -> f64 {
        let (mut squares, mut by_chance, mut scale) = (0.0, 0.0, 0.0);
        for hour in &self.hours {
            let usual = days[hour.of_day] * weekdays[hour.weekday];
            let off = hour.capped - usual;
            squares += off * off;
            by_chance += bunching * usual;
            scale += usual * usual;
        }
        let seen = if scale > 0.0 { ((squares - by_chance) / scale).max(0.0) } else { 0.0 };
        let hours = self.hours.len() as f64;
        let weighed = (SPREAD_PRIOR_HOURS * SPREAD_PRIOR + hours * seen) / (SPREAD_PRIOR_HOURS + hours);
        weighed.min(SPREAD_MAX)
    }

    /// Events and hours of the same hour of earlier weeks, those beside it counted for less.
    pub(super) fn same_hour_of_week(&self, hour: i64) -> (f64, f64) {
        let (mut events, mut hours) = (0.0, 0.0);
        let mut week = hour - WEEK;
        while week + 1 >= self.first {
            for (at, share) in [(week - 1, BESIDE), (week, 1.0), (week + 1, BESIDE)] {
                let index = usize::try_from(at - self.first).ok();
                let Some(hour) = index.and_then(|index| self.hours.get(index)) else { continue };
                events += hour.capped * hour.weight * share;
                hours += hour.weight * share;
            }
            week -= WEEK;
        }
        (events, hours)
    }
}
