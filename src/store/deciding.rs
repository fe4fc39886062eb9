//! What a person's change makes of one issue. What is remembered of releases is what is known of them at that moment.

use jiff::Timestamp;
use redb::WriteTransaction;

use crate::model::ids::{AccountId, ProjectId};
use crate::model::issue::{
    ActivityKind, Archive, Decision, Fix, Issue, Priority, Resolution, Status, Substatus, Threshold,
};
use crate::model::issue_change::{Conditions, Ignore, IssueChange, Resolve, SoMany, StatusChange};
use crate::model::release::KnownRelease;
use crate::model::version::Release;
use crate::store::error::Result;
use crate::store::{release_facts, releases};

/// The newest releases that are looked at for one that lists a commit.
const RELEASES_WITH_COMMIT_MAX: usize = 20;

pub(super) fn decided(
    txn: &WriteTransaction,
    issue: &Issue,
    change: &IssueChange,
    by: Option<AccountId>,
    now: Timestamp,
) -> Result<Decision> {
    let mut after = issue.decision();
    after.assigned_to = change.assignee.unwrap_or(after.assigned_to);
    if let Some(level) = change.priority
        && (after.priority.level != level || after.priority.chosen_at.is_none())
    {
        after.priority = Priority { level, chosen_at: Some(now) };
    }
    let Some(status) = &change.status else { return Ok(after) };
    if status.status() == issue.status && !status.has_details() {
        return Ok(after);
    }
    let stated = match status {
        StatusChange::Unresolved => Stated { substatus: Some(Substatus::Ongoing), ..Stated::default() },
        StatusChange::Resolved(how) => {
            let fix = fix(txn, issue, how, now)?;
            Stated { resolution: Some(Resolution { at: now, by, fix }), ..Stated::default() }
        }
        StatusChange::Ignored(until) => ignored(issue, *until),
    };
    let is_said_already = status.status() == issue.status
        && stated.substatus == issue.substatus
        && stated.archive == issue.archive
        && is_same_fix(stated.resolution.as_ref(), issue.resolution.as_ref());
    if is_said_already {
        return Ok(after);
    }
    after.status = status.status();
    after.status_changed = Some(now);
    after.still_seen = None;
    (after.substatus, after.resolution, after.archive) =
        (stated.substatus, stated.resolution, stated.archive);
    Ok(after)
}

/// Whatever was learnt of dates in between.
fn is_same_fix(a: Option<&Resolution>, b: Option<&Resolution>) -> bool {
    let (Some(a), Some(b)) = (a, b) else { return a.is_none() && b.is_none() };
    let version = |release: &Option<KnownRelease>| release.as_ref().map(|release| release.version.clone());
    match (&a.fix, &b.fix) {
        (Fix::Release { release: a }, Fix::Release { release: b }) => a.version == b.version,
        (Fix::NextRelease { after: a }, Fix::NextRelease { after: b }) => version(a) == version(b),
        (Fix::Commit { commit: a, .. }, Fix::Commit { commit: b, .. }) => a == b,
        _ => false,
    }
}

/// What goes with a status.
#[derive(Default)]
struct Stated {
    substatus: Option<Substatus>,
    resolution: Option<Resolution>,
    archive: Option<Archive>,
}

fn ignored(issue: &Issue, until: Ignore) -> Stated {
    let (substatus, archive) = match until {
        Ignore::Forever => (Substatus::ArchivedForever, None),
        Ignore::UntilEscalating => (Substatus::ArchivedUntilEscalating, None),
        Ignore::Until(Conditions { until, events, users }) => {
            let from =
                |counted| move |SoMany { more, window_minutes }| Threshold { more, window_minutes, counted };
            let archive = Archive {
                until,
                events: events.map(from(issue.events)),
                users: users.map(from(issue.users)),
            };
            (Substatus::ArchivedUntilConditionMet, Some(archive))
        }
    };
    Stated { substatus: Some(substatus), resolution: None, archive }
}

