//! How often an issue comes, and when that changed: by the hour over two weeks, by the minute over two days.

use crate::insight::change_point::{CHANCE_MAX, Exposed, Split};
use crate::insight::pattern::series::{HOUR_SECONDS, Series, usual};
use crate::insight::pattern::thresholds::{
    BUCKETS_SECONDS, ENDED_RATIO_MAX, HOURS, JUMP_RATIO_MIN, MINUTES, OCCASIONS_MIN, OWN_DAY_EVENTS_MIN,
    OWN_DAY_HOURS_MIN,
};

const HOURS_A_DAY: f64 = 24.0;
/// Around a change found by the hour, in which it is looked for by the minute.
const REFINED_HOURS: usize = 2;
/// How strongly an issue may follow the day of its project: not at all (a machine), fully (its people), or halfway.
const FOLLOWS: [f64; 3] = [1.0, 0.5, 0.0];

/// A change of the rate, in seconds since 1970 and events a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    pub at: i64,
    pub from: i64,
    pub to: i64,
    pub before: f64,
    pub after: f64,
    /// How finely the counts can date it.
    pub bucket_seconds: i64,
    /// Events since then.
    pub events: u64,
}

impl Change {
    pub fn ratio(&self) -> f64 {
        if self.before > 0.0 { self.after / self.before } else { f64::INFINITY }
    }
}

/// What counts alone tell.
#[derive(Debug, Clone, PartialEq)]
pub struct Rates {
    /// The last two weeks, from when the project was watched.
    pub hours: Series,
    /// What each of the hours is exposed to, one on average.
    pub exposure: Vec<f64>,
    /// The last jump.
    pub jump: Option<Change>,
    /// When it ended, where it did.
    pub ended: Option<i64>,
    pub now_per_day: f64,
}

impl Rates {
    /// `hours` and `traffic` begin alike.
    pub fn of(hours: &Series, minutes: &Series, traffic: &Series, now: i64) -> Self {
        let watched = [hours.first_not_empty(), traffic.first_not_empty()].into_iter().flatten().min();
        let skipped = hours.len().saturating_sub(HOURS).max(watched.unwrap_or(0));
        let expected = usual(traffic);
        let hours = hours.from(skipped);
        let expected = &expected[skipped.min(expected.len())..];
        let own = own_day(&hours);
        let exposure = best_exposure(&hours.counts, expected, own.as_deref(), &hours.elapsed(now));
        let mut rates = Self { hours, exposure, jump: None, ended: None, now_per_day: 0.0 };
        rates.now_per_day = rates.rate_of_last(24) * HOURS_A_DAY;
        rates.find(&minutes.last(MINUTES), now);
        rates
    }

    pub fn exposed(&self) -> Exposed<'_> {
        Exposed { counts: &self.hours.counts, exposure: &self.exposure }
    }

    /// Events an hour, by exposure, over the last hours.
    pub fn rate_of_last(&self, hours: usize) -> f64 {
        self.exposed().range(self.hours.len().saturating_sub(hours), self.hours.len()).rate()
    }

    fn find(&mut self, minutes: &Series, now: i64) {
        let elapsed = self.hours.elapsed(now);
        let by_hour = jumps(self.exposed(), &elapsed, 1.0);
        let watched = minutes.start.max(self.hours.start);
        let minutes = minutes.from(if minutes.is_empty() { 0 } else { minutes.bucket(watched) });
        let minute_elapsed = minutes.elapsed(now);
        let minute_exposure: Vec<f64> = (0..minutes.len())
            .map(|minute| self.exposure_at(minutes.at(minute), &elapsed) * minute_elapsed[minute])
            .collect();
        let fine = Exposed { counts: &minutes.counts, exposure: &minute_exposure };
        // How bunched it was before these two days; what is younger is told by itself.
        let older = self.exposed().range(0, self.hours.bucket(minutes.start).min(self.hours.len()));
        let by_minute = jumps(fine, &minute_elapsed, older.bunching());
        if let Some((jump, ended)) = by_minute {
            let found = change(&jump, &minutes, fine, now);
            self.jump = Some(Change {
                before: self.usual_before(&found, by_hour.as_ref().map(|(jump, _)| jump)),
                ..found
            });
            self.ended = ended.map(|ended| minutes.at(ended));
            return;
        }
        let Some((jump, ended)) = by_hour else { return };
        self.ended = ended.map(|ended| self.hours.at(ended));
        let coarse = change(&jump, &self.hours, self.exposed(), now);
        self.jump = Some(refined(&coarse, &minutes, fine).unwrap_or(coarse));
    }

    /// Events a day before a change of the last two days: over all hours since the jump before it, which are more.
    fn usual_before(&self, change: &Change, by_hour: Option<&Split>) -> f64 {
        let at = self.hours.bucket(change.at);
        let start = by_hour.map(|split| split.at).filter(|start| start + 24 <= at).unwrap_or(0);
        if start < at { self.exposed().range(start, at).rate() * HOURS_A_DAY } else { change.before }
    }

    /// Of a whole minute, one on average, as its hour's is.
    fn exposure_at(&self, second: i64, elapsed: &[f64]) -> f64 {
        let hour = self.hours.bucket(second);
        let open = elapsed.get(hour).copied().unwrap_or(1.0).max(1.0 / 60.0);
        self.exposure.get(hour).copied().unwrap_or(1.0) / open
    }
}

