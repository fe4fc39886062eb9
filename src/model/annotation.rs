//! What somebody noted of the world at a moment, beside what this server sees itself: a flag was switched, a machine replaced, a
//! third party was down.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::ids::{AccountId, ProjectId};

pub const TITLE_CHARS_MAX: usize = 200;
pub const TEXT_CHARS_MAX: usize = 2_000;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Annotation {
    pub id: u64,
    pub at: Timestamp,
    /// `None`: it was a moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    pub title: String,
    #[serde(default)]
    pub text: String,
    pub kind: AnnotationKind,
    /// Empty: all.
    #[serde(default)]
    pub projects: Vec<ProjectId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// To where more is said, by https.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// `None`: a token that belongs to nobody.
    pub by: Option<AccountId>,
    /// When it was written down.
    pub noted: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnnotationKind {
    /// A feature flag was switched.
    Flag,
    Infrastructure,
    /// Somebody else's service.
    ThirdParty,
    #[default]
    Other,
}

impl Annotation {
    /// When it was over; what was a moment at once.
    pub fn end(&self) -> Timestamp {
        self.until.unwrap_or(self.at)
    }
}
