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
use crate::store::keys::{pair, u64_at};
use crate::store::releases::lists::SCAN_MAX;
use crate::store::releases::order_key;
use crate::store::schema::{
    RELEASE_ORDER, RELEASE_PROJECTS, RELEASE_VERSION_ORDER, RELEASE_VERSIONS, RELEASES,
};

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

/// The tables that say how releases are ordered, of a reader or of the writer.
struct Tables<D, R, P, N, V> {
    by_date: D,
    rows: R,
    projects: P,
    names: N,
    by_version: V,
}

macro_rules! tables {
    ($txn:expr) => {
        Tables {
            by_date: $txn.open_table(RELEASE_ORDER)?,
            rows: $txn.open_table(RELEASES)?,
            projects: $txn.open_table(RELEASE_PROJECTS)?,
            names: $txn.open_table(RELEASE_VERSIONS)?,
            by_version: $txn.open_table(RELEASE_VERSION_ORDER)?,
        }
    };
}

impl<D, R, P, N, V> Tables<D, R, P, N, V>
where
    D: ReadableTable<&'static [u8; 24], ()>,
    R: ReadableTable<u64, &'static [u8]>,
    P: ReadableTable<&'static [u8; 16], &'static [u8]>,
    N: ReadableTable<&'static str, u64>,
    V: ReadableTable<&'static [u8], ()>,
{
    fn release(&self, id: ReleaseId) -> Result<Option<Release>> {
        self.rows.get(id.0)?.map(|row| decode(row.value())).transpose()
    }

    fn known(&self, project: ProjectId, version: &str) -> Result<Option<KnownRelease>> {
        let Some(id) = self.names.get(version)?.map(|id| ReleaseId(id.value())) else { return Ok(None) };
        match self.release(id)? {
            Some(release) => self.of_project(project, release),
            None => Ok(None),
        }
    }

    /// Whoever declares a release says when it is of; of others the earliest event tells, which may have come late.
    fn of_project(&self, project: ProjectId, release: Release) -> Result<Option<KnownRelease>> {
        let said = self.projects.get(&pair(release.id.0, project.0))?;
        let said: Option<ReleaseProject> = said.map(|row| decode(row.value())).transpose()?;
        let Some(said) = said else { return Ok(None) };
        let date = if release.is_declared {
            release.date()
        } else {
            said.first_event.map_or(release.created, |first| first.min(release.created))
        };
        Ok(Some(KnownRelease { version: release.version, date }))
    }

    /// Of those that were known `at` a time.
    fn newest_by_date(&self, project: ProjectId, at: Timestamp) -> Result<Vec<Release>> {
        let mut found = Vec::new();
        let (first, last) =
            (order_key(project, 0, ReleaseId(0)), order_key(project, u64::MAX, ReleaseId(u64::MAX)));
        for row in self.by_date.range::<&[u8; 24]>(&first..=&last)?.rev().take(SCAN_MAX) {
            let release = self.release(ReleaseId(u64_at(row?.0.value(), 16)))?;
            found.extend(release.filter(|release| release.created <= at));
            if found.len() == LOOKED_AT {
                break;
            }
        }
        Ok(found)
    }

    fn order(&self, project: ProjectId) -> Result<ReleaseOrder> {
        let newest = self.newest_by_date(project, Timestamp::MAX)?;
        Ok(ReleaseOrder::of(newest.iter().map(|release| release.version.as_str())))
    }

    /// By version: the highest of the package that was released last, pre-releases only where there is nothing else.
    fn newest(&self, project: ProjectId, at: Timestamp) -> Result<Option<KnownRelease>> {
        let by_date = self.newest_by_date(project, at)?;
        let order = ReleaseOrder::of(by_date.iter().map(|release| release.version.as_str()));
        let versioned = by_date.iter().find(|release| version::is_version(&release.version));
        let newest = match (order, versioned) {
            (ReleaseOrder::Versions, Some(last)) => {
                let package = version::Release::of(&last.version).package;
                self.highest(project, package, at)?.or_else(|| Some(last.clone()))
            }
            _ => by_date.into_iter().next(),
        };
        newest.map_or(Ok(None), |newest| self.of_project(project, newest))
    }

    fn highest(&self, project: ProjectId, package: Option<&str>, at: Timestamp) -> Result<Option<Release>> {
        let mut pre_release = None;
        let (first, end) = (project.0.to_be_bytes(), (project.0 + 1).to_be_bytes());
        for row in self.by_version.range::<&[u8]>(&first[..]..&end[..])?.rev().take(SCAN_MAX) {
            let Some(release) = self.release(release_of_key(row?.0.value()))? else { continue };
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
}

/// A release of the project, with the date that counts for its order.
pub(in crate::store) fn known(
    txn: &WriteTransaction,
    project: ProjectId,
    version: &str,
) -> Result<Option<KnownRelease>> {
    tables!(txn).known(project, version)
}

/// The newest release of a project, of those that were known `at` a time.
pub(in crate::store) fn newest(
    txn: &WriteTransaction,
    project: ProjectId,
    at: Timestamp,
) -> Result<Option<KnownRelease>> {
    tables!(txn).newest(project, at)
}

pub(in crate::store) fn order(txn: &WriteTransaction, project: ProjectId) -> Result<ReleaseOrder> {
    tables!(txn).order(project)
}

impl Store {
    /// How the releases of a project are ordered.
    pub fn release_order(&self, project: ProjectId) -> Result<ReleaseOrder> {
        let txn = self.inner.state.begin_read()?;
        tables!(txn).order(project)
    }

    /// The newest release of a project, in its order.
    pub fn newest_release(&self, project: ProjectId) -> Result<Option<KnownRelease>> {
        let txn = self.inner.state.begin_read()?;
        tables!(txn).newest(project, Timestamp::MAX)
    }

    /// A release of the project, with the date that counts for its order.
    pub fn known_release(&self, project: ProjectId, version: &str) -> Result<Option<KnownRelease>> {
        let txn = self.inner.state.begin_read()?;
        tables!(txn).known(project, version)
    }

    /// The release before this one in the project's order for which `fits` holds. At most `SCAN_MAX` are looked at.
    pub fn release_before(
        &self,
        project: ProjectId,
        release: &Release,
        fits: impl Fn(&Release, &ReleaseProject) -> Result<bool>,
    ) -> Result<Option<Release>> {
        let txn = self.inner.state.begin_read()?;
        let tables = tables!(txn);
        let by_version = match tables.order(project)? {
            ReleaseOrder::Versions => version_key(project, release),
            ReleaseOrder::Dates => None,
        };
        let mut ids = Vec::new();
        if let Some(end) = by_version {
            let first = project.0.to_be_bytes();
            for row in tables.by_version.range::<&[u8]>(&first[..]..&end[..])?.rev().take(SCAN_MAX) {
                ids.push(release_of_key(row?.0.value()));
            }
        } else {
            let first = order_key(project, 0, ReleaseId(0));
            let end = order_key(project, super::date_micros(release), release.id);
            for row in tables.by_date.range::<&[u8; 24]>(&first..&end)?.rev().take(SCAN_MAX) {
                ids.push(ReleaseId(u64_at(row?.0.value(), 16)));
            }
        }
        let package = version::Release::of(&release.version).package;
        for id in ids {
            let Some(before) = tables.release(id)? else { continue };
            let said = tables.projects.get(&pair(id.0, project.0))?.map(|row| decode(row.value()));
            let Some(said) = said.transpose()? else { continue };
            if version::Release::of(&before.version).package == package && fits(&before, &said)? {
                return Ok(Some(before));
            }
        }
        Ok(None)
    }
}
