//! What an issue's events have in common: tags, their values and shares.

use std::cmp::Reverse;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::issue::IssuePath;
use crate::api::page::{Page, answer};
use crate::api::{Api, when};
use crate::model::ids::IssueId;
use crate::model::query::quoted;
use crate::store::{TagKey, TagValue};

const VALUES_TOP: usize = 10;
const VALUES_MAX: usize = 100;
/// Rows of values that the list of all tags reads, over all tags together: what a page may cost.
const ROWS_MAX: u64 = 10_000;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TagKeyJson {
    pub key: String,
    pub name: String,
    /// Distinct values; a lower bound once there were too many to tell apart.
    pub unique_values: u64,
    /// Events that have the tag.
    pub total_values: u64,
    /// Most frequent first. In the list of all tags empty for those that come after the bound on what one answer
    /// reads; `tags/{key}/` has them.
    pub top_values: Vec<TagValueJson>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TagValueJson {
    pub key: String,
    pub name: String,
    pub value: String,
    pub count: u64,
    pub first_seen: String,
    pub last_seen: String,
    /// A search for it.
    pub query: String,
}

#[derive(Deserialize)]
pub(super) struct TagPath {
    id: String,
    key: String,
}

/// The tags of an issue with their most frequent values, those that most events have first.
#[utoipa::path(get, path = "/api/0/issues/{id}/tags/", tag = "tags", params(("id" = String, Path)),
    responses((status = 200, body = Vec<TagKeyJson>), (status = 404, body = ErrorBody)))]
pub async fn list_tags(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<IssuePath>,
) -> Result<HttpResponse> {
    let rows = api
        .run(move |api| {
            let issue = api.issue(&path.id)?.id;
            let mut keys = api.store.tag_keys(issue)?;
            keys.sort_by_key(|tag| Reverse(tag.events));
            let mut room = ROWS_MAX;
            let row = |tag: TagKey| {
                if !takes_room(&mut room, tag.values) {
                    return Ok(tag_json(tag, Vec::new()));
                }
                api.tag(issue, tag)
            };
            keys.into_iter().map(row).collect::<Result<_>>()
        })
        .await?;
    Ok(answer(&api, &request, &Page::whole(rows)))
}

/// One tag of an issue.
#[utoipa::path(get, path = "/api/0/issues/{id}/tags/{key}/", tag = "tags",
    params(("id" = String, Path), ("key" = String, Path)),
    responses((status = 200, body = TagKeyJson), (status = 404, body = ErrorBody)))]
pub async fn get_tag(api: web::Data<Api>, path: web::Path<TagPath>) -> Result<web::Json<TagKeyJson>> {
    let tag = api
        .run(move |api| {
            let issue = api.issue(&path.id)?.id;
            let key = api.store.tag_keys(issue)?.into_iter().find(|tag| tag.key == path.key);
            api.tag(issue, key.ok_or_else(ApiError::not_found)?)
        })
        .await?;
    Ok(web::Json(tag))
}

/// The values of one tag, most frequent first.
#[utoipa::path(get, path = "/api/0/issues/{id}/tags/{key}/values/", tag = "tags",
    params(("id" = String, Path), ("key" = String, Path)),
    responses((status = 200, body = Vec<TagValueJson>), (status = 404, body = ErrorBody)))]
pub async fn list_tag_values(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<TagPath>,
) -> Result<HttpResponse> {
    let rows = api
        .run(move |api| {
            let issue = api.issue(&path.id)?.id;
            let values = api.store.tag_values(issue, &path.key, VALUES_MAX)?;
            Ok(values.into_iter().map(|value| value_json(&path.key, value)).collect())
        })
        .await?;
    Ok(answer(&api, &request, &Page::whole(rows)))
}

impl Api {
    fn tag(&self, issue: IssueId, tag: TagKey) -> Result<TagKeyJson> {
        let values = self.store.tag_values(issue, &tag.key, VALUES_TOP)?;
        Ok(tag_json(tag, values))
    }
}

/// Whether so many rows may still be read; they then are. A tag is read whole or not at all: its most frequent
/// values may be its last.
fn takes_room(room: &mut u64, rows: u64) -> bool {
    let left = room.checked_sub(rows);
    *room = left.unwrap_or(*room);
    left.is_some()
}

fn tag_json(tag: TagKey, values: Vec<TagValue>) -> TagKeyJson {
    TagKeyJson {
        name: tag.key.clone(),
        unique_values: tag.values,
        total_values: tag.events,
        top_values: values.into_iter().map(|value| value_json(&tag.key, value)).collect(),
        key: tag.key,
    }
}

fn value_json(key: &str, value: TagValue) -> TagValueJson {
    TagValueJson {
        key: key.to_owned(),
        name: value.value.clone(),
        query: format!("{key}:{}", quoted(&value.value)),
        count: value.events,
        first_seen: when(value.first_seen),
        last_seen: when(value.last_seen),
        value: value.value,
    }
}

#[cfg(test)]
mod tests {
    use super::takes_room;

    #[test]
    fn a_list_of_tags_reads_a_bounded_number_of_rows() {
        let mut room = 1_500;
        let read: Vec<bool> =
            [1_000, 1_000, 3, 497, 1].into_iter().map(|rows| takes_room(&mut room, rows)).collect();
        assert_eq!(read, [true, false, true, true, false]);
    }
}
