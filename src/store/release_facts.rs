//! What is known of a release where a resolution is judged by it, when an event of it meets a resolved issue and when
//! somebody looks: since when it is there, where it was deployed first, and whether commits tell that it has the fix.

use std::borrow::Cow;

use jiff::Timestamp;
use redb::ReadableTable;
use serde::Deserialize;

use crate::insight::regression::{Lineage, ReleaseFacts};
use crate::model::ids::{ProjectId, ReleaseId};
use crate::model::issue::{Fix, Resolution};
use crate::model::regression::Deployed;
use crate::model::release::{Deploy, KnownRelease, Release};
use crate::store::error::{Result, StoreError};
use crate::store::json::decode;
use crate::store::keys::{pair, u64_at};
use crate::store::reading::Reading;
use crate::store::schema::{DEPLOYS, RELEASE_COMMITS};
use crate::store::{Store, releases};

/// Deploys of one release that are looked at for the first; they stand in the order in which they were told.
const DEPLOYS_LOOKED_AT_MAX: usize = 100;
/// Commits of one release that are looked at for one; the newest first.
const COMMITS_LOOKED_AT_MAX: usize = 500;
/// Shorter beginnings of a hash name no commit.
const COMMIT_CHARS_MIN: usize = 7;

pub struct AskedRelease<'a> {
    pub version: &'a str,
    pub project: ProjectId,
    /// Whose deploys count before others.
    pub environment: Option<&'a str>,
    /// When the event happened, by its own clock; the date of a release that nobody knows.
    pub at: Timestamp,
    pub fix: &'a Fix,
}

impl Store {
    /// The same that is asked where an event meets a resolved issue.
    pub fn release_facts(&self, asked: &AskedRelease<'_>) -> Result<ReleaseFacts> {
        gather(&self.inner.state.begin_read()?, asked)
    }

    /// A resolution with what is known by now of the releases that are to have the fix.
    pub fn as_known_now(&self, project: ProjectId, resolution: Resolution) -> Result<Resolution> {
        as_known_now(&self.inner.state.begin_read()?, project, resolution)
    }
}

pub(super) fn as_known_now(
    txn: &impl Reading,
    project: ProjectId,
    mut resolution: Resolution,
) -> Result<Resolution> {
    let fixed = match &mut resolution.fix {
        Fix::Release { release } => std::slice::from_mut(release),
        Fix::Commit { releases, .. } => releases.as_mut_slice(),
        Fix::Now { .. } | Fix::NextRelease { .. } => &mut [],
    };
    for release in fixed {
        if let Some(known) = releases::known(txn, project, &release.version)? {
            *release = known;
        }
    }
    Ok(resolution)
}

pub(super) fn gather(txn: &impl Reading, asked: &AskedRelease<'_>) -> Result<ReleaseFacts> {
    let unknown = || KnownRelease { version: asked.version.to_owned(), date: asked.at };
    let Some(release) = releases::find_by_version(txn, asked.version)? else {
        return Ok(ReleaseFacts {
            known: unknown(),
            existed: asked.at,
            built: None,
            deploy: None,
            lineage: Lineage::Unknown,
        });
    };
    let said = releases::in_project(txn, release.id, asked.project)?;
    let first_event = said.and_then(|said| said.first_event);
    let deploys = deploys(txn, release.id, asked.project)?;
    let deploy = first_of(&deploys, asked.environment).or_else(|| first_of(&deploys, None));
    let declared = release.is_declared.then(|| release.created.min(release.date()));
    Ok(ReleaseFacts {
        known: releases::known(txn, asked.project, asked.version)?.unwrap_or_else(unknown),
        existed: first_event.map_or(release.created, |first| first.min(release.created)),
        built: declared.into_iter().chain(first_of(&deploys, None).map(|deploy| deploy.at)).min(),
        deploy,
        lineage: lineage(txn, &release, asked.fix)?,
    })
}

fn deploys(txn: &impl Reading, release: ReleaseId, project: ProjectId) -> Result<Vec<Deploy>> {
    let (first, last) = (pair(release.0, 0), pair(release.0, u64::MAX));
    let mut found: Vec<Deploy> = Vec::new();
    for row in txn.table(DEPLOYS)?.range::<&[u8; 16]>(&first..=&last)?.take(DEPLOYS_LOOKED_AT_MAX) {
        found.push(decode(row?.1.value())?);
    }
    found.retain(|deploy| deploy.is_of(project));
    Ok(found)
}

fn first_of(deploys: &[Deploy], environment: Option<&str>) -> Option<Deployed> {
    let there = deploys.iter().filter(|deploy| environment.is_none_or(|name| deploy.environment == name));
    let first = there.min_by_key(|deploy| deploy.finished)?;
    Some(Deployed { environment: first.environment.clone(), at: first.finished })
}

/// A release that lists the fixing commit has it, and so has one whose newest commit comes after it in a release that
/// lists both.
fn lineage(txn: &impl Reading, release: &Release, fix: &Fix) -> Result<Lineage> {
    let Fix::Commit { commit, releases: fixed, .. } = fix else { return Ok(Lineage::Unknown) };
    if place_of(txn, release.id, commit)?.is_some() {
        return Ok(Lineage::HasTheFix);
    }
    for fixed in fixed {
        let Some(fixed) = releases::find_by_version(txn, &fixed.version)? else { continue };
        let Some(fixing) = place_of(txn, fixed.id, commit)? else { continue };
        for head in &release.heads {
            match place_of(txn, fixed.id, &head.commit)? {
                Some(head) if head > fixing => return Ok(Lineage::EndsBefore),
                Some(_) => return Ok(Lineage::HasTheFix),
                None => {}
            }
        }
    }
    Ok(Lineage::Unknown)
}

/// How many commits of a release are newer than this one; `None` where it is not listed.
pub(super) fn place_of(txn: &impl Reading, release: ReleaseId, commit: &str) -> Result<Option<u64>> {
    if commit.len() < COMMIT_CHARS_MIN {
        return Ok(None);
    }
    let (first, last) = (pair(release.0, 0), pair(release.0, u64::MAX));
    for row in txn.table(RELEASE_COMMITS)?.range::<&[u8; 16]>(&first..=&last)?.take(COMMITS_LOOKED_AT_MAX) {
        let (key, row) = row?;
        let listed: Listed<'_> = serde_json::from_slice(row.value()).map_err(StoreError::failed)?;
        if listed.id.starts_with(commit) {
            return Ok(Some(u64_at(key.value(), 8)));
        }
    }
    Ok(None)
}

/// Of a commit no more than that: there may be thousands of files.
#[derive(Deserialize)]
struct Listed<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
}
