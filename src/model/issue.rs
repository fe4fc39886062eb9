//! An issue: all events that share a group hash, and what people decided about them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::grouping::Headline;
use crate::model::ids::{AccountId, EventId, EventSeq, GroupHash, IssueId, ProjectId};
use crate::model::regression::Because;
use crate::model::release::KnownRelease;
use crate::model::standing::Standing;

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default, PartialOrd, Ord, ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    #[default]
    Unresolved,
    Resolved,
    Ignored,
}

impl Status {
    pub const ALL: [Self; 3] = [Self::Unresolved, Self::Resolved, Self::Ignored];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unresolved => "unresolved",
            Self::Resolved => "resolved",
            Self::Ignored => "ignored",
        }
    }
}

/// Sentry's finer state. Which go with which status is decided where statuses change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Substatus {
    New,
    Ongoing,
    Escalating,
    Regressed,
    ArchivedForever,
    ArchivedUntilConditionMet,
    ArchivedUntilEscalating,
}

/// Status and substatus together: the store has a list and a count for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IssueState {
    pub status: Status,
    pub substatus: Option<Substatus>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Issue {
    pub id: IssueId,
    pub project: ProjectId,
    /// Counted per project from 1; shown in base 32 behind the project's slug: `SHOP-1A`.
    pub number: u64,
    /// Refreshed by every batch that holds events of it.
    pub headline: Headline,
    pub status: Status,
    #[serde(default)]
    pub substatus: Option<Substatus>,
    #[serde(default)]
    pub assigned_to: Option<AccountId>,
    /// By the events' own time.
    pub first_seen: Timestamp,
    /// By the events' own time.
    pub last_seen: Timestamp,
    /// Exact, whatever was sampled away or has expired.
    pub events: u64,
    /// Exact up to `store`'s bound, estimated beyond.
    pub users: u64,
    #[serde(default)]
    pub users_estimated: bool,
    #[serde(default)]
    pub first_release: Option<String>,
    #[serde(default)]
    pub last_release: Option<String>,
    #[serde(default)]
    pub status_changed: Option<Timestamp>,
    /// Of a resolved issue, and of a regressed one the last that did not hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<Resolution>,
    /// What an archived issue waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive: Option<Archive>,
    #[serde(default)]
    pub priority: Priority,
    /// What releases from before the fix still send, of a resolved issue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub still_seen: Option<StillSeen>,
    /// The release in which it last came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regressed_in: Option<String>,
    /// When it was last seen to escalate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalated: Option<Timestamp>,
    /// Comments that are there to be read.
    #[serde(default)]
    pub comments: u64,
    /// What kind of failure it is; `None` until it was judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
    /// It is shown as part of this other one: in no list, and counted there too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<IssueId>,
    pub latest_event: EventSeq,
}

/// How an issue was resolved. Whether an event undoes that is `insight::regression`'s to say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resolution {
    pub at: Timestamp,
    pub by: Option<AccountId>,
    pub fix: Fix,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Fix {
    /// When it was said. `newest` is the newest release then known.
    Now {
        newest: Option<KnownRelease>,
    },
    Release {
        release: KnownRelease,
    },
    /// In whatever is newer than `after`, the newest release then known.
    NextRelease {
        after: Option<KnownRelease>,
    },
    /// By a commit that said so, in the releases that contain it: one, and more where it was ported back.
    Commit {
        commit: String,
        repository: Option<String>,
        releases: Vec<KnownRelease>,
    },
}

/// Events after a resolution that say nothing against it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StillSeen {
    pub events: u64,
    /// By the events' own time.
    pub last_seen: Timestamp,
    /// The newest release that sent such an event; `None`: none of them named one.
    pub release: Option<KnownRelease>,
}

/// When an archived issue comes back. With nothing set: when it escalates, or never; the substatus tells which.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Archive {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Threshold>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<Threshold>,
}

/// So many more, counted from when it was archived; with a window: so many within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Threshold {
    pub more: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_minutes: Option<u32>,
    /// How many there were when it was archived.
    pub counted: u64,
}

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum PriorityLevel {
    Low,
    #[default]
    Medium,
    High,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Priority {
    pub level: PriorityLevel,
    /// When a person chose it: it no longer follows what is seen of the issue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen_at: Option<Timestamp>,
}

/// What people decided about an issue: what undoing a change puts back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    pub status: Status,
    pub substatus: Option<Substatus>,
    pub status_changed: Option<Timestamp>,
    pub assigned_to: Option<AccountId>,
    #[serde(default)]
    pub resolution: Option<Resolution>,
    #[serde(default)]
    pub archive: Option<Archive>,
    #[serde(default)]
    pub priority: Priority,
    /// Belongs to the resolution.
    #[serde(default)]
    pub still_seen: Option<StillSeen>,
}

