//! Which incident an alert belongs to, and who is told of it when: once, soon, and not again for the same.

use jiff::{SignedDuration, Timestamp};

use crate::model::alert::{Alert, Because, Subject};
use crate::model::ids::ProjectId;
use crate::model::incident::{Incident, IncidentStatus, Mute};
use crate::model::notification::{Step, TargetKind};

#[cfg(test)]
mod tests;

/// What breaks together is told together: alerts join an incident whose last one is at most so old. A dependency that
/// fails takes its callers down within minutes; what comes a quarter of an hour later is looked at by itself.
pub const JOINS_WITHIN: SignedDuration = SignedDuration::from_mins(10);
/// New issues of a project share a message for so long: a deploy that breaks something breaks it in several places.
pub const GATHERS_FOR: SignedDuration = SignedDuration::from_secs(30);
/// How long after a message the next about more of the same waits, by how many there were: nobody is nagged, and nothing
/// goes untold.
const GAPS: [SignedDuration; 4] = [
    SignedDuration::from_secs(30),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(15),
    SignedDuration::from_mins(60),
];

/// How an alert comes into an incident. What comes first is taken first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// It is about the same.
    Joins,
    /// It is about the same, and it had been over.
    Reopens,
    /// It is about something that happens beside it.
    Beside,
}

/// How an incident takes an alert; `None`: it has nothing to do with it.
pub fn takes(incident: &Incident, alert: &Alert, now: Timestamp) -> Option<Place> {
    let is_open = incident.status != IncidentStatus::Resolved;
    if holds(incident, alert) {
        return match incident.resolved {
            _ if is_open => Some(Place::Joins),
            Some(at) if now <= at + incident.reopens_within() => Some(Place::Reopens),
            _ => None,
        };
    }
    let is_recent = now.duration_since(incident.last_alert) <= JOINS_WITHIN;
    (is_open && is_recent && belongs(incident, alert)).then_some(Place::Beside)
}

/// It is about the very same.
fn holds(incident: &Incident, alert: &Alert) -> bool {
    let has_rule = incident.rules.contains(&alert.rule);
    match &alert.subject {
        Subject::Issue { issue } => incident.issues.contains(issue),
        Subject::Release { project, version } => {
            has_rule && incident.projects.contains(project) && incident.releases.contains(version)
        }
        // Which of a project's transactions does not matter: what one rule finds there is one story.
        Subject::Project { project } | Subject::Transaction { project, .. } => {
            has_rule && incident.projects.contains(project)
        }
        Subject::Own { .. } => has_rule,
    }
}

/// It happens beside it: in one of its projects, or where issues jump, to whichever jumps by the same rule.
fn belongs(incident: &Incident, alert: &Alert) -> bool {
    let (Some(project), Subject::Issue { .. } | Subject::Release { .. }) = (alert.project, &alert.subject)
    else {
        return false;
    };
    let is_of_issues = !incident.issues.is_empty() || !incident.releases.is_empty();
    let is_beside = is_of_issues && incident.projects.contains(&project);
    is_beside || (is_jump(&alert.because) && incident.rules.contains(&alert.rule))
}

/// A rate that went up; anything else is news of its own.
fn is_jump(because: &Because) -> bool {
    matches!(because, Because::Spike { .. } | Because::Events { .. } | Because::Users { .. })
}

/// It happens once and is over: whether it goes on is told by events alone.
pub fn happens_once(because: &Because) -> bool {
    matches!(because, Because::New | Because::Regressed { .. } | Because::CameBack)
}

/// To whom a message would go, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    Person,
    Target(TargetKind),
}

impl Channel {
    fn is_program(self) -> bool {
        matches!(self, Self::Target(kind) if kind.is_program())
    }
}

