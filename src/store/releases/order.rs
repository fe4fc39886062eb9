//! Which release of a project is the newer one: what its releases are called by decides (`model::release_order`). Those
//! that are called by versions stand in an index by them, for all projects together (project 0) and for each.

use jiff::Timestamp;
use redb::{ReadableTable, WriteTransaction};

use crate::model::ids::{ProjectId, ReleaseId};
use crate::model::release::{KnownRelease, Release, ReleaseProject};
use crate::model::release_order::{LOOKED_AT, ReleaseOrder};
use crate::model::version;
use crate::store::Store;
use crate::store::error::Result;
use crate::store::json::decode;
use crate::store::keys::u64_at;
use crate::store::reading::Reading;
use crate::store::releases::lists::SCAN_MAX;
use crate::store::releases::{find, find_by_version, in_project, order_key};
use crate::store::schema::{RELEASE_ORDER, RELEASE_VERSION_ORDER, RELEASES};

/// Where a release stands among the versions of a project; `None` where it is called by no version.
pub(super) fn version_key(project: ProjectId, release: &Release) -> Option<Vec<u8>> {
    let version = version::Release::numbered(&release.version)?;
    Some([&project.0.to_be_bytes(), version.order(), &release.id.0.to_be_bytes()].concat())
}

pub(super) fn release_of_key(key: &[u8]) -> ReleaseId {
    ReleaseId(u64_at(key, key.len().saturating_sub(8)))
}

pub(super) fn add(txn: &WriteTransaction, project: ProjectId, release: &Release) -> Result<()> {
    if let Some(key) = version_key(project, release) {
        txn.open_table(RELEASE_VERSION_ORDER)?.insert(key.as_slice(), ())?;
    }
    Ok(())
}

pub(super) fn remove(txn: &WriteTransaction, project: ProjectId, release: &Release) -> Result<()> {
    if let Some(key) = version_key(project, release) {
        txn.open_table(RELEASE_VERSION_ORDER)?.remove(key.as_slice())?;
    }
    Ok(())
}

/// Fills the index from the lists by date.
pub(in crate::store) fn index_anew(txn: &WriteTransaction) -> Result<()> {
    let (order, rows) = (txn.open_table(RELEASE_ORDER)?, txn.open_table(RELEASES)?);
    for row in order.iter()? {
        let key = *row?.0.value();
        let Some(row) = rows.get(u64_at(&key, 16))? else { continue };
        add(txn, ProjectId(u64_at(&key, 0)), &decode(row.value())?)?;
    }
    Ok(())
}

fn known_of(txn: &impl Reading, project: ProjectId, release: Release) -> Result<Option<KnownRelease>> {
    // Whoever declares a release says when it is of; of others the earliest event tells, which may have come late.
    let Some(said) = in_project(txn, release.id, project)? else { return Ok(None) };
    let date = if release.is_declared {
        release.date()
    } else {
        said.first_event.map_or(release.created, |first| first.min(release.created))
    };
    Ok(Some(KnownRelease { version: release.version, date }))
}

/// Of those that were known `at` a time.
fn newest_by_date(txn: &impl Reading, project: ProjectId, at: Timestamp) -> Result<Vec<Release>> {
    let mut found = Vec::new();
    let (first, last) =
        (order_key(project, 0, ReleaseId(0)), order_key(project, u64::MAX, ReleaseId(u64::MAX)));
    for row in txn.table(RELEASE_ORDER)?.range::<&[u8; 24]>(&first..=&last)?.rev().take(SCAN_MAX) {
        let release = find(txn, ReleaseId(u64_at(row?.0.value(), 16)))?;
        found.extend(release.filter(|release| release.created <= at));
        if found.len() == LOOKED_AT {
            break;
        }
    }
    Ok(found)
}

fn highest(
    txn: &impl Reading,
    project: ProjectId,
    package: Option<&str>,
    at: Timestamp,
) -> Result<Option<Release>> {
    let mut pre_release = None;
    let (first, end) = (project.0.to_be_bytes(), (project.0 + 1).to_be_bytes());
    let by_version = txn.table(RELEASE_VERSION_ORDER)?;
    for row in by_version.range::<&[u8]>(&first[..]..&end[..])?.rev().take(SCAN_MAX) {
        let Some(release) = find(txn, release_of_key(row?.0.value()))? else { continue };
        if version::Release::of(&release.version).package != package || release.created > at {
            continue;
        }
        let is_final =
            version::Release::numbered(&release.version).is_some_and(|version| version.pre().is_none());
        if is_final {
            return Ok(Some(release));
        }
        pre_release.get_or_insert(release);
    }
    Ok(pre_release)
}

