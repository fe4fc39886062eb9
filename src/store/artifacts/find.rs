//! From a frame to its file. Every answer says what can be done where there is none.

use redb::{ReadTransaction, ReadableTable};

use crate::model::artifact::{ArtifactFile, BundleId, BundleState, DebugId, FileKind, MapState};
use crate::model::ids::ProjectId;
use crate::store::Store;
use crate::store::artifacts::{BundleRow, kind_code};
use crate::store::error::Result;
use crate::store::json::decode;
use crate::store::schema::{
    ASSEMBLING_BUNDLES, BUNDLE_FILES, BUNDLES, DEBUG_IDS, FILE_URLS, RELEASE_BUNDLES,
};

/// Bundles with one debug id that are looked at, newest first.
const SAME_DEBUG_ID_MAX: usize = 50;
/// Projects named as those that have the file.
const OTHER_PROJECTS_MAX: usize = 10;

#[derive(Debug, Clone, PartialEq)]
pub enum DebugIdFound {
    Found {
        bundle: BundleId,
        file: ArtifactFile,
    },
    /// Uploaded, but to these projects only.
    OtherProjects(Vec<ProjectId>),
    /// Not known; a bundle of the project that may hold it is being assembled.
    Converting,
    Unknown,
}

#[derive(Debug, Clone, PartialEq)]
pub enum UrlFound {
    Found {
        bundle: BundleId,
        file: ArtifactFile,
    },
    /// Not known; a bundle of the project that may hold it is being assembled.
    Converting,
    /// Nothing was uploaded for the release.
    EmptyRelease,
    /// The release has files, none with this address and dist.
    NotInRelease,
}

impl Store {
    /// The minified file with a debug id: of those uploaded to the project the newest that can be read.
    pub fn file_by_debug_id(&self, project: ProjectId, id: DebugId) -> Result<DebugIdFound> {
        self.find_by_debug_id(project, id, FileKind::MinifiedSource)
    }

    /// The same for any kind of file.
    pub fn find_by_debug_id(&self, project: ProjectId, id: DebugId, kind: FileKind) -> Result<DebugIdFound> {
        let txn = self.inner.state.begin_read()?;
        let (table, bundles) = (txn.open_table(DEBUG_IDS)?, txn.open_table(BUNDLES)?);
        let code = kind_code(kind);
        let rows = table.range((&id.0, code, 0)..=(&id.0, code, u64::MAX))?;
        let (mut others, mut second_best) = (Vec::new(), None);
        for row in rows.rev().take(SAME_DEBUG_ID_MAX) {
            let (key, n) = row?;
            let bundle = BundleId(key.value().2);
            let Some(row) = bundles.get(bundle.0)? else { continue };
            let scopes = BundleRow::read(row.value())?.bundle.scopes;
            if scopes.iter().any(|scope| scope.project == project) {
                let Some(file) = file(&txn, bundle, n.value())? else { continue };
                if kind != FileKind::MinifiedSource || matches!(file.map, Some(MapState::Ready { .. })) {
                    return Ok(DebugIdFound::Found { bundle, file });
                }
                second_best.get_or_insert((bundle, file));
            } else {
                others.extend(scopes.into_iter().map(|scope| scope.project));
            }
        }
        others.sort_unstable();
        others.dedup();
        others.truncate(OTHER_PROJECTS_MAX);
        Ok(match second_best {
            Some((bundle, file)) => DebugIdFound::Found { bundle, file },
            None if is_assembling(&txn, project)? => DebugIdFound::Converting,
            None if !others.is_empty() => DebugIdFound::OtherProjects(others),
            None => DebugIdFound::Unknown,
        })
    }

    /// The minified file with the first of these addresses that the release and dist have; of several uploads the last.
    pub fn file_by_url<T: AsRef<str>>(
        &self,
        project: ProjectId,
        release: &str,
        dist: Option<&str>,
        candidates: &[T],
    ) -> Result<UrlFound> {
        self.find_by_url(project, Some(release), dist, candidates, FileKind::MinifiedSource)
    }

    /// The same for any kind of file; `release` of `None`: among those uploaded for no release.
    pub fn find_by_url<T: AsRef<str>>(
        &self,
        project: ProjectId,
        release: Option<&str>,
        dist: Option<&str>,
        candidates: &[T],
        kind: FileKind,
    ) -> Result<UrlFound> {
        let txn = self.inner.state.begin_read()?;
        let table = txn.open_table(FILE_URLS)?;
        let (release, dist) = (release.unwrap_or_default(), dist.unwrap_or_default());
        for url in candidates {
            let key = |bundle| (project.0, url.as_ref(), release, dist, bundle);
            let mut uploads = Vec::new();
            for row in table.range(key(0)..=key(u64::MAX))? {
                let (key, value) = row?;
                let (n, at) = value.value();
                uploads.push((at, BundleId(key.value().4), n));
            }
            uploads.sort_unstable();
            for (_, bundle, n) in uploads.into_iter().rev() {
                if let Some(file) = file(&txn, bundle, n)?.filter(|file| file.kind == kind) {
                    return Ok(UrlFound::Found { bundle, file });
                }
            }
        }
        if is_assembling(&txn, project)? {
            return Ok(UrlFound::Converting);
        }
        let bundles = txn.open_table(RELEASE_BUNDLES)?;
        let mut of_release = bundles.range((project.0, release, 0)..=(project.0, release, u64::MAX))?;
        Ok(if of_release.next().is_none() { UrlFound::EmptyRelease } else { UrlFound::NotInRelease })
    }

    /// Whether a file with one of these addresses was uploaded to the project, for whatever release.
    pub fn knows_url<T: AsRef<str>>(&self, project: ProjectId, candidates: &[T]) -> Result<bool> {
        let table = self.inner.state.begin_read()?.open_table(FILE_URLS)?;
        for url in candidates {
            let url = url.as_ref();
            let first = table.range((project.0, url, "", "", 0)..)?.next().transpose()?;
            let is_same = first.is_some_and(|(key, _)| {
                let (owner, found, ..) = key.value();
                owner == project.0 && found == url
            });
            if is_same {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn file(txn: &ReadTransaction, bundle: BundleId, n: u32) -> Result<Option<ArtifactFile>> {
    txn.open_table(BUNDLE_FILES)?.get((bundle.0, n))?.map(|row| decode(row.value())).transpose()
}

/// Whether a bundle of the project waits.
fn is_assembling(txn: &ReadTransaction, project: ProjectId) -> Result<bool> {
    let bundles = txn.open_table(BUNDLES)?;
    for id in txn.open_table(ASSEMBLING_BUNDLES)?.iter()? {
        let Some(row) = bundles.get(id?.0.value())? else { continue };
        let bundle = BundleRow::read(row.value())?.bundle;
        if bundle.state == BundleState::Assembling && bundle.scopes.iter().any(|s| s.project == project) {
            return Ok(true);
        }
    }
    Ok(false)
}
