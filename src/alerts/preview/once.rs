//! What happens once: issues that were new, or came back.

use std::collections::HashMap;

use crate::alerts::preview::{Found, Past, PastAlert, Result};
use crate::model::alert::{Because, Subject};
use crate::model::ids::IssueId;
use crate::model::issue::Issue;
use crate::model::signal::SignalKind;

/// Signals of two weeks that are read.
const SIGNALS_MAX: usize = 50_000;

impl Past<'_> {
    pub(super) fn new_issues(&self) -> Result<Found> {
        let mut found = Found::default();
        let issues = self.issues(&mut found)?;
        let new = issues.iter().filter(|issue| (self.from..self.now).contains(&issue.first_seen));
        found.alerts = new.map(|issue| past(issue, issue.first_seen, Because::New)).collect();
        Ok(found)
    }

    pub(super) fn comebacks(&self) -> Result<Found> {
        let mut found = Found::default();
        let issues = self.issues(&mut found)?;
        let issues: HashMap<IssueId, &Issue> = issues.iter().map(|issue| (issue.id, issue)).collect();
        let signals = self.store.signals_between(self.from, self.now, SIGNALS_MAX)?;
        if signals.len() == SIGNALS_MAX {
            found.notes.push("So much happened that not all of it was looked at.".to_owned());
        }
        for signal in signals {
            let is_one = signal.kind != SignalKind::New && signal.is_in(self.rule.environment.as_deref());
            if let Some(issue) = issues.get(&signal.issue).filter(|_| is_one) {
                found.alerts.push(past(issue, signal.at, signal.because()));
            }
        }
        Ok(found)
    }
}

pub(super) fn past(issue: &Issue, at: jiff::Timestamp, because: Because) -> PastAlert {
    PastAlert { at, subject: Subject::Issue { issue: issue.id }, project: issue.project, because }
}
