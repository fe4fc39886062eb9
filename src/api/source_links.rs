//! Links from frames to their lines in a repository: on the event's page, for other tools, and what a person is
//! suggested to map.

use std::collections::HashSet;

use actix_web::{HttpRequest, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::Api;
use crate::api::code_mappings::CodeMappingJson;
use crate::api::error::{ErrorBody, Result};
use crate::api::event_json::EventJson;
use crate::api::event_json::entries::Entry;
use crate::api::event_json::frames::{FrameJson, StacktraceJson};
use crate::api::params::Params;
use crate::model::event::{Event, Frame};
use crate::model::ids::{EventId, ProjectId};
use crate::model::release::{Commit, Release};
use crate::model::source_link::guess::{Committed, suggest};
use crate::model::source_link::{CodeMapping, Place, Repository, SourceLink, resolve};
use crate::store::ReleaseFilter;

/// Events whose frames are looked at for suggestions.
const EVENTS_MAX: usize = 50;
/// Different frames of them.
const FRAMES_MAX: usize = 1_000;
/// Releases whose commits are looked at, and commits of each.
const RELEASES_MAX: usize = 20;
const COMMITS_MAX: usize = 200;
/// Files of all these commits.
const FILES_MAX: usize = 20_000;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SourceLinkJson {
    /// The line, at the release's commit where it is known.
    pub url: String,
    #[schema(required)]
    pub history: Option<String>,
    #[schema(required)]
    pub blame: Option<String>,
    /// Path, line, revision and repository, in words.
    pub label: String,
    /// `github`, `gitlab`, `bitbucket`, `gitea` or `custom`.
    pub provider: String,
    pub provider_name: String,
}

/// Sentry's shape, and the page's history and blame.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StacktraceLinkJson {
    /// The code mapping that fits.
    #[schema(required)]
    pub config: Option<CodeMappingJson>,
    #[schema(required)]
    pub source_url: Option<String>,
    /// Path in the repository.
    #[schema(required)]
    pub source_path: Option<String>,
    #[schema(required)]
    pub source_link: Option<SourceLinkJson>,
    /// `no_code_mappings_for_project`, `stack_root_mismatch` or `repository_without_url`.
    #[schema(required)]
    pub error: Option<String>,
    #[schema(value_type = Vec<String>)]
    pub integrations: Vec<()>,
}

/// A mapping that a person may confirm.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SuggestionJson {
    pub stack_root: String,
    pub source_root: String,
    /// `null`: it is not known of which repository.
    #[schema(required)]
    pub repo_id: Option<String>,
    #[schema(required)]
    pub repo_name: Option<String>,
    /// Uploaded commits change files of these paths; else it is how the platform lays code out.
    pub certain: bool,
    /// How many different frames of the newest events it would map.
    pub frames: usize,
    pub example: SuggestionExample,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SuggestionExample {
    /// As the frame has it.
    pub filename: String,
    #[schema(required)]
    pub line_no: Option<u64>,
    /// In the repository.
    pub source_path: String,
    #[serde(rename = "eventID")]
    pub event_id: String,
}

/// Where a file of a stack trace is to be read.
#[utoipa::path(get, path = "/api/0/projects/{org}/{project}/stacktrace-link/", tag = "repositories",
    params(("org" = String, Path), ("project" = String, Path), ("file" = String, Query),
        ("platform" = Option<String>, Query), ("absPath" = Option<String>, Query), ("module" = Option<String>, Query),
        ("lineNo" = Option<u64>, Query), ("commitId" = Option<String>, Query),
        ("release" = Option<String>, Query)),
    responses((status = 200, body = StacktraceLinkJson), (status = 404, body = ErrorBody)))]
pub async fn stacktrace_link(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> Result<web::Json<StacktraceLinkJson>> {
    let params = Params::of(&request);
    let link = api
        .run(move |api| {
            let project = api.project(&path.1)?;
            let version = params.get("release").or_else(|| params.get("commitId"));
            let links = Links::of(api, project.id, version)?;
            let place = Place {
                platform: params.get("platform").or(project.platform.as_deref()).unwrap_or("other"),
                filename: params.get("file"),
                abs_path: params.get("absPath"),
                module: params.get("module"),
            };
            let line = params.get("lineNo").and_then(|line| line.parse().ok());
            Ok(api.stacktrace_link_json(&links, &place, line))
        })
        .await?;
    Ok(web::Json(link))
}

/// Code mappings guessed from the newest events and from uploaded commits, the likeliest first.
#[utoipa::path(get, path = "/api/0/projects/{org}/{project}/code-mappings/suggestions/", tag = "repositories",
    params(("org" = String, Path), ("project" = String, Path)),
    responses((status = 200, body = Vec<SuggestionJson>), (status = 404, body = ErrorBody)))]
