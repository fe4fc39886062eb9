//! Saved searches: Sentry's shape, for issues and for events.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::auth::Caller;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::issues::parse_query;
use crate::api::page::{Page, answer};
use crate::api::params::Params;
use crate::api::{Api, when};
use crate::model::account::Role;
use crate::model::saved_search::{SavedSearch, SearchKind, Visibility};

const NAME_CHARS_MAX: usize = 80;
const QUERY_CHARS_MAX: usize = 4_096;
const ISSUE_SORTS: &[&str] = &["date", "new", "freq", "user", "relevance"];
const EVENT_SORTS: &[&str] = &["-timestamp", "timestamp", "relevance"];

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SavedSearchJson {
    pub id: String,
    /// 0: of issues, 1: of events.
    #[serde(rename = "type")]
    pub kind: u8,
    pub name: String,
    pub query: String,
    pub sort: String,
    /// `owner`: only its owner sees it; `organization`: everybody.
    pub visibility: String,
    pub date_created: String,
    pub is_global: bool,
    pub is_pinned: bool,
    /// The caller may change and delete it.
    pub is_mine: bool,
}

/// A search to keep. What is left out stays as it is, or is what a new search begins with.
#[derive(Deserialize, ToSchema)]
pub struct SearchUpdate {
    #[serde(rename = "type")]
    pub kind: Option<u8>,
    pub name: Option<String>,
    pub query: Option<String>,
    pub sort: Option<String>,
    pub visibility: Option<String>,
}

/// The caller's own saved searches and those that all share, by name.
#[utoipa::path(get, path = "/api/0/organizations/{org}/searches/", tag = "searches",
    params(("org" = String, Path), ("type" = Option<u8>, Query, description = "0: of issues, 1: of events")),
    responses((status = 200, body = Vec<SavedSearchJson>)))]
pub async fn list_searches(
    api: web::Data<Api>,
    request: HttpRequest,
    caller: Caller,
) -> Result<HttpResponse> {
    let params = Params::of(&request);
    let kind = params.get("type").map(|kind| read_kind(kind.parse().ok())).transpose()?;
    let by = caller.clone();
    let searches = api.run(move |api| api.searches_of(&by, kind)).await?;
    let rows = searches.into_iter().map(|search| search_json(search, &caller)).collect();
    Ok(answer(&api, &request, &Page::whole(rows)))
}

/// Keeps a search.
#[utoipa::path(post, path = "/api/0/organizations/{org}/searches/", tag = "searches",
    params(("org" = String, Path)), request_body = SearchUpdate,
    responses((status = 201, body = SavedSearchJson), (status = 400, body = ErrorBody)))]
pub async fn create_search(
    api: web::Data<Api>,
    caller: Caller,
    body: web::Json<SearchUpdate>,
) -> Result<HttpResponse> {
    let mut search = SavedSearch {
        id: 0,
        owner: caller.account_id(),
        kind: SearchKind::Issues,
        name: String::new(),
        query: String::new(),
        sort: String::new(),
        visibility: Visibility::Owner,
        created: Timestamp::now(),
    };
    body.apply(&mut search)?;
    let made = api.run(move |api| Ok(api.store.create_search(search)?)).await?;
    let made = made.ok_or_else(|| {
        ApiError::bad_request("There are too many saved searches. Delete one that nobody needs.")
    })?;
    api.audit(made.name.as_str(), &[]);
    Ok(HttpResponse::build(StatusCode::CREATED).json(search_json(made, &caller)))
}

