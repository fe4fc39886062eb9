//! A release, its commits and deploys in the shape of Sentry's API.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::error::Result;
use crate::api::event_json::short_version;
use crate::api::health_json::{AdoptionStageJson, HealthDataJson};
use crate::api::repos::RepositoryJson;
use crate::api::{Api, when};
use crate::model::ids::ProjectId;
use crate::model::release::{Author, Commit, Deploy, Release, ReleaseProject, ReleaseStatus};
use crate::model::source_link::Repository;
use crate::model::version::{self, Version, is_build_hash};

/// Digits of a hash that people read.
const HASH_SHOWN: usize = 12;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseJson {
    pub id: u64,
    pub version: String,
    pub short_version: String,
    pub version_info: VersionInfoJson,
    /// `open` or `archived`.
    pub status: String,
    #[serde(rename = "ref")]
    #[schema(required)]
    pub reference: Option<String>,
    #[schema(required)]
    pub url: Option<String>,
    #[schema(required)]
    pub date_released: Option<String>,
    /// When it was first heard of.
    pub date_created: String,
    pub data: BTreeMap<String, Value>,
    /// Issues that were first seen in it.
    pub new_groups: u64,
    /// How often an issue came back in it.
    pub regressed_groups: u64,
    #[schema(required, value_type = Option<String>)]
    pub owner: Option<()>,
    pub commit_count: u32,
    #[schema(required)]
    pub last_commit: Option<CommitJson>,
    pub deploy_count: u32,
    #[schema(required)]
    pub last_deploy: Option<DeployJson>,
    pub authors: Vec<AuthorJson>,
    /// Those that the caller sees.
    pub projects: Vec<ReleaseProjectJson>,
    #[schema(required)]
    pub first_event: Option<String>,
    /// At most a minute behind.
    #[schema(required)]
    pub last_event: Option<String>,
    pub current_project_meta: BTreeMap<String, Value>,
    #[schema(required)]
    pub user_agent: Option<String>,
    /// By the projects' slugs, where `adoptionStages=1` asks for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adoption_stages: Option<BTreeMap<String, AdoptionStageJson>>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VersionInfoJson {
    #[schema(required)]
    pub package: Option<String>,
    pub version: VersionJson,
    pub description: String,
    /// Of a release that is called as its commit.
    #[schema(required)]
    pub build_hash: Option<String>,
}

/// Only `raw` where it is no version.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VersionJson {
    pub raw: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub major: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minor: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patch: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pre: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub components: Option<u64>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseProjectJson {
    pub id: u64,
    pub slug: String,
    pub name: String,
    pub new_groups: u64,
    /// How often an issue came back in it.
    pub regressed_groups: u64,
    #[schema(required)]
    pub platform: Option<String>,
    pub platforms: Vec<String>,
    /// Sessions of it were reported.
    pub has_health_data: bool,
    /// Where `health=1` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health_data: Option<HealthDataJson>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommitJson {
    /// Its hash.
    pub id: String,
    #[schema(required)]
    pub message: Option<String>,
    pub date_created: String,
    #[schema(required)]
    pub author: Option<AuthorJson>,
    #[schema(required)]
    pub repository: Option<RepositoryJson>,
    /// Its page, where it is known where the repository is.
    #[schema(required)]
    pub url: Option<String>,
    /// Paths that it changes; only in a list of commits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<Vec<ChangedFileJson>>,
    #[schema(required, value_type = Option<String>)]
    pub pull_request: Option<()>,
    pub suspect_commit_type: String,
}

#[derive(Serialize, ToSchema)]
pub struct ChangedFileJson {
    pub path: String,
    /// `A`dded, `M`odified or `D`eleted.
    #[serde(rename = "type")]
    pub kind: String,
}