/// What one recipient is told of an alert that has just been put into the incident, and when. `incident` is as it was
/// before: `None` of a new one. `place` is `None` where the alert is an old one that was not told.
pub fn tells(
    incident: Option<&Incident>,
    place: Option<Place>,
    alert: &Alert,
    channel: Channel,
    was_told: bool,
    now: Timestamp,
) -> Option<(Step, Timestamp)> {
    let gathers = if channel.is_program() || alert.because != Because::New {
        SignedDuration::ZERO
    } else {
        GATHERS_FOR
    };
    let Some(incident) = incident.filter(|_| was_told) else { return Some((Step::Opened, now + gathers)) };
    if place.is_none() {
        // It was muted, and goes on.
        return Some((Step::Joined, now));
    }
    let is_worse = incident.told.is_none_or(|told| alert.severity > told);
    if is_worse {
        return Some((Step::Raised, now));
    }
    let is_webhook = channel == Channel::Target(TargetKind::Webhook);
    if place == Some(Place::Reopens) {
        // Who ended it believed that it was over; who was told that it went quiet by itself need not know.
        let was_ended = incident.resolved_by.is_some();
        return (is_webhook || was_ended).then_some((Step::Reopened, now));
    }
    if is_webhook {
        return Some((Step::Joined, now));
    }
    if is_jump(&alert.because) || channel.is_program() {
        return None;
    }
    let times = usize::try_from(incident.times_told).unwrap_or(usize::MAX);
    let gap = GAPS[times.min(GAPS.len() - 1)];
    let next = incident.told_at.map_or(now, |told| told + gap);
    Some((Step::Joined, next.max(now + gathers)))
}

/// What one recipient is told when an incident is over or taken care of, and when.
pub fn tells_of_change(
    incident: &Incident,
    step: Step,
    channel: Channel,
    by_person: bool,
    now: Timestamp,
) -> Option<Timestamp> {
    let kind = match channel {
        Channel::Target(kind) => Some(kind),
        Channel::Person => None,
    };
    match (step, kind) {
        (_, Some(TargetKind::Webhook)) | (Step::Acknowledged, Some(TargetKind::PagerDuty)) => Some(now),
        (Step::Resolved, Some(TargetKind::PagerDuty)) if by_person => Some(now),
        // It may come back: that it is over is told once, when it is.
        (Step::Resolved, _) if !by_person => Some(now + incident.reopens_within()),
        _ => None,
    }
}

/// Nobody is told of it now.
pub fn is_muted(mute: Option<&Mute>, users: u64, now: Timestamp) -> bool {
    mute.is_some_and(|mute| {
        let by_time = mute.until.is_none_or(|until| now < until);
        let by_users = mute.until_users.is_none_or(|bound| users < bound);
        (mute.until.is_some() || mute.until_users.is_some()) && by_time && by_users
    })
}

/// What an incident is called that an alert opens.
pub fn title(alert: &Alert, issue: Option<&str>, project: Option<&str>) -> String {
    let project = project.unwrap_or("a project");
    match (&alert.subject, issue) {
        (Subject::Issue { .. }, Some(issue)) => issue.to_owned(),
        (Subject::Issue { .. }, None) => format!("An issue in {project}"),
        (Subject::Release { version, .. }, _) => match alert.because {
            Because::VerdictWorse { .. } => format!("{version} made it worse"),
            _ => format!("{version} is not healthy"),
        },
        (Subject::Project { .. }, _) => format!("{project} is silent"),
        (Subject::Transaction { .. }, _) => match &alert.because {
            Because::TransactionP95 { name, .. } => format!("{name} is slow"),
            Because::TransactionFailureRate { name, .. } => format!("{name} fails"),
            Because::TransactionThroughput { name, below: true, .. } => format!("{name} is silent"),
            Because::TransactionThroughput { name, .. } => format!("{name} runs too often"),
            _ => format!("A transaction of {project}"),
        },
        (Subject::Own { .. }, _) => match &alert.because {
            Because::DiskFull { .. } => "LightTrace runs out of disk".to_owned(),
            Because::Undelivered { target, .. } => format!("Messages to {target} are not delivered"),
            _ => "LightTrace falls behind".to_owned(),
        },
    }
}

/// What it is called for who sees some projects only: it may be named after an issue of another. `issue`: the first of its
/// issues that they see.
pub fn title_for<'a>(
    incident: &'a Incident,
    sees: &dyn Fn(ProjectId) -> bool,
    issue: Option<&'a str>,
) -> &'a str {
    if incident.projects.iter().all(|project| sees(*project)) {
        return &incident.title;
    }
    issue.unwrap_or("An incident of several projects")
}
