//! An incident: what people are told of, work on and end. Alerts open it or join it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::alert_rule::Severity;
use crate::model::ids::{
    AccountId, AlertId, IncidentId, IssueId, NotificationId, ProjectId, RuleId, TargetId,
};
use crate::model::notification::Recipient;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    pub id: IncidentId,
    pub title: String,
    pub severity: Severity,
    pub status: IncidentStatus,
    pub owner: Option<AccountId>,
    pub opened: Timestamp,
    /// When what it is about began, as far as is known.
    pub began: Timestamp,
    pub acknowledged: Option<Timestamp>,
    pub acknowledged_by: Option<Actor>,
    pub resolved: Option<Timestamp>,
    /// `None` of a resolved one: it was quiet for its time.
    pub resolved_by: Option<Actor>,
    /// How often it was opened again.
    pub reopened: u32,
    pub projects: Vec<ProjectId>,
    pub environments: Vec<String>,
    pub releases: Vec<String>,
    /// In the order in which they joined; at most `ISSUES_MAX`.
    pub issues: Vec<IssueId>,
    /// Those beyond.
    pub further_issues: u64,
    pub rules: Vec<RuleId>,
    pub alerts: u64,
    pub last_alert: Timestamp,
    /// When something of it was last true.
    pub last_signal: Timestamp,
    pub quiet_minutes: u32,
    pub reopen_minutes: u32,
    /// The severity that people were told of.
    pub told: Option<Severity>,
    /// When they were last told, and how often.
    pub told_at: Option<Timestamp>,
    pub times_told: u32,
    /// Who was told.
    pub recipients: Vec<Recipient>,
    pub muted: Option<Mute>,
    /// That it is over was told, or need not be any more.
    #[serde(default)]
    pub is_closed: bool,
}

impl Incident {
    /// What comes back within so long after it was over opens it again.
    pub fn reopens_within(&self) -> SignedDuration {
        SignedDuration::from_mins(i64::from(self.reopen_minutes))
    }
}

/// Issues that one incident lists; further ones are counted.
pub const ISSUES_MAX: usize = 500;

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum IncidentStatus {
    #[default]
    Open,
    Acknowledged,
    Resolved,
}

impl IncidentStatus {
    pub const ALL: [Self; 3] = [Self::Open, Self::Acknowledged, Self::Resolved];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Resolved => "resolved",
        }
    }
}

/// Nobody is told anything until then: whichever comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mute {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Until its issues have had so many users in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_users: Option<u64>,
}

/// Who acted: a person, or whoever followed a link that a channel was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Actor {
    Person {
        account: AccountId,
    },
    Target {
        target: TargetId,
    },
    /// The instance's own token.
    Instance,
}

/// One line of an incident's timeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    pub at: Timestamp,
    pub by: Option<Actor>,
    pub kind: MomentKind,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum MomentKind {
    /// The first event of what it is about.
    Began,
    Alert {
        alert: AlertId,
    },
    Deploy {
        version: String,
        environment: String,
    },
    Told {
        notification: NotificationId,
    },
    Acknowledged,
    Assigned {
        to: Option<AccountId>,
    },
    Severity {
        from: Severity,
        to: Severity,
    },
    Muted {
        mute: Mute,
    },
    Unmuted,
    Note {
        text: String,
    },
    /// Without `by`: it was quiet for so long; with neither, its issues were resolved or archived.
    Resolved {
        quiet_minutes: Option<u32>,
    },
    Reopened,
}

/// What a person does with an incident. What is `None` stays as it is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IncidentChange {
    pub status: Option<IncidentStatus>,
    pub owner: Option<Option<AccountId>>,
    pub severity: Option<Severity>,
    pub title: Option<String>,
    pub mute: Option<Option<Mute>>,
    pub note: Option<String>,
}
