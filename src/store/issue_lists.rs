//! Lists of issues in an order: ranges of an index, merged.

use std::collections::BinaryHeap;

use crate::model::ids::{AccountId, IssueId};
use crate::model::issue_set::IssueSet;
use crate::store::Store;
use crate::store::error::Result;
use crate::store::issue_rows::{self, order_key, order_place};
use crate::store::keys::{order_micros, pair, u64_at};
use crate::store::records::{Cell, IssueCursor, IssueFilter, IssuePage, IssueSort};
use crate::store::schema::{ISSUE_ASSIGNEES, ISSUE_ORDER, ISSUES};

/// Issues that one list call passes at most, to find those seen since a moment in an order that says nothing
/// about it, or those of a set. The answer says where it stopped.
pub const LIST_SCAN_MAX: usize = 20_000;

impl Store {
    /// Merges one index range for each cell, largest value first. Of issues that are not among some,
    /// no row is read.
    pub fn list_issues(
        &self,
        filter: &IssueFilter,
        after: Option<IssueCursor>,
        limit: usize,
        is_among: &dyn Fn(IssueId) -> bool,
    ) -> Result<IssuePage> {
        let cells = match &filter.cells {
            Some(cells) => cells.clone(),
            None => self.issue_cells(None, |_| true)?,
        };
        let txn = self.inner.state.begin_read()?;
        let (orders, issues) = (txn.open_table(ISSUE_ORDER)?, txn.open_table(ISSUES)?);

        let mut ranges = Vec::new();
        let mut heads = BinaryHeap::new();
        for cell in cells {
            let edge = |value, issue| order_key(filter.sort, cell, value, IssueId(issue));
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
        let since = filter.seen_since.map_or(0, order_micros);
        let mut found = Vec::new();
        let (mut passed, mut last) = (0, after);
        while let Some(((value, id), range)) = heads.pop() {
            if filter.sort == IssueSort::LastSeen && value < since {
                break;
            }
            if found.len() == limit || passed == LIST_SCAN_MAX {
                return Ok(IssuePage { issues: found, next: last });
            }
            passed += 1;
            last = Some(IssueCursor { value, issue: IssueId(id) });
            if let Some(next) = ranges[range].next().transpose()? {
                heads.push((order_place(next.0.value()), range));
            }
            if !is_among(IssueId(id)) {
                continue;
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

    /// Issues of some cells whose value in an order is in `[least, most]`, unless there are more than `issues_max`.
    pub fn issues_between(
        &self,
        cells: &[Cell],
        sort: IssueSort,
        (least, most): (u64, u64),
        issues_max: usize,
    ) -> Result<Option<IssueSet>> {
        let mut issues = IssueSet::default();
        if least > most {
            return Ok(Some(issues));
        }
        let orders = self.inner.state.begin_read()?.open_table(ISSUE_ORDER)?;
        let mut count = 0;
        for &cell in cells {
            let edge = |value, issue| order_key(sort, cell, value, IssueId(issue));
            for row in orders.range::<&[u8; 26]>(&edge(least, 0)..=&edge(most, u64::MAX))? {
                if count == issues_max {
                    return Ok(None);
                }
                count += 1;
                issues.insert(IssueId(order_place(row?.0.value()).1));
            }
        }
        Ok(Some(issues))
    }

    /// All issues of some cells, from the index alone: no row is read.
    pub fn issues_in(&self, cells: &[Cell]) -> Result<IssueSet> {
        let orders = self.inner.state.begin_read()?.open_table(ISSUE_ORDER)?;
        let mut issues = IssueSet::default();
        for &cell in cells {
            let edge = |value| order_key(IssueSort::LastSeen, cell, value, IssueId(value));
            for row in orders.range::<&[u8; 26]>(&edge(0)..=&edge(u64::MAX))? {
                issues.insert(IssueId(order_place(row?.0.value()).1));
            }
        }
        Ok(issues)
    }

    /// The issues that somebody works on, or of `None` anybody; from an index.
    pub fn issues_assigned(&self, to: Option<AccountId>) -> Result<IssueSet> {
        let assignees = self.inner.state.begin_read()?.open_table(ISSUE_ASSIGNEES)?;
        let (first, last) = to.map_or((0, u64::MAX), |account| (account.0, account.0));
        let mut issues = IssueSet::default();
        for row in assignees.range::<&[u8; 16]>(&pair(first, 0)..=&pair(last, u64::MAX))? {
            issues.insert(IssueId(u64_at(row?.0.value(), 8)));
        }
        Ok(issues)
    }
}
