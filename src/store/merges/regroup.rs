//! One change of what issues are made of, inside a transaction: parts go out of their issues, and into others.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use redb::{ReadableTable, WriteTransaction};

use crate::model::ids::{GroupHash, IssueId};
use crate::model::issue::{ActivityKind, Decision, Issue, NamedIssue};
use crate::model::merges::Merges;
use crate::store::deciding::activities;
use crate::store::decisions::Signature;
use crate::store::error::{Result, StoreError};
use crate::store::issue_rows::{self, Changed};
use crate::store::json::{decode, encode};
use crate::store::merges::{FINGERPRINTS_TOLD_MAX, Membership, hashes, notes, sum};
use crate::store::records::ChangeKind;
use crate::store::schema::{CHANGES, ISSUE_HASHES, ISSUES, MERGED, meta, next_number};
use crate::store::{changes, unseen};

pub(super) struct Regrouping<'txn> {
    txn: &'txn WriteTransaction,
    merges: Merges,
    rows: BTreeMap<IssueId, Changed>,
    /// What was decided about each.
    decided: BTreeMap<IssueId, Decision>,
    /// Issues that lost a part: their sums are made anew.
    unsettled: BTreeSet<IssueId>,
    /// Parts that came.
    joined: Vec<(IssueId, Membership)>,
}

/// What memory takes in once it is committed.
pub(super) struct Done {
    pub merges: Merges,
    pub head: u64,
}

impl<'txn> Regrouping<'txn> {
    pub(super) fn new(txn: &'txn WriteTransaction, merges: &Merges) -> Self {
        let (rows, decided) = (BTreeMap::new(), BTreeMap::new());
        Self { txn, merges: merges.clone(), rows, decided, unsettled: BTreeSet::new(), joined: Vec::new() }
    }

    /// The issues that show these, each once, as they are now.
    pub(super) fn issues(&mut self, ids: &[IssueId]) -> Result<Vec<Issue>> {
        let shown: BTreeSet<IssueId> = ids.iter().map(|id| self.merges.shown(*id)).collect();
        let mut issues = Vec::with_capacity(shown.len());
        for id in shown {
            if self.rows.contains_key(&id) || self.txn.open_table(ISSUES)?.get(id.0)?.is_some() {
                issues.push(self.issue(id)?.clone());
            }
        }
        Ok(issues)
    }

    pub(super) fn is_merged(&self, issue: IssueId) -> bool {
        self.merges.is_merged(issue)
    }

    /// The row of a part, of an issue or of what counts beside it.
    pub(super) fn issue(&mut self, id: IssueId) -> Result<&mut Issue> {
        if !self.rows.contains_key(&id) {
            let row = self.txn.open_table(ISSUES)?.get(id.0)?.map(|row| issue_rows::decode(row.value()));
            let issue = row.ok_or_else(|| StoreError::Failed(format!("part {id} has no record")))??;
            self.decided.insert(id, issue.decision());
            self.rows.insert(id, Changed::loaded(issue));
        }
        Ok(&mut self.rows.get_mut(&id).expect("loaded above").issue)
    }

    /// These parts as a group: shown by the one with the most events, of equals the oldest.
    pub(super) fn group_of(&mut self, mut parts: Vec<IssueId>) -> Result<Vec<IssueId>> {
        let mut best: Option<(u64, std::cmp::Reverse<(Timestamp, IssueId)>)> = None;
        for part in &parts {
            let alone = self.merges.beside(*part).unwrap_or(*part);
            let issue = self.issue(alone)?;
            let rank = (issue.events, std::cmp::Reverse((issue.first_seen, *part)));
            best = best.max(Some(rank));
        }
        // An issue keeps its number where it keeps its own events.
        let keeps = parts.iter().copied().find(|part| self.merges.is_merged(*part));
        let head = keeps.or(best.map(|(_, std::cmp::Reverse((_, part)))| part));
        parts.sort_unstable_by_key(|part| (Some(*part) != head, *part));
        Ok(parts)
    }

