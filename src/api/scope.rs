//! From the words of a path to our things: projects by slug or number, issues by number or short id.

use std::sync::Arc;

use crate::api::Api;
use crate::api::error::{ApiError, Result};
use crate::api::params::Params;
use crate::digest::stored::StoredEvent;
use crate::model::ids::{EventId, IssueId, ProjectId};
use crate::model::issue::{EventRef, Issue};
use crate::model::project::Project;
use crate::model::short_id;
use crate::store::Directory;

impl Api {
    /// By slug or number.
    pub(super) fn project(&self, name: &str) -> Result<Arc<Project>> {
        find_project(&self.store.directory(), name).ok_or_else(ApiError::not_found)
    }

    /// By number or short id.
    pub(super) fn issue(&self, name: &str) -> Result<Issue> {
        let found = match name.parse::<u64>() {
            Ok(number) => self.store.find_issue(IssueId(number))?,
            Err(_) => self.issue_by_short_id(name)?,
        };
        found.ok_or_else(ApiError::not_found)
    }

    fn issue_by_short_id(&self, name: &str) -> Result<Option<Issue>> {
        let Some((slug, number)) = short_id::parse(name) else { return Ok(None) };
        let Some(&project) = self.store.directory().slugs.get(&slug) else { return Ok(None) };
        Ok(self.store.find_issue_by_number(project, number)?)
    }

    pub(super) fn event(&self, project: ProjectId, id: &str) -> Result<StoredEvent> {
        let id: EventId = id.parse().map_err(|_| ApiError::not_found())?;
        let place = self.store.find_event(project, id)?.ok_or_else(ApiError::not_found)?;
        self.read(&place)
    }

    pub(super) fn read(&self, place: &EventRef) -> Result<StoredEvent> {
        self.reader.read(place)?.ok_or_else(ApiError::not_found)
    }

    /// The projects of `project=` (repeatable, slugs and numbers; -1 is all); `None` is all.
    pub(super) fn projects_of(&self, params: &Params) -> Result<Option<Vec<ProjectId>>> {
        let directory = self.store.directory();
        let mut projects = Vec::new();
        let names = params.all("project").chain(params.all("projectSlug"));
        for name in names.filter(|name| !matches!(*name, "-1" | "$all")) {
            let project = find_project(&directory, name)
                .ok_or_else(|| ApiError::bad_request(format!("project: `{name}` does not exist")))?;
            if !projects.contains(&project.id) {
                projects.push(project.id);
            }
        }
        Ok(Some(projects).filter(|projects| !projects.is_empty()))
    }
}

fn find_project(directory: &Directory, name: &str) -> Option<Arc<Project>> {
    let id = match name.parse::<u64>() {
        Ok(number) => ProjectId(number),
        Err(_) => *directory.slugs.get(name)?,
    };
    directory.projects.get(&id).cloned()
}
