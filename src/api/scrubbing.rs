//! What scrubbing settings that nobody has saved yet would do to one event.
//!
//! Stored events were scrubbed when they came: what was taken out then is gone, and no setting brings it back. So the
//! preview shows what would be taken out *beside* that, and which of the values that are gone a safe key would have
//! kept. An event that is pasted shows all of it.

use actix_web::web;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::Api;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::digest::scrub::{FILTERED, Scrubber};
use crate::model::ids::ProjectId;
use crate::model::project::Scrubbing;

const SCRUBBED_KEYS_MAX: usize = 200;
const SCRUBBED_KEY_BYTES_MAX: usize = 100;
/// Places that one answer names; it says how many more there are.
const PLACES_MAX: usize = 200;
/// Shown of one value.
const VALUE_CHARS_MAX: usize = 200;

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScrubbingTrial {
    pub data_scrubber: bool,
    pub sensitive_fields: Vec<String>,
    pub safe_fields: Vec<String>,
    #[serde(rename = "scrubIPAddresses")]
    pub scrub_ip_addresses: bool,
    /// A stored event of the project; without one, and without `event`, its newest.
    pub event_id: Option<String>,
    /// An event as an SDK would send it.
    #[schema(value_type = Option<Object>)]
    pub event: Option<Value>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScrubbingPreview {
    /// The stored event that was looked at; `null`: the one that was sent along.
    #[schema(required)]
    pub event_id: Option<String>,
    /// What the settings would take out, in the order in which it stands in the event.
    pub removed: Vec<RemovedJson>,
    pub removed_total: usize,
    /// Paths of values that were taken out when the event came.
    pub filtered: Vec<String>,
    pub filtered_total: usize,
    /// Those of them whose key is a safe field now: of events to come they would stay.
    pub kept: Vec<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RemovedJson {
    /// `request.headers.0.1`
    pub path: String,
    pub before: String,
    pub after: String,
}

/// What scrubbing settings would do to an event, without saving them.
#[utoipa::path(post, path = "/api/0/projects/{org}/{project}/scrubbing-preview/", tag = "projects",
    params(("org" = String, Path), ("project" = String, Path)), request_body = ScrubbingTrial,
    responses((status = 200, body = ScrubbingPreview), (status = 400, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub async fn preview_scrubbing(
    api: web::Data<Api>,
    path: web::Path<(String, String)>,
    body: web::Json<ScrubbingTrial>,
) -> Result<web::Json<ScrubbingPreview>> {
    let project = api.project(&path.1)?.id;
    let trial = body.into_inner();
    Ok(web::Json(api.run(move |api| api.preview_scrubbing(project, trial)).await?))
}

impl Api {
    fn preview_scrubbing(&self, project: ProjectId, trial: ScrubbingTrial) -> Result<ScrubbingPreview> {
        let settings = Scrubbing {
            enabled: trial.data_scrubber,
            extra_keys: checked_keys("sensitiveFields", &trial.sensitive_fields)?,
            safe_keys: checked_keys("safeFields", &trial.safe_fields)?,
            ip_addresses: trial.scrub_ip_addresses,
        };
        let (event_id, event) = match (trial.event, trial.event_id) {
            (Some(event @ Value::Object(_)), _) => (None, event),
            (Some(_), _) => return Err(ApiError::bad_request("event: expected a JSON object")),
            (None, Some(id)) => self.stored_json(project, &id)?,
            (None, None) => {
                let newest = self.store.project_events(project, None, 1)?.pop();
                let newest = newest.ok_or_else(|| {
                    ApiError::bad_request("This project has no event yet; send one along as `event`")
                })?;
                self.stored_json(project, &newest.event_id.to_string())?
            }
        };
        Ok(preview(&settings, event_id, &event))
    }

    fn stored_json(&self, project: ProjectId, id: &str) -> Result<(Option<String>, Value)> {
        let stored = self.event(project, id)?;
        let event = serde_json::from_slice(&stored.raw)
            .map_err(|_| ApiError::bad_request("The event is no JSON that could be previewed"))?;
        Ok((Some(stored.event.event_id.to_string()), event))
    }
}

fn preview(settings: &Scrubbing, event_id: Option<String>, event: &Value) -> ScrubbingPreview {
    let mut after = event.clone();
    Scrubber::new(settings).scrub(&mut after);
    let mut found = Found { settings, removed: Vec::new(), filtered: Vec::new(), kept: Vec::new() };
    found.compare(&mut Vec::new(), event, &after);
    let (removed_total, filtered_total) = (found.removed.len(), found.filtered.len());
    found.removed.truncate(PLACES_MAX);
    found.filtered.truncate(PLACES_MAX);
    found.kept.truncate(PLACES_MAX);
    ScrubbingPreview {
        event_id,
        removed: found.removed,
        removed_total,
        filtered: found.filtered,
        filtered_total,
        kept: found.kept,
    }
}

struct Found<'a> {
    settings: &'a Scrubbing,
    removed: Vec<RemovedJson>,
    filtered: Vec<String>,
    kept: Vec<String>,
}

impl Found<'_> {
    /// Scrubbing replaces values in place: both have the same shape down to where they differ.
    fn compare(&mut self, path: &mut Vec<String>, before: &Value, after: &Value) {
        match (before, after) {
            (Value::Object(before), Value::Object(after)) => {
                for (key, value) in before {
                    path.push(key.clone());
                    self.compare(path, value, after.get(key).unwrap_or(&Value::Null));
                    path.pop();
                }
            }
            (Value::Array(before), Value::Array(after)) => {
                for (index, value) in before.iter().enumerate() {
                    path.push(index.to_string());
                    self.compare(path, value, after.get(index).unwrap_or(&Value::Null));
                    path.pop();
                }
            }
            _ if before != after => {
                self.removed.push(RemovedJson {
                    path: path.join("."),
                    before: shown(before),
                    after: shown(after),
                });
            }
            (Value::String(text), _) if text == FILTERED => {
                let key = path.iter().rev().find(|part| part.parse::<usize>().is_err());
                let is_safe = |key: &String| {
                    self.settings.safe_keys.iter().any(|safe| safe.to_lowercase() == key.to_lowercase())
                };
                if key.is_some_and(is_safe) {
                    self.kept.push(path.join("."));
                }
                self.filtered.push(path.join("."));
            }
            _ => (),
        }
    }
}

fn shown(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match text.char_indices().nth(VALUE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Without blanks around them and without empty ones. What the scrubber would pass over is refused.
pub fn checked_keys(field: &str, keys: &[String]) -> Result<Vec<String>> {
    let keys: Vec<String> =
        keys.iter().map(|key| key.trim().to_owned()).filter(|key| !key.is_empty()).collect();
    if keys.len() > SCRUBBED_KEYS_MAX {
        return Err(ApiError::bad_request(format!("{field}: at most {SCRUBBED_KEYS_MAX} keys")));
    }
    if let Some(long) = keys.iter().find(|key| key.len() > SCRUBBED_KEY_BYTES_MAX) {
        let start: String = long.chars().take(20).collect();
        let detail = format!("{field}: `{start}…` is longer than {SCRUBBED_KEY_BYTES_MAX} bytes");
        return Err(ApiError::bad_request(detail));
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_preview_names_what_goes_what_is_gone_and_what_would_have_stayed() {
        let settings = Scrubbing {
            extra_keys: vec!["iban".into()],
            safe_keys: vec!["Session_Token".into()],
            ..Scrubbing::default()
        };
        let event = json!({
            "extra": {"iban": "DE02120300000000202051", "session_token": FILTERED, "password": FILTERED, "n": 1},
            "request": {"headers": [["Authorization", "Bearer abc"], ["Host", "shop"]]},
        });
        let found = preview(&settings, None, &event);
        let removed: Vec<_> =
            found.removed.iter().map(|one| (one.path.as_str(), one.after.as_str())).collect();
        assert_eq!(removed, [("extra.iban", FILTERED), ("request.headers.0.1", FILTERED)]);
        assert_eq!(found.removed[0].before, "DE02120300000000202051");
        assert_eq!(found.kept, ["extra.session_token"]);
        assert_eq!(found.filtered_total, 2);
    }

    #[test]
    fn values_are_cut_between_characters() {
        assert_eq!(shown(&json!("ä".repeat(VALUE_CHARS_MAX + 1))).chars().count(), VALUE_CHARS_MAX + 1);
        assert_eq!(shown(&json!({"a": [1]})), r#"{"a":[1]}"#);
    }

    #[test]
    fn keys_that_the_scrubber_would_pass_over_are_refused() {
        assert_eq!(checked_keys("f", &[" a ".into(), String::new()]).expect("good"), ["a"]);
        assert!(checked_keys("f", &["k".repeat(SCRUBBED_KEY_BYTES_MAX + 1)]).is_err());
        assert!(checked_keys("f", &vec!["k".to_owned(); SCRUBBED_KEYS_MAX + 1]).is_err());
    }
}
