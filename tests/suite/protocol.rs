//! What SDKs hear: every route, status and header of the ingest protocol, as tables over real HTTP.

use reqwest::Method;
use reqwest::blocking::Response;
use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::support::{KEY, SECOND_KEY, Server};

pub mod bodies;
mod forms;
mod kept;
mod limits;
mod memory;
pub mod raw;
mod traces;

const ID: &str = "fc6d8c0c43fc4630ad850ee518f1b9d0";

/// Names and values.
type Headers<'a> = &'a [(&'a str, &'a str)];

/// One request. In all texts `KEY` stands for the key of project 1 and `OTHER` for that of project 2.
#[derive(Clone, Copy)]
struct Call<'a> {
    method: &'a str,
    path: &'a str,
    headers: Headers<'a>,
    body: &'a [u8],
}

fn post<'a>(path: &'a str, headers: &'a [(&'a str, &'a str)], body: &'a str) -> Call<'a> {
    Call { method: "POST", path, headers, body: body.as_bytes() }
}

fn fill(text: &str) -> String {
    text.replace("OTHER", SECOND_KEY).replace("KEY", KEY)
}

fn send(server: &Server, call: Call<'_>) -> Response {
    let method = Method::from_bytes(call.method.as_bytes()).expect("a method");
    let mut request = server.client.request(method, server.url(&fill(call.path)));
    for (name, value) in call.headers {
        request = request.header(*name, fill(value));
    }
    let body = match std::str::from_utf8(call.body) {
        Ok(text) => fill(text).into_bytes(),
        Err(_) => call.body.to_vec(),
    };
    request.body(body).send().expect("an answer")
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().expect("text"))
}

/// A counter's value.
fn count(server: &Server, name: &str) -> u64 {
    server.metric(name).to_string().parse().expect("a whole number")
}

/// Every answer, good or bad, can be read by a page from anywhere.
fn assert_cors(headers: &HeaderMap, what: &str) {
    assert_eq!(header(headers, "access-control-allow-origin"), "*", "{what}");
    assert_eq!(header(headers, "cross-origin-resource-policy"), "cross-origin", "{what}");
    let exposed = header(headers, "access-control-expose-headers");
    for name in ["x-sentry-error", "x-sentry-rate-limits", "retry-after"] {
        assert!(exposed.contains(name), "{what}: {exposed}");
    }
}

/// Sends and compares status and body. Of a 2xx the body's start is compared; of anything else that it is the
/// documented error and its text holds `expected`.
fn check(server: &Server, call: Call<'_>, status: u16, expected: &str) {
    let what = format!("{} {} {:?}", call.method, call.path, call.headers);
    let answer = send(server, call);
    let found = answer.status().as_u16();
    assert_cors(answer.headers(), &what);
    let headers = answer.headers().clone();
    let body = answer.bytes().expect("a body");
    let text = String::from_utf8_lossy(&body);
    assert_eq!(found, status, "{what}: {text}");
    if status < 300 {
        assert!(text.starts_with(expected) && text.is_empty() == expected.is_empty(), "{what}: {text:?}");
        assert_eq!(header(&headers, "x-sentry-rate-limits"), "", "{what}: no limit holds");
        return;
    }
    assert_eq!(header(&headers, "content-type"), "application/json", "{what}");
    let error: Value = serde_json::from_str(&text).expect("errors are JSON");
    assert!(error["detail"].is_string() || error["message"].is_string(), "{what}: {text}");
    assert!(text.contains(expected), "{what}: {text}");
}

const EVENT: &str = "{\"message\":\"hello\"}";
const JSON: (&str, &str) = ("content-type", "application/json");
const AUTH: (&str, &str) = ("x-sentry-auth", "Sentry sentry_key=KEY, sentry_version=7");
const FORM: (&str, &str) = ("content-type", "multipart/form-data; boundary=X");
const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");
const CSP: (&str, &str) = ("content-type", "application/csp-report");
const REPORTS: (&str, &str) = ("content-type", "application/reports+json; charset=utf-8");
const TEXT: (&str, &str) = ("content-type", "text/plain");
const EMPTY_FORM: &str = "--X--\r\n";
const ONE_FILE: &str =
    "--X\r\nContent-Disposition: form-data; name=\"a\"; filename=\"a.txt\"\r\n\r\nhello\r\n--X--\r\n";

