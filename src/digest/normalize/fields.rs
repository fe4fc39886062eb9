//! Reads one field: the value if it is usable, else nothing and a note. `null` is always just absent.

use serde_json::{Map, Value};

use crate::digest::normalize::notes::At;

pub type JsonMap = Map<String, Value>;

/// How long a text may be, in characters. It is cut to `chars` only when it is over `chars + allowance`.
#[derive(Clone, Copy)]
pub struct Limit {
    pub chars: usize,
    pub allowance: usize,
}

impl Limit {
    pub const fn new(chars: usize, allowance: usize) -> Self {
        Self { chars, allowance }
    }
}

/// Short identifiers: categories, types, addresses, versions.
pub const SYMBOL: Limit = Limit::new(128, 0);
pub const NAME: Limit = Limit::new(256, 20);
pub const PATH: Limit = Limit::new(256, 40);
pub const MESSAGE: Limit = Limit::new(8192, 200);

/// Cuts a text that is too long, and says so.
pub fn cut(mut text: String, limit: Limit, at: &At) -> String {
    let most = limit.chars + limit.allowance;
    // Bytes are never fewer than characters: almost every text is done here.
    if text.len() <= most {
        return text;
    }
    if text.char_indices().nth(most).is_none() {
        return text;
    }
    let sent_bytes = text.len();
    let end = text.char_indices().nth(limit.chars.saturating_sub(3)).map_or(text.len(), |(end, _)| end);
    text.truncate(end);
    text.push_str("...");
    text.shrink_to_fit();
    at.too_long(format!("cut from {sent_bytes} bytes to {} characters", limit.chars));
    text
}

/// A string. Empty is absent.
pub fn text(value: Value, limit: Limit, at: &At) -> Option<String> {
    match value {
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(cut(text, limit, at)),
        Value::Null => None,
        other => {
            at.invalid("expected a string", &other);
            None
        }
    }
}

/// A string, or a number or boolean as Python would write it.
pub fn scalar_text(value: Value, limit: Limit, at: &At) -> Option<String> {
    match value {
        Value::Bool(flag) => Some(if flag { "True" } else { "False" }.to_owned()),
        Value::Number(number) => Some(number_text(&number)),
        Value::Array(_) | Value::Object(_) => {
            at.invalid("expected a string or a number", &value);
            None
        }
        value => text(value, limit, at),
    }
}

/// Any JSON; what is not a string becomes its JSON.
pub fn json_text(value: Value, limit: Limit, at: &At) -> Option<String> {
    match value {
        Value::String(_) | Value::Null => text(value, limit, at),
        other => Some(cut(other.to_string(), limit, at)),
    }
}

/// Whole numbers stay as they are; fractions are cut off, as Sentry does in tags and fingerprints.
pub fn number_text(number: &serde_json::Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() && float.abs() < 9.0e15 => format!("{}", float.trunc()),
        _ => number.to_string(),
    }
}

/// A number that is not negative; also as a string, as some SDKs send it.
pub fn count(value: &Value, at: &At) -> Option<u64> {
    let found = match value {
        Value::Null => return None,
        Value::Number(number) => number.as_u64().or_else(|| number.as_f64().and_then(whole)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    if found.is_none() {
        at.invalid("expected a whole number that is not negative", value);
    }
    found
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is checked just before"
)]
pub fn whole(float: f64) -> Option<u64> {
    (0.0..9.0e15).contains(&float).then_some(float as u64)
}

/// True or false; old SDKs send 0 and 1.
pub fn flag(value: &Value, at: &At) -> Option<bool> {
    match value {
        Value::Null => return None,
        Value::Bool(flag) => return Some(*flag),
        Value::Number(number) => match number.as_u64() {
            Some(0) => return Some(false),
            Some(1) => return Some(true),
            _ => {}
        },
        Value::String(text) if text.eq_ignore_ascii_case("true") => return Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => return Some(false),
        _ => {}
    }
    at.invalid("expected true or false", value);
    None
}

pub fn object(value: Value, at: &At) -> Option<JsonMap> {
    match value {
        Value::Object(map) => Some(map),
        Value::Null => None,
        other => {
            at.invalid("expected an object", &other);
            None
        }
    }
}

pub fn list(value: Value, at: &At) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        Value::Null => Vec::new(),
        other => {
            at.invalid("expected a list", &other);
            Vec::new()
        }
    }
}

/// What SDKs of some generation send as a list, as `{"values": [...]}`, or as one bare object.
pub fn values(value: Value, at: &At) -> Vec<Value> {
    match value {
        Value::Object(mut map) => match map.remove("values") {
            Some(Value::Null) => Vec::new(),
            Some(items @ Value::Array(_)) => list(items, at),
            Some(single @ Value::Object(_)) => vec![single],
            Some(other) => {
                at.key("values").invalid("expected a list", &other);
                Vec::new()
            }
            None if map.is_empty() => Vec::new(),
            None => vec![Value::Object(map)],
        },
        other => list(other, at),
    }
}

/// A list of strings: numbers are written out, `null` is an empty line.
pub fn lines(value: Value, limit: Limit, at: &At) -> Vec<String> {
    let items = list(value, at).into_iter().enumerate();
    items.map(|(index, item)| scalar_text(item, limit, &at.index(index)).unwrap_or_default()).collect()
}
