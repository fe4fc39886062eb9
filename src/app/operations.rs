//! What operators and their tools ask: is it up, is it working, how much.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpResponse, guard, web};
use jiff::Timestamp;

use crate::artifacts::Artifacts;
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
    pub artifacts: Arc<Artifacts>,
    pub indexing: Progress,
    pub metrics: Arc<Metrics>,
}

pub fn configure(routes: &mut web::ServiceConfig) {
    let read = || web::route().guard(guard::Any(guard::Get()).or(guard::Head()));
    routes
        .service(web::resource("/health").route(read().to(health)).default_service(web::to(not_allowed)))
        .service(web::resource("/ready").route(read().to(ready)).default_service(web::to(not_allowed)))
        .service(web::resource("/metrics").route(read().to(metrics)).default_service(web::to(not_allowed)));
}

async fn not_allowed() -> HttpResponse {
    HttpResponse::MethodNotAllowed()
        .insert_header((header::ALLOW, "GET, HEAD"))
        .json(serde_json::json!({"detail": "Method not allowed"}))
}

/// The process is up.
async fn health() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({"status": "ok"}))
}

/// The process accepts and digests: the last try of either worked, and nothing has waited for long.
async fn ready(operations: web::Data<Operations>) -> HttpResponse {
    operations.observe();
    let metrics = &operations.metrics;
    let oldest_seconds = metrics.inbox_oldest_seconds.get();
    let status = match (metrics.accepting.works(), metrics.digesting.works()) {
        (false, _) => "not accepting",
        (true, false) => "not digesting",
        (true, true) if oldest_seconds >= INBOX_OLDEST_SECONDS_MAX => "behind",
        (true, true) => "ok",
    };
    let mut answer = if status == "ok" { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    answer.json(serde_json::json!({
        "status": status,
        "inboxOldestSeconds": oldest_seconds,
        "indexLagEvents": metrics.index_lag_events.get(),
    }))
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
        match self.indexing.lag(&self.store) {
            Ok(events) => self.metrics.index_lag_events.set(gauge(events)),
            Err(error) => tracing::warn!(%error, "cannot tell how far search is behind"),
        }
        self.metrics.store_bytes.set(gauge(self.store.bytes()));
        self.metrics.artifact_bytes.set(gauge(self.artifacts.bytes()));
        self.metrics.index_bytes.set(gauge(self.search.bytes()));
    }
}
