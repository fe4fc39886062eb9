//! The ledger: what became of everything that arrived.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, web};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::Api;
use crate::api::error::Result;
use crate::api::params::Params;
use crate::model::ids::ProjectId;
use crate::model::outcome::Outcome;
use crate::store::LedgerKey;

/// `received = stored + sampled + Σ notStored + duplicate + limited + Σ rejected`, per project.
#[derive(Serialize, ToSchema)]
pub struct Ledger {
    pub projects: Vec<ProjectLedger>,
    pub inbox: InboxState,
    pub index: IndexState,
    pub version: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProjectLedger {
    /// The project's slug.
    pub project: String,
    pub received: u64,
    pub stored: u64,
    /// Counted in every sum; their details were let go in a flood.
    pub sampled: u64,
    /// Accepted, of a type that this version does not keep, by item type.
    pub not_stored: BTreeMap<String, u64>,
    pub duplicate: u64,
    pub limited: u64,
    /// By reason.
    pub rejected: BTreeMap<String, u64>,
    /// Lost before it reached us, as SDKs report it, by reason. Not part of `received`.
    pub client_discarded: BTreeMap<String, u64>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InboxState {
    pub depth: i64,
    pub oldest_seconds: f64,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IndexState {
    pub lag_events: i64,
}

/// What became of everything that arrived: of all time, or within `statsPeriod`.
#[utoipa::path(get, path = "/api/0/organizations/{org}/stats/ledger/", tag = "organizations",
    params(("org" = String, Path), ("statsPeriod" = Option<String>, Query)),
    responses((status = 200, body = Ledger)))]
pub async fn get_ledger(api: web::Data<Api>, request: HttpRequest) -> Result<web::Json<Ledger>> {
    let period = Params::of(&request).period(Timestamp::now())?;
    let since = period.since.unwrap_or(Timestamp::UNIX_EPOCH);
    let (rows, lag) =
        api.run(move |api| Ok((api.store.ledger(since)?, api.queues.indexing.lag(&api.store)?))).await?;
    let projects = api.visible_projects().into_iter();
    let projects = projects.map(|project| sum(project.slug.clone(), project.id, &rows)).collect();
    api.queues.inbox.observe(Timestamp::now());
    let lag_events = i64::try_from(lag).unwrap_or(i64::MAX);
    Ok(web::Json(Ledger {
        projects,
        inbox: InboxState {
            depth: api.metrics.inbox_depth.get(),
            oldest_seconds: api.metrics.inbox_oldest_seconds.get(),
        },
        index: IndexState { lag_events },
        version: crate::api::VERSION.to_owned(),
    }))
}

fn sum(slug: String, id: ProjectId, rows: &[(LedgerKey, u64)]) -> ProjectLedger {
    let mut ledger = ProjectLedger {
        project: slug,
        received: 0,
        stored: 0,
        sampled: 0,
        not_stored: BTreeMap::new(),
        duplicate: 0,
        limited: 0,
        rejected: BTreeMap::new(),
        client_discarded: BTreeMap::new(),
    };
    for (key, count) in rows.iter().filter(|(key, _)| key.project == id) {
        let add = |reasons: &mut BTreeMap<String, u64>| {
            add_to(reasons.entry(key.reason.clone()).or_default(), *count);
        };
        match key.outcome {
            Outcome::Stored => add_to(&mut ledger.stored, *count),
            Outcome::Sampled => add_to(&mut ledger.sampled, *count),
            Outcome::NotStored => add(&mut ledger.not_stored),
            Outcome::Duplicate => add_to(&mut ledger.duplicate, *count),
            Outcome::Limited => add_to(&mut ledger.limited, *count),
            Outcome::Rejected => add(&mut ledger.rejected),
            Outcome::ClientDiscarded => add(&mut ledger.client_discarded),
        }
        if key.outcome != Outcome::ClientDiscarded {
            add_to(&mut ledger.received, *count);
        }
    }
    ledger
}

/// Counts come from clients, too: a page that shows a wrong sum is better than none.
fn add_to(sum: &mut u64, count: u64) {
    *sum = sum.saturating_add(count);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::outcome::Category;

    #[test]
    fn received_is_the_sum_of_what_became_of_it() {
        let row = |outcome, reason: &str, count| {
            let key = LedgerKey {
                project: ProjectId(1),
                category: Category::Error,
                outcome,
                reason: reason.into(),
            };
            (key, count)
        };
        let rows = [
            row(Outcome::Stored, "event", 5),
            row(Outcome::NotStored, "session", 3),
            row(Outcome::NotStored, "session", 1),
            row(Outcome::Rejected, "invalid_json", 2),
            row(Outcome::ClientDiscarded, "queue_overflow", 9),
            row(Outcome::ClientDiscarded, "lied", u64::MAX),
            row(Outcome::ClientDiscarded, "lied", u64::MAX),
        ];
        let ledger = sum("shop".into(), ProjectId(1), &rows);
        assert_eq!((ledger.received, ledger.stored), (11, 5));
        assert_eq!(ledger.not_stored["session"], 4);
        assert_eq!(ledger.client_discarded["queue_overflow"], 9);
    }
}
