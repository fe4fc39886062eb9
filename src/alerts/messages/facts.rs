//! Gathers what a message tells: the incident, the alerts of this message, their issues with the line that failed, the
//! release and its deploy, the commits that may have brought it. Of all that only what the reader may see.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::alerts::links::LinkSigner;
use crate::alerts::messages::story::{
    AlertFacts, ChangeFacts, IncidentFacts, IssueFacts, Links, ReleaseFacts, Story,
};
use crate::alerts::messages::{Result, is_open, place, plain};
use crate::alerts::names;
use crate::digest::stored::Reader as Events;
use crate::findings::Sources;
use crate::insight::alert::incident::title_for;
use crate::insight::alert::words as alert_words;
use crate::insight::words;
use crate::model::account::{Account, Role};
use crate::model::action_link::{ActionLink, LINK_LIFETIME, LinkAction};
use crate::model::alert::{Alert, Because};
use crate::model::event::Event;
use crate::model::ids::{AlertId, IssueId, ProjectId};
use crate::model::incident::{Incident, IncidentStatus};
use crate::model::issue::Issue;
use crate::model::notification::{Notification, Recipient, Step};
use crate::model::short_id::short_id;
use crate::search::Search;
use crate::store::Store;

/// More is for the incident's page.
const ISSUES_SHOWN_MAX: usize = 6;
/// Alerts of one message that are looked at for the most telling.
const ALERTS_READ_MAX: usize = 100;
const ALERTS_SHOWN_MAX: usize = 20;
const CHANGES_SHOWN_MAX: usize = 2;
const DEPLOYS_LOOKED_AT_MAX: usize = 20;

const TITLE_LETTERS_MAX: usize = 200;
const NAME_LETTERS_MAX: usize = 100;
/// Environments and releases.
const NAMES_SHOWN_MAX: usize = 8;
const SENTENCE_LETTERS_MAX: usize = 400;

/// Who reads it.
pub enum Reader<'a> {
    Person { account: &'a Account, zone: &'a TimeZone },
    Target,
}

pub struct Gathering<'a> {
    pub store: &'a Store,
    pub search: &'a Search,
    pub reader: &'a Events,
    pub signer: &'a LinkSigner,
    /// Of this instance, without a slash at the end.
    pub url: &'a str,
    pub to: Reader<'a>,
    pub now: Timestamp,
}

