//! How many spans one stands for: 1 / sample rate.

use crate::digest::spans::attributes::Attributes;
use crate::wire::envelope::{Headers, ItemHeaders};

const WEIGHT_MAX: f64 = 1e6;
/// `OpenTelemetry` writes thresholds with at most this many hexadecimal digits.
const THRESHOLD_DIGITS: usize = 14;

/// `None`: a rate that is none.
#[expect(clippy::cast_possible_truncation, reason = "a weight needs no more digits")]
pub fn weight(rate: f64) -> Option<f32> {
    (rate > 0.0 && rate <= 1.0).then(|| (1.0 / rate).min(WEIGHT_MAX) as f32)
}

/// What an envelope says, its item first.
pub fn of_headers(headers: &Headers, item: &ItemHeaders) -> Option<f32> {
    let read = |rate: &String| weight(rate.trim().parse().ok()?);
    let of_item = item.sample_rates.iter().flatten().find_map(|rate| rate.rate.as_ref());
    let of_trace = || headers.trace.as_ref().and_then(|trace| trace.sample_rate.as_ref());
    of_item.and_then(read).or_else(|| of_trace().and_then(read))
}

pub fn of_attributes(attributes: &Attributes) -> Option<f32> {
    attributes.number("sentry.sample_rate").and_then(weight)
}

/// `ot=th:c` in W3C's tracestate: what is below the threshold, as a share of 2^56, was left out.
pub fn of_trace_state(state: &str) -> Option<f32> {
    let ot = state.split(',').find_map(|entry| entry.trim().strip_prefix("ot="))?;
    let threshold = ot.split(';').find_map(|pair| pair.strip_prefix("th:"))?;
    if threshold.is_empty() || threshold.len() > THRESHOLD_DIGITS {
        return None;
    }
    let digits = u64::from_str_radix(threshold, 16).ok()?;
    let share = digits as f64 / 16f64.powi(i32::try_from(threshold.len()).ok()?);
    weight(1.0 - share)
}

#[cfg(test)]
mod tests {
    use super::{of_trace_state, weight};

    #[test]
    fn weights() {
        assert_eq!(weight(0.25), Some(4.0));
        assert_eq!(weight(1e-12), Some(1e6));
        for none in [0.0, -1.0, 2.0, f64::NAN] {
            assert_eq!(weight(none), None);
        }
    }

    #[test]
    fn thresholds() {
        let table = [
            ("ot=th:c", Some(4.0)),
            ("vendor=x, ot=rv:123;th:8", Some(2.0)),
            ("ot=th:0", Some(1.0)),
            ("ot=th:fffffffffffffff", None),
            ("ot=th:", None),
            ("ot=th:xyz", None),
            ("", None),
        ];
        for (state, expected) in table {
            assert_eq!(of_trace_state(state), expected, "{state}");
        }
    }
}
