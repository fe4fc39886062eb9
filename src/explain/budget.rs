//! How many tokens one day may take, in UTC. What nobody asked for has the budget of the settings. Whoever asks waits for the
//! answer and reads it, so people get more; but a script that asks and asks has an end too.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::insight::words;
use crate::model::explanation::{ExplainFailure, FailureCode, TokensToday};

/// What everybody together may use, automatic explanations among it: the automatic budget so many times.
pub const ASKED_FACTOR: u64 = 4;

/// Why nothing may be asked any more today; `None`: there is room.
pub fn spent(used: TokensToday, per_day: u64, is_asked: bool, now: Timestamp) -> Option<ExplainFailure> {
    let (used, bound) = if is_asked {
        (used.automatic.saturating_add(used.asked), per_day.saturating_mul(ASKED_FACTOR))
    } else {
        (used.automatic, per_day)
    };
    (used >= bound).then(|| ExplainFailure {
        code: FailureCode::BudgetSpent,
        detail: format!(
            "Today's {} tokens are used up (LIGHTTRACE_LLM_TOKENS_PER_DAY); the day begins at 00:00 UTC",
            words::number(bound)
        ),
        retry_after: Some(until_tomorrow(now)),
    })
}

fn until_tomorrow(now: Timestamp) -> u64 {
    let tomorrow = now.to_zoned(TimeZone::UTC).date().tomorrow().ok();
    let begins = tomorrow.and_then(|date| date.to_zoned(TimeZone::UTC).ok());
    let seconds = begins.map_or(0, |begins| begins.timestamp().duration_since(now).as_secs());
    u64::try_from(seconds).unwrap_or(0).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_go_on_where_automatic_explanations_stop() {
        let now: Timestamp = "2026-11-27T23:59:00Z".parse().expect("a time");
        let used = |automatic, asked| TokensToday { automatic, asked };
        for (used, is_asked, is_spent) in [
            (used(999, 0), false, false),
            (used(1_000, 0), false, true),
            (used(0, 3_000), false, false),
            (used(1_000, 2_999), true, false),
            (used(1_000, 3_000), true, true),
        ] {
            let failure = spent(used, 1_000, is_asked, now);
            assert_eq!(failure.is_some(), is_spent, "{used:?} {is_asked}");
            assert!(failure.is_none_or(|failure| failure.retry_after == Some(60)));
        }
    }
}
