//! Under what circumstances an event happened: whom it had called, what had failed, flags, locale, route, hour of the day.
//!
//! No tag says these, and what differs between failing events and others is often among them. Each is bounded, for breadcrumbs
//! and flags are many. A tag that was sent under such a name is what its sender means by it.

use serde_json::Value;

use crate::model::event::Event;
use crate::model::event::calls::{calls, endpoint_of};

/// Different hosts, calls or categories of breadcrumbs that one event brings of each: the newest.
const BREADCRUMBS_MAX: usize = 10;
/// Flags that one event brings: those asked for last.
const FLAGS_MAX: usize = 40;
const HOUR_SECONDS: i64 = 3_600;
const DAY_HOURS: i64 = 24;

pub(super) fn each(event: &Event, give: &mut dyn FnMut(&str, &str)) {
    let mut give = |key: &str, value: &str| {
        if !value.is_empty() && event.tag(key).is_none() {
            give(key, value);
        }
    };
    let (mut called, mut failed, mut failed_calls) = <(Distinct, Distinct, Distinct)>::default();
    let calls: Vec<_> = calls(event).collect();
    for (_, call) in calls.iter().rev() {
        let to = call.host.as_deref().unwrap_or(&call.path);
        if let Some(host) = &call.host {
            called.add(host);
        }
        if call.failed {
            failed.add(to);
            failed_calls.add(&call.label());
        }
    }
    let mut categories = Distinct::default();
    event.breadcrumbs.iter().rev().filter_map(|crumb| crumb.category.as_deref()).for_each(|category| {
        categories.add(category);
    });
    for (key, values) in [
        ("called.host", called),
        ("failed.host", failed),
        ("failed.call", failed_calls),
        ("crumb.category", categories),
    ] {
        values.0.iter().for_each(|value| give(key, value));
    }
    for key in ["locale", "timezone"] {
        // `culture` is today's place; older SDKs of phones put them to the device.
        let said = ["culture", "device", "app"].iter().find_map(|context| event.context(context, key));
        if let Some(value) = said {
            give(key, value);
        }
    }
    flags(event, &mut give);
    if let Some(route) = route(event) {
        give("route", &route);
    }
    let hour = event.timestamp.as_second().div_euclid(HOUR_SECONDS).rem_euclid(DAY_HOURS);
    give("hour", &hour.to_string());
}

/// Those first added, each once.
#[derive(Default)]
struct Distinct(Vec<String>);

impl Distinct {
    fn add(&mut self, value: &str) {
        if self.0.len() < BREADCRUMBS_MAX && self.0.iter().all(|known| known != value) {
            self.0.push(value.to_owned());
        }
    }
}

/// As Sentry's integrations of `LaunchDarkly`, `OpenFeature`, Unleash, Statsig and a team's own keep them.
fn flags(event: &Event, give: &mut dyn FnMut(&str, &str)) {
    let values = event.contexts.get("flags").and_then(|flags| flags.get("values")?.as_array());
    for flag in values.into_iter().flatten().rev().take(FLAGS_MAX) {
        let Some(name) = flag.get("flag").and_then(Value::as_str).filter(|name| !name.is_empty()) else {
            continue;
        };
        let result = match flag.get("result") {
            Some(Value::String(text)) => text.clone(),
            Some(value @ (Value::Bool(_) | Value::Number(_))) => value.to_string(),
            _ => continue,
        };
        give(&format!("flag.{name}"), &result);
    }
}

