//! Releases: what was deployed, of which projects and commits. A build names them, or an event does that is the first
//! to be seen of one; both are one row. What events said stands beside it, one row a project.
//!
//! Orders by date and by version are kept for all releases together (project 0) and for each project, so that a list
//! is a range.

use jiff::Timestamp;
use redb::{ReadableTable, WriteTransaction};

use crate::model::ids::{ProjectId, ReleaseId};
use crate::model::release::{Commit, Head, Release, ReleaseProject, ReleaseStatus};
use crate::store::error::{Result, StoreError};
use crate::store::json::{decode, encode};
use crate::store::keys::{join, order_micros, pair, u64_at};
use crate::store::reading::Reading;
use crate::store::schema::{
    RELEASE_COUNTS, RELEASE_ORDER, RELEASE_PROJECTS, RELEASE_VERSIONS, RELEASES, meta, next_number,
};
use crate::store::{Store, commits, deploys, health, repositories};

pub(super) mod environments;
mod lists;
pub(super) mod order;
pub(super) mod seen;

pub use environments::SeenIn;
pub use lists::{ReleaseCursor, ReleaseFilter, ReleasePage, ReleaseSort};
pub(super) use order::{index_anew, known, newest, order};

/// Of one project. Beyond it, the oldest that nobody declared makes room.
pub const RELEASES_OF_PROJECT_MAX: u64 = 20_000;
/// The scope of the order of all releases.
const ALL: ProjectId = ProjectId(0);

/// What is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct ReleaseEdit {
    pub reference: Option<String>,
    pub url: Option<String>,
    pub released: Option<Timestamp>,
    pub status: Option<ReleaseStatus>,
    /// Newest first; they replace those that it had, and its heads.
    pub commits: Option<Vec<Commit>>,
    /// Replace those that it had; of `commits` the newest are added to them. None at all take the commits away.
    pub heads: Option<Vec<Head>>,
}

/// What declaring a release did.
#[derive(Debug, Clone, PartialEq)]
pub struct Declared {
    pub release: Release,
    /// It was not known, or not of all these projects.
    pub is_new: bool,
}

impl Store {
    /// Makes the release, or adds projects and what is said to one that is known.
    pub fn declare_release(
        &self,
        version: &str,
        projects: &[ProjectId],
        edit: ReleaseEdit,
        now: Timestamp,
    ) -> Result<Declared> {
        self.write(|txn| {
            let (mut release, mut is_new) = match find_by_version(txn, version)? {
                Some(release) => (release, false),
                None => (create(txn, version, now)?, true),
            };
            release.is_declared = true;
            write(txn, &release)?;
            for project in projects {
                if add_project(txn, &release, *project, ReleaseProject::default())? {
                    seen::make_room(txn, *project, &release)?;
                    is_new = true;
                }
            }
            let release = apply(txn, release, edit, now)?;
            Ok(Declared { release, is_new })
        })
    }

    /// `Gone` where there is none.
    pub fn change_release(&self, id: ReleaseId, edit: ReleaseEdit, now: Timestamp) -> Result<Release> {
        self.write(|txn| {
            let mut release = find(txn, id)?.ok_or(StoreError::Gone)?;
            release.is_declared = true;
            apply(txn, release, edit, now)
        })
    }

    /// With its commits and deploys. An event of it makes it anew.
    pub fn delete_release(&self, id: ReleaseId) -> Result<()> {
        self.write(|txn| match find(txn, id)? {
            Some(release) => remove(txn, &release),
            None => Ok(()),
        })
    }

    pub fn find_release(&self, version: &str) -> Result<Option<Release>> {
        find_by_version(&self.inner.state.begin_read()?, version)
    }

    /// What is said of a release in one project; `None` where it is not of that.
    pub fn release_in_project(&self, id: ReleaseId, project: ProjectId) -> Result<Option<ReleaseProject>> {
        in_project(&self.inner.state.begin_read()?, id, project)
    }

    /// The projects that a release is of, and what their events said.
    pub fn release_projects(&self, id: ReleaseId) -> Result<Vec<(ProjectId, ReleaseProject)>> {
        projects_of(&self.inner.state.begin_read()?.open_table(RELEASE_PROJECTS)?, id)
    }
}

