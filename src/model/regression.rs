//! Why an issue is taken to be back: the facts as they were, kept with the activity that says so.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::issue::Resolution;
use crate::model::release::KnownRelease;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Because {
    pub reason: Reason,
    /// What did not hold.
    pub resolution: Resolution,
    /// Of the event, where it names one.
    pub release: Option<KnownRelease>,
    /// When the event happened, by its own clock, but not before its release was there.
    pub at: Timestamp,
    /// Where that release was deployed first: the event's environment before others.
    #[serde(default)]
    pub deploy: Option<Deployed>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployed {
    pub environment: String,
    pub at: Timestamp,
}

/// What made an event speak against a resolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It happened afterwards, and nothing tells releases apart.
    Afterwards,
    /// The very release that was to have the fix.
    ItsRelease,
    /// A newer one of the same line, or of a project with one line.
    NewerRelease,
    /// Of another line, and made after the fix.
    LaterRelease,
    /// The release lists the fixing commit, or is built on it.
    HasTheCommit,
}
