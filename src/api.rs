//! The read API `/api/0`: Sentry's paths and JSON shapes over our store and search.
//!
//! One file a noun. [`routes`] is the table of all paths; [`auth::gate`] stands before every one of them. Handlers
//! read store and search off the async threads through [`Api::run`], shape the answer, and hold no state. They
//! never touch an engine's own types, and never answer with an internal cause.
//!
//! A handler's [`Api`] is made for its request: projects and issues reached through `scope` are those that the caller
//! may see. What reads the store by itself asks [`Api::sees`].

use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;

use actix_web::web;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::api::auth::Caller;
use crate::api::scope::Sight;
use crate::artifacts::Artifacts;
use crate::config::{Config, ORG_DEFAULT};
use crate::digest::stored::Reader;
use crate::explain::ask::Explainer;
use crate::inbox::Inbox;
use crate::indexing::Progress;
use crate::indexing::late::Late;
use crate::metrics::Metrics;
use crate::model::audit::Actor;
use crate::outbound::Mailer;
use crate::search::Search;
use crate::store::Store;

pub use crate::api::keys::dsn;
pub use crate::api::openapi::openapi;
pub use crate::api::routes::configure;

pub mod auth;
mod activity_json;
mod alert_previews;
mod alert_rule_json;
mod alert_rules;
mod annotations;
mod artifact_bundles;
mod artifact_json;
mod assignable;
mod attachments;
mod audit;
mod chunk_upload;
mod code_mappings;
mod comments;
mod commits;
mod deploys;
mod differs_json;
mod error;
mod event_comparison;
mod event_json;
mod events;
mod evidence;
mod explain;
mod fix_watch;
mod health_json;
mod incident_json;
mod insight;
mod incident_timeline;
mod incidents;
mod invitations;
mod issue;
mod issue_change;
mod issue_events;
mod issue_json;
mod issues;
mod keys;
mod ledger;
mod live;
mod me;
mod member_json;
mod members;
mod merging;
mod my_notifications;
mod notification_targets;
mod notifications;
mod openapi;
mod organizations;
mod page;
mod pattern_json;
mod params;
mod projects;
mod release_body;
mod release_files;
mod release_health;
mod release_json;
mod release_ranking;
mod releases;
mod reports;
mod repos;
mod reprocess;
mod reproduction;
mod routes;
mod scope;
mod scrubbing;
mod search;
mod searches;
mod session_stats;
mod sessions;
mod side_by_side;
mod source_links;
mod spans;
mod status_change;
mod status_details;
mod suspects;
mod tags;
mod timeline;
mod tokens;
mod trace;
mod transactions;
mod verdict;

/// Where all of it lives.
pub const ROOT: &str = "/api/0";
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a handler works with: what all share, as one caller sees it.
pub struct Api {
    shared: Arc<Shared>,
    sight: Sight,
    /// Whether the members are listed to the caller.
    sees_people: bool,
    /// Who asks, as the audit log names it.
    by: Actor,
    note: audit::Note,
}

/// What every handler shares.
pub struct Shared {
    pub(crate) store: Store,
    pub(crate) reader: Arc<Reader>,
    pub(crate) search: Arc<Search>,
    pub(crate) artifacts: Arc<Artifacts>,
    pub(crate) config: Arc<Config>,
    pub(crate) metrics: Arc<Metrics>,
    queues: Queues,
    /// Says when answers without an end must end: the server stops.
    closing: watch::Receiver<bool>,
    throttle: auth::throttle::Throttle,
    touches: auth::touches::Touches,
    listeners: live::Listeners,
    /// `None`: mail is not set up.
    mailer: Option<Mailer>,
    explainer: Explainer,
    asks: explain::Asks,
}

impl Deref for Api {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

/// Where all that is shown comes from.
pub struct Engines {
    pub store: Store,
    pub search: Arc<Search>,
    pub artifacts: Arc<Artifacts>,
    pub explainer: Explainer,
}

/// Where events wait before they can be read, found or read better.
pub struct Queues {
    pub inbox: Inbox,
    pub indexing: Progress,
    pub late: Late,
}

impl Api {
    /// As nobody sees it, until [`auth::gate`] knows who asks.
    pub fn new(
        engines: Engines,
        metrics: Arc<Metrics>,
        queues: Queues,
        closing: watch::Receiver<bool>,
        config: &Config,
        mailer: Option<Mailer>,
    ) -> Self {
        let Engines { store, search, artifacts, explainer } = engines;
        let shared = Shared {
            reader: queues.late.reader(),
            store,
            search,
            artifacts,
            config: Arc::new(config.clone()),
            metrics,
            queues,
            closing,
            throttle: auth::throttle::Throttle::default(),
            touches: auth::touches::Touches::default(),
            listeners: live::Listeners::default(),
            mailer,
            explainer,
            asks: explain::Asks::default(),
        };
        let shared = Arc::new(shared);
        Self {
            shared,
            sight: Sight::Nothing,
            sees_people: false,
            by: Actor::default(),
            note: audit::Note::default(),
        }
    }

    /// The same as this caller sees it.
    fn seen_by(&self, caller: Option<&Caller>, address: IpAddr) -> Self {
        let by = caller.map(Caller::actor).unwrap_or_default();
        Self {
            shared: Arc::clone(&self.shared),
            sight: caller.map_or(Sight::Nothing, Sight::of),
            sees_people: caller.is_some_and(Caller::sees_people),
            by: Actor { address: Some(address), ..by },
            note: audit::Note::default(),
        }
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
        if self.config.org == ORG_DEFAULT {
            return "LightTrace".to_owned();
        }
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
