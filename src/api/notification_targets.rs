//! Where messages go that are no person's mail: webhooks and the channels of chat tools.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

use crate::api::auth::Caller;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::notifications::NotificationJson;
use crate::api::page::{Page, answer};
use crate::api::{Api, when};
use crate::model::ids::TargetId;
use crate::model::notification::{DeliveryState, Notification, Recipient, Target, TargetKind};
use crate::outbound::check_target;
use crate::store::{NotificationFilter, TARGETS_MAX};

const NAME_CHARS_MAX: usize = 80;
const URL_BYTES_MAX: usize = 2_000;
const SECRET_BYTES_MAX: usize = 500;
/// Of the end of an address that holds a secret, what is shown so that two are told apart.
const TAIL_SHOWN: usize = 4;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NotificationTarget)]
pub struct TargetJson {
    pub id: String,
    pub name: String,
    #[serde(rename = "type")]
    pub kind: TargetKind,
    /// The addresses of chat tools are secrets: of them only the host and the last characters are shown.
    pub url: String,
    /// A secret is set. It is never shown again.
    pub has_secret: bool,
    pub enabled: bool,
    pub date_created: String,
    /// The last message that was sent there, or could not be.
    #[schema(required)]
    pub last_delivery: Option<LastDelivery>,
}

#[derive(Serialize, ToSchema)]
pub struct LastDelivery {
    pub state: DeliveryState,
    pub at: String,
    #[schema(required)]
    pub reason: Option<String>,
}

/// A target to keep, or what changes of one.
#[derive(Deserialize, Default, ToSchema)]
pub struct TargetUpdate {
    pub name: Option<String>,
    #[serde(rename = "type")]
    pub kind: Option<TargetKind>,
    pub url: Option<String>,
    /// What a webhook's body is signed with; a pager's routing key; a chat's number. Empty takes it away.
    pub secret: Option<String>,
    pub enabled: Option<bool>,
}

/// All targets, in the order in which they were made.
#[utoipa::path(get, path = "/api/0/organizations/{org}/notification-targets/", tag = "alerts",
    params(("org" = String, Path)), responses((status = 200, body = Vec<TargetJson>)))]
pub async fn list_targets(api: web::Data<Api>, request: HttpRequest) -> Result<HttpResponse> {
    let rows = api
        .run(|api| {
            let targets = api.store.notification_targets()?.into_iter();
            targets.map(|target| api.target_json(target)).collect::<Result<Vec<_>>>()
        })
        .await?;
    Ok(answer(&api, &request, &Page::whole(rows)))
}

/// Adds a target.
#[utoipa::path(post, path = "/api/0/organizations/{org}/notification-targets/", tag = "alerts",
    params(("org" = String, Path)), request_body = TargetUpdate,
    responses((status = 201, body = TargetJson), (status = 400, body = ErrorBody)))]
pub async fn create_target(
    api: web::Data<Api>,
    caller: Caller,
    body: web::Json<TargetUpdate>,
) -> Result<HttpResponse> {
    let now = Timestamp::now();
    let made = api
        .run(move |api| {
            let mut target = Target {
                id: TargetId(0),
                name: String::new(),
                kind: body.kind.unwrap_or(TargetKind::Webhook),
                url: String::new(),
                secret: None,
                enabled: true,
                created: now,
                created_by: caller.account_id(),
            };
            api.apply_target(&body, &mut target)?;
            let made = api.store.create_notification_target(target)?.ok_or_else(|| {
                ApiError::bad_request(format!(
                    "There are {TARGETS_MAX} targets. Delete one that nobody needs."
                ))
            })?;
            api.target_json(made)
        })
        .await?;
    api.audit(made.name.as_str(), &[]);
    Ok(HttpResponse::build(StatusCode::CREATED).json(made))
}

/// One target.
#[utoipa::path(get, path = "/api/0/organizations/{org}/notification-targets/{target}/", tag = "alerts",
    params(("org" = String, Path), ("target" = u64, Path)),
    responses((status = 200, body = TargetJson), (status = 404, body = ErrorBody)))]
pub async fn get_target(
    api: web::Data<Api>,
    path: web::Path<(String, u64)>,
) -> Result<web::Json<TargetJson>> {
    Ok(web::Json(api.run(move |api| api.target_json(api.target(path.1)?)).await?))
}

/// Changes a target: what is left out stays as it is.
#[utoipa::path(put, path = "/api/0/organizations/{org}/notification-targets/{target}/", tag = "alerts",
    params(("org" = String, Path), ("target" = u64, Path)), request_body = TargetUpdate,
    responses((status = 200, body = TargetJson), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn update_target(
    api: web::Data<Api>,
    path: web::Path<(String, u64)>,
    body: web::Json<TargetUpdate>,
) -> Result<web::Json<TargetJson>> {
    let changed = api
        .run(move |api| {
            let mut target = api.target(path.1)?;
            api.apply_target(&body, &mut target)?;
            if !api.store.update_notification_target(&target)? {
                return Err(ApiError::not_found());
            }
            api.target_json(target)
        })
        .await?;
    api.audit(changed.name.as_str(), &[]);
    Ok(web::Json(changed))
}

/// Deletes a target; rules no longer tell it.
#[utoipa::path(delete, path = "/api/0/organizations/{org}/notification-targets/{target}/", tag = "alerts",
    params(("org" = String, Path), ("target" = u64, Path)),
    responses((status = 204), (status = 404, body = ErrorBody)))]
