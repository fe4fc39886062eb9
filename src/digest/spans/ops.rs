//! What kind of work a span is, where only attributes say so: `OpenTelemetry`'s semantic conventions, old names and new, to
//! Sentry's ops, as Sentry's own mapping does.

use crate::digest::spans::attributes::{Attributes, QUERIES};
use crate::model::span::SpanKind;

pub const METHOD: [&str; 2] = ["http.request.method", "http.method"];
const URL: [&str; 5] = ["url.full", "http.url", "http.target", "url.path", "url"];
pub const SYSTEM: [&str; 2] = ["db.system.name", "db.system"];
pub const OPERATION: [&str; 2] = ["db.operation.name", "db.operation"];
pub const COLLECTION: [&str; 4] =
    ["db.collection.name", "db.mongodb.collection", "db.sql.table", "db.cassandra.table"];
/// Databases that are asked with a command and keys.
const COMMANDED: [&str; 4] = ["redis", "valkey", "memcached", "memcache"];

/// What the attributes make of a span.
#[derive(Debug, Default, PartialEq)]
pub struct Inferred {
    pub op: String,
    /// Better than the name that was sent; empty where nothing is.
    pub description: String,
}

pub fn infer(attributes: &Attributes, kind: SpanKind, name: &str) -> Inferred {
    let by =
        |op: &str, description: &str| Inferred { op: op.to_owned(), description: description.to_owned() };
    if let Some(method) = attributes.first_text(&METHOD) {
        return http(attributes, kind, method, name);
    }
    if attributes.first_text(&SYSTEM).is_some() {
        return by("db", attributes.first_text(&QUERIES).unwrap_or_default());
    }
    if attributes.first_text(&["rpc.system", "rpc.system.name", "rpc.service"]).is_some() {
        let op = match kind {
            SpanKind::Server | SpanKind::Consumer => "rpc.server",
            SpanKind::Client | SpanKind::Producer => "rpc.client",
            SpanKind::Internal => "rpc",
        };
        return by(op, "");
    }
    if attributes.text("messaging.system").is_some() {
        return by(messaging(attributes, kind), "");
    }
    if let Some(operation) = attributes.text("gen_ai.operation.name") {
        return by(&format!("gen_ai.{operation}"), "");
    }
    if let Some(trigger) = attributes.text("faas.trigger") {
        return by(&format!("function.{trigger}"), "");
    }
    if attributes.first_text(&["graphql.operation.type", "graphql.document"]).is_some() {
        return by("graphql", "");
    }
    by(
        match kind {
            SpanKind::Internal => "default",
            SpanKind::Server => "server",
            SpanKind::Client => "client",
            SpanKind::Producer => "queue.publish",
            SpanKind::Consumer => "queue.process",
        },
        "",
    )
}

/// `GET /users/{id}` where the route is known, else with the address.
fn http(attributes: &Attributes, kind: SpanKind, method: &str, name: &str) -> Inferred {
    let op = match kind {
        SpanKind::Server => "http.server",
        SpanKind::Client => "http.client",
        _ => "http",
    };
    // `_OTHER` is what a method is called that nobody knows.
    let method = if method == "_OTHER" { "HTTP" } else { method };
    let place = match attributes.text("http.route").filter(|_| kind != SpanKind::Client) {
        Some(route) => Some(route),
        // A name with an address in it was given by somebody who knew the route.
        None if name.contains('/') => return Inferred { op: op.to_owned(), description: String::new() },
        None => attributes.first_text(&URL),
    };
    let description = place.map(|place| format!("{method} {place}")).unwrap_or_default();
    Inferred { op: op.to_owned(), description }
}

fn messaging(attributes: &Attributes, kind: SpanKind) -> &'static str {
    let operation = attributes.first_text(&["messaging.operation.type", "messaging.operation"]);
    match (operation, kind) {
        (Some("receive"), _) => "queue.receive",
        (Some("process" | "deliver"), _) => "queue.process",
        (Some("settle"), _) => "queue.settle",
        (Some("publish" | "send" | "create"), _) | (_, SpanKind::Producer | SpanKind::Client) => {
            "queue.publish"
        }
        _ => "queue.process",
    }
}

