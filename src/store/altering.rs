//! Changing issues outside of a batch: their rows, their history and the change log, in one transaction.

use std::collections::HashSet;

use jiff::Timestamp;
use redb::{ReadableTable, WriteTransaction};

use crate::model::ids::IssueId;
use crate::model::issue::{Activity, ActivityKind, Issue};
use crate::store::error::Result;
use crate::store::issue_rows::{self, Changed};
use crate::store::json::decode;
use crate::store::records::ChangeKind;
use crate::store::schema::{CHANGES, ISSUES};
use crate::store::{Store, changes};

/// An issue as it is to be, and what its history tells of it.
pub(super) type Altered = (Changed, Vec<Activity>);

impl Store {
    /// What the machine itself does to issues. Those for which `change` answers `None` stay as they are; answers the
    /// others.
    pub(super) fn alter(
        &self,
        ids: &[IssueId],
        now: Timestamp,
        mut change: impl FnMut(&WriteTransaction, &mut Issue) -> Result<Option<Vec<ActivityKind>>>,
    ) -> Result<Vec<IssueId>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let _writer = self.inner.writer.lock();
        let txn = self.inner.begin_write()?;
        let directory = self.directory();
        let (mut altered, mut seen, merges) = (Vec::new(), HashSet::new(), self.merges());
        for id in ids.iter().map(|id| merges.shown(*id)).filter(|id| seen.insert(*id)) {
            let Some(issue) = find(&txn, id)? else { continue };
            if !directory.projects.contains_key(&issue.project) {
                continue;
            }
            let mut row = Changed::loaded(issue);
            if let Some(kinds) = change(&txn, &mut row.issue)? {
                let told = kinds.into_iter().map(|kind| Activity::of_server(now, kind)).collect();
                altered.push((row, told));
            }
        }
        let ids = altered.iter().map(|(row, _)| row.issue.id).collect();
        self.commit_altered(txn, altered)?;
        Ok(ids)
    }

    /// Only under the writer's lock.
    pub(super) fn commit_altered(&self, txn: WriteTransaction, altered: Vec<Altered>) -> Result<()> {
        if altered.is_empty() {
            return Ok(txn.abort()?);
        }
        let mut head = *self.inner.head.borrow();
        let mut rows = Vec::with_capacity(altered.len());
        let mut log = txn.open_table(CHANGES)?;
        for (row, activities) in altered {
            for activity in &activities {
                issue_rows::write_activity(&txn, row.issue.id, activity)?;
            }
            head += 1;
            log.insert(head, changes::encode(&ChangeKind::Issue(row.issue.id)).as_slice())?;
            rows.push(row);
        }
        drop(log);
        issue_rows::write(&txn, &rows)?;
        changes::commit(txn, head)?;
        self.inner.announce(head);
        Ok(())
    }
}

pub(super) fn find(txn: &WriteTransaction, id: IssueId) -> Result<Option<Issue>> {
    let table = txn.open_table(ISSUES)?;
    table.get(id.0)?.map(|row| decode(row.value())).transpose()
}
