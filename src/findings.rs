//! What is known of an issue or a release, gathered from store and search for `insight` to judge: suspects, verdicts, fixes. Reads only,
//! and so much at most as the constants say.

use crate::digest::stored::Reader;
use crate::model::ids::ProjectId;
use crate::search::{Search, SearchError};
use crate::store::{Store, StoreError};

pub mod fix_watch;
pub mod suspects;
pub mod verdict;

/// Where facts come from, as far as somebody may see them.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    pub store: &'a Store,
    pub search: &'a Search,
    pub reader: &'a Reader,
    /// Whether the asker may see a project.
    pub sees: &'a dyn Fn(ProjectId) -> bool,
}

#[derive(Debug, thiserror::Error)]
pub enum FindingError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Search(#[from] SearchError),
}

pub type Result<T> = std::result::Result<T, FindingError>;
