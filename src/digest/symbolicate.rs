//! Frames of minified JavaScript become those of its sources, or say why not.
//!
//! Done when an event is digested, before in-app rules and grouping, and again whenever it is read: events are kept
//! as they were sent, so a map that comes late makes old events readable. What is uploaded is anybody's; a frame that
//! can not be read stays as it was sent, and never sinks the event.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use parking_lot::Mutex;

use crate::artifacts::Artifacts;
use crate::digest::symbolicate::files::{Files, Found, Remembered};
use crate::digest::symbolicate::frame::FoundMap;
use crate::model::artifact::{BundleId, FrameProblem};
use crate::model::event::{Event, Frame, Stacktrace};
use crate::model::ids::ProjectId;
use crate::store::{Result, Store, Wanted};

mod files;
mod frame;
mod kinds;
mod names;
mod paths;

/// Frames of one event that are read. Each grows by eleven lines of source, and an event with more was made to be large.
const FRAMES_MAX: usize = 1_000;
/// Bundles whose use is noted at a time; more are noted with the next event that needs them.
const USED_MAX: usize = 10_000;

/// What reads frames; clones share one.
#[derive(Clone)]
pub struct Symbolicator(Arc<Inner>);

struct Inner {
    store: Store,
    artifacts: Arc<Artifacts>,
    remembered: Remembered,
    used: Mutex<HashSet<BundleId>>,
}

impl Symbolicator {
    pub fn new(store: Store, artifacts: Arc<Artifacts>) -> Self {
        let (remembered, used) = (Remembered::default(), Mutex::default());
        Self(Arc::new(Inner { store, artifacts, remembered, used }))
    }

    /// Reads all frames of the event. Answers what would have to be uploaded for those that stay unread.
    pub fn symbolicate(&self, event: &mut Event, project: ProjectId) -> BTreeSet<Wanted> {
        let mut wanted = BTreeSet::new();
        let is_javascript = |frame: &Frame| kinds::is_javascript(frame, &event.platform);
        if !event.stacktraces().any(|stack| stack.frames.iter().any(is_javascript)) {
            return wanted;
        }
        if let Err(error) = self.read(event, project, &mut wanted) {
            tracing::error!(%error, event = %event.event_id, "an event's frames could not be looked up");
        }
        wanted
    }

    fn read(&self, event: &mut Event, project: ProjectId, wanted: &mut BTreeSet<Wanted>) -> Result<()> {
        let Inner { store, artifacts, remembered, used } = &*self.0;
        let mut reading = Reading {
            files: Files::of(event, project, (store, artifacts, remembered)),
            platform: event.platform.clone(),
            release: event.release.clone(),
            used: HashSet::new(),
            left: FRAMES_MAX,
            wanted,
        };
        for exception in &mut event.exceptions {
            reading.stack(&mut exception.stacktrace, &mut exception.raw_stacktrace)?;
        }
        for thread in &mut event.threads {
            reading.stack(&mut thread.stacktrace, &mut thread.raw_stacktrace)?;
        }
        reading.stack(&mut event.stacktrace, &mut None)?;
        let mut used = used.lock();
        let room = USED_MAX.saturating_sub(used.len());
        used.extend(reading.used.into_iter().take(room));
        Ok(())
    }

    /// The bundles that events were read with since this was asked last.
    pub fn take_used(&self) -> Vec<BundleId> {
        std::mem::take(&mut *self.0.used.lock()).into_iter().collect()
    }
}

/// Whether at least one frame of the event was read.
pub fn is_symbolicated(event: &Event) -> bool {
    event.stacktraces().any(|stack| stack.frames.iter().any(is_read))
}

fn is_read(frame: &Frame) -> bool {
    frame.data.contains_key("symbolicated")
}

struct Reading<'a> {
    files: Files<'a>,
    platform: String,
    release: Option<String>,
    used: HashSet<BundleId>,
    /// Frames that may still be read.
    left: usize,
    wanted: &'a mut BTreeSet<Wanted>,
}

impl Reading<'_> {
    /// `raw` keeps the frames as they were sent, where any of them changes.
    fn stack(&mut self, stack: &mut Option<Stacktrace>, raw: &mut Option<Stacktrace>) -> Result<()> {
        let Some(stack) = stack else { return Ok(()) };
        let mut sent = None;
        // What the source of the calling frame, which stands before, has where it calls.
        let mut called: Option<String> = None;
        for index in 0..stack.frames.len() {
            let calls = called.take();
            let frame = &stack.frames[index];
            if !kinds::is_javascript(frame, &self.platform) || kinds::is_foreign(frame) {
                continue;
            }
            let Some(path) = frame.abs_path.clone().filter(|_| self.left > 0) else { continue };
            self.left -= 1;
            let found = self.files.find(&path, frame.filename.as_deref())?;
            let resolved = match &found {
                Found::Map { map, label, resolved_with, bundle } => {
                    self.used.insert(*bundle);
                    sent.get_or_insert_with(|| stack.clone());
                    let found = FoundMap { map, label, resolved_with };
                    frame::resolve(&mut stack.frames[index], &found, calls.as_deref())
                }
                Found::Problem(problem) => Err(problem.clone()),
            };
            match resolved {
                Ok(name) => called = name,
                Err(problem) => self.unread(&mut stack.frames[index], &path, problem),
            }
        }
        if raw.is_none() && stack.frames.iter().any(is_read) {
            *raw = sent;
        }
        Ok(())
    }

    fn unread(&mut self, frame: &mut Frame, path: &str, problem: FrameProblem) {
        let debug_id = self.files.debug_id(path, frame.filename.as_deref());
        let problem = match problem {
            FrameProblem::OutsideMap { .. } | FrameProblem::NoPosition => problem,
            _ if frame.lineno.is_none_or(|line| line == 0) => FrameProblem::NoPosition,
            problem => problem,
        };
        if debug_id.is_none() && kinds::reads_well(frame, path) {
            return;
        }
        if !matches!(problem, FrameProblem::NoPosition) {
            self.wanted.extend(debug_id.map(Wanted::DebugId));
            self.wanted.extend(self.release.clone().map(Wanted::Release));
        }
        frame.problem = Some(problem);
    }
}

#[cfg(test)]
mod tests;
