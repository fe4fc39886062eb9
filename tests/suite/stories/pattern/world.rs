//! A project of four weeks, and one issue in it whose cause is known: traffic by day, night and weekend, other issues' bursts, deploys
//! of this project and of others, events in bunches, and of each kind of failure the rate that such failures have.

use jiff::Timestamp;
use lighttrace::insight::pattern::facts::{Deployed, PatternFacts, TrafficOf};
use lighttrace::insight::pattern::series::Series;
use lighttrace::model::issue::PriorityLevel;

use super::shares::detail;
use crate::stories::Kind;
use crate::stories::dice::Dice;

const HOURS: u16 = 28 * 24;
const MINUTES: u16 = 2 * 24 * 60;
/// Monday, 2 November 2026; stories end within the four weeks from then.
const MONDAY: i64 = 1_793_577_600;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

pub struct Story {
    pub facts: PatternFacts,
    /// When the rate began to change and when it had, in seconds: a rollout takes minutes. `None` where nothing changed then.
    pub began: Option<(i64, i64)>,
}

/// What happens to an issue.
pub struct Plot {
    pub began: Option<i64>,
    /// How long it took to rise.
    ramp: i64,
    /// Events an hour, once risen.
    level: f64,
    /// A deploy of the own project brought it.
    pub deploy: Option<i64>,
    /// Events an hour, by the hour's average traffic of one.
    rate: Box<dyn Fn(i64, f64) -> f64>,
    /// Traffic grows to so much from then on.
    growth: Option<(i64, f64)>,
    /// Nothing deployed in the hour before it began.
    quiet: bool,
}

/// The day of a project's people.
struct Rhythm {
    peak_hour: f64,
    depth: f64,
    weekend: f64,
    /// So much more or less on each day.
    days: Vec<f64>,
}

impl Rhythm {
    fn of(dice: &mut Dice) -> Self {
        let (peak_hour, depth, weekend) = (dice.real(0.0, 24.0), dice.real(0.2, 0.95), dice.real(0.35, 1.1));
        let wander = dice.real(0.03, 0.15);
        Self { peak_hour, depth, weekend, days: (0..70).map(|_| (dice.normal() * wander).exp()).collect() }
    }

    /// One on an average working day. `shift`: of people who live elsewhere.
    fn at(&self, second: i64, shift: f64) -> f64 {
        let hour = second.rem_euclid(DAY) as f64 / HOUR as f64;
        let wave = ((hour - self.peak_hour - shift) / 24.0 * std::f64::consts::TAU).cos();
        let week = (second - MONDAY).div_euclid(DAY).rem_euclid(7);
        let day = usize::try_from((second - MONDAY).div_euclid(DAY) + 30).expect("within the story");
        (1.0 + self.depth * wave) * if week >= 5 { self.weekend } else { 1.0 } * self.days[day]
    }
}

pub fn story(kind: Kind, seed: u64) -> Story {
    let mut dice = Dice::of(seed, kind as usize, 1);
    let mut rhythm = Rhythm::of(&mut dice);
    if kind == Kind::PoolExhausted {
        rhythm.depth = dice.real(0.5, 0.95);
    }
    let now = MONDAY + 14 * DAY + i64::try_from(dice.below(13 * 24 * 60)).expect("minutes") * 60 + 17;
    let plot = plot(kind, now, &mut dice);
    let bunch = if dice.chance(0.5) { 1.0 } else { dice.real(1.2, 3.0) };
    let busy = |second: i64| {
        let grown = plot.growth.filter(|(from, _)| second >= *from).map_or(1.0, |(_, times)| times);
        rhythm.at(second, 0.0) * grown
    };

    let start = now.div_euclid(HOUR) * HOUR - (i64::from(HOURS) - 1) * HOUR;
    let minutes_start = now.div_euclid(60) * 60 - (i64::from(MINUTES) - 1) * 60;
    let (mut hours, mut minutes) = (vec![0; HOURS.into()], vec![0; MINUTES.into()]);
    let mut second = start;
    while second <= now {
        let is_fine = second >= minutes_start;
        let width = if is_fine { 60 } else { HOUR.min(minutes_start - second).max(60) };
        let width = width.min(HOUR - second.rem_euclid(HOUR));
        let share = (now - second).min(width) as f64 / HOUR as f64;
        let count = counted(&mut dice, (plot.rate)(second, busy(second)) * share, bunch);
        hours[usize::try_from((second - start) / HOUR).expect("within")] += count;
        if is_fine {
            minutes[usize::try_from((second - minutes_start) / 60).expect("within")] += count;
        }
        second += width;
    }
    let hours = Series { start, seconds: HOUR, counts: hours };
    let minutes = Series { start: minutes_start, seconds: 60, counts: minutes };
    let (traffic_of, traffic) = traffic(&mut dice, start, now, &busy);
    let first = hours.counts.iter().position(|count| *count > 0).unwrap_or(0);
    let last = hours.counts.iter().rposition(|count| *count > 0).unwrap_or(0);
    let at = |second: i64| Timestamp::from_second(second).expect("a moment");
    let events = hours.events();
    let facts = PatternFacts {
        now: at(now),
        first_seen: at(hours.at(first)),
        last_seen: at((hours.at(last) + HOUR - 1).min(now)),
        deploys: deploys(&mut dice, &plot, now),
        detail: Some(detail(kind, &plot, &hours, &minutes, &mut dice)),
        known: None,
        users: dice.between(1, events.max(1)),
        priority: *dice.pick(&[PriorityLevel::Low, PriorityLevel::Medium, PriorityLevel::High]),
        is_unhandled: dice.chance(0.5),
        is_open: true,
        hours,
        minutes,
        traffic,
        traffic_of,
    };
    Story { facts, began: plot.began.map(|began| (began, began + plot.ramp)) }
}

