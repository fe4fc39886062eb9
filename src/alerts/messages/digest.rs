//! A digest: what happened in a person's projects between two times. Made when it is sent, of what is known then.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::alerts::messages::mail::Envelope;
use crate::alerts::messages::{Result, plain};
use crate::alerts::templates;
use crate::insight::alert::incident::title_for;
use crate::insight::words;
use crate::model::account::Account;
use crate::model::ids::{IssueId, ProjectId};
use crate::model::incident::Incident;
use crate::model::issue::{Issue, Status};
use crate::model::preferences::Preferences;
use crate::model::series::{Resolution, Scope};
use crate::model::short_id::short_id;
use crate::model::signal::SignalKind;
use crate::outbound::{Mail, Outgoing};
use crate::store::{IncidentFilter, IssueFilter, IssueSort, Store};

/// What is shown of each kind; the rest is a number.
const SHOWN_MAX: usize = 5;
/// What happened to issues that is looked at.
const SIGNALS_MAX: usize = 5_000;
/// Issues that were seen last, among which the busiest are looked for.
const BUSY_MAX: usize = 200;
const INCIDENTS_MAX: usize = 200;
const TITLE_LETTERS_MAX: usize = 160;
/// What is told less often says too that nothing happened.
const WEEKLY: SignedDuration = SignedDuration::from_hours(48);

pub struct Digest<'a> {
    pub store: &'a Store,
    pub account: &'a Account,
    pub preferences: &'a Preferences,
    pub zone: &'a TimeZone,
    pub url: &'a str,
    pub from: Timestamp,
    pub to: Timestamp,
}

#[derive(Serialize)]
pub struct View {
    pub subject: String,
    pub preheader: String,
    pub span: String,
    pub headline: String,
    pub sections: Vec<Section>,
    pub url: String,
    pub preferences_url: String,
}

#[derive(Serialize)]
pub struct Section {
    pub name: String,
    pub rows: Vec<Row>,
    pub further: Option<String>,
}

#[derive(Serialize)]
pub struct Row {
    pub title: String,
    pub url: String,
    pub under: String,
}

/// `None`: nothing happened, and nobody is told so every day.
pub fn mail(digest: &Digest<'_>, envelope: &Envelope) -> Result<Option<Outgoing>> {
    match digest.view()? {
        Some(view) => Ok(Some(form(&view, envelope)?)),
        None => Ok(None),
    }
}

pub fn form(view: &View, envelope: &Envelope) -> Result<Outgoing> {
    let (html, text) = (templates::render("digest.html", view)?, templates::render("digest.txt", view)?);
    let (to, subject) = (envelope.to.clone(), view.subject.clone());
    Ok(Outgoing::Mail(Mail { to, subject, text, html, message_id: envelope.message_id(), thread: None }))
}

