//! One file of a build: itself, its map, and what the server has of it.

use std::fmt;
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;

use crate::artifacts::verify::{self as judge, MapReference, Report, Script};
use crate::cli::verify::server::{Held, Server};

/// Larger files are no code that anybody runs.
const FILE_BYTES_MAX: u64 = 512 << 20;

/// Found wrong, by looking at the file or by asking the server.
#[derive(Debug, Clone, PartialEq)]
pub enum Problem {
    OfFile(judge::Problem),
    NotUploaded,
    NotInRelease,
    NoMapUploaded,
    UploadedMapMalformed { detail: String },
    UploadedMapLacksTexts,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OfFile(problem) => problem.fmt(f),
            Self::NotUploaded => write!(f, "is not on the server: nothing with its debug id was uploaded"),
            Self::NotInRelease => write!(f, "is not on the server: the release has no file of this name"),
            Self::NoMapUploaded => write!(f, "is on the server without its source map"),
            Self::UploadedMapMalformed { detail } => {
                write!(f, "is on the server with a source map that cannot be read: {detail}")
            }
            Self::UploadedMapLacksTexts => {
                write!(f, "is on the server with a source map that lacks texts of sources")
            }
        }
    }
}

pub struct Verdict {
    pub problems: Vec<Problem>,
    pub notes: Vec<String>,
    /// What it is, where nothing is wrong.
    pub summary: String,
}

pub fn check(
    folder: &Path,
    path: &Path,
    release: Option<&str>,
    server: Option<&mut Server>,
) -> anyhow::Result<Verdict> {
    let file = folder.join(path);
    let text = String::from_utf8_lossy(&read(&file)?).into_owned();
    let script = Script::read(&text);
    let mut problems: Vec<Problem> =
        judge::judge_ids(&script, release.is_some()).map(Problem::OfFile).into_iter().collect();
    let (mut report, base) = match find_map(&file, script.map.as_ref()) {
        Ok((map, base)) => (judge::judge_map(&script, &map), base),
        Err(problem) => (Report { problems: vec![problem], ..Report::default() }, file.clone()),
    };
    let mut notes = Vec::new();
    if let Some(server) = server
        && problems.is_empty()
    {
        let held = match (script.registered_id, release) {
            (Some(id), _) => server.by_debug_id(id)?,
            (None, Some(release)) => server.by_release(release, path)?,
            (None, None) => unreachable!("a file that nothing names has a problem"),
        };
        if held.as_ref().is_some_and(Held::is_readable) {
            // Builds that delete their maps once these are uploaded do well.
            report.problems.retain(|problem| !is_absence(problem));
        }
        problems.extend(on_server(held.as_ref(), script.registered_id.is_some()));
        // What counts is what was uploaded: uploaders put texts in.
        report.without_text.clear();
    }
    problems.extend(report.problems.iter().cloned().map(Problem::OfFile));
    if let Some((problem, on_disk)) = lacking_texts(&report, &base) {
        problems.extend(problem.map(Problem::OfFile));
        if on_disk > 0 {
            notes.push(format!("its map lacks the text of {on_disk} sources that stand beside it: upload with sentry-cli, which puts them in"));
        }
    }
    let name = match (script.registered_id, release) {
        (Some(id), _) => format!("debug id {id}"),
        (None, Some(release)) => format!("release {release}"),
        (None, None) => String::new(),
    };
    let summary = match report.sources {
        0 => name,
        1 => format!("{name}, 1 source"),
        sources => format!("{name}, {sources} sources"),
    };
    Ok(Verdict { problems, notes, summary })
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let bytes = fs::metadata(file).with_context(|| format!("cannot read {}", file.display()))?.len();
    anyhow::ensure!(bytes <= FILE_BYTES_MAX, "{} is larger than {FILE_BYTES_MAX} bytes", file.display());
    fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

/// The map, and the file that its sources are told from.
fn find_map(file: &Path, reference: Option<&MapReference<'_>>) -> Result<(Vec<u8>, PathBuf), judge::Problem> {
    let beside = PathBuf::from(format!("{}.map", file.display()));
    let path = match reference {
        Some(MapReference::Inline(url)) => {
            let detail = "its data: URL cannot be decoded".to_owned();
            let map = decode(url).ok_or(judge::Problem::MapMalformed { detail })?;
            return Ok((map, file.to_owned()));
        }
        // Where it is served is not where it stands; its name is the same.
        Some(MapReference::Named(named)) if is_remote(named) => beside.clone(),
        Some(MapReference::Named(named)) => {
            let named = percent_decode_str(named).decode_utf8_lossy().into_owned();
            file.parent().unwrap_or(Path::new("")).join(named)
        }
        None => beside.clone(),
    };
    let found = [&path, &beside].into_iter().find(|path| path.is_file());
    match (found, reference) {
        (Some(path), _) => match read(path) {
            Ok(map) => Ok((map, path.clone())),
            Err(error) => Err(judge::Problem::MapMalformed { detail: format!("{error:#}") }),
        },
        (None, Some(MapReference::Named(named))) => {
            let named = named.chars().filter(|c| !c.is_control()).collect();
            Err(judge::Problem::MapAbsent { named })
        }
        (None, _) => Err(judge::Problem::NoMap),
    }
}

fn is_remote(named: &str) -> bool {
    named.contains("://") || named.starts_with('/')
}

fn decode(url: &str) -> Option<Vec<u8>> {
    let (kind, content) = url.split_once(',')?;
    if kind.ends_with(";base64") {
        return STANDARD.decode(content).ok();
    }
    Some(percent_decode_str(content).collect())
}

fn is_absence(problem: &judge::Problem) -> bool {
    matches!(problem, judge::Problem::NoMap | judge::Problem::MapAbsent { .. })
}

fn on_server(held: Option<&Held>, has_id: bool) -> Option<Problem> {
    match held {
        None if has_id => Some(Problem::NotUploaded),
        None => Some(Problem::NotInRelease),
        Some(Held::Ready) => None,
        Some(Held::LacksTexts) => Some(Problem::UploadedMapLacksTexts),
        Some(Held::NoMap) => Some(Problem::NoMapUploaded),
        Some(Held::Malformed { detail }) => Some(Problem::UploadedMapMalformed { detail: detail.clone() }),
    }
}

/// A problem where the author's own sources have no text anywhere, and how many have theirs on disk.
fn lacking_texts(report: &Report, base: &Path) -> Option<(Option<judge::Problem>, usize)> {
    let own = report.without_text.iter().filter(|source| is_own(source));
    let (on_disk, lost): (Vec<&String>, Vec<&String>) = own.partition(|source| is_beside(source, base));
    let problem = lost.first().map(|first| judge::Problem::LacksTexts {
        missing: lost.len(),
        sources: report.sources,
        first: first.chars().filter(|c| !c.is_control()).collect(),
    });
    (problem.is_some() || !on_disk.is_empty()).then_some((problem, on_disk.len()))
}

/// Neither a library's nor one that the bundler made up.
fn is_own(source: &str) -> bool {
    !source.contains("node_modules/") && !source.contains("webpack/") && !source.starts_with('\0')
}

fn is_beside(source: &str, base: &Path) -> bool {
    let source = Path::new(source);
    let is_plain = !source.components().any(|part| matches!(part, Component::Prefix(_)));
    is_plain && base.parent().is_some_and(|folder| folder.join(source).is_file())
}