/// Occasions, each of which sends one event or several: a negative binomial, nearly.
fn counted(dice: &mut Dice, mean: f64, bunch: f64) -> u64 {
    let occasions = dice.poisson((mean / bunch).max(0.0));
    if bunch <= 1.0 {
        return occasions;
    }
    let again = 1.0 - 1.0 / bunch;
    let mut count = occasions;
    for _ in 0..occasions {
        while dice.chance(again) {
            count += 1;
        }
    }
    count
}

/// Sessions, or the events of other issues, which have bursts of their own.
fn traffic(dice: &mut Dice, start: i64, now: i64, busy: &dyn Fn(i64) -> f64) -> (TrafficOf, Series) {
    let of = if dice.chance(0.5) { TrafficOf::Sessions } else { TrafficOf::Events };
    let mean = if of == TrafficOf::Sessions { dice.real(100.0, 5_000.0) } else { dice.real(10.0, 400.0) };
    let bursts: Vec<(i64, i64, f64)> = (0..if of == TrafficOf::Events { dice.below(4) } else { 0 })
        .map(|_| {
            let at = start + i64::try_from(dice.below(28 * 24 * 60)).expect("minutes") * 60;
            (at, at + i64::try_from(dice.between(1, 5)).expect("hours") * HOUR, dice.real(2.0, 8.0))
        })
        .collect();
    let noise = dice.real(0.03, 0.15);
    let count = |hour: u16| {
        let at = start + i64::from(hour) * HOUR;
        let burst =
            bursts.iter().find(|(from, to, _)| (*from..*to).contains(&at)).map_or(1.0, |(.., times)| *times);
        let share = (now - at).clamp(0, HOUR) as f64 / HOUR as f64;
        let wander = (dice.normal() * noise).exp();
        dice.poisson(mean * busy(at + HOUR / 2) * burst * wander * share)
    };
    (of, Series { start, seconds: HOUR, counts: (0..HOURS).map(count).collect() })
}

/// Of this project one on most days, of others several a day.
fn deploys(dice: &mut Dice, plot: &Plot, now: i64) -> Vec<Deployed> {
    let at = |second: i64| Timestamp::from_second(second).expect("a moment");
    let mut found: Vec<Deployed> = Vec::new();
    for day in 0..14 {
        let mut add = |mean: f64, is_own: bool| {
            for _ in 0..dice.poisson(mean) {
                let second = now - day * DAY - i64::try_from(dice.below(86_400)).expect("seconds");
                let name = if is_own { format!("shop 2.{day}") } else { format!("auth 7.{day}") };
                found.push(Deployed { at: at(second), name, is_own });
            }
        };
        add(0.7, true);
        add(2.5, false);
    }
    if plot.quiet
        && let Some(began) = plot.began
    {
        found.retain(|deploy| !(began - HOUR..began + HOUR / 4).contains(&deploy.at.as_second()));
    }
    found.extend(plot.deploy.map(|second| Deployed {
        at: at(second),
        name: "shop 3.0".to_owned(),
        is_own: true,
    }));
    found
}

fn log_real(dice: &mut Dice, least: f64, most: f64) -> f64 {
    dice.real(least.ln(), most.ln()).exp()
}

#[expect(clippy::cast_possible_truncation, reason = "seconds of a month")]
fn whole(seconds: f64) -> i64 {
    seconds as i64
}

fn minutes(dice: &mut Dice, least: u64, most: u64) -> i64 {
    i64::try_from(dice.between(least, most)).expect("minutes") * 60
}

