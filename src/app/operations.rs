//! What operators and their tools ask: is it up, is it working, how much.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use jiff::Timestamp;

use crate::inbox::Inbox;
use crate::indexing::Progress;
use crate::metrics::Metrics;
use crate::search::Search;
use crate::store::Store;

/// Digest is stuck when the oldest envelope has waited this long.
const INBOX_OLDEST_SECONDS_MAX: f64 = 60.0;

pub struct Operations {
    pub inbox: Inbox,
    pub store: Store,
    pub search: Arc<Search>,
    pub indexing: Progress,
    pub metrics: Arc<Metrics>,
}

pub fn configure(routes: &mut web::ServiceConfig) {
    routes
        .route("/health", web::get().to(health))
        .route("/ready", web::get().to(ready))
        .route("/metrics", web::get().to(metrics));
}

/// The process is up.
async fn health() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({"status": "ok"}))
}

/// The process accepts and digests.
async fn ready(operations: web::Data<Operations>) -> HttpResponse {
    operations.observe();
    let oldest_seconds = operations.metrics.inbox_oldest_seconds.get();
    let body = serde_json::json!({
        "status": if oldest_seconds < INBOX_OLDEST_SECONDS_MAX { "ok" } else { "behind" },
        "inboxOldestSeconds": oldest_seconds,
        "indexLagEvents": operations.metrics.index_lag_events.get(),
    });
    if oldest_seconds < INBOX_OLDEST_SECONDS_MAX {
        HttpResponse::Ok().json(body)
    } else {
        HttpResponse::ServiceUnavailable().json(body)
    }
}

async fn metrics(operations: web::Data<Operations>) -> HttpResponse {
    operations.observe();
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(operations.metrics.render())
}

impl Operations {
    /// Sets the gauges to what is true now.
    fn observe(&self) {
        self.inbox.observe(Timestamp::now());
        let gauge = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        self.metrics.index_lag_events.set(gauge(self.indexing.lag(&self.store)));
        self.metrics.store_bytes.set(gauge(self.store.bytes()));
        self.metrics.index_bytes.set(gauge(self.search.bytes()));
    }
}
