//! A story as a mail: HTML for those who look, text for those who read.

use serde::Serialize;

use crate::alerts::messages::story::{ChangeFacts, IssueFacts, PlaceFacts, Story};
use crate::alerts::messages::{MessagesError, wording};
use crate::alerts::templates;
use crate::insight::words;
use crate::model::alert_rule::Severity;
use crate::model::notification::Step;
use crate::outbound::{Mail, Outgoing};

/// Whom a mail goes to, and how programs tell it from others.
pub struct Envelope {
    pub to: String,
    /// The notification's key.
    pub key: String,
    /// Of this instance, for ids.
    pub host: String,
}

impl Envelope {
    pub fn message_id(&self) -> String {
        format!("{}@{}", self.key, self.host)
    }
}

#[derive(Serialize)]
struct View<'a> {
    subject: &'a str,
    preheader: String,
    label: String,
    tone: &'static str,
    tone_colour: &'static str,
    place: String,
    environment: String,
    headline: String,
    lead: Option<String>,
    because: Vec<&'a str>,
    frame: Option<&'a PlaceFacts>,
    why: Option<WhyRow>,
    issues: Vec<IssueRow<'a>>,
    further: Option<String>,
    facts_rows: Vec<(&'static str, String)>,
    changes: Vec<ChangeRow<'a>>,
    actions: Vec<(&'static str, &'a str)>,
    incident: u64,
    incident_url: &'a str,
    issue_name: Option<&'a str>,
    issue_url: Option<&'a str>,
    rule: Option<&'a str>,
    preferences_url: Option<&'a str>,
}

#[derive(Serialize)]
struct IssueRow<'a> {
    title: &'a str,
    url: &'a str,
    under: String,
    at: Option<String>,
}

/// Why it failed, as far as is known.
#[derive(Serialize)]
struct WhyRow {
    heading: String,
    sentences: Vec<String>,
}

#[derive(Serialize)]
struct ChangeRow<'a> {
    commit: &'a str,
    title: &'a str,
    url: Option<&'a str>,
    under: String,
}

pub fn mail(story: &Story, envelope: &Envelope) -> Result<Outgoing, MessagesError> {
    let subject = wording::subject(story);
    let view = View::of(story, &subject);
    let html = templates::render("incident.html", &view)?;
    let text = templates::render("incident.txt", &view)?;
    let thread = match story.thread_issue {
        Some(issue) => format!("issue-{issue}@{}", envelope.host),
        None => format!("incident-{}@{}", story.incident.id, envelope.host),
    };
    let (to, message_id) = (envelope.to.clone(), envelope.message_id());
    Ok(Outgoing::Mail(Mail { to, subject, text, html, message_id, thread: Some(thread) }))
}

impl<'a> View<'a> {
    fn of(story: &'a Story, subject: &'a str) -> Self {
        let only = story.issues.first().filter(|_| story.issue_count() == 1);
        let is_news = matches!(story.step, Step::Opened | Step::Joined | Step::Raised);
        let lead = wording::lead(story);
        let because = match only {
            _ if !is_news => Vec::new(),
            // Each row says its own.
            None if !story.issues.is_empty() => Vec::new(),
            _ => wording::reasons(story),
        };
        let preheader = lead.as_deref().or(because.first().copied()).map_or_else(
            || wording::since(story, story.incident.began),
            |first| {
                format!("{first} {}", only.and_then(|issue| issue.culprit.as_deref()).unwrap_or_default())
            },
        );
        let rows = if only.is_some() { &[][..] } else { &story.issues[..] };
        Self {
            preheader,
            label: label(story),
            tone: tone(story),
            tone_colour: colour(tone(story)),
            place: story.place(),
            environment: words::list(&story.incident.environments),
            headline: wording::headline(story),
            lead,
            because,
            frame: only.filter(|_| !story.is_over()).and_then(|issue| issue.place.as_ref()),
            why: only
                .and_then(|issue| issue.why.as_ref())
                .map(|why| WhyRow { heading: why.heading(), sentences: why.sentences() }),
            issues: rows.iter().map(|issue| IssueRow::of(story, issue)).collect(),
            further: (story.further_issues > 0).then(|| words::number(story.further_issues)),
            facts_rows: wording::facts(story),
            changes: story.changes.iter().map(ChangeRow::of).collect(),
            actions: story.links.actions(),
            incident: story.incident.id,
            incident_url: &story.links.incident,
            issue_name: only.map(|issue| issue.short_id.as_str()),
            issue_url: only.map(|issue| issue.url.as_str()),
            rule: story.alerts.first().and_then(|alert| alert.rule_name.as_deref()),
            preferences_url: story.links.preferences.as_deref(),
            subject,
        }
    }
}

impl<'a> IssueRow<'a> {
    fn of(story: &Story, issue: &'a IssueFacts) -> Self {
        let because = story.alerts.iter().find(|alert| alert.issue == Some(issue.id));
        let because = because.map(|alert| alert.because.trim_end_matches('.').to_owned());
        let counts = (issue.events > 0).then(|| {
            let users = match issue.users {
                0 => String::new(),
                users => format!(", {}", words::some(users, "user")),
            };
            format!("{}{users}", words::some(issue.events, "event"))
        });
        let parts = [Some(issue.short_id.clone()), because, counts];
        Self {
            title: &issue.title,
            url: &issue.url,
            under: parts.into_iter().flatten().collect::<Vec<_>>().join(" · "),
            at: issue.place.as_ref().map(wording::at).or_else(|| issue.culprit.clone()),
        }
    }
}

impl<'a> ChangeRow<'a> {
    fn of(change: &'a ChangeFacts) -> Self {
        let parts = [change.author.as_deref(), change.because.as_deref()];
        Self {
            commit: &change.commit,
            title: &change.title,
            url: change.url.as_deref(),
            under: parts.into_iter().flatten().collect::<Vec<_>>().join(": "),
        }
    }
}

/// The first word of a mail.
fn label(story: &Story) -> String {
    match story.step {
        Step::Resolved => "Resolved".to_owned(),
        Step::Acknowledged => "Acknowledged".to_owned(),
        _ if story.is_over() => "Resolved".to_owned(),
        _ => words::sentence(story.incident.severity.as_str()),
    }
}

fn tone(story: &Story) -> &'static str {
    match story.incident.severity {
        _ if story.is_over() || story.step == Step::Acknowledged => "ok",
        Severity::Critical => "critical",
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
    }
}

fn colour(tone: &str) -> &'static str {
    match tone {
        "ok" => "#17734a",
        "medium" => "#8a5006",
        "low" => "#2563ab",
        _ => "#bf262b",
    }
}
