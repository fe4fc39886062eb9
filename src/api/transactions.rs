//! Transactions: how often, how long, how many failed; all of some projects, or one with its history.

use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;

use crate::api::Api;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::page::answer_with;
use crate::api::params::Params;
use crate::api::transactions::json::{TransactionDetail, TransactionsAnswer};
use crate::model::ids::TransactionId;

mod detail;
mod json;
mod list;
mod period;

/// The transactions of a period.
#[utoipa::path(get, path = "/api/0/organizations/{org}/transactions/", tag = "performance",
    params(("org" = String, Path), ("project" = Option<Vec<String>>, Query), ("environment" = Option<String>, Query),
        ("statsPeriod" = Option<String>, Query, description = "1h, 24h (if absent), 7d, 14d, 30d or 90d"),
        ("query" = Option<String>, Query, description = "Words of the name; * stands for anything"),
        ("sort" = Option<String>, Query,
            description = "-throughput, -failure_rate, -p50, -p95, -p99, -total_time (if absent) or name"),
        ("per_page" = Option<u32>, Query, maximum = 100), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = TransactionsAnswer), (status = 400, body = ErrorBody)))]
pub async fn list_transactions(api: web::Data<Api>, request: HttpRequest) -> Result<HttpResponse> {
    let (params, now) = (Params::of(&request), Timestamp::now());
    let (page, body) = api.run(move |api| api.transactions_answer(&params, now)).await?;
    Ok(answer_with(&api, &request, &page, &body))
}

/// One transaction: its durations, where the time goes, examples, and what releases changed.
#[utoipa::path(get, path = "/api/0/organizations/{org}/transactions/{transaction_id}/", tag = "performance",
    params(("org" = String, Path), ("transaction_id" = String, Path), ("environment" = Option<String>, Query),
        ("statsPeriod" = Option<String>, Query, description = "1h, 24h (if absent), 7d, 14d, 30d or 90d")),
    responses((status = 200, body = TransactionDetail), (status = 404, body = ErrorBody)))]
pub async fn get_transaction(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> Result<web::Json<TransactionDetail>> {
    let id: TransactionId = path.1.parse().map_err(|_| ApiError::not_found())?;
    let (params, now) = (Params::of(&request), Timestamp::now());
    Ok(web::Json(api.run(move |api| api.transaction_detail(id, &params, now)).await?))
}
