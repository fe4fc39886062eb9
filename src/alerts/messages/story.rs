//! What a message tells, gathered and bounded, before any channel has its say about the form. Whatever is not known is
//! not there. Texts that events wrote have been cleaned (see `plain`), and are escaped by whoever puts them into a form.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::model::alert_rule::Severity;
use crate::model::incident::IncidentStatus;
use crate::model::notification::Step;

#[derive(Debug, Clone)]
pub struct Story {
    pub step: Step,
    pub incident: IncidentFacts,
    /// Those of this message, the most telling first.
    pub alerts: Vec<AlertFacts>,
    /// Those beyond.
    pub further_alerts: u64,
    /// That the alerts are about, or the incident where they are about none; the most telling first.
    pub issues: Vec<IssueFacts>,
    /// Those of this message beyond.
    pub further_issues: u64,
    /// Whose mails this one belongs to: the incident's first.
    pub thread_issue: Option<u64>,
    pub release: Option<ReleaseFacts>,
    /// Commits that may have brought it, the likeliest first.
    pub changes: Vec<ChangeFacts>,
    pub links: Links,
    /// When it is told, and how the reader's clock shows that.
    pub now: Timestamp,
    pub zone: TimeZone,
}

#[derive(Debug, Clone)]
pub struct IncidentFacts {
    pub id: u64,
    pub title: String,
    pub severity: Severity,
    pub status: IncidentStatus,
    pub opened: Timestamp,
    pub began: Timestamp,
    pub acknowledged: Option<(Timestamp, String)>,
    /// Without a name: it was quiet for `quiet_minutes`.
    pub resolved: Option<(Timestamp, Option<String>)>,
    pub quiet_minutes: u32,
    pub reopened: u32,
    pub owner: Option<String>,
    /// Slugs.
    pub projects: Vec<String>,
    pub environments: Vec<String>,
    pub releases: Vec<String>,
    pub issue_count: u64,
    pub alert_count: u64,
    pub url: String,
}

/// A kind of alert by the name that rules have for it.
#[derive(Debug, Clone)]
pub struct AlertFacts {
    pub id: u64,
    pub kind: &'static str,
    pub rule: u64,
    pub rule_name: Option<String>,
    pub severity: Severity,
    pub project: Option<String>,
    pub issue: Option<u64>,
    pub environment: Option<String>,
    pub release: Option<String>,
    pub since: Timestamp,
    pub at: Timestamp,
    /// A sentence.
    pub because: String,
    /// For a subject line: `200 in 2 min`.
    pub brief: Option<String>,
    /// As numbers.
    pub facts: serde_json::Value,
}

#[derive(Debug, Clone)]
pub struct IssueFacts {
    pub id: u64,
    /// `SHOP-1A`.
    pub short_id: String,
    pub project: String,
    /// One line.
    pub title: String,
    pub culprit: Option<String>,
    pub level: &'static str,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    pub events: u64,
    pub users: u64,
    pub users_estimated: bool,
    pub assignee: Option<String>,
    pub place: Option<PlaceFacts>,
    pub url: String,
    /// Where the message is about this issue alone.
    pub why: Option<WhyFacts>,
}

/// What is known of why it failed.
#[derive(Debug, Clone)]
pub enum WhyFacts {
    /// What a language model claims.
    Model {
        summary: String,
        cause: Option<String>,
        /// Code found no support for the cause.
        is_unsupported: bool,
        model: String,
    },
    /// In sentences, the most telling first.
    Findings(Vec<String>),
}

impl WhyFacts {
    /// What it is called.
    pub fn heading(&self) -> String {
        match self {
            Self::Model { model, .. } => format!("What a model makes of it ({model}); it may be wrong"),
            Self::Findings(_) => "What is known of it".to_owned(),
        }
    }

    pub fn sentences(&self) -> Vec<String> {
        match self {
            Self::Model { summary, cause, is_unsupported, .. } => {
                let note = if *is_unsupported { " (no support found in the facts)" } else { "" };
                let cause = cause.as_ref().filter(|cause| *cause != summary);
                let cause = cause.map(|cause| format!("Root cause: {cause}{note}"));
                std::iter::once(summary.clone()).chain(cause).filter(|text| !text.is_empty()).collect()
            }
            Self::Findings(sentences) => sentences.clone(),
        }
    }
}

/// The first frame of the team's own code.
#[derive(Debug, Clone, Serialize)]
pub struct PlaceFacts {
    pub file: String,
    pub line: Option<u64>,
    pub function: Option<String>,
    /// A few lines around it, where the source is known.
    pub source: Vec<SourceLine>,
    /// In the repository, at the release's commit.
    pub url: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct SourceLine {
    pub number: u64,
    pub text: String,
    pub is_it: bool,
}

#[derive(Debug, Clone)]
pub struct ReleaseFacts {
    pub version: String,
    pub deployed: Option<(Timestamp, String)>,
    pub url: String,
}

#[derive(Debug, Clone)]
pub struct ChangeFacts {
    pub commit: String,
    pub title: String,
    pub author: Option<String>,
    pub because: Option<String>,
    pub url: Option<String>,
}

/// What a reader can do. Signed links act once, without signing in.
#[derive(Debug, Clone, Default)]
pub struct Links {
    pub incident: String,
    pub acknowledge: Option<String>,
    pub mute: Option<String>,
    pub assign: Option<String>,
    pub resolve: Option<String>,
    /// Where a person says what they want to be told.
    pub preferences: Option<String>,
}

impl Links {
    /// With what each is called, the first thing to do first.
    pub fn actions(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("Acknowledge", &self.acknowledge),
            ("Mute", &self.mute),
            ("Assign to me", &self.assign),
            ("Resolve", &self.resolve),
        ];
        all.into_iter().filter_map(|(name, link)| Some((name, link.as_deref()?))).collect()
    }
}

impl Story {
    /// Where it happens: the project, or this server itself.
    pub fn place(&self) -> String {
        match self.incident.projects.as_slice() {
            [] => "LightTrace".to_owned(),
            [only] => only.clone(),
            [first, others @ ..] => format!("{first} +{}", others.len()),
        }
    }

    /// All issues that this message is about.
    pub fn issue_count(&self) -> u64 {
        self.issues.len() as u64 + self.further_issues
    }

    /// Whether there is something to be done about it.
    pub fn is_over(&self) -> bool {
        self.incident.status == IncidentStatus::Resolved
    }
}
