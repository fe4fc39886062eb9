//! All that is found out of an issue and one of its events without a model: what its page shows, what mails say, what an
//! explanation is given as findings.

use jiff::{SignedDuration, Timestamp};

use crate::findings::{Result, Sources, differs};
use crate::insight::pattern::PatternFinding;
use crate::insight::reproduction::Reproduction;
use crate::insight::telling::{Telling, telling_within};
use crate::model::event::Event;
use crate::model::evidence::Finding;
use crate::model::issue::Issue;
use crate::model::series::{Resolution, Scope};
use crate::model::standing::PatternKind;

/// Hours of the trend.
const TREND_HOURS: i64 = 72;
/// Sentences of what differs that are told outside of the issue's page.
const DIFFERENCES_TOLD_MAX: usize = 5;
/// Suspects in sentences.
const SUSPECTS_MAX: usize = 3;

pub struct Insight {
    pub pattern: PatternFinding,
    /// Events by the hour: (the hour's beginning in seconds, count).
    pub hours: Vec<(i64, u64)>,
    pub differs: differs::Found,
    pub telling: Telling,
    pub suspects: Vec<String>,
    pub reproduction: Reproduction,
}

impl Sources<'_> {
    pub fn insight(&self, issue: &Issue, event: &Event, now: Timestamp) -> Result<Insight> {
        let from = now.checked_sub(SignedDuration::from_hours(TREND_HOURS)).unwrap_or(Timestamp::MIN);
        Ok(Insight {
            pattern: self.pattern(issue, now)?,
            hours: self.store.series(Scope::Issue(issue.id), Resolution::Hour, from, now)?,
            differs: self.differs(issue, now)?,
            telling: self.telling(issue, event)?,
            suspects: self.suspects_told(issue, event)?,
            reproduction: self.reproduction(event)?,
        })
    }

    /// What tells most of an event, with the trace that it happened in.
    pub fn telling(&self, issue: &Issue, event: &Event) -> Result<Telling> {
        let trace = self.trace_of(issue.project, event)?;
        Ok(telling_within(event, issue.project, &trace.spans))
    }

    /// What was found out of counts, in sentences, the most telling first.
    pub fn sentences(&self, issue: &Issue, now: Timestamp) -> Result<Vec<Finding>> {
        let found = |section: &str, sentence: String| Finding { section: section.to_owned(), sentence };
        let pattern = self.pattern(issue, now)?;
        let mut findings: Vec<Finding> = Vec::new();
        if pattern.kind != PatternKind::Unclear {
            findings.extend(pattern.sentences.into_iter().map(|sentence| found("pattern", sentence)));
        }
        let differs = self.differs(issue, now)?.differs;
        let told = differs.findings.into_iter().take(DIFFERENCES_TOLD_MAX);
        findings.extend(told.map(|finding| found("differs", finding.difference.sentence)));
        Ok(findings)
    }

    fn suspects_told(&self, issue: &Issue, event: &Event) -> Result<Vec<String>> {
        let found = self.suspects(issue, Some(event))?;
        let commits = found.suspects.iter().take(SUSPECTS_MAX).map(|suspect| {
            let commit = &found.commits[suspect.commit];
            format!("{} {}", commit.short_id(), suspect.sentence)
        });
        let deploys = found.deploys.iter().take(SUSPECTS_MAX).map(|suspect| suspect.sentence.clone());
        Ok(commits.chain(deploys).collect())
    }
}
