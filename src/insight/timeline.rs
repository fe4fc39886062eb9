//! What else happened when an issue changed: of all that is known of a stretch of time, what to show, what of it was near, and what to say.
//!
//! That two things came together is shown and never called a cause.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::insight::reproduction::shell::line;
use crate::insight::words::{length, number, sentence};
use crate::model::ids::{IncidentId, IssueId, ProjectId};
use crate::model::standing::ChangePoint;

pub mod jumps;

/// Beyond the interval that a change-point lies in. A deploy takes minutes to reach all machines, an error minutes to be met,
/// and the clocks of machines differ; an hour would be near to nearly everything.
pub const NEAR: SignedDuration = SignedDuration::from_mins(10);
/// What a timeline can show side by side; what is near goes before what is not.
pub const MOMENTS_MAX: usize = 120;
/// The same thing told again: a deploy that is reported by two jobs, an alert that is told by two rules.
const SAME_WITHIN: SignedDuration = SignedDuration::from_mins(2);
/// A release is seen as soon as it runs, so what follows its deploy is the same news.
const RELEASE_AFTER_DEPLOY: SignedDuration = SignedDuration::from_hours(24);
/// An interval as short as this is told as a moment.
const MOMENT: SignedDuration = SignedDuration::from_mins(2);
const TEXT_CHARS_MAX: usize = 200;
const NAMED_MAX: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TimelineKind)]
pub enum Kind {
    /// What people did with the issue, and what became of it.
    Change,
    Incident,
    Deploy,
    Annotation,
    /// Calls to a host began to fail.
    Host,
    /// Another issue began, came back or jumped.
    Issue,
    Alert,
    /// A release was seen for the first time.
    Release,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Moment {
    pub at: Timestamp,
    pub until: Option<Timestamp>,
    pub kind: Kind,
    pub title: String,
    pub detail: Option<String>,
    pub target: Option<Target>,
    /// `None`: of several, or of none.
    pub project: Option<ProjectId>,
    /// It is of the issue's own project, or of all.
    pub is_own: bool,
    /// Set by [`choose`].
    pub near: bool,
}

/// Where it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Issue(IssueId),
    Incident(IncidentId),
    Release(String),
    /// Of the web, checked when it was noted.
    Web(String),
}

impl Moment {
    pub fn new(kind: Kind, at: Timestamp, title: &str) -> Self {
        Self {
            at,
            until: None,
            kind,
            title: line(title, TEXT_CHARS_MAX),
            detail: None,
            target: None,
            project: None,
            is_own: false,
            near: false,
        }
    }

    #[must_use]
    pub fn detailed(self, detail: &str) -> Self {
        let detail = line(detail, TEXT_CHARS_MAX);
        Self { detail: Some(detail).filter(|detail| !detail.is_empty()), ..self }
    }
}

/// The stretch within which something is near a change.
pub fn near(change: &ChangePoint) -> (Timestamp, Timestamp) {
    let from = change.from.checked_sub(NEAR).unwrap_or(Timestamp::MIN);
    (from, change.to.checked_add(NEAR).unwrap_or(Timestamp::MAX))
}

/// Each thing once, those that tell most where there are too many, in the order of time.
pub fn choose(mut moments: Vec<Moment>, change: Option<&ChangePoint>) -> Vec<Moment> {
    moments.sort_by(|a, b| (a.at, a.kind, &a.title).cmp(&(b.at, b.kind, &b.title)));
    let mut kept: Vec<Moment> = Vec::new();
    for mut moment in moments {
        let is_known = |known: &Moment| {
            let since = moment.at.duration_since(known.at);
            let is_same = known.kind == moment.kind && known.detail == moment.detail && since <= SAME_WITHIN;
            let is_seen = known.kind == Kind::Deploy
                && moment.kind == Kind::Release
                && known.is_own
                && since <= RELEASE_AFTER_DEPLOY;
            known.title == moment.title && (is_same && known.project == moment.project || is_seen)
        };
        if kept.iter().rev().any(is_known) {
            continue;
        }
        // What people do with the issue follows from the change; it explains nothing.
        moment.near = moment.kind != Kind::Change
            && change.map(near).is_some_and(|(from, to)| (from..=to).contains(&moment.at));
        kept.push(moment);
    }
    if kept.len() > MOMENTS_MAX {
        kept.sort_by_key(|moment| (!moment.near, !moment.is_own, moment.kind, std::cmp::Reverse(moment.at)));
        kept.truncate(MOMENTS_MAX);
        kept.sort_by_key(|moment| (moment.at, moment.kind));
    }
    kept
}

