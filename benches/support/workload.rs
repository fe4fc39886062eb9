//! Events that look like those of a team's programs: five services, a few hundred distinct errors with a long
//! tail, stack traces with source, breadcrumbs, headers, users, tags. Deterministic by seed; mean about 12 KB.

use serde_json::{Value, json};

/// A small deterministic generator (xorshift64*).
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 33) as usize % bound
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }
}

const NOUNS: &[&str] = &[
    "order",
    "payment",
    "customer",
    "invoice",
    "session",
    "cart",
    "shipment",
    "token",
    "report",
    "webhook",
    "account",
    "coupon",
    "address",
    "catalog",
    "refund",
    "ledger",
    "thumbnail",
    "message",
    "profile",
    "inventory",
];
const VERBS: &[&str] = &[
    "load",
    "charge",
    "render",
    "validate",
    "sync",
    "parse",
    "dispatch",
    "refresh",
    "resolve",
    "serialize",
    "commit",
    "fetch",
    "merge",
    "publish",
    "retry",
    "lookup",
];
const ERRORS: &[&str] = &[
    "TypeError",
    "ValueError",
    "KeyError",
    "ConnectionError",
    "TimeoutError",
    "IntegrityError",
    "RangeError",
];
const CODE: &[&str] = &[
    "const response = await client.post(`/v1/${resource}`, body, { timeout: 3000 })",
    "if not response.ok: raise PaymentDeclined(response.json()['reason'])",
    "return self.repository.find_by_id(identifier).or_else_throw()",
    "for item in sorted(items, key=lambda item: item.created_at, reverse=True):",
    "    total += item.unit_price * item.quantity - item.discount",
    "  } catch (error) { logger.warn('giving up after retries', { attempt, error })",
    "let user = session.user.as_ref().ok_or(AuthError::NotSignedIn)?;",
    "        self.connection.execute(statement, parameters)",
    "",
    "    // The gateway answers 409 when the same key was used before.",
];
const MODULES: &[&str] =
    &["django.core.handlers", "express.router", "sqlalchemy.engine", "react_dom", "celery.app", "undici"];

/// One event of `services`, without an event id: the envelope's header has it.
pub fn event(rng: &mut Rng) -> Value {
    // A long tail: the square of a uniform draw, so that few errors make most events.
    let draw = rng.below(1000);
    let kind = draw * draw / 1000;
    let mut shape = Rng::new(kind as u64 + 7);
    let service = kind % 5;
    let python = service < 3;
    let platform = if python {
        "python"
    } else if service == 3 {
        "node"
    } else {
        "javascript"
    };
    let frames: Vec<Value> =
        (0..8 + shape.below(12)).map(|index| frame(&mut shape, rng, index, python)).collect();
    let noun = shape.pick(NOUNS);
    let value = format!(
        "cannot {} {noun} {}: upstream answered {}",
        shape.pick(VERBS),
        rng.below(100_000),
        400 + rng.below(4)
    );
    let breadcrumbs: Vec<Value> = (0..8 + rng.below(14)).map(|index| breadcrumb(rng, index)).collect();
    let user = rng.below(5000);
    json!({
        "platform": platform,
        "level": "error",
        "release": format!("shop-{service}@2.14.{}", rng.below(4)),
        "environment": if rng.below(10) == 0 { "staging" } else { "production" },
        "server_name": format!("web-{}", rng.below(8)),
        "transaction": format!("/api/{noun}/{{id}}/{}", shape.pick(VERBS)),
        "exception": {"values": [{
            "type": ERRORS[kind % ERRORS.len()],
            "value": value,
            "module": "shop.errors",
            "mechanism": {"type": "generic", "handled": kind.is_multiple_of(3)},
            "stacktrace": {"frames": frames},
        }]},
        "breadcrumbs": {"values": breadcrumbs},
        "request": {
            "url": format!("https://shop.example/api/{noun}/{}", rng.below(100_000)),
            "method": "POST",
            "headers": {
                "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
                "Accept": "application/json", "Accept-Encoding": "gzip, br", "Content-Type": "application/json",
                "Referer": "https://shop.example/checkout", "X-Request-Id": format!("{:016x}", rng.next()),
            },
            "query_string": format!("page={}&sort=created", rng.below(50)),
            "data": {"items": [{"sku": format!("SKU-{}", rng.below(9000)), "quantity": 1 + rng.below(5)}], "currency": "EUR"},
        },
        "user": {"id": user.to_string(), "email": format!("user{user}@customers.example"), "ip_address": format!("203.0.113.{}", user % 250)},
        "tags": {"region": rng.pick(&["eu-west", "eu-central", "us-east"]), "tier": rng.pick(&["free", "team", "business"]),
                 "feature.checkout": "v2", "queue": shape.pick(NOUNS)},
        "contexts": {
            "runtime": {"name": if python { "CPython" } else { "node" }, "version": if python { "3.12.4" } else { "22.11.0" }},
            "os": {"name": "Linux", "version": "6.8.0"},
            "trace": {"trace_id": format!("{:016x}{:016x}", rng.next(), rng.next()), "span_id": format!("{:016x}", rng.next()), "op": "http.server"},
        },
        "extra": {"attempt": rng.below(5), "elapsed_ms": rng.below(4000)},
        "modules": {"requests": "2.32.3", "urllib3": "2.2.1", "django": "5.1.3", "celery": "5.4.0", "redis": "5.0.8", "psycopg": "3.2.1"},
        "sdk": {"name": format!("sentry.{platform}"), "version": "2.44.0", "integrations": ["django", "logging", "redis", "stdlib"]},
    })
}

