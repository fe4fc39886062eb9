//! Takes secrets out of an event before anything is stored.
//!
//! Works in place on the JSON as it arrived, before `normalize`: what is kept as sent and everything that
//! is made of it are clean alike. The rules are those of Sentry's default data scrubber (`relay-pii`): keys that
//! name a secret lose their value whole, texts lose the part that has a secret's form. Never touched: debug
//! images, what names code (paths, functions, modules), an exception's value, the user agent. Source lines
//! lose only what has a secret's form; assignments in code are code.

use serde_json::{Map, Value};

use crate::digest::scrub::keys::Keys;
use crate::digest::scrub::pairs::Assignments;
use crate::digest::scrub::patterns::Shape;
use crate::model::project::Scrubbing;

mod keys;
mod pairs;
mod patterns;
#[cfg(test)]
mod tests;

pub const FILTERED: &str = "[Filtered]";

/// JSON inside of JSON strings is opened this often.
const JSON_IN_TEXT_MAX: usize = 3;
/// Longer texts are not opened as JSON; their text is scrubbed all the same.
const JSON_TEXT_BYTES_MAX: usize = 256 << 10;

/// One project's rules, ready to run. Building it with extra keys compiles patterns: keep it.
pub struct Scrubber {
    built_in: bool,
    ip_addresses: bool,
    keys: Keys,
    assignments: Assignments,
}

/// How a text is read, by the place where it stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Text {
    Any,
    Cookies,
    SourceLine,
}

impl Scrubber {
    pub fn new(settings: &Scrubbing) -> Self {
        let keys = Keys::new(settings);
        let assignments = Assignments::new(&keys, settings.enabled);
        Self { built_in: settings.enabled, ip_addresses: settings.ip_addresses, keys, assignments }
    }

    /// No address of a person's may be kept, and none found out.
    pub fn removes_ip_addresses(&self) -> bool {
        self.ip_addresses
    }

    /// Filters a whole event. Returns how many places changed.
    pub fn scrub(&self, event: &mut Value) -> usize {
        if self.keys.is_idle() && !self.ip_addresses {
            return 0;
        }
        let Value::Object(map) = event else { return self.value(event, Text::Any, 0) };
        map.iter_mut().map(|(key, value)| self.top(key, value)).sum()
    }

    /// Filters a text that stands alone: a user report, a log line. Returns how many places changed.
    pub fn scrub_text(&self, text: &mut String) -> usize {
        if self.keys.is_idle() && !self.ip_addresses {
            return 0;
        }
        self.text(text, Text::Any, 0)
    }

    /// Filters a line of source: only what has a secret's form, assignments in code are code.
    pub fn scrub_source(&self, text: &mut String) -> usize {
        if self.keys.is_idle() && !self.ip_addresses {
            return 0;
        }
        self.text(text, Text::SourceLine, 0)
    }

    /// Filters a value that stands under a key: an attribute of a span.
    pub fn scrub_member(&self, key: &str, value: &mut Value) -> usize {
        if self.keys.is_idle() && !self.ip_addresses {
            return 0;
        }
        self.member(key, value, Text::Any, 0)
    }

    /// The same of a text.
    pub fn scrub_member_text(&self, key: &str, text: &mut String) -> usize {
        if self.keys.is_idle() && !self.ip_addresses {
            return 0;
        }
        let mut value = Value::String(std::mem::take(text));
        let changed = self.member(key, &mut value, Text::Any, 0);
        if let Value::String(scrubbed) = value {
            *text = scrubbed;
        }
        changed
    }

    /// Whether a text speaks of something secret, so that what stands beside it may be one.
    pub fn mentions_secret(&self, text: &str) -> bool {
        self.keys.mentions(text.as_bytes())
    }

