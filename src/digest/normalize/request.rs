//! The HTTP request during which it happened.

use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::digest::normalize::bound;
use crate::digest::normalize::fields::{self, Limit, SYMBOL};
use crate::digest::normalize::notes::At;
use crate::model::event::Request;

const URL: Limit = Limit::new(256, 40);
const PAIR_KEY: Limit = Limit::new(256, 20);
const PAIR_VALUE: Limit = Limit::new(4096, 0);
const FRAGMENT: Limit = Limit::new(1024, 0);
const PAIRS_MAX: usize = 200;
/// Of a body that is longer, only the beginning is looked at and kept.
const BODY_BYTES_MAX: usize = 8 << 10;

pub fn request(value: Value, at: &At) -> Option<Request> {
    let map = fields::object(value, at)?;
    let mut request = Request::default();
    for (key, value) in map {
        let at = at.key(&key);
        match key.as_str() {
            "url" => url(&mut request, value, &at),
            "method" => {
                request.method =
                    fields::text(value, SYMBOL, &at).map(|method| method.trim().to_ascii_uppercase());
            }
            "query_string" | "query" => {
                let query = pairs(value, Style::Query, &at);
                if !query.is_empty() {
                    request.query = query;
                }
            }
            "fragment" => request.fragment = fields::text(value, FRAGMENT, &at).or(request.fragment),
            "headers" => request.headers = pairs(value, Style::Headers, &at),
            "cookies" => request.cookies = pairs(value, Style::Cookies, &at),
            "data" => request.data = (!value.is_null()).then_some(value),
            "inferred_content_type" => request.inferred_content_type = fields::text(value, SYMBOL, &at),
            "env" => {
                let env = fields::object(value, &at);
                request.env = env.map(|map| bound::object(map, bound::MIDDLE, &at)).unwrap_or_default();
            }
            _ => {}
        }
    }
    cookies_from_header(&mut request, at);
    request.data = request.data.take().and_then(|data| body(data, &mut request, &at.key("data")));
    (request != Request::default()).then_some(request)
}

/// Keys of a JSON object arrive in alphabetical order: `query_string` beats what the URL has before and after.
fn url(request: &mut Request, value: Value, at: &At) {
    let Value::String(mut url) = value else {
        let _ = fields::text(value, URL, at);
        return;
    };
    if let Some(start) = url.find('#') {
        if request.fragment.is_none() {
            request.fragment =
                Some(fields::cut(url[start + 1..].to_owned(), FRAGMENT, at)).filter(|text| !text.is_empty());
        }
        url.truncate(start);
    }
    if let Some(start) = url.find('?') {
        if request.query.is_empty() {
            request.query = pairs(Value::String(url[start + 1..].to_owned()), Style::Query, at);
        }
        url.truncate(start);
    }
    request.url = (!url.is_empty()).then(|| fields::cut(url, URL, at));
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Query,
    Headers,
    Cookies,
}

/// A map, a list of pairs, or the text as it stood on the wire.
fn pairs(value: Value, style: Style, at: &At) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    match value {
        Value::Null => {}
        Value::Object(map) => {
            for (key, value) in map {
                push(&mut pairs, key, value, style, at);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.into_iter().enumerate() {
                match item {
                    Value::Array(pair) if pair.len() == 2 => {
                        let [key, value] = <[Value; 2]>::try_from(pair).expect("two were counted");
                        if let Some(key) = fields::scalar_text(key, PAIR_KEY, at) {
                            push(&mut pairs, key, value, style, at);
                        }
                    }
                    Value::Null => {}
                    other => at.index(index).invalid("expected a pair", &other),
                }
                if pairs.len() > PAIRS_MAX {
                    break;
                }
            }
        }
        Value::String(text) => text_pairs(&text, style, &mut pairs, at),
        other => at.invalid("expected a map, a list of pairs or a string", &other),
    }
    if pairs.len() > PAIRS_MAX {
        at.too_long(format!("only the first {PAIRS_MAX} are kept"));
        pairs.truncate(PAIRS_MAX);
    }
    pairs
}

