//! What is known of an issue or a release, gathered from store and search for `insight` to judge: suspects, verdicts, fixes. Reads only,
//! and so much at most as the constants say.

use jiff::Timestamp;

use crate::digest::stored::Reader;
use crate::model::ids::ProjectId;
use crate::model::issue::Issue;
use crate::model::query::{Expr, Leaf, Query};
use crate::model::release::{Deploy, Release};
use crate::search::{Filter, Search, SearchError};
use crate::store::{Store, StoreError};

pub mod differs;
pub mod evidence;
pub mod fix_watch;
pub mod insight;
pub mod local_events;
pub mod pattern;
pub mod reproduction;
pub mod suspects;
pub mod timeline;
pub mod verdict;

/// Where facts come from, as far as somebody may see them.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    pub store: &'a Store,
    pub search: &'a Search,
    pub reader: &'a Reader,
    /// Whether the asker may see a project.
    pub sees: &'a dyn Fn(ProjectId) -> bool,
}

#[derive(Debug, thiserror::Error)]
pub enum FindingError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Search(#[from] SearchError),
    #[error("the issue has no such event, or it has expired")]
    NoEvent,
}

pub type Result<T> = std::result::Result<T, FindingError>;

impl Sources<'_> {
    /// The projects of a deploy that the asker sees; one that names none is of all that have the release.
    fn deployed_to(&self, release: &Release, deploy: &Deploy) -> Result<Vec<ProjectId>> {
        let mut projects = deploy.projects.clone();
        if projects.is_empty() {
            projects.extend(self.store.release_projects(release.id)?.into_iter().map(|(project, _)| project));
        }
        projects.retain(|project| (self.sees)(*project));
        Ok(projects)
    }

    /// When a release was first seen in a project, by an event or a session.
    fn first_seen(
        &self,
        project: ProjectId,
        environment: Option<&str>,
        release: &Release,
    ) -> std::result::Result<Option<Timestamp>, StoreError> {
        let environments = self.store.release_environments(release.id, project)?.into_iter();
        let asked =
            environments.filter(|seen| environment.is_none_or(|environment| seen.environment == environment));
        let first = asked.map(|seen| seen.first).min();
        if environment.is_some() {
            return Ok(first);
        }
        // Events need not name an environment.
        let said = self.store.release_in_project(release.id, project)?;
        Ok([first, said.and_then(|said| said.first_event)].into_iter().flatten().min())
    }

    /// Events of an issue since then, as far as they are like `tree`.
    fn events_of(
        &self,
        issue: &Issue,
        environment: Option<&str>,
        since: Timestamp,
        tree: Expr,
    ) -> Result<u64> {
        let query = Query { tree };
        let environments: Vec<String> = environment.map(str::to_owned).into_iter().collect();
        let filter = Filter {
            projects: Some(&[issue.project]),
            environments: &environments,
            issue: Some(issue.id),
            from: Some(since),
            ..Filter::of(&query)
        };
        Ok(self.search.count(&filter)?)
    }
}

fn in_release(version: &str) -> Expr {
    tagged("release", version)
}

fn tagged(key: &str, value: &str) -> Expr {
    Leaf::Tag { key: key.to_owned(), value: value.to_owned() }.into()
}
