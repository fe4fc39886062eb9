//! Sessions and their users over time, in the shape of Sentry's `sessions/`. Rates are shares of 1 here.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, web};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::health_json::stretch;
use crate::api::params::Params;
use crate::api::session_stats::field::Field;
use crate::api::session_stats::filter::Filter;
use crate::api::session_stats::group::{By, Group, Key};
use crate::api::{Api, when};
use crate::model::health::Health;
use crate::model::series::Resolution;

mod field;
mod filter;
mod group;

/// What an absent period means.
const PERIOD_DEFAULT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// Where no interval is asked for: an hour, and a day where hours are not told apart any more.
const HOURLY_MAX: SignedDuration = SignedDuration::from_hours(35 * 24);
const HOUR_SECONDS: i64 = 3_600;
const DAY_SECONDS: i64 = 86_400;
/// Numbers of all series together; groups beyond are left out.
const POINTS_MAX: usize = 10_000;

#[derive(Serialize, ToSchema)]
pub struct SessionStats {
    pub start: String,
    pub end: String,
    pub query: String,
    /// Where each point of a series begins.
    pub intervals: Vec<String>,
    pub groups: Vec<SessionGroup>,
}

#[derive(Serialize, ToSchema)]
pub struct SessionGroup {
    /// What it was grouped by: `release`, `environment`, `project`, `session.status`.
    pub by: BTreeMap<String, Value>,
    /// By field. A rate without data is `null`.
    pub totals: BTreeMap<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<BTreeMap<String, Vec<Value>>>,
    /// Some numbers of users or sessions are estimates.
    pub estimated: bool,
}

/// Sessions and users over time, by release, environment, project or how they ended.
#[utoipa::path(get, path = "/api/0/organizations/{org}/sessions/", tag = "releases",
    params(("org" = String, Path),
        ("field" = Vec<String>, Query, description = "sum(session), count_unique(user); crash_rate, crash_free_rate, \
            errored_rate, unhealthy_rate, abnormal_rate and unhandled_rate of (session) or (user)"),
        ("groupBy" = Option<Vec<String>>, Query, description = "release, environment, project, session.status"),
        ("query" = Option<String>, Query, description = "release:shop@1.0 or release:[a, b], environment:production"),
        ("project" = Option<Vec<String>>, Query), ("environment" = Option<Vec<String>>, Query),
        ("statsPeriod" = Option<String>, Query, description = "90d if absent"),
        ("start" = Option<String>, Query), ("end" = Option<String>, Query),
        ("interval" = Option<String>, Query, description = "Whole hours that divide a day, or whole days"),
        ("orderBy" = Option<String>, Query, description = "A field, or -field"),
        ("includeSeries" = Option<u8>, Query), ("per_page" = Option<u32>, Query, maximum = 100)),
    responses((status = 200, body = SessionStats), (status = 400, body = ErrorBody)))]
pub async fn session_stats(api: web::Data<Api>, request: HttpRequest) -> Result<web::Json<SessionStats>> {
    let params = Params::of(&request);
    let now = Timestamp::now();
    Ok(web::Json(api.run(move |api| api.session_stats(&params, now)).await?))
}

/// From when to when, and how wide a point is; whole hours or days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Grid {
    start: i64,
    end: i64,
    width: i64,
}

impl Grid {
    fn of(params: &Params, now: Timestamp) -> Result<Self> {
        let (since, until) = stretch(params, now, PERIOD_DEFAULT)?;
        let width = match params.get("interval") {
            None if until.duration_since(since) > HOURLY_MAX => DAY_SECONDS,
            None => HOUR_SECONDS,
            Some(text) => read_interval(text)?,
        };
        let start = since.as_second().div_euclid(width) * width;
        let end = (until.as_second() + width - 1).div_euclid(width) * width;
        let points = usize::try_from((end - start) / width).unwrap_or(usize::MAX);
        if points > POINTS_MAX {
            return Err(ApiError::bad_request("interval: too short for so long a period"));
        }
        Ok(Self { start, end, width })
    }

    fn starts(self) -> impl Iterator<Item = i64> {
        (0..).map(move |index| self.start + index * self.width).take_while(move |start| *start < self.end)
    }
}

