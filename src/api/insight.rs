//! What is known of an issue without a model, in one answer: its pattern and trend, what differs, what tells most, suspects, how to
//! make it happen again.

use actix_web::{HttpRequest, web};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::Api;
use crate::api::differs_json::DiffersJson;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::issue::IssuePath;
use crate::api::params::Params;
use crate::api::pattern_json::PatternJson;
use crate::insight::reproduction::Reproduction;
use crate::insight::telling::Telling;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InsightJson {
    /// The event that `telling` and `reproduction` are of.
    pub event: String,
    pub pattern: PatternJson,
    pub trend: TrendJson,
    pub differs: DiffersJson,
    pub telling: Telling,
    pub suspects: SuspectSentences,
    pub reproduction: Reproduction,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrendJson {
    /// The last 72: the hour's beginning in seconds since 1970, and its events.
    pub hours: Vec<(i64, u64)>,
    pub per_day_now: f64,
    pub per_day_before: f64,
}

#[derive(Serialize, ToSchema)]
pub struct SuspectSentences {
    /// Commits, then deploys, the likeliest first; `suspects/` has them whole.
    pub sentences: Vec<String>,
}

/// What kind of failure it is, what differs, and what to try, with the numbers behind it.
#[utoipa::path(get, path = "/api/0/issues/{id}/insight/", tag = "issues",
    params(("id" = String, Path),
        ("event" = Option<String>, Query, description = "latest, oldest, recommended or an event id; recommended without it")),
    responses((status = 200, body = InsightJson), (status = 404, body = ErrorBody)))]
pub async fn get_insight(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<IssuePath>,
) -> Result<web::Json<InsightJson>> {
    let params = Params::of(&request);
    let now = Timestamp::now();
    let found = api
        .run(move |api| {
            let issue = api.issue(&path.id)?;
            let which = params.get("event").unwrap_or("recommended");
            let place = api.event_of_issue(&issue, which)?.ok_or_else(ApiError::not_found)?;
            let event = api.read(&place)?.event;
            let found = api.sources(|sources| sources.insight(&issue, &event, now))?;
            Ok(InsightJson {
                event: event.event_id.to_string(),
                pattern: api.pattern_json(&found.pattern)?,
                trend: TrendJson {
                    hours: found.hours,
                    per_day_now: found.pattern.per_day_now,
                    per_day_before: found.pattern.per_day_before,
                },
                differs: DiffersJson::of(&found.differs.facts, found.differs.differs),
                telling: found.telling,
                suspects: SuspectSentences { sentences: found.suspects },
                reproduction: found.reproduction,
            })
        })
        .await?;
    Ok(web::Json(found))
}
