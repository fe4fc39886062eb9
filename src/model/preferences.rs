//! What a person wants to be told, and when.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::alert_rule::Severity;
use crate::model::ids::ProjectId;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preferences {
    pub email: bool,
    /// `None`: all that the person sees.
    pub projects: Option<Vec<ProjectId>>,
    pub severity_min: Severity,
    /// An IANA name.
    pub time_zone: String,
    pub quiet_hours: Option<QuietHours>,
    /// When a digest is wanted: a cron expression of five fields, in the person's time.
    pub digest: Option<String>,
    /// Up to when digests have told.
    #[serde(default)]
    pub digest_through: Option<Timestamp>,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            email: true,
            projects: None,
            severity_min: Severity::Low,
            time_zone: "UTC".to_owned(),
            quiet_hours: None,
            digest: None,
            digest_through: None,
        }
    }
}

/// Every day between the two, in minutes since midnight; over midnight where `from` is the later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuietHours {
    pub from_minute: u16,
    pub to_minute: u16,
    /// What is at least as severe is told all the same.
    pub let_through: Severity,
}
