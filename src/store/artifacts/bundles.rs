//! The life of a bundle: begun once its chunks are there, ready or failed once they are read, deleted by a person or by
//! its age.

use std::ops::ControlFlow;

use jiff::{SignedDuration, Timestamp};
use redb::{ReadableTable, WriteTransaction};

use crate::model::artifact::{
    ArtifactFile, Bundle, BundleId, BundleScope, BundleState, CacheKey, Checksum, MapState,
};
use crate::model::ids::ProjectId;
use crate::store::Store;
use crate::store::artifacts::{BundleRow, Waiting, index, is_of};
use crate::store::error::Result;
use crate::store::json::{decode, encode};
use crate::store::keys::{pair, u64_at};
use crate::store::schema::{
    ASSEMBLING_BUNDLES, BUNDLE_CHECKSUMS, BUNDLE_FILES, BUNDLE_MAPS, BUNDLES, PROJECT_BUNDLES,
    RELEASE_BUNDLES, meta, next_number,
};

/// Projects, releases and dists that one bundle may belong to; the oldest makes room for a new one.
const SCOPES_MAX: usize = 200;
/// How often it is written down that a bundle is in use.
const USED_INTERVAL: SignedDuration = SignedDuration::from_hours(1);

impl Store {
    /// Notes that all chunks of a bundle are there. A bundle that is known belongs to these scopes too from now on, and
    /// keeps its state; one that had failed is tried again.
    pub fn begin_bundle(
        &self,
        checksum: Checksum,
        scopes: &[BundleScope],
        chunks: &[Checksum],
        now: Timestamp,
    ) -> Result<Bundle> {
        let bundle = self.write(|txn| {
            let known = txn.open_table(BUNDLE_CHECKSUMS)?.get(&checksum.0)?.map(|id| BundleId(id.value()));
            let known = known.map(|id| read(txn, id)).transpose()?.flatten();
            let mut row = match known {
                Some(row) => row,
                None => new_row(txn, checksum, now)?,
            };
            let id = row.bundle.id;
            if matches!(row.bundle.state, BundleState::Failed { .. }) {
                row.bundle.state = BundleState::Assembling;
            }
            let is_assembling = row.bundle.state == BundleState::Assembling;
            if is_assembling {
                row.chunks = chunks.to_vec();
            }
            if is_assembling || scopes.iter().any(|scope| !row.bundle.scopes.contains(scope)) {
                txn.open_table(ASSEMBLING_BUNDLES)?.insert(id.0, ())?;
            }
            let files = index::files(txn, id)?;
            for scope in scopes {
                add_scope(txn, &mut row.bundle, scope, &files, now)?;
            }
            row.bundle.used = row.bundle.used.max(now);
            write(txn, &row)?;
            Ok(row.bundle)
        })?;
        self.artifacts_changed()?;
        Ok(bundle)
    }

    /// The bundle is ready and has these files, whatever it had before; `bytes` are all that it takes on disk. `false`:
    /// it was deleted meanwhile.
    pub fn finish_bundle(&self, id: BundleId, files: &[ArtifactFile], bytes: u64) -> Result<bool> {
        let is_there = self.write(|txn| {
            let Some(mut row) = read(txn, id)? else { return Ok(false) };
            let former = index::files(txn, id)?;
            for scope in &row.bundle.scopes {
                index::remove_urls(txn, id, scope, &former)?;
            }
            index::remove_files(txn, id, &former)?;
            index::write_files(txn, id, files)?;
            for scope in &row.bundle.scopes {
                index::write_urls(txn, id, scope, files, row.bundle.used)?;
            }
            row.bundle.state = BundleState::Ready;
            row.bundle.bytes = bytes;
            row.bundle.files = u32::try_from(files.len()).unwrap_or(u32::MAX);
            row.chunks = Vec::new();
            txn.open_table(ASSEMBLING_BUNDLES)?.remove(id.0)?;
            write(txn, &row)?;
            Ok(true)
        })?;
        self.artifacts_changed()?;
        Ok(is_there)
    }

