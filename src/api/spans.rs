//! Spans that a search finds, whatever trace they are of.

use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::issue_events::environments;
use crate::api::page::{Cursor, Page, answer_with};
use crate::api::params::Params;
use crate::api::{Api, when};
use crate::lookup::span_query;
use crate::model::ids::ProjectId;
use crate::model::span::Span;
use crate::store::{FoundSpan, SpanCursor, SpanPage, SpanQuestion};

/// Spans that one page looks at.
const SPANS_LOOKED_AT_MAX: u64 = 2_000_000;
/// Where the longest are asked for: so many matches, the newest, are put in order.
const SORTED_MAX: usize = 5_000;

#[derive(Serialize, ToSchema)]
pub struct SpansAnswer {
    pub data: Vec<SpanRow>,
    pub meta: SpansMeta,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SpansMeta {
    /// Spans looked at or passed over for this page.
    pub searched: u64,
    /// The oldest beginning that was searched down to.
    #[schema(required)]
    pub searched_to: Option<String>,
    /// Whether all was searched: no further page has more.
    pub complete: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SpanRow {
    pub id: String,
    pub trace_id: String,
    #[schema(required)]
    pub parent_id: Option<String>,
    pub op: String,
    pub name: String,
    pub description: String,
    /// `unset`, `ok` or `error`.
    pub status: &'static str,
    pub status_word: String,
    pub service: String,
    /// A slug.
    pub project: String,
    pub environment: String,
    pub release: String,
    pub transaction: String,
    pub timestamp: String,
    pub duration_ms: f64,
    pub is_segment: bool,
}

/// Spans that a search finds.
#[utoipa::path(get, path = "/api/0/organizations/{org}/spans/", tag = "traces",
    params(("org" = String, Path),
        ("query" = Option<String>, Query, description = "Such as op:db.query duration:>500ms !service:api"),
        ("project" = Option<Vec<String>>, Query), ("environment" = Option<Vec<String>>, Query),
        ("statsPeriod" = Option<String>, Query), ("start" = Option<String>, Query), ("end" = Option<String>, Query),
        ("sort" = Option<String>, Query, description = "-timestamp or -duration"),
        ("per_page" = Option<u32>, Query, maximum = 100), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = SpansAnswer), (status = 400, body = ErrorBody)))]
pub async fn find_spans(api: web::Data<Api>, request: HttpRequest) -> Result<HttpResponse> {
    let (params, now) = (Params::of(&request), Timestamp::now());
    let (page, body) = api.run(move |api| api.found_spans(&params, now)).await?;
    Ok(answer_with(&api, &request, &page, &body))
}

impl Api {
    fn found_spans(&self, params: &Params, now: Timestamp) -> Result<(Page<()>, SpansAnswer)> {
        let by_duration = match params.get("sort") {
            None | Some("-timestamp") => false,
            Some("-duration") => true,
            Some(sort) => {
                let detail = format!("sort: `{sort}` is not known; expected -timestamp or -duration");
                return Err(ApiError::bad_request(detail));
            }
        };
        let limit = params.limit()?;
        let before = Cursor::of(params)?.filter(|at| *at != Cursor::default()).map(span_cursor);
        let mut found = self.spans_of(params, now, before, if by_duration { SORTED_MAX } else { limit })?;
        if by_duration {
            found.spans.sort_by_key(|found| std::cmp::Reverse(found.span.duration_us));
            found.spans.truncate(limit);
        }
        // Behind those in order of their duration there is no next page: it could hold longer ones.
        let next = found.next.filter(|_| !by_duration).map(cursor);
        let at = |us| Timestamp::from_microsecond(us).ok().map(when);
        let meta = SpansMeta {
            searched: found.searched,
            searched_to: found.searched_to_us.and_then(at),
            complete: found.next.is_none(),
        };
        let data = found.spans.into_iter().map(|found| self.span_row(found)).collect();
        Ok((Page { rows: Vec::new(), next, total: None }, SpansAnswer { data, meta }))
    }

    fn spans_of(
        &self,
        params: &Params,
        now: Timestamp,
        before: Option<SpanCursor>,
        limit: usize,
    ) -> Result<SpanPage> {
        let query = span_query::parse(params.get("query").unwrap_or_default()).map_err(ApiError::syntax)?;
        let directory = self.store.directory();
        let asked = self.projects_of(params)?;
        let projects: Vec<ProjectId> = asked.unwrap_or_else(|| directory.projects.keys().copied().collect());
        let environments = environments(params);
        let period = params.period(now)?;
        let mut must = query.must(&|word| directory.slugs.contains_key(word));
        if let [environment] = environments.as_slice() {
            must.push(environment.clone());
        }
        let matches = |project: ProjectId, span: &Span| {
            let is_there = environments.is_empty() || environments.contains(&span.environment);
            let slug = directory.projects.get(&project).map_or("", |project| project.slug.as_str());
            is_there && query.matches(slug, span)
        };
        let question = SpanQuestion {
            projects: &projects,
            since_us: period.since.map_or(i64::MIN, Timestamp::as_microsecond),
            until_us: period.until.map_or(i64::MAX, Timestamp::as_microsecond),
            must: &must,
            longest_at_least_us: query.longest_at_least_us(),
            attributes: query.asks_attributes(),
            matches: &matches,
            before,
            limit,
            spans_max: SPANS_LOOKED_AT_MAX,
        };
        Ok(self.store.find_spans(&question)?)
    }

    fn span_row(&self, FoundSpan { project, span }: FoundSpan) -> SpanRow {
        let project = self.slug_of(project);
        SpanRow {
            id: span.id.to_string(),
            trace_id: span.trace.to_string(),
            parent_id: span.parent.map(|id| id.to_string()),
            status: span.status.as_str(),
            service: if span.service.is_empty() { project.clone() } else { span.service },
            timestamp: Timestamp::from_microsecond(span.start_us).map(when).unwrap_or_default(),
            duration_ms: span.duration_us as f64 / 1_000.0,
            is_segment: span.is_segment,
            op: span.op,
            name: span.name,
            description: span.description,
            status_word: span.status_word,
            project,
            environment: span.environment,
            release: span.release,
            transaction: span.transaction,
        }
    }
}

/// The block, and in the other half its week and how much of it was shown.
fn cursor(at: SpanCursor) -> Cursor {
    Cursor { value: at.block, offset: u64::from(at.week) << 32 | u64::from(at.skip) }
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half")]
fn span_cursor(at: Cursor) -> SpanCursor {
    SpanCursor { week: (at.offset >> 32) as u32, block: at.value, skip: at.offset as u32 }
}

#[cfg(test)]
mod tests {
    use super::{cursor, span_cursor};
    use crate::store::SpanCursor;

    #[test]
    fn cursors_survive_a_round_trip() {
        let at = SpanCursor { week: 20_780, block: u64::MAX, skip: u32::MAX };
        assert_eq!(span_cursor(cursor(at)), at);
    }
}
