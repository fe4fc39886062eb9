//! Projects and the keys their SDKs use.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::ids::{ProjectId, PublicKey};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Project {
    pub id: ProjectId,
    /// Lower-case letters, digits, `-` and `_`; unique, at most 50 bytes, never only digits.
    pub slug: String,
    pub name: String,
    #[serde(default)]
    pub platform: Option<String>,
    pub created: Timestamp,
    /// When the first event was recorded.
    #[serde(default)]
    pub first_event: Option<Timestamp>,
    #[serde(default)]
    pub settings: ProjectSettings,
    /// What it was called before, oldest first: links and short ids of those days still lead here. At most
    /// `FORMER_SLUGS_MAX`.
    #[serde(default)]
    pub former_slugs: Vec<String>,
    /// Made up by `lighttrace demo`.
    #[serde(default)]
    pub is_demo: bool,
}

pub const FORMER_SLUGS_MAX: usize = 10;

/// What a person may change about a project.
#[derive(Debug, Clone, PartialEq)]
pub struct ProjectEdit {
    pub slug: String,
    pub name: String,
    pub platform: Option<String>,
    pub settings: ProjectSettings,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct ProjectSettings {
    pub scrubbing: Scrubbing,
    pub rate_limit: Option<RateLimit>,
    /// Events that were received longer ago are erased; `None`: as long as the instance keeps them.
    pub retention_days: Option<u32>,
    /// Stack-trace rules in Sentry's syntax, applied after the built-in ones.
    pub grouping_rules: String,
    /// Fingerprint rules in Sentry's syntax.
    pub fingerprint_rules: String,
    pub explain: ExplainSettings,
}

/// What a language model may be told and asked of a project's issues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct ExplainSettings {
    /// Nothing of it leaves this server.
    pub forbidden: bool,
    /// New, returning and spiking issues are explained without being asked for.
    pub automatic: bool,
}

/// Which secrets are taken out of events before anything is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Scrubbing {
    /// The built-in rules: cards, keys, passwords, cookies, …
    pub enabled: bool,
    /// Further key names whose values are filtered; matched as a part of the key, in any case.
    pub extra_keys: Vec<String>,
    /// Keys that are never filtered; matched whole, in any case.
    pub safe_keys: Vec<String>,
    /// Also filter IP addresses.
    pub ip_addresses: bool,
}

impl Default for Scrubbing {
    fn default() -> Self {
        Self { enabled: true, extra_keys: Vec::new(), safe_keys: Vec::new(), ip_addresses: false }
    }
}

/// At most `count` events in every window of `seconds`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateLimit {
    pub count: u32,
    pub seconds: u32,
}

/// A DSN's key. The public key is all that SDKs need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectKey {
    pub public: PublicKey,
    pub project: ProjectId,
    pub label: String,
    pub enabled: bool,
    #[serde(default)]
    pub rate_limit: Option<RateLimit>,
    pub created: Timestamp,
}
