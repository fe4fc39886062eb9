//! Signing in and out, and the first account of a new instance.

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
use crate::model::account::{Account, Session};

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
    /// From the link that the server printed.
    pub token: String,
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
        let role = format!("{:?}", account.role).to_lowercase();
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
    let account = api.run(move |api| Ok(api.store.find_account_by_email(&email)?)).await?;
    let hash = account.as_ref().map(|account| account.password_hash.clone());
    let is_right = password::off_thread(move || password::verify(&password, hash.as_deref())).await?;
    let Some(account) = account.filter(|_| is_right) else { return Err(wrong()) };
    api.throttle.succeeded(&tried, Instant::now());
    start_session(&api, &request, account, now).await
}

/// Whether somebody can sign in with it.
pub fn is_email(text: &str) -> bool {
    let has_parts = text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
    has_parts && text.len() <= TEXT_BYTES_MAX
}

fn wrong() -> ApiError {
    ApiError::unauthorized("Wrong email or password")
}

/// Makes the first account and signs it in. The token works once.
#[utoipa::path(post, path = "/api/0/auth/setup/", tag = "auth", security(()), request_body = Setup,
    responses((status = 200, body = User), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 429, body = ErrorBody)))]
pub async fn setup(
    api: web::Data<Api>,
    request: HttpRequest,
    body: web::Json<Setup>,
) -> Result<HttpResponse> {
    let Setup { token, email, name, password } = body.into_inner();
    let now = Timestamp::now();
    let from = address::client(&request, &api.config.trusted_proxies);
    let tried = api.throttle.begin("set-up", from, Instant::now()).map_err(ApiError::throttled)?;
    let expected = api.run(|api| Ok(api.store.setup_token()?)).await?;
    let is_right = expected.is_some_and(|expected| expected.0.ct_eq(&hash_token(token.trim()).0).into());
    if !is_right {
        return Err(ApiError::forbidden("This set-up link is not valid any more"));
    }
    api.throttle.succeeded(&tried, Instant::now());
    let email = email.trim().to_lowercase();
    if !is_email(&email) || name.len() > TEXT_BYTES_MAX {
        return Err(ApiError::bad_request("Enter an email address"));
    }
    password::check(&password)?;
    let hash = password::off_thread(move || password::hash(&password)).await?;
    let account = api
        .run(move |api| {
            let name = if name.trim().is_empty() {
                email.split('@').next().unwrap_or_default()
            } else {
                name.trim()
            };
            Ok(api.store.create_first_account(&email, name, &hash, now)?)
        })
        .await?;
    start_session(&api, &request, account, now).await
}

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
    };
    api.run(move |api| Ok(api.store.put_session(hash, &session)?)).await?;
    let cookie = session_cookie(api, token, CookieDuration::days(SESSION_DAYS));
    let user = User::of_account(&account);
    Ok(HttpResponse::Ok().cookie(cookie).insert_header((header::CACHE_CONTROL, "no-store")).json(user))
}

/// Ends the session of the cookie.
#[utoipa::path(post, path = "/api/0/auth/logout/", tag = "auth", security(()), responses((status = 204)))]
pub async fn logout(api: web::Data<Api>, request: HttpRequest) -> Result<HttpResponse> {
    if let Some(cookie) = request.cookie(COOKIE) {
        let hash = hash_token(cookie.value());
        api.run(move |api| Ok(api.store.delete_session(hash)?)).await?;
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