pub async fn delete_target(api: web::Data<Api>, path: web::Path<(String, u64)>) -> Result<HttpResponse> {
    let deleted = api
        .run(move |api| {
            let target = api.target(path.1)?;
            api.store.delete_notification_target(target.id)?;
            Ok(target.name)
        })
        .await?;
    api.audit(deleted, &[]);
    Ok(HttpResponse::NoContent().finish())
}

/// Sends it a message that says that messages arrive. What became of it is the notification's to say.
#[utoipa::path(post, path = "/api/0/organizations/{org}/notification-targets/{target}/test/", tag = "alerts",
    params(("org" = String, Path), ("target" = u64, Path)),
    responses((status = 202, body = NotificationJson), (status = 404, body = ErrorBody)))]
pub async fn test_target(api: web::Data<Api>, path: web::Path<(String, u64)>) -> Result<HttpResponse> {
    let now = Timestamp::now();
    let queued = api
        .run(move |api| {
            let target = api.target(path.1)?;
            if !target.enabled {
                return Err(ApiError::conflict("This target is switched off"));
            }
            let queued = api.store.queue_test(Recipient::Target { target: target.id }, now)?;
            api.notification_json(queued)
        })
        .await?;
    Ok(HttpResponse::build(StatusCode::ACCEPTED).json(queued))
}

impl Api {
    fn target(&self, id: u64) -> Result<Target> {
        self.store.find_notification_target(TargetId(id))?.ok_or_else(ApiError::not_found)
    }

    fn apply_target(&self, body: &TargetUpdate, target: &mut Target) -> Result<()> {
        target.kind = body.kind.unwrap_or(target.kind);
        if let Some(name) = &body.name {
            name.trim().clone_into(&mut target.name);
        }
        let chars = target.name.chars().count();
        if chars == 0 || chars > NAME_CHARS_MAX {
            return Err(ApiError::bad_request(format!("name: expected 1 to {NAME_CHARS_MAX} characters")));
        }
        // What is shown in place of a secret is no new address.
        if let Some(url) = body.url.as_ref().filter(|url| **url != shown_url(target)) {
            url.trim().clone_into(&mut target.url);
        }
        if target.url.len() > URL_BYTES_MAX {
            return Err(ApiError::bad_request(format!("url: at most {URL_BYTES_MAX} bytes")));
        }
        let allows = self.config.allow_private_targets;
        check_target(&target.url, allows)
            .map_err(|reason| ApiError::bad_request(format!("url: {reason}")))?;
        if let Some(secret) = &body.secret {
            if secret.len() > SECRET_BYTES_MAX {
                return Err(ApiError::bad_request(format!("secret: at most {SECRET_BYTES_MAX} bytes")));
            }
            target.secret = Some(secret.clone()).filter(|secret| !secret.is_empty());
        }
        if target.secret.is_none() && matches!(target.kind, TargetKind::PagerDuty | TargetKind::Telegram) {
            let what = match target.kind {
                TargetKind::PagerDuty => "the routing key of the service",
                _ => "the number of the chat",
            };
            return Err(ApiError::bad_request(format!("secret: expected {what}")));
        }
        target.enabled = body.enabled.unwrap_or(target.enabled);
        Ok(())
    }

    fn target_json(&self, target: Target) -> Result<TargetJson> {
        let recipient = Some(Recipient::Target { target: target.id });
        let filter = NotificationFilter { recipient, ..NotificationFilter::default() };
        let last = self.store.notifications(&filter, None, 1)?.0.pop();
        let told = |last: Notification| LastDelivery {
            state: last.state,
            at: when(last.ended.unwrap_or(last.decided)),
            reason: last.reason,
        };
        Ok(TargetJson {
            id: target.id.to_string(),
            url: shown_url(&target),
            name: target.name,
            kind: target.kind,
            has_secret: target.secret.is_some(),
            enabled: target.enabled,
            date_created: when(target.created),
            last_delivery: last.map(told),
        })
    }
}

/// Whoever has the address of a chat tool's webhook can write there.
fn shown_url(target: &Target) -> String {
    let Ok(url) = Url::parse(&target.url) else { return String::new() };
    if matches!(target.kind, TargetKind::Webhook | TargetKind::PagerDuty | TargetKind::Ntfy)
        && url.password().is_none()
    {
        return target.url.clone();
    }
    let tail: Vec<char> = target.url.chars().rev().take(TAIL_SHOWN).collect();
    let tail: String = tail.into_iter().rev().collect();
    format!("{}://{}/…{tail}", url.scheme(), url.host_str().unwrap_or_default())
}
