//! Keeps free-form JSON (variables, extra data, bodies) within a depth and a size.

use std::mem;

use serde_json::Value;

use crate::digest::normalize::fields::JsonMap;
use crate::digest::normalize::notes::At;
use crate::model::event::Object;

/// How much free-form JSON a field may hold.
#[derive(Clone, Copy)]
pub struct Room {
    /// Objects and lists within each other, the field's own included. What is deeper becomes its JSON text.
    pub depth_max: usize,
    /// As JSON, roughly. What is beyond is left out.
    pub bytes_max: usize,
}

/// A frame's variables; a breadcrumb's data.
pub const SMALL: Room = Room { depth_max: 5, bytes_max: 2 << 10 };
/// A request's body or headers; a message's parameters.
pub const MIDDLE: Room = Room { depth_max: 7, bytes_max: 8 << 10 };
/// One context. Sentry names no limit; application state is sent here.
pub const CONTEXT: Room = Room { depth_max: 7, bytes_max: 64 << 10 };
pub const EXTRA: Room = Room { depth_max: 7, bytes_max: 256 << 10 };

/// Quotes, colon and comma around a key, or quotes and comma around a text.
const PUNCTUATION_BYTES: usize = 4;

pub fn object(map: JsonMap, room: Room, at: &At) -> Object {
    let Value::Object(map) = value(Value::Object(map), room, at) else { return Object::new() };
    map.into_iter().collect()
}

pub fn value(mut value: Value, room: Room, at: &At) -> Value {
    let mut left = Left { bytes: room.bytes_max, cut: false };
    left.fit(&mut value, room.depth_max);
    if left.cut {
        let Room { depth_max, bytes_max } = room;
        at.too_long(format!("cut to {bytes_max} bytes and {depth_max} levels"));
    }
    value
}

struct Left {
    bytes: usize,
    cut: bool,
}

impl Left {
    /// Makes a value fit into what is left; false if there was no room for any of it.
    fn fit(&mut self, value: &mut Value, depth_left: usize) -> bool {
        if self.bytes == 0 {
            self.cut = true;
            return false;
        }
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => self.spend(8),
            Value::String(text) => self.fit_text(text),
            Value::Array(items) if !items.is_empty() && depth_left == 0 => self.flatten(value),
            Value::Object(map) if !map.is_empty() && depth_left == 0 => self.flatten(value),
            Value::Array(items) => {
                self.spend(2);
                let fitting = items.iter_mut().position(|item| !self.fit(item, depth_left - 1));
                items.truncate(fitting.unwrap_or(items.len()));
            }
            Value::Object(map) => {
                self.spend(2);
                map.retain(|key, value| {
                    self.spend(key.len() + PUNCTUATION_BYTES);
                    self.fit(value, depth_left.saturating_sub(1))
                });
            }
        }
        true
    }

    fn fit_text(&mut self, text: &mut String) {
        if text.len() > self.bytes {
            text.truncate(text.floor_char_boundary(self.bytes.saturating_sub(3)));
            text.push_str("...");
            text.shrink_to_fit();
            self.cut = true;
        }
        self.spend(text.len() + PUNCTUATION_BYTES);
    }

    fn flatten(&mut self, value: &mut Value) {
        let mut text = mem::take(value).to_string();
        self.cut = true;
        self.fit_text(&mut text);
        *value = Value::String(text);
    }

    fn spend(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Room, value};
    use crate::digest::normalize::notes::{At, Notes};

    fn check(room: Room, before: Value, after: &Value, cut: bool) {
        let notes = Notes::default();
        assert_eq!(&value(before, room, &At::root(&notes)), after);
        assert_eq!(!notes.into_vec().is_empty(), cut);
    }

    #[test]
    fn what_is_too_deep_becomes_text() {
        let room = Room { depth_max: 2, bytes_max: 1_000 };
        check(room, json!({"a": {"b": 1}}), &json!({"a": {"b": 1}}), false);
        check(room, json!({"a": {"b": {"c": [1]}}}), &json!({"a": {"b": "{\"c\":[1]}"}}), true);
        check(room, json!({"a": {"b": {}}}), &json!({"a": {"b": {}}}), false);
    }

    #[test]
    fn what_is_too_much_is_left_out() {
        let room = Room { depth_max: 5, bytes_max: 40 };
        check(room, json!(["x".repeat(100)]), &json!([format!("{}...", "x".repeat(35))]), true);
        check(
            room,
            json!({"a": "x".repeat(40), "b": 1}),
            &json!({"a": format!("{}...", "x".repeat(30))}),
            true,
        );
        let many = vec![json!(1); 10_000];
        check(room, json!(many), &json!([1, 1, 1, 1, 1]), true);
    }
}
