//! Issues that are shown as one: merging, what a merged issue is made of, taking a part out again.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::api::auth::Caller;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::event_json::{EventRow, event_row};
use crate::api::issue::IssuePath;
use crate::api::issue_change::ChangeAnswer;
use crate::api::page::{Page, answer};
use crate::api::params::Params;
use crate::api::{Api, side_by_side, when};
use crate::digest::headline::headline;
use crate::model::ids::{AccountId, GroupHash, ProjectId};
use crate::model::issue::{ActivityKind, NamedIssue};
use crate::model::short_id::short_id;
use crate::store::Part;

/// Hashes that one request may take out.
const HASHES_MAX: usize = 1_000;

#[derive(Serialize, ToSchema)]
pub struct MergeJson {
    /// The issue that shows all.
    pub parent: String,
    pub children: Vec<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HashJson {
    /// The group hash: equal to Sentry's for the same event.
    pub id: String,
    /// The newest event of the part that the hash belongs to, while it is kept.
    #[schema(required)]
    pub latest_event: Option<EventRow>,
    /// `unlocked`: it can be taken out.
    pub state: &'static str,
    pub merged_by_seer: bool,
    pub part: PartJson,
}

/// What was merged into an issue, or the issue's own: it can be taken out as a whole, with all its hashes.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PartJson {
    /// The number of the issue that it was.
    pub id: String,
    pub short_id: String,
    pub title: String,
    pub culprit: String,
    /// A number, as a string.
    pub count: String,
    pub user_count: u64,
    pub first_seen: String,
    pub last_seen: String,
}

#[derive(Serialize, ToSchema)]
pub struct UnmergeAnswer {
    /// Numbers of the issues that are shown now and were not before. Empty where the hashes' next events make one.
    pub issues: Vec<String>,
    /// Takes it back, for an hour: `issues/undo/{undo}/`. `null` where only events to come are split off.
    #[schema(required)]
    pub undo: Option<String>,
}

/// The group hashes whose events belong to the issue, each with the part of the issue that it is of.
#[utoipa::path(get, path = "/api/0/issues/{id}/hashes/", tag = "issues",
    params(("id" = String, Path)),
    responses((status = 200, body = Vec<HashJson>), (status = 404, body = ErrorBody)))]
pub async fn list_hashes(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<IssuePath>,
) -> Result<HttpResponse> {
    let rows = api.run(move |api| api.hashes(&path.id)).await?;
    Ok(answer(&api, &request, &Page::whole(rows)))
}