impl Digest<'_> {
    fn view(&self) -> Result<Option<View>> {
        let signals = self.store.signals_between(self.from, self.to, SIGNALS_MAX)?;
        let of = |wanted: fn(SignalKind) -> bool| {
            let mut ids: Vec<IssueId> = Vec::new();
            for signal in signals.iter().filter(|signal| self.tells_of(signal.project) && wanted(signal.kind))
            {
                let id = self.store.shown_issue(signal.issue);
                if !ids.contains(&id) {
                    ids.push(id);
                }
            }
            self.store.find_issues(&ids)
        };
        let new = of(|kind| kind == SignalKind::New)?;
        let back = of(|kind| kind != SignalKind::New)?;
        let incidents = self.incidents()?;
        let busy = self.busiest()?;
        let counted =
            [(incidents.len(), "incident"), (new.len(), "new issue"), (back.len(), "issue that came back")];
        let said = counted.iter().filter(|(count, _)| *count > 0).map(|(count, what)| match *what {
            "issue that came back" if *count > 1 => {
                format!("{} issues that came back", words::number(*count as u64))
            }
            what => words::some(*count as u64, what),
        });
        let said = words::list(&said.collect::<Vec<_>>());
        let is_quiet = said.is_empty() && busy.is_empty();
        if is_quiet && self.to.duration_since(self.from) < WEEKLY {
            return Ok(None);
        }
        let headline = match (said.is_empty(), is_quiet) {
            (false, _) => words::sentence(&said),
            (true, true) => "Nothing happened".to_owned(),
            (true, false) => "Nothing new".to_owned(),
        };
        let sections = [
            Self::section(
                "Incidents",
                incidents.len(),
                incidents.iter().map(|incident| self.incident(incident)),
            ),
            Self::section("New issues", new.len(), loudest(new).iter().map(|issue| self.issue(issue, None))),
            Self::section("Came back", back.len(), loudest(back).iter().map(|issue| self.issue(issue, None))),
            Self::section(
                "Busiest",
                busy.len().min(SHOWN_MAX),
                busy.iter().map(|(issue, events)| self.issue(issue, Some(*events))),
            ),
        ];
        let day = |at: Timestamp| at.to_zoned(self.zone.clone()).strftime("%-d %b %H:%M").to_string();
        let span = format!(
            "{} to {} {}",
            day(self.from),
            day(self.to),
            self.to.to_zoned(self.zone.clone()).strftime("%Z")
        );
        Ok(Some(View {
            subject: format!("[LightTrace] {headline}"),
            preheader: span.clone(),
            span,
            headline,
            sections: sections.into_iter().filter(|section| !section.rows.is_empty()).collect(),
            url: self.url.to_owned(),
            preferences_url: format!("{}/settings/notifications", self.url),
        }))
    }

    /// What the person sees, and wants to be told of.
    fn tells_of(&self, project: ProjectId) -> bool {
        self.account.sees(project)
            && self.preferences.projects.as_ref().is_none_or(|wanted| wanted.contains(&project))
    }

    fn projects(&self) -> Vec<ProjectId> {
        let directory = self.store.directory();
        directory.projects.keys().copied().filter(|id| self.tells_of(*id)).collect()
    }

    /// Those that were opened meanwhile, the newest first.
    fn incidents(&self) -> Result<Vec<Incident>> {
        // What is about this server is of whoever sees everything.
        let is_theirs = |incident: &Incident| match incident.projects.as_slice() {
            [] => self.account.visible_projects().is_none(),
            projects => projects.iter().any(|id| self.tells_of(*id)),
        };
        let is_of = |incident: &Incident| {
            self.from <= incident.opened && incident.opened < self.to && is_theirs(incident)
        };
        let (incidents, _) = self.store.incidents(&IncidentFilter::default(), None, INCIDENTS_MAX, &is_of)?;
        Ok(incidents)
    }

    /// Of the issues that nobody has put away, those with the most events meanwhile.
    fn busiest(&self) -> Result<Vec<(Issue, u64)>> {
        let cells =
            self.store.issue_cells(Some(&self.projects()), |state| state.status == Status::Unresolved)?;
        let filter =
            IssueFilter { cells: Some(cells), seen_since: Some(self.from), sort: IssueSort::LastSeen };
        let issues = self.store.list_issues(&filter, None, BUSY_MAX, &|_| true)?.issues;
        let scopes: Vec<_> = issues.iter().map(|issue| Scope::Issue(issue.id)).collect();
        let counts = self.store.series_of(&scopes, Resolution::Hour, self.from, self.to)?;
        let counts = counts.iter().map(|hours| hours.iter().map(|(_, events)| events).sum());
        let mut busy: Vec<(Issue, u64)> =
            issues.into_iter().zip(counts).filter(|(_, events)| *events > 0).collect();
        busy.sort_by_key(|(issue, events)| (std::cmp::Reverse(*events), issue.id));
        busy.truncate(SHOWN_MAX);
        Ok(busy)
    }

    fn section(name: &str, count: usize, rows: impl Iterator<Item = Row>) -> Section {
        let rows: Vec<_> = rows.take(SHOWN_MAX).collect();
        let further = count.saturating_sub(rows.len()) as u64;
        let further = (further > 0).then(|| format!("and {} more", words::number(further)));
        Section { name: name.to_owned(), rows, further }
    }

    fn issue(&self, issue: &Issue, events: Option<u64>) -> Row {
        let directory = self.store.directory();
        let id = directory.projects.get(&issue.project).map(|project| short_id(project, issue.number));
        let counts = words::some(events.unwrap_or(issue.events), "event");
        let users = (issue.users > 0 && events.is_none()).then(|| words::some(issue.users, "user"));
        let parts = [id, Some(counts), users];
        Row {
            title: plain::line(&issue.headline.title, TITLE_LETTERS_MAX),
            url: format!("{}/issues/{}", self.url, issue.id),
            under: parts.into_iter().flatten().collect::<Vec<_>>().join(" · "),
        }
    }

    fn incident(&self, incident: &Incident) -> Row {
        let after = |at: Option<Timestamp>, what: &str| {
            at.map(|at| format!("{what} after {}", words::length(at.duration_since(incident.opened))))
        };
        let severity = words::sentence(incident.severity.as_str());
        let ended = after(incident.resolved, "resolved").or_else(|| Some("still open".to_owned()));
        let parts = [Some(severity), after(incident.acknowledged, "acknowledged"), ended];
        let title = title_for(incident, &|project| self.tells_of(project), None);
        Row {
            title: plain::line(title, TITLE_LETTERS_MAX),
            url: format!("{}/alerts/incidents/{}", self.url, incident.id),
            under: parts.into_iter().flatten().collect::<Vec<_>>().join(" · "),
        }
    }
}

/// Those that most people and events met first.
fn loudest(mut issues: Vec<Issue>) -> Vec<Issue> {
    issues.sort_by_key(|issue| std::cmp::Reverse((issue.users, issue.events)));
    issues
}
