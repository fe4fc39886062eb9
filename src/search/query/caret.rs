//! Where in a query the caret stands, read with the grammar itself: what completion asks first.

use jiff::Timestamp;

use crate::search::query::{Parser, QUERY_BYTES_MAX, is_key};

/// What is being typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caret {
    /// What a completion replaces, in characters from the start of the query: `[from, to)`.
    pub from: usize,
    pub to: usize,
    /// What stands there before the caret.
    pub typed: String,
    pub spot: Spot,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spot {
    /// A key or a word begins here.
    Term,
    Value {
        key: String,
        quoted: bool,
    },
}

/// `position`: characters before the caret.
pub fn caret(query: &str, position: usize) -> Caret {
    let bounded = &query[..query.floor_char_boundary(QUERY_BYTES_MAX)];
    let at = bounded.char_indices().nth(position).map_or(bounded.len(), |(at, _)| at);
    let (before, behind) = bounded.split_at(at);
    let mut parser = Parser { lenient: true, ..Parser::over(before, Timestamp::UNIX_EPOCH) };
    // Brackets that close nothing and the like: what was read before them still stands.
    let _ = parser.whole();
    let piece = parser.piece;
    let chars = |bytes: usize| query[..bytes].chars().count();
    if !piece.open || piece.end != before.len() {
        let from = chars(before.len());
        return Caret { from, to: from + term_end(behind, false), typed: String::new(), spot: Spot::Term };
    }
    let typed = &before[piece.start..];
    let to = chars(before.len()) + term_end(behind, piece.quoted);
    let value = |start: usize, key: &str, quoted: bool| Caret {
        from: chars(start),
        to,
        typed: before[start..].to_owned(),
        spot: Spot::Value { key: key.to_owned(), quoted },
    };
    match piece.key {
        Some(key) => value(piece.start, key, piece.quoted),
        // `TypeError:` with nothing behind it is a word to the grammar.
        None if !piece.quoted && typed.ends_with(':') && is_key(&typed[..typed.len() - 1]) => {
            value(before.len(), &typed[..typed.len() - 1], false)
        }
        None => Caret { from: chars(piece.start), to, typed: typed.to_owned(), spot: Spot::Term },
    }
}

/// How many characters behind the caret belong to what is being typed.
fn term_end(behind: &str, quoted: bool) -> usize {
    let ends = |c: char| if quoted { c == '"' } else { c.is_whitespace() || matches!(c, ')' | ']' | ',') };
    behind.chars().take_while(|&c| !ends(c)).count()
}
