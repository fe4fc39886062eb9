//! Reading issues and deciding about them. How events change issues stands in `record`.

use jiff::Timestamp;
use redb::ReadableTable;

use crate::model::ids::{AccountId, GroupHash, IssueId, ProjectId};
use crate::model::issue::{Activity, ActivityKind, Issue, Status, Substatus};
use crate::store::Store;
use crate::store::error::{Result, StoreError};
use crate::store::issue_rows::{self, Changed, count_key};
use crate::store::keys::{pair, sixteen_at, with_sixteen};
use crate::store::records::ChangeKind;
use crate::store::schema::{ACTIVITIES, ISSUE_COUNTS, ISSUE_HASHES, ISSUE_NUMBERS, ISSUES};
use crate::store::{changes, schema::CHANGES};

impl Store {
    pub fn find_issue(&self, id: IssueId) -> Result<Option<Issue>> {
        Ok(self.find_issues(&[id])?.pop())
    }

    /// Those that exist and whose project does, in the order of `ids`.
    pub fn find_issues(&self, ids: &[IssueId]) -> Result<Vec<Issue>> {
        let table = self.inner.state.begin_read()?.open_table(ISSUES)?;
        let directory = self.directory();
        let mut issues: Vec<Issue> = Vec::with_capacity(ids.len());
        for id in ids {
            if let Some(row) = table.get(id.0)? {
                issues.push(issue_rows::decode(row.value())?);
            }
        }
        // What a deleted project had may be on disk for a while.
        issues.retain(|issue| directory.projects.contains_key(&issue.project));
        Ok(issues)
    }

    pub fn find_issue_by_number(&self, project: ProjectId, number: u64) -> Result<Option<Issue>> {
        let table = self.inner.state.begin_read()?.open_table(ISSUE_NUMBERS)?;
        let Some(id) = table.get(&pair(project.0, number))?.map(|id| id.value()) else { return Ok(None) };
        self.find_issue(IssueId(id))
    }

    /// How many issues have each status; a counter, not a scan.
    pub fn count_issues(&self, project: ProjectId, status: Status) -> Result<u64> {
        let table = self.inner.state.begin_read()?.open_table(ISSUE_COUNTS)?;
        Ok(table.get(&count_key(project, status))?.map_or(0, |count| count.value()))
    }

    /// Sets the status and writes the activity; answers the issues as they are now. Those that have it already
    /// stay as they are.
    pub fn set_status(
        &self,
        ids: &[IssueId],
        status: Status,
        by: Option<AccountId>,
        now: Timestamp,
    ) -> Result<Vec<Issue>> {
        let (substatus, kind) = match status {
            Status::Unresolved => (Some(Substatus::Ongoing), ActivityKind::SetUnresolved),
            Status::Resolved => (None, ActivityKind::SetResolved),
            Status::Ignored => (Some(Substatus::ArchivedForever), ActivityKind::SetIgnored),
        };
        let _writer = self.inner.writer.lock();
        let txn = self.inner.begin_write()?;
        let mut all = Vec::new();
        let mut head = *self.inner.head.borrow();
        let mut log = txn.open_table(CHANGES)?;
        let mut changed = Vec::new();
        for id in ids {
            let row = txn.open_table(ISSUES)?.get(id.0)?.map(|row| issue_rows::decode(row.value()));
            let Some(issue) = row.transpose()? else { continue };
            // An id that is named twice is one issue.
            let is_new = changed.iter().all(|other: &Changed| other.issue.id != *id);
            if issue.status != status && is_new {
                let mut change = Changed::loaded(issue);
                change.issue.status = status;
                change.issue.substatus = substatus;
                change.issue.status_changed = Some(now);
                issue_rows::write_activity(&txn, *id, &Activity { at: now, by, kind: kind.clone() })?;
                head += 1;
                log.insert(head, changes::encode(&ChangeKind::Issue(*id)).as_slice())?;
                all.push(change.issue.clone());
                changed.push(change);
            } else if is_new {
                all.push(issue);
            }
        }
        drop(log);
        if changed.is_empty() {
            txn.abort()?;
            return Ok(all);
        }
        issue_rows::write(&txn, &changed)?;
        changes::commit(txn, head)?;
        self.inner.announce(head);
        Ok(all)
    }

    pub fn issue_hashes(&self, issue: IssueId) -> Result<Vec<GroupHash>> {
        let table = self.inner.state.begin_read()?.open_table(ISSUE_HASHES)?;
        let (first, last) = (with_sixteen(issue.0, [0; 16]), with_sixteen(issue.0, [u8::MAX; 16]));
        let rows = table.range::<&[u8; 24]>(&first..=&last)?;
        rows.map(|row| Ok(GroupHash(sixteen_at(row?.0.value(), 8)))).collect()
    }

    /// Newest first.
    pub fn activities(&self, issue: IssueId, limit: usize) -> Result<Vec<Activity>> {
        let table = self.inner.state.begin_read()?.open_table(ACTIVITIES)?;
        let rows = table.range::<&[u8; 16]>(&pair(issue.0, 0)..=&pair(issue.0, u64::MAX))?.rev().take(limit);
        rows.map(|row| serde_json::from_slice(row?.1.value()).map_err(StoreError::failed)).collect()
    }
}
