//! What a request says of an issue's status, in Sentry's words, old and new.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::error::{ApiError, Result};
use crate::api::issue_change::IssueUpdate;
use crate::api::release_body::bounded;
use crate::model::issue_change::{Conditions, Ignore, Resolve, SoMany, StatusChange};
use crate::model::release::version_error;

/// Ten years.
const IGNORE_MINUTES_MAX: u64 = 5_256_000;
const IGNORE_COUNT_MAX: u64 = 1_000_000_000;
/// A week: counts by the minute or hour are kept for at least as long.
const WINDOW_MINUTES_MAX: u32 = 10_080;
/// Who was met within a window is noted one by one.
const WINDOW_USERS_MAX: u64 = 1_000;
const COMMIT_CHARS_MAX: usize = 64;
const REPOSITORY_CHARS_MAX: usize = 200;

/// How it was resolved, or until when it is archived.
#[derive(Deserialize, ToSchema, Default)]
#[serde(rename_all = "camelCase")]
pub struct DetailsUpdate {
    /// A version, or `latest`.
    pub in_release: Option<String>,
    pub in_next_release: Option<bool>,
    pub in_commit: Option<CommitUpdate>,
    #[serde(flatten)]
    pub ignore: IgnoreUpdate,
}

#[derive(Deserialize, ToSchema)]
pub struct CommitUpdate {
    /// A hash.
    pub commit: String,
    pub repository: Option<String>,
}

/// What an archived issue waits for: the first that comes.
#[derive(Deserialize, ToSchema, Default)]
#[serde(rename_all = "camelCase")]
pub struct IgnoreUpdate {
    /// Minutes.
    pub ignore_duration: Option<u64>,
    /// Former name of `ignoreDuration`.
    pub snooze_duration: Option<u64>,
    /// Further events, …
    pub ignore_count: Option<u64>,
    /// … within so many minutes.
    pub ignore_window: Option<u32>,
    /// Further users, …
    pub ignore_user_count: Option<u64>,
    /// … within so many minutes.
    pub ignore_user_window: Option<u32>,
}

/// `None`: nothing is said of the status.
pub fn read(body: &IssueUpdate, now: Timestamp) -> Result<Option<StatusChange>> {
    let details = body.status_details.as_ref();
    let status = match (body.status.as_deref(), body.substatus.as_deref()) {
        (Some(status), _) => status,
        (None, Some(substatus)) if substatus.starts_with("archived_") => "ignored",
        (None, Some("ongoing")) => "unresolved",
        (None, Some(_)) => return Err(unknown_substatus()),
        (None, None) if details.is_some() => {
            return Err(ApiError::bad_request(
                "statusDetails: they need a status, such as resolved or ignored",
            ));
        }
        (None, None) => return Ok(None),
    };
    Ok(Some(match status {
        "unresolved" => StatusChange::Unresolved,
        "resolved" => StatusChange::Resolved(details.map_or(Ok(Resolve::Now), resolved)?),
        "resolvedInNextRelease" => StatusChange::Resolved(Resolve::InNextRelease),
        "ignored" | "muted" | "archived" => StatusChange::Ignored(ignored(body, now)?),
        _ => return Err(ApiError::bad_request("status: expected unresolved, resolved or ignored")),
    }))
}

fn resolved(details: &DetailsUpdate) -> Result<Resolve> {
    let mut ways = Vec::new();
    if let Some(version) = &details.in_release {
        ways.push(if version == "latest" {
            Resolve::InLatestRelease
        } else if let Some(error) = version_error(version) {
            return Err(ApiError::bad_request(format!("inRelease: {error}")));
        } else {
            Resolve::InRelease(version.clone())
        });
    }
    if details.in_next_release == Some(true) {
        ways.push(Resolve::InNextRelease);
    }
    if let Some(CommitUpdate { commit, repository }) = &details.in_commit {
        let is_hash = (7..=COMMIT_CHARS_MAX).contains(&commit.len())
            && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_hash {
            return Err(ApiError::bad_request("inCommit: expected a commit of 7 to 64 hexadecimal digits"));
        }
        let named = repository.as_deref().filter(|name| !name.trim().is_empty());
        let repository = named.map(|name| bounded("repository", name, REPOSITORY_CHARS_MAX)).transpose()?;
        ways.push(Resolve::InCommit { commit: commit.to_ascii_lowercase(), repository });
    }
    if ways.len() > 1 {
        return Err(ApiError::bad_request(
            "statusDetails: expected one of inRelease, inNextRelease and inCommit",
        ));
    }
    Ok(ways.pop().unwrap_or(Resolve::Now))
}

