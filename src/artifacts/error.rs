//! What can go wrong, named for what the caller does next.

use std::io;

use zip::result::ZipError;

#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// What was uploaded is at fault: why, in a sentence for the one who did.
    #[error("{0}")]
    Rejected(String),
    /// It is larger than anything of its kind may be.
    #[error("{0}")]
    TooLarge(String),
    /// All artifacts together take as much room as they may.
    #[error(
        "artifacts take all the room that this server has for them ({0} MiB): delete bundles of old releases, or give \
         it more by LIGHTTRACE_DISK_MAX_BYTES"
    )]
    Full(u64),
    /// The server stops; what was begun is begun anew after its start.
    #[error("the server stops")]
    Stopped,
    #[error("artifacts could not be read or written: {0}")]
    Io(#[from] io::Error),
}

pub type Result<T> = std::result::Result<T, ArtifactError>;

impl ArtifactError {
    pub(super) fn rejected(detail: impl Into<String>) -> Self {
        Self::Rejected(detail.into())
    }

    /// Of reading what a client compressed: what the system says is about the disk, all else about the bytes, a
    /// place in the file that there is none of included.
    pub(super) fn of_reading(what: &str, error: io::Error) -> Self {
        use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
        let is_about_bytes = matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof);
        if is_about_bytes || error.raw_os_error().is_none() {
            return Self::Rejected(format!("{what} is damaged: {error}"));
        }
        Self::Io(error)
    }

    pub(super) fn of_zip(what: &str, error: ZipError) -> Self {
        match error {
            ZipError::Io(error) => Self::of_reading(what, error),
            other => Self::Rejected(format!("{what} is damaged: {other}")),
        }
    }
}
