//! Queries against a span, good and bad.

use super::parse;
use crate::model::ids::{SpanId, TraceId};
use crate::model::span::{AttributeValue, Span, SpanKind, SpanStatus};

fn span() -> Span {
    Span {
        trace: TraceId([0xab; 16]),
        id: SpanId([1; 8]),
        parent: None,
        is_segment: true,
        op: "db.query".to_owned(),
        name: "SELECT users".to_owned(),
        description: "SELECT * FROM users WHERE id = %s".to_owned(),
        status: SpanStatus::Error,
        status_word: "deadline_exceeded".to_owned(),
        kind: SpanKind::Client,
        start_us: 0,
        duration_us: 750_000,
        service: "api".to_owned(),
        environment: "production".to_owned(),
        release: "api@1.2".to_owned(),
        transaction: "GET /users/*".to_owned(),
        origin: "auto.db".to_owned(),
        weight: 1.0,
        attributes: vec![
            ("http.request.method".to_owned(), AttributeValue::Text("POST".to_owned())),
            ("rows".to_owned(), AttributeValue::Integer(12)),
            ("ratio".to_owned(), AttributeValue::Double(1.0)),
            ("cached".to_owned(), AttributeValue::Bool(false)),
        ],
        links: Vec::new(),
    }
}

#[test]
fn terms_hold_together() {
    let bare = Span { service: String::new(), is_segment: false, ..span() };
    for (query, of_span, of_bare) in [
        ("", true, true),
        ("op:db.query", true, true),
        ("op:db", false, false),
        ("op:db.*", true, true),
        ("!op:cache", true, true),
        ("service:api", true, false),
        ("service:shop", false, true),
        ("project:shop", true, true),
        ("is:segment", true, false),
        ("!is:segment", false, true),
        ("status:error", true, true),
        ("status:deadline_exceeded", true, true),
        ("duration:>500ms duration:<1s", true, true),
        ("duration:>=750", true, true),
        ("duration:>0.75s", false, false),
        ("duration:<=0.5min", true, true),
        ("http.request.method:POST", true, true),
        ("http.request.method:post", false, false),
        ("rows:12 ratio:1.0 cached:false", true, true),
        ("ratio:1", true, true),
        ("missing:1", false, false),
        ("has:rows !has:missing", true, true),
        ("has:service !has:parent", true, true),
        ("from users", true, true),
        ("\"FROM users where\"", true, true),
        ("\"users from\"", false, false),
        ("transaction:\"GET /users/*\"", true, true),
        ("trace:ABABABAB-ABAB-ABAB-ABAB-ABABABABABAB", true, true),
        ("id:0101010101010101", true, true),
        ("kind:client environment:production release:api@*", true, true),
        ("op:db.query nonsense", false, false),
    ] {
        let parsed = parse(query).unwrap_or_else(|error| panic!("{query}: {error}"));
        assert_eq!(
            (parsed.matches("shop", &span()), parsed.matches("shop", &bare)),
            (of_span, of_bare),
            "{query}"
        );
    }
}

#[test]
fn what_every_match_holds_is_told() {
    let query = "op:db.query !service:api service:web service:shop release:a* http.request.method:POST rows:12 \
                 ratio:0.5 description:x duration:>500ms duration:>=2s status:error";
    let parsed = parse(query).expect("valid");
    let must = parsed.must(&|word| word == "shop");
    assert_eq!(must, ["db.query", "web", "http.request.method=POST"]);
    assert_eq!(parsed.longest_at_least_us(), 2_000_000);
    assert!(parsed.asks_attributes() && !parse("op:db").expect("valid").asks_attributes());
}

#[test]
fn addresses_and_times_stay_words() {
    let words = Span { description: "GET http://host:80/a at 12:30 in Vec::push".to_owned(), ..span() };
    for query in ["http://host:80/a", "12:30", "Vec::push"] {
        assert!(parse(query).expect("valid").matches("shop", &words), "{query}");
    }
}

#[test]
fn mistakes_say_where_they_are() {
    let many = "a ".repeat(40);
    let long = "ä".repeat(3_000);
    for (query, position) in [
        ("op:", 3),
        ("op:db duration:fast", 15),
        ("duration:>-5ms", 9),
        ("is:fast", 3),
        ("\"open", 5),
        ("!", 1),
        ("op:a*b*c*d*e*f*g*h*i*j", 3),
        (many.as_str(), 64),
        (long.as_str(), 2_048),
    ] {
        assert_eq!(parse(query).map_err(|error| error.position), Err(position), "{query:.20}");
    }
}
