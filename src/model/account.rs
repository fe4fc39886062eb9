//! People, their sessions and tokens. Secrets appear here only as hashes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::ids::AccountId;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub id: AccountId,
    /// Lower case; unique.
    pub email: String,
    pub name: String,
    /// An argon2id hash in PHC form.
    pub password_hash: String,
    pub role: Role,
    pub created: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Viewer,
    Member,
    Admin,
    Owner,
}

/// SHA-256 of a random token of 256 bits; the token itself is shown once and never kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenHash(pub [u8; 32]);

/// A signed-in browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub account: AccountId,
    pub created: Timestamp,
    pub expires: Timestamp,
    pub user_agent: String,
}

/// A bearer token for the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiToken {
    pub account: AccountId,
    pub name: String,
    /// Sentry's scope names: `event:read`, `project:write`, `org:admin`, …
    pub scopes: Vec<String>,
    pub created: Timestamp,
    #[serde(default)]
    pub expires: Option<Timestamp>,
    /// The first characters, to tell tokens apart in a list.
    pub prefix: String,
}
