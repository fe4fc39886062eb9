//! From a frame to its line in a repository: the address of the line, its history and who wrote it.
//!
//! Paths come from events and are attacker-written: they are cleaned and escaped segment by segment, and only an
//! address that a person entered decides where a link leads.

use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use crate::model::ids::{ProjectId, RepositoryId};
use crate::model::release::{Release, is_commit_hash};
use crate::model::version;

pub mod address;
pub mod guess;
pub mod paths;

pub use crate::model::source_link::paths::Place;

/// What stays as it is in a segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'@');
/// A tag or branch is longer never.
pub const REF_BYTES_MAX: usize = 255;
/// Digits of a hash that people are shown.
const HASH_SHOWN: usize = 12;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repository {
    pub id: RepositoryId,
    /// As uploaders call it: `acme/shop`. Unique, whatever its case.
    pub name: String,
    /// Not known of one that only uploaded commits name.
    #[serde(default)]
    pub provider: Option<Provider>,
    /// Its page, without a slash at the end.
    #[serde(default)]
    pub url: Option<String>,
    #[serde(default)]
    pub default_branch: Option<String>,
    /// Of a custom provider.
    #[serde(default)]
    pub templates: Option<Templates>,
    pub created: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    GitHub,
    GitLab,
    Bitbucket,
    Gitea,
    Custom,
}

/// Addresses with `{ref}`, `{path}` and `{line}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Templates {
    pub line: String,
    #[serde(default)]
    pub history: Option<String>,
    #[serde(default)]
    pub blame: Option<String>,
}

/// What begins with `stack_root` in a stack trace begins with `source_root` in the repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeMapping {
    pub id: u64,
    pub project: ProjectId,
    pub repository: RepositoryId,
    pub stack_root: String,
    pub source_root: String,
    /// In place of the repository's.
    #[serde(default)]
    pub default_branch: Option<String>,
    /// Suggested, and confirmed by a person.
    #[serde(default)]
    pub is_automatic: bool,
    pub created: Timestamp,
}

/// Where a frame's line is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceLink {
    pub url: String,
    pub history: Option<String>,
    pub blame: Option<String>,
    pub label: String,
    pub provider: Provider,
}

/// A commit, or a branch or tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    pub name: String,
    pub is_commit: bool,
}

impl Provider {
    pub const ALL: [Self; 5] = [Self::GitHub, Self::GitLab, Self::Bitbucket, Self::Gitea, Self::Custom];

    pub fn key(self) -> &'static str {
        match self {
            Self::GitHub => "github",
            Self::GitLab => "gitlab",
            Self::Bitbucket => "bitbucket",
            Self::Gitea => "gitea",
            Self::Custom => "custom",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::GitHub => "GitHub",
            Self::GitLab => "GitLab",
            Self::Bitbucket => "Bitbucket",
            Self::Gitea => "Gitea",
            Self::Custom => "Repository",
        }
    }

    /// Also `integrations:github`, as Sentry calls it.
    pub fn read(text: &str) -> Option<Self> {
        let name = text.rsplit(':').next().unwrap_or(text).to_ascii_lowercase();
        Self::ALL.into_iter().find(|provider| provider.key() == name).or(match name.as_str() {
            "github_enterprise" => Some(Self::GitHub),
            "forgejo" => Some(Self::Gitea),
            _ => None,
        })
    }

    /// Line, history and blame.
    fn templates(self, is_commit: bool) -> Option<[&'static str; 3]> {
        match (self, is_commit) {
            (Self::GitHub, _) => {
                Some(["/blob/{ref}/{path}#L{line}", "/commits/{ref}/{path}", "/blame/{ref}/{path}#L{line}"])
            }
            (Self::GitLab, _) => Some([
                "/-/blob/{ref}/{path}#L{line}",
                "/-/commits/{ref}/{path}",
                "/-/blame/{ref}/{path}#L{line}",
            ]),
            (Self::Bitbucket, _) => Some([
                "/src/{ref}/{path}#lines-{line}",
                "/history-node/{ref}/{path}",
                "/annotate/{ref}/{path}",
            ]),
            (Self::Gitea, true) => Some([
                "/src/commit/{ref}/{path}#L{line}",
                "/commits/commit/{ref}/{path}",
                "/blame/commit/{ref}/{path}#L{line}",
            ]),
            (Self::Gitea, false) => Some([
                "/src/branch/{ref}/{path}#L{line}",
                "/commits/branch/{ref}/{path}",
                "/blame/branch/{ref}/{path}#L{line}",
            ]),
            (Self::Custom, _) => None,
        }
    }
}

