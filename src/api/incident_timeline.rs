//! What happened in an incident, in sentences; and the same as the beginning of a post-mortem.

use std::collections::HashMap;
use std::fmt::Write;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::error::Result;
use crate::api::incident_json::{Names, WhoJson};
use crate::api::{Api, when};
use crate::insight::alert::words::told;
use crate::insight::words::{length, some};
use crate::model::alert::Alert;
use crate::model::ids::{AlertId, NotificationId};
use crate::model::incident::{Incident, Moment, MomentKind, Mute};
use crate::model::issue::Issue;
use crate::model::notification::Notification;
use crate::model::project::Project;
use crate::model::short_id::short_id;

/// Deploys before it began that may have brought it.
const DEPLOYS_BEFORE: SignedDuration = SignedDuration::from_hours(24);
const DEPLOYS_MAX: usize = 50;
/// Issues that a post-mortem lists.
const ISSUES_MAX: usize = 50;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = IncidentMoment)]
pub struct MomentJson {
    pub at: String,
    /// `null`: the server itself.
    #[schema(required)]
    pub by: Option<WhoJson>,
    /// `began`, `alert`, `deploy`, `told`, `acknowledged`, `assigned`, `severity`, `muted`, `unmuted`, `note`, `resolved`,
    /// `reopened`.
    pub kind: String,
    /// A sentence; of a note what was written, in Markdown.
    pub text: String,
    /// Of an alert: the issue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issue: Option<MomentIssue>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MomentIssue {
    pub id: String,
    pub short_id: String,
    pub title: String,
}

/// What sentences are made of.
struct Known {
    names: Names,
    alerts: HashMap<AlertId, Alert>,
    issues: HashMap<AlertId, MomentIssue>,
    told: HashMap<NotificationId, (String, String)>,
}

impl Api {
    /// In the order of time.
    pub(super) fn timeline_json(&self, incident: &Incident, now: Timestamp) -> Result<Vec<MomentJson>> {
        let mut moments = self.store.incident_timeline(incident.id)?;
        moments.extend(self.deploys_around(incident, now)?);
        moments.sort_by_key(|moment| moment.at);
        let known = self.known(&moments)?;
        let rows = moments.into_iter().filter_map(|moment| {
            let alert = match moment.kind {
                MomentKind::Alert { alert } => Some(alert),
                _ => None,
            };
            // Of a project that the caller does not see, nothing is told.
            let hidden =
                alert.and_then(|alert| known.alerts.get(&alert)?.project).is_some_and(|id| !self.sees(id));
            (!hidden).then(|| row(&moment, alert, &known))
        });
        Ok(rows.collect())
    }

    /// Deploys of its projects from a day before it began until it was over.
    fn deploys_around(&self, incident: &Incident, now: Timestamp) -> Result<Vec<Moment>> {
        let end = incident.resolved.unwrap_or(now);
        let found = self.store.deploys_between(incident.began - DEPLOYS_BEFORE, end, DEPLOYS_MAX)?;
        let is_of_it = |deploy: &crate::model::release::Deploy| {
            incident.projects.iter().any(|project| self.sees(*project) && deploy.is_of(*project))
        };
        let moment =
            |(release, deploy): (crate::model::release::Release, crate::model::release::Deploy)| Moment {
                at: deploy.finished,
                by: None,
                kind: MomentKind::Deploy { version: release.version, environment: deploy.environment },
            };
        Ok(found.into_iter().filter(|(_, deploy)| is_of_it(deploy)).map(moment).collect())
    }

    fn known(&self, moments: &[Moment]) -> Result<Known> {
        let ids: Vec<AlertId> = moments
            .iter()
            .filter_map(|moment| match moment.kind {
                MomentKind::Alert { alert } => Some(alert),
                _ => None,
            })
            .collect();
        let alerts = self.store.alerts(&ids)?;
        let directory = self.store.directory();
        let mut issues = HashMap::new();
        for alert in &alerts {
            let Some(id) = alert.subject.issue() else { continue };
            let Some(issue) = self.issues(&[id])?.pop() else { continue };
            let Some(project) = directory.projects.get(&issue.project) else { continue };
            issues.insert(alert.id, named(&issue, project));
        }
        let sent = moments.iter().filter_map(|moment| match moment.kind {
            MomentKind::Told { notification } => Some(notification),
            _ => None,
        });
        let sent: Vec<Notification> = sent
            .filter_map(|id| self.store.find_notification(id).transpose())
            .collect::<std::result::Result<_, _>>()?;
        let ids: Vec<NotificationId> = sent.iter().map(|sent| sent.id).collect();
        let rows = self.notifications_json(sent)?.into_iter();
        let told = ids.into_iter().zip(rows.map(|row| (row.recipient.name, row.recipient.channel))).collect();
        let alerts = alerts.into_iter().map(|alert| (alert.id, alert)).collect();
        Ok(Known { names: self.names()?, alerts, issues, told })
    }

