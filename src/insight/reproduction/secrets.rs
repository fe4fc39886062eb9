//! What stands for a secret in a command: a variable that whoever runs it sets first.
//!
//! Names say where the value was, and all but one begin with that place. So an event can never name a variable that its reader has set already:
//! a header `AWS_SECRET_ACCESS_KEY: [Filtered]` becomes `$HEADER_AWS_SECRET_ACCESS_KEY`, which nobody has.

use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::insight::reproduction::shell::{Word, line};

/// More secrets than anybody would set; what is beyond stays as it was sent.
const PLACEHOLDERS_MAX: usize = 50;
const NAME_CHARS_MAX: usize = 40;
const FROM_CHARS_MAX: usize = 100;
/// Values within values that are looked at; normalization bounds them lower.
const DEPTH_MAX: usize = 32;

/// What scrubbers put in a secret's place: ours, those of SDKs and those of web frameworks.
static SCRUBBED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:\[|%5B)(?:filtered|redacted)(?:\]|%5D)|<redacted>|\*{5,}").expect("a valid pattern")
});

/// Names of values that are secret even where scrubbing is off: parts of them, in lower case, `_` for `-`.
const SECRET_PARTS: [&str; 13] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "api_key",
    "apikey",
    "private_key",
    "access_key",
    "authorization",
    "credential",
    "session",
    "csrf",
];

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ReproductionPlaceholder)]
pub struct Placeholder {
    /// With its `$`.
    pub name: String,
    /// `header Authorization`, `cookie session`, `field user.password`.
    pub from: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Header,
    Cookie,
    Query,
    Field,
    Address,
}

#[derive(Debug, Default)]
pub(super) struct Placeholders(Vec<Placeholder>);

impl Placeholders {
    pub fn into_list(self) -> Vec<Placeholder> {
        self.0
    }

    /// Adds a value to a word: what is secret of it as a variable, the rest as `encode` writes it.
    pub fn write(
        &mut self,
        word: &mut Word,
        place: Place,
        name: &str,
        value: &str,
        encode: &dyn Fn(&str) -> String,
    ) {
        if is_secret(place, name, value)
            && let Some(variable) = self.variable(place, name)
        {
            word.placeholder(&variable);
            return;
        }
        let mut done = 0;
        for found in SCRUBBED.find_iter(value) {
            let Some(variable) = self.variable(place, name) else { break };
            word.text(&encode(&value[done..found.start()]));
            word.placeholder(&variable);
            done = found.end();
        }
        word.text(&encode(&value[done..]));
    }

    /// A JSON value as one line.
    pub fn write_json(&mut self, word: &mut Word, path: &str, value: &Value, depth: usize) {
        match value {
            Value::String(text) => {
                word.text("\"");
                self.write(word, Place::Field, path, text, &within_quotes);
                word.text("\"");
            }
            Value::Array(items) if depth < DEPTH_MAX => {
                word.text("[");
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        word.text(",");
                    }
                    self.write_json(word, path, item, depth + 1);
                }
                word.text("]");
            }
            Value::Object(members) if depth < DEPTH_MAX => {
                word.text("{");
                for (index, (key, item)) in members.iter().enumerate() {
                    if index > 0 {
                        word.text(",");
                    }
                    word.text(&Value::from(key.as_str()).to_string());
                    word.text(":");
                    self.write_json(word, &below(path, key), item, depth + 1);
                }
                word.text("}");
            }
            Value::Array(_) | Value::Object(_) => word.text("null"),
            plain => word.text(&plain.to_string()),
        }
    }

    /// The same value to be read, with the names of variables in it.
    pub fn named(&mut self, path: &str, value: &Value, depth: usize) -> Value {
        match value {
            Value::String(text) if is_secret(Place::Field, path, text) => self.named_text(path, text),
            Value::String(text) => match self.variable_of(path, text) {
                Some(variable) => {
                    SCRUBBED.replace_all(text, regex::NoExpand(&format!("${variable}"))).into_owned().into()
                }
                None => value.clone(),
            },
            Value::Array(items) if depth < DEPTH_MAX => {
                items.iter().map(|item| self.named(path, item, depth + 1)).collect()
            }
            Value::Object(members) if depth < DEPTH_MAX => {
                let named = |(key, item): (&String, &Value)| {
                    (key.clone(), self.named(&below(path, key), item, depth + 1))
                };
                Value::Object(members.iter().map(named).collect())
            }
            plain => plain.clone(),
        }
    }

    fn named_text(&mut self, path: &str, text: &str) -> Value {
        self.variable(Place::Field, path)
            .map_or_else(|| text.into(), |variable| format!("${variable}").into())
    }

    fn variable_of(&mut self, path: &str, text: &str) -> Option<String> {
        SCRUBBED.is_match(text).then(|| self.variable(Place::Field, path)).flatten()
    }

    /// The variable for a place, without its `$`; the same place has the same.
    fn variable(&mut self, place: Place, name: &str) -> Option<String> {
        let from = line(&format!("{} {name}", word_of(place)), FROM_CHARS_MAX);
        if let Some(known) = self.0.iter().find(|known| known.from == from) {
            return Some(known.name[1..].to_owned());
        }
        if self.0.len() == PLACEHOLDERS_MAX {
            return None;
        }
        let base = variable_name(place, name);
        let is_taken = |name: &str| self.0.iter().any(|known| known.name[1..] == *name);
        let numbered = (2..).map(|number| format!("{base}_{number}"));
        let variable = std::iter::once(base.clone()).chain(numbered).find(|name| !is_taken(name))?;
        self.0.push(Placeholder { name: format!("${variable}"), from });
        Some(variable)
    }
}

fn below(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// As JSON escapes it, without the quotes around it.
fn within_quotes(text: &str) -> String {
    let json = Value::from(text).to_string();
    json[1..json.len() - 1].to_owned()
}

/// Whether the whole value is one. Where a scrubber left something of it, that much is kept.
fn is_secret(place: Place, name: &str, value: &str) -> bool {
    if value.is_empty() || SCRUBBED.is_match(value) {
        return false;
    }
    let last = if place == Place::Field { name.rsplit('.').next().unwrap_or(name) } else { name };
    let name = last.to_ascii_lowercase().replace('-', "_");
    SECRET_PARTS.iter().any(|part| name.contains(part))
}

fn word_of(place: Place) -> &'static str {
    match place {
        Place::Header => "header",
        Place::Cookie => "cookie",
        Place::Query => "query",
        Place::Field => "field",
        Place::Address => "address",
    }
}

fn variable_name(place: Place, name: &str) -> String {
    if place == Place::Header && name.eq_ignore_ascii_case("authorization") {
        return "AUTHORIZATION".to_owned();
    }
    let letters = name.chars().take(NAME_CHARS_MAX);
    let rest: String = letters
        .map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' })
        .collect();
    format!("{}_{}", word_of(place).to_ascii_uppercase(), rest.trim_matches('_'))
        .trim_end_matches('_')
        .to_owned()
}
