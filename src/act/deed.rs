//! What a link does, and what its page says before and after.

use actix_web::http::StatusCode;
use anyhow::Result;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::act::Said;
use crate::act::page::{FormView, IncidentView, Page, Tone};
use crate::alerts::names;
use crate::insight::alert::incident::title_for;
use crate::insight::alert::wishes;
use crate::insight::words;
use crate::model::account::{Account, Role};
use crate::model::action_link::{ActionLink, LinkAction, UsedLink};
use crate::model::incident::{Actor, Incident, IncidentChange, IncidentStatus, Mute};
use crate::model::issue::{Issue, Status};
use crate::model::issue_change::{IssueChange, Resolve, StatusChange};
use crate::model::notification::Recipient;
use crate::store::Store;

const MUTE: SignedDuration = SignedDuration::from_hours(1);
/// Proposed where fewer were hit so far.
const USERS_PROPOSED_MIN: u64 = 10;
const USERS_MORE_MAX: u64 = 1_000_000;

pub struct Doing<'a> {
    pub store: &'a Store,
    /// Of this instance, without a slash at the end.
    pub url: &'a str,
    pub link: ActionLink,
    pub now: Timestamp,
}

/// Who holds the link, and what it is about, as both are now.
struct Setting {
    actor: Actor,
    /// Whose link it is, where it is a person's.
    person: Option<Account>,
    zone: TimeZone,
    incident: Incident,
    /// Those of its issues that the holder may see.
    issues: Vec<Issue>,
}

