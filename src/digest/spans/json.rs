//! Fields of Sentry's JSON, read as forgivingly as events are: a field of another type is an empty one.

use std::fmt;

use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::digest::normalize;
use crate::digest::spans::times;
use crate::model::ids::{SpanId, TraceId};

/// A list of things that are read one by one.
pub type Slices<'a> = Vec<&'a RawValue>;

/// Reads one thing. What is no JSON as it stands is mended first, as events are.
pub fn read<T: DeserializeOwned>(json: &str) -> Option<T> {
    // Serde would take a list for a struct.
    if !json.trim_ascii_start().starts_with('{') {
        return None;
    }
    serde_json::from_str(json).ok().or_else(|| {
        let mended = normalize::parse(json.as_bytes(), true).ok()?;
        serde_json::from_value(mended).ok()
    })
}

/// Shows a document, mended if it must be, to `see`. `None`: it cannot be read.
pub fn with_document<R>(bytes: &[u8], see: impl Fn(&str) -> Option<R>) -> Option<R> {
    let plain = std::str::from_utf8(bytes).ok().and_then(|text| {
        let text = text.trim_start_matches('\u{feff}').trim_ascii_start();
        text.starts_with('{').then(|| see(text)).flatten()
    });
    plain.or_else(|| {
        let mended = normalize::parse(bytes, true).ok()?;
        see(&mended.to_string())
    })
}

/// A scalar, read with one visitor so that no field of an attacker's choice can sink the rest.
#[derive(Default)]
enum Scalar {
    #[default]
    None,
    Text(String),
    Number(f64),
    Bool(bool),
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }

            fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar::Text(text.to_owned()))
            }

            fn visit_string<E>(self, text: String) -> Result<Scalar, E> {
                Ok(Scalar::Text(text))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Scalar, E> {
                Ok(Scalar::Number(number as f64))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Scalar, E> {
                Ok(Scalar::Number(number as f64))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Scalar, E> {
                Ok(Scalar::Number(number))
            }

            fn visit_bool<E>(self, value: bool) -> Result<Scalar, E> {
                Ok(Scalar::Bool(value))
            }

            fn visit_unit<E>(self) -> Result<Scalar, E> {
                Ok(Scalar::None)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Scalar::None)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Scalar, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Scalar::None)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match Scalar::deserialize(deserializer)? {
        Scalar::None => String::new(),
        Scalar::Text(text) => text,
        Scalar::Number(number) => number.to_string(),
        Scalar::Bool(value) => value.to_string(),
    })
}

pub fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    Ok(match Scalar::deserialize(deserializer)? {
        Scalar::Bool(value) => Some(value),
        _ => None,
    })
}

pub fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    Ok(match Scalar::deserialize(deserializer)? {
        Scalar::Number(number) => Some(number),
        Scalar::Text(text) => text.trim().parse().ok(),
        _ => None,
    })
}

/// Microseconds since 1970.
pub fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Ok(match Scalar::deserialize(deserializer)? {
        Scalar::Number(seconds) => times::from_seconds(seconds),
        Scalar::Text(text) => times::from_text(&text),
        _ => None,
    })
}

pub fn trace_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<TraceId>, D::Error> {
    let text = text(deserializer)?;
    Ok(text.parse().ok().filter(|id: &TraceId| id.0 != [0; 16]))
}

pub fn span_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SpanId>, D::Error> {
    Ok(text(deserializer)?.parse().ok())
}
