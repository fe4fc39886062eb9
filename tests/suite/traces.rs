//! One request through three services of different makes is one trace, with the error on its span.
//!
//! The services stand in `tests/sdk/services`: `gateway` (Node, Sentry) asks `auth` (Python, OpenTelemetry) and `payments`
//! (Python, Sentry), which asks `auth` again and fails by its answer.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::api::ORG;
use crate::sdk;
use crate::support::{KEY, SECOND_KEY, Server};

const AUTH_KEY: &str = "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbb";

/// How deep a span lies, and whose it is.
type Place<'a> = (usize, &'a str);

/// As they call each other, siblings in the order of time.
const CALLS: [Place<'static>; 10] = [
    (0, "gateway"),
    (1, "gateway"),
    (2, "auth"),
    (3, "auth"),
    (1, "gateway"),
    (2, "payments"),
    (3, "payments"),
    (4, "auth"),
    (5, "auth"),
    (5, "auth"),
];

/// One payment with a token that has expired, sent through the three services; `None` where they are not installed.
fn pay() -> Option<Server> {
    let python = sdk::services_interpreter()?;
    sdk::node_modules("@sentry/node")?;
    let projects = format!("gateway:{KEY},payments:{SECOND_KEY},auth:{AUTH_KEY}");
    let server = Server::start_with(&[("LIGHTTRACE_PROJECTS", &projects)]);
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk/services/request.py");
    let dsn = |key: &str, project: u8| format!("http://{key}@{}/{project}", server.address());
    let mut command = Command::new(python);
    command.arg(&program).stderr(Stdio::null());
    command.env("GATEWAY_DSN", dsn(KEY, 1)).env("PAYMENTS_DSN", dsn(SECOND_KEY, 2));
    command.env("OTLP_URL", server.url("")).env("AUTH_KEY", AUTH_KEY);
    let output = command.output().expect("the program starts");
    assert!(output.status.success(), "{} failed", program.display());
    assert_eq!(output.stdout, b"502\n", "the payment fails");
    server.settled();
    Some(server)
}

/// The one event that failed.
fn failed(server: &Server) -> Value {
    let issues = server.issues("");
    assert_eq!(issues.len(), 1, "{issues:?}");
    assert_eq!(issues[0]["title"], "NotAuthenticated: User not authenticated");
    let id = issues[0]["id"].as_str().expect("an id");
    server.api_get(&format!("{ORG}/issues/{id}/events/latest/"))
}

fn trace_id(event: &Value) -> &str {
    event["contexts"]["trace"]["trace_id"].as_str().expect("a trace id")
}

/// A tree of Sentry's shape, each before its children, and whether every child names the one above it.
fn flatten<'a>(nodes: &'a [Value], parent: Option<&str>, depth: usize, into: &mut Vec<(usize, &'a Value)>) {
    for node in nodes {
        assert_eq!(node["parent_span_id"].as_str(), parent, "{node}");
        into.push((depth, node));
        let children = node["children"].as_array().expect("children");
        flatten(children, node["event_id"].as_str(), depth + 1, into);
    }
}

#[test]
fn three_services_are_one_trace_with_the_error_on_its_span() {
    let Some(server) = pay() else { return };
    let event = failed(&server);
    let trace = server.api_get(&format!("{ORG}/trace/{}/", trace_id(&event)));
    let mut spans = Vec::new();
    flatten(trace.as_array().expect("roots"), None, 0, &mut spans);
    let places: Vec<Place<'_>> =
        spans.iter().map(|(depth, span)| (*depth, span["project_slug"].as_str().expect("a slug"))).collect();
    assert_eq!(places, CALLS, "{trace:#}");
    assert!(spans.iter().all(|(_, span)| span["event_type"] == "span"), "{trace:#}");
    assert_eq!(spans[0].1["transaction"], "POST /api/payment");

    let with_errors: Vec<usize> =
        (0..spans.len()).filter(|&at| spans[at].1["errors"] != serde_json::json!([])).collect();
    assert_eq!(with_errors, [5], "only where `payments` failed: {trace:#}");
    let errors = spans[5].1["errors"].as_array().expect("errors");
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0]["event_id"], event["eventID"]);
    assert_eq!(
        errors[0]["issue_id"].to_string().trim_matches('"'),
        event["groupID"].as_str().expect("an id")
    );

    let meta = server.api_get(&format!("{ORG}/trace-meta/{}/", trace_id(&event)));
    assert_eq!((&meta["errors"], &meta["span_count"]), (&1.into(), &CALLS.len().into()), "{meta}");
    assert_eq!(meta["logs"], 1, "what `gateway` logged: {meta}");
}

#[test]
fn the_waterfall_of_an_error_says_where_it_failed() {
    let Some(server) = pay() else { return };
    let event = failed(&server);
    let id = event["eventID"].as_str().expect("an id");
    let small = server.api_get(&format!("/api/0/projects/lighttrace/payments/events/{id}/trace/"));
    let sentence = small["sentence"].as_str().expect("a sentence");
    let (failed, place) = sentence.split_once(" into ").expect("how long it took until then");
    assert!(failed.starts_with("failed ") && failed.ends_with(" ms"), "{sentence}");
    assert_eq!(place, "`POST /api/payment`, in `auth-service` → `GET /token`, 401");
    assert_eq!(small["traceId"], trace_id(&event));
    assert_eq!(small["traceSpanCount"], CALLS.len());
    assert_eq!(small["otherErrors"], 0);
    let row = usize::try_from(small["row"].as_u64().expect("a row")).expect("small");
    let rows = &small["waterfall"]["rows"];
    assert_eq!(rows["id"][row], event["contexts"]["trace"]["span_id"], "{small:#}");
    let service = usize::try_from(rows["service"][row].as_u64().expect("a service")).expect("small");
    assert_eq!(small["waterfall"]["services"][service]["project"], "payments");
}