impl Doing<'_> {
    pub fn show(&self) -> Result<Page> {
        let setting = match self.setting()? {
            Ok(setting) => setting,
            Err(page) => return Ok(page),
        };
        if let Some(page) = self.nothing_to_do(&setting)? {
            return Ok(page);
        }
        let title = match self.link.action {
            LinkAction::Acknowledge => "Acknowledge this incident?",
            LinkAction::Mute => "Mute this incident?",
            LinkAction::Assign => "Assign this incident to you?",
            LinkAction::Resolve => "Resolve this incident?",
        };
        let text = match self.link.action {
            LinkAction::Acknowledge => "Everybody who was told sees that somebody is at it.",
            LinkAction::Mute => "Nobody is told more of it until then.",
            LinkAction::Assign => "You become its owner.",
            LinkAction::Resolve => "It is over. If it comes back soon, the same incident opens again.",
        };
        Ok(Page {
            title: title.to_owned(),
            text: Some(text.to_owned()),
            form: Some(self.form(&setting)),
            ..self.page(&setting)
        })
    }

    /// The change comes first: a link that was used and did nothing is worse than one that does the same twice.
    pub fn act(&self, said: &Said) -> Result<Page> {
        let setting = match self.setting()? {
            Ok(setting) => setting,
            Err(page) => return Ok(page),
        };
        if let Some(page) = self.nothing_to_do(&setting)? {
            return Ok(page);
        }
        let (change, done) = self.change(&setting, said);
        let Some(incident) =
            self.store.change_incident(setting.incident.id, &change, setting.actor, self.now)?
        else {
            return Ok(gone());
        };
        let with_issues = self.link.action == LinkAction::Resolve && said.issues.is_some();
        let resolved = if with_issues { self.resolve_issues(&setting)? } else { 0 };
        let ActionLink { notification, action, expires, .. } = self.link;
        let used = UsedLink { notification, action, expires, by: setting.actor, at: self.now };
        let setting = Setting { incident, ..setting };
        if let Some(earlier) = self.store.use_action(&used, self.now)? {
            return self.used(&setting, &earlier);
        }
        let also = (resolved > 0).then(|| format!(" So {} resolved.", are(resolved)));
        let text = done.1 + also.as_deref().unwrap_or_default();
        Ok(Page { title: done.0, text: Some(text), tone: Tone::Done, ..self.page(&setting) })
    }

    /// Or the page that says why there is none.
    fn setting(&self) -> Result<Result<Setting, Page>> {
        if self.link.expires <= self.now {
            return Ok(Err(Page::refusal(
                StatusCode::GONE,
                "This link has expired",
                "Links in messages work for seven days. Sign in to work on the incident.",
            )));
        }
        let revoked = || {
            Page::refusal(
                StatusCode::GONE,
                "This link works no more",
                "Whoever it was sent to has no access to this incident any more.",
            )
        };
        let (actor, person) = match self.link.recipient {
            Recipient::Person { account } => {
                let person = self.store.find_account(account)?;
                let person = person.filter(|one| one.removed.is_none() && one.role >= Role::Member);
                let Some(person) = person else { return Ok(Err(revoked())) };
                (Actor::Person { account }, Some(person))
            }
            Recipient::Target { target } => {
                let is_there = self.store.find_notification_target(target)?.is_some_and(|one| one.enabled);
                if !is_there {
                    return Ok(Err(revoked()));
                }
                (Actor::Target { target }, None)
            }
        };
        let Some(incident) = self.store.find_incident(self.link.incident)? else { return Ok(Err(gone())) };
        let sees = |project| person.as_ref().is_none_or(|person: &Account| person.sees(project));
        if !incident.projects.is_empty() && !incident.projects.iter().copied().any(sees) {
            return Ok(Err(revoked()));
        }
        let mut issues = self.store.find_issues(&incident.issues)?;
        issues.retain(|issue| sees(issue.project));
        let zone = match &person {
            Some(person) => wishes::zone(&self.store.preferences(person.id)?.time_zone),
            None => TimeZone::UTC,
        };
        Ok(Ok(Setting { actor, person, zone, incident, issues }))
    }

    /// It was used, or the incident is so already.
    fn nothing_to_do(&self, setting: &Setting) -> Result<Option<Page>> {
        if let Some(used) = self.store.used_action(&self.link)? {
            return self.used(setting, &used).map(Some);
        }
        let incident = &setting.incident;
        let by = |actor: Option<Actor>| -> Result<String> {
            Ok(match actor {
                Some(actor) => format!(" by {}", names::actor(self.store, actor)?),
                None => String::new(),
            })
        };
        let text = match (incident.status, self.link.action) {
            (IncidentStatus::Resolved, _) => {
                let at = incident.resolved.map(|at| setting.time(at, self.now)).unwrap_or_default();
                format!("It was resolved{} at {at}.", by(incident.resolved_by)?)
            }
            (IncidentStatus::Acknowledged, LinkAction::Acknowledge) => {
                let at = incident.acknowledged.map(|at| setting.time(at, self.now)).unwrap_or_default();
                format!("It was acknowledged{} at {at}.", by(incident.acknowledged_by)?)
            }
            (_, LinkAction::Assign) if setting.is_owner() => "You are its owner already.".to_owned(),
            _ => return Ok(None),
        };
        let title = "There is nothing to do".to_owned();
        Ok(Some(Page { title, text: Some(text), ..self.page(setting) }))
    }

    fn used(&self, setting: &Setting, used: &UsedLink) -> Result<Page> {
        let by = names::actor(self.store, used.by)?;
        let at = setting.time(used.at, self.now);
        Ok(Page {
            status: StatusCode::CONFLICT,
            title: "This was done already".to_owned(),
            text: Some(format!("The link was used at {at} by {by}. It works once.")),
            ..self.page(setting)
        })
    }

    fn change(&self, setting: &Setting, said: &Said) -> (IncidentChange, (String, String)) {
        let mut change = IncidentChange::default();
        let said = match self.link.action {
            LinkAction::Acknowledge => {
                change.status = Some(IncidentStatus::Acknowledged);
                ("Acknowledged", "Everybody who was told sees that somebody is at it.".to_owned())
            }
            LinkAction::Resolve => {
                change.status = Some(IncidentStatus::Resolved);
                ("Resolved", "If it comes back soon, the same incident opens again.".to_owned())
            }
            LinkAction::Assign => {
                change.owner = Some(setting.person.as_ref().map(|person| person.id));
                ("It is yours", "You are the owner of this incident.".to_owned())
            }
            LinkAction::Mute => {
                let mut mute = Mute { until: None, until_users: None };
                let until = if said.until.as_deref() == Some("users") {
                    let more =
                        said.users.unwrap_or_else(|| setting.users_proposed()).clamp(1, USERS_MORE_MAX);
                    mute.until_users = Some(setting.users().saturating_add(more));
                    format!("Nobody is told more of it until {} are hit.", words::some(more, "more user"))
                } else {
                    let until = self.now.checked_add(MUTE).unwrap_or(Timestamp::MAX);
                    mute.until = Some(until);
                    format!("Nobody is told more of it until {}.", setting.time(until, self.now))
                };
                change.mute = Some(Some(mute));
                ("Muted", until)
            }
        };
        (change, (said.0.to_owned(), said.1))
    }

    fn resolve_issues(&self, setting: &Setting) -> Result<usize> {
        let ids: Vec<_> = setting.open_issues().map(|issue| issue.id).collect();
        let change =
            IssueChange { status: Some(StatusChange::Resolved(Resolve::Now)), ..IssueChange::default() };
        let by = setting.person.as_ref().map(|person| person.id);
        Ok(self.store.change_issues(&ids, &change, by, self.now)?.changed)
    }

    fn form(&self, setting: &Setting) -> FormView {
        let (kind, button) = match self.link.action {
            LinkAction::Acknowledge => ("acknowledge", "Acknowledge"),
            LinkAction::Mute => ("mute", "Mute"),
            LinkAction::Assign => ("assign", "Assign to me"),
            LinkAction::Resolve => ("resolve", "Resolve"),
        };
        let open = setting.open_issues().count() as u64;
        let its = match open {
            0 => None,
            1 => Some("its issue".to_owned()),
            open => Some(format!("its {}", words::some(open, "issue"))),
        };
        FormView {
            kind,
            button: button.to_owned(),
            users: setting.users_proposed(),
            users_now: Some(setting.users()).filter(|users| *users > 0).map(words::number),
            issues: its.filter(|_| self.link.action == LinkAction::Resolve),
        }
    }

    fn page(&self, setting: &Setting) -> Page {
        let incident = &setting.incident;
        let directory = self.store.directory();
        let sees = |project| setting.person.as_ref().is_none_or(|person| person.sees(project));
        let visible = incident.projects.iter().filter(|id| sees(**id));
        let slugs =
            visible.filter_map(|id| Some(directory.projects.get(id)?.slug.clone())).collect::<Vec<_>>();
        let first = setting.issues.first().map(|issue| issue.headline.title.as_str());
        let title = title_for(incident, &sees, first).to_owned();
        Page {
            incident: Some(IncidentView {
                id: incident.id.0,
                title,
                place: words::list(&slugs),
                state: format!(
                    "{}, {}",
                    words::sentence(incident.severity.as_str()),
                    incident.status.as_str()
                ),
                began: setting.time(incident.began, self.now),
                url: format!("{}/alerts/incidents/{}", self.url, incident.id),
            }),
            ..Page::default()
        }
    }
}

