//! Traces: the waterfall that the app draws, one span in full, Sentry's own shapes, and an issue's event in its trace.
//!
//! Of a trace everybody gets what belongs to the projects they may see; what is hidden leaves orphans.

use actix_web::{HttpResponse, web};

use crate::api::Api;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::trace::json::{EventTraceJson, SpanJson, WaterfallJson};
use crate::api::trace::sentry_json::{SentryTraceItem, SentryTraceMeta};
use crate::model::ids::{SpanId, TraceId};

mod event;
mod json;
mod known;
mod sentry;
mod sentry_json;
mod span;
mod waterfall;

/// A trace as rows: what a page draws.
#[utoipa::path(get, path = "/api/0/organizations/{org}/trace/{trace_id}/waterfall/", tag = "traces",
    params(("org" = String, Path), ("trace_id" = String, Path)),
    responses((status = 200, body = WaterfallJson), (status = 404, body = ErrorBody)))]
pub async fn get_waterfall(api: web::Data<Api>, path: web::Path<(String, String)>) -> Result<HttpResponse> {
    let id = trace_id(&path.1)?;
    let body = api.run(move |api| api.waterfall_body(id)).await?;
    Ok(json_body(body))
}

/// One span in full.
#[utoipa::path(get, path = "/api/0/organizations/{org}/trace/{trace_id}/spans/{span_id}/", tag = "traces",
    params(("org" = String, Path), ("trace_id" = String, Path), ("span_id" = String, Path)),
    responses((status = 200, body = SpanJson), (status = 404, body = ErrorBody)))]
pub async fn get_span(
    api: web::Data<Api>,
    path: web::Path<(String, String, String)>,
) -> Result<web::Json<SpanJson>> {
    let trace = trace_id(&path.1)?;
    let span: SpanId = path.2.to_ascii_lowercase().parse().map_err(|_| ApiError::not_found())?;
    Ok(web::Json(api.run(move |api| api.span_json(trace, span)).await?))
}

/// A trace as Sentry tells it: spans nested in each other.
#[utoipa::path(get, path = "/api/0/organizations/{org}/trace/{trace_id}/", tag = "traces",
    params(("org" = String, Path), ("trace_id" = String, Path)),
    responses((status = 200, body = Vec<SentryTraceItem>), (status = 404, body = ErrorBody)))]
pub async fn get_trace(
    api: web::Data<Api>,
    path: web::Path<(String, String)>,
) -> Result<web::Json<Vec<SentryTraceItem>>> {
    let id = trace_id(&path.1)?;
    Ok(web::Json(api.run(move |api| api.sentry_trace(id)).await?))
}

/// How much there is of a trace.
#[utoipa::path(get, path = "/api/0/organizations/{org}/trace-meta/{trace_id}/", tag = "traces",
    params(("org" = String, Path), ("trace_id" = String, Path)),
    responses((status = 200, body = SentryTraceMeta), (status = 404, body = ErrorBody)))]
pub async fn get_trace_meta(
    api: web::Data<Api>,
    path: web::Path<(String, String)>,
) -> Result<web::Json<SentryTraceMeta>> {
    let id = trace_id(&path.1)?;
    Ok(web::Json(api.run(move |api| api.sentry_trace_meta(id)).await?))
}

/// Where an event stands in its trace.
#[utoipa::path(get, path = "/api/0/projects/{org}/{project}/events/{event_id}/trace/", tag = "traces",
    params(("org" = String, Path), ("project" = String, Path), ("event_id" = String, Path)),
    responses((status = 200, body = EventTraceJson), (status = 404, body = ErrorBody)))]
pub async fn get_event_trace(
    api: web::Data<Api>,
    path: web::Path<(String, String, String)>,
) -> Result<HttpResponse> {
    let project = api.project(&path.1)?.id;
    let body = api.run(move |api| api.event_trace_body(project, &path.2)).await?;
    Ok(json_body(body))
}

fn trace_id(text: &str) -> Result<TraceId> {
    text.parse().map_err(|_| ApiError::not_found())
}

/// JSON that was written where its parts were at hand, so that none of them had to be copied.
fn json_body(body: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(body)
}
