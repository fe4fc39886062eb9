//! What was accepted and is not digested yet: group-committed, fsynced before anyone hears 200.

use std::net::IpAddr;

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::ids::ProjectId;

/// One accepted envelope.
#[derive(Debug, Clone)]
pub struct Accepted {
    pub sender: Sender,
    /// A well-formed envelope whose header holds the event id if any item needs one; only items that digest keeps.
    pub envelope: Bytes,
    /// How many items stand in the envelope: what the ledger and the metrics count.
    pub items: u32,
}

/// Who sent it and when; kept beside the envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    pub project: ProjectId,
    pub received: Timestamp,
    pub client_ip: Option<IpAddr>,
    pub user_agent: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The caller should try again later.
    #[error("the inbox is full")]
    Full { retry_after_seconds: u64 },
    /// The disk failed or is full; nothing was accepted.
    #[error("the inbox could not be written: {0}")]
    Failed(String),
}

/// A handle; clones share one inbox.
#[derive(Clone)]
pub struct Inbox {}

impl Inbox {
    /// Returns once the envelope is on disk, fsynced.
    #[expect(clippy::unused_async, unused_variables, reason = "the seam: signatures first")]
    pub async fn append(&self, accepted: Accepted) -> Result<(), AppendError> {
        unimplemented!()
    }
}
