//! Which issue a batch's events belong to, and what they change about it.
//!
//! The first hash that belongs to an issue decides; every other hash is attached to that issue, unless it belongs
//! to another already. A new grouping version may so add hashes and never splits an issue. People may: a hash that was
//! split off leads nowhere until an event whose first known hash it is makes an issue of its own.
//!
//! What an event belongs to is a part; it is counted into the issue that shows it, too (`model::merges`).

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use redb::{ReadableTable, WriteTransaction};

use crate::model::ids::{EventSeq, GroupHash, IssueId, ProjectId};
use crate::model::issue::{Activity, ActivityKind, Issue, NamedIssue, Priority, Status, Substatus};
use crate::model::merges::Merges;
use crate::model::signal::SignalKind;
use crate::store::comebacks::Comebacks;
use crate::store::error::{Result, StoreError};
use crate::store::issue_rows::{self, Changed};
use crate::store::keys::{pair, with_sixteen};
use crate::store::records::EventRecord;
use crate::store::schema::{HASHES, ISSUE_HASHES, ISSUE_NUMBERS, ISSUES, LAST_NUMBERS, meta, next_number};
use crate::store::signals::{self, Cause};

/// Hashes that are listed for one issue. Further ones lead to it all the same.
const ISSUE_HASHES_MAX: usize = 1_000;

pub(super) struct Grouped {
    merges: Arc<Merges>,
    hashes: HashMap<(ProjectId, GroupHash), Owner>,
    fresh_hashes: Vec<(ProjectId, GroupHash, IssueId)>,
    issues: HashMap<IssueId, Changed>,
    comebacks: Comebacks,
}

/// Where a hash leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    Issue(IssueId),
    /// To an issue that is still to come.
    SplitFrom(IssueId),
}

/// Marks hashes that were split off from the issue whose number is the rest.
const SPLIT: u64 = 1 << 63;

impl Owner {
    pub(super) fn encode(self) -> u64 {
        match self {
            Self::Issue(issue) => issue.0,
            Self::SplitFrom(issue) => issue.0 | SPLIT,
        }
    }

    pub(super) fn decode(row: u64) -> Self {
        if row & SPLIT == 0 { Self::Issue(IssueId(row)) } else { Self::SplitFrom(IssueId(row & !SPLIT)) }
    }
}

pub(super) struct Assigned {
    /// The part.
    pub issue: IssueId,
    pub new_issue: bool,
    pub regressed: bool,
}

impl Grouped {
    pub(super) fn new(merges: Arc<Merges>) -> Self {
        Self {
            merges,
            hashes: HashMap::new(),
            fresh_hashes: Vec::new(),
            issues: HashMap::new(),
            comebacks: Comebacks::default(),
        }
    }

    /// Everything that the events of a part are counted into.
    pub(super) fn counters(&self, part: IssueId) -> impl Iterator<Item = IssueId> + use<> {
        self.merges.counters(part)
    }

    /// Finds or makes the event's issue and counts the event into it.
    pub(super) fn assign(
        &mut self,
        txn: &WriteTransaction,
        record: &EventRecord,
        seq: EventSeq,
        now: Timestamp,
    ) -> Result<Assigned> {
        let mut known = None;
        for hash in &record.hashes {
            let owner = self.owner(txn, record.project, *hash)?;
            known = known.or(owner);
        }
        let (issue, new_issue) = match known {
            Some(Owner::Issue(issue)) => (issue, false),
            Some(Owner::SplitFrom(_)) | None => (self.create(txn, record, seq)?, true),
        };
        if let Some(Owner::SplitFrom(source)) = known {
            self.tell_source(txn, record, issue, source, now)?;
        }
        for hash in &record.hashes {
            let owner = self.hashes.get(&(record.project, *hash));
            // An event that makes an issue of a split hash keeps all of its hashes together.
            let is_free = owner.is_none_or(|owner| new_issue && matches!(owner, Owner::SplitFrom(_)));
            if is_free {
                self.hashes.insert((record.project, *hash), Owner::Issue(issue));
                self.fresh_hashes.push((record.project, *hash, issue));
            }
        }
        let merges = Arc::clone(&self.merges);
        if let Some(alone) = merges.beside(issue) {
            self.load(txn, alone)?;
            count(&mut self.get_mut(alone).issue, record, seq);
        }
        let shown = merges.shown(issue);
        self.load(txn, shown)?;
        let row = &mut self.issues.get_mut(&shown).expect("loaded above").issue;
        count(row, record, seq);
        let happened = self.comebacks.meet(txn, row, record, now)?;
        let regressed = matches!(happened, Some(ActivityKind::SetRegression { .. }));
        let signal = match happened {
            Some(ActivityKind::SetRegression { .. }) => Some(SignalKind::Regressed),
            Some(_) => Some(SignalKind::CameBack),
            None => new_issue.then_some(SignalKind::New),
        };
        if let Some(kind) = signal {
            signals::write(txn, kind, Cause::event(record, shown), now)?;
        }
        if let Some(kind) = happened {
            issue_rows::write_activity(txn, shown, &Activity::of_server(now, kind))?;
        }
        Ok(Assigned { issue, new_issue, regressed })
    }

