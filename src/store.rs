//! State and events: what is true, on disk.
//!
//! `state.redb` holds projects, accounts, issues, counters, the change log and the index from event ids to
//! places; `partitions/<week>/events.redb` holds payloads by the week in which they were received. Verbs are
//! whole units of work, batched and idempotent; no type of the engine leaves this module.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;

use crate::model::account::{Account, ApiToken, Role, Session, TokenHash};
use crate::model::event::Event;
use crate::model::grouping::Headline;
use crate::model::ids::{AccountId, EventId, EventSeq, GroupHash, IssueId, ProjectId, PublicKey};
use crate::model::issue::{Activity, EventRef, Issue, Status};
use crate::model::outcome::{Category, Outcome};
use crate::model::project::{Project, ProjectKey, ProjectSettings};
use crate::model::series::{Resolution, Scope};

/// A handle; clones share one store.
#[derive(Clone)]
pub struct Store {}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process holds the data folder.
    #[error("{0} is in use by another LightTrace process")]
    InUse(String),
    /// Written by a newer version, or not by LightTrace.
    #[error("{0}")]
    Unreadable(String),
    /// A name, slug, email or key that must be unique is taken.
    #[error("{0} exists already")]
    Taken(String),
    /// The disk or the engine failed; nothing of the call was written.
    #[error("storage failed: {0}")]
    Failed(String),
}

pub type Result<T> = std::result::Result<T, StoreError>;

/// One thing that digest hands over. Recording is idempotent by (project, event id).
pub enum Record {
    Event(Box<EventRecord>),
    Attachment(AttachmentRecord),
    UserReport(UserReportRecord),
}

pub struct EventRecord {
    pub project: ProjectId,
    pub event: Arc<Event>,
    /// The JSON as it was sent, secrets taken out.
    pub raw: Bytes,
    /// The first that belongs to an issue decides; the others are attached to that issue. Never empty.
    pub hashes: Vec<GroupHash>,
    pub headline: Headline,
    /// Searchable and countable tags, sent and derived.
    pub tags: Vec<(String, String)>,
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

/// What became of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    Stored { place: Option<EventRef>, new_issue: bool, regressed: bool },
    Duplicate,
}

/// Projects and keys, always in memory: what ingest asks for every request.
#[derive(Debug, Default)]
pub struct Directory {
    pub projects: HashMap<ProjectId, Arc<Project>>,
    pub slugs: HashMap<String, ProjectId>,
    pub keys: HashMap<PublicKey, ProjectKey>,
}

/// An event read back.
pub struct StoredEvent {
    pub place: EventRef,
    pub event: Event,
    pub raw: Bytes,
}

pub struct Attachment {
    /// Unique within the event.
    pub id: String,
    pub name: String,
    pub content_type: Option<String>,
    pub kind: String,
    pub size_bytes: u64,
    pub sha256: String,
}

pub struct UserReport {
    pub event_id: EventId,
    pub received: Timestamp,
    pub name: String,
    pub email: String,
    pub comments: String,
}

/// Which issues, in which order.
#[derive(Debug, Clone)]
pub struct IssueFilter {
    /// `None`: all.
    pub projects: Option<Vec<ProjectId>>,
    /// Empty: all.
    pub statuses: Vec<Status>,
    /// Only issues seen at or after this.
    pub seen_since: Option<Timestamp>,
    pub sort: IssueSort,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IssueSort {
    LastSeen,
    FirstSeen,
    Events,
    Users,
}

/// A place in an ordered list: the sort value and the id of the last row that was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IssueCursor {
    pub value: u64,
    pub issue: IssueId,
}

pub struct TagKey {
    pub key: String,
    /// Distinct values; a lower bound once `values_max` was reached.
    pub values: u64,
    pub events: u64,
}

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

#[expect(unused_variables, reason = "the seam: signatures first")]
#[allow(clippy::all, clippy::pedantic)]
impl Store {
    pub fn open(data_dir: &Path, now: Timestamp) -> Result<Self> {
        unimplemented!()
    }

