//! Issues that people merge, and take apart again.
//!
//! What was counted into an issue before it was merged stays as it is, part by part, and goes on being counted beside
//! the sum that the merged issue shows. So nothing is ever subtracted: a part that is taken out has its own exact
//! numbers, and those of the rest are added up anew. Events, places and hashes are not touched at all.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use redb::{Database, ReadableDatabase, WriteTransaction};
use serde::{Deserialize, Serialize};

use crate::model::ids::{AccountId, GroupHash, IssueId};
use crate::model::issue::{ActivityKind, Decision, Issue, Status, Substatus};
use crate::model::merges::{Merges, SharedMerges};
use crate::store::decisions::{self, Signature, Step, Undone};
use crate::store::error::{Result, StoreError};
use crate::store::json::decode;
use crate::store::merges::regroup::{Done, Regrouping};
use crate::store::schema::{ISSUES, MERGED};
use crate::store::{Store, archives, changes, issue_rows, tags, users, users_lately};

mod hashes;
mod notes;
mod regroup;
mod sum;

pub use crate::store::merges::hashes::Part;

/// What one issue is made of at most: each event list reads a range for each.
pub const PARTS_MAX: usize = 100;
/// Group hashes of one merged issue.
pub const HASHES_MAX: usize = 1_000;
/// Hashes that an entry of the history names.
const FINGERPRINTS_TOLD_MAX: usize = 20;

/// That a part is shown in another issue, and how both were when it came; a row of `MERGED`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Membership {
    parent: IssueId,
    /// How many events the part had.
    events: u64,
    /// When the whole's status had changed last.
    whole_changed: Option<Timestamp>,
    /// It counts the parent's own events.
    #[serde(default)]
    is_own: bool,
    /// The part's comments that the whole shows.
    #[serde(default)]
    notes: Vec<notes::Shown>,
}

/// Which issues were made of which parts before and after a change. Each group begins with the issue that shows it,
/// the rest ascends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Regrouped {
    before: Vec<Vec<IssueId>>,
    after: Vec<Vec<IssueId>>,
}

/// What became of a merge.
pub struct Merged {
    pub parent: Issue,
    pub children: Vec<IssueId>,
    /// Names the change to `undo_change`.
    pub undo: u64,
}

/// What became of an unmerge.
#[derive(Debug, PartialEq, Eq)]
pub struct Unmerged {
    /// The issues that are shown now and were not before.
    pub issues: Vec<IssueId>,
    /// Hashes that make an issue of their own with their next event.
    pub split: Vec<GroupHash>,
    pub undo: Option<u64>,
}

pub(super) fn load(state: &Database) -> Result<Merges> {
    let table = state.begin_read()?.open_table(MERGED)?;
    let mut merges = Merges::default();
    for row in redb::ReadableTable::iter(&table)? {
        let (part, row) = row?;
        let membership: Membership = decode(row.value())?;
        if membership.is_own {
            merges.set_own(membership.parent, IssueId(part.value()));
        } else {
            merges.add(membership.parent, IssueId(part.value()));
        }
    }
    Ok(merges)
}

/// What is noted of an issue that is erased, as a part and as a whole.
pub(super) fn erase(txn: &WriteTransaction, issue: IssueId, merges: &mut Merges) -> Result<()> {
    txn.open_table(MERGED)?.remove(issue.0)?;
    if let Some(own) = merges.own(issue) {
        txn.open_table(MERGED)?.remove(own.0)?;
        txn.open_table(ISSUES)?.remove(own.0)?;
        tags::remove(txn, own)?;
        users::remove(txn, own)?;
        users_lately::remove(txn, own)?;
    }
    merges.take_out(issue);
    merges.dissolve(issue);
    Ok(())
}

fn impossible(detail: impl Into<String>) -> StoreError {
    StoreError::Impossible(detail.into())
}

impl Store {
    /// What is merged now.
    pub fn merges(&self) -> Arc<Merges> {
        self.inner.merges.now()
    }

    /// The same for whoever wants to see it change.
    pub fn shared_merges(&self) -> SharedMerges {
        self.inner.merges.clone()
    }

    /// The issue that shows what was counted into a part.
    pub fn shown_issue(&self, part: IssueId) -> IssueId {
        self.merges().shown(part)
    }

    /// Shows issues as one: the one with the most events, of equals the oldest. It is unresolved where any of them is, so
    /// that nothing that still fails is hidden.
    pub fn merge_issues(&self, ids: &[IssueId], by: Option<AccountId>, now: Timestamp) -> Result<Merged> {
        let _writer = self.inner.writer.lock();
        let txn = self.inner.begin_write()?;
        let before = self.merges();
        let mut work = Regrouping::new(&txn, &before);
        let issues = work.issues(ids)?;
        let parent = issues.iter().max_by_key(|issue| (issue.events, Reverse((issue.first_seen, issue.id))));
        let parent = parent.filter(|_| issues.len() > 1);
        let parent = parent.ok_or_else(|| impossible("To merge takes two issues or more"))?;
        if issues.iter().any(|issue| issue.project != parent.project) {
            return Err(impossible("Only issues of one project can be merged"));
        }
        let mut group = before.parts(parent.id);
        let children: Vec<&Issue> = issues.iter().filter(|issue| issue.id != parent.id).collect();
        group.extend(children.iter().flat_map(|child| before.parts(child.id)));
        group[1..].sort_unstable();
        if group.len() > PARTS_MAX {
            return Err(impossible(format!("One issue can be made of {PARTS_MAX} parts at most")));
        }
        if hashes::count(&txn, &group)? > HASHES_MAX {
            return Err(impossible(format!("One issue can have {HASHES_MAX} group hashes at most")));
        }
        let regrouped = Regrouped {
            before: issues.iter().map(|issue| before.parts(issue.id)).collect(),
            after: vec![group],
        };
        work.regroup(&regrouped.after)?;
        let merged = work.issue(parent.id)?;
        if parent.status != Status::Unresolved
            && issues.iter().any(|issue| issue.status == Status::Unresolved)
        {
            merged.decide(Decision {
                status: Status::Unresolved,
                substatus: Some(Substatus::Ongoing),
                status_changed: Some(now),
                resolution: None,
                archive: None,
                still_seen: None,
                ..merged.decision()
            });
            archives::forget(&txn, parent.id)?;
        }
        let merged = merged.clone();
        let steps: Vec<Step> = Step::between(parent, &merged).into_iter().collect();
        let children = children.iter().map(|child| child.id).collect();
        let signature = Signature { at: now, by, undo: false };
        let undo = decisions::remember_regrouping(&txn, &signature, steps, regrouped)?;
        let done = work.finish(&before, &signature, *self.inner.head.borrow())?;
        self.commit_regrouping(txn, done)?;
        Ok(Merged { parent: merged, children, undo })
    }