impl Setting {
    fn users(&self) -> u64 {
        self.issues.iter().map(|issue| issue.users).sum()
    }

    /// As many again, in a round number.
    fn users_proposed(&self) -> u64 {
        let users = self.users();
        let step = 10u64.pow(users.checked_ilog10().unwrap_or(0));
        (users.div_ceil(step) * step).clamp(USERS_PROPOSED_MIN, USERS_MORE_MAX)
    }

    fn open_issues(&self) -> impl Iterator<Item = &Issue> {
        self.issues.iter().filter(|issue| issue.status == Status::Unresolved)
    }

    fn is_owner(&self) -> bool {
        let person = self.person.as_ref().map(|person| person.id);
        person.is_some() && self.incident.owner == person
    }

    /// By the holder's clock, with the day where it is another.
    fn time(&self, at: Timestamp, now: Timestamp) -> String {
        let (at, now) = (at.to_zoned(self.zone.clone()), now.to_zoned(self.zone.clone()));
        let form = if at.date() == now.date() { "%H:%M %Z" } else { "%H:%M %Z on %-d %b" };
        at.strftime(form).to_string()
    }
}

fn gone() -> Page {
    Page::refusal(StatusCode::NOT_FOUND, "This incident is gone", "It was erased, or its project was.")
}

/// `is one issue`, `are 3 issues`.
fn are(count: usize) -> String {
    if count == 1 { "is its issue".to_owned() } else { format!("are {}", words::some(count as u64, "issue")) }
}
