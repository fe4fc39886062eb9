//! What kind of failure issues are, as it was judged last: kept with them, so that lists can show it and sort by it.

use std::collections::HashSet;

use crate::model::ids::IssueId;
use crate::model::standing::Standing;
use crate::store::Store;
use crate::store::altering::find;
use crate::store::changes;
use crate::store::error::Result;
use crate::store::issue_rows::{self, Changed};
use crate::store::records::ChangeKind;
use crate::store::schema::CHANGES;

/// Of the thousand that urgency has: a smaller step moves an issue in no list that a person reads, and is not written.
pub const URGENCY_STEP: u32 = 10;

impl Store {
    /// Keeps what issues were judged to be, in one transaction; answers how many were written. Passed over are those that
    /// are shown as part of another by now, and those of which nothing changed that a list would show. Open pages hear of
    /// those whose pattern is another one.
    pub fn note_standings(&self, judged: &[(IssueId, Standing)]) -> Result<usize> {
        if judged.is_empty() {
            return Ok(0);
        }
        let _writer = self.inner.writer.lock();
        let txn = self.inner.begin_write()?;
        let (directory, mut head) = (self.directory(), *self.inner.head.borrow());
        let (mut rows, mut seen): (Vec<Changed>, _) = (Vec::new(), HashSet::new());
        let mut log = txn.open_table(CHANGES)?;
        for (id, standing) in judged {
            let Some(issue) = find(&txn, *id)?.filter(|_| seen.insert(*id)) else { continue };
            let is_listed = issue.merged_into.is_none() && directory.projects.contains_key(&issue.project);
            if !is_listed || !is_news(issue.standing.as_ref(), standing) {
                continue;
            }
            if issue.standing.is_none_or(|known| known.pattern != standing.pattern) {
                head += 1;
                log.insert(head, changes::encode(&ChangeKind::Issue(*id)).as_slice())?;
            }
            let mut row = Changed::loaded(issue);
            row.issue.standing = Some(*standing);
            rows.push(row);
        }
        drop(log);
        if rows.is_empty() {
            txn.abort()?;
            return Ok(0);
        }
        issue_rows::write(&txn, &rows)?;
        changes::commit(txn, head)?;
        self.inner.announce(head);
        Ok(rows.len())
    }
}

fn is_news(known: Option<&Standing>, now: &Standing) -> bool {
    let Some(known) = known else { return true };
    let since = |standing: &Standing| standing.change.map(|change| change.at);
    known.pattern != now.pattern
        || since(known) != since(now)
        || known.urgency.abs_diff(now.urgency) >= URGENCY_STEP
        || (now.urgency == 0 && known.urgency > 0)
}
