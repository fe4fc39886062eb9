//! The facts behind a fix watch: which releases have the fix, and what was seen of them and of the issue since.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::findings::{Result, Sources};
use crate::insight::fix_watch::{self, BEFORE, Facts, FixWatch, Fixed, Promise};
use crate::insight::regression::{self, Finding, Lineage, ReleaseFacts};
use crate::model::ids::{ProjectId, ReleaseId};
use crate::model::issue::{Fix, Issue, Resolution, Status, Substatus};
use crate::model::query::{Expr, Leaf, Query};
use crate::model::release::{Deploy, KnownRelease, Release};
use crate::model::series;
use crate::search::Filter;
use crate::store::{DEPLOYS_MAX, ReleaseFilter, StoreError, TagValue};

/// The newest releases of a project, among which those with the fix are looked for.
const RELEASES_LOOKED_AT_MAX: usize = 200;
/// Releases with the fix that are counted, the newest first.
const FIXED_MAX: usize = 50;
/// Releases without the fix that are named.
const OLDER_MAX: usize = 5;
/// Releases in which an issue was seen.
const SEEN_IN_MAX: usize = 1_000;
/// Commits of one release among which the fixing one is looked for, the newest first.
const COMMITS_LOOKED_AT_MAX: usize = 500;

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
        let total = self.events_of(issue, resolved, Expr::ALL)?;
        let events_without_release = match &resolution.fix {
            Fix::Now { newest: None } => total,
            Fix::Now { .. } => {
                self.events_of(issue, resolved, Expr::from(Leaf::Has("release".to_owned())).negated())?
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
        let resolution = self.as_known_now(project, resolution)?;
        let seen_in: HashMap<_, _> = seen_in.iter().map(|value| (value.value.as_str(), value)).collect();
        let filter = ReleaseFilter { projects: Some(vec![project]), ..ReleaseFilter::default() };
        let mut found = Vec::new();
        for release in self.store.releases(&filter, |_| true, None, RELEASES_LOOKED_AT_MAX)?.releases {
            if found.len() == FIXED_MAX {
                break;
            }
            let (facts, first_seen) = self.release_facts(project, &release, &resolution.fix)?;
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
        self.events_of(issue, resolved, is_of(&seen.value))
    }

    /// With what is known by now of the releases that are to have the fix.
    fn as_known_now(&self, project: ProjectId, resolution: &Resolution) -> Result<Resolution> {
        let mut resolution = resolution.clone();
        let named = match &mut resolution.fix {
            Fix::Release { release } => std::slice::from_mut(release),
            Fix::Commit { releases, .. } => releases.as_mut_slice(),
            Fix::Now { .. } | Fix::NextRelease { .. } => &mut [],
        };
        for release in named {
            if let Some(known) = self.store.known_release(project, &release.version)? {
                *release = known;
            }
        }
        Ok(resolution)
    }

    /// What regressions are judged by, and when the release was first seen.
    fn release_facts(
        &self,
        project: ProjectId,
        release: &Release,
        fix: &Fix,
    ) -> Result<(ReleaseFacts, Option<Timestamp>)> {
        let projects = self.store.release_projects(release.id)?;
        let said = projects.into_iter().find(|(id, _)| *id == project).map(|(_, said)| said);
        let first_event = said.and_then(|said| said.first_event);
        let environments = self.store.release_environments(release.id, project)?;
        let first_seen = environments.iter().map(|seen| seen.first).chain(first_event).min();
        let deploys = self.store.deploys(release.id, None, DEPLOYS_MAX)?.into_iter();
        let of_project = |deploy: &Deploy| deploy.projects.is_empty() || deploy.projects.contains(&project);
        let deploy = deploys.filter(of_project).min_by_key(|deploy| deploy.finished);
        let deploy = deploy.map(|deploy| crate::model::regression::Deployed {
            environment: deploy.environment,
            at: deploy.finished,
        });
        let declared = release.is_declared.then(|| release.created.min(release.date()));
        let known = self.store.known_release(project, &release.version)?;
        let facts = ReleaseFacts {
            known: known
                .unwrap_or_else(|| KnownRelease { version: release.version.clone(), date: release.date() }),
            existed: first_event.map_or(release.created, |first| first.min(release.created)),
            built: declared.into_iter().chain(deploy.as_ref().map(|deploy| deploy.at)).min(),
            deploy,
            lineage: self.lineage(release, fix)?,
        };
        Ok((facts, first_seen))
    }

    /// As events are judged when they arrive (`store::release_facts`).
    fn lineage(&self, release: &Release, fix: &Fix) -> Result<Lineage> {
        let Fix::Commit { commit, releases, .. } = fix else { return Ok(Lineage::Unknown) };
        if self.place_of(release.id, commit)?.is_some() {
            return Ok(Lineage::HasTheFix);
        }
        for fixed in releases {
            let Some(fixed) = self.store.find_release(&fixed.version)? else { continue };
            let Some(fixing) = self.place_of(fixed.id, commit)? else { continue };
            for head in &release.heads {
                match self.place_of(fixed.id, &head.commit)? {
                    Some(head) if head > fixing => return Ok(Lineage::EndsBefore),
                    Some(_) => return Ok(Lineage::HasTheFix),
                    None => {}
                }
            }
        }
        Ok(Lineage::Unknown)
    }

    fn place_of(&self, release: ReleaseId, commit: &str) -> std::result::Result<Option<u64>, StoreError> {
        let commits = self.store.release_commits(release, 0, COMMITS_LOOKED_AT_MAX)?;
        let listed = commits.into_iter().find(|(_, listed)| listed.id.starts_with(commit));
        Ok(listed.map(|(place, _)| place))
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
            Expr::any_of(fixed.iter().map(|release| is_of(&release.version)).collect())
        };
        let query = Query { tree };
        let filter = Filter { projects: Some(&[project]), from: Some(since), ..Filter::of(&query) };
        Ok((sessions, self.search.count(&filter)?))
    }

    fn events_of(&self, issue: &Issue, since: Timestamp, tree: Expr) -> Result<u64> {
        let query = Query { tree };
        let filter = Filter {
            projects: Some(&[issue.project]),
            issue: Some(issue.id),
            from: Some(since),
            ..Filter::of(&query)
        };
        Ok(self.search.count(&filter)?)
    }
}

fn is_of(release: &str) -> Expr {
    Leaf::Tag { key: "release".to_owned(), value: release.to_owned() }.into()
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
