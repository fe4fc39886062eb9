//! An event as Sentry's API shows it: facts about it here, what it says in `entries`.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

use crate::api::event_json::entries::{Entry, entries};
use crate::api::issue_json::{MatchJson, MetadataJson};
use crate::api::reports::UserReportJson;
use crate::api::when;
use crate::model::event::tags::derived_tags;
use crate::model::event::{Event, Level, Note, User};
use crate::model::grouping::Headline;
use crate::model::issue::EventRef;

pub mod entries;
pub mod fields;
pub mod frame_problem;
pub mod frames;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventJson {
    pub id: String,
    #[serde(rename = "eventID")]
    pub event_id: String,
    #[serde(rename = "groupID")]
    pub group_id: String,
    #[serde(rename = "projectID")]
    pub project_id: String,
    pub title: String,
    pub message: String,
    #[schema(required)]
    pub culprit: Option<String>,
    #[schema(required)]
    pub location: Option<String>,
    pub date_created: String,
    pub date_received: String,
    pub platform: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub level: Level,
    pub metadata: MetadataJson,
    /// Bytes of the JSON as it was sent.
    pub size: u64,
    pub tags: Vec<TagJson>,
    #[schema(required)]
    pub user: Option<UserJson>,
    #[schema(value_type = BTreeMap<String, BTreeMap<String, Value>>)]
    pub contexts: BTreeMap<String, Value>,
    /// `extra`, as SDKs call it.
    pub context: BTreeMap<String, Value>,
    /// `exception`, `stacktrace`, `threads`, `message`, `breadcrumbs`, `request`, `template`, `csp`, `debugmeta`.
    pub entries: Vec<Entry>,
    /// What was dropped, cut or corrected while reading the event.
    pub errors: Vec<EventErrorJson>,
    #[schema(required)]
    pub sdk: Option<SdkJson>,
    /// Modules and their versions.
    pub packages: BTreeMap<String, String>,
    #[schema(required)]
    pub release: Option<EventReleaseJson>,
    #[schema(required)]
    pub dist: Option<String>,
    #[schema(required)]
    pub environment: Option<String>,
    #[schema(required)]
    pub transaction: Option<String>,
    #[schema(required)]
    pub logger: Option<String>,
    #[serde(rename = "serverName")]
    #[schema(required)]
    pub server_name: Option<String>,
    pub fingerprints: Vec<String>,
    #[serde(rename = "nextEventID")]
    #[schema(required)]
    pub next_event_id: Option<String>,
    #[serde(rename = "previousEventID")]
    #[schema(required)]
    pub previous_event_id: Option<String>,
    #[schema(required)]
    pub user_report: Option<UserReportJson>,
    #[schema(required)]
    pub crash_file: Option<String>,
    #[schema(required, value_type = Option<String>)]
    pub occurrence: Option<()>,
    #[serde(rename = "_meta")]
    pub meta: BTreeMap<String, Value>,
}

#[derive(Clone, Serialize, ToSchema)]
pub struct TagJson {
    pub key: String,
    pub value: String,
}

#[derive(Clone, Serialize, ToSchema)]
pub struct UserJson {
    #[schema(required)]
    pub id: Option<String>,
    #[schema(required)]
    pub email: Option<String>,
    #[schema(required)]
    pub username: Option<String>,
    #[schema(required)]
    pub ip_address: Option<String>,
    #[schema(required)]
    pub name: Option<String>,
    pub data: BTreeMap<String, Value>,
    #[schema(required)]
    pub geo: Option<Value>,
}

impl UserJson {
    pub fn of(user: &User) -> Self {
        let User { id, email, username, name, ip_address, geo, data } = user.clone();
        Self { id, email, username, ip_address, name, data, geo }
    }
}

#[derive(Serialize, ToSchema)]
pub struct EventErrorJson {
    #[serde(rename = "type")]
    pub kind: String,
    pub message: String,
    pub data: EventErrorData,
}

#[derive(Serialize, ToSchema)]
pub struct EventErrorData {
    /// The field, dotted.
    pub name: String,
    #[schema(required)]
    pub reason: Option<String>,
    /// As it was sent.
    #[schema(required)]
    pub value: Option<Value>,
}

#[derive(Serialize, ToSchema)]
pub struct SdkJson {
    pub name: String,
    pub version: String,
}

#[derive(Serialize, ToSchema)]
pub struct EventReleaseJson {
    pub version: String,
    #[serde(rename = "shortVersion")]
    pub short_version: String,
}

/// What an event's page needs beside the event.
#[derive(Default)]
pub struct Neighbours {
    pub next: Option<EventRef>,
    pub previous: Option<EventRef>,
    pub user_report: Option<UserReportJson>,
}

