//! Something that happened to an issue while events were recorded, and that happens once: what alerts follow. Kept as
//! long as counts by the hour are, so that a new rule can be tried on the past.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::alert::Because;
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

impl Signal {
    /// What came about by time or by many events is of no environment, and of all.
    pub fn is_in(&self, environment: Option<&str>) -> bool {
        match (environment, self.environment.as_deref()) {
            (Some(asked), Some(of_event)) => asked == of_event,
            (Some(_), None) => self.kind == SignalKind::CameBack,
            (None, _) => true,
        }
    }

    pub fn because(&self) -> Because {
        match self.kind {
            SignalKind::New => Because::New,
            SignalKind::Regressed => Because::Regressed { release: self.release.clone() },
            SignalKind::CameBack => Because::CameBack,
        }
    }
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
