//! A search that a person keeps under a name.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::ids::AccountId;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedSearch {
    pub id: u64,
    /// `None`: made with the instance's own token.
    pub owner: Option<AccountId>,
    pub kind: SearchKind,
    pub name: String,
    pub query: String,
    /// In the words of the list it is for; empty: the list's own.
    pub sort: String,
    pub visibility: Visibility,
    pub created: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SearchKind {
    Issues,
    Events,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    Owner,
    Organization,
}

impl SavedSearch {
    pub fn is_shown_to(&self, account: Option<AccountId>) -> bool {
        self.visibility == Visibility::Organization || self.owner == account
    }
}
