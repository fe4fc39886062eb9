//! `POST {pid}/integration/vercel/logs/`: Vercel's log drain. Received and counted; logs come later.

use actix_web::HttpResponse;
use serde::de::IgnoredAny;

use crate::ingest::refusal::Refusal;
use crate::ingest::request::Request;
use crate::ingest::sizes::CONTAINER_BYTES_MAX;
use crate::model::ids::ProjectId;
use crate::model::outcome::{Category, Outcome};

pub async fn handle(request: &mut Request<'_>, project: ProjectId) -> Result<HttpResponse, Refusal> {
    let origin = request.authorize(Some(project), None)?;
    let is_lines = match request.content_type().as_str() {
        "application/json" => false,
        "application/x-ndjson" => true,
        _ => {
            return Err(Refusal::unsupported_media_type("expected application/json or application/x-ndjson"));
        }
    };
    let body = request.body.read(CONTAINER_BYTES_MAX, "log").await?;
    let malformed = |error: serde_json::Error| Refusal::malformed("invalid JSON").with_cause(error);
    let lines = if is_lines {
        let mut values = serde_json::Deserializer::from_slice(&body).into_iter::<IgnoredAny>();
        values.try_fold(0, |count, value| value.map(|_| count + 1)).map_err(malformed)?
    } else {
        serde_json::from_slice::<Vec<IgnoredAny>>(&body).map_err(malformed)?.len() as u64
    };
    request.ingest.count(origin.project.id, Category::LogItem, Outcome::NotStored, "log", lines);
    Ok(HttpResponse::Accepted().finish())
}
