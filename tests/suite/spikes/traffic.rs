//! Made-up traffic: what errors of a real project look like over weeks, and spikes planted in it.

use statrs::distribution::{DiscreteCDF, NegativeBinomial, Poisson};

/// A Monday, 00:00.
const MONDAY: i64 = 1_790_553_600;
pub const MINUTES_OF_DAY: usize = 24 * 60;
/// A project has so many weeks of history at most, less one.
pub const WEEKS_BEFORE: u64 = 5;

const ISSUES: usize = 30;
/// Events an hour, of the rarest issue and of the most frequent.
const RATES: (f64, f64) = (1.0 / 168.0, 2_000.0);
const SPIKES: u64 = 10;
const LOOP_MEAN: f64 = 8.0;

pub struct Project {
    /// When the two weeks begin, in seconds since 1970.
    pub start: i64,
    pub issues: Vec<Issue>,
}

pub struct Issue {
    /// Of the two weeks.
    pub minutes: Vec<u32>,
    /// By the hour: the true events a minute.
    pub rates: Vec<f64>,
    /// By the hour: what the true rate was at that hour of the day before, events a minute.
    pub usual: Vec<f64>,
    /// Events of one occasion.
    pub bunching: f64,
    pub planted: Vec<Planted>,
    /// (start in seconds, events), the weeks before among them.
    hours: Vec<(i64, u64)>,
    hours_before: usize,
    /// The first that has an event.
    began: usize,
}

pub struct Planted {
    pub start: usize,
    pub end: usize,
    pub factor: f64,
}

struct Outage {
    start: usize,
    end: usize,
}

pub fn weeks_before(seed: u64) -> u64 {
    seed % WEEKS_BEFORE
}

impl Issue {
    /// From its first event on.
    pub fn hours_before(&self, hour: usize) -> Vec<(i64, u64)> {
        let end = self.hours_before + hour;
        self.hours[self.began.min(end)..end].to_vec()
    }
}

/// What all issues of a project share.
struct Rhythm {
    daily: f64,
    weekend: f64,
    peak: f64,
    /// Hours in which a release came out.
    deploys: Vec<usize>,
    outages: Vec<Outage>,
    loops: f64,
}

impl Rhythm {
    fn of(dice: &mut Dice, hours: usize, hours_before: usize) -> Self {
        let mut deploys = Vec::new();
        let mut hour = 0;
        while hour < hours {
            hour += 12 + dice.below(96);
            deploys.push(hour);
        }
        let minutes = (hours - hours_before) * 60;
        let outages = (0..dice.below(3)).map(|_| {
            let start = dice.below(minutes - 300);
            Outage { start, end: start + 10 + dice.below(110) }
        });
        let outages = outages.collect();
        Self {
            daily: dice.uniform() * 0.9,
            weekend: 0.2 + 0.8 * dice.uniform(),
            peak: dice.uniform() * 24.0,
            deploys,
            outages,
            loops: [0.0, 0.2, 0.4][dice.below(3)],
        }
    }

    fn at(&self, hour: usize) -> f64 {
        let phase = (hour as f64 - self.peak) / 24.0 * std::f64::consts::TAU;
        let day = if (hour / 24) % 7 >= 5 { self.weekend } else { 1.0 };
        (1.0 + self.daily * phase.cos()) * day
    }

    /// How much of the usual comes at a minute: nothing in an outage, and three times as much after it.
    fn flow(&self, minute: usize) -> f64 {
        for outage in &self.outages {
            if (outage.start..outage.end).contains(&minute) {
                return 0.0;
            }
            if (outage.end..outage.end + 15).contains(&minute) {
                return 3.0;
            }
        }
        1.0
    }
}

impl Project {
    pub fn of(seed: u64, days: usize) -> Self {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5eed);
        let hours_before = usize::try_from(weeks_before(seed)).unwrap() * 168;
        let hours = hours_before + days * 24;
        let rhythm = Rhythm::of(&mut dice, hours, hours_before);
        let planted: Vec<(usize, Planted)> = (0..SPIKES).map(|_| plant(&mut dice, &rhythm, days)).collect();
        let mut by_issue: Vec<Vec<Planted>> = (0..ISSUES).map(|_| Vec::new()).collect();
        for (issue, planted) in planted {
            let is_apart =
                |other: &Planted| other.end + 360 < planted.start || planted.end + 360 < other.start;
            if by_issue[issue].iter().all(is_apart) {
                by_issue[issue].push(planted);
            }
        }
        let (least, most) = RATES;
        let place = |index: usize| index as f64 / (ISSUES - 1) as f64;
        let issues = by_issue.into_iter().enumerate().map(|(index, planted)| {
            issue(&mut dice, &rhythm, least * (most / least).powf(place(index)), planted, hours_before, hours)
        });
        let issues = issues.collect();
        Self { start: MONDAY + i64::try_from(hours_before * 3_600).unwrap(), issues }
    }
}

/// Ten to a hundred times as many, for five minutes to three hours, at any time of day but around outages.
fn plant(dice: &mut Dice, rhythm: &Rhythm, days: usize) -> (usize, Planted) {
    loop {
        let start = dice.below(days * MINUTES_OF_DAY - 240);
        let minutes = 5.0 * 36.0_f64.powf(dice.uniform());
        let end = start + whole(minutes);
        if rhythm.outages.iter().any(|outage| start < outage.end + 120 && outage.start < end + 30) {
            continue;
        }
        return (dice.below(ISSUES), Planted { start, end, factor: 10.0_f64.powf(1.0 + dice.uniform()) });
    }
}

