//! A member as the API shows one, signed up or invited, and the words in which a role and projects are given.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::auth::sign_in::User;
use crate::api::error::{ApiError, Result};
use crate::api::{Api, when};
use crate::model::account::{Account, Invitation, Role};
use crate::model::ids::{AccountId, ProjectId};

/// Projects that one member may be given by name; more are all.
const PROJECTS_MAX: usize = 500;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberJson {
    pub id: String,
    pub email: String,
    /// Of a pending member the address.
    pub name: String,
    /// `owner`, `admin`, `member` or `viewer`.
    pub role: String,
    pub org_role: String,
    /// The slugs of the projects that the member reaches, as far as the caller reaches them; `null`: all there are.
    #[schema(required)]
    pub projects: Option<Vec<String>>,
    /// Invited, and has not accepted yet.
    pub pending: bool,
    /// The invitation is too old to be accepted.
    pub expired: bool,
    pub date_created: String,
    #[schema(required)]
    pub last_active: Option<String>,
    /// Until when the invitation can be accepted.
    #[schema(required)]
    pub invite_expires: Option<String>,
    #[schema(required)]
    pub inviter_name: Option<String>,
    /// `null` while pending.
    #[schema(required)]
    pub user: Option<User>,
    /// Only in the answer that made the link: what is kept of it is a hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invite_link: Option<String>,
    /// Only in an answer to `sendInvite`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail: Option<MailJson>,
}

/// What became of the mail.
#[derive(Serialize, ToSchema)]
pub struct MailJson {
    pub sent: bool,
    /// Why it was not.
    #[schema(required)]
    pub detail: Option<String>,
}

/// A slug or a number.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub enum ProjectWord {
    Number(u64),
    Text(String),
}

pub(super) fn read_role(text: &str) -> Result<Role> {
    Role::read(text).ok_or_else(|| ApiError::bad_request("role: expected viewer, member, admin or owner"))
}

impl Api {
    /// `None`: all.
    pub(super) fn read_projects(&self, words: Option<Vec<ProjectWord>>) -> Result<Option<Vec<ProjectId>>> {
        let Some(words) = words else { return Ok(None) };
        if words.len() > PROJECTS_MAX {
            return Err(ApiError::bad_request(format!("projects: at most {PROJECTS_MAX}")));
        }
        let mut projects = Vec::with_capacity(words.len());
        for word in words {
            let name = match word {
                ProjectWord::Number(number) => number.to_string(),
                ProjectWord::Text(text) => text,
            };
            let unknown = |_| ApiError::bad_request(format!("projects: `{name}` does not exist"));
            let id = self.project(&name).map_err(unknown)?.id;
            if !projects.contains(&id) {
                projects.push(id);
            }
        }
        Ok(Some(projects))
    }

    pub(super) fn member_json(
        &self,
        account: &Account,
        active: &HashMap<AccountId, Timestamp>,
    ) -> MemberJson {
        MemberJson {
            id: account.id.to_string(),
            email: account.email.clone(),
            name: account.name.clone(),
            role: account.role.as_str().to_owned(),
            org_role: account.role.as_str().to_owned(),
            projects: account.visible_projects().map(|projects| self.slugs(projects)),
            pending: false,
            expired: false,
            date_created: when(account.created),
            last_active: active.get(&account.id).copied().map(when),
            invite_expires: None,
            inviter_name: None,
            user: Some(User::of_account(account)),
            invite_link: None,
            mail: None,
        }
    }

    pub(super) fn pending_json(
        &self,
        invitation: &Invitation,
        people: &[Account],
        now: Timestamp,
    ) -> MemberJson {
        let inviter = people.iter().find(|account| Some(account.id) == invitation.invited_by);
        let projects = invitation.projects.as_deref().filter(|_| invitation.role < Role::Admin);
        MemberJson {
            id: invitation.id.to_string(),
            email: invitation.email.clone(),
            name: invitation.email.clone(),
            role: invitation.role.as_str().to_owned(),
            org_role: invitation.role.as_str().to_owned(),
            projects: projects.map(|projects| self.slugs(projects)),
            pending: true,
            expired: invitation.expires <= now,
            date_created: when(invitation.created),
            last_active: None,
            invite_expires: Some(when(invitation.expires)),
            inviter_name: inviter.map(|account| account.name.clone()),
            user: None,
            invite_link: None,
            mail: None,
        }
    }

    /// Of those that exist and that the caller sees.
    fn slugs(&self, projects: &[ProjectId]) -> Vec<String> {
        let directory = self.store.directory();
        let visible = projects.iter().filter(|project| self.sees(**project));
        visible.filter_map(|project| Some(directory.projects.get(project)?.slug.clone())).collect()
    }
}
