//! The shop's own source files, and the libraries that its stacks pass through.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::demo::data::{Data, read, text};
use crate::demo::service::Service;
use crate::demo::{Flaw, Result};

/// As SDKs send them, before and after the line.
const CONTEXT_LINES: usize = 5;

pub struct Sources {
    /// By path below `data/demo/src`.
    files: BTreeMap<String, Vec<String>>,
    libraries: BTreeMap<String, Vec<LibraryFrame>>,
}

/// A frame outside the shop's code; its line alone is known.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LibraryFrame {
    pub function: String,
    /// Python's.
    pub module: Option<String>,
    pub path: String,
    pub line: u32,
    pub column: Option<u32>,
    pub code: Option<String>,
}

/// A line of the shop's source with its neighbours.
pub struct Line<'a> {
    pub number: usize,
    /// Of the place that was looked for, from 1.
    pub column: usize,
    pub before: &'a [String],
    pub text: &'a str,
    pub after: &'a [String],
}

impl Sources {
    pub fn load() -> Result<Self> {
        let mut files = BTreeMap::new();
        for path in Data::iter() {
            if let Some(name) = path.strip_prefix("src/") {
                files.insert(name.to_owned(), text(&path)?.lines().map(str::to_owned).collect());
            }
        }
        Ok(Self { files, libraries: read("libraries.toml")? })
    }

    /// The one line of a file that holds `needle`.
    pub fn line(&self, service: Service, path: &str, needle: &str) -> Result<Line<'_>> {
        let path = format!("{}/{path}", service.folder());
        let lines = self.files.get(&path).ok_or_else(|| Flaw(format!("no source {path}")))?;
        let mut found =
            lines.iter().enumerate().filter_map(|(index, line)| Some((index, line.find(needle)?)));
        let (Some((index, column)), None) = (found.next(), found.next()) else {
            return Err(Flaw(format!("not exactly one line of {path} holds `{needle}`")));
        };
        Ok(Line {
            number: index + 1,
            column: column + 1,
            before: &lines[index.saturating_sub(CONTEXT_LINES)..index],
            text: &lines[index],
            after: &lines[index + 1..lines.len().min(index + 1 + CONTEXT_LINES)],
        })
    }

    pub fn library(&self, name: &str) -> Result<&[LibraryFrame]> {
        self.libraries.get(name).map(Vec::as_slice).ok_or_else(|| Flaw(format!("no library `{name}`")))
    }
}