/// A rate that is there since `began`, and what was there before; with a dozen events at least.
fn jump(dice: &mut Dice, now: i64, longest_minutes: u64, ramp_minutes: u64) -> Plot {
    let ago = whole(log_real(dice, 15.0, longest_minutes as f64)) * 60;
    let began = now - ago;
    let hours = ago as f64 / HOUR as f64;
    let rate = log_real(dice, (14.0 / hours).max(3.0), 600.0_f64.max(15.0 / hours));
    let background = if dice.chance(0.5) { 0.0 } else { rate / dice.real(8.0, 200.0) };
    let ramp = minutes(dice, 0, ramp_minutes).max(1);
    let follows = dice.chance(0.8);
    let rate_risen = rate;
    let rate = move |second: i64, busy: f64| {
        let busy = if follows { busy } else { 1.0 };
        let risen = ((second - began) as f64 / ramp as f64).clamp(0.0, 1.0);
        (background + if second >= began { rate * risen.max(0.3) } else { 0.0 }) * busy
    };
    Plot { ramp, level: rate_risen, rate: Box::new(rate), ..plot_of(Some(began)) }
}

/// It is over after a while, in which there were a dozen events at least; else it goes on.
fn ending(plot: Plot, lasted: i64, now: i64) -> Plot {
    let started = plot.began.unwrap_or(now);
    let at = started + lasted.max(whole(14.0 / plot.level * HOUR as f64));
    if at >= now {
        return plot;
    }
    let rate = plot.rate;
    let over = move |second: i64, busy: f64| {
        // What was there before is there again.
        if second >= at { rate(started - 8 * DAY, busy) } else { rate(second, busy) }
    };
    Plot { rate: Box::new(over), ..plot }
}

fn plot_of(began: Option<i64>) -> Plot {
    Plot { began, ramp: 0, level: 0.0, deploy: None, rate: Box::new(|_, _| 0.0), growth: None, quiet: false }
}

/// About as often every day, since days or weeks.
fn steady(dice: &mut Dice, now: i64, least_per_hour: f64) -> Plot {
    let since = now - i64::try_from(dice.between(5, 40)).expect("days") * DAY;
    let rate = log_real(dice, least_per_hour, 120.0);
    let follows = dice.chance(0.8);
    let rate = move |second: i64, busy: f64| {
        if second < since { 0.0 } else { rate * if follows { busy } else { 1.0 } }
    };
    Plot { rate: Box::new(rate), ..plot_of(None) }
}

fn plot(kind: Kind, now: i64, dice: &mut Dice) -> Plot {
    match kind {
        Kind::DeployBroke | Kind::DeployAndGrowth => {
            let plot = jump(dice, now, 40 * 60, 10);
            let began = plot.began.unwrap_or(now);
            let deploy = Some(began - minutes(dice, 0, 8));
            // Somebody rolled it back.
            let lasted = minutes(dice, 40, 240);
            let plot = if dice.chance(0.15) { ending(plot, lasted, now) } else { plot };
            let grows =
                (kind == Kind::DeployAndGrowth).then(|| (began - minutes(dice, 0, 30), dice.real(1.5, 3.0)));
            Plot { deploy, growth: grows, ..plot }
        }
        Kind::FlagOn => Plot { quiet: true, ..jump(dice, now, 40 * 60, 3) },
        Kind::DependencyDown => {
            let plot = jump(dice, now, 36 * 60, 2);
            let began = plot.began.unwrap_or(now);
            let lasted = minutes(dice, 20, 300);
            let plot = if dice.chance(0.5) { ending(plot, lasted, now) } else { plot };
            let deploy = dice.chance(0.25).then(|| began - minutes(dice, 1, 25));
            Plot { deploy, ..plot }
        }
        Kind::DependencySlow => {
            let (began, rate, times) =
                (now - minutes(dice, 12 * 60, 48 * 60), dice.real(4.0, 60.0), dice.real(5.0, 15.0));
            let rate = move |second: i64, busy: f64| {
                let risen = ((second - began) as f64 / (now - began) as f64).clamp(0.0, 1.0);
                rate * (1.0 + (times - 1.0) * risen) / times * busy
            };
            let deploy = Some(began + (now - began) / 2);
            Plot { deploy, rate: Box::new(rate), ..plot_of(None) }
        }
        Kind::NightlyJob => nightly(dice, now),
        Kind::HourlyJob => hourly(dice, now),
        Kind::OneUserLoop => {
            let plot = jump(dice, now, 20 * 60, 0);
            let began = plot.began.unwrap_or(now);
            let rate = log_real(dice, (20.0 * HOUR as f64 / (now - began) as f64).max(20.0), 2_000.0);
            let background = if dice.chance(0.5) { 0.0 } else { dice.real(0.02, 0.3) };
            let rate =
                move |second: i64, busy: f64| background * busy + if second >= began { rate } else { 0.0 };
            Plot { rate: Box::new(rate), ..plot }
        }
        Kind::OneTenant => jump(dice, now, 40 * 60, 1),
        Kind::FixRollsOut => {
            let since = now - minutes(dice, 5 * 24 * 60, 25 * 24 * 60);
            let rate = log_real(dice, 4.0, 300.0);
            let half = minutes(dice, 3 * 60, 15 * 60) as f64;
            let fixed = now - whole(half * dice.real(2.0, 4.0));
            let rate = move |second: i64, busy: f64| {
                let left = 0.5_f64.powf((second - fixed).max(0) as f64 / half);
                if second < since { 0.0 } else { rate * left * busy }
            };
            Plot { deploy: Some(fixed - minutes(dice, 1, 10)), rate: Box::new(rate), ..plot_of(None) }
        }
        Kind::PoolExhausted => {
            let since = now - minutes(dice, 5 * 24 * 60, 25 * 24 * 60);
            let (at, most) = (dice.real(1.1, 1.4), dice.real(10.0, 300.0));
            let rate = move |second: i64, busy: f64| {
                let beyond = 1.0 / (1.0 + (-(busy - at) / 0.07).exp());
                if second < since { 0.0 } else { most * beyond }
            };
            Plot { rate: Box::new(rate), ..plot_of(None) }
        }
        Kind::RareEdge => {
            let since = now - minutes(dice, 6 * 24 * 60, 12 * 24 * 60);
            let rate = dice.real(1.0, 2.2) / 24.0;
            let rate = move |second: i64, busy: f64| if second < since { 0.0 } else { rate * busy };
            Plot { rate: Box::new(rate), ..plot_of(None) }
        }
        Kind::LocaleOnly => elsewhere(dice, now),
        Kind::OldBug | Kind::SafariOnly | Kind::SlowQuery | Kind::TokenExpired | Kind::Noise => {
            steady(dice, now, 0.7)
        }
    }
}

