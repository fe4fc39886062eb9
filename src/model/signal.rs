//! Something that happened to an issue while events were recorded, and that happens once: what alerts follow. Kept as
//! long as counts by the hour are, so that a new rule can be tried on the past.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::ids::{IssueId, ProjectId};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// Counted from 1 in the order in which they were committed.
    pub number: u64,
    /// When it was recorded.
    pub at: Timestamp,
    pub project: ProjectId,
    /// The issue that shows it.
    pub issue: IssueId,
    pub kind: SignalKind,
    /// Of the event that brought it about.
    pub environment: Option<String>,
    pub release: Option<String>,
    pub event_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalKind {
    New,
    /// A resolved issue is open again.
    Regressed,
    /// An archived issue is open again: what it waited for has come.
    CameBack,
}
