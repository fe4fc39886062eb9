//! What a server has of a build, asked through its API: the bundles that hold a debug id or belong to a release, and
//! their files. Each bundle is read once.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use ureq::http::StatusCode;
use url::Url;

use crate::cli::remote::{Answer, Remote, clean};
use crate::model::artifact::DebugId;

/// Pages of one list.
const PAGES_MAX: usize = 1_000;
const ASSEMBLING: &str = "assembling";
const ASSEMBLING_INTERVAL: Duration = Duration::from_millis(500);
const ASSEMBLING_MAX: Duration = Duration::from_mins(5);

/// A minified file that was uploaded, by what it can be read with.
#[derive(Debug, Clone, PartialEq)]
pub enum Held {
    Ready,
    LacksTexts,
    NoMap,
    Malformed { detail: String },
}

impl Held {
    pub fn is_readable(&self) -> bool {
        matches!(self, Self::Ready | Self::LacksTexts)
    }
}

pub struct Server {
    remote: Remote,
    org: String,
    project: String,
    bundles: HashSet<String>,
    by_id: HashMap<DebugId, Held>,
    /// Addresses of the release's files, once it was asked for.
    by_url: Option<Vec<(String, Held)>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BundleJson {
    bundle_id: String,
    state: String,
}

#[derive(Deserialize)]
struct FilesJson {
    files: Vec<FileJson>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FileJson {
    /// `~/static/app.js`, or absolute.
    url: String,
    debug_id: Option<DebugId>,
    /// Of minified files alone.
    map_state: Option<MapJson>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MapJson {
    state: String,
    #[serde(default)]
    lacks_contents: bool,
    #[serde(default)]
    detail: String,
}

impl Server {
    pub fn new(url: &Url, token: String, org: String, project: String) -> Self {
        Self {
            remote: Remote::new(url, token),
            org,
            project,
            bundles: HashSet::new(),
            by_id: HashMap::new(),
            by_url: None,
        }
    }

    pub fn base(&self) -> &str {
        self.remote.base()
    }

    pub fn org(&self) -> &str {
        &self.org
    }

    pub fn project(&self) -> &str {
        &self.project
    }

    /// Waits until the server has read all that was uploaded to the project: uploaders need not.
    pub fn wait_for_uploads(&self) -> anyhow::Result<()> {
        let started = Instant::now();
        while self.list(&[])?.iter().any(|bundle| bundle.state == ASSEMBLING) {
            if started.elapsed() > ASSEMBLING_MAX {
                bail!("{} is still reading what was uploaded; try again later", self.base());
            }
            std::thread::sleep(ASSEMBLING_INTERVAL);
        }
        Ok(())
    }

    pub fn by_debug_id(&mut self, id: DebugId) -> anyhow::Result<Option<Held>> {
        if !self.by_id.contains_key(&id) {
            self.read_bundles(&[("query", &id.to_string())])?;
        }
        Ok(self.by_id.get(&id).cloned())
    }

    /// Where a file is served is not known here, its name is: any address that ends with its path below the folder.
    pub fn by_release(&mut self, release: &str, path: &Path) -> anyhow::Result<Option<Held>> {
        if self.by_url.is_none() {
            self.bundles.clear();
            let files = self.read_bundles(&[("release", release)])?;
            self.by_url = Some(files);
        }
        let path = path.to_string_lossy();
        let is_of = |url: &str| {
            let url = url.split(['?', '#']).next().unwrap_or_default();
            url.strip_suffix(&*path).is_some_and(|before| before.ends_with('/'))
        };
        let files = self.by_url.iter().flatten();
        Ok(files.filter(|(url, _)| is_of(url)).map(|(_, held)| held.clone()).min_by_key(rank))
    }

    fn read_bundles(&mut self, query: &[(&str, &str)]) -> anyhow::Result<Vec<(String, Held)>> {
        let mut found = Vec::new();
        for bundle in self.list(query)? {
            if !self.bundles.insert(bundle.bundle_id.clone()) {
                continue;
            }
            let below = format!("{}/files/", bundle.bundle_id);
            for file in self.pages::<FilesJson>(&below, &[])?.into_iter().flat_map(|page| page.files) {
                let Some(held) = file.held() else { continue };
                if let Some(id) = file.debug_id {
                    let known = self.by_id.entry(id).or_insert_with(|| held.clone());
                    if rank(&held) < rank(known) {
                        *known = held.clone();
                    }
                }
                found.push((file.url, held));
            }
        }
        Ok(found)
    }

    fn list(&self, query: &[(&str, &str)]) -> anyhow::Result<Vec<BundleJson>> {
        Ok(self.pages::<Vec<BundleJson>>("", query)?.into_iter().flatten().collect())
    }

    fn pages<T: DeserializeOwned>(&self, below: &str, query: &[(&str, &str)]) -> anyhow::Result<Vec<T>> {
        let mut pages = Vec::new();
        let mut cursor: Option<String> = None;
        let path = ["projects", &self.org, &self.project, "files", "artifact-bundles"];
        for _ in 0..PAGES_MAX {
            let path = path.into_iter().chain(below.split('/').filter(|part| !part.is_empty()));
            let next = cursor.as_deref().map(|cursor| ("cursor", cursor));
            let answer = self.remote.get(path, query.iter().copied().chain(next))?;
            if !answer.status.is_success() {
                return self.refused(&answer);
            }
            let page = serde_json::from_str(&answer.text);
            pages.push(page.with_context(|| format!("{} answers otherwise than LightTrace", self.base()))?);
            cursor = answer.cursor;
            if cursor.is_none() {
                return Ok(pages);
            }
        }
        bail!("{} has more than {PAGES_MAX} pages of files", self.base())
    }

    fn refused<T>(&self, answer: &Answer) -> anyhow::Result<T> {
        let detail = answer.detail();
        match answer.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                bail!("{} does not let this token read the project's files: {detail}", self.base())
            }
            StatusCode::NOT_FOUND => {
                bail!("{} has no project {} in {}: {detail}", self.base(), self.project, self.org)
            }
            status => bail!("{} answered {status}: {detail}", self.base()),
        }
    }
}

impl FileJson {
    /// `None` for maps and sources.
    fn held(&self) -> Option<Held> {
        let map = self.map_state.as_ref()?;
        Some(match map.state.as_str() {
            "ready" if map.lacks_contents => Held::LacksTexts,
            "ready" => Held::Ready,
            "malformed" => Held::Malformed { detail: clean(&map.detail) },
            _ => Held::NoMap,
        })
    }
}

/// The best of several uploads counts.
fn rank(held: &Held) -> u8 {
    match held {
        Held::Ready => 0,
        Held::LacksTexts => 1,
        Held::Malformed { .. } => 2,
        Held::NoMap => 3,
    }
}
