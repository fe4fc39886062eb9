//! Releases: what was deployed when, and of which commits it was made. One release may be of several projects.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::ids::{ProjectId, ReleaseId};

/// Sentry's bound, in characters.
pub const VERSION_CHARS_MAX: usize = 250;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Release {
    pub id: ReleaseId,
    /// `shop@2.4.1+77`, or what else a team calls it; unique.
    pub version: String,
    /// When it was first heard of: by an event, or from a build.
    pub created: Timestamp,
    /// When it went live, where somebody said so.
    #[serde(default)]
    pub released: Option<Timestamp>,
    #[serde(default)]
    pub status: ReleaseStatus,
    /// Somebody named it; others are known from events only.
    #[serde(default)]
    pub is_declared: bool,
    /// A tag, a branch or a commit.
    #[serde(default)]
    pub reference: Option<String>,
    #[serde(default)]
    pub url: Option<String>,
    /// The newest commit of each repository.
    #[serde(default)]
    pub heads: Vec<Head>,
    /// How many commits are stored with it.
    #[serde(default)]
    pub commits: u32,
    /// Without its files.
    #[serde(default)]
    pub last_commit: Option<Commit>,
    #[serde(default)]
    pub authors: Vec<Author>,
    #[serde(default)]
    pub deploys: u32,
    #[serde(default)]
    pub last_deploy: Option<Deploy>,
}

impl Release {
    /// What lists are sorted by.
    pub fn date(&self) -> Timestamp {
        self.released.unwrap_or(self.created)
    }
}

/// A release as far as its order is concerned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownRelease {
    pub version: String,
    /// When it was released, or else first heard of; of one that only events name, by the earliest event's own time.
    pub date: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseStatus {
    #[default]
    Open,
    Archived,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// As the uploader calls it: `acme/shop`.
    pub repository: String,
    pub commit: String,
    #[serde(default)]
    pub previous: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Commit {
    /// A hash.
    pub id: String,
    #[serde(default)]
    pub repository: Option<String>,
    #[serde(default)]
    pub message: Option<String>,
    #[serde(default)]
    pub author: Author,
    pub at: Timestamp,
    #[serde(default)]
    pub files: Vec<ChangedFile>,
}

impl Commit {
    /// As git abbreviates it.
    pub fn short_id(&self) -> &str {
        const DIGITS: usize = 7;
        &self.id[..self.id.floor_char_boundary(DIGITS)]
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Author {
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub email: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedFile {
    /// From the repository's root.
    pub path: String,
    pub kind: FileChange,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileChange {
    #[serde(rename = "A")]
    Added,
    #[serde(rename = "M")]
    Modified,
    #[serde(rename = "D")]
    Deleted,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deploy {
    pub id: u64,
    pub environment: String,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub url: Option<String>,
    #[serde(default)]
    pub started: Option<Timestamp>,
    pub finished: Timestamp,
    /// Empty: of all that the release is of.
    #[serde(default)]
    pub projects: Vec<ProjectId>,
}

impl Deploy {
    pub fn is_of(&self, project: ProjectId) -> bool {
        self.projects.is_empty() || self.projects.contains(&project)
    }
}

impl FileChange {
    pub fn letter(self) -> &'static str {
        match self {
            Self::Added => "A",
            Self::Modified => "M",
            Self::Deleted => "D",
        }
    }

    pub fn read(letter: &str) -> Option<Self> {
        [Self::Added, Self::Modified, Self::Deleted].into_iter().find(|change| change.letter() == letter)
    }
}

/// What events and sessions said of a release in one project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ReleaseProject {
    /// By the events' own time, as the next one.
    #[serde(default)]
    pub first_event: Option<Timestamp>,
    /// At most a minute behind.
    #[serde(default)]
    pub last_event: Option<Timestamp>,
    /// Issues that were first seen in it.
    #[serde(default)]
    pub new_issues: u64,
    /// How often an issue came back in it.
    #[serde(default)]
    pub regressed_issues: u64,
    /// When the earliest session of it began. `None`: none was ever reported.
    #[serde(default)]
    pub first_session: Option<Timestamp>,
    /// The same of the latest, at most a minute behind.
    #[serde(default)]
    pub last_session: Option<Timestamp>,
}

impl ReleaseProject {
    /// When anything was last heard of it.
    pub fn last_seen(&self) -> Option<Timestamp> {
        self.last_event.max(self.last_session)
    }
}

/// Why a version is none, in words; Sentry's rules.
pub fn version_error(version: &str) -> Option<&'static str> {
    if version.is_empty() {
        return Some("a version has at least one character");
    }
    if version.chars().count() > VERSION_CHARS_MAX {
        return Some("a version has at most 250 characters");
    }
    if version.contains(['\n', '\r', '\t', '\x0c', '/', '\\']) {
        return Some("a version contains no slashes, tabs and line breaks");
    }
    if version.trim() != version {
        return Some("a version neither begins nor ends with a space");
    }
    matches!(version.to_ascii_lowercase().as_str(), "." | ".." | "latest")
        .then_some("this word is no version")
}

/// Whether a text is the hash of a commit: 40 or 64 hexadecimal digits.
pub fn is_commit_hash(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_checked_as_sentry_checks_them() {
        for good in ["shop@2.4.1+77", "1", "büro 7", "main"] {
            assert_eq!(version_error(good), None, "{good}");
        }
        let long = "x".repeat(VERSION_CHARS_MAX + 1);
        for bad in ["", ".", "..", "Latest", "a/b", "a\\b", "a\nb", " a", "a ", long.as_str()] {
            assert!(version_error(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn a_hash_of_a_commit_is_long() {
        assert!(is_commit_hash(&"0aF".repeat(40)[..40]) && is_commit_hash(&"a".repeat(64)));
        assert!(!is_commit_hash("deadbeef") && !is_commit_hash(&"g".repeat(40)));
    }
}
