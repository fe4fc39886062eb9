//! Whether an issue comes at the same time again and again: its counts are folded on the periods that schedules have, and what
//! falls into the best window is held against what traffic would bring there.

use statrs::distribution::{Binomial, DiscreteCDF};

use crate::insight::pattern::series::{HOUR_SECONDS, Series};
use crate::insight::pattern::thresholds::{
    CYCLES_MIN, CYCLES_SHARE_MIN, PERIODIC_CHANCE_MAX, WINDOW_LIFT_MIN, WINDOW_SHARE_MIN,
};

/// A period and the window of it that is "the same time", in buckets: jobs start a little late and take their time.
struct Period {
    buckets: usize,
    window: usize,
}

const MINUTE_PERIODS: [Period; 5] = [
    Period { buckets: 10, window: 2 },
    Period { buckets: 15, window: 3 },
    Period { buckets: 20, window: 3 },
    Period { buckets: 30, window: 4 },
    Period { buckets: 60, window: 6 },
];
const HOUR_PERIODS: [Period; 4] = [
    Period { buckets: 6, window: 1 },
    Period { buckets: 12, window: 1 },
    Period { buckets: 24, window: 2 },
    Period { buckets: 168, window: 3 },
];

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Periodic {
    pub period_seconds: i64,
    /// Where in the period it comes, counted from 1970.
    pub phase_seconds: i64,
    /// Of its events so many come then.
    pub events: (u64, u64),
    /// Cycles that had any then, of those since it began.
    pub cycles: (usize, usize),
}

/// `exposure`: of each hour; nights are no period.
pub fn periodic(hours: &Series, exposure: &[f64], minutes: &Series) -> Option<Periodic> {
    let even = vec![1.0; minutes.len()];
    let by_minute = MINUTE_PERIODS.iter().filter_map(|period| folded(minutes, &even, period));
    let by_hour = HOUR_PERIODS.iter().filter_map(|period| folded(hours, exposure, period));
    // What comes every day comes at every second half day too: the period is the one that is kept best, the shortest of equals.
    let kept = |found: &Periodic| found.cycles.0 as f64 / found.cycles.1.max(1) as f64;
    by_minute.chain(by_hour).reduce(|best, next| if kept(&next) > kept(&best) { next } else { best })
}

fn folded(series: &Series, exposure: &[f64], period: &Period) -> Option<Periodic> {
    let first = series.first_not_empty()?;
    let offset =
        usize::try_from(series.start.div_euclid(series.seconds.max(1)).rem_euclid(cast(period.buckets)))
            .ok()?;
    let phase = |bucket: usize| (bucket + offset) % period.buckets;
    let (mut events, mut expected) = (vec![0u64; period.buckets], vec![0.0; period.buckets]);
    for bucket in first..series.len() {
        events[phase(bucket)] += series.counts[bucket];
        expected[phase(bucket)] += exposure.get(bucket).copied().unwrap_or(1.0);
    }
    let within = |from: usize| (0..period.window).map(move |at| (from + at) % period.buckets);
    let start = (0..period.buckets).max_by_key(|from| within(*from).map(|at| events[at]).sum::<u64>())?;
    let all: u64 = events.iter().sum();
    let here: u64 = within(start).map(|at| events[at]).sum();
    let usual = within(start).map(|at| expected[at]).sum::<f64>()
        / expected.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    let share = here as f64 / all.max(1) as f64;
    if share < WINDOW_SHARE_MIN || share < usual * WINDOW_LIFT_MIN {
        return None;
    }
    let is_within = |bucket: usize| within(start).any(|at| at == phase(bucket));
    let (met, missed, cycles) = occasions(series, first, period.buckets, is_within);
    if met < CYCLES_MIN || (met as f64) < cycles as f64 * CYCLES_SHARE_MIN {
        return None;
    }
    // Each occasion falls somewhere; that so many fall into one window, whichever it is.
    let occasions = (met + missed) as u64;
    let chance = Binomial::new(usual.clamp(0.0, 1.0), occasions).ok()?.sf((met as u64).saturating_sub(1));
    let tried = period.buckets / period.window * (MINUTE_PERIODS.len() + HOUR_PERIODS.len());
    (chance * tried as f64 <= PERIODIC_CHANCE_MAX).then(|| Periodic {
        period_seconds: cast(period.buckets) * series.seconds,
        phase_seconds: cast(start) * series.seconds,
        events: (here, all),
        cycles: (met, cycles),
    })
}