/// A change by the hour, looked at within the minutes around it.
fn refined(coarse: &Change, minutes: &Series, fine: Exposed<'_>) -> Option<Change> {
    let around = i64::try_from(REFINED_HOURS).unwrap_or(0) * HOUR_SECONDS;
    if minutes.is_empty() || coarse.from - around < minutes.start {
        return None;
    }
    let (from, to) = (minutes.bucket(coarse.from - around), minutes.bucket(coarse.to + around));
    let split = fine.range(from, to + 1).best_split(1.0)?;
    let is_jump = split.chance < CHANCE_MAX && split.ratio() >= JUMP_RATIO_MIN;
    let at = |bucket: usize| minutes.at(from + bucket);
    is_jump.then(|| Change {
        at: at(split.at),
        from: at(split.from),
        to: at(split.to),
        bucket_seconds: width(
            split.after,
            fine.range(from + split.at, minutes.len()).bunching(),
            at(split.to) - at(split.from),
        ),
        ..*coarse
    })
}

fn change(split: &Split, series: &Series, exposed: Exposed<'_>, now: i64) -> Change {
    let a_day = HOURS_A_DAY * HOUR_SECONDS as f64 / series.seconds.max(1) as f64;
    let since = exposed.range(split.at, series.len());
    let last = series.at(series.len().saturating_sub(1)).min(now);
    let (from, to) = (series.at(split.from), series.at(split.to).min(last));
    let a_minute = split.after * 60.0 / series.seconds.max(1) as f64;
    Change {
        at: series.at(split.at),
        from,
        to,
        before: split.before * a_day,
        after: split.after * a_day,
        bucket_seconds: width(a_minute, since.bunching(), to - from).max(series.seconds),
        events: since.events(),
    }
}

/// The smallest width that holds occasions enough, and half the interval: what is known to the hour is not dated to the minute.
fn width(events_a_minute: f64, bunching: f64, interval_seconds: i64) -> i64 {
    let holds = |seconds: &&i64| {
        let occasions = events_a_minute * **seconds as f64 / 60.0 / bunching;
        occasions >= OCCASIONS_MIN && **seconds * 2 >= interval_seconds
    };
    *BUCKETS_SECONDS.iter().find(holds).unwrap_or(&BUCKETS_SECONDS[BUCKETS_SECONDS.len() - 1])
}

/// The day that the issue itself has had: its people may live elsewhere than most.
fn own_day(hours: &Series) -> Option<Vec<f64>> {
    let first = hours.first_not_empty()?;
    let is_known = hours.len() - first >= OWN_DAY_HOURS_MIN && hours.events() >= OWN_DAY_EVENTS_MIN;
    is_known.then(|| usual(hours))
}

