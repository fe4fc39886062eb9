//! What tells the events of one search, or one time, from those of another.

use actix_web::{HttpRequest, web};
use jiff::{SignedDuration, Timestamp};

use crate::api::Api;
use crate::api::auth::Caller;
use crate::api::differs_json::DiffersJson;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::issue_events::environments;
use crate::api::issues::parse_query;
use crate::api::params::{Params, Period, read_time};
use crate::api::search::EventSearch;
use crate::findings::differs::{Asked, comparison};
use crate::insight::differs::{differences, keys};
use crate::lookup::plan;
use crate::model::ids::AccountId;
use crate::model::query::{Expr, Leaf, Named};

/// What an absent beginning means.
const PERIOD_DEFAULT: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Tags of a team's own that are looked at: those that most events have.
const TAGS_MAX: usize = 12;
/// Keys among which those are looked for.
const KEYS_LOOKED_AT_MAX: usize = 100;

/// What differs between the events of two searches: values that are more, or less, frequent among those of the first.
#[utoipa::path(get, path = "/api/0/organizations/{org}/compare/", tag = "events",
    params(("org" = String, Path),
        ("a" = Option<String>, Query, description = "A search, such as `issue:SHOP-1`"),
        ("b" = Option<String>, Query, description = "A search; if absent, everything that is not found by `a`"),
        ("aStart" = Option<String>, Query, description = "14 days before its end if absent"),
        ("aEnd" = Option<String>, Query),
        ("bStart" = Option<String>, Query, description = "That of `a` if absent"),
        ("bEnd" = Option<String>, Query),
        ("project" = Option<Vec<String>>, Query), ("environment" = Option<Vec<String>>, Query)),
    responses((status = 200, body = DiffersJson), (status = 400, body = ErrorBody)))]
pub async fn compare(
    api: web::Data<Api>,
    request: HttpRequest,
    caller: Caller,
) -> Result<web::Json<DiffersJson>> {
    let params = Params::of(&request);
    let (account, now) = (caller.account_id(), Timestamp::now());
    Ok(web::Json(api.run(move |api| api.compare(&params, account, now)).await?))
}

impl Api {
    fn compare(&self, params: &Params, account: Option<AccountId>, now: Timestamp) -> Result<DiffersJson> {
        let time = |key: &str| params.get(key).map(|text| read_time(key, text)).transpose();
        let to = time("aEnd")?.unwrap_or(now);
        let from = match time("aStart")? {
            Some(from) => from,
            None => to.checked_sub(PERIOD_DEFAULT).unwrap_or(Timestamp::MIN),
        };
        let (b_from, b_to) = (time("bStart")?.unwrap_or(from), time("bEnd")?.unwrap_or(to));
        for (name, from, to) in [("a", from, to), ("b", b_from, b_to)] {
            if from >= to {
                return Err(ApiError::bad_request(format!("{name}Start: expected a time before {name}End")));
            }
        }
        let asked = |name: &str, from, to| -> Result<EventSearch> {
            Ok(EventSearch {
                query: parse_query(params.get(name).unwrap_or_default(), now)?,
                period: Period { since: Some(from), until: Some(to) },
                account,
                sees_people: self.sees_people,
                visible: self.sight().map(<[_]>::to_vec),
                projects: self.narrowed_projects(params)?,
                environments: environments(params),
            })
        };
        let (a, b) = (asked("a", from, to)?, asked("b", b_from, b_to)?);
        if a.query.tree == b.query.tree && (from, to) == (b_from, b_to) {
            return Err(ApiError::bad_request("a: expected another search or another time than b"));
        }
        let is_issue = matches!(&a.query.tree, Expr::Leaf(Leaf::Issue(_) | Leaf::Named(Named::Issue(_))));
        let (a, b) = (a.question(), b.question());
        let plans = (plan(&self.store, &self.search, &a)?, plan(&self.store, &self.search, &b)?);
        let tags = self.search.keys("", None, KEYS_LOOKED_AT_MAX)?;
        let further =
            tags.iter().map(|tag| tag.text.as_str()).filter(|key| keys::is_further(&key.to_lowercase()));
        let keys = Asked::of(
            &self.search,
            further.filter(|key| !key.starts_with("flag.")).take(TAGS_MAX),
            is_issue,
        )?;
        let filters = (a.filter(&plans.0.query), b.filter(&plans.1.query));
        let compared = self.search.compare(&filters.0, &filters.1, &keys.keys())?;
        let mut facts = comparison(compared, is_issue, from, to);
        facts.sampled |= !(plans.0.is_whole && plans.1.is_whole);
        let differs = differences(&facts);
        Ok(DiffersJson::of(&facts, differs))
    }
}
