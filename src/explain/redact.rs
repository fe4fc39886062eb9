//! What is taken out of every text before it may leave: secrets, wherever they stand and whatever they look like; and who people are, as
//! names that stay the same within a pack (`user_1`, `email_1`, `ip_1` are of one person).
//!
//! The order matters. Invisible letters go first, since they could split a secret; then the forms of the scrubber that events went through
//! already, over what never did (commit messages, annotations); then secrets by their form and by their name, people, and last
//! whatever is random enough to be a key. Every step is one pass of a pattern without backtracking: linear in the text, which is cut.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

use serde_json::Value;

use crate::digest::scrub::{FILTERED, Scrubber};
use crate::explain::redact::people::{People, Personal};
use crate::model::event::Event;
use crate::model::explanation::Redaction;
use crate::model::project::Scrubbing;

mod assigned;
mod forms;
mod invisible;
mod numbers;
mod people;
mod random;
#[cfg(test)]
pub(super) mod tests;

pub use crate::explain::redact::invisible::visible;
pub use crate::explain::redact::people::Person;

/// Of one text. What is longer is cut before anything is looked for, so that no half of a secret is left to look at.
pub const TEXT_BYTES_MAX: usize = 64 << 10;
/// Levels of a value that are looked into.
const DEPTH_MAX: usize = 12;
/// Members of one object or list that are looked at.
const MEMBERS_MAX: usize = 200;

static SCRUBBER: LazyLock<Scrubber> = LazyLock::new(|| Scrubber::new(&Scrubbing::default()));

/// One pack's: it numbers what it replaces.
#[derive(Default)]
pub struct Redactor {
    people: People,
    /// Numbers by secret.
    secrets: HashMap<String, usize>,
    secrets_before: usize,
    /// Hashes of commits, ids of events and spans: random, and no secrets.
    known: HashSet<String>,
    done: BTreeMap<String, (&'static str, u32)>,
}

/// How a text is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    Text,
    /// `token = next()` is code; `token = "…"` is a secret.
    Source,
    /// A name of a file or a function: random parts are hashes of a build.
    Name,
}

impl Redactor {
    pub fn new() -> Self {
        Self::default()
    }

    /// For texts beside a pack: numbers begin after the pack's, so that `user_2` is nobody in it.
    pub fn beside(pack: &[Redaction]) -> Self {
        let number = |done: &Redaction| {
            let digits = done.placeholder.trim_end_matches(']').rsplit('_').next()?;
            digits.parse::<usize>().ok()
        };
        let last = pack.iter().filter_map(number).max().unwrap_or(0);
        Self { people: People::after(last), secrets_before: last, ..Self::default() }
    }

    /// This is no secret, although it looks random.
    pub fn allow(&mut self, id: &str) {
        if !id.is_empty() {
            self.known.insert(id.to_owned());
        }
    }

    /// A model may ask for what an event calls itself and its place in a trace.
    pub fn allow_ids_of(&mut self, event: &Event) {
        self.allow(&event.event_id.to_string());
        for key in ["trace_id", "span_id", "parent_span_id"] {
            self.allow(event.context("trace", key).unwrap_or_default());
        }
    }

    /// Whose names, addresses and ids are to be replaced wherever they stand.
    pub fn know(&mut self, person: &Person<'_>) {
        self.people.know(person);
    }

    pub fn redact(&mut self, text: &str) -> String {
        self.read(text, Reading::Text)
    }

    /// A line of code.
    pub fn redact_source(&mut self, text: &str) -> String {
        self.read(text, Reading::Source)
    }

    /// What a file, a function, a release or a package is called.
    pub fn redact_name(&mut self, text: &str) -> String {
        self.read(text, Reading::Name)
    }

    /// A text that stands under a key.
    pub fn redact_member(&mut self, key: &str, text: &str) -> String {
        if assigned::is_secret(key, text) {
            return self.secret(text);
        }
        if let Some(kind) = people::kind_of(key)
            && !text.trim().is_empty()
        {
            return self.personal(kind, text);
        }
        self.redact(text)
    }

    /// A value with all that is in it; `key` is what it stands under.
    pub fn redact_value(&mut self, key: &str, value: &Value) -> Value {
        self.value(key, value, 0)
    }