    // -- writing events --------------------------------------------------------------------------------
    /// One group commit. Answers in the order of `batch`.
    pub fn record(&self, batch: &[Record], now: Timestamp) -> Result<Vec<Recorded>> {
        unimplemented!()
    }
    /// Adds to the ledger of the day.
    pub fn add_to_ledger(&self, rows: &[(LedgerKey, u64)], now: Timestamp) -> Result<()> {
        unimplemented!()
    }
    /// Sums since `since`.
    pub fn ledger(&self, since: Timestamp) -> Result<Vec<(LedgerKey, u64)>> {
        unimplemented!()
    }

    // -- following -------------------------------------------------------------------------------------
    /// The newest change's number, whenever it grows.
    pub fn head(&self) -> tokio::sync::watch::Receiver<u64> {
        unimplemented!()
    }
    /// Changes with a number above `after`, oldest first.
    pub fn changes(&self, after: u64, limit: usize) -> Result<Vec<Change>> {
        unimplemented!()
    }
    /// Forgets changes up to and with `through`: every follower has passed them.
    pub fn trim_changes(&self, through: u64) -> Result<()> {
        unimplemented!()
    }

    // -- events ----------------------------------------------------------------------------------------
    pub fn find_event(&self, project: ProjectId, id: EventId) -> Result<Option<EventRef>> {
        unimplemented!()
    }
    pub fn find_event_anywhere(&self, id: EventId) -> Result<Option<EventRef>> {
        unimplemented!()
    }
    pub fn find_event_by_seq(&self, week: u32, seq: EventSeq) -> Result<Option<EventRef>> {
        unimplemented!()
    }
    /// `None` where the payload has expired.
    pub fn read_event(&self, place: &EventRef) -> Result<Option<StoredEvent>> {
        unimplemented!()
    }
    /// Newest first, below `before`.
    pub fn issue_events(
        &self,
        issue: IssueId,
        before: Option<EventSeq>,
        limit: usize,
    ) -> Result<Vec<EventRef>> {
        unimplemented!()
    }
    /// Oldest first, above `after`.
    pub fn issue_events_after(
        &self,
        issue: IssueId,
        after: Option<EventSeq>,
        limit: usize,
    ) -> Result<Vec<EventRef>> {
        unimplemented!()
    }
    /// Newest first over a project.
    pub fn project_events(
        &self,
        project: ProjectId,
        before: Option<EventSeq>,
        limit: usize,
    ) -> Result<Vec<EventRef>> {
        unimplemented!()
    }
    /// Every event with seq above `after`, oldest first, over all partitions: what `reindex` follows.
    pub fn all_events(&self, after: EventSeq, limit: usize) -> Result<Vec<EventRef>> {
        unimplemented!()
    }
    pub fn attachments(&self, project: ProjectId, event: EventId) -> Result<Vec<Attachment>> {
        unimplemented!()
    }
    pub fn read_attachment(
        &self,
        project: ProjectId,
        event: EventId,
        id: &str,
    ) -> Result<Option<(Attachment, std::fs::File)>> {
        unimplemented!()
    }
    pub fn user_reports(&self, project: ProjectId, event: EventId) -> Result<Vec<UserReport>> {
        unimplemented!()
    }

