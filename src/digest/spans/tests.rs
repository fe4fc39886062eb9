//! Every format through the front door of digest, from real recordings and by hand.

use std::io::Read as _;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::digest::policy::Policy;
use crate::digest::prepare::{Prepared, prepare};
use crate::inbox::{Accepted, Sender};
use crate::model::ids::ProjectId;
use crate::model::outcome::Category;
use crate::model::project::ProjectSettings;
use crate::model::span::{AttributeValue, LogLevel, Span, SpanKind, SpanStatus};
use crate::store::{Record, SpanRecord};
use crate::wire::envelope::{Envelope, Item, ItemType};
use crate::wire::otlp::{Encoding, Signal, integration};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const ROOT: &str = "b7ad6b7169203331";
const CHILD: &str = "00f067aa0ba902b7";
/// When the hand-made spans were received.
const NOW: i64 = 1_795_763_600;

fn prepare_envelope(envelope: Bytes) -> Prepared {
    let sender = Sender {
        project: ProjectId(1),
        received: Timestamp::from_second(NOW).expect("a time"),
        client_ip: None,
        user_agent: None,
    };
    prepare(&Accepted { sender, envelope, items: 1 }, &Policy::new(&ProjectSettings::default(), 90), None)
}

fn only(prepared: Prepared) -> SpanRecord {
    let mut found = prepared.records.into_iter().filter_map(|record| match record {
        Record::Spans(record) => Some(*record),
        _ => None,
    });
    let first = found.next().expect("a record");
    assert!(found.next().is_none(), "one record");
    first
}

/// A file of a recording, as it is after ingest.
fn recorded(name: &str) -> Vec<u8> {
    let bytes = std::fs::read(format!("tests/fixtures/sdk/{name}.body")).expect("recorded");
    let mut plain = Vec::new();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut plain).expect("gzip");
        return plain;
    }
    bytes
}

fn envelope_of(name: &str) -> SpanRecord {
    let mut envelope = Envelope::parse(&Bytes::from(recorded(name))).expect("an envelope");
    envelope.items.retain(|item| !matches!(item.headers.ty, ItemType::Event | ItemType::Session));
    only(prepare_envelope(envelope.to_bytes()))
}

fn integration_of(body: Vec<u8>, signal: Signal, encoding: Encoding) -> SpanRecord {
    let mut item = Item::new(ItemType::Integration, Bytes::from(body));
    item.headers.content_type = Some(integration::content_type(signal, encoding).to_owned());
    let envelope = Envelope { items: vec![item], ..Envelope::default() };
    only(prepare_envelope(envelope.to_bytes()))
}

fn item(header: &Value, payload: &Value) -> Prepared {
    prepare_envelope(Bytes::from(format!("{{}}\n{header}\n{payload}\n")))
}

fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("{name} in {spans:#?}"))
}

/// The request with a query and a call that both generations were asked for.
fn check_node(record: &SpanRecord) {
    let [root, query, call] = [
        "POST /orders/*",
        "INSERT INTO orders (user_id, card) VALUES (%s)",
        "POST https://pay.example.com/charges/*",
    ]
    .map(|name| named(&record.spans, name));
    assert_eq!(record.spans.len(), 3);
    assert_eq!((root.is_segment, root.parent, root.op.as_str()), (true, None, "http.server"));
    assert_eq!((root.kind, root.status), (SpanKind::Server, SpanStatus::Ok));
    assert_eq!((query.parent, call.parent), (Some(root.id), Some(root.id)));
    assert_eq!((call.status, call.status_word.as_str()), (SpanStatus::Error, "unavailable"));
    assert_eq!(call.description, "POST https://pay.example.com/charges/42?token=[Filtered]");
    assert_eq!(query.description, "INSERT INTO orders (user_id, card) VALUES (7, '[Filtered]')");
    for span in &record.spans {
        assert_eq!((span.release.as_str(), span.environment.as_str()), ("shop-node@2.4.1", "staging"));
        assert_eq!((span.transaction.as_str(), span.origin.as_str()), ("POST /orders/*", "manual"));
        assert!(span.duration_us < 100_000 && span.start_us / 1_000_000 < NOW, "{span:?}");
        assert!(span.attributes.iter().all(|(key, _)| !key.starts_with("sentry.segment")), "{span:?}");
    }
}