fn read_interval(text: &str) -> Result<i64> {
    let seconds = crate::model::length::read(text).map_or(0, |length| length.as_secs());
    let is_hours = seconds > 0 && seconds % HOUR_SECONDS == 0 && DAY_SECONDS % seconds == 0;
    let is_days = seconds > 0 && seconds % DAY_SECONDS == 0;
    if is_hours || is_days {
        return Ok(seconds);
    }
    Err(ApiError::bad_request(
        "interval: expected whole hours that divide a day, such as 1h or 6h, or whole days",
    ))
}

impl Api {
    fn session_stats(&self, params: &Params, now: Timestamp) -> Result<SessionStats> {
        let fields = Field::all_of(params)?;
        let by = By::of(params)?;
        let by_status = by.has(Key::Status);
        if by_status && fields.iter().any(|field| field.is_rate()) {
            return Err(ApiError::bad_request("groupBy: rates are not grouped by session.status"));
        }
        let grid = Grid::of(params, now)?;
        let has_series = params.get("includeSeries") != Some("0");
        let filter = Filter::of(params)?;
        let mut groups = self.session_groups(params, &filter, &by, grid)?;
        let points = if has_series { grid.starts().count().max(1) } else { 1 };
        groups.truncate(POINTS_MAX / points);
        let mut rows = Vec::with_capacity(groups.len());
        for group in &groups {
            let total = self.store.health_together(&group.scopes(), at(grid.start), at(grid.end))?;
            rows.push((group, total));
        }
        order(&mut rows, params, &fields)?;
        rows.truncate(params.limit()?);
        let mut answer = Vec::new();
        for (group, total) in rows {
            let series = if has_series { Some(self.points(group, grid)?) } else { None };
            answer.extend(group::rows(group, by_status, &fields, &total, series.as_deref()));
        }
        let moment = |second| when(at(second));
        Ok(SessionStats {
            start: moment(grid.start),
            end: moment(grid.end),
            query: params.get("query").unwrap_or_default().to_owned(),
            intervals: grid.starts().map(moment).collect(),
            groups: answer,
        })
    }

    fn points(&self, group: &Group, grid: Grid) -> Result<Vec<Health>> {
        let scopes = group.scopes();
        let resolution = match grid.width {
            HOUR_SECONDS => Some(Resolution::Hour),
            DAY_SECONDS => Some(Resolution::Day),
            _ => None,
        };
        if let Some(resolution) = resolution {
            let series =
                self.store.health_series_together(&scopes, at(grid.start), at(grid.end), resolution)?;
            return Ok(series.into_iter().map(|(_, health)| health).collect());
        }
        let point = |start| self.store.health_together(&scopes, at(start), at(start + grid.width));
        Ok(grid.starts().map(point).collect::<std::result::Result<_, _>>()?)
    }
}

/// By the first field, the most first, unless something else is asked for.
fn order(rows: &mut [(&Group, Health)], params: &Params, fields: &[Field]) -> Result<()> {
    let text = params.get("orderBy").unwrap_or_default();
    let (name, is_ascending) = match text.strip_prefix('-') {
        Some(name) => (name, false),
        None => (text, !text.is_empty()),
    };
    let field = match name {
        "" => fields[0],
        name => Field::read(name)
            .filter(|field| fields.contains(field))
            .ok_or_else(|| ApiError::bad_request("orderBy: expected one of the fields"))?,
    };
    let key = |health: &Health| field.of(health).as_f64().unwrap_or(-1.0);
    rows.sort_by(|(_, a), (_, b)| {
        let ordering = key(a).total_cmp(&key(b));
        if is_ascending { ordering } else { ordering.reverse() }
    });
    Ok(())
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_whole() {
        for (text, expected) in
            [("1h", 3_600), ("6h", 21_600), ("1d", 86_400), ("24h", 86_400), ("7d", 604_800)]
        {
            assert_eq!(read_interval(text).expect(text), expected, "{text}");
        }
        for bad in ["", "0h", "5h", "90m", "30s", "36h", "x"] {
            assert!(read_interval(bad).is_err(), "{bad}");
        }
    }
}
