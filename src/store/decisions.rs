//! What people decide about issues, and taking it back.
//!
//! A change of many issues is one transaction. It leaves a row that says what each of them was before and after, so
//! that undoing it is exact: every issue gets its own former state, and one that somebody or something has changed
//! since is left alone.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use redb::WriteTransaction;
use serde::{Deserialize, Serialize};

use crate::model::ids::{AccountId, IssueId};
use crate::model::issue::{Activity, ActivityKind, Decision, Issue};
use crate::model::issue_change::IssueChange;
use crate::store::altering::find;
use crate::store::deciding::{activities, decided};
use crate::store::error::Result;
use crate::store::issue_rows::Changed as Row;
use crate::store::json::{decode, encode};
use crate::store::merges::Regrouped;
use crate::store::schema::{UNDOS, meta, next_number};
use crate::store::{Store, archives};

/// For how long a change can be undone.
pub const UNDO_FOR: SignedDuration = SignedDuration::from_hours(1);
/// Changes that can be undone at a time; the oldest goes first.
pub const UNDOS_MAX: u64 = 1_000;

/// What became of a change.
pub struct Changed {
    /// All that were named and exist, as they are now.
    pub issues: Vec<Issue>,
    /// How many are not what they were.
    pub changed: usize,
    /// Names the change to `undo`; `None` where nothing changed.
    pub undo: Option<u64>,
}

/// What became of an undo.
pub struct Undone {
    /// As they are again.
    pub issues: Vec<Issue>,
    /// Issues that were changed again since, and stay so.
    pub passed_over: usize,
}

#[derive(Serialize, Deserialize)]
struct Undo {
    at: Timestamp,
    by: Option<AccountId>,
    issues: Vec<Step>,
    /// Of a merge or an unmerge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    regrouped: Option<Regrouped>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Step {
    pub issue: IssueId,
    before: Decision,
    after: Decision,
}

impl Step {
    /// `None` where nothing was decided.
    pub(super) fn between(before: &Issue, after: &Issue) -> Option<Self> {
        let step = Self { issue: after.id, before: before.decision(), after: after.decision() };
        (step.before != step.after).then_some(step)
    }

    /// What undoing this step makes of an issue: the status goes back where it is still the one that was set, with all
    /// that belongs to it, and so do the assignee and the priority. `None` where none does.
    pub(super) fn restored(&self, now: &Decision) -> Option<Decision> {
        let status = |of: &Decision| (of.status, of.substatus, of.status_changed);
        let mut restored = now.clone();
        if status(now) == status(&self.after) {
            let (assigned_to, priority) = (now.assigned_to, now.priority);
            restored = Decision { assigned_to, priority, ..self.before.clone() };
        }
        if now.assigned_to == self.after.assigned_to {
            restored.assigned_to = self.before.assigned_to;
        }
        if now.priority == self.after.priority {
            restored.priority = self.before.priority;
        }
        (restored != *now).then_some(restored)
    }
}

impl Store {
    /// Changes issues and writes what happened into their history. Those that are so already stay as they are.
    pub fn change_issues(
        &self,
        ids: &[IssueId],
        change: &IssueChange,
        by: Option<AccountId>,
        now: Timestamp,
    ) -> Result<Changed> {
        let _writer = self.inner.writer.lock();
        let txn = self.inner.begin_write()?;
        let mut issues = Vec::with_capacity(ids.len());
        let mut steps = Vec::new();
        let (mut seen, merges) = (HashSet::new(), self.merges());
        let shown = ids.iter().map(|id| merges.shown(*id)).filter(|id| seen.insert(*id));
        for issue in shown.map(|id| find(&txn, id)) {
            let Some(issue) = issue? else { continue };
            let after = decided(&txn, &issue, change, by, now)?;
            let mut shown = issue.clone();
            shown.decide(after.clone());
            issues.push(shown);
            if after != issue.decision() {
                steps.push((issue, after));
            }
        }
        if steps.is_empty() {
            txn.abort()?;
            return Ok(Changed { issues, changed: 0, undo: None });
        }
        let step = |(issue, after): &(Issue, Decision)| Step {
            issue: issue.id,
            before: issue.decision(),
            after: after.clone(),
        };
        let undo = Undo { at: now, by, issues: steps.iter().map(step).collect(), regrouped: None };
        let undo = remember(&txn, &undo)?;
        let changed = steps.len();
        self.decide(txn, steps, &Signature { at: now, by, undo: false })?;
        Ok(Changed { issues, changed, undo: Some(undo) })
    }