#[test]
fn node_11_sends_containers_of_spans_and_logs() {
    let record = envelope_of("node-11-traces/01");
    assert_eq!((record.category, record.quantity, record.event_id), (Category::Span, 3, None));
    check_node(&record);

    let logs = envelope_of("node-11-traces/02");
    assert_eq!((logs.category, logs.quantity), (Category::LogItem, 1));
    let log = &logs.logs[0];
    assert_eq!((log.level, log.body.as_str()), (LogLevel::Warn, "stock of sku %d is low"));
    assert_eq!((log.trace, log.span), (Some(record.spans[0].trace), record.spans.last().map(|span| span.id)));
    assert_eq!(log.environment, "staging");
}

#[test]
fn node_8_sends_a_transaction() {
    let record = envelope_of("node-8-traces/01");
    assert_eq!((record.category, record.quantity), (Category::Transaction, 1));
    assert!(record.event_id.is_some());
    check_node(&record);
    assert_eq!(record.spans[0].attribute("sentry.platform"), Some(&AttributeValue::Text("node".to_owned())));
}

#[test]
fn every_older_generation_is_one_transaction() {
    for (name, spans) in [
        ("node-5-transaction", 1),
        ("node-7-transaction", 1),
        ("node-8-transaction", 1),
        ("python-1-transaction", 2),
        ("python-2-transaction", 2),
    ] {
        let found = (1..=5).filter_map(|number| {
            let name = format!("{name}/{number:02}");
            let path = format!("tests/fixtures/sdk/{name}.body");
            let is_there = std::path::Path::new(&path).exists();
            let envelope = is_there.then(|| Envelope::parse(&Bytes::from(recorded(&name))).ok()).flatten()?;
            let is_ours = envelope.items.iter().any(|item| item.headers.ty == ItemType::Transaction);
            is_ours.then(|| envelope_of(&name))
        });
        let found: Vec<_> = found.collect();
        assert_eq!(found.len(), 1, "{name}");
        let root = &found[0].spans[0];
        assert_eq!((root.name.as_str(), root.op.as_str()), ("POST /checkout", "http.server"), "{name}");
        assert_eq!((root.is_segment, found[0].spans.len()), (true, spans), "{name}");
        assert_eq!((root.environment.as_str(), root.weight.to_bits()), ("staging", 1f32.to_bits()), "{name}");
    }
}

#[test]
fn opentelemetry_over_protobuf() {
    let record = integration_of(recorded("otel-python-traces/02"), Signal::Traces, Encoding::Protobuf);
    assert_eq!((record.category, record.quantity), (Category::Span, 3));
    let root = named(&record.spans, "GET /token/{user}");
    assert_eq!(
        (root.trace.to_string().as_str(), root.parent.map(|id| id.to_string()).as_deref()),
        (TRACE, Some(ROOT))
    );
    assert_eq!((root.op.as_str(), root.kind, root.is_segment), ("http.server", SpanKind::Server, true));
    assert_eq!((root.service.as_str(), root.environment.as_str()), ("auth-service", "staging"));
    assert_eq!((root.release.as_str(), root.origin.as_str()), ("auth@1.2.0", "auth"));
    assert_eq!((root.status, root.status_word.as_str()), (SpanStatus::Error, "unauthenticated"));
    assert_eq!(root.attribute("exception.type"), Some(&AttributeValue::Text("PermissionError".to_owned())));
    assert_eq!(root.attribute("telemetry.sdk.language"), Some(&AttributeValue::Text("python".to_owned())));
    let query = named(&record.spans, "SELECT id FROM users WHERE email = %s AND id IN (%s)");
    assert_eq!((query.op.as_str(), query.parent, query.is_segment), ("db", Some(root.id), false));
    assert_eq!(query.transaction, root.name);
    let call = named(&record.spans, "GET https://tokens.example.com/keys/*");
    assert_eq!((call.op.as_str(), call.status_word.as_str()), ("http.client", "unavailable"));
    assert!(!format!("{record:?}").contains("hunter2"));

    let logs = integration_of(recorded("otel-python-traces/01"), Signal::Logs, Encoding::Protobuf);
    let log = &logs.logs[0];
    assert_eq!((log.level, log.body.as_str()), (LogLevel::Warn, "token of user 42 is stale"));
    assert_eq!(
        (log.trace, log.span, log.service.as_str()),
        (Some(root.trace), Some(root.id), "auth-service")
    );
}

