//! Which uploaded file a frame's file is: by the debug id that the event names for it, else by release and address.
//!
//! Asked once for each file of an event. What the store answered is remembered for as long as nothing was uploaded or
//! deleted since.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;
use parking_lot::Mutex;

use crate::artifacts::Artifacts;
use crate::artifacts::maps::MapFile;
use crate::digest::symbolicate::paths;
use crate::model::artifact::{ArtifactFile, BundleId, DebugId, FrameProblem, MapState};
use crate::model::event::Event;
use crate::model::ids::ProjectId;
use crate::store::{DebugIdFound, Result, Store, UrlFound};

/// Files of events of the last while; a few hundred bytes each.
const REMEMBERED_MAX: NonZeroUsize = NonZeroUsize::new(4_096).expect("not zero");

/// What a frame's file is.
#[derive(Clone)]
pub enum Found {
    Map { map: Arc<MapFile>, label: Arc<str>, resolved_with: &'static str, bundle: BundleId },
    Problem(FrameProblem),
}

/// What the store says of a file.
#[derive(Clone)]
enum Known {
    File { bundle: BundleId, file: Arc<ArtifactFile>, resolved_with: &'static str },
    Problem(FrameProblem),
}

#[derive(PartialEq, Eq, Hash)]
struct Asked {
    project: ProjectId,
    path: String,
    debug_id: Option<DebugId>,
    release: Option<String>,
    dist: Option<String>,
}

/// Answers of the store, of one generation of it.
pub struct Remembered(Mutex<(u64, LruCache<Asked, Known>)>);

impl Default for Remembered {
    fn default() -> Self {
        Self(Mutex::new((0, LruCache::new(REMEMBERED_MAX))))
    }
}

/// The files of one event.
pub struct Files<'a> {
    store: &'a Store,
    artifacts: &'a Artifacts,
    remembered: &'a Remembered,
    project: ProjectId,
    release: Option<String>,
    dist: Option<String>,
    /// Code file → debug id.
    debug_ids: HashMap<String, DebugId>,
    found: HashMap<String, Found>,
}

impl<'a> Files<'a> {
    pub fn of(
        event: &Event,
        project: ProjectId,
        (store, artifacts, remembered): (&'a Store, &'a Artifacts, &'a Remembered),
    ) -> Self {
        Self {
            store,
            artifacts,
            remembered,
            project,
            release: event.release.clone(),
            dist: event.dist.clone(),
            debug_ids: debug_ids(event),
            found: HashMap::new(),
        }
    }

    /// The debug id that the event names for a file, by its whole path or the name that the SDK gave it.
    pub fn debug_id(&self, abs_path: &str, filename: Option<&str>) -> Option<DebugId> {
        let named = |path: &str| self.debug_ids.get(path).copied();
        named(abs_path).or_else(|| filename.and_then(named))
    }

    pub fn find(&mut self, abs_path: &str, filename: Option<&str>) -> Result<Found> {
        if let Some(found) = self.found.get(abs_path) {
            return Ok(found.clone());
        }
        let found = self.open(self.known(abs_path, self.debug_id(abs_path, filename))?);
        self.found.insert(abs_path.to_owned(), found.clone());
        Ok(found)
    }

    fn open(&self, known: Known) -> Found {
        let (bundle, file, resolved_with) = match known {
            Known::Problem(problem) => return Found::Problem(problem),
            Known::File { bundle, file, resolved_with } => (bundle, file, resolved_with),
        };
        match &file.map {
            Some(MapState::Ready { cache, .. }) => match self.artifacts.open_map(*cache) {
                Some(map) => Found::Map { map, label: file.url.as_str().into(), resolved_with, bundle },
                None => Found::Problem(FrameProblem::Converting),
            },
            Some(MapState::Malformed { detail }) => {
                Found::Problem(FrameProblem::MalformedMap { detail: detail.clone() })
            }
            Some(MapState::Missing { named }) => {
                Found::Problem(FrameProblem::MissingMap { named: named.clone() })
            }
            None => Found::Problem(FrameProblem::MissingMap { named: None }),
        }
    }

    fn known(&self, path: &str, debug_id: Option<DebugId>) -> Result<Known> {
        let asked = Asked {
            project: self.project,
            path: path.to_owned(),
            debug_id,
            release: self.release.clone(),
            dist: self.dist.clone(),
        };
        let generation = self.store.artifacts_generation();
        {
            let mut remembered = self.remembered.0.lock();
            if remembered.0 != generation {
                remembered.0 = generation;
                remembered.1.clear();
            }
            if let Some(known) = remembered.1.get(&asked) {
                return Ok(known.clone());
            }
        }
        let known = self.ask(path, debug_id)?;
        let mut remembered = self.remembered.0.lock();
        // Asked before it was raised: true no more.
        if remembered.0 == generation && self.store.artifacts_generation() == generation {
            remembered.1.put(asked, known.clone());
        }
        Ok(known)
    }

    /// A debug id that is not known does not end the search: the release may have the file under its address.
    fn ask(&self, path: &str, debug_id: Option<DebugId>) -> Result<Known> {
        let by_id = debug_id.map(|id| self.by_debug_id(path, id)).transpose()?;
        if let Some(known @ (Known::File { .. } | Known::Problem(FrameProblem::Converting))) = by_id {
            return Ok(known);
        }
        let by_release = self.release.as_deref().map(|release| self.by_release(path, release)).transpose()?;
        Ok(match (by_id, by_release) {
            (_, Some(known @ (Known::File { .. } | Known::Problem(FrameProblem::Converting)))) => known,
            (Some(problem), _) | (None, Some(problem)) => problem,
            (None, None) => Known::Problem(FrameProblem::NoDebugId),
        })
    }

    fn by_debug_id(&self, path: &str, debug_id: DebugId) -> Result<Known> {
        Ok(match self.store.file_by_debug_id(self.project, debug_id)? {
            DebugIdFound::Found { bundle, file } => {
                Known::File { bundle, file: Arc::new(file), resolved_with: "debug-id" }
            }
            DebugIdFound::OtherProjects(projects) => {
                Known::Problem(FrameProblem::OtherProject { debug_id, projects })
            }
            DebugIdFound::Converting => Known::Problem(FrameProblem::Converting),
            DebugIdFound::Unknown => {
                let has_any = self.store.has_artifacts(self.project);
                let other_build = has_any && self.store.knows_url(self.project, &paths::candidates(path))?;
                Known::Problem(FrameProblem::UnknownDebugId { debug_id, other_build })
            }
        })
    }

    fn by_release(&self, path: &str, release: &str) -> Result<Known> {
        let nothing =
            || Known::Problem(FrameProblem::ReleaseWithoutArtifacts { release: release.to_owned() });
        if !self.store.has_artifacts(self.project) {
            return Ok(nothing());
        }
        let (dist, candidates) = (self.dist.as_deref(), paths::candidates(path));
        Ok(match self.store.file_by_url(self.project, release, dist, &candidates)? {
            UrlFound::Found { bundle, file } => {
                Known::File { bundle, file: Arc::new(file), resolved_with: "release" }
            }
            UrlFound::Converting => Known::Problem(FrameProblem::Converting),
            UrlFound::EmptyRelease => nothing(),
            UrlFound::NotInRelease => Known::Problem(FrameProblem::NotInRelease {
                release: release.to_owned(),
                dist: self.dist.clone(),
                url: path.to_owned(),
            }),
        })
    }
}

/// From `debug_meta.images`, whatever an SDK calls their kind.
fn debug_ids(event: &Event) -> HashMap<String, DebugId> {
    let images = event.debug_images.iter().filter_map(|image| {
        let text = |key: &str| image.get(key).and_then(|value| value.as_str());
        Some((text("code_file")?.to_owned(), text("debug_id")?.parse().ok()?))
    });
    images.collect()
}
