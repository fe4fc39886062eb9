//! Bytes to JSON, as forgiving as real senders need.
//!
//! What `serde_json` takes as it is costs one pass. Only what it refuses is looked at again: text that is
//! not UTF-8, halves of surrogate pairs and nesting without end are mended and the event says so; where the
//! caller is lenient (Python's SDKs), `NaN` and `Infinity` become `null`. What is still no JSON is refused.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

/// Nesting beyond this is cut away; `serde_json` itself refuses 128.
pub const DEPTH_MAX: usize = 100;

/// The sender's mistake: answer 400 with this text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    #[error("invalid JSON: {reason} at line {line} column {column}")]
    Malformed { reason: String, line: usize, column: usize },
    #[error("invalid event: expected a JSON object, got {0}")]
    NotAnObject(&'static str),
}

/// Reads an event. The answer is always an object. What had to be mended stands in its `errors`, from
/// where `normalize` takes it into the event's notes.
pub fn parse(bytes: &[u8], lenient: bool) -> Result<Value, ParseError> {
    parse_noting(bytes, lenient).map(|(value, _)| value)
}

/// The same; also says whether the bytes are no JSON as they stand, so that nobody hands them on as such.
pub fn parse_noting(bytes: &[u8], lenient: bool) -> Result<(Value, bool), ParseError> {
    let (bytes, has_mark) = match bytes.strip_prefix(b"\xEF\xBB\xBF") {
        Some(rest) => (rest, true),
        None => (bytes, false),
    };
    let (mut value, mended) = match serde_json::from_slice::<Value>(bytes) {
        Ok(value) => (value, Mended::default()),
        Err(error) => mend_and_read(bytes, lenient).ok_or_else(|| malformed(&error))?,
    };
    let is_changed = has_mark || mended.reasons().next().is_some();
    let Value::Object(map) = &mut value else { return Err(ParseError::NotAnObject(kind(&value))) };
    for reason in mended.reasons() {
        let error = json!({"type": "invalid_data", "name": "", "reason": reason});
        match map.entry("errors").or_insert_with(|| json!([])) {
            Value::Array(errors) => errors.push(error),
            other => *other = json!([error]),
        }
    }
    Ok((value, is_changed))
}

/// The map of an object; anything else is the sender's mistake.
pub fn object(value: Value) -> Result<Map<String, Value>, ParseError> {
    match value {
        Value::Object(map) => Ok(map),
        other => Err(ParseError::NotAnObject(kind(&other))),
    }
}

fn malformed(error: &serde_json::Error) -> ParseError {
    let text = error.to_string();
    let reason = text.split(" at line ").next().unwrap_or_default().to_owned();
    ParseError::Malformed { reason, line: error.line(), column: error.column() }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[derive(Default, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "four things that happened or did not")]
struct Mended {
    utf8: bool,
    surrogates: bool,
    depth: bool,
    numbers: bool,
}

impl Mended {
    fn reasons(self) -> impl Iterator<Item = &'static str> {
        let all = [
            (self.utf8, "bytes that are not UTF-8 were replaced"),
            (self.surrogates, "halves of surrogate pairs were replaced"),
            (self.depth, "nesting beyond 100 levels was cut away"),
            (self.numbers, "numbers that JSON does not have became null"),
        ];
        all.into_iter().filter_map(|(happened, reason)| happened.then_some(reason))
    }
}

fn mend_and_read(bytes: &[u8], lenient: bool) -> Option<(Value, Mended)> {
    let text = String::from_utf8_lossy(bytes);
    let utf8 = matches!(text, Cow::Owned(_));
    let mut copier = Mender { bytes: text.as_bytes(), out: Vec::with_capacity(text.len()), at: 0, lenient };
    let mut mended = copier.run();
    mended.utf8 = utf8;
    let value = serde_json::from_slice(&copier.out).ok()?;
    Some((value, mended))
}

/// Copies a document, token by token, without recursion.
struct Mender<'a> {
    bytes: &'a [u8],
    out: Vec<u8>,
    at: usize,
    lenient: bool,
}

