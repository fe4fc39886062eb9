//! Reads what a person typed into a [`Query`]. Pure; every input either parses or says where it does not.
//!
//! ```text
//! query = group ("OR" group)*
//! group = term ("AND"? term)*
//! term  = "!"? ( "(" query ")" | "\"words\"" | key ":" values | word )
//! values = value | "\"value\"" | "[" value ("," value)* "]"
//! ```
//!
//! What a key means and which values it takes stands in [`keys`]. A colon makes a key only where a key can stand:
//! `http://host`, `Vec::push`, `C:\temp`, `12:30` and `TypeError: text` stay words. A bracket inside a word belongs
//! to the word as long as it is balanced: `charge(card)` is one.

use jiff::Timestamp;

use crate::model::query::{Expr, Frames, Leaf, Query};
use crate::search::needle::canonical_key;

mod caret;
mod keys;
mod moments;

pub use crate::search::query::caret::{Caret, Spot, caret};
pub use crate::search::query::keys::{KNOWN, STATES};

pub const QUERY_BYTES_MAX: usize = 4096;
/// Values that all terms ask for together.
pub const TERMS_MAX: usize = 64;
/// Brackets inside brackets.
pub const DEPTH_MAX: usize = 16;
/// Runs of `*` in one word or value.
pub const WILDCARDS_MAX: usize = 8;
/// Words and values that hold `*`.
pub const PATTERNS_MAX: usize = 32;
const KEY_BYTES_MAX: usize = 200;
const VALUE: &str = "a value after the key, or quotes around text";

/// Where the text stops making sense, in characters from its start, and what could have stood there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} at character {position}")]
pub struct ParseError {
    pub position: usize,
    pub expected: &'static str,
}

/// `now`: what relative times count from.
pub fn parse(text: &str, now: Timestamp) -> Result<Query, ParseError> {
    let mut parser = Parser::over(text, now);
    if text.len() > QUERY_BYTES_MAX {
        parser.at = text.floor_char_boundary(QUERY_BYTES_MAX);
        return Err(parser.expected("a shorter query"));
    }
    parser.whole().map(|tree| Query { tree })
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    now: Timestamp,
    depth: usize,
    terms: usize,
    patterns: usize,
    /// For completion: mistakes in values are passed over.
    lenient: bool,
    /// The last word or value that was read.
    piece: Piece<'a>,
}

#[derive(Debug, Clone, Copy)]
struct Key<'a> {
    name: &'a str,
    /// With its colon.
    length: usize,
    /// `tags[name]`, whatever the name means otherwise.
    is_tag: bool,
}

/// A stretch of the text that was read as one word or value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Piece<'a> {
    /// Behind an opening quote.
    start: usize,
    /// Before a closing quote.
    end: usize,
    /// Whether more may be typed into it: it has no closing quote yet.
    open: bool,
    quoted: bool,
    key: Option<&'a str>,
}

