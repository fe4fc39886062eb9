//! The shop: its releases (`data/demo/releases.toml`), customers and vocabulary (`data/demo/shop.toml`), its traffic
//! (`data/demo/traffic.toml`), its stories.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::demo::data::read;
use crate::demo::schedule::story_hours_ago;
use crate::demo::service::Service;
use crate::demo::sources::Sources;
use crate::demo::story::{Crumb, Stories, Story};
use crate::demo::traffic::Request;
use crate::demo::{Flaw, Result, Wish};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    devices: Vec<Device>,
    places: Vec<Place>,
    tenants: Vec<Tenant>,
    given_names: Vec<String>,
    family_names: Vec<String>,
    values: BTreeMap<String, Vec<String>>,
    trails: BTreeMap<String, Vec<Crumb>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Releases {
    authors: BTreeMap<String, String>,
    releases: Vec<Release>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Traffic {
    request: Vec<Request>,
}

pub struct Shop {
    /// Oldest first.
    pub releases: Vec<Release>,
    /// Who commits, by the name that commits name.
    pub authors: BTreeMap<String, String>,
    pub devices: Vec<Device>,
    pub places: Vec<Place>,
    pub tenants: Vec<Tenant>,
    pub given_names: Vec<String>,
    pub family_names: Vec<String>,
    /// What templates choose from, by name.
    pub values: BTreeMap<String, Vec<String>>,
    /// Breadcrumbs that several stories begin with.
    pub trails: BTreeMap<String, Vec<Crumb>>,
    pub stories: Vec<Story>,
    /// What it does all day.
    pub traffic: Vec<Request>,
    pub sources: Sources,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    pub version: String,
    pub build: String,
    /// When it was deployed.
    pub hours_ago: u32,
    /// Newest first.
    pub commits: Vec<Commit>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commit {
    pub author: String,
    pub message: String,
    /// From the repository's root; the first segment is the service's folder.
    pub files: Vec<String>,
}

/// What a customer holds in their hand.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    pub name: String,
    pub user_agent: String,
    pub weight: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub city: String,
    pub region: String,
    pub country: String,
    pub locale: String,
    pub timezone: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tenant {
    pub name: String,
    pub weight: u64,
}

impl Shop {
    pub fn load() -> Result<Self> {
        let file: File = read("shop.toml")?;
        let Releases { authors, releases } = read("releases.toml")?;
        let mut stories = Vec::new();
        for service in Service::ALL {
            let Stories { story } = read(&format!("stories/{}.toml", service.folder()))?;
            stories.extend(story);
        }
        Ok(Self {
            releases,
            authors,
            devices: file.devices,
            places: file.places,
            tenants: file.tenants,
            given_names: file.given_names,
            family_names: file.family_names,
            values: file.values,
            trails: file.trails,
            stories,
            traffic: read::<Traffic>("traffic.toml")?.request,
            sources: Sources::load()?,
        })
    }

    pub fn story(&self, name: &str) -> Result<&Story> {
        let found = self.stories.iter().find(|story| story.name == name);
        found.ok_or_else(|| Flaw(format!("no story is called `{name}`")))
    }

    /// The newest that was out; those named by a story win over it.
    pub fn release_at(&self, at: Timestamp, wish: &Wish) -> &Release {
        let hours = story_hours_ago(at, wish);
        let out = self.releases.iter().rev().find(|release| i64::from(release.hours_ago) > hours);
        out.unwrap_or(&self.releases[0])
    }
}

/// So much earlier, for breadcrumbs and spans.
pub(super) fn earlier(at: Timestamp, seconds: f64) -> Timestamp {
    at - SignedDuration::from_secs_f64(seconds)
}
