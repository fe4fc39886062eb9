//! Attributes: read from any JSON, without secrets, bounded.

use std::fmt;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::digest::scrub::Scrubber;
use crate::digest::spans::secrets;
use crate::model::span::AttributeValue;

/// Kept of a span.
const COUNT_MAX: usize = 128;
/// Read of a span: some say what the model holds elsewhere.
const READ_MAX: usize = 2 * COUNT_MAX;
const KEY_BYTES_MAX: usize = 200;
const TEXT_BYTES_MAX: usize = 2 << 10;
const QUERY_BYTES_MAX: usize = 8 << 10;
/// The statements that a database was asked to run.
pub const QUERIES: [&str; 2] = ["db.query.text", "db.statement"];

/// Keys and values in the order sent, each key once: the first counts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attributes(Vec<(String, AttributeValue)>);

impl Attributes {
    pub fn push(&mut self, key: String, value: AttributeValue) {
        if self.0.len() < READ_MAX && !key.is_empty() && self.get(&key).is_none() {
            self.0.push((key, value));
        }
    }

    pub fn push_text(&mut self, key: &str, text: &str) {
        if !text.is_empty() {
            self.push(key.to_owned(), AttributeValue::Text(text.to_owned()));
        }
    }

    pub fn append(&mut self, others: Self) {
        for (key, value) in others.0 {
            self.push(key, value);
        }
    }

    pub fn get(&self, key: &str) -> Option<&AttributeValue> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, value)| value)
    }

    /// A text that is not empty.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.get(key)? {
            AttributeValue::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// The first of these that there is: conventions renamed many.
    pub fn first_text(&self, keys: &[&str]) -> Option<&str> {
        keys.iter().find_map(|key| self.text(key))
    }

    pub fn number(&self, key: &str) -> Option<f64> {
        match self.get(key)? {
            AttributeValue::Integer(number) => Some(*number as f64),
            AttributeValue::Double(number) => Some(*number),
            AttributeValue::Text(text) => text.trim().parse().ok(),
            AttributeValue::Bool(_) | AttributeValue::Json(_) => None,
        }
    }

    pub fn flag(&self, key: &str) -> Option<bool> {
        match self.get(key)? {
            AttributeValue::Bool(value) => Some(*value),
            AttributeValue::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    pub fn remove(&mut self, keys: &[&str]) {
        self.0.retain(|(key, _)| !keys.contains(&key.as_str()));
    }

    pub fn scrub(&mut self, scrubber: &Scrubber) {
        for (key, value) in &mut self.0 {
            scrubber.scrub_text(key);
            scrub_value(key, value, scrubber);
        }
    }

    /// What is kept, cut to its bounds.
    pub fn into_bounded(mut self) -> Vec<(String, AttributeValue)> {
        self.0.truncate(COUNT_MAX);
        for (key, value) in &mut self.0 {
            let bytes_max = if QUERIES.contains(&key.as_str()) { QUERY_BYTES_MAX } else { TEXT_BYTES_MAX };
            cut(key, KEY_BYTES_MAX);
            match value {
                AttributeValue::Text(text) => cut(text, bytes_max),
                // Half of a list is no JSON.
                AttributeValue::Json(json) if json.len() > bytes_max => {
                    let mut text = std::mem::take(json);
                    cut(&mut text, bytes_max);
                    *value = AttributeValue::Text(text);
                }
                _ => (),
            }
        }
        self.0
    }
}

pub fn cut(text: &mut String, bytes_max: usize) {
    text.truncate(text.floor_char_boundary(bytes_max));
}

fn scrub_value(key: &str, value: &mut AttributeValue, scrubber: &Scrubber) {
    match value {
        AttributeValue::Text(text) => {
            if QUERIES.contains(&key) || secrets::is_statement(text) {
                secrets::hide_values(text, scrubber);
            }
            scrubber.scrub_member_text(key, text);
        }
        AttributeValue::Bool(_) => (),
        // Counts of a language model's tokens are no tokens.
        AttributeValue::Integer(_) if key.starts_with("gen_ai.") => (),
        AttributeValue::Integer(_) | AttributeValue::Double(_) => {
            let mut json = match value {
                AttributeValue::Integer(number) => Value::from(*number),
                AttributeValue::Double(number) => Value::from(*number),
                _ => return,
            };
            if scrubber.scrub_member(key, &mut json) > 0 {
                *value = from_json(json).unwrap_or(AttributeValue::Bool(false));
            }
        }
        AttributeValue::Json(text) => {
            let Ok(mut json) = serde_json::from_str::<Value>(text) else {
                scrubber.scrub_member_text(key, text);
                return;
            };
            let hidden = secrets::hide_in(&mut json, scrubber);
            if scrubber.scrub_member(key, &mut json) > 0 || hidden {
                *value = from_json(json).unwrap_or(AttributeValue::Bool(false));
            }
        }
    }
}

/// `None`: null.
pub fn from_json(value: Value) -> Option<AttributeValue> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(value) => AttributeValue::Bool(value),
        Value::Number(number) => match number.as_i64() {
            Some(number) => AttributeValue::Integer(number),
            None => AttributeValue::Double(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => AttributeValue::Text(text),
        Value::Array(_) | Value::Object(_) => AttributeValue::Json(value.to_string()),
    })
}

