//! The facts behind a verdict: a release and the one before it, each over the same span from its own beginning on.

use jiff::{SignedDuration, Timestamp};

use crate::findings::{Result, Sources, in_release, tagged};
use crate::insight::slower::{self, Compared};
use crate::insight::verdict::{self, Facts, Measured, Verdict, WINDOW_MAX};
use crate::model::durations::Durations;
use crate::model::event::{EventKind, Level};
use crate::model::ids::{IssueId, ProjectId};
use crate::model::issue::{Issue, Status, Substatus};
use crate::model::query::{Expr, Query};
use crate::model::release::{Deploy, Release, ReleaseProject};
use crate::search::{BUCKETS_MAX, Filter};
use crate::store::{DEPLOYS_MAX, IssueSort};

/// Releases before the one that is compared, of which new issues are counted: what is usual.
const EARLIER_MAX: usize = 4;
/// Issues that began in a window, of which a release's are picked. Where there are more, the release's own count tells.
const NEW_ISSUES_READ_MAX: usize = 2_000;
/// Issues that came back are looked through for those of the release, and its events are counted.
const REGRESSED_LOOKED_AT_MAX: usize = 2_000;
const REGRESSED_MAX: usize = 50;
/// Transactions that are compared, those seen last.
const TRANSACTIONS_MAX: usize = 200;
/// Environments of one issue among which one is looked for.
const ENVIRONMENTS_MAX: usize = 100;

/// What a release's age is counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    Deploy,
    /// The first session or event.
    Traffic,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beginning {
    pub at: Timestamp,
    pub since: Since,
}

pub struct Found {
    pub verdict: Verdict,
    pub facts: Facts,
    pub beginning: Option<Beginning>,
    /// How long each release was measured for.
    pub window: SignedDuration,
    /// First seen in the release, the newest first.
    pub new_issues: Vec<Issue>,
    pub regressed: Vec<Issue>,
}

/// A release in one project and environment.
#[derive(Clone, Copy)]
struct Place<'a> {
    project: ProjectId,
    environment: Option<&'a str>,
}

struct Window {
    from: Timestamp,
    /// For sessions.
    to: Timestamp,
    /// For what is counted by the hour: until the next release, if that came before.
    until: Timestamp,
}

impl Window {
    fn hours(&self) -> f64 {
        self.until.duration_since(self.from).as_secs_f64().max(0.0) / 3_600.0
    }
}

