//! The facts behind suspects: which release an issue came with, its commits, and what was deployed before.

use std::collections::HashSet;

use jiff::Timestamp;

use crate::findings::{Result, Sources};
use crate::insight::suspects::{self, DEPLOYS_AFTER, DEPLOYS_BEFORE, OwnFrame, Suspect};
use crate::model::event::{Event, Frame, Stacktrace};
use crate::model::ids::ProjectId;
use crate::model::issue::{ActivityKind, Issue, Substatus};
use crate::model::release::{Commit, Deploy, Release, ReleaseProject};
use crate::model::source_link::{CodeMapping, Place, Repository, resolve};
use crate::store::COMMITS_MAX;

/// Frames of the team's own code that are looked at, the innermost first.
const FRAMES_MAX: usize = 20;
/// Earlier releases whose commits are no news in this one: build tools send some twice.
const PREVIOUS_MAX: usize = 3;
/// Deploys that are looked at, over all projects.
const DEPLOYS_LOOKED_AT_MAX: usize = 500;
const DEPLOYS_SHOWN_MAX: usize = 10;
/// Activities among which the last regression is looked for.
const ACTIVITIES_MAX: usize = 100;

/// When an issue came, and with which release.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrival {
    pub at: Timestamp,
    pub release: Option<String>,
    /// It had been resolved.
    pub is_regression: bool,
}

/// What is to be said where no commit is suspect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoCommits {
    NoRelease,
    NoCommits,
    NoFiles,
    NoFrames,
    NoneTouches,
}

pub struct DeploySuspect {
    pub release: Release,
    pub deploy: Deploy,
    /// Those of the deploy that the asker sees; at least one.
    pub projects: Vec<ProjectId>,
    pub sentence: String,
}

pub struct Found {
    pub arrival: Arrival,
    /// The release before, whose commits are left out.
    pub previous: Option<Release>,
    /// What the suspects' numbers mean.
    pub frames: Vec<OwnFrame>,
    pub commits: Vec<Commit>,
    pub suspects: Vec<Suspect>,
    /// Why there are no suspects.
    pub none: Option<NoCommits>,
    pub deploys: Vec<DeploySuspect>,
}

impl NoCommits {
    pub fn sentence(self) -> &'static str {
        match self {
            Self::NoRelease => "Its events name no release",
            Self::NoCommits => "No commits are known of this release",
            Self::NoFiles => "Commits of this release have no file lists",
            Self::NoFrames => "Its events have no frames of your own code",
            Self::NoneTouches => "No commit of this release touches its files",
        }
    }
}