/// What stands out of it; nothing where nothing changed.
pub fn sentences(moments: &[Moment], change: Option<&ChangePoint>) -> Vec<String> {
    let Some(change) = change else { return Vec::new() };
    let of = |kind: Kind| moments.iter().filter(move |moment| moment.near && moment.kind == kind);
    let mut said = Vec::new();
    said.extend(after_deploy(change, &of(Kind::Deploy).collect::<Vec<_>>()));
    said.extend(of(Kind::Host).take(NAMED_MAX).map(|host| {
        let title = name(&host.title);
        format!("Calls to {title} began to fail {}.", relation(change, host.at))
    }));
    said.extend(with_issues(&of(Kind::Issue).collect::<Vec<_>>()));
    said.extend(
        of(Kind::Annotation)
            .take(NAMED_MAX)
            .map(|note| format!("{} was noted {}.", sentence(&name(&note.title)), relation(change, note.at))),
    );
    if said.is_empty() {
        said.push("Nothing else is known of that time: no deploy, no other issue, no note.".to_owned());
    }
    said
}

/// The last that ended before; the issue's own project goes before others. One that ended after it began has not brought it.
fn after_deploy(change: &ChangePoint, deploys: &[&Moment]) -> Option<String> {
    let before = deploys.iter().filter(|deploy| deploy.at <= change.to);
    let last = before.max_by_key(|deploy| (deploy.is_own, deploy.at))?;
    let deployed = format!("{} was {}", name(&last.title), last.detail.as_deref().unwrap_or("deployed"));
    let verb = verb(change);
    Some(match relation(change, last.at) {
        relation if last.at < change.at && relation.ends_with("before") => {
            format!("It {verb} {} after {deployed}.", length(change.at.duration_since(last.at)))
        }
        relation => format!("It {verb} as {deployed}, {relation}."),
    })
}

fn verb(change: &ChangePoint) -> &'static str {
    if change.after < change.before {
        "fell"
    } else if change.before <= 0.0 {
        "began"
    } else {
        "jumped"
    }
}

fn with_issues(issues: &[&Moment]) -> Option<String> {
    let named: Vec<String> = issues.iter().take(NAMED_MAX).map(|issue| name(&issue.title)).collect();
    match issues.len() {
        0 => None,
        1 => Some(format!("Another issue began or jumped with it: {}.", named[0])),
        count => Some(format!(
            "{} other issues began or jumped with it, among them {}.",
            number(count as u64),
            named[0]
        )),
    }
}

/// `3 min before`, `in the same minute`.
fn relation(change: &ChangePoint, at: Timestamp) -> String {
    let apart = at.duration_since(change.at);
    let is_unsure = change.to.duration_since(change.from) > MOMENT && (change.from..=change.to).contains(&at);
    if apart.abs() < SignedDuration::from_mins(1) {
        "in the same minute".to_owned()
    } else if is_unsure {
        "at about the same time".to_owned()
    } else {
        format!("{} {}", length(apart), if apart.is_negative() { "before" } else { "after" })
    }
}

fn name(title: &str) -> String {
    format!("`{}`", title.replace('`', "'"))
}

#[cfg(test)]
mod tests;