fn transaction(change: impl FnOnce(&mut Value)) -> Prepared {
    let mut event = json!({
        "transaction": "/users/42", "start_timestamp": NOW - 2, "timestamp": NOW - 1,
        "contexts": {"trace": {"trace_id": TRACE, "span_id": ROOT, "op": "http.server", "status": "not_found"}},
        "spans": [{"span_id": CHILD, "start_timestamp": NOW - 2, "timestamp": f64::from(i32::try_from(NOW).expect("fits")) - 1.5}],
    });
    change(&mut event);
    item(&json!({"type": "transaction", "sample_rates": [{"id": "x", "rate": 0.25}]}), &event)
}

#[test]
fn a_transaction_by_hand() {
    let record = only(transaction(|event| {
        event["measurements"] =
            json!({"lcp": {"value": 1200.5, "unit": "millisecond"}, "bad": 5, "worse": null});
        event["tags"] = json!([["plan", "gold"]]);
        event["user"] = json!({"id": 4711});
        event["request"] = json!({"url": "https://x.com/users/42", "method": "GET"});
        event["sdk"] = json!([]);
    }));
    let root = &record.spans[0];
    assert_eq!((root.name.as_str(), root.description.as_str()), ("/users/*", "/users/42"));
    assert_eq!((root.status, root.status_word.as_str()), (SpanStatus::Error, "not_found"));
    assert_eq!((root.start_us, root.duration_us), ((NOW - 2) * 1_000_000, 1_000_000));
    assert_eq!(
        record.spans.iter().map(|span| span.weight.to_bits()).collect::<Vec<_>>(),
        [4f32.to_bits(); 2]
    );
    assert_eq!(root.attribute("measurements.lcp"), Some(&AttributeValue::Double(1200.5)));
    for (key, text) in [("plan", "gold"), ("user.id", "4711"), ("http.request.method", "GET")] {
        assert_eq!(root.attribute(key), Some(&AttributeValue::Text(text.to_owned())), "{key}");
    }
    let child = &record.spans[1];
    assert_eq!(
        (child.parent, child.transaction.as_str(), child.duration_us),
        (Some(root.id), "/users/*", 500_000)
    );
    assert_eq!((child.op.as_str(), child.name.as_str()), ("default", "default"));
}

#[test]
fn what_is_damaged_costs_itself() {
    let check = |change: fn(&mut Value), spans: usize, dropped: &[(&str, u64)]| {
        let prepared = transaction(change);
        let found: Vec<_> =
            prepared.dropped.iter().map(|dropped| (dropped.reason, dropped.quantity)).collect();
        assert_eq!(found, dropped);
        let records: usize = prepared
            .records
            .iter()
            .map(|record| match record {
                Record::Spans(record) => record.spans.len(),
                _ => 0,
            })
            .sum();
        assert_eq!(records, spans);
    };
    check(|_| (), 2, &[]);
    check(|event| event["spans"] = json!("none"), 1, &[]);
    check(
        |event| event["spans"] = json!([5, {}, {"span_id": "x"}, {"span_id": CHILD, "start_timestamp": NOW}]),
        2,
        &[("digest_invalid_span", 3)],
    );
    check(
        |event| event["contexts"]["trace"]["span_id"] = json!("0000000000000000"),
        0,
        &[("digest_invalid_transaction", 1)],
    );
    check(|event| event["contexts"] = json!(5), 0, &[("digest_invalid_transaction", 1)]);
    check(|event| event["timestamp"] = json!("soon"), 0, &[("digest_invalid_transaction", 1)]);
    check(|event| event["user"] = json!([1]), 2, &[]);
    check(|event| event["transaction"] = json!({"a": [1]}), 2, &[]);
    check(|event| event["contexts"]["trace"]["data"] = json!([1, "x", null]), 2, &[]);
    let ends_before = only(transaction(|event| event["timestamp"] = json!(NOW - 5)));
    assert_eq!(ends_before.spans[0].duration_us, 0);
    let ancient = only(transaction(|event| {
        event["start_timestamp"] = json!(5);
        event["timestamp"] = json!(6);
    }));
    assert_eq!(ancient.spans[0].start_us, (NOW - 1) * 1_000_000);
}

