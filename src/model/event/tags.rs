//! What one can ask an event for by tag: the tags that were sent, and those that Sentry derives.
//!
//! The store counts these per issue, the search finds events by them and the page shows them; all three
//! must say the same. Values that differ on every event (ids, times) are never derived.

use serde_json::Value;

use crate::model::event::Event;
use crate::model::event::stack::Mechanism;

/// A derived value is cut to this, as a sent one was.
const VALUE_CHARS_MAX: usize = 200;

/// Unique keys: first those of the event's own fields, which beat sent tags of the same name, then the tags
/// as sent, then what follows from contexts, request and exceptions where no tag says it.
pub fn derived_tags(event: &Event) -> Vec<(String, String)> {
    let mut tags = Tags(Vec::with_capacity(event.tags.len() + 20));
    tags.add("level", event.level.as_str());
    tags.add_some("environment", event.environment.as_deref());
    tags.add_some("release", event.release.as_deref());
    tags.add_some("dist", event.dist.as_deref());
    tags.add_some("transaction", event.transaction.as_deref());
    tags.add_some("logger", event.logger.as_deref());
    tags.add_some("user", event.user.as_ref().and_then(super::User::tag_value).as_deref());
    for (key, value) in &event.tags {
        tags.add(key, value);
    }
    tags.add_some("server_name", event.server_name.as_deref());
    tags.add_some("url", event.request.as_ref().and_then(|request| request.url.as_deref()));
    if let Some(mechanism) = mechanism(event) {
        tags.add("mechanism", &mechanism.kind);
        tags.add_some("handled", mechanism.handled.map(|handled| if handled { "yes" } else { "no" }));
    }
    for (name, context) in &event.contexts {
        add_context(&mut tags, name, context);
    }
    tags.0
}

/// Of a chain, the outermost: whether anybody caught it is told where it surfaced, not at its root cause.
fn mechanism(event: &Event) -> Option<&Mechanism> {
    event.exceptions.iter().rev().find_map(|exception| exception.mechanism.as_ref())
}

fn add_context(tags: &mut Tags, name: &str, context: &Value) {
    let text = |key: &str| context.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    match text("type").unwrap_or(name) {
        "browser" | "runtime" | "os" | "client_os" => {
            let whole = match (text("name"), text("version")) {
                (Some(product), Some(version)) => Some(format!("{product} {version}")),
                (Some(product), None) => Some(product.to_owned()),
                (None, _) => text("raw_description").map(str::to_owned),
            };
            tags.add_some(name, whole.as_deref());
            tags.add_some(&format!("{name}.name"), text("name"));
            let rooted = context.get("rooted").and_then(Value::as_bool);
            tags.add_some(&format!("{name}.rooted"), rooted.map(|rooted| if rooted { "yes" } else { "no" }));
        }
        "device" => {
            tags.add_some(name, text("model"));
            tags.add_some(&format!("{name}.family"), text("family"));
        }
        "gpu" => {
            tags.add_some(&format!("{name}.name"), text("name"));
            tags.add_some(&format!("{name}.vendor"), text("vendor_name"));
        }
        "monitor" => {
            tags.add_some(&format!("{name}.slug"), text("slug"));
        }
        _ => {}
    }
}

struct Tags(Vec<(String, String)>);

impl Tags {
    fn add_some(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.add(key, value);
        }
    }

    /// The first value of a key stays.
    fn add(&mut self, key: &str, value: &str) {
        if value.is_empty() || self.0.iter().any(|(known, _)| known == key) {
            return;
        }
        let end = value.char_indices().nth(VALUE_CHARS_MAX).map_or(value.len(), |(end, _)| end);
        let value = &value[..end];
        // Tag values stand on one line, as sent ones do.
        let value =
            if value.contains(['\n', '\r']) { value.replace(['\n', '\r'], " ") } else { value.to_owned() };
        self.0.push((key.to_owned(), value));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};

    use super::derived_tags;

    fn check(mut event: Value, expected: &[(&str, &str)]) {
        let base = json!({"event_id": "fc6d8c0c43fc4630ad850ee518f1b9d0", "platform": "other",
            "timestamp": "2023-11-14T22:13:20Z", "received": "2023-11-14T22:13:20Z"});
        for (key, value) in base.as_object().expect("an object") {
            event[key] = value.clone();
        }
        let found = derived_tags(&from_value(event).expect("an event"));
        let found: Vec<_> = found.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn fields_beat_tags_and_tags_beat_contexts() {
        check(
            json!({
                "level": "warning", "environment": "prod", "release": "1.0",
                "user": {"id": "7"}, "server_name": "web-1",
                "tags": [["level", "mine"], ["browser", "Mine"], ["own", "x"]],
                "contexts": {"browser": {"name": "Chrome", "version": "120.0.0"}},
            }),
            &[
                ("level", "warning"),
                ("environment", "prod"),
                ("release", "1.0"),
                ("user", "id:7"),
                ("browser", "Mine"),
                ("own", "x"),
                ("server_name", "web-1"),
                ("browser.name", "Chrome"),
            ],
        );
    }

    #[test]
    fn contexts_request_and_mechanism() {
        check(
            json!({
                "exceptions": [
                    {"type": "A"},
                    {"type": "B", "mechanism": {"type": "generic", "handled": false}},
                ],
                "request": {"url": "https://h/p"},
                "contexts": {
                    "client_os": {"type": "os", "name": "Windows", "version": ">=10"},
                    "device": {"model": "iPhone", "family": "iPhone"},
                    "os": {"raw_description": "Linux 6.1", "rooted": true},
                    "runtime": {"name": "CPython", "version": "3.11.7"},
                    "trace": {"trace_id": "1"},
                },
            }),
            &[
                ("level", "error"),
                ("url", "https://h/p"),
                ("mechanism", "generic"),
                ("handled", "no"),
                ("client_os", "Windows >=10"),
                ("client_os.name", "Windows"),
                ("device", "iPhone"),
                ("device.family", "iPhone"),
                ("os", "Linux 6.1"),
                ("os.rooted", "yes"),
                ("runtime", "CPython 3.11.7"),
                ("runtime.name", "CPython"),
            ],
        );
    }
}
