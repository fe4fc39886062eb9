//! What a term of a query looks for in text, cut as text is cut. Pure; the index and the snippets both ask it.

use std::fmt::Write;

use crate::search::words::{Shape, TOKEN_BYTES_MAX, Words, fold};

/// Longer phrases are no names.
const PHRASE_JOINED_WORDS_MAX: usize = 5;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Needle {
    /// Any of these sequences of tokens, each side by side: the ways in which the text may be written.
    Words(Vec<Vec<String>>),
    /// All of these tokens, with `*` for any run of letters.
    Patterns(Vec<String>),
    /// The text holds no letters.
    Nothing,
}

impl Needle {
    /// A word, in which `*` stands for anything.
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

    /// A key's value: as a word where it holds `*`, else as a phrase.
    pub fn value(text: &str) -> Self {
        if text.contains('*') { Self::new(text) } else { Self::phrase(text) }
    }

    /// Words side by side; every sign but letters and digits is a blank. Names are written in three ways, so
    /// `payService.ts` also finds `pay_service.ts`, and `pay_service` also `payService`.
    pub fn exactly(text: &str) -> Self {
        let (mut wholes, mut parts, mut joined) = (Vec::new(), Vec::new(), Vec::<String>::new());
        let mut end_before = 0;
        for word in Words::new(text) {
            let folded = fold(&text[word.start..word.end]);
            if word.shape != Shape::Whole {
                parts.push(folded.clone());
            }
            if word.shape != Shape::Hump {
                match joined.last_mut().filter(|_| matches!(&text[end_before..word.start], "_" | "-")) {
                    Some(last) if last.len() + folded.len() <= TOKEN_BYTES_MAX => last.push_str(&folded),
                    _ => joined.push(folded.clone()),
                }
                end_before = word.end;
                wholes.push(folded);
            }
        }
        let mut sequences = vec![wholes];
        for other in [parts, joined] {
            if !sequences.contains(&other) {
                sequences.push(other);
            }
        }
        if sequences[0].is_empty() { Self::Nothing } else { Self::Words(sequences) }
    }

    /// A quoted phrase; `"user not found"` also finds `UserNotFound`.
    pub fn phrase(text: &str) -> Self {
        let mut needle = Self::exactly(text);
        if let Self::Words(sequences) = &mut needle {
            let joined = sequences[0].concat();
            if (2..=PHRASE_JOINED_WORDS_MAX).contains(&sequences[0].len()) && joined.len() <= TOKEN_BYTES_MAX
            {
                sequences.push(vec![joined]);
            }
        }
        needle
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

#[cfg(test)]
mod tests {
    use super::Needle;

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
    fn names_are_looked_for_in_every_way_of_writing() {
        for (needle, expected) in [
            (Needle::new("payment.ts"), "payment ts"),
            (Needle::new("GitHub.com"), "github com | git hub com"),
            (Needle::new("src/pay_service.ts"), "src pay service ts | src payservice ts"),
            (Needle::new("pay_bigService"), "pay bigservice | pay big service | paybigservice"),
            (Needle::phrase("user not found"), "user not found | usernotfound"),
            (Needle::phrase("word"), "word"),
            (Needle::phrase("a b c d e f"), "a b c d e f"),
        ] {
            let Needle::Words(sequences) = needle else { panic!("{expected}") };
            let shown: Vec<String> = sequences.iter().map(|words| words.join(" ")).collect();
            assert_eq!(shown.join(" | "), expected);
        }
    }
}
