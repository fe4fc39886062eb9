//! Texts of spans and logs without their secrets. The scrubber knows secrets by their key and by their form; in a statement
//! the key may stand far from its value, so one that speaks of a secret keeps no values at all.

use serde_json::Value;

use crate::digest::scrub::Scrubber;
use crate::digest::spans::names;

/// Kept of a statement whose values are gone.
const STATEMENT_BYTES_MAX: usize = 8 << 10;

/// What statements begin with that have values in them.
const BEGINNINGS: [&str; 16] = [
    "select", "insert", "update", "delete", "with", "alter", "create", "merge", "replace", "upsert", "call",
    "exec", "execute", "set", "grant", "values",
];

pub fn scrub(text: &mut String, scrubber: &Scrubber) {
    if is_statement(text) {
        hide_values(text, scrubber);
    }
    scrubber.scrub_text(text);
}

/// Of a text that is a statement, however it begins.
pub fn hide_values(text: &mut String, scrubber: &Scrubber) {
    if scrubber.mentions_secret(text) {
        *text = names::sql(text, STATEMENT_BYTES_MAX);
    }
}

/// Of all statements in a value; says whether any was changed. JSON that was read is no deeper than its reader allows.
pub fn hide_in(value: &mut Value, scrubber: &Scrubber) -> bool {
    match value {
        Value::String(text) if is_statement(text) && scrubber.mentions_secret(text) => {
            hide_values(text, scrubber);
            true
        }
        Value::Array(items) => hide_in_each(items.iter_mut(), scrubber),
        Value::Object(map) => hide_in_each(map.values_mut(), scrubber),
        _ => false,
    }
}

/// Looks at each, not only at the first that has one.
fn hide_in_each<'a>(values: impl Iterator<Item = &'a mut Value>, scrubber: &Scrubber) -> bool {
    let mut is_changed = false;
    for value in values {
        is_changed |= hide_in(value, scrubber);
    }
    is_changed
}

pub fn is_statement(text: &str) -> bool {
    let word = text.split_ascii_whitespace().next().unwrap_or_default();
    word.len() < text.len() && BEGINNINGS.iter().any(|beginning| beginning.eq_ignore_ascii_case(word))
}
