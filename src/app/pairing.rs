//! A minified file and its map that were uploaded apart: by an uploader that sends file by file, or by two runs of one.
//! Both belong to one debug id, or to one project, release and dist, where the file's name for its map leads to it.

use crate::app::assembling::AssembleError;
use crate::artifacts::{ArtifactError, Artifacts, Member, address_of_map};
use crate::model::artifact::{ArtifactFile, Bundle, BundleId, BundleScope, Checksum, FileKind, MapState};
use crate::store::{DebugIdFound, Store, UrlFound};

/// Other bundles of a release that are searched for files which lack a map.
const BUNDLES_MAX: usize = 1_000;
/// Files of such a bundle.
const FILES_MAX: usize = 1_000;

type Result<T> = std::result::Result<T, AssembleError>;

/// What is read otherwise from now on: the place of a file in its bundle, its map, and the bytes that takes.
pub type Mended = (usize, MapState, u64);

/// Files of this bundle that lack their map, read with maps of other bundles.
pub fn mend(
    store: &Store,
    artifacts: &Artifacts,
    bundle: &Bundle,
    files: &[ArtifactFile],
) -> Result<Vec<Mended>> {
    let mut mended = Vec::new();
    for (n, file) in files.iter().enumerate().filter(|(_, file)| lacks_map(file)) {
        let Some((other, map)) = find_map(store, bundle, file)? else { continue };
        let Some(other) = store.bundle(other)? else { continue };
        let minified = Member { bundle: bundle.checksum, path: &file.path };
        let map = Member { bundle: other.checksum, path: &map.path };
        if let Some((state, bytes)) = convert(artifacts, minified, map)? {
            mended.push((n, state, bytes));
        }
    }
    Ok(mended)
}

/// `None`: one of the two cannot be read, and stays as it is.
fn convert(artifacts: &Artifacts, minified: Member<'_>, map: Member<'_>) -> Result<Option<(MapState, u64)>> {
    match artifacts.convert_apart(minified, map) {
        Ok(converted) => Ok(Some(converted)),
        Err(ArtifactError::Io(error)) => Err(ArtifactError::Io(error).into()),
        Err(error) => {
            tracing::warn!(%error, bundle = %minified.bundle, other = %map.bundle, "a file is not read with its map");
            Ok(None)
        }
    }
}

fn lacks_map(file: &ArtifactFile) -> bool {
    file.kind == FileKind::MinifiedSource && matches!(file.map, Some(MapState::Missing { .. }))
}

fn find_map(store: &Store, bundle: &Bundle, file: &ArtifactFile) -> Result<Option<(BundleId, ArtifactFile)>> {
    for scope in &bundle.scopes {
        if let Some(id) = file.debug_id
            && let DebugIdFound::Found { bundle, file } =
                store.find_by_debug_id(scope.project, id, FileKind::SourceMap)?
        {
            return Ok(Some((bundle, file)));
        }
        let (release, dist) = (scope.release.as_deref(), scope.dist.as_deref());
        let candidates = addresses(file);
        if let UrlFound::Found { bundle, file } =
            store.find_by_url(scope.project, release, dist, &candidates, FileKind::SourceMap)?
        {
            return Ok(Some((bundle, file)));
        }
    }
    Ok(None)
}

/// Where the map of a file may be.
fn addresses(file: &ArtifactFile) -> Vec<String> {
    let named = match &file.map {
        Some(MapState::Missing { named: Some(named) }) => address_of_map(&file.url, named),
        _ => None,
    };
    named.into_iter().chain([format!("{}.map", file.url)]).collect()
}

/// The other way around: files of other bundles that have waited for the maps of this one.
pub fn mend_others(
    store: &Store,
    artifacts: &Artifacts,
    bundle: &Bundle,
    files: &[ArtifactFile],
) -> Result<()> {
    let maps: Vec<&ArtifactFile> = files.iter().filter(|file| file.kind == FileKind::SourceMap).collect();
    let is_lonely = |map: &&&ArtifactFile| !files.iter().any(|file| is_read_with(file, map));
    let lonely: Vec<&ArtifactFile> = maps.iter().filter(is_lonely).copied().collect();
    if lonely.is_empty() {
        return Ok(());
    }
    for scope in &bundle.scopes {
        for (other, checksum) in others(store, bundle, scope)? {
            for (n, minified) in store.bundle_files(other, 0, FILES_MAX)? {
                let map = lonely.iter().find(|map| lacks_map(&minified) && fits(&minified, map));
                let Some(map) = map else { continue };
                let member = Member { bundle: checksum, path: &minified.path };
                let of_this = Member { bundle: bundle.checksum, path: &map.path };
                if let Some((state, bytes)) = convert(artifacts, member, of_this)? {
                    store.set_map(other, n, &state, bytes)?;
                }
            }
        }
    }
    Ok(())
}

/// Whether a minified file of the same bundle was read with the map, as far as can be told.
fn is_read_with(file: &ArtifactFile, map: &ArtifactFile) -> bool {
    file.kind == FileKind::MinifiedSource && !lacks_map(file) && fits(file, map)
}

fn fits(minified: &ArtifactFile, map: &ArtifactFile) -> bool {
    let is_same = minified.debug_id.is_some() && minified.debug_id == map.debug_id;
    is_same || addresses(minified).contains(&map.url)
}

/// Bundles of the same release. Those of no release belong to different builds.
fn others(store: &Store, bundle: &Bundle, scope: &BundleScope) -> Result<Vec<(BundleId, Checksum)>> {
    let Some(release) = scope.release.as_deref() else { return Ok(Vec::new()) };
    let bundles = store.bundles_of(scope.project, Some(release), None, BUNDLES_MAX)?;
    let has_dist = |other: &Bundle| other.scopes.contains(scope);
    let others = bundles.into_iter().filter(|other| other.id != bundle.id && has_dist(other));
    Ok(others.map(|other| (other.id, other.checksum)).collect())
}