#[test]
fn every_route_answers_as_relay_does() {
    let server = Server::start();
    let envelope = format!("{{\"event_id\":\"{ID}\"}}\n{{\"type\":\"event\"}}\n{EVENT}\n");
    let dump = "--X\r\nContent-Disposition: form-data; name=\"upload_file_minidump\"; filename=\"a.dmp\"\r\n\r\n\
        MDMPxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n--X--\r\n";
    let no_dump = dump.replace("MDMP", "PDMM");
    let id = format!("{{\"id\":\"{ID}\"}}");
    let attachments = format!("/api/1/events/{ID}/attachments/");
    let rows: &[(Call, u16, &str)] = &[
        (post("/api/1/envelope/", &[AUTH], &envelope), 200, &id),
        (post("/api/1/envelope/", &[AUTH, TEXT], &envelope), 200, &id),
        (post("//api///1//envelope//?sentry_key=KEY", &[], &envelope), 200, &id),
        (post("/api/1/envelope/", &[AUTH], "{}"), 200, "{}"),
        (post("/api/1/envelope/", &[AUTH], "{}\n{\"type\":\"event\"}\n{}"), 200, "{\"id\":\""),
        (post("/api/1/envelope/", &[AUTH], ""), 400, "missing envelope header"),
        (post("/api/1/store/", &[AUTH], EVENT), 200, "{\"id\":\""),
        (post("/api/store/", &[AUTH], EVENT), 200, "{\"id\":\""),
        (post("/api/1/security/?sentry_key=KEY", &[CSP], "{\"csp-report\":{}}"), 200, ""),
        (post("/api/1/csp-report/?sentry_key=KEY", &[JSON], "{\"csp-report\":{}}"), 200, ""),
        (post("/api/1/security/?sentry_key=KEY", &[REPORTS], "[{\"type\":\"csp-violation\"},{}]"), 200, ""),
        (post("/api/1/security/?sentry_key=KEY", &[TEXT], "{}"), 415, "expected"),
        (post("/api/1/security/?sentry_key=KEY", &[], "{}"), 415, "expected"),
        (post("/api/1/security/?sentry_key=KEY", &[CSP], "nope"), 400, "invalid JSON"),
        (post("/api/1/nel/?sentry_key=KEY", &[REPORTS], "[{\"type\":\"network-error\"}]"), 200, ""),
        (post("/api/1/nel/?sentry_key=KEY", &[CSP], "{}"), 415, "expected"),
        (post("/api/1/minidump/?sentry_key=KEY", &[FORM], EMPTY_FORM), 400, "missing minidump"),
        (post("/api/1/minidump?sentry_key=KEY", &[FORM], &no_dump), 400, "invalid minidump"),
        (post("/api/1/minidump/?sentry_key=KEY", &[TEXT], "MDMP"), 400, "invalid multipart"),
        (post("/api/1/unreal/KEY/?UserID=me", &[], "not zlib"), 400, "invalid unreal report"),
        (post(&attachments, &[AUTH, FORM], ONE_FILE), 201, ""),
        (post(&attachments, &[AUTH, FORM], EMPTY_FORM), 201, ""),
        (post(&attachments, &[AUTH, FORM], "--X"), 400, "invalid multipart"),
        (post("/api/1/events/nope/attachments/", &[AUTH, FORM], ONE_FILE), 400, "bad event id"),
        (post("/api/1/cron/nightly/KEY/", &[JSON], "{\"status\":\"ok\"}"), 202, ""),
        (post("/api/1/cron/nightly?status=ok&duration=1.5", &[AUTH], ""), 202, ""),
        (post("/api/1/cron/nightly", &[AUTH], ""), 400, "missing status"),
        (post("/api/1/cron/nightly?status=fine", &[AUTH], ""), 400, "bad status"),
        (post("/api/1/cron/nightly?status=ok&duration=long", &[AUTH], ""), 400, "bad duration"),
        (post("/api/1/cron/nightly/KEY/", &[JSON], "{\"status\":\"fine\"}"), 400, "bad status"),
        (post("/api/1/cron/nightly/KEY?status=ok&check_in_id=nope", &[], ""), 400, "check-in id"),
        (post("/api/1/cron/nightly/KEY/", &[JSON], "nope"), 400, "invalid JSON"),
        (post("/api/1/integration/otlp/v1/traces", &[AUTH, JSON], "{\"resourceSpans\":[]}"), 200, "{}"),
        (post("/api/1/integration/otlp/v1/logs/", &[AUTH, JSON], "{\"resourceLogs\":[]}"), 200, "{}"),
        (post("/api/1/integration/otlp/v1/traces/", &[AUTH, PROTOBUF], ""), 200, ""),
        (post("/api/1/integration/otlp/v1/traces/", &[AUTH, JSON], "nope"), 400, "\"code\":3"),
        (post("/api/1/integration/otlp/v1/traces/", &[JSON], "{}"), 401, "\"code\":16"),
        (post("/api/1/integration/otlp/v1/logs/", &[AUTH, TEXT], "{}"), 415, "expected"),
        (post("/v1/traces", &[AUTH, JSON], "{\"resourceSpans\":[]}"), 200, "{}"),
        (post("/v1/logs/", &[AUTH, PROTOBUF], ""), 200, ""),
        (post("/v1/traces", &[JSON], "{}"), 401, "\"code\":16"),
        (post("/api/1/otlp/v1/traces", &[AUTH, JSON], "{}"), 404, ""),
        (post("/api/1/integration/vercel/logs/", &[AUTH, JSON], "[{},{}]"), 202, ""),
        (
            post(
                "/api/1/integration/vercel/logs",
                &[AUTH, ("content-type", "application/x-ndjson")],
                "{}\n{}\n",
            ),
            202,
            "",
        ),
        (post("/api/1/integration/vercel/logs/", &[AUTH, TEXT], "[]"), 415, "expected"),
        (post("/api/1/integration/vercel/logs/", &[AUTH, JSON], "nope"), 400, "invalid JSON"),
    ];
    for (call, status, expected) in rows {
        if *status == 404 {
            // No path of ours: whoever answers it, it is not accepted.
            assert!(!send(&server, *call).status().is_success(), "{}", call.path);
            continue;
        }
        check(&server, *call, *status, expected);
    }

    let answer = send(&server, post("/api/1/minidump/?sentry_key=KEY", &[FORM], dump));
    assert_eq!(answer.status().as_u16(), 200);
    assert!(header(answer.headers(), "content-type").starts_with("text/plain"));
    let uuid = answer.text().expect("a body");
    assert_eq!((uuid.len(), uuid.matches('-').count()), (36, 4), "{uuid}");

    let answer = send(&server, post("/api/1/integration/otlp/v1/traces", &[AUTH, PROTOBUF], "nope"));
    assert_eq!(answer.status().as_u16(), 400);
    assert_eq!(header(answer.headers(), "content-type"), "application/x-protobuf");
    assert!(answer.bytes().expect("a body").starts_with(&[0x08, 3, 0x12]), "google.rpc.Status");
}