pub async fn suggest_code_mappings(
    api: web::Data<Api>,
    path: web::Path<(String, String)>,
) -> Result<web::Json<Vec<SuggestionJson>>> {
    let suggestions = api.run(move |api| api.suggested_mappings(api.project(&path.1)?.id)).await?;
    Ok(web::Json(suggestions))
}

/// What links of one event are made with.
struct Links {
    mappings: Vec<CodeMapping>,
    repositories: Vec<Repository>,
    release: Option<Release>,
    version: Option<String>,
}

impl Links {
    fn of(api: &Api, project: ProjectId, version: Option<&str>) -> Result<Self> {
        let mappings = api.store.code_mappings_of(project)?;
        let mut links = Self { mappings, repositories: Vec::new(), release: None, version: None };
        if !links.mappings.is_empty() {
            links.repositories = api.store.repositories()?;
            links.release = version.map(|version| api.store.find_release(version)).transpose()?.flatten();
            links.version = version.map(str::to_owned);
        }
        Ok(links)
    }

    fn repository(&self, mapping: &CodeMapping) -> Option<&Repository> {
        self.repositories.iter().find(|repository| repository.id == mapping.repository)
    }

    fn link(&self, place: &Place<'_>, line: Option<u64>) -> Option<SourceLink> {
        let (mapping, path) = resolve(&self.mappings, place)?;
        self.link_to(mapping, &path, line)
    }

    fn link_to(&self, mapping: &CodeMapping, path: &str, line: Option<u64>) -> Option<SourceLink> {
        let repository = self.repository(mapping)?;
        let revision = repository.revision(self.release.as_ref(), self.version.as_deref(), mapping);
        repository.link(path, &revision, line)
    }
}

impl SourceLinkJson {
    fn of(link: SourceLink) -> Self {
        let SourceLink { url, history, blame, label, provider } = link;
        Self {
            url,
            history,
            blame,
            label,
            provider: provider.key().to_owned(),
            provider_name: provider.title().to_owned(),
        }
    }
}

/// A frame of the team's own code that is to be mapped.
struct Seen {
    platform: String,
    frame: Frame,
    event: EventId,
}

impl Seen {
    fn place(&self) -> Place<'_> {
        Place {
            platform: &self.platform,
            filename: self.frame.filename.as_deref(),
            abs_path: self.frame.abs_path.as_deref(),
            module: self.frame.module.as_deref(),
        }
    }
}

impl Api {
    /// Gives each frame of the team's own code its link.
    pub(super) fn add_source_links(
        &self,
        json: &mut EventJson,
        project: ProjectId,
        event: &Event,
    ) -> Result<()> {
        let links = Links::of(self, project, event.release.as_deref())?;
        if links.mappings.is_empty() {
            return Ok(());
        }
        for frame in json.entries.iter_mut().flat_map(frames_of).filter(|frame| frame.in_app) {
            let place = Place {
                platform: frame.platform.as_deref().unwrap_or(&event.platform),
                filename: frame.filename.as_deref(),
                abs_path: frame.abs_path.as_deref(),
                module: frame.module.as_deref(),
            };
            frame.source_link = links.link(&place, frame.line_no).map(SourceLinkJson::of);
        }
        Ok(())
    }

    fn stacktrace_link_json(
        &self,
        links: &Links,
        place: &Place<'_>,
        line: Option<u64>,
    ) -> StacktraceLinkJson {
        let found = resolve(&links.mappings, place);
        let source = found.as_ref().and_then(|(mapping, path)| links.link_to(mapping, path, line));
        let error = match (&found, &source) {
            (_, Some(_)) => None,
            (Some(_), None) => Some("repository_without_url"),
            (None, _) if links.mappings.is_empty() => Some("no_code_mappings_for_project"),
            (None, _) => Some("stack_root_mismatch"),
        };
        let (config, source_path) = found.unzip();
        StacktraceLinkJson {
            config: config.map(|mapping| self.code_mapping_json(mapping.clone(), &links.repositories)),
            source_url: source.as_ref().map(|source| source.url.clone()),
            source_path,
            source_link: source.map(SourceLinkJson::of),
            error: error.map(str::to_owned),
            integrations: Vec::new(),
        }
    }

