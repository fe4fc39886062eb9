//! Pages of a list: Sentry's cursors and its `Link` header.
//!
//! A cursor `value:offset:is_previous` says where the next page starts. Lists here go forward only, since every
//! one is a range of an index; `previous` leads back to the first page, and has results on every other.

use actix_web::HttpResponse;
use actix_web::http::header;
use serde::Serialize;

use crate::api::Api;
use crate::api::error::{ApiError, Result};
use crate::api::params::Params;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    pub value: u64,
    pub offset: u64,
}

impl Cursor {
    pub fn of(params: &Params) -> Result<Option<Self>> {
        let Some(text) = params.get("cursor") else { return Ok(None) };
        Self::parse(text).map(Some).ok_or_else(|| ApiError::bad_request("Invalid cursor parameter."))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let value = parts.next()?.parse().ok()?;
        let offset = parts.next()?.parse().ok()?;
        let _is_previous: u8 = parts.next()?.parse().ok()?;
        parts.next().is_none().then_some(Self { value, offset })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:0", self.value, self.offset)
    }
}

/// Rows and where they go on.
pub struct Page<T> {
    pub rows: Vec<T>,
    pub next: Option<Cursor>,
    /// How many rows there are in all, where that is known without counting.
    pub total: Option<u64>,
}

impl<T> Page<T> {
    /// From one row more than was asked for: the surplus row only shows that there is a next page.
    pub fn cut(mut rows: Vec<T>, limit: usize, cursor_of: impl FnOnce(&T) -> Cursor) -> Self {
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| has_more).map(cursor_of);
        Self { rows, next, total: None }
    }

    /// All there is.
    pub fn whole(rows: Vec<T>) -> Self {
        Self { rows, next: None, total: None }
    }

    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { rows: self.rows.into_iter().map(change).collect(), next: self.next, total: self.total }
    }
}

/// Answers the rows as a JSON array.
pub fn answer<T: Serialize>(api: &Api, request: &actix_web::HttpRequest, page: &Page<T>) -> HttpResponse {
    answer_with(api, request, page, &page.rows)
}

/// Answers `body` with the page's headers.
pub fn answer_with<T, B: Serialize + ?Sized>(
    api: &Api,
    request: &actix_web::HttpRequest,
    page: &Page<T>,
    body: &B,
) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::LINK, link(api, request, page)));
    if let Some(total) = page.total {
        response.insert_header(("X-Hits", total.to_string()));
        response.insert_header(("X-Max-Hits", "1000"));
    }
    response.json(body)
}

fn link<T>(api: &Api, request: &actix_web::HttpRequest, page: &Page<T>) -> String {
    let others =
        url::form_urlencoded::parse(request.query_string().as_bytes()).filter(|(key, _)| key != "cursor");
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(others.take(100));
    let query = query.finish();
    let is_first = Cursor::of(&Params::of(request)).ok().flatten().is_none_or(|at| at == Cursor::default());
    let base = api.link(request.path());
    let joint = if query.is_empty() { "" } else { "&" };
    let part = |rel: &str, has_results: bool, cursor: &str| {
        format!(
            "<{base}?{query}{joint}cursor={cursor}>; rel=\"{rel}\"; results=\"{has_results}\"; cursor=\"{cursor}\""
        )
    };
    let next = page.next.map_or_else(|| "0:0:0".to_owned(), |cursor| cursor.to_string());
    format!("{}, {}", part("previous", !is_first, "0:0:1"), part("next", page.next.is_some(), &next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_survive_a_round_trip() {
        let cursor = Cursor { value: 1_764_000_000_000, offset: 42 };
        assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor));
        for bad in ["", "1", "1:2", "a:b:c", "1:2:3:4", "-1:0:0"] {
            assert_eq!(Cursor::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_surplus_row_makes_the_next_page() {
        let cursor = |row: &u64| Cursor { value: *row, offset: 0 };
        let page = Page::cut(vec![9, 8, 7], 2, cursor);
        assert_eq!((page.rows, page.next), (vec![9, 8], Some(Cursor { value: 8, offset: 0 })));
        let page = Page::cut(vec![9, 8], 2, cursor);
        assert_eq!(page.next, None);
    }
}
