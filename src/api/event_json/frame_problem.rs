//! Why a frame stays minified, in words, and what mends it: where a command does, exactly that, for this server,
//! organization, project and release.

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::Api;
use crate::api::event_json::entries::Entry;
use crate::api::event_json::frames::{FrameJson, StacktraceJson};
use crate::api::event_json::{EventErrorData, EventErrorJson, EventJson};
use crate::model::artifact::FrameProblem;
use crate::model::ids::ProjectId;

/// Problems that stand among an event's errors.
const ERRORS_MAX: usize = 50;

#[derive(Serialize, ToSchema, Clone, Debug, PartialEq, Eq)]
pub struct FrameProblemJson {
    /// `no_debug_id`, `unknown_debug_id`, `other_project`, `release_without_artifacts`, `not_in_release`, `missing_map`,
    /// `malformed_map`, `missing_contents`, `outside_map`, `no_position` or `converting`.
    pub code: String,
    pub text: String,
    #[schema(required)]
    pub fix: Option<FixJson>,
}

#[derive(Serialize, ToSchema, Clone, Debug, PartialEq, Eq)]
pub struct FixJson {
    pub text: String,
    /// For a shell.
    #[schema(required)]
    pub command: Option<String>,
}

impl Api {
    /// Words for what is wrong with the event's frames, at each of them and among the event's errors.
    pub(in crate::api) fn tell_frame_problems(&self, event: &mut EventJson, project: ProjectId) {
        let directory = self.store.directory();
        let slug = |id: ProjectId| directory.projects.get(&id).map(|project| project.slug.clone());
        let words = Words {
            url: self.config.url.as_str().trim_end_matches('/').to_owned(),
            org: self.config.org.clone(),
            project: slug(project).unwrap_or_default(),
            release: event.release.as_ref().map(|release| release.version.clone()),
            dist: event.dist.clone(),
        };
        let mut errors: Vec<EventErrorJson> = Vec::new();
        for frame in event.entries.iter_mut().flat_map(stacktraces).flat_map(|stack| &mut stack.frames) {
            let Some(problem) = frame.problem.take() else { continue };
            // Names of projects that the caller may not see are nobody's to tell.
            let others = match &problem {
                FrameProblem::OtherProject { projects, .. } => {
                    projects.iter().filter(|id| self.sees(**id)).filter_map(|id| slug(*id)).collect()
                }
                _ => Vec::new(),
            };
            let told = words.of(&problem, &others);
            note_error(&mut errors, frame, &problem, &told);
            frame.source_map_problem = Some(told);
        }
        event.errors.extend(errors);
    }
}

/// Those that are shown as what ran, readable or not; the raw ones say nothing of problems.
fn stacktraces(entry: &mut Entry) -> Vec<&mut StacktraceJson> {
    match entry {
        Entry::Exception(all) => all.values.iter_mut().filter_map(|one| one.stacktrace.as_mut()).collect(),
        Entry::Threads(all) => all.values.iter_mut().filter_map(|one| one.stacktrace.as_mut()).collect(),
        Entry::Stacktrace(stack) => vec![stack],
        _ => Vec::new(),
    }
}

/// Under Sentry's names, once for each file.
fn note_error(
    errors: &mut Vec<EventErrorJson>,
    frame: &FrameJson,
    problem: &FrameProblem,
    told: &FrameProblemJson,
) {
    let (kind, message) = match problem {
        FrameProblem::MalformedMap { .. } => {
            ("js_invalid_sourcemap", "Source map was invalid or not parseable")
        }
        FrameProblem::MissingContents { .. } => {
            ("js_missing_sources_content", "The source map holds no text of the source")
        }
        FrameProblem::OutsideMap { .. } | FrameProblem::NoPosition => {
            ("js_invalid_sourcemap_location", "Invalid location in source map")
        }
        _ => ("js_missing_source", "Source map or minified file was not found"),
    };
    let name = frame.abs_path.clone().unwrap_or_default();
    let is_known = errors.iter().any(|error| error.kind == kind && error.data.name == name);
    if !is_known && errors.len() < ERRORS_MAX {
        let data = EventErrorData { name, reason: Some(told.text.clone()), value: None };
        errors.push(EventErrorJson { kind: kind.to_owned(), message: message.to_owned(), data });
    }
}

