//! The words that all channels share: subject, headline, and the short facts under it.

use jiff::{SignedDuration, Timestamp};

use crate::alerts::messages::plain;
use crate::alerts::messages::story::{IssueFacts, PlaceFacts, Story};
use crate::insight::words;
use crate::model::notification::Step;

/// What mail programs show of a subject; more of it helps nobody.
const SUBJECT_LETTERS_MAX: usize = 160;
const HEADLINE_LETTERS_MAX: usize = 240;

/// What a kind of alert is called at the beginning of a line.
fn called(kind: &str) -> &'static str {
    match kind {
        "new_issue" => "New",
        "regression" => "Regression",
        "spike" => "Spike",
        "events" => "Many events",
        "users" => "Many users",
        "fix_failed" => "Not fixed",
        "release" => "Release",
        "verdict_worse" => "Release is worse",
        "silence" => "Silence",
        "transaction_p95" => "Slow",
        "transaction_failure_rate" => "Failing",
        "transaction_throughput" => "Throughput",
        "own" => "LightTrace",
        _ => "Alert",
    }
}

/// `[shop-api] Spike: TypeError: x is undefined (200 in 2 min)`.
pub fn subject(story: &Story) -> String {
    plain::line(&format!("[{}] {}", story.place(), headline(story)), SUBJECT_LETTERS_MAX)
}

/// The subject without its place.
pub fn headline(story: &Story) -> String {
    let title = &story.incident.title;
    let text = match story.step {
        Step::Opened => news(story),
        Step::Joined => format!("More: {}", more(story)),
        Step::Raised => format!("Now {}: {}", story.incident.severity.as_str(), what(story)),
        Step::Reopened => format!("Back: {title}"),
        Step::Acknowledged => format!("Acknowledged: {title}"),
        Step::Resolved => format!("Resolved: {title}"),
    };
    plain::line(&text, HEADLINE_LETTERS_MAX)
}

fn news(story: &Story) -> String {
    let Some(alert) = story.alerts.first() else { return story.incident.title.clone() };
    let kind = called(alert.kind);
    let same_kind = story.alerts.iter().all(|other| other.kind == alert.kind);
    let brief = alert.brief.as_ref().map(|brief| format!(" ({brief})")).unwrap_or_default();
    match (story.issue_count(), alert.kind) {
        (2.., "new_issue") if same_kind => {
            format!("{}: {}", words::some(story.issue_count(), "new issue"), what(story))
        }
        (0, "own") => bare(&alert.because).to_owned(),
        (0, _) => format!("{kind}: {}", bare(&alert.because)),
        (1, _) => format!("{kind}: {}{brief}", what(story)),
        _ => format!("{kind}: {}", what(story)),
    }
}

fn more(story: &Story) -> String {
    match (story.issue_count(), story.alerts.first()) {
        (0, Some(alert)) => bare(&alert.because).to_owned(),
        _ => what(story),
    }
}

/// A sentence as a headline.
fn bare(sentence: &str) -> &str {
    sentence.trim_end_matches('.')
}

/// The first issue, and how many more.
fn what(story: &Story) -> String {
    let Some(issue) = story.issues.first() else { return story.incident.title.clone() };
    match story.issue_count() {
        0 | 1 => issue.title.clone(),
        count => format!("{} and {} more", issue.title, words::number(count - 1)),
    }
}

/// What a step means, in a sentence under the headline.
pub fn lead(story: &Story) -> Option<String> {
    let incident = &story.incident;
    let by = |name: &Option<String>| name.as_ref().map(|name| format!(" by {name}")).unwrap_or_default();
    match story.step {
        Step::Acknowledged => {
            let (at, name) = incident.acknowledged.as_ref()?;
            Some(format!(
                "Acknowledged by {name}, {} after it was opened.",
                words::length(at.duration_since(incident.opened))
            ))
        }
        Step::Resolved => {
            let (at, name) = incident.resolved.as_ref()?;
            let took = words::length(at.duration_since(incident.began));
            Some(match name {
                Some(_) => format!("Resolved{}, {took} after it began.", by(name)),
                None => format!(
                    "Nothing more was seen for {}. It lasted {}.",
                    minutes(incident.quiet_minutes),
                    words::length(
                        at.duration_since(incident.began)
                            - SignedDuration::from_mins(i64::from(incident.quiet_minutes))
                    )
                ),
            })
        }
        Step::Reopened => Some(match incident.reopened {
            0 | 1 => "It was over and has come back; the same incident is open again.".to_owned(),
            times => format!(
                "It has come back {} times; the same incident is open again.",
                words::number(times.into())
            ),
        }),
        Step::Opened | Step::Joined | Step::Raised if story.is_over() => {
            let (at, name) = incident.resolved.as_ref()?;
            Some(format!("It was resolved{} meanwhile, at {}.", by(name), time(story, *at)))
        }
        Step::Joined => Some(format!(
            "{} joined this incident, which is open since {}.",
            words::sentence(&words::some(story.alerts.len() as u64 + story.further_alerts, "more alert")),
            since(story, incident.began)
        )),
        Step::Opened | Step::Raised => None,
    }
}

