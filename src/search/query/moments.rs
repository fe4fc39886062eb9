//! Values that are compared: numbers and moments.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::model::length;
use crate::model::query::{NumberRange, TimeRange};
use crate::model::version::Op;

/// The finest time that is kept.
const STEP: SignedDuration = SignedDuration::from_micros(1);

/// Takes the comparison off a value.
pub(super) fn split(value: &str) -> (Option<Op>, &str) {
    for (sign, op) in [
        (">=", Op::GreaterOrEqual),
        ("<=", Op::LessOrEqual),
        (">", Op::Greater),
        ("<", Op::Less),
        ("=", Op::Equal),
    ] {
        if let Some(rest) = value.strip_prefix(sign) {
            return (Some(op), rest);
        }
    }
    (None, value)
}

pub(super) fn numbers(value: &str) -> Option<NumberRange> {
    let (op, digits) = split(value);
    let number: u64 = digits.parse().ok()?;
    // What no number can be.
    let none = NumberRange { least: 1, most: 0 };
    Some(match op {
        None | Some(Op::Equal) => NumberRange { least: number, most: number },
        Some(Op::GreaterOrEqual) => NumberRange { least: number, most: u64::MAX },
        Some(Op::LessOrEqual) => NumberRange { least: 0, most: number },
        Some(Op::Greater) => {
            number.checked_add(1).map_or(none, |least| NumberRange { least, most: u64::MAX })
        }
        Some(Op::Less) => number.checked_sub(1).map_or(none, |most| NumberRange { least: 0, most }),
    })
}

/// `-24h` (since then), `+7d` (before then), `2026-11-01` (that day), `2026-11-01T08:00:00` (that second), or any
/// moment behind a comparison.
pub(super) fn times(value: &str, now: Timestamp) -> Option<TimeRange> {
    let (op, text) = split(value);
    let (at, length) = moment(text, now)?;
    let behind = |length: SignedDuration| at.checked_add(length).ok();
    Some(match op {
        None if text.starts_with('-') => TimeRange { from: Some(at), until: None },
        None if text.starts_with('+') => TimeRange { from: None, until: behind(STEP) },
        None | Some(Op::Equal) => TimeRange { from: Some(at), until: behind(length) },
        Some(Op::GreaterOrEqual) => TimeRange { from: Some(at), until: None },
        Some(Op::Greater) => TimeRange { from: behind(STEP), until: None },
        Some(Op::Less) => TimeRange { from: None, until: Some(at) },
        Some(Op::LessOrEqual) => TimeRange { from: None, until: behind(STEP) },
    })
}

/// How long ago something began: `-24h` and `<24h` are younger, `+7d` and `>7d` are older.
pub(super) fn ages(value: &str, now: Timestamp) -> Option<TimeRange> {
    let (op, text) = split(value);
    let (younger, length) = match (op, text.as_bytes().first()?) {
        (None, b'-') => (true, &text[1..]),
        (None, b'+') => (false, &text[1..]),
        (Some(Op::Less | Op::LessOrEqual), _) => (true, text),
        (Some(Op::Greater | Op::GreaterOrEqual), _) => (false, text),
        _ => return None,
    };
    let at = now.checked_sub(length::read(length)?).ok()?;
    Some(if younger {
        TimeRange { from: Some(at), until: None }
    } else {
        TimeRange { from: None, until: at.checked_add(STEP).ok() }
    })
}

/// The moment, and how long what was written lasts.
fn moment(text: &str, now: Timestamp) -> Option<(Timestamp, SignedDuration)> {
    if let Some(ago) = text.strip_prefix(['-', '+']) {
        return Some((now.checked_sub(length::read(ago)?).ok()?, STEP));
    }
    let second = SignedDuration::from_secs(1);
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some((at, second));
    }
    // Without a zone it is UTC.
    let utc = |civil: DateTime| TimeZone::UTC.to_timestamp(civil).ok();
    if let Ok(day) = text.parse::<Date>()
        && text.len() == "2026-11-01".len()
    {
        return Some((utc(day.at(0, 0, 0, 0))?, SignedDuration::from_hours(24)));
    }
    Some((utc(text.parse().ok()?)?, second))
}
