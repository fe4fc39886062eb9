//! What users wrote about an event.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::error::{ErrorBody, Result};
use crate::api::issue::IssuePath;
use crate::api::page::{Page, answer};
use crate::api::{Api, when};
use crate::model::ids::EventId;
use crate::model::issue::Issue;
use crate::store::UserReport;

/// An issue's newest events are searched for reports; older ones are reached through their event.
const EVENTS_SEARCHED_MAX: usize = 200;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserReportJson {
    pub id: String,
    #[serde(rename = "eventID")]
    pub event_id: String,
    pub name: String,
    pub email: String,
    pub comments: String,
    pub date_created: String,
}

impl UserReportJson {
    pub fn of(report: UserReport) -> Self {
        Self {
            id: format!("{}-{}", report.event_id, report.received.as_microsecond()),
            event_id: report.event_id.to_string(),
            name: report.name,
            email: report.email,
            comments: report.comments,
            date_created: when(report.received),
        }
    }
}

/// User reports of an issue's newest events.
#[utoipa::path(get, path = "/api/0/issues/{id}/user-reports/", tag = "events", params(("id" = String, Path)),
    responses((status = 200, body = Vec<UserReportJson>), (status = 404, body = ErrorBody)))]
pub async fn list_user_reports(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<IssuePath>,
) -> Result<HttpResponse> {
    let rows = api
        .run(move |api| {
            let reports = api.user_reports_of(&api.issue(&path.id)?)?;
            Ok(reports.into_iter().map(UserReportJson::of).collect())
        })
        .await?;
    Ok(answer(&api, &request, &Page::whole(rows)))
}

impl Api {
    pub(super) fn user_reports_of(&self, issue: &Issue) -> Result<Vec<UserReport>> {
        let events = self.store.issue_events(issue.id, None, EVENTS_SEARCHED_MAX)?;
        let ids: Vec<EventId> = events.iter().map(|place| place.event_id).collect();
        Ok(self.store.user_reports_among(issue.project, &ids)?)
    }
}
