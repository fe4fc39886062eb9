//! Signing in and out, and making an account by a link: the first of a new instance, or an invited one.

use std::time::Instant;

use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use utoipa::ToSchema;

use crate::api::Api;
use crate::api::auth::{COOKIE, Caller, address, hash_token, new_token, password};
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::when;
use crate::model::account::{Account, Session, TokenHash};
use crate::model::audit::{Action, Actor, Entry};
use crate::store::StoreError;

const SESSION_DAYS: i64 = 30;
/// Of an address or a name.
pub const TEXT_BYTES_MAX: usize = 200;

#[derive(Deserialize, ToSchema)]
pub struct Login {
    pub email: String,
    pub password: String,
}

#[derive(Deserialize, ToSchema)]
pub struct Setup {
    /// From the link that the server printed, or from an invitation.
    pub token: String,
    /// Of the first account; an invitation knows its own.
    #[serde(default)]
    pub email: String,
    #[serde(default)]
    pub name: String,
    pub password: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct User {
    pub id: String,
    pub name: String,
    pub username: String,
    pub email: String,
    pub role: String,
    pub is_active: bool,
    pub is_superuser: bool,
    #[schema(required)]
    pub date_joined: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuthConfig {
    /// No account exists: the set-up link is due.
    pub setup_required: bool,
    pub signed_in: bool,
    pub organization: OrganizationName,
    pub version: String,
    #[schema(required)]
    pub user: Option<User>,
}

#[derive(Serialize, ToSchema)]
pub struct OrganizationName {
    pub slug: String,
    pub name: String,
}

impl User {
    pub fn of(caller: &Caller) -> Self {
        match &caller.account {
            Some(account) => Self::of_account(account),
            None => Self {
                id: "0".into(),
                name: "LightTrace".into(),
                username: "lighttrace".into(),
                email: String::new(),
                role: "owner".into(),
                is_active: true,
                is_superuser: true,
                date_joined: None,
            },
        }
    }

    pub fn of_account(account: &Account) -> Self {
        let role = account.role.as_str().to_owned();
        Self {
            id: account.id.to_string(),
            name: account.name.clone(),
            username: account.email.clone(),
            email: account.email.clone(),
            is_superuser: role == "owner",
            role,
            is_active: true,
            date_joined: Some(when(account.created)),
        }
    }
}

/// What the web app asks first.
#[utoipa::path(get, path = "/api/0/auth/config/", tag = "auth", security(()),
    responses((status = 200, body = AuthConfig)))]
pub async fn auth_config(api: web::Data<Api>, caller: Option<Caller>) -> Result<HttpResponse> {
    let setup_required = match caller {
        Some(_) => false,
        None => api.run(|api| Ok(api.store.accounts()?.is_empty())).await?,
    };
    let organization = OrganizationName { slug: api.config.org.clone(), name: api.organization_name() };
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(AuthConfig {
        setup_required,
        signed_in: caller.is_some(),
        organization,
        version: crate::api::VERSION.to_owned(),
        user: caller.as_ref().map(User::of),
    }))
}

/// Sets the session cookie.
#[utoipa::path(post, path = "/api/0/auth/login/", tag = "auth", security(()), request_body = Login,
    responses((status = 200, body = User), (status = 401, body = ErrorBody), (status = 429, body = ErrorBody)))]
pub async fn login(
    api: web::Data<Api>,
    request: HttpRequest,
    body: web::Json<Login>,
) -> Result<HttpResponse> {
    let Login { email, password } = body.into_inner();
    let email = email.trim().to_lowercase();
    let now = Timestamp::now();
    let from = address::client(&request, &api.config.trusted_proxies);
    let tried = api.throttle.begin(&email, from, Instant::now()).map_err(ApiError::throttled)?;
    if email.len() > TEXT_BYTES_MAX || password.len() > password::PASSWORD_BYTES_MAX {
        return Err(wrong());
    }
    let typed = email.clone();
    let account = api.run(move |api| Ok(api.store.find_account_by_email(&email)?)).await?;
    let hash = account.as_ref().map(|account| account.password_hash.clone());
    let is_right = password::off_thread(move || password::verify(&password, hash.as_deref())).await?;
    let Some(account) = account.filter(|_| is_right) else {
        // A password typed into the wrong field has no place in a log.
        let target = if is_email(&typed) { typed } else { "(no address)".to_owned() };
        let entry = Entry::new(now, api.by.clone(), Action::SignInFailed, target);
        api.run(move |api| Ok(api.store.record_audit(&entry)?)).await?;
        return Err(wrong());
    };
    api.throttle.succeeded(&tried, Instant::now());
    start_session(&api, &request, account, now).await
}

/// Whether somebody can sign in with it.
pub fn is_email(text: &str) -> bool {
    let has_parts = text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
    let is_plain = !text.contains(|letter: char| letter.is_whitespace() || letter.is_control());
    has_parts && is_plain && text.len() <= TEXT_BYTES_MAX
}

