//! What can go wrong in search, named for what the caller does next.

use crate::model::week::Week;

#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// This index can not be used. `Search::erase` and a new start from cursor 0 mend it.
    #[error("the search index of {week} must be rebuilt: {reason}")]
    Rebuild { week: Week, reason: String },
    /// Another process holds the index.
    #[error("the search index of {week} is in use by another process")]
    InUse { week: Week },
    /// The query's wildcards ask for more than a search may cost: the caller's mistake.
    #[error("the query's wildcards are too complex")]
    TooComplex,
    /// There are more releases than a comparison may look through.
    #[error("there are too many releases to compare; name one, or use `*`")]
    TooManyReleases,
    #[error("search index: {0}")]
    Io(#[from] std::io::Error),
    /// The engine failed; what it holds on disk is as after the last commit.
    #[error("search engine: {0}")]
    Engine(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<tantivy::TantivyError> for SearchError {
    fn from(error: tantivy::TantivyError) -> Self {
        match error {
            tantivy::TantivyError::IoError(io) => Self::Io(std::io::Error::new(io.kind(), io)),
            other => Self::Engine(Box::new(other)),
        }
    }
}
