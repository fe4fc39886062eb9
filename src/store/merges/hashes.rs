//! Group hashes of merged issues, and hashes that are split off.

use redb::{ReadableTable, WriteTransaction};

use crate::model::ids::{GroupHash, IssueId, ProjectId};
use crate::model::issue::{Issue, NamedIssue};
use crate::store::Store;
use crate::store::error::Result;
use crate::store::grouped::Owner;
use crate::store::issue_rows;
use crate::store::keys::{sixteen_at, with_sixteen};
use crate::store::merges::impossible;
use crate::store::schema::{HASHES, ISSUE_HASHES, ISSUES};

/// What an issue is made of, once or several times.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The number that its events carry.
    pub name: NamedIssue,
    /// What was counted into it alone.
    pub counted: Issue,
    pub hashes: Vec<GroupHash>,
}

impl Store {
    /// The parts of an issue, its own first; each with the hashes whose events belong to it.
    pub fn issue_parts(&self, issue: IssueId) -> Result<Vec<Part>> {
        let txn = self.inner.state.begin_read()?;
        let (issues, hashes) = (txn.open_table(ISSUES)?, txn.open_table(ISSUE_HASHES)?);
        let merges = self.merges();
        let mut parts = Vec::new();
        for part in merges.parts(merges.shown(issue)) {
            let counted = merges.beside(part).unwrap_or(part);
            let (Some(row), Some(counted)) = (issues.get(part.0)?, issues.get(counted.0)?) else { continue };
            parts.push(Part {
                name: NamedIssue::of(&issue_rows::decode(row.value())?),
                counted: issue_rows::decode(counted.value())?,
                hashes: of_part(&hashes, part)?,
            });
        }
        Ok(parts)
    }

    pub fn issue_hashes(&self, issue: IssueId) -> Result<Vec<GroupHash>> {
        let parts = self.issue_parts(issue)?;
        Ok(parts.into_iter().flat_map(|part| part.hashes).collect())
    }
}

pub(super) fn of_part(
    table: &impl ReadableTable<&'static [u8; 24], ()>,
    part: IssueId,
) -> Result<Vec<GroupHash>> {
    let (first, last) = (with_sixteen(part.0, [0; 16]), with_sixteen(part.0, [u8::MAX; 16]));
    let rows = table.range::<&[u8; 24]>(&first..=&last)?;
    rows.map(|row| Ok(GroupHash(sixteen_at(row?.0.value(), 8)))).collect()
}

pub(super) fn count(txn: &WriteTransaction, parts: &[IssueId]) -> Result<usize> {
    let table = txn.open_table(ISSUE_HASHES)?;
    parts.iter().try_fold(0, |sum, part| Ok(sum + of_part(&table, *part)?.len()))
}

/// Which parts hashes belong to; `None` of those that lead nowhere.
pub(super) fn owners(
    txn: &WriteTransaction,
    project: ProjectId,
    hashes: &[GroupHash],
) -> Result<Vec<Option<IssueId>>> {
    let table = txn.open_table(HASHES)?;
    let owner = |hash: &GroupHash| {
        let row = table.get(&with_sixteen(project.0, hash.0))?.map(|row| Owner::decode(row.value()));
        Ok(row.and_then(|owner| match owner {
            Owner::Issue(issue) => Some(issue),
            Owner::SplitFrom(_) => None,
        }))
    };
    hashes.iter().map(owner).collect()
}

/// Leads hashes away from an issue that keeps others.
pub(super) fn split(txn: &WriteTransaction, issue: &Issue, hashes: &[GroupHash]) -> Result<()> {
    let mut by_issue = txn.open_table(ISSUE_HASHES)?;
    let known = of_part(&by_issue, issue.id)?;
    if known.iter().all(|hash| hashes.contains(hash)) {
        return Err(impossible("The last group of an issue cannot be taken out of it"));
    }
    let mut table = txn.open_table(HASHES)?;
    for hash in hashes {
        table.insert(&with_sixteen(issue.project.0, hash.0), Owner::SplitFrom(issue.id).encode())?;
        by_issue.remove(&with_sixteen(issue.id.0, hash.0))?;
    }
    Ok(())
}
