//! What goes in and what comes out: the plain data of the store's verbs.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;

use crate::model::event::Event;
use crate::model::grouping::Headline;
use crate::model::health::SessionReport;
use crate::model::ids::{EventId, GroupHash, IssueId, ProjectId, PublicKey};
use crate::model::issue::{EventRef, Issue, IssueState};
use crate::model::outcome::{Category, Outcome};
use crate::model::project::{Project, ProjectKey};
use crate::store::keys::order_micros;
use crate::store::spans::SpanRecord;
use crate::store::wanted::Wanted;

/// One unit of work: all that digest made of some envelopes of the inbox.
#[derive(Default)]
pub struct Batch {
    pub records: Vec<Record>,
    /// Which records, ascending, were made beside another one and are no item that arrived: they are not counted.
    pub derived: Vec<usize>,
    /// Items that ended in digest, with the reason.
    pub dropped: Vec<(LedgerKey, u64)>,
    /// The envelopes' numbers in the inbox, ascending. Once they are recorded, `digested` gives them back.
    pub envelopes: Vec<u64>,
    /// The inbox gives no number below this again.
    pub envelopes_floor: u64,
}

impl Batch {
    /// What became of each item that arrived.
    pub fn items<'a>(
        &'a self,
        recorded: &'a [Recorded],
    ) -> impl Iterator<Item = (&'a Record, Recorded)> + 'a {
        let all = self.records.iter().zip(recorded).enumerate();
        let items = all.filter(|(index, _)| self.derived.binary_search(index).is_err());
        items.map(|(_, (record, recorded))| (record, *recorded))
    }
}

/// One thing that digest hands over. Recording is idempotent by (project, event id), for sessions by their own ids.
pub enum Record {
    Event(Box<EventRecord>),
    Attachment(AttachmentRecord),
    UserReport(UserReportRecord),
    Sessions(SessionRecord),
    Spans(Box<SpanRecord>),
}

impl Record {
    /// How many things it stands for in the ledger.
    pub(super) fn quantity(&self) -> u64 {
        match self {
            Self::Spans(record) => record.quantity,
            _ => 1,
        }
    }

    /// Where the ledger counts it.
    pub(super) fn ledger_key(&self, recorded: Recorded) -> LedgerKey {
        let (project, category, reason) = match self {
            Self::Event(record) => (record.project, record.event.kind.category(), record.event.kind.as_str()),
            Self::Attachment(record) => (record.project, Category::Attachment, "attachment"),
            Self::UserReport(record) => (record.project, Category::UserReport, "user_report"),
            Self::Sessions(record) => (record.project, Category::Session, "session"),
            Self::Spans(record) => (record.project, record.category, record.category.as_str()),
        };
        let outcome = match recorded {
            Recorded::Stored { .. } => Outcome::Stored,
            Recorded::Duplicate => Outcome::Duplicate,
            Recorded::Sampled => Outcome::Sampled,
        };
        LedgerKey { project, category, outcome, reason: reason.to_owned() }
    }
}

pub struct EventRecord {
    pub project: ProjectId,
    pub event: Event,
    /// What digest needs to make the event of `raw` again; its own business.
    pub recipe: Bytes,
    /// The JSON as it was sent, secrets taken out.
    pub raw: Bytes,
    /// The first that belongs to an issue decides; the others are attached to that issue. Never empty.
    pub hashes: Vec<GroupHash>,
    pub headline: Headline,
    /// Searchable and countable tags, sent and derived.
    pub tags: Vec<(String, String)>,
    /// What its frames could be read with, had it been uploaded.
    pub wanted: BTreeSet<Wanted>,
}

pub struct AttachmentRecord {
    pub project: ProjectId,
    pub event_id: EventId,
    pub received: Timestamp,
    pub name: String,
    pub content_type: Option<String>,
    /// Sentry's `attachment_type`.
    pub kind: String,
    pub body: Bytes,
}

