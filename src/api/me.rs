//! The person who asks: name and password.

use std::time::Instant;

use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::Api;
use crate::api::auth::sign_in::{User, checked_name};
use crate::api::auth::{Caller, address, password};
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::model::audit::{Action, Entry};
use crate::store::AccountChange;

#[derive(Deserialize, ToSchema)]
pub struct ProfileChange {
    pub name: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PasswordChange {
    /// The one that is valid now.
    pub password: String,
    pub password_new: String,
}

/// The account that is asking.
#[utoipa::path(get, path = "/api/0/users/me/", tag = "users",
    responses((status = 200, body = User), (status = 401, body = ErrorBody)))]
pub async fn get_me(caller: Caller) -> web::Json<User> {
    web::Json(User::of(&caller))
}

/// Changes one's own name. Needs a session: a token does not manage the account it belongs to.
#[utoipa::path(put, path = "/api/0/users/me/", tag = "users", request_body = ProfileChange,
    responses((status = 200, body = User), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub async fn update_me(
    api: web::Data<Api>,
    caller: Caller,
    body: web::Json<ProfileChange>,
) -> Result<web::Json<User>> {
    let id = caller.person()?.id;
    let change = AccountChange { name: Some(checked_name(&body.name)?), ..AccountChange::default() };
    let account = api
        .run(move |api| Ok(api.store.change_account(id, &change, None, &api.by, Timestamp::now())?))
        .await?;
    Ok(web::Json(User::of_account(&account)))
}

/// Changes one's own password and ends all other sessions. Tries count as those of signing in do.
#[utoipa::path(post, path = "/api/0/users/me/password/", tag = "users", request_body = PasswordChange,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 429, body = ErrorBody)))]
pub async fn change_password(
    api: web::Data<Api>,
    request: HttpRequest,
    caller: Caller,
    body: web::Json<PasswordChange>,
) -> Result<HttpResponse> {
    let account = caller.person()?.clone();
    let PasswordChange { password, password_new } = body.into_inner();
    let from = address::client(&request, &api.config.trusted_proxies);
    let tried = api.throttle.begin(&account.email, from, Instant::now()).map_err(ApiError::throttled)?;
    if password.len() > password::PASSWORD_BYTES_MAX {
        return Err(ApiError::bad_request("The password is too long"));
    }
    let hash = account.password_hash.clone();
    let is_right = password::off_thread(move || password::verify(&password, Some(&hash))).await?;
    let now = Timestamp::now();
    if !is_right {
        let entry = Entry::new(now, api.by.clone(), Action::PasswordFailed, account.email);
        api.run(move |api| Ok(api.store.record_audit(&entry)?)).await?;
        return Err(ApiError::bad_request("That is not your password"));
    }
    api.throttle.succeeded(&tried, Instant::now());
    password::check(&password_new)?;
    let hash = password::off_thread(move || password::hash(&password_new)).await?;
    let kept = caller.session();
    api.run(move |api| {
        Ok(api.store.set_password(account.id, &hash, kept, Action::PasswordChange, &api.by, now)?)
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}
