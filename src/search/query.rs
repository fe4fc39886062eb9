//! Reads what a person typed into a [`Query`]. Pure; every input either parses or says where it does not.
//!
//! Terms are parted by blanks and all must hold: `word`, `"some words"`, `key:value`, `key:"some value"`,
//! `has:key`, `is:unresolved`, each with `!` before it to deny it. A colon makes a key only where a key can stand:
//! `http://host`, `Vec::push`, `C:\temp`, `12:30` and `TypeError: text` stay words.

use crate::model::query::{Query, Term, TermKind};

pub const QUERY_BYTES_MAX: usize = 4096;
pub const TERMS_MAX: usize = 32;
/// Runs of `*` in one word or value.
pub const WILDCARDS_MAX: usize = 8;
const KEY_BYTES_MAX: usize = 200;

/// Where the text stops making sense, in characters from its start, and what could have stood there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} at character {position}")]
pub struct ParseError {
    pub position: usize,
    pub expected: &'static str,
}

pub fn parse(text: &str) -> Result<Query, ParseError> {
    let mut parser = Parser { text, at: 0 };
    if text.len() > QUERY_BYTES_MAX {
        parser.at = text.floor_char_boundary(QUERY_BYTES_MAX);
        return Err(parser.expected("a shorter query"));
    }
    let mut terms = Vec::new();
    while parser.skip_blanks() {
        if terms.len() == TERMS_MAX {
            return Err(parser.expected("no more than 32 terms"));
        }
        terms.push(parser.term()?);
    }
    Ok(Query { terms })
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
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

    fn term(&mut self) -> Result<Term, ParseError> {
        let negated = self.rest().starts_with('!') && !self.rest().starts_with("!=");
        if negated {
            self.at += 1;
            if self.rest().starts_with(char::is_whitespace) || self.rest().is_empty() {
                return Err(self.expected("a term after `!`"));
            }
        }
        let kind = self.kind()?;
        Ok(Term { negated, kind })
    }

    fn kind(&mut self) -> Result<TermKind, ParseError> {
        if self.rest().starts_with('"') {
            return self.quoted().map(TermKind::Phrase);
        }
        let Some(key) = self.key() else {
            let word = self.word().to_owned();
            return self.with_few_wildcards(word).map(TermKind::Text);
        };
        self.at += key.len() + 1;
        if self.at == self.text.len() || self.rest().starts_with(char::is_whitespace) {
            return Err(self.expected("a value after the key"));
        }
        let quoted = self.rest().starts_with('"');
        let value = if quoted { self.quoted()? } else { self.word().to_owned() };
        let value = self.with_few_wildcards(value)?;
        // `tags[key]` is the long way to name a tag.
        let key = key.strip_prefix("tags[").and_then(|k| k.strip_suffix(']')).unwrap_or(key);
        Ok(match key {
            "has" => TermKind::Has(value),
            "is" => TermKind::Is(value),
            _ => TermKind::Key { key: key.to_owned(), value },
        })
    }

    /// Every `*` costs the search work.
    fn with_few_wildcards(&self, value: String) -> Result<String, ParseError> {
        let ends = value
            .bytes()
            .zip(value.bytes().skip(1).chain([0]))
            .filter(|&(b, next)| b == b'*' && next != b'*');
        if ends.count() > WILDCARDS_MAX { Err(self.expected("no more than 8 `*`")) } else { Ok(value) }
    }

    /// The key that stands here with a `:` and a value behind it, if this is a key.
    fn key(&self) -> Option<&'a str> {
        let word = self.peek_word();
        let (key, value) = word.split_once(':')?;
        let bare = key.strip_prefix("tags[").and_then(|k| k.strip_suffix(']')).unwrap_or(key);
        let is_key_byte = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
        let known = matches!(key, "has" | "is");
        let well_formed = bare.len() <= KEY_BYTES_MAX
            && bare.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
            && bare.bytes().all(is_key_byte);
        let continues = !value.is_empty() && !value.starts_with([':', '\\']) && !value.starts_with("//");
        (well_formed && (continues || known)).then_some(key)
    }

    fn peek_word(&self) -> &'a str {
        let rest = self.rest();
        &rest[..rest.find(char::is_whitespace).unwrap_or(rest.len())]
    }

    fn word(&mut self) -> &'a str {
        let word = self.peek_word();
        self.at += word.len();
        word
    }

    /// Text in double quotes; `\"` and `\\` stand for themselves.
    fn quoted(&mut self) -> Result<String, ParseError> {
        let mut text = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((offset, c)) = chars.next() {
            match c {
                '"' => {
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
        Err(self.expected("a closing `\"`"))
    }
}

#[cfg(test)]
mod tests;