fn wrong() -> ApiError {
    ApiError::unauthorized("Wrong email or password")
}

/// A name as people write it.
pub fn checked_name(name: &str) -> Result<String> {
    let name = name.trim();
    if (1..=TEXT_BYTES_MAX).contains(&name.len()) && !name.contains(char::is_control) {
        return Ok(name.to_owned());
    }
    Err(ApiError::bad_request("name: expected 1 to 200 characters"))
}

/// Makes the first account, or that of an invitation, and signs it in. The token works once. The account of an
/// invitation has the address that was invited, whatever is sent here.
#[utoipa::path(post, path = "/api/0/auth/setup/", tag = "auth", security(()), request_body = Setup,
    responses((status = 200, body = User), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 409, body = ErrorBody), (status = 429, body = ErrorBody)))]
pub async fn setup(
    api: web::Data<Api>,
    request: HttpRequest,
    body: web::Json<Setup>,
) -> Result<HttpResponse> {
    let Setup { token, email, name, password } = body.into_inner();
    let now = Timestamp::now();
    let from = address::client(&request, &api.config.trusted_proxies);
    let token = hash_token(token.trim());
    // By link: whoever guesses closes this for their own address, not for those who were invited.
    let tried = api.throttle.begin(&token.id(), from, Instant::now()).map_err(ApiError::throttled)?;
    let (expected, invitation) = api
        .run(move |api| Ok((api.store.setup_token()?, api.store.find_invitation_by_token(token, now)?)))
        .await?;
    let is_first = expected.is_some_and(|expected| expected.0.ct_eq(&token.0).into());
    if !is_first && invitation.is_none() {
        return Err(no_such_link());
    }
    api.throttle.succeeded(&tried, Instant::now());
    let email = invitation.map_or_else(|| email.trim().to_lowercase(), |invitation| invitation.email);
    if !is_email(&email) {
        return Err(ApiError::bad_request("Enter an email address"));
    }
    let name = if name.trim().is_empty() { email.split('@').next().unwrap_or_default() } else { &name };
    let name = checked_name(name)?;
    password::check(&password)?;
    let hash = password::off_thread(move || password::hash(&password)).await?;
    let account = api
        .run(move |api| {
            let made = if is_first {
                api.store.create_first_account(&email, &name, &hash, &api.by, now)
            } else {
                api.store.accept_invitation(token, &name, &hash, &api.by, now)
            };
            made.map_err(|error| match error {
                StoreError::Gone => no_such_link(),
                other => other.into(),
            })
        })
        .await?;
    start_session(&api, &request, account, now).await
}

/// For a guess, a link that was used, and one that is too old alike.
fn no_such_link() -> ApiError {
    ApiError::forbidden("This link is not valid any more. Ask for a new one.")
}

/// Always a new secret: what a browser brought along from before counts for nothing.
async fn start_session(
    api: &web::Data<Api>,
    request: &HttpRequest,
    account: Account,
    now: Timestamp,
) -> Result<HttpResponse> {
    let (token, hash) = new_token();
    let agent = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let session = Session {
        account: account.id,
        created: now,
        expires: now + SignedDuration::from_hours(24 * SESSION_DAYS),
        user_agent: agent.unwrap_or_default().chars().take(TEXT_BYTES_MAX).collect(),
        address: api.by.address,
        last_active: Some(now),
    };
    let by = Actor { account: Some(account.id), label: account.email.clone(), ..api.by.clone() };
    let user = User::of_account(&account);
    let judged = account.password_hash;
    api.run(move |api| {
        api.store.open_session(hash, &session, &judged, &by).map_err(|error| match error {
            StoreError::Gone => wrong(),
            other => other.into(),
        })
    })
    .await?;
    let cookie = session_cookie(api, token, CookieDuration::days(SESSION_DAYS));
    Ok(HttpResponse::Ok().cookie(cookie).insert_header((header::CACHE_CONTROL, "no-store")).json(user))
}

/// Ends the session of the cookie.
#[utoipa::path(post, path = "/api/0/auth/logout/", tag = "auth", security(()), responses((status = 204)))]
pub async fn logout(api: web::Data<Api>, request: HttpRequest) -> Result<HttpResponse> {
    if let Some(cookie) = request.cookie(COOKIE) {
        let hash = hash_token(cookie.value());
        let now = Timestamp::now();
        api.run(move |api| {
            let Some(session) = api.store.find_session(hash, now)? else { return Ok(()) };
            let ends = |other: TokenHash| other == hash;
            api.store.end_sessions(session.account, ends, Action::SignOut, &api.by, now)?;
            Ok(())
        })
        .await?;
    }
    let mut gone = session_cookie(&api, String::new(), CookieDuration::ZERO);
    gone.make_removal();
    Ok(HttpResponse::NoContent().cookie(gone).finish())
}

fn session_cookie(api: &Api, token: String, age: CookieDuration) -> Cookie<'static> {
    Cookie::build(COOKIE, token)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(api.config.url.scheme() == "https")
        .max_age(age)
        .finish()
}
