//! What goes with a status, as Sentry's API shows it: how it was resolved, what an archived issue waits for.

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::issue_json::Actor;
use crate::api::when;
use crate::model::issue::{Fix, Issue, Status, Threshold};

/// Empty where nothing more is to be said.
#[derive(Serialize, ToSchema, Default)]
#[serde(rename_all = "camelCase")]
pub struct StatusDetails {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_release: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_next_release: Option<bool>,
    /// Of the next release: the newest that was known then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_release: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_commit: Option<InCommit>,
    /// Events that are still missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore_count: Option<u64>,
    /// Minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore_window: Option<u32>,
    /// Users who are still missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore_user_count: Option<u64>,
    /// Minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore_user_window: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore_until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<Actor>,
}

#[derive(Serialize, ToSchema)]
pub struct InCommit {
    pub commit: String,
    #[schema(required)]
    pub repository: Option<String>,
    /// The releases that list it.
    pub releases: Vec<String>,
}

/// Events after a resolution, of releases from before the fix: nothing to be alarmed about.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StillSeenJson {
    pub events: u64,
    pub last_seen: String,
    /// The newest of those releases.
    #[schema(required)]
    pub release: Option<String>,
}

impl StatusDetails {
    /// `actor`: who resolved it.
    pub fn of(issue: &Issue, actor: Option<Actor>) -> Self {
        match issue.status {
            Status::Unresolved => Self::default(),
            Status::Ignored => Self::archived(issue),
            Status::Resolved => Self::resolved(issue, actor),
        }
    }

    fn archived(issue: &Issue) -> Self {
        let Some(archive) = &issue.archive else { return Self::default() };
        let missing = |threshold: Threshold, now: u64| match threshold.window_minutes {
            None => threshold.more.saturating_sub(now.saturating_sub(threshold.counted)),
            Some(_) => threshold.more,
        };
        Self {
            ignore_count: archive.events.map(|threshold| missing(threshold, issue.events)),
            ignore_window: archive.events.and_then(|threshold| threshold.window_minutes),
            ignore_user_count: archive.users.map(|threshold| missing(threshold, issue.users)),
            ignore_user_window: archive.users.and_then(|threshold| threshold.window_minutes),
            ignore_until: archive.until.map(when),
            ..Self::default()
        }
    }

    fn resolved(issue: &Issue, actor: Option<Actor>) -> Self {
        match issue.resolution.as_ref().map(|resolution| &resolution.fix) {
            None | Some(Fix::Now { .. }) => Self::default(),
            Some(Fix::Release { release }) => {
                Self { in_release: Some(release.version.clone()), actor, ..Self::default() }
            }
            Some(Fix::NextRelease { after }) => Self {
                in_next_release: Some(true),
                after_release: after.as_ref().map(|after| after.version.clone()),
                actor,
                ..Self::default()
            },
            Some(Fix::Commit { commit, repository, releases }) => {
                let releases = releases.iter().map(|release| release.version.clone()).collect();
                let in_commit = InCommit { commit: commit.clone(), repository: repository.clone(), releases };
                Self { in_commit: Some(in_commit), actor, ..Self::default() }
            }
        }
    }
}

impl StillSeenJson {
    pub fn of(issue: &Issue) -> Option<Self> {
        let seen = issue.still_seen.as_ref().filter(|_| issue.status == Status::Resolved)?;
        Some(Self {
            events: seen.events,
            last_seen: when(seen.last_seen),
            release: seen.release.as_ref().map(|release| release.version.clone()),
        })
    }
}