impl<'a> Parser<'a> {
    fn over(text: &'a str, now: Timestamp) -> Self {
        let piece = Piece::default();
        Self { text, at: 0, now, depth: 0, terms: 0, patterns: 0, lenient: false, piece }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn expected(&self, expected: &'static str) -> ParseError {
        ParseError { position: self.text[..self.at].chars().count(), expected }
    }

    /// Whether anything follows.
    fn skip_blanks(&mut self) -> bool {
        self.at = self.text.len() - self.rest().trim_start().len();
        self.at < self.text.len()
    }

    fn whole(&mut self) -> Result<Expr, ParseError> {
        let tree = self.alternatives()?;
        if self.skip_blanks() {
            return Err(self.expected("a term; this `)` closes nothing"));
        }
        Ok(tree)
    }

    fn alternatives(&mut self) -> Result<Expr, ParseError> {
        let mut groups = vec![self.group()?];
        while self.keyword("OR") {
            if groups.last() == Some(&None) {
                self.at -= "OR".len();
                return Err(self.expected("a term before `OR`"));
            }
            let next = self.group()?;
            if next.is_none() {
                return Err(self.expected("a term after `OR`"));
            }
            groups.push(next);
        }
        Ok(Expr::any_of(groups.into_iter().map(|group| group.unwrap_or(Expr::ALL)).collect()))
    }

    /// Terms up to `OR`, a closing bracket or the end; `None` without any.
    fn group(&mut self) -> Result<Option<Expr>, ParseError> {
        let mut terms = Vec::new();
        while self.skip_blanks() && !self.at_keyword("OR") && !self.rest().starts_with(')') {
            if self.keyword("AND") {
                if terms.is_empty() {
                    self.at -= "AND".len();
                    return Err(self.expected("a term before `AND`"));
                }
                let more = self.skip_blanks();
                if !more || self.rest().starts_with(')') || self.at_keyword("OR") || self.at_keyword("AND") {
                    return Err(self.expected("a term after `AND`"));
                }
            }
            terms.push(self.term()?);
        }
        if terms.is_empty() {
            return Ok(None);
        }
        Ok(Some(Expr::all_of(within_frames(terms))))
    }

    fn at_keyword(&self, word: &str) -> bool {
        starts_with_keyword(self.rest(), word)
    }

    /// Whether a bracket that was opened closes here.
    fn at_closing(&self) -> bool {
        self.depth > 0 && self.rest().starts_with(')')
    }

    fn keyword(&mut self, word: &str) -> bool {
        self.skip_blanks();
        let found = self.at_keyword(word);
        if found {
            self.at += word.len();
        }
        found
    }

    fn term(&mut self) -> Result<Expr, ParseError> {
        let denied = self.rest().starts_with('!') && !self.rest().starts_with("!=");
        if denied {
            self.at += 1;
            if self.rest().is_empty() || self.rest().starts_with(|c: char| c.is_whitespace() || c == ')') {
                return Err(self.expected("a term after `!`"));
            }
        }
        let term = self.bare_term()?;
        Ok(if denied { term.negated() } else { term })
    }

    fn bare_term(&mut self) -> Result<Expr, ParseError> {
        if self.rest().starts_with('(') {
            return self.bracket();
        }
        self.count()?;
        if self.rest().starts_with('"') {
            return self.quoted(None).map(|words| Leaf::Phrase(words).into());
        }
        let Some(Key { name: key, length, is_tag }) = self.key() else {
            let start = self.at;
            let word = self.word(None).to_owned();
            self.note_wildcards(&word, start)?;
            return Ok(Leaf::Text(word).into());
        };
        self.at += length;
        if self.rest().is_empty() || self.rest().starts_with(char::is_whitespace) || self.at_closing() {
            self.piece = Piece { start: self.at, end: self.at, open: true, quoted: false, key: Some(key) };
            return if self.lenient { Ok(Expr::ALL) } else { Err(self.expected(VALUE)) };
        }
        if self.rest().starts_with('[') {
            return self.list(key, is_tag);
        }
        let quoted = self.rest().starts_with('"');
        self.value(key, is_tag, quoted, |parser| {
            if quoted { parser.quoted(Some(key)) } else { Ok(parser.word(Some(key)).to_owned()) }
        })
    }

    /// What stands between brackets.
    fn bracket(&mut self) -> Result<Expr, ParseError> {
        if self.depth == DEPTH_MAX {
            return Err(self.expected("no more than 16 brackets inside each other"));
        }
        self.at += 1;
        self.depth += 1;
        let start = self.at;
        let inner = self.alternatives()?;
        self.skip_blanks();
        if !self.rest().starts_with(')') {
            return Err(self.expected("a closing `)`"));
        }
        if self.text[start..self.at].trim().is_empty() {
            return Err(self.expected("a term after `(`"));
        }
        self.at += 1;
        self.depth -= 1;
        Ok(inner)
    }

    /// `[a, b, "c d"]`: any of them.
    fn list(&mut self, key: &'a str, is_tag: bool) -> Result<Expr, ParseError> {
        let mut any = Vec::new();
        loop {
            // Past the bracket or the comma.
            self.at += 1;
            self.skip_blanks();
            if !any.is_empty() {
                self.count()?;
            }
            let quoted = self.rest().starts_with('"');
            any.push(self.value(key, is_tag, quoted, |parser| {
                if quoted { parser.quoted(Some(key)) } else { parser.item(key) }
            })?);
            self.skip_blanks();
            match self.rest().bytes().next() {
                Some(b',') => {}
                Some(b']') => break,
                _ => return Err(self.expected("`,` or `]`")),
            }
        }
        self.at += 1;
        Ok(Expr::any_of(any))
    }

    fn item(&mut self, key: &'a str) -> Result<String, ParseError> {
        let rest = self.rest();
        let end = rest.find([',', ']']).unwrap_or(rest.len());
        let item = rest[..end].trim_end();
        self.piece =
            Piece { start: self.at, end: self.at + item.len(), open: true, quoted: false, key: Some(key) };
        if item.is_empty() {
            return Err(self.expected("a value"));
        }
        self.at += end;
        Ok(item.to_owned())
    }

    /// One value, read by `read`, as the key understands it.
    fn value(
        &mut self,
        key: &str,
        is_tag: bool,
        quoted: bool,
        read: impl FnOnce(&mut Self) -> Result<String, ParseError>,
    ) -> Result<Expr, ParseError> {
        let start = self.at;
        let value = read(self)?;
        self.note_wildcards(&value, start)?;
        if is_tag {
            return Ok(Leaf::Tag { key: canonical_key(key), value }.into());
        }
        match keys::term(key, &value, quoted, self.now) {
            Ok(term) => Ok(term),
            Err(_) if self.lenient => Ok(Expr::ALL),
            Err(expected) => {
                self.at = start;
                Err(self.expected(expected))
            }
        }
    }

    fn count(&mut self) -> Result<(), ParseError> {
        if self.terms == TERMS_MAX {
            return Err(self.expected("no more than 64 terms"));
        }
        self.terms += 1;
        Ok(())
    }

    /// Every `*` costs the search work.
    fn note_wildcards(&mut self, value: &str, start: usize) -> Result<(), ParseError> {
        let behind = value.bytes().skip(1).chain([0]);
        let runs = value.bytes().zip(behind).filter(|&(b, next)| b == b'*' && next != b'*').count();
        self.patterns += usize::from(runs > 0);
        let expected = match runs {
            _ if runs > WILDCARDS_MAX => "no more than 8 `*` in a value",
            _ if self.patterns > PATTERNS_MAX => "no more than 32 values with `*`",
            _ => return Ok(()),
        };
        self.at = start;
        Err(self.expected(expected))
    }

    /// The key that stands here with a `:` behind it, if this is a key.
    fn key(&self) -> Option<Key<'a>> {
        let rest = self.rest();
        // `tags[key]` is the long way to name a tag, and the only one for keys that hold blanks.
        let long = rest.strip_prefix("tags[").and_then(|rest| rest.split_once("]:"));
        if let Some((key, _)) = long
            && !key.is_empty()
            && key.len() <= KEY_BYTES_MAX
            && !key.contains(['[', ']', '"', '\n'])
        {
            let length = "tags[".len() + key.len() + "]:".len();
            return Some(Key { name: key, length, is_tag: true });
        }
        let (key, value) = self.peek_word().split_once(':')?;
        let length = key.len() + 1;
        let found = is_key(key)
            && match value {
                "" => self.misses_value(key, &rest[length..]),
                _ => !value.starts_with([':', '\\']) && !value.starts_with("//"),
            };
        found.then_some(Key { name: key, length, is_tag: false })
    }

