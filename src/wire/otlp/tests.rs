use prost::Message;

use super::value::Kind;
use super::{Encoding, KeyValue, Part, RECORD_BYTES_MAX, Signal, Span, count, each};

fn parts(body: &[u8], signal: Signal, encoding: Encoding) -> Vec<Part> {
    let mut parts = Vec::new();
    each(body, signal, encoding, &mut |part| parts.push(part)).expect("valid");
    parts
}

/// A message in a message.
fn field(number: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    prost::encoding::encode_varint(payload.len() as u64, &mut bytes);
    [bytes, payload.to_vec()].concat()
}

const JSON: &str = r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},
  "scopeSpans":[{"scope":{"name":"express"},"spans":[
    {"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174","parentSpanId":"","name":"GET /","kind":2,
     "startTimeUnixNano":"1544712660000000000","endTimeUnixNano":1544712661000000000,"links":null,"status":{"code":"STATUS_CODE_ERROR"},
     "attributes":[{"key":"a","value":{"intValue":"-7"}},{"key":"b","value":{"intValue":7}},{"key":"c","value":{"doubleValue":1}},
       {"key":"d","value":{"arrayValue":{"values":[{"boolValue":true},{"kvlistValue":{"values":[{"key":"x"}]}}]}}}]},
    {"trace_id":"5b8efff798038103d269b633813fc60c","kind":"SPAN_KIND_CLIENT","future":[1]},
    7]}, {"scope_spans":null}]}, {"scopeSpans":null}]}"#;

#[test]
fn json() {
    assert_eq!(count(JSON.as_bytes(), Signal::Traces, Encoding::Json), Ok(3));
    assert_eq!(count(JSON.as_bytes(), Signal::Logs, Encoding::Json), Ok(0));
    let parts = parts(JSON.as_bytes(), Signal::Traces, Encoding::Json);
    let [
        Part::Resource(Some(resource)),
        Part::Scope(Some(scope)),
        Part::Span(Some(first)),
        Part::Span(Some(second)),
        Part::Span(None),
        ..,
    ] = &parts[..]
    else {
        panic!("another order")
    };
    assert_eq!(resource.attributes[0].key, "service.name");
    assert_eq!(scope.name, "express");
    assert_eq!((first.trace_id.len(), first.span_id.len(), first.parent_span_id.len()), (16, 8, 0));
    assert_eq!(first.end_time_unix_nano - first.start_time_unix_nano, 1_000_000_000);
    assert_eq!((first.kind, second.kind, first.status.as_ref().map(|status| status.code)), (2, 3, Some(2)));
    let values: Vec<_> = first.attributes.iter().filter_map(|pair| pair.value.clone()).collect();
    assert_eq!(values[0].kind, Some(Kind::Integer(-7)));
    assert_eq!(values[2].kind, Some(Kind::Double(1.0)));
    assert_eq!(values[3].clone().into_json().to_string(), r#"[true,{"x":null}]"#);
}

#[test]
fn logs_as_json() {
    let body = br#"{"resource_logs":[{"scope_logs":[{"log_records":[
        {"severityNumber":"SEVERITY_NUMBER_WARN2","body":{"stringValue":"low"}},{"severity_number":17}]}]}]}"#;
    assert_eq!(count(body, Signal::Logs, Encoding::Json), Ok(2));
    let parts = parts(body, Signal::Logs, Encoding::Json);
    let numbers: Vec<i32> = parts
        .iter()
        .filter_map(|part| match part {
            Part::Log(Some(log)) => Some(log.severity_number),
            _ => None,
        })
        .collect();
    assert_eq!(numbers, [14, 17]);
}

#[test]
fn what_is_no_request() {
    for none in ["{}", r#"{"resourceSpans":null}"#, r#"{"resourceSpans":[{"scopeSpans":null}]}"#] {
        assert_eq!(count(none.as_bytes(), Signal::Traces, Encoding::Json), Ok(0));
    }
    for bad in ["[]", "", "{", r#"{"resourceSpans":5}"#, "nope"] {
        assert!(count(bad.as_bytes(), Signal::Traces, Encoding::Json).is_err(), "{bad}");
    }
    assert_eq!(count(b"", Signal::Traces, Encoding::Protobuf), Ok(0));
    for bad in [b"\x0a\x05abc".as_slice(), b"\x0f", &[0xff; 11], b"not protobuf"] {
        assert!(count(bad, Signal::Traces, Encoding::Protobuf).is_err(), "{bad:?}");
        assert!(each(bad, Signal::Traces, Encoding::Protobuf, &mut |_| ()).is_err(), "{bad:?}");
    }
}

#[test]
fn protobuf() {
    let span = Span {
        name: "GET /".to_owned(),
        attributes: vec![KeyValue { key: "a".to_owned(), value: None }],
        ..Span::default()
    };
    let huge = Span { name: "x".repeat(RECORD_BYTES_MAX), ..Span::default() };
    let spans = [
        field(2, &span.encode_to_vec()),
        field(2, &[0x08]),
        field(2, &huge.encode_to_vec()),
        field(1, &field(1, b"scope")),
    ];
    let export = field(1, &[field(1, b""), field(2, &spans.concat())].concat());
    assert_eq!(count(&export, Signal::Traces, Encoding::Protobuf), Ok(3));
    let parts = parts(&export, Signal::Traces, Encoding::Protobuf);
    let [
        Part::Resource(Some(_)),
        Part::Scope(Some(scope)),
        Part::Span(Some(found)),
        Part::Span(None),
        Part::Span(None),
    ] = &parts[..]
    else {
        panic!("another order")
    };
    assert_eq!((scope.name.as_str(), found.as_ref()), ("scope", &span));
}

#[test]
fn depth_is_bounded() {
    let deep =
        format!("{}{}{}", r#"{"arrayValue":{"values":["#.repeat(20), r#"{"intValue":1}"#, "]}}".repeat(20));
    let value: super::AnyValue = serde_json::from_str(&deep).expect("a value");
    assert_eq!(value.into_json().to_string(), format!("{}null{}", "[".repeat(16), "]".repeat(16)));
}
