//! Incidents: what people are told of, work on and end.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::Api;
use crate::api::auth::Caller;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::incident_json::{IncidentDetails, IncidentJson};
use crate::api::incident_timeline::MomentJson;
use crate::api::page::{Cursor, Page, answer};
use crate::api::params::{self, Params};
use crate::model::alert_rule::Severity;
use crate::model::ids::IncidentId;
use crate::model::incident::{Actor, Incident, IncidentChange, IncidentStatus, Mute};
use crate::store::IncidentFilter;

const TITLE_CHARS_MAX: usize = 300;
const NOTE_CHARS_MAX: usize = 10_000;
const MUTE_MINUTES_MAX: u32 = 30 * 24 * 60;

/// What a person does with an incident. What is left out stays as it is.
#[derive(Deserialize, Default, ToSchema)]
pub struct IncidentUpdate {
    pub status: Option<IncidentStatus>,
    /// An account's id or address, `me`, or empty for nobody.
    pub owner: Option<String>,
    pub severity: Option<Severity>,
    pub title: Option<String>,
    /// Nobody is told more for so long, or until there are so many users more; `null` ends it.
    #[serde(default, deserialize_with = "params::given")]
    #[schema(value_type = Option<MuteUpdate>)]
    #[expect(clippy::option_option, reason = "`null` is none, absent is as it was")]
    pub mute: Option<Option<MuteUpdate>>,
}

#[derive(Deserialize, ToSchema)]
pub struct MuteUpdate {
    pub minutes: Option<u32>,
    /// So many more than there are now.
    pub users: Option<u64>,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = IncidentNote)]
pub struct NoteBody {
    /// Markdown.
    pub text: String,
}

/// Incidents, the newest first.
#[utoipa::path(get, path = "/api/0/organizations/{org}/incidents/", tag = "alerts",
    params(("org" = String, Path),
        ("status" = Option<String>, Query, description = "unresolved (if absent), open, acknowledged, resolved or all"),
        ("severity" = Option<String>, Query, description = "At least: low, medium, high or critical"),
        ("project" = Option<Vec<String>>, Query, description = "Number or slug; may repeat"),
        ("issue" = Option<String>, Query, description = "Number or short id"),
        ("limit" = Option<u32>, Query, maximum = 100), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Vec<IncidentJson>), (status = 400, body = ErrorBody)))]
pub async fn list_incidents(api: web::Data<Api>, request: HttpRequest) -> Result<HttpResponse> {
    let params = Params::of(&request);
    let page = api.run(move |api| api.incident_page(&params)).await?;
    Ok(answer(&api, &request, &page))
}

/// One incident, with its issues, rules and messages.
#[utoipa::path(get, path = "/api/0/organizations/{org}/incidents/{incident}/", tag = "alerts",
    params(("org" = String, Path), ("incident" = u64, Path)),
    responses((status = 200, body = IncidentDetails), (status = 404, body = ErrorBody)))]
pub async fn get_incident(
    api: web::Data<Api>,
    path: web::Path<(String, u64)>,
) -> Result<web::Json<IncidentDetails>> {
    let now = Timestamp::now();
    Ok(web::Json(api.run(move |api| api.incident_details(&api.incident(path.1)?, now)).await?))
}

/// Acknowledges, assigns, mutes, names or resolves an incident.
#[utoipa::path(put, path = "/api/0/organizations/{org}/incidents/{incident}/", tag = "alerts",
    params(("org" = String, Path), ("incident" = u64, Path)), request_body = IncidentUpdate,
    responses((status = 200, body = IncidentDetails), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn update_incident(
    api: web::Data<Api>,
    path: web::Path<(String, u64)>,
    caller: Caller,
    body: web::Json<IncidentUpdate>,
) -> Result<web::Json<IncidentDetails>> {
    let now = Timestamp::now();
    let changed = api
        .run(move |api| {
            let incident = api.incident(path.1)?;
            let change = api.incident_change(&incident, &body, &caller, now)?;
            let changed = api.store.change_incident(incident.id, &change, actor(&caller), now)?;
            api.incident_details(&changed.ok_or_else(ApiError::not_found)?, now)
        })
        .await?;
    api.audit(format!("incident {}", changed.incident.id), &[]);
    Ok(web::Json(changed))
}

/// What happened, in the order of time: the first event, deploys, alerts, what people did and said.
#[utoipa::path(get, path = "/api/0/organizations/{org}/incidents/{incident}/timeline/", tag = "alerts",
    params(("org" = String, Path), ("incident" = u64, Path)),
    responses((status = 200, body = Vec<MomentJson>), (status = 404, body = ErrorBody)))]
pub async fn incident_timeline(
    api: web::Data<Api>,
    path: web::Path<(String, u64)>,
) -> Result<web::Json<Vec<MomentJson>>> {
    let now = Timestamp::now();
    Ok(web::Json(api.run(move |api| api.timeline_json(&api.incident(path.1)?, now)).await?))
}

