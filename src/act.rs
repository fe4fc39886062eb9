//! `/act/{token}`: what the links in messages lead to. A small page that works on a phone, without signing in and without
//! scripts, says what would happen; only its form acts, once.
//!
//! Mail scanners and chat previews open every link: `GET` and `HEAD` change nothing. A token is all it takes, so it is
//! signed, lasts for days, does one thing to one incident, and nothing is said to whoever brings a false one.

use std::num::NonZeroU32;

use actix_web::http::{StatusCode, header};
use actix_web::web::{self, Form, ServiceConfig};
use actix_web::{HttpResponse, guard};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use jiff::Timestamp;
use serde::Deserialize;

use crate::act::deed::Doing;
use crate::act::page::{Page, style_hash};
use crate::alerts::links::LinkSigner;
use crate::model::ids::NotificationId;
use crate::store::Store;

mod deed;
mod page;
#[cfg(test)]
mod tests;

const FORM_BYTES_MAX: usize = 4 * 1024;
/// Requests a minute with the links of one message. False tokens cost a hash each, and are not counted.
const REQUESTS_A_MINUTE: NonZeroU32 = NonZeroU32::new(60).expect("not zero");
/// Messages that the bound is remembered of.
const MESSAGES_REMEMBERED_MAX: usize = 10_000;

/// What all requests share.
pub struct Act {
    store: Store,
    signer: LinkSigner,
    /// Of this instance, without a slash at the end.
    url: String,
    limiter: DefaultKeyedRateLimiter<NotificationId>,
}

impl Act {
    pub fn new(store: Store, signer: LinkSigner, url: &url::Url) -> Self {
        let limiter = RateLimiter::keyed(Quota::per_minute(REQUESTS_A_MINUTE));
        Self { store, signer, url: url.as_str().trim_end_matches('/').to_owned(), limiter }
    }

    fn may_ask(&self, notification: NotificationId) -> bool {
        if self.limiter.len() > MESSAGES_REMEMBERED_MAX {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(&notification).is_ok()
    }
}

/// What the form says. Without a word, a link does the least.
#[derive(Debug, Default, Deserialize)]
pub struct Said {
    /// Mute: `hour` or `users`.
    #[serde(rename = "for")]
    until: Option<String>,
    users: Option<u64>,
    /// Resolve: `yes` where its issues are resolved too.
    issues: Option<String>,
}

pub fn configure(app: &mut ServiceConfig) {
    let form = web::FormConfig::default().limit(FORM_BYTES_MAX);
    let reads = guard::Any(guard::Get()).or(guard::Head());
    app.service(
        web::resource("/act/{token}")
            .app_data(form)
            .route(web::route().guard(reads).to(show))
            .route(web::post().to(act))
            .default_service(web::to(refuse)),
    );
}

async fn show(act: web::Data<Act>, token: web::Path<String>) -> HttpResponse {
    answer(act, token.into_inner(), None).await
}

async fn act(act: web::Data<Act>, token: web::Path<String>, said: Option<Form<Said>>) -> HttpResponse {
    let said = said.map(Form::into_inner).unwrap_or_default();
    answer(act, token.into_inner(), Some(said)).await
}

async fn refuse() -> HttpResponse {
    HttpResponse::MethodNotAllowed().insert_header((header::ALLOW, "GET, HEAD, POST")).finish()
}

async fn answer(act: web::Data<Act>, token: String, said: Option<Said>) -> HttpResponse {
    let now = Timestamp::now();
    let asked = web::block(move || {
        let page = page_of(&act, &token, said.as_ref(), now);
        page.and_then(|page| Ok((page.status, page.html(&act.url)?)))
    });
    match asked.await {
        Ok(Ok((status, html))) => respond(status, html),
        Ok(Err(error)) => failed(&error),
        Err(error) => failed(&error.into()),
    }
}

fn page_of(act: &Act, token: &str, said: Option<&Said>, now: Timestamp) -> anyhow::Result<Page> {
    let Some(link) = act.signer.read(token) else { return Ok(Page::forged()) };
    if !act.may_ask(link.notification) {
        return Ok(Page::too_often());
    }
    let doing = Doing { store: &act.store, url: &act.url, link, now };
    match said {
        None => doing.show(),
        Some(said) => doing.act(said),
    }
}

fn failed(error: &anyhow::Error) -> HttpResponse {
    tracing::error!(error = format!("{error:#}"), "a link of a message could not be followed");
    let page = "<!doctype html><meta charset=utf-8><title>LightTrace</title><p>Something went wrong here. Nothing was \
                changed; try the link again.</p>";
    respond(StatusCode::INTERNAL_SERVER_ERROR, page.to_owned())
}

fn respond(status: StatusCode, html: String) -> HttpResponse {
    let policy = format!(
        "default-src 'none'; style-src '{}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        style_hash()
    );
    let mut response = HttpResponse::build(status);
    response
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header(("X-Robots-Tag", "noindex, nofollow"))
        .insert_header(("X-Frame-Options", "DENY"))
        .content_type("text/html; charset=utf-8");
    if status == StatusCode::TOO_MANY_REQUESTS {
        response.insert_header((header::RETRY_AFTER, "60"));
    }
    response.body(html)
}
