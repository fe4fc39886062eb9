//! Browsers' security reports (CSP, HPKP, Expect-CT, Expect-Staple, NEL) as event JSON.
//!
//! Shapes: CSP level 2 (`{"csp-report": {…}}`), the Reporting API (`{"type": "csp-violation", "body": {…}}`), and
//! the bare objects of the others. Keys become Sentry's, with `_` for `-` and for camel humps.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::wire::envelope::ItemHeaders;

/// `None` where the report is of no kind we know.
pub fn event_of(
    report: Value,
    headers: &ItemHeaders,
    user_agent: Option<&str>,
    received: Timestamp,
) -> Option<Value> {
    let Value::Object(mut report) = report else { return None };
    let (field, body) = body_of(&mut report)?;
    let body = rename_keys(body);
    let url = ["document_uri", "document_url", "url"].into_iter().find_map(|key| body.get(key).cloned());
    let url = url.or_else(|| report.get("url").cloned());
    let agent = user_agent.or_else(|| report.get("user_agent").and_then(Value::as_str));
    let mut request = Map::new();
    if let Some(Value::String(url)) = url {
        request.insert("url".into(), url.into());
    }
    if let Some(agent) = agent {
        request.insert("headers".into(), json!([["User-Agent", agent]]));
    }
    let mut event = json!({
        "platform": "other",
        "logger": field,
        "timestamp": received.to_string(),
        "request": request,
    });
    event[field] = Value::Object(body);
    if let Some(release) = &headers.sentry_release {
        event["release"] = release.as_str().into();
    }
    if let Some(environment) = &headers.sentry_environment {
        event["environment"] = environment.as_str().into();
    }
    Some(event)
}

fn body_of(report: &mut Map<String, Value>) -> Option<(&'static str, Map<String, Value>)> {
    let wrapped =
        [("csp-report", "csp"), ("expect-ct-report", "expectct"), ("expect-staple-report", "expectstaple")];
    for (key, field) in wrapped {
        if let Some(Value::Object(body)) = report.remove(key) {
            return Some((field, body));
        }
    }
    let kind = report.get("type").and_then(Value::as_str).map(str::to_owned);
    match kind.as_deref() {
        Some("csp-violation") => object(report.remove("body")).map(|body| ("csp", body)),
        Some("network-error") => object(report.remove("body")).map(|body| ("nel", body)),
        _ if report.contains_key("known-pins") => Some(("hpkp", std::mem::take(report))),
        _ => None,
    }
}

fn object(value: Option<Value>) -> Option<Map<String, Value>> {
    match value {
        Some(Value::Object(object)) => Some(object),
        _ => None,
    }
}

/// `blocked-uri` and `blockedURL` become `blocked_uri` and `blocked_url`; the Reporting API's names become CSP 2's.
fn rename_keys(body: Map<String, Value>) -> Map<String, Value> {
    let renamed = body.into_iter().map(|(key, value)| {
        let key = snake_case(&key);
        let key = match key.as_str() {
            "document_url" => "document_uri".to_owned(),
            "blocked_url" => "blocked_uri".to_owned(),
            "sample" => "script_sample".to_owned(),
            _ => key,
        };
        (key, value)
    });
    renamed.collect()
}

fn snake_case(key: &str) -> String {
    let mut name = String::with_capacity(key.len() + 4);
    let mut after_lower = false;
    for c in key.chars() {
        if c.is_ascii_uppercase() && after_lower {
            name.push('_');
        }
        after_lower = c.is_ascii_lowercase();
        name.push(if c == '-' { '_' } else { c.to_ascii_lowercase() });
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::envelope::ItemType;

    fn event(report: Value) -> Option<Value> {
        event_of(report, &ItemHeaders::new(ItemType::RawSecurity), Some("Firefox"), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn both_shapes_of_csp_become_the_same() {
        let old = json!({"csp-report": {"document-uri": "https://a.example/x", "blocked-uri": "inline",
            "effective-directive": "script-src"}});
        let new = json!({"type": "csp-violation", "url": "https://a.example/x", "body": {
            "documentURL": "https://a.example/x", "blockedURL": "inline", "effectiveDirective": "script-src"}});
        let (old, new) = (event(old).expect("known"), event(new).expect("known"));
        assert_eq!(old, new);
        assert_eq!(old["csp"]["effective_directive"], "script-src");
        assert_eq!(old["request"]["url"], "https://a.example/x");
    }

    #[test]
    fn what_is_no_report_is_none() {
        for other in
            [json!(1), json!({}), json!({"type": "deprecation", "body": {}}), json!({"csp-report": 1})]
        {
            assert_eq!(event(other.clone()), None, "{other}");
        }
    }
}
