//! The browsers in which one is signed in, and signing out there.

use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::auth::Caller;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::page::{Page, answer};
use crate::api::{Api, when};
use crate::model::account::{Session, TokenHash};
use crate::model::audit::Action;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionJson {
    pub id: String,
    /// As the browser named itself.
    pub user_agent: String,
    /// Where it was last seen.
    #[schema(required)]
    pub ip_address: Option<String>,
    pub date_created: String,
    /// To the minute.
    pub last_active: String,
    pub expires: String,
    /// The one that asks.
    pub is_current: bool,
}

impl SessionJson {
    fn of(hash: TokenHash, session: Session, current: Option<TokenHash>) -> Self {
        Self {
            id: hash.id(),
            user_agent: session.user_agent,
            ip_address: session.address.map(|address| address.to_string()),
            date_created: when(session.created),
            last_active: when(session.last_active.unwrap_or(session.created)),
            expires: when(session.expires),
            is_current: current == Some(hash),
        }
    }
}

/// One's own sessions, newest first.
#[utoipa::path(get, path = "/api/0/users/me/sessions/", tag = "users",
    responses((status = 200, body = Vec<SessionJson>), (status = 403, body = ErrorBody)))]
pub async fn list_sessions(
    api: web::Data<Api>,
    request: HttpRequest,
    caller: Caller,
) -> Result<HttpResponse> {
    let id = caller.person()?.id;
    let sessions = api.run(move |api| Ok(api.store.sessions_of(id, Timestamp::now())?)).await?;
    let current = caller.session();
    let rows = sessions.into_iter().map(|(hash, session)| SessionJson::of(hash, session, current)).collect();
    Ok(answer(&api, &request, &Page::whole(rows)))
}

/// Signs out everywhere but here.
#[utoipa::path(delete, path = "/api/0/users/me/sessions/", tag = "users",
    responses((status = 204), (status = 403, body = ErrorBody)))]
pub async fn end_other_sessions(api: web::Data<Api>, caller: Caller) -> Result<HttpResponse> {
    let current = caller.session();
    end(&api, &caller, move |hash| Some(hash) != current).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Signs out one browser.
#[utoipa::path(delete, path = "/api/0/users/me/sessions/{session}/", tag = "users",
    params(("session" = String, Path)),
    responses((status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn end_session(
    api: web::Data<Api>,
    caller: Caller,
    path: web::Path<String>,
) -> Result<HttpResponse> {
    let wanted = path.into_inner();
    match end(&api, &caller, move |hash| hash.id() == wanted).await? {
        0 => Err(ApiError::not_found()),
        _ => Ok(HttpResponse::NoContent().finish()),
    }
}

async fn end(
    api: &web::Data<Api>,
    caller: &Caller,
    ends: impl Fn(TokenHash) -> bool + Send + 'static,
) -> Result<usize> {
    let id = caller.person()?.id;
    let now = Timestamp::now();
    api.run(move |api| Ok(api.store.end_sessions(id, ends, Action::SessionEnd, &api.by, now)?)).await
}