impl Repository {
    /// `None` where it is not known where the repository is.
    pub fn link(&self, path: &str, revision: &Revision, line: Option<u64>) -> Option<SourceLink> {
        let provider = self.provider?;
        let name = &revision.name;
        if name.is_empty() || name.len() > REF_BYTES_MAX || has_odd_segments(name) {
            return None;
        }
        let filled = |template: &str| fill(template, path, name, line);
        let (url, history, blame) = if let Some(pages) = provider.templates(revision.is_commit) {
            let base = self.url.as_deref()?;
            let [line, history, blame] = pages.map(|page| format!("{base}{}", filled(page)));
            (line, Some(history), Some(blame))
        } else {
            let templates = self.templates.as_ref()?;
            let optional = |template: &Option<String>| template.as_deref().map(&filled);
            (filled(&templates.line), optional(&templates.history), optional(&templates.blame))
        };
        let line = line.map(|line| format!(":{line}")).unwrap_or_default();
        let shown = if revision.is_commit { &name[..name.floor_char_boundary(HASH_SHOWN)] } else { name };
        let label = format!("{path}{line} at {shown} in {}", self.name);
        Some(SourceLink { url, history, blame, label, provider })
    }

    /// The page of a commit.
    pub fn commit_url(&self, commit: &str) -> Option<String> {
        let base = self.url.as_deref()?;
        let middle = match self.provider? {
            Provider::GitHub | Provider::Gitea => "/commit/",
            Provider::GitLab => "/-/commit/",
            Provider::Bitbucket => "/commits/",
            Provider::Custom => return None,
        };
        Some(format!("{base}{middle}{}", utf8_percent_encode(commit, SEGMENT)))
    }

    /// The commit that a release was built from, where it says so; else the default branch.
    pub fn revision(
        &self,
        release: Option<&Release>,
        version: Option<&str>,
        mapping: &CodeMapping,
    ) -> Revision {
        let commit = release.and_then(|release| self.commit_of(release));
        let commit = commit.or_else(|| version.and_then(commit_in_version).map(str::to_owned));
        if let Some(name) = commit {
            return Revision { name, is_commit: true };
        }
        let branch = mapping.default_branch.as_ref().or(self.default_branch.as_ref());
        // The first three take `HEAD` for whatever branch is the default.
        let unknown = match self.provider {
            Some(Provider::Gitea | Provider::Custom) => "main",
            _ => "HEAD",
        };
        Revision { name: branch.map_or(unknown, String::as_str).to_owned(), is_commit: false }
    }

    fn commit_of(&self, release: &Release) -> Option<String> {
        let ours = |name: &str| is_same_repository(name, &self.name);
        let head = release.heads.iter().find(|head| ours(&head.repository));
        let only = release.heads.is_empty().then_some(release.last_commit.as_ref()).flatten();
        let commit = head.map(|head| head.commit.as_str());
        // Commits without a repository are of the one that there is.
        let commit = commit.or_else(|| only.map(|commit| commit.id.as_str()));
        let commit = commit.or_else(|| release.reference.as_deref().filter(|text| is_commit_hash(text)));
        commit.map(str::to_owned)
    }
}

/// `acme/shop` and `ACME/Shop` are one; so are `acme/shop` and `shop`.
pub fn is_same_repository(a: &str, b: &str) -> bool {
    let last = |name: &str| name.rsplit('/').next().unwrap_or(name).to_lowercase();
    let is_bare = !a.contains('/') || !b.contains('/');
    a.to_lowercase() == b.to_lowercase() || is_bare && last(a) == last(b)
}

/// A release that is called as its commit, `shop@<hash>` or `1.2.3+<hash>`.
fn commit_in_version(text: &str) -> Option<&str> {
    let parts = version::Release::of(text);
    [Some(parts.version), parts.build].into_iter().flatten().find(|part| is_commit_hash(part))
}

fn fill(template: &str, path: &str, revision: &str, line: Option<u64>) -> String {
    let mut filled = template.to_owned();
    let fragment = template.find('#').filter(|at| template[*at..].contains("{line}"));
    if let (None, Some(at)) = (line, fragment) {
        filled.truncate(at);
    }
    let line = line.map_or_else(|| "1".to_owned(), |line| line.to_string());
    filled = filled.replace("{line}", &line);
    // What is put in holds no braces: it is escaped.
    filled.replace("{ref}", &escaped(revision)).replace("{path}", &escaped(path))
}

fn escaped(path: &str) -> String {
    let segments: Vec<_> =
        path.split('/').map(|segment| utf8_percent_encode(segment, SEGMENT).to_string()).collect();
    segments.join("/")
}

fn has_odd_segments(path: &str) -> bool {
    path.split('/').any(|segment| matches!(segment, "" | "." | "..")) || path.chars().any(char::is_control)
}

/// The mapping with the longest stack root that one of the frame's paths begins with, and where that is in the
/// repository.
pub fn resolve<'a>(mappings: &'a [CodeMapping], place: &Place<'_>) -> Option<(&'a CodeMapping, String)> {
    let candidates = place.candidates();
    let mut sorted: Vec<_> = mappings.iter().collect();
    sorted.sort_by_key(|mapping| std::cmp::Reverse(mapping.stack_root.len()));
    sorted.into_iter().find_map(|mapping| {
        let rest = candidates.iter().find_map(|path| paths::below(path, &mapping.stack_root))?;
        Some((mapping, paths::joined(&mapping.source_root, &rest)?))
    })
}

#[cfg(test)]
mod tests;
