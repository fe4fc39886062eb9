//! Whatever is random enough to be a key and reads like nothing a person wrote.
//!
//! Random are runs of at least twenty letters and digits with a high Shannon entropy that change between letters, cases and digits
//! as names never do, or are hexadecimal, or have no vowels. Left alone: what is known to be an id (hashes of commits), UUIDs, names of files.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use regex::Regex;

use crate::explain::redact::assigned::is_done;

/// Shorter ones have too little entropy to be told from names: a key of 20 letters has 100 bits and more.
const CHARS_MIN: usize = 20;
/// Base64 with slashes is told from paths only where it is longer.
const WITH_SLASHES_MIN: usize = 32;
/// Bits a letter. Hexadecimal has at most 4, and 20 random digits 3.2 on average; base 62 of that length 4.1.
const HEX_BITS_MIN: f64 = 2.5;
const BITS_MIN: f64 = 3.3;
/// Of 100 neighbours so many differ in kind: random base 62 has 60, `getUserByIdV2` under 25.
const CHANGES_MIN: f64 = 0.30;
/// Of letters alone: English has 38 vowels of 100, base 26 has 19 of 100.
const VOWELS_MIN: f64 = 0.22;
/// Consonants one after another: no name has so many.
const CONSONANTS_MAX: usize = 7;

static RUN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[A-Za-z0-9_+/=-]{20,}").expect("a tested pattern"));
/// After a name of a file: its hash is of a build.
static EXTENSION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:\.[A-Za-z0-9_-]{1,12}){0,2}\.(?:m?js|cjs|css|map|tsx?|jsx|wasm|py|rb|php|java|kt|swift|html?|json|svg|png|jpe?g|webp|woff2?|so|dll|dylib|jar|whl|log)(?-u:\b)")
        .expect("a tested pattern")
});

pub fn replace(text: &str, known: &HashSet<String>, secret: &mut dyn FnMut(&str) -> String) -> String {
    let mut out = String::new();
    let mut done = 0;
    for run in RUN.find_iter(text) {
        if EXTENSION.is_match(&text[run.end()..]) || is_within_placeholder(text, run.start()) {
            continue;
        }
        let mut replaced = |range: std::ops::Range<usize>| {
            out.push_str(&text[done..range.start]);
            out.push_str(&secret(&text[range.clone()]));
            done = range.end;
        };
        let has_slashes = run.as_str().contains('/');
        if is_random(run.as_str(), known, has_slashes) {
            replaced(run.range());
            continue;
        }
        // `name=value`, `path/value`.
        let mut start = run.start();
        for part in run.as_str().split(['/', '=']) {
            if is_random(part, known, false) {
                replaced(start..start + part.len());
            }
            start += part.len() + 1;
        }
    }
    if done == 0 {
        return text.to_owned();
    }
    out.push_str(&text[done..]);
    out
}

fn is_within_placeholder(text: &str, at: usize) -> bool {
    at > 0 && is_done(&text[at - 1..])
}

fn is_random(run: &str, known: &HashSet<String>, has_slashes: bool) -> bool {
    let bare = run.trim_matches(['-', '_', '=', '+', '/']);
    let length_min = if has_slashes { WITH_SLASHES_MIN } else { CHARS_MIN };
    if bare.len() < length_min || known.contains(bare) || is_uuid(bare) {
        return false;
    }
    if !has_slashes && bare.contains(['-', '_']) && is_of_words(bare) {
        return false;
    }
    if has_slashes && bare.split('/').filter(|part| is_word(part)).count() * 2 >= bare.split('/').count() {
        return false;
    }
    let bits = entropy(bare);
    if bare.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let digits = bare.bytes().filter(u8::is_ascii_digit).count();
        // A number, or a word of the letters a to f, is none.
        return digits > 0 && digits < bare.len() && bits >= HEX_BITS_MIN;
    }
    if bits < BITS_MIN {
        return false;
    }
    changes(bare) >= CHANGES_MIN || is_unpronounceable(bare)
}

/// Bits a letter.
fn entropy(text: &str) -> f64 {
    let mut counts: HashMap<u8, usize> = HashMap::new();
    for byte in text.bytes() {
        *counts.entry(byte).or_default() += 1;
    }
    let share = |count: &usize| *count as f64 / text.len() as f64;
    // Sorted: a sum's last digit must not depend on the order of a map.
    let mut shares: Vec<f64> = counts.values().map(share).collect();
    shares.sort_by(f64::total_cmp);
    -shares.iter().map(|share| share * share.log2()).sum::<f64>()
}

#[derive(PartialEq, Clone, Copy)]
enum Letter {
    Lower,
    Upper,
    Digit,
    Sign,
}

fn kind(byte: u8) -> Letter {
    match byte {
        b'a'..=b'z' => Letter::Lower,
        b'A'..=b'Z' => Letter::Upper,
        b'0'..=b'9' => Letter::Digit,
        _ => Letter::Sign,
    }
}

/// How many neighbours of a hundred differ in kind; a capital before small letters begins a word, and does not.
fn changes(text: &str) -> f64 {
    let kinds: Vec<Letter> = text.bytes().map(kind).collect();
    let pairs = kinds.windows(2).filter(|pair| pair[0] != pair[1] && pair != &[Letter::Upper, Letter::Lower]);
    // Of words that begin with a capital, the pairs before them count.
    pairs.count() as f64 / (text.len() - 1) as f64
}

/// Letters, cases and digits change as in no name.
pub fn is_jumbled(text: &str) -> bool {
    text.len() > 1 && changes(text) >= CHANGES_MIN
}

fn is_unpronounceable(text: &str) -> bool {
    let letters: Vec<u8> =
        text.bytes().filter(u8::is_ascii_alphabetic).map(|byte| byte.to_ascii_lowercase()).collect();
    let is_vowel = |byte: &u8| b"aeiouy".contains(byte);
    let vowels = letters.iter().filter(|byte| is_vowel(byte)).count();
    let longest = letters.split(|byte| is_vowel(byte)).map(<[u8]>::len).max().unwrap_or(0);
    letters.len() >= CHARS_MIN / 2
        && ((vowels as f64) < VOWELS_MIN * letters.len() as f64 || longest > CONSONANTS_MAX)
}

/// At least half of its parts are words, and none is long enough to be a key by itself.
fn is_of_words(text: &str) -> bool {
    let parts: Vec<&str> = text.split(['-', '_', '+', '=']).filter(|part| !part.is_empty()).collect();
    let words = parts.iter().filter(|part| is_word(part)).count();
    words * 2 >= parts.len()
        && parts
            .iter()
            .all(|part| part.len() < CHARS_MIN || !is_unpronounceable(part) && changes(part) < CHANGES_MIN)
}

fn is_word(part: &str) -> bool {
    let letters = part.bytes().filter(u8::is_ascii_alphabetic).count();
    let has_vowel = part.bytes().any(|byte| b"aeiouyAEIOUY".contains(&byte));
    letters == part.len() && has_vowel && (part.len() < 2 || changes(part) < CHANGES_MIN) && part.len() >= 2
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.len() == 5
        && groups
            .iter()
            .zip([8, 4, 4, 4, 12])
            .all(|(group, length)| group.len() == length && group.bytes().all(|b| b.is_ascii_hexdigit()))
}
