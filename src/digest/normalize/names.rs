//! Names that others refer to by text: release, environment, dist, platform, transaction.

use serde_json::Value;

use crate::digest::normalize::fields::{self, Limit, SYMBOL};
use crate::digest::normalize::notes::At;
use crate::model::event::Event;

const RELEASE_BYTES_MAX: usize = 200;
const SHORT_BYTES_MAX: usize = 64;
/// Texts are read whole here: a name that is too long names something else when cut.
const WHOLE: Limit = Limit::new(4096, 0);

/// The platforms that Sentry knows.
const PLATFORMS: [&str; 19] = [
    "as3",
    "c",
    "cfml",
    "cocoa",
    "csharp",
    "elixir",
    "go",
    "groovy",
    "haskell",
    "java",
    "javascript",
    "native",
    "node",
    "objc",
    "other",
    "perl",
    "php",
    "python",
    "ruby",
];

pub fn known_platform(platform: &mut String) {
    if !PLATFORMS.contains(&platform.as_str()) {
        "other".clone_into(platform);
    }
}

/// At most 200 bytes, not `.`, `..`, `latest`, without slashes and control characters.
pub fn release(value: Value, at: &At) -> Option<String> {
    let is_fine = |name: &str| {
        name.len() <= RELEASE_BYTES_MAX
            && !matches!(name, "." | "..")
            && !name.eq_ignore_ascii_case("latest")
            && !name.chars().any(|c| matches!(c, '/' | '\\') || c.is_control())
    };
    checked(value, is_fine, "not a release's name", at)
}

/// At most 64 bytes, not `.`, `..`, `none`, without slashes and line breaks.
pub fn environment(value: Value, at: &At) -> Option<String> {
    let is_fine = |name: &str| {
        name.len() <= SHORT_BYTES_MAX
            && !matches!(name, "." | ".." | "none")
            && !name.chars().any(|c| matches!(c, '/' | '\\') || c.is_control())
    };
    checked(value, is_fine, "not an environment's name", at)
}

pub fn dist(value: Value, at: &At) -> Option<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let is_fine = |name: &str| name.len() <= SHORT_BYTES_MAX && name.chars().all(is_part);
    checked(value, is_fine, "not a dist's name", at)
}

fn checked(value: Value, is_fine: impl Fn(&str) -> bool, reason: &str, at: &At) -> Option<String> {
    let name = fields::scalar_text(value, WHOLE, at)?;
    let name = if name.trim().len() == name.len() { name } else { name.trim().to_owned() };
    if name.is_empty() {
        return None;
    }
    if is_fine(&name) {
        return Some(name);
    }
    at.invalid(reason, &Value::String(name));
    None
}

/// `transaction_info.source`.
pub fn source(value: Value, at: &At) -> Option<String> {
    let mut info = fields::object(value, at)?;
    fields::text(info.remove("source")?, SYMBOL, &at.key("source"))
}

/// A transaction that is just a URL's path names one page of one customer: identifiers in it become `*`.
pub fn sanitize_transaction(event: &mut Event) {
    if !matches!(event.transaction_source.as_deref(), Some("url" | "sanitized")) {
        return;
    }
    let Some(name) = &event.transaction else { return };
    if name.split(['/', '\\']).any(is_identifier) {
        let segments = name.split('/').map(|segment| if is_identifier(segment) { "*" } else { segment });
        event.transaction = Some(segments.collect::<Vec<_>>().join("/"));
        event.transaction_source = Some("sanitized".to_owned());
    }
}

/// Numbers, dates, UUIDs, hashes and hexadecimal numbers, also inside a longer segment.
fn is_identifier(segment: &str) -> bool {
    let bytes = segment.as_bytes();
    let only_digits = !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit);
    // The digits of `%20` are no number.
    let is_number = |(at, pair): (usize, &[u8])| {
        pair.iter().all(u8::is_ascii_digit) && !(at > 0 && bytes[at - 1] == b'%')
    };
    let two_digits = bytes.windows(2).enumerate().any(is_number);
    only_digits || two_digits || words(segment).any(|word| is_hash(word) || is_hex(word)) || has_uuid(segment)
}

fn words(segment: &str) -> impl Iterator<Item = &str> {
    segment.split(|c: char| !c.is_alphanumeric())
}

/// MD5 or SHA-1.
fn is_hash(word: &str) -> bool {
    matches!(word.len(), 32 | 40) && word.bytes().all(|b| b.is_ascii_hexdigit())
}

fn is_hex(word: &str) -> bool {
    let digits = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X"));
    digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn has_uuid(segment: &str) -> bool {
    let groups: Vec<&str> = segment.split('-').collect();
    let hex = |group: &str, length| group.len() == length && group.bytes().all(|b| b.is_ascii_hexdigit());
    groups.windows(5).any(|five| {
        let first = five[0].get(five[0].len().saturating_sub(8)..).is_some_and(|end| hex(end, 8));
        let last = five[4].get(..12).is_some_and(|start| hex(start, 12));
        first && last && five[1..4].iter().all(|group| hex(group, 4))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{dist, environment, is_identifier, release};
    use crate::digest::normalize::notes::{At, Notes};

    fn check(read: fn(Value, &At) -> Option<String>, fine: &[&str], bad: &[&str]) {
        let notes = Notes::default();
        let at = At::root(&notes);
        for name in fine {
            assert_eq!(read(json!(name), &at).as_deref(), Some(*name));
        }
        for name in bad {
            assert_eq!(read(json!(name), &at), None, "{name}");
        }
    }

    #[test]
    fn names_are_checked() {
        let long = "x".repeat(201);
        check(
            release,
            &["my-app@1.0.0+5", "1.0", "ü", "none"],
            &[".", "..", "LaTest", "a/b", "a\nb", "a\\b", &long],
        );
        check(environment, &["production", "latest"], &[".", "..", "none", "a/b", &long[..65]]);
        check(dist, &["android-1.0_2"], &["a b", "é", &long[..65]]);
        let notes = Notes::default();
        assert_eq!(release(json!(" 1.0 "), &At::root(&notes)).as_deref(), Some("1.0"));
        assert_eq!(release(json!(12), &At::root(&notes)).as_deref(), Some("12"));
    }

    #[test]
    fn identifiers_in_paths() {
        for segment in [
            "7",
            "42",
            "u42x",
            "0xdead",
            "deadbeef-dead-beef-dead-beefdeadbeef",
            "2024-01-02",
            "aaaaaaaabbbbbbbbccccccccdddddddd",
        ] {
            assert!(is_identifier(segment), "{segment}");
        }
        for segment in ["", "users", "v1", "a-b", "deadbeef", "caf%20e", "ünïcode"] {
            assert!(!is_identifier(segment), "{segment}");
        }
    }
}