impl Sources<'_> {
    /// `event`: whose frames are compared; without one, an event from when the issue came.
    pub fn suspects(&self, issue: &Issue, event: Option<&Event>) -> Result<Found> {
        let arrival = self.arrival(issue)?;
        let read = if event.is_none() { self.event_of(issue, &arrival)? } else { None };
        let frames = match event.or(read.as_ref()) {
            Some(event) => self.own_frames(issue.project, event)?,
            None => Vec::new(),
        };
        let release = match &arrival.release {
            Some(version) => self.store.find_release(version)?,
            None => None,
        };
        let (commits, previous) = match &release {
            Some(release) => self.news_of(release, issue.project)?,
            None => (Vec::new(), None),
        };
        let suspects = suspects::commits(&frames, &commits);
        let none = if !suspects.is_empty() {
            None
        } else if arrival.release.is_none() {
            Some(NoCommits::NoRelease)
        } else if commits.is_empty() {
            Some(NoCommits::NoCommits)
        } else if commits.iter().all(|commit| commit.files.is_empty()) {
            Some(NoCommits::NoFiles)
        } else if frames.is_empty() {
            Some(NoCommits::NoFrames)
        } else {
            Some(NoCommits::NoneTouches)
        };
        let deploys = self.deploys_before(issue.project, arrival.at)?;
        Ok(Found { arrival, previous, frames, commits, suspects, none, deploys })
    }

    pub fn arrival(&self, issue: &Issue) -> Result<Arrival> {
        if issue.resolution.is_some() || issue.substatus == Some(Substatus::Regressed) {
            for activity in self.store.activities(issue.id, ACTIVITIES_MAX)? {
                if let ActivityKind::SetRegression { release, because } = activity.kind {
                    let at = because.map_or(activity.at, |because| because.at);
                    return Ok(Arrival { at, release, is_regression: true });
                }
            }
        }
        Ok(Arrival { at: issue.first_seen, release: issue.first_release.clone(), is_regression: false })
    }

    fn event_of(&self, issue: &Issue, arrival: &Arrival) -> Result<Option<Event>> {
        let places = if arrival.is_regression {
            self.store.issue_events(issue.id, None, 1)?
        } else {
            self.store.issue_events_after(issue.id, None, 1)?
        };
        match places.first() {
            Some(place) => Ok(self.reader.read(place)?.map(|stored| stored.event)),
            None => Ok(None),
        }
    }

    fn own_frames(&self, project: ProjectId, event: &Event) -> Result<Vec<OwnFrame>> {
        let mappings = self.store.code_mappings_of(project)?;
        let repositories = self.store.repositories()?;
        Ok(frames_of(event).map(|frame| own_frame(frame, event, &mappings, &repositories)).collect())
    }

    /// The commits that are new in a release, the newest first, and the release before it.
    fn news_of(&self, release: &Release, project: ProjectId) -> Result<(Vec<Commit>, Option<Release>)> {
        let mut known = HashSet::new();
        let mut earlier: Vec<Release> = Vec::new();
        while earlier.len() < PREVIOUS_MAX {
            let newer = earlier.last().unwrap_or(release);
            let has_commits = |release: &Release, _: &ReleaseProject| Ok(release.commits > 0);
            let Some(before) = self.store.release_before(project, newer, has_commits)? else { break };
            let rows = self.store.release_commits(before.id, 0, COMMITS_MAX)?;
            known.extend(rows.into_iter().map(|(_, commit)| commit.id));
            earlier.push(before);
        }
        let rows = self.store.release_commits(release.id, 0, COMMITS_MAX)?.into_iter();
        let commits = rows.map(|(_, commit)| commit).filter(|commit| !known.contains(&commit.id)).collect();
        Ok((commits, earlier.into_iter().next()))
    }

    /// The last before `seen` first; the issue's own project before others where they are equal.
    fn deploys_before(&self, project: ProjectId, seen: Timestamp) -> Result<Vec<DeploySuspect>> {
        let from = seen.checked_sub(DEPLOYS_BEFORE).unwrap_or(Timestamp::MIN);
        let to = seen.checked_add(DEPLOYS_AFTER).unwrap_or(Timestamp::MAX);
        let mut found = Vec::new();
        for (release, deploy) in self.store.deploys_between(from, to, DEPLOYS_LOOKED_AT_MAX)? {
            if found.len() == DEPLOYS_SHOWN_MAX {
                break;
            }
            if !suspects::is_in_time(&deploy, seen) {
                continue;
            }
            let mut projects = self.deployed_to(&release, &deploy)?;
            projects.sort_by_key(|of| (*of != project, *of));
            if !projects.is_empty() {
                let sentence = suspects::deploy_sentence(&release.version, &deploy, seen);
                found.push(DeploySuspect { release, deploy, projects, sentence });
            }
        }
        Ok(found)
    }
}

/// Of the team's own code, the innermost first: those of the root cause before those of what it led to.
fn frames_of(event: &Event) -> impl Iterator<Item = &Frame> {
    let exceptions = event.exceptions.iter().filter_map(|exception| exception.stacktrace.as_ref());
    let threads = event.threads.iter().filter(|thread| thread.crashed == Some(true));
    let threads = threads.filter_map(|thread| thread.stacktrace.as_ref());
    let traces = exceptions.chain(&event.stacktrace).chain(threads);
    let frames = traces.flat_map(|trace: &Stacktrace| trace.frames.iter().rev());
    frames.filter(|frame| frame.in_app == Some(true)).take(FRAMES_MAX)
}

fn own_frame(
    frame: &Frame,
    event: &Event,
    mappings: &[CodeMapping],
    repositories: &[Repository],
) -> OwnFrame {
    let place = Place {
        platform: frame.platform.as_deref().unwrap_or(&event.platform),
        filename: frame.filename.as_deref(),
        abs_path: frame.abs_path.as_deref(),
        module: frame.module.as_deref(),
    };
    let mapped = resolve(mappings, &place).and_then(|(mapping, path)| {
        let repository = repositories.iter().find(|repository| repository.id == mapping.repository)?;
        Some((repository.name.clone(), path))
    });
    OwnFrame {
        function: frame.function.clone(),
        filename: frame.filename.clone().or_else(|| frame.abs_path.clone()),
        line: frame.lineno,
        paths: place.candidates(),
        mapped,
    }
}
