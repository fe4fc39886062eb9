//! Deciding about issues: one or many at once, and taking it back.

use actix_web::{HttpRequest, web};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::api::Api;
use crate::api::auth::Caller;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::issue_json::Actor;
use crate::api::merging::MergeJson;
use crate::api::params::Params;
use crate::api::status_change::{self, DetailsUpdate, IgnoreUpdate};
use crate::api::status_details::StatusDetails;
use crate::lookup::{Question, find_issues};
use crate::model::ids::{AccountId, IssueId, ProjectId};
use crate::model::issue::{Issue, PriorityLevel, Status};
use crate::model::issue_change::{IssueChange, StatusChange};
use crate::model::mark::MarkChange;

/// Issues that one request may change.
const BULK_MAX: usize = 1_000;
/// Pages that are read to find them.
const BULK_PAGES_MAX: usize = 20;

/// The new state of issues. What is left out stays as it is.
#[derive(Deserialize, ToSchema, Default)]
#[serde(rename_all = "camelCase")]
pub struct IssueUpdate {
    /// `unresolved`, `resolved`, `ignored`; Sentry's `resolvedInNextRelease`, `muted` and `archived` are read as the nearest.
    pub status: Option<String>,
    pub status_details: Option<DetailsUpdate>,
    /// `archived_forever`, `archived_until_escalating`, `archived_until_condition_met`.
    pub substatus: Option<String>,
    /// Former place of what an archived issue waits for.
    #[serde(flatten)]
    pub ignore: IgnoreUpdate,
    /// `high`, `medium` or `low`; it then stays so, whatever is seen of the issue.
    pub priority: Option<PriorityLevel>,
    /// `user:3`, an e-mail address, `me`; an empty string or `null` for nobody.
    #[serde(default, deserialize_with = "named")]
    pub assigned_to: Option<String>,
    /// For the caller alone, as the next two.
    pub is_bookmarked: Option<bool>,
    /// Followed.
    pub is_subscribed: Option<bool>,
    pub has_seen: Option<bool>,
    /// `1` or `true`: the issues become one. Of a change of many issues, and alone.
    #[schema(value_type = Option<u8>)]
    pub merge: Option<Flag>,
}

/// Sentry's clients write 1 or true.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Flag {
    Word(bool),
    Number(u8),
}

impl Flag {
    fn is_set(&self) -> bool {
        matches!(self, Self::Word(true) | Self::Number(1..))
    }
}

impl IssueUpdate {
    fn says_something(&self) -> bool {
        self.status.is_some()
            || self.status_details.is_some()
            || self.substatus.is_some()
            || self.assigned_to.is_some()
            || self.priority.is_some()
            || self.marks() != MarkChange::default()
    }

    fn marks(&self) -> MarkChange {
        let Self { is_bookmarked, is_subscribed, has_seen, .. } = *self;
        MarkChange { is_bookmarked, is_subscribed, has_seen, takes_part: false }
    }
}

/// `null` is nobody, unlike a key that is not there.
fn named<'de, D: Deserializer<'de>>(value: D) -> std::result::Result<Option<String>, D::Error> {
    Option::deserialize(value).map(|name: Option<String>| Some(name.unwrap_or_default()))
}

/// What was changed: only the keys that were sent.
#[derive(Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangeAnswer {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_details: Option<StatusDetails>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<PriorityLevel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Actor>)]
    #[expect(
        clippy::option_option,
        reason = "Sentry's answer: absent where nobody was asked for, null for nobody"
    )]
    pub assigned_to: Option<Option<Actor>>,
    /// What became of a merge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merge: Option<MergeJson>,
    /// Issues that are not what they were.
    pub changed: usize,
    /// Takes the change back, for an hour: `issues/undo/{undo}/`.
    #[schema(required)]
    pub undo: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UndoAnswer {
    /// Ids of the issues that are as they were before.
    pub restored: Vec<String>,
    /// Issues that were changed again since, and stay so.
    pub passed_over: usize,
}

/// Changes the issues of `id=` (repeatable), or else all that `query` finds, at most a thousand.
#[utoipa::path(put, path = "/api/0/organizations/{org}/issues/", tag = "issues",
    params(("org" = String, Path), ("id" = Option<Vec<String>>, Query), ("query" = Option<String>, Query),
        ("project" = Option<Vec<String>>, Query)),
    request_body = IssueUpdate,
    responses((status = 200, body = ChangeAnswer), (status = 400, body = ErrorBody)))]
pub async fn change_issues(
    api: web::Data<Api>,
    request: HttpRequest,
    caller: Caller,
    body: web::Json<IssueUpdate>,
) -> Result<web::Json<ChangeAnswer>> {
    change(api, request, None, caller, body.into_inner()).await
}

/// Changes issues of one project.
#[utoipa::path(put, path = "/api/0/projects/{org}/{project}/issues/", tag = "issues",
    params(("org" = String, Path), ("project" = String, Path), ("id" = Option<Vec<String>>, Query),
        ("query" = Option<String>, Query)),
    request_body = IssueUpdate,
    responses((status = 200, body = ChangeAnswer), (status = 400, body = ErrorBody)))]
pub async fn change_project_issues(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    caller: Caller,
    body: web::Json<IssueUpdate>,
) -> Result<web::Json<ChangeAnswer>> {
    let project = api.project(&path.1)?.id;
    change(api, request, Some(project), caller, body.into_inner()).await
}

