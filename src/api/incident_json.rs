//! An incident as the API shows it. Whoever sees some of its projects only sees what of it is theirs.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::error::Result;
use crate::api::issue_json::{IssueJson, Stats};
use crate::api::notifications::NotificationJson;
use crate::api::{Api, when};
use crate::insight::alert::incident::title_for;
use crate::model::account::Account;
use crate::model::alert_rule::Severity;
use crate::model::ids::{AccountId, ProjectId, TargetId};
use crate::model::incident::{Actor, Incident, IncidentStatus, Mute};
use crate::model::issue::Issue;
use crate::model::notification::Target;
use crate::store::NotificationFilter;

/// Of one incident, what its page lists.
const ISSUES_SHOWN_MAX: usize = 100;
const NOTIFICATIONS_SHOWN_MAX: usize = 100;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Incident)]
pub struct IncidentJson {
    pub id: String,
    pub title: String,
    pub severity: Severity,
    pub status: IncidentStatus,
    #[schema(required)]
    pub owner: Option<WhoJson>,
    pub opened: String,
    /// When what it is about began, as far as is known.
    pub began: String,
    #[schema(required)]
    pub acknowledged: Option<String>,
    #[schema(required)]
    pub acknowledged_by: Option<WhoJson>,
    #[schema(required)]
    pub resolved: Option<String>,
    /// `null` of a resolved one: it was quiet for its time.
    #[schema(required)]
    pub resolved_by: Option<WhoJson>,
    /// How often it was opened again.
    pub reopened: u32,
    /// Slugs.
    pub projects: Vec<String>,
    pub environments: Vec<String>,
    pub releases: Vec<String>,
    pub issue_count: u64,
    /// Each issue's users, added up: who met two of them counts twice.
    pub user_count: u64,
    pub event_count: u64,
    pub alert_count: u64,
    pub last_alert: String,
    /// After how many minutes without a sign of it it is over.
    pub quiet_minutes: u32,
    #[schema(required)]
    pub time_to_acknowledge_seconds: Option<u64>,
    #[schema(required)]
    pub time_to_resolve_seconds: Option<u64>,
    #[schema(required)]
    pub muted: Option<MuteJson>,
}

/// One incident as its own page shows it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IncidentDetails {
    #[serde(flatten)]
    pub incident: IncidentJson,
    /// Its issues, as the list of issues has them; the first hundred.
    pub issues: Vec<IssueJson>,
    pub rules: Vec<RuleName>,
    /// Messages about it, the newest first.
    pub notifications: Vec<NotificationJson>,
}

/// Who did it: a person, or whoever followed a link that a channel was sent.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = IncidentActor)]
pub struct WhoJson {
    /// `person`, `target` or `instance`.
    #[serde(rename = "type")]
    pub kind: String,
    #[schema(required)]
    pub id: Option<String>,
    pub name: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = IncidentMute)]
pub struct MuteJson {
    #[schema(required)]
    pub until: Option<String>,
    /// Until its issues have had so many users.
    #[schema(required)]
    pub until_users: Option<u64>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = AlertRuleName)]
pub struct RuleName {
    pub id: String,
    pub name: String,
}

/// People and channels by their numbers.
pub(super) struct Names {
    people: HashMap<AccountId, Account>,
    targets: HashMap<TargetId, Target>,
}

impl Names {
    pub(super) fn person(&self, id: AccountId) -> WhoJson {
        let name = self.people.get(&id).map_or_else(|| "Somebody".to_owned(), |account| account.name.clone());
        WhoJson { kind: "person".to_owned(), id: Some(id.to_string()), name }
    }

    pub(super) fn actor(&self, actor: Actor) -> WhoJson {
        match actor {
            Actor::Person { account } => self.person(account),
            Actor::Target { target } => {
                let name = self.targets.get(&target).map(|target| target.name.clone());
                WhoJson {
                    kind: "target".to_owned(),
                    id: Some(target.to_string()),
                    name: name.unwrap_or_else(|| "A channel".to_owned()),
                }
            }
            Actor::Instance => {
                WhoJson { kind: "instance".to_owned(), id: None, name: "The API token".to_owned() }
            }
        }
    }
}

impl Api {
    pub(super) fn names(&self) -> Result<Names> {
        let people = self.store.everyone()?.into_iter().map(|account| (account.id, account)).collect();
        let targets = self.store.notification_targets()?.into_iter();
        Ok(Names { people, targets: targets.map(|target| (target.id, target)).collect() })
    }