#[test]
fn get_where_there_is_a_get() {
    let server = Server::start();
    let get = |path| send(&server, Call { method: "GET", path, headers: &[], body: b"" });
    let pixel =
        get("/api/1/store/?sentry_key=KEY&sentry_version=7&sentry_data=eyJtZXNzYWdlIjoiaGVsbG8ifQ%3D%3D");
    assert_eq!((pixel.status().as_u16(), header(pixel.headers(), "content-type")), (200, "image/gif"));
    assert_cors(pixel.headers(), "pixel");
    assert!(pixel.bytes().expect("a body").starts_with(b"GIF89a"));
    assert_eq!(get("/api/1/store/?sentry_key=KEY").status().as_u16(), 400);
    assert_eq!(get("/api/1/cron/nightly/KEY/?status=in_progress&environment=prod").status().as_u16(), 202);
    for path in ["/api/1/envelope/", "/api/1/security/", "/api/1/minidump", "/api/1/upload/"] {
        let answer = get(path);
        assert_eq!((answer.status().as_u16(), header(answer.headers(), "allow")), (405, "POST"), "{path}");
        assert_cors(answer.headers(), path);
    }
}

#[test]
fn preflight_is_answered_everywhere() {
    let server = Server::start();
    let paths = [
        "/api/1/envelope/",
        "/api/1/store/",
        "/api/store/",
        "/api/1/security/",
        "/api/1/csp-report/",
        "/api/1/nel/",
        "/api/1/minidump",
        "/api/1/unreal/KEY/",
        "/api/1/events/x/attachments/",
        "/api/1/cron/x/",
        "/api/1/integration/otlp/v1/traces",
        "/api/1/integration/otlp/v1/logs",
        "/v1/traces",
        "/api/1/integration/vercel/logs",
        "/api/1/upload/",
        "/api/embed/error-page/",
    ];
    for path in paths {
        let headers = &[("origin", "https://shop.example"), ("access-control-request-method", "POST")];
        let answer = send(&server, Call { method: "OPTIONS", path, headers, body: b"" });
        assert_eq!(answer.status().as_u16(), 200, "{path}");
        let headers = answer.headers();
        assert_cors(headers, path);
        assert!(header(headers, "access-control-allow-methods").starts_with("POST"), "{path}");
        assert_eq!(header(headers, "access-control-max-age"), "3600", "{path}");
        let allowed = header(headers, "access-control-allow-headers");
        for name in [
            "x-sentry-auth",
            "x-requested-with",
            "x-forwarded-for",
            "origin",
            "referer",
            "accept",
            "content-type",
            "authentication",
            "authorization",
            "content-encoding",
            "transfer-encoding",
        ] {
            assert!(allowed.split(", ").any(|one| one == name), "{path}: {name} in {allowed}");
        }
    }
}

