//! What grouping found: the variants of an event, their hashes, and how the issue is called.

use serde::{Deserialize, Serialize};

use crate::model::event::{EventKind, Level};
use crate::model::ids::GroupHash;

/// The rules by which hashes are made. A later version may add hashes, never split an issue.
pub const GROUPING_CONFIG: &str = "newstyle:2026-01-20";

/// One way to look at an event: only in-app frames, all frames, a fingerprint, …
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Variant {
    /// `app`, `system`, `default`, `custom_fingerprint`, `built_in_fingerprint`, `checksum`, `hashed_checksum`, `feedback`, `fallback`.
    pub name: String,
    /// `None` where the variant does not contribute.
    pub hash: Option<GroupHash>,
    /// Why it does not contribute, in words.
    pub hint: Option<String>,
    /// What the hash is made of, in order: exactly the strings that are fed to MD5. Empty where it does not contribute.
    pub values: Vec<String>,
}

/// The outcome for one event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grouping {
    pub variants: Vec<Variant>,
    /// The title that a fingerprint rule gave, variables filled in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The exception that names the issue, where it is not the last: the only leaf of an exception group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub main_exception: Option<usize>,
}

impl Grouping {
    /// The contributing hashes, the one that decides first: `app` before `system`.
    pub fn hashes(&self) -> Vec<GroupHash> {
        let mut hashes = Vec::with_capacity(2);
        for hash in self.variants.iter().filter_map(|variant| variant.hash) {
            if !hashes.contains(&hash) {
                hashes.push(hash);
            }
        }
        hashes
    }
}

/// How an issue is shown, taken from its latest event.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Headline {
    /// `TypeError: Cannot read …`, or the message.
    pub title: String,
    /// Where it happened: the transaction, or `module in function` of the crashing frame.
    pub culprit: String,
    pub kind: EventKind,
    pub level: Level,
    pub platform: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logger: Option<String>,
    pub metadata: Metadata,
    /// `Some(false)`: nobody caught it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handled: Option<bool>,
}

/// Sentry's `metadata` of an issue.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Metadata {
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// For events that are no errors: the message, the CSP directive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}
