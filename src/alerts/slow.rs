//! What the slower rules are judged by: the health of releases, verdicts, fixes, transactions and silence. Each look reads few rows, and is
//! asked for every minute or few; what it finds goes through the same evaluation as everything else.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use jiff::{SignedDuration, Timestamp};

use crate::findings::{FindingError, Sources};
use crate::insight::alert::baseline::Baseline;
use crate::model::alert::{Because, Subject};
use crate::model::alert_rule::{AlertRule, Trigger};
use crate::model::health::Health;
use crate::model::ids::{IssueId, ProjectId, RuleId};
use crate::model::release::Release;
use crate::model::transaction::Transaction;
use crate::store::{ReleaseFilter, Store};

mod fixes;
mod health;
mod quiet;
mod transactions;
#[cfg(test)]
mod tests;

/// Health is that of the sessions of the last so many hours: a bad hour of the night is not outweighed by a month, and
/// one of a release that is long good is told.
pub const HEALTH_OVER: SignedDuration = SignedDuration::from_hours(24);
/// The newest releases of a project, which are looked at.
pub const RELEASES_MAX: usize = 20;
/// Projects that one look reads.
const PROJECTS_MAX: usize = 1_000;

pub type Result<T> = std::result::Result<T, FindingError>;

/// A rule is met, or still is.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub rule: RuleId,
    pub project: ProjectId,
    pub subject: Subject,
    /// When it began, as far as is known.
    pub since: Timestamp,
    pub release: Option<String>,
    pub environment: Option<String>,
    /// `None`: it was true and is not over, but is no news by itself.
    pub because: Option<Because>,
}

/// All that rules of these kinds are met by now. Others are passed over.
pub fn found(sources: &Sources<'_>, rules: &[AlertRule], now: Timestamp) -> Result<Vec<Found>> {
    let mut look = Look {
        sources,
        now,
        projects: HashMap::new(),
        newest: HashMap::new(),
        silent: HashMap::new(),
        health: HashMap::new(),
        worse: HashMap::new(),
        fixes: HashMap::new(),
        transactions: HashMap::new(),
        windows: HashMap::new(),
        found: Vec::new(),
    };
    for rule in rules.iter().filter(|rule| rule.enabled) {
        match &rule.trigger {
            Trigger::Silence { factor } => look.silence(rule, *factor)?,
            Trigger::Release { metric, bound, sessions_min } => {
                look.health(rule, *metric, *bound, *sessions_min)?;
            }
            Trigger::VerdictWorse => look.verdicts(rule)?,
            Trigger::FixFailed => look.fixes(rule)?,
            Trigger::TransactionP95 { .. }
            | Trigger::TransactionFailureRate { .. }
            | Trigger::TransactionThroughput { .. } => look.transactions(rule)?,
            _ => (),
        }
    }
    Ok(look.found)
}

type Place = (ProjectId, Option<String>);

/// What was read is kept until the look is over: many rules ask for the same.
struct Look<'a> {
    sources: &'a Sources<'a>,
    now: Timestamp,
    projects: HashMap<Vec<ProjectId>, Vec<ProjectId>>,
    newest: HashMap<ProjectId, Vec<Release>>,
    /// By project and environment: what is usual, and the last event, where it is not of just now.
    silent: HashMap<Place, Option<(Baseline, Timestamp)>>,
    health: HashMap<(Place, String), Health>,
    worse: HashMap<Place, Vec<health::Worse>>,
    fixes: HashMap<IssueId, Option<fixes::Failed>>,
    transactions: HashMap<ProjectId, Vec<Transaction>>,
    /// What was counted in the last so many minutes.
    windows: HashMap<(Place, u32), transactions::Window>,
    found: Vec<Found>,
}

impl Look<'_> {
    /// Those that a rule is about.
    fn projects(&mut self, rule: &AlertRule) -> Vec<ProjectId> {
        let made = || projects(self.sources.store, self.sources.sees, rule, PROJECTS_MAX);
        self.projects.entry(rule.projects.clone()).or_insert_with(made).clone()
    }

    fn newest(&mut self, project: ProjectId) -> Result<&[Release]> {
        let filter = ReleaseFilter { projects: Some(vec![project]), ..ReleaseFilter::default() };
        let read = || Ok(self.sources.store.releases(&filter, |_| true, None, RELEASES_MAX)?.releases);
        known(&mut self.newest, project, read).map(Vec::as_slice)
    }
}

fn known<K: Eq + Hash, V>(of: &mut HashMap<K, V>, key: K, read: impl FnOnce() -> Result<V>) -> Result<&V> {
    Ok(match of.entry(key) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(place) => place.insert(read()?),
    })
}

/// Those that a rule is about and somebody sees.
pub fn projects(
    store: &Store,
    sees: &dyn Fn(ProjectId) -> bool,
    rule: &AlertRule,
    projects_max: usize,
) -> Vec<ProjectId> {
    let directory = store.directory();
    let is_asked = |id: &&ProjectId| rule.is_about(**id) && sees(**id);
    let mut projects: Vec<ProjectId> = directory.projects.keys().filter(is_asked).copied().collect();
    projects.sort_unstable();
    projects.truncate(projects_max);
    projects
}
