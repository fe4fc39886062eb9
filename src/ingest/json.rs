//! Is this JSON an object? Cheap, without building anything; repairs are digest's work. Pure.

use std::borrow::Cow;

use serde::de::{Deserialize, DeserializeOwned, IgnoredAny};

/// Refuses anything but one JSON object, with the reason. `lenient` also takes `NaN` and `Infinity`, which old
/// Python clients send.
pub fn check_object(bytes: &[u8], lenient: bool) -> Result<(), String> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => return Err("invalid JSON: the payload is empty".into()),
        Some(b'{') => {}
        Some(_) => match check(bytes) {
            Ok(()) => return Err("invalid event: expected a JSON object".into()),
            Err(error) => return Err(error),
        },
    }
    match check(bytes) {
        Err(_) if lenient => check(&without_non_finite(bytes)),
        result => result,
    }
}

/// Any JSON value.
pub fn check(bytes: &[u8]) -> Result<(), String> {
    serde_json::from_slice::<IgnoredAny>(bytes).map(drop).map_err(|error| format!("invalid JSON: {error}"))
}

/// Reads an object as `T`; `None` where it is none. (Serde alone would take a list for a struct.)
pub fn find<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Option<T> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start();
    if bytes.starts_with(b"{") { serde_json::from_slice(bytes).ok() } else { None }
}

/// The same of what [`check_object`] passed with the same leniency.
pub fn find_lenient<T: DeserializeOwned>(bytes: &[u8], lenient: bool) -> Option<T> {
    find(bytes).or_else(|| if lenient { find(&without_non_finite(bytes)) } else { None })
}

/// `NaN`, `Infinity` and `-Infinity` outside of strings, as `0` with blanks.
pub fn without_non_finite(bytes: &[u8]) -> Cow<'_, [u8]> {
    const WORDS: [&[u8]; 3] = [b"NaN", b"-Infinity", b"Infinity"];
    let mut result = Cow::Borrowed(bytes);
    let mut in_string = false;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if in_string {
            match byte {
                b'\\' => at += 1,
                b'"' => in_string = false,
                _ => {}
            }
        } else if byte == b'"' {
            in_string = true;
        } else if let Some(word) = WORDS.iter().find(|word| bytes[at..].starts_with(word)) {
            let target = &mut result.to_mut()[at..at + word.len()];
            target.fill(b' ');
            target[0] = b'0';
            at += word.len();
            continue;
        }
        at += 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::check_object;

    #[test]
    fn objects() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(20_000), "]".repeat(20_000));
        for good in ["{}", " {\"a\":[1,2.5e3,\"\\ud800\",null]} ", "\u{feff}{}", deep.as_str()] {
            assert_eq!(check_object(good.as_bytes(), false), Ok(()), "{}", &good[..good.len().min(40)]);
        }
        assert_eq!(check_object(b"{\"a\":\"\xff\xfe\"}", false), Ok(()), "digest mends invalid UTF-8");
        for bad in ["", "  ", "[]", "\"text\"", "{", "{}x", "{} {}", "nope", "{\"a\":NaN}", "{'a':1}"] {
            assert!(check_object(bad.as_bytes(), false).is_err(), "{bad}");
        }
    }

    #[test]
    fn lenient() {
        for good in ["{\"a\":NaN}", "{\"a\":[-Infinity,Infinity , NaN]}", "{\"a\":\"NaN\\\"\",\"b\":NaN}"] {
            assert_eq!(check_object(good.as_bytes(), true), Ok(()), "{good}");
        }
        for bad in ["{\"a\":nan}", "{\"a\":NaNa}", "{NaN:1}", "{", "[NaN]"] {
            assert!(check_object(bad.as_bytes(), true).is_err(), "{bad}");
        }
    }
}
