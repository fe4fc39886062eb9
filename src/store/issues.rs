//! Reading issues. How events change them stands in `record`, how people do in `decisions`.

use std::collections::BinaryHeap;

use crate::model::ids::{GroupHash, IssueId, ProjectId};
use crate::model::issue::{Activity, Issue, Status};
use crate::store::Store;
use crate::store::error::{Result, StoreError};
use crate::store::issue_rows::{self, count_key, order_key, order_place};
use crate::store::keys::{pair, sixteen_at, with_sixteen};
use crate::store::records::{IssueCursor, IssueFilter, IssuePage, IssueSort};
use crate::store::schema::{ACTIVITIES, ISSUE_COUNTS, ISSUE_HASHES, ISSUE_NUMBERS, ISSUE_ORDER, ISSUES};

/// Issues that one list call reads at most, to find those seen since a moment in an order that says nothing
/// about it. The answer says where it stopped.
pub const LIST_SCAN_MAX: usize = 20_000;

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

    /// Merges one index range for each project and status, largest value first.
    pub fn list_issues(
        &self,
        filter: &IssueFilter,
        after: Option<IssueCursor>,
        limit: usize,
    ) -> Result<IssuePage> {
        let projects = match &filter.projects {
            Some(projects) => projects.clone(),
            None => self.directory().projects.keys().copied().collect(),
        };
        let statuses = if filter.statuses.is_empty() { &Status::ALL[..] } else { &filter.statuses };
        let txn = self.inner.state.begin_read()?;
        let (orders, issues) = (txn.open_table(ISSUE_ORDER)?, txn.open_table(ISSUES)?);

        let mut ranges = Vec::new();
        let mut heads = BinaryHeap::new();
        for project in projects {
            for &status in statuses {
                let edge = |value, issue| order_key(filter.sort, project, status, value, IssueId(issue));
                let end = match after {
                    Some(after) => edge(after.value, after.issue.0),
                    None => edge(u64::MAX, u64::MAX),
                };
                let mut range = orders.range::<&[u8; 26]>(&edge(0, 0)..&end)?.rev();
                if let Some(first) = range.next().transpose()? {
                    heads.push((order_place(first.0.value()), ranges.len()));
                    ranges.push(range);
                }
            }
        }
        let since = filter.seen_since.map_or(0, |at| u64::try_from(at.as_microsecond()).unwrap_or(0));
        let mut found = Vec::new();
        let (mut read, mut last) = (0, after);
        while let Some(((value, id), range)) = heads.pop() {
            if filter.sort == IssueSort::LastSeen && value < since {
                break;
            }
            if found.len() == limit || read == LIST_SCAN_MAX {
                return Ok(IssuePage { issues: found, next: last });
            }
            read += 1;
            last = Some(IssueCursor { value, issue: IssueId(id) });
            if let Some(next) = ranges[range].next().transpose()? {
                heads.push((order_place(next.0.value()), range));
            }
            if let Some(row) = issues.get(id)? {
                let issue = issue_rows::decode(row.value())?;
                if IssueSort::LastSeen.value(&issue) >= since {
                    found.push(issue);
                }
            }
        }
        Ok(IssuePage { issues: found, next: None })
    }

    /// How many issues have each status; a counter, not a scan.
    pub fn count_issues(&self, project: ProjectId, status: Status) -> Result<u64> {
        let table = self.inner.state.begin_read()?.open_table(ISSUE_COUNTS)?;
        Ok(table.get(&count_key(project, status))?.map_or(0, |count| count.value()))
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