/// Changes a saved search: its owner's or an admin's to do.
#[utoipa::path(put, path = "/api/0/organizations/{org}/searches/{search}/", tag = "searches",
    params(("org" = String, Path), ("search" = String, Path)), request_body = SearchUpdate,
    responses((status = 200, body = SavedSearchJson), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub async fn update_search(
    api: web::Data<Api>,
    path: web::Path<(String, u64)>,
    caller: Caller,
    body: web::Json<SearchUpdate>,
) -> Result<web::Json<SavedSearchJson>> {
    let by = caller.clone();
    let search = api
        .run(move |api| {
            let mut search = api.search_to_change(path.1, &by)?;
            body.apply(&mut search)?;
            if !api.store.update_search(&search)? {
                return Err(ApiError::not_found());
            }
            Ok(search)
        })
        .await?;
    api.audit(search.name.as_str(), &[]);
    Ok(web::Json(search_json(search, &caller)))
}

/// Deletes a saved search: its owner's or an admin's to do.
#[utoipa::path(delete, path = "/api/0/organizations/{org}/searches/{search}/", tag = "searches",
    params(("org" = String, Path), ("search" = String, Path)),
    responses((status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn delete_search(
    api: web::Data<Api>,
    path: web::Path<(String, u64)>,
    caller: Caller,
) -> Result<HttpResponse> {
    let deleted = api
        .run(move |api| {
            let search = api.search_to_change(path.1, &caller)?;
            api.store.delete_search(search.id)?;
            Ok(search)
        })
        .await?;
    api.audit(deleted.name, &[]);
    Ok(HttpResponse::NoContent().finish())
}

impl Api {
    /// The caller's own and those that all share, by name.
    pub(super) fn searches_of(&self, caller: &Caller, kind: Option<SearchKind>) -> Result<Vec<SavedSearch>> {
        let mut searches = self.store.searches()?;
        searches.retain(|search| {
            search.is_shown_to(caller.account_id()) && kind.is_none_or(|kind| search.kind == kind)
        });
        searches.sort_by_key(|search| search.name.to_lowercase());
        Ok(searches)
    }

    fn search_to_change(&self, id: u64, caller: &Caller) -> Result<SavedSearch> {
        let search = self.store.find_search(id)?.filter(|search| search.is_shown_to(caller.account_id()));
        let search = search.ok_or_else(ApiError::not_found)?;
        if !may_change(&search, caller) {
            return Err(ApiError::forbidden("This search belongs to somebody else"));
        }
        Ok(search)
    }
}

fn may_change(search: &SavedSearch, caller: &Caller) -> bool {
    search.owner == caller.account_id() || caller.role >= Role::Admin
}

impl SearchUpdate {
    fn apply(&self, search: &mut SavedSearch) -> Result<()> {
        if let Some(kind) = self.kind {
            search.kind = read_kind(Some(kind))?;
        }
        if let Some(name) = &self.name {
            name.trim().clone_into(&mut search.name);
        }
        if let Some(query) = &self.query {
            query.trim().clone_into(&mut search.query);
        }
        if let Some(sort) = &self.sort {
            sort.clone_into(&mut search.sort);
        }
        if let Some(visibility) = &self.visibility {
            search.visibility = match visibility.as_str() {
                "owner" => Visibility::Owner,
                "organization" => Visibility::Organization,
                _ => return Err(ApiError::bad_request("visibility: expected owner or organization")),
            };
        }
        check(search)
    }
}

fn check(search: &SavedSearch) -> Result<()> {
    let chars = search.name.chars().count();
    if chars == 0 || chars > NAME_CHARS_MAX {
        return Err(ApiError::bad_request(format!("name: expected 1 to {NAME_CHARS_MAX} characters")));
    }
    if search.query.chars().count() > QUERY_CHARS_MAX {
        return Err(ApiError::bad_request(format!("query: at most {QUERY_CHARS_MAX} characters")));
    }
    let sorts = match search.kind {
        SearchKind::Issues => ISSUE_SORTS,
        SearchKind::Events => EVENT_SORTS,
    };
    if !search.sort.is_empty() && !sorts.contains(&search.sort.as_str()) {
        return Err(ApiError::bad_request(format!("sort: expected one of {}", sorts.join(", "))));
    }
    parse_query(&search.query, search.created).map(drop)
}

fn read_kind(kind: Option<u8>) -> Result<SearchKind> {
    match kind {
        Some(0) => Ok(SearchKind::Issues),
        Some(1) => Ok(SearchKind::Events),
        _ => Err(ApiError::bad_request("type: expected 0 (issues) or 1 (events)")),
    }
}

fn search_json(search: SavedSearch, caller: &Caller) -> SavedSearchJson {
    let is_mine = may_change(&search, caller);
    SavedSearchJson {
        id: search.id.to_string(),
        kind: match search.kind {
            SearchKind::Issues => 0,
            SearchKind::Events => 1,
        },
        name: search.name,
        query: search.query,
        sort: search.sort,
        visibility: match search.visibility {
            Visibility::Owner => "owner".to_owned(),
            Visibility::Organization => "organization".to_owned(),
        },
        date_created: when(search.created),
        is_global: false,
        is_pinned: false,
        is_mine,
    }
}
