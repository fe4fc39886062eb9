//! One file of a build: itself, its map, and what the server has of it.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use percent_encoding::percent_decode_str;

use crate::artifacts::verify::{self as judge, Reference, Report, Script};
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
    let mut report = match find_map(&file, &script.map) {
        Ok(map) => judge::judge_map(&script, &map),
        Err(problem) => Report { problems: vec![problem], ..Report::default() },
    };
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
        // What counts is what was uploaded: it may hold the sources beside the map.
        report.without_text.clear();
    }
    report.problems.extend(lacking_texts(&report));
    problems.extend(report.problems.into_iter().map(Problem::OfFile));
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
    Ok(Verdict { problems, summary })
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let bytes = fs::metadata(file).with_context(|| format!("cannot read {}", file.display()))?.len();
    anyhow::ensure!(bytes <= FILE_BYTES_MAX, "{} is larger than {FILE_BYTES_MAX} bytes", file.display());
    fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

fn find_map(file: &Path, reference: &Reference<'_>) -> Result<Vec<u8>, judge::Problem> {
    let beside = PathBuf::from(format!("{}.map", file.display()));
    let named = match reference {
        Reference::Inline { is_base64, data } => {
            let detail = "its data: URL cannot be decoded".to_owned();
            return judge::decode(*is_base64, data).ok_or(judge::Problem::MapMalformed { detail });
        }
        Reference::Named(named) => Some(named),
        Reference::None => None,
    };
    let path = named.and_then(|named| local(file, named));
    let found = path.into_iter().chain([beside]).find(|path| path.is_file());
    match (found, named) {
        (Some(path), _) => {
            read(&path).map_err(|error| judge::Problem::MapMalformed { detail: format!("{error:#}") })
        }
        (None, Some(named)) => {
            let named = named.chars().filter(|c| !c.is_control()).collect();
            Err(judge::Problem::MapAbsent { named })
        }
        (None, None) => Err(judge::Problem::NoMap),
    }
}

/// Where a map is served is not where it stands; but its name is the file's then.
fn local(file: &Path, named: &str) -> Option<PathBuf> {
    let named = named.split(['?', '#']).next().unwrap_or_default();
    if named.contains("://") || named.starts_with('/') {
        return None;
    }
    let named = percent_decode_str(named).decode_utf8_lossy().into_owned();
    Some(file.parent()?.join(named))
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

fn lacking_texts(report: &Report) -> Option<judge::Problem> {
    let own: Vec<&String> = report.without_text.iter().filter(|source| is_own(source)).collect();
    let first = own.first()?.chars().filter(|c| !c.is_control()).collect();
    Some(judge::Problem::LacksTexts { missing: own.len(), sources: report.sources, first })
}

/// Neither a library's nor one that the bundler made up.
fn is_own(source: &str) -> bool {
    !source.contains("node_modules/") && !source.contains("webpack/") && !source.starts_with('\0')
}