pub struct UserReportRecord {
    pub project: ProjectId,
    pub event_id: EventId,
    pub received: Timestamp,
    pub name: String,
    pub email: String,
    pub comments: String,
}

pub struct SessionRecord {
    pub project: ProjectId,
    pub received: Timestamp,
    pub report: SessionReport,
}

/// What became of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    Stored {
        /// `None` for all but events.
        place: Option<EventRef>,
        new_issue: bool,
        regressed: bool,
    },
    Duplicate,
    /// Counted in every sum, its details let go: there were too many like it at once.
    Sampled,
}

/// Projects and keys, always in memory: what ingest asks for every request.
#[derive(Debug, Default, Clone)]
pub struct Directory {
    pub projects: HashMap<ProjectId, Arc<Project>>,
    pub slugs: HashMap<String, ProjectId>,
    pub keys: HashMap<PublicKey, ProjectKey>,
}

/// What is kept of an event.
pub struct StoredPayload {
    pub place: EventRef,
    pub recipe: Bytes,
    pub raw: Bytes,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Unique within the event.
    pub id: String,
    pub name: String,
    pub content_type: Option<String>,
    pub kind: String,
    pub size_bytes: u64,
    pub sha256: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserReport {
    pub event_id: EventId,
    pub received: Timestamp,
    pub name: String,
    pub email: String,
    pub comments: String,
}

/// The issues of one project that are in one state: what the store has a list and a count for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cell {
    pub project: ProjectId,
    pub state: IssueState,
}

impl Cell {
    pub fn of(issue: &Issue) -> Self {
        Self { project: issue.project, state: issue.state() }
    }
}

/// Which issues, in which order.
#[derive(Debug, Clone)]
pub struct IssueFilter {
    /// `None`: all.
    pub cells: Option<Vec<Cell>>,
    /// Only issues seen at or after this.
    pub seen_since: Option<Timestamp>,
    pub sort: IssueSort,
}

/// Always the largest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IssueSort {
    LastSeen,
    FirstSeen,
    Events,
    Users,
    /// As it was judged last; an issue that never was comes last.
    Urgency,
}

impl IssueSort {
    pub const ALL: [Self; 5] = [Self::LastSeen, Self::FirstSeen, Self::Events, Self::Users, Self::Urgency];

    /// What this order sorts an issue by: a count, or microseconds since 1970.
    pub fn value(self, issue: &Issue) -> u64 {
        match self {
            Self::LastSeen => order_micros(issue.last_seen),
            Self::FirstSeen => order_micros(issue.first_seen),
            Self::Events => issue.events,
            Self::Users => issue.users,
            Self::Urgency => issue.standing.map_or(0, |standing| u64::from(standing.urgency)),
        }
    }

    /// The cursor that continues behind this issue.
    pub fn cursor(self, issue: &Issue) -> IssueCursor {
        IssueCursor { value: self.value(issue), issue: issue.id }
    }
}

/// One step through a list of issues.
#[derive(Debug, Clone, PartialEq)]
pub struct IssuePage {
    pub issues: Vec<Issue>,
    /// Where reading stopped, which may lie behind the last of `issues`. `None`: at the end.
    pub next: Option<IssueCursor>,
}

/// A place in an ordered list: the sort value and the id of the last row that was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IssueCursor {
    pub value: u64,
    pub issue: IssueId,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagKey {
    pub key: String,
    /// Distinct values; a lower bound once `values_max` was reached.
    pub values: u64,
    /// Events that had the key, whatever its value: what shares are shares of.
    pub events: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagValue {
    pub value: String,
    pub events: u64,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
}

/// One row of the change log.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Gapless, from 1. For events the same number as their `EventSeq`.
    pub seq: u64,
    pub kind: ChangeKind,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ChangeKind {
    Event(EventRef),
    Issue(IssueId),
}

/// One row of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LedgerKey {
    pub project: ProjectId,
    pub category: Category,
    pub outcome: Outcome,
    /// The item's type, or why.
    pub reason: String,
}
