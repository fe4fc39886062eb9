//! Messages: what was told to whom, what waits, and what could not be delivered.

use std::collections::HashMap;

use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::page::{Cursor, Page, answer};
use crate::api::params::Params;
use crate::api::{Api, when};
use crate::model::ids::{AccountId, IncidentId, NotificationId, TargetId};
use crate::model::notification::{About, DeliveryState, Notification, Recipient, Step};
use crate::store::NotificationFilter;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Notification)]
pub struct NotificationJson {
    pub id: String,
    /// What its `Idempotency-Key` says, or the left part of the mail's `Message-ID`.
    pub key: String,
    pub recipient: RecipientJson,
    pub about: AboutJson,
    pub state: DeliveryState,
    pub attempts: u32,
    pub date_decided: String,
    /// Not tried before.
    pub due: String,
    /// When it was taken over, or given up.
    #[schema(required)]
    pub ended: Option<String>,
    /// Why it is not delivered yet, or was not.
    #[schema(required)]
    pub reason: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = NotificationRecipient)]
pub struct RecipientJson {
    /// `person` or `target`.
    #[serde(rename = "type")]
    pub kind: String,
    pub id: String,
    /// Empty: it is gone.
    pub name: String,
    /// `email`, `webhook`, `slack`, …
    pub channel: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = NotificationAbout)]
pub struct AboutJson {
    /// `incident`, `digest` or `test`.
    #[serde(rename = "type")]
    pub kind: String,
    #[schema(required)]
    pub incident: Option<String>,
    #[schema(required)]
    pub step: Option<Step>,
    pub text: String,
}

/// Messages, the newest first.
#[utoipa::path(get, path = "/api/0/organizations/{org}/notifications/", tag = "alerts",
    params(("org" = String, Path), ("state" = Option<String>, Query, description = "waiting, delivered, failed or dropped"),
        ("incident" = Option<u64>, Query), ("target" = Option<u64>, Query),
        ("limit" = Option<u32>, Query, maximum = 100), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Vec<NotificationJson>), (status = 400, body = ErrorBody)))]
pub async fn list_notifications(api: web::Data<Api>, request: HttpRequest) -> Result<HttpResponse> {
    let params = Params::of(&request);
    let page = api
        .run(move |api| {
            let filter = read_filter(&params)?;
            let before = Cursor::of(&params)?.filter(|cursor| cursor.value > 0);
            let before = before.map(|cursor| NotificationId(cursor.value));
            let (found, next) = api.store.notifications(&filter, before, params.limit()?)?;
            let next = next.map(|id| Cursor { value: id.0, offset: 0 });
            let shown = found.into_iter().map(|found| Ok(api.sees_notification(&found)?.then_some(found)));
            let shown: Vec<_> = shown.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
            Ok(Page { rows: api.notifications_json(shown)?, next, total: None })
        })
        .await?;
    Ok(answer(&api, &request, &page))
}

/// One message.
#[utoipa::path(get, path = "/api/0/organizations/{org}/notifications/{notification}/", tag = "alerts",
    params(("org" = String, Path), ("notification" = u64, Path)),
    responses((status = 200, body = NotificationJson), (status = 404, body = ErrorBody)))]
pub async fn get_notification(
    api: web::Data<Api>,
    path: web::Path<(String, u64)>,
) -> Result<web::Json<NotificationJson>> {
    Ok(web::Json(api.run(move |api| api.notification_json(api.notification(path.1)?)).await?))
}

