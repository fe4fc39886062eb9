//! The facts behind an issue's pattern: its counts, its project's traffic and deploys, and where search is asked, what its events
//! share. Counts cost some sixty reads by key; search is asked a bounded number of counts.

use jiff::{SignedDuration, Timestamp};

use crate::findings::{Result, Sources};
use crate::insight::pattern::facts::{Deployed, Detail, PatternFacts, TrafficOf};
use crate::insight::pattern::series::{HOUR_SECONDS, Series};
use crate::insight::pattern::thresholds::{FOLDED_HOURS, HOURS, MINUTES};
use crate::insight::pattern::{self, PatternFinding};
use crate::insight::words;
use crate::model::ids::ProjectId;
use crate::model::issue::{Issue, Status};
use crate::model::series::{Resolution, Scope};
use crate::store::HealthScope;

mod shares;

/// Deploys that are looked at, over all projects.
const DEPLOYS_LOOKED_AT_MAX: usize = 500;
/// With fewer sessions in four weeks, events tell more of traffic.
const SESSIONS_MIN: u64 = 1_000;

/// What issues of one project share, read once for all that are judged in one look.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Sessions, or all events of the project.
    traffic: Series,
    of: TrafficOf,
    deploys: Vec<Deployed>,
}

impl Sources<'_> {
    pub fn pattern(&self, issue: &Issue, now: Timestamp) -> Result<PatternFinding> {
        let around = self.surroundings(issue.project, now)?;
        self.pattern_within(issue, &around, now, true)
    }

    /// `asks_search`: else it is judged by its counts alone, which tell no dependency and no user.
    pub fn pattern_within(
        &self,
        issue: &Issue,
        around: &Surroundings,
        now: Timestamp,
        asks_search: bool,
    ) -> Result<PatternFinding> {
        let mut facts = self.pattern_facts(issue, around, now)?;
        if asks_search {
            facts.detail = Some(self.detail(issue, &facts)?);
        }
        Ok(pattern::judge(&facts))
    }

    pub fn surroundings(&self, project: ProjectId, now: Timestamp) -> Result<Surroundings> {
        let from = hours_ago(now, FOLDED_HOURS);
        let scope = HealthScope { project, release: None, environments: &[] };
        let sessions = self.store.session_counts(scope, from, now)?;
        let (of, rows) = if sessions.iter().map(|(_, sessions)| sessions).sum::<u64>() >= SESSIONS_MIN {
            (TrafficOf::Sessions, sessions)
        } else {
            (TrafficOf::Events, self.store.series(Scope::Project(project), Resolution::Hour, from, now)?)
        };
        let deploys = self.deploys_around(project, hours_ago(now, HOURS), now)?;
        Ok(Surroundings { traffic: Series::of(HOUR_SECONDS, &rows), of, deploys })
    }

    fn deploys_around(&self, project: ProjectId, from: Timestamp, now: Timestamp) -> Result<Vec<Deployed>> {
        let mut found = Vec::new();
        for (release, deploy) in self.store.deploys_between(from, now, DEPLOYS_LOOKED_AT_MAX)? {
            let projects = self.deployed_to(&release, &deploy)?;
            if !projects.is_empty() {
                found.push(Deployed {
                    at: deploy.finished,
                    name: words::release(&release.version),
                    is_own: projects.contains(&project),
                });
            }
        }
        Ok(found)
    }

    fn pattern_facts(&self, issue: &Issue, around: &Surroundings, now: Timestamp) -> Result<PatternFacts> {
        let of_issue = |resolution: Resolution, from: Timestamp| {
            self.store.series(Scope::Issue(issue.id), resolution, from, now)
        };
        let hours = Series::of(HOUR_SECONDS, &of_issue(Resolution::Hour, hours_ago(now, FOLDED_HOURS))?);
        let minutes = Series::of(60, &of_issue(Resolution::Minute, hours_ago(now, MINUTES / 60))?);
        let mut traffic = around.traffic.beside(&hours);
        if around.of == TrafficOf::Events {
            let own = traffic.counts.iter_mut().zip(&hours.counts);
            own.for_each(|(all, own)| *all = all.saturating_sub(*own));
        }
        let mut deploys = around.deploys.clone();
        deploys.extend(self.release_shown(issue, &deploys)?);
        Ok(PatternFacts {
            now,
            first_seen: issue.first_seen,
            last_seen: issue.last_seen,
            hours,
            minutes,
            traffic,
            traffic_of: around.of,
            deploys,
            detail: None,
            known: issue.standing,
            users: issue.users,
            priority: issue.priority.level,
            is_unhandled: issue.headline.handled == Some(false),
            is_open: issue.status == Status::Unresolved,
        })
    }

    /// Where nobody tells of deploys, a release that was first seen lately was deployed then.
    fn release_shown(&self, issue: &Issue, told: &[Deployed]) -> Result<Option<Deployed>> {
        let Some(version) = issue.last_release.as_deref() else { return Ok(None) };
        let name = words::release(version);
        if told.iter().any(|deploy| deploy.name == name && deploy.is_own) {
            return Ok(None);
        }
        let Some(release) = self.store.find_release(version)? else { return Ok(None) };
        let seen = self.first_seen(issue.project, None, &release)?;
        // A project's first release is no deploy of a new one.
        let before = self.store.release_before(issue.project, &release, |_, _| Ok(true))?;
        Ok(seen.filter(|_| before.is_some()).map(|at| Deployed { at, name, is_own: true }))
    }

    fn detail(&self, issue: &Issue, facts: &PatternFacts) -> Result<Detail> {
        let rates = pattern::rates(facts);
        shares::Asked::of(*self, issue, &rates, facts.now).detail()
    }
}

/// The beginning of the hour that is so many hours ago.
fn hours_ago(now: Timestamp, hours: usize) -> Timestamp {
    let hours = i64::try_from(hours).unwrap_or(i64::MAX);
    let hour = now.as_second().div_euclid(HOUR_SECONDS).saturating_sub(hours.saturating_sub(1));
    Timestamp::from_second(hour.saturating_mul(HOUR_SECONDS))
        .unwrap_or(now - SignedDuration::from_hours(hours))
}
