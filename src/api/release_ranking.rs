//! Releases ranked by how they fare: of the busiest of each project, since only of those a rate says something.

use std::cmp::Ordering;
use std::collections::HashSet;

use jiff::Timestamp;

use crate::api::Api;
use crate::api::error::Result;
use crate::api::health_json::{HealthAsked, HealthDataJson};
use crate::api::page::{Cursor, Page};
use crate::api::params::Params;
use crate::api::release_json::ReleaseJson;
use crate::model::ids::ProjectId;
use crate::model::release::Release;

/// Releases that are compared for one answer, over all projects.
const RANKED_MAX: usize = 50;

/// What releases are ranked by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ranking {
    Sessions,
    Users,
    Adoption,
    /// The worst first, as the next two.
    CrashFreeSessions,
    CrashFreeUsers,
}

impl Ranking {
    /// In Sentry's words.
    pub fn read(sort: &str) -> Option<Self> {
        match sort {
            "sessions" | "sessions_24h" => Some(Self::Sessions),
            "users" | "users_24h" => Some(Self::Users),
            "adoption" => Some(Self::Adoption),
            "crash_free_sessions" => Some(Self::CrashFreeSessions),
            "crash_free_users" => Some(Self::CrashFreeUsers),
            _ => None,
        }
    }

    fn value(self, health: &HealthDataJson) -> Option<f64> {
        match self {
            Self::Sessions => Some(health.total_sessions as f64),
            Self::Users => Some(health.total_users as f64),
            Self::Adoption => health.adoption.or(health.sessions_adoption),
            Self::CrashFreeSessions => health.crash_free_sessions.map(|rate| -rate),
            Self::CrashFreeUsers => health.crash_free_users.map(|rate| -rate),
        }
    }

    /// Of the project in which it stands highest; `None` where nothing is known.
    fn of(self, release: &ReleaseJson) -> Option<f64> {
        let health = release.projects.iter().filter_map(|project| project.health_data.as_ref());
        health.filter_map(|health| self.value(health)).max_by(f64::total_cmp)
    }

    fn compare(self, a: &ReleaseJson, b: &ReleaseJson) -> Ordering {
        let (one, other) = (self.of(a), self.of(b));
        match (one, other) {
            (Some(one), Some(other)) => other.total_cmp(&one).then_with(|| b.id.cmp(&a.id)),
            _ => other.is_some().cmp(&one.is_some()).then_with(|| b.id.cmp(&a.id)),
        }
    }
}

impl Api {
    pub(super) fn ranked_releases(
        &self,
        params: &Params,
        projects: Option<&[ProjectId]>,
        fits: impl Fn(&Release) -> bool,
        by: Ranking,
    ) -> Result<Page<ReleaseJson>> {
        let asked = HealthAsked::of(params, Timestamp::now())?.and_health();
        let repositories = self.store.repositories()?;
        let mut rows = Vec::new();
        for version in self.busiest_releases(projects, &asked)? {
            let Some(release) = self.store.find_release(&version)?.filter(|release| fits(release)) else {
                continue;
            };
            let said = self.seen_projects_of(&release)?;
            if !said.is_empty() {
                rows.push(self.release_json(release, &said, &repositories));
            }
        }
        self.add_health(&mut rows, &asked)?;
        rows.sort_by(|a, b| by.compare(a, b));
        let from = Cursor::of(params)?.map_or(0, |cursor| cursor.offset);
        let (skip, limit) = (usize::try_from(from).unwrap_or(usize::MAX), params.limit()?);
        let total = rows.len();
        let rows: Vec<_> = rows.into_iter().skip(skip).take(limit).collect();
        let shown = skip.saturating_add(rows.len());
        let next = (shown < total && !rows.is_empty()).then_some(Cursor { value: 0, offset: shown as u64 });
        Ok(Page { rows, next, total: None })
    }

    fn busiest_releases(&self, projects: Option<&[ProjectId]>, asked: &HealthAsked) -> Result<Vec<String>> {
        let projects = match projects {
            Some(projects) => projects.to_vec(),
            None => self.visible_projects().iter().map(|project| project.id).collect(),
        };
        let each = RANKED_MAX.div_ceil(projects.len().max(1));
        let (from, to) = asked.summarized();
        let (mut versions, mut known) = (Vec::new(), HashSet::new());
        for project in projects.into_iter().take(RANKED_MAX) {
            for version in self.store.health_releases(project, asked.environments(), from, to, each)? {
                if known.insert(version.clone()) {
                    versions.push(version);
                }
            }
        }
        versions.truncate(RANKED_MAX);
        Ok(versions)
    }
}
