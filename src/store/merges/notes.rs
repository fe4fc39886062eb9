//! Comments of merged issues: they stand in the history of the whole, too, while it shows the part, and what became of
//! them there goes back with it.

use redb::{ReadableTable, WriteTransaction};

use crate::model::issue::{Activity, ActivityKind, Issue};
use crate::store::error::Result;
use crate::store::json::{decode, encode};
use crate::store::keys::{pair, u64_at};
use crate::store::schema::ACTIVITIES;

/// The newest comments of a part that the whole shows.
const NOTES_MAX: usize = 500;

/// A comment's number in the part's history, and in the whole's.
pub(super) type Shown = (u64, u64);

/// Shows a part's comments in the whole.
pub(super) fn bring(txn: &WriteTransaction, whole: &mut Issue, part: &Issue) -> Result<Vec<Shown>> {
    if part.comments == 0 {
        return Ok(Vec::new());
    }
    let mut table = txn.open_table(ACTIVITIES)?;
    let mut notes = Vec::new();
    for row in table.range::<&[u8; 16]>(&pair(part.id.0, 0)..=&pair(part.id.0, u64::MAX))?.rev() {
        let (key, row) = row?;
        if matches!(decode::<Activity>(row.value())?.kind, ActivityKind::Note { .. }) {
            notes.push((u64_at(key.value(), 8), row.value().to_vec()));
        }
        if notes.len() == NOTES_MAX {
            break;
        }
    }
    let last = table.range::<&[u8; 16]>(&pair(whole.id.0, 0)..=&pair(whole.id.0, u64::MAX))?.next_back();
    let first = last.transpose()?.map_or(0, |(key, _)| u64_at(key.value(), 8) + 1);
    let mut shown = Vec::with_capacity(notes.len());
    for (number, (theirs, note)) in (first..).zip(notes.into_iter().rev()) {
        table.insert(&pair(whole.id.0, number), note.as_slice())?;
        shown.push((theirs, number));
    }
    whole.comments = whole.comments.saturating_add(shown.len() as u64);
    Ok(shown)
}

/// A part that leaves takes its comments along, as they are by now.
pub(super) fn take_back(
    txn: &WriteTransaction,
    whole: &mut Issue,
    part: &mut Issue,
    shown: &[Shown],
) -> Result<()> {
    let mut table = txn.open_table(ACTIVITIES)?;
    for &(theirs, number) in shown {
        let row = table.get(&pair(whole.id.0, number))?.map(|row| decode::<Activity>(row.value()));
        let Some(activity) = row.transpose()? else { continue };
        table.insert(&pair(part.id.0, theirs), encode(&activity)?.as_slice())?;
        if activity.kind == ActivityKind::NoteRemoved {
            part.comments = part.comments.saturating_sub(1);
            continue;
        }
        // Numbers are not given again.
        let left = Activity { kind: ActivityKind::NoteRemoved, ..activity };
        table.insert(&pair(whole.id.0, number), encode(&left)?.as_slice())?;
        whole.comments = whole.comments.saturating_sub(1);
    }
    Ok(())
}
