//! Events wherever they are: one of a project, all that a search finds, any by id alone.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::Api;
use crate::api::auth::Caller;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::event_json::{EventJson, Neighbours, event_json, fields};
use crate::api::issue_events::{before, cursor};
use crate::api::issue_json::{IssueJson, MatchJson, Stats};
use crate::api::page::{Page, answer_with};
use crate::api::params::Params;
use crate::api::reports::UserReportJson;
use crate::api::side_by_side;
use crate::digest::headline::headline;
use crate::digest::stored::StoredEvent;
use crate::lookup::{EventQuestion, find_events as find_events_of};
use crate::model::ids::{AccountId, EventId, EventSeq};
use crate::model::issue::EventRef;
use crate::model::query::Query;
use crate::model::week::Week;
use crate::search::{EventOrder, matches};

/// Fields that one search may ask for.
const FIELDS_MAX: usize = 50;

#[derive(Serialize, ToSchema)]
pub struct EventsAnswer {
    pub data: Vec<FoundEvent>,
    pub meta: EventsMeta,
}

/// One event that a search found.
#[derive(Serialize, ToSchema)]
pub struct FoundEvent {
    pub id: String,
    /// Where the free text of the query stands in it.
    pub matches: Vec<MatchJson>,
    /// The fields asked for, by name.
    #[serde(flatten)]
    pub fields: BTreeMap<String, Value>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventsMeta {
    /// The type of each field: `string`, `date`, `integer`.
    pub fields: BTreeMap<String, String>,
    /// All matching events; at least so many where it is not `totalExact`.
    pub total: u64,
    pub total_exact: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventIdAnswer {
    pub organization_slug: String,
    pub project_slug: String,
    pub group_id: String,
    pub event_id: String,
    pub event: EventJson,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShortIdAnswer {
    pub organization_slug: String,
    pub project_slug: String,
    pub group_id: String,
    pub group: IssueJson,
    pub short_id: String,
}

/// One event of a project. `raw=1`: the JSON as its SDK sent it, secrets taken out.
#[utoipa::path(get, path = "/api/0/projects/{org}/{project}/events/{event_id}/", tag = "events",
    params(("org" = String, Path), ("project" = String, Path), ("event_id" = String, Path),
        ("raw" = Option<bool>, Query)),
    responses((status = 200, body = EventJson), (status = 404, body = ErrorBody)))]
pub async fn get_event(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<(String, String, String)>,
) -> Result<HttpResponse> {
    let project = api.project(&path.1)?.id;
    let wants_raw = Params::of(&request).flag("raw");
    if wants_raw {
        let raw = api.run(move |api| Ok(api.event(project, &path.2)?.raw)).await?;
        return Ok(HttpResponse::Ok().content_type("application/json").body(raw));
    }
    let event = api.run(move |api| api.event_detail(&api.event(project, &path.2)?)).await?;
    Ok(HttpResponse::Ok().json(event))
}

/// Events that a search finds, newest first unless asked otherwise.
#[utoipa::path(get, path = "/api/0/organizations/{org}/events/", tag = "events",
    params(("org" = String, Path), ("query" = Option<String>, Query),
        ("field" = Option<Vec<String>>, Query, description = "May repeat: title, message, timestamp, any tag, …"),
        ("project" = Option<Vec<String>>, Query), ("statsPeriod" = Option<String>, Query),
        ("environment" = Option<Vec<String>>, Query),
        ("start" = Option<String>, Query), ("end" = Option<String>, Query),
        ("sort" = Option<String>, Query, description = "-timestamp, timestamp or relevance"),
        ("per_page" = Option<u32>, Query, maximum = 100), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = EventsAnswer), (status = 400, body = ErrorBody)))]
pub async fn find_events(api: web::Data<Api>, request: HttpRequest, caller: Caller) -> Result<HttpResponse> {
    let params = Params::of(&request);
    let (account, now) = (caller.account_id(), Timestamp::now());
    let (page, body) = api.run(move |api| api.found_events(&params, account, now)).await?;
    Ok(answer_with(&api, &request, &page, &body))
}

/// Where an event id leads.
#[utoipa::path(get, path = "/api/0/organizations/{org}/eventids/{event_id}/", tag = "events",
    params(("org" = String, Path), ("event_id" = String, Path)),
    responses((status = 200, body = EventIdAnswer), (status = 404, body = ErrorBody)))]
pub async fn resolve_event_id(
    api: web::Data<Api>,
    path: web::Path<(String, String)>,
) -> Result<web::Json<EventIdAnswer>> {
    let answer = api
        .run(move |api| {
            let id: EventId = path.1.parse().map_err(|_| ApiError::not_found())?;
            let place = api.event_anywhere(id)?;
            let stored = api.read(&place)?;
            Ok(EventIdAnswer {
                organization_slug: api.config.org.clone(),
                project_slug: api.project(&place.project.to_string())?.slug.clone(),
                group_id: api.shown(&place).issue.to_string(),
                event_id: id.to_string(),
                event: api.event_detail(&stored)?,
            })
        })
        .await?;
    Ok(web::Json(answer))
}

/// Where a short id leads.
#[utoipa::path(get, path = "/api/0/organizations/{org}/shortids/{short_id}/", tag = "issues",
    params(("org" = String, Path), ("short_id" = String, Path, description = "Such as SHOP-1A")),
    responses((status = 200, body = ShortIdAnswer), (status = 404, body = ErrorBody)))]
