//! Where something is: mail addresses, URLs, host names, IP addresses.

use std::sync::LazyLock;

use regex::Regex;

use crate::digest::grouping::parameterize::scan::Scan;

/// Top-level domains common enough to tell a host from a file name.
const TOP_LEVEL_DOMAINS: &str = "com net org jp de uk fr br it ru es me gov pl ca au cn co in nl edu info eu ch id \
    at kr cz mx be tv se tr tw al ua ir vn cl sk ly cc to no fi us pt dk ar hu tk gr il news ro my biz ie za nz sg \
    ee th io xyz pe bg hk rs lt link ph club si site mobi by cat wiki la ga xxx cf hr ng jobs online kz ug gq ae is \
    lv pro fm tips ms sa app";
const LABEL_BYTES_MAX: usize = 63;
/// Bytes of the longest address of version 6 with a zone.
const IP_BYTES_MAX: usize = 64;

pub(super) fn email(scan: &mut Scan, at: usize) -> Option<usize> {
    if !scan.has_at {
        return None;
    }
    let end = scan.local_end(at);
    if end == at || scan.byte(end) != Some(b'@') {
        return None;
    }
    let domain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let run = |from: usize| scan.bytes[from..].iter().take_while(|&&byte| domain(byte)).count();
    let first = run(end + 1);
    if first == 0 {
        return None;
    }
    let mut at = end + 1 + first;
    while scan.byte(at) == Some(b'.') {
        match run(at + 1) {
            0 => break,
            length => at += 1 + length,
        }
    }
    Some(at)
}

pub(super) fn url(scan: &Scan, at: usize) -> Option<usize> {
    let rest = &scan.text[at..];
    let schemes = ["wss", "ws", "https", "http", "ftp"];
    let scheme = schemes.into_iter().find(|scheme| rest.starts_with(scheme))?;
    let rest = rest[scheme.len()..].strip_prefix("://")?;
    let mut chars = rest.chars();
    let first = chars.next()?;
    if first.is_whitespace() || matches!(first, '/' | '$' | '.' | '?' | '#') || chars.next()? == '\n' {
        return None;
    }
    let tail = chars.as_str();
    let length = tail.find(char::is_whitespace).unwrap_or(tail.len());
    Some(scan.text.len() - tail.len() + length)
}

pub(super) fn hostname(scan: &mut Scan, at: usize) -> Option<usize> {
    // Begins at a word's edge: a dash does so only behind a word.
    let edge = scan.word_before(at) != scan.word_here(at);
    if !edge || at < scan.no_host_before {
        return None;
    }
    let mut label = at;
    loop {
        let is_label = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let near = scan.bytes[label..].iter().take(LABEL_BYTES_MAX + 1);
        let length = near.take_while(|&&byte| is_label(byte)).count();
        if length > LABEL_BYTES_MAX {
            // A later edge inside this label may still be near enough to its dot.
            scan.no_host_before = label.max(at + 1);
            return None;
        }
        if length == 0 || scan.byte(label + length) != Some(b'.') {
            scan.no_host_before = label + length;
            return None;
        }
        label += length + 1;
        let word = scan.bytes[label..].iter().take_while(|&&byte| byte.is_ascii_alphanumeric()).count();
        let end = label + word;
        if word >= 2 && !scan.word_here(end) && is_top_level(&scan.text[label..end]) {
            return Some(end);
        }
    }
}

fn is_top_level(word: &str) -> bool {
    let one_case = word.bytes().all(|byte| byte.is_ascii_lowercase())
        || word.bytes().all(|byte| byte.is_ascii_uppercase());
    one_case && TOP_LEVEL_DOMAINS.split_whitespace().any(|domain| domain.eq_ignore_ascii_case(word))
}

pub(super) fn ip(scan: &mut Scan, at: usize) -> Option<usize> {
    let byte = scan.bytes[at];
    let may_begin = byte == b':' || byte.is_ascii_hexdigit();
    if !may_begin {
        return None;
    }
    version_6(scan, at).or_else(|| version_4(scan, at))
}

