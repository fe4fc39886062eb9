//! What can go wrong, named for what the caller does next. The engine's own errors end here.

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process holds the data folder.
    #[error("{0} is in use by another LightTrace process")]
    InUse(String),
    /// Written by a newer version, or not by LightTrace.
    #[error("{0}")]
    Unreadable(String),
    /// A name, slug, email or key that must be unique is taken.
    #[error("{0} exists already")]
    Taken(String),
    /// What people may not do to each other; the text says why.
    #[error("{0}")]
    Refused(&'static str),
    /// It cannot be done as it was asked for; the text says why.
    #[error("{0}")]
    Impossible(String),
    /// It was there when the caller looked, and is not now.
    #[error("it does not exist any more")]
    Gone,
    /// One event's payload cannot be read, now or later; everything else can.
    #[error("a payload is damaged: {0}")]
    Damaged(String),
    /// The disk or the engine failed; nothing of the call was written.
    #[error("storage failed: {0}")]
    Failed(String),
}

pub type Result<T> = std::result::Result<T, StoreError>;

impl StoreError {
    /// What failed without touching the disk will fail again: the bytes are at fault.
    pub(super) fn into_damaged(self) -> Self {
        match self {
            Self::Failed(cause) => Self::Damaged(cause),
            other => other,
        }
    }

    pub(super) fn failed(cause: impl std::fmt::Display) -> Self {
        Self::Failed(cause.to_string())
    }
}

macro_rules! engine_errors {
    ($($error:ty),*) => {
        $(impl From<$error> for StoreError {
            fn from(error: $error) -> Self {
                Self::Failed(error.to_string())
            }
        })*
    };
}

engine_errors!(
    redb::TransactionError,
    redb::TableError,
    redb::StorageError,
    redb::CommitError,
    redb::CompactionError,
    redb::SetDurabilityError,
    std::io::Error
);