impl Gathering<'_> {
    /// `None`: the reader may see nothing of it (any more).
    pub fn story(
        &self,
        notification: &Notification,
        incident: &Incident,
        step: Step,
        alerts: &[AlertId],
    ) -> Result<Option<Story>> {
        let projects: Vec<_> = incident.projects.iter().copied().filter(|id| self.sees(*id)).collect();
        if projects.is_empty() && !incident.projects.is_empty() {
            return Ok(None);
        }
        let mut read = self.store.alerts(&alerts[..alerts.len().min(ALERTS_READ_MAX)])?;
        read.retain(|alert| alert.project.is_none_or(|project| self.sees(project)));
        let mut issues = self.issues_of(incident, &read)?;
        self.most_telling_first(&mut read, &mut issues);
        let issue_count = issues.len() as u64 + (alerts.len() - alerts.len().min(ALERTS_READ_MAX)) as u64;
        let only = issues.first().filter(|_| issue_count == 1);
        let event = only.map(|issue| self.latest_event(issue)).transpose()?.flatten();
        let changes = match (only, &event) {
            (Some(issue), Some(event)) if step != Step::Resolved => self.changes(issue, event)?,
            _ => Vec::new(),
        };
        let release = self.release(&read, only, event.as_ref())?;
        let shown = issues.iter().take(ISSUES_SHOWN_MAX);
        let shown = shown.map(|issue| self.issue(issue, event.as_ref().filter(|_| only.is_some())));
        let mut shown = shown.collect::<Result<Vec<_>>>()?;
        if let (Some(issue), Some(facts)) = (only.filter(|_| step != Step::Resolved), shown.first_mut()) {
            facts.why = self.why(issue, event.as_ref())?;
        }
        let further_alerts = alerts.len().saturating_sub(read.len().min(ALERTS_SHOWN_MAX));
        read.truncate(ALERTS_SHOWN_MAX);
        Ok(Some(Story {
            step,
            incident: self.incident(incident, &projects, shown.first())?,
            alerts: read.iter().map(|alert| self.alert(alert)).collect::<Result<_>>()?,
            further_alerts: further_alerts as u64,
            further_issues: issue_count - shown.len() as u64,
            issues: shown,
            thread_issue: incident.issues.first().map(|issue| issue.0),
            release,
            changes,
            links: self.links(notification, incident),
            now: self.now,
            zone: match self.to {
                Reader::Person { zone, .. } => zone.clone(),
                Reader::Target => TimeZone::UTC,
            },
        }))
    }

    pub(super) fn sees(&self, project: ProjectId) -> bool {
        match self.to {
            Reader::Person { account, .. } => account.sees(project),
            Reader::Target => true,
        }
    }

    /// Those that the alerts are about; without alerts, the incident's.
    fn issues_of(&self, incident: &Incident, alerts: &[Alert]) -> Result<Vec<Issue>> {
        let mut ids: Vec<IssueId> = Vec::new();
        for id in alerts.iter().filter_map(|alert| alert.subject.issue()) {
            let id = self.store.shown_issue(id);
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        if alerts.is_empty() {
            ids = incident.issues.iter().copied().take(ALERTS_READ_MAX).collect();
        }
        let mut issues = self.store.find_issues(&ids)?;
        issues.retain(|issue| self.sees(issue.project));
        Ok(issues)
    }

    /// By severity, then by how many users and events it is about.
    fn most_telling_first(&self, alerts: &mut [Alert], issues: &mut [Issue]) {
        let weight = |id: IssueId| {
            let issue = issues.iter().find(|issue| issue.id == id);
            issue.map_or((0, 0), |issue| (issue.users, issue.events))
        };
        let shown = |alert: &Alert| alert.subject.issue().map(|issue| self.store.shown_issue(issue));
        alerts.sort_by_cached_key(|alert| {
            std::cmp::Reverse((alert.severity, shown(alert).map(weight), std::cmp::Reverse(alert.id)))
        });
        let place = |id: IssueId| alerts.iter().position(|alert| shown(alert) == Some(id));
        issues.sort_by_cached_key(|issue| place(issue.id));
    }

    fn latest_event(&self, issue: &Issue) -> Result<Option<Event>> {
        let Some(newest) = self.store.issue_events(issue.id, None, 1)?.into_iter().next() else {
            return Ok(None);
        };
        match self.reader.read(&newest) {
            Ok(stored) => Ok(stored.map(|stored| stored.event)),
            Err(error) => {
                // The message goes out without its line of source.
                tracing::error!(%error, event = %newest.event_id, "an event cannot be read for a message");
                Ok(None)
            }
        }
    }

    fn issue(&self, issue: &Issue, known: Option<&Event>) -> Result<IssueFacts> {
        let directory = self.store.directory();
        let project = directory.projects.get(&issue.project);
        let read = if known.is_none() { self.latest_event(issue)? } else { None };
        let event = known.or(read.as_ref());
        let place = event.map(|event| place::of(self.store, issue.project, event)).transpose()?.flatten();
        let title = plain::line(&issue.headline.title, TITLE_LETTERS_MAX);
        let culprit = plain::line(&issue.headline.culprit, NAME_LETTERS_MAX);
        Ok(IssueFacts {
            id: issue.id.0,
            short_id: project.map_or_else(|| issue.id.to_string(), |project| short_id(project, issue.number)),
            project: project.map(|project| project.slug.clone()).unwrap_or_default(),
            title: if title.is_empty() { "An issue without a title".to_owned() } else { title },
            culprit: Some(culprit).filter(|culprit| !culprit.is_empty()),
            level: issue.headline.level.as_str(),
            first_seen: issue.first_seen,
            last_seen: issue.last_seen,
            events: issue.events,
            users: issue.users,
            users_estimated: issue.users_estimated,
            assignee: issue.assigned_to.map(|id| names::person(self.store, id)).transpose()?.flatten(),
            place,
            url: format!("{}/issues/{}", self.url, issue.id),
            why: None,
        })
    }

    fn incident(
        &self,
        incident: &Incident,
        projects: &[ProjectId],
        first: Option<&IssueFacts>,
    ) -> Result<IncidentFacts> {
        let directory = self.store.directory();
        let slug = |id: &ProjectId| Some(directory.projects.get(id)?.slug.clone());
        let first = first.map(|first| first.title.as_str());
        let title = title_for(incident, &|project| self.sees(project), first);
        let names = |names: &[String]| {
            let further = names.len().saturating_sub(NAMES_SHOWN_MAX);
            let shown = names.iter().take(NAMES_SHOWN_MAX).map(|name| plain::line(name, NAME_LETTERS_MAX));
            shown.chain((further > 0).then(|| format!("{further} more"))).collect()
        };
        let acknowledged = incident.acknowledged.zip(incident.acknowledged_by);
        let acknowledged =
            acknowledged.map(|(at, by)| Ok::<_, super::MessagesError>((at, names::actor(self.store, by)?)));
        let resolved_by = incident.resolved_by.map(|by| names::actor(self.store, by)).transpose()?;
        Ok(IncidentFacts {
            id: incident.id.0,
            title: plain::line(title, TITLE_LETTERS_MAX),
            severity: incident.severity,
            status: incident.status,
            opened: incident.opened,
            began: incident.began,
            acknowledged: acknowledged.transpose()?,
            resolved: incident.resolved.map(|at| (at, resolved_by)),
            quiet_minutes: incident.quiet_minutes,
            reopened: incident.reopened,
            owner: incident.owner.map(|id| names::person(self.store, id)).transpose()?.flatten(),
            projects: projects.iter().filter_map(slug).collect(),
            environments: names(&incident.environments),
            releases: names(&incident.releases),
            issue_count: incident.issues.len() as u64 + incident.further_issues,
            alert_count: incident.alerts,
            url: format!("{}/alerts/incidents/{}", self.url, incident.id),
        })
    }

    fn alert(&self, alert: &Alert) -> Result<AlertFacts> {
        let directory = self.store.directory();
        let project = alert.project.and_then(|id| Some(directory.projects.get(&id)?.slug.clone()));
        let rule = self.store.find_alert_rule(alert.rule)?;
        let told = plain::line(&alert_words::told(&alert.because), SENTENCE_LETTERS_MAX);
        let because = if told.ends_with(['.', '…']) { told } else { format!("{told}.") };
        Ok(AlertFacts {
            id: alert.id.0,
            kind: kind(&alert.because),
            rule: alert.rule.0,
            rule_name: rule.map(|rule| plain::line(&rule.name, NAME_LETTERS_MAX)),
            severity: alert.severity,
            project,
            issue: alert.subject.issue().map(|issue| self.store.shown_issue(issue).0),
            environment: alert.environment.as_deref().map(|name| plain::line(name, NAME_LETTERS_MAX)),
            release: alert.release.as_deref().map(|name| plain::line(name, NAME_LETTERS_MAX)),
            since: alert.since,
            at: alert.at,
            because,
            brief: brief(&alert.because),
            facts: serde_json::to_value(&alert.because)?,
        })
    }

    /// That all alerts are about, or the newest event's of the only issue.
    fn release(
        &self,
        alerts: &[Alert],
        only: Option<&Issue>,
        event: Option<&Event>,
    ) -> Result<Option<ReleaseFacts>> {
        let mut named = alerts.iter().map(|alert| alert.release.as_deref());
        let of_alerts = named.next().flatten().filter(|first| named.all(|other| other == Some(first)));
        let of_event = event.and_then(|event| event.release.as_deref());
        let of_issue = only.and_then(|issue| issue.last_release.as_deref());
        let Some(version) = of_alerts.or(of_event).or(of_issue) else { return Ok(None) };
        let environment = alerts.iter().find_map(|alert| alert.environment.as_deref());
        let environment = environment.or_else(|| event?.environment.as_deref());
        let project = only.map(|issue| issue.project).or_else(|| alerts.first()?.project);
        let mut deployed = None;
        if let Some(release) = self.store.find_release(version)? {
            let deploys = self.store.deploys(release.id, None, DEPLOYS_LOOKED_AT_MAX)?;
            deployed = deploys.into_iter().find(|deploy| {
                deploy.finished <= self.now
                    && project.is_none_or(|project| deploy.is_of(project))
                    && environment.is_none_or(|environment| deploy.environment == environment)
            });
        }
        let path = percent_encoding::utf8_percent_encode(version, percent_encoding::NON_ALPHANUMERIC);
        Ok(Some(ReleaseFacts {
            version: plain::line(version, NAME_LETTERS_MAX),
            deployed: deployed
                .map(|deploy| (deploy.finished, plain::line(&deploy.environment, NAME_LETTERS_MAX))),
            url: format!("{}/releases/{path}", self.url),
        }))
    }

    fn changes(&self, issue: &Issue, event: &Event) -> Result<Vec<ChangeFacts>> {
        let sees = |project| self.sees(project);
        let sources = Sources { store: self.store, search: self.search, reader: self.reader, sees: &sees };
        let found = sources.suspects(issue, Some(event))?;
        let repositories = self.store.repositories()?;
        let change = |suspect: &crate::insight::suspects::Suspect| {
            let commit = &found.commits[suspect.commit];
            let named = |name: &str| repositories.iter().find(|known| known.name.eq_ignore_ascii_case(name));
            let repository = match commit.repository.as_deref().filter(|name| !name.is_empty()) {
                Some(name) => named(name),
                None => repositories.first().filter(|_| repositories.len() == 1),
            };
            let title = commit.message.as_deref().and_then(|message| message.lines().next());
            let author = commit.author.name.as_deref().or(commit.author.email.as_deref());
            ChangeFacts {
                url: repository.and_then(|repository| repository.commit_url(&commit.id)),
                commit: plain::line(commit.short_id(), NAME_LETTERS_MAX),
                title: plain::line(title.unwrap_or_default(), TITLE_LETTERS_MAX),
                author: author.map(|author| plain::line(author, NAME_LETTERS_MAX)),
                because: Some(plain::line(&suspect.sentence, SENTENCE_LETTERS_MAX)),
            }
        };
        Ok(found.suspects.iter().take(CHANGES_SHOWN_MAX).map(change).collect())
    }

    fn links(&self, notification: &Notification, incident: &Incident) -> Links {
        let expires = notification.decided.checked_add(LINK_LIFETIME).unwrap_or(Timestamp::MAX);
        let link = |action| {
            let (notification, recipient) = (notification.id, notification.recipient);
            let link = ActionLink { notification, incident: incident.id, recipient, action, expires };
            Some(format!("{}/act/{}", self.url, self.signer.token(&link)))
        };
        let is_person = matches!(notification.recipient, Recipient::Person { .. });
        // Whoever only reads gets no links that do more.
        let may_act = match self.to {
            Reader::Person { account, .. } => account.role >= Role::Member,
            Reader::Target => true,
        };
        let offered = |action, is_offered: bool| if is_offered && may_act { link(action) } else { None };
        Links {
            incident: format!("{}/alerts/incidents/{}", self.url, incident.id),
            acknowledge: offered(LinkAction::Acknowledge, incident.status == IncidentStatus::Open),
            mute: offered(LinkAction::Mute, is_open(incident)),
            assign: offered(LinkAction::Assign, is_open(incident) && is_person),
            resolve: offered(LinkAction::Resolve, is_open(incident)),
            preferences: is_person.then(|| format!("{}/settings/notifications", self.url)),
        }
    }
}

