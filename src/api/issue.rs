//! One issue: its state, its hashes, its history.

use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::Api;
use crate::api::activity_json::ActivityJson;
use crate::api::auth::Caller;
use crate::api::auth::sign_in::User;
use crate::api::error::{ErrorBody, Result};
use crate::api::fix_watch::FixWatchJson;
use crate::api::issue_change::IssueUpdate;
use crate::api::issue_json::{IssueJson, Stats};
use crate::api::page::{Cursor, Page, answer_with};
use crate::api::params::Params;
use crate::model::mark::Mark;

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
    /// Whether its fix holds; of an issue that is resolved, or that came back.
    #[schema(required)]
    pub fix_watch: Option<FixWatchJson>,
    /// Only in the answer to a change: takes it back, for an hour (`issues/undo/{undo}/`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undo: Option<String>,
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
            let undo = api.change(&[issue], &body, &caller, now)?.undo;
            Ok(IssueDetail { undo, ..api.issue_detail(&path.id, now)? })
        })
        .await?;
    Ok(web::Json(detail))
}

#[derive(Serialize, ToSchema)]
pub struct Activities {
    pub activity: Vec<ActivityJson>,
}

/// What people and the server did to the issue, newest first; a page of it.
#[utoipa::path(get, path = "/api/0/issues/{id}/activities/", tag = "issues",
    params(("id" = String, Path), ("limit" = Option<u32>, Query, maximum = 100), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Activities), (status = 404, body = ErrorBody)))]
pub async fn list_activities(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<IssuePath>,
) -> Result<HttpResponse> {
    let params = Params::of(&request);
    let page = api
        .run(move |api| {
            let issue = api.issue(&path.id)?;
            let limit =
                if params.has("limit") || params.has("per_page") { params.limit()? } else { ACTIVITIES_MAX };
            let before = Cursor::of(&params)?.filter(|cursor| cursor.value > 0).map(|cursor| cursor.value);
            let rows = api.store.history(issue.id, before, limit + 1)?;
            let page = Page::cut(rows, limit, |(number, _)| Cursor { value: *number, offset: 0 });
            let Page { rows, next, total } = page;
            Ok(Page { rows: api.activity_json(&issue, rows)?, next, total })
        })
        .await?;
    let Page { rows, next, total } = page;
    let body = Activities { activity: rows };
    Ok(answer_with(&api, &request, &Page::<()> { rows: Vec::new(), next, total }, &body))
}

impl Api {
    fn issue_detail(&self, name: &str, now: Timestamp) -> Result<IssueDetail> {
        let issue = self.issue(name)?;
        let activity = self.activity_json(&issue, self.store.history(issue.id, None, ACTIVITIES_MAX)?)?;
        let user_report_count = self.user_reports_of(&issue)?.len() as u64;
        let marks = self.store.marks_of(issue.id)?;
        let people = |is_among: fn(&Mark) -> bool| -> Result<Vec<User>> {
            let mut people = Vec::new();
            for (account, _) in marks.iter().filter(|(_, mark)| is_among(mark)) {
                people.extend(self.store.find_account(*account)?.as_ref().map(User::of_account));
            }
            Ok(people)
        };
        let seen_by = people(|mark| mark.seen.is_some())?;
        let participants = people(|mark| mark.is_subscribed == Some(true))?;
        let fix_watch = self.fix_watch_json(&issue, now)?;
        let issue = self.issue_json(issue, Stats::DayAndMonth, now)?;
        Ok(IssueDetail {
            issue,
            activity,
            seen_by,
            participants,
            plugin_actions: Vec::new(),
            user_report_count,
            fix_watch,
            undo: None,
        })
    }
}
