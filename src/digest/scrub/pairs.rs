//! Names and values inside a text: query strings, forms, cookies, log lines, addresses.

use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::digest::scrub::FILTERED;
use crate::digest::scrub::keys::{Keys, SECRET_KEYS, SECRET_PARTS};
use crate::digest::scrub::patterns::fill;

static BUILT_IN: LazyLock<Regex> = LazyLock::new(|| assignment(&SECRET_PARTS, &SECRET_KEYS));

/// `name=value`, `"name": "value"`, `name[]: Basic value`, where the name has one of the parts in it or is one
/// of the words.
fn assignment<S: AsRef<str>>(parts: &[S], words: &[&str]) -> Regex {
    let parts: Vec<String> = parts.iter().map(|part| regex::escape(part.as_ref())).collect();
    let words = words.iter().map(|word| format!(r"|(?-u:\b){}(?-u:\b)", regex::escape(word)));
    let words = words.collect::<Vec<_>>().concat();
    let parts = parts.join("|");
    let pattern = format!(
        concat!(
            r#"(?i)((?-u:[\w.-])*(?:{parts})(?-u:[\w.-])*{words})["'\]\\]*(\s*(?:=>|=|:|%3D)\s*)(?:(?:basic|bearer|digest|token)\s+)?"#,
            r#"(?:\\?"((?:[^"\\]|\\[^"])+)|\\?'([^']+)|([^\s&;,"'}})\]<>=][^\s&;,"'}})\]<>]*))"#
        ),
        parts = parts,
        words = words
    );
    Regex::new(&pattern).expect("escaped parts make a pattern")
}

/// Finds assignments to secret names.
pub struct Assignments {
    extra: Option<Regex>,
    built_in: bool,
}

impl Assignments {
    pub fn new(keys: &Keys, built_in: bool) -> Self {
        let extra = keys.extra_parts();
        let extra = (!extra.is_empty()).then(|| assignment(extra, &[]));
        Self { extra, built_in }
    }

    pub fn scrub(&self, text: &mut String, keys: &Keys) -> usize {
        let built_in = if self.built_in { scrub_with(&BUILT_IN, text, keys) } else { 0 };
        built_in + self.extra.as_ref().map_or(0, |extra| scrub_with(extra, text, keys))
    }
}

fn scrub_with(pattern: &Regex, text: &mut String, keys: &Keys) -> usize {
    let mut places: Vec<Range<usize>> = Vec::new();
    for captures in pattern.captures_iter(text) {
        let (Some(name), Some(sign)) = (captures.get(1), captures.get(2)) else { continue };
        let Some(value) = (3..=5).find_map(|group| captures.get(group)) else { continue };
        let said = sign.as_str().trim() == ":" && is_prose(name.as_str());
        if !said && !keys.is_safe(name.as_str()) && !is_done(value.as_str()) {
            places.push(value.range());
        }
    }
    fill(text, &places);
    places.len()
}

/// Filtered before, or the rest of a URL whose scheme has a telling name.
fn is_done(value: &str) -> bool {
    value.starts_with(FILTERED.trim_end_matches(']')) || value.starts_with("//")
}

/// `AuthenticationError: no such user` is a sentence, not a secret: before a colon the name must end with
/// what makes it one.
fn is_prose(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let ends_so = |part: &str| part != "auth" && name.ends_with(part);
    let names_secret = name.ends_with("authorization") || SECRET_PARTS.into_iter().any(ends_so);
    !names_secret && SECRET_PARTS.iter().any(|part| name.contains(part))
}

/// `a=1; sessionid=x; Path=/`, as in `Cookie` and `Set-Cookie`.
pub fn scrub_cookies(text: &mut String, keys: &Keys) -> usize {
    let mut places = Vec::new();
    let mut start = 0;
    for part in text.split(';') {
        if let Some((name, value)) = part.split_once('=') {
            let name = name.trim();
            let value_start = start + part.len() - value.len();
            let is_open = !value.is_empty() && value.trim() != FILTERED;
            if is_open && keys.is_secret_cookie(name) && !keys.is_safe(name) {
                places.push(value_start..start + part.len());
            }
        }
        start += part.len() + 1;
    }
    fill(text, &places);
    places.len()
}

/// Every IPv4 and IPv6 address, with or without a port.
pub fn scrub_ips(text: &mut String) -> usize {
    let bytes = text.as_bytes();
    let is_part = |b: u8| b.is_ascii_hexdigit() || b == b'.' || b == b':';
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let mut places = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !is_part(bytes[at]) {
            at += 1;
            continue;
        }
        let length = bytes[at..].iter().position(|&b| !is_part(b)).unwrap_or(bytes.len() - at);
        let end = at + length;
        let inside_word = (at > 0 && is_word(bytes[at - 1])) || bytes.get(end).is_some_and(|&b| is_word(b));
        if !inside_word && let Some(range) = address(&text[at..end]) {
            places.push(at + range.start..at + range.end);
        }
        at = end;
    }
    fill(text, &places);
    places.len()
}

fn address(token: &str) -> Option<Range<usize>> {
    // The longest address is 45 bytes, its port another 6.
    if token.len() < 3 || token.len() > 60 || !token.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    let trimmed = token.trim_end_matches(['.', ':']);
    let whole = if token.ends_with("::") { token } else { trimmed };
    if whole.parse::<IpAddr>().is_ok() {
        return Some(0..whole.len());
    }
    let socket = trimmed.parse::<SocketAddr>().is_ok();
    socket.then(|| 0..trimmed.rfind(':').unwrap_or(trimmed.len()))
}
