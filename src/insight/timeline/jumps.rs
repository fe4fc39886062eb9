//! Whether counts jumped within some stretch of time, and when.

/// Fewer are chance: of three an hour, ten in half an hour come once in a hundred thousand half hours.
const EVENTS_MIN: u64 = 10;
/// How many times the rate before; one event is added to what was before, so that the first few of something rare are no jump.
const FACTOR: f64 = 4.0;
/// What a rate after is taken over.
const AFTER_SECONDS: i64 = 30 * 60;
/// What came just before must be less than half of what came after: it had jumped already otherwise.
const JUST_BEFORE_SECONDS: i64 = 5 * 60;
/// What is known before the stretch, at least, for a rate before.
pub const BEFORE_SECONDS: i64 = 3_600;

/// Equal buckets, oldest first.
#[derive(Debug, Clone, Copy)]
pub struct Counts<'a> {
    pub counts: &'a [u64],
    pub bucket_seconds: i64,
}

/// A jump: in which bucket it began, and what was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Jump {
    pub bucket: usize,
    /// In the buckets after it began, and how many seconds those are.
    pub events: u64,
    pub seconds: i64,
    pub before: u64,
    pub before_seconds: i64,
}

/// The first bucket in `from..=to` with which the rate jumped.
pub fn jump(series: Counts<'_>, from: usize, to: usize) -> Option<Jump> {
    let Counts { counts, bucket_seconds } = series;
    let seconds_of =
        |buckets: usize| i64::try_from(buckets).unwrap_or(i64::MAX).saturating_mul(bucket_seconds);
    let buckets_of = |seconds: i64| usize::try_from((seconds / bucket_seconds).max(1)).unwrap_or(1);
    let (after, just_before) = (buckets_of(AFTER_SECONDS), buckets_of(JUST_BEFORE_SECONDS));
    (from..=to.min(counts.len().checked_sub(1)?)).find_map(|bucket| {
        if counts[bucket] == 0 || bucket == 0 {
            return None;
        }
        let end = (bucket + after).min(counts.len());
        let found = Jump {
            bucket,
            events: counts[bucket..end].iter().sum(),
            seconds: seconds_of(end - bucket),
            before: counts[..bucket].iter().sum(),
            before_seconds: seconds_of(bucket),
        };
        let rate_before = (found.before + 1) as f64 / found.before_seconds as f64;
        let rate = found.events as f64 / found.seconds as f64;
        // The bucket itself must be more than usual, else a jump a few minutes later would be dated early.
        let is_more = counts[bucket] as f64 / bucket_seconds as f64 > rate_before;
        let just_before = &counts[bucket.saturating_sub(just_before)..bucket];
        let rate_just_before = just_before.iter().sum::<u64>() as f64 / seconds_of(just_before.len()) as f64;
        let is_jump = found.before_seconds >= BEFORE_SECONDS
            && found.events >= EVENTS_MIN
            && rate >= FACTOR * rate_before
            && rate > 2.0 * rate_just_before
            && is_more;
        is_jump.then_some(found)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(counts: &[u64], expected: Option<usize>) {
        let found = jump(Counts { counts, bucket_seconds: 60 }, 60, 80);
        assert_eq!(found.map(|jump| jump.bucket), expected, "{counts:?}");
    }

    #[test]
    fn a_jump_is_dated_by_its_first_bucket() {
        let quiet = |minutes: usize| vec![0; minutes];
        let then = |before: &[u64], after: &[u64]| [before, after].concat();
        check(&then(&quiet(70), &[5; 30]), Some(70));
        check(&then(&quiet(70), &[0; 30]), None);
        // Nine are too few, one a minute before and after is no jump, and doubling is none.
        check(&then(&quiet(70), &[1, 1, 1, 1, 1, 1, 1, 1, 1]), None);
        check(&[1; 100], None);
        check(&then(&[1; 70], &[2; 30]), None);
        check(&then(&[1; 70], &[8; 30]), Some(70));
        // Before the stretch, and behind it.
        check(&then(&quiet(50), &[5; 50]), None);
        check(&then(&quiet(90), &[5; 10]), None);
        check(&[], None);
    }

    #[test]
    fn no_rate_is_known_without_a_past() {
        let counts = [vec![0; 20], vec![9; 30]].concat();
        assert_eq!(jump(Counts { counts: &counts, bucket_seconds: 60 }, 15, 30), None);
        let hours = [0, 0, 0, 40, 40];
        let found = jump(Counts { counts: &hours, bucket_seconds: 3_600 }, 2, 4);
        assert_eq!(found.map(|jump| (jump.bucket, jump.events)), Some((3, 40)));
    }
}
