//! What a term of a query looks for in text, cut as text is cut. Pure; the index and the snippets both ask it.

use std::fmt::Write;

use crate::search::places::Group;
use crate::search::words::{Shape, Words, fold};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Needle {
    /// Any of these sequences of tokens, each side by side: by parts, and by wholes.
    Words(Vec<Vec<String>>),
    /// All of these tokens, with `*` for any run of letters.
    Patterns(Vec<String>),
    /// The text holds no letters.
    Nothing,
}

impl Needle {
    /// A word or a key's value, in which `*` stands for anything.
    pub fn new(text: &str) -> Self {
        if !text.trim_matches('*').contains('*') && !text.starts_with('*') && !text.ends_with('*') {
            return Self::exactly(text);
        }
        let mut patterns = Vec::new();
        let pieces: Vec<&str> = text.split('*').collect();
        for (index, piece) in pieces.iter().enumerate() {
            let open_before = index > 0 && piece.starts_with(char::is_alphanumeric);
            let open_after = index + 1 < pieces.len() && piece.ends_with(char::is_alphanumeric);
            let mut words = identifiers(piece);
            if let Some(first) = words.first_mut().filter(|_| open_before) {
                first.insert(0, '*');
            }
            if let Some(last) = words.last_mut().filter(|_| open_after) {
                last.push('*');
            }
            patterns.append(&mut words);
        }
        merge_open_ends(&mut patterns);
        if patterns.is_empty() { Self::Nothing } else { Self::Patterns(patterns) }
    }

    /// A phrase: every sign but letters and digits is a blank.
    pub fn exactly(text: &str) -> Self {
        let (mut parts, mut wholes) = (Vec::new(), Vec::new());
        for word in Words::new(text) {
            let folded = fold(&text[word.start..word.end]);
            match word.shape {
                Shape::Plain => {
                    wholes.push(folded.clone());
                    parts.push(folded);
                }
                Shape::Whole => wholes.push(folded),
                Shape::Hump => parts.push(folded),
            }
        }
        match (parts.is_empty(), parts == wholes) {
            (true, _) => Self::Nothing,
            (_, true) => Self::Words(vec![parts]),
            _ => Self::Words(vec![parts, wholes]),
        }
    }
}

/// Identifiers unsplit: a pattern is held against wholes.
fn identifiers(text: &str) -> Vec<String> {
    let wholes = Words::new(text).filter(|word| word.shape != Shape::Hump);
    wholes.map(|word| fold(&text[word.start..word.end])).collect()
}

/// `cha*ard` cuts into `cha*` and `*ard`, which are one token.
fn merge_open_ends(patterns: &mut Vec<String>) {
    let mut index = 1;
    while index < patterns.len() {
        if patterns[index - 1].ends_with('*') && patterns[index].starts_with('*') {
            let end = patterns.remove(index);
            patterns[index - 1].push_str(&end[1..]);
        } else {
            index += 1;
        }
    }
}

/// A regular expression for a whole token in which `*` stands for anything.
pub(super) fn pattern(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '*' if pattern.ends_with(".*") => {}
            '*' => pattern.push_str(".*"),
            c if c.is_ascii_punctuation() || c.is_ascii_control() => {
                let _ = write!(pattern, "\\x{:02x}", u32::from(c));
            }
            c => pattern.push(c),
        }
    }
    pattern
}

/// Whether `text` (in the form terms have) fits a value with `*`.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut left) = text.strip_prefix(first) else { return false };
    let Some((middle, last)) = rest.rsplit_once('*') else { return left.ends_with(rest) };
    for piece in middle.split('*').filter(|piece| !piece.is_empty()) {
        let Some(at) = left.find(piece) else { return false };
        left = &left[at + piece.len()..];
    }
    left.ends_with(last)
}

/// A key by its first name.
pub(super) fn canonical_key(key: &str) -> String {
    let key = key.to_lowercase();
    let known = match key.as_str() {
        "user.ip_address" => "user.ip",
        "event.id" | "event_id" => "id",
        "trace_id" | "trace.id" => "trace",
        "environment.name" | "env" => "environment",
        "request.url" | "http.url" => "url",
        "request.method" => "http.method",
        "sdk" => "sdk.name",
        _ => return key,
    };
    known.to_owned()
}

/// The group of text a key looks into, for keys that ask for words and not for a value.
pub(super) fn text_key(key: &str) -> Option<Group> {
    Some(match key {
        "message" | "title" | "culprit" | "location" | "error.value" => Group::Headline,
        "frame" | "file" | "function" | "module" | "stack.function" | "stack.filename" | "stack.module"
        | "stack.abs_path" | "stack.package" => Group::Frame,
        "breadcrumb" | "breadcrumbs" => Group::Breadcrumb,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Needle, fits};

    #[test]
    fn wildcards_become_patterns_of_tokens() {
        for (text, expected) in [
            ("char*", "char*"),
            ("*Card", "*card"),
            ("cha*Card", "cha*card"),
            ("src/pay*", "src pay*"),
            ("*/pay.*", "pay"),
            ("*pay*ment*", "*pay*ment*"),
            ("charge*.ts", "charge* ts"),
        ] {
            let Needle::Patterns(patterns) = Needle::new(text) else { panic!("{text}") };
            assert_eq!(patterns.join(" "), expected, "{text}");
        }
        assert_eq!(Needle::new("**"), Needle::Nothing);
        assert_eq!(Needle::new("->"), Needle::Nothing);
    }

    #[test]
    fn words_are_looked_for_by_parts_and_by_wholes() {
        let words = |sequences: &[&[&str]]| {
            Needle::Words(sequences.iter().map(|s| s.iter().map(|&w| w.to_owned()).collect()).collect())
        };
        assert_eq!(Needle::new("payment.ts"), words(&[&["payment", "ts"]]));
        assert_eq!(Needle::new("GitHub.com"), words(&[&["git", "hub", "com"], &["github", "com"]]));
    }

    #[test]
    fn values_fit_wildcards() {
        for (pattern, text, expected) in [
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("a*c", "abc", true),
            ("a*b*c", "a1b2c", true),
            ("*b*", "abc", true),
            ("ab*bc", "abc", false),
            ("abc", "abc", true),
            ("b*", "abc", false),
            ("*", "", true),
            ("a**c", "ac", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }
}