/// People of another time zone have it: their day is not the project's.
fn elsewhere(dice: &mut Dice, now: i64) -> Plot {
    let since = now - i64::try_from(dice.between(5, 40)).expect("days") * DAY;
    let (rate, rhythm) = (log_real(dice, 0.7, 60.0), Rhythm::of(dice));
    let shift = dice.real(-9.0, 9.0);
    let rate = move |second: i64, _: f64| if second < since { 0.0 } else { rate * rhythm.at(second, shift) };
    Plot { rate: Box::new(rate), ..plot_of(None) }
}

/// At one time of the day, some minutes long; now and then it works, or somebody tries by hand.
fn nightly(dice: &mut Dice, now: i64) -> Plot {
    let (nights, at) = (i64::try_from(dice.between(6, 26)).expect("nights"), minutes(dice, 0, 1_439));
    let (fails, size, long) = (dice.real(0.85, 1.0), log_real(dice, 1.5, 40.0), minutes(dice, 3, 20));
    let stray = dice.real(0.0, 0.04) * size / 24.0;
    let mut runs = Vec::new();
    for night in 0..=nights {
        if dice.chance(fails) {
            runs.push((now.div_euclid(DAY) - night) * DAY + at + minutes(dice, 0, 8));
        }
    }
    let first = now - nights * DAY;
    let rate = move |second: i64, _: f64| {
        // By the hour, an hour that a run begins in has all of it.
        let is_fine = second >= now - 2 * DAY - 60;
        let here = |run: &&i64| {
            let run = **run;
            if is_fine {
                (run..run + long).contains(&second)
            } else {
                second.div_euclid(HOUR) == run.div_euclid(HOUR)
            }
        };
        let running = runs
            .iter()
            .find(here)
            .map_or(0.0, |_| if is_fine { size * HOUR as f64 / long as f64 } else { size });
        running + if second >= first { stray } else { 0.0 }
    };
    Plot { rate: Box::new(rate), ..plot_of(None) }
}

fn hourly(dice: &mut Dice, now: i64) -> Plot {
    let (hours, minute) = (i64::try_from(dice.between(8, 200)).expect("hours"), minutes(dice, 0, 59));
    let (fails, size, late) = (dice.real(0.8, 1.0), log_real(dice, 1.3, 12.0), dice.between(0, 3));
    let mut runs = Vec::new();
    for hour in 0..=hours {
        if dice.chance(fails) {
            runs.push((now.div_euclid(HOUR) - hour) * HOUR + minute + minutes(dice, 0, late));
        }
    }
    let rate = move |second: i64, _: f64| {
        let is_fine = second >= now - 2 * DAY - 60;
        let here = |run: &&i64| {
            let run = **run;
            if is_fine {
                (run..run + 120).contains(&second)
            } else {
                second.div_euclid(HOUR) == run.div_euclid(HOUR)
            }
        };
        runs.iter().find(here).map_or(0.0, |_| if is_fine { size * 30.0 } else { size })
    };
    Plot { rate: Box::new(rate), ..plot_of(None) }
}