    /// Those of its issues that the caller sees.
    pub(super) fn issues_of(&self, incident: &Incident) -> Result<Vec<Issue>> {
        let mut issues = self.issues(&incident.issues)?;
        let mut seen = std::collections::HashSet::new();
        issues.retain(|issue| seen.insert(issue.id));
        Ok(issues)
    }

    /// As it is called for who sees all of it; for others by the first issue that they see.
    pub(super) fn incident_title(&self, incident: &Incident) -> Result<String> {
        let sees_all = self.sight().is_none();
        let first = if sees_all { None } else { self.issues_of(incident)?.into_iter().next() };
        let first = first.as_ref().map(|issue| issue.headline.title.as_str());
        Ok(title_for(incident, &|project| self.sees(project), first).to_owned())
    }

    pub(super) fn incidents_json(&self, incidents: &[Incident]) -> Result<Vec<IncidentJson>> {
        let names = self.names()?;
        incidents.iter().map(|incident| self.one_incident_json(incident, &names)).collect()
    }

    pub(super) fn one_incident_json(&self, incident: &Incident, names: &Names) -> Result<IncidentJson> {
        let directory = self.store.directory();
        let slug = |id: &ProjectId| directory.projects.get(id).map(|project| project.slug.clone());
        let issues = self.issues_of(incident)?;
        let sees_all = self.sight().is_none();
        let seconds = |to: Option<Timestamp>| {
            to.map(|to| u64::try_from(to.duration_since(incident.opened).as_secs()).unwrap_or(0))
        };
        let seen = u64::try_from(issues.len()).unwrap_or(u64::MAX);
        let mute = |mute: Mute| MuteJson { until: mute.until.map(when), until_users: mute.until_users };
        Ok(IncidentJson {
            id: incident.id.to_string(),
            title: self.incident_title(incident)?,
            severity: incident.severity,
            status: incident.status,
            owner: incident.owner.map(|id| names.person(id)),
            opened: when(incident.opened),
            began: when(incident.began),
            acknowledged: incident.acknowledged.map(when),
            acknowledged_by: incident.acknowledged_by.map(|actor| names.actor(actor)),
            resolved: incident.resolved.map(when),
            resolved_by: incident.resolved_by.map(|actor| names.actor(actor)),
            reopened: incident.reopened,
            projects: incident.projects.iter().filter(|id| self.sees(**id)).filter_map(slug).collect(),
            environments: incident.environments.clone(),
            releases: if sees_all { incident.releases.clone() } else { releases_of(&issues) },
            issue_count: if sees_all { seen + incident.further_issues } else { seen },
            user_count: issues.iter().map(|issue| issue.users).sum(),
            event_count: issues.iter().map(|issue| issue.events).sum(),
            alert_count: incident.alerts,
            last_alert: when(incident.last_alert),
            quiet_minutes: incident.quiet_minutes,
            time_to_acknowledge_seconds: seconds(incident.acknowledged),
            time_to_resolve_seconds: seconds(incident.resolved),
            muted: incident.muted.map(mute),
        })
    }

    pub(super) fn incident_details(&self, incident: &Incident, now: Timestamp) -> Result<IncidentDetails> {
        let mut issues = self.issues_of(incident)?;
        issues.truncate(ISSUES_SHOWN_MAX);
        let filter = NotificationFilter { incident: Some(incident.id), ..NotificationFilter::default() };
        let told = self.store.notifications(&filter, None, NOTIFICATIONS_SHOWN_MAX)?.0;
        let mut rules = Vec::new();
        for id in &incident.rules {
            let rule = self.store.find_alert_rule(*id)?.filter(|rule| self.sees_rule(rule));
            rules.extend(rule.map(|rule| RuleName { id: rule.id.to_string(), name: rule.name }));
        }
        Ok(IncidentDetails {
            incident: self.one_incident_json(incident, &self.names()?)?,
            issues: self.issues_json(issues, Stats::Day, now)?,
            rules,
            notifications: self.notifications_json(told)?,
        })
    }
}

fn releases_of(issues: &[Issue]) -> Vec<String> {
    let mut releases: Vec<String> = issues.iter().filter_map(|issue| issue.last_release.clone()).collect();
    releases.sort_unstable();
    releases.dedup();
    releases
}
