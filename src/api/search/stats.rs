//! How many events a search finds, over time.

use actix_web::{HttpRequest, web};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::Api;
use crate::api::auth::Caller;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::params::{Params, Period};
use crate::lookup::plan;
use crate::model::ids::AccountId;
use crate::model::length;
use crate::search::BUCKETS_MAX;

/// What an absent period means.
const PERIOD_DEFAULT: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Where no interval is asked for, the shortest of these that gives no more buckets than this.
const BUCKETS_DEFAULT: i64 = 120;
const INTERVALS_SECONDS: [i64; 8] = [60, 300, 900, 3_600, 3 * 3_600, 12 * 3_600, 86_400, 7 * 86_400];

#[derive(Serialize, ToSchema)]
pub struct EventsStats {
    /// Pairs of a bucket's start in seconds since 1970 and its count, oldest first.
    pub data: Vec<(i64, Vec<Count>)>,
    /// Seconds since 1970; the buckets are `[start, end)`.
    pub start: i64,
    pub end: i64,
    /// The width of a bucket in seconds.
    pub interval: i64,
    /// The state of too many issues was asked for: only events of the newest are counted.
    pub sampled: bool,
}

#[derive(Serialize, ToSchema)]
pub struct Count {
    pub count: u64,
}

/// Events that a search finds by time.
#[utoipa::path(get, path = "/api/0/organizations/{org}/events-stats/", tag = "events",
    params(("org" = String, Path), ("query" = Option<String>, Query),
        ("project" = Option<Vec<String>>, Query), ("environment" = Option<Vec<String>>, Query),
        ("statsPeriod" = Option<String>, Query, description = "14d if absent"),
        ("start" = Option<String>, Query), ("end" = Option<String>, Query),
        ("interval" = Option<String>, Query, description = "Such as 5m, 1h or 1d")),
    responses((status = 200, body = EventsStats), (status = 400, body = ErrorBody)))]
pub async fn events_stats(
    api: web::Data<Api>,
    request: HttpRequest,
    caller: Caller,
) -> Result<web::Json<EventsStats>> {
    let params = Params::of(&request);
    let (account, now) = (caller.account_id(), Timestamp::now());
    Ok(web::Json(api.run(move |api| api.events_stats(&params, account, now)).await?))
}

impl Api {
    fn events_stats(
        &self,
        params: &Params,
        account: Option<AccountId>,
        now: Timestamp,
    ) -> Result<EventsStats> {
        let mut asked = self.search_of(params, account, now)?;
        let interval = match params.get("interval") {
            None => None,
            Some(text) => {
                Some(length::read(text).filter(|length| length.as_secs() > 0).ok_or_else(|| {
                    ApiError::bad_request("interval: expected a length such as 5m, 1h or 1d")
                })?)
            }
        };
        let (start, end, width) = buckets(asked.period, interval, now)?;
        let at = |second| Timestamp::from_second(second).unwrap_or(now);
        asked.period = Period { since: Some(at(start)), until: Some(at(end)) };
        let question = asked.question();
        let plan = plan(&self.store, &self.search, &question)?;
        let count = usize::try_from((end - start) / width).unwrap_or(BUCKETS_MAX);
        let counts = self.search.histogram(&question.filter(&plan.query), at(start), at(end), count)?;
        let bucket = |(index, count): (i64, u64)| (start + index * width, vec![Count { count }]);
        let data = (0..).zip(counts).map(bucket).collect();
        Ok(EventsStats { data, start, end, interval: width, sampled: !plan.is_whole })
    }
}

/// Start, end and width in seconds; start and end are multiples of the width.
fn buckets(period: Period, interval: Option<SignedDuration>, now: Timestamp) -> Result<(i64, i64, i64)> {
    let until = period.until.unwrap_or(now).as_second() + 1;
    let since = match period.since {
        Some(since) => since.as_second(),
        None => until - PERIOD_DEFAULT.as_secs(),
    };
    let span = (until - since).max(1);
    let fitting = INTERVALS_SECONDS.into_iter().find(|width| span / width <= BUCKETS_DEFAULT);
    let longest = INTERVALS_SECONDS[INTERVALS_SECONDS.len() - 1];
    let fallback = fitting.unwrap_or_else(|| (span / BUCKETS_DEFAULT / longest + 1) * longest);
    let width = interval.map_or(fallback, |interval| interval.as_secs());
    let start = since.div_euclid(width) * width;
    let end = (until.max(since + 1) + width - 1).div_euclid(width) * width;
    let buckets_max = i64::try_from(BUCKETS_MAX).unwrap_or(i64::MAX);
    if (end - start) / width > buckets_max {
        let detail = format!("interval: too short; at most {BUCKETS_MAX} fit into one answer");
        return Err(ApiError::bad_request(detail));
    }
    Ok((start, end, width))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_whole_and_bounded() {
        let now: Timestamp = "2026-11-23T08:30:10Z".parse().expect("a time");
        let since =
            |hours| Period { since: now.checked_sub(SignedDuration::from_hours(hours)).ok(), until: None };
        for (hours, expected) in
            [(1, 60), (24, 900), (7 * 24, 3 * 3_600), (14 * 24, 3 * 3_600), (90 * 24, 86_400)]
        {
            let (start, end, width) = buckets(since(hours), None, now).expect("fits");
            assert_eq!(width, expected, "{hours}");
            assert!(start % width == 0 && end % width == 0 && end > now.as_second());
            assert!((end - start) / width <= BUCKETS_DEFAULT + 2);
        }
        let minute = Some(SignedDuration::from_mins(1));
        assert!(buckets(since(24 * 30), minute, now).is_err());
        assert!(buckets(since(24 * 365 * 60), None, now).is_ok());
        let turned = Period { since: Some(now), until: now.checked_sub(SignedDuration::from_hours(5)).ok() };
        assert!(buckets(turned, None, now).is_ok_and(|(start, end, _)| end > start));
    }
}
