//! `PagerDuty`: Events API v2. An incident of ours is one alert there: it is triggered, acknowledged and resolved under the
//! same key. The target's secret is the routing key.
//! <https://developer.pagerduty.com/docs/send-alert-event>

use serde_json::{Value, json};

use crate::alerts::messages::post::Sender;
use crate::alerts::messages::story::Story;
use crate::alerts::messages::{plain, webhook, wording};
use crate::model::alert_rule::Severity;
use crate::model::notification::Step;

const SUMMARY_LETTERS_MAX: usize = 1_024;

pub fn incident(story: &Story, sender: &Sender<'_>) -> Value {
    let action = match story.step {
        _ if story.is_over() => "resolve",
        Step::Acknowledged => "acknowledge",
        Step::Resolved => "resolve",
        Step::Opened | Step::Joined | Step::Raised | Step::Reopened => "trigger",
    };
    let key = format!("{}/incidents/{}", sender.url, story.incident.id);
    let mut event = event(sender, action, &key);
    if action == "trigger" {
        let issue = story.issues.first();
        event["payload"] = json!({
            "summary": plain::cut(&wording::subject(story), SUMMARY_LETTERS_MAX),
            "source": story.place(),
            "severity": severity(story.incident.severity),
            "timestamp": webhook::time(story.incident.began),
            "component": issue.and_then(|issue| issue.culprit.clone()),
            "group": story.incident.environments.first(),
            "class": story.alerts.first().map(|alert| alert.kind),
            "custom_details": webhook::incident(story, sender),
        });
        event["links"] = json!([{ "href": story.links.incident, "text": "Incident in LightTrace" }]);
        event["client"] = json!("LightTrace");
        event["client_url"] = json!(story.links.incident);
    }
    event
}

/// An alert of the lowest kind that is over at once would not be seen: it stays until somebody ends it there.
pub fn test(sender: &Sender<'_>) -> Value {
    let mut event = event(sender, "trigger", sender.key);
    event["payload"] = json!({
        "summary": "[LightTrace] A test message: there is nothing to do",
        "source": "LightTrace",
        "severity": "info",
        "timestamp": webhook::time(sender.decided),
    });
    event
}

fn event(sender: &Sender<'_>, action: &str, key: &str) -> Value {
    json!({
        "routing_key": sender.target.secret.as_deref().unwrap_or_default(),
        "event_action": action,
        "dedup_key": key,
    })
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "info",
    }
}