    /// Makes each of the groups one issue, which its first part shows. All parts of the issues that take part are named.
    pub(super) fn regroup(&mut self, groups: &[Vec<IssueId>]) -> Result<()> {
        for group in groups {
            for &part in group {
                let shown = self.merges.shown(part);
                if shown != part && shown != group[0] {
                    self.take_out(part)?;
                }
            }
        }
        self.settle()?;
        for group in groups {
            for &part in &group[1..] {
                if self.merges.shown(part) != group[0] {
                    self.take_in(group[0], part)?;
                }
            }
        }
        Ok(())
    }

    fn take_out(&mut self, part: IssueId) -> Result<()> {
        let parent = self.merges.shown(part);
        let membership = self.leave(part)?;
        let mut whole = self.issue(parent)?.clone();
        let mut issue = self.issue(part)?.clone();
        issue.merged_into = None;
        membership.return_to(&mut issue, &whole);
        notes::take_back(self.txn, &mut whole, &mut issue, &membership.notes)?;
        unseen::look_again(self.txn, &issue)?;
        *self.issue(parent)? = whole;
        *self.issue(part)? = issue;
        self.merges.take_out(part);
        self.unsettled.insert(parent);
        Ok(())
    }

    /// Adds up what is left of issues that lost a part.
    fn settle(&mut self) -> Result<()> {
        for id in std::mem::take(&mut self.unsettled) {
            let own = self.merges.own(id).ok_or_else(|| StoreError::Failed(format!("{id} is not merged")))?;
            let behind = self.merges.behind(id);
            let mut whole = self.issue(id)?.clone();
            let before = (whole.events, whole.users);
            let of_own = self.issue(own)?.clone();
            sum::copy(self.txn, &mut whole, &of_own)?;
            for part in &behind[1..] {
                let part = self.issue(*part)?.clone();
                sum::unite(self.txn, &mut whole, &part)?;
            }
            sum::keep_waiting(&mut whole, before);
            self.rank(&mut whole, &behind)?;
            if behind.len() == 1 {
                let decided = whole.clone();
                sum::decide_alike(&mut whole, &of_own);
                whole.archive.clone_from(&of_own.archive);
                self.leave(own)?.return_to(&mut whole, &decided);
                sum::clear(self.txn, &of_own)?;
                self.txn.open_table(ISSUES)?.remove(own.0)?;
                self.rows.remove(&own);
                self.merges.dissolve(id);
            }
            *self.issue(id)? = whole;
        }
        Ok(())
    }

    fn take_in(&mut self, parent: IssueId, part: IssueId) -> Result<()> {
        if !self.merges.is_merged(parent) {
            self.keep_own(parent)?;
        }
        self.issue(part)?.merged_into = Some(parent);
        self.merges.add(parent, part);
        let of_part = self.issue(part)?.clone();
        let mut whole = self.issue(parent)?.clone();
        let notes = notes::bring(self.txn, &mut whole, &of_part)?;
        self.joined.push((part, Membership::of(&of_part, parent, notes)));
        let before = (whole.events, whole.users);
        sum::unite(self.txn, &mut whole, &of_part)?;
        sum::keep_waiting(&mut whole, before);
        let behind = self.merges.behind(parent);
        self.rank(&mut whole, &behind)?;
        *self.issue(parent)? = whole;
        Ok(())
    }

    /// Unless somebody chose a priority, an issue has the highest of its parts.
    fn rank(&mut self, whole: &mut Issue, behind: &[IssueId]) -> Result<()> {
        if whole.priority.chosen_at.is_some() {
            return Ok(());
        }
        let mut highest = None;
        for part in behind {
            highest = highest.max(Some(self.issue(*part)?.priority.level));
        }
        whole.priority.level = highest.unwrap_or(whole.priority.level);
        Ok(())
    }

    /// From now on the issue's own events are counted by themselves, too.
    fn keep_own(&mut self, parent: IssueId) -> Result<()> {
        let whole = self.issue(parent)?.clone();
        let own = IssueId(next_number(self.txn, meta::LAST_ISSUE)?);
        let mut alone = Issue { id: own, merged_into: Some(parent), ..whole.clone() };
        sum::copy(self.txn, &mut alone, &whole)?;
        self.rows.insert(own, Changed::created(alone));
        let membership = Membership { is_own: true, ..Membership::of(&whole, parent, Vec::new()) };
        self.joined.push((own, membership));
        self.merges.set_own(parent, own);
        Ok(())
    }

