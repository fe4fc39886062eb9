//! What the events that a search finds have in common.

use actix_web::{HttpRequest, web};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::Api;
use crate::api::auth::Caller;
use crate::api::error::{ErrorBody, Result};
use crate::api::params::Params;
use crate::lookup::plan;
use crate::model::ids::AccountId;

/// Keys whose values say much of most events; further tags follow.
const KEYS: [&str; 14] = [
    "level",
    "environment",
    "release",
    "error.type",
    "transaction",
    "browser.name",
    "os.name",
    "device.family",
    "runtime.name",
    "handled",
    "platform",
    "user",
    "url",
    "server_name",
];
const KEYS_MAX: usize = 20;
const VALUES_MAX: usize = 10;
/// Said by others already, or different for every event.
const KEYS_UNSHOWN: [&str; 20] = [
    "id",
    "trace",
    "file",
    "browser",
    "os",
    "runtime",
    "device",
    "mechanism",
    "error.mechanism",
    "error.handled",
    "error.unhandled",
    "event.type",
    // Made of every event, for what differs; a team's own tags come first.
    "failed.host",
    "failed.call",
    "called.host",
    "crumb.category",
    "route",
    "locale",
    "timezone",
    "hour",
];

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FacetJson {
    pub key: String,
    /// Most frequent first.
    pub top_values: Vec<FacetValue>,
    /// The counts are of a part of the events: the newest.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sampled: bool,
}

#[derive(Serialize, ToSchema)]
pub struct FacetValue {
    pub name: String,
    pub value: String,
    pub count: u64,
}

/// The most frequent values of tags and fields among the events that a search finds.
#[utoipa::path(get, path = "/api/0/organizations/{org}/events-facets/", tag = "events",
    params(("org" = String, Path), ("query" = Option<String>, Query),
        ("project" = Option<Vec<String>>, Query), ("environment" = Option<Vec<String>>, Query),
        ("statsPeriod" = Option<String>, Query), ("start" = Option<String>, Query),
        ("end" = Option<String>, Query)),
    responses((status = 200, body = Vec<FacetJson>), (status = 400, body = ErrorBody)))]
pub async fn events_facets(
    api: web::Data<Api>,
    request: HttpRequest,
    caller: Caller,
) -> Result<web::Json<Vec<FacetJson>>> {
    let params = Params::of(&request);
    let (account, now) = (caller.account_id(), Timestamp::now());
    Ok(web::Json(api.run(move |api| api.events_facets(&params, account, now)).await?))
}

impl Api {
    fn events_facets(
        &self,
        params: &Params,
        account: Option<AccountId>,
        now: Timestamp,
    ) -> Result<Vec<FacetJson>> {
        let asked = self.search_of(params, account, now)?;
        let question = asked.question();
        let plan = plan(&self.store, &self.search, &question)?;
        let tags = self.search.keys("", question.asker.projects, 2 * KEYS_MAX + KEYS_UNSHOWN.len())?;
        let further = tags.iter().map(|tag| tag.text.as_str());
        let is_shown = |key: &&str| {
            let is_part = ["sdk.", "user.", "os.", "browser.", "runtime.", "client_os", "app."];
            let key = key.to_lowercase();
            !KEYS.contains(&key.as_str())
                && !KEYS_UNSHOWN.contains(&key.as_str())
                && !is_part.iter().any(|part| key.starts_with(part))
        };
        let keys: Vec<&str> = KEYS.into_iter().chain(further.filter(is_shown)).take(KEYS_MAX).collect();
        let found = self.search.facets(&question.filter(&plan.query), &keys, VALUES_MAX)?;
        let sampled = found.sampled || !plan.is_whole;
        let value = |(value, count): (String, u64)| FacetValue { name: value.clone(), value, count };
        let facets = found.facets.into_iter().map(|facet| FacetJson {
            key: facet.key,
            top_values: facet.values.into_iter().map(value).collect(),
            sampled,
        });
        Ok(facets.collect())
    }
}
