//! When a story's incidents happen: by hour, heavier where the shop has traffic.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::demo::Wish;
use crate::demo::dice::Dice;
use crate::demo::story::{Shape, Story};

/// Stories are told in days of this many; more or fewer stretch them.
pub const STORY_DAYS: u32 = 14;

const HOUR_MS: u64 = 3_600_000;
/// Nothing happens in the last second: a clock that is a little behind would call it the future.
const YOUNGEST_MS: u64 = 1_000;
/// How busy the shop is at each hour of a day in UTC; its customers live in Europe.
const TRAFFIC: [u64; 24] =
    [30, 18, 12, 10, 10, 14, 28, 52, 74, 88, 94, 96, 104, 98, 92, 92, 96, 108, 126, 140, 136, 112, 80, 50];
/// A burst is over after so many half-lives.
const EBBED: u32 = 7;
/// One in so many events of what comes back is of the second time.
const RETURNING_PART: usize = 4;
/// Percent of a workday's.
const WEEKEND: u64 = 135;

/// Oldest first.
pub fn times(story: &Story, count: usize, wish: &Wish) -> Vec<Timestamp> {
    let Some(shape) = &story.shape else { return Vec::new() };
    let mut dice = Dice::of(wish.seed, &story.name, usize::MAX);
    let mut times = match shape {
        Shape::Nightly { hour, minutes } => nightly(*hour, *minutes, count, wish, &mut dice),
        Shape::Comeback { from, until, again } => {
            // However few there are, it happened before and it happens again.
            let returning = (count / RETURNING_PART).max(1);
            let before = Shape::Span { from: *from, until: *until };
            let mut times = by_hour(&before, count.saturating_sub(returning).max(1), wish, &mut dice);
            times.extend(by_hour(&Shape::Span { from: *again, until: 0 }, returning, wish, &mut dice));
            times
        }
        shape => by_hour(shape, count, wish, &mut dice),
    };
    times.sort_unstable();
    times
}

/// As the traffic goes, in no order.
pub fn steady(name: &str, count: usize, wish: &Wish) -> Vec<Timestamp> {
    by_hour(&Shape::Steady, count, wish, &mut Dice::of(wish.seed, name, usize::MAX))
}

/// How many hours ago that was, where the wish's days are those of the stories.
pub fn story_hours_ago(at: Timestamp, wish: &Wish) -> i64 {
    wish.now.duration_since(at).as_hours() * i64::from(STORY_DAYS) / i64::from(wish.days)
}

fn by_hour(shape: &Shape, count: usize, wish: &Wish, dice: &mut Dice) -> Vec<Timestamp> {
    let hours = wish.days * 24;
    let weights: Vec<u64> = (0..hours).map(|hour| weight(shape, hour, wish)).collect();
    (0..count)
        .map(|_| {
            let hour = dice.weighted(&weights) as u64;
            let ago = hour * HOUR_MS + dice.between(YOUNGEST_MS, HOUR_MS - 1);
            wish.now - milliseconds(ago)
        })
        .collect()
}

/// Of the hour that ended so many hours ago.
fn weight(shape: &Shape, hour: u32, wish: &Wish) -> u64 {
    let traffic = traffic(wish.now - SignedDuration::from_hours(i64::from(hour)));
    // In the hours of a story of two weeks, of which one of ours may be many.
    let told = hour * STORY_DAYS / wish.days;
    let told_end = ((hour + 1) * STORY_DAYS).div_ceil(wish.days);
    let within = |from: u32, until: u32| if told < from && told_end > until { traffic } else { 0 };
    match *shape {
        Shape::Steady => traffic,
        Shape::Burst { hours_ago, half_life } => {
            let halvings = hours_ago.checked_sub(told).map(|since| since / half_life.max(1));
            halvings
                .filter(|&halvings| halvings < EBBED)
                .map_or(0, |halvings| halved(traffic << 10, halvings))
        }
        Shape::Span { from, until } => within(from, until),
        Shape::Growing { doubling } => halved(traffic << 10, told / doubling.max(1)),
        Shape::Nightly { .. } | Shape::Comeback { .. } | Shape::Rare => 1,
    }
}

fn halved(weight: u64, times: u32) -> u64 {
    weight.checked_shr(times).unwrap_or(0)
}

pub(super) fn traffic(at: Timestamp) -> u64 {
    let at = at.to_zoned(TimeZone::UTC);
    let hour = usize::try_from(at.hour()).expect("an hour of a day");
    match at.weekday() {
        jiff::civil::Weekday::Saturday | jiff::civil::Weekday::Sunday => TRAFFIC[hour] * WEEKEND / 100,
        _ => TRAFFIC[hour],
    }
}

fn nightly(hour: i8, minutes: u64, count: usize, wish: &Wish, dice: &mut Dice) -> Vec<Timestamp> {
    let today = wish.now.to_zoned(TimeZone::UTC).date();
    let first = wish.now - SignedDuration::from_hours(24 * i64::from(wish.days));
    let nights: Vec<Timestamp> = (0..=i64::from(wish.days))
        .filter_map(|days| {
            let date = today.checked_sub(SignedDuration::from_hours(24 * days)).ok()?;
            Some(date.at(hour, 0, 0, 0).to_zoned(TimeZone::UTC).ok()?.timestamp())
        })
        .filter(|&night| night > first && night + milliseconds(minutes * 60_000) < wish.now)
        .collect();
    (0..count)
        .map(|place| {
            let night = nights.get(place % nights.len().max(1)).copied().unwrap_or(first);
            night + milliseconds(dice.below(minutes * 60_000))
        })
        .collect()
}

fn milliseconds(count: u64) -> SignedDuration {
    SignedDuration::from_millis(i64::try_from(count).unwrap_or(i64::MAX))
}
