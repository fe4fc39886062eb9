//! Spans and logs: what is accepted of them, by every way in, what is counted, and their limits.

use serde_json::{Value, json};

use super::{AUTH, Call, JSON, PROTOBUF, check, header, post, send};
use crate::support::{KEY, Server};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

fn seconds() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    i64::try_from(now.as_secs()).expect("fits")
}

fn ledger(server: &Server) -> Value {
    server.api_get("/api/0/organizations/lighttrace/stats/ledger/")["projects"][0].clone()
}

fn transaction() -> String {
    let event = json!({"transaction": "GET /", "start_timestamp": seconds() - 1, "timestamp": seconds(),
        "contexts": {"trace": {"trace_id": TRACE, "span_id": "b7ad6b7169203331"}},
        "spans": [{"span_id": "00f067aa0ba902b7", "start_timestamp": seconds()}, {"span_id": "none"}]});
    format!("{{}}\n{{\"type\":\"transaction\"}}\n{event}\n")
}

fn container(ty: &str, items: &Value) -> String {
    let count = items.as_array().expect("a list").len();
    format!(
        "{{}}\n{{\"type\":\"{ty}\",\"item_count\":{count},\"content_type\":\"application/vnd.sentry.items.{ty}+json\"}}\n\
         {{\"items\":{items}}}\n"
    )
}

fn otlp(spans: usize) -> String {
    let span = |number: usize| {
        json!({"traceId": TRACE, "spanId": format!("{:016x}", number + 1), "name": "work",
            "startTimeUnixNano": format!("{}000000000", seconds())})
    };
    let spans: Vec<Value> = (0..spans).map(span).collect();
    json!({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).to_string()
}

#[test]
fn everything_that_arrived_is_counted_where_it_went() {
    let server = Server::start();
    let span = |id: &str| json!({"trace_id": TRACE, "span_id": id, "start_timestamp": seconds(), "end_timestamp": seconds()});
    let spans = container("span", &json!([span("1111111111111111"), span("2222222222222222"), span("none")]));
    let logs = container("log", &json!([{"body": "a", "timestamp": seconds()}, {"body": "b"}, 5]));
    let alone = format!("{{}}\n{{\"type\":\"span\"}}\n{}\n", span("3333333333333333"));
    let id = "fc6d8c0c43fc4630ad850ee518f1b9d0";
    check(
        &server,
        post(
            "/api/1/envelope/",
            &[AUTH],
            &transaction().replacen("{}", &format!("{{\"event_id\":\"{id}\"}}"), 1),
        ),
        200,
        &format!("{{\"id\":\"{id}\"}}"),
    );
    for body in [&spans, &logs, &alone] {
        check(&server, post("/api/1/envelope/", &[AUTH], body), 200, "{}");
    }
    check(&server, post("/api/1/integration/otlp/v1/traces/", &[AUTH, JSON], &otlp(4)), 200, "{}");
    check(&server, post("/v1/traces", &[AUTH, JSON], &otlp(5)), 200, "{}");
    let log = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"c"}}]}]}]}"#;
    check(&server, post("/v1/logs/", &[AUTH, JSON], log), 200, "{}");
    let bad = "{}\n{\"type\":\"transaction\"}\n[]\n{\"type\":\"transaction\"}\n{}\n";
    assert_eq!(
        send(&server, post("/api/1/envelope/", &[AUTH], bad)).status().as_u16(),
        413,
        "one an envelope"
    );
    server.settled();
    server.wait_until("all is in the ledger", || ledger(&server)["received"] == 21);
    let found = ledger(&server);
    let kept = found["stored"].as_u64().unwrap_or(0) + found["sampled"].as_u64().unwrap_or(0);
    // A transaction, 2 + 1 + 4 + 5 spans, 2 + 1 records.
    assert_eq!(kept, 16, "{found}");
    assert_eq!(
        found["rejected"],
        json!({"digest_invalid_span": 2, "digest_invalid_log": 1, "too_large": 2}),
        "{found}"
    );
}

#[test]
fn plain_exporters_name_their_project_by_key_alone() {
    let server = Server::start();
    let basic = format!("Basic {}", base64_of(&format!("{KEY}:")));
    for header in [AUTH, ("authorization", "sentry sentry_key=KEY"), ("authorization", &basic)] {
        check(&server, post("/v1/traces", &[header, JSON], &otlp(1)), 200, "{}");
        check(&server, post("/v1/traces/", &[header, PROTOBUF], ""), 200, "");
    }
    check(&server, post("/v1/traces", &[JSON], &otlp(1)), 401, "\"code\":16");
    check(&server, post("/v1/logs", &[AUTH, JSON], "nope"), 400, "\"code\":3");
    check(&server, post("/v1/logs", &[AUTH], "{}"), 415, "expected");
    check(&server, Call { method: "GET", path: "/v1/logs", headers: &[JSON], body: b"" }, 405, "\"code\":12");
    let gzip = [AUTH, PROTOBUF, ("content-encoding", "gzip")];
    check(&server, post("/v1/traces", &[AUTH, JSON, ("content-encoding", "gzip")], "nope"), 400, "code");
    let answer = send(&server, post("/v1/traces", &gzip, "nope"));
    assert_eq!(header(answer.headers(), "content-type"), "application/x-protobuf");
}

fn base64_of(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[test]
fn spans_and_logs_have_limits_of_their_own() {
    let server = Server::start_with(&[("LIGHTTRACE_RATE_LIMIT", "1/hour")]);
    let logs = container("log", &json!([{"body": "a"}, {"body": "b"}]));
    check(&server, post("/api/1/envelope/", &[AUTH], "{}\n{\"type\":\"event\"}\n{}\n"), 200, "{\"id\"");
    check(&server, post("/api/1/envelope/", &[AUTH], &transaction()), 200, "{\"id\"");
    check(&server, post("/api/1/envelope/", &[AUTH], &logs), 200, "{}");
    for (body, categories) in
        [(transaction(), ":transaction;span:organization:"), (logs, ":log_item:organization:")]
    {
        let answer = send(&server, post("/api/1/envelope/", &[AUTH], &body));
        assert_eq!(answer.status().as_u16(), 429);
        let limits = header(answer.headers(), "x-sentry-rate-limits");
        assert!(limits.contains(categories), "{limits}");
    }
    let answer = send(&server, post("/v1/traces", &[AUTH, JSON], &otlp(3)));
    assert_eq!(answer.status().as_u16(), 429);
    assert!(header(answer.headers(), "retry-after").parse::<u64>().is_ok_and(|seconds| seconds > 3_000));
    assert!(answer.text().expect("a body").contains("\"code\":8"));
    // Two records, a transaction, three spans: of what holds many each is counted.
    server.settled();
    server.wait_until("what was limited is in the ledger", || ledger(&server)["limited"] == 6);
}