    /// A bundle that was ready all the time no longer waits.
    pub fn settle_bundle(&self, id: BundleId) -> Result<()> {
        self.write(|txn| Ok(txn.open_table(ASSEMBLING_BUNDLES)?.remove(id.0).map(drop)?))
    }

    /// `detail` is told to the one who uploaded it.
    pub fn fail_bundle(&self, id: BundleId, detail: &str, now: Timestamp) -> Result<()> {
        self.write(|txn| {
            txn.open_table(ASSEMBLING_BUNDLES)?.remove(id.0)?;
            let Some(mut row) = read(txn, id)? else { return Ok(()) };
            row.bundle.state = BundleState::Failed { detail: detail.to_owned() };
            row.bundle.used = row.bundle.used.max(now);
            row.chunks = Vec::new();
            write(txn, &row)
        })?;
        self.artifacts_changed()
    }

    pub fn find_bundle(&self, checksum: Checksum) -> Result<Option<Bundle>> {
        let txn = self.inner.state.begin_read()?;
        let id = txn.open_table(BUNDLE_CHECKSUMS)?.get(&checksum.0)?.map(|id| id.value());
        let Some(id) = id else { return Ok(None) };
        let row = txn.open_table(BUNDLES)?.get(id)?.map(|row| BundleRow::read(row.value())).transpose()?;
        Ok(row.map(|row| row.bundle))
    }

    pub fn bundle(&self, id: BundleId) -> Result<Option<Bundle>> {
        let table = self.inner.state.begin_read()?.open_table(BUNDLES)?;
        let row = table.get(id.0)?.map(|row| BundleRow::read(row.value())).transpose()?;
        Ok(row.map(|row| row.bundle))
    }

    /// Those that wait, oldest first, after a restart too: to be assembled, or, where they are ready, to be held against
    /// the other bundles of a release that they belong to since.
    pub fn assembling_bundles(&self) -> Result<Vec<Waiting>> {
        let txn = self.inner.state.begin_read()?;
        let bundles = txn.open_table(BUNDLES)?;
        let mut waiting = Vec::new();
        for id in txn.open_table(ASSEMBLING_BUNDLES)?.iter()? {
            if let Some(row) = bundles.get(id?.0.value())? {
                let row = BundleRow::read(row.value())?;
                waiting.push(Waiting { bundle: row.bundle, chunks: row.chunks });
            }
        }
        Ok(waiting)
    }