/// The one under which the counts are likeliest, with a change wherever it fits best: nights are no change to an issue of people,
/// nor days to one of machines.
fn best_exposure(counts: &[u64], expected: &[f64], own: Option<&[f64]>, elapsed: &[f64]) -> Vec<f64> {
    let as_followed = |expected: &[f64], follows: f64| -> Vec<f64> {
        let raw = expected.iter().zip(elapsed).map(|(expected, elapsed)| expected.powf(follows) * elapsed);
        let raw: Vec<f64> = raw.collect();
        let (sum, whole): (f64, f64) = (raw.iter().sum(), elapsed.iter().sum());
        let scale = if sum > 0.0 { whole / sum } else { 1.0 };
        raw.into_iter().map(|exposure| exposure * scale).collect()
    };
    let likelihood = |exposure: &[f64]| {
        let each = counts.iter().zip(exposure);
        let weighed: f64 = each
            .filter(|(count, exposure)| **count > 0 && **exposure > 0.0)
            .map(|(c, e)| *c as f64 * e.ln())
            .sum();
        let series = Exposed { counts, exposure };
        weighed + series.best_log_ratio() + series.events() as f64 * series.rate().max(f64::MIN_POSITIVE).ln()
    };
    let followed = FOLLOWS.iter().map(|follows| as_followed(expected, *follows));
    let tried = followed.chain(own.map(|own| as_followed(own, 1.0)));
    let mut best: Option<(f64, Vec<f64>)> = None;
    for exposure in tried {
        let likelihood = likelihood(&exposure);
        if best.as_ref().is_none_or(|(known, _)| likelihood > *known) {
            best = Some((likelihood, exposure));
        }
    }
    best.map(|(_, exposure)| exposure).unwrap_or_default()
}

/// The last jump of a series, and the bucket in which it ended. A jump must be one by the clock too, not by exposure alone.
fn jumps(series: Exposed<'_>, elapsed: &[f64], bunching_min: f64) -> Option<(Split, Option<usize>)> {
    let by_clock = Exposed { counts: series.counts, exposure: elapsed };
    let is_change = |split: &Split, _: Exposed<'_>| {
        let factor = split.ratio().max(1.0 / split.ratio().max(f64::MIN_POSITIVE));
        factor >= JUMP_RATIO_MIN
    };
    let splits = series.splits(bunching_min, &is_change);
    let edges = |number: usize| {
        let start = if number == 0 { 0 } else { splits[number - 1].at };
        let end = splits.get(number + 1).map_or(series.counts.len(), |next| next.at);
        (start, end)
    };
    let is_jump = |number: usize| {
        let (split, (start, end)) = (&splits[number], edges(number));
        let clock = Split {
            before: by_clock.range(start, split.at).rate(),
            after: by_clock.range(split.at, end).rate(),
            ..*split
        };
        split.ratio() >= JUMP_RATIO_MIN && clock.ratio() >= JUMP_RATIO_MIN
    };
    let last = (0..splits.len()).rev().find(|number| is_jump(*number))?;
    // Several steps up without one down are one rise: it is dated by its steepest.
    let mut steepest = last;
    for number in (0..last).rev() {
        if splits[number].ratio() < 1.0 {
            break;
        }
        if is_jump(number) && steepness(series, &splits, number) >= steepness(series, &splits, steepest) {
            steepest = number;
        }
    }
    let jump = Split { after: splits[last].after, ..splits[steepest] };
    let peak = splits[last..].iter().map(|split| split.after).fold(0.0, f64::max);
    let ended = splits[last + 1..].iter().find(|split| split.after <= peak * ENDED_RATIO_MAX);
    let still = splits.last().is_some_and(|split| split.after <= peak * ENDED_RATIO_MAX);
    Some((jump, ended.filter(|_| still).map(|split| split.at)))
}

/// The ratio of a step, with one event more before it: out of nothing it is the steeper the longer there was nothing.
fn steepness(series: Exposed<'_>, splits: &[Split], number: usize) -> f64 {
    let start = if number == 0 { 0 } else { splits[number - 1].at };
    let before = series.range(start, splits[number].at);
    let exposure: f64 = before.exposure.iter().sum();
    let with_one = (before.events() + 1) as f64 / exposure.max(f64::MIN_POSITIVE);
    splits[number].after / with_one
}
