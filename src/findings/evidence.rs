//! Gathers everything that is known around one event of an issue: what `explain` makes facts of. Bounded, and only what the asker sees.

use jiff::{SignedDuration, Timestamp};

use crate::findings::suspects::Found;
use crate::findings::{FindingError, Result, Sources};
use crate::insight::words;
use crate::model::event::Event;
use crate::model::evidence::{Finding, KnownCommit, KnownDeploy, Material};
use crate::model::ids::EventId;
use crate::model::issue::{EventRef, Issue};
use crate::model::short_id::short_id;
use crate::model::standing::{ChangePoint, PatternKind};

mod others;
mod trace;

/// Commits of the release that are told beside the suspects, the newest.
const COMMITS_MAX: usize = 20;
/// A judgement that is older says nothing of today.
const STANDING_AGE_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);

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
            findings: findings_of(issue, &found, now),
            annotations: Vec::new(),
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
}

/// What was found out of counts, the most telling first.
fn findings_of(issue: &Issue, found: &Found, now: Timestamp) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut add = |section: &str, sentence: String| {
        findings.push(Finding { section: section.to_owned(), sentence });
    };
    let standing = issue.standing.filter(|known| now.duration_since(known.judged) <= STANDING_AGE_MAX);
    if let Some(standing) = standing {
        if let Some(change) = standing.change {
            add("pattern", changed(&change));
        }
        if let Some(said) = said(standing.pattern) {
            add("pattern", said.to_owned());
        }
    }
    if found.arrival.is_regression {
        add("suspects", "It had been resolved, and came back".to_owned());
    }
    if let Some(none) = found.none {
        add("suspects", none.sentence().to_owned());
    }
    findings
}

/// `About 200 a day since 14:05 UTC on 2026-03-02, before 2 a day`.
fn changed(change: &ChangePoint) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rates are counts a day")]
    let rate = |a_day: f64| match a_day.max(0.0) {
        a_day if a_day >= 10.0 => words::number(a_day.round() as u64),
        a_day => format!("{a_day:.1}").trim_end_matches(".0").to_owned(),
    };
    let at = change.at.strftime("%H:%M UTC on %Y-%m-%d");
    format!("About {} a day since {at}, before {} a day", rate(change.after), rate(change.before))
}

fn said(pattern: PatternKind) -> Option<&'static str> {
    match pattern {
        PatternKind::BurstAfterDeploy => Some("It began, or jumped, just after a deploy"),
        PatternKind::Burst => Some("It began, or jumped, and no deploy was near"),
        PatternKind::Steady => Some("It comes about as often as the days before"),
        PatternKind::Rare => Some("It comes a few times a day, over days"),
        PatternKind::Dependency => Some("It jumped together with failing calls to one host or service"),
        PatternKind::Periodic => Some("It comes at the same time again and again"),
        PatternKind::OneUser => Some("One user, or one tenant, has nearly all of it"),
        PatternKind::Fading => Some("It comes ever less often"),
        PatternKind::LoadDependent => Some("It rises faster than traffic does"),
        PatternKind::Unclear => None,
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
