//! A rule: what is looked for, where, and who is told. Whether it is met is `insight::alert`'s to say.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::ids::{AccountId, ProjectId, RuleId, TargetId};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertRule {
    pub id: RuleId,
    pub name: String,
    pub enabled: bool,
    /// None named: all of them.
    pub projects: Vec<ProjectId>,
    /// Only what happens there counts.
    pub environment: Option<String>,
    /// Which issues it is about, in the language of the issue list. Empty: all.
    pub query: String,
    pub trigger: Trigger,
    pub severity: Severity,
    pub targets: Vec<TargetId>,
    pub people: People,
    /// After it told of something, it is silent about the same for so long.
    pub cooldown_minutes: u32,
    /// Nothing for so long, and it is over.
    pub quiet_minutes: u32,
    /// What comes back within so long after that opens the same incident again.
    pub reopen_minutes: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted_until: Option<Timestamp>,
    pub created: Timestamp,
    /// `None`: it is there from the start.
    pub created_by: Option<AccountId>,
}

impl AlertRule {
    /// By its projects alone.
    pub fn is_about(&self, project: ProjectId) -> bool {
        self.projects.is_empty() || self.projects.contains(&project)
    }

    pub fn is_muted(&self, now: Timestamp) -> bool {
        self.muted_until.is_some_and(|until| now < until)
    }

    pub fn cooldown(&self) -> SignedDuration {
        SignedDuration::from_mins(i64::from(self.cooldown_minutes))
    }

    pub fn quiet(&self) -> SignedDuration {
        SignedDuration::from_mins(i64::from(self.quiet_minutes))
    }
}

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Low,
    #[default]
    Medium,
    High,
    Critical,
}

impl Severity {
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// Who gets its mail, as each of them wants it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct People {
    /// All who see the project.
    #[serde(default)]
    pub everyone: bool,
    /// Who administers this instance.
    #[serde(default)]
    pub admins: bool,
    /// Whose issue it is.
    #[serde(default)]
    pub assignee: bool,
    #[serde(default)]
    pub accounts: Vec<AccountId>,
}

/// What a rule looks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schema(as = AlertTrigger)]
pub enum Trigger {
    /// An issue is seen for the first time.
    #[serde(alias = "new", alias = "first_seen")]
    NewIssue,
    /// A resolved issue came back, or an archived one as it was to.
    #[serde(alias = "regressed", alias = "came_back")]
    Regression,
    /// An issue is seen so many times as often as it usually is at that hour of the week.
    #[serde(alias = "rate", alias = "rate_increase")]
    #[serde(rename_all = "camelCase")]
    Spike {
        #[serde(default = "spike_factor")]
        factor: f64,
        #[serde(default = "hour", alias = "window_minutes")]
        window_minutes: u32,
    },
    /// More than so many events of an issue in a window.
    #[serde(alias = "event_count", alias = "events_count")]
    #[serde(rename_all = "camelCase")]
    Events {
        #[serde(alias = "more_than")]
        more_than: u64,
        #[serde(default = "hour", alias = "window_minutes")]
        window_minutes: u32,
    },
    /// More than so many users of an issue in a window.
    #[serde(alias = "user_count", alias = "users_count")]
    #[serde(rename_all = "camelCase")]
    Users {
        #[serde(alias = "more_than")]
        more_than: u64,
        #[serde(default = "hour", alias = "window_minutes")]
        window_minutes: u32,
    },
    /// An issue is still seen after its fix was deployed.
    FixFailed,
    /// A release's health is past a bound.
    #[serde(rename_all = "camelCase")]
    Release {
        metric: ReleaseMetric,
        /// In percent: crash-free rates below it, error rates above it.
        bound: f64,
        /// Of fewer sessions nothing is said.
        #[serde(default = "sessions_min", alias = "sessions_min")]
        sessions_min: u64,
    },
    /// A release's verdict is that it made things worse.
    VerdictWorse,
    /// No event from a project for so many times its usual gap at that hour of the week.
    #[serde(rename_all = "camelCase")]
    Silence {
        #[serde(default = "silence_factor")]
        factor: f64,
    },
    /// The 95th percentile of a transaction's durations is above a bound.
    #[serde(rename = "transaction_p95", rename_all = "camelCase")]
    TransactionP95 {
        /// Its name, or a pattern with `*`; any where none is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        transaction: Option<String>,
        milliseconds: u64,
        #[serde(default = "ten_minutes")]
        minutes: u32,
    },
    /// More than so many percent of a transaction fail.
    #[serde(rename_all = "camelCase")]
    TransactionFailureRate {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        transaction: Option<String>,
        percent: f64,
        #[serde(default = "ten_minutes")]
        minutes: u32,
        /// Of fewer nothing is said.
        #[serde(default = "transactions_min", alias = "at_least")]
        at_least: u64,
    },
    /// A transaction runs more or less often than so many times a minute.
    #[serde(rename_all = "camelCase")]
    TransactionThroughput {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        transaction: Option<String>,
        #[serde(alias = "per_minute")]
        per_minute: f64,
        #[serde(default)]
        below: bool,
        #[serde(default = "ten_minutes")]
        minutes: u32,
    },
    /// This server itself: events wait, the disk fills up, messages cannot be delivered.
    Own,
}

impl Trigger {
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::NewIssue => "new_issue",
            Self::Regression => "regression",
            Self::Spike { .. } => "spike",
            Self::Events { .. } => "events",
            Self::Users { .. } => "users",
            Self::FixFailed => "fix_failed",
            Self::Release { .. } => "release",
            Self::VerdictWorse => "verdict_worse",
            Self::Silence { .. } => "silence",
            Self::TransactionP95 { .. } => "transaction_p95",
            Self::TransactionFailureRate { .. } => "transaction_failure_rate",
            Self::TransactionThroughput { .. } => "transaction_throughput",
            Self::Own => "own",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseMetric {
    CrashFreeSessions,
    CrashFreeUsers,
    /// Sessions with errors or crashes, of all.
    ErrorRate,
}

fn spike_factor() -> f64 {
    10.0
}

fn hour() -> u32 {
    60
}

fn ten_minutes() -> u32 {
    10
}

fn transactions_min() -> u64 {
    20
}

fn sessions_min() -> u64 {
    200
}

fn silence_factor() -> f64 {
    10.0
}
