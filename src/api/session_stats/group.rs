//! What is counted together, and how it is shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::api::Api;
use crate::api::error::{ApiError, Result};
use crate::api::params::Params;
use crate::api::session_stats::field::{Field, Status};
use crate::api::session_stats::filter::Filter;
use crate::api::session_stats::{Grid, SessionGroup, at};
use crate::model::health::Health;
use crate::model::ids::ProjectId;
use crate::model::pattern::fits;
use crate::model::project::Project;
use crate::store::HealthScope;

/// Releases of one project that are told apart.
const RELEASES_MAX: usize = 100;
/// Releases that are looked at for those that fit a pattern.
const CANDIDATES_MAX: usize = 5_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Release,
    Environment,
    Project,
    Status,
}

/// What is told apart.
pub struct By(Vec<Key>);

impl By {
    pub fn of(params: &Params) -> Result<Self> {
        let read = |name| match name {
            "release" => Ok(Key::Release),
            "environment" => Ok(Key::Environment),
            "project" => Ok(Key::Project),
            "session.status" => Ok(Key::Status),
            _ => {
                let detail = "groupBy: expected release, environment, project or session.status";
                Err(ApiError::bad_request(detail))
            }
        };
        Ok(Self(params.all("groupBy").map(read).collect::<Result<_>>()?))
    }

    pub fn has(&self, key: Key) -> bool {
        self.0.contains(&key)
    }
}

/// Sessions that are counted together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What it is called, without the status.
    pub by: BTreeMap<String, Value>,
    projects: Vec<ProjectId>,
    /// `None`: all.
    releases: Option<Vec<String>>,
    /// Empty: all.
    environments: Vec<String>,
}

impl Group {
    pub fn scopes(&self) -> Vec<HealthScope<'_>> {
        let environments = self.environments.as_slice();
        let of_project = |project: &ProjectId| {
            let (project, releases) = (*project, self.releases.as_deref());
            let all = releases.is_none().then_some(HealthScope { project, release: None, environments });
            let each = releases.unwrap_or_default().iter();
            let each = each.map(move |release| HealthScope { project, release: Some(release), environments });
            all.into_iter().chain(each)
        };
        self.projects.iter().flat_map(of_project).collect()
    }
}

impl Api {
    /// All that sessions are told apart by, but for how they ended.
    pub(super) fn session_groups(
        &self,
        params: &Params,
        filter: &Filter,
        by: &By,
        grid: Grid,
    ) -> Result<Vec<Group>> {
        let asked = self.projects_of(params)?;
        let is_asked =
            |project: &Arc<Project>| asked.as_ref().is_none_or(|asked| asked.contains(&project.id));
        let projects: Vec<ProjectId> =
            self.visible_projects().into_iter().filter(is_asked).map(|project| project.id).collect();
        let all = Group {
            by: BTreeMap::new(),
            projects,
            releases: self.releases_of(filter, asked.as_deref(), grid)?,
            environments: filter.environments.clone(),
        };
        let mut groups = vec![all];
        if by.has(Key::Project) {
            groups = groups.iter().flat_map(by_project).collect();
        }
        if by.has(Key::Environment) {
            groups = self.by_environment(groups, grid)?;
        }
        if by.has(Key::Release) {
            groups = self.by_release(groups, grid)?;
        }
        Ok(groups)
    }

    /// The versions that the query names; patterns are compared with those that had sessions.
    fn releases_of(
        &self,
        filter: &Filter,
        projects: Option<&[ProjectId]>,
        grid: Grid,
    ) -> Result<Option<Vec<String>>> {
        if filter.releases.is_empty() {
            return Ok(None);
        }
        let (patterns, mut versions): (Vec<_>, Vec<_>) =
            filter.releases.iter().cloned().partition(|release| release.contains('*'));
        if !patterns.is_empty() {
            let patterns: Vec<_> = patterns.iter().map(|pattern| pattern.to_lowercase()).collect();
            let is_asked = |id: ProjectId| projects.is_none_or(|projects| projects.contains(&id));
            for project in self.visible_projects().into_iter().filter(|project| is_asked(project.id)) {
                let (from, to) = (at(grid.start), at(grid.end));
                let known = self.store.health_releases(project.id, &[], from, to, CANDIDATES_MAX)?;
                let fitting = known
                    .into_iter()
                    .filter(|version| patterns.iter().any(|pattern| fits(pattern, &version.to_lowercase())));
                versions.extend(fitting.take(RELEASES_MAX));
            }
        }
        versions.sort_unstable();
        versions.dedup();
        Ok(Some(versions))
    }

    fn by_environment(&self, groups: Vec<Group>, grid: Grid) -> Result<Vec<Group>> {
        let mut found = Vec::new();
        for group in groups {
            let mut names = group.environments.clone();
            if names.is_empty() {
                for scope in group.scopes() {
                    let (from, to) = (at(grid.start), at(grid.end));
                    names.extend(self.store.health_environments(scope.project, scope.release, from, to)?);
                }
            }
            names.sort_unstable();
            names.dedup();
            found.extend(names.into_iter().map(|name| {
                let mut part = Group { environments: vec![name.clone()], ..group.clone() };
                part.by.insert("environment".to_owned(), name.into());
                part
            }));
        }
        Ok(found)
    }

    fn by_release(&self, groups: Vec<Group>, grid: Grid) -> Result<Vec<Group>> {
        let mut found = Vec::new();
        for group in groups {
            let mut versions = group.releases.clone().unwrap_or_default();
            if group.releases.is_none() {
                for project in &group.projects {
                    let (from, to) = (at(grid.start), at(grid.end));
                    let environments = group.environments.as_slice();
                    versions.extend(self.store.health_releases(
                        *project,
                        environments,
                        from,
                        to,
                        RELEASES_MAX,
                    )?);
                }
            }
            versions.sort_unstable();
            versions.dedup();
            found.extend(versions.into_iter().map(|version| {
                let mut part = Group { releases: Some(vec![version.clone()]), ..group.clone() };
                part.by.insert("release".to_owned(), version.into());
                part
            }));
        }
        Ok(found)
    }
}

fn by_project(group: &Group) -> Vec<Group> {
    let of = |project: &ProjectId| {
        let mut part = Group { projects: vec![*project], ..group.clone() };
        part.by.insert("project".to_owned(), project.0.into());
        part
    };
    group.projects.iter().map(of).collect()
}

/// One row a group, or one for each way in which sessions end.
pub fn rows(
    group: &Group,
    by_status: bool,
    fields: &[Field],
    total: &Health,
    series: Option<&[Health]>,
) -> Vec<SessionGroup> {
    let statuses: Vec<Option<Status>> = if by_status { Status::ALL.map(Some).to_vec() } else { vec![None] };
    let row = |status: Option<Status>| {
        let value = |field: Field, health: &Health| match status {
            Some(status) => field.of_status(health, status),
            None => field.of(health),
        };
        let line = |field: Field, series: &[Health]| {
            (field.name(), series.iter().map(|health| value(field, health)).collect())
        };
        let mut by = group.by.clone();
        by.extend(status.map(|status| ("session.status".to_owned(), status.as_str().into())));
        SessionGroup {
            by,
            totals: fields.iter().map(|field| (field.name(), value(*field, total))).collect(),
            series: series.map(|series| fields.iter().map(|field| line(*field, series)).collect()),
            estimated: total.users_estimated || total.sessions_estimated,
        }
    };
    statuses.into_iter().map(row).collect()
}
