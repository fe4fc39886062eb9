//! One issue: its state, its hashes, its history.

use std::collections::BTreeMap;

use actix_web::web;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::auth::Caller;
use crate::api::auth::sign_in::User;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::issue_change::IssueUpdate;
use crate::api::issue_json::{IssueJson, Stats};
use crate::api::{Api, when};
use crate::model::ids::ProjectId;
use crate::model::issue::{Activity, ActivityKind};

const ACTIVITIES_MAX: usize = 100;

/// An issue with its history.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IssueDetail {
    #[serde(flatten)]
    pub issue: IssueJson,
    /// Newest first.
    pub activity: Vec<ActivityJson>,
    pub seen_by: Vec<User>,
    pub participants: Vec<User>,
    pub plugin_actions: Vec<Vec<String>>,
    /// Of the newest events: as many as `user-reports/` lists.
    pub user_report_count: u64,
    /// Only in the answer to a change: takes it back, for an hour (`issues/undo/{undo}/`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undo: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActivityJson {
    pub id: String,
    /// `first_seen`, `set_resolved`, `set_unresolved`, `set_ignored`, `set_regression`, `assigned`, `unassigned`, `merge`,
    /// `unmerge_source`, `unmerge_destination`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `null`: the server itself.
    #[schema(required)]
    pub user: Option<User>,
    pub date_created: String,
    pub data: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
pub(super) struct IssuePath {
    pub id: String,
}

/// An issue by number or short id.
#[utoipa::path(get, path = "/api/0/issues/{id}/", tag = "issues",
    params(("id" = String, Path, description = "Number or short id such as SHOP-1A")),
    responses((status = 200, body = IssueDetail), (status = 404, body = ErrorBody)))]
pub async fn get_issue(api: web::Data<Api>, path: web::Path<IssuePath>) -> Result<web::Json<IssueDetail>> {
    let now = Timestamp::now();
    let detail = api.run(move |api| api.issue_detail(&path.id, now)).await?;
    Ok(web::Json(detail))
}

/// Resolves, ignores, reopens or assigns an issue.
#[utoipa::path(put, path = "/api/0/issues/{id}/", tag = "issues",
    params(("id" = String, Path)), request_body = IssueUpdate,
    responses((status = 200, body = IssueDetail), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn update_issue(
    api: web::Data<Api>,
    path: web::Path<IssuePath>,
    caller: Caller,
    body: web::Json<IssueUpdate>,
) -> Result<web::Json<IssueDetail>> {
    let now = Timestamp::now();
    let detail = api
        .run(move |api| {
            let issue = api.issue(&path.id)?;
            // Sentry's clients also send what we do not keep, such as `isBookmarked`.
            let is_change = body.status.is_some() || body.assigned_to.is_some();
            let undo = if is_change { api.change(&[issue], &body, &caller, now)?.undo } else { None };
            Ok(IssueDetail { undo, ..api.issue_detail(&path.id, now)? })
        })
        .await?;
    Ok(web::Json(detail))
}

#[derive(Serialize, ToSchema)]
pub struct Activities {
    pub activity: Vec<ActivityJson>,
}

/// What people and the server did to the issue, newest first.
#[utoipa::path(get, path = "/api/0/issues/{id}/activities/", tag = "issues",
    params(("id" = String, Path)),
    responses((status = 200, body = Activities), (status = 404, body = ErrorBody)))]
pub async fn list_activities(
    api: web::Data<Api>,
    path: web::Path<IssuePath>,
) -> Result<web::Json<Activities>> {
    let activity = api
        .run(move |api| {
            let issue = api.issue(&path.id)?;
            api.activity_json(issue.project, api.store.activities(issue.id, ACTIVITIES_MAX)?)
        })
        .await?;
    Ok(web::Json(Activities { activity }))
}

impl Api {
    fn issue_detail(&self, name: &str, now: Timestamp) -> Result<IssueDetail> {
        let issue = self.issue(name)?;
        let activity = self.activity_json(issue.project, self.store.activities(issue.id, ACTIVITIES_MAX)?)?;
        let user_report_count = self.user_reports_of(&issue)?.len() as u64;
        let issue = self.issue_json(issue, Stats::DayAndMonth, now)?;
        Ok(IssueDetail {
            issue,
            activity,
            seen_by: Vec::new(),
            participants: Vec::new(),
            plugin_actions: Vec::new(),
            user_report_count,
            undo: None,
        })
    }

    fn activity_json(&self, project: ProjectId, activities: Vec<Activity>) -> Result<Vec<ActivityJson>> {
        let accounts = self.store.everyone()?;
        let user = |id| accounts.iter().find(|account| account.id == id).map(User::of_account);
        let row = |activity: Activity| -> Result<ActivityJson> {
            let data = serde_json::to_value(&activity.kind).and_then(serde_json::from_value);
            let mut data: BTreeMap<String, Value> = data.map_err(|error| ApiError::internal(&error))?;
            let kind = data.remove("type");
            if let ActivityKind::Assigned { to } = activity.kind {
                let name = user(to).map(|user| user.name).unwrap_or_default();
                data = [
                    ("assignee", to.to_string()),
                    ("assigneeType", "user".to_owned()),
                    ("assigneeName", name),
                ]
                .map(|(name, text)| (name.to_owned(), text.into()))
                .into();
            }
            if let Some(told) = self.told_of_merge(&activity.kind, project) {
                data = told;
            }
            if activity.undo {
                data.insert("undo".to_owned(), true.into());
            }
            Ok(ActivityJson {
                id: activity.at.as_microsecond().to_string(),
                kind: kind.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned(),
                user: activity.by.and_then(user),
                date_created: when(activity.at),
                data,
            })
        };
        activities.into_iter().map(row).collect()
    }
}