pub fn event_json(
    event: &Event,
    place: &EventRef,
    size: usize,
    headline: &Headline,
    beside: Neighbours,
) -> EventJson {
    let id = event.event_id.to_string();
    EventJson {
        event_id: id.clone(),
        id,
        group_id: place.issue.to_string(),
        project_id: place.project.to_string(),
        title: headline.title.clone(),
        message: message(event),
        culprit: Some(headline.culprit.clone()).filter(|culprit| !culprit.is_empty()),
        location: headline.metadata.filename.clone(),
        date_created: when(event.timestamp),
        date_received: when(event.received),
        platform: event.platform.clone(),
        kind: event.kind.as_str().to_owned(),
        level: event.level,
        metadata: MetadataJson::of(&headline.metadata),
        size: size as u64,
        tags: tags_json(derived_tags(event)),
        user: event.user.as_ref().map(UserJson::of),
        contexts: event.contexts.clone(),
        context: event.extra.clone(),
        entries: entries(event),
        errors: event.notes.iter().map(error_json).collect(),
        sdk: event.sdk.as_ref().map(|sdk| SdkJson { name: sdk.name.clone(), version: sdk.version.clone() }),
        packages: event.modules.clone(),
        release: event.release.as_deref().map(release_json),
        dist: event.dist.clone(),
        environment: event.environment.clone(),
        transaction: event.transaction.clone(),
        logger: event.logger.clone(),
        server_name: event.server_name.clone(),
        fingerprints: event.fingerprint.clone(),
        next_event_id: beside.next.map(|place| place.event_id.to_string()),
        previous_event_id: beside.previous.map(|place| place.event_id.to_string()),
        user_report: beside.user_report,
        crash_file: None,
        occurrence: None,
        meta: BTreeMap::new(),
    }
}

/// Sorted by key, as Sentry shows them.
fn tags_json(tags: Vec<(String, String)>) -> Vec<TagJson> {
    let mut shown: Vec<_> = tags.into_iter().map(|(key, value)| TagJson { key, value }).collect();
    shown.sort_by(|a, b| a.key.cmp(&b.key));
    shown
}

pub fn message(event: &Event) -> String {
    let entry = event.logentry.as_ref();
    entry.and_then(|entry| entry.formatted.clone().or_else(|| entry.message.clone())).unwrap_or_default()
}

fn error_json(note: &Note) -> EventErrorJson {
    let message = match note.kind.as_str() {
        "invalid_data" => "Discarded invalid value",
        "value_too_long" => "Discarded value due to exceeding maximum length",
        "past_timestamp" => "Invalid timestamp (too old)",
        "future_timestamp" => "Invalid timestamp (in future)",
        "clock_drift" => "Clock drift detected in SDK",
        "missing_attribute" => "Missing value for required attribute",
        "invalid_attribute" => "Discarded unknown attribute",
        _ => "The event was changed while it was read",
    };
    let data =
        EventErrorData { name: note.path.clone(), reason: note.reason.clone(), value: note.value.clone() };
    EventErrorJson { kind: note.kind.clone(), message: message.to_owned(), data }
}

fn release_json(version: &str) -> EventReleaseJson {
    EventReleaseJson { version: version.to_owned(), short_version: short_version(version) }
}

/// `my.app@1.2.3+4` is called `1.2.3`; a commit's hash by its first twelve digits.
pub fn short_version(version: &str) -> String {
    let bare = version.rsplit_once('@').map_or(version, |(_, bare)| bare);
    let bare = bare.split_once('+').map_or(bare, |(bare, _)| bare);
    let is_hash = bare.len() == 40 && bare.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hash { bare[..12].to_owned() } else { bare.to_owned() }
}

/// A row of a list of events.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventRow {
    pub id: String,
    #[serde(rename = "eventID")]
    pub event_id: String,
    #[serde(rename = "groupID")]
    pub group_id: String,
    #[serde(rename = "projectID")]
    pub project_id: String,
    #[serde(rename = "event.type")]
    pub event_type: String,
    pub title: String,
    pub message: String,
    #[schema(required)]
    pub culprit: Option<String>,
    #[schema(required)]
    pub location: Option<String>,
    pub date_created: String,
    pub platform: String,
    pub tags: Vec<TagJson>,
    #[schema(required)]
    pub user: Option<UserJson>,
    #[schema(required)]
    pub crash_file: Option<String>,
    /// The trace that the event is part of.
    #[schema(required)]
    pub trace: Option<String>,
    /// Where the free text of the query stands in the event.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub matches: Vec<MatchJson>,
}

pub fn event_row(event: &Event, place: &EventRef, headline: &Headline, matches: Vec<MatchJson>) -> EventRow {
    let id = event.event_id.to_string();
    EventRow {
        event_id: id.clone(),
        id,
        group_id: place.issue.to_string(),
        project_id: place.project.to_string(),
        event_type: event.kind.as_str().to_owned(),
        title: headline.title.clone(),
        message: message(event),
        culprit: Some(headline.culprit.clone()).filter(|culprit| !culprit.is_empty()),
        location: headline.metadata.filename.clone(),
        date_created: when(event.timestamp),
        platform: event.platform.clone(),
        tags: tags_json(derived_tags(event)),
        user: event.user.as_ref().map(UserJson::of),
        crash_file: None,
        trace: event.context("trace", "trace_id").map(str::to_owned),
        matches,
    }
}

/// Whether a moment lies in a stretch of time that may be open.
pub fn is_within(time: Timestamp, since: Option<Timestamp>, until: Option<Timestamp>) -> bool {
    since.is_none_or(|since| time >= since) && until.is_none_or(|until| time < until)
}

#[cfg(test)]
mod tests {
    use super::release_json;

    #[test]
    fn releases_have_short_names() {
        for (version, short) in [
            ("shop@1.2.3+4", "1.2.3"),
            ("1.2.3", "1.2.3"),
            ("0123456789abcdef0123456789abcdef01234567", "0123456789ab"),
        ] {
            assert_eq!(release_json(version).short_version, short);
        }
    }
}
