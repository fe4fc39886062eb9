//! `{pid}/cron/{slug}/`: check-ins by URL. Received and counted; monitors come later. Never answers 429, since
//! a cron job would fail over it.

use actix_web::HttpResponse;
use actix_web::http::Method;

use crate::ingest::json;
use crate::ingest::refusal::Refusal;
use crate::ingest::request::Request;
use crate::ingest::sizes::SMALL_BYTES_MAX;
use crate::model::ids::ProjectId;
use crate::model::outcome::{Category, Outcome};

pub async fn handle(
    request: &mut Request<'_>,
    project: ProjectId,
    slug: &str,
    key: Option<&str>,
) -> Result<HttpResponse, Refusal> {
    let origin = request.authorize(Some(project), key)?;
    if slug.len() > 200 {
        return Err(Refusal::malformed("the monitor's slug is too long"));
    }
    let is_json = request.http.method() == Method::POST && request.content_type() == "application/json";
    if is_json {
        let body = request.body.read(SMALL_BYTES_MAX, |_| false).await?;
        json::check_object(&body, false).map_err(Refusal::malformed)?;
    } else if let Some(id) = request.query("check_in_id")
        && id.parse::<crate::model::ids::EventId>().is_err()
    {
        return Err(Refusal::malformed("bad check-in id"));
    }
    request.ingest.count(origin.project.id, Category::Monitor, Outcome::NotStored, "check_in", 1);
    Ok(HttpResponse::Accepted().finish())
}