impl Issue {
    pub fn state(&self) -> IssueState {
        IssueState { status: self.status, substatus: self.substatus }
    }

    pub fn decision(&self) -> Decision {
        Decision {
            status: self.status,
            substatus: self.substatus,
            status_changed: self.status_changed,
            assigned_to: self.assigned_to,
            resolution: self.resolution.clone(),
            archive: self.archive.clone(),
            priority: self.priority,
            still_seen: self.still_seen.clone(),
        }
    }

    pub fn decide(&mut self, decision: Decision) {
        let Decision {
            status,
            substatus,
            status_changed,
            assigned_to,
            resolution,
            archive,
            priority,
            still_seen,
        } = decision;
        (self.status, self.substatus) = (status, substatus);
        (self.status_changed, self.assigned_to) = (status_changed, assigned_to);
        (self.resolution, self.archive) = (resolution, archive);
        (self.priority, self.still_seen) = (priority, still_seen);
    }
}

/// A group hash of an issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssueHash {
    pub hash: GroupHash,
    pub issue: IssueId,
}

/// Where a recorded event is. `issue` is the part that it was counted into when it came, and never changes; which issue
/// shows it now, `Store::shown_issue` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRef {
    pub seq: EventSeq,
    pub event_id: EventId,
    pub project: ProjectId,
    pub issue: IssueId,
    pub timestamp: Timestamp,
    /// The week it was received in, which names the partition: days since 1970 of its Monday.
    pub week: u32,
}

/// Something a person or the machine did to an issue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Activity {
    pub at: Timestamp,
    pub by: Option<AccountId>,
    pub kind: ActivityKind,
    /// It took back what the same person had just done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub undo: bool,
}

impl Activity {
    pub fn of_server(at: Timestamp, kind: ActivityKind) -> Self {
        Self { at, by: None, kind, undo: false }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ActivityKind {
    FirstSeen,
    SetResolved,
    SetResolvedInRelease {
        /// `None`: in the next one.
        version: Option<String>,
        /// Of the next one: the newest release then known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<String>,
    },
    SetResolvedInCommit {
        commit: String,
        repository: Option<String>,
        /// The release that lists it, where one does.
        version: Option<String>,
    },
    SetUnresolved,
    SetIgnored {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        archive: Option<Archive>,
        /// Until it escalates.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        until_escalating: bool,
    },
    SetRegression {
        release: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        because: Option<Box<Because>>,
    },
    /// What an archived issue waited for has come.
    CameBack {
        because: Awaited,
    },
    SetEscalating {
        because: Surge,
    },
    Assigned {
        to: AccountId,
    },
    Unassigned,
    SetPriority {
        priority: PriorityLevel,
    },
    Note {
        text: String,
        #[serde(default)]
        mentions: Vec<AccountId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        edited: Option<Timestamp>,
    },
    /// Keeps the number of a note that somebody took away; shown to nobody.
    NoteRemoved,
    /// These are part of it now.
    Merge {
        issues: Vec<NamedIssue>,
    },
    /// It lost these group hashes.
    UnmergeSource {
        fingerprints: Vec<String>,
        /// `None`: to an issue that its next event makes.
        #[serde(default)]
        destination: Option<NamedIssue>,
    },
    /// It was part of another.
    UnmergeDestination {
        fingerprints: Vec<String>,
        source: NamedIssue,
    },
}

/// Another issue in the history of one, by its number in the project: its short id needs the project's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedIssue {
    pub id: IssueId,
    pub number: u64,
}

impl NamedIssue {
    pub fn of(issue: &Issue) -> Self {
        Self { id: issue.id, number: issue.number }
    }
}

/// What an archived issue waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "awaited", rename_all = "snake_case")]
pub enum Awaited {
    Time { until: Timestamp },
    Events { more: u64, window_minutes: Option<u32> },
    Users { more: u64, window_minutes: Option<u32> },
}

/// How much more there was than there had been.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Surge {
    /// Events of the last hour.
    pub events: u64,
    /// Events an hour, over the days before.
    pub usual: f64,
    /// The most that an hour of those days had.
    pub highest: u64,
}