#[test]
fn containers_by_hand() {
    let header =
        json!({"type": "span", "content_type": "application/vnd.sentry.items.span.v2+json", "item_count": 4});
    let span = |id: &str, change: fn(&mut Value)| {
        let mut span = json!({"trace_id": TRACE, "span_id": id, "name": "work", "status": "ok", "start_timestamp": NOW - 2, "end_timestamp": NOW - 1});
        change(&mut span);
        span
    };
    let prepared = item(
        &header,
        &json!({"items": [
            span(ROOT, |span| {
                span["is_segment"] = json!(true);
                span["attributes"] = json!({"list": {"value": [1, "x"], "type": "array"}, "none": {"value": null}, "plain": 7, "http.response.status_code": {"value": 500}});
                span["links"] = json!([{"trace_id": TRACE, "span_id": CHILD, "attributes": {"kind": {"value": "retry", "type": "string"}}}, 5]);
            }),
            span(CHILD, |span| span["parent_span_id"] = json!(ROOT)),
            span("1", |_| ()),
            "nothing",
        ]}),
    );
    assert_eq!((prepared.dropped[0].reason, prepared.dropped[0].quantity), ("digest_invalid_span", 2));
    let record = only(prepared);
    let root = &record.spans[0];
    assert_eq!(
        (record.quantity, root.status),
        (2, SpanStatus::Error),
        "a 500 is a failure, whatever the default said"
    );
    assert_eq!(root.attribute("list"), Some(&AttributeValue::Json("[1,\"x\"]".to_owned())));
    assert_eq!(root.attribute("plain"), Some(&AttributeValue::Integer(7)));
    assert_eq!((root.links.len(), root.links[0].attributes.len()), (1, 1));
    assert_eq!(record.spans[1].transaction, "work");
    let damaged = item(&header, &json!({"items": 5}));
    assert_eq!((damaged.dropped[0].reason, damaged.dropped[0].quantity), ("digest_invalid_container", 4));
}

#[test]
fn a_span_alone() {
    let span = json!({"trace_id": TRACE, "span_id": CHILD, "parent_span_id": ROOT, "op": "ui.interaction.click", "description": "button.buy",
        "start_timestamp": NOW - 1, "timestamp": NOW, "exclusive_time": 104, "is_segment": false, "data": {"sentry.transaction": "/cart/42", "sentry.sample_rate": 0.5},
        "measurements": {"inp": {"value": 104, "unit": "millisecond"}}});
    let record = only(item(&json!({"type": "span"}), &span));
    let span = &record.spans[0];
    assert_eq!(
        (span.op.as_str(), span.transaction.as_str(), span.is_segment),
        ("ui.interaction.click", "/cart/*", false)
    );
    assert_eq!(span.attribute("measurements.inp"), Some(&AttributeValue::Double(104.0)));
    assert_eq!(span.weight.to_bits(), 2f32.to_bits());
}

/// (key, text, what must not be left of it)
const SECRETS: [(&str, &str, &str); 26] = [
    ("password", "hunter2", "hunter2"),
    ("authorization", "hunter2", "hunter2"),
    ("http.request.header.authorization", "Bearer hunter2", "hunter2"),
    ("http.request.header.x-api-key", "hunter2", "hunter2"),
    ("http.request.header.cookie", "theme=dark; sessionid=hunter2", "hunter2"),
    ("db.query.parameter.password", "hunter2", "hunter2"),
    ("db.query.text", "UPDATE users SET password = 'hunter2' WHERE id = 1", "hunter2"),
    ("db.query.text", "INSERT INTO users (name, passwd) VALUES ('ada', 'hunter2')", "hunter2"),
    ("db.statement", "SELECT * FROM t WHERE token IN ('hunter2')", "hunter2"),
    ("db.statement", "ALTER ROLE bob WITH PASSWORD 'hunter2'", "hunter2"),
    ("db.connection_string", "postgres://bob:hunter2@db/x", "hunter2"),
    ("url.full", "https://api.x.com/a?token=hunter2", "hunter2"),
    ("url.full", "https://bob:hunter2@api.x.com/a", "hunter2"),
    ("url.query", "a=1&api_key=hunter2", "hunter2"),
    ("http.url", "https://x.com/cb#access_token=hunter2&x=1", "hunter2"),
    ("message", "card 4111 1111 1111 1111 was declined", "4111 1111"),
    ("message", "371449635398431", "371449635398431"),
    ("message", "iban DE89370400440532013000", "DE8937"),
    ("message", "ssn 078-05-1120", "078-05"),
    ("message", "sent Bearer hunter2", "hunter2"),
    ("message", "-----BEGIN RSA PRIVATE KEY-----\nhunter2hunter2\n-----END RSA PRIVATE KEY-----", "hunter2"),
    ("code.file.path", "/home/hunter2/app.py", "hunter2"),
    ("code.filepath", "C:\\Users\\hunter2\\x.txt", "hunter2"),
    ("rpc.request.metadata.secret", "hunter2", "hunter2"),
    ("message.payload", "{\"user\": {\"password\": \"hunter2\"}}", "hunter2"),
    ("process.command_line", "run --db-password=hunter2", "hunter2"),
];