#[derive(Serialize, ToSchema)]
pub struct AuthorJson {
    #[schema(required)]
    pub name: Option<String>,
    #[schema(required)]
    pub email: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeployJson {
    pub id: String,
    pub environment: String,
    #[schema(required)]
    pub name: Option<String>,
    #[schema(required)]
    pub url: Option<String>,
    #[schema(required)]
    pub date_started: Option<String>,
    pub date_finished: String,
}

impl DeployJson {
    pub fn of(deploy: Deploy) -> Self {
        Self {
            id: deploy.id.to_string(),
            environment: deploy.environment,
            name: deploy.name,
            url: deploy.url,
            date_started: deploy.started.map(when),
            date_finished: when(deploy.finished),
        }
    }
}

impl AuthorJson {
    pub fn of(author: Author) -> Option<Self> {
        let Author { name, email } = author;
        (name.is_some() || email.is_some()).then_some(Self { name, email })
    }
}

impl CommitJson {
    pub fn of(commit: Commit, repositories: &[Repository], with_files: bool) -> Self {
        let repository = match commit.repository.as_deref().filter(|name| !name.is_empty()) {
            Some(name) => repositories.iter().find(|repository| repository.name.eq_ignore_ascii_case(name)),
            // sentry-cli names none where it reads the local history: it is of the one that there is.
            None => repositories.first().filter(|_| repositories.len() == 1),
        };
        let files = commit
            .files
            .into_iter()
            .map(|file| ChangedFileJson { path: file.path, kind: file.kind.letter().to_owned() });
        Self {
            url: repository.and_then(|repository| repository.commit_url(&commit.id)),
            id: commit.id,
            message: commit.message,
            date_created: when(commit.at),
            author: AuthorJson::of(commit.author),
            repository: repository.map(RepositoryJson::of),
            files: with_files.then(|| files.collect()),
            pull_request: None,
            suspect_commit_type: String::new(),
        }
    }
}

impl VersionInfoJson {
    fn of(text: &str) -> Self {
        let parts = version::Release::of(text);
        let read = version::Release::numbered(text);
        let raw = match parts.build {
            Some(build) => format!("{}+{build}", parts.version),
            None => parts.version.to_owned(),
        };
        let build = read.as_ref().and_then(Version::build);
        let build_hash = build.filter(|build| is_build_hash(build));
        let build_hash = build_hash.or_else(|| Some(&*raw).filter(|raw| is_build_hash(raw)));
        let short_hash = build_hash.map(|hash| &hash[..HASH_SHOWN]);
        let description = match (read.is_some(), short_hash.or(build)) {
            (true, Some(build)) => format!("{} ({build})", parts.version),
            (true, None) => parts.version.to_owned(),
            (false, Some(hash)) => hash.to_owned(),
            (false, None) => text.to_owned(),
        };
        let numbers = read.as_ref().map(Version::numbers);
        let components = read.as_ref().map(|read| u64::from(read.components()));
        Self {
            package: parts.package.map(str::to_owned),
            version: VersionJson {
                major: numbers.map(|numbers| numbers[0]),
                minor: numbers.map(|numbers| numbers[1]),
                patch: numbers.map(|numbers| numbers[2]),
                revision: numbers.map(|numbers| numbers[3]).filter(|_| components > Some(3)),
                pre: read.as_ref().and_then(Version::pre).map(str::to_owned),
                build_code: build.map(str::to_owned),
                components,
                raw: raw.clone(),
            },
            description,
            build_hash: build_hash.map(str::to_owned),
        }
    }
}

impl Api {
    /// `said`: of the projects that the caller sees.
    pub(super) fn release_json(
        &self,
        release: Release,
        said: &[(ProjectId, ReleaseProject)],
        repositories: &[Repository],
    ) -> ReleaseJson {
        let directory = self.store.directory();
        let of_project = |(id, said): &(ProjectId, ReleaseProject)| {
            let project = directory.projects.get(id)?;
            Some(ReleaseProjectJson {
                id: id.0,
                slug: project.slug.clone(),
                name: project.name.clone(),
                new_groups: said.new_issues,
                regressed_groups: said.regressed_issues,
                platform: project.platform.clone(),
                platforms: project.platform.clone().into_iter().collect(),
                has_health_data: said.last_session.is_some(),
                health_data: None,
            })
        };
        ReleaseJson {
            id: release.id.0,
            short_version: short_version(&release.version),
            version_info: VersionInfoJson::of(&release.version),
            version: release.version,
            status: match release.status {
                ReleaseStatus::Open => "open".to_owned(),
                ReleaseStatus::Archived => "archived".to_owned(),
            },
            reference: release.reference,
            url: release.url,
            date_released: release.released.map(when),
            date_created: when(release.created),
            data: BTreeMap::new(),
            new_groups: said.iter().map(|(_, said)| said.new_issues).sum(),
            regressed_groups: said.iter().map(|(_, said)| said.regressed_issues).sum(),
            owner: None,
            commit_count: release.commits,
            last_commit: release.last_commit.map(|commit| CommitJson::of(commit, repositories, false)),
            deploy_count: release.deploys,
            last_deploy: release.last_deploy.map(DeployJson::of),
            authors: release.authors.into_iter().filter_map(AuthorJson::of).collect(),
            projects: said.iter().filter_map(of_project).collect(),
            first_event: said.iter().filter_map(|(_, said)| said.first_event).min().map(when),
            last_event: said.iter().filter_map(|(_, said)| said.last_event).max().map(when),
            current_project_meta: BTreeMap::new(),
            user_agent: None,
            adoption_stages: None,
        }
    }

