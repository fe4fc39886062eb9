//! Spans that a search finds, whatever trace they are of.

use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::Api;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::page::{Page, answer_with};
use crate::api::params::Params;

#[derive(Serialize, ToSchema)]
pub struct SpansAnswer {
    pub data: Vec<SpanRow>,
    pub meta: SpansMeta,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SpansMeta {
    /// Spans looked at or passed over for this page.
    pub searched: u64,
    /// The oldest beginning that was searched down to.
    #[schema(required)]
    pub searched_to: Option<String>,
    /// Whether all was searched: no further page has more.
    pub complete: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SpanRow {
    pub id: String,
    pub trace_id: String,
    #[schema(required)]
    pub parent_id: Option<String>,
    pub op: String,
    pub name: String,
    pub description: String,
    /// `unset`, `ok` or `error`.
    pub status: &'static str,
    pub status_word: String,
    pub service: String,
    /// A slug.
    pub project: String,
    pub environment: String,
    pub release: String,
    pub transaction: String,
    pub timestamp: String,
    pub duration_ms: f64,
    pub is_segment: bool,
}

/// Spans that a search finds.
#[utoipa::path(get, path = "/api/0/organizations/{org}/spans/", tag = "traces",
    params(("org" = String, Path),
        ("query" = Option<String>, Query, description = "Such as op:db.query duration:>500ms !service:api"),
        ("project" = Option<Vec<String>>, Query), ("environment" = Option<Vec<String>>, Query),
        ("statsPeriod" = Option<String>, Query), ("start" = Option<String>, Query), ("end" = Option<String>, Query),
        ("sort" = Option<String>, Query, description = "-timestamp or -duration"),
        ("per_page" = Option<u32>, Query, maximum = 100), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = SpansAnswer), (status = 400, body = ErrorBody)))]
pub async fn find_spans(api: web::Data<Api>, request: HttpRequest) -> Result<HttpResponse> {
    let (params, now) = (Params::of(&request), Timestamp::now());
    let (page, body) = api.run(move |api| api.found_spans(&params, now)).await?;
    Ok(answer_with(&api, &request, &page, &body))
}

// SKELETON
impl Api {
    fn found_spans(&self, _: &Params, _: Timestamp) -> Result<(Page<()>, SpansAnswer)> { Err(ApiError::not_found()) }
}
