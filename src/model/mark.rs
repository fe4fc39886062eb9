//! What an issue is to one person.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Mark {
    #[serde(default)]
    pub is_bookmarked: bool,
    /// `None`: the person has not said.
    #[serde(default)]
    pub is_subscribed: Option<bool>,
    /// When the person last looked at it.
    #[serde(default)]
    pub seen: Option<Timestamp>,
}

/// What is `None` stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MarkChange {
    pub is_bookmarked: Option<bool>,
    pub is_subscribed: Option<bool>,
    pub has_seen: Option<bool>,
    /// The person did something about it, and follows it unless they said otherwise.
    pub takes_part: bool,
}
