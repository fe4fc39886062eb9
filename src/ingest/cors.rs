//! Cross-origin headers: browsers may send from anywhere and read why they were refused.

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

const ALLOWED_HEADERS: &str = "x-sentry-auth, x-requested-with, x-forwarded-for, origin, referer, accept, \
    content-type, authentication, authorization, content-encoding, transfer-encoding";
const EXPOSED_HEADERS: &str = "x-sentry-error, x-sentry-rate-limits, retry-after, location, \
    tus-resumable, upload-offset";
const UPLOAD_HEADERS: &str = ", tus-resumable, upload-length, upload-offset, upload-metadata";
const PREFLIGHT_SECONDS: &str = "3600";

/// What every answer carries.
pub fn add_headers(headers: &mut HeaderMap) {
    set(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    set(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
    set(headers, HeaderName::from_static("cross-origin-resource-policy"), "cross-origin");
}

/// The answer to `OPTIONS`. `upload`: the route is a resumable upload, which needs more than a `POST`.
pub fn preflight(upload: bool) -> HttpResponse {
    let mut answer = HttpResponse::Ok();
    answer.insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, if upload { "POST, PATCH" } else { "POST" }));
    let more = if upload { UPLOAD_HEADERS } else { "" };
    answer.insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, format!("{ALLOWED_HEADERS}{more}")));
    answer.insert_header((header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS));
    answer.finish()
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}
