//! Gathers everything that is known around one event of an issue: what `explain` makes facts of. Bounded, and only what the asker sees.

use jiff::{SignedDuration, Timestamp};

use crate::findings::suspects::Found;
use crate::findings::{FindingError, Result, Sources};
use crate::model::annotation::Annotation;
use crate::model::event::Event;
use crate::model::evidence::{Finding, KnownCommit, KnownDeploy, Material, Noted};
use crate::model::ids::EventId;
use crate::model::issue::{EventRef, Issue};
use crate::model::short_id::short_id;

mod others;
mod trace;

/// Commits of the release that are told beside the suspects, the newest.
const COMMITS_MAX: usize = 20;
/// A flag shows at once, a third party's trouble is noted late.
const NOTED_AROUND: SignedDuration = SignedDuration::from_hours(1);
const ANNOTATIONS_MAX: usize = 10;

impl Sources<'_> {
    /// `event`: which one; without one, the issue's newest. [`FindingError::NoEvent`] where there is none.
    pub fn material(&self, issue: &Issue, event: Option<EventId>, now: Timestamp) -> Result<Material> {
        let place = self.event_place(issue, event)?.ok_or(FindingError::NoEvent)?;
        let stored = self.reader.read(&place)?.ok_or(FindingError::NoEvent)?;
        let event = stored.event;
        let directory = self.store.directory();
        let project = directory.projects.get(&issue.project).ok_or(FindingError::NoEvent)?;
        let found = self.suspects(issue, Some(&event))?;
        let trace = self.trace_of(issue.project, &event)?;
        let release = match &event.release {
            Some(version) => self.store.find_release(version)?,
            None => None,
        };
        Ok(Material {
            short_id: short_id(project, issue.number),
            project: project.slug.clone(),
            trace: trace.spans,
            logs: trace.logs,
            release,
            previous_release: found.previous.as_ref().map(|release| release.version.clone()),
            deploys: deploys(&found),
            similar: self.similar_to(issue, &event)?,
            contrasts: self.contrasts(issue, &place, &event)?,
            findings: self.findings_of(issue, &found, now)?,
            annotations: self.noted_around(issue)?,
            commits: commits(&found),
            issue: issue.clone(),
            event,
        })
    }

    fn event_place(&self, issue: &Issue, event: Option<EventId>) -> Result<Option<EventRef>> {
        let Some(id) = event else {
            return Ok(self.store.issue_events(issue.id, None, 1)?.into_iter().next());
        };
        let place = self.store.find_event(issue.project, id)?;
        Ok(place.filter(|place| self.store.shown_issue(place.issue) == issue.id))
    }

    /// What was found out of counts, the most telling first.
    fn findings_of(&self, issue: &Issue, found: &Found, now: Timestamp) -> Result<Vec<Finding>> {
        let mut findings = self.sentences(issue, now)?;
        let mut add = |sentence: &str| {
            findings.push(Finding { section: "suspects".to_owned(), sentence: sentence.to_owned() });
        };
        if found.arrival.is_regression {
            add("It had been resolved, and came back");
        }
        if let Some(none) = found.none {
            add(none.sentence());
        }
        Ok(findings)
    }

    /// What people and programs noted around the time when it jumped, or else began; the nearest to now first.
    fn noted_around(&self, issue: &Issue) -> Result<Vec<Noted>> {
        let change = issue.standing.and_then(|standing| standing.change);
        let (from, to) =
            change.map_or((issue.first_seen, issue.first_seen), |change| (change.from, change.to));
        let from = from.checked_sub(NOTED_AROUND).unwrap_or(Timestamp::MIN);
        let to = to.checked_add(NOTED_AROUND).unwrap_or(Timestamp::MAX);
        let is_of_it = |note: &Annotation| note.projects.is_empty() || note.projects.contains(&issue.project);
        let found =
            self.store.annotations(Some(from), Some(to), None, &is_of_it, ANNOTATIONS_MAX)?.into_iter();
        let noted =
            |note: Annotation| Noted { at: note.at, until: note.until, title: note.title, text: note.text };
        Ok(found.map(noted).collect())
    }
}

/// The suspects first, then the newest.
fn commits(found: &Found) -> Vec<KnownCommit> {
    let suspect = |index: usize| found.suspects.iter().find(|suspect| suspect.commit == index);
    let mut order: Vec<usize> = found.suspects.iter().map(|suspect| suspect.commit).collect();
    let others = (0..found.commits.len()).filter(|index| suspect(*index).is_none()).take(COMMITS_MAX);
    order.extend(others);
    let known = |index: usize| KnownCommit {
        commit: found.commits[index].clone(),
        sentence: suspect(index).map(|suspect| suspect.sentence.clone()),
    };
    order.into_iter().map(known).collect()
}

fn deploys(found: &Found) -> Vec<KnownDeploy> {
    let known = found.deploys.iter().map(|suspect| KnownDeploy {
        version: suspect.release.version.clone(),
        deploy: suspect.deploy.clone(),
        sentence: suspect.sentence.clone(),
    });
    known.collect()
}

/// Who an event is of, as far as it tells.
fn user_of(event: &Event) -> Option<String> {
    event.user.as_ref().and_then(crate::model::event::User::tag_value)
}
