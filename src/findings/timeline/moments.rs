//! The moments of a timeline that are told of as such: each kind from its own place in the store, each bounded.

use jiff::{SignedDuration, Timestamp};

use crate::findings::timeline::Span;
use crate::findings::{Result, Sources};
use crate::insight::alert::words::told;
use crate::insight::timeline::{Kind, Moment, Target};
use crate::insight::words::{list, release};
use crate::model::alert::Subject;
use crate::model::annotation::AnnotationKind;
use crate::model::ids::ProjectId;
use crate::model::incident::Incident;
use crate::model::issue::{ActivityKind, Issue};
use crate::store::{IncidentFilter, ReleaseFilter};

const DEPLOYS_MAX: usize = 300;
const RELEASES_MAX: usize = 30;
const INCIDENTS_MAX: usize = 50;
/// The newest of the instance, among which those of the stretch are looked for: they have no order by time.
const ALERTS_LOOKED_AT_MAX: usize = 300;
const ANNOTATIONS_MAX: usize = 100;
const ACTIVITIES_MAX: usize = 100;
/// A release may be dated by its build, days before it is first seen.
const RELEASED_BEFORE: SignedDuration = SignedDuration::from_hours(24 * 7);

impl Sources<'_> {
    pub(super) fn moments(&self, issue: &Issue, span: &Span<'_>) -> Result<Vec<Moment>> {
        let mut found = self.deploys(issue, span)?;
        found.extend(self.new_releases(issue, span)?);
        found.extend(self.incidents(issue, span)?);
        found.extend(self.alerts(issue, span)?);
        found.extend(self.annotations(issue, span)?);
        found.extend(self.activities(issue, span)?);
        found.extend(self.failing_with(issue, span)?);
        Ok(found)
    }

    /// Of all projects: what another one's deploy breaks is not its own.
    fn deploys(&self, issue: &Issue, span: &Span<'_>) -> Result<Vec<Moment>> {
        let mut found = Vec::new();
        for (of, deploy) in self.store.deploys_between(span.from, span.to, DEPLOYS_MAX)? {
            let projects = self.deployed_to(&of, &deploy)?;
            let Some(project) = main_project(&projects, issue.project) else { continue };
            found.push(Moment {
                target: Some(Target::Release(of.version.clone())),
                project: Some(project),
                is_own: project == issue.project,
                ..Moment::new(Kind::Deploy, deploy.finished, &release(&of.version))
                    .detailed(&format!("deployed to {}", deploy.environment))
            });
        }
        Ok(found)
    }

    fn new_releases(&self, issue: &Issue, span: &Span<'_>) -> Result<Vec<Moment>> {
        let filter = ReleaseFilter { projects: Some(vec![issue.project]), ..ReleaseFilter::default() };
        let from = span.from.checked_sub(RELEASED_BEFORE).unwrap_or(Timestamp::MIN);
        let is_in_time =
            |release: &crate::model::release::Release| (from..=span.to).contains(&release.date());
        let mut found = Vec::new();
        for of in self.store.releases(&filter, is_in_time, None, RELEASES_MAX)?.releases {
            let seen = self.first_seen(issue.project, None, &of)?;
            let Some(seen) = seen.filter(|seen| (span.from..span.to).contains(seen)) else { continue };
            found.push(Moment {
                target: Some(Target::Release(of.version.clone())),
                project: Some(issue.project),
                is_own: true,
                ..Moment::new(Kind::Release, seen, &release(&of.version)).detailed("seen for the first time")
            });
        }
        Ok(found)
    }

    fn incidents(&self, issue: &Issue, span: &Span<'_>) -> Result<Vec<Moment>> {
        let is_shown = |incident: &Incident| {
            (span.from..span.to).contains(&incident.began)
                && incident.projects.iter().any(|project| (self.sees)(*project))
        };
        let filter = IncidentFilter::default();
        let (incidents, _) = self.store.incidents(&filter, None, INCIDENTS_MAX, &is_shown)?;
        let moment = |incident: Incident| {
            let is_part = incident.issues.contains(&issue.id);
            let severity = incident.severity.as_str();
            let detail = if is_part { format!("{severity}, with this issue") } else { severity.to_owned() };
            Moment {
                until: incident.resolved,
                target: Some(Target::Incident(incident.id)),
                project: main_project(&incident.projects, issue.project)
                    .filter(|project| (self.sees)(*project)),
                is_own: incident.projects.contains(&issue.project),
                ..Moment::new(Kind::Incident, incident.began, &incident.title).detailed(&detail)
            }
        };
        Ok(incidents.into_iter().map(moment).collect())
    }

    /// Those about the issue, and those about no issue: of other issues, incidents and jumps are told.
    fn alerts(&self, issue: &Issue, span: &Span<'_>) -> Result<Vec<Moment>> {
        let mut found = Vec::new();
        for alert in self.store.latest_alerts(ALERTS_LOOKED_AT_MAX)? {
            let is_of_it = alert.subject.issue().map(|of| self.store.shown_issue(of)) == Some(issue.id);
            let is_of_none = alert.subject.issue().is_none() && !matches!(alert.subject, Subject::Own { .. });
            let Some(project) = alert.project.filter(|project| (self.sees)(*project)) else { continue };
            if !(is_of_it || is_of_none) || !(span.from..span.to).contains(&alert.at) {
                continue;
            }
            let of = alert.release.as_deref().filter(|_| is_of_none).map(release).unwrap_or_default();
            found.push(Moment {
                target: Some(Target::Incident(alert.incident)),
                project: Some(project),
                is_own: project == issue.project,
                ..Moment::new(Kind::Alert, alert.at, &told(&alert.because)).detailed(&of)
            });
        }
        Ok(found)
    }

    fn annotations(&self, issue: &Issue, span: &Span<'_>) -> Result<Vec<Moment>> {
        let fits = |note: &crate::model::annotation::Annotation| {
            note.projects.is_empty() || note.projects.iter().any(|project| (self.sees)(*project))
        };
        let found =
            self.store.annotations(Some(span.from), Some(span.to), None, &fits, ANNOTATIONS_MAX)?.into_iter();
        let moment = |note: crate::model::annotation::Annotation| {
            let kind = match note.kind {
                AnnotationKind::Flag => Some("feature flag"),
                AnnotationKind::Infrastructure => Some("infrastructure"),
                AnnotationKind::ThirdParty => Some("third party"),
                AnnotationKind::Other => None,
            };
            let parts = kind.map(str::to_owned).into_iter().chain(note.environment);
            let parts: Vec<String> = parts.chain(Some(note.text).filter(|text| !text.is_empty())).collect();
            Moment {
                until: note.until,
                target: note.link.map(Target::Web),
                project: main_project(&note.projects, issue.project).filter(|project| (self.sees)(*project)),
                is_own: note.projects.is_empty() || note.projects.contains(&issue.project),
                ..Moment::new(Kind::Annotation, note.at, &note.title).detailed(&parts.join(": "))
            }
        };
        Ok(found.map(moment).collect())
    }

    /// What became of the issue itself.
    fn activities(&self, issue: &Issue, span: &Span<'_>) -> Result<Vec<Moment>> {
        let activities = self.store.activities(issue.id, ACTIVITIES_MAX)?.into_iter();
        let activities = activities.filter(|activity| (span.from..span.to).contains(&activity.at));
        let moment = |activity: crate::model::issue::Activity| {
            let (title, detail) = status(&activity.kind)?;
            Some(Moment {
                project: Some(issue.project),
                is_own: true,
                ..Moment::new(Kind::Change, activity.at, title).detailed(&detail)
            })
        };
        Ok(activities.filter_map(moment).collect())
    }
}