#[test]
fn no_secret_survives_in_any_format() {
    for (key, text, secret) in SECRETS {
        let is_whole = (text == secret && secret == "hunter2") || key.ends_with("cookie");
        // A secret that only its key gives away stands under it alone.
        let free = if is_whole { "nothing" } else { text };
        let check = |format: &str, record: SpanRecord| {
            let found = format!("{record:?}");
            assert!(!found.contains(secret), "{format}, {key}: {found}");
        };
        for (op, name) in [("db.query", free), ("http.client", free), ("db.redis", free), ("", free)] {
            check(
                "transaction",
                only(transaction(|event| {
                    event["transaction"] = json!(name);
                    event["contexts"]["trace"]["op"] = json!(op);
                    event["contexts"]["trace"]["data"] = json!({key: text, "list": [{key: text}]});
                    event["tags"] = json!({key: text});
                    event["request"] = json!({"url": free});
                    event["spans"][0]["op"] = json!(op);
                    event["spans"][0]["description"] = json!(name);
                    event["spans"][0]["data"] = json!({key: text});
                })),
            );
        }
        let header = |ty: &str| json!({"type": ty, "content_type": format!("application/vnd.sentry.items.{ty}+json"), "item_count": 1});
        let attributes = json!({key: {"value": text, "type": "string"}, "http.list": {"value": [{key: text}], "type": "array"}});
        check(
            "container",
            only(item(
                &header("span"),
                &json!({"items": [{
            "trace_id": TRACE, "span_id": ROOT, "name": free, "start_timestamp": NOW, "attributes": attributes,
            "links": [{"trace_id": TRACE, "span_id": CHILD, "attributes": attributes}]}]}),
            )),
        );
        check(
            "log",
            only(item(
                &header("log"),
                &json!({"items": [{"body": free, "timestamp": NOW, "attributes": attributes}]}),
            )),
        );
        let pairs = json!([{"key": key, "value": {"stringValue": text}}, {"key": "db.system", "value": {"stringValue": "postgresql"}}]);
        let export = json!({"resourceSpans": [{"resource": {"attributes": pairs}, "scopeSpans": [{"spans": [{
            "traceId": TRACE, "spanId": ROOT, "name": free, "startTimeUnixNano": NOW * 1_000_000_000, "attributes": pairs,
            "events": [{"name": "exception", "attributes": pairs}], "status": {"code": 2, "message": free}}]}]}]});
        check("otlp", integration_of(export.to_string().into_bytes(), Signal::Traces, Encoding::Json));
    }
}

#[test]
fn everything_is_bounded() {
    let long = "x".repeat(100_000);
    let record = only(transaction(|event| {
        event["transaction"] = json!(long);
        event["environment"] = json!(long);
        event["contexts"]["trace"]["op"] = json!(long);
        event["contexts"]["trace"]["status"] = json!(long);
        event["contexts"]["trace"]["data"] = (0..500)
            .map(|n| (format!("{n}{long}"), json!(long)))
            .take(4)
            .chain((0..500).map(|n| (n.to_string(), json!([long]))))
            .take(300)
            .collect::<serde_json::Map<_, _>>()
            .into();
        let child = event["spans"][0].clone();
        event["spans"] = Value::Array(vec![child; super::RECORDS_MAX + 10]);
    }));
    assert_eq!(record.spans.len(), super::RECORDS_MAX);
    let root = &record.spans[0];
    assert_eq!((root.name.len(), root.description.len(), root.attributes.len()), (512, 8 << 10, 128));
    for (key, value) in &root.attributes {
        let AttributeValue::Text(text) = value else { panic!("{value:?}") };
        assert!(key.len() <= 200 && text.len() <= 2 << 10);
    }
    assert!(root.op.len() <= 200 && root.environment.len() <= 200 && root.status_word.len() <= 64);
}