fn apply(txn: &WriteTransaction, mut release: Release, edit: ReleaseEdit, now: Timestamp) -> Result<Release> {
    let date = date_micros(&release);
    let ReleaseEdit { reference, url, released, status, commits, heads } = edit;
    release.reference = reference.or(release.reference);
    release.url = url.or(release.url);
    release.released = released.or(release.released);
    release.status = status.unwrap_or(release.status);
    // No heads at all take the commits away; heads alone say nothing of them.
    let is_cleared = commits.is_none() && heads.as_ref().is_some_and(Vec::is_empty);
    let commits = if is_cleared { Some(Vec::new()) } else { commits };
    if let Some(heads) = heads {
        release.heads = heads;
    } else if commits.is_some() {
        release.heads.clear();
    }
    if let Some(commits) = commits {
        commits::replace(txn, &mut release, &commits)?;
    }
    let named = release.heads.iter().map(|head| head.repository.as_str());
    repositories::ensure(txn, named, now)?;
    let moved = date_micros(&release);
    if moved != date {
        let projects = projects_of(&txn.open_table(RELEASE_PROJECTS)?, release.id)?;
        let mut order = txn.open_table(RELEASE_ORDER)?;
        for project in projects.into_iter().map(|(project, _)| project).chain([ALL]) {
            order.remove(&order_key(project, date, release.id))?;
            order.insert(&order_key(project, moved, release.id), ())?;
        }
    }
    write(txn, &release)?;
    Ok(release)
}

fn create(txn: &WriteTransaction, version: &str, now: Timestamp) -> Result<Release> {
    let release = Release {
        id: ReleaseId(next_number(txn, meta::LAST_RELEASE)?),
        version: version.to_owned(),
        created: now,
        released: None,
        status: ReleaseStatus::Open,
        is_declared: false,
        reference: None,
        url: None,
        heads: Vec::new(),
        commits: 0,
        last_commit: None,
        authors: Vec::new(),
        deploys: 0,
        last_deploy: None,
    };
    txn.open_table(RELEASE_VERSIONS)?.insert(version, release.id.0)?;
    txn.open_table(RELEASE_ORDER)?.insert(&order_key(ALL, date_micros(&release), release.id), ())?;
    order::add(txn, ALL, &release)?;
    Ok(release)
}

pub(super) fn write(txn: &WriteTransaction, release: &Release) -> Result<()> {
    txn.open_table(RELEASES)?.insert(release.id.0, encode(release)?.as_slice())?;
    Ok(())
}

pub(super) fn find(txn: &impl Reading, id: ReleaseId) -> Result<Option<Release>> {
    txn.table(RELEASES)?.get(id.0)?.map(|row| decode(row.value())).transpose()
}

/// Its number, where the project has it.
pub(super) fn id_in_project(
    txn: &WriteTransaction,
    project: ProjectId,
    version: &str,
) -> Result<Option<ReleaseId>> {
    let id = txn.open_table(RELEASE_VERSIONS)?.get(version)?.map(|id| id.value());
    let Some(id) = id else { return Ok(None) };
    let is_of = in_project(txn, ReleaseId(id), project)?.is_some();
    Ok(is_of.then_some(ReleaseId(id)))
}

/// What is said of a release in one project; `None` where it is not of that.
pub(super) fn in_project(
    txn: &impl Reading,
    id: ReleaseId,
    project: ProjectId,
) -> Result<Option<ReleaseProject>> {
    txn.table(RELEASE_PROJECTS)?.get(&pair(id.0, project.0))?.map(|row| decode(row.value())).transpose()
}

pub(super) fn find_by_version(txn: &impl Reading, version: &str) -> Result<Option<Release>> {
    let id = txn.table(RELEASE_VERSIONS)?.get(version)?.map(|id| id.value());
    match id {
        Some(id) => find(txn, ReleaseId(id)),
        None => Ok(None),
    }
}

/// The latest of a project by date.
pub(super) fn latest(txn: &WriteTransaction, project: ProjectId, limit: usize) -> Result<Vec<Release>> {
    let (first, last) =
        (order_key(project, 0, ReleaseId(0)), order_key(project, u64::MAX, ReleaseId(u64::MAX)));
    let mut found = Vec::new();
    for row in txn.open_table(RELEASE_ORDER)?.range::<&[u8; 24]>(&first..=&last)?.rev().take(limit) {
        found.extend(find(txn, ReleaseId(u64_at(row?.0.value(), 16)))?);
    }
    Ok(found)
}

