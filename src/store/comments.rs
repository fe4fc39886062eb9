//! What people write about an issue. Comments stand in its history, under a number of their own there.

use jiff::Timestamp;
use redb::{ReadableTable, WriteTransaction};

use crate::model::ids::{AccountId, IssueId};
use crate::model::issue::{Activity, ActivityKind, Issue};
use crate::store::Store;
use crate::store::altering::find;
use crate::store::error::{Result, StoreError};
use crate::store::issue_rows::{self, Changed};
use crate::store::json::{decode, encode};
use crate::store::keys::pair;
use crate::store::schema::ACTIVITIES;

/// A comment's words and the people it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    pub text: String,
    pub mentions: Vec<AccountId>,
}

impl Store {
    /// Answers its number. `Gone` where the issue is.
    pub fn add_comment(
        &self,
        issue: IssueId,
        comment: Comment,
        by: Option<AccountId>,
        now: Timestamp,
    ) -> Result<(u64, Activity)> {
        let Comment { text, mentions } = comment;
        let kind = ActivityKind::Note { text, mentions, edited: None };
        let activity = Activity { at: now, by, kind, undo: false };
        let number = self.with_comments(issue, |txn, issue| {
            issue.comments = issue.comments.saturating_add(1);
            issue_rows::append_activity(txn, issue.id, &activity)
        })?;
        Ok((number, activity))
    }

    /// `Gone` where there is no such comment.
    pub fn edit_comment(
        &self,
        issue: IssueId,
        number: u64,
        comment: Comment,
        now: Timestamp,
    ) -> Result<Activity> {
        self.with_comments(issue, |txn, issue| {
            let mut activity = find_note(txn, issue.id, number)?;
            let Comment { text, mentions } = comment;
            activity.kind = ActivityKind::Note { text, mentions, edited: Some(now) };
            put(txn, issue.id, number, &activity)?;
            Ok(activity)
        })
    }

    /// Its number is not given again. `Gone` where there is no such comment.
    pub fn remove_comment(&self, issue: IssueId, number: u64) -> Result<()> {
        self.with_comments(issue, |txn, issue| {
            let activity = find_note(txn, issue.id, number)?;
            issue.comments = issue.comments.saturating_sub(1);
            put(txn, issue.id, number, &Activity { kind: ActivityKind::NoteRemoved, ..activity })
        })
    }

    pub fn find_comment(&self, issue: IssueId, number: u64) -> Result<Option<Activity>> {
        let table = self.inner.state.begin_read()?.open_table(ACTIVITIES)?;
        let row = table.get(&pair(issue.0, number))?.map(|row| decode::<Activity>(row.value()));
        Ok(row.transpose()?.filter(|activity| matches!(activity.kind, ActivityKind::Note { .. })))
    }

    fn with_comments<T>(
        &self,
        issue: IssueId,
        change: impl FnOnce(&WriteTransaction, &mut Issue) -> Result<T>,
    ) -> Result<T> {
        let _writer = self.inner.writer.lock();
        let txn = self.inner.begin_write()?;
        let mut row = Changed::loaded(find(&txn, issue)?.ok_or(StoreError::Gone)?);
        let answer = change(&txn, &mut row.issue)?;
        self.commit_altered(txn, vec![(row, Vec::new())])?;
        Ok(answer)
    }
}

fn find_note(txn: &WriteTransaction, issue: IssueId, number: u64) -> Result<Activity> {
    let table = txn.open_table(ACTIVITIES)?;
    let row = table.get(&pair(issue.0, number))?.map(|row| decode::<Activity>(row.value()));
    let note = row.transpose()?.filter(|activity| matches!(activity.kind, ActivityKind::Note { .. }));
    note.ok_or(StoreError::Gone)
}

fn put(txn: &WriteTransaction, issue: IssueId, number: u64, activity: &Activity) -> Result<()> {
    txn.open_table(ACTIVITIES)?.insert(&pair(issue.0, number), encode(activity)?.as_slice())?;
    Ok(())
}