    /// One release, as the caller sees it.
    pub(super) fn one_release_json(&self, release: Release) -> Result<ReleaseJson> {
        let said = self.seen_projects_of(&release)?;
        Ok(self.release_json(release, &said, &self.store.repositories()?))
    }
}

#[cfg(test)]
mod tests {
    use super::VersionInfoJson;

    #[test]
    fn versions_are_taken_apart() {
        let shown = |text: &str| {
            let info = VersionInfoJson::of(text);
            let mut json = serde_json::to_value(&info).expect("JSON");
            json["version"].as_object_mut().expect("an object").retain(|_, value| !value.is_null());
            json.to_string()
        };
        let sha = "0123456789abcdef0123456789abcdef01234567";
        insta::assert_snapshot!(
            [
                shown("shop@2.4.1-rc.1+77"),
                shown("1.2"),
                shown("main"),
                shown(&format!("shop@{sha}")),
                shown(&format!("@acme/shop@1.0a+{sha}")),
                shown("shop@1.2.3.04"),
                shown("hackweek@6f85d2f"),
            ]
            .join("\n"),
            @r#"
        {"buildHash":null,"description":"2.4.1-rc.1 (77)","package":"shop","version":{"buildCode":"77","components":3,"major":2,"minor":4,"patch":1,"pre":"rc.1","raw":"2.4.1-rc.1+77"}}
        {"buildHash":null,"description":"1.2","package":null,"version":{"components":2,"major":1,"minor":2,"patch":0,"raw":"1.2"}}
        {"buildHash":null,"description":"main","package":null,"version":{"raw":"main"}}
        {"buildHash":"0123456789abcdef0123456789abcdef01234567","description":"0123456789ab","package":"shop","version":{"raw":"0123456789abcdef0123456789abcdef01234567"}}
        {"buildHash":"0123456789abcdef0123456789abcdef01234567","description":"1.0a (0123456789ab)","package":"@acme/shop","version":{"buildCode":"0123456789abcdef0123456789abcdef01234567","components":2,"major":1,"minor":0,"patch":0,"pre":"a","raw":"1.0a+0123456789abcdef0123456789abcdef01234567"}}
        {"buildHash":null,"description":"1.2.3.04","package":"shop","version":{"components":4,"major":1,"minor":2,"patch":3,"raw":"1.2.3.04","revision":4}}
        {"buildHash":null,"description":"hackweek@6f85d2f","package":"hackweek","version":{"raw":"6f85d2f"}}
        "#
        );
    }
}
