//! An event as something to do here: how to make it happen again.

use actix_web::web;

use crate::api::Api;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::issue_events::IssueEventPath;
use crate::insight::reproduction::Reproduction;

/// How to make an event happen again: the request as a command, the steps before, the environment, the inputs. Secrets are variables.
#[utoipa::path(get, path = "/api/0/issues/{id}/events/{event}/reproduction/", tag = "events",
    params(("id" = String, Path), ("event" = String, Path, description = "latest, oldest, recommended or an event id")),
    responses((status = 200, body = Reproduction), (status = 404, body = ErrorBody)))]
pub async fn get_reproduction(
    api: web::Data<Api>,
    path: web::Path<IssueEventPath>,
) -> Result<web::Json<Reproduction>> {
    let found = api
        .run(move |api| {
            let issue = api.issue(&path.id)?;
            let place = api.event_of_issue(&issue, &path.event)?.ok_or_else(ApiError::not_found)?;
            let stored = api.read(&place)?;
            api.sources(|sources| sources.reproduction(&stored.event))
        })
        .await?;
    Ok(web::Json(found))
}