fn ignored(body: &IssueUpdate, now: Timestamp) -> Result<Ignore> {
    let within = body.status_details.as_ref().map(|details| &details.ignore);
    let pick = |of: fn(&IgnoreUpdate) -> Option<u64>| within.and_then(of).or_else(|| of(&body.ignore));
    let window = |of: fn(&IgnoreUpdate) -> Option<u32>| within.and_then(of).or_else(|| of(&body.ignore));
    let minutes = pick(|ignore| ignore.ignore_duration.or(ignore.snooze_duration));
    let conditions = Conditions {
        until: minutes.map(|minutes| after(minutes, now)).transpose()?,
        events: so_many(
            "ignoreCount",
            pick(|ignore| ignore.ignore_count),
            window(|ignore| ignore.ignore_window),
            IGNORE_COUNT_MAX,
        )?,
        users: so_many(
            "ignoreUserCount",
            pick(|ignore| ignore.ignore_user_count),
            window(|ignore| ignore.ignore_user_window),
            WINDOW_USERS_MAX,
        )?,
    };
    match (conditions == Conditions::default(), body.substatus.as_deref()) {
        (false, None | Some("archived_until_condition_met")) => Ok(Ignore::Until(conditions)),
        (true, None | Some("archived_forever")) => Ok(Ignore::Forever),
        (true, Some("archived_until_escalating")) => Ok(Ignore::UntilEscalating),
        (true, Some("archived_until_condition_met")) => Err(ApiError::bad_request(
            "statusDetails: expected ignoreDuration, ignoreCount or ignoreUserCount for archived_until_condition_met",
        )),
        (false, Some("archived_forever" | "archived_until_escalating")) => Err(ApiError::bad_request(
            "substatus: what waits for a time or a number is archived_until_condition_met",
        )),
        (_, Some(_)) => Err(unknown_substatus()),
    }
}

fn after(minutes: u64, now: Timestamp) -> Result<Timestamp> {
    if !(1..=IGNORE_MINUTES_MAX).contains(&minutes) {
        return Err(ApiError::bad_request(format!(
            "ignoreDuration: expected 1 to {IGNORE_MINUTES_MAX} minutes"
        )));
    }
    Ok(now + SignedDuration::from_mins(i64::try_from(minutes).unwrap_or(i64::MAX)))
}

fn so_many(
    what: &str,
    more: Option<u64>,
    window_minutes: Option<u32>,
    windowed_max: u64,
) -> Result<Option<SoMany>> {
    let Some(more) = more else { return Ok(None) };
    let most = if window_minutes.is_some() { windowed_max } else { IGNORE_COUNT_MAX };
    if !(1..=most).contains(&more) {
        return Err(ApiError::bad_request(format!("{what}: expected 1 to {most}")));
    }
    if window_minutes.is_some_and(|minutes| !(1..=WINDOW_MINUTES_MAX).contains(&minutes)) {
        return Err(ApiError::bad_request(format!(
            "{what}: expected a window of 1 to {WINDOW_MINUTES_MAX} minutes"
        )));
    }
    Ok(Some(SoMany { more, window_minutes }))
}