    fn top(&self, key: &str, value: &mut Value) -> usize {
        match key {
            // Identifiers and names that are no place for secrets, and that others refer to.
            "event_id" | "timestamp" | "start_timestamp" | "received" | "platform" | "level" | "type"
            | "modules" | "debug_meta" | "fingerprint" | "checksum" | "release" | "dist" | "environment"
            | "_meta" | "errors" | "logger" | "transaction_info" | "project" | "_metrics" => 0,
            "sdk" => self.sdk(value),
            "exception" | "sentry.interfaces.Exception" => self.each(value, |map| self.exception(map)),
            "threads" | "sentry.interfaces.Threads" => self.each(value, |map| self.exception(map)),
            "stacktrace" | "sentry.interfaces.Stacktrace" => self.stacktrace(value),
            "user" | "sentry.interfaces.User" => self.user(value),
            // What an event is made of: a project's own key `tag` does not mean all tags.
            "message" | "logentry" | "breadcrumbs" | "request" | "contexts" | "tags" | "extra"
            | "template" | "transaction" | "culprit" | "server_name" | "site" => {
                self.value(value, Text::Any, 0)
            }
            _ => self.member(key, value, Text::Any, 0),
        }
    }

    /// A list, `{values}` or one bare object.
    fn each(&self, value: &mut Value, scrub: impl Fn(&mut Map<String, Value>) -> usize) -> usize {
        match value {
            Value::Array(items) => items.iter_mut().filter_map(Value::as_object_mut).map(scrub).sum(),
            Value::Object(map) => match map.get_mut("values") {
                Some(Value::Array(items)) => {
                    items.iter_mut().filter_map(Value::as_object_mut).map(scrub).sum()
                }
                Some(Value::Object(single)) => scrub(single),
                _ => scrub(map),
            },
            other => self.value(other, Text::Any, 0),
        }
    }

    fn exception(&self, map: &mut Map<String, Value>) -> usize {
        let field = |(key, value): (&String, &mut Value)| match key.as_str() {
            "type" | "value" | "module" | "thread_id" | "id" if !value.is_object() && !value.is_array() => 0,
            "stacktrace" | "raw_stacktrace" | "sentry.interfaces.Stacktrace" => self.stacktrace(value),
            _ => self.member(key, value, Text::Any, 0),
        };
        map.iter_mut().map(field).sum()
    }

    fn stacktrace(&self, value: &mut Value) -> usize {
        let frames = match value {
            Value::Object(map) => map.get_mut("frames"),
            other => Some(other),
        };
        let Some(Value::Array(frames)) = frames else { return 0 };
        frames.iter_mut().filter_map(Value::as_object_mut).map(|frame| self.frame(frame)).sum()
    }

    fn frame(&self, frame: &mut Map<String, Value>) -> usize {
        let field = |(key, value): (&String, &mut Value)| match key.as_str() {
            "filename" | "abs_path" | "function" | "raw_function" | "module" | "package" | "symbol"
            | "lineno" | "colno" | "in_app" | "platform" | "instruction_addr" | "symbol_addr"
            | "image_addr" | "addr_mode" => 0,
            "pre_context" | "context_line" | "post_context" => self.value(value, Text::SourceLine, 0),
            _ => self.member(key, value, Text::Any, 0),
        };
        frame.iter_mut().map(field).sum()
    }

    /// The SDK's own description names packages (`…/oauth`): only the address that Relays put there is personal.
    fn sdk(&self, value: &mut Value) -> usize {
        match value.get_mut("client_ip") {
            Some(address) if self.ip_addresses => remove(address),
            _ => 0,
        }
    }

    fn user(&self, value: &mut Value) -> usize {
        let address = value.get_mut("ip_address").filter(|_| self.ip_addresses);
        address.map_or(0, remove) + self.value(value, Text::Any, 0)
    }

    fn value(&self, value: &mut Value, reading: Text, opened: usize) -> usize {
        match value {
            Value::Null | Value::Bool(_) => 0,
            Value::Number(number) => {
                let is_card = self.built_in && number.as_u64().is_some_and(patterns::is_card);
                if is_card { filter(value) } else { 0 }
            }
            Value::String(text) => self.text(text, reading, opened),
            Value::Array(items) => self.items(items, reading, opened),
            Value::Object(map) => {
                if let Some(changed) = self.named_pair(map, reading, opened) {
                    return changed;
                }
                map.iter_mut().map(|(key, value)| self.member(key, value, reading, opened)).sum()
            }
        }
    }

