//! Lists of issues.

use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use utoipa::ToSchema;

use crate::api::Api;
use crate::api::auth::Caller;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::issue_json::{IssueJson, Stats};
use crate::api::page::{Cursor, Page, answer};
use crate::api::params::Params;
use crate::api::side_by_side;
use crate::lookup::{self, Found, LookupError, Question, find_issues};
use crate::model::ids::{AccountId, IssueId, ProjectId};
use crate::model::query::Query;
use crate::search::query::parse;
use crate::store::{IssueCursor, IssueSort};

/// What an absent `query` means; an empty one means all.
const QUERY_DEFAULT: &str = "is:unresolved";

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
    Urgency,
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
            "urgency" => Some(Self::Urgency),
            "relevance" => Some(Self::Relevance),
            _ => None,
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
        let (issues, hits): (Vec<_>, Vec<_>) =
            found.rows.into_iter().map(|Found { issue, hit }| (issue, hit)).unzip();
        let mut rows = self.issues_json(issues, stats, now)?;
        // Each reads and parses an event, which is most of what a page costs.
        let matches = side_by_side::each(&hits, |hit| match hit {
            Some(hit) => self.matches_at(&question.query, hit.week, hit.seq),
            None => Ok(Vec::new()),
        })?;
        rows.iter_mut().zip(matches).for_each(|(row, matches)| row.matches = matches);
        let next = found.next.map(|next| Cursor { value: next.value, offset: next.issue.0 });
        Ok(Page { rows, next, total: found.total })
    }

    pub(super) fn question(
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
            Some(Sort::Urgency) => lookup::Sort::By(IssueSort::Urgency),
            Some(Sort::Relevance) => lookup::Sort::Relevance,
            None => {
                return Err(ApiError::bad_request(
                    "sort: expected date, new, freq, user, urgency or relevance",
                ));
            }
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
            sees_people: self.sees_people,
            visible: self.sight().map(<[_]>::to_vec),
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