fn version_4(scan: &Scan, at: usize) -> Option<usize> {
    if !scan.bytes[at].is_ascii_digit() || scan.word_before(at) {
        return None;
    }
    let mut from = at;
    for index in 0..4 {
        let length = scan.bytes[from..].iter().take(4).take_while(|byte| byte.is_ascii_digit()).count();
        let octet = &scan.text[from..from + length];
        let fits = match length {
            1 | 2 => true,
            3 => ("100"..="255").contains(&octet),
            _ => false,
        };
        if !fits {
            return None;
        }
        from += length;
        if index < 3 {
            if scan.byte(from) != Some(b'.') {
                return None;
            }
            from += 1;
        }
    }
    (!scan.word_here(from)).then_some(from)
}

/// The forms of an address in the order in which they are preferred, each for a whole text.
static FORMS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let octet = "(?:25[0-5]|(?:2[0-4]|1?[0-9])?[0-9])";
    let group = "[0-9a-fA-F]{1,4}";
    let forms = [
        format!("(?:{group}:){{7}}{group}"),
        format!("(?:{group}:){{1,7}}:"),
        format!("(?:{group}:){{1,6}}:{group}"),
        format!("(?:{group}:){{1,5}}(?::{group}){{1,2}}"),
        format!("(?:{group}:){{1,4}}(?::{group}){{1,3}}"),
        format!("(?:{group}:){{1,3}}(?::{group}){{1,4}}"),
        format!("(?:{group}:){{1,2}}(?::{group}){{1,5}}"),
        format!("{group}:(?::{group}){{1,6}}"),
        format!(":(?:(?::{group}){{1,7}}|:)"),
        "fe80:(?::[0-9a-fA-F]{0,4}){0,4}%[0-9a-zA-Z]+".to_owned(),
        format!("::(?:ffff(?::0{{1,4}})?:)?(?:{octet}\\.){{3}}{octet}"),
        format!("(?:{group}:){{1,4}}:(?:{octet}\\.){{3}}{octet}"),
    ];
    let whole = |form: String| Regex::new(&format!("^(?:{form})$")).expect("a constant pattern");
    forms.into_iter().map(whole).collect()
});

fn version_6(scan: &Scan, at: usize) -> Option<usize> {
    let before = at.checked_sub(1).map(|before| scan.bytes[before]);
    if before.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return None;
    }
    let mut end = possible_end(scan, at)?;
    let short = memchr::memmem::find(&scan.bytes[at..end], b"::").is_some();
    if scan.byte(end) == Some(b'%') {
        let zone = scan.bytes[end + 1..].iter().take(IP_BYTES_MAX);
        end += 1 + zone.take_while(|byte| byte.is_ascii_alphanumeric()).count();
    }
    let forms = if short { &FORMS[1..] } else { &FORMS[..1] };
    for form in forms {
        let mut ends = (at + 2..=end).rev();
        let stops = |end: &usize| scan.byte(*end).is_none_or(|byte| !byte.is_ascii_alphanumeric());
        if let Some(end) = ends.find(|end| stops(end) && form.is_match(&scan.text[at..*end])) {
            return Some(end);
        }
    }
    None
}

/// How far groups of at most four digits reach; `None` where they cannot be an address.
fn possible_end(scan: &Scan, at: usize) -> Option<usize> {
    let (mut end, mut group, mut colons, mut double) = (at, 0, 0, false);
    for &byte in scan.bytes[at..].iter().take(IP_BYTES_MAX) {
        match byte {
            b':' if scan.bytes[end.saturating_sub(1)] == b':' && end > at => {
                if double {
                    break;
                }
                (double, colons) = (true, colons + 1);
            }
            b':' => (group, colons) = (0, colons + 1),
            b'.' if colons > 0 => group = 0,
            byte if byte.is_ascii_hexdigit() => group += 1,
            _ => break,
        }
        if group > 4 {
            end -= group - 1;
            break;
        }
        end += 1;
    }
    (double || colons >= 7).then_some(end)
}
