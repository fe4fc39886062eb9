//! What the slower rules are judged by: the health of releases, verdicts, fixes and silence. Each look reads few rows, and is
//! asked for every minute or few; what it finds goes through the same evaluation as everything else.

use jiff::{SignedDuration, Timestamp};

use crate::findings::{FindingError, Sources};
use crate::model::alert::{Because, Subject};
use crate::model::alert_rule::{AlertRule, Trigger};
use crate::model::ids::{ProjectId, RuleId};

mod fixes;
mod health;
mod quiet;

/// Health is that of the sessions of the last so many hours: a bad hour of the night is not outweighed by a month, and
/// one of a release that is long good is told.
pub const HEALTH_OVER: SignedDuration = SignedDuration::from_hours(24);
/// The newest releases of a project, which are looked at.
pub const RELEASES_MAX: usize = 20;
/// Projects that one look reads.
const PROJECTS_MAX: usize = 1_000;

pub type Result<T> = std::result::Result<T, FindingError>;

/// A rule is met, or still is.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub rule: RuleId,
    pub project: ProjectId,
    pub subject: Subject,
    /// When it began, as far as is known.
    pub since: Timestamp,
    pub release: Option<String>,
    pub environment: Option<String>,
    /// `None`: it was true and is not over, but is no news by itself.
    pub because: Option<Because>,
}

/// All that rules of these kinds are met by now. Others are passed over.
pub fn found(sources: &Sources<'_>, rules: &[AlertRule], now: Timestamp) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    for rule in rules.iter().filter(|rule| rule.enabled) {
        match &rule.trigger {
            Trigger::Silence { factor } => quiet::look(sources, rule, *factor, now, &mut found)?,
            Trigger::Release { metric, bound, sessions_min } => {
                health::look(sources, rule, (*metric, *bound, *sessions_min), now, &mut found)?;
            }
            Trigger::VerdictWorse => health::verdicts(sources, rule, now, &mut found)?,
            Trigger::FixFailed => fixes::look(sources, rule, now, &mut found)?,
            _ => (),
        }
    }
    Ok(found)
}

/// Those that a rule is about.
fn projects(sources: &Sources<'_>, rule: &AlertRule) -> Vec<ProjectId> {
    let directory = sources.store.directory();
    let mut projects: Vec<ProjectId> =
        directory.projects.keys().filter(|id| rule.is_about(**id)).copied().collect();
    projects.sort_unstable();
    projects.truncate(PROJECTS_MAX);
    projects
}
