//! Two events side by side, and which events of one's own machine there are to compare with.

use actix_web::{HttpRequest, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::error::{ErrorBody, Result};
use crate::api::issue::IssuePath;
use crate::api::params::Params;
use crate::api::{Api, when};
use crate::digest::headline::headline;
use crate::insight::side_by_side::{SideBySide, compare};
use crate::model::event::Event;
use crate::model::issue::EventRef;

#[derive(Deserialize)]
pub(super) struct ComparePath {
    project: String,
    a: String,
    b: String,
}

#[derive(Serialize, ToSchema)]
pub struct EventComparison {
    pub a: ComparedEvent,
    pub b: ComparedEvent,
    #[serde(flatten)]
    pub compared: SideBySide,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ComparedEvent {
    #[serde(rename = "eventID")]
    pub event_id: String,
    /// Number of the issue that shows it.
    #[serde(rename = "groupID")]
    pub group_id: String,
    pub title: String,
    pub date: String,
    #[schema(required)]
    pub environment: Option<String>,
    #[schema(required)]
    pub release: Option<String>,
    /// Slug.
    pub project: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LocalEventJson {
    #[serde(flatten)]
    pub event: ComparedEvent,
    /// Else it is of another issue: the same exception in the same function.
    pub is_same_issue: bool,
}

/// What differs between two events: the first is called `there`, the second `here`.
#[utoipa::path(get, path = "/api/0/projects/{org}/{project}/events/{a}/compare/{b}/", tag = "events",
    params(("org" = String, Path), ("project" = String, Path), ("a" = String, Path), ("b" = String, Path),
        ("project" = Option<String>, Query, description = "Of the second event, where it is another: slug or number")),
    responses((status = 200, body = EventComparison), (status = 404, body = ErrorBody)))]
pub async fn compare_events(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<ComparePath>,
) -> Result<web::Json<EventComparison>> {
    let params = Params::of(&request);
    let found = api
        .run(move |api| {
            let project = api.project(&path.project)?.id;
            let other = params.get("project").map(|name| api.project(name)).transpose()?;
            let a = api.event(project, &path.a)?;
            let b = api.event(other.map_or(project, |other| other.id), &path.b)?;
            Ok(EventComparison {
                compared: compare(&a.event, &b.event),
                a: api.compared_event(&a.event, &a.place),
                b: api.compared_event(&b.event, &b.place),
            })
        })
        .await?;
    Ok(web::Json(found))
}

/// Events that look as if they came from somebody's own machine: of the issue, else the same exception in the same function.
#[utoipa::path(get, path = "/api/0/issues/{id}/local-events/", tag = "events", params(("id" = String, Path)),
    responses((status = 200, body = Vec<LocalEventJson>), (status = 404, body = ErrorBody)))]
pub async fn list_local_events(
    api: web::Data<Api>,
    path: web::Path<IssuePath>,
) -> Result<web::Json<Vec<LocalEventJson>>> {
    let found = api
        .run(move |api| {
            let issue = api.issue(&path.id)?;
            let found = api.sources(|sources| sources.local_events(&issue))?.into_iter();
            let row = |local: crate::findings::local_events::LocalEvent| LocalEventJson {
                event: api.compared_event(&local.event, &local.place),
                is_same_issue: local.is_same_issue,
            };
            Ok(found.map(row).collect())
        })
        .await?;
    Ok(web::Json(found))
}

impl Api {
    fn compared_event(&self, event: &Event, place: &EventRef) -> ComparedEvent {
        let place = self.shown(place);
        ComparedEvent {
            event_id: event.event_id.to_string(),
            group_id: place.issue.to_string(),
            title: headline(event).title,
            date: when(event.timestamp),
            environment: event.environment.clone(),
            release: event.release.clone(),
            project: self.slug_of(place.project),
        }
    }
}
