//! Lists of issues, and changing many at once.

use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use utoipa::ToSchema;

use serde::{Deserialize, Serialize};

use crate::api::Api;
use crate::api::auth::Caller;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::issue_json::{IssueJson, Stats};
use crate::api::page::{Cursor, Page, answer};
use crate::api::params::Params;
use crate::lookup::{self, Found, LookupError, Question, find_issues};
use crate::model::ids::{AccountId, IssueId, ProjectId};
use crate::model::issue::Status;
use crate::model::query::Query;
use crate::search::query::parse;
use crate::store::{IssueCursor, IssueSort};

/// What an absent `query` means; an empty one means all.
const QUERY_DEFAULT: &str = "is:unresolved";
/// Issues that one request may change.
const BULK_MAX: usize = 1_000;

impl From<LookupError> for ApiError {
    fn from(error: LookupError) -> Self {
        match error {
            LookupError::Query(detail) => Self::bad_request(detail),
            LookupError::Store(error) => error.into(),
            LookupError::Search(error) => error.into(),
        }
    }
}

/// The order of a list of issues, in Sentry's words.
#[derive(Clone, Copy, ToSchema)]
#[schema(rename_all = "lowercase")]
enum Sort {
    Date,
    New,
    Freq,
    User,
    Relevance,
}

impl Sort {
    fn read(text: &str) -> Option<Self> {
        match text {
            // Sentry's own orders by relevance are nearest to the newest activity.
            "date" | "inbox" | "trends" | "recommended" => Some(Self::Date),
            "new" => Some(Self::New),
            "freq" => Some(Self::Freq),
            "user" => Some(Self::User),
            "relevance" => Some(Self::Relevance),
            _ => None,
        }
    }
}

/// The new state of issues.
#[derive(Deserialize, ToSchema)]
pub struct StatusChange {
    /// `unresolved`, `resolved`, `ignored`; Sentry's `resolvedInNextRelease`, `muted` and `archived` are read as the nearest.
    pub status: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatusAnswer {
    pub status: Status,
    pub status_details: std::collections::BTreeMap<String, String>,
}

impl StatusChange {
    pub fn read(&self) -> Result<Option<Status>> {
        let Some(status) = self.status.as_deref() else { return Ok(None) };
        match status {
            "unresolved" => Ok(Some(Status::Unresolved)),
            "resolved" | "resolvedInNextRelease" => Ok(Some(Status::Resolved)),
            "ignored" | "muted" | "archived" => Ok(Some(Status::Ignored)),
            _ => Err(ApiError::bad_request("status: expected unresolved, resolved or ignored")),
        }
    }
}

/// Reads a query; the error says where it stops making sense.
pub fn parse_query(text: &str, now: Timestamp) -> Result<Query> {
    parse(text, now).map_err(ApiError::syntax)
}

/// Issues of the organization, newest activity first.
#[utoipa::path(get, path = "/api/0/organizations/{org}/issues/", tag = "issues",
    params(("org" = String, Path),
        ("query" = Option<String>, Query, description = "Search; `is:unresolved` if absent"),
        ("project" = Option<Vec<String>>, Query, description = "Number or slug; may repeat"),
        ("environment" = Option<Vec<String>>, Query),
        ("sort" = inline(Option<Sort>), Query),
        ("statsPeriod" = Option<String>, Query, description = "Such as 24h or 14d"),
        ("start" = Option<String>, Query), ("end" = Option<String>, Query),
        ("groupStatsPeriod" = Option<String>, Query, description = "24h or 14d"),
        ("limit" = Option<u32>, Query, maximum = 100), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Vec<IssueJson>), (status = 400, body = ErrorBody)))]
pub async fn list_issues(api: web::Data<Api>, request: HttpRequest, caller: Caller) -> Result<HttpResponse> {
    list(api, request, None, caller.account_id()).await
}

