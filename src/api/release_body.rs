//! What builds say of a release, checked and cut to its bounds.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::Api;
use crate::api::error::{ApiError, Result};
use crate::api::params::read_time;
use crate::model::ids::ProjectId;
use crate::model::release::{Author, ChangedFile, Commit, FileChange, Head, ReleaseStatus};
use crate::store::{COMMIT_FILES_MAX, COMMITS_MAX, HEADS_MAX, ReleaseEdit};

pub const URL_BYTES_MAX: usize = 2_000;
const REF_CHARS_MAX: usize = 250;
const COMMIT_ID_CHARS_MAX: usize = 64;
const REPOSITORY_CHARS_MAX: usize = 200;
const AUTHOR_BYTES_MAX: usize = 200;
const MESSAGE_BYTES_MAX: usize = 8 * 1024;
const FILE_PATH_BYTES_MAX: usize = 1_024;
/// What sentry-cli sends in place of a repository's name unless it is told of another remote.
const REMOTES: &[&str] = &["origin", "upstream"];
const PROJECTS_MAX: usize = 500;

/// Sentry's shape. What is absent stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseBody {
    /// Only of a new release.
    pub version: Option<String>,
    /// Slugs or numbers.
    #[serde(default, deserialize_with = "names")]
    pub projects: Option<Vec<String>>,
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    pub url: Option<String>,
    pub date_released: Option<String>,
    /// `open` or `archived`.
    pub status: Option<String>,
    /// Newest first.
    pub commits: Option<Vec<CommitBody>>,
    /// None at all takes the commits away.
    pub refs: Option<Vec<RefBody>>,
    /// Former name of `refs`.
    pub head_commits: Option<Vec<RefBody>>,
}

#[derive(Deserialize, ToSchema)]
pub struct CommitBody {
    pub id: String,
    pub repository: Option<String>,
    pub message: Option<String>,
    pub author_name: Option<String>,
    pub author_email: Option<String>,
    pub timestamp: Option<String>,
    pub patch_set: Option<Vec<FileBody>>,
}

