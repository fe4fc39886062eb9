//! Our own form, for programs: everything that the message knows. What stands in it is promised (`docs/alerts.md`):
//! fields are added, and [`VERSION`] is raised for anything else.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::alerts::messages::post::Sender;
use crate::alerts::messages::story::{
    AlertFacts, ChangeFacts, IncidentFacts, IssueFacts, PlaceFacts, ReleaseFacts, Story, WhyFacts,
};
use crate::alerts::messages::wording;

pub const VERSION: u32 = 1;

pub fn incident(story: &Story, sender: &Sender<'_>) -> Value {
    json!({
        "version": VERSION,
        "event": format!("incident.{}", story.step.as_str()),
        "id": sender.key,
        "date": time(sender.decided),
        "kind": story.alerts.first().map(|alert| alert.kind),
        "step": story.step.as_str(),
        "title": wording::subject(story),
        "because": story.alerts.first().map(|alert| &alert.because),
        "incident": incident_json(&story.incident),
        "alerts": story.alerts.iter().map(alert_json).collect::<Vec<_>>(),
        "furtherAlerts": story.further_alerts,
        "issues": story.issues.iter().map(issue_json).collect::<Vec<_>>(),
        "furtherIssues": story.further_issues,
        "project": story.incident.projects.first(),
        "release": story.release.as_ref().map(release_json),
        "changes": story.changes.iter().map(change_json).collect::<Vec<_>>(),
        "links": {
            "incident": story.links.incident,
            "issue": story.issues.first().map(|issue| &issue.url),
            "acknowledge": story.links.acknowledge,
            "mute": story.links.mute,
            "resolve": story.links.resolve,
        },
    })
}

fn incident_json(incident: &IncidentFacts) -> Value {
    let (acknowledged, acknowledged_by) = incident.acknowledged.clone().unzip();
    let (resolved, resolved_by) = incident.resolved.clone().unzip();
    json!({
        "id": incident.id.to_string(),
        "title": incident.title,
        "severity": incident.severity,
        "status": incident.status,
        "dateBegan": time(incident.began),
        "dateOpened": time(incident.opened),
        "dateAcknowledged": acknowledged.map(time),
        "acknowledgedBy": acknowledged_by,
        "dateResolved": resolved.map(time),
        "resolvedBy": resolved_by.flatten(),
        "timesReopened": incident.reopened,
        "owner": incident.owner,
        "projects": incident.projects,
        "environments": incident.environments,
        "releases": incident.releases,
        "issueCount": incident.issue_count,
        "alertCount": incident.alert_count,
        "url": incident.url,
    })
}

fn alert_json(alert: &AlertFacts) -> Value {
    json!({
        "id": alert.id.to_string(),
        "kind": alert.kind,
        "rule": { "id": alert.rule.to_string(), "name": alert.rule_name },
        "severity": alert.severity,
        "project": alert.project,
        "issue": alert.issue.map(|issue| issue.to_string()),
        "environment": alert.environment,
        "release": alert.release,
        "dateSince": time(alert.since),
        "date": time(alert.at),
        "because": alert.because,
        "facts": alert.facts,
    })
}

fn issue_json(issue: &IssueFacts) -> Value {
    json!({
        "id": issue.id.to_string(),
        "shortId": issue.short_id,
        "project": issue.project,
        "title": issue.title,
        "culprit": issue.culprit,
        "level": issue.level,
        "firstSeen": time(issue.first_seen),
        "lastSeen": time(issue.last_seen),
        "count": issue.events,
        "userCount": issue.users,
        "userCountIsEstimate": issue.users_estimated,
        "assignedTo": issue.assignee,
        "frame": issue.place.as_ref().map(frame_json),
        "url": issue.url,
        "explanation": explanation_json(issue.why.as_ref()),
        "findings": match &issue.why {
            Some(WhyFacts::Findings(sentences)) => sentences.as_slice(),
            _ => &[],
        },
    })
}

/// What a model claims; `null` where there is none.
fn explanation_json(why: Option<&WhyFacts>) -> Value {
    match why {
        Some(WhyFacts::Model { summary, cause, is_unsupported, model }) => json!({
            "summary": summary,
            "rootCause": cause,
            "unsupported": is_unsupported,
            "model": model,
        }),
        _ => Value::Null,
    }
}

fn frame_json(place: &PlaceFacts) -> Value {
    let source = place.source.iter().map(|line| json!([line.number, line.text])).collect::<Vec<_>>();
    json!({
        "filename": place.file,
        "lineNo": place.line,
        "function": place.function,
        "context": source,
        "url": place.url,
    })
}

fn release_json(release: &ReleaseFacts) -> Value {
    let (deployed, environment) = release.deployed.clone().unzip();
    json!({
        "version": release.version,
        "dateDeployed": deployed.map(time),
        "environment": environment,
        "url": release.url,
    })
}

fn change_json(change: &ChangeFacts) -> Value {
    json!({
        "commit": change.commit,
        "title": change.title,
        "author": change.author,
        "because": change.because,
        "url": change.url,
    })
}

/// To the second, as everywhere in the API.
pub fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