/// The issue's own where it is among them, else the only one.
fn main_project(projects: &[ProjectId], own: ProjectId) -> Option<ProjectId> {
    if projects.contains(&own) { Some(own) } else { projects.first().copied() }
}

/// `None`: it says nothing of how the issue fares.
fn status(kind: &ActivityKind) -> Option<(&'static str, String)> {
    let none = String::new();
    Some(match kind {
        ActivityKind::FirstSeen => ("Seen for the first time", none),
        ActivityKind::SetResolved => ("Resolved", none),
        ActivityKind::SetResolvedInRelease { version: Some(version), .. } => {
            ("Resolved", format!("in {}", release(version)))
        }
        ActivityKind::SetResolvedInRelease { version: None, .. } => {
            ("Resolved", "in the next release".to_owned())
        }
        ActivityKind::SetResolvedInCommit { commit, version, .. } => {
            let parts = [Some(format!("by commit {}", release(commit))), version.as_deref().map(release)];
            ("Resolved", list(&parts.into_iter().flatten().collect::<Vec<_>>()))
        }
        ActivityKind::SetUnresolved => ("Opened again", none),
        ActivityKind::SetIgnored { .. } => ("Archived", none),
        ActivityKind::SetRegression { release: Some(version), .. } => {
            ("Came back", format!("in {}", release(version)))
        }
        ActivityKind::SetRegression { release: None, .. } => ("Came back", none),
        ActivityKind::CameBack { .. } => ("Came back from the archive", none),
        ActivityKind::SetEscalating { .. } => ("Escalated", none),
        ActivityKind::Assigned { .. }
        | ActivityKind::Unassigned
        | ActivityKind::SetPriority { .. }
        | ActivityKind::Note { .. }
        | ActivityKind::NoteRemoved
        | ActivityKind::Merge { .. }
        | ActivityKind::UnmergeSource { .. }
        | ActivityKind::UnmergeDestination { .. } => return None,
    })
}
