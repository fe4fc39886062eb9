//! Everything that is known around one event of an issue, as it was gathered: what an explanation's facts are made of.

use jiff::Timestamp;

use crate::model::event::Event;
use crate::model::ids::ProjectId;
use crate::model::issue::Issue;
use crate::model::release::{Commit, Deploy, Release};
use crate::model::span::{LogRecord, Span};

#[derive(Debug, Clone)]
pub struct Material {
    pub issue: Issue,
    /// `SHOP-1A`.
    pub short_id: String,
    /// The project's slug.
    pub project: String,
    /// Its frames read with source maps.
    pub event: Event,
    /// By their beginning, from all projects that the asker sees.
    pub trace: Vec<TracedSpan>,
    /// Of the trace, by time.
    pub logs: Vec<LogRecord>,
    /// The event's.
    pub release: Option<Release>,
    /// The one before it whose commits are left out.
    pub previous_release: Option<String>,
    /// Those that touch the event's frames first, then the newest.
    pub commits: Vec<KnownCommit>,
    /// The last before the issue first.
    pub deploys: Vec<KnownDeploy>,
    /// The most alike first.
    pub similar: Vec<SimilarIssue>,
    pub contrasts: Vec<Contrast>,
    /// The most telling first.
    pub findings: Vec<Finding>,
    pub annotations: Vec<Noted>,
}

#[derive(Debug, Clone)]
pub struct TracedSpan {
    pub project: ProjectId,
    /// What its service is called: by itself, or by its project.
    pub service: String,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub struct KnownCommit {
    pub commit: Commit,
    /// Why it is suspect: `touches src/payment.ts, where chargeCard failed`.
    pub sentence: Option<String>,
}

#[derive(Debug, Clone)]
pub struct KnownDeploy {
    pub version: String,
    pub deploy: Deploy,
    /// `api 2.14.3 to production, 12 min before`.
    pub sentence: String,
}

#[derive(Debug, Clone)]
pub struct SimilarIssue {
    pub short_id: String,
    pub title: String,
    /// In a person's words: `frame chargecard`.
    pub because: Vec<String>,
    /// How it ended: `resolved in shop 2.4 by commit …`; `None`: it is open.
    pub resolution: Option<String>,
    /// The commit that fixed it.
    pub fix: Option<Commit>,
}

/// Another event of the same issue.
#[derive(Debug, Clone)]
pub struct Contrast {
    /// Why it was chosen: `the oldest known`, `of another release`, `of another user`.
    pub role: String,
    pub event: Event,
}

/// What was found out of counts: a sentence, and the part of the issue's page that shows its numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// `pattern`, `differs`, …
    pub section: String,
    pub sentence: String,
}

/// What a person or a program noted: a flag that was switched, a third party's trouble.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    pub at: Timestamp,
    pub until: Option<Timestamp>,
    pub title: String,
    pub text: String,
}