/// `{key: value}`, or a list of pairs as old SDKs write tags; anything else is empty.
impl<'de> Deserialize<'de> for Attributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MapOf { typed: false })
    }
}

/// `{key: {"value": value, "type": type}}`
pub fn typed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Attributes, D::Error> {
    deserializer.deserialize_any(MapOf { typed: true })
}

struct MapOf {
    typed: bool,
}

impl<'de> Visitor<'de> for MapOf {
    type Value = Attributes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("attributes")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Attributes, A::Error> {
        let mut attributes = Attributes::default();
        while let Some(key) = map.next_key::<String>()? {
            if attributes.0.len() == READ_MAX {
                map.next_value::<IgnoredAny>()?;
            } else if let Some(value) = map.next_value_seed(One { typed: self.typed })? {
                attributes.push(key, value);
            }
        }
        Ok(attributes)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Attributes, A::Error> {
        let mut attributes = Attributes::default();
        while let Some(pair) = list.next_element::<Value>()? {
            let Value::Array(pair) = pair else { continue };
            let Ok([Value::String(key), value]) = <[Value; 2]>::try_from(pair) else { continue };
            if let Some(value) = from_json(value) {
                attributes.push(key, value);
            }
        }
        Ok(attributes)
    }

    fn visit_unit<E>(self) -> Result<Attributes, E> {
        Ok(Attributes::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Attributes, E> {
        Ok(Attributes::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Attributes, E> {
        Ok(Attributes::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Attributes, E> {
        Ok(Attributes::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Attributes, E> {
        Ok(Attributes::default())
    }

    fn visit_str<E>(self, _: &str) -> Result<Attributes, E> {
        Ok(Attributes::default())
    }
}

/// One value; `None` is null.
struct One {
    typed: bool,
}

impl<'de> DeserializeSeed<'de> for One {
    type Value = Option<AttributeValue>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for One {
    type Value = Option<AttributeValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(AttributeValue::Bool(value)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(AttributeValue::Integer(number)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        let integer = i64::try_from(number).map(AttributeValue::Integer);
        Ok(Some(integer.unwrap_or(AttributeValue::Double(number as f64))))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Some(AttributeValue::Double(number)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(AttributeValue::Text(text.to_owned())))
    }

    fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
        Ok(Some(AttributeValue::Text(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        let value = Value::deserialize(serde::de::value::SeqAccessDeserializer::new(list))?;
        Ok(from_json(value))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        if !self.typed {
            let value = Value::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
            return Ok(from_json(value));
        }
        let mut found = None;
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            if key == "value" {
                found = map.next_value_seed(Self { typed: false })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}
