//! When a rule would have told of something in the last two weeks, by the very functions that judge what happens now.
//! What it is told by are counts by the hour, and by the minute for as long as these are kept; what cannot be told from
//! them is said.

use jiff::{SignedDuration, Timestamp};

use crate::alerts::slow::projects;
use crate::lookup::{self, LookupError, Question};
use crate::model::alert::{Because, Subject};
use crate::model::alert_rule::{AlertRule, Trigger};
use crate::model::ids::ProjectId;
use crate::model::issue::Issue;
use crate::model::series::{Resolution, Scope};
use crate::search::Search;
use crate::search::query::parse;
use crate::store::{IssueSort, Store, StoreError};

mod counted;
mod messages;
mod once;
mod slow;
mod transactions;
#[cfg(test)]
mod tests;

/// What is looked back at.
pub const LOOKED_BACK: SignedDuration = SignedDuration::from_hours(14 * 24);
/// What is usual is told by so much before a moment.
const HISTORY: SignedDuration = SignedDuration::from_hours(35 * 24);
/// Issues that are looked at: those seen last. 2,000 take a fifth of a second.
pub const ISSUES_MAX: usize = 2_000;
/// Alerts that an answer holds, the newest; all are counted.
pub const ALERTS_MAX: usize = 200;
const PROJECTS_MAX: usize = 200;

#[derive(Debug, Clone, PartialEq)]
pub struct PastAlert {
    pub at: Timestamp,
    pub subject: Subject,
    pub project: ProjectId,
    pub because: Because,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    pub from: Timestamp,
    pub to: Timestamp,
    /// What is known begins here, where that is later than `from`.
    pub since: Option<Timestamp>,
    /// The newest first.
    pub alerts: Vec<PastAlert>,
    pub total: u64,
    /// How often people would have been told: what breaks together is told together.
    pub messages: u64,
    /// What could not be told, in sentences.
    pub note: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// What the rule asks for is not there, or not understood; the text says what.
    #[error("{0}")]
    Query(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Lookup(LookupError),
}

impl From<LookupError> for PreviewError {
    fn from(error: LookupError) -> Self {
        match error {
            LookupError::Query(reason) => Self::Query(reason),
            error => Self::Lookup(error),
        }
    }
}

type Result<T> = std::result::Result<T, PreviewError>;

/// What one kind of rule found.
#[derive(Default)]
struct Found {
    alerts: Vec<PastAlert>,
    notes: Vec<String>,
}

struct Past<'a> {
    store: &'a Store,
    search: &'a Search,
    /// Whether the asker may see a project.
    sees: &'a dyn Fn(ProjectId) -> bool,
    rule: &'a AlertRule,
    from: Timestamp,
    now: Timestamp,
}

/// Of the projects that the asker sees.
pub fn preview(
    store: &Store,
    search: &Search,
    sees: &dyn Fn(ProjectId) -> bool,
    rule: &AlertRule,
    now: Timestamp,
) -> Result<Preview> {
    let past = Past { store, search, sees, rule, from: now - LOOKED_BACK, now };
    let found = match &rule.trigger {
        Trigger::NewIssue => past.new_issues()?,
        Trigger::Regression => past.comebacks()?,
        Trigger::Spike { factor, window_minutes } => past.spikes(*factor, *window_minutes)?,
        Trigger::Events { more_than, window_minutes } => past.events(*more_than, *window_minutes)?,
        Trigger::Silence { factor } => past.silence(*factor)?,
        Trigger::Release { metric, bound, sessions_min } => past.releases(*metric, *bound, *sessions_min)?,
        Trigger::TransactionP95 { .. }
        | Trigger::TransactionFailureRate { .. }
        | Trigger::TransactionThroughput { .. } => past.transactions()?,
        Trigger::Users { .. } => untold("How many users an issue had in a window is not kept for so long"),
        Trigger::FixFailed => untold("Whether a fix held then depends on what was known of it then"),
        Trigger::VerdictWorse => {
            untold("Verdicts are not kept: each is made of what is known when it is asked for")
        }
        Trigger::Own => untold("Nothing is kept of how LightTrace itself fared"),
    };
    let Found { mut alerts, notes } = found;
    alerts.sort_by_key(|alert| alert.at);
    let messages = messages::told(&alerts, rule);
    let total = alerts.len() as u64;
    alerts.reverse();
    alerts.truncate(ALERTS_MAX);
    let since = past.known_since()?.filter(|since| *since > past.from);
    let note = (!notes.is_empty()).then(|| notes.join(" "));
    Ok(Preview { from: past.from, to: now, since, alerts, total, messages, note })
}

/// `why`: without the full stop.
fn untold(why: &str) -> Found {
    Found {
        notes: vec![format!("{why}, so it cannot be said when this would have told you.")],
        ..Found::default()
    }
}

impl Past<'_> {
    /// Projects that the rule is about and the asker sees.
    fn projects(&self) -> Vec<ProjectId> {
        projects(self.store, self.sees, self.rule, PROJECTS_MAX)
    }

    /// The first hour that has an event of theirs.
    fn known_since(&self) -> Result<Option<Timestamp>> {
        let scopes: Vec<Scope> = self.projects().into_iter().map(Scope::Project).collect();
        let series = self.series(&scopes, Resolution::Hour, self.now - HISTORY, self.now)?;
        let first =
            |hours: &Vec<(i64, u64)>| hours.iter().find(|(_, events)| *events > 0).map(|(start, _)| *start);
        let first = series.iter().filter_map(first).min();
        Ok(first.and_then(|first| Timestamp::from_second(first).ok()))
    }

    fn series(
        &self,
        scopes: &[Scope],
        resolution: Resolution,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Vec<(i64, u64)>>> {
        Ok(self.store.series_in(self.rule.environment.as_deref(), scopes, resolution, from, to)?)
    }

    /// Issues that the rule is about today, those seen last first.
    fn issues(&self, found: &mut Found) -> Result<Vec<Issue>> {
        let query = parse(&self.rule.query, self.now)
            .map_err(|error| PreviewError::Query(format!("the query expects {} there", error.expected)))?;
        let question = Question {
            query,
            account: self.rule.created_by,
            sees_people: true,
            visible: None,
            projects: Some(self.projects()),
            environments: self.rule.environment.iter().cloned().collect(),
            since: Some(self.from),
            until: None,
            sort: lookup::Sort::By(IssueSort::LastSeen),
            after: None,
            limit: ISSUES_MAX,
        };
        let answer = lookup::find_issues(self.store, self.search, &question)?;
        if answer.next.is_some() {
            found.notes.push(format!("Only the {ISSUES_MAX} issues that were seen last were looked at."));
        }
        Ok(answer.rows.into_iter().map(|row| row.issue).collect())
    }
}