/// Whether it was not of the project before.
fn add_project(
    txn: &WriteTransaction,
    release: &Release,
    project: ProjectId,
    said: ReleaseProject,
) -> Result<bool> {
    let mut table = txn.open_table(RELEASE_PROJECTS)?;
    let key = pair(release.id.0, project.0);
    if table.get(&key)?.is_some() {
        return Ok(false);
    }
    table.insert(&key, encode(&said)?.as_slice())?;
    txn.open_table(RELEASE_ORDER)?.insert(&order_key(project, date_micros(release), release.id), ())?;
    order::add(txn, project, release)?;
    change_count(txn, project, 1)?;
    Ok(true)
}

/// Takes a release from a project; where it was the last one, the release goes.
fn take_from_project(txn: &WriteTransaction, release: &Release, project: ProjectId) -> Result<()> {
    let key = pair(release.id.0, project.0);
    let mut of_projects = txn.open_table(RELEASE_PROJECTS)?;
    let removed: Option<ReleaseProject> =
        of_projects.remove(&key)?.map(|row| decode(row.value())).transpose()?;
    drop(of_projects);
    txn.open_table(RELEASE_ORDER)?.remove(&order_key(project, date_micros(release), release.id))?;
    order::remove(txn, project, release)?;
    environments::remove(txn, release.id, project)?;
    if let Some(said) = removed {
        change_count(txn, project, -1)?;
        if let Some(sessions) = said.first_session.zip(said.last_session) {
            health::forget_release(txn, project, release.id, sessions)?;
        }
    }
    let has_others = !projects_of(&txn.open_table(RELEASE_PROJECTS)?, release.id)?.is_empty();
    if has_others { Ok(()) } else { remove_alone(txn, release) }
}

fn remove(txn: &WriteTransaction, release: &Release) -> Result<()> {
    let projects = projects_of(&txn.open_table(RELEASE_PROJECTS)?, release.id)?;
    if projects.is_empty() {
        return remove_alone(txn, release);
    }
    projects.into_iter().try_for_each(|(project, _)| take_from_project(txn, release, project))
}

fn remove_alone(txn: &WriteTransaction, release: &Release) -> Result<()> {
    commits::remove(txn, release.id)?;
    deploys::remove(txn, release.id)?;
    txn.open_table(RELEASE_ORDER)?.remove(&order_key(ALL, date_micros(release), release.id))?;
    order::remove(txn, ALL, release)?;
    txn.open_table(RELEASE_VERSIONS)?.remove(release.version.as_str())?;
    txn.open_table(RELEASES)?.remove(release.id.0)?;
    Ok(())
}

/// Some of a deleted project's; whether there were any.
pub(super) fn erase(txn: &WriteTransaction, project: ProjectId, limit: usize) -> Result<bool> {
    let (first, last) =
        (order_key(project, 0, ReleaseId(0)), order_key(project, u64::MAX, ReleaseId(u64::MAX)));
    let mut doomed = Vec::new();
    for row in txn.open_table(RELEASE_ORDER)?.range::<&[u8; 24]>(&first..=&last)?.take(limit) {
        doomed.push(ReleaseId(u64_at(row?.0.value(), 16)));
    }
    for id in &doomed {
        if let Some(release) = find(txn, *id)? {
            take_from_project(txn, &release, project)?;
        }
    }
    if doomed.is_empty() {
        txn.open_table(RELEASE_COUNTS)?.remove(project.0)?;
    }
    Ok(!doomed.is_empty())
}

fn projects_of(
    table: &impl ReadableTable<&'static [u8; 16], &'static [u8]>,
    id: ReleaseId,
) -> Result<Vec<(ProjectId, ReleaseProject)>> {
    let (first, last) = (pair(id.0, 0), pair(id.0, u64::MAX));
    let mut found = Vec::new();
    for row in table.range::<&[u8; 16]>(&first..=&last)? {
        let (key, row) = row?;
        found.push((ProjectId(u64_at(key.value(), 8)), decode(row.value())?));
    }
    Ok(found)
}

pub(super) fn change_count(txn: &WriteTransaction, project: ProjectId, by: i64) -> Result<u64> {
    let mut counts = txn.open_table(RELEASE_COUNTS)?;
    let count = counts.get(project.0)?.map_or(0, |count| count.value()).saturating_add_signed(by);
    counts.insert(project.0, count)?;
    Ok(count)
}

fn date_micros(release: &Release) -> u64 {
    order_micros(release.date())
}

fn order_key(project: ProjectId, micros: u64, release: ReleaseId) -> [u8; 24] {
    join(&[&project.0.to_be_bytes(), &micros.to_be_bytes(), &release.0.to_be_bytes()])
}
