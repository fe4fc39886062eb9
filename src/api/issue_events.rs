//! An issue's events: the list, and one by id or as latest, oldest, recommended.

use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use serde::Deserialize;

use crate::api::Api;
use crate::api::auth::Caller;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::event_json::{EventJson, EventRow, event_row, is_within};
use crate::api::issue::IssuePath;
use crate::api::issue_json::MatchJson;
use crate::api::issues::parse_query;
use crate::api::page::{Cursor, Page, answer};
use crate::api::params::{Params, Period};
use crate::api::side_by_side;
use crate::digest::headline::headline;
use crate::lookup::{Asker, EventQuestion};
use crate::model::ids::{AccountId, EventId, EventSeq, ProjectId};
use crate::model::issue::{EventRef, Issue};
use crate::model::query::Query;
use crate::search::{EventOrder, matches};

/// How many places are looked at for one page, where a period narrows it.
const SCAN_MAX: usize = 2_000;

#[derive(Deserialize)]
pub(super) struct IssueEventPath {
    pub id: String,
    pub event: String,
}

#[derive(serde::Serialize)]
#[serde(untagged)]
pub(super) enum Row {
    Short(Box<EventRow>),
    Full(Box<EventJson>),
}

/// Events of an issue, newest first.
#[utoipa::path(get, path = "/api/0/issues/{id}/events/", tag = "events",
    params(("id" = String, Path), ("full" = Option<bool>, Query, description = "Rows are whole events"),
        ("query" = Option<String>, Query), ("environment" = Option<Vec<String>>, Query),
        ("statsPeriod" = Option<String>, Query), ("start" = Option<String>, Query), ("end" = Option<String>, Query),
        ("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Vec<EventRow>), (status = 404, body = ErrorBody)))]
pub async fn list_issue_events(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<IssuePath>,
    caller: Caller,
) -> Result<HttpResponse> {
    let params = Params::of(&request);
    let (account, now) = (caller.account_id(), Timestamp::now());
    let page = api
        .run(move |api| {
            let issue = api.issue(&path.id)?;
            let (places, query) = api.issue_places(&params, &issue, account, now)?;
            api.event_rows(&places, &query, params.flag("full"))
        })
        .await?;
    Ok(answer(&api, &request, &page))
}

/// Events of a project, newest first.
#[utoipa::path(get, path = "/api/0/projects/{org}/{project}/events/", tag = "events",
    params(("org" = String, Path), ("project" = String, Path), ("full" = Option<bool>, Query),
        ("query" = Option<String>, Query), ("environment" = Option<Vec<String>>, Query),
        ("statsPeriod" = Option<String>, Query), ("start" = Option<String>, Query), ("end" = Option<String>, Query),
        ("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Vec<EventRow>), (status = 404, body = ErrorBody)))]
pub async fn list_project_events(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    caller: Caller,
) -> Result<HttpResponse> {
    let project = api.project(&path.1)?.id;
    let params = Params::of(&request);
    let (account, now) = (caller.account_id(), Timestamp::now());
    let page = api
        .run(move |api| {
            let (places, query) = api.project_places(&params, project, account, now)?;
            api.event_rows(&places, &query, params.flag("full"))
        })
        .await?;
    Ok(answer(&api, &request, &page))
}

/// One event of an issue: by id, or `latest`, `oldest`, `recommended`.
#[utoipa::path(get, path = "/api/0/issues/{id}/events/{event}/", tag = "events",
    params(("id" = String, Path), ("event" = String, Path, description = "latest, oldest, recommended or an event id")),
    responses((status = 200, body = EventJson), (status = 404, body = ErrorBody)))]
pub async fn get_issue_event(
    api: web::Data<Api>,
    path: web::Path<IssueEventPath>,
) -> Result<web::Json<EventJson>> {
    let event = api
        .run(move |api| {
            let issue = api.issue(&path.id)?;
            let place = api.event_of_issue(&issue, &path.event)?.ok_or_else(ApiError::not_found)?;
            api.event_detail(&api.read(&place)?)
        })
        .await?;
    Ok(web::Json(event))
}

impl Api {
    pub(super) fn event_of_issue(&self, issue: &Issue, name: &str) -> Result<Option<EventRef>> {
        let places = match name {
            "latest" | "recommended" => self.store.issue_events(issue.id, None, 1)?,
            "oldest" => self.store.issue_events_after(issue.id, None, 1)?,
            id => {
                let id: EventId = id.parse().map_err(|_| ApiError::not_found())?;
                let place = self.store.find_event(issue.project, id)?;
                place.filter(|place| self.shown(place).issue == issue.id).into_iter().collect()
            }
        };
        Ok(places.into_iter().next())
    }

    /// A page of an issue's events, and what was asked of each.
    fn issue_places(
        &self,
        params: &Params,
        issue: &Issue,
        account: Option<AccountId>,
        now: Timestamp,
    ) -> Result<(Page<EventRef>, Query)> {
        let asked = asked_of(params, now)?;
        let within = Within { issue: Some(issue), asker: self.asker(account, None) };
        self.places(params, asked, &within, now, |before, limit| {
            self.store.issue_events(issue.id, before, limit)
        })
    }

    /// The same of a project.
    fn project_places(
        &self,
        params: &Params,
        project: ProjectId,
        account: Option<AccountId>,
        now: Timestamp,
    ) -> Result<(Page<EventRef>, Query)> {
        let asked = asked_of(params, now)?;
        let projects = [project];
        let within = Within { issue: None, asker: self.asker(account, Some(&projects)) };
        self.places(params, asked, &within, now, |before, limit| {
            self.store.project_events(project, before, limit)
        })
    }

    fn asker<'a>(&'a self, account: Option<AccountId>, projects: Option<&'a [ProjectId]>) -> Asker<'a> {
        Asker { account, sees_people: self.sees_people, visible: self.sight(), projects }
    }

    /// From the store where all events are asked for, newest first; else from search, which finds words, tags and
    /// moments long ago without reading what lies between.
    fn places(
        &self,
        params: &Params,
        query: Query,
        within: &Within<'_>,
        now: Timestamp,
        list: impl Fn(Option<EventSeq>, usize) -> crate::store::Result<Vec<EventRef>>,
    ) -> Result<(Page<EventRef>, Query)> {
        let period = params.period(now)?;
        let environments = environments(params);
        if query.is_all() && environments.is_empty() && period.until.is_none() {
            let page = page_of(params, period, |before, limit| Ok(list(before, limit)?));
            return Ok((page?, query));
        }
        let Within { issue, asker } = *within;
        let environments = environments.as_slice();
        let (since, until) = (period.since, period.until);
        let question = EventQuestion { query, asker, environments, issue, since, until };
        Ok((self.find_places(&question, EventOrder::Newest, params)?.page, question.query))
    }

    fn event_rows(&self, places: &Page<EventRef>, query: &Query, full: bool) -> Result<Page<Row>> {
        let rows = side_by_side::each(&places.rows, |place| {
            // An expired payload is no row; the list goes on.
            let Some(stored) = self.reader.read(place)? else { return Ok(None) };
            Ok(Some(if full {
                Row::Full(Box::new(self.event_detail(&stored)?))
            } else {
                let matches = matches(&stored.event, query).into_iter().map(MatchJson::of).collect();
                let place = self.shown(place);
                Row::Short(Box::new(event_row(&stored.event, &place, &headline(&stored.event), matches)))
            }))
        })?;
        Ok(Page { rows: rows.into_iter().flatten().collect(), next: places.next, total: places.total })
    }
}

/// Whose events are listed, and who asks.
struct Within<'a> {
    issue: Option<&'a Issue>,
    asker: Asker<'a>,
}

fn asked_of(params: &Params, now: Timestamp) -> Result<Query> {
    parse_query(params.get("query").unwrap_or_default(), now)
}

/// One page of places, newest first, those within the period.
fn page_of(
    params: &Params,
    period: Period,
    read: impl Fn(Option<EventSeq>, usize) -> Result<Vec<EventRef>>,
) -> Result<Page<EventRef>> {
    let limit = params.limit()?;
    let mut before = before(params)?;
    let mut rows: Vec<EventRef> = Vec::new();
    let mut scanned = 0;
    while scanned < SCAN_MAX {
        let step = read(before, limit + 1)?;
        scanned += step.len();
        before = step.last().map(|place| place.seq);
        let is_last = step.len() <= limit;
        rows.extend(step.into_iter().filter(|place| is_within(place.timestamp, period.since, period.until)));
        if is_last || rows.len() > limit {
            return Ok(Page::cut(rows, limit, |place| cursor(place.seq)));
        }
    }
    Ok(Page { rows, next: before.map(cursor), total: None })
}

/// Where the page starts: below this event.
pub(super) fn before(params: &Params) -> Result<Option<EventSeq>> {
    let cursor = Cursor::of(params)?.filter(|cursor| cursor.value > 0);
    Ok(cursor.map(|cursor| EventSeq(cursor.value)))
}

pub(super) fn cursor(seq: EventSeq) -> Cursor {
    Cursor { value: seq.0, offset: 0 }
}

/// `environment=`, any of which may hold.
pub(super) fn environments(params: &Params) -> Vec<String> {
    params.all("environment").map(str::to_owned).collect()
}
