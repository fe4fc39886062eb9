//! What builds uploaded: bundles, their files, and how a frame finds its file: by debug id, or by release and address.
//!
//! The bytes are files of `artifacts`; here stands what they are. A bundle belongs to the projects, releases and dists
//! that it was uploaded for (its scopes), and is gone with the last of them. Rows that lead to files exist for bundles
//! that are ready, and only for those. `bundles` changes them, `find` is asked for every frame.

use std::collections::HashSet;

use parking_lot::RwLock;
use redb::{Database, ReadableDatabase, ReadableTable};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::model::artifact::{Bundle, BundleScope, Checksum, FileKind};
use crate::model::ids::ProjectId;
use crate::store::Store;
use crate::store::error::Result;
use crate::store::json::decode;
use crate::store::keys::{pair, u64_at};
use crate::store::schema::PROJECT_BUNDLES;

pub(super) use crate::store::artifacts::bundles::erase;
pub use crate::store::artifacts::find::{DebugIdFound, UrlFound};

mod bundles;
mod find;
mod index;

/// What memory holds: most projects have no artifacts, and must cost nothing.
pub(super) struct Known {
    projects: RwLock<HashSet<ProjectId>>,
    generation: watch::Sender<u64>,
}

impl Known {
    pub(super) fn new(projects: HashSet<ProjectId>) -> Self {
        Self { projects: RwLock::new(projects), generation: watch::channel(1).0 }
    }

    pub(super) fn replace(&self, projects: HashSet<ProjectId>) {
        *self.projects.write() = projects;
        self.generation.send_modify(|generation| *generation += 1);
    }
}

/// The projects that have bundles.
pub(super) fn load(state: &Database) -> Result<HashSet<ProjectId>> {
    projects_of(&state.begin_read()?.open_table(PROJECT_BUNDLES)?)
}

/// One look for each project, however many bundles it has.
fn projects_of(table: &impl ReadableTable<&'static [u8; 16], ()>) -> Result<HashSet<ProjectId>> {
    let (mut found, mut next) = (HashSet::new(), 0);
    while let Some(row) = table.range::<&[u8; 16]>(&pair(next, 0)..)?.next() {
        let project = u64_at(row?.0.value(), 0);
        found.insert(ProjectId(project));
        let Some(following) = project.checked_add(1) else { break };
        next = following;
    }
    Ok(found)
}

/// A bundle that is to be assembled, and from what.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiting {
    pub bundle: Bundle,
    /// Its pieces in their order; none where the bundle's file is there already.
    pub chunks: Vec<Checksum>,
}

/// How a bundle stands in its table.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct BundleRow {
    #[serde(flatten)]
    bundle: Bundle,
    /// Until it is ready.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    chunks: Vec<Checksum>,
}

impl BundleRow {
    fn read(row: &[u8]) -> Result<Self> {
        decode(row)
    }
}

/// Never renumbered.
fn kind_code(kind: FileKind) -> u8 {
    match kind {
        FileKind::MinifiedSource => 1,
        FileKind::SourceMap => 2,
        FileKind::Source => 3,
        FileKind::IndexedRamBundle => 4,
    }
}

/// As keys have a release or a dist: none is an empty one.
fn text(name: Option<&String>) -> &str {
    name.map_or("", String::as_str)
}

fn is_of(scope: &BundleScope, project: ProjectId, release: Option<&str>) -> bool {
    scope.project == project && release.is_none_or(|release| text(scope.release.as_ref()) == release)
}

impl Store {
    /// Whether anything was ever uploaded for the project, and is still there. Asks memory only.
    pub fn has_artifacts(&self, project: ProjectId) -> bool {
        self.inner.artifacts.projects.read().contains(&project)
    }

    /// Raised by every change of what frames are read with: whoever remembers an answer remembers this with it.
    pub fn artifacts_generation(&self) -> u64 {
        *self.inner.artifacts.generation.borrow()
    }

    /// Tells of every such change.
    pub fn artifact_changes(&self) -> watch::Receiver<u64> {
        self.inner.artifacts.generation.subscribe()
    }

    /// Called once a change is committed.
    pub(super) fn artifacts_changed(&self) -> Result<()> {
        let projects = projects_of(&self.inner.state.begin_read()?.open_table(PROJECT_BUNDLES)?)?;
        self.inner.artifacts.replace(projects);
        Ok(())
    }
}
