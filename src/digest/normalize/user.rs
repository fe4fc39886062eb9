//! Who was affected.

use std::net::IpAddr;

use serde_json::Value;

use crate::digest::normalize::bound;
use crate::digest::normalize::fields::{self, JsonMap, Limit};
use crate::digest::normalize::notes::At;
use crate::model::event::{Request, Sdk, User};

const ID: Limit = Limit::new(128, 0);
const EMAIL: Limit = Limit::new(75, 0);

/// Platforms whose SDKs run on the user's own device: the connection's address is the user's.
const PLATFORMS_OF_DEVICES: [&str; 3] = ["javascript", "cocoa", "objc"];

pub fn user(value: Value, at: &At) -> Option<User> {
    let map = fields::object(value, at)?;
    let mut user = User::default();
    let mut data = JsonMap::new();
    for (key, value) in map {
        let at = at.key(&key);
        match key.as_str() {
            "id" => user.id = fields::scalar_text(value, ID, &at),
            "email" => user.email = fields::text(value, EMAIL, &at),
            "username" => user.username = fields::scalar_text(value, ID, &at),
            "name" => user.name = fields::scalar_text(value, ID, &at),
            "ip_address" => user.ip_address = ip_address(value, &at),
            "geo" => {
                let geo = fields::object(value, &at).map(Value::Object);
                user.geo = geo.map(|geo| bound::value(geo, bound::SMALL, &at));
            }
            // Sentry derives this itself; one that was sent says nothing.
            "sentry_user" => {}
            "data" => match value {
                Value::Object(map) => data.extend(map),
                Value::Null => {}
                other => drop(data.insert(key, other)),
            },
            _ if value.is_null() => {}
            _ => drop(data.insert(key, value)),
        }
    }
    user.data = bound::object(data, bound::MIDDLE, &at.key("data"));
    (user != User::default()).then_some(user)
}

const AUTO: &str = "{{auto}}";
/// What an SDK's own scrubber leaves in place of an address.
const FILTERED: &str = "[Filtered]";

fn ip_address(value: Value, at: &At) -> Option<String> {
    let text = fields::text(value, ID, at)?;
    let text = text.trim();
    if text == FILTERED {
        return None;
    }
    if text == AUTO || text.parse::<IpAddr>().is_ok() {
        return Some(text.to_owned());
    }
    at.invalid("expected an IP address", &Value::String(text.to_owned()));
    None
}

/// Replaces `{{auto}}`, and fills a missing address where the SDK runs on the user's device.
pub fn infer_ip(
    user: &mut Option<User>,
    request: Option<&Request>,
    client_ip: Option<IpAddr>,
    platform: &str,
    sdk: Option<&Sdk>,
) {
    let setting = sdk.and_then(|sdk| sdk.settings.get("infer_ip")).and_then(Value::as_str);
    let sent = user.as_ref().and_then(|user| user.ip_address.as_deref());
    let wanted = match sent {
        Some(AUTO) => true,
        Some(_) => return,
        None if setting == Some("never") => false,
        None => setting == Some("auto") || PLATFORMS_OF_DEVICES.contains(&platform),
    };
    let remote = request.and_then(|request| request.env.get("REMOTE_ADDR")).and_then(Value::as_str);
    let remote = remote.map(str::trim).filter(|text| text.parse::<IpAddr>().is_ok());
    let found = wanted.then(|| remote.map(str::to_owned).or_else(|| client_ip.map(|ip| ip.to_string())));
    match (found.flatten(), user.as_mut()) {
        (found, Some(user)) => user.ip_address = found,
        (Some(found), None) => *user = Some(User { ip_address: Some(found), ..User::default() }),
        (None, None) => {}
    }
    if user.as_ref() == Some(&User::default()) {
        *user = None;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{infer_ip, user};
    use crate::digest::normalize::notes::{At, Notes};
    use crate::model::event::{Request, Sdk, User};

    fn read(value: Value) -> Option<User> {
        let notes = Notes::default();
        user(value, &At::root(&notes))
    }

    #[test]
    fn unknown_keys_are_data_and_ids_text() {
        let found = read(json!({"id": 42, "email": "a@b", "plan": "gold", "data": {"x": 1}, "gone": null}));
        let found = found.expect("a user");
        assert_eq!(found.id.as_deref(), Some("42"));
        assert_eq!(Value::from_iter(found.data), json!({"plan": "gold", "x": 1}));
        assert_eq!(read(json!({})), None);
        assert_eq!(read(json!({"ip_address": "not one"})), None);
        assert_eq!(read(json!([])), None);
    }

    #[test]
    fn addresses_are_inferred() {
        let client = Some("203.0.113.9".parse().expect("an address"));
        let behind =
            Request { env: [("REMOTE_ADDR".to_owned(), json!("192.0.2.4"))].into(), ..Request::default() };
        let never = Sdk { settings: [("infer_ip".to_owned(), json!("never"))].into(), ..Sdk::default() };
        let auto = || read(json!({"ip_address": "{{auto}}"}));
        let check = |mut user: Option<User>, request, platform, sdk, expected: Option<&str>| {
            infer_ip(&mut user, request, client, platform, sdk);
            assert_eq!(user.and_then(|user| user.ip_address).as_deref(), expected);
        };
        check(auto(), None, "python", None, Some("203.0.113.9"));
        check(auto(), Some(&behind), "python", None, Some("192.0.2.4"));
        check(None, None, "javascript", None, Some("203.0.113.9"));
        check(None, None, "javascript", Some(&never), None);
        check(None, None, "python", None, None);
        check(read(json!({"id": 1})), None, "cocoa", None, Some("203.0.113.9"));
        check(read(json!({"ip_address": "::1"})), None, "cocoa", None, Some("::1"));
    }
}
