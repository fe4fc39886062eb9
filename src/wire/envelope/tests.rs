//! The grammar as a table: what is read, and what each refusal is called.

use bytes::Bytes;

use crate::wire::envelope::{Envelope, EnvelopeError, HEADER_BYTES_MAX, ITEMS_MAX, Tail, parse_tail};

const KEY: &str = "0123456789abcdef0123456789abcdef";

fn parse(text: &str) -> Result<Envelope, EnvelopeError> {
    Envelope::parse(&Bytes::copy_from_slice(text.as_bytes()))
}

/// (type, payload) of each item.
fn items(text: &str) -> Vec<(String, String)> {
    let envelope = parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    let item = |item: &super::Item| {
        (item.headers.ty.to_string(), String::from_utf8_lossy(&item.payload).into_owned())
    };
    envelope.items.iter().map(item).collect()
}

#[test]
fn well_formed_envelopes() {
    let cases: &[(&str, &[(&str, &str)])] = &[
        ("{}", &[]),
        ("{}\n", &[]),
        (" {}\n", &[]),
        ("{\n\"a\": 1\n}\n", &[]),
        ("{}\n{\"type\":\"event\"}\n{}\n", &[("event", "{}")]),
        ("{}\n{\"type\":\"event\"}\n{}", &[("event", "{}")]),
        ("{}\n{\"type\":\"event\",\"length\":2}\n{}\n", &[("event", "{}")]),
        ("{}\n{\"type\":\"event\",\"length\":null}\n{}\n", &[("event", "{}")]),
        // A payload may hold newlines if its length is known, and keeps its carriage return if not.
        ("{}\n{\"type\":\"attachment\",\"length\":3}\n\na\n\n", &[("attachment", "\na\n")]),
        ("{}\n{\"type\":\"attachment\"}\nhello\r\n", &[("attachment", "hello\r")]),
        // Empty payloads: declared, at a newline, at the end of the file with and without one.
        ("{}\n{\"type\":\"attachment\",\"length\":0}\n\n", &[("attachment", "")]),
        ("{}\n{\"type\":\"attachment\"}\n\n", &[("attachment", "")]),
        ("{}\n{\"type\":\"attachment\"}\n", &[("attachment", "")]),
        ("{}\n{\"type\":\"attachment\"}", &[("attachment", "")]),
        ("{}\n{\"type\":\"attachment\",\"length\":0}", &[("attachment", "")]),
        // Whitespace before an item header is passed over.
        ("{}\n\n \t{\"type\":\"event\"}\n{}\n\n{\"type\":\"x\"}\ny", &[("event", "{}"), ("x", "y")]),
        ("{}\n{\"type\":\"unknown_to_us\",\"more\":[1]}\nabc\n", &[("unknown_to_us", "abc")]),
    ];
    for (text, expected) in cases {
        let expected: Vec<_> = expected.iter().map(|(ty, text)| ((*ty).into(), (*text).into())).collect();
        assert_eq!(items(text), expected, "{text:?}");
    }
}

#[test]
fn malformed_envelopes() {
    let cases = [
        ("", "missing envelope header"),
        ("\n\n", "missing envelope header"),
        ("[]\n", "invalid envelope header"),
        ("\"text\"\n", "invalid envelope header"),
        ("[\"fc6d8c0c43fc4630ad850ee518f1b9d0\"]\n", "invalid envelope header"),
        ("{\n", "invalid envelope header"),
        ("{}x", "missing newline"),
        ("{} \n", "missing newline"),
        ("{}{\"type\":\"event\"}", "missing newline"),
        ("{\"event_id\":\"nope\"}\n", "invalid envelope header"),
        ("{\"event_id\":5}\n", "invalid envelope header"),
        ("{\"dsn\":\"nope\"}\n", "invalid envelope header"),
        (
            "{\"sent_at\":\"2026-01-01T00:00:00Z\",\"sent_at\":\"2026-01-01T00:00:00Z\"}\n",
            "invalid envelope header",
        ),
        ("{}\n[]\n", "invalid item header"),
        ("{}\n\"event\"\n", "invalid item header"),
        ("{}\n[\"event\"]\n{}", "invalid item header"),
        ("{}\n{}\n{}", "invalid item header"),
        ("{}\n{\"type\":5}\n{}", "invalid item header"),
        ("{}\n{\"type\":\"event\",\"length\":\"2\"}\n{}", "invalid item header"),
        ("{}\n{\"type\":\"event\",\"length\":-1}\n{}", "invalid item header"),
        ("{}\n{\"type\":\"event\",\"length\":1.5}\n{}", "invalid item header"),
        ("{}\n{\"type\":\"event\"}{}", "missing newline"),
        ("{}\n{\"type\":\"event\",\"length\":1}\n{}\n", "missing newline"),
        ("{}\n{\"type\":\"event\",\"length\":3}\n{}", "unexpected end"),
        ("{}\n{\"type\":\"event\",\"length\":18446744073709551615}\n{}", "unexpected end"),
        // Whitespace after the last item's newline.
        ("{}\n{\"type\":\"event\"}\n{}\n\n", "unexpected end"),
        ("{}\n{\"type\":\"event\"}\n{}\n ", "unexpected end"),
    ];
    for (text, expected) in cases {
        let error = parse(text).expect_err(text).to_string();
        assert!(error.starts_with(expected), "{text:?}: {error}");
    }
}

