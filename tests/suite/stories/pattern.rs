//! The pattern of made-up failures: which kind each is said to be, and how well its beginning is dated.

use std::collections::BTreeMap;

use lighttrace::insight::pattern::judge;
use lighttrace::model::standing::PatternKind;

use super::{Kind, SEEDS};
use world::{Story, story};

mod shares;
mod world;

/// Seeds that thresholds were chosen with, and such that they never were.
const TUNED: u64 = 0;
const UNSEEN: u64 = 7_000;
/// Of all stories, and of all dated changes.
const RIGHT_MIN: f64 = 0.95;

#[derive(Default)]
struct Tally {
    told: BTreeMap<String, usize>,
    right: usize,
    dated: usize,
    near: usize,
    covered: usize,
    minutes_off: Vec<i64>,
    buckets: Vec<i64>,
}

fn tally(kind: Kind, first_seed: u64) -> Tally {
    let mut tally = Tally::default();
    for seed in first_seed..first_seed + SEEDS {
        let Story { facts, began } = story(kind, seed);
        let found = judge(&facts);
        assert!(!found.sentences.is_empty() && !found.numbers.is_empty(), "{kind:?} {seed}: nothing said");
        tally.right += usize::from(found.kind == kind.pattern());
        *tally.told.entry(format!("{:?}", found.kind)).or_default() += 1;
        if std::env::var("STORIES_TOLD").is_ok() && found.kind != kind.pattern() {
            println!("{kind:?} {seed} {:?} {:?} {:?}", found.kind, found.sentences, found.change);
        }
        let Some(began) = began else { continue };
        tally.dated += 1;
        let (Some(change), Some(bucket)) = (found.change, found.change_seconds) else {
            if std::env::var("STORIES_TOLD").is_ok() {
                println!("{kind:?} {seed} undated {:?}", found.sentences);
            }
            continue;
        };
        let (began, risen) = began;
        let at = change.at.as_second();
        let off = at - at.clamp(began, risen);
        let is_near = off.abs() <= 2 * bucket;
        if std::env::var("STORIES_TOLD").is_ok() && !is_near {
            println!("{kind:?} {seed} off {} min, bucket {bucket}, {change:?}", off / 60);
        }
        tally.near += usize::from(is_near);
        // A bucket begins up to its width before what is in it.
        let holds = change.from.as_second() - 60 <= risen && began <= change.to.as_second() + 60;
        tally.covered += usize::from(holds);
        tally.minutes_off.push(off.abs() / 60);
        tally.buckets.push(bucket / 60);
    }
    tally.minutes_off.sort_unstable();
    tally.buckets.sort_unstable();
    tally
}

/// Prints the table; answers the shares of right patterns and of near shown.
fn told(first_seed: u64) -> (f64, f64) {
    let (mut right, mut dated, mut near) = (0, 0, 0);
    println!("seeds {first_seed} to {}", first_seed + SEEDS - 1);
    println!(
        "{:<16} {:>5} {:>9} {:>9} {:>10} {:>8}  told as",
        "story", "right", "dated ±2", "interval", "median off", "bucket"
    );
    for kind in Kind::ALL {
        let tally = tally(kind, first_seed);
        let median = |minutes: &[i64]| {
            minutes.get(minutes.len() / 2).map_or("-".to_owned(), |minutes| format!("{minutes} min"))
        };
        let shown =
            |count: usize| if tally.dated == 0 { "-".to_owned() } else { format!("{count}/{}", tally.dated) };
        let told: Vec<String> = tally.told.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        println!(
            "{:<16} {:>5} {:>9} {:>9} {:>10} {:>8}  {}",
            format!("{kind:?}"),
            format!("{}/{SEEDS}", tally.right),
            shown(tally.near),
            shown(tally.covered),
            median(&tally.minutes_off),
            median(&tally.buckets),
            told.join(", ")
        );
        right += tally.right;
        dated += tally.dated;
        near += tally.near;
    }
    let all = Kind::ALL.len() as f64 * SEEDS as f64;
    let shares = (right as f64 / all, near as f64 / dated as f64);
    println!(
        "pattern right {:.1} %, change dated within 2 buckets {:.1} %\n",
        shares.0 * 100.0,
        shares.1 * 100.0
    );
    shares
}

#[track_caller]
fn holds(first_seed: u64) {
    let (right, near) = told(first_seed);
    assert!(right >= RIGHT_MIN, "pattern right in {right:.3}");
    assert!(near >= RIGHT_MIN, "change dated in {near:.3}");
}

#[test]
fn patterns_are_told_right_and_changes_are_dated() {
    holds(TUNED);
}

#[test]
fn so_they_are_of_stories_that_no_threshold_was_chosen_with() {
    holds(UNSEEN);
}

#[test]
fn the_same_story_is_told_the_same() {
    for kind in Kind::ALL {
        assert_eq!(judge(&story(kind, 7).facts), judge(&story(kind, 7).facts), "{kind:?}");
    }
}

#[test]
fn search_tells_more_than_counts_and_counts_alone_tell_no_user() {
    let mut facts = story(Kind::OneUserLoop, 3).facts;
    assert_eq!(judge(&facts).kind, PatternKind::OneUser);
    facts.detail = None;
    assert_ne!(judge(&facts).kind, PatternKind::OneUser);
}
