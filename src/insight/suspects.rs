//! Which commits may have brought an issue: those of the release that it came with and that touch its files. The
//! frame that failed counts more than those that led to it, a file that a code mapping knows more than a likeness.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use crate::insight::words;
use crate::model::release::{Commit, Deploy, FileChange};
use crate::model::source_link::is_same_repository;

/// What runtimes call functions that have no name.
const NAMELESS: &[&str] = &["<anonymous>", "<lambda>", "<module>", "<unknown>", "anonymous", "?", ""];

/// More than these are no suspicion any more.
pub const SUSPECTS_MAX: usize = 10;
/// Files of one commit that are shown; the best first.
const FILES_SHOWN_MAX: usize = 5;
/// Segments that two paths must end with alike, unless the file's name is like no other of the release.
const ALIKE_MIN: usize = 2;
/// Before the first event. What was deployed earlier would have failed earlier.
pub const DEPLOYS_BEFORE: SignedDuration = SignedDuration::from_hours(24);
/// A deploy is told once it is done, when its code may have run for minutes.
pub const DEPLOYS_AFTER: SignedDuration = SignedDuration::from_mins(15);

/// A frame of the team's own code.
#[derive(Debug, Clone, Default)]
pub struct OwnFrame {
    pub function: Option<String>,
    /// As the event has it.
    pub filename: Option<String>,
    pub line: Option<u64>,
    /// Under which names it may stand in a repository, the likeliest first.
    pub paths: Vec<String>,
    /// Where a code mapping says that it stands: the repository's name, and the path there.
    pub mapped: Option<(String, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    /// Index of the frame; 0 is where it failed.
    pub frame: usize,
    /// In the repository.
    pub path: String,
    pub change: FileChange,
    alike: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Suspect {
    /// Index of the commit.
    pub commit: usize,
    /// The best first, and at least one.
    pub touched: Vec<Touched>,
    pub sentence: String,
}

/// A path that a code mapping leads to is as alike as can be.
const MAPPED: usize = usize::MAX;

/// `frames`: innermost first. `commits`: newest first. The likeliest first.
pub fn commits(frames: &[OwnFrame], commits: &[Commit]) -> Vec<Suspect> {
    let names = Names::of(commits);
    let mut suspects = Vec::new();
    for (index, commit) in commits.iter().enumerate() {
        let mut touched = touched(frames, commit, &names);
        touched.sort_by_key(|file| (file.frame, Reverse(file.alike)));
        touched.truncate(FILES_SHOWN_MAX);
        if let Some(best) = touched.first() {
            let sentence = said(best, frames);
            suspects.push(Suspect { commit: index, touched, sentence });
        }
    }
    suspects.sort_by_key(|suspect| {
        let best = &suspect.touched[0];
        (best.frame, Reverse(best.alike), suspect.commit)
    });
    suspects.truncate(SUSPECTS_MAX);
    suspects
}

/// How many different paths of a release's commits end with a file name.
struct Names<'a>(HashMap<&'a str, HashSet<&'a str>>);

impl<'a> Names<'a> {
    fn of(commits: &'a [Commit]) -> Self {
        let mut names: HashMap<&str, HashSet<&str>> = HashMap::new();
        for file in commits.iter().flat_map(|commit| &commit.files) {
            names.entry(last_segment(&file.path)).or_default().insert(&file.path);
        }
        Self(names)
    }

    fn is_unique(&self, path: &str) -> bool {
        self.0.get(last_segment(path)).is_some_and(|paths| paths.len() == 1)
    }
}

fn last_segment(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Each file once, with the innermost frame that is in it.
fn touched(frames: &[OwnFrame], commit: &Commit, names: &Names<'_>) -> Vec<Touched> {
    let mut found = Vec::new();
    for file in &commit.files {
        let alike = |(index, frame): (usize, &OwnFrame)| {
            let alike = likeness(frame, commit.repository.as_deref(), &file.path, names)?;
            Some((index, alike))
        };
        if let Some((frame, alike)) = frames.iter().enumerate().find_map(alike) {
            found.push(Touched { frame, path: file.path.clone(), change: file.kind, alike });
        }
    }
    found
}

/// How many segments two paths end with alike. `None`: too few to be one file.
fn likeness(frame: &OwnFrame, repository: Option<&str>, path: &str, names: &Names<'_>) -> Option<usize> {
    if let Some((mapped_repository, mapped)) = &frame.mapped
        && repository.is_none_or(|name| is_same_repository(name, mapped_repository))
    {
        return (mapped == path).then_some(MAPPED);
    }
    if frame.mapped.is_some() {
        return None;
    }
    let best = frame.paths.iter().map(|candidate| alike(candidate, path)).max()?;
    let is_same = frame.paths.iter().any(|candidate| candidate == path);
    let is_enough = best >= ALIKE_MIN || is_same || best == 1 && names.is_unique(path);
    is_enough.then_some(best)
}

fn alike(a: &str, b: &str) -> usize {
    a.rsplit('/').zip(b.rsplit('/')).take_while(|(a, b)| a == b).count()
}

fn said(touched: &Touched, frames: &[OwnFrame]) -> String {
    let verb = match touched.change {
        FileChange::Added => "adds",
        FileChange::Modified => "touches",
        FileChange::Deleted => "removes",
    };
    let function = frames.get(touched.frame).and_then(|frame| frame.function.as_deref());
    let function = function.filter(|name| !NAMELESS.contains(name));
    let role = match (touched.frame, function) {
        (0, Some(function)) => format!("where {function} failed"),
        (0, None) => "where it failed".to_owned(),
        (_, Some(function)) => format!("where {function} led to it"),
        (_, None) => "which led to it".to_owned(),
    };
    format!("{verb} {}, {role}", touched.path)
}

/// `api 2.14.3 to production, 12 min before`.
pub fn deploy_sentence(release: &str, deploy: &Deploy, seen: Timestamp) -> String {
    let (release, environment) = (words::release(release), &deploy.environment);
    let before = seen.duration_since(deploy.finished);
    if before.is_negative() {
        return format!("{release} to {environment}, done {} after: it was under way", words::length(before));
    }
    format!("{release} to {environment}, {} before", words::length(before))
}

/// Whether a deploy can have brought what was first seen then: one that ended later must have begun before.
pub fn is_in_time(deploy: &Deploy, seen: Timestamp) -> bool {
    let before = seen.duration_since(deploy.finished);
    let was_under_way = deploy.started.is_some_and(|started| started <= seen);
    before <= DEPLOYS_BEFORE && (!before.is_negative() || was_under_way && before.abs() <= DEPLOYS_AFTER)
}

#[cfg(test)]
mod tests;
