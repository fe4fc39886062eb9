//! Names of issues that change without a new event: their latest one became readable.

use redb::ReadableTable;

use crate::model::grouping::Headline;
use crate::model::issue::EventRef;
use crate::store::Store;
use crate::store::changes;
use crate::store::error::Result;
use crate::store::issue_rows::{self, Changed};
use crate::store::keys::rounded;
use crate::store::records::ChangeKind;
use crate::store::schema::{CHANGES, ISSUES};

impl Store {
    /// Calls issues as these events say, those that the event had named. Answers how many are called otherwise now.
    pub fn refresh_headlines(&self, events: &[(EventRef, Headline)]) -> Result<u64> {
        let _writer = self.inner.writer.lock();
        let txn = self.inner.begin_write()?;
        let mut head = *self.inner.head.borrow();
        let mut rows: Vec<Changed> = Vec::new();
        {
            let (issues, mut log) = (txn.open_table(ISSUES)?, txn.open_table(CHANGES)?);
            for (place, headline) in events {
                let known = rows.iter().any(|row| row.issue.id == place.issue);
                let row = issues.get(place.issue.0)?.filter(|_| !known);
                let Some(issue) = row.map(|row| issue_rows::decode(row.value())).transpose()? else {
                    continue;
                };
                if rounded(issue.last_seen) != place.timestamp || issue.headline == *headline {
                    continue;
                }
                head += 1;
                log.insert(head, changes::encode(&ChangeKind::Issue(issue.id)).as_slice())?;
                let mut row = Changed::loaded(issue);
                row.issue.headline = headline.clone();
                rows.push(row);
            }
        }
        if rows.is_empty() {
            txn.abort()?;
            return Ok(0);
        }
        issue_rows::write(&txn, &rows)?;
        changes::commit(txn, head)?;
        self.inner.announce(head);
        Ok(rows.len() as u64)
    }
}
