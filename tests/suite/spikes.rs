//! "Ten times as often as usual within an hour" over two weeks of made-up traffic, a hundred projects of thirty issues
//! each: how many planted spikes are told, how soon, and how often something is told that is none.
//!
//! What is **there** is said by somebody who knows the true rate: a spike is clearly there from the first minute on in
//! which some stretch of it (of the lengths that the rule looks at) has ten events, half as many again as ten times the
//! usual, and more than chance brings once in a hundred million times where events come in bunches of eight, as they
//! do in the worst of these projects. "Usual" is what the issue has in that minute without the spike, or what it had at
//! that hour in the weeks before, whichever is more. So a spike that brings an issue of one event a week three events
//! is none, and one that has barely ten times the usual is anybody's call. An alert is **false** where no planted spike
//! is going on, nor ended within the last rule's hour: bunches, deploys, outages and what follows them have none.

use jiff::Timestamp;
use rayon::prelude::*;

use lighttrace::insight::alert::baseline::Baseline;
use lighttrace::insight::alert::spike::{LATE_MINUTES, MINUTES, is_still, spike};

mod traffic;

use traffic::{Issue, Planted, Project};

const SEEDS: u64 = 100;
const DAYS: usize = 14;
const FACTOR: f64 = 10.0;
/// So much more than the factor is clear.
const CLEAR: f64 = 1.5;
const WINDOW_MINUTES: u32 = 60;
const COOLDOWN_MINUTES: usize = 30;
/// A planted spike is told within so many minutes of being there.
const SOON_MINUTES: usize = 2;
/// Alerts so long after a planted spike are of what is left of it.
const AFTER_MINUTES: usize = 60 + LATE_MINUTES;

#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    planted: usize,
    there: usize,
    told: usize,
    soon: usize,
    again: usize,
    false_alarms: usize,
    delays: usize,
}

impl Tally {
    fn add(mut self, other: Self) -> Self {
        self.planted += other.planted;
        self.there += other.there;
        self.told += other.told;
        self.soon += other.soon;
        self.again += other.again;
        self.false_alarms += other.false_alarms;
        self.delays += other.delays;
        self
    }
}

#[test]
fn ten_times_as_often_is_told_soon_and_nothing_else_is() {
    let by_seed: Vec<Tally> = (0..SEEDS).into_par_iter().map(judged).collect();
    println!("  weeks before  planted  there   told   soon  again  false months");
    for weeks in 0..traffic::WEEKS_BEFORE {
        let of = |seed: &u64| traffic::weeks_before(*seed) == weeks;
        let seeds: Vec<u64> = (0..SEEDS).filter(of).collect();
        let sum = seeds
            .iter()
            .fold(Tally::default(), |sum, seed| sum.add(by_seed[usize::try_from(*seed).unwrap()]));
        print_row(&weeks.to_string(), &sum, seeds.len());
    }
    let sum = by_seed.into_iter().fold(Tally::default(), Tally::add);
    print_row("all", &sum, usize::try_from(SEEDS).unwrap());
    println!("told {:.1} min after they were there, on average", sum.delays as f64 / sum.told as f64);

    assert!(sum.there > 300, "spikes worth the name were planted: {sum:?}");
    assert!(sum.soon as f64 >= 0.99 * sum.there as f64, "told soon: {sum:?}");
    assert!((sum.false_alarms as f64) <= months(usize::try_from(SEEDS).unwrap()), "false alarms: {sum:?}");
}

fn months(projects: usize) -> f64 {
    projects as f64 * DAYS as f64 / 30.0
}

fn print_row(name: &str, sum: &Tally, projects: usize) {
    let Tally { planted, there, told, soon, again, false_alarms, .. } = sum;
    let months = months(projects);
    println!(
        "{name:>14} {planted:>8} {there:>6} {told:>6} {soon:>6} {again:>6} {false_alarms:>6} {months:>6.1}"
    );
}