#[test]
fn headers_are_read() {
    let text = format!(
        "{{\"event_id\":\"fc6d8c0c-43fc-4630-ad85-0ee518f1b9d0\",\"sent_at\":\"2026-11-23T08:00:00.5Z\",\
         \"dsn\":\"https://{KEY}@localhost/7\",\"trace\":{{\"trace_id\":5}}}}\n"
    );
    let headers = parse(&text).expect("valid").headers;
    assert_eq!(headers.event_id.expect("given").to_string(), "fc6d8c0c43fc4630ad850ee518f1b9d0");
    assert_eq!(headers.dsn.expect("given").project.0, 7);
    assert_eq!(headers.sent_at.expect("given").to_string(), "2026-11-23T08:00:00.5Z");
    for unreadable in ["5", "\"yesterday\"", "null"] {
        let envelope =
            parse(&format!("{{\"sent_at\":{unreadable}}}\n")).expect("a bad clock refuses nothing");
        assert_eq!(envelope.headers.sent_at, None, "{unreadable}");
    }
}

#[test]
fn written_envelopes_read_back() {
    let text = "{\"event_id\":\"fc6d8c0c43fc4630ad850ee518f1b9d0\",\"sent_at\":\"2026-11-23T08:00:00Z\"}\n\
        {\"type\":\"event\"}\n{\"message\":\"é\"}\n\
        {\"type\":\"attachment\",\"length\":3,\"filename\":\"a.bin\",\"attachment_type\":\"event.minidump\"}\n\n\n\n";
    let first = parse(text).expect("valid");
    let mut second = Envelope::parse(&first.to_bytes()).expect("what we write is valid");
    assert_eq!(second.items[0].headers.length, Some(16));
    second.items[0].headers.length = None;
    assert_eq!(first, second);
    let empty = Envelope::default();
    assert_eq!(Envelope::parse(&empty.to_bytes()), Ok(empty));
}

#[test]
fn too_many_items() {
    let envelope = |count: usize| format!("{{}}\n{}", "{\"type\":\"x\"}\ny\n".repeat(count));
    assert_eq!(parse(&envelope(ITEMS_MAX)).expect("at the bound").items.len(), ITEMS_MAX);
    assert_eq!(parse(&envelope(ITEMS_MAX + 1)), Err(EnvelopeError::TooManyItems));
}

#[test]
fn what_was_accepted_is_read_back_whatever_its_size() {
    let mut envelope = Envelope::default();
    for _ in 0..=ITEMS_MAX {
        let mut item = super::Item::new(super::ItemType::Attachment, Bytes::from_static(b"x"));
        item.headers.length = Some(1);
        envelope.items.push(item);
    }
    envelope.items[0].headers.filename = Some("n".repeat(HEADER_BYTES_MAX));
    let bytes = envelope.to_bytes();
    assert!(Envelope::parse(&bytes).is_err());
    assert_eq!(Envelope::parse_accepted(&bytes), Ok(envelope));
}

#[test]
fn tails() {
    let tail = |text: &str| parse_tail(text.as_bytes());
    let bytes = |text: &str| tail(text).expect(text).map(|Tail { payload_bytes, .. }| payload_bytes);
    assert_eq!(bytes("{}\n"), None);
    assert_eq!(bytes("{}\n{\"type\":\"event\"}\nabc"), Some(3));
    assert_eq!(bytes("{}\n{\"type\":\"event\",\"length\":9}\nabc"), Some(3));
    assert_eq!(bytes("{}\n{\"type\":\"event\",\"length\":3}\nabc\n"), None);
    assert_eq!(bytes("{}\n{\"type\":\"x\"}\nabc\n{\"type\":\"event\"}\nabcd"), Some(4));
    assert_eq!(bytes("{}\n{\"type\":\"x\"}\ny\n{\"type\""), None);
    let endless = format!("{{}}\n{}", "\0".repeat(HEADER_BYTES_MAX));
    for hopeless in ["", "\0\0\0\0", "{\"a\":\"aaaa", endless.as_str()] {
        assert!(tail(hopeless).is_err(), "{hopeless:?}");
    }
}
