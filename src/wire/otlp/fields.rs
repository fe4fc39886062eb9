//! How exporters write fields as JSON: lists may be null, 64-bit numbers are texts or numbers, ids hexadecimal, enums
//! numbers or names.

use base64::Engine;
use serde::{Deserialize, Deserializer};

use crate::wire::otlp::value::{AnyValue, Kind, List, Map};

pub fn list<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// What is no id is left empty, which is none either.
pub fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = text(deserializer)?;
    let decoded = hex::decode(&text).ok();
    // Protobuf's own JSON mapping, which OTLP departs from, and which some exporters follow.
    let from_base64 = || base64::engine::general_purpose::STANDARD.decode(&text).ok();
    Ok(decoded.or_else(from_base64).unwrap_or_default())
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Unsigned(u64),
    Signed(i64),
    Double(f64),
    Text(String),
}

impl Number {
    #[expect(clippy::cast_possible_truncation, reason = "a float's cast saturates")]
    fn integer(self) -> i64 {
        match self {
            Self::Unsigned(number) => i64::try_from(number).unwrap_or(i64::MAX),
            Self::Signed(number) => number,
            Self::Double(number) => number as i64,
            Self::Text(text) => text.trim().parse().unwrap_or_default(),
        }
    }
}

pub fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = Option::<Number>::deserialize(deserializer)?;
    Ok(number.map_or(0, Number::integer).try_into().unwrap_or_default())
}

fn named<'de, D: Deserializer<'de>>(
    deserializer: D,
    read: impl Fn(&str) -> Option<i32>,
) -> Result<i32, D::Error> {
    Ok(match Option::<Number>::deserialize(deserializer)? {
        Some(Number::Text(name)) if !name.bytes().all(|byte| byte.is_ascii_digit()) => {
            read(&name).unwrap_or_default()
        }
        Some(number) => number.integer().try_into().unwrap_or_default(),
        None => 0,
    })
}

fn place(names: &[&str], prefix: &str, name: &str) -> Option<i32> {
    let name = name.strip_prefix(prefix).unwrap_or(name);
    let found = names.iter().position(|known| known.eq_ignore_ascii_case(name))?;
    i32::try_from(found).ok()
}

pub fn kind<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
    const NAMES: [&str; 6] = ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"];
    named(deserializer, |name| place(&NAMES, "SPAN_KIND_", name))
}

pub fn status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
    named(deserializer, |name| place(&["UNSET", "OK", "ERROR"], "STATUS_CODE_", name))
}

/// `SEVERITY_NUMBER_WARN`, `SEVERITY_NUMBER_WARN3`
pub fn severity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
    const LEVELS: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
    named(deserializer, |name| {
        let level = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let step: i32 = name[level.len()..].parse().unwrap_or(1);
        Some(place(&LEVELS, "SEVERITY_NUMBER_", level)? * 4 + step)
    })
}

/// `{"stringValue": "x"}`; the first of its fields counts.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct JsonValue {
    #[serde(rename = "stringValue", alias = "string_value")]
    string: Option<String>,
    #[serde(rename = "boolValue", alias = "bool_value")]
    bool: Option<bool>,
    #[serde(rename = "intValue", alias = "int_value")]
    int: Option<Number>,
    #[serde(rename = "doubleValue", alias = "double_value")]
    double: Option<Number>,
    #[serde(rename = "arrayValue", alias = "array_value")]
    array: Option<List>,
    #[serde(rename = "kvlistValue", alias = "kvlist_value")]
    kvlist: Option<Map>,
    #[serde(rename = "bytesValue", alias = "bytes_value")]
    bytes: Option<String>,
}

impl From<JsonValue> for AnyValue {
    fn from(value: JsonValue) -> Self {
        let double = |number: Number| match number {
            Number::Double(number) => number,
            Number::Text(text) => text.parse().unwrap_or(f64::NAN),
            other => other.integer() as f64,
        };
        let bytes = |text: String| base64::engine::general_purpose::STANDARD.decode(text).unwrap_or_default();
        let kind = value.string.map(Kind::Text);
        let kind = kind.or_else(|| value.bool.map(Kind::Bool));
        let kind = kind.or_else(|| value.int.map(|number| Kind::Integer(number.integer())));
        let kind = kind.or_else(|| value.double.map(|number| Kind::Double(double(number))));
        let kind = kind.or_else(|| value.array.map(Kind::List));
        let kind = kind.or_else(|| value.kvlist.map(Kind::Map));
        Self { kind: kind.or_else(|| value.bytes.map(|text| Kind::Bytes(bytes(text)))) }
    }
}