/// Takes the parts with these hashes (`id=`, repeatable) out of a merged issue: they are one issue then. Of an issue that
/// was not merged, events to come with these hashes are another issue; those that have come stay.
#[utoipa::path(put, path = "/api/0/issues/{id}/hashes/", tag = "issues",
    params(("id" = String, Path), ("id" = Vec<String>, Query)),
    responses((status = 202, body = UnmergeAnswer), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn unmerge_hashes(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<IssuePath>,
    caller: Caller,
) -> Result<HttpResponse> {
    let params = Params::of(&request);
    let (by, now) = (caller.account_id(), Timestamp::now());
    let body = api.run(move |api| api.unmerge(&path.id, &params, by, now)).await?;
    Ok(HttpResponse::Accepted().json(body))
}

/// The same, as Sentry's older clients ask for it.
#[utoipa::path(delete, path = "/api/0/issues/{id}/hashes/", tag = "issues",
    params(("id" = String, Path), ("id" = Vec<String>, Query)),
    responses((status = 202, body = UnmergeAnswer), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn remove_hashes(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<IssuePath>,
    caller: Caller,
) -> Result<HttpResponse> {
    unmerge_hashes(api, request, path, caller).await
}

impl Api {
    pub(super) fn merge_issues(
        &self,
        params: &Params,
        project: Option<ProjectId>,
        by: Option<AccountId>,
        now: Timestamp,
    ) -> Result<ChangeAnswer> {
        // Of named ones those of another project are a mistake to tell, not to pass over.
        let within = project.filter(|_| !params.has("id"));
        let issues = self.issues_to_change(params, within, by, now)?;
        if project.is_some_and(|project| issues.iter().any(|issue| issue.project != project)) {
            return Err(ApiError::bad_request("Only issues of one project can be merged"));
        }
        let ids: Vec<_> = issues.iter().map(|issue| issue.id).collect();
        let merged = self.store.merge_issues(&ids, by, now)?;
        let children: Vec<String> = merged.children.iter().map(ToString::to_string).collect();
        Ok(ChangeAnswer {
            changed: children.len() + 1,
            merge: Some(MergeJson { parent: merged.parent.id.to_string(), children }),
            undo: Some(merged.undo.to_string()),
            ..ChangeAnswer::default()
        })
    }

    fn hashes(&self, name: &str) -> Result<Vec<HashJson>> {
        let issue = self.issue(name)?;
        let parts = self.store.issue_parts(issue.id)?;
        let rows = side_by_side::each(&parts, |part| {
            let latest = self.latest_of_part(part)?;
            let row = |hash: &GroupHash| HashJson {
                id: hash.to_string(),
                latest_event: latest.clone(),
                state: "unlocked",
                merged_by_seer: false,
                part: self.part_json(part),
            };
            Ok(part.hashes.iter().map(row).collect::<Vec<_>>())
        })?;
        Ok(rows.into_iter().flatten().collect())
    }

    fn latest_of_part(&self, part: &Part) -> Result<Option<EventRow>> {
        let Some(place) = self.store.latest_of_part(part.name.id)? else { return Ok(None) };
        let stored = self.reader.read(&place)?;
        Ok(stored.map(|stored| {
            event_row(&stored.event, &self.shown(&place), &headline(&stored.event), Vec::new())
        }))
    }

    fn part_json(&self, part: &Part) -> PartJson {
        let Part { name, counted, .. } = part;
        PartJson {
            id: name.id.to_string(),
            short_id: self.short_id_of(name, counted.project),
            title: counted.headline.title.clone(),
            culprit: counted.headline.culprit.clone(),
            count: counted.events.to_string(),
            user_count: counted.users,
            first_seen: when(counted.first_seen),
            last_seen: when(counted.last_seen),
        }
    }

    fn unmerge(
        &self,
        name: &str,
        params: &Params,
        by: Option<AccountId>,
        now: Timestamp,
    ) -> Result<UnmergeAnswer> {
        let issue = self.issue(name)?;
        let hashes: std::result::Result<Vec<GroupHash>, _> =
            params.all("id").take(HASHES_MAX + 1).map(str::parse).collect();
        let hashes =
            hashes.map_err(|_| ApiError::bad_request("id: expected group hashes, as hashes/ lists them"))?;
        if hashes.is_empty() || hashes.len() > HASHES_MAX {
            return Err(ApiError::bad_request(format!("id: expected 1 to {HASHES_MAX} group hashes")));
        }
        let done = self.store.unmerge_hashes(issue.id, &hashes, by, now)?;
        Ok(UnmergeAnswer {
            issues: done.issues.iter().map(ToString::to_string).collect(),
            undo: done.undo.map(|undo| undo.to_string()),
        })
    }

    fn short_id_of(&self, issue: &NamedIssue, project: ProjectId) -> String {
        let directory = self.store.directory();
        directory.projects.get(&project).map(|project| short_id(project, issue.number)).unwrap_or_default()
    }

    /// What the history says of merging, in Sentry's words.
    pub(super) fn told_of_merge(
        &self,
        kind: &ActivityKind,
        project: ProjectId,
    ) -> Option<BTreeMap<String, Value>> {
        let named = |issue: &NamedIssue| json!({"id": issue.id.to_string(), "shortId": self.short_id_of(issue, project)});
        let told = match kind {
            ActivityKind::Merge { issues } => {
                vec![("issues", issues.iter().map(named).collect())]
            }
            ActivityKind::UnmergeSource { fingerprints, destination } => {
                vec![
                    ("fingerprints", json!(fingerprints)),
                    ("destination", destination.as_ref().map(named).into()),
                ]
            }
            ActivityKind::UnmergeDestination { fingerprints, source } => {
                vec![("fingerprints", json!(fingerprints)), ("source", named(source))]
            }
            _ => return None,
        };
        Some(told.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}
