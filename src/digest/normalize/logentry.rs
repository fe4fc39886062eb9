//! The log message: its template, its parameters and what they make together.

use serde_json::Value;

use crate::digest::normalize::bound;
use crate::digest::normalize::fields::{self, MESSAGE};
use crate::digest::normalize::notes::At;
use crate::model::event::LogEntry;

/// An object, or the message alone. `false` was how an old SDK said "none".
pub fn logentry(value: Value, at: &At) -> Option<LogEntry> {
    let mut entry = LogEntry::default();
    match value {
        Value::Bool(false) | Value::Null => return None,
        Value::Object(map) => {
            for (key, value) in map {
                let at = at.key(&key);
                match key.as_str() {
                    "message" => entry.message = fields::json_text(value, MESSAGE, &at),
                    "formatted" => entry.formatted = fields::json_text(value, MESSAGE, &at),
                    "params" => entry.params = params(value, &at),
                    _ => {}
                }
            }
        }
        other => entry.formatted = fields::json_text(other, MESSAGE, at),
    }
    if entry.formatted.is_none() {
        let filled = entry.message.as_deref().zip(entry.params.as_ref());
        entry.formatted = filled.and_then(|(message, params)| format(message, params));
        entry.formatted = entry.formatted.take().map(|text| fields::cut(text, MESSAGE, &at.key("formatted")));
    }
    if entry.formatted.is_none() || entry.message == entry.formatted {
        entry.formatted = entry.message.take();
    }
    entry.formatted.is_some().then_some(entry)
}

fn params(value: Value, at: &At) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Array(_) | Value::Object(_) => Some(bound::value(value, bound::MIDDLE, at)),
        // One parameter that was not put into a list.
        scalar => Some(bound::value(Value::Array(vec![scalar]), bound::MIDDLE, at)),
    }
}

/// Fills the placeholders of Python's `%` and of `{}`. None if the template has none that can be filled.
fn format(template: &str, params: &Value) -> Option<String> {
    let mut out = String::with_capacity(template.len() + 32);
    let mut rest = template;
    let mut next = 0;
    let mut filled = false;
    let percents = template.contains('%');
    while let Some(start) = rest.find(['%', '{']) {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let (length, replacement) = if rest.starts_with("%%") {
            (2, Some("%".to_owned()))
        } else if rest.starts_with('%') {
            percent(rest, params, &mut next)
        } else if percents && !rest.contains('}') {
            (1, None)
        } else {
            braces(rest, params, &mut next)
        };
        match replacement {
            Some(text) => {
                filled |= length > 1;
                out.push_str(&text);
            }
            None => out.push_str(&rest[..length]),
        }
        rest = &rest[length..];
    }
    out.push_str(rest);
    filled.then_some(out)
}

/// `%s`, `%d`, `%-10.3f`, `%(name)s`: how long it is, and what stands in its place.
fn percent(rest: &str, params: &Value, next: &mut usize) -> (usize, Option<String>) {
    let mut length = 1;
    let mut name = None;
    if rest[1..].starts_with('(') {
        let Some(end) = rest.find(')') else { return (1, None) };
        name = Some(&rest[2..end]);
        length = end + 1;
    }
    let flags = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '#' | '.' | '*' | 'l' | 'h');
    length += rest[length..].chars().take_while(|&c| flags(c)).count();
    let conversion = rest[length..].chars().next();
    if !conversion.is_some_and(|c| "sdifrFeEgGxXoucaj@".contains(c)) {
        return (1, None);
    }
    (length + 1, parameter(params, name, next))
}

/// `{}`, `{0}`, `{name}`, `{name:>8}`.
fn braces(rest: &str, params: &Value, next: &mut usize) -> (usize, Option<String>) {
    let Some(end) = rest.find('}') else { return (1, None) };
    let name = rest[1..end].split([':', '!']).next().unwrap_or_default();
    if !name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-')) {
        return (1, None);
    }
    let found = parameter(params, (!name.is_empty()).then_some(name), next);
    if found.is_some() { (end + 1, found) } else { (1, None) }
}

fn parameter(params: &Value, name: Option<&str>, next: &mut usize) -> Option<String> {
    let found = match (params, name) {
        (Value::Object(map), Some(name)) => map.get(name)?,
        (Value::Array(items), Some(index)) => items.get(index.parse::<usize>().ok()?)?,
        (Value::Array(items), None) => {
            *next += 1;
            items.get(*next - 1)?
        }
        _ => return None,
    };
    Some(match found {
        Value::String(text) => text.clone(),
        Value::Null => "None".to_owned(),
        other => other.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::logentry;
    use crate::digest::normalize::notes::{At, Notes};

    fn check(value: Value, message: Option<&str>, formatted: Option<&str>) {
        let notes = Notes::default();
        let shown = value.to_string();
        let entry = logentry(value, &At::root(&notes)).unwrap_or_default();
        assert_eq!(entry.message.as_deref(), message, "{shown}");
        assert_eq!(entry.formatted.as_deref(), formatted, "{shown}");
    }

    #[test]
    fn messages_of_every_shape() {
        check(json!("hello"), None, Some("hello"));
        check(json!(false), None, None);
        check(json!(""), None, None);
        check(json!(7), None, Some("7"));
        check(json!({"message": "hello"}), None, Some("hello"));
        check(json!({"formatted": "hello"}), None, Some("hello"));
        check(json!({"message": "a", "formatted": "a"}), None, Some("a"));
        check(json!({"message": "a %s", "formatted": "a b"}), Some("a %s"), Some("a b"));
        check(json!({"message": {"no": "string"}}), None, Some("{\"no\":\"string\"}"));
    }

    #[test]
    fn placeholders_are_filled() {
        let cases = [
            ("%s of %d", json!(["a", 3]), "a of 3"),
            ("%(who)s took %(ms).2f ms", json!({"who": "it", "ms": 3}), "it took 3 ms"),
            ("100%% of %s", json!(["x"]), "100% of x"),
            ("{} and {}", json!(["a", true]), "a and true"),
            ("{1} {0}", json!(["a", "b"]), "b a"),
            ("Hi {name:>8}!", json!({"name": "Bo"}), "Hi Bo!"),
            ("%s %s", json!(["only"]), "only %s"),
            ("é %s ü", json!(["ö"]), "é ö ü"),
            ("set {\"a\": %s}", json!([1]), "set {\"a\": 1}"),
        ];
        for (template, params, formatted) in cases {
            check(json!({"message": template, "params": params}), Some(template), Some(formatted));
        }
    }

    #[test]
    fn what_cannot_be_filled_stays() {
        for template in ["plain", "50%", "%", "{", "%(", "%(x", "{x", "%z", "% }", "{é}", "%é", "%(é)é"] {
            check(json!({"message": template, "params": ["a"]}), None, Some(template));
        }
    }
}
