//! Who may have brought an issue: commits of the release that it came with, and deploys just before; and the same in
//! the shape in which Sentry's clients ask for it.

use actix_web::web;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::auth::sign_in::User;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::issue::IssuePath;
use crate::api::issue_json::{ProjectName, ReleaseName};
use crate::api::release_json::{AuthorJson, CommitJson, DeployJson};
use crate::api::{Api, when};
use crate::findings::suspects::{DeploySuspect, Found};
use crate::findings::{FindingError, Sources};
use crate::insight::suspects::{OwnFrame, Suspect, Touched};
use crate::model::release::{Commit, FileChange};
use crate::model::source_link::Repository;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SuspectsJson {
    /// The release that the issue came with, or in which it came back.
    #[schema(required)]
    pub release: Option<ReleaseName>,
    /// The one before it with commits, which are left out.
    #[schema(required)]
    pub previous_release: Option<ReleaseName>,
    /// It had been resolved, and came back then.
    pub is_regression: bool,
    pub date: String,
    /// The likeliest first.
    pub commits: Vec<SuspectCommitJson>,
    /// Why there are none, in words.
    #[schema(required)]
    pub no_commits: Option<String>,
    /// Of all projects, the last before the issue first.
    pub deploys: Vec<SuspectDeployJson>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SuspectCommitJson {
    #[serde(flatten)]
    pub commit: CommitJson,
    /// The author's account here, by the address.
    #[schema(required)]
    pub user: Option<User>,
    /// Its files that the issue's frames are in, the likeliest first.
    pub touched: Vec<TouchedJson>,
    /// `touches src/payment.ts, where chargeCard failed`.
    pub sentence: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TouchedJson {
    /// In the repository.
    pub path: String,
    /// `A`dded, `M`odified or `D`eleted.
    #[serde(rename = "type")]
    pub kind: String,
    /// The frame of the team's own code that is in it.
    #[schema(required)]
    pub function: Option<String>,
    #[schema(required)]
    pub filename: Option<String>,
    #[schema(required)]
    pub line_no: Option<u64>,
    /// It is where it failed; others led to it.
    pub is_innermost: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SuspectDeployJson {
    #[serde(flatten)]
    pub deploy: DeployJson,
    pub version: String,
    /// The issue's own first.
    pub projects: Vec<ProjectName>,
    pub is_of_project: bool,
    /// From its end to the issue; negative where it ended after.
    pub seconds_before: i64,
    /// `api 2.14.3 to production, 12 min before`.
    pub sentence: String,
}

/// Sentry's shape.
#[derive(Serialize, ToSchema)]
pub struct CommittersJson {
    pub committers: Vec<CommitterJson>,
}

#[derive(Serialize, ToSchema)]
pub struct CommitterJson {
    #[schema(required)]
    pub author: Option<CommitterAuthorJson>,
    pub commits: Vec<CommitJson>,
}

/// An account where there is one of this address.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum CommitterAuthorJson {
    Account(User),
    Stranger(AuthorJson),
}

/// Commits and deploys that may have brought an issue.
#[utoipa::path(get, path = "/api/0/issues/{id}/suspects/", tag = "issues", params(("id" = String, Path)),
    responses((status = 200, body = SuspectsJson), (status = 404, body = ErrorBody)))]
pub async fn list_suspects(
    api: web::Data<Api>,
    path: web::Path<IssuePath>,
) -> Result<web::Json<SuspectsJson>> {
    let suspects = api
        .run(move |api| {
            let issue = api.issue(&path.id)?;
            let found = api.sources(|sources| sources.suspects(&issue, None))?;
            api.suspects_json(found, issue.project)
        })
        .await?;
    Ok(web::Json(suspects))
}

/// Whose commits may have brought an event's issue.
#[utoipa::path(get, path = "/api/0/projects/{org}/{project}/events/{event_id}/committers/", tag = "events",
    params(("org" = String, Path), ("project" = String, Path), ("event_id" = String, Path)),
    responses((status = 200, body = CommittersJson), (status = 404, body = ErrorBody)))]
pub async fn list_committers(
    api: web::Data<Api>,
    path: web::Path<(String, String, String)>,
) -> Result<web::Json<CommittersJson>> {
    let committers = api
        .run(move |api| {
            let (_, project, event) = &*path;
            let stored = api.event(api.project(project)?.id, event)?;
            let issue = api.issue(&stored.place.issue.to_string())?;
            let found = api.sources(|sources| sources.suspects(&issue, Some(&stored.event)))?;
            api.committers_json(&found)
        })
        .await?;
    Ok(web::Json(committers))
}