    /// Newest first, those uploaded before `before`. `release` of `None`: of all releases and of none.
    pub fn bundles_of(
        &self,
        project: ProjectId,
        release: Option<&str>,
        before: Option<BundleId>,
        limit: usize,
    ) -> Result<Vec<Bundle>> {
        let txn = self.inner.state.begin_read()?;
        let before = before.map_or(u64::MAX, |id| id.0);
        let bundles = txn.open_table(BUNDLES)?;
        let mut ids = Vec::new();
        if let Some(release) = release {
            let table = txn.open_table(RELEASE_BUNDLES)?;
            for row in table.range((project.0, release, 0)..(project.0, release, before))?.rev().take(limit) {
                ids.push(row?.0.value().2);
            }
        } else {
            let table = txn.open_table(PROJECT_BUNDLES)?;
            let range = pair(project.0, 0)..pair(project.0, before);
            for row in table.range::<&[u8; 16]>(&range.start..&range.end)?.rev().take(limit) {
                ids.push(u64_at(row?.0.value(), 8));
            }
        }
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            if let Some(row) = bundles.get(id)? {
                found.push(BundleRow::read(row.value())?.bundle);
            }
        }
        Ok(found)
    }

    /// The files of a bundle with their places in it, from the place `from` on.
    pub fn bundle_files(&self, id: BundleId, from: u32, limit: usize) -> Result<Vec<(u32, ArtifactFile)>> {
        let table = self.inner.state.begin_read()?.open_table(BUNDLE_FILES)?;
        let rows = table.range((id.0, from)..=(id.0, u32::MAX))?.take(limit);
        rows.map(|row| {
            let (key, row) = row?;
            Ok((key.value().1, decode(row.value())?))
        })
        .collect()
    }

    /// A project gives up a bundle, for one release or for all; with the last scope the bundle is gone. `project` of
    /// `None`: all give it up. Answers whether it is gone, and its files may be.
    pub fn delete_bundle(
        &self,
        id: BundleId,
        project: Option<ProjectId>,
        release: Option<&str>,
    ) -> Result<bool> {
        let is_gone = self.write(|txn| {
            remove_from(txn, id, |scope| project.is_none_or(|project| is_of(scope, project, release)))
        })?;
        self.artifacts_changed()?;
        Ok(is_gone)
    }

    /// Notes that events were read with these; at most once in a while for each.
    pub fn note_bundles_used(&self, ids: &[BundleId], now: Timestamp) -> Result<()> {
        let is_stale = |bundle: &Bundle| now.duration_since(bundle.used) >= USED_INTERVAL;
        let mut stale = Vec::new();
        for id in ids {
            if self.bundle(*id)?.is_some_and(|bundle| is_stale(&bundle)) {
                stale.push(*id);
            }
        }
        if stale.is_empty() {
            return Ok(());
        }
        self.write(|txn| {
            for id in stale {
                if let Some(mut row) = read(txn, id)?.filter(|row| is_stale(&row.bundle)) {
                    row.bundle.used = now;
                    write(txn, &row)?;
                }
            }
            Ok(())
        })
    }

    /// Bundles that nothing was read with since `before`, and that do not wait; at most `limit`.
    pub fn expired_bundles(&self, before: Timestamp, limit: usize) -> Result<Vec<BundleId>> {
        let table = self.inner.state.begin_read()?.open_table(BUNDLES)?;
        let mut expired = Vec::new();
        for row in table.iter()? {
            let bundle = BundleRow::read(row?.1.value())?.bundle;
            if bundle.used < before && bundle.state != BundleState::Assembling {
                expired.push(bundle.id);
            }
            if expired.len() == limit {
                break;
            }
        }
        Ok(expired)
    }

    /// A minified file of a bundle is read with another map from now on, which takes so many bytes. `false`: the file is
    /// not there any more.
    pub fn set_map(&self, id: BundleId, n: u32, map: &MapState, bytes: u64) -> Result<bool> {
        let is_there = self.write(|txn| {
            let Some(mut row) = read(txn, id)? else { return Ok(false) };
            let file = txn.open_table(BUNDLE_FILES)?.get((id.0, n))?.map(|row| decode(row.value()));
            let Some(mut file) = file.transpose()? else { return Ok(false) };
            index::replace_map(txn, id, n, &mut file, map)?;
            row.bundle.bytes += bytes;
            write(txn, &row)?;
            Ok(true)
        })?;
        self.artifacts_changed()?;
        Ok(is_there)
    }

    /// Of these bundles' files, those that belong to no bundle any more.
    pub fn unnamed_bundles(&self, files: &[Checksum]) -> Result<Vec<Checksum>> {
        let table = self.inner.state.begin_read()?.open_table(BUNDLE_CHECKSUMS)?;
        let mut unnamed = Vec::new();
        for file in files {
            if table.get(&file.0)?.is_none() {
                unnamed.push(*file);
            }
        }
        Ok(unnamed)
    }

    /// Of these converted maps, those that no bundle's file is read with.
    pub fn unnamed_maps(&self, maps: &[CacheKey]) -> Result<Vec<CacheKey>> {
        let table = self.inner.state.begin_read()?.open_table(BUNDLE_MAPS)?;
        let mut unnamed = Vec::new();
        for map in maps {
            if table.range((&map.0, 0)..=(&map.0, u64::MAX))?.next().is_none() {
                unnamed.push(*map);
            }
        }
        Ok(unnamed)
    }

    /// Every converted map with a bundle that it is of, in the order of maps, until `look` breaks off.
    pub fn each_map(&self, mut look: impl FnMut(CacheKey, BundleId) -> ControlFlow<()>) -> Result<()> {
        let table = self.inner.state.begin_read()?.open_table(BUNDLE_MAPS)?;
        for row in table.iter()? {
            let key = row?.0;
            let (map, bundle) = key.value();
            if look(CacheKey(*map), BundleId(bundle)).is_break() {
                break;
            }
        }
        Ok(())
    }
}

