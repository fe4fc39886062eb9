//! Spans as SDKs send them: a request of a shop's API with what it asked of its database, cache and neighbours.

use serde_json::{Value, json};

use crate::server::{KEY, envelope_request};
use crate::workload::Rng;

pub const SPANS_EACH: usize = 10;
pub const ENVELOPE: &str = "/api/1/envelope/";
const OTLP: &str = "/api/1/integration/otlp/v1/traces";
const ROUTES: [&str; 12] = [
    "GET /products",
    "GET /products/{id}",
    "POST /cart",
    "GET /cart",
    "POST /checkout",
    "POST /payment",
    "GET /orders",
    "GET /orders/{id}",
    "GET /search",
    "POST /login",
    "GET /health",
    "DELETE /cart/{item}",
];
const TABLES: [&str; 6] = ["users", "orders", "products", "carts", "payments", "sessions"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Transactions,
    Containers,
    Otlp,
}

pub struct Request {
    pub body: Vec<u8>,
    pub path: &'static str,
}

impl Request {
    pub fn bytes(&self) -> Vec<u8> {
        if self.path == ENVELOPE {
            return envelope_request(&self.body, "");
        }
        let mut request = format!(
            "POST {}?sentry_key={KEY} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.path,
            self.body.len()
        )
        .into_bytes();
        request.extend_from_slice(&self.body);
        request
    }
}

struct Plan {
    id: String,
    parent: Option<String>,
    op: &'static str,
    description: String,
    start: f64,
    seconds: f64,
    attributes: Vec<(&'static str, Value)>,
}

impl Format {
    pub const ALL: [Self; 3] = [Self::Transactions, Self::Containers, Self::Otlp];

    pub fn request(self, number: u64, rng: &mut Rng) -> Request {
        let trace = format!("{:016x}{:016x}", rng.next(), rng.next() | 1);
        self.of_trace(&trace, number, rng)
    }