/// As rules call it.
fn kind(because: &Because) -> &'static str {
    match because {
        Because::New => "new_issue",
        Because::Regressed { .. } | Because::CameBack => "regression",
        Because::Spike { .. } => "spike",
        Because::Events { .. } => "events",
        Because::Users { .. } => "users",
        Because::FixFailed { .. } => "fix_failed",
        Because::Release { .. } => "release",
        Because::VerdictWorse { .. } => "verdict_worse",
        Because::Silence { .. } => "silence",
        Because::TransactionP95 { .. } => "transaction_p95",
        Because::TransactionFailureRate { .. } => "transaction_failure_rate",
        Because::TransactionThroughput { .. } => "transaction_throughput",
        Because::Lag { .. } | Because::DiskFull { .. } | Because::Undelivered { .. } => "own",
    }
}

/// `200 in 2 min`, where there is a number to say.
fn brief(because: &Because) -> Option<String> {
    let within = |count: String, minutes: u32| {
        format!("{count} in {}", words::length(jiff::SignedDuration::from_mins(minutes.into())))
    };
    match because {
        Because::Spike { minutes, events, .. } => Some(within(words::number(*events), *minutes)),
        Because::Events { events, window_minutes, .. } => {
            Some(within(words::number(*events), *window_minutes))
        }
        Because::Users { users, window_minutes, .. } => {
            Some(within(words::some(*users, "user"), *window_minutes))
        }
        _ => None,
    }
}
