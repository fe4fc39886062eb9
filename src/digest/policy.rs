//! A project's settings, compiled once: its scrubber and its grouping rules.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::digest::grouping::ProjectRules;
use crate::digest::scrub::Scrubber;
use crate::model::ids::ProjectId;
use crate::model::project::{Project, ProjectSettings};

pub struct Policy {
    pub scrubber: Scrubber,
    pub rules: ProjectRules,
    pub retention_days: u32,
}

impl Policy {
    /// Rules that do not parse were refused when they were set; should one get here, the built-in ones do.
    pub fn new(settings: &ProjectSettings, retention_days: u32) -> Self {
        let rules = ProjectRules::new(&settings.grouping_rules, &settings.fingerprint_rules);
        let rules = rules.unwrap_or_else(|error| {
            tracing::error!(%error, "a project's grouping rules do not parse; using the built-in ones");
            ProjectRules::default()
        });
        let retention_days = settings.retention_days.map_or(retention_days, |days| days.min(retention_days));
        Self { scrubber: Scrubber::new(&settings.scrubbing), rules, retention_days }
    }
}

/// A policy and the project as it was compiled from.
type Compiled = (Arc<Project>, Arc<Policy>);

/// The policies of all projects, compiled anew when a project changes.
pub struct Policies {
    retention_days: u32,
    compiled: Mutex<HashMap<ProjectId, Compiled>>,
}

impl Policies {
    pub fn new(retention_days: u32) -> Self {
        Self { retention_days, compiled: Mutex::default() }
    }

    pub fn of(&self, project: &Arc<Project>) -> Arc<Policy> {
        let mut compiled = self.compiled.lock();
        if let Some((of, policy)) = compiled.get(&project.id)
            && (Arc::ptr_eq(of, project) || of.settings == project.settings)
        {
            return Arc::clone(policy);
        }
        let policy = Arc::new(Policy::new(&project.settings, self.retention_days));
        compiled.insert(project.id, (Arc::clone(project), Arc::clone(&policy)));
        policy
    }
}
