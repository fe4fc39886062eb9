//! What events and sessions say of releases, added up by batch; and what is let go once none says it any more.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use redb::{ReadableTable, WriteTransaction};

use crate::model::ids::{ProjectId, ReleaseId};
use crate::model::release::{Release, ReleaseProject, VERSION_CHARS_MAX};
use crate::store::error::Result;
use crate::store::json::encode;
use crate::store::keys::{pair, u64_at};
use crate::store::releases::{
    RELEASES_OF_PROJECT_MAX, add_project, change_count, create, find, find_by_version, in_project, order_key,
    projects_of, take_from_project, write,
};
use crate::store::schema::{META, RELEASE_ORDER, RELEASE_PROJECTS, RELEASE_VERSIONS, meta};
use crate::store::{Store, commits};

/// A later event or session is written down once it is this much later: most batches then only read.
pub(in crate::store) const LAST_STEP: SignedDuration = SignedDuration::from_secs(60);
/// Releases that are looked at for one that may make room.
const EVICTION_LOOKS_MAX: usize = 50;
/// Releases that one call of `drop_unseen_releases` looks at; the next call goes on.
const DROP_LOOKS_MAX: usize = 500;

/// What one batch says of releases.
pub(in crate::store) type Seen<'a> = HashMap<(ProjectId, &'a str), ReleaseSeen>;

#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct ReleaseSeen {
    /// The first and the last event's time.
    pub events: Option<(Timestamp, Timestamp)>,
    /// When the first and the last session began.
    pub sessions: Option<(Timestamp, Timestamp)>,
    pub received: Timestamp,
    pub new_issues: u64,
    pub regressed_issues: u64,
}

/// What an event was to its issue.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct Role {
    pub is_first: bool,
    pub is_regression: bool,
}

pub(in crate::store) fn add<'a>(
    seen: &mut Seen<'a>,
    project: ProjectId,
    release: &'a str,
    at: Timestamp,
    received: Timestamp,
    role: Role,
) {
    let Some(seen) = entry(seen, project, release, received) else { return };
    let (first, last) = seen.events.unwrap_or((at, at));
    seen.events = Some((first.min(at), last.max(at)));
    seen.new_issues += u64::from(role.is_first);
    seen.regressed_issues += u64::from(role.is_regression);
}

pub(in crate::store) fn add_session<'a>(
    seen: &mut Seen<'a>,
    project: ProjectId,
    release: &'a str,
    (first, last): (Timestamp, Timestamp),
    received: Timestamp,
) {
    if let Some(seen) = entry(seen, project, release, received) {
        let (from, to) = seen.sessions.unwrap_or((first, last));
        seen.sessions = Some((from.min(first), to.max(last)));
    }
}

/// `None`: it is no release.
fn entry<'s, 'a>(
    seen: &'s mut Seen<'a>,
    project: ProjectId,
    release: &'a str,
    received: Timestamp,
) -> Option<&'s mut ReleaseSeen> {
    if release.is_empty() || release.chars().count() > VERSION_CHARS_MAX {
        return None;
    }
    let nothing = ReleaseSeen { events: None, sessions: None, received, new_issues: 0, regressed_issues: 0 };
    Some(seen.entry((project, release)).or_insert(nothing))
}

pub(in crate::store) fn record(txn: &WriteTransaction, seen: &Seen<'_>) -> Result<()> {
    for ((project, version), seen) in seen {
        record_one(txn, *project, version, *seen)?;
    }
    Ok(())
}

fn record_one(txn: &WriteTransaction, project: ProjectId, version: &str, seen: ReleaseSeen) -> Result<()> {
    let id = txn.open_table(RELEASE_VERSIONS)?.get(version)?.map(|id| ReleaseId(id.value()));
    let known = match id {
        Some(id) => in_project(txn, id, project)?,
        None => None,
    };
    let (Some(id), Some(known)) = (id, known) else {
        return add_seen(txn, project, version, seen);
    };
    let is_later = |new: Option<Timestamp>, old: Option<Timestamp>| {
        new.is_some_and(|new| old.is_none_or(|old| new.duration_since(old) >= LAST_STEP))
    };
    let is_earlier = |new: Option<Timestamp>, old: Option<Timestamp>| {
        new.is_some_and(|new| old.is_none_or(|old| new < old))
    };
    let earlier = |new, old| [new, old].into_iter().flatten().min();
    let (first, last) = seen.events.unzip();
    let (first_session, last_session) = seen.sessions.unzip();
    let has_news = is_earlier(first, known.first_event)
        || is_later(last, known.last_event)
        || is_earlier(first_session, known.first_session)
        || is_later(last_session, known.last_session)
        || seen.new_issues + seen.regressed_issues > 0;
    if !has_news {
        return Ok(());
    }
    let said = ReleaseProject {
        first_event: earlier(known.first_event, first),
        last_event: known.last_event.max(last),
        new_issues: known.new_issues.saturating_add(seen.new_issues),
        regressed_issues: known.regressed_issues.saturating_add(seen.regressed_issues),
        first_session: earlier(known.first_session, first_session),
        last_session: known.last_session.max(last_session),
    };
    txn.open_table(RELEASE_PROJECTS)?.insert(&pair(id.0, project.0), encode(&said)?.as_slice())?;
    Ok(())
}

