//! Who is due a digest. What it says is written when it is sent, see `messages::digest`.

use jiff::{SignedDuration, Timestamp};

use crate::insight::alert::digest_times::next_digest;
use crate::model::preferences::Preferences;
use crate::store::{Result, Store};

/// A digest tells of no more: who was away reads the list.
const TOLD_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Of someone who was never told: one that was due so long ago, when it was asked for, comes with the next.
const FIRST_WITHIN: SignedDuration = SignedDuration::from_mins(10);
/// Missed ones that are passed over, while the server did not run.
const MISSED_MAX: usize = 400;

/// Queues each digest that is due, once; several that were missed are one. Answers how many.
pub fn run(store: &Store, now: Timestamp) -> Result<usize> {
    let mut queued = 0;
    for account in store.accounts()? {
        if account.removed.is_some() {
            continue;
        }
        let preferences = store.preferences(account.id)?;
        if let Some((from, to)) = due(&preferences, now)
            && store.queue_digest(account.id, from, to, now)?
        {
            queued += 1;
        }
    }
    Ok(queued)
}

/// From when to when a digest is to tell now.
fn due(preferences: &Preferences, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let cron = preferences.digest.as_deref()?;
    let next = |after| next_digest(cron, &preferences.time_zone, after).filter(|at| *at <= now);
    let began = preferences.digest_through.or_else(|| now.checked_sub(FIRST_WITHIN).ok())?;
    let mut to = next(began)?;
    for _ in 0..MISSED_MAX {
        match next(to) {
            Some(later) => to = later,
            None => break,
        }
    }
    // Of the first, as far back as the time between two.
    let before = if let Some(through) = preferences.digest_through {
        through
    } else {
        let after = next_digest(cron, &preferences.time_zone, to)?;
        to.checked_sub(after.duration_since(to)).ok()?
    };
    Some((before.max(to.checked_sub(TOLD_MAX).ok()?), to))
}

#[cfg(test)]
mod tests {
    use super::due;
    use crate::model::preferences::Preferences;

    #[test]
    fn a_digest_tells_of_what_was_since_the_last() {
        for (cron, through, now, told) in [
            // Not yet; now; and once.
            ("0 9 * * *", Some("2026-03-02T09:00:00Z"), "2026-03-03T08:59:59Z", None),
            (
                "0 9 * * *",
                Some("2026-03-02T09:00:00Z"),
                "2026-03-03T09:00:30Z",
                Some(("2026-03-02T09:00:00Z", "2026-03-03T09:00:00Z")),
            ),
            ("0 9 * * *", Some("2026-03-03T09:00:00Z"), "2026-03-03T09:01:30Z", None),
            // Two were missed.
            (
                "0 9 * * *",
                Some("2026-03-01T09:00:00Z"),
                "2026-03-03T10:00:00Z",
                Some(("2026-03-01T09:00:00Z", "2026-03-03T09:00:00Z")),
            ),
            // A month was.
            (
                "0 9 * * *",
                Some("2026-02-01T09:00:00Z"),
                "2026-03-03T10:00:00Z",
                Some(("2026-02-24T09:00:00Z", "2026-03-03T09:00:00Z")),
            ),
            // The first.
            (
                "0 9 * * 2",
                None,
                "2026-03-03T09:00:10Z",
                Some(("2026-02-24T09:00:00Z", "2026-03-03T09:00:00Z")),
            ),
            ("0 9 * * *", None, "2026-03-03T11:00:00Z", None),
            ("nonsense", None, "2026-03-03T09:00:10Z", None),
        ] {
            let at = |text: &str| text.parse().expect("a time");
            let preferences = Preferences {
                digest: Some(cron.to_owned()),
                digest_through: through.map(at),
                ..Preferences::default()
            };
            assert_eq!(due(&preferences, at(now)), told.map(|(from, to)| (at(from), at(to))), "{cron} {now}");
        }
    }
}