impl Mender<'_> {
    fn run(&mut self) -> Mended {
        let mut mended = Mended::default();
        let mut depth = 0usize;
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'"' => mended.surrogates |= self.string(),
                b'[' | b'{' if depth == DEPTH_MAX => {
                    mended.depth = true;
                    self.skip_subtree();
                }
                b'[' | b'{' => {
                    depth += 1;
                    self.copy(1);
                }
                b']' | b'}' => {
                    depth = depth.saturating_sub(1);
                    self.copy(1);
                }
                b'-' | b'0'..=b'9' | b'N' | b'I' => mended.numbers |= self.number(),
                _ => self.copy(1),
            }
        }
        mended
    }

    fn copy(&mut self, length: usize) {
        let end = (self.at + length).min(self.bytes.len());
        self.out.extend_from_slice(&self.bytes[self.at..end]);
        self.at = end;
    }

    /// Copies a string, with U+FFFD for every escape of half a surrogate pair.
    fn string(&mut self) -> bool {
        let mut replaced = false;
        self.copy(1);
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'"' => {
                    self.copy(1);
                    break;
                }
                b'\\' => match self.escape_at(self.at) {
                    Some(0xD800..=0xDBFF) if matches!(self.escape_at(self.at + 6), Some(0xDC00..=0xDFFF)) => {
                        self.copy(12);
                    }
                    Some(0xD800..=0xDFFF) => {
                        replaced = true;
                        self.out.extend_from_slice(b"\\ufffd");
                        self.at += 6;
                    }
                    _ => self.copy(2),
                },
                _ => self.copy(1),
            }
        }
        replaced
    }

    /// The number in a `\uXXXX` that starts here.
    fn escape_at(&self, at: usize) -> Option<u16> {
        let escape = self.bytes.get(at..at + 6)?;
        let digits = escape.strip_prefix(b"\\u")?;
        let digits = digits.iter().all(u8::is_ascii_hexdigit).then_some(digits)?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    }

    /// Copies a number; `NaN`, `Infinity` and what no float can hold become `null`.
    fn number(&mut self) -> bool {
        let rest = &self.bytes[self.at..];
        let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.');
        let length = rest.iter().position(|b| !is_part(b)).unwrap_or(rest.len()).max(1);
        let word = &rest[..length];
        let unreal = match word {
            b"NaN" | b"Infinity" | b"-Infinity" => self.lenient,
            _ => std::str::from_utf8(word).is_ok_and(|word| word.parse().is_ok_and(f64::is_infinite)),
        };
        // `inf` and its spellings parse as floats too, but start with a letter that does not come here.
        if unreal {
            self.out.extend_from_slice(b"null");
            self.at += length;
        } else {
            self.copy(length);
        }
        unreal
    }

    /// Writes `null` for everything up to the bracket that closes this one.
    fn skip_subtree(&mut self) {
        let mut depth = 0usize;
        let mut in_string = false;
        while let Some(&byte) = self.bytes.get(self.at) {
            self.at += 1;
            match byte {
                b'\\' if in_string => self.at += 1,
                b'"' => in_string = !in_string,
                b'[' | b'{' if !in_string => depth += 1,
                b']' | b'}' if !in_string => {
                    depth -= 1;
                    if depth == 0 {
                        break;
                    }
                }
                _ => {}
            }
        }
        self.out.extend_from_slice(b"null");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{ParseError, parse};

    fn reasons(value: &Value) -> Vec<&str> {
        let errors = value["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().map(|error| error["reason"].as_str().expect("a reason")).collect()
    }

    #[test]
    fn mends_text() {
        let cases: [(&[u8], &str, usize); 6] = [
            (b"{\"a\":\"caf\xE9\"}", "caf\u{FFFD}", 1),
            (b"{\"a\":\"x\\ud800y\"}", "x\u{FFFD}y", 1),
            (b"{\"a\":\"\\udc00\\ud83d\"}", "\u{FFFD}\u{FFFD}", 1),
            (b"{\"a\":\"\\ud83d\\ude00\"}", "\u{1F600}", 0),
            (b"{\"a\":\"\\ud83d\\ude00 \\ud800\"}", "\u{1F600} \u{FFFD}", 1),
            (b"\xEF\xBB\xBF {\"a\":\"b\"}", "b", 0),
        ];
        for (bytes, text, notes) in cases {
            let value = parse(bytes, false).expect("mended");
            assert_eq!(value["a"], json!(text));
            assert_eq!(reasons(&value).len(), notes, "{text}");
        }
    }

    #[test]
    fn numbers_that_json_lacks_are_null_for_lenient_senders() {
        let text = br#"{"a": [NaN, Infinity, -Infinity, 1.5, "NaN"]}"#;
        assert_eq!(parse(text, true).expect("lenient")["a"], json!([null, null, null, 1.5, "NaN"]));
        assert!(parse(text, false).is_err());
        assert_eq!(parse(br#"{"a": 1e999, "b": -5}"#, false).expect("huge")["b"], json!(-5));
        assert!(parse(br#"{"a": Nope}"#, true).is_err());
    }

    #[test]
    fn deep_nesting_is_cut_and_never_overflows() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let deep = format!("{{\"x\":{}1{},\"y\":2}}", open.repeat(2_000), close.repeat(2_000));
            let value = parse(deep.as_bytes(), false).expect("cut");
            assert_eq!(value["y"], json!(2));
            assert_eq!(reasons(&value), ["nesting beyond 100 levels was cut away"]);
        }
        assert!(parse("[".repeat(1_000_000).as_bytes(), false).is_err());
        assert!(parse("{\"a\":".repeat(500_000).as_bytes(), false).is_err());
    }

    #[test]
    fn says_where_it_is_malformed() {
        let error = parse(b"{\"a\": 1,\n \"b\" 2}", true).expect_err("no colon");
        assert_eq!(error.to_string(), "invalid JSON: expected `:` at line 2 column 6");
        for bad in ["", "{", "{\"a\"", "{\"a\":\"\\", "{\"a\":\"\\u12", "{} x", "\u{0}", "{'a':1}"] {
            assert!(matches!(parse(bad.as_bytes(), true), Err(ParseError::Malformed { .. })), "{bad}");
        }
    }

    #[test]
    fn only_an_object_is_an_event() {
        for bad in ["[]", "null", "1", "\"x\"", "true"] {
            assert!(matches!(parse(bad.as_bytes(), false), Err(ParseError::NotAnObject(_))), "{bad}");
        }
    }
}