#[test]
fn authorization_forms_and_their_statuses() {
    let server = Server::start();
    let basic = |text: &str| {
        use base64::Engine;
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(fill(text)))
    };
    let (with_colon, malformed) = (basic("KEY:"), "Basic %%%".to_owned());
    let sentry = |value: &'static str| [("x-sentry-auth", value)];
    let rows: &[(&str, Headers, u16)] = &[
        ("/api/1/store/", &sentry("Sentry sentry_key=KEY, sentry_version=7, sentry_client=x/1"), 200),
        ("/api/1/store/", &sentry("sentry sentry_key=KEY,sentry_secret=abc,sentry_timestamp=1"), 200),
        ("/api/1/store/", &sentry("Sentry sentry_key=KEY.flag"), 200),
        ("/api/1/store/", &sentry("Sentry sentry_version=5, sentry_key=KEY"), 200),
        ("/api/1/store/", &[("authorization", "sentry sentry_key=KEY")], 200),
        ("/api/1/store/", &[("authorization", &with_colon)], 200),
        ("/api/1/store/?sentry_key=KEY&sentry_version=7", &[], 200),
        ("/api/1/store/?sentry_key=KEY", &[("authorization", "Bearer proxy")], 200),
        ("/api/1/store/", &[], 401),
        ("/api/1/store/", &sentry("Sentry sentry_version=7"), 401),
        ("/api/1/store/", &sentry("Sentry sentry_key=KEY, sentry_version=x"), 401),
        ("/api/1/store/", &[("authorization", &malformed)], 401),
        ("/api/1/store/?sentry_key=KEY", &[AUTH], 401),
        ("/api/1/store/", &[AUTH, ("authorization", "Sentry sentry_key=KEY")], 401),
        ("/api/1/cron/x/KEY/", &[AUTH], 401),
        ("/api/1/store/?sentry_version=7", &[], 401),
        ("/api/1/store/", &sentry("Sentry sentry_key=KEY, sentry_version=8"), 400),
        ("/api/1/store/", &sentry("Sentry sentry_key=nope"), 400),
        ("/api/shop/store/", &[AUTH], 400),
        ("/api/-1/store/", &[AUTH], 400),
        ("/api/99999999999999999999/store/", &[AUTH], 400),
        ("/api/1/store/?sentry_key=00000000000000000000000000000000", &[], 403),
        ("/api/2/store/", &[AUTH], 403),
        ("/api/77/store/", &[AUTH], 403),
    ];
    for (path, headers, status) in rows {
        let expected = if *status == 200 { "{\"id\"" } else { "detail" };
        check(&server, post(path, headers, EVENT), *status, expected);
    }
    let both = send(&server, post("/api/1/store/?sentry_key=KEY", &[AUTH], EVENT));
    assert!(both.text().expect("a body").contains("multiple authorization payloads detected"));
}

#[test]
fn an_envelope_may_bring_its_own_dsn() {
    let server = Server::start();
    let rows = [
        ("https://KEY@anything.example/1", &[][..], 200),
        ("https://KEY@anything.example/1", &[AUTH][..], 200),
        ("https://OTHER@anything.example/2", &[AUTH][..], 400),
        ("https://KEY@anything.example/2", &[AUTH][..], 400),
        ("https://OTHER@anything.example/2", &[][..], 400),
        ("https://OTHER@anything.example/1", &[][..], 403),
        ("https://00000000000000000000000000000000@x/1", &[][..], 403),
        ("nope", &[][..], 400),
    ];
    for (dsn, headers, status) in rows {
        let body = format!("{{\"dsn\":\"{dsn}\"}}\n{{\"type\":\"event\"}}\n{EVENT}\n");
        let expected = if status == 200 { "{\"id\"" } else { "detail" };
        check(&server, post("/api/1/envelope/", headers, &body), status, expected);
    }
    check(
        &server,
        post("/api/1/envelope/", &[], "{}\n{\"type\":\"event\"}\n{}"),
        401,
        "missing authorization",
    );
}

#[test]
fn a_disabled_key_is_refused() {
    let server = Server::start();
    let path = fill("/api/0/projects/lighttrace/default/keys/KEY/");
    let answer = server.api(Method::PUT, &path).json(&serde_json::json!({"isActive": false})).send();
    assert!(answer.expect("an answer").status().is_success());
    check(&server, post("/api/1/store/", &[AUTH], EVENT), 403, "event submission rejected");
    check(&server, post("/api/1/envelope/", &[AUTH], "{}"), 403, "event submission rejected");
}