/// What the words need to know.
struct Words {
    url: String,
    org: String,
    project: String,
    release: Option<String>,
    dist: Option<String>,
}

impl Words {
    /// `others`: the projects that have the file, as far as they may be named.
    fn of(&self, problem: &FrameProblem, others: &[String]) -> FrameProblemJson {
        let fix = |text: &str, command: Option<String>| Some(FixJson { text: text.to_owned(), command });
        let (code, text, fix) = match problem {
            FrameProblem::NoDebugId => (
                "no_debug_id",
                "The event names neither a debug id for this file nor a release: the build put none into it."
                    .to_owned(),
                fix(
                    "Put debug ids into the build before it is deployed, and upload it:",
                    self.inject_and_upload(None),
                ),
            ),
            FrameProblem::UnknownDebugId { debug_id, other_build: false } => (
                "unknown_debug_id",
                format!("No file with the debug id {debug_id} was uploaded."),
                fix("Upload the build that is deployed:", self.upload(None, None)),
            ),
            FrameProblem::UnknownDebugId { debug_id, other_build: true } => (
                "unknown_debug_id",
                format!("The debug id {debug_id} is of another build than those that were uploaded."),
                fix(
                    "Upload the very build that is deployed, without building it again:",
                    self.upload(None, None),
                ),
            ),
            FrameProblem::OtherProject { debug_id, .. } => (
                "other_project",
                match others {
                    [] => format!("The file with the debug id {debug_id} was uploaded to another project."),
                    others => format!(
                        "The file with the debug id {debug_id} was uploaded to {}, not to {}.",
                        others.join(", "),
                        self.project
                    ),
                },
                fix("Upload it to the project that the events go to:", self.upload(None, None)),
            ),
            FrameProblem::ReleaseWithoutArtifacts { release } => (
                "release_without_artifacts",
                format!(
                    "Nothing was uploaded for release {release}, and the event names no debug id for this file."
                ),
                fix(
                    "Put debug ids into the build before it is deployed, and upload it:",
                    self.inject_and_upload(Some(release)),
                ),
            ),
            FrameProblem::NotInRelease { release, dist, url } => (
                "not_in_release",
                match dist {
                    Some(dist) => format!("Release {release} has no file {url} for dist {dist}."),
                    None => format!("Release {release} has no file {url}."),
                },
                fix(
                    "Upload the files under the address that they are loaded from:",
                    self.upload(Some(release), folder_of(url).as_deref()),
                ),
            ),
            FrameProblem::MissingMap { named } => (
                "missing_map",
                match named {
                    Some(named) => format!("The file was uploaded, its source map {named} was not."),
                    None => "The file was uploaded and names no source map.".to_owned(),
                },
                fix(
                    "Have the build write source maps, and upload them with the files:",
                    self.upload(None, None),
                ),
            ),
            FrameProblem::MalformedMap { detail } => (
                "malformed_map",
                format!("The source map can not be used: {detail}."),
                fix(
                    "See what a build holds before it is deployed:",
                    Some("lighttrace verify dist".to_owned()),
                ),
            ),
            FrameProblem::MissingContents { source } => (
                "missing_contents",
                format!("The source map holds no text of {source}."),
                fix(
                    "Have the build put the sources into its maps (`sourcesContent`; in TypeScript `inlineSources`).",
                    None,
                ),
            ),
            FrameProblem::OutsideMap { line, column } => (
                "outside_map",
                format!(
                    "The source map knows nothing of line {line}, column {column}: it is of another build than the file that ran."
                ),
                fix("Upload the very build that is deployed:", self.upload(None, None)),
            ),
            FrameProblem::NoPosition => ("no_position", "The frame has no line.".to_owned(), None),
            FrameProblem::Converting => (
                "converting",
                "The upload is being prepared.".to_owned(),
                fix("Look again in a moment.", None),
            ),
        };
        FrameProblemJson { code: code.to_owned(), text, fix }
    }

    fn inject_and_upload(&self, release: Option<&str>) -> Option<String> {
        Some(format!("sentry-cli sourcemaps inject dist && {}", self.upload(release, None)?))
    }