    // -- issues ----------------------------------------------------------------------------------------
    pub fn find_issue(&self, id: IssueId) -> Result<Option<Issue>> {
        unimplemented!()
    }
    pub fn find_issues(&self, ids: &[IssueId]) -> Result<Vec<Issue>> {
        unimplemented!()
    }
    pub fn find_issue_by_number(&self, project: ProjectId, number: u64) -> Result<Option<Issue>> {
        unimplemented!()
    }
    pub fn list_issues(
        &self,
        filter: &IssueFilter,
        after: Option<IssueCursor>,
        limit: usize,
    ) -> Result<Vec<Issue>> {
        unimplemented!()
    }
    /// How many issues have each status; a counter, not a scan.
    pub fn count_issues(&self, project: ProjectId, status: Status) -> Result<u64> {
        unimplemented!()
    }
    /// Sets the status and writes the activity; answers the issues as they are now.
    pub fn set_status(
        &self,
        ids: &[IssueId],
        status: Status,
        by: Option<AccountId>,
        now: Timestamp,
    ) -> Result<Vec<Issue>> {
        unimplemented!()
    }
    pub fn issue_hashes(&self, issue: IssueId) -> Result<Vec<GroupHash>> {
        unimplemented!()
    }
    pub fn activities(&self, issue: IssueId, limit: usize) -> Result<Vec<Activity>> {
        unimplemented!()
    }
    pub fn tag_keys(&self, issue: IssueId) -> Result<Vec<TagKey>> {
        unimplemented!()
    }
    /// Most frequent first.
    pub fn tag_values(&self, issue: IssueId, key: &str, limit: usize) -> Result<Vec<TagValue>> {
        unimplemented!()
    }
    /// Counts of the buckets that lie in [from, to), zeros included, oldest first; (bucket start in seconds, count).
    pub fn series(
        &self,
        scope: Scope,
        resolution: Resolution,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<(i64, u64)>> {
        unimplemented!()
    }

    // -- projects, accounts ----------------------------------------------------------------------------
    /// The current projects and keys; a cheap clone of a pointer.
    pub fn directory(&self) -> Arc<Directory> {
        unimplemented!()
    }
    pub fn create_project(
        &self,
        slug: &str,
        name: &str,
        platform: Option<&str>,
        key: PublicKey,
        now: Timestamp,
    ) -> Result<Project> {
        unimplemented!()
    }
    pub fn update_project(
        &self,
        id: ProjectId,
        name: &str,
        platform: Option<&str>,
        settings: &ProjectSettings,
    ) -> Result<Project> {
        unimplemented!()
    }
    pub fn put_key(&self, key: &ProjectKey) -> Result<()> {
        unimplemented!()
    }
    pub fn delete_key(&self, key: PublicKey) -> Result<()> {
        unimplemented!()
    }
    pub fn create_account(
        &self,
        email: &str,
        name: &str,
        password_hash: &str,
        role: Role,
        now: Timestamp,
    ) -> Result<Account> {
        unimplemented!()
    }
    /// Creates the first account and uses up the set-up token in one step; `Taken` once an account exists.
    pub fn create_first_account(
        &self,
        email: &str,
        name: &str,
        password_hash: &str,
        now: Timestamp,
    ) -> Result<Account> {
        unimplemented!()
    }
    pub fn set_password(&self, account: AccountId, password_hash: &str) -> Result<()> {
        unimplemented!()
    }
    pub fn accounts(&self) -> Result<Vec<Account>> {
        unimplemented!()
    }
    pub fn find_account(&self, id: AccountId) -> Result<Option<Account>> {
        unimplemented!()
    }
    pub fn find_account_by_email(&self, email: &str) -> Result<Option<Account>> {
        unimplemented!()
    }
    pub fn put_session(&self, token: TokenHash, session: &Session) -> Result<()> {
        unimplemented!()
    }
    pub fn find_session(&self, token: TokenHash, now: Timestamp) -> Result<Option<Session>> {
        unimplemented!()
    }
    pub fn delete_session(&self, token: TokenHash) -> Result<()> {
        unimplemented!()
    }
    pub fn put_token(&self, token: TokenHash, record: &ApiToken) -> Result<()> {
        unimplemented!()
    }
    pub fn find_token(&self, token: TokenHash, now: Timestamp) -> Result<Option<ApiToken>> {
        unimplemented!()
    }
    /// The hash of the one-time set-up token.
    pub fn set_setup_token(&self, token: Option<TokenHash>) -> Result<()> {
        unimplemented!()
    }
    pub fn setup_token(&self) -> Result<Option<TokenHash>> {
        unimplemented!()
    }

    // -- upkeep ----------------------------------------------------------------------------------------
    /// Bytes on disk.
    pub fn bytes(&self) -> u64 {
        unimplemented!()
    }
    /// Drops minute and hour buckets, changes, sessions and tokens that are past their bound.
    pub fn prune(&self, now: Timestamp) -> Result<()> {
        unimplemented!()
    }
    /// Forgets every partition whose week ended before `before`.
    pub fn forget_weeks(&self, before: Timestamp) -> Result<Vec<u32>> {
        unimplemented!()
    }
}