/// Takes up again what could not be delivered.
#[utoipa::path(post, path = "/api/0/organizations/{org}/notifications/{notification}/send-again/", tag = "alerts",
    params(("org" = String, Path), ("notification" = u64, Path)),
    responses((status = 200, body = NotificationJson), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn send_again(
    api: web::Data<Api>,
    path: web::Path<(String, u64)>,
) -> Result<web::Json<NotificationJson>> {
    let now = Timestamp::now();
    let again = api
        .run(move |api| {
            let found = api.notification(path.1)?;
            if !api.store.send_again(found.id, now)? {
                return Err(ApiError::conflict("Only a message that could not be delivered is sent again"));
            }
            api.notification_json(api.notification(path.1)?)
        })
        .await?;
    Ok(web::Json(again))
}

impl Api {
    fn notification(&self, id: u64) -> Result<Notification> {
        let found = self.store.find_notification(NotificationId(id))?.ok_or_else(ApiError::not_found)?;
        if self.sees_notification(&found)? { Ok(found) } else { Err(ApiError::not_found()) }
    }

    /// One's own, and those about incidents that one sees. The rest is of whoever sees everything.
    fn sees_notification(&self, notification: &Notification) -> Result<bool> {
        let own = self.by.account.map(|account| Recipient::Person { account });
        Ok(match notification.about {
            _ if self.sight().is_none() || own == Some(notification.recipient) => true,
            About::Incident { incident, .. } => {
                self.store.find_incident(incident)?.is_some_and(|incident| self.sees_incident(&incident))
            }
            About::Digest { .. } | About::Test => false,
        })
    }

    pub(super) fn notification_json(&self, notification: Notification) -> Result<NotificationJson> {
        self.notifications_json(vec![notification])?.pop().ok_or_else(ApiError::not_found)
    }

    pub(super) fn notifications_json(&self, rows: Vec<Notification>) -> Result<Vec<NotificationJson>> {
        let people: HashMap<AccountId, String> =
            self.store.everyone()?.into_iter().map(|account| (account.id, account.name)).collect();
        let targets: HashMap<TargetId, _> =
            self.store.notification_targets()?.into_iter().map(|target| (target.id, target)).collect();
        let recipient = |recipient: Recipient| match recipient {
            Recipient::Person { account } => RecipientJson {
                kind: "person".to_owned(),
                id: account.to_string(),
                name: people.get(&account).cloned().unwrap_or_default(),
                channel: "email".to_owned(),
            },
            Recipient::Target { target } => {
                let found = targets.get(&target);
                RecipientJson {
                    kind: "target".to_owned(),
                    id: target.to_string(),
                    name: found.map(|target| target.name.clone()).unwrap_or_default(),
                    channel: found.map(|target| target.kind.as_str().to_owned()).unwrap_or_default(),
                }
            }
        };
        let row = |row: Notification| {
            Ok(NotificationJson {
                id: row.id.to_string(),
                about: self.about_json(&row.about)?,
                recipient: recipient(row.recipient),
                key: row.key,
                state: row.state,
                attempts: row.attempts,
                date_decided: when(row.decided),
                due: when(row.due),
                ended: row.ended.map(when),
                reason: row.reason,
            })
        };
        rows.into_iter().map(row).collect()
    }

    fn about_json(&self, about: &About) -> Result<AboutJson> {
        let named =
            |kind: &str, text: String| AboutJson { kind: kind.to_owned(), incident: None, step: None, text };
        Ok(match about {
            About::Incident { incident, step, .. } => {
                let found = self.store.find_incident(*incident)?;
                let title = found.map(|incident| self.incident_title(&incident)).transpose()?;
                let text = title.unwrap_or_else(|| format!("Incident {incident}"));
                AboutJson {
                    incident: Some(incident.to_string()),
                    step: Some(*step),
                    ..named("incident", text)
                }
            }
            About::Digest { .. } => named("digest", "Digest".to_owned()),
            About::Test => named("test", "Test message".to_owned()),
        })
    }
}

fn read_filter(params: &Params) -> Result<NotificationFilter> {
    let number = |key: &'static str| {
        let read = |text: &str| {
            text.parse::<u64>().map_err(|_| ApiError::bad_request(format!("{key}: expected a number")))
        };
        params.get(key).map(read).transpose()
    };
    let read_state = |text: &str| {
        let found = DeliveryState::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| ApiError::bad_request("state: expected waiting, delivered, failed or dropped"))
    };
    Ok(NotificationFilter {
        state: params.get("state").map(read_state).transpose()?,
        recipient: number("target")?.map(|id| Recipient::Target { target: TargetId(id) }),
        incident: number("incident")?.map(IncidentId),
    })
}