fn fix(txn: &WriteTransaction, issue: &Issue, how: &Resolve, now: Timestamp) -> Result<Fix> {
    let project = issue.project;
    Ok(match how {
        Resolve::Now => Fix::Now { newest: newest_for(txn, issue, now)? },
        Resolve::InNextRelease => Fix::NextRelease { after: newest_for(txn, issue, now)? },
        Resolve::InLatestRelease => match newest_for(txn, issue, now)? {
            Some(release) => Fix::Release { release },
            None => Fix::Now { newest: None },
        },
        Resolve::InRelease(version) => Fix::Release {
            release: releases::known(txn, project, version)?
                .unwrap_or_else(|| KnownRelease { version: version.clone(), date: now }),
        },
        Resolve::InCommit { commit, repository } => Fix::Commit {
            commit: commit.clone(),
            repository: repository.clone(),
            releases: releases_with(txn, project, commit)?,
        },
    })
}

/// The newest release of the project; of another package than the issue's own, it says nothing about the issue, and
/// the last one that the issue was seen in stands for it.
fn newest_for(txn: &WriteTransaction, issue: &Issue, now: Timestamp) -> Result<Option<KnownRelease>> {
    let newest = releases::newest(txn, issue.project, now)?;
    let (Some(found), Some(last)) = (&newest, &issue.last_release) else { return Ok(newest) };
    if Release::of(&found.version).package == Release::of(last).package {
        return Ok(newest);
    }
    Ok(releases::known(txn, issue.project, last)?.or(newest))
}

fn releases_with(txn: &WriteTransaction, project: ProjectId, commit: &str) -> Result<Vec<KnownRelease>> {
    let mut found = Vec::new();
    for release in releases::latest(txn, project, RELEASES_WITH_COMMIT_MAX)? {
        if release_facts::place_of(txn, release.id, commit)?.is_some() {
            found.extend(releases::known(txn, project, &release.version)?);
        }
    }
    Ok(found)
}

/// What is told of a change in the issue's history.
pub(super) fn activities(before: &Decision, after: &Decision) -> Vec<ActivityKind> {
    let mut kinds = Vec::new();
    let is_said = (before.status, before.substatus, &before.resolution, &before.archive)
        != (after.status, after.substatus, &after.resolution, &after.archive);
    if is_said {
        kinds.push(match after.status {
            Status::Unresolved => ActivityKind::SetUnresolved,
            Status::Resolved => after.resolution.as_ref().map_or(ActivityKind::SetResolved, resolved),
            Status::Ignored => ActivityKind::SetIgnored {
                archive: after.archive.clone(),
                until_escalating: after.substatus == Some(Substatus::ArchivedUntilEscalating),
            },
        });
    }
    if before.assigned_to != after.assigned_to {
        kinds.push(after.assigned_to.map_or(ActivityKind::Unassigned, |to| ActivityKind::Assigned { to }));
    }
    // One that the machine chose is nobody's doing.
    if before.priority.chosen_at != after.priority.chosen_at {
        kinds.push(ActivityKind::SetPriority { priority: after.priority.level });
    }
    kinds
}

pub(super) fn resolved(resolution: &Resolution) -> ActivityKind {
    match &resolution.fix {
        Fix::Now { .. } => ActivityKind::SetResolved,
        Fix::Release { release } => {
            ActivityKind::SetResolvedInRelease { version: Some(release.version.clone()), after: None }
        }
        Fix::NextRelease { after } => ActivityKind::SetResolvedInRelease {
            version: None,
            after: after.as_ref().map(|after| after.version.clone()),
        },
        Fix::Commit { commit, repository, releases } => ActivityKind::SetResolvedInCommit {
            commit: commit.clone(),
            repository: repository.clone(),
            version: releases.last().map(|release| release.version.clone()),
        },
    }
}