fn new_row(txn: &WriteTransaction, checksum: Checksum, now: Timestamp) -> Result<BundleRow> {
    let id = BundleId(next_number(txn, meta::LAST_BUNDLE)?);
    txn.open_table(BUNDLE_CHECKSUMS)?.insert(&checksum.0, id.0)?;
    let bundle = Bundle {
        id,
        checksum,
        scopes: Vec::new(),
        state: BundleState::Assembling,
        bytes: 0,
        files: 0,
        uploaded: now,
        used: now,
    };
    Ok(BundleRow { bundle, chunks: Vec::new() })
}

/// Adds a scope, or makes it the newest.
fn add_scope(
    txn: &WriteTransaction,
    bundle: &mut Bundle,
    scope: &BundleScope,
    files: &[ArtifactFile],
    now: Timestamp,
) -> Result<()> {
    bundle.scopes.retain(|known| known != scope);
    bundle.scopes.push(scope.clone());
    index::write_scope(txn, bundle.id, scope)?;
    index::write_urls(txn, bundle.id, scope, files, now)?;
    if bundle.scopes.len() > SCOPES_MAX {
        let oldest = bundle.scopes.remove(0);
        index::remove_scope(txn, bundle.id, &oldest, &bundle.scopes)?;
        index::remove_urls(txn, bundle.id, &oldest, files)?;
    }
    Ok(())
}

/// Takes scopes from a bundle; whether it is gone with them.
fn remove_from(
    txn: &WriteTransaction,
    id: BundleId,
    is_given_up: impl Fn(&BundleScope) -> bool,
) -> Result<bool> {
    let Some(mut row) = read(txn, id)? else { return Ok(true) };
    let files = index::files(txn, id)?;
    let (gone, left): (Vec<_>, Vec<_>) = row.bundle.scopes.drain(..).partition(is_given_up);
    for scope in &gone {
        index::remove_scope(txn, id, scope, &left)?;
        index::remove_urls(txn, id, scope, &files)?;
    }
    row.bundle.scopes = left;
    if !row.bundle.scopes.is_empty() {
        write(txn, &row)?;
        return Ok(false);
    }
    index::remove_files(txn, id, &files)?;
    txn.open_table(ASSEMBLING_BUNDLES)?.remove(id.0)?;
    txn.open_table(BUNDLE_CHECKSUMS)?.remove(&row.bundle.checksum.0)?;
    txn.open_table(BUNDLES)?.remove(id.0)?;
    Ok(true)
}

/// Takes some bundles of a project from it; whether there were any.
pub(in crate::store) fn erase(txn: &WriteTransaction, project: ProjectId, limit: usize) -> Result<bool> {
    let mut ids = Vec::new();
    {
        let table = txn.open_table(PROJECT_BUNDLES)?;
        let (first, last) = (pair(project.0, 0), pair(project.0, u64::MAX));
        for row in table.range::<&[u8; 16]>(&first..=&last)?.take(limit) {
            ids.push(BundleId(u64_at(row?.0.value(), 8)));
        }
    }
    for id in &ids {
        remove_from(txn, *id, |scope| scope.project == project)?;
    }
    Ok(!ids.is_empty())
}

fn read(txn: &WriteTransaction, id: BundleId) -> Result<Option<BundleRow>> {
    txn.open_table(BUNDLES)?.get(id.0)?.map(|row| BundleRow::read(row.value())).transpose()
}

fn write(txn: &WriteTransaction, row: &BundleRow) -> Result<()> {
    txn.open_table(BUNDLES)?.insert(row.bundle.id.0, encode(row)?.as_slice())?;
    Ok(())
}
