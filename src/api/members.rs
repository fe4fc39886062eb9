//! Who belongs to the organization, with which role, and what they reach: accounts, and invitations that nobody has
//! accepted yet. An invitation has the number that its account will have.

use std::collections::HashMap;

use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::api::auth::Caller;
use crate::api::auth::sign_in::{User, checked_name};
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::invitations::{MailJson, renew};
use crate::api::page::{Page, answer};
use crate::api::{Api, when};
use crate::model::account::{Account, Invitation, Role};
use crate::model::ids::{AccountId, ProjectId};
use crate::store::{AccountChange, InvitationChange};

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

/// What is absent stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberChange {
    #[serde(alias = "orgRole")]
    pub role: Option<String>,
    /// Slugs or numbers; `null`: all.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<Vec<String>>)]
    #[expect(clippy::option_option, reason = "`null` is all, absent is as it was")]
    pub projects: Option<Option<Vec<ProjectWord>>>,
    pub name: Option<String>,
    /// A new link for a pending member; the old one ends.
    #[serde(default)]
    pub reinvite: bool,
    /// Whether that link goes out by mail.
    #[serde(default)]
    pub send_invite: bool,
}

/// A slug or a number.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum ProjectWord {
    Number(u64),
    Text(String),
}

/// Tells `null` from absent.
fn some<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    value: D,
) -> std::result::Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}

/// Everybody, those who were invited last.
#[utoipa::path(get, path = "/api/0/organizations/{org}/members/", tag = "members", params(("org" = String, Path)),
    responses((status = 200, body = Vec<MemberJson>), (status = 404, body = ErrorBody)))]
pub async fn list_members(api: web::Data<Api>, request: HttpRequest) -> Result<HttpResponse> {
    let rows = api.run(Api::members).await?;
    Ok(answer(&api, &request, &Page::whole(rows)))
}

/// One member; `me` is who asks.
#[utoipa::path(get, path = "/api/0/organizations/{org}/members/{member}/", tag = "members",
    params(("org" = String, Path), ("member" = String, Path, description = "Number, or `me`")),
    responses((status = 200, body = MemberJson), (status = 404, body = ErrorBody)))]
pub async fn get_member(
    api: web::Data<Api>,
    caller: Caller,
    path: web::Path<(String, String)>,
) -> Result<web::Json<MemberJson>> {
    let id = member_id(&caller, &path.1)?;
    let member = api.run(move |api| api.member(id)).await?;
    Ok(web::Json(member))
}

/// Gives a member another role or other projects, or a pending one a new link. Nobody gives or takes a role above their
/// own, and the last owner stays one.
#[utoipa::path(put, path = "/api/0/organizations/{org}/members/{member}/", tag = "members",
    params(("org" = String, Path), ("member" = String, Path)), request_body = MemberChange,
    responses((status = 200, body = MemberJson), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub async fn update_member(
    api: web::Data<Api>,
    caller: Caller,
    path: web::Path<(String, String)>,
    body: web::Json<MemberChange>,
) -> Result<web::Json<MemberJson>> {
    let id = member_id(&caller, &path.1)?;
    let MemberChange { role, projects, name, reinvite, send_invite } = body.into_inner();
    let change = AccountChange {
        name: name.as_deref().map(checked_name).transpose()?,
        role: role.as_deref().map(read_role).transpose()?,
        projects: projects.map(|words| api.read_projects(words)).transpose()?,
    };
    let by = caller.role;
    let now = Timestamp::now();
    let invitation = api.run(move |api| Ok(api.store.find_invitation(id)?)).await?;
    if let Some(invitation) = invitation {
        let change = InvitationChange { role: change.role, projects: change.projects, token: None };
        return renew(&api, &caller, invitation.id, change, reinvite, send_invite).await.map(web::Json);
    }
    let member = api
        .run(move |api| {
            api.store.change_account(id, &change, Some(by), &api.by, now)?;
            api.member(id)
        })
        .await?;
    Ok(web::Json(member))
}

/// Removes a member or revokes an invitation. Sessions and tokens end at once; the name stays in histories. With `me`
/// one leaves.
#[utoipa::path(delete, path = "/api/0/organizations/{org}/members/{member}/", tag = "members",
    params(("org" = String, Path), ("member" = String, Path)),
    responses((status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn remove_member(
    api: web::Data<Api>,
    caller: Caller,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse> {
    let id = member_id(&caller, &path.1)?;
    let role = caller.role;
    api.run(move |api| {
        let now = Timestamp::now();
        match api.store.find_invitation(id)? {
            Some(invitation) => Ok(api.store.revoke_invitation(invitation.id, role, &api.by, now)?),
            None => Ok(api.store.remove_account(id, role, &api.by, now)?),
        }
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

fn member_id(caller: &Caller, name: &str) -> Result<AccountId> {
    if name == "me" {
        return Ok(caller.person()?.id);
    }
    name.parse().map_err(|_| ApiError::not_found())
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

    fn members(&self) -> Result<Vec<MemberJson>> {
        let people = self.store.accounts()?;
        let active = self.store.last_active()?;
        let mut rows: Vec<_> = people.iter().map(|account| self.member_json(account, &active)).collect();
        for invitation in self.store.invitations()? {
            rows.push(self.pending_json(&invitation, &people, Timestamp::now()));
        }
        Ok(rows)
    }

    fn member(&self, id: AccountId) -> Result<MemberJson> {
        if let Some(account) = self.store.find_account(id)? {
            return Ok(self.member_json(&account, &self.store.last_active()?));
        }
        let invitation = self.store.find_invitation(id)?.ok_or_else(ApiError::not_found)?;
        Ok(self.pending_json(&invitation, &self.store.accounts()?, Timestamp::now()))
    }

    fn member_json(&self, account: &Account, active: &HashMap<AccountId, Timestamp>) -> MemberJson {
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
