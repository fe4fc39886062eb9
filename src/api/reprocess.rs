//! An event that came before its source maps, and its issue, made anew on demand.
//!
//! Reading an event always uses today's maps; what search holds of it and how its issue is called follow in the
//! background. This is for who does not want to wait, or whose event is older than what the background looks at.

use actix_web::web;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::Api;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::indexing::IndexingError;
use crate::model::ids::EventSeq;

/// Events of the issue that one request makes anew: the newest, and the one that was asked for.
const EVENTS_MAX: usize = 100;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReprocessAnswer {
    /// Events of which at least one frame is read with a source map now.
    pub events: u64,
    /// Whether the issue is called otherwise now.
    pub renamed: bool,
}

/// Reads an event and the newest of its issue with the source maps that are there now.
#[utoipa::path(post, path = "/api/0/projects/{org}/{project}/events/{event_id}/reprocess/", tag = "events",
    params(("org" = String, Path), ("project" = String, Path), ("event_id" = String, Path)),
    responses((status = 200, body = ReprocessAnswer), (status = 404, body = ErrorBody)))]
pub async fn reprocess_event(
    api: web::Data<Api>,
    path: web::Path<(String, String, String)>,
) -> Result<web::Json<ReprocessAnswer>> {
    let project = api.project(&path.1)?.id;
    let answer = api
        .run(move |api| {
            let place = api.event(project, &path.2)?.place;
            let mut places = api.store.issue_events(place.issue, None, EVENTS_MAX)?;
            if !places.iter().any(|other| other.seq == place.seq) {
                places.push(place);
            }
            places.sort_by_key(|place| std::cmp::Reverse::<EventSeq>(place.seq));
            let renewed = api.queues.late.renew(&places).map_err(|error| match error {
                IndexingError::Store(error) => ApiError::from(error),
                IndexingError::Search(error) => ApiError::from(error),
            })?;
            Ok(ReprocessAnswer { events: renewed.events, renamed: renewed.issues > 0 })
        })
        .await?;
    Ok(web::Json(answer))
}
