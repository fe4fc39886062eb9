//! From the words of a path to our things: projects by slug or number, issues by number or short id; of all of them
//! only what the caller may see. What is hidden is answered as if it did not exist.

use std::sync::Arc;

use crate::api::Api;
use crate::api::auth::Caller;
use crate::api::error::{ApiError, Result};
use crate::api::params::Params;
use crate::digest::stored::StoredEvent;
use crate::model::ids::{EventId, IssueId, ProjectId};
use crate::model::issue::{EventRef, Issue};
use crate::model::project::Project;
use crate::model::short_id;
use crate::store::Directory;

/// Which projects somebody may see.
#[derive(Debug, Clone)]
pub enum Sight {
    Nothing,
    Everything,
    Projects(Arc<[ProjectId]>),
}

impl Sight {
    pub fn of(caller: &Caller) -> Self {
        // The token of the settings has no account, and sees everything.
        match caller.account.as_ref().map(|account| account.visible_projects()) {
            None | Some(None) => Self::Everything,
            Some(Some(projects)) => Self::Projects(projects.into()),
        }
    }

    pub fn sees(&self, project: ProjectId) -> bool {
        match self {
            Self::Nothing => false,
            Self::Everything => true,
            Self::Projects(projects) => projects.contains(&project),
        }
    }

    /// `None`: all.
    fn projects(&self) -> Option<&[ProjectId]> {
        match self {
            Self::Nothing => Some(&[]),
            Self::Everything => None,
            Self::Projects(projects) => Some(projects),
        }
    }
}

impl Api {
    /// Whether the caller may see a project and what belongs to it.
    pub(super) fn sees(&self, project: ProjectId) -> bool {
        self.sight.sees(project)
    }

    /// The projects that there are for the caller; `None`: all.
    pub(super) fn sight(&self) -> Option<&[ProjectId]> {
        self.sight.projects()
    }

    /// Those that the caller may see, oldest first.
    pub(super) fn visible_projects(&self) -> Vec<Arc<Project>> {
        let directory = self.store.directory();
        let mut projects: Vec<_> =
            directory.projects.values().filter(|project| self.sees(project.id)).cloned().collect();
        projects.sort_by_key(|project| project.id);
        projects
    }

    /// By slug or number.
    pub(super) fn project(&self, name: &str) -> Result<Arc<Project>> {
        let project = find_project(&self.store.directory(), name);
        project.filter(|project| self.sees(project.id)).ok_or_else(ApiError::not_found)
    }

    /// Of what is known to be visible already.
    pub(super) fn find_project(&self, id: ProjectId) -> Option<Arc<Project>> {
        self.store.directory().projects.get(&id).cloned()
    }

    /// The same by its slug; empty where it was deleted.
    pub(super) fn slug_of(&self, id: ProjectId) -> String {
        self.find_project(id).map(|project| project.slug.clone()).unwrap_or_default()
    }

    /// By number or short id.
    pub(super) fn issue(&self, name: &str) -> Result<Issue> {
        let found = match name.parse::<u64>() {
            Ok(number) => self.store.find_issue(IssueId(number))?,
            Err(_) => self.issue_by_short_id(name)?,
        };
        found.filter(|issue| self.sees(issue.project)).ok_or_else(ApiError::not_found)
    }

    /// Those that exist and that the caller may see, in the order of `ids`.
    pub(super) fn issues(&self, ids: &[IssueId]) -> Result<Vec<Issue>> {
        let issues = self.store.find_issues(ids)?.into_iter();
        Ok(issues.filter(|issue| self.sees(issue.project)).collect())
    }

    /// Where an event is, whatever its project; two that were given the same id are not told apart.
    pub(super) fn event_anywhere(&self, id: EventId) -> Result<EventRef> {
        let found = match &self.sight {
            Sight::Nothing => None,
            Sight::Everything => self.store.find_event_anywhere(id)?,
            Sight::Projects(projects) => {
                let found =
                    projects.iter().find_map(|&project| self.store.find_event(project, id).transpose());
                found.transpose()?
            }
        };
        found.ok_or_else(ApiError::not_found)
    }

    /// The event as one of the issue that shows it.
    pub(super) fn shown(&self, place: &EventRef) -> EventRef {
        EventRef { issue: self.store.shown_issue(place.issue), ..*place }
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

    /// The projects of `project=` (repeatable, slugs and numbers; -1 is all); `None` is all. For callers who may see
    /// some only, those alone are all, and any other does not exist.
    pub(super) fn projects_of(&self, params: &Params) -> Result<Option<Vec<ProjectId>>> {
        let directory = self.store.directory();
        let mut projects = Vec::new();
        let names = params.all("project").chain(params.all("projectSlug"));
        for name in names.filter(|name| !matches!(*name, "-1" | "$all")) {
            let project = find_project(&directory, name).filter(|project| self.sees(project.id));
            let project = project.ok_or_else(|| self.no_such_project(name))?;
            if !projects.contains(&project.id) {
                projects.push(project.id);
            }
        }
        match &self.sight {
            _ if !projects.is_empty() => Ok(Some(projects)),
            Sight::Everything => Ok(None),
            Sight::Nothing => Ok(Some(Vec::new())),
            Sight::Projects(visible) => Ok(Some(visible.to_vec())),
        }
    }

    /// Hidden and missing are told apart neither by status nor by words.
    fn no_such_project(&self, name: &str) -> ApiError {
        match self.sight {
            Sight::Everything => ApiError::bad_request(format!("project: `{name}` does not exist")),
            Sight::Nothing | Sight::Projects(_) => ApiError::not_found(),
        }
    }
}

fn find_project(directory: &Directory, name: &str) -> Option<Arc<Project>> {
    let id = match name.parse::<u64>() {
        Ok(number) => ProjectId(number),
        Err(_) => *directory.slugs.get(name)?,
    };
    directory.projects.get(&id).cloned()
}
