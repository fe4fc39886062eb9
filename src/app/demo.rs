//! What the demo needs of the server beside the ingest endpoint: its projects, and what its people decided.

use std::net::SocketAddr;

use anyhow::{Context, bail};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::random_key;
use crate::app::desk::Desk;
use crate::demo::Service;
use crate::model::ids::{EventId, ProjectId, PublicKey};
use crate::model::issue::{ActivityKind, Status};
use crate::model::issue_change::{IssueChange, Resolve, StatusChange};
use crate::model::release::{Commit, Deploy};
use crate::store::{ReleaseEdit, Store};

/// Where to send the demo.
#[derive(Serialize, Deserialize)]
pub struct Stage {
    pub address: SocketAddr,
    pub doors: Vec<Door>,
}

/// One project of the demo.
#[derive(Serialize, Deserialize)]
pub struct Door {
    pub slug: String,
    pub project: ProjectId,
    pub key: PublicKey,
}

#[derive(Serialize, Deserialize)]
pub struct Verdict {
    pub slug: String,
    /// Any event of the issue.
    pub event: EventId,
    pub status: Status,
    /// The release that fixes it, or `next`.
    pub fixed_in: Option<String>,
    pub at: Timestamp,
}

/// What a build of one service said.
#[derive(Serialize, Deserialize)]
pub struct Build {
    pub slug: String,
    pub version: String,
    pub at: Timestamp,
    pub commits: Vec<Commit>,
    /// Environment, and when it was done.
    pub deploys: Vec<(String, Timestamp)>,
}

/// The stage as JSON. A project that somebody made under one of the names is never sent to.
pub(super) fn prepare(desk: &Desk, days: u32) -> anyhow::Result<String> {
    let address = desk.served.as_ref().and_then(|served| served.address.get().copied());
    let (Some(address), Some(served)) = (address, &desk.served) else {
        bail!("the server does not listen yet; try again");
    };
    if days > served.retention_days {
        let kept = served.retention_days;
        bail!(
            "LIGHTTRACE_RETENTION_DAYS is {kept}: {days} days of the demo would not be kept, ask for fewer"
        );
    }
    let doors =
        Service::ALL.into_iter().map(|service| door(&desk.store, service)).collect::<Result<_, _>>()?;
    Ok(serde_json::to_string(&Stage { address, doors })?)
}

fn door(store: &Store, service: Service) -> anyhow::Result<Door> {
    let slug = service.slug();
    let directory = store.directory();
    let known = directory.slugs.get(&slug).and_then(|id| directory.projects.get(id));
    let project = match known {
        Some(project) if !project.is_demo => {
            bail!("there is a project `{slug}` that is not the demo's; rename it first")
        }
        Some(project) => project.id,
        None => {
            let (name, platform) = (service.project_name(), Some(service.platform()));
            let now = Timestamp::now();
            store.create_demo_project(&slug, name, platform, random_key(), now)?.id
        }
    };
    let directory = store.directory();
    let mut keys = directory.keys.values().filter(|key| key.project == project && key.enabled);
    let key = keys.next().with_context(|| format!("every key of `{slug}` is switched off"))?.public;
    Ok(Door { slug, project, key })
}

/// Deletes what `prepare` made, whatever it is called by now.
pub(super) fn remove(store: &Store) -> anyhow::Result<String> {
    let directory = store.directory();
    let demos: Vec<_> = directory.projects.values().filter(|project| project.is_demo).collect();
    for project in &demos {
        store.delete_project(project.id, Timestamp::now())?;
    }
    let slugs: Vec<&str> = demos.iter().map(|project| project.slug.as_str()).collect();
    Ok(if slugs.is_empty() { "There is no demo.".into() } else { format!("Removed {}.", slugs.join(", ")) })
}

/// Releases that are known already keep what is said of them. Answers how many were not.
pub(super) fn build(store: &Store, builds: Vec<Build>) -> anyhow::Result<String> {
    let mut built = 0;
    for build in builds {
        let project = store.directory().slugs.get(&build.slug).copied();
        let Some(project) = project else { continue };
        let is_known = store.find_release(&build.version)?.is_some_and(|release| release.is_declared);
        if is_known {
            continue;
        }
        let edit = ReleaseEdit { commits: Some(build.commits), ..ReleaseEdit::default() };
        let release = store.declare_release(&build.version, &[project], edit, build.at)?.release;
        for (environment, finished) in build.deploys {
            let deploy = Deploy {
                id: 0,
                environment,
                name: None,
                url: None,
                started: None,
                finished,
                projects: Vec::new(),
            };
            store.add_deploy(release.id, deploy)?;
        }
        built += 1;
    }
    Ok(built.to_string())
}

/// Where people decided something themselves, that stands.
pub(super) fn decide(store: &Store, verdicts: &[Verdict]) -> anyhow::Result<String> {
    let mut decided = 0;
    for verdict in verdicts {
        let project = store.directory().slugs.get(&verdict.slug).copied();
        let Some(project) = project else { continue };
        // A server that is behind may not have it yet.
        let Some(event) = store.find_event(project, verdict.event)? else { continue };
        let issue = event.issue;
        let activities = store.activities(issue, 10)?;
        let is_untouched = |kind: &ActivityKind| {
            matches!(kind, ActivityKind::FirstSeen | ActivityKind::SetEscalating { .. })
        };
        if activities.iter().all(|activity| is_untouched(&activity.kind)) {
            let status = match verdict.fixed_in.as_deref() {
                None => verdict.status.into(),
                Some("next") => StatusChange::Resolved(Resolve::InNextRelease),
                Some(release) => StatusChange::Resolved(Resolve::InRelease(release.to_owned())),
            };
            let change = IssueChange { status: Some(status), ..IssueChange::default() };
            store.change_issues(&[issue], &change, None, verdict.at)?;
            decided += 1;
        }
    }
    Ok(format!("{decided} issues were decided about."))
}
