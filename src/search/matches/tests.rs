use serde_json::json;

use super::{HIGHLIGHTS_MAX, MATCHES_MAX, SNIPPET_CHARS_MAX, matches};
use crate::model::event::Event;
use crate::search::query;

fn event() -> Event {
    let at = "2026-11-18T10:00:00Z";
    serde_json::from_value(json!({
        "event_id": "fc6d8c0c43fc4630ad850ee518f1b9d0", "platform": "python", "timestamp": at, "received": at,
        "exceptions": [
            {"type": "OSError", "value": "disk gone"},
            {"type": "PaymentError", "value": "Zahlung für Überweisung: User not authenticated", "stacktrace": {"frames": [
                {"function": "main", "filename": "app.py"},
                {"function": "chargeCard", "filename": "src/payment.ts", "context_line": "  raise charge(card)"},
                {"function": "fail"},
            ]}},
        ],
        "breadcrumbs": [{"category": "http", "data": {"url": "https://api.example.com/v1/charge/42"}}],
        "tags": [["tier", "Gold Plus"]],
        "request": {"url": "https://shop.example.com/checkout"},
        "release": "shop@1.2",
    }))
    .expect("an event")
}

/// `place: snippet` with found words in brackets.
fn shown(query: &str) -> Vec<String> {
    let found = matches(&event(), &query::parse(query, jiff::Timestamp::UNIX_EPOCH).expect(query));
    found
        .into_iter()
        .map(|found| {
            let mut text = format!("{}: ", found.place);
            for (index, c) in found.snippet.chars().enumerate() {
                if found.highlights.iter().any(|&(from, _)| from == index) {
                    text.push('[');
                }
                text.push(c);
                if found.highlights.iter().any(|&(_, to)| to == index + 1) {
                    text.push(']');
                }
            }
            text
        })
        .collect()
}

#[test]
fn matches_say_where() {
    for (query, expected) in [
        ("", vec![]),
        ("is:unresolved has:release !main", vec![]),
        ("chargecard", vec!["frame 2 of `PaymentError`: [chargeCard]"]),
        ("chargeCard", vec!["frame 2 of `PaymentError`: [chargeCard]"]),
        ("payment.ts", vec!["frame 2 of `PaymentError`: src/[payment.ts]"]),
        ("überweisung", vec!["exception: PaymentError: Zahlung für [Überweisung]: User not authenticated"]),
        (
            "\"user not authenticated\"",
            vec!["exception: PaymentError: Zahlung für Überweisung: [User not authenticated]"],
        ),
        ("disk main", vec!["exception: OSError: [disk] gone", "frame 3 of `PaymentError`: [main]"]),
        (
            "v1 charge",
            vec![
                "frame 2 of `PaymentError`: [charge]Card",
                "breadcrumb http: https://api.example.com/[v1]/[charge]/42",
            ],
        ),
        ("breadcrumb:charge", vec!["breadcrumb http: https://api.example.com/v1/[charge]/42"]),
        ("check*", vec!["request URL: https://shop.example.com/[checkout]"]),
        ("tier:gold*", vec!["tag tier: [Gold Plus]"]),
        ("release:shop@1.2", vec!["release: [shop@1.2]"]),
        ("error.type:oserror fail", vec!["error.type: [OSError]", "frame 1 of `PaymentError`: [fail]"]),
        ("release:other", vec![]),
    ] {
        assert_eq!(shown(query), expected, "{query}");
    }
}

#[test]
fn matches_are_bounded() {
    let mut event = event();
    let frames = &mut event.exceptions[1].stacktrace.as_mut().expect("has frames").frames;
    let one = frames[1].clone();
    frames.extend(std::iter::repeat_n(one, 100));
    event.transaction = Some(format!("{}{}", "é ".repeat(200), "charge ".repeat(100)));
    let found = matches(&event, &query::parse("charge", jiff::Timestamp::UNIX_EPOCH).expect("parses"));
    assert_eq!(found.len(), MATCHES_MAX);
    assert_eq!(found[0].place, "transaction");
    // An ellipsis on either side.
    assert_eq!(found[0].snippet.chars().count(), SNIPPET_CHARS_MAX + 2);
    assert_eq!(found[0].highlights.len(), HIGHLIGHTS_MAX);
    assert_eq!(found[0].highlights[0], (41, 47));
}