/// The first event or session of a release in a project.
fn add_seen(txn: &WriteTransaction, project: ProjectId, version: &str, seen: ReleaseSeen) -> Result<()> {
    let release = match find_by_version(txn, version)? {
        Some(release) => release,
        None => create(txn, version, seen.received)?,
    };
    write(txn, &release)?;
    let ReleaseSeen { events, sessions, new_issues, regressed_issues, .. } = seen;
    let (first_event, last_event) = events.unzip();
    let (first_session, last_session) = sessions.unzip();
    let said =
        ReleaseProject { first_event, last_event, new_issues, regressed_issues, first_session, last_session };
    add_project(txn, &release, project, said)?;
    make_room(txn, project, &release)
}

/// Whoever has a DSN can make up releases: beyond the bound the oldest that nobody declared makes room. Where there is
/// none among the oldest, a new one that was declared takes the place of the oldest, and no other is kept.
pub(super) fn make_room(txn: &WriteTransaction, project: ProjectId, newest: &Release) -> Result<()> {
    if change_count(txn, project, 0)? <= RELEASES_OF_PROJECT_MAX {
        return Ok(());
    }
    let mut oldest = Vec::new();
    let (first, last) =
        (order_key(project, 0, ReleaseId(0)), order_key(project, u64::MAX, ReleaseId(u64::MAX)));
    for row in txn.open_table(RELEASE_ORDER)?.range::<&[u8; 24]>(&first..=&last)?.take(EVICTION_LOOKS_MAX) {
        oldest.extend(find(txn, ReleaseId(u64_at(row?.0.value(), 16)))?);
    }
    oldest.retain(|release| release.id != newest.id);
    let undeclared = oldest.iter().find(|release| !release.is_declared);
    let declared = oldest.first().filter(|_| newest.is_declared);
    take_from_project(txn, undeclared.or(declared).unwrap_or(newest), project)
}

impl Store {
    /// Lets go of releases that nobody declared and of which nothing was seen since `before`; answers how many. Others
    /// that are as old keep what is said of their commits, and lose these. One call looks at a bounded stretch, the
    /// next goes on behind it.
    pub fn drop_unseen_releases(&self, before: Timestamp) -> Result<usize> {
        self.write(|txn| {
            let from = txn.open_table(META)?.get(meta::UNSEEN_RELEASE)?.map_or(0, |at| at.value());
            let mut looked_at = Vec::new();
            for row in txn.open_table(RELEASE_PROJECTS)?.range::<&[u8; 16]>(&pair(from, 0)..)? {
                let id = ReleaseId(u64_at(row?.0.value(), 0));
                if looked_at.last() != Some(&id) {
                    looked_at.push(id);
                }
                if looked_at.len() > DROP_LOOKS_MAX {
                    break;
                }
            }
            let next = if looked_at.len() > DROP_LOOKS_MAX { looked_at.pop() } else { None };
            let mut dropped = 0;
            for id in looked_at {
                let Some(release) = find(txn, id)? else { continue };
                let mut projects = projects_of(&txn.open_table(RELEASE_PROJECTS)?, id)?;
                let is_seen = |said: &ReleaseProject| said.last_seen().is_some_and(|last| last >= before);
                if release.is_declared {
                    if release.date() < before && !projects.iter().any(|(_, said)| is_seen(said)) {
                        commits::remove(txn, id)?;
                    }
                    continue;
                }
                projects.retain(|(_, said)| !is_seen(said));
                for (project, _) in projects {
                    take_from_project(txn, &release, project)?;
                    dropped += 1;
                }
            }
            txn.open_table(META)?.insert(meta::UNSEEN_RELEASE, next.map_or(0, |id| id.0))?;
            Ok(dropped)
        })
    }
}
