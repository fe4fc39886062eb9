//! What the visitor felt: the web vitals of a page load, as browsers measure them, rated by Google's thresholds
//! (<https://web.dev/articles/vitals>).

use serde::Serialize;
use utoipa::ToSchema;

use crate::model::span::AttributeValue;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WebVitalRating)]
pub enum Rating {
    Good,
    NeedsImprovement,
    Poor,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Vital {
    pub name: &'static str,
    pub value: f64,
    pub unit: &'static str,
    pub rating: Rating,
}

const MILLISECOND: &str = "millisecond";

/// Name, unit, up to where it is good, beyond what it is poor.
const KNOWN: [(&str, &str, f64, f64); 5] = [
    ("lcp", MILLISECOND, 2_500.0, 4_000.0),
    ("fcp", MILLISECOND, 1_800.0, 3_000.0),
    ("inp", MILLISECOND, 200.0, 500.0),
    ("cls", "", 0.1, 0.25),
    ("ttfb", MILLISECOND, 800.0, 1_800.0),
];

/// Whether a span of this op may carry any.
pub fn may_have(op: &str) -> bool {
    matches!(op, "pageload" | "navigation")
        || op.starts_with("ui.webvital")
        || op.starts_with("ui.interaction")
}

/// Those among a span's attributes, in a fixed order.
pub fn vitals(attributes: &[(String, AttributeValue)]) -> Vec<Vital> {
    let known = KNOWN.into_iter();
    known
        .filter_map(|(name, unit, good, poor)| {
            let value = attributes.iter().find(|(key, _)| names(key) == Some(name))?;
            let value = number(&value.1)?;
            Some(Vital { name, value, unit, rating: rate(value, good, poor) })
        })
        .collect()
}

/// Adds what is not there yet: a vital that several spans carry is that of the first.
pub fn add(all: &mut Vec<Vital>, more: Vec<Vital>) {
    for vital in more {
        if !all.iter().any(|known| known.name == vital.name) {
            all.push(vital);
        }
    }
}

/// Which vital an attribute holds: `measurements.lcp`, `browser.web_vital.lcp.value`, `lcp`.
fn names(key: &str) -> Option<&'static str> {
    let bare = key
        .strip_prefix("measurements.")
        .or_else(|| key.strip_prefix("browser.web_vital.")?.strip_suffix(".value"))
        .unwrap_or(key);
    KNOWN.into_iter().map(|(name, ..)| name).find(|name| *name == bare)
}

fn number(value: &AttributeValue) -> Option<f64> {
    let number = match value {
        AttributeValue::Integer(number) => *number as f64,
        AttributeValue::Double(number) => *number,
        AttributeValue::Text(text) => text.parse().ok()?,
        // As a transaction's measurements are sent.
        AttributeValue::Json(json) => {
            serde_json::from_str::<serde_json::Value>(json).ok()?.get("value")?.as_f64()?
        }
        AttributeValue::Bool(_) => return None,
    };
    (number.is_finite() && number >= 0.0).then_some(number)
}

fn rate(value: f64, good: f64, poor: f64) -> Rating {
    match value {
        value if value <= good => Rating::Good,
        value if value <= poor => Rating::NeedsImprovement,
        _ => Rating::Poor,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_generation_of_names_is_read_and_rated() {
        let text = |text: &str| AttributeValue::Text(text.to_owned());
        let attributes = [
            ("measurements.fcp", AttributeValue::Double(1_800.0)),
            ("browser.web_vital.lcp.value", AttributeValue::Double(3_200.5)),
            ("cls", text("0.3")),
            ("measurements.inp", AttributeValue::Json(r#"{"value": 120, "unit": "millisecond"}"#.to_owned())),
            ("measurements.ttfb", AttributeValue::Bool(true)),
            ("measurements.fp", AttributeValue::Integer(3)),
        ]
        .map(|(key, value)| (key.to_owned(), value));
        let found: Vec<_> = vitals(&attributes).into_iter().map(|v| (v.name, v.value, v.rating)).collect();
        assert_eq!(
            found,
            [
                ("lcp", 3_200.5, Rating::NeedsImprovement),
                ("fcp", 1_800.0, Rating::Good),
                ("inp", 120.0, Rating::Good),
                ("cls", 0.3, Rating::Poor),
            ]
        );
        let bad = [("lcp".to_owned(), text("NaN")), ("fcp".to_owned(), AttributeValue::Double(-1.0))];
        assert_eq!(vitals(&bad), []);
    }
}
