//! Identifiers and numbers: trace ids, hashes, durations, hexadecimal and decimal numbers.

use crate::digest::grouping::parameterize::scan::Scan;

/// Kinds that begin a word and are looked for before dates.
pub(super) fn identifier(scan: &mut Scan, at: usize) -> Option<(&'static str, usize)> {
    if !scan.bytes[at].is_ascii_hexdigit() {
        return None;
    }
    let length = scan.word_end(at) - at;
    match length {
        1 | 2 => trace_parent(scan, at).map(|end| ("traceparent", end)),
        8 => groups(scan, at, &[8, 4, 4, 4, 12], is_hex).map(|end| ("uuid", end)),
        40 => groups(scan, at, &[40], is_hex).map(|end| ("sha1", end)),
        32 => groups(scan, at, &[32], is_hex).map(|end| ("md5", end)),
        _ => None,
    }
}

fn trace_parent(scan: &Scan, at: usize) -> Option<usize> {
    let rest = &scan.text[at..];
    if rest.starts_with("00-") {
        let end = groups(scan, at + 3, &[32, 16, 2], is_lower_hex)?;
        return matches!(&scan.text[end - 2..end], "00" | "01").then_some(end);
    }
    if rest.starts_with("1-") { groups(scan, at + 2, &[8, 24], is_lower_hex) } else { None }
}

/// Runs of exactly these lengths with a dash between them, and no word behind.
fn groups(scan: &Scan, at: usize, lengths: &[usize], fits: fn(u8) -> bool) -> Option<usize> {
    let mut from = at;
    for (index, length) in lengths.iter().enumerate() {
        if index > 0 {
            if scan.byte(from) != Some(b'-') {
                return None;
            }
            from += 1;
        }
        let run = scan.bytes.get(from..from + length)?;
        if !run.iter().all(|&byte| fits(byte)) {
            return None;
        }
        from += length;
    }
    (!scan.word_here(from)).then_some(from)
}

/// Kinds that are looked for after dates.
pub(super) fn number(scan: &mut Scan, at: usize, starts_word: bool) -> Option<(&'static str, usize)> {
    let byte = scan.bytes[at];
    if byte.is_ascii_digit()
        && let Some(end) = duration(scan, at, starts_word)
    {
        return Some(("duration", end));
    }
    if starts_word
        && byte == b't'
        && let Some(end) = swift_transaction(scan, at)
    {
        return Some(("swift_txn_id", end));
    }
    if byte == b'-' {
        let digits = at + 1;
        if !scan.byte(digits).is_some_and(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let is_sign = !scan.word_before(at);
        if is_sign && let Some(end) = hex(scan, digits) {
            return Some(("hex", end));
        }
        if let Some(end) = float(scan, digits) {
            return Some(("float", end));
        }
        return if is_sign { int(scan, digits).map(|end| ("int", end)) } else { None };
    }
    if !starts_word || !byte.is_ascii_hexdigit() {
        return None;
    }
    let end = scan.word_end(at);
    if let Some(end) = prefixed_hex(scan, at, end).or_else(|| hex(scan, at)) {
        return Some(("hex", end));
    }
    let word = &scan.bytes[at..end];
    if word.len() == 7
        && word.iter().all(|&byte| is_lower_hex(byte))
        && is_mixed(word)
        && !scan.word_here(end)
    {
        return Some(("git_sha", end));
    }
    if let Some(end) = float(scan, at) {
        return Some(("float", end));
    }
    int(scan, at).map(|end| ("int", end))
}

fn duration(scan: &mut Scan, at: usize, starts_word: bool) -> Option<usize> {
    let end = scan.digits_end(at);
    if starts_word && scan.bytes[end..].starts_with(b"ms") {
        return Some(end + 2);
    }
    let mut unit = end;
    if scan.byte(end) == Some(b'.') && scan.byte(end + 1).is_some_and(|byte| byte.is_ascii_digit()) {
        unit = scan.digits_end_ahead(end + 1);
    }
    (scan.byte(unit) == Some(b's') && !scan.word_here(unit + 1)).then_some(unit + 1)
}

/// OpenStack Swift: `tx`, 21 digits, a dash, 10 digits, and whatever follows without a space.
fn swift_transaction(scan: &Scan, at: usize) -> Option<usize> {
    let rest = scan.text[at..].strip_prefix("tx")?.as_bytes();
    let fits = rest.len() >= 32
        && rest[..21].iter().all(|&byte| is_lower_hex(byte))
        && rest[21] == b'-'
        && rest[22..32].iter().all(|&byte| is_lower_hex(byte));
    if !fits {
        return None;
    }
    let tail = &scan.text[at + 34..];
    Some(at + 34 + tail.find(char::is_whitespace).unwrap_or(tail.len()))
}

fn prefixed_hex(scan: &Scan, at: usize, end: usize) -> Option<usize> {
    let digits = scan.text[at..end].strip_prefix("0x").or_else(|| scan.text[at..end].strip_prefix("0X"))?;
    let fits = !digits.is_empty() && digits.bytes().all(is_hex) && !scan.word_here(end);
    fits.then_some(end)
}

/// 4 to 6 digits with both letters and numbers, or 8 to 128 of any kind, in one case.
fn hex(scan: &mut Scan, at: usize) -> Option<usize> {
    let end = scan.word_end(at);
    let word = &scan.bytes[at..end];
    let fits = match word.len() {
        4..=6 => is_mixed(word),
        8..=128 => true,
        _ => false,
    };
    let one_case = |lower: fn(u8) -> bool| word.iter().all(|&byte| lower(byte));
    (fits && (one_case(is_lower_hex) || one_case(is_upper_hex)) && !scan.word_here(end)).then_some(end)
}

fn float(scan: &mut Scan, at: usize) -> Option<usize> {
    if !scan.bytes[at].is_ascii_digit() {
        return None;
    }
    let dot = scan.digits_end(at);
    if scan.byte(dot) != Some(b'.') || !scan.byte(dot + 1).is_some_and(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let end = scan.digits_end_ahead(dot + 1);
    (!scan.word_here(end)).then_some(end)
}

/// Up to 7 digits: longer ones are taken for hexadecimal.
fn int(scan: &mut Scan, at: usize) -> Option<usize> {
    if !scan.bytes[at].is_ascii_digit() {
        return None;
    }
    let end = scan.digits_end(at);
    (end - at <= 7 && !scan.word_here(end)).then_some(end)
}

fn is_mixed(word: &[u8]) -> bool {
    word.iter().any(u8::is_ascii_digit) && word.iter().any(u8::is_ascii_alphabetic)
}

fn is_hex(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
}

fn is_lower_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

fn is_upper_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'A'..=b'F')
}
