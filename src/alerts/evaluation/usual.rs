//! What is usual for an issue, kept for the hour. Reading the hours of an issue costs more than judging it, so a look reads those of a
//! bounded number: first the issues whose last minutes stand out most. Until its turn comes, an issue is judged by what
//! was usual an hour ago, or not at all where nothing is known.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};

use crate::alerts::evaluation::Result;
use crate::alerts::evaluation::plan::Plan;
use crate::insight::alert::baseline::{Baseline, HOURS_MAX};
use crate::model::ids::{IssueId, ProjectId};
use crate::model::issue::Issue;
use crate::model::series::{Resolution, Scope};
use crate::store::Store;

/// Issues that are remembered, in each environment: some 100 bytes each.
const ISSUES_MAX: usize = 200_000;
/// Issues whose hours are read at once.
const READ_MAX: usize = 100;

#[derive(Default)]
pub(super) struct Usual {
    /// By environment; that of all has no name.
    of: BTreeMap<String, HashMap<IssueId, Known>>,
}

#[derive(Clone)]
pub(super) struct Known {
    pub project: ProjectId,
    pub baseline: Baseline,
    hour: i64,
}

impl Known {
    pub(super) fn is_of(&self, now: Timestamp) -> bool {
        self.hour == hour(now)
    }
}

fn hour(at: Timestamp) -> i64 {
    at.as_second().div_euclid(3_600)
}

impl Usual {
    pub(super) fn keep_only(&mut self, plan: &Plan) {
        let is_asked = |name: &str| plan.counted.keys().any(|known| known.as_deref().unwrap_or("") == name);
        self.of.retain(|environment, _| is_asked(environment));
    }

    pub(super) fn get(&self, environment: Option<&str>, issue: IssueId) -> Option<&Known> {
        self.of_environment(environment)?.get(&issue)
    }

    pub(super) fn of_environment(&self, environment: Option<&str>) -> Option<&HashMap<IssueId, Known>> {
        self.of.get(environment.unwrap_or(""))
    }

    pub(super) fn in_environment(&mut self, environment: Option<&str>) -> &mut HashMap<IssueId, Known> {
        self.of.entry(environment.unwrap_or("").to_owned()).or_default()
    }

    /// Reads the hours of these issues.
    pub(super) fn learn(
        &mut self,
        store: &Store,
        environment: Option<&str>,
        issues: &[IssueId],
        now: Timestamp,
    ) -> Result<()> {
        let known = self.in_environment(environment);
        if known.len() + issues.len() > ISSUES_MAX {
            known.retain(|_, known| known.is_of(now));
        }
        if known.len() + issues.len() > ISSUES_MAX {
            known.clear();
        }
        let this_hour = Timestamp::from_second(hour(now) * 3_600).unwrap_or(now);
        let from = this_hour - SignedDuration::from_hours(i64::try_from(HOURS_MAX).expect("weeks"));
        for part in issues.chunks(READ_MAX) {
            let issues = store.find_issues(part)?;
            let scopes: Vec<Scope> = issues.iter().map(|issue| Scope::Issue(issue.id)).collect();
            let hours = store.series_in(environment, &scopes, Resolution::Hour, from, this_hour)?;
            for (issue, hours) in issues.iter().zip(&hours) {
                let baseline = Baseline::of(since_it_began(issue, hours), now);
                known.insert(issue.id, Known { project: issue.project, baseline, hour: hour(now) });
            }
        }
        Ok(())
    }
}

fn since_it_began<'a>(issue: &Issue, hours: &'a [(i64, u64)]) -> &'a [(i64, u64)] {
    let began = hour(issue.first_seen) * 3_600;
    // Events that come late may be from before the first that is known.
    let first = hours.iter().position(|(start, events)| *start >= began || *events > 0);
    &hours[first.unwrap_or(hours.len())..]
}
