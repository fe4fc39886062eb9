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
        let (head, merges) = (*self.inner.head.borrow(), self.merges());
        let mut renamed = 0;
        let mut rows: Vec<Changed> = Vec::new();
        {
            let (issues, mut log) = (txn.open_table(ISSUES)?, txn.open_table(CHANGES)?);
            let mut counted = Vec::with_capacity(events.len());
            for (place, headline) in events {
                counted.extend(merges.counters(place.issue).map(|id| (id, place, headline)));
            }
            for (id, place, headline) in counted {
                let known = rows.iter().any(|row| row.issue.id == id);
                let row = issues.get(id.0)?.filter(|_| !known);
                let Some(issue) = row.map(|row| issue_rows::decode(row.value())).transpose()? else {
                    continue;
                };
                if rounded(issue.last_seen) != place.timestamp || issue.headline == *headline {
                    continue;
                }
                if issue.merged_into.is_none() {
                    renamed += 1;
                    log.insert(head + renamed, changes::encode(&ChangeKind::Issue(id)).as_slice())?;
                }
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
        changes::commit(txn, head + renamed)?;
        self.inner.announce(head + renamed);
        Ok(renamed)
    }
}
