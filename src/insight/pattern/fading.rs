//! Whether an issue comes ever less: its last hours against all that lies between them and when it came.

use std::ops::Range;

use crate::insight::pattern::rates::Rates;
use crate::insight::pattern::thresholds::{EVENTS_MIN, FADED_CHANCE_MAX, FADED_HOURS, FADED_RATIO_MAX};
use crate::insight::statistics::{Rate, two_rates};
use crate::insight::words::whole;

const HOURS_A_DAY: f64 = 24.0;
const DAY_HOURS: usize = 24;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fading {
    /// The last hours that were compared.
    pub hours: usize,
    /// Events a day.
    pub before: f64,
    pub now: f64,
    pub chance: f64,
}

/// By exposure, and by the clock against the same hours of the days before: a night is no end.
pub fn fading(rates: &Rates, now: i64) -> Option<Fading> {
    let elapsed = rates.hours.elapsed(now);
    let first = rates.hours.first_not_empty()?;
    let came = rates.jump.map_or(first, |jump| rates.hours.bucket(jump.at).max(first));
    FADED_HOURS.into_iter().find_map(|hours| {
        let edge = rates.hours.len().checked_sub(hours)?;
        // As long before, at least.
        let before = came..edge;
        if before.len() < hours || rates.exposed().range(came, edge).events() < EVENTS_MIN {
            return None;
        }
        let bunching = rates.exposed().range(came, edge).bunching();
        let compared = |exposure: &[f64], is_alike: &dyn Fn(usize) -> bool| {
            let counted = |range: Range<usize>| {
                let alike = || range.clone().filter(|hour| is_alike(*hour));
                let events: u64 = alike().map(|hour| rates.hours.counts[hour]).sum();
                let events = whole(events as f64 / bunching);
                Rate { events, exposure: alike().map(|hour| exposure[hour]).sum() }
            };
            let (then, now) = (counted(before.clone()), counted(edge..rates.hours.len()));
            (then.per_one(), now.per_one(), two_rates(then, now))
        };
        // A day's hours that the last ones are.
        let in_day = |hour: usize| (edge..rates.hours.len()).any(|last| last % DAY_HOURS == hour % DAY_HOURS);
        let fell = |(then, now, chance): (f64, f64, f64)| {
            now <= then * FADED_RATIO_MAX && chance * FADED_HOURS.len() as f64 <= FADED_CHANCE_MAX
        };
        let by_exposure = compared(&rates.exposure, &|_| true);
        if !fell(by_exposure) || !fell(compared(&elapsed, &in_day)) {
            return None;
        }
        let exposed = rates.exposed();
        Some(Fading {
            hours,
            before: exposed.range(came, edge).rate() * HOURS_A_DAY,
            now: exposed.range(edge, rates.hours.len()).rate() * HOURS_A_DAY,
            chance: by_exposure.2,
        })
    })
}