    /// Whether a key without a value is a mistake, and no word of a text such as `TypeError: x` or `panic: y`. What the
    /// language knows always is, anything else in small letters where nothing at all stands `behind` it.
    fn misses_value(&self, key: &str, behind: &str) -> bool {
        if key.starts_with(|c: char| c.is_ascii_uppercase()) {
            return false;
        }
        let behind = behind.trim_start();
        let ends = behind.is_empty()
            || (self.depth > 0 && behind.starts_with(')'))
            || ["OR", "AND"].iter().any(|word| starts_with_keyword(behind, word));
        keys::is_known(key) || (ends && !key.bytes().any(|b| b.is_ascii_uppercase()))
    }

    /// Up to a blank, or to the bracket that closes what was opened before.
    fn peek_word(&self) -> &'a str {
        let rest = self.rest();
        let mut open = 0u32;
        for (offset, c) in rest.char_indices() {
            match c {
                c if c.is_whitespace() => return &rest[..offset],
                '(' => open += 1,
                ')' if open > 0 => open -= 1,
                ')' if self.depth > 0 => return &rest[..offset],
                _ => {}
            }
        }
        rest
    }

    fn word(&mut self, key: Option<&'a str>) -> &'a str {
        let word = self.peek_word();
        self.piece = Piece { start: self.at, end: self.at + word.len(), open: true, quoted: false, key };
        self.at += word.len();
        word
    }

    /// Text in double quotes; `\"` and `\\` stand for themselves.
    fn quoted(&mut self, key: Option<&'a str>) -> Result<String, ParseError> {
        let mut text = String::new();
        let start = self.at + 1;
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((offset, c)) = chars.next() {
            match c {
                '"' => {
                    self.piece = Piece { start, end: self.at + offset, open: false, quoted: true, key };
                    self.at += offset + 1;
                    return Ok(text);
                }
                '\\' => match chars.next() {
                    Some((_, escaped @ ('"' | '\\'))) => text.push(escaped),
                    Some((_, other)) => text.extend(['\\', other]),
                    None => break,
                },
                other => text.push(other),
            }
        }
        self.at = self.text.len();
        self.piece = Piece { start, end: self.at, open: true, quoted: true, key };
        Err(self.expected("a closing `\"`"))
    }
}