fn judged(seed: u64) -> Tally {
    let project = Project::of(seed, DAYS);
    let issues = project.issues.iter();
    issues.map(|issue| judge(&project, issue)).fold(Tally::default(), Tally::add)
}

/// What the evaluator does, minute by minute: one alert for as long as it goes on.
fn judge(project: &Project, issue: &Issue) -> Tally {
    let mut alerts = Vec::new();
    let (mut is_firing, mut over) = (false, None::<usize>);
    let mut baseline = None::<(usize, Baseline)>;
    let mut recent: u64 = 0;
    for minute in 0_usize..issue.minutes.len() {
        recent += u64::from(issue.minutes[minute]);
        recent -= minute.checked_sub(AFTER_MINUTES).map_or(0, |gone| u64::from(issue.minutes[gone]));
        // Without a new event nothing new can be found, but by another hour's measure; too few are none by any.
        let is_asked = issue.minutes[minute] > 0 || minute.is_multiple_of(60);
        if !is_firing && (recent < 10 || !is_asked) {
            continue;
        }
        let hour = minute / 60;
        let now = Timestamp::from_second(project.start + i64::try_from(minute).unwrap() * 60 + 59).unwrap();
        if baseline.as_ref().is_none_or(|(of, _)| *of != hour) {
            baseline = Some((hour, Baseline::of(&issue.hours_before(hour), now)));
        }
        let Some((_, usual)) = &baseline else { continue };
        let mut padded = [0; MINUTES];
        let known = (minute + 1).min(MINUTES);
        padded[MINUTES - known..].copy_from_slice(&issue.minutes[minute + 1 - known..=minute]);
        if is_firing {
            if !is_still(&padded, usual, FACTOR, now) {
                (is_firing, over) = (false, Some(minute));
            }
        } else if let Some(found) = spike(&padded, usual, FACTOR, WINDOW_MINUTES, now) {
            let since = minute + 1 - usize::try_from(found.minutes).unwrap();
            if over.is_none_or(|over| since > over && minute >= over + COOLDOWN_MINUTES) {
                alerts.push(minute);
                is_firing = true;
            }
        }
    }
    tally(issue, &alerts)
}

/// `alerts`: the minutes in which they were told.
fn tally(issue: &Issue, alerts: &[usize]) -> Tally {
    let mut tally = Tally::default();
    let mut explained = vec![false; alerts.len()];
    for planted in &issue.planted {
        tally.planted += 1;
        let span = planted.start..planted.end + AFTER_MINUTES;
        let mut of_it = alerts.iter().enumerate().filter(|(_, at)| span.contains(*at)).peekable();
        let first = of_it.peek().copied();
        tally.again += of_it.map(|(index, _)| explained[index] = true).skip(1).count();
        let Some(there) = there(issue, planted) else { continue };
        tally.there += 1;
        if let Some((_, at)) = first {
            tally.told += 1;
            tally.delays += at.saturating_sub(there);
            tally.soon += usize::from(*at <= there + SOON_MINUTES);
        }
    }
    tally.false_alarms = explained.iter().filter(|explained| !**explained).count();
    tally
}

/// See the top of this file.
fn there(issue: &Issue, planted: &Planted) -> Option<usize> {
    for now in planted.start..planted.end.min(issue.minutes.len()) {
        for stretch in [1, 2, 5, 15, 30, 60] {
            let Some(start) = (now + 1).checked_sub(stretch).filter(|start| *start >= planted.start) else {
                break;
            };
            let events: u64 = issue.minutes[start..=now].iter().map(|events| u64::from(*events)).sum();
            let usual: f64 =
                (start..=now).map(|minute| issue.rates[minute / 60].max(issue.usual[minute / 60])).sum();
            if events >= 10
                && events as f64 >= CLEAR * FACTOR * usual
                && traffic::chance(events, usual, issue.bunching) < 1e-8
            {
                return Some(now);
            }
        }
    }
    None
}
