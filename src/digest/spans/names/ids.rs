//! Which words are identifiers. The rules for paths are those of Sentry's transaction names (`relay-event-normalization`).

/// Hexadecimal words shorter than this may be words.
const HEX_BYTES_MIN: usize = 16;
/// Letters and digits mixed this long are no name that a person gave.
const MIXED_BYTES_MIN: usize = 20;

/// A number, a UUID, a hash, a date: on its own, whatever stands around it.
pub fn is_id(word: &str) -> bool {
    let word = word.trim_matches(|c: char| matches!(c, '#' | ',' | '.' | ':' | ';' | '(' | ')' | '\'' | '"'));
    let bytes = word.as_bytes();
    if bytes.is_empty() {
        return false;
    }
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    if digits == 0 {
        return is_hex(bytes) && bytes.len() >= 2 * HEX_BYTES_MIN;
    }
    digits == bytes.len()
        || (bytes.len() >= HEX_BYTES_MIN && is_hex(bytes))
        || is_uuid(bytes)
        || is_date(bytes)
        || bytes.strip_prefix(b"0x").is_some_and(|rest| !rest.is_empty() && is_hex(rest))
        || is_mixed(bytes, digits)
}

/// The same for what stands between two slashes, where two digits in a row are enough.
pub fn is_id_in_path(segment: &str) -> bool {
    is_id(segment) || (has_two_digits(segment.as_bytes()) && !is_version(segment) && !is_placeholder(segment))
}

fn is_hex(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_hexdigit)
}

fn is_uuid(bytes: &[u8]) -> bool {
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// `2024-02-20`, with or without a time behind it.
fn is_date(bytes: &[u8]) -> bool {
    let Some(date) = bytes.get(..10) else { return false };
    let shape = date.iter().enumerate().all(|(at, byte)| match at {
        4 | 7 => *byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    shape && bytes.get(10).is_none_or(|byte| matches!(byte, b'T' | b't' | b'_'))
}

fn is_mixed(bytes: &[u8], digits: usize) -> bool {
    let plain = bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'='));
    let capitals = bytes.iter().filter(|byte| byte.is_ascii_uppercase()).count();
    let has_separator = bytes.iter().any(|byte| matches!(byte, b'-' | b'_'));
    bytes.len() >= MIXED_BYTES_MIN && plain && digits > 0 && (digits >= 3 || capitals >= 3) && !has_separator
}

fn has_two_digits(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|pair| pair[0].is_ascii_digit() && pair[1].is_ascii_digit())
}

/// `v12`, `v1.20`
fn is_version(segment: &str) -> bool {
    let rest = segment.strip_prefix(['v', 'V']);
    rest.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
}

/// `{id}`, `:id`, `<id>`, `[id]`: a route's own word for it.
fn is_placeholder(segment: &str) -> bool {
    segment.starts_with(['{', ':', '<', '[']) || segment.contains('*')
}
