//! Adding up what parts were counted.

use redb::WriteTransaction;

use crate::model::issue::{Archive, Decision, Issue};
use crate::store::error::Result;
use crate::store::{environments, series, tags, users, users_lately};

/// Adds all that was counted into one issue to what was counted into another.
pub(super) fn unite(txn: &WriteTransaction, into: &mut Issue, from: &Issue) -> Result<()> {
    series::unite(txn, into.id, from.id)?;
    environments::unite(txn, into, from)?;
    tags::unite(txn, into.id, from.id)?;
    users::unite(txn, into, from)?;
    users_lately::unite(txn, into.id, from.id)?;
    into.events = into.events.saturating_add(from.events);
    into.latest_event = into.latest_event.max(from.latest_event);
    if from.first_seen < into.first_seen {
        into.first_seen = from.first_seen;
        if from.first_release.is_some() {
            into.first_release.clone_from(&from.first_release);
        }
    }
    if from.last_seen >= into.last_seen {
        into.last_seen = from.last_seen;
        into.headline.clone_from(&from.headline);
        if from.last_release.is_some() {
            into.last_release.clone_from(&from.last_release);
        }
    }
    into.first_release = into.first_release.take().or_else(|| from.first_release.clone());
    into.last_release = into.last_release.take().or_else(|| from.last_release.clone());
    Ok(())
}

/// Makes one issue's counts the same as another's.
pub(super) fn copy(txn: &WriteTransaction, into: &mut Issue, from: &Issue) -> Result<()> {
    clear(txn, into)?;
    into.events = 0;
    (into.users, into.users_estimated) = (0, false);
    (into.first_seen, into.last_seen) = (from.first_seen, from.last_seen);
    into.first_release.clone_from(&from.first_release);
    into.last_release = None;
    into.latest_event = from.latest_event;
    unite(txn, into, from)?;
    // A sketch may be read as some more than were counted one by one before it.
    into.users = from.users;
    Ok(())
}

pub(super) fn clear(txn: &WriteTransaction, issue: &Issue) -> Result<()> {
    series::remove(txn, issue.id)?;
    environments::remove(txn, issue)?;
    tags::remove(txn, issue.id)?;
    users_lately::remove(txn, issue.id)?;
    users::remove(txn, issue.id)
}

/// An archived issue that waits for more events or users goes on waiting for as many as before, whatever was added to it
/// or taken away.
pub(super) fn keep_waiting(issue: &mut Issue, before: (u64, u64)) {
    let (events, users) = (issue.events, issue.users);
    let Some(Archive { events: wanted_events, users: wanted_users, .. }) = &mut issue.archive else { return };
    for (wanted, before, now) in [(wanted_events, before.0, events), (wanted_users, before.1, users)] {
        if let Some(wanted) = wanted {
            let come = before.saturating_sub(wanted.counted);
            wanted.counted = now.saturating_sub(come);
        }
    }
}

/// What is decided about a whole is decided about a part of it that leaves; what it waits for it waits for from now on.
pub(super) fn decide_alike(part: &mut Issue, whole: &Issue) {
    let (assigned_to, priority) = (part.assigned_to, part.priority);
    part.decide(Decision { assigned_to, priority, ..whole.decision() });
    part.regressed_in.clone_from(&whole.regressed_in);
    part.escalated = whole.escalated;
    let (events, users) = (part.events, part.users);
    if let Some(archive) = &mut part.archive {
        archive.events.iter_mut().for_each(|wanted| wanted.counted = events);
        archive.users.iter_mut().for_each(|wanted| wanted.counted = users);
    }
}
