//! How many people an issue met: counted one by one while they are few, by a sketch of fixed size beyond.

use std::collections::HashSet;

use redb::{ReadableTable, WriteTransaction};

use crate::model::ids::IssueId;
use crate::model::issue::Issue;
use crate::store::error::Result;
use crate::store::keys::{pair, u64_at};
use crate::store::schema::{USER_SKETCHES, USERS};
use crate::store::sketch::Sketch;

/// Users that are counted one by one.
pub const USERS_EXACT_MAX: u64 = 1_000;

/// Counts a batch's users into the issue.
pub(super) fn add(txn: &WriteTransaction, issue: &mut Issue, users: &HashSet<u64>) -> Result<()> {
    let mut sketches = txn.open_table(USER_SKETCHES)?;
    if issue.users_estimated {
        let mut sketch =
            sketches.get(issue.id.0)?.map(|row| Sketch::from_bytes(row.value())).unwrap_or_default();
        if sketch.insert_all(users) {
            sketches.insert(issue.id.0, sketch.as_bytes())?;
            issue.users = sketch.estimate().max(issue.users);
        }
        return Ok(());
    }
    let mut exact = txn.open_table(USERS)?;
    for &user in users {
        if exact.insert(&pair(issue.id.0, user), ())?.is_none() {
            issue.users += 1;
        }
    }
    if issue.users > USERS_EXACT_MAX {
        let (first, last) = (pair(issue.id.0, 0), pair(issue.id.0, u64::MAX));
        let mut sketch = Sketch::default();
        for row in exact.range::<&[u8; 16]>(&first..=&last)? {
            sketch.insert(u64_at(row?.0.value(), 8));
        }
        exact.retain_in::<&[u8; 16], _>(&first..=&last, |_, ()| false)?;
        sketches.insert(issue.id.0, sketch.as_bytes())?;
        // The count so far is exact; the estimate takes over once it is above.
        issue.users_estimated = true;
    }
    Ok(())
}

/// Counts the users of one issue into another: who is among both counts once.
pub(super) fn unite(txn: &WriteTransaction, into: &mut Issue, from: &Issue) -> Result<()> {
    if !from.users_estimated {
        let users = exact(txn, from.id)?;
        return add(txn, into, &users);
    }
    let of_both = {
        let mut known = sketch_of(txn, into)?;
        known.merge(&sketch_of(txn, from)?);
        known
    };
    remove(txn, into.id)?;
    txn.open_table(USER_SKETCHES)?.insert(into.id.0, of_both.as_bytes())?;
    // Of some whose marks were let go only the number is known.
    into.users = of_both.estimate().max(into.users).max(from.users);
    into.users_estimated = true;
    Ok(())
}

fn exact(txn: &WriteTransaction, issue: IssueId) -> Result<HashSet<u64>> {
    let table = txn.open_table(USERS)?;
    let rows = table.range::<&[u8; 16]>(&pair(issue.0, 0)..=&pair(issue.0, u64::MAX))?;
    rows.map(|row| Ok(u64_at(row?.0.value(), 8))).collect()
}

fn sketch_of(txn: &WriteTransaction, issue: &Issue) -> Result<Sketch> {
    if issue.users_estimated {
        let table = txn.open_table(USER_SKETCHES)?;
        return Ok(table.get(issue.id.0)?.map(|row| Sketch::from_bytes(row.value())).unwrap_or_default());
    }
    let mut sketch = Sketch::default();
    sketch.insert_all(&exact(txn, issue.id)?);
    Ok(sketch)
}

/// Forgets who an issue's users were. Those who come later are counted by a sketch of their own, and the issue's
/// number stays what it was until they are more.
pub(super) fn remove(txn: &WriteTransaction, issue: IssueId) -> Result<()> {
    let (first, last) = (pair(issue.0, 0), pair(issue.0, u64::MAX));
    txn.open_table(USERS)?.retain_in::<&[u8; 16], _>(&first..=&last, |_, ()| false)?;
    txn.open_table(USER_SKETCHES)?.remove(issue.0)?;
    Ok(())
}
