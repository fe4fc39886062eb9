//! Whether an event looks as if it came from somebody's own machine, or from where changes are tried.

use crate::insight::reproduction::inputs::frames;
use crate::model::event::Event;

/// Names of environments, in lower case: those that frameworks and teams give to what is not production.
pub const ENVIRONMENTS: [&str; 15] = [
    "local",
    "localhost",
    "dev",
    "develop",
    "development",
    "debug",
    "test",
    "testing",
    "ci",
    "sandbox",
    "preview",
    "staging",
    "stage",
    "qa",
    "integration",
];
/// Hosts of the machine itself (RFC 6761, RFC 5735) and of containers on it.
pub const HOSTS: [&str; 5] = ["localhost", "127.0.0.1", "0.0.0.0", "[::1]", "host.docker.internal"];
/// Names that laptops give themselves.
pub const SERVER_NAME_ENDS: [&str; 5] = [".local", ".lan", ".home", ".localdomain", ".fritz.box"];
const SERVER_NAME_PARTS: [&str; 4] = ["macbook", "laptop", "thinkpad", "desktop-"];

pub fn looks_local(event: &Event) -> bool {
    let environment = event.environment.as_deref().map(str::to_ascii_lowercase);
    if environment.is_some_and(|environment| ENVIRONMENTS.contains(&environment.as_str())) {
        return true;
    }
    let request = event.request.as_ref();
    let url = request.and_then(|request| request.url.as_deref()).and_then(|url| url.split_once("://"));
    let host = url.map(|(_, rest)| rest.split('/').next().unwrap_or_default());
    let host = host.or_else(|| request.and_then(|request| request.header("host"))).unwrap_or_default();
    let host = host.to_ascii_lowercase();
    let is_own =
        |own: &str| host.strip_prefix(own).is_some_and(|port| port.is_empty() || port.starts_with(':'));
    let name = host.split(':').next().unwrap_or_default();
    if HOSTS.iter().any(|own| is_own(own)) || name.ends_with(".localhost") {
        return true;
    }
    let server = event.server_name.as_deref().or_else(|| event.tag("server_name")).unwrap_or_default();
    let server = server.to_ascii_lowercase();
    server == "localhost"
        || SERVER_NAME_ENDS.iter().any(|end| server.ends_with(end))
        || SERVER_NAME_PARTS.iter().any(|part| server.contains(part))
}

/// What makes two events the same failure whatever their issues: the exception's class, and the innermost function of the team's own
/// code.
pub fn failure(event: &Event) -> Option<(&str, &str)> {
    let main = event.main_exception.and_then(|index| event.exceptions.get(index));
    let kind = main.or_else(|| event.exceptions.last())?.kind.as_deref()?;
    Some((kind, frames(event).next()?.function.as_deref()?))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(fields: &Value, expected: bool) {
        let mut event = json!({"event_id": "fc6d8c0c43fc4630ad850ee518f1b9d0", "platform": "node",
            "timestamp": "2026-11-14T22:13:20Z", "received": "2026-11-14T22:13:20Z"});
        event.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
        let event: Event = serde_json::from_value(event).expect("an event");
        assert_eq!(looks_local(&event), expected, "{fields}");
    }

    #[test]
    fn production_is_not_local() {
        check(&json!({"environment": "production"}), false);
        check(&json!({"environment": "prod-dev"}), false);
        check(&json!({"request": {"url": "https://localhost.example.com/"}}), false);
        check(&json!({"server_name": "web-1.eu.internal"}), false);
        check(&json!({}), false);
    }

    #[test]
    fn names_that_tell() {
        for environment in ["Development", "local", "staging"] {
            check(&json!({"environment": environment}), true);
        }
        for url in [
            "http://localhost:3000/a",
            "http://LOCALHOST/",
            "http://127.0.0.1:8000",
            "http://app.localhost:3000/",
            "http://[::1]:80/",
        ] {
            check(&json!({"request": {"url": url}}), true);
        }
        check(&json!({"request": {"url": "/a", "headers": [["Host", "localhost:3000"]]}}), true);
        for server in ["Annas-MacBook-Pro.local", "DESKTOP-7F3K", "localhost", "pc.fritz.box"] {
            check(&json!({"server_name": server}), true);
        }
    }
}