pub async fn resolve_short_id(
    api: web::Data<Api>,
    path: web::Path<(String, String)>,
) -> Result<web::Json<ShortIdAnswer>> {
    let now = Timestamp::now();
    let answer = api
        .run(move |api| {
            let group = api.issue_json(api.issue(&path.1)?, Stats::Day, now)?;
            Ok(ShortIdAnswer {
                organization_slug: api.config.org.clone(),
                project_slug: group.project.slug.clone(),
                group_id: group.id.clone(),
                short_id: group.short_id.clone(),
                group,
            })
        })
        .await?;
    Ok(web::Json(answer))
}

/// A page of what search found.
pub(super) struct Places {
    pub page: Page<EventRef>,
    /// All matching events, or at least so many where the page does not know its total.
    pub total_min: u64,
}

impl Api {
    pub(super) fn event_detail(&self, stored: &StoredEvent) -> Result<EventJson> {
        let place = &self.shown(&stored.place);
        let reports = self.store.user_reports(place.project, place.event_id)?;
        let beside = Neighbours {
            next: self.store.issue_events_after(place.issue, Some(place.seq), 1)?.into_iter().next(),
            previous: self.store.issue_events(place.issue, Some(place.seq), 1)?.into_iter().next(),
            user_report: reports.into_iter().next().map(UserReportJson::of),
        };
        let headline = headline(&stored.event);
        let mut json = event_json(&stored.event, place, stored.raw.len(), &headline, beside);
        self.add_source_links(&mut json, place.project, &stored.event)?;
        self.tell_frame_problems(&mut json, place.project);
        Ok(json)
    }

    /// One page of what search finds; a hit that the store does not know any more is passed over.
    pub(super) fn find_places(
        &self,
        question: &EventQuestion<'_>,
        order: EventOrder,
        params: &Params,
    ) -> Result<Places> {
        let behind = before(params)?.map(|seq| seq.0);
        let found = find_events_of(&self.store, &self.search, question, order, behind, params.limit()?)?;
        let mut rows = Vec::with_capacity(found.hits.len());
        for hit in found.hits {
            rows.extend(self.store.find_event_by_seq(hit.week.0, hit.seq)?);
        }
        let total = found.exact.then_some(found.total);
        let next = found.next.map(|next| cursor(EventSeq(next)));
        Ok(Places { page: Page { rows, next, total }, total_min: found.total })
    }

    fn found_events(
        &self,
        params: &Params,
        account: Option<AccountId>,
        now: Timestamp,
    ) -> Result<(Page<()>, EventsAnswer)> {
        let order = match params.get("sort") {
            None | Some("-timestamp") => EventOrder::Newest,
            Some("timestamp") => EventOrder::Oldest,
            Some("relevance") => EventOrder::Relevance,
            Some(sort) => {
                let detail =
                    format!("sort: `{sort}` is not known; expected -timestamp, timestamp or relevance");
                return Err(ApiError::bad_request(detail));
            }
        };
        let asked = self.search_of(params, account, now)?;
        let Places { page, total_min } = self.find_places(&asked.question(), order, params)?;
        let mut names: Vec<&str> = params.all("field").take(FIELDS_MAX).collect();
        if names.is_empty() {
            names = fields::DEFAULT.to_vec();
        }
        let read = |place: &EventRef| -> Result<Option<FoundEvent>> {
            let stored = self.reader.read(place)?;
            let stored = stored.map(|stored| StoredEvent { place: self.shown(&stored.place), ..stored });
            Ok(stored.map(|stored| self.found_event(&stored, &names, &asked.query)))
        };
        let data = side_by_side::each(&page.rows, read)?.into_iter().flatten().collect();
        let types = names.iter().map(|name| ((*name).to_owned(), fields::type_of(name).into())).collect();
        let meta = EventsMeta { fields: types, total: total_min, total_exact: page.total.is_some() };
        Ok((page.map(|_| ()), EventsAnswer { data, meta }))
    }

    fn found_event(&self, stored: &StoredEvent, names: &[&str], query: &Query) -> FoundEvent {
        let headline = headline(&stored.event);
        let project = self.store.directory().projects.get(&stored.place.project).cloned();
        // These two stand in every row anyway.
        let names = names.iter().filter(|name| !matches!(**name, "id" | "matches"));
        let value = |name: &&str| {
            let value = fields::value(name, stored, &headline, project.as_deref());
            ((*name).to_owned(), value)
        };
        FoundEvent {
            id: stored.event.event_id.to_string(),
            matches: matches(&stored.event, query).into_iter().map(MatchJson::of).collect(),
            fields: names.map(value).collect(),
        }
    }

    /// Where a query matches in one event; nothing where the event has expired.
    pub(super) fn matches_at(&self, query: &Query, week: Week, seq: EventSeq) -> Result<Vec<MatchJson>> {
        let Some(place) = self.store.find_event_by_seq(week.0, seq)? else { return Ok(Vec::new()) };
        let Some(stored) = self.reader.read(&place)? else { return Ok(Vec::new()) };
        Ok(matches(&stored.event, query).into_iter().map(MatchJson::of).collect())
    }
}