/// Names and values, the first to know first.
pub fn facts(story: &Story) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    let issue = story.issues.first().filter(|_| story.issue_count() == 1);
    facts.push(("Since", since(story, began(story))));
    if let Some(issue) = issue {
        facts.push(("Events", counts(issue)));
    }
    if let Some(release) = &story.release {
        let deployed = release.deployed.as_ref().map(|(at, environment)| {
            format!(", deployed {} ago to {environment}", words::length(story.now.duration_since(*at)))
        });
        facts.push(("Release", words::release(&release.version) + deployed.as_deref().unwrap_or_default()));
    } else if let [release] = story.incident.releases.as_slice() {
        facts.push(("Release", words::release(release)));
    }
    if !story.incident.environments.is_empty() {
        facts.push(("Environment", few(&story.incident.environments)));
    }
    if let Some(issue) = issue {
        facts.push(("First seen", since(story, issue.first_seen)));
    }
    let owner = story.incident.owner.clone().map(|owner| ("Owner", owner));
    facts.extend(owner.or_else(|| Some(("Assigned to", issue?.assignee.clone()?))));
    facts
}

fn began(story: &Story) -> Timestamp {
    match story.step {
        Step::Opened | Step::Joined | Step::Raised => {
            story.alerts.iter().map(|alert| alert.since).min().unwrap_or(story.incident.began)
        }
        Step::Reopened | Step::Acknowledged | Step::Resolved => story.incident.began,
    }
}

const NAMES_SHOWN_MAX: usize = 3;
const REASONS_SHOWN_MAX: usize = 3;

fn few(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(NAMES_SHOWN_MAX).cloned().collect();
    match names.len() - shown.len() {
        0 => words::list(&shown),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// `12,400 from 310 users`.
pub fn counts(issue: &IssueFacts) -> String {
    let about = if issue.users_estimated { "about " } else { "" };
    match issue.users {
        0 => words::number(issue.events),
        users => format!("{} from {about}{}", words::number(issue.events), words::some(users, "user")),
    }
}

/// `02:13 UTC (4 min ago)`, with the day where it was another.
pub fn since(story: &Story, at: Timestamp) -> String {
    let ago = story.now.duration_since(at);
    if ago < SignedDuration::from_mins(1) {
        return time(story, at);
    }
    format!("{} ({} ago)", time(story, at), words::length(ago))
}

/// By the reader's clock.
pub fn time(story: &Story, at: Timestamp) -> String {
    let (at, now) = (at.to_zoned(story.zone.clone()), story.now.to_zoned(story.zone.clone()));
    let form = match (at.date() == now.date(), at.year() == now.year()) {
        (true, _) => "%H:%M %Z",
        (false, true) => "%-d %b %H:%M %Z",
        (false, false) => "%-d %b %Y %H:%M %Z",
    };
    at.strftime(form).to_string()
}

pub fn minutes(minutes: u32) -> String {
    words::length(SignedDuration::from_mins(minutes.into()))
}

/// Why it is told, in sentences, each once, unless the headline says it.
pub fn reasons(story: &Story) -> Vec<&str> {
    let headline = headline(story);
    let mut reasons: Vec<&str> = Vec::new();
    for alert in &story.alerts {
        let is_said = headline.contains(bare(&alert.because)) || reasons.contains(&alert.because.as_str());
        if reasons.len() < REASONS_SHOWN_MAX && !is_said {
            reasons.push(&alert.because);
        }
    }
    reasons
}

/// `src/checkout.ts:42 in applyDiscount`.
pub fn at(place: &PlaceFacts) -> String {
    let line = place.line.map(|line| format!(":{line}")).unwrap_or_default();
    let function = place.function.as_ref().map(|function| format!(" in {function}")).unwrap_or_default();
    format!("{}{line}{function}", place.file)
}