/// Says something about an incident; it stands in its timeline.
#[utoipa::path(post, path = "/api/0/organizations/{org}/incidents/{incident}/notes/", tag = "alerts",
    params(("org" = String, Path), ("incident" = u64, Path)), request_body = NoteBody,
    responses((status = 201, body = Vec<MomentJson>), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn create_incident_note(
    api: web::Data<Api>,
    path: web::Path<(String, u64)>,
    caller: Caller,
    body: web::Json<NoteBody>,
) -> Result<HttpResponse> {
    let now = Timestamp::now();
    let timeline = api
        .run(move |api| {
            let incident = api.incident(path.1)?;
            let text = body.text.trim();
            if text.is_empty() || text.chars().count() > NOTE_CHARS_MAX {
                return Err(ApiError::bad_request(format!(
                    "text: expected 1 to {NOTE_CHARS_MAX} characters"
                )));
            }
            let change = IncidentChange { note: Some(text.to_owned()), ..IncidentChange::default() };
            api.store.change_incident(incident.id, &change, actor(&caller), now)?;
            api.timeline_json(&incident, now)
        })
        .await?;
    Ok(HttpResponse::build(StatusCode::CREATED).json(timeline))
}

/// What is known of the incident as the beginning of a post-mortem, in Markdown.
#[utoipa::path(get, path = "/api/0/organizations/{org}/incidents/{incident}/post-mortem/", tag = "alerts",
    params(("org" = String, Path), ("incident" = u64, Path)),
    responses((status = 200, content_type = "text/markdown", body = String), (status = 404, body = ErrorBody)))]
pub async fn post_mortem(api: web::Data<Api>, path: web::Path<(String, u64)>) -> Result<HttpResponse> {
    let now = Timestamp::now();
    let (id, text) = api
        .run(move |api| {
            let incident = api.incident(path.1)?;
            Ok((incident.id, api.post_mortem(&incident, now)?))
        })
        .await?;
    let named = format!("attachment; filename=\"incident-{id}.md\"");
    Ok(HttpResponse::Ok()
        .content_type("text/markdown; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, named))
        .body(text))
}

fn actor(caller: &Caller) -> Actor {
    caller.account_id().map_or(Actor::Instance, |account| Actor::Person { account })
}

impl Api {
    /// Those about the server itself are of whoever sees everything.
    pub(super) fn sees_incident(&self, incident: &Incident) -> bool {
        self.sight().is_none() || incident.projects.iter().any(|project| self.sees(*project))
    }

    fn incident(&self, id: u64) -> Result<Incident> {
        let found = self.store.find_incident(IncidentId(id))?;
        found.filter(|incident| self.sees_incident(incident)).ok_or_else(ApiError::not_found)
    }

    fn incident_page(&self, params: &Params) -> Result<Page<IncidentJson>> {
        let statuses = match params.get("status").unwrap_or("unresolved") {
            "unresolved" => Some(vec![IncidentStatus::Open, IncidentStatus::Acknowledged]),
            "all" => None,
            text => {
                let found = IncidentStatus::ALL.into_iter().find(|status| status.as_str() == text);
                let wrong = "status: expected unresolved, open, acknowledged, resolved or all";
                Some(vec![found.ok_or_else(|| ApiError::bad_request(wrong))?])
            }
        };
        let read_severity = |text: &str| {
            let found = Severity::ALL.into_iter().find(|severity| severity.as_str() == text);
            found.ok_or_else(|| ApiError::bad_request("severity: expected low, medium, high or critical"))
        };
        let filter = IncidentFilter {
            statuses,
            severity_min: params.get("severity").map(read_severity).transpose()?,
            projects: self.projects_of(params)?.filter(|_| params.get("project").is_some()),
            issue: params.get("issue").map(|name| Ok::<_, ApiError>(self.issue(name)?.id)).transpose()?,
        };
        let before = Cursor::of(params)?.filter(|cursor| cursor.value > 0);
        let before = before.map(|cursor| IncidentId(cursor.value));
        let is_shown = |incident: &Incident| self.sees_incident(incident);
        let (found, next) = self.store.incidents(&filter, before, params.limit()?, &is_shown)?;
        let next = next.map(|id| Cursor { value: id.0, offset: 0 });
        Ok(Page { rows: self.incidents_json(&found)?, next, total: None })
    }

    fn incident_change(
        &self,
        incident: &Incident,
        body: &IncidentUpdate,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<IncidentChange> {
        let title = body.title.as_ref().map(|title| title.trim().to_owned());
        if title.as_ref().is_some_and(|title| title.is_empty() || title.chars().count() > TITLE_CHARS_MAX) {
            return Err(ApiError::bad_request(format!("title: expected 1 to {TITLE_CHARS_MAX} characters")));
        }
        let owner = match body.owner.as_deref() {
            None => None,
            Some("") => Some(None),
            Some(name) => Some(self.assignee(name, &[], caller)?.map(|account| account.id)),
        };
        let mute = body.mute.as_ref().map(|mute| {
            let Some(mute) = mute else { return Ok(None) };
            let minutes = mute.minutes.map(|minutes| minutes.min(MUTE_MINUTES_MAX));
            if minutes.unwrap_or(0) == 0 && mute.users.unwrap_or(0) == 0 {
                return Err(ApiError::bad_request("mute: expected {\"minutes\": …} or {\"users\": …}"));
            }
            let users = self.store.users_of_incident(incident)?;
            Ok(Some(Mute {
                until: minutes.map(|minutes| now + SignedDuration::from_mins(i64::from(minutes))),
                until_users: mute.users.map(|more| users.saturating_add(more)),
            }))
        });
        Ok(IncidentChange {
            status: body.status,
            owner,
            severity: body.severity,
            title,
            mute: mute.transpose()?,
            note: None,
        })
    }
}