/// Cycles with events in the window, those whose events are mostly elsewhere, and all since the first event.
fn occasions(
    series: &Series,
    first: usize,
    period: usize,
    is_within: impl Fn(usize) -> bool,
) -> (usize, usize, usize) {
    let (mut met, mut missed, mut cycles) = (0, 0, 0);
    // Cycles begin half a period before the first event, so that no window lies on an edge.
    let mut start = first.saturating_sub(period / 2);
    while start < series.len() {
        let end = (start + period).min(series.len());
        let (mut inside, mut outside) = (0, 0);
        for bucket in start..end {
            *(if is_within(bucket) { &mut inside } else { &mut outside }) += series.counts[bucket];
        }
        // The open cycle may have it ahead.
        cycles += usize::from(end - start == period || inside > 0);
        met += usize::from(inside > 0 && inside >= outside);
        missed += usize::from(outside > inside);
        start = end;
    }
    (met, missed, cycles)
}

fn cast(buckets: usize) -> i64 {
    i64::try_from(buckets).unwrap_or(i64::MAX)
}

impl Periodic {
    /// `every day at about 02:00 UTC`, `every hour at about minute 5`.
    pub fn told(&self) -> String {
        let (hours, minutes) = (self.phase_seconds / HOUR_SECONDS, self.phase_seconds % HOUR_SECONDS / 60);
        match self.period_seconds {
            604_800 => {
                // Days of the week are counted from that of 1970.
                let days = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];
                let day = usize::try_from(hours / 24).ok().and_then(|day| days.get(day)).unwrap_or(&"week");
                format!("every {day} at about {:02}:00 UTC", hours % 24)
            }
            86_400 => format!("every day at about {hours:02}:{minutes:02} UTC"),
            period if period > HOUR_SECONDS => format!("every {} hours", period / HOUR_SECONDS),
            HOUR_SECONDS => format!("every hour at about minute {minutes}"),
            period => format!("every {} minutes", period / 60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(count: impl Fn(usize) -> u64) -> Series {
        Series { start: 0, seconds: 3_600, counts: (0..14 * 24).map(count).collect() }
    }

    fn found(hours: &Series, exposure: &[f64]) -> Option<String> {
        periodic(hours, exposure, &Series::default()).map(|periodic| periodic.told())
    }

    #[test]
    fn schedules_are_found() {
        let even = [1.0; 14 * 24];
        let nightly = hours(|hour| u64::from(hour % 24 == 2) * 7);
        assert_eq!(found(&nightly, &even).as_deref(), Some("every day at about 02:00 UTC"));
        let six = hours(|hour| u64::from(hour % 6 == 1) * 3);
        assert_eq!(found(&six, &even).as_deref(), Some("every 6 hours"));
        let minutes =
            Series { start: 0, seconds: 60, counts: (0..2_880).map(|at| u64::from(at % 60 == 17)).collect() };
        let hourly = periodic(&Series::default(), &[], &minutes).expect("found");
        assert_eq!((hourly.period_seconds, hourly.cycles), (3_600, (48, 48)));
        assert_eq!(hourly.told(), "every hour at about minute 17");
        let weekly = Series {
            start: 0,
            seconds: 3_600,
            counts: (0..35 * 24).map(|at| u64::from(at % 168 == 50) * 4).collect(),
        };
        assert!(found(&weekly, &[1.0; 35 * 24]).expect("found").starts_with("every Saturday"));
    }

    #[test]
    fn day_and_night_are_no_schedule_nor_are_three_times() {
        let day = |hour: usize| if (9..17).contains(&(hour % 24)) { 20.0 } else { 1.0 };
        let people = hours(|hour| if (9..17).contains(&(hour % 24)) { 20 } else { 1 });
        let exposure: Vec<f64> = (0..14 * 24).map(day).collect();
        assert_eq!(found(&people, &exposure), None);
        // A lunch peak that all traffic has.
        let lunch = hours(|hour| u64::from(hour % 24 == 12) * 50);
        let peak: Vec<f64> = (0..14 * 24).map(|hour| if hour % 24 == 12 { 50.0 } else { 0.2 }).collect();
        assert_eq!(found(&lunch, &peak), None);
        let thrice = hours(|hour| u64::from(hour % 24 == 2 && hour > 264) * 9);
        assert_eq!(found(&thrice, &[1.0; 14 * 24]), None);
    }
}
