//! An alert: a rule was met by something. What a person is told is an incident, which alerts open or join.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::alert_rule::{ReleaseMetric, Severity};
use crate::model::ids::{AlertId, IncidentId, IssueId, ProjectId, RuleId, TransactionId};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// 0 until it is recorded.
    pub id: AlertId,
    pub rule: RuleId,
    pub severity: Severity,
    pub subject: Subject,
    /// `None`: of this server itself.
    pub project: Option<ProjectId>,
    pub environment: Option<String>,
    pub release: Option<String>,
    /// When what it tells of began, as far as is known.
    pub since: Timestamp,
    /// When it was decided.
    pub at: Timestamp,
    pub because: Because,
    /// Which it opened or joined; set when it is recorded.
    #[serde(default)]
    pub incident: IncidentId,
}

/// What a rule is met by. A rule is firing or not for each by itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Subject {
    Issue { issue: IssueId },
    Release { project: ProjectId, version: String },
    Project { project: ProjectId },
    Transaction { project: ProjectId, transaction: TransactionId },
    Own { trouble: Trouble },
}

impl Subject {
    pub fn issue(&self) -> Option<IssueId> {
        match self {
            Self::Issue { issue } => Some(*issue),
            _ => None,
        }
    }
}

/// What can be wrong with this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// Accepted events wait to be digested.
    Digesting,
    /// Digested events wait to be searchable.
    Indexing,
    Disk,
    /// Messages that could not be delivered.
    Delivery,
}

/// The facts that met the rule. `insight::alert::words` makes a sentence of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Because {
    New,
    Regressed {
        release: Option<String>,
    },
    CameBack,
    Spike {
        /// In the last so many minutes …
        minutes: u32,
        events: u64,
        /// … where so many are usual.
        usual: f64,
        factor: f64,
        /// How much history that is known by, in hours.
        known_hours: u32,
    },
    Events {
        events: u64,
        more_than: u64,
        window_minutes: u32,
    },
    Users {
        users: u64,
        more_than: u64,
        window_minutes: u32,
        is_estimate: bool,
    },
    FixFailed {
        /// What was said to have it.
        release: Option<String>,
        events: u64,
        since: Timestamp,
    },
    Release {
        metric: ReleaseMetric,
        percent: f64,
        bound: f64,
        sessions: u64,
    },
    VerdictWorse {
        /// The verdict's own sentences.
        reasons: Vec<String>,
    },
    Silence {
        last_event: Timestamp,
        usual_gap_seconds: u64,
        gap_seconds: u64,
    },
    TransactionP95 {
        name: String,
        milliseconds: f64,
        /// Over the day before; `None`: it is not known for long enough.
        usual_milliseconds: Option<f64>,
        more_than: u64,
        minutes: u32,
    },
    TransactionFailureRate {
        name: String,
        percent: f64,
        usual_percent: Option<f64>,
        bound: f64,
        count: u64,
        minutes: u32,
    },
    TransactionThroughput {
        name: String,
        per_minute: f64,
        usual_per_minute: Option<f64>,
        bound: f64,
        below: bool,
        minutes: u32,
    },
    Lag {
        /// What waits, and for how long the oldest has.
        events: u64,
        seconds: u64,
    },
    DiskFull {
        free_bytes: u64,
        percent_used: u8,
    },
    Undelivered {
        messages: u64,
        /// Where to, and what was answered last.
        target: String,
        reason: String,
    },
}

/// That a rule is met by something, for as long as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Firing {
    pub rule: RuleId,
    pub subject: Subject,
    pub since: Timestamp,
    /// When it was last true.
    pub last_true: Timestamp,
    /// Of its alert, and of what that joined.
    pub alert: AlertId,
    pub incident: IncidentId,
    /// It was over at that time, and may not be told of again before its rule's cool-down has passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<Timestamp>,
}
