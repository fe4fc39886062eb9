//! What people ask of issues: a change of one or of many at once.

use jiff::Timestamp;

use crate::model::ids::AccountId;
use crate::model::issue::{PriorityLevel, Status};

/// What is `None` stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IssueChange {
    pub status: Option<StatusChange>,
    /// `Some(None)`: nobody.
    pub assignee: Option<Option<AccountId>>,
    pub priority: Option<PriorityLevel>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatusChange {
    Unresolved,
    Resolved(Resolve),
    Ignored(Ignore),
}

/// How it is said to be fixed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolve {
    Now,
    InRelease(String),
    /// In the newest release that is known of its project; `Now` where there is none.
    InLatestRelease,
    InNextRelease,
    InCommit {
        commit: String,
        repository: Option<String>,
    },
}

/// When it is to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ignore {
    Forever,
    UntilEscalating,
    Until(Conditions),
}

/// The first that comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Conditions {
    pub until: Option<Timestamp>,
    pub events: Option<SoMany>,
    pub users: Option<SoMany>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SoMany {
    pub more: u64,
    pub window_minutes: Option<u32>,
}

impl From<Status> for StatusChange {
    /// Without conditions.
    fn from(status: Status) -> Self {
        match status {
            Status::Unresolved => Self::Unresolved,
            Status::Resolved => Self::Resolved(Resolve::Now),
            Status::Ignored => Self::Ignored(Ignore::Forever),
        }
    }
}

impl StatusChange {
    pub fn status(&self) -> Status {
        match self {
            Self::Unresolved => Status::Unresolved,
            Self::Resolved(_) => Status::Resolved,
            Self::Ignored(_) => Status::Ignored,
        }
    }

    /// Whether more is said than the status: an issue that has it already is then changed all the same.
    pub fn has_details(&self) -> bool {
        !matches!(self, Self::Unresolved | Self::Resolved(Resolve::Now) | Self::Ignored(Ignore::Forever))
    }
}

impl From<Status> for IssueChange {
    fn from(status: Status) -> Self {
        Self { status: Some(status.into()), ..Self::default() }
    }
}