    /// Markdown. What events say is escaped: it is nobody's markup.
    pub(super) fn post_mortem(&self, incident: &Incident, now: Timestamp) -> Result<String> {
        let names = self.names()?;
        let json = self.one_incident_json(incident, &names)?;
        let mut text = format!("# {}\n\n", escape(&json.title));
        let mut fact = |name: &str, value: &str| {
            if !value.is_empty() {
                let _ = writeln!(text, "- **{name}:** {value}");
            }
        };
        fact("Incident", &self.link(&format!("/alerts/incidents/{}", incident.id)));
        fact("Severity", incident.severity.as_str());
        fact("Began", &when(incident.began));
        fact("Opened", &when(incident.opened));
        let after = |to: Option<Timestamp>| {
            to.map(|to| format!("{}, after {}", when(to), length(to.duration_since(incident.opened))))
        };
        fact("Acknowledged", &after(incident.acknowledged).unwrap_or_else(|| "no".to_owned()));
        fact("Resolved", &after(incident.resolved).unwrap_or_else(|| "not yet".to_owned()));
        fact("Owner", &json.owner.map(|owner| escape(&owner.name)).unwrap_or_default());
        fact("Projects", &json.projects.join(", "));
        fact("Releases", &escape(&json.releases.join(", ")));
        fact("Issues", &json.issue_count.to_string());
        fact("Users", &json.user_count.to_string());
        text.push_str("\n## Summary\n\n\n## Timeline\n\n");
        for moment in self.timeline_json(incident, now)? {
            let who = moment.by.map(|by| format!("{}: ", escape(&by.name))).unwrap_or_default();
            let subject = moment.issue.map(|issue| format!("{} ", issue.short_id)).unwrap_or_default();
            let said = escape(&moment.text).replace('\n', " ");
            let _ = writeln!(text, "- `{}` {who}{subject}{said}", moment.at);
        }
        text.push_str("\n## Issues\n\n");
        let directory = self.store.directory();
        for issue in self.issues_of(incident)?.iter().take(ISSUES_MAX) {
            let Some(project) = directory.projects.get(&issue.project) else { continue };
            let MomentIssue { id, short_id, title } = named(issue, project);
            let (events, users) = (some(issue.events, "event"), some(issue.users, "user"));
            let link = self.link(&format!("/issues/{id}"));
            let _ = writeln!(text, "- [{short_id}]({link}) {}: {events}, {users}", escape(&title));
        }
        text.push_str("\n## Root cause\n\n\n## What went well\n\n\n## What we change\n\n");
        Ok(text)
    }
}

fn named(issue: &Issue, project: &Project) -> MomentIssue {
    MomentIssue {
        id: issue.id.to_string(),
        short_id: short_id(project, issue.number),
        title: issue.headline.title.clone(),
    }
}

fn row(moment: &Moment, alert: Option<AlertId>, known: &Known) -> MomentJson {
    let (kind, mut text) = sentence(&moment.kind, known);
    if moment.by.is_none() && matches!(moment.kind, MomentKind::Resolved { quiet_minutes: None }) {
        "Over: its issues were resolved or archived".clone_into(&mut text);
    }
    MomentJson {
        at: when(moment.at),
        by: moment.by.map(|by| known.names.actor(by)),
        kind: kind.to_owned(),
        text,
        issue: alert.and_then(|alert| known.issues.get(&alert)).map(|issue| MomentIssue {
            id: issue.id.clone(),
            short_id: issue.short_id.clone(),
            title: issue.title.clone(),
        }),
    }
}

fn sentence(kind: &MomentKind, known: &Known) -> (&'static str, String) {
    match kind {
        MomentKind::Began => ("began", "It began".to_owned()),
        MomentKind::Alert { alert } => {
            let because = known.alerts.get(alert).map(|alert| told(&alert.because));
            ("alert", because.unwrap_or_else(|| "A rule was met".to_owned()))
        }
        MomentKind::Deploy { version, environment } => {
            ("deploy", format!("{version} was deployed to {environment}"))
        }
        MomentKind::Told { notification } => {
            let (name, channel) = known.told.get(notification).cloned().unwrap_or_default();
            ("told", format!("{name} was told by {channel}"))
        }
        MomentKind::Acknowledged => ("acknowledged", "Acknowledged".to_owned()),
        MomentKind::Assigned { to: Some(to) } => {
            ("assigned", format!("Assigned to {}", known.names.person(*to).name))
        }
        MomentKind::Assigned { to: None } => ("assigned", "Assigned to nobody".to_owned()),
        MomentKind::Severity { from, to } => {
            ("severity", format!("Severity {}, was {}", to.as_str(), from.as_str()))
        }
        MomentKind::Muted { mute } => ("muted", muted(mute)),
        MomentKind::Unmuted => ("unmuted", "No longer muted".to_owned()),
        MomentKind::Note { text } => ("note", text.clone()),
        MomentKind::Resolved { quiet_minutes: Some(minutes) } => {
            let quiet = length(SignedDuration::from_mins(i64::from(*minutes)));
            ("resolved", format!("Over: nothing was seen of it for {quiet}"))
        }
        MomentKind::Resolved { quiet_minutes: None } => ("resolved", "Resolved".to_owned()),
        MomentKind::Reopened => ("reopened", "Opened again".to_owned()),
    }
}

fn muted(mute: &Mute) -> String {
    match (mute.until, mute.until_users) {
        (Some(until), None) => format!("Muted until {}", until.strftime("%Y-%m-%d %H:%M UTC")),
        (None, Some(users)) => format!("Muted until there are {}", some(users, "user")),
        (Some(until), Some(users)) => {
            format!("Muted until {}, or {}", until.strftime("%Y-%m-%d %H:%M UTC"), some(users, "user"))
        }
        (None, None) => "Muted".to_owned(),
    }
}

/// So that no letter of it is markup.
fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, letter| {
        if matches!(letter, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '!' | '&') {
            escaped.push('\\');
        }
        escaped.push(letter);
        escaped
    })
}
