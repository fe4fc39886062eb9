//! A request through two services, from the envelopes to what the API says of it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{ORG, event};
use crate::authorization::{add_user, member_number, signed_in};
use crate::support::{KEY, SECOND_KEY, Server};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const ROOT: &str = "aaaaaaaaaaaaaaaa";
const CALL: &str = "bbbbbbbbbbbbbbbb";
const SERVED: &str = "cccccccccccccccc";

fn now() -> f64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs_f64()
}

fn send(server: &Server, project: u8, kind: &str, event: &Value) {
    let key = if project == 1 { KEY } else { SECOND_KEY };
    let url = server.url(&format!("/api/{project}/envelope/?sentry_key={key}&sentry_version=7"));
    let body = format!("{{}}\n{{\"type\":\"{kind}\"}}\n{event}\n");
    let answer = server.client.post(&url).body(body).send().expect("an answer");
    assert_eq!(answer.status(), 200, "{}", answer.text().unwrap_or_default());
}

/// `POST /pay` of the first project calls `GET /token` of the second, whose clock is an hour behind; it fails there, and
/// the error is reported where the call was made.
fn with_a_failing_payment() -> Server {
    let server = Server::start();
    let begin = now() - 10.0;
    send(
        &server,
        1,
        "transaction",
        &json!({"event_id": "11111111111111111111111111111111", "transaction": "POST /pay", "start_timestamp": begin,
            "timestamp": begin + 0.6, "contexts": {"trace": {"trace_id": TRACE, "span_id": ROOT, "op": "http.server",
                "status": "internal_error"}},
            "spans": [{"span_id": CALL, "parent_span_id": ROOT, "trace_id": TRACE, "op": "http.client",
                "description": "GET http://auth/token", "start_timestamp": begin + 0.1, "timestamp": begin + 0.5,
                "status": "internal_error"}]}),
    );
    send(
        &server,
        2,
        "transaction",
        &json!({"event_id": "22222222222222222222222222222222", "transaction": "GET /token",
            "start_timestamp": begin - 3_600.0, "timestamp": begin - 3_599.8,
            "contexts": {"trace": {"trace_id": TRACE, "span_id": SERVED, "parent_span_id": CALL, "op": "http.server",
                "status": "unauthenticated", "data": {"http.response.status_code": 401}}}}),
    );
    let mut error = event(1, "zanzibar");
    error["timestamp"] = json!(begin + 0.45);
    error["contexts"]["trace"] = json!({"trace_id": TRACE, "span_id": CALL});
    send(&server, 1, "event", &error);
    server.settled();
    server
}

fn waterfall(answer: &Value) -> Vec<String> {
    let (rows, words) = (&answer["rows"], &answer["words"]);
    let ids = rows["id"].as_array().expect("ids");
    let row = |index: usize| {
        let number = |column: &str| rows[column][index].as_u64().unwrap_or_default();
        let name = &words[usize::try_from(number("name")).expect("small")];
        format!(
            "{} {} {} {}",
            number("depth"),
            ids[index].as_str().unwrap_or_default(),
            name,
            number("flags")
        )
    };
    (0..ids.len()).map(row).collect()
}

#[test]
fn one_trace_of_two_services_with_the_error_on_its_span() {
    let server = with_a_failing_payment();
    let path = format!("{ORG}/trace/{TRACE}/");
    server.wait_until("the error is found", || {
        server.api_get(&format!("{path}waterfall/"))["errors"]
            .as_array()
            .is_some_and(|errors| errors.len() == 1)
    });
    let found = server.api_get(&format!("{path}waterfall/"));
    let ids: Vec<&str> =
        found["rows"]["id"].as_array().expect("ids").iter().filter_map(Value::as_str).collect();
    assert_eq!(ids, [ROOT, CALL, SERVED], "{:?}", waterfall(&found));
    assert_eq!(found["rows"]["parent"], json!([-1, 0, 1]));
    assert_eq!(found["services"].as_array().map(Vec::len), Some(2), "{}", found["services"]);
    let skew = found["services"][1]["skewUs"].as_i64().or(found["services"][0]["skewUs"].as_i64());
    assert!(skew.is_some_and(|us| (us - 3_600_200_000).abs() < 1_000), "{}", found["services"]);
    assert_eq!(
        (&found["errors"][0]["row"], &found["errors"][0]["shortId"]),
        (&json!(1), &json!("DEFAULT-1"))
    );

    let event = format!("/api/0/projects/lighttrace/default/events/{:032x}/trace/", 1);
    let small = server.api_get(&event);
    let sentence = small["sentence"].as_str().expect("a sentence");
    assert!(sentence.starts_with("failed 450 ms into `POST /pay`, in `"), "{sentence}");
    assert!(sentence.ends_with("` → `GET /token`, 401"), "{sentence}");
    assert_eq!((&small["row"], &small["otherErrors"]), (&json!(1), &json!(0)), "{small}");

    let span = server.api_get(&format!("{path}spans/{SERVED}/"));
    assert_eq!((&span["parentId"], &span["status"]), (&json!(CALL), &json!("error")), "{span}");
    let sentry = server.api_get(&path);
    assert_eq!(sentry[0]["children"][0]["errors"][0]["event_id"], json!(format!("{:032x}", 1)), "{sentry}");
    assert_eq!(sentry[0]["children"][0]["children"][0]["event_id"], json!(SERVED), "{sentry}");
    let meta = server.api_get(&format!("{ORG}/trace-meta/{TRACE}/"));
    assert_eq!((&meta["span_count"], &meta["errors"]), (&json!(3), &json!(1)), "{meta}");
}