    /// `None` where a name can not stand in a command.
    fn upload(&self, release: Option<&str>, url_prefix: Option<&str>) -> Option<String> {
        let mut words = vec!["sentry-cli", "--url", &self.url, "sourcemaps", "upload"];
        words.extend(["--org", &self.org, "--project", &self.project]);
        if let Some(release) = release.or(self.release.as_deref()) {
            words.extend(["--release", release]);
            words.extend(self.dist.as_deref().into_iter().flat_map(|dist| ["--dist", dist]));
        }
        words.extend(url_prefix.into_iter().flat_map(|prefix| ["--url-prefix", prefix]));
        let command = Self::command(&words)?;
        Some(format!("{command} dist"))
    }

    /// Options are ours, what stands behind them is not.
    fn command(words: &[&str]) -> Option<String> {
        let word = |pair: (usize, &&str)| match pair.0.checked_sub(1).map(|before| words[before]) {
            Some(option) if option.starts_with("--") => quoted(pair.1),
            _ => Some((*pair.1).to_owned()),
        };
        Some(words.iter().enumerate().map(word).collect::<Option<Vec<_>>>()?.join(" "))
    }
}

/// A word of a shell, whatever the sender of an event put into it.
fn quoted(word: &str) -> Option<String> {
    if word.is_empty() || word.starts_with('-') || word.chars().any(char::is_control) {
        return None;
    }
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"@%+=:,./-_".contains(&byte);
    if word.bytes().all(is_plain) {
        return Some(word.to_owned());
    }
    Some(format!("'{}'", word.replace('\'', r"'\''")))
}

/// `https://h/static/js/app.js` lies in `~/static/js`.
fn folder_of(url: &str) -> Option<String> {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let path = match path.split_once("://") {
        Some((_, rest)) => &rest[rest.find('/')?..],
        None => path.strip_prefix('~').unwrap_or(path),
    };
    let folder = path.rsplit_once('/')?.0;
    Some(format!("~{}", if folder.is_empty() { "/" } else { folder }))
}

#[cfg(test)]
mod tests {
    use super::{Words, folder_of, quoted};
    use crate::model::artifact::FrameProblem;

    fn words() -> Words {
        Words {
            url: "https://errors.example.com".to_owned(),
            org: "acme".to_owned(),
            project: "shop".to_owned(),
            release: Some("shop@1.0".to_owned()),
            dist: None,
        }
    }

    #[test]
    fn commands_are_exact() {
        let command = |problem: &FrameProblem| words().of(problem, &[]).fix.and_then(|fix| fix.command);
        let absent = FrameProblem::NotInRelease {
            release: "shop@1.0".to_owned(),
            dist: None,
            url: "https://h/static/js/app.js?v=1".to_owned(),
        };
        assert_eq!(
            command(&absent).as_deref(),
            Some(
                "sentry-cli --url https://errors.example.com sourcemaps upload --org acme --project shop --release shop@1.0 --url-prefix '~/static/js' dist"
            )
        );
        let hostile = FrameProblem::ReleaseWithoutArtifacts { release: "1'; rm -rf ~ #".to_owned() };
        assert!(
            command(&hostile).is_some_and(|command| command.contains(r"--release '1'\''; rm -rf ~ #' dist"))
        );
        let hidden = FrameProblem::ReleaseWithoutArtifacts { release: "1\u{1b}[2K".to_owned() };
        assert_eq!(command(&hidden), None);
    }

    #[test]
    fn other_projects_are_named_where_they_may_be() {
        let debug_id = "5f8e3a0c-1b2d-4c3e-9f00-aabbccddeeff".parse().expect("a debug id");
        let problem = FrameProblem::OtherProject { debug_id, projects: Vec::new() };
        assert!(words().of(&problem, &[]).text.ends_with("was uploaded to another project."));
        assert!(
            words().of(&problem, &["web".to_owned()]).text.ends_with("was uploaded to web, not to shop.")
        );
    }

    #[test]
    fn words_of_a_shell_stay_words() {
        for (word, expected) in [
            ("a b", Some("'a b'")),
            ("$(id)", Some("'$(id)'")),
            ("shop@1.0+ab", Some("shop@1.0+ab")),
            ("~/x", Some("'~/x'")),
            ("--config", None),
            ("a\nb", None),
            ("", None),
        ] {
            assert_eq!(quoted(word).as_deref(), expected, "{word}");
        }
        assert_eq!(folder_of("https://h/app.js").as_deref(), Some("~/"));
        assert_eq!(folder_of("app:///dist/app.js").as_deref(), Some("~/dist"));
        assert_eq!(folder_of("https://h"), None);
    }
}
