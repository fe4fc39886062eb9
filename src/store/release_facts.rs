//! What is known of a release when an event of it meets a resolved issue: since when it is there, where it was deployed
//! first, and whether commits tell that it has the fix.

use std::borrow::Cow;

use jiff::Timestamp;
use redb::{ReadableTable, WriteTransaction};
use serde::Deserialize;

use crate::insight::regression::{Lineage, ReleaseFacts};
use crate::model::ids::{ProjectId, ReleaseId};
use crate::model::issue::Fix;
use crate::model::regression::Deployed;
use crate::model::release::{Deploy, KnownRelease, Release, ReleaseProject};
use crate::store::error::{Result, StoreError};
use crate::store::json::decode;
use crate::store::keys::{pair, u64_at};
use crate::store::releases;
use crate::store::schema::{DEPLOYS, RELEASE_COMMITS, RELEASE_PROJECTS};

/// Deploys of one release that are looked at for the first; they stand in the order in which they were told.
const DEPLOYS_LOOKED_AT_MAX: usize = 100;
/// Commits of one release that are looked at for one; the newest first.
const COMMITS_LOOKED_AT_MAX: usize = 500;
/// Shorter beginnings of a hash name no commit.
const COMMIT_CHARS_MIN: usize = 7;

pub(super) struct Asked<'a> {
    pub version: &'a str,
    pub project: ProjectId,
    pub environment: Option<&'a str>,
    /// When the event happened, by its own clock.
    pub at: Timestamp,
    pub fix: &'a Fix,
}

pub(super) fn gather(txn: &WriteTransaction, asked: &Asked<'_>) -> Result<ReleaseFacts> {
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
    let key = pair(release.id.0, asked.project.0);
    let said: Option<ReleaseProject> =
        txn.open_table(RELEASE_PROJECTS)?.get(&key)?.map(|row| decode(row.value())).transpose()?;
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

fn deploys(txn: &WriteTransaction, release: ReleaseId, project: ProjectId) -> Result<Vec<Deploy>> {
    let (first, last) = (pair(release.0, 0), pair(release.0, u64::MAX));
    let mut found: Vec<Deploy> = Vec::new();
    for row in txn.open_table(DEPLOYS)?.range::<&[u8; 16]>(&first..=&last)?.take(DEPLOYS_LOOKED_AT_MAX) {
        found.push(decode(row?.1.value())?);
    }
    found.retain(|deploy| deploy.projects.is_empty() || deploy.projects.contains(&project));
    Ok(found)
}

fn first_of(deploys: &[Deploy], environment: Option<&str>) -> Option<Deployed> {
    let there = deploys.iter().filter(|deploy| environment.is_none_or(|name| deploy.environment == name));
    let first = there.min_by_key(|deploy| deploy.finished)?;
    Some(Deployed { environment: first.environment.clone(), at: first.finished })
}

/// A release that lists the fixing commit has it, and so has one whose newest commit comes after it in a release that
/// lists both.
fn lineage(txn: &WriteTransaction, release: &Release, fix: &Fix) -> Result<Lineage> {
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
pub(super) fn place_of(txn: &WriteTransaction, release: ReleaseId, commit: &str) -> Result<Option<u64>> {
    if commit.len() < COMMIT_CHARS_MIN {
        return Ok(None);
    }
    let (first, last) = (pair(release.0, 0), pair(release.0, u64::MAX));
    for row in
        txn.open_table(RELEASE_COMMITS)?.range::<&[u8; 16]>(&first..=&last)?.take(COMMITS_LOOKED_AT_MAX)
    {
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