    pub fn of_trace(self, trace: &str, number: u64, rng: &mut Rng) -> Request {
        let plans = plans(number, rng);
        let failed = number.is_multiple_of(50);
        let (path, body) = match self {
            Self::Transactions => (ENVELOPE, transaction(trace, &plans, failed, rng)),
            Self::Containers => (ENVELOPE, container(trace, &plans, failed)),
            Self::Otlp => (OTLP, otlp(trace, &plans, failed)),
        };
        Request { body, path }
    }
}

fn plans(number: u64, rng: &mut Rng) -> Vec<Plan> {
    let route = ROUTES[usize::try_from(number % 12).expect("small")];
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs_f64();
    let mut id = || format!("{:016x}", rng.next() | 1);
    let ids: Vec<String> = (0..SPANS_EACH).map(|_| id()).collect();
    let seconds = 0.05 + (rng.next() % 400) as f64 / 1_000.0;
    let start = now - seconds;
    let root = Plan {
        id: ids[0].clone(),
        parent: None,
        op: "http.server",
        description: route.to_owned(),
        start,
        seconds,
        attributes: vec![
            ("http.request.method", "GET".into()),
            ("http.route", route.into()),
            ("url.full", format!("https://shop.example.com/{}", rng.next() % 100_000).into()),
            ("http.response.status_code", 200.into()),
            ("user_agent.original", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/143.0".into()),
            ("client.address", "192.0.2.7".into()),
        ],
    };
    let mut plans = vec![root];
    for (n, id) in ids.iter().enumerate().skip(1) {
        let table = TABLES[n % TABLES.len()];
        let (op, description, attributes) = match n % 3 {
            0 => (
                "http.client",
                format!("GET https://inventory.example.com/items/{}", rng.next() % 10_000),
                vec![
                    ("http.request.method", "GET".into()),
                    ("server.address", "inventory.example.com".into()),
                    ("http.response.status_code", 200.into()),
                ],
            ),
            1 => (
                "db",
                format!("SELECT id, name, price FROM {table} WHERE id = $1 AND deleted_at IS NULL LIMIT 20"),
                vec![
                    ("db.system.name", "postgresql".into()),
                    ("db.namespace", "shop".into()),
                    ("server.port", 5432.into()),
                ],
            ),
            _ => (
                "cache.get",
                format!("GET {table}:{}", rng.next() % 10_000),
                vec![
                    ("cache.hit", Value::Bool(n.is_multiple_of(2))),
                    ("network.peer.address", "10.0.0.9".into()),
                ],
            ),
        };
        plans.push(Plan {
            id: id.clone(),
            parent: Some(ids[(n - 1) / 3].clone()),
            op,
            description,
            start: start + seconds * n as f64 / 12.0,
            seconds: seconds / 14.0,
            attributes,
        });
    }
    plans
}

fn envelope(item: &Value, payload: &Value) -> Vec<u8> {
    format!("{{}}\n{item}\n{payload}\n").into_bytes()
}

fn transaction(trace: &str, plans: &[Plan], failed: bool, rng: &mut Rng) -> Vec<u8> {
    let spans: Vec<Value> = plans[1..]
        .iter()
        .map(|plan| {
            json!({
                "trace_id": trace, "span_id": plan.id, "parent_span_id": plan.parent, "op": plan.op,
                "description": plan.description, "start_timestamp": plan.start, "timestamp": plan.start + plan.seconds,
                "status": "ok", "origin": "auto.db", "data": attributes(plan),
            })
        })
        .collect();
    let root = &plans[0];
    let payload = json!({
        "type": "transaction", "event_id": format!("{:016x}{:016x}", rng.next(), rng.next()), "platform": "python",
        "transaction": root.description, "transaction_info": {"source": "route"},
        "start_timestamp": root.start, "timestamp": root.start + root.seconds, "release": "shop@2.4.1", "environment": "production",
        "contexts": {"trace": {"trace_id": trace, "span_id": root.id, "op": root.op, "status": if failed { "internal_error" } else { "ok" }, "data": attributes(root)}},
        "spans": spans, "server_name": "web-1",
        "sdk": {"name": "sentry.python", "version": "2.44.0"},
    });
    envelope(&json!({"type": "transaction"}), &payload)
}

fn attributes(plan: &Plan) -> Value {
    Value::Object(plan.attributes.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
}

fn typed(value: &Value) -> Value {
    let ty = match value {
        Value::Number(_) => "integer",
        Value::Bool(_) => "boolean",
        _ => "string",
    };
    json!({"value": value, "type": ty})
}

fn container(trace: &str, plans: &[Plan], failed: bool) -> Vec<u8> {
    let items: Vec<Value> = plans
        .iter()
        .map(|plan| {
            let mut attributes: serde_json::Map<String, Value> =
                plan.attributes.iter().map(|(key, value)| ((*key).to_owned(), typed(value))).collect();
            for (key, value) in [
                ("sentry.op", plan.op), ("sentry.origin", "auto.http.otel.http"), ("sentry.release", "shop@2.4.1"),
                ("sentry.environment", "production"), ("sentry.sdk.name", "sentry.javascript.node"),
                ("sentry.sdk.version", "11.0.0"), ("sentry.segment.name", plans[0].description.as_str()),
                ("sentry.segment.id", plans[0].id.as_str()), ("sentry.source", "route"),
            ] {
                attributes.insert(key.to_owned(), typed(&value.into()));
            }
            json!({
                "trace_id": trace, "span_id": plan.id, "parent_span_id": plan.parent, "name": plan.description,
                "status": if failed && plan.parent.is_none() { "error" } else { "ok" }, "is_segment": plan.parent.is_none(),
                "start_timestamp": plan.start, "end_timestamp": plan.start + plan.seconds, "attributes": attributes,
            })
        })
        .collect();
    let item = json!({"type": "span", "item_count": items.len(), "content_type": "application/vnd.sentry.items.span.v2+json"});
    envelope(&item, &json!({"version": 2, "items": items}))
}

fn otlp(trace: &str, plans: &[Plan], failed: bool) -> Vec<u8> {
    let value = |value: &Value| match value {
        Value::Number(number) => json!({"intValue": number.to_string()}),
        Value::Bool(is) => json!({"boolValue": is}),
        other => json!({"stringValue": other}),
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time after 1970")]
    let nanos = |seconds: f64| ((seconds * 1e9) as u64).to_string();
    let spans: Vec<Value> = plans
        .iter()
        .map(|plan| {
            let attributes: Vec<Value> =
                plan.attributes.iter().map(|(key, of)| json!({"key": key, "value": value(of)})).collect();
            json!({
                "traceId": trace, "spanId": plan.id, "parentSpanId": plan.parent.clone().unwrap_or_default(), "name": plan.description,
                "kind": if plan.parent.is_none() { 2 } else { 3 }, "startTimeUnixNano": nanos(plan.start),
                "endTimeUnixNano": nanos(plan.start + plan.seconds), "attributes": attributes,
                "status": {"code": if failed && plan.parent.is_none() { 2 } else { 0 }},
            })
        })
        .collect();
    let resource = json!({"attributes": [
        {"key": "service.name", "value": {"stringValue": "orders"}}, {"key": "service.version", "value": {"stringValue": "2.4.1"}},
        {"key": "telemetry.sdk.language", "value": {"stringValue": "java"}},
    ]});
    json!({"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": {"name": "io.opentelemetry.tomcat"}, "spans": spans}]}]})
        .to_string()
        .into_bytes()
}