    fn owner(
        &mut self,
        txn: &WriteTransaction,
        project: ProjectId,
        hash: GroupHash,
    ) -> Result<Option<Owner>> {
        if let Some(owner) = self.hashes.get(&(project, hash)) {
            return Ok(Some(*owner));
        }
        let row = txn.open_table(HASHES)?.get(&with_sixteen(project.0, hash.0))?.map(|row| row.value());
        let owner = row.map(Owner::decode);
        if let Some(owner) = owner {
            self.hashes.insert((project, hash), owner);
        }
        Ok(owner)
    }

    /// A new issue that was split off from another says so.
    fn tell_source(
        &mut self,
        txn: &WriteTransaction,
        record: &EventRecord,
        issue: IssueId,
        source: IssueId,
        now: Timestamp,
    ) -> Result<()> {
        let source = self.merges.shown(source);
        let row = txn.open_table(ISSUES)?.get(source.0)?.map(|row| issue_rows::decode(row.value()));
        let Some(source) = row.transpose()? else { return Ok(()) };
        let fingerprints = record.hashes.iter().take(1).map(GroupHash::to_string).collect();
        let kind = ActivityKind::UnmergeDestination { fingerprints, source: NamedIssue::of(&source) };
        issue_rows::write_activity(txn, issue, &Activity::of_server(now, kind))
    }

    fn create(&mut self, txn: &WriteTransaction, record: &EventRecord, seq: EventSeq) -> Result<IssueId> {
        let id = IssueId(next_number(txn, meta::LAST_ISSUE)?);
        let number = {
            let mut numbers = txn.open_table(LAST_NUMBERS)?;
            let next = numbers.get(record.project.0)?.map_or(0, |last| last.value()) + 1;
            numbers.insert(record.project.0, next)?;
            next
        };
        txn.open_table(ISSUE_NUMBERS)?.insert(&pair(record.project.0, number), id.0)?;
        let event = &record.event;
        let issue = Issue {
            id,
            project: record.project,
            number,
            headline: record.headline.clone(),
            status: Status::Unresolved,
            substatus: Some(Substatus::New),
            assigned_to: None,
            first_seen: event.timestamp,
            last_seen: event.timestamp,
            events: 0,
            users: 0,
            users_estimated: false,
            first_release: event.release.clone(),
            last_release: None,
            status_changed: None,
            resolution: None,
            archive: None,
            priority: Priority::default(),
            still_seen: None,
            regressed_in: None,
            escalated: None,
            comments: 0,
            standing: None,
            merged_into: None,
            latest_event: seq,
        };
        let first_seen = Activity::of_server(event.timestamp, ActivityKind::FirstSeen);
        issue_rows::write_activity(txn, id, &first_seen)?;
        self.open(Changed::created(issue));
        Ok(id)
    }

    fn load(&mut self, txn: &WriteTransaction, id: IssueId) -> Result<()> {
        if !self.issues.contains_key(&id) {
            let row = txn.open_table(ISSUES)?.get(id.0)?.map(|row| issue_rows::decode(row.value()));
            let issue =
                row.ok_or_else(|| StoreError::Failed(format!("issue {id} has hashes and no record")))??;
            self.open(Changed::loaded(issue));
        }
        Ok(())
    }

    fn open(&mut self, changed: Changed) {
        self.issues.insert(changed.issue.id, changed);
    }

    /// An issue that this batch has an event of, or what counts beside it.
    pub(super) fn get_mut(&mut self, issue: IssueId) -> &mut Changed {
        self.issues.get_mut(&issue).expect("opened when its event was assigned")
    }

    pub(super) fn issues_mut(&mut self) -> impl Iterator<Item = &mut Changed> {
        self.issues.values_mut()
    }

    pub(super) fn issues(&self) -> impl Iterator<Item = &Changed> + Clone {
        self.issues.values()
    }

    /// The hashes that were new. The issues are the caller's to write.
    pub(super) fn write(&mut self, txn: &WriteTransaction) -> Result<()> {
        let mut hashes = txn.open_table(HASHES)?;
        let mut by_issue = txn.open_table(ISSUE_HASHES)?;
        for (project, hash, issue) in self.fresh_hashes.drain(..) {
            let (first, last) = (with_sixteen(issue.0, [0; 16]), with_sixteen(issue.0, [u8::MAX; 16]));
            hashes.insert(&with_sixteen(project.0, hash.0), issue.0)?;
            let is_full = by_issue.range::<&[u8; 24]>(&first..=&last)?.nth(ISSUE_HASHES_MAX).is_some();
            if !is_full {
                by_issue.insert(&with_sixteen(issue.0, hash.0), ())?;
            }
        }
        Ok(())
    }
}

/// Counts the event, and nothing else: what it means for the issue's status is `comebacks`' to say.
fn count(issue: &mut Issue, record: &EventRecord, seq: EventSeq) {
    let event = &record.event;
    let at = event.timestamp;
    issue.events = issue.events.saturating_add(1);
    issue.latest_event = seq;
    if at < issue.first_seen {
        issue.first_seen = at;
        if event.release.is_some() {
            issue.first_release.clone_from(&event.release);
        }
    }
    // A late event is counted and changes nothing that newer ones have said.
    if at >= issue.last_seen {
        issue.last_seen = at;
        issue.headline.clone_from(&record.headline);
        if event.release.is_some() {
            issue.last_release.clone_from(&event.release);
        }
    }
    if issue.first_release.is_none() {
        issue.first_release.clone_from(&event.release);
    }
}