#[derive(Deserialize, ToSchema)]
pub struct FileBody {
    pub path: String,
    /// `A`, `M` or `D`.
    #[serde(rename = "type")]
    pub kind: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefBody {
    pub repository: String,
    /// A hash; `previous..commit` too.
    pub commit: String,
    pub previous_commit: Option<String>,
}

/// Old clients send numbers for projects that are named by number.
fn names<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<Vec<String>>, D::Error> {
    let names = Option::<Vec<Value>>::deserialize(deserializer)?;
    let read = |name: Value| match name {
        Value::String(name) => Ok(name),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(serde::de::Error::custom("expected slugs or numbers of projects")),
    };
    names.map(|names| names.into_iter().map(read).collect()).transpose()
}

impl ReleaseBody {
    pub fn edit(self, now: Timestamp) -> Result<ReleaseEdit> {
        let status = match self.status.as_deref() {
            None => None,
            Some("open") => Some(ReleaseStatus::Open),
            Some("archived") => Some(ReleaseStatus::Archived),
            Some(_) => return Err(ApiError::bad_request("status: expected open or archived")),
        };
        let commits = self.commits.map(|commits| {
            let commits = commits.into_iter().take(COMMITS_MAX);
            commits.map(|commit| commit.read(now)).collect::<Result<Vec<_>>>()
        });
        let heads = self.refs.or(self.head_commits).map(|refs| {
            if refs.len() > HEADS_MAX {
                return Err(ApiError::bad_request(format!("refs: at most {HEADS_MAX} repositories")));
            }
            refs.into_iter().map(RefBody::read).collect::<Result<Vec<_>>>()
        });
        Ok(ReleaseEdit {
            reference: self.reference.map(|text| bounded("ref", &text, REF_CHARS_MAX)).transpose()?,
            url: self.url.map(|url| checked_url("url", url)).transpose()?.flatten(),
            released: self.date_released.map(|text| read_time("dateReleased", &text)).transpose()?,
            status,
            commits: commits.transpose()?,
            heads: heads.transpose()?,
        })
    }
}

impl CommitBody {
    fn read(self, now: Timestamp) -> Result<Commit> {
        let files = self.patch_set.unwrap_or_default().into_iter().filter_map(|file| {
            let kind = FileChange::read(&file.kind)?;
            (file.path.len() <= FILE_PATH_BYTES_MAX).then_some(ChangedFile { path: file.path, kind })
        });
        let text =
            |text: Option<String>, max| text.map(|text| cut(text, max)).filter(|text| !text.is_empty());
        Ok(Commit {
            id: commit_id(&self.id)?,
            repository: self
                .repository
                .filter(|name| !name.trim().is_empty() && !REMOTES.contains(&name.as_str()))
                .map(|name| bounded("repository", &name, REPOSITORY_CHARS_MAX))
                .transpose()?,
            message: text(self.message, MESSAGE_BYTES_MAX),
            author: Author {
                name: text(self.author_name, AUTHOR_BYTES_MAX),
                email: text(self.author_email, AUTHOR_BYTES_MAX),
            },
            at: self.timestamp.map_or(Ok(now), |text| read_time("timestamp", &text))?,
            files: files.take(COMMIT_FILES_MAX).collect(),
        })
    }
}

impl RefBody {
    fn read(self) -> Result<Head> {
        let (previous, commit) = match self.commit.split_once("..") {
            Some((previous, commit)) => (Some(previous.to_owned()), commit.to_owned()),
            None => (self.previous_commit, self.commit),
        };
        Ok(Head {
            repository: bounded("repository", &self.repository, REPOSITORY_CHARS_MAX)?,
            commit: commit_id(&commit)?,
            previous: previous.filter(|id| !id.is_empty()).map(|id| commit_id(&id)).transpose()?,
        })
    }
}

fn commit_id(id: &str) -> Result<String> {
    let is_odd = id.is_empty() || id.contains(|c: char| c.is_whitespace() || c.is_control());
    if is_odd {
        Err(ApiError::bad_request("commit: expected a hash"))
    } else {
        bounded("commit", id, COMMIT_ID_CHARS_MAX)
    }
}

pub fn bounded(what: &str, text: &str, chars_max: usize) -> Result<String> {
    let text = text.trim();
    let chars = text.chars().count();
    if chars == 0 || chars > chars_max {
        return Err(ApiError::bad_request(format!("{what}: expected 1 to {chars_max} characters")));
    }
    Ok(text.to_owned())
}

/// Shown as a link: nothing but a page. Empty is none.
pub fn checked_url(what: &str, url: String) -> Result<Option<String>> {
    if url.trim().is_empty() {
        return Ok(None);
    }
    let is_page = url::Url::parse(&url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if url.len() > URL_BYTES_MAX || !is_page {
        return Err(ApiError::bad_request(format!(
            "{what}: expected an address such as https://example.com/"
        )));
    }
    Ok(Some(url))
}

fn cut(mut text: String, bytes_max: usize) -> String {
    text.truncate(text.floor_char_boundary(bytes_max));
    text
}

impl Api {
    /// Projects by name, all of which the caller must see.
    pub(super) fn projects_named(&self, names: &[String]) -> Result<Vec<ProjectId>> {
        if names.len() > PROJECTS_MAX {
            return Err(ApiError::bad_request(format!("projects: at most {PROJECTS_MAX}")));
        }
        let mut projects = Vec::new();
        for name in names {
            let found = self.project(name);
            let project =
                found.map_err(|_| ApiError::bad_request(format!("projects: `{name}` does not exist")))?;
            if !projects.contains(&project.id) {
                projects.push(project.id);
            }
        }
        Ok(projects)
    }
}
