//! What SDKs call: authentication, limits, decompression, envelope framing, one file an endpoint.
//!
//! Every endpoint turns what it got into one envelope and hands it to [`accept`], which alone talks to the
//! inbox. Nothing here parses an event: that it is a JSON object is all that a 200 promises about its inside.
//! No answer depends on digest, search or the read API. Rules and numbers are Relay's where it has them.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, guard, web};
use ipnet::IpNet;
use jiff::Timestamp;

use crate::config::Config;
use crate::inbox::Inbox;
use crate::ingest::body::Body;
use crate::ingest::budget::Budget;
use crate::ingest::ledger::Ledger;
use crate::ingest::rate::RateLimits;
use crate::ingest::refusal::Refusal;
use crate::ingest::request::Request;
use crate::ingest::route::{Endpoint, Route};
use crate::ingest::upload::Uploads;
use crate::ingest::uses::KeyUses;
use crate::metrics::Metrics;
use crate::model::ids::ProjectId;
use crate::model::outcome::{Category, Outcome};
use crate::model::project::RateLimit;
use crate::store::Store;

mod accept;
mod attachments;
mod auth;
mod body;
mod budget;
mod client_report;
mod cors;
mod cron;
mod dump;
mod envelope;
mod error_page;
mod inflate;
mod json;
pub mod ledger;
mod minidump;
mod multipart;
mod native;
mod otlp;
mod rate;
mod refusal;
mod request;
mod route;
mod security;
mod sizes;
mod store;
mod triage;
mod unreal;
mod upload;
pub mod uses;
mod vercel;

/// Everything that requests share.
pub struct Ingest {
    inbox: Inbox,
    store: Store,
    metrics: Arc<Metrics>,
    /// What became of items that go no further; whoever drains it must store it.
    pub ledger: Ledger,
    /// When keys were last used; whoever drains it must store it.
    pub uses: KeyUses,
    rates: RateLimits,
    budget: Budget,
    uploads: Uploads,
    /// Over all projects together.
    rate_limit: Option<RateLimit>,
    trusted_proxies: Vec<IpNet>,
    /// Public base URL, without a slash at its end.
    url: String,
}

impl Ingest {
    pub fn new(inbox: Inbox, store: Store, metrics: Arc<Metrics>, config: &Config) -> Self {
        Self {
            inbox,
            store,
            metrics,
            ledger: Ledger::default(),
            uses: KeyUses::default(),
            rates: RateLimits::default(),
            budget: Budget::default(),
            uploads: Uploads::new(&config.data_dir.join("uploads")),
            rate_limit: config.rate_limit,
            trusted_proxies: config.trusted_proxies.clone(),
            url: config.url.as_str().trim_end_matches('/').to_owned(),
        }
    }

    /// Counts items that go no further. What is not stored is one reason in the metrics, and one a type in the
    /// ledger.
    fn count(&self, project: ProjectId, category: Category, outcome: Outcome, reason: &str, count: u64) {
        self.ledger.add(project, category, outcome, reason, count);
        self.metrics.reject(if outcome == Outcome::NotStored { "not_stored" } else { reason }, count);
    }
}

/// Mounts every path of [`route`]; all others pass through. Needs `web::Data<Ingest>` in the app.
pub fn configure(services: &mut web::ServiceConfig) {
    let ours = guard::fn_guard(|context| route::find(context.head().uri.path()).is_some());
    services.service(web::resource("/{path:.*}").guard(ours).to(handle));
}

async fn handle(http: HttpRequest, payload: web::Payload, ingest: web::Data<Ingest>) -> HttpResponse {
    let mut answer = match route::find(http.path()) {
        None => Refusal::not_found("not found").response(),
        Some(route) if http.method() == Method::OPTIONS => {
            cors::preflight(matches!(route, Route::Project(_, Endpoint::Upload { .. })))
        }
        Some(route) if !route.methods().contains(&http.method().as_str()) => {
            let mut answer = answer_refusal(&http, route, &Refusal::method_not_allowed());
            let methods = HeaderValue::from_str(&route.methods().join(", ")).expect("names of methods");
            answer.headers_mut().insert(header::ALLOW, methods);
            answer
        }
        Some(route) => {
            let body = Body::new(&http, payload, &ingest.budget);
            let mut request =
                Request { ingest: &ingest, http: &http, body, received: Timestamp::now(), authorized: None };
            let result = dispatch(&mut request, route).await;
            match result {
                Ok(answer) => answer,
                Err(refusal) => refuse(&mut request, route, &refusal).await,
            }
        }
    };
    cors::add_headers(answer.headers_mut());
    answer
}

async fn dispatch(request: &mut Request<'_>, route: Route<'_>) -> Result<HttpResponse, Refusal> {
    let (project, endpoint) = match route {
        Route::LegacyStore => return store::handle(request, None).await,
        Route::Otlp(signal) => return otlp::handle(request, None, signal).await,
        Route::ErrorPage => return error_page::handle(request).await,
        Route::Project(segment, endpoint) => (request::parse_project(segment)?, endpoint),
    };
    match endpoint {
        Endpoint::Envelope => envelope::handle(request, project).await,
        Endpoint::Store => store::handle(request, Some(project)).await,
        Endpoint::Security => security::handle(request, project).await,
        Endpoint::Nel => security::handle_nel(request, project).await,
        Endpoint::Minidump => minidump::handle(request, project).await,
        Endpoint::Unreal { key } => unreal::handle(request, project, key).await,
        Endpoint::Attachments { event_id } => attachments::handle(request, project, event_id).await,
        Endpoint::Cron { slug, key } => cron::handle(request, project, slug, key).await,
        Endpoint::Otlp(signal) => otlp::handle(request, Some(project), signal).await,
        Endpoint::VercelLogs => vercel::handle(request, project).await,
        Endpoint::Upload { id: None } => upload::create(request, project).await,
        Endpoint::Upload { id: Some(id) } => upload::append(request, project, id).await,
    }
}

/// Counts a refused request and answers it, once the client has had the time to stop sending.
async fn refuse(request: &mut Request<'_>, route: Route<'_>, refusal: &Refusal) -> HttpResponse {
    if !refusal.counted {
        request.ingest.metrics.reject(refusal.reason, 1);
        if let Some(project) = request.authorized {
            request.ingest.ledger.add(project, Category::Default, Outcome::Rejected, refusal.reason, 1);
        }
    }
    request.body.drain().await;
    answer_refusal(request.http, route, refusal)
}

fn answer_refusal(http: &HttpRequest, route: Route<'_>, refusal: &Refusal) -> HttpResponse {
    match route {
        Route::Otlp(_) | Route::Project(_, Endpoint::Otlp(_)) => {
            otlp::refusal(&request::content_type(http), refusal)
        }
        _ => refusal.response(),
    }
}