    /// Takes the parts that these hashes belong to out of a merged issue; all of them are one issue then. Of an issue that
    /// is one part, events that have come stay, and those to come are split off.
    pub fn unmerge_hashes(
        &self,
        issue: IssueId,
        hashes: &[GroupHash],
        by: Option<AccountId>,
        now: Timestamp,
    ) -> Result<Unmerged> {
        let _writer = self.inner.writer.lock();
        let txn = self.inner.begin_write()?;
        let before = self.merges();
        let mut work = Regrouping::new(&txn, &before);
        let issue = work.issues(&[issue])?.pop().ok_or(StoreError::Gone)?;
        let parts = before.parts(issue.id);
        let named: Vec<GroupHash> = hashes.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        let owners = hashes::owners(&txn, issue.project, &named)?;
        if owners.iter().any(|owner| owner.is_none_or(|owner| !parts.contains(&owner))) {
            return Err(impossible("Not all of these hashes belong to the issue"));
        }
        let signature = Signature { at: now, by, undo: false };
        if parts.len() == 1 {
            hashes::split(&txn, &issue, &named)?;
            let fingerprints = named.iter().take(FINGERPRINTS_TOLD_MAX).map(GroupHash::to_string).collect();
            let kind = ActivityKind::UnmergeSource { fingerprints, destination: None };
            issue_rows::write_activity(&txn, issue.id, &signature.under(kind))?;
            let done = work.finish(&before, &signature, *self.inner.head.borrow())?;
            self.commit_regrouping(txn, done)?;
            return Ok(Unmerged { issues: Vec::new(), split: named, undo: None });
        }
        let (out, rest): (Vec<_>, Vec<_>) = parts.iter().partition(|part| owners.contains(&Some(**part)));
        if rest.is_empty() {
            return Err(impossible("These hashes are all that the issue is made of: one group must stay"));
        }
        let after = vec![work.group_of(rest)?, work.group_of(out)?];
        let regrouped = Regrouped { before: vec![parts], after };
        work.regroup(&regrouped.after)?;
        let issues = regrouped.after.iter().map(|group| group[0]).filter(|id| *id != issue.id).collect();
        let steps = Step::between(&issue, work.issue(issue.id)?).into_iter().collect();
        let undo = decisions::remember_regrouping(&txn, &signature, steps, regrouped)?;
        let done = work.finish(&before, &signature, *self.inner.head.borrow())?;
        self.commit_regrouping(txn, done)?;
        Ok(Unmerged { issues, split: Vec::new(), undo: Some(undo) })
    }

    /// Takes back a merge or an unmerge, unless its issues were merged or taken apart again since. Only under the
    /// writer's lock.
    pub(super) fn undo_regrouping(
        &self,
        txn: WriteTransaction,
        regrouped: &Regrouped,
        steps: Vec<Step>,
        signature: &Signature,
    ) -> Result<Undone> {
        let before = self.merges();
        let mut work = Regrouping::new(&txn, &before);
        let is_as_left = |group: &Vec<IssueId>| before.parts(group[0]) == *group;
        let is_there = work.issues(&regrouped.after.concat())?.len() == regrouped.after.len();
        if !is_there || !regrouped.after.iter().all(is_as_left) {
            drop(work);
            txn.commit()?;
            return Ok(Undone { issues: Vec::new(), passed_over: regrouped.before.len() });
        }
        work.regroup(&regrouped.before)?;
        for step in steps {
            if !work.is_merged(step.issue) {
                // By itself again, it is as it was or has a reason not to be.
                continue;
            }
            let issue = work.issue(step.issue)?;
            if let Some(restored) = step.restored(&issue.decision()) {
                issue.decide(restored);
            }
        }
        let shown: Vec<IssueId> = regrouped.before.iter().map(|group| group[0]).collect();
        let issues = work.issues(&shown)?;
        let done = work.finish(&before, signature, *self.inner.head.borrow())?;
        self.commit_regrouping(txn, done)?;
        Ok(Undone { issues, passed_over: 0 })
    }

    fn commit_regrouping(&self, txn: WriteTransaction, done: Done) -> Result<()> {
        changes::commit(txn, done.head)?;
        self.inner.merges.replace(done.merges);
        self.inner.announce(done.head);
        Ok(())
    }
}