    /// What was replaced, in the order of the placeholders.
    pub fn redactions(&self) -> Vec<Redaction> {
        let redaction = |(placeholder, (kind, times)): (&String, &(&'static str, u32))| Redaction {
            placeholder: placeholder.clone(),
            kind: (*kind).to_owned(),
            times: *times,
        };
        self.done.iter().map(redaction).collect()
    }

    fn value(&mut self, key: &str, value: &Value, depth: usize) -> Value {
        match value {
            Value::Null | Value::Bool(_) => value.clone(),
            Value::Number(number) => {
                let text = number.to_string();
                let redacted = self.redact_member(key, &text);
                if redacted == text { value.clone() } else { Value::String(redacted) }
            }
            Value::String(text) => Value::String(self.redact_member(key, text)),
            _ if depth == DEPTH_MAX => Value::String("…".to_owned()),
            // A pair of a name and its value.
            Value::Array(items) => match items.as_slice() {
                [Value::String(name), value] if !value.is_array() && !value.is_object() => {
                    Value::Array(vec![Value::String(self.redact(name)), self.value(name, value, depth + 1)])
                }
                items => {
                    items.iter().take(MEMBERS_MAX).map(|item| self.value(key, item, depth + 1)).collect()
                }
            },
            Value::Object(map) => {
                let name = ["key", "name"].iter().find_map(|key| map.get(*key)?.as_str()).map(str::to_owned);
                let members = map.iter().take(MEMBERS_MAX).map(|(key, value)| {
                    let named = if key == "value" { name.as_deref().unwrap_or(key) } else { key };
                    (self.redact(key), self.value(named, value, depth + 1))
                });
                Value::Object(members.collect())
            }
        }
    }

    fn read(&mut self, text: &str, reading: Reading) -> String {
        let mut text = visible(head(text));
        // By their form only: what is assigned is read here, where `token: undefined` is worth more than the rule.
        let scrubbed = SCRUBBER.scrub_source(&mut text);
        if scrubbed > 0 {
            self.note(FILTERED, "secret", u32::try_from(scrubbed).unwrap_or(u32::MAX));
        }
        let text = forms::replace(&text, &mut |secret| self.secret(secret));
        let text = match reading {
            Reading::Text => assigned::replace(&text, &mut |secret| self.secret(secret)),
            Reading::Source => assigned::replace_in_source(&text, &mut |secret| self.secret(secret)),
            Reading::Name => text,
        };
        let text = numbers::replace(&text, &mut |secret| self.secret(secret));
        let text = if reading == Reading::Name { text } else { self.replace_random(&text) };
        self.replace_people(&text)
    }

    fn replace_random(&mut self, text: &str) -> String {
        let known = std::mem::take(&mut self.known);
        let text = random::replace(text, &known, &mut |secret| self.secret(secret));
        self.known = known;
        text
    }

    fn replace_people(&mut self, text: &str) -> String {
        let mut people = std::mem::take(&mut self.people);
        let text = people.replace(text, &mut |placeholder, kind| self.note(placeholder, kind, 1));
        self.people = people;
        text
    }

    fn personal(&mut self, kind: Personal, text: &str) -> String {
        // `id:7`, as the tag of a user has it.
        let text = visible(head(text));
        let (kind, rest) = people::tagged(kind, &text);
        // `from` and `to` are of a letter only where an address stands there.
        let is_other = kind == Personal::Email && !rest.contains(['@', '%']);
        if is_other || people::is_nobody(rest) || rest.starts_with(FILTERED) {
            return self.redact(&text);
        }
        let placeholder = self.people.placeholder(kind, rest);
        self.note(&placeholder, kind.name(), 1);
        placeholder
    }

    fn secret(&mut self, secret: &str) -> String {
        let next = self.secrets_before + self.secrets.len() + 1;
        let number = *self.secrets.entry(secret.to_owned()).or_insert(next);
        let placeholder = format!("[secret_{number}]");
        self.note(&placeholder, "secret", 1);
        placeholder
    }

    fn note(&mut self, placeholder: &str, kind: &'static str, times: u32) {
        let done = self.done.entry(placeholder.to_owned()).or_insert((kind, 0));
        done.1 = done.1.saturating_add(times);
    }
}

fn head(text: &str) -> &str {
    if text.len() <= TEXT_BYTES_MAX {
        return text;
    }
    // At a space, so that no secret is cut in two, of which the first half would be known by nothing.
    let cut = &text[..text.floor_char_boundary(TEXT_BYTES_MAX)];
    cut.rfind(char::is_whitespace).map_or("", |end| &cut[..end])
}
