//! Reading issues. How events change them stands in `record`, how people do in `decisions`.

use std::collections::HashSet;

use crate::model::ids::{IssueId, ProjectId};
use crate::model::issue::{Activity, ActivityKind, Issue, IssueState, Status};
use crate::store::Store;
use crate::store::error::{Result, StoreError};
use crate::store::issue_rows;
use crate::store::json::decode;
use crate::store::keys::{pair, state_from, u64_at};
use crate::store::records::Cell;
use crate::store::schema::{ACTIVITIES, ISSUE_COUNTS, ISSUE_NUMBERS, ISSUES};

impl Store {
    pub fn find_issue(&self, id: IssueId) -> Result<Option<Issue>> {
        Ok(self.find_issues(&[id])?.pop())
    }

    /// Those that exist and whose project does, in the order of `ids`; in the place of one that was merged the issue that
    /// shows it, once.
    pub fn find_issues(&self, ids: &[IssueId]) -> Result<Vec<Issue>> {
        let table = self.inner.state.begin_read()?.open_table(ISSUES)?;
        let directory = self.directory();
        let mut issues: Vec<Issue> = Vec::with_capacity(ids.len());
        let mut are_merged = false;
        for id in ids {
            let Some(row) = table.get(id.0)? else { continue };
            let mut issue = issue_rows::decode(row.value())?;
            if let Some(parent) = issue.merged_into {
                are_merged = true;
                let Some(row) = table.get(parent.0)? else { continue };
                issue = issue_rows::decode(row.value())?;
            }
            issues.push(issue);
        }
        if are_merged {
            let mut seen = HashSet::new();
            issues.retain(|issue| seen.insert(issue.id));
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

    /// How many issues have a status; counters, not a scan.
    pub fn count_issues(&self, project: ProjectId, status: Status) -> Result<u64> {
        let counts = self.issue_counts(Some(&[project]))?.into_iter();
        Ok(counts.filter(|(cell, _)| cell.state.status == status).map(|(_, issues)| issues).sum())
    }

    /// The states, of some projects or all, that any issue is in and that fit.
    pub fn issue_cells(
        &self,
        projects: Option<&[ProjectId]>,
        fits: impl Fn(IssueState) -> bool,
    ) -> Result<Vec<Cell>> {
        let counts = self.issue_counts(projects)?.into_iter().map(|(cell, _)| cell);
        Ok(counts.filter(|cell| fits(cell.state)).collect())
    }

    /// How many issues are in each state, of some projects or all; states without any are left out. From counters.
    pub fn issue_counts(&self, projects: Option<&[ProjectId]>) -> Result<Vec<(Cell, u64)>> {
        let directory = self.directory();
        let mut projects: Vec<ProjectId> = match projects {
            Some(projects) => projects.to_vec(),
            None => directory.projects.keys().copied().collect(),
        };
        // What a deleted project had may be on disk for a while.
        projects.retain(|project| directory.projects.contains_key(project));
        projects.sort_unstable();
        projects.dedup();
        let table = self.inner.state.begin_read()?.open_table(ISSUE_COUNTS)?;
        let mut counts = Vec::new();
        for project in projects {
            let [first, last] = issue_rows::count_range(project);
            for row in table.range::<&[u8; 9]>(&first..=&last)? {
                let (key, issues) = row?;
                let state = state_from(key.value()[8]);
                let state = state.ok_or_else(|| StoreError::Failed("a count of no known state".into()))?;
                counts.push((Cell { project, state }, issues.value()));
            }
        }
        Ok(counts)
    }

    /// Newest first.
    pub fn activities(&self, issue: IssueId, limit: usize) -> Result<Vec<Activity>> {
        Ok(self.history(issue, None, limit)?.into_iter().map(|(_, activity)| activity).collect())
    }

    /// Newest first, each with its number; those with a number below `before`.
    pub fn history(&self, issue: IssueId, before: Option<u64>, limit: usize) -> Result<Vec<(u64, Activity)>> {
        let table = self.inner.state.begin_read()?.open_table(ACTIVITIES)?;
        let (first, end) = (pair(issue.0, 0), pair(issue.0, before.unwrap_or(u64::MAX)));
        let mut found = Vec::new();
        for row in table.range::<&[u8; 16]>(&first..&end)?.rev() {
            if found.len() == limit {
                break;
            }
            let (key, row) = row?;
            let activity: Activity = decode(row.value())?;
            if activity.kind != ActivityKind::NoteRemoved {
                found.push((u64_at(key.value(), 8), activity));
            }
        }
        Ok(found)
    }
}