impl From<FindingError> for ApiError {
    fn from(error: FindingError) -> Self {
        match error {
            FindingError::Store(error) => error.into(),
            FindingError::Search(error) => error.into(),
            FindingError::NoEvent => Self::not_found(),
        }
    }
}

impl Api {
    /// Where findings are gathered, as far as the caller sees.
    pub(super) fn sources<T>(
        &self,
        gather: impl FnOnce(Sources<'_>) -> crate::findings::Result<T>,
    ) -> Result<T> {
        let sees = |project| self.sees(project);
        let sources = Sources { store: &self.store, search: &self.search, reader: &self.reader, sees: &sees };
        Ok(gather(sources)?)
    }

    fn suspects_json(&self, found: Found, project: crate::model::ids::ProjectId) -> Result<SuspectsJson> {
        let repositories = self.store.repositories()?;
        let commits = found.suspects.iter().map(|suspect| {
            let commit = &found.commits[suspect.commit];
            let touched = suspect.touched.iter().map(|file| touched_json(file, &found.frames)).collect();
            Ok(SuspectCommitJson {
                user: self.account_of(commit)?,
                commit: suspect_commit_json(suspect, commit, &repositories),
                touched,
                sentence: suspect.sentence.clone(),
            })
        });
        let commits = commits.collect::<Result<Vec<_>>>()?;
        let seen = found.arrival.at;
        let directory = self.store.directory();
        let deploy = |suspect: DeploySuspect| {
            let of = |id| Some(ProjectName::of(directory.projects.get(id)?));
            let projects: Vec<_> = suspect.projects.iter().filter_map(of).collect();
            SuspectDeployJson {
                is_of_project: suspect.projects.contains(&project),
                seconds_before: seen.duration_since(suspect.deploy.finished).as_secs(),
                version: suspect.release.version,
                projects,
                sentence: suspect.sentence,
                deploy: DeployJson::of(suspect.deploy),
            }
        };
        Ok(SuspectsJson {
            release: found.arrival.release.map(|version| ReleaseName { version }),
            previous_release: found.previous.map(|release| ReleaseName { version: release.version }),
            is_regression: found.arrival.is_regression,
            date: when(seen),
            commits,
            no_commits: found.none.map(|none| none.sentence().to_owned()),
            deploys: found.deploys.into_iter().map(deploy).collect(),
        })
    }

    fn committers_json(&self, found: &Found) -> Result<CommittersJson> {
        let repositories = self.store.repositories()?;
        let mut committers: Vec<(&Commit, CommitterJson)> = Vec::new();
        for suspect in &found.suspects {
            let commit = &found.commits[suspect.commit];
            let json = suspect_commit_json(suspect, commit, &repositories);
            let known = committers.iter_mut().find(|(first, _)| is_same_author(first, commit));
            if let Some((_, known)) = known {
                known.commits.push(json);
                continue;
            }
            let stranger = AuthorJson::of(commit.author.clone()).map(CommitterAuthorJson::Stranger);
            let author = self.account_of(commit)?.map(CommitterAuthorJson::Account).or(stranger);
            committers.push((commit, CommitterJson { author, commits: vec![json] }));
        }
        Ok(CommittersJson { committers: committers.into_iter().map(|(_, committer)| committer).collect() })
    }

    fn account_of(&self, commit: &Commit) -> Result<Option<User>> {
        let Some(email) = commit.author.email.as_deref() else { return Ok(None) };
        let account = self.store.find_account_by_email(email)?;
        Ok(account.as_ref().map(User::of_account))
    }
}

fn is_same_author(a: &Commit, b: &Commit) -> bool {
    match (&a.author.email, &b.author.email) {
        (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
        _ => a.author == b.author,
    }
}

/// Without its files: those that count stand beside it.
fn suspect_commit_json(suspect: &Suspect, commit: &Commit, repositories: &[Repository]) -> CommitJson {
    let bare = Commit { files: Vec::new(), ..commit.clone() };
    let kind = format!("via commit in release: {}", suspect.sentence);
    CommitJson { suspect_commit_type: kind, ..CommitJson::of(bare, repositories, false) }
}

fn touched_json(file: &Touched, frames: &[OwnFrame]) -> TouchedJson {
    let frame = &frames[file.frame];
    TouchedJson {
        path: file.path.clone(),
        kind: FileChange::letter(file.change).to_owned(),
        function: frame.function.clone(),
        filename: frame.filename.clone(),
        line_no: frame.line,
        is_innermost: file.frame == 0,
    }
}