/// A release of the project, with the date that counts for its order.
pub(in crate::store) fn known(
    txn: &impl Reading,
    project: ProjectId,
    version: &str,
) -> Result<Option<KnownRelease>> {
    find_by_version(txn, version)?.map_or(Ok(None), |release| known_of(txn, project, release))
}

/// The newest release of a project, of those that were known `at` a time. By version: the highest of the package that was
/// released last, pre-releases only where there is nothing else.
pub(in crate::store) fn newest(
    txn: &impl Reading,
    project: ProjectId,
    at: Timestamp,
) -> Result<Option<KnownRelease>> {
    let by_date = newest_by_date(txn, project, at)?;
    let order = ReleaseOrder::of(by_date.iter().map(|release| release.version.as_str()));
    let versioned = by_date.iter().find(|release| version::is_version(&release.version));
    let newest = match (order, versioned) {
        (ReleaseOrder::Versions, Some(last)) => {
            let package = version::Release::of(&last.version).package;
            highest(txn, project, package, at)?.or_else(|| Some(last.clone()))
        }
        _ => by_date.into_iter().next(),
    };
    newest.map_or(Ok(None), |newest| known_of(txn, project, newest))
}

/// How the releases of a project are ordered.
pub(in crate::store) fn order(txn: &impl Reading, project: ProjectId) -> Result<ReleaseOrder> {
    let newest = newest_by_date(txn, project, Timestamp::MAX)?;
    Ok(ReleaseOrder::of(newest.iter().map(|release| release.version.as_str())))
}

impl Store {
    /// How the releases of a project are ordered.
    pub fn release_order(&self, project: ProjectId) -> Result<ReleaseOrder> {
        order(&self.inner.state.begin_read()?, project)
    }

    /// The newest release of a project, in its order.
    pub fn newest_release(&self, project: ProjectId) -> Result<Option<KnownRelease>> {
        newest(&self.inner.state.begin_read()?, project, Timestamp::MAX)
    }

    /// A release of the project, with the date that counts for its order.
    pub fn known_release(&self, project: ProjectId, version: &str) -> Result<Option<KnownRelease>> {
        known(&self.inner.state.begin_read()?, project, version)
    }

    /// The release before this one in the project's order for which `fits` holds. At most `SCAN_MAX` are looked at.
    pub fn release_before(
        &self,
        project: ProjectId,
        release: &Release,
        fits: impl Fn(&Release, &ReleaseProject) -> Result<bool>,
    ) -> Result<Option<Release>> {
        let txn = self.inner.state.begin_read()?;
        let by_version = match order(&txn, project)? {
            ReleaseOrder::Versions => version_key(project, release),
            ReleaseOrder::Dates => None,
        };
        let mut ids = Vec::new();
        if let Some(end) = by_version {
            let first = project.0.to_be_bytes();
            for row in
                txn.table(RELEASE_VERSION_ORDER)?.range::<&[u8]>(&first[..]..&end[..])?.rev().take(SCAN_MAX)
            {
                ids.push(release_of_key(row?.0.value()));
            }
        } else {
            let first = order_key(project, 0, ReleaseId(0));
            let end = order_key(project, super::date_micros(release), release.id);
            for row in txn.table(RELEASE_ORDER)?.range::<&[u8; 24]>(&first..&end)?.rev().take(SCAN_MAX) {
                ids.push(ReleaseId(u64_at(row?.0.value(), 16)));
            }
        }
        let package = version::Release::of(&release.version).package;
        for id in ids {
            let Some(before) = find(&txn, id)? else { continue };
            let Some(said) = in_project(&txn, id, project)? else { continue };
            if version::Release::of(&before.version).package == package && fits(&before, &said)? {
                return Ok(Some(before));
            }
        }
        Ok(None)
    }
}
