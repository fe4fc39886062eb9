use jiff::Timestamp;

use super::{MINUTES, Spike, is_still, spike};
use crate::insight::alert::baseline::Baseline;

/// A Monday, 03:20.
const NOW: i64 = 1_790_553_600 + 3 * 3_600 + 20 * 60;

fn now() -> Timestamp {
    Timestamp::from_second(NOW + 12).expect("in range")
}

/// So many hours of history around a mean.
fn known(hours: i64, mean: u64) -> Baseline {
    let hour = NOW - NOW % 3_600;
    let off = mean.isqrt();
    let around = [mean, mean - off, mean + off, mean, mean];
    let around = |index: i64| around[usize::try_from(index.rem_euclid(5)).unwrap()];
    let hours: Vec<_> = (-hours..0).map(|index| (hour + index * 3_600, around(index))).collect();
    Baseline::of(&hours, now())
}

/// (minutes ago, events); 0 is the unfinished minute.
fn minutes(seen: &[(usize, u32)]) -> [u32; MINUTES] {
    let mut minutes = [0; MINUTES];
    for (ago, events) in seen {
        minutes[MINUTES - 1 - ago] += events;
    }
    minutes
}

fn found(seen: &[(usize, u32)], baseline: &Baseline) -> Option<Spike> {
    spike(&minutes(seen), baseline, 10.0, 60, now())
}

#[test]
fn many_times_as_often_as_usual_is_a_spike() {
    let steady = |per_minute: u32| (0..MINUTES).map(|ago| (ago, per_minute)).collect::<Vec<_>>();
    let with = |mut seen: Vec<(usize, u32)>, more: &[(usize, u32)]| {
        seen.extend_from_slice(more);
        seen
    };
    let (night, busy, new) = (known(4 * 168, 2), known(4 * 168, 1_200), known(0, 0));
    let cases = [
        ("2 an hour, then 20 in one", &night, (0..20).map(|n| (n * 3, 1)).collect(), true),
        ("2 an hour, then 20 at once", &night, vec![(1, 20)], true),
        ("2 an hour, then 9 at once: too few for anybody", &night, vec![(1, 9)], false),
        ("2 an hour, then 15 in one", &night, (0..15).map(|n| (n * 4, 1)).collect(), false),
        ("as ever", &busy, steady(20), false),
        ("a busy one three times as often", &busy, steady(60), false),
        ("a busy one ten times as often for a minute", &busy, with(steady(20), &[(1, 200)]), true),
        ("12 minutes ago, heard of late", &night, vec![(12, 40)], true),
        ("an hour and a half ago", &night, vec![(90, 40)], false),
        ("five, and 200 in the next minute", &new, vec![(2, 5), (1, 200)], true),
        ("five, and 200 in the same minute", &new, vec![(0, 205)], true),
        ("five, and 200 over the next two minutes", &new, vec![(2, 5), (1, 110), (0, 90)], true),
        ("five, and 200 from the same minute on", &new, vec![(1, 65), (0, 140)], true),
        ("five, and a quarter later 200 over two minutes", &new, vec![(17, 5), (1, 110), (0, 90)], true),
        ("new, 30 at once", &new, vec![(0, 30)], false),
        ("new, and goes on as it began", &new, (0..15).map(|ago| (ago, 18)).collect(), false),
        ("new, began with a burst", &new, vec![(9, 60), (5, 3), (2, 4)], false),
        ("five yesterday, then 200", &known(20, 0), vec![(0, 200)], true),
        ("nothing for weeks, then 16", &known(4 * 168, 0), vec![(0, 16)], true),
        ("nothing", &new, vec![], false),
    ];
    for (story, baseline, seen, expected) in cases {
        assert_eq!(found(&seen, baseline).is_some(), expected, "{story}: {:?}", found(&seen, baseline));
    }
}

#[test]
fn a_steady_beginning_stays_new_over_the_hour() {
    // 18 a minute since 02:58: the hour that is known had two minutes of it.
    let hour = NOW - NOW % 3_600;
    for minute in 0..20 {
        let at = Timestamp::from_second(hour + minute * 60 + 30).expect("in range");
        let baseline = Baseline::of(&[(hour - 3_600, 36)], at);
        let mut seen = [0; MINUTES];
        seen[MINUTES - usize::try_from(minute).unwrap() - 3..].fill(18);
        assert_eq!(spike(&seen, &baseline, 10.0, 60, at), None, "minute {minute}");
    }
}

#[test]
fn a_spike_tells_what_it_saw() {
    let told = found(&[(1, 150), (0, 50), (50, 1)], &known(4 * 168, 3)).expect("a spike");
    assert_eq!((told.minutes, told.events), (2, 200));
    assert!((0.05..0.2).contains(&told.usual), "{told:?}");
    assert_eq!(told.since.as_second(), NOW - 60);
}

#[test]
fn it_goes_on_until_it_is_over() {
    let night = known(4 * 168, 2);
    let still = |seen: &[(usize, u32)]| is_still(&minutes(seen), &night, 10.0, now());
    assert!(still(&[(1, 40), (0, 10)]));
    assert!(still(&[(4, 10)]), "wavering");
    assert!(still(&[(13, 3), (9, 2), (6, 2)]));
    assert!(!still(&[(20, 400)]), "over");
    assert!(!still(&[(5, 1), (2, 1)]), "as usual again");
    assert!(!still(&[]));
}