fn frame(shape: &mut Rng, rng: &mut Rng, index: usize, python: bool) -> Value {
    let library = index.is_multiple_of(3);
    let (noun, verb) = (shape.pick(NOUNS), shape.pick(VERBS));
    let line = 10 + shape.below(400);
    let (filename, module) = match (library, python) {
        (true, true) => {
            let module = shape.pick(MODULES);
            (format!("{}/{noun}.py", module.replace('.', "/")), format!("{module}.{noun}"))
        }
        (true, false) => (format!("node_modules/{}/lib/{noun}.js", shape.pick(MODULES)), String::new()),
        (false, true) => (format!("shop/{noun}s/{verb}.py"), format!("shop.{noun}s.{verb}")),
        (false, false) => (format!("src/{noun}s/{verb}.ts"), format!("{noun}s/{verb}")),
    };
    let root = if library { "/usr/lib/app/site-packages" } else { "/srv/shop" };
    let mut frame = json!({
        "function": format!("{verb}_{noun}"), "filename": filename, "abs_path": format!("{root}/{filename}"),
        "lineno": line, "in_app": !library,
        "pre_context": [shape.pick(CODE), shape.pick(CODE), shape.pick(CODE)],
        "context_line": shape.pick(CODE),
        "post_context": [shape.pick(CODE), shape.pick(CODE)],
    });
    if !module.is_empty() {
        frame["module"] = module.into();
    }
    if !library {
        frame["vars"] = json!({"self": "<shop.models.Order object>", "identifier": rng.below(100_000).to_string(), noun: "None"});
    }
    frame
}

fn breadcrumb(rng: &mut Rng, index: usize) -> Value {
    let timestamp = 1_790_000_000.0 + index as f64 * 1.5;
    let noun = rng.pick(NOUNS);
    match rng.below(3) {
        0 => json!({"type": "http", "category": "httplib", "timestamp": timestamp, "data": {
            "url": format!("https://{noun}.internal/v1/{noun}s/{}", rng.below(100_000)), "method": "GET", "status_code": 200}}),
        1 => json!({"category": "query", "timestamp": timestamp,
            "message": format!("SELECT * FROM {noun}s WHERE id = %s AND deleted_at IS NULL ORDER BY created_at DESC LIMIT 20")}),
        _ => json!({"type": "log", "category": "shop.logging", "level": "info", "timestamp": timestamp,
            "message": format!("{} {noun} {}", rng.pick(VERBS), rng.below(100_000))}),
    }
}

/// An envelope of the event, with a fresh event id.
pub fn envelope(event: &Value, rng: &mut Rng) -> Vec<u8> {
    let payload = event.to_string();
    let id = format!("{:016x}{:016x}", rng.next(), rng.next());
    format!("{{\"event_id\":\"{id}\"}}\n{{\"type\":\"event\",\"length\":{}}}\n{payload}\n", payload.len())
        .into_bytes()
}
