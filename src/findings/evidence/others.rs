//! Other issues that read alike and how they ended, and other events of the same issue that differ.

use crate::findings::evidence::user_of;
use crate::findings::{Result, Sources};
use crate::insight::words;
use crate::model::event::Event;
use crate::model::evidence::{Contrast, SimilarIssue};
use crate::model::ids::ProjectId;
use crate::model::issue::{EventRef, Fix, Issue, Resolution, Status};
use crate::model::release::{Commit, KnownRelease};
use crate::model::short_id::short_id;
use crate::store::COMMITS_MAX;

const SIMILAR_MAX: usize = 5;
/// Issues that share less say nothing.
const SCORE_MIN: f64 = 0.2;
/// Events among which others are looked for: each is read.
const EVENTS_READ_MAX: usize = 12;

impl Sources<'_> {
    /// Those of the same project first.
    pub(super) fn similar_to(&self, issue: &Issue, event: &Event) -> Result<Vec<SimilarIssue>> {
        let mut found = self.search.similar(event, issue.id, &[issue.project], SIMILAR_MAX)?;
        found.retain(|similar| similar.score >= SCORE_MIN);
        let directory = self.store.directory();
        let mut others: Vec<ProjectId> = directory.projects.keys().copied().collect();
        others.retain(|project| *project != issue.project && (self.sees)(*project));
        others.sort_unstable();
        if found.len() < SIMILAR_MAX && !others.is_empty() {
            let more = self.search.similar(event, issue.id, &others, SIMILAR_MAX)?;
            found.extend(more.into_iter().filter(|similar| similar.score >= SCORE_MIN));
        }
        found.truncate(SIMILAR_MAX);
        let mut told = Vec::new();
        for similar in found {
            let Some(other) = self.store.find_issue(similar.issue)? else { continue };
            let Some(project) = directory.projects.get(&other.project) else { continue };
            let fix = match &other.resolution {
                Some(resolution) => self.fix_of(resolution)?,
                None => None,
            };
            told.push(SimilarIssue {
                short_id: short_id(project, other.number),
                title: other.headline.title.clone(),
                because: similar.because,
                resolution: resolved(&other),
                fix,
            });
        }
        Ok(told)
    }

    /// The commit that is said to have fixed it, where one of its releases lists it.
    fn fix_of(&self, resolution: &Resolution) -> Result<Option<Commit>> {
        let Fix::Commit { commit, releases, .. } = &resolution.fix else { return Ok(None) };
        for release in releases {
            let Some(release) = self.store.find_release(&release.version)? else { continue };
            let commits = self.store.release_commits(release.id, 0, COMMITS_MAX)?;
            if let Some((_, found)) = commits.into_iter().find(|(_, known)| known.id == *commit) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// One of another release, one of another user, and the oldest that is kept.
    pub(super) fn contrasts(&self, issue: &Issue, own: &EventRef, event: &Event) -> Result<Vec<Contrast>> {
        let oldest = self.store.issue_events_after(issue.id, None, 1)?;
        let newest = self.store.issue_events(issue.id, None, EVENTS_READ_MAX)?;
        let mut contrasts: Vec<Contrast> = Vec::new();
        let (mut release, mut user) = (false, false);
        for (place, is_oldest) in
            oldest.iter().map(|place| (place, true)).chain(newest.iter().map(|place| (place, false)))
        {
            let is_known = contrasts.iter().any(|known| known.event.event_id == place.event_id);
            if place.event_id == own.event_id || is_known {
                continue;
            }
            let Some(other) = self.reader.read(place)?.map(|stored| stored.event) else { continue };
            let is_other_release = other.release.is_some() && other.release != event.release;
            let is_other_user = user_of(&other).is_some() && user_of(&other) != user_of(event);
            let mut role = Vec::new();
            if is_oldest {
                role.push("the oldest that is kept".to_owned());
            }
            if is_other_release && !release {
                role.push("of another release".to_owned());
            }
            if is_other_user && !user {
                role.push("of another user".to_owned());
            }
            if !role.is_empty() {
                (release, user) = (release || is_other_release, user || is_other_user);
                contrasts.push(Contrast { role: words::list(&role), event: other });
            }
            if release && user {
                break;
            }
        }
        Ok(contrasts)
    }
}

fn resolved(issue: &Issue) -> Option<String> {
    if issue.status == Status::Ignored {
        return Some("archived, not fixed".to_owned());
    }
    let resolution = issue.resolution.as_ref().filter(|_| issue.status == Status::Resolved)?;
    let versions = |releases: &[KnownRelease]| {
        let named: Vec<String> = releases.iter().map(|release| words::release(&release.version)).collect();
        words::list(&named)
    };
    let how = match &resolution.fix {
        Fix::Now { .. } => String::new(),
        Fix::Release { release } => format!(" in {}", words::release(&release.version)),
        Fix::NextRelease { after: Some(after) } => {
            format!(" in what came after {}", words::release(&after.version))
        }
        Fix::NextRelease { after: None } => " in the next release".to_owned(),
        Fix::Commit { releases, .. } if releases.is_empty() => " by a commit".to_owned(),
        Fix::Commit { releases, .. } => format!(" by a commit in {}", versions(releases)),
    };
    Some(format!("resolved{how} on {}", resolution.at.strftime("%Y-%m-%d")))
}