impl Sources<'_> {
    pub fn verdict(
        &self,
        project: ProjectId,
        release: &Release,
        environment: Option<&str>,
        now: Timestamp,
    ) -> Result<Found> {
        let place = Place { project, environment };
        let beginning = self.beginning(place, release)?;
        let at = beginning.map_or(now, |beginning| beginning.at);
        let age = now.duration_since(at).max(SignedDuration::ZERO);
        let window = age.min(WINDOW_MAX);
        let span = Window { from: at, to: at + window, until: at + window };
        let new_issues = self.new_issues(place, release, &span)?;
        let after = self.measured(place, release, &span, new_issues.as_deref())?;

        let mut newer = (release.clone(), at);
        let mut compared = Vec::new();
        while compared.len() <= EARLIER_MAX {
            let Some((before, began)) = self.before(place, &newer.0)? else { break };
            let until = if began < newer.1 { newer.1.min(began + window) } else { began + window };
            let span = Window { from: began, to: began + window, until };
            let new_issues = self.new_issues(place, &before, &span)?;
            compared.push(if compared.is_empty() {
                self.measured(place, &before, &span, new_issues.as_deref())?
            } else {
                self.counted(place, &before, &span, new_issues.as_deref())?
            });
            newer = (before, began);
        }
        let mut compared = compared.into_iter();
        let before = compared.next();
        let earlier = compared.map(|measured| (measured.new_issues, measured.hours)).collect();
        let transactions = match &before {
            Some(before) => self.transactions(project, &before.version, &release.version)?,
            None => Vec::new(),
        };
        let (regressed, regressed_events) = self.regressed(place, release)?.into_iter().unzip();
        let environment = environment.map(str::to_owned);
        let newest = self.store.newest_release(project)?;
        let is_newest = newest.is_none_or(|newest| newest.version == release.version);
        let facts = Facts {
            environment,
            age,
            after,
            before,
            earlier,
            regressed: regressed_events,
            transactions,
            is_newest,
        };
        let verdict = verdict::judge(&facts);
        let new_issues = new_issues.unwrap_or_default();
        Ok(Found { verdict, facts, beginning, window, new_issues, regressed })
    }

    /// When a release was first deployed to the environment, else first seen there. `None`: neither.
    fn beginning(&self, place: Place<'_>, release: &Release) -> Result<Option<Beginning>> {
        let is_there = |deploy: &Deploy| {
            deploy.is_of(place.project)
                && place.environment.is_none_or(|environment| deploy.environment == environment)
        };
        let deploys = self.store.deploys(release.id, None, DEPLOYS_MAX)?;
        let deployed = deploys.iter().filter(|deploy| is_there(deploy)).map(|deploy| deploy.finished).min();
        if let Some(at) = deployed {
            return Ok(Some(Beginning { at, since: Since::Deploy }));
        }
        let seen = self.first_seen(place.project, place.environment, release)?;
        Ok(seen.map(|at| Beginning { at, since: Since::Traffic }))
    }

    /// The release before that was used there, and when it began.
    fn before(&self, place: Place<'_>, release: &Release) -> Result<Option<(Release, Timestamp)>> {
        let was_used = |release: &Release, _: &ReleaseProject| {
            Ok(self.first_seen(place.project, place.environment, release)?.is_some())
        };
        let before = self.store.release_before(place.project, release, was_used)?;
        let Some(before) = before else { return Ok(None) };
        let began = self.beginning(place, &before)?;
        Ok(began.map(|began| (before, began.at)))
    }

    fn measured(
        &self,
        place: Place<'_>,
        release: &Release,
        span: &Window,
        new_issues: Option<&[Issue]>,
    ) -> Result<Measured> {
        let counted = self.counted(place, release, span, new_issues)?;
        let Place { project, environment } = place;
        let health = self.store.health(project, Some(&release.version), environment, span.from, span.to)?;
        let errors_by_hour = self.errors_by_hour(place, release, span)?;
        Ok(Measured { health, errors_by_hour, ..counted })
    }

    fn counted(
        &self,
        place: Place<'_>,
        release: &Release,
        span: &Window,
        new_issues: Option<&[Issue]>,
    ) -> Result<Measured> {
        let new_issues = if let Some(issues) = new_issues {
            issues.len() as u64
        } else {
            let said = self.store.release_in_project(release.id, place.project)?;
            said.map_or(0, |said| said.new_issues)
        };
        Ok(Measured {
            version: release.version.clone(),
            hours: span.hours(),
            new_issues,
            ..Measured::default()
        })
    }

    fn errors_by_hour(&self, place: Place<'_>, release: &Release, span: &Window) -> Result<Vec<u64>> {
        let levels = [Level::Error, Level::Fatal].map(|level| tagged("level", level.as_str()));
        let tree = Expr::all_of(vec![in_release(&release.version), Expr::any_of(levels.into())]);
        let query = Query { tree };
        let environments: Vec<String> = place.environment.map(str::to_owned).into_iter().collect();
        let filter =
            Filter { projects: Some(&[place.project]), environments: &environments, ..Filter::of(&query) };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a week has 168 hours")]
        let buckets = (span.hours().ceil() as usize).clamp(1, BUCKETS_MAX);
        Ok(self.search.histogram(&filter, span.from, span.until, buckets)?)
    }

    /// First seen in the release and the window, the newest first; feedback aside. `None`: too many issues began then to look at each.
    fn new_issues(&self, place: Place<'_>, release: &Release, span: &Window) -> Result<Option<Vec<Issue>>> {
        let cells =
            self.store.issue_cells(Some(&[place.project]), |state| state.status != Status::Ignored)?;
        // The first events may have come before the deploy was said to be done.
        let seen = self.first_seen(place.project, place.environment, release)?.unwrap_or(span.from);
        let micros = |at: Timestamp| u64::try_from(at.as_microsecond()).unwrap_or(0);
        let range = (micros(seen.min(span.from)), micros(span.until));
        let began = self.store.issues_between(&cells, IssueSort::FirstSeen, range, NEW_ISSUES_READ_MAX)?;
        let Some(began) = began else { return Ok(None) };
        let ids: Vec<IssueId> = began.iter().collect();
        let mut found = Vec::new();
        for issue in self.store.find_issues(&ids)? {
            // What people write is no error that a release brings.
            let is_error = issue.headline.kind != EventKind::Feedback;
            let is_of = is_error && issue.first_release.as_deref() == Some(release.version.as_str());
            if is_of && issue.merged_into.is_none() && self.was_in(place, &issue)? {
                found.push(issue);
            }
        }
        found.sort_by_key(|issue| std::cmp::Reverse(issue.first_seen));
        Ok(Some(found))
    }

    fn was_in(&self, place: Place<'_>, issue: &Issue) -> Result<bool> {
        let Some(environment) = place.environment else { return Ok(true) };
        let values = self.store.tag_values(issue.id, "environment", ENVIRONMENTS_MAX)?;
        Ok(values.iter().any(|value| value.value == environment))
    }

    /// Issues that came back in the release, and how many events of each it had since.
    fn regressed(&self, place: Place<'_>, release: &Release) -> Result<Vec<(Issue, u64)>> {
        let cells = self
            .store
            .issue_cells(Some(&[place.project]), |state| state.substatus == Some(Substatus::Regressed))?;
        let ids: Vec<IssueId> = self.store.issues_in(&cells)?.iter().take(REGRESSED_LOOKED_AT_MAX).collect();
        let mut found = Vec::new();
        for issue in self.store.find_issues(&ids)? {
            let is_of = issue.regressed_in.as_deref() == Some(release.version.as_str());
            if !is_of || found.len() == REGRESSED_MAX {
                continue;
            }
            let since = issue.resolution.as_ref().map_or(issue.first_seen, |resolution| resolution.at);
            let events = self.events_of(&issue, place.environment, since, in_release(&release.version))?;
            if events > 0 {
                found.push((issue, events));
            }
        }
        Ok(found)
    }

    /// Those that both releases had, each against itself. Transactions are counted by release over whole days and all environments.
    fn transactions(&self, project: ProjectId, before: &str, after: &str) -> Result<Vec<Compared>> {
        let mut known = self.store.transactions(&[project])?;
        known.sort_by_key(|transaction| std::cmp::Reverse(transaction.last_seen));
        known.truncate(TRANSACTIONS_MAX);
        let mut pairs = Vec::new();
        for transaction in known {
            let releases = self.store.transaction_releases(transaction.id, Timestamp::UNIX_EPOCH)?;
            let of = |version: &str| {
                let found = releases.iter().find(|found| found.release == version);
                found.map(|found| found.stats.durations.clone())
            };
            if let (Some(before), Some(after)) = (of(before), of(after)) {
                pairs.push((transaction.name, before, after));
            }
        }
        let confidence = verdict::confidence_of_each(pairs.len());
        let compared = |(name, before, after): (String, Durations, Durations)| Compared {
            name,
            comparison: slower::compare(&before, &after, confidence),
        };
        Ok(pairs.into_iter().map(compared).collect())
    }
}