/// A header with several values sends a list; of a query they are several pairs.
fn push(pairs: &mut Vec<(String, String)>, key: String, value: Value, style: Style, at: &At) {
    let mut key = fields::cut(key, PAIR_KEY, at);
    if style == Style::Headers {
        key = canonical_header(key);
    }
    match value {
        Value::Array(items) if style == Style::Headers => {
            let texts = items.into_iter().filter_map(|item| fields::json_text(item, PAIR_VALUE, at));
            pairs.push((key, fields::cut(texts.collect::<Vec<_>>().join(","), PAIR_VALUE, at)));
        }
        Value::Array(items) if style == Style::Query => {
            for item in items.into_iter().take(PAIRS_MAX) {
                pairs.push((key.clone(), fields::json_text(item, PAIR_VALUE, at).unwrap_or_default()));
            }
        }
        value => pairs.push((key, fields::json_text(value, PAIR_VALUE, at).unwrap_or_default())),
    }
}

/// `content-type` is `Content-Type`, so that the same header of two SDKs reads the same.
fn canonical_header(mut name: String) -> String {
    let mut start = true;
    let canonical = name.bytes().all(|byte| {
        let fine = if start { !byte.is_ascii_lowercase() } else { !byte.is_ascii_uppercase() };
        start = byte == b'-';
        fine
    });
    if canonical || !name.is_ascii() {
        return name;
    }
    let mut start = true;
    name = name
        .chars()
        .map(|c| {
            let c = if start { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
            start = c == '-';
            c
        })
        .collect();
    name
}

fn text_pairs(text: &str, style: Style, pairs: &mut Vec<(String, String)>, at: &At) {
    let (between, inside) = match style {
        Style::Query => ('&', '='),
        Style::Headers => ('\n', ':'),
        Style::Cookies => (';', '='),
    };
    let text = text.trim_start_matches('?');
    for part in text.split(between).filter(|part| !part.trim().is_empty()).take(PAIRS_MAX + 1) {
        let (key, value) = part.split_once(inside).unwrap_or((part, ""));
        let decode = |text: &str| match style {
            Style::Query => decoded(text),
            Style::Headers | Style::Cookies => text.trim().to_owned(),
        };
        push(pairs, decode(key), Value::String(decode(value)), style, at);
    }
}

fn decoded(text: &str) -> String {
    let spaced = if text.contains('+') { text.replace('+', " ") } else { text.to_owned() };
    if spaced.contains('%') { percent_decode_str(&spaced).decode_utf8_lossy().into_owned() } else { spaced }
}

/// A `Cookie` header says the same as `cookies`; it moves there when they are absent, and goes.
fn cookies_from_header(request: &mut Request, at: &At) {
    let Some(place) = request.headers.iter().position(|(key, _)| key == "Cookie") else { return };
    if request.cookies.is_empty() && !request.headers[place].1.starts_with('[') {
        text_pairs(&request.headers[place].1, Style::Cookies, &mut request.cookies, at);
        request.cookies.truncate(PAIRS_MAX);
    }
    if !request.cookies.is_empty() {
        request.headers.remove(place);
    }
}

/// A text is read as what it looks like: JSON or a form.
fn body(data: Value, request: &mut Request, at: &At) -> Option<Value> {
    let Value::String(mut text) = data else { return Some(bound::value(data, bound::MIDDLE, at)) };
    if text.is_empty() {
        return None;
    }
    if text.len() > BODY_BYTES_MAX {
        let sent_bytes = text.len();
        text.truncate(text.floor_char_boundary(BODY_BYTES_MAX - 3));
        text.push_str("...");
        at.too_long(format!("cut from {sent_bytes} bytes to {BODY_BYTES_MAX}"));
        return Some(Value::String(text));
    }
    if text.trim_start().starts_with(['{', '['])
        && let Ok(value) = serde_json::from_str::<Value>(&text)
    {
        infer(request, "application/json");
        return Some(bound::value(value, bound::MIDDLE, at));
    }
    if is_form(&text) {
        let mut pairs = Vec::new();
        text_pairs(&text, Style::Query, &mut pairs, at);
        infer(request, "application/x-www-form-urlencoded");
        let map = pairs.into_iter().map(|(key, value)| (key, Value::String(value))).collect();
        return Some(bound::value(Value::Object(map), bound::MIDDLE, at));
    }
    Some(Value::String(text))
}

fn infer(request: &mut Request, content_type: &str) {
    if request.inferred_content_type.is_none() {
        request.inferred_content_type = Some(content_type.to_owned());
    }
}

/// Only what cannot be prose: pairs of characters that a form leaves unescaped.
fn is_form(text: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~%+*[]()!'@,:;/=".contains(&b);
    text.split('&').all(|part| part.find('=').is_some_and(|at| at > 0) && part.bytes().all(is_plain))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::request;
    use crate::digest::normalize::notes::{At, Notes};
    use crate::model::event::Request;

    fn read(value: Value) -> Request {
        let notes = Notes::default();
        request(value, &At::root(&notes)).expect("a request")
    }

    fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
        of.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn url_is_split() {
        let found = read(json!({"url": "https://h/p?a=1&b=x%20y+z#top", "method": "get"}));
        assert_eq!(found.url.as_deref(), Some("https://h/p"));
        assert_eq!(found.query, pairs(&[("a", "1"), ("b", "x y z")]));
        assert_eq!(found.fragment.as_deref(), Some("top"));
        assert_eq!(found.method.as_deref(), Some("GET"));
        let found = read(json!({"url": "/p?a=1", "query_string": "b=2"}));
        assert_eq!(found.query, pairs(&[("b", "2")]));
    }

    #[test]
    fn headers_cookies_and_queries_of_every_shape() {
        let expected = pairs(&[("Accept", "a"), ("X-Id", "7")]);
        for headers in [
            json!({"accept": "a", "x-id": 7}),
            json!([["accept", "a"], ["X-ID", "7"]]),
            json!({"Accept": ["a"], "X-Id": ["7"]}),
            json!("Accept: a\nX-Id: 7"),
        ] {
            assert_eq!(read(json!({"headers": headers})).headers, expected);
        }
        for cookies in [json!("a=1; b=2"), json!({"a": "1", "b": "2"}), json!([["a", "1"], ["b", "2"]])] {
            assert_eq!(read(json!({"cookies": cookies})).cookies, pairs(&[("a", "1"), ("b", "2")]));
        }
        for query in [json!("?a=1&a=2"), json!({"a": ["1", "2"]}), json!([["a", "1"], ["a", "2"]])] {
            assert_eq!(read(json!({"query_string": query})).query, pairs(&[("a", "1"), ("a", "2")]));
        }
        let found = read(json!({"headers": {"Cookie": "a=1"}}));
        assert_eq!((found.headers.len(), found.cookies), (0, pairs(&[("a", "1")])));
    }

    #[test]
    fn bodies_are_inferred() {
        let cases = [
            (json!("{\"a\": 1}"), json!({"a": 1}), Some("application/json")),
            (json!("a=1&b=%20"), json!({"a": "1", "b": " "}), Some("application/x-www-form-urlencoded")),
            (json!("{broken"), json!("{broken"), None),
            (json!("a = b is prose"), json!("a = b is prose"), None),
            (json!([1]), json!([1]), None),
        ];
        for (data, body, kind) in cases {
            let found = read(json!({"data": data}));
            assert_eq!(found.data, Some(body));
            assert_eq!(found.inferred_content_type.as_deref(), kind);
        }
    }

    #[test]
    fn hostile_requests_are_bounded() {
        let many: Vec<Value> = (0..10_000).map(|i| json!([format!("k{i}"), "v"])).collect();
        let found = read(
            json!({"headers": many, "data": "x".repeat(5_000_000), "query_string": "&a".repeat(99_999)}),
        );
        assert_eq!((found.headers.len(), found.query.len()), (200, 200));
        assert_eq!(found.data.expect("a body").as_str().map(str::len), Some(8_192));
    }
}
