//! The rows by which files are found; written when a bundle is ready or uploaded for one more release, and removed
//! with it.

use jiff::Timestamp;
use redb::{ReadableTable, WriteTransaction};

use crate::model::artifact::{ArtifactFile, BundleId, BundleScope, CacheKey, FileKind, MapState};
use crate::store::artifacts::{kind_code, text};
use crate::store::error::Result;
use crate::store::json::{decode, encode};
use crate::store::keys::{micros, pair};
use crate::store::schema::{
    BUNDLE_FILES, BUNDLE_MAPS, DEBUG_IDS, FILE_URLS, FileUrl, PROJECT_BUNDLES, RELEASE_BUNDLES,
};

pub(super) fn files(txn: &WriteTransaction, id: BundleId) -> Result<Vec<ArtifactFile>> {
    let table = txn.open_table(BUNDLE_FILES)?;
    table.range((id.0, 0)..=(id.0, u32::MAX))?.map(|row| decode(row?.1.value())).collect()
}

pub(super) fn write_files(txn: &WriteTransaction, id: BundleId, files: &[ArtifactFile]) -> Result<()> {
    let mut rows = txn.open_table(BUNDLE_FILES)?;
    let mut debug_ids = txn.open_table(DEBUG_IDS)?;
    let mut maps = txn.open_table(BUNDLE_MAPS)?;
    for (n, file) in (0u32..).zip(files) {
        rows.insert((id.0, n), encode(file)?.as_slice())?;
        if let Some(debug_id) = file.debug_id {
            let key = (&debug_id.0, kind_code(file.kind), id.0);
            if debug_ids.get(key)?.is_none() {
                debug_ids.insert(key, n)?;
            }
        }
        if let Some(cache) = cache_of(file) {
            maps.insert((&cache.0, id.0), ())?;
        }
    }
    Ok(())
}

pub(super) fn remove_files(txn: &WriteTransaction, id: BundleId, files: &[ArtifactFile]) -> Result<()> {
    let mut debug_ids = txn.open_table(DEBUG_IDS)?;
    let mut maps = txn.open_table(BUNDLE_MAPS)?;
    for file in files {
        if let Some(debug_id) = file.debug_id {
            debug_ids.remove((&debug_id.0, kind_code(file.kind), id.0))?;
        }
        if let Some(cache) = cache_of(file) {
            maps.remove((&cache.0, id.0))?;
        }
    }
    let range = (id.0, 0)..=(id.0, u32::MAX);
    txn.open_table(BUNDLE_FILES)?.retain_in(range, |_, _| false)?;
    Ok(())
}

pub(super) fn replace_map(
    txn: &WriteTransaction,
    id: BundleId,
    n: u32,
    file: &mut ArtifactFile,
    map: &MapState,
) -> Result<()> {
    let mut maps = txn.open_table(BUNDLE_MAPS)?;
    // Another file of the bundle may be read with the former one: a row too many is removed with the bundle's file.
    file.map = Some(map.clone());
    if let Some(cache) = cache_of(file) {
        maps.insert((&cache.0, id.0), ())?;
    }
    txn.open_table(BUNDLE_FILES)?.insert((id.0, n), encode(file)?.as_slice())?;
    Ok(())
}

/// The bundle as one of the project's and the release's.
pub(super) fn write_scope(txn: &WriteTransaction, id: BundleId, scope: &BundleScope) -> Result<()> {
    txn.open_table(PROJECT_BUNDLES)?.insert(&pair(scope.project.0, id.0), ())?;
    txn.open_table(RELEASE_BUNDLES)?.insert((scope.project.0, text(scope.release.as_ref()), id.0), ())?;
    Ok(())
}

/// Removes what `write_scope` wrote, except for what `left` still needs.
pub(super) fn remove_scope(
    txn: &WriteTransaction,
    id: BundleId,
    scope: &BundleScope,
    left: &[BundleScope],
) -> Result<()> {
    if !left.iter().any(|other| other.project == scope.project) {
        txn.open_table(PROJECT_BUNDLES)?.remove(&pair(scope.project.0, id.0))?;
    }
    if !left.iter().any(|other| other.project == scope.project && other.release == scope.release) {
        let key = (scope.project.0, text(scope.release.as_ref()), id.0);
        txn.open_table(RELEASE_BUNDLES)?.remove(key)?;
    }
    Ok(())
}

/// Makes the files' addresses known in a scope, as uploaded `now`. Of two files with one address the first counts.
pub(super) fn write_urls(
    txn: &WriteTransaction,
    id: BundleId,
    scope: &BundleScope,
    files: &[ArtifactFile],
    now: Timestamp,
) -> Result<()> {
    let mut table = txn.open_table(FILE_URLS)?;
    for (n, file) in files.iter().enumerate().rev().filter(|(_, file)| is_looked_up(file.kind)) {
        let n = u32::try_from(n).expect("a bundle's files are few");
        table.insert(url_key(id, scope, file), (n, micros(now)))?;
    }
    Ok(())
}

pub(super) fn remove_urls(
    txn: &WriteTransaction,
    id: BundleId,
    scope: &BundleScope,
    files: &[ArtifactFile],
) -> Result<()> {
    let mut table = txn.open_table(FILE_URLS)?;
    for file in files.iter().filter(|file| is_looked_up(file.kind)) {
        table.remove(url_key(id, scope, file))?;
    }
    Ok(())
}

fn url_key<'a>(id: BundleId, scope: &'a BundleScope, file: &'a ArtifactFile) -> FileUrl<'a> {
    (scope.project.0, &file.url, text(scope.release.as_ref()), text(scope.dist.as_ref()), id.0)
}

/// Original sources are read where their map is converted, and never again.
fn is_looked_up(kind: FileKind) -> bool {
    matches!(kind, FileKind::MinifiedSource | FileKind::SourceMap)
}

pub(super) fn cache_of(file: &ArtifactFile) -> Option<CacheKey> {
    match file.map {
        Some(MapState::Ready { cache, .. }) => Some(cache),
        _ => None,
    }
}
