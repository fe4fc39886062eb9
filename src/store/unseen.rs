//! What is let go of issues that nothing was seen of for longer than events are kept: the counts of their tags and
//! the marks of their users, which are most of the state.
//!
//! The issue itself stays, with its numbers, its hashes and what people decided: an error that comes back after a
//! year must find its issue. Its users are an estimate from then on, because those known can be told no longer.

use jiff::Timestamp;
use redb::{ReadableTable, WriteTransaction};

use crate::model::ids::IssueId;
use crate::model::issue::Issue;
use crate::store::error::{Result, StoreError};
use crate::store::issue_rows::{self, Changed, order_key, order_place};
use crate::store::keys::order_micros;
use crate::store::records::IssueSort;
use crate::store::schema::{ISSUE_ORDER, ISSUES, META, meta};
use crate::store::{Store, tags, users};

/// Issues of one transaction; each may have many rows.
const ISSUES_MAX: usize = 100;
/// Transactions of one call; the next call goes on.
const STEPS_MAX: usize = 50;

struct Step {
    issues: Vec<IssueId>,
    /// When the last of all that are done then was last seen, in microseconds, and which it is.
    through: (u64, u64),
}

/// An issue that was part of another, which was seen later, is looked at again.
pub(super) fn look_again(txn: &WriteTransaction, issue: &Issue) -> Result<()> {
    let mut table = txn.open_table(META)?;
    let value = IssueSort::LastSeen.value(issue);
    let done = table.get(meta::UNSEEN_MICROS)?.map_or(0, |row| row.value());
    if value <= done {
        table.insert(meta::UNSEEN_MICROS, value)?;
        table.insert(meta::UNSEEN_ISSUE, 0)?;
    }
    Ok(())
}

/// Forgets the details of an issue, or of a part of one. Answers what it is then, where that is another.
fn forget(txn: &WriteTransaction, id: IssueId) -> Result<Option<Changed>> {
    tags::remove(txn, id)?;
    users::remove(txn, id)?;
    let row = txn.open_table(ISSUES)?.get(id.0)?.map(|row| issue_rows::decode(row.value()));
    let Some(issue) = row.transpose()? else { return Ok(None) };
    if issue.users == 0 || issue.users_estimated {
        return Ok(None);
    }
    let mut change = Changed::loaded(issue);
    change.issue.users_estimated = true;
    Ok(Some(change))
}

impl Store {
    /// Drops the details of issues last seen before `before`; answers how many those were.
    pub fn drop_unseen(&self, before: Timestamp) -> Result<usize> {
        let before = order_micros(before);
        let mut dropped = 0;
        for _ in 0..STEPS_MAX {
            let Some(step) = self.unseen(before)? else { break };
            self.write(|txn| {
                let (mut changed, merges) = (Vec::new(), self.merges());
                for id in &step.issues {
                    let row = txn.open_table(ISSUES)?.get(id.0)?.map(|row| issue_rows::decode(row.value()));
                    let Some(issue) = row.transpose()? else { continue };
                    if IssueSort::LastSeen.value(&issue) >= before {
                        // Seen since it was listed.
                        continue;
                    }
                    dropped += 1;
                    for id in std::iter::once(*id).chain(merges.behind(*id)) {
                        changed.extend(forget(txn, id)?);
                    }
                }
                issue_rows::write(txn, &changed)?;
                let mut table = txn.open_table(META)?;
                table.insert(meta::UNSEEN_MICROS, step.through.0)?;
                table.insert(meta::UNSEEN_ISSUE, step.through.1)?;
                Ok(())
            })?;
        }
        Ok(dropped)
    }

    /// The longest unseen that are not done yet.
    fn unseen(&self, before: u64) -> Result<Option<Step>> {
        let txn = self.inner.state.begin_read()?;
        let table = txn.open_table(META)?;
        let number = |name| Ok::<_, StoreError>(table.get(name)?.map_or(0, |row| row.value()));
        let done = (number(meta::UNSEEN_MICROS)?, number(meta::UNSEEN_ISSUE)?);
        let orders = txn.open_table(ISSUE_ORDER)?;
        let mut found = Vec::new();
        for cell in self.issue_cells(None, |_| true)? {
            let edge = |(value, issue)| order_key(IssueSort::LastSeen, cell, value, IssueId(issue));
            let (first, end) = (edge((done.0, done.1 + 1)), edge((before, 0).max((done.0, done.1 + 1))));
            for row in orders.range::<&[u8; 26]>(&first..&end)?.take(ISSUES_MAX) {
                found.push(order_place(row?.0.value()));
            }
        }
        found.sort_unstable();
        found.truncate(ISSUES_MAX);
        let step = found.last().map(|&through| Step {
            issues: found.iter().map(|(_, issue)| IssueId(*issue)).collect(),
            through,
        });
        Ok(step)
    }
}
