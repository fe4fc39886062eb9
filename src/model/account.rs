//! People, what they may see, their invitations, sessions and tokens. Secrets appear here only as hashes.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::ids::{AccountId, ProjectId};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub id: AccountId,
    /// Lower case; unique.
    pub email: String,
    pub name: String,
    /// An argon2id hash in PHC form.
    pub password_hash: String,
    pub role: Role,
    /// The only projects that a viewer or a member reaches; `None`: all.
    #[serde(default)]
    pub projects: Option<Vec<ProjectId>>,
    pub created: Timestamp,
    /// Nobody signs in as this account any more; its name stays in histories.
    #[serde(default)]
    pub removed: Option<Timestamp>,
}

impl Account {
    /// What this account reaches: whoever administers has to see everything.
    pub fn visible_projects(&self) -> Option<&[ProjectId]> {
        self.projects.as_deref().filter(|_| self.role < Role::Admin)
    }

    pub fn sees(&self, project: ProjectId) -> bool {
        self.visible_projects().is_none_or(|visible| visible.contains(&project))
    }
}

/// Each may do all that those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Works on issues.
    Member,
    /// Changes projects, and people who are no owners.
    Admin,
    /// Everything. There is always one.
    Owner,
}

impl Role {
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Member, Self::Admin, Self::Owner];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    pub fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// Whether this role may give `other` to somebody, or take it away.
    pub fn governs(self, other: Self) -> bool {
        self == Self::Owner || (self == Self::Admin && other < Self::Owner)
    }
}

/// SHA-256 of a random token of 256 bits; the token itself is shown once and never kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TokenHash(pub [u8; 32]);

impl TokenHash {
    /// What a session or token is called in lists: enough of its hash to be unique, nothing of its secret.
    pub fn id(&self) -> String {
        hex::encode(&self.0[..8])
    }
}

/// Somebody who was asked to join and has not yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// The account will have this number.
    pub id: AccountId,
    /// Lower case; unique among invitations and accounts.
    pub email: String,
    pub role: Role,
    #[serde(default)]
    pub projects: Option<Vec<ProjectId>>,
    /// `None`: the token of the settings.
    pub invited_by: Option<AccountId>,
    pub created: Timestamp,
    pub expires: Timestamp,
    pub token: TokenHash,
}

/// A signed-in browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub account: AccountId,
    pub created: Timestamp,
    pub expires: Timestamp,
    pub user_agent: String,
    /// Where it was last seen.
    #[serde(default)]
    pub address: Option<IpAddr>,
    /// To the minute.
    #[serde(default)]
    pub last_active: Option<Timestamp>,
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
    /// To the minute.
    #[serde(default)]
    pub last_used: Option<Timestamp>,
    /// The first characters, to tell tokens apart in a list.
    pub prefix: String,
}

#[cfg(test)]
mod tests {
    use super::Role;

    #[test]
    fn nobody_gives_a_role_above_their_own() {
        let governed = |role: Role| Role::ALL.into_iter().filter(|other| role.governs(*other)).count();
        assert_eq!(Role::ALL.map(governed), [0, 0, 3, 4]);
        assert_eq!(Role::ALL.map(|role| Role::read(role.as_str())), Role::ALL.map(Some));
        assert_eq!(Role::read("root"), None);
    }
}