/// Which side of a call an op names, for senders that know no kinds.
pub fn kind_of(op: &str) -> SpanKind {
    match op {
        "queue.publish" | "queue.submit" | "topic.send" => SpanKind::Producer,
        "queue.process" | "queue.receive" | "queue.task" | "celery.task" => SpanKind::Consumer,
        _ if op.ends_with(".server") || op == "server" => SpanKind::Server,
        _ if op.ends_with(".client") || op == "client" => SpanKind::Client,
        _ if op == "db" || op.starts_with("db.") || op.starts_with("cache.") => SpanKind::Client,
        _ => SpanKind::Internal,
    }
}

/// How the names of an op's spans are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// A statement.
    Query,
    /// A command and keys.
    Command,
    /// A file that a page loads.
    Resource,
    /// Words and addresses.
    Words,
}

pub fn naming(op: &str, attributes: &Attributes) -> Naming {
    let system = attributes.first_text(&SYSTEM).unwrap_or_default();
    match op.split('.').next().unwrap_or_default() {
        "cache" => Naming::Command,
        "db" if op == "db.redis" || COMMANDED.contains(&system) => Naming::Command,
        "db" => Naming::Query,
        "resource" => Naming::Resource,
        _ => Naming::Words,
    }
}

#[cfg(test)]
mod tests {
    use super::{Naming, infer, kind_of, naming};
    use crate::digest::spans::attributes::Attributes;
    use crate::model::span::SpanKind::{self, Client, Consumer, Internal, Producer, Server};

    fn of(pairs: &[(&str, &str)]) -> Attributes {
        let mut attributes = Attributes::default();
        for (key, value) in pairs {
            attributes.push_text(key, value);
        }
        attributes
    }

    #[test]
    fn conventions_old_and_new() {
        type Row<'a> = (&'a [(&'a str, &'a str)], SpanKind, &'a str, &'a str, &'a str);
        let table: &[Row<'_>] = &[
            (
                &[("http.request.method", "GET"), ("http.route", "/u/{id}"), ("url.path", "/u/1")],
                Server,
                "GET",
                "http.server",
                "GET /u/{id}",
            ),
            (
                &[("http.method", "POST"), ("http.target", "/u/1?x=1")],
                Server,
                "POST",
                "http.server",
                "POST /u/1?x=1",
            ),
            (
                &[("http.method", "GET"), ("http.url", "https://x.com/a")],
                Client,
                "HTTP GET",
                "http.client",
                "GET https://x.com/a",
            ),
            (&[("http.method", "GET")], Server, "GET /cart", "http.server", ""),
            (
                &[("http.request.method", "_OTHER"), ("url.full", "http://x")],
                Client,
                "HTTP",
                "http.client",
                "HTTP http://x",
            ),
            (
                &[("db.system", "postgresql"), ("db.statement", "SELECT 1")],
                Client,
                "pg.query",
                "db",
                "SELECT 1",
            ),
            (&[("db.system.name", "redis")], Client, "GET", "db", ""),
            (&[("rpc.system", "grpc")], Server, "Cart/Add", "rpc.server", ""),
            (&[("rpc.service", "Cart")], Client, "Cart/Add", "rpc.client", ""),
            (
                &[("messaging.system", "kafka"), ("messaging.operation.type", "process")],
                Consumer,
                "x",
                "queue.process",
                "",
            ),
            (&[("messaging.system", "kafka")], Producer, "x", "queue.publish", ""),
            (&[("gen_ai.operation.name", "chat")], Client, "x", "gen_ai.chat", ""),
            (&[("faas.trigger", "timer")], Server, "x", "function.timer", ""),
            (&[("graphql.operation.type", "query")], Internal, "x", "graphql", ""),
            (&[], Internal, "work", "default", ""),
            (&[], Consumer, "work", "queue.process", ""),
        ];
        for (pairs, kind, name, op, description) in table {
            let found = infer(&of(pairs), *kind, name);
            assert_eq!((found.op.as_str(), found.description.as_str()), (*op, *description), "{pairs:?}");
        }
    }

    #[test]
    fn ops() {
        for (op, kind) in
            [("http.server", Server), ("grpc.client", Client), ("db.query", Client), ("dbx", Internal)]
        {
            assert_eq!(kind_of(op), kind, "{op}");
        }
        assert_eq!(naming("db", &of(&[("db.system", "redis")])), Naming::Command);
        assert_eq!(naming("db.sql.query", &of(&[])), Naming::Query);
        assert_eq!(naming("cache.get", &of(&[])), Naming::Command);
        assert_eq!(naming("resource.script", &of(&[])), Naming::Resource);
        assert_eq!(naming("http.client", &of(&[])), Naming::Words);
    }
}
