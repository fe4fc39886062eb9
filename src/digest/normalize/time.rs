//! Reads timestamps of every SDK generation and corrects the sender's clock.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::digest::normalize::notes::At;
use crate::model::event::Event;

/// A smaller difference between `sent_at` and our clock is taken for the network's, not the clock's.
pub const DRIFT_MIN: SignedDuration = SignedDuration::from_mins(55);
const FUTURE_MAX: SignedDuration = SignedDuration::from_secs(60);

/// Seconds since 1970 as a number or its text, or ISO 8601 with or without a zone (then UTC).
pub fn timestamp(value: &Value, at: &At) -> Option<Timestamp> {
    let found = match value {
        Value::Null => return None,
        Value::Number(number) => match number.as_i64() {
            Some(seconds) => Timestamp::from_second(seconds).ok(),
            None => number.as_f64().and_then(from_float),
        },
        Value::String(text) => from_text(text.trim()),
        _ => None,
    };
    if found.is_none() {
        at.invalid("expected a timestamp", value);
    }
    found
}

/// Floats of today's seconds are exact to about a quarter of a microsecond: finer digits are noise.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a float's cast saturates, and Timestamp checks the range"
)]
fn from_float(seconds: f64) -> Option<Timestamp> {
    Timestamp::from_microsecond((seconds * 1e6).round() as i64).ok()
}

fn from_text(text: &str) -> Option<Timestamp> {
    if text.is_empty() {
        return None;
    }
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(timestamp);
    }
    if let Ok(naive) = text.parse::<DateTime>() {
        return TimeZone::UTC.to_ambiguous_timestamp(naive).compatible().ok();
    }
    text.parse::<f64>().ok().filter(|seconds| seconds.is_finite()).and_then(from_float)
}

/// What the correction needs to know beside the event.
#[derive(Clone, Copy)]
pub struct Clock {
    pub received: Timestamp,
    /// The sender's clock when it sent, from the envelope header.
    pub sent_at: Option<Timestamp>,
    /// Events older than this are moved to now: their partition is gone.
    pub retention: SignedDuration,
}

/// Moves the event's times by the sender's clock error, then into the span that we keep.
pub fn correct_clock(event: &mut Event, clock: Clock, at: &At) {
    if let Some(sent_at) = clock.sent_at {
        let drift = clock.received.duration_since(sent_at);
        if drift.abs() >= DRIFT_MIN {
            shift(event, drift);
            let reason = format!("the sender's clock was {} s behind", drift.as_secs());
            at.key("timestamp").note("clock_drift", &reason, None);
        }
    }
    let ahead = event.timestamp.duration_since(clock.received);
    let (kind, reason) = if ahead > FUTURE_MAX {
        ("future_timestamp", "in the future: moved to when it was received")
    } else if -ahead > clock.retention {
        ("past_timestamp", "older than what is kept: moved to when it was received")
    } else {
        return;
    };
    let sent = Value::String(event.timestamp.to_string());
    shift(event, -ahead);
    event.timestamp = clock.received;
    at.key("timestamp").note(kind, reason, Some(sent));
}

fn shift(event: &mut Event, by: SignedDuration) {
    let crumbs = event.breadcrumbs.iter_mut().filter_map(|crumb| crumb.timestamp.as_mut());
    for time in crumbs.chain([&mut event.timestamp]) {
        // A time that would leave the calendar stays as it is.
        *time = time.checked_add(by).unwrap_or(*time);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::timestamp;
    use crate::digest::normalize::notes::{At, Notes};

    fn check(value: &Value, expected: Option<&str>) {
        let notes = Notes::default();
        let found = timestamp(value, &At::root(&notes)).map(|time| time.to_string());
        assert_eq!(found.as_deref(), expected, "{value}");
        assert_eq!(notes.into_vec().is_empty(), expected.is_some() || value.is_null());
    }

    #[test]
    fn every_generation_of_timestamps() {
        check(&json!(1_700_000_000), Some("2023-11-14T22:13:20Z"));
        check(&json!(1_700_000_000.123_456), Some("2023-11-14T22:13:20.123456Z"));
        check(&json!("1700000000.5"), Some("2023-11-14T22:13:20.5Z"));
        check(&json!("2023-11-14T22:13:20Z"), Some("2023-11-14T22:13:20Z"));
        check(&json!("2023-11-14T22:13:20"), Some("2023-11-14T22:13:20Z"));
        check(&json!("2023-11-14 22:13:20.25"), Some("2023-11-14T22:13:20.25Z"));
        check(&json!("2023-11-14T22:13:20.123456789+01:00"), Some("2023-11-14T21:13:20.123456789Z"));
        check(&json!("2023-11-14T22:13:20+0100"), Some("2023-11-14T21:13:20Z"));
        check(&json!(-1), Some("1969-12-31T23:59:59Z"));
        check(&json!(null), None);
        for bad in [json!(1e300), json!(-1e300), json!(u64::MAX), json!(i64::MIN), json!(true), json!([])] {
            check(&bad, None);
        }
        for bad in ["", "yesterday", "NaN", "inf", "2023-13-45T00:00:00Z", "9".repeat(400).as_str()] {
            check(&json!(bad), None);
        }
    }
}