fn unknown_substatus() -> ApiError {
    ApiError::bad_request(
        "substatus: expected ongoing, archived_forever, archived_until_escalating or archived_until_condition_met",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(body: &str) -> String {
        let body: IssueUpdate = serde_json::from_str(body).expect(body);
        let now = "2026-11-23T08:00:00Z".parse().expect("a time");
        match read(&body, now) {
            Ok(None) => "nothing".to_owned(),
            Ok(Some(StatusChange::Ignored(Ignore::Until(conditions)))) => {
                let many = |of: Option<SoMany>| match of {
                    None => "-".to_owned(),
                    Some(SoMany { more, window_minutes: None }) => more.to_string(),
                    Some(SoMany { more, window_minutes: Some(minutes) }) => format!("{more}/{minutes}"),
                };
                let until =
                    conditions.until.map_or("-".to_owned(), |until| until.strftime("%H:%M").to_string());
                format!("until {until} events {} users {}", many(conditions.events), many(conditions.users))
            }
            Ok(Some(change)) => format!("{change:?}"),
            Err(error) => format!("{error}").split(':').next().unwrap_or_default().to_owned(),
        }
    }

    #[test]
    fn statuses_are_read_as_sentrys_clients_send_them() {
        for (body, expected) in [
            (r#"{"isBookmarked": true}"#, "nothing"),
            (r#"{"status": "resolved"}"#, "Resolved(Now)"),
            (r#"{"status": "resolved", "statusDetails": {}}"#, "Resolved(Now)"),
            (
                r#"{"status": "resolved", "statusDetails": {"inRelease": "latest"}}"#,
                "Resolved(InLatestRelease)",
            ),
            (
                r#"{"status": "resolved", "statusDetails": {"inRelease": "a@1"}}"#,
                r#"Resolved(InRelease("a@1"))"#,
            ),
            (r#"{"status": "resolved", "statusDetails": {"inRelease": "a/1"}}"#, "inRelease"),
            (
                r#"{"status": "resolved", "statusDetails": {"inNextRelease": true}}"#,
                "Resolved(InNextRelease)",
            ),
            (r#"{"status": "resolvedInNextRelease"}"#, "Resolved(InNextRelease)"),
            (
                r#"{"status": "resolved", "statusDetails": {"inCommit": {"commit": "DEADBEEF", "repository": "a/b"}}}"#,
                r#"Resolved(InCommit { commit: "deadbeef", repository: Some("a/b") })"#,
            ),
            (r#"{"status": "resolved", "statusDetails": {"inCommit": {"commit": "nope"}}}"#, "inCommit"),
            (
                r#"{"status": "resolved", "statusDetails": {"inRelease": "1", "inNextRelease": true}}"#,
                "statusDetails",
            ),
            (r#"{"statusDetails": {"inRelease": "1"}}"#, "statusDetails"),
            (r#"{"status": "unresolved"}"#, "Unresolved"),
            (r#"{"substatus": "ongoing"}"#, "Unresolved"),
            (r#"{"substatus": "odd"}"#, "substatus"),
            (r#"{"status": "odd"}"#, "status"),
            (r#"{"status": "ignored"}"#, "Ignored(Forever)"),
            (r#"{"status": "muted", "snoozeDuration": 30}"#, "until 08:30 events - users -"),
            (r#"{"status": "ignored", "ignoreDuration": 0}"#, "ignoreDuration"),
            (r#"{"status": "ignored", "statusDetails": {"ignoreCount": 10}}"#, "until - events 10 users -"),
            (
                r#"{"status": "ignored", "statusDetails": {"ignoreUserCount": 5, "ignoreUserWindow": 60, "ignoreCount": 9,
                    "ignoreWindow": 1440, "ignoreDuration": 90}}"#,
                "until 09:30 events 9/1440 users 5/60",
            ),
            (r#"{"status": "ignored", "ignoreUserCount": 5000, "ignoreUserWindow": 60}"#, "ignoreUserCount"),
            (r#"{"status": "ignored", "ignoreCount": 5, "ignoreWindow": 20000}"#, "ignoreCount"),
            (
                r#"{"status": "ignored", "substatus": "archived_until_escalating"}"#,
                "Ignored(UntilEscalating)",
            ),
            (r#"{"substatus": "archived_forever"}"#, "Ignored(Forever)"),
            (r#"{"status": "ignored", "substatus": "archived_until_condition_met"}"#, "statusDetails"),
            (r#"{"substatus": "archived_forever", "ignoreCount": 5}"#, "substatus"),
        ] {
            assert_eq!(told(body), expected, "{body}");
        }
    }
}