    /// Writes down who came, once it is clear what the whole is then.
    fn enter(&mut self) -> Result<()> {
        for (part, mut membership) in std::mem::take(&mut self.joined) {
            membership.whole_changed = self.issue(membership.parent)?.status_changed;
            self.txn.open_table(MERGED)?.insert(part.0, encode(&membership)?.as_slice())?;
        }
        Ok(())
    }

    fn leave(&self, part: IssueId) -> Result<Membership> {
        let mut table = self.txn.open_table(MERGED)?;
        let row = table.remove(part.0)?.map(|row| decode(row.value()));
        row.ok_or_else(|| StoreError::Failed(format!("nothing says where {part} is part of")))?
    }

    /// Writes the issues, their histories and the change log behind `head`.
    pub(super) fn finish(mut self, before: &Merges, signature: &Signature, mut head: u64) -> Result<Done> {
        self.enter()?;
        self.tell(before, signature)?;
        issue_rows::write(self.txn, self.rows.values())?;
        let mut log = self.txn.open_table(CHANGES)?;
        for (id, row) in &self.rows {
            // What only counts beside an issue is none.
            if row.issue.merged_into.is_none() || self.merges.shown(*id) != *id {
                head += 1;
                log.insert(head, changes::encode(&ChangeKind::Issue(*id)).as_slice())?;
            }
        }
        Ok(Done { merges: self.merges, head })
    }

    /// Who came and who went, in the histories of both sides, and what their states are for it.
    fn tell(&mut self, before: &Merges, signature: &Signature) -> Result<()> {
        let parts: Vec<IssueId> = self.rows.keys().copied().collect();
        let mut came: HashMap<IssueId, Vec<NamedIssue>> = HashMap::new();
        for part in parts {
            let (then, now) = (before.shown(part), self.merges.shown(part));
            if then == now {
                continue;
            }
            if then == part {
                let named = NamedIssue::of(self.issue(part)?);
                came.entry(now).or_default().push(named);
            } else if now == part {
                let fingerprints = self.fingerprints(part)?;
                let destination = NamedIssue::of(self.issue(part)?);
                let source = NamedIssue::of(self.issue(then)?);
                let left = ActivityKind::UnmergeSource {
                    fingerprints: fingerprints.clone(),
                    destination: Some(destination),
                };
                issue_rows::write_activity(self.txn, then, &signature.under(left))?;
                let kind = ActivityKind::UnmergeDestination { fingerprints, source };
                issue_rows::write_activity(self.txn, part, &signature.under(kind))?;
            }
        }
        for (parent, issues) in came {
            let kind = ActivityKind::Merge { issues };
            issue_rows::write_activity(self.txn, parent, &signature.under(kind))?;
        }
        for (id, row) in self.rows.iter().filter(|(_, row)| row.issue.merged_into.is_none()) {
            let Some(decided) = self.decided.get(id) else { continue };
            // A priority that nobody chose is nothing to tell.
            let now = Decision { priority: decided.priority, ..row.issue.decision() };
            for kind in activities(decided, &now) {
                issue_rows::write_activity(self.txn, *id, &signature.under(kind))?;
            }
        }
        Ok(())
    }

    /// Of an issue, with all its parts.
    fn fingerprints(&self, issue: IssueId) -> Result<Vec<String>> {
        let table = self.txn.open_table(ISSUE_HASHES)?;
        let mut told = Vec::new();
        for part in self.merges.parts(issue) {
            told.extend(hashes::of_part(&table, part)?.iter().map(GroupHash::to_string));
        }
        told.truncate(FINGERPRINTS_TOLD_MAX);
        Ok(told)
    }
}

impl Membership {
    fn of(part: &Issue, parent: IssueId, notes: Vec<notes::Shown>) -> Self {
        Self { parent, events: part.events, whole_changed: None, is_own: false, notes }
    }

    /// A part that leaves is as it was decided to be before it came; but where somebody or something has decided about the
    /// whole since, or events of the part came that nobody held against its own state, it is what the whole is.
    fn return_to(&self, part: &mut Issue, whole: &Issue) {
        let was_decided = whole.status_changed != self.whole_changed;
        if was_decided || part.events > self.events {
            sum::decide_alike(part, whole);
        }
    }
}