    /// A value under its key.
    fn member(&self, key: &str, value: &mut Value, reading: Text, opened: usize) -> usize {
        let is_container = value.is_object() || value.is_array();
        if value.is_null() || (self.keys.is_safe(key) && !is_container) {
            return 0;
        }
        if !self.keys.is_safe(key) {
            let by_cookie = reading == Text::Cookies && self.keys.is_secret_cookie(key);
            if by_cookie || self.keys.is_secret(key) {
                return filter(value);
            }
        }
        match key.len() {
            // Hexadecimal identifiers can look like a card's number.
            7 if key == "span_id" => 0,
            8 if key == "trace_id" => 0,
            10 if key.eq_ignore_ascii_case("user-agent") && !is_container => 0,
            10 if key == "user_agent" && !is_container => 0,
            11 if self.ip_addresses && key == "REMOTE_ADDR" => remove(value),
            14 if key == "parent_span_id" => 0,
            6.. if names_cookies(key) => self.value(value, Text::Cookies, opened),
            _ => self.value(value, reading, opened),
        }
    }

    /// A list; two values of which the first is a text may be a name and its value.
    fn items(&self, items: &mut [Value], reading: Text, opened: usize) -> usize {
        if let [Value::String(name), value] = items {
            let name = std::mem::take(name);
            let mut changed = self.member(&name, value, reading, opened);
            let mut name_value = name;
            changed += self.text(&mut name_value, reading, opened);
            items[0] = Value::String(name_value);
            return changed;
        }
        items.iter_mut().map(|item| self.value(item, reading, opened)).sum()
    }

    /// `{"key": …, "value": …}`.
    fn named_pair(&self, map: &mut Map<String, Value>, reading: Text, opened: usize) -> Option<usize> {
        if map.len() != 2 {
            return None;
        }
        let name = map.get("key").or_else(|| map.get("name"))?.as_str()?.to_owned();
        let value = map.get_mut("value")?;
        Some(self.member(&name, value, reading, opened))
    }

    fn text(&self, text: &mut String, reading: Text, opened: usize) -> usize {
        if text.len() < 6 {
            return 0;
        }
        let mut changed = 0;
        if reading == Text::Cookies {
            changed += pairs::scrub_cookies(text, &self.keys);
        }
        let shape = Shape::of(text.as_bytes());
        let may_name = shape.may_assign() || text.starts_with('[');
        if reading != Text::SourceLine && may_name && self.keys.mentions(text.as_bytes()) {
            if let Some(inside) = self.json_in_text(text, opened) {
                return changed + inside;
            }
            changed += self.assignments.scrub(text, &self.keys);
        }
        if self.built_in {
            changed += patterns::scrub(text, shape);
        }
        if self.ip_addresses && shape.may_hold_ip() {
            changed += pairs::scrub_ips(text);
        }
        changed
    }

    /// Opens a text that is JSON, and writes it anew if anything inside was a secret.
    fn json_in_text(&self, text: &mut String, opened: usize) -> Option<usize> {
        if opened == JSON_IN_TEXT_MAX || text.len() > JSON_TEXT_BYTES_MAX {
            return None;
        }
        if !text.trim_start().starts_with(['{', '[']) {
            return None;
        }
        let mut value: Value = serde_json::from_str(text).ok()?;
        let changed = self.value(&mut value, Text::Any, opened + 1);
        if changed > 0 {
            *text = value.to_string();
        }
        Some(changed)
    }
}

/// `Cookie`, `Set-Cookie`, `cookies`, `http.request.header.cookie`.
fn names_cookies(key: &str) -> bool {
    let key = key.strip_suffix(['s', 'S']).unwrap_or(key);
    key.len() >= 6
        && key.is_char_boundary(key.len() - 6)
        && key[key.len() - 6..].eq_ignore_ascii_case("cookie")
}

/// Filters a value whole. True and false say too little to be a secret.
fn filter(value: &mut Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 0,
        Value::String(text) if text == FILTERED || text.is_empty() => 0,
        _ => {
            *value = Value::String(FILTERED.to_owned());
            1
        }
    }
}

/// An address that is no address any more would make one user of all.
fn remove(value: &mut Value) -> usize {
    usize::from(!std::mem::take(value).is_null())
}