/// Issues of one project.
#[utoipa::path(get, path = "/api/0/projects/{org}/{project}/issues/", tag = "issues",
    params(("org" = String, Path), ("project" = String, Path), ("query" = Option<String>, Query),
        ("sort" = inline(Option<Sort>), Query), ("statsPeriod" = Option<String>, Query),
        ("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Vec<IssueJson>), (status = 400, body = ErrorBody)))]
pub async fn list_project_issues(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    caller: Caller,
) -> Result<HttpResponse> {
    let project = api.project(&path.1)?.id;
    list(api, request, Some(project), caller.account_id()).await
}

async fn list(
    api: web::Data<Api>,
    request: HttpRequest,
    project: Option<ProjectId>,
    account: Option<AccountId>,
) -> Result<HttpResponse> {
    let params = Params::of(&request);
    let now = Timestamp::now();
    let page = api.run(move |api| api.issue_page(&params, project, account, now)).await?;
    Ok(answer(&api, &request, &page))
}

impl Api {
    fn issue_page(
        &self,
        params: &Params,
        project: Option<ProjectId>,
        account: Option<AccountId>,
        now: Timestamp,
    ) -> Result<Page<IssueJson>> {
        let question = self.question(params, project, account, now)?;
        let stats = match params.get("groupStatsPeriod") {
            Some("14d") => Stats::Fortnight,
            _ => Stats::Day,
        };
        let found = find_issues(&self.store, &self.search, &question)?;
        let row = |Found { issue, hit }: Found| -> Result<IssueJson> {
            let matches = match hit {
                Some(hit) => self.matches_at(&question.query, hit.week, hit.seq)?,
                None => Vec::new(),
            };
            Ok(IssueJson { matches, ..self.issue_json(issue, stats, now)? })
        };
        let rows = found.rows.into_iter().map(row).collect::<Result<_>>()?;
        let next = found.next.map(|next| Cursor { value: next.value, offset: next.issue.0 });
        Ok(Page { rows, next, total: found.total })
    }

    fn question(
        &self,
        params: &Params,
        project: Option<ProjectId>,
        account: Option<AccountId>,
        now: Timestamp,
    ) -> Result<Question> {
        let text = if params.has("query") { params.get("query").unwrap_or_default() } else { QUERY_DEFAULT };
        let mut query = parse_query(text, now)?;
        // What sentry-cli sends beside the ids.
        if let Some(status) = params.get("status") {
            query = query.and(parse_query(&format!("is:\"{}\"", status.replace(['"', '\\'], "")), now)?.tree);
        }
        let sort = params.get("sort").map_or(Some(Sort::Date), Sort::read);
        let sort = match sort {
            Some(Sort::Date) => lookup::Sort::By(IssueSort::LastSeen),
            Some(Sort::New) => lookup::Sort::By(IssueSort::FirstSeen),
            Some(Sort::Freq) => lookup::Sort::By(IssueSort::Events),
            Some(Sort::User) => lookup::Sort::By(IssueSort::Users),
            Some(Sort::Relevance) => lookup::Sort::Relevance,
            None => return Err(ApiError::bad_request("sort: expected date, new, freq, user or relevance")),
        };
        let period = params.period(now)?;
        let projects = match project {
            Some(project) => Some(vec![project]),
            None => self.projects_of(params)?,
        };
        let after = Cursor::of(params)?.filter(|cursor| *cursor != Cursor::default());
        Ok(Question {
            query,
            account,
            projects,
            environments: params.all("environment").map(str::to_owned).collect(),
            since: period.since,
            until: period.until,
            sort,
            after: after.map(|cursor| IssueCursor { value: cursor.value, issue: IssueId(cursor.offset) }),
            limit: params.limit()?,
        })
    }
}

/// Changes the issues of `id=` (repeatable), or else all that `query` finds.
#[utoipa::path(put, path = "/api/0/organizations/{org}/issues/", tag = "issues",
    params(("org" = String, Path), ("id" = Option<Vec<String>>, Query), ("query" = Option<String>, Query)),
    request_body = StatusChange,
    responses((status = 200, body = StatusAnswer), (status = 400, body = ErrorBody)))]
pub async fn change_issues(
    api: web::Data<Api>,
    request: HttpRequest,
    caller: Caller,
    body: web::Json<StatusChange>,
) -> Result<HttpResponse> {
    change(api, request, None, caller, body.into_inner()).await
}

/// Changes issues of one project.
#[utoipa::path(put, path = "/api/0/projects/{org}/{project}/issues/", tag = "issues",
    params(("org" = String, Path), ("project" = String, Path), ("id" = Option<Vec<String>>, Query),
        ("query" = Option<String>, Query)),
    request_body = StatusChange,
    responses((status = 200, body = StatusAnswer), (status = 400, body = ErrorBody)))]
pub async fn change_project_issues(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    caller: Caller,
    body: web::Json<StatusChange>,
) -> Result<HttpResponse> {
    let project = api.project(&path.1)?.id;
    change(api, request, Some(project), caller, body.into_inner()).await
}

async fn change(
    api: web::Data<Api>,
    request: HttpRequest,
    project: Option<ProjectId>,
    caller: Caller,
    body: StatusChange,
) -> Result<HttpResponse> {
    let status = body.read()?.ok_or_else(|| ApiError::bad_request("status: is needed"))?;
    let params = Params::of(&request);
    let by = caller.account_id();
    let now = Timestamp::now();
    api.run(move |api| {
        let ids = api.issues_to_change(&params, project, by, now)?;
        Ok(api.store.set_status(&ids, status, by, now)?)
    })
    .await?;
    Ok(HttpResponse::Ok().json(StatusAnswer { status, status_details: std::collections::BTreeMap::new() }))
}

impl Api {
    fn issues_to_change(
        &self,
        params: &Params,
        project: Option<ProjectId>,
        account: Option<AccountId>,
        now: Timestamp,
    ) -> Result<Vec<IssueId>> {
        if params.has("id") {
            let ids = params.all("id").take(BULK_MAX + 1).map(str::parse);
            let ids: std::result::Result<Vec<IssueId>, _> = ids.collect();
            let ids = ids.map_err(|_| ApiError::bad_request("id: expected numbers"))?;
            if ids.len() > BULK_MAX {
                return Err(ApiError::bad_request(format!("id: at most {BULK_MAX} at once")));
            }
            let issues = self.issues(&ids)?;
            let in_scope = issues.into_iter().filter(|issue| project.is_none_or(|id| issue.project == id));
            return Ok(in_scope.map(|issue| issue.id).collect());
        }
        if !params.has("query") {
            return Err(ApiError::bad_request("Say which: id or query"));
        }
        let question = Question { limit: BULK_MAX, ..self.question(params, project, account, now)? };
        let found = find_issues(&self.store, &self.search, &question)?;
        Ok(found.rows.into_iter().map(|row| row.issue.id).collect())
    }
}