/// Takes back what the caller changed: every issue gets its own former state again.
#[utoipa::path(post, path = "/api/0/organizations/{org}/issues/undo/{undo}/", tag = "issues",
    params(("org" = String, Path), ("undo" = String, Path)),
    responses((status = 200, body = UndoAnswer), (status = 404, body = ErrorBody)))]
pub async fn undo_change(
    api: web::Data<Api>,
    path: web::Path<(String, u64)>,
    caller: Caller,
) -> Result<web::Json<UndoAnswer>> {
    let by = caller.account_id();
    let now = Timestamp::now();
    let undone = api.run(move |api| Ok(api.store.undo_change(path.1, by, now)?)).await?;
    let undone = undone.ok_or_else(ApiError::not_found)?;
    let restored = undone.issues.iter().map(|issue| issue.id.to_string()).collect();
    Ok(web::Json(UndoAnswer { restored, passed_over: undone.passed_over }))
}

async fn change(
    api: web::Data<Api>,
    request: HttpRequest,
    project: Option<ProjectId>,
    caller: Caller,
    body: IssueUpdate,
) -> Result<web::Json<ChangeAnswer>> {
    let params = Params::of(&request);
    let now = Timestamp::now();
    let answer = api
        .run(move |api| {
            if body.merge.as_ref().is_some_and(Flag::is_set) {
                if body.says_something() {
                    return Err(ApiError::bad_request("merge: change everything else before or after"));
                }
                return api.merge_issues(&params, project, caller.account_id(), now);
            }
            if !body.says_something() {
                return Err(ApiError::bad_request(
                    "Say what to change: status, assignedTo, priority or isBookmarked",
                ));
            }
            let issues = api.issues_to_change(&params, project, caller.account_id(), now)?;
            api.change(&issues, &body, &caller, now)
        })
        .await?;
    Ok(web::Json(answer))
}

impl Api {
    pub(super) fn change(
        &self,
        issues: &[Issue],
        body: &IssueUpdate,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<ChangeAnswer> {
        let status = status_change::read(body, now)?;
        let assignee = match &body.assigned_to {
            None => None,
            Some(name) => Some(self.assignee(name, issues, caller)?),
        };
        let told = status.as_ref().map(StatusChange::status);
        let change = IssueChange {
            status,
            assignee: assignee.as_ref().map(|to| to.as_ref().map(|to| to.id)),
            priority: body.priority,
        };
        let ids: Vec<IssueId> = issues.iter().map(|issue| issue.id).collect();
        let done = self.store.change_issues(&ids, &change, caller.account_id(), now)?;
        let marks = MarkChange { takes_part: done.changed > 0, ..body.marks() };
        if let Some(account) = caller.account_id().filter(|_| marks != MarkChange::default()) {
            let shown: Vec<IssueId> = done.issues.iter().map(|issue| issue.id).collect();
            self.store.mark_issues(&shown, account, marks, now)?;
        }
        Ok(ChangeAnswer {
            status: told,
            status_details: told.map(|_| {
                let first = done.issues.first().map(|issue| StatusDetails::of(issue, None));
                first.unwrap_or_default()
            }),
            priority: body.priority,
            assigned_to: assignee.map(|to| to.as_ref().map(Actor::of)),
            changed: done.changed,
            merge: None,
            undo: done.undo.map(|undo| undo.to_string()),
        })
    }

    pub(super) fn issues_to_change(
        &self,
        params: &Params,
        project: Option<ProjectId>,
        account: Option<AccountId>,
        now: Timestamp,
    ) -> Result<Vec<Issue>> {
        if params.has("id") {
            let ids = params.all("id").take(BULK_MAX + 1).map(str::parse);
            let ids: std::result::Result<Vec<IssueId>, _> = ids.collect();
            let ids = ids.map_err(|_| ApiError::bad_request("id: expected numbers"))?;
            if ids.len() > BULK_MAX {
                return Err(ApiError::bad_request(format!("id: at most {BULK_MAX} at once")));
            }
            let issues = self.issues(&ids)?;
            return Ok(issues
                .into_iter()
                .filter(|issue| project.is_none_or(|id| issue.project == id))
                .collect());
        }
        if !params.has("query") {
            return Err(ApiError::bad_request("Say which: id or query"));
        }
        self.all_that_match(params, project, account, now)
    }

    /// A page that is short, because few of many issues match, goes on with the next.
    fn all_that_match(
        &self,
        params: &Params,
        project: Option<ProjectId>,
        account: Option<AccountId>,
        now: Timestamp,
    ) -> Result<Vec<Issue>> {
        let mut issues = Vec::new();
        let mut question = Question { after: None, ..self.question(params, project, account, now)? };
        for _ in 0..BULK_PAGES_MAX {
            question.limit = BULK_MAX + 1 - issues.len();
            let found = find_issues(&self.store, &self.search, &question)?;
            issues.extend(found.rows.into_iter().map(|row| row.issue));
            question.after = found.next;
            if issues.len() > BULK_MAX || question.after.is_none() {
                break;
            }
        }
        if issues.len() > BULK_MAX || question.after.is_some() {
            return Err(ApiError::bad_request(format!(
                "More issues match than one change may touch: {BULK_MAX}. Nothing was changed. Narrow the search, \
                 for example by project or age."
            )));
        }
        Ok(issues)
    }
}
