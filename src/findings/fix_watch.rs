//! The facts behind a fix watch: which releases have the fix, and what was seen of them and of the issue since.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::findings::{Result, Sources, in_release};
use crate::insight::fix_watch::{self, BEFORE, Facts, FixWatch, Fixed, Promise};
use crate::insight::regression::{self, Finding};
use crate::model::ids::ProjectId;
use crate::model::issue::{Fix, Issue, Resolution, Status, Substatus};
use crate::model::query::{Expr, Leaf, Query};
use crate::model::series;
use crate::search::Filter;
use crate::store::{AskedRelease, ReleaseFilter, TagValue};

/// The newest releases of a project, among which those with the fix are looked for.
const RELEASES_LOOKED_AT_MAX: usize = 200;
/// Releases with the fix that are counted, the newest first.
const FIXED_MAX: usize = 50;
/// Releases without the fix that are named.
const OLDER_MAX: usize = 5;
/// Releases in which an issue was seen.
const SEEN_IN_MAX: usize = 1_000;

pub struct Watched {
    pub watch: FixWatch,
    pub facts: Facts,
}

impl Sources<'_> {
    /// Of an issue that is resolved, or that came back: the fix that was last said to be one.
    pub fn fix_watch(&self, issue: &Issue, now: Timestamp) -> Result<Option<Watched>> {
        let Some(resolution) = resolution_of(issue) else { return Ok(None) };
        let facts = self.fix_facts(issue, &resolution, now)?;
        Ok(Some(Watched { watch: fix_watch::watch(&facts), facts }))
    }

    fn fix_facts(&self, issue: &Issue, resolution: &Resolution, now: Timestamp) -> Result<Facts> {
        let (project, resolved) = (issue.project, resolution.at);
        let promise = promise_of(&resolution.fix);
        let without_releases = matches!(resolution.fix, Fix::Now { newest: None });
        let seen_in = self.store.tag_values(issue.id, "release", SEEN_IN_MAX)?;
        let fixed = if without_releases { Vec::new() } else { self.fixed(issue, resolution, &seen_in, now)? };
        let total = self.events_of(issue, None, resolved, Expr::ALL)?;
        let events_without_release = match &resolution.fix {
            Fix::Now { newest: None } => total,
            Fix::Now { .. } => {
                self.events_of(issue, None, resolved, Expr::from(Leaf::Has("release".to_owned())).negated())?
            }
            _ => 0,
        };
        let events: u64 = fixed.iter().map(|fixed| fixed.events).sum();
        let older = self.older(issue, resolved, &seen_in, &fixed)?;
        let since = fix_watch::since(&promise, resolved, without_releases, &fixed);
        let (sessions, other_events) = match since {
            None => (0, 0),
            Some(since) => self.traffic_since(project, without_releases, &fixed, (since, now))?,
        };
        let from = issue.first_seen.max(resolved.checked_sub(BEFORE).unwrap_or(Timestamp::MIN));
        let scope = series::Scope::Issue(issue.id);
        let by_hour = self.store.series(scope, series::Resolution::Hour, from, resolved)?;
        Ok(Facts {
            promise,
            resolved,
            now,
            without_releases,
            fixed,
            events_without_release,
            older_events: total.saturating_sub(events + events_without_release),
            older,
            sessions,
            other_events: other_events.saturating_sub(events + events_without_release),
            before_by_hour: by_hour.into_iter().map(|(_, events)| events).collect(),
            sessions_before: self.store.health(project, None, None, from, resolved)?.sessions.total,
        })
    }

    /// Those of the newest releases that have the fix.
    fn fixed(
        &self,
        issue: &Issue,
        resolution: &Resolution,
        seen_in: &[TagValue],
        now: Timestamp,
    ) -> Result<Vec<Fixed>> {
        let project = issue.project;
        let order = self.store.release_order(project)?;
        let resolution = self.store.as_known_now(project, resolution.clone())?;
        let seen_in: HashMap<_, _> = seen_in.iter().map(|value| (value.value.as_str(), value)).collect();
        let filter = ReleaseFilter { projects: Some(vec![project]), ..ReleaseFilter::default() };
        let mut found = Vec::new();
        for release in self.store.releases(&filter, |_| true, None, RELEASES_LOOKED_AT_MAX)?.releases {
            if found.len() == FIXED_MAX {
                break;
            }
            let (version, fix) = (release.version.as_str(), &resolution.fix);
            let facts = self.store.release_facts(&AskedRelease {
                version,
                project,
                environment: None,
                at: now,
                fix,
            })?;
            let first_seen = self.first_seen(project, None, &release)?;
            let deployed = facts.deploy.clone().map(|deploy| (deploy.environment, deploy.at));
            // Whatever it would do from now on: only the release decides.
            let at = now.max(resolution.at + jiff::SignedDuration::from_secs(1));
            let asked = regression::Facts { resolution: &resolution, order, release: Some(&facts), at };
            if matches!(regression::judge(&asked), Finding::Holds(_)) {
                continue;
            }
            let events = match seen_in.get(release.version.as_str()) {
                None => 0,
                Some(seen) => self.events_since(issue, resolution.at, seen)?,
            };
            found.push(Fixed { version: release.version, deployed, first_seen, events });
        }
        Ok(found)
    }

    /// Releases without the fix that sent events since.
    fn older(
        &self,
        issue: &Issue,
        resolved: Timestamp,
        seen_in: &[TagValue],
        fixed: &[Fixed],
    ) -> Result<Vec<(String, u64)>> {
        let has_fix = |seen: &TagValue| fixed.iter().any(|fixed| fixed.version == seen.value);
        let mut older: Vec<_> =
            seen_in.iter().filter(|seen| seen.last_seen > resolved && !has_fix(seen)).collect();
        older.sort_by_key(|seen| std::cmp::Reverse(seen.last_seen));
        let mut found = Vec::new();
        for seen in older.into_iter().take(OLDER_MAX) {
            found.push((seen.value.clone(), self.events_since(issue, resolved, seen)?));
        }
        Ok(found)
    }

    /// Events of an issue in one release. The store counts them whole, search those after a moment.
    fn events_since(&self, issue: &Issue, resolved: Timestamp, seen: &TagValue) -> Result<u64> {
        if seen.last_seen <= resolved {
            return Ok(0);
        }
        if seen.first_seen > resolved {
            return Ok(seen.events);
        }
        self.events_of(issue, None, resolved, in_release(&seen.value))
    }

    /// Sessions of releases with the fix, and events in them, those of the issue among them.
    fn traffic_since(
        &self,
        project: ProjectId,
        without_releases: bool,
        fixed: &[Fixed],
        (since, now): (Timestamp, Timestamp),
    ) -> Result<(u64, u64)> {
        let mut sessions = 0;
        let tree = if without_releases {
            sessions = self.store.health(project, None, None, since, now)?.sessions.total;
            Expr::ALL
        } else {
            for release in fixed {
                let health = self.store.health(project, Some(&release.version), None, since, now)?;
                sessions += health.sessions.total;
            }
            Expr::any_of(fixed.iter().map(|release| in_release(&release.version)).collect())
        };
        let query = Query { tree };
        let filter = Filter { projects: Some(&[project]), from: Some(since), ..Filter::of(&query) };
        Ok((sessions, self.search.count(&filter)?))
    }
}

fn resolution_of(issue: &Issue) -> Option<Resolution> {
    let is_resolved = issue.status == Status::Resolved;
    if !is_resolved && issue.substatus != Some(Substatus::Regressed) {
        return None;
    }
    // Resolved before resolutions were kept.
    let bare = || {
        let at = issue.status_changed.filter(|_| is_resolved)?;
        Some(Resolution { at, by: None, fix: Fix::Now { newest: None } })
    };
    issue.resolution.clone().or_else(bare)
}

fn promise_of(fix: &Fix) -> Promise {
    match fix {
        Fix::Now { .. } => Promise::Now,
        Fix::Release { release } => Promise::Release(release.version.clone()),
        Fix::NextRelease { .. } => Promise::NextRelease,
        Fix::Commit { commit, .. } => Promise::Commit(commit.clone()),
    }
}