fn issue(
    dice: &mut Dice,
    rhythm: &Rhythm,
    rate: f64,
    planted: Vec<Planted>,
    hours_before: usize,
    hours: usize,
) -> Issue {
    let mut levels = Vec::with_capacity(hours);
    let (mut level, mut drift) = (1.0_f64, 0.0);
    for hour in 0..hours {
        // A deploy shifts every third issue, up to three times up or down.
        if rhythm.deploys.contains(&hour) && dice.below(3) == 0 {
            level =
                (level * 3.0_f64.powf(2.0 * dice.uniform() - 1.0)).clamp(3.0_f64.powf(-0.5), 3.0_f64.sqrt());
        }
        drift = 0.8 * drift + 0.1 * dice.normal();
        levels.push(rate * rhythm.at(hour) * level * f64::exp(drift) / 60.0);
    }
    let mut counted: Vec<(i64, u64)> = Vec::with_capacity(hours);
    for (hour, level) in levels.iter().enumerate() {
        let before = hour < hours_before;
        let events = if before {
            events(dice, rhythm, level * 60.0, f64::exp(-level * 60.0 * (1.0 - rhythm.loops)))
        } else {
            (0, 0)
        };
        counted.push((MONDAY + i64::try_from(hour * 3_600).unwrap(), u64::from(events.0 + events.1)));
    }
    let mut minutes = vec![0u32; (hours - hours_before) * 60];
    for minute in 0..minutes.len() {
        let level = levels[hours_before + minute / 60];
        let spike = planted.iter().find(|planted| (planted.start..planted.end).contains(&minute));
        let mean = level * rhythm.flow(minute) * spike.map_or(1.0, |spike| spike.factor);
        if mean <= 0.0 {
            continue;
        }
        let (singles, looped) = events(dice, rhythm, mean, f64::exp(-mean * (1.0 - rhythm.loops)));
        minutes[minute] += singles;
        // One that goes round takes up to three minutes.
        for _ in 0..looped {
            let later = (minute + dice.below(3)).min(minutes.len() - 1);
            minutes[later] += 1;
        }
    }
    for (hour, minutes) in minutes.chunks(60).enumerate() {
        counted[hours_before + hour].1 = minutes.iter().map(|events| u64::from(*events)).sum();
    }
    let usual = (0..hours - hours_before).map(|hour| usual(&levels, hours_before + hour)).collect();
    let began = counted.iter().position(|(_, events)| *events > 0).unwrap_or(hours);
    let bunching = LOOP_MEAN;
    let rates = levels.split_off(hours_before);
    Issue { minutes, rates, usual, bunching, planted, hours: counted, hours_before, began }
}

/// Of the true rates at that hour of the days before, each week half as much as the next.
fn usual(levels: &[f64], hour: usize) -> f64 {
    let (mut sum, mut weights) = (0.0, 0.0);
    for days in 1..=hour / 24 {
        let weight = f64::exp2(-(days as f64) / 7.0);
        sum += levels[hour - days * 24] * weight;
        weights += weight;
    }
    if weights > 0.0 { sum / weights } else { levels[hour] }
}

/// (alone, in loops of one user)
fn events(dice: &mut Dice, rhythm: &Rhythm, mean: f64, none: f64) -> (u32, u32) {
    let singles = dice.poisson(mean * (1.0 - rhythm.loops), none);
    let mut looped = 0;
    if rhythm.loops > 0.0 {
        let loops = mean * rhythm.loops / LOOP_MEAN;
        for _ in 0..dice.poisson(loops, f64::exp(-loops)) {
            // Geometric, at least 1.
            looped += 1 + u32::try_from(whole(dice.uniform().ln() / (1.0 - 1.0 / LOOP_MEAN).ln())).unwrap();
        }
    }
    (singles, looped)
}

/// How likely at least so many events are, to somebody who knows their rate and how they bunch.
pub fn chance(events: u64, mean: f64, bunching: f64) -> f64 {
    if bunching <= 1.0 {
        return Poisson::new(mean).unwrap().sf(events - 1);
    }
    NegativeBinomial::new(mean / (bunching - 1.0), 1.0 / bunching).unwrap().sf(events - 1)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(value: f64) -> usize {
    value.max(0.0) as usize
}

/// `SplitMix64`.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Above 0, below 1.
    fn uniform(&mut self) -> f64 {
        ((self.roll() >> 12) as f64 + 0.5) / (1u64 << 52) as f64
    }

    fn below(&mut self, bound: usize) -> usize {
        whole(self.uniform() * bound as f64)
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (self.uniform() * std::f64::consts::TAU).cos()
    }

    /// `none`: how likely it is to be 0.
    fn poisson(&mut self, mean: f64, none: f64) -> u32 {
        if mean > 60.0 {
            return u32::try_from(whole(mean + mean.sqrt() * self.normal() + 0.5)).unwrap();
        }
        let (mut count, mut term, mut left) = (0, none, self.uniform());
        while left > term && count < 500 {
            left -= term;
            count += 1;
            term *= mean / f64::from(count);
        }
        count
    }
}
