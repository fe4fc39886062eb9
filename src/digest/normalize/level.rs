//! Levels, by name or by the number that Python's and Java's loggers use.

use serde_json::Value;

use crate::digest::normalize::fields;
use crate::digest::normalize::notes::At;
use crate::model::event::Level;

pub fn level(value: &Value, at: &At) -> Option<Level> {
    let found = match value {
        Value::Null => return None,
        Value::Number(number) => number
            .as_u64()
            .or_else(|| fields::whole(number.as_f64().filter(|float| float.fract() == 0.0)?))
            .and_then(by_number),
        Value::String(name) if name.is_empty() => return None,
        Value::String(name) => by_name(name).or_else(|| name.parse().ok().and_then(by_number)),
        _ => None,
    };
    if found.is_none() {
        at.invalid("expected a level", value);
    }
    found
}

fn by_name(name: &str) -> Option<Level> {
    let names: [(&str, Level); 10] = [
        ("error", Level::Error),
        ("warning", Level::Warning),
        ("info", Level::Info),
        ("debug", Level::Debug),
        ("fatal", Level::Fatal),
        ("warn", Level::Warning),
        ("log", Level::Info),
        ("critical", Level::Fatal),
        ("trace", Level::Debug),
        ("notice", Level::Info),
    ];
    names.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, level)| level)
}

fn by_number(number: u64) -> Option<Level> {
    match number {
        10 => Some(Level::Debug),
        20 => Some(Level::Info),
        30 => Some(Level::Warning),
        40 => Some(Level::Error),
        50 => Some(Level::Fatal),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::level;
    use crate::digest::normalize::notes::{At, Notes};
    use crate::model::event::Level;

    #[test]
    fn names_and_numbers() {
        let cases: [(Value, Option<Level>); 13] = [
            (json!("error"), Some(Level::Error)),
            (json!("log"), Some(Level::Info)),
            (json!("critical"), Some(Level::Fatal)),
            (json!("WARN"), Some(Level::Warning)),
            (json!(10), Some(Level::Debug)),
            (json!("40"), Some(Level::Error)),
            (json!(40.0), Some(Level::Error)),
            (json!(40.5), None),
            (json!(-10.0), None),
            (json!(45), None),
            (json!("loud"), None),
            (json!(null), None),
            (json!([]), None),
        ];
        for (value, expected) in cases {
            let notes = Notes::default();
            assert_eq!(level(&value, &At::root(&notes)), expected, "{value}");
        }
    }
}
