//! Who belongs to the organization, with which role, and what they reach: accounts, and invitations that nobody has
//! accepted yet. An invitation has the number that its account will have.

use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use crate::api::Api;
use crate::api::auth::Caller;
use crate::api::auth::sign_in::checked_name;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::invitations::renew;
use crate::api::member_json::{MemberJson, ProjectWord, read_role};
use crate::api::page::{Page, answer};
use crate::model::ids::AccountId;
use crate::store::{AccountChange, InvitationChange};

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

impl Api {
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
}
