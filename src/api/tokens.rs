//! One's own API tokens, as Sentry has them. The token itself is answered once, when it is made.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::auth::sign_in::checked_name;
use crate::api::auth::{Caller, bootstrap, new_token, scopes};
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::page::{Page, answer};
use crate::api::{Api, when};
use crate::model::account::{ApiToken, TokenHash};

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenJson {
    pub id: String,
    pub name: String,
    pub scopes: Vec<String>,
    /// Its first characters, to tell it from others.
    pub token_prefix: String,
    /// Only in the answer that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    pub date_created: String,
    /// `null`: it does not expire.
    #[schema(required)]
    pub expires_at: Option<String>,
    /// To the minute; `null`: never.
    #[schema(required)]
    pub date_last_used: Option<String>,
}

impl TokenJson {
    fn of(hash: TokenHash, record: ApiToken) -> Self {
        Self {
            id: hash.id(),
            name: record.name,
            scopes: record.scopes,
            token_prefix: record.prefix,
            token: None,
            date_created: when(record.created),
            expires_at: record.expires.map(when),
            date_last_used: record.last_used.map(when),
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewToken {
    /// What it is for.
    pub name: String,
    /// Sentry's names, such as `event:read`; at least one, and none that the maker lacks.
    pub scopes: Vec<String>,
    /// A time to come; absent: it does not expire.
    #[schema(value_type = Option<String>)]
    pub expires_at: Option<Timestamp>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WhichToken {
    pub token_id: String,
}

/// One's own tokens, newest first.
#[utoipa::path(get, path = "/api/0/api-tokens/", tag = "users",
    responses((status = 200, body = Vec<TokenJson>), (status = 403, body = ErrorBody)))]
pub async fn list_tokens(api: web::Data<Api>, request: HttpRequest, caller: Caller) -> Result<HttpResponse> {
    let id = caller.person()?.id;
    let tokens = api.run(move |api| Ok(api.store.tokens_of(id, Timestamp::now())?)).await?;
    let rows = tokens.into_iter().map(|(hash, record)| TokenJson::of(hash, record)).collect();
    Ok(answer(&api, &request, &Page::whole(rows)))
}

/// Makes a token, never wider or longer-lived than what asks for it.
#[utoipa::path(post, path = "/api/0/api-tokens/", tag = "users", request_body = NewToken,
    responses((status = 201, body = TokenJson), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub async fn create_token(
    api: web::Data<Api>,
    caller: Caller,
    body: web::Json<NewToken>,
) -> Result<HttpResponse> {
    let account = caller.person()?.id;
    let NewToken { name, mut scopes, expires_at } = body.into_inner();
    let now = Timestamp::now();
    scopes.sort();
    scopes.dedup();
    check(&caller, &scopes, expires_at, now)?;
    let name = checked_name(&name)?;
    let (token, hash) = new_token();
    let record = ApiToken { expires: expires_at, ..bootstrap::record(&token, account, &name, scopes, now) };
    let stored = record.clone();
    api.run(move |api| Ok(api.store.put_token(hash, &stored, &api.by)?)).await?;
    let answer = TokenJson { token: Some(token), ..TokenJson::of(hash, record) };
    Ok(HttpResponse::build(StatusCode::CREATED).json(answer))
}

fn check(caller: &Caller, scopes: &[String], expires: Option<Timestamp>, now: Timestamp) -> Result<()> {
    if scopes.is_empty() {
        return Err(ApiError::bad_request("scopes: choose at least one"));
    }
    if let Some(unknown) = scopes.iter().find(|scope| !scopes::is_known(scope)) {
        return Err(ApiError::bad_request(format!("scopes: `{unknown}` is not known")));
    }
    let own = caller.scopes();
    if let Some(beyond) = scopes.iter().find(|scope| !own.contains(scope)) {
        return Err(ApiError::forbidden(format!("scopes: you do not have `{beyond}` yourself")));
    }
    if expires.is_some_and(|at| at <= now) {
        return Err(ApiError::bad_request("expiresAt: expected a time to come"));
    }
    let outlives = caller.token.as_ref().and_then(|token| token.expires);
    if outlives.is_some_and(|own| expires.is_none_or(|at| at > own)) {
        return Err(ApiError::forbidden("expiresAt: a token makes none that outlives it"));
    }
    Ok(())
}

/// Ends the token that the body names, as Sentry's clients do it.
#[utoipa::path(delete, path = "/api/0/api-tokens/", tag = "users", request_body = WhichToken,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn delete_token(
    api: web::Data<Api>,
    caller: Caller,
    body: web::Json<WhichToken>,
) -> Result<HttpResponse> {
    end(&api, &caller, body.into_inner().token_id).await
}

/// Ends a token.
#[utoipa::path(delete, path = "/api/0/api-tokens/{token}/", tag = "users", params(("token" = String, Path)),
    responses((status = 204), (status = 404, body = ErrorBody)))]
pub async fn delete_one_token(
    api: web::Data<Api>,
    caller: Caller,
    path: web::Path<String>,
) -> Result<HttpResponse> {
    end(&api, &caller, path.into_inner()).await
}

async fn end(api: &web::Data<Api>, caller: &Caller, id: String) -> Result<HttpResponse> {
    let account = caller.person()?.id;
    api.run(move |api| Ok(api.store.delete_token(account, &id, &api.by, Timestamp::now())?)).await?;
    Ok(HttpResponse::NoContent().finish())
}