    fn suggested_mappings(&self, project: ProjectId) -> Result<Vec<SuggestionJson>> {
        let frames = self.newest_frames(project)?;
        let releases = self.releases_with_commits(project)?;
        let committed = self.committed(&releases)?;
        let files: Vec<_> = committed
            .iter()
            .flat_map(|commit| {
                let repository = commit.repository.as_deref();
                commit.files.iter().map(move |file| Committed { repository, path: &file.path })
            })
            .take(FILES_MAX)
            .collect();
        let places: Vec<_> = frames.iter().map(Seen::place).collect();
        let mapped = self.store.code_mappings_of(project)?;
        let repositories = self.store.repositories()?;
        // Uploaded commits tell of which repository a project is; else the only one there is.
        let head =
            releases.iter().find_map(|release| release.heads.first()).map(|head| head.repository.as_str());
        let by_name = |name: &str| repositories.iter().find(|known| known.name.eq_ignore_ascii_case(name));
        let only = repositories.first().filter(|_| repositories.len() == 1);
        let usual = head.and_then(by_name).or(only);
        let mut rows = Vec::new();
        for guess in suggest(&places, &files, &mapped) {
            let repository = guess.repository.as_deref().map_or(usual, by_name);
            let seen = &frames[guess.example];
            let trial = trial(project, &guess.stack_root, &guess.source_root);
            let Some((_, source_path)) = resolve(std::slice::from_ref(&trial), &seen.place()) else {
                continue;
            };
            let filename = seen.frame.filename.clone().or_else(|| seen.frame.abs_path.clone());
            rows.push(SuggestionJson {
                stack_root: guess.stack_root,
                source_root: guess.source_root,
                repo_id: repository.map(|repository| repository.id.to_string()),
                repo_name: repository.map(|repository| repository.name.clone()).or(guess.repository),
                certain: guess.is_certain,
                frames: guess.frames,
                example: SuggestionExample {
                    filename: filename.unwrap_or_default(),
                    line_no: seen.frame.lineno,
                    source_path,
                    event_id: seen.event.to_string(),
                },
            });
        }
        Ok(rows)
    }

    /// Different frames of the team's own code, those of the newest events first.
    fn newest_frames(&self, project: ProjectId) -> Result<Vec<Seen>> {
        let mut known = HashSet::new();
        let mut found = Vec::new();
        for place in self.store.project_events(project, None, EVENTS_MAX)? {
            let Some(stored) = self.reader.read(&place)? else { continue };
            let event = stored.event;
            let traces = event.exceptions.iter().filter_map(|exception| exception.stacktrace.as_ref());
            let traces = traces.chain(&event.stacktrace);
            let traces = traces.chain(event.threads.iter().filter_map(|thread| thread.stacktrace.as_ref()));
            let frames = traces.flat_map(|trace| trace.frames.iter().rev());
            for frame in frames.filter(|frame| frame.in_app == Some(true)) {
                let key = (frame.filename.clone(), frame.abs_path.clone(), frame.module.clone());
                if found.len() < FRAMES_MAX && known.insert(key) {
                    let platform = frame.platform.clone().unwrap_or_else(|| event.platform.clone());
                    found.push(Seen { platform, frame: frame.clone(), event: event.event_id });
                }
            }
        }
        Ok(found)
    }

    fn releases_with_commits(&self, project: ProjectId) -> Result<Vec<Release>> {
        let has_commits = |release: &Release| release.commits > 0 || !release.heads.is_empty();
        let filter = ReleaseFilter { projects: Some(vec![project]), ..ReleaseFilter::default() };
        Ok(self.store.releases(&filter, has_commits, None, RELEASES_MAX)?.releases)
    }

    fn committed(&self, releases: &[Release]) -> Result<Vec<Commit>> {
        let mut commits = Vec::new();
        for release in releases {
            let rows = self.store.release_commits(release.id, 0, COMMITS_MAX)?;
            commits.extend(rows.into_iter().map(|(_, commit)| commit));
        }
        Ok(commits)
    }
}

fn frames_of(entry: &mut Entry) -> Vec<&mut FrameJson> {
    let mut traces: Vec<&mut StacktraceJson> = Vec::new();
    match entry {
        Entry::Exception(exceptions) => {
            traces.extend(exceptions.values.iter_mut().filter_map(|value| value.stacktrace.as_mut()));
        }
        Entry::Threads(threads) => {
            traces.extend(threads.values.iter_mut().filter_map(|value| value.stacktrace.as_mut()));
        }
        Entry::Stacktrace(trace) => traces.push(trace),
        _ => {}
    }
    traces.into_iter().flat_map(|trace| &mut trace.frames).collect()
}

/// A mapping as it would be.
fn trial(project: ProjectId, stack_root: &str, source_root: &str) -> CodeMapping {
    CodeMapping {
        id: 0,
        project,
        repository: crate::model::ids::RepositoryId(0),
        stack_root: stack_root.to_owned(),
        source_root: source_root.to_owned(),
        default_branch: None,
        is_automatic: true,
        created: jiff::Timestamp::UNIX_EPOCH,
    }
}
