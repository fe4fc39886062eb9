//! Whether a release made it worse: the verdict over each project of it, and over all.

use actix_web::{HttpRequest, web};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::issue_json::ProjectName;
use crate::api::params::Params;
use crate::api::releases::ReleasePath;
use crate::api::{Api, when};
use crate::findings::verdict::{Found, Since};
use crate::insight::statistics::Test;
use crate::insight::verdict::{Check, CheckName, State, Unit, worst};
use crate::model::event::Level;
use crate::model::issue::Issue;
use crate::model::project::Project;
use crate::model::short_id::short_id;

/// Projects of one release that are judged in one answer.
const PROJECTS_MAX: usize = 50;
/// Issues that are listed with a verdict.
const ISSUES_MAX: usize = 20;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerdictJson {
    pub release: String,
    #[schema(required)]
    pub environment: Option<String>,
    /// The worst of its projects.
    pub state: State,
    /// Of that project.
    pub sentence: String,
    /// In so many seconds there will be enough data, at the rate until now.
    #[schema(required)]
    pub ready_in: Option<i64>,
    pub projects: Vec<ProjectVerdictJson>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProjectVerdictJson {
    pub project: ProjectName,
    pub state: State,
    pub sentence: String,
    #[schema(required)]
    pub ready_in: Option<i64>,
    /// The release that it is compared with.
    #[schema(required)]
    pub previous_release: Option<String>,
    /// When it began there.
    #[schema(required)]
    pub since: Option<String>,
    /// What that is: `deploy`, or else `traffic`, its first session or event.
    #[schema(required)]
    pub since_what: Option<String>,
    /// So many seconds of each release are compared, from its own beginning on.
    pub window: i64,
    pub checks: Vec<CheckJson>,
    /// First seen in it and not archived, the newest first.
    pub new_issues: Vec<IssueLinkJson>,
    /// Resolved before, and back in it.
    pub regressed_issues: Vec<IssueLinkJson>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckJson {
    pub name: CheckName,
    pub state: State,
    /// What `before`, `after` and `interval` are.
    pub unit: Unit,
    #[schema(required)]
    pub before: Option<f64>,
    #[schema(required)]
    pub after: Option<f64>,
    /// 95 %, of `after`.
    #[schema(required)]
    pub interval: Option<(f64, f64)>,
    /// That it is chance; corrected for the number of checks.
    #[schema(required)]
    pub p: Option<f64>,
    #[schema(required)]
    pub test: Option<Test>,
    pub sentence: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IssueLinkJson {
    pub id: String,
    pub short_id: String,
    pub title: String,
    pub culprit: String,
    pub level: Level,
    /// A number, as a string.
    pub count: String,
    pub user_count: u64,
    pub permalink: String,
}

/// Whether a release made it worse, against the one before it at equal age.
#[utoipa::path(get, path = "/api/0/organizations/{org}/verdict/", tag = "releases",
    params(("org" = String, Path), ("release" = String, Query),
        ("environment" = Option<String>, Query, description = "All of them if absent"),
        ("project" = Option<Vec<String>>, Query, description = "All that the release is of if absent")),
    responses((status = 200, body = VerdictJson), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn get_verdict(api: web::Data<Api>, request: HttpRequest) -> Result<web::Json<VerdictJson>> {
    let (params, now) = (Params::of(&request), Timestamp::now());
    Ok(web::Json(api.run(move |api| api.verdict(&params, now)).await?))
}

impl Api {
    fn verdict(&self, params: &Params, now: Timestamp) -> Result<VerdictJson> {
        let version =
            params.get("release").ok_or_else(|| ApiError::bad_request("release: expected a version"))?;
        let environment = params.get("environment").filter(|name| !name.is_empty());
        let asked = self.projects_of(params)?;
        let release = self.release(&ReleasePath { project: None, version: version.to_owned() })?;
        let mut projects = self.seen_projects_of(&release)?;
        projects.retain(|(id, _)| asked.as_ref().is_none_or(|asked| asked.contains(id)));
        if projects.is_empty() {
            return Err(ApiError::not_found());
        }
        let directory = self.store.directory();
        let mut rows = Vec::new();
        for (id, _) in projects.into_iter().take(PROJECTS_MAX) {
            let Some(project) = directory.projects.get(&id) else { continue };
            let found = self.sources(|sources| sources.verdict(id, &release, environment, now))?;
            rows.push(self.project_verdict(project, found));
        }
        let state = worst(rows.iter().map(|row| row.state));
        let row = rows.iter().find(|row| row.state == state).ok_or_else(ApiError::not_found)?;
        let sentence = match rows.len() {
            1 => row.sentence.clone(),
            _ => format!("{}: {}", row.project.slug, row.sentence),
        };
        Ok(VerdictJson {
            release: release.version,
            environment: environment.map(str::to_owned),
            state,
            sentence,
            ready_in: row.ready_in,
            projects: rows,
        })
    }

    fn project_verdict(&self, project: &Project, found: Found) -> ProjectVerdictJson {
        let links = |issues: Vec<Issue>| {
            issues.into_iter().take(ISSUES_MAX).map(|issue| self.issue_link(project, issue)).collect()
        };
        let since_what = found.beginning.map(|beginning| match beginning.since {
            Since::Deploy => "deploy".to_owned(),
            Since::Traffic => "traffic".to_owned(),
        });
        ProjectVerdictJson {
            project: ProjectName::of(project),
            state: found.verdict.state,
            sentence: found.verdict.sentence,
            ready_in: found.verdict.ready_in.map(|wait| wait.as_secs()),
            previous_release: found.facts.before.map(|before| before.version),
            since: found.beginning.map(|beginning| when(beginning.at)),
            since_what,
            window: found.window.as_secs(),
            checks: found.verdict.checks.into_iter().map(CheckJson::of).collect(),
            new_issues: links(found.new_issues),
            regressed_issues: links(found.regressed),
        }
    }

    fn issue_link(&self, project: &Project, issue: Issue) -> IssueLinkJson {
        IssueLinkJson {
            short_id: short_id(project, issue.number),
            permalink: self.link(&format!("/issues/{}/", issue.id)),
            id: issue.id.to_string(),
            title: issue.headline.title,
            culprit: issue.headline.culprit,
            level: issue.headline.level,
            count: issue.events.to_string(),
            user_count: issue.users,
        }
    }
}

impl CheckJson {
    fn of(check: Check) -> Self {
        let Check { name, state, unit, before, after, interval, p, test, sentence } = check;
        Self { name, state, unit, before, after, interval, p, test, sentence }
    }
}
