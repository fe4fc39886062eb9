//! What issues are to people: bookmarked, followed, seen.

use jiff::Timestamp;
use redb::{ReadableTable, WriteTransaction};

use crate::model::ids::{AccountId, IssueId};
use crate::model::issue_set::IssueSet;
use crate::model::mark::{Mark, MarkChange};
use crate::store::Store;
use crate::store::error::Result;
use crate::store::json::{decode, encode};
use crate::store::keys::{pair, u64_at};
use crate::store::schema::{BOOKMARKS, ISSUE_MARKS};

/// People of one issue who are listed.
const PEOPLE_MAX: usize = 100;

impl Store {
    pub fn mark_issues(
        &self,
        issues: &[IssueId],
        account: AccountId,
        change: MarkChange,
        now: Timestamp,
    ) -> Result<()> {
        self.write(|txn| {
            let mut marks = txn.open_table(ISSUE_MARKS)?;
            let mut bookmarks = txn.open_table(BOOKMARKS)?;
            for issue in issues {
                let key = pair(issue.0, account.0);
                let known: Option<Mark> = marks.get(&key)?.map(|row| decode(row.value())).transpose()?;
                let mut mark = known.unwrap_or_default();
                mark.is_bookmarked = change.is_bookmarked.unwrap_or(mark.is_bookmarked);
                mark.is_subscribed = change.is_subscribed.or(mark.is_subscribed);
                if change.takes_part {
                    mark.is_subscribed.get_or_insert(true);
                }
                if let Some(has_seen) = change.has_seen {
                    mark.seen = has_seen.then_some(now);
                }
                marks.insert(&key, encode(&mark)?.as_slice())?;
                if mark.is_bookmarked {
                    bookmarks.insert(&pair(account.0, issue.0), ())?;
                } else {
                    bookmarks.remove(&pair(account.0, issue.0))?;
                }
            }
            Ok(())
        })
    }

    /// What each of the issues is to one person, in their order.
    pub fn marks(&self, issues: &[IssueId], account: AccountId) -> Result<Vec<Mark>> {
        let table = self.inner.state.begin_read()?.open_table(ISSUE_MARKS)?;
        let mark = |issue: &IssueId| {
            let row = table.get(&pair(issue.0, account.0))?.map(|row| decode(row.value()));
            Ok(row.transpose()?.unwrap_or_default())
        };
        issues.iter().map(mark).collect()
    }

    /// To whom an issue is anything; some of them, where they are many.
    pub fn marks_of(&self, issue: IssueId) -> Result<Vec<(AccountId, Mark)>> {
        let table = self.inner.state.begin_read()?.open_table(ISSUE_MARKS)?;
        let mut found = Vec::new();
        for row in table.range::<&[u8; 16]>(&pair(issue.0, 0)..=&pair(issue.0, u64::MAX))?.take(PEOPLE_MAX) {
            let (key, row) = row?;
            found.push((AccountId(u64_at(key.value(), 8)), decode(row.value())?));
        }
        Ok(found)
    }

    pub fn bookmarked(&self, account: AccountId) -> Result<IssueSet> {
        let table = self.inner.state.begin_read()?.open_table(BOOKMARKS)?;
        let mut issues = IssueSet::default();
        for row in table.range::<&[u8; 16]>(&pair(account.0, 0)..=&pair(account.0, u64::MAX))? {
            issues.insert(IssueId(u64_at(row?.0.value(), 8)));
        }
        Ok(issues)
    }
}

/// An issue that goes is nothing to anybody.
pub(super) fn remove(txn: &WriteTransaction, issue: IssueId) -> Result<()> {
    let (first, last) = (pair(issue.0, 0), pair(issue.0, u64::MAX));
    let mut marks = txn.open_table(ISSUE_MARKS)?;
    let mut bookmarks = txn.open_table(BOOKMARKS)?;
    for row in marks.range::<&[u8; 16]>(&first..=&last)? {
        bookmarks.remove(&pair(u64_at(row?.0.value(), 8), issue.0))?;
    }
    marks.retain_in::<&[u8; 16], _>(&first..=&last, |_, _| false)?;
    Ok(())
}
