//! The embedded web app: its files, their cache headers, the security headers, and the app's page for every path
//! that is a route of the app.
//!
//! Everything else has been asked before this: it is the application's last word, never for `/api`.

use std::borrow::Cow;

use actix_web::http::header::{self, HeaderMap};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Compress;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use rust_embed::{EmbeddedFile, RustEmbed};

/// What `npm run build` leaves. Empty where the binary was built without Node.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/web/dist"]
struct Dist;

const INDEX: &str = "index.html";
/// Files under here carry a hash of their content in their name.
const HASHED: &str = "assets/";
const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>LightTrace</title>\
    <h1>LightTrace is running, without its web app</h1>\
    <p>This binary was built without the web app. <code>make run</code> builds both and starts the server.</p>\
    <p>Ingest and the API under <code>/api/0/</code> work.</p></html>";

/// Scripts and connections from here only; inline styles because frames are coloured by attributes.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// Adds the web app as what answers where nothing else does: it takes every path, so it comes last.
pub fn configure(app: &mut ServiceConfig) {
    app.service(web::scope("").wrap(Compress::default()).default_service(web::to(serve)));
}

async fn serve(request: HttpRequest) -> HttpResponse {
    let path = request.path().trim_start_matches('/');
    if path == "api" || path.starts_with("api/") {
        return HttpResponse::NotFound().json(serde_json::json!({ "detail": "No such endpoint" }));
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return HttpResponse::MethodNotAllowed().insert_header((header::ALLOW, "GET, HEAD")).finish();
    }
    match find(path) {
        Some((name, file)) => send(&request, name, file),
        None if path.starts_with(HASHED) => secured(StatusCode::NOT_FOUND).finish(),
        None => secured(StatusCode::OK)
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .content_type("text/html; charset=utf-8")
            .body(NOT_BUILT),
    }
}

/// The file of a path, or the app's page; nothing for an asset that is gone and where no app was built.
fn find(path: &str) -> Option<(&str, EmbeddedFile)> {
    // Debug builds read from disk: a name that climbs is none of ours.
    let is_plain = !path.split('/').any(|part| part.is_empty() || part.starts_with('.'));
    if is_plain && let Some(file) = Dist::get(path) {
        return Some((path, file));
    }
    if path.starts_with(HASHED) {
        return None;
    }
    Dist::get(INDEX).map(|file| (INDEX, file))
}

fn send(request: &HttpRequest, name: &str, file: EmbeddedFile) -> HttpResponse {
    let tag = format!("W/\"{}\"", hex::encode(&file.metadata.sha256_hash()[..16]));
    let kept = if name.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let is_known = header_is(request.headers(), &header::IF_NONE_MATCH, |value| {
        value.split(',').any(|known| known.trim() == tag || known.trim() == "*")
    });
    let mut response = secured(if is_known { StatusCode::NOT_MODIFIED } else { StatusCode::OK });
    response.insert_header((header::ETAG, tag)).insert_header((header::CACHE_CONTROL, kept));
    if is_known {
        return response.finish();
    }
    response.content_type(mime_guess::from_path(name).first_or_octet_stream().as_ref());
    for (coding, suffix) in [("br", "br"), ("gzip", "gz")] {
        if accepts(request.headers(), coding)
            && let Some(smaller) = Dist::get(&format!("{name}.{suffix}"))
        {
            response
                .insert_header((header::CONTENT_ENCODING, coding))
                .insert_header((header::VARY, "Accept-Encoding"));
            return response.body(bytes(smaller.data));
        }
    }
    response.body(bytes(file.data))
}

fn bytes(data: Cow<'static, [u8]>) -> web::Bytes {
    match data {
        Cow::Borrowed(data) => web::Bytes::from_static(data),
        Cow::Owned(data) => web::Bytes::from(data),
    }
}

fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    header_is(headers, &header::ACCEPT_ENCODING, |value| {
        value.split(',').any(|offer| {
            let (name, weight) = offer.split_once(';').unwrap_or((offer, ""));
            name.trim() == coding && !matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
        })
    })
}

fn header_is(headers: &HeaderMap, name: &header::HeaderName, test: impl FnOnce(&str) -> bool) -> bool {
    headers.get(name).and_then(|value| value.to_str().ok()).is_some_and(test)
}

fn secured(status: StatusCode) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response
        .insert_header((header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header(("Cross-Origin-Opener-Policy", "same-origin"))
        .insert_header(("X-Frame-Options", "DENY"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::{App, test};

    async fn get(path: &str) -> (StatusCode, HeaderMap, String) {
        let app = test::init_service(App::new().configure(configure)).await;
        let response = test::call_service(&app, test::TestRequest::get().uri(path).to_request()).await;
        let (status, headers) = (response.status(), response.headers().clone());
        (status, headers, String::from_utf8_lossy(&test::read_body(response).await).into_owned())
    }

    #[actix_web::test]
    async fn routes_of_the_app_answer_its_page_and_api_paths_do_not() {
        for path in
            ["/", "/issues/1/", "/issues/1/tags/app.version", "/../../etc/passwd", "/.vite/manifest.json"]
        {
            let (status, headers, body) = get(path).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            assert!(headers.contains_key("content-security-policy"), "{path}");
            assert!(body.contains("LightTrace"), "{path}");
        }
        for path in ["/api/", "/api/1/nope/", "/assets/gone-12345678.js"] {
            assert_eq!(get(path).await.0, StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[actix_web::test]
    async fn only_reading_is_answered() {
        let app = test::init_service(App::new().configure(configure)).await;
        let response = test::call_service(&app, test::TestRequest::post().uri("/").to_request()).await;
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    }

    #[::core::prelude::v1::test]
    fn codings_are_taken_at_their_word() {
        for (sent, expected) in [("gzip, br", true), ("br;q=0", false), ("br;q=0.5", true), ("gzip", false)] {
            let request = test::TestRequest::get().insert_header(("accept-encoding", sent)).to_http_request();
            assert_eq!(accepts(request.headers(), "br"), expected, "{sent}");
        }
    }
}