    /// Takes a change back, once. `None` where there is no such change of this person, or none any more.
    pub fn undo_change(&self, undo: u64, by: Option<AccountId>, now: Timestamp) -> Result<Option<Undone>> {
        let _writer = self.inner.writer.lock();
        let txn = self.inner.begin_write()?;
        let known =
            txn.open_table(UNDOS)?.remove(undo)?.map(|row| decode::<Undo>(row.value())).transpose()?;
        let known = known.filter(|known| known.by == by && known.at + UNDO_FOR > now);
        let Some(known) = known else {
            txn.abort()?;
            return Ok(None);
        };
        if let Some(regrouped) = &known.regrouped {
            let signature = Signature { at: now, by, undo: true };
            return self.undo_regrouping(txn, regrouped, known.issues, &signature).map(Some);
        }
        let directory = self.directory();
        let (mut issues, mut steps, mut passed_over) = (Vec::new(), Vec::new(), 0);
        for step in known.issues {
            let issue = find(&txn, step.issue)?;
            let issue = issue.filter(|issue| directory.projects.contains_key(&issue.project));
            let Some(issue) = issue else { continue };
            if issue.merged_into.is_some() {
                passed_over += 1;
                continue;
            }
            let Some(restored) = step.restored(&issue.decision()) else {
                passed_over += 1;
                continue;
            };
            let mut shown = issue.clone();
            shown.decide(restored.clone());
            issues.push(shown);
            steps.push((issue, restored));
        }
        self.decide(txn, steps, &Signature { at: now, by, undo: true })?;
        Ok(Some(Undone { issues, passed_over }))
    }

    /// Writes what was decided about each issue and its history, and commits.
    fn decide(
        &self,
        txn: WriteTransaction,
        decided: Vec<(Issue, Decision)>,
        signature: &Signature,
    ) -> Result<()> {
        let altered = decided.into_iter().map(|(issue, after)| {
            if issue.archive.is_some() && after.archive != issue.archive {
                archives::forget(&txn, issue.id)?;
            }
            let kinds = activities(&issue.decision(), &after).into_iter();
            let told = kinds.map(|kind| signature.under(kind)).collect();
            let mut row = Row::loaded(issue);
            row.issue.decide(after);
            Ok((row, told))
        });
        let altered = altered.collect::<Result<Vec<_>>>()?;
        self.commit_altered(txn, altered)
    }
}

/// Who did something, and when.
pub(super) struct Signature {
    pub at: Timestamp,
    pub by: Option<AccountId>,
    pub undo: bool,
}

impl Signature {
    pub(super) fn under(&self, kind: ActivityKind) -> Activity {
        Activity { at: self.at, by: self.by, kind, undo: self.undo }
    }
}

/// Keeps what a merge or an unmerge did, so that it can be taken back.
pub(super) fn remember_regrouping(
    txn: &WriteTransaction,
    signature: &Signature,
    issues: Vec<Step>,
    regrouped: Regrouped,
) -> Result<u64> {
    let Signature { at, by, .. } = *signature;
    remember(txn, &Undo { at, by, issues, regrouped: Some(regrouped) })
}

fn remember(txn: &WriteTransaction, undo: &Undo) -> Result<u64> {
    let number = next_number(txn, meta::LAST_UNDO)?;
    let mut table = txn.open_table(UNDOS)?;
    table.insert(number, encode(undo)?.as_slice())?;
    table.retain_in(..=number.saturating_sub(UNDOS_MAX), |_, _| false)?;
    Ok(number)
}

/// Forgets changes that can be undone no longer.
pub(super) fn prune(txn: &WriteTransaction, now: Timestamp) -> Result<()> {
    let lives = |row: &[u8]| decode::<Undo>(row).is_ok_and(|undo| undo.at + UNDO_FOR > now);
    Ok(txn.open_table(UNDOS)?.retain(|_, row| lives(row))?)
}
