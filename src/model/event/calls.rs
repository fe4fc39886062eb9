//! The calls to other hosts that an event's breadcrumbs tell of: who was called, and whether it failed.
//!
//! Search has terms of them, findings count them, and what is shown first is chosen by them: all must read a breadcrumb alike.

use serde_json::Value;
use url::Url;

use crate::model::event::{Breadcrumb, Event, Level};

/// From here on an answer is a failure.
const STATUS_FAILED_MIN: u16 = 400;
/// Segments of a path that tell one endpoint from another.
const SEGMENTS_MAX: usize = 4;
/// Longer ones are ids or tokens.
const SEGMENT_CHARS_MAX: usize = 24;
/// A year has four, too; a path by years is one endpoint.
const DIGITS_OF_IDS_MIN: usize = 4;
/// What stands for an id in a path.
const ID: &str = ":id";

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Call {
    /// Upper case; `None` where the breadcrumb does not say.
    pub method: Option<String>,
    /// Lower case, without the port; `None` where the address is a path: the own site was called.
    pub host: Option<String>,
    /// Without query; ids are `:id`.
    pub path: String,
    /// `None`: there was no answer, or it is not told.
    pub status: Option<u16>,
    pub failed: bool,
}

impl Call {
    /// `GET api.stripe.com`, `POST /api/payment`: whom it went to.
    pub fn target(&self) -> String {
        let to = self.host.as_deref().unwrap_or(&self.path);
        self.method.as_ref().map_or_else(|| to.to_owned(), |method| format!("{method} {to}"))
    }

    /// `GET api.stripe.com/v1/charges 503`.
    pub fn label(&self) -> String {
        let method = self.method.as_ref().map(|method| format!("{method} ")).unwrap_or_default();
        let host = self.host.as_deref().unwrap_or_default();
        let status = self.status.map(|status| format!(" {status}")).unwrap_or_default();
        format!("{method}{host}{}{status}", self.path)
    }
}

/// In the order of the breadcrumbs, with their indexes.
pub fn calls(event: &Event) -> impl Iterator<Item = (usize, Call)> {
    event.breadcrumbs.iter().enumerate().filter_map(|(index, crumb)| Some((index, call(crumb)?)))
}

pub fn call(crumb: &Breadcrumb) -> Option<Call> {
    let text = |keys: &[&str]| keys.iter().find_map(|key| crumb.data.get(*key)?.as_str());
    let address = text(&["url", "http.url", "url.full"])?;
    let is_http = |name: &str| ["http", "fetch", "xhr", "httplib", "requests", "request"].contains(&name);
    let is_call = crumb.kind.as_deref().is_some_and(is_http)
        || crumb.category.as_deref().is_some_and(|category| category.split('.').any(is_http));
    let status = ["status_code", "http.response.status_code", "status"];
    let status = status.iter().find_map(|key| number(crumb.data.get(*key)?));
    let method = text(&["method", "http.method", "http.request.method"]).map(str::to_ascii_uppercase);
    if !is_call && status.is_none() && method.is_none() {
        return None;
    }
    let (host, path) = split(address);
    let is_error = crumb.level.is_some_and(|level| level >= Level::Error);
    // Browsers report a request that got no answer with the status 0.
    let failed = status.map_or(is_error, |status| status == 0 || status >= STATUS_FAILED_MIN);
    Some(Call { method, host, path, status: status.filter(|status| *status > 0), failed })
}

fn number(value: &Value) -> Option<u16> {
    match value {
        Value::Number(number) => number.as_u64()?.try_into().ok(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn split(address: &str) -> (Option<String>, String) {
    if let Ok(url) = address.parse::<Url>()
        && let Some(host) = url.host_str()
    {
        return (Some(host.to_ascii_lowercase()), endpoint(url.path()));
    }
    (None, endpoint(address.split(['?', '#']).next().unwrap_or_default()))
}

/// The endpoint of an address, be it whole or a path.
pub fn endpoint_of(address: &str) -> String {
    split(address).1
}

/// A path as its endpoint: ids replaced, and no more segments than tell it from others.
fn endpoint(path: &str) -> String {
    let segments = path.split('/').filter(|segment| !segment.is_empty());
    let mut endpoint = String::new();
    for segment in segments.take(SEGMENTS_MAX) {
        endpoint.push('/');
        endpoint.push_str(if is_id(segment) { ID } else { segment });
    }
    if endpoint.is_empty() { "/".to_owned() } else { endpoint }
}

fn is_id(segment: &str) -> bool {
    let digits = segment.bytes().filter(u8::is_ascii_digit).count();
    let is_hex = segment.len() >= 8 && segment.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    // `v1` is none, `12`, `a81bc81b-dead-…` and `cus_9s6XKzkNRiz8i3` are.
    let is_number = digits == segment.len() || is_hex || digits >= DIGITS_OF_IDS_MIN;
    (digits > 0 && is_number) || segment.chars().count() > SEGMENT_CHARS_MAX
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(crumb: serde_json::Value) -> Option<Call> {
        call(&serde_json::from_value(crumb).expect("a breadcrumb"))
    }

    #[test]
    fn calls_of_every_sdk_are_read_alike() {
        for (crumb, label, failed) in [
            (
                json!({"category": "fetch", "data": {"url": "https://API.stripe.com/v1/charges?x=1", "method": "post", "status_code": 503}}),
                "POST api.stripe.com/v1/charges 503",
                true,
            ),
            (
                json!({"type": "http", "category": "xhr", "data": {"url": "/api/user/8123?id=undefined", "method": "GET", "status_code": "200"}}),
                "GET /api/user/:id 200",
                false,
            ),
            (
                json!({"type": "http", "category": "httplib", "data": {"url": "http://auth:8080/token", "http.method": "GET", "http.response.status_code": 401}}),
                "GET auth/token 401",
                true,
            ),
            (
                json!({"category": "fetch", "level": "error", "data": {"url": "https://x.io", "method": "GET"}}),
                "GET x.io/",
                true,
            ),
            (
                json!({"category": "xhr", "data": {"url": "https://x.io/a/b/c/d/e", "status_code": 0}}),
                "x.io/a/b/c/d",
                true,
            ),
        ] {
            let read = read(crumb).expect(label);
            assert_eq!((read.label().as_str(), read.failed), (label, failed));
        }
    }

    #[test]
    fn what_is_no_call_is_none() {
        for crumb in [
            json!({"category": "navigation", "data": {"from": "/a", "to": "/b"}}),
            json!({"category": "ui.click", "message": "button"}),
            json!({"category": "console", "data": {"url": "https://x.io/app.js"}}),
            json!({"category": "fetch", "data": {"method": "GET"}}),
        ] {
            assert_eq!(read(crumb.clone()), None, "{crumb}");
        }
    }

    #[test]
    fn ids_in_paths_are_told_from_words() {
        for (path, expected) in [
            ("/v1/customers/cus_9s6XKzkNRiz8i3/cards", "/v1/customers/:id/cards"),
            ("/users/12", "/users/:id"),
            ("/orders/a81bc81b-dead-4e5d-abff-90865d1e13b1", "/orders/:id"),
            ("/deadbeef", "/deadbeef"),
            ("", "/"),
        ] {
            assert_eq!(endpoint(path), expected);
        }
    }
}