#[test]
fn who_sees_one_project_sees_its_part_of_a_trace() {
    let server = with_a_failing_payment();
    add_user(&server, "elsewhere@example.com", "member");
    let member = member_number(&server, "elsewhere@example.com");
    let restricted = server.api(Method::PUT, &format!("{ORG}/members/{member}/"));
    let restricted = restricted.json(&json!({"projects": ["second"]})).send().expect("an answer");
    assert_eq!(restricted.status(), 200);
    let client = signed_in(&server, "elsewhere@example.com");
    let get = |path: &str| client.get(server.url(path)).send().expect("an answer");
    let found: Value = get(&format!("{ORG}/trace/{TRACE}/waterfall/")).json().expect("JSON");
    assert_eq!(found["rows"]["id"], json!([SERVED]));
    let flags = found["rows"]["flags"][0].as_u64().expect("flags");
    assert_eq!(flags & 8, 8, "what is hidden leaves orphans");
    assert_eq!(found["errors"], json!([]));
    assert_eq!(get(&format!("{ORG}/trace/{TRACE}/spans/{CALL}/")).status(), 404);
    let spans: Value = get(&format!("{ORG}/spans/")).json().expect("JSON");
    assert_eq!(spans["data"].as_array().map(Vec::len), Some(1), "{spans}");
    let transactions: Value = get(&format!("{ORG}/transactions/")).json().expect("JSON");
    assert_eq!(transactions["data"].as_array().map(Vec::len), Some(1), "{transactions}");
}

#[test]
fn spans_are_searched_and_transactions_counted() {
    let server = with_a_failing_payment();
    for (query, expected) in [
        ("", 3),
        ("op:http.client", 1),
        ("op:http.* status:error", 3),
        ("!op:http.client is:segment", 2),
        ("duration:>500ms", 1),
        ("project:second", 1),
        ("http.response.status_code:401", 1),
        ("token", 2),
        (&format!("trace:{TRACE}"), 3),
    ] {
        let path = format!("{ORG}/spans/?query={}", query.replace(' ', "%20").replace('>', "%3E"));
        let found = server.api_get(&path);
        assert_eq!(found["data"].as_array().map(Vec::len), Some(expected), "{query}: {found}");
        assert_eq!(found["meta"]["complete"], json!(true), "{query}");
    }
    let found = server.api_get(&format!("{ORG}/spans/?sort=-duration&per_page=1"));
    assert_eq!(found["data"][0]["id"], json!(ROOT), "{found}");
    let wrong =
        server.api(Method::GET, &format!("{ORG}/spans/?query=duration:fast")).send().expect("an answer");
    assert_eq!(wrong.status(), 400);

    let found = server.api_get(&format!("{ORG}/transactions/?project=default"));
    let row = &found["data"][0];
    assert_eq!(
        (&row["name"], &row["count"], &row["failed"]),
        (&json!("POST /pay"), &json!(1), &json!(1)),
        "{found}"
    );
    let p95 = row["p95Ms"].as_f64().expect("a p95");
    assert!((p95 / 600.0 - 1.0).abs() < 0.011, "{p95}");
    let id = row["id"].as_str().expect("an id");
    let detail = server.api_get(&format!("{ORG}/transactions/{id}/?statsPeriod=1h"));
    assert_eq!(detail["slowest"][0]["spanId"], json!(ROOT), "{detail}");
    let counted: u64 =
        detail["histogram"].as_array().expect("bars").iter().filter_map(|bar| bar["count"].as_u64()).sum();
    assert_eq!(counted, 1, "{detail}");
}