fn starts_with_keyword(text: &str, word: &str) -> bool {
    let behind = text.strip_prefix(word);
    behind.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\n', '\r', '(', ')']))
}

fn is_key(key: &str) -> bool {
    let is_key_byte = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
    key.len() <= KEY_BYTES_MAX
        && key.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && key.bytes().all(is_key_byte)
}

/// Beside terms about frames, `in_app:` says which frames they mean, and nothing of its own.
fn within_frames(mut terms: Vec<Expr>) -> Vec<Expr> {
    let of = |term: &Expr| match term {
        Expr::Leaf(Leaf::InApp(own)) => Some(*own),
        Expr::Not(inner) => match **inner {
            Expr::Leaf(Leaf::InApp(own)) => Some(!own),
            _ => None,
        },
        _ => None,
    };
    let mut said = terms.iter().filter_map(of);
    let Some(own) = said.next() else { return terms };
    let is_frame = |leaf: &Leaf| matches!(leaf, Leaf::Frame { .. } | Leaf::File { .. });
    if said.any(|other| other != own) || !terms.iter().any(|term| term.any(&is_frame)) {
        return terms;
    }
    terms.retain(|term| of(term).is_none());
    let frames = if own { Frames::InApp } else { Frames::Library };
    for term in &mut terms {
        narrow(term, frames);
    }
    terms
}

fn narrow(term: &mut Expr, frames: Frames) {
    match term {
        Expr::Leaf(Leaf::Frame { of, .. } | Leaf::File { of, .. }) if *of == Frames::Any => *of = frames,
        Expr::Leaf(_) => {}
        Expr::Not(inner) => narrow(inner, frames),
        Expr::And(parts) | Expr::Or(parts) => parts.iter_mut().for_each(|part| narrow(part, frames)),
    }
}

#[cfg(test)]
mod tests;
