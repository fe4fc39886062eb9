//! Tags: unique, bounded, and free of the names that the event says elsewhere.

use foldhash::HashSet;
use foldhash::HashSetExt;

use serde_json::Value;

use crate::digest::normalize::fields::{self, Limit};
use crate::digest::normalize::notes::At;

/// Tags kept per event.
pub const TAGS_MAX: usize = 200;
const KEY_CHARS_MAX: usize = 200;
const VALUE: Limit = Limit::new(200, 0);

/// Said by fields of their own; Sentry drops tags of these names.
const DROPPED: [&str; 5] = ["release", "dist", "user", "filename", "function"];

/// The tags in the order sent, and the value of a tag `environment`, which is none.
pub fn tags(value: Value, at: &At) -> (Vec<(String, String)>, Option<String>) {
    let mut tags = Tags { kept: Vec::new(), seen: HashSet::new(), environment: None, surplus: 0 };
    match value {
        Value::Null => {}
        Value::Object(map) => {
            for (key, value) in map {
                tags.add(key, value, at);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.into_iter().enumerate() {
                if let Some((key, value)) = pair(item, &at.index(index)) {
                    tags.add(key, value, at);
                }
            }
        }
        other => at.invalid("expected a map or a list of pairs", &other),
    }
    if tags.surplus > 0 {
        at.too_long(format!("{} tags were left out", tags.surplus));
    }
    (tags.kept, tags.environment)
}

fn pair(item: Value, at: &At) -> Option<(String, Value)> {
    match item {
        Value::Null => None,
        Value::Array(pair) if pair.len() == 2 => {
            let [key, value] = <[Value; 2]>::try_from(pair).expect("two were counted");
            Some((fields::scalar_text(key, Limit::new(usize::MAX / 2, 0), at)?, value))
        }
        Value::Object(mut map) if map.contains_key("key") && map.contains_key("value") => {
            let key = fields::scalar_text(map.remove("key")?, Limit::new(usize::MAX / 2, 0), at)?;
            Some((key, map.remove("value")?))
        }
        other => {
            at.invalid("expected a pair", &other);
            None
        }
    }
}

struct Tags {
    kept: Vec<(String, String)>,
    seen: HashSet<String>,
    environment: Option<String>,
    surplus: usize,
}

impl Tags {
    fn add(&mut self, key: String, value: Value, at: &At) {
        if self.kept.len() == TAGS_MAX {
            self.surplus += 1;
            return;
        }
        let mut key = if key.trim().len() == key.len() { key } else { key.trim().to_owned() };
        if key.contains([' ', '\n', '\r', '\t']) {
            key = key.replace([' ', '\n', '\r', '\t'], "-");
        }
        let at = at.key(&key);
        if key.is_empty() || key.len() > KEY_CHARS_MAX && key.chars().count() > KEY_CHARS_MAX {
            return at.too_long(format!("a tag's key has 1 to {KEY_CHARS_MAX} characters"));
        }
        if DROPPED.contains(&key.as_str()) {
            return;
        }
        let Some(value) = fields::scalar_text(value, VALUE, &at).and_then(single_line) else { return };
        if key == "environment" {
            self.environment.get_or_insert(value);
        } else if self.seen.insert(key.clone()) {
            self.kept.push((key, value));
        }
    }
}

/// A value of several lines is shown on one.
fn single_line(mut value: String) -> Option<String> {
    if value.contains(['\n', '\r']) {
        value = value.replace(['\n', '\r'], " ");
    }
    let value = if value.trim().len() == value.len() { value } else { value.trim().to_owned() };
    (!value.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{TAGS_MAX, tags};
    use crate::digest::normalize::notes::{At, Notes};

    fn read(value: Value) -> (Vec<(String, String)>, Option<String>, usize) {
        let notes = Notes::default();
        let (found, environment) = tags(value, &At::root(&notes));
        (found, environment, notes.into_vec().len())
    }

    fn check(value: Value, expected: &[(&str, &str)], notes: usize) {
        let shown = value.to_string();
        let (found, _, count) = read(value);
        let found: Vec<_> = found.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!((found.as_slice(), count), (expected, notes), "{shown}");
    }

    #[test]
    fn pairs_and_maps() {
        check(json!([["b", "1"], ["a", "2"]]), &[("b", "1"), ("a", "2")], 0);
        check(json!({"b": "1", "a": "2"}), &[("a", "2"), ("b", "1")], 0);
        check(json!([{"key": "a", "value": "1"}]), &[("a", "1")], 0);
        check(json!([["a", "1"], ["a", "2"]]), &[("a", "1")], 0);
        check(json!([["a"], 3, null, ["b", "1"]]), &[("b", "1")], 2);
        check(json!("a=1"), &[], 1);
    }

    #[test]
    fn scalars_are_text() {
        let values =
            json!([["t", true], ["f", false], ["i", 7], ["x", 1.9], ["n", null], ["o", {}], ["e", ""]]);
        check(values, &[("t", "True"), ("f", "False"), ("i", "7"), ("x", "1")], 1);
    }

    #[test]
    fn keys_and_values_are_made_fit() {
        check(json!({"my key": " a\nb "}), &[("my-key", "a b")], 0);
        check(json!({"release": "1", "dist": "1", "user": "1", "filename": "1", "function": "1"}), &[], 0);
        check(json!({"k".repeat(201): "v"}), &[], 1);
        assert_eq!(read(json!({"k": "v".repeat(5_000_000)})).0[0].1.len(), 200);
        assert_eq!(read(json!({"environment": "prod"})).1.as_deref(), Some("prod"));
    }

    #[test]
    fn ten_thousand_tags_are_bounded() {
        let many: Vec<Value> = (0..10_000).map(|i| json!([format!("k{i}"), "v"])).collect();
        let (found, _, notes) = read(json!(many));
        assert_eq!((found.len(), notes), (TAGS_MAX, 1));
    }
}
