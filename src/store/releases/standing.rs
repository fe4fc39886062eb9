//! Where a release stands among those of its project, asked inside a transaction.

use redb::{ReadableTable, WriteTransaction};

use crate::model::ids::ProjectId;
use crate::model::release::{KnownRelease, Release, ReleaseProject};
use crate::model::release_order::{LOOKED_AT, ReleaseOrder};
use crate::store::error::Result;
use crate::store::json::decode;
use crate::store::keys::pair;
use crate::store::releases::{find_by_version, latest};
use crate::store::schema::RELEASE_PROJECTS;

/// A release of the project, with the date that counts for its order.
pub(in crate::store) fn known(
    txn: &WriteTransaction,
    project: ProjectId,
    version: &str,
) -> Result<Option<KnownRelease>> {
    let Some(release) = find_by_version(txn, version)? else { return Ok(None) };
    of_project(txn, project, &release)
}

/// The newest release of a project.
pub(in crate::store) fn newest(txn: &WriteTransaction, project: ProjectId) -> Result<Option<KnownRelease>> {
    let newest = latest(txn, project, LOOKED_AT)?;
    let order = order_of(&newest);
    let mut known = Vec::new();
    for release in &newest {
        known.extend(of_project(txn, project, release)?);
    }
    Ok(known.into_iter().max_by(|a, b| order.compare(a, b)))
}

pub(in crate::store) fn order(txn: &WriteTransaction, project: ProjectId) -> Result<ReleaseOrder> {
    Ok(order_of(&latest(txn, project, LOOKED_AT)?))
}

fn order_of(newest: &[Release]) -> ReleaseOrder {
    ReleaseOrder::of(newest.iter().map(|release| release.version.as_str()))
}

fn of_project(txn: &WriteTransaction, project: ProjectId, release: &Release) -> Result<Option<KnownRelease>> {
    let row =
        txn.open_table(RELEASE_PROJECTS)?.get(&pair(release.id.0, project.0))?.map(|row| decode(row.value()));
    let Some(said): Option<ReleaseProject> = row.transpose()? else { return Ok(None) };
    let first_seen = said.first_event.map_or(release.created, |first| first.min(release.created));
    let date = if release.is_declared { release.date() } else { first_seen };
    Ok(Some(KnownRelease { version: release.version.clone(), date }))
}
