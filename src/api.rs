//! The read API `/api/0`: Sentry's paths and JSON shapes over our store and search.
//!
//! One file a noun. [`routes`] is the table of all paths; [`auth::gate`] stands before every one of them. Handlers
//! read store and search off the async threads through [`Api::run`], shape the answer, and hold no state. They
//! never touch an engine's own types, and never answer with an internal cause.

use std::sync::Arc;

use actix_web::web;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::config::Config;
use crate::digest::stored::Reader;
use crate::inbox::Inbox;
use crate::indexing::Progress;
use crate::metrics::Metrics;
use crate::search::Search;
use crate::store::Store;

pub use crate::api::keys::dsn;
pub use crate::api::openapi::openapi;
pub use crate::api::routes::configure;

pub mod auth;
mod attachments;
mod error;
mod event_json;
mod events;
mod issue;
mod issue_events;
mod issue_json;
mod issues;
mod keys;
mod ledger;
mod live;
mod openapi;
mod organizations;
mod page;
mod params;
mod projects;
mod reports;
mod routes;
mod scope;
mod scrubbing;
mod search;
mod tags;

/// Where all of it lives.
pub const ROOT: &str = "/api/0";
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What every handler shares.
pub struct Api {
    pub(crate) store: Store,
    pub(crate) reader: Reader,
    pub(crate) search: Arc<Search>,
    pub(crate) config: Arc<Config>,
    pub(crate) metrics: Arc<Metrics>,
    queues: Queues,
    /// Says when answers without an end must end: the server stops.
    closing: watch::Receiver<bool>,
    throttle: auth::throttle::Throttle,
    listeners: live::Listeners,
}

/// Where events wait before they can be read.
pub struct Queues {
    pub inbox: Inbox,
    pub indexing: Progress,
}

impl Api {
    pub fn new(
        store: Store,
        search: Arc<Search>,
        metrics: Arc<Metrics>,
        queues: Queues,
        closing: watch::Receiver<bool>,
        config: &Config,
    ) -> Self {
        let config = Arc::new(config.clone());
        let (throttle, listeners) = (auth::throttle::Throttle::default(), live::Listeners::default());
        let reader = Reader::new(store.clone());
        Self { store, reader, search, config, metrics, queues, closing, throttle, listeners }
    }

    /// Runs what may touch the disk on a thread that may block.
    async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> error::Result<T> + Send + 'static,
    ) -> error::Result<T> {
        let api = Arc::clone(self);
        web::block(move || work(&api)).await.map_err(|error| error::ApiError::internal(&error))?
    }

    fn organization_name(&self) -> String {
        let mut letters = self.config.org.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    }

    /// A link into the web app.
    fn link(&self, path: &str) -> String {
        format!("{}{path}", self.config.url.as_str().trim_end_matches('/'))
    }
}

/// Microseconds at most: what every client of Sentry's API reads.
fn when(time: Timestamp) -> String {
    if time.subsec_nanosecond() == 0 {
        return time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    }
    time.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

#[cfg(test)]
mod tests {
    #[test]
    fn times_have_at_most_microseconds() {
        for (sent, shown) in [
            ("2026-11-23T08:00:00Z", "2026-11-23T08:00:00Z"),
            ("2026-11-23T08:00:00.1234567Z", "2026-11-23T08:00:00.123456Z"),
        ] {
            assert_eq!(super::when(sent.parse().expect("a time")), shown);
        }
    }
}