/// The endpoint that was asked for, ids aside; of a transaction, where its name has a path.
fn route(event: &Event) -> Option<String> {
    let url = event.request.as_ref().and_then(|request| request.url.as_deref());
    let named = || event.transaction.as_deref()?.split_whitespace().find(|part| part.starts_with('/'));
    url.or_else(named).map(endpoint_of)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::each;
    use crate::model::event::Event;

    fn check(mut fields: Value, expected: &[(&str, &str)]) {
        for (key, value) in [
            ("event_id", "fc6d8c0c43fc4630ad850ee518f1b9d0"),
            ("platform", "javascript"),
            ("timestamp", "2026-11-18T14:59:59.9Z"),
            ("received", "2026-11-18T15:00:00Z"),
        ] {
            fields[key] = value.into();
        }
        let event: Event = serde_json::from_value(fields).expect("an event");
        let mut found = Vec::new();
        each(&event, &mut |key, value| found.push((key.to_owned(), value.to_owned())));
        let found: Vec<_> = found.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn calls_and_categories_newest_first() {
        check(
            json!({"breadcrumbs": [
                {"category": "fetch", "data": {"url": "https://api.stripe.com/v1/charges", "method": "POST", "status_code": 503}},
                {"category": "ui.click", "message": "pay"},
                {"category": "fetch", "data": {"url": "/api/user?id=undefined", "method": "GET", "status_code": 500}},
                {"category": "fetch", "data": {"url": "https://cdn.example.com/a.js", "method": "GET", "status_code": 200}},
            ]}),
            &[
                ("called.host", "cdn.example.com"),
                ("called.host", "api.stripe.com"),
                ("failed.host", "/api/user"),
                ("failed.host", "api.stripe.com"),
                ("failed.call", "GET /api/user 500"),
                ("failed.call", "POST api.stripe.com/v1/charges 503"),
                ("crumb.category", "fetch"),
                ("crumb.category", "ui.click"),
                ("hour", "14"),
            ],
        );
    }

    #[test]
    fn flags_locale_and_route() {
        check(
            json!({
                "contexts": {
                    "flags": {"values": [{"flag": "newCheckout", "result": true}, {"flag": "variant", "result": "b"},
                        {"flag": "", "result": true}, {"flag": "odd", "result": [1]}]},
                    "culture": {"locale": "de-DE", "timezone": "Europe/Berlin"},
                },
                "request": {"url": "https://shop.example.com/orders/8123/pay"},
                "transaction": "POST /elsewhere",
            }),
            &[
                ("locale", "de-DE"),
                ("timezone", "Europe/Berlin"),
                ("flag.variant", "b"),
                ("flag.newCheckout", "true"),
                ("route", "/orders/:id/pay"),
                ("hour", "14"),
            ],
        );
        check(
            json!({"transaction": "GET /users/12", "contexts": {"device": {"locale": "fr"}}}),
            &[("locale", "fr"), ("route", "/users/:id"), ("hour", "14")],
        );
        check(
            json!({"transaction": "jobs.nightly", "tags": [["locale", "mine"], ["hour", "7"]],
                "contexts": {"device": {"locale": "fr"}}}),
            &[],
        );
    }

    #[test]
    fn no_event_fills_the_index() {
        let crumbs: Vec<Value> = (0..100)
            .map(|n| json!({"category": format!("c{n}"), "data": {"method": "GET", "url": format!("https://h{n}.io/"), "status_code": 500}}))
            .collect();
        let flags: Vec<Value> = (0..100).map(|n| json!({"flag": format!("f{n}"), "result": false})).collect();
        let event = json!({"event_id": "fc6d8c0c43fc4630ad850ee518f1b9d0", "platform": "other", "breadcrumbs": crumbs,
            "timestamp": "2026-11-18T14:59:59Z", "received": "2026-11-18T15:00:00Z", "contexts": {"flags": {"values": flags}}});
        let event: Event = serde_json::from_value(event).expect("an event");
        let mut found = Vec::new();
        each(&event, &mut |key, value| found.push(format!("{key}:{value}")));
        assert_eq!(found.len(), 4 * super::BREADCRUMBS_MAX + super::FLAGS_MAX + 1);
        assert!(
            found.contains(&"failed.host:h99.io".to_owned()) && found.contains(&"flag.f99:false".to_owned())
        );
    }
}
