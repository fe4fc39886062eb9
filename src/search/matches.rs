//! Says where in an event a query matched: a short text with the found words marked. Read from the event itself,
//! with the index's own tokenizer, so that the index stores no text.

use std::ops::ControlFlow;

use crate::model::event::Event;
use crate::model::pattern::{fits, fits_path};
use crate::model::query::{Frames, Leaf, Part, Query};
use crate::search::document::one_text_bytes_max;
use crate::search::keys;
use crate::search::needle::Needle;
use crate::search::places::{self, Group};
use crate::search::words::{Words, fold};

pub const MATCHES_MAX: usize = 3;
pub const SNIPPET_CHARS_MAX: usize = 160;
/// What is shown before the first found word of a longer text.
const LEAD_CHARS: usize = 40;
pub const HIGHLIGHTS_MAX: usize = 8;

/// One place that matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// In a person's words: ``frame 3 of `PaymentError` ``, `breadcrumb http`, `request URL`, `tag browser`.
    pub place: String,
    pub snippet: String,
    /// What was found in the snippet, in characters from its start, `[from, to)`, in order and apart.
    pub highlights: Vec<(usize, usize)>,
}

/// The places that best explain why the event matches: first one for every term, then further ones for any.
/// At most [`MATCHES_MAX`]; none for a query that asks for nothing in particular.
pub fn matches(event: &Event, query: &Query) -> Vec<Match> {
    let mut terms: Vec<(Place<'_>, Needle)> = Vec::new();
    query.tree.each(&mut |leaf, denied| terms.extend(needle_of(leaf).filter(|_| !denied)));
    terms.retain(|(_, needle)| *needle != Needle::Nothing);
    let mut found = values(event, query);
    found.truncate(MATCHES_MAX);
    if terms.is_empty() {
        return found;
    }
    let mut further = Vec::new();
    let mut shown = vec![false; terms.len()];
    let _ = places::walk(event, &mut |place, text| {
        let text = &text[..text.floor_char_boundary(one_text_bytes_max(place.group()))];
        let tokens = tokens(text);
        let (mut spans, mut new) = (Vec::new(), false);
        for (index, (group, needle)) in terms.iter().enumerate() {
            if group.asks_for(place.group(), text) && find(needle, &tokens, &mut spans) {
                new |= !std::mem::replace(&mut shown[index], true);
            }
        }
        if !spans.is_empty() {
            let list = if new { &mut found } else { &mut further };
            let label = place.label();
            // A frame's function and source line are two texts of one place: the first one speaks for both.
            if list.len() < MATCHES_MAX && (new || list.iter().all(|shown: &Match| shown.place != label)) {
                list.push(shorten(label, text, spans));
            }
        }
        let full = shown.iter().all(|&shown| shown) && found.len() + further.len() >= MATCHES_MAX;
        if full { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    for other in further {
        if found.len() < MATCHES_MAX && found.iter().all(|shown| shown.place != other.place) {
            found.push(other);
        }
    }
    found.truncate(MATCHES_MAX);
    found
}

/// Which texts a term looks into.
#[derive(Clone, Copy)]
enum Place<'q> {
    Anywhere,
    Part(Part),
    Frames(Frames),
    /// Paths that fit.
    Files(Frames, &'q str),
}

impl Place<'_> {
    fn asks_for(self, group: Group, text: &str) -> bool {
        match self {
            Self::Anywhere => true,
            Self::Part(Part::Headline) => group == Group::Headline,
            Self::Part(Part::Breadcrumb) => group == Group::Breadcrumb,
            Self::Frames(Frames::Any) => matches!(group, Group::Frame | Group::Library),
            Self::Frames(Frames::InApp) => group == Group::Frame,
            Self::Frames(Frames::Library) => group == Group::Library,
            Self::Files(of, path) => Self::Frames(of).asks_for(group, text) && fits_path(path, text),
        }
    }
}

fn needle_of(leaf: &Leaf) -> Option<(Place<'_>, Needle)> {
    Some(match leaf {
        Leaf::Text(text) => (Place::Anywhere, Needle::new(text)),
        Leaf::Phrase(text) => (Place::Anywhere, Needle::phrase(text)),
        Leaf::Words { part, text } => (Place::Part(*part), Needle::value(text)),
        Leaf::Frame { text, of } => (Place::Frames(*of), Needle::value(text)),
        Leaf::File { path, of } => (Place::Files(*of, path), Needle::value(path)),
        _ => return None,
    })
}

/// What `key:value` terms found: the whole value.
fn values(event: &Event, query: &Query) -> Vec<Match> {
    let mut found = Vec::new();
    query.tree.each(&mut |leaf, denied| {
        if denied || found.len() == MATCHES_MAX {
            return;
        }
        let mut first = None;
        keys::each(event, &mut |name, held| {
            if first.is_none() && is_value(leaf, name, held) {
                let place = if event.tag(name).is_some() { format!("tag {name}") } else { name.to_owned() };
                first = Some(shorten(place, held, vec![(0, held.len())]));
            }
        });
        found.extend(first);
    });
    found
}

fn is_value(leaf: &Leaf, name: &str, held: &str) -> bool {
    match leaf {
        Leaf::Tag { key, value } => {
            keys::folded(name) == *key && fits(&keys::folded(value), &keys::folded(held))
        }
        Leaf::User(value) => {
            matches!(name, "user" | "user.id" | "user.email" | "user.username" | "user.ip")
                && fits(&keys::folded(value), &keys::folded(held))
        }
        Leaf::Release(test) => name == "release" && test.holds(held),
        _ => false,
    }
}

struct Token {
    position: usize,
    start: usize,
    end: usize,
    folded: String,
}

fn tokens(text: &str) -> Vec<Token> {
    let words = Words::new(text);
    words
        .map(|w| Token {
            position: w.position,
            start: w.start,
            end: w.end,
            folded: fold(&text[w.start..w.end]),
        })
        .collect()
}

/// Adds where the needle stands (bytes); whether it stands there at all.
fn find(needle: &Needle, tokens: &[Token], spans: &mut Vec<(usize, usize)>) -> bool {
    let before = spans.len();
    match needle {
        Needle::Words(sequences) => {
            for sequence in sequences {
                spans.extend((0..tokens.len()).filter_map(|from| stands_at(sequence, &tokens[from..])));
            }
        }
        Needle::Patterns(patterns) => {
            for pattern in patterns {
                let found = tokens.iter().filter(|token| fits(pattern, &token.folded));
                let count = spans.len();
                spans.extend(found.map(|token| (token.start, token.end)));
                if spans.len() == count {
                    spans.truncate(before);
                    return false;
                }
            }
        }
        Needle::Nothing => {}
    }
    spans.len() > before
}

/// The stretch of text that the words fill if they stand at the first token and onward.
fn stands_at(words: &[String], tokens: &[Token]) -> Option<(usize, usize)> {
    let first = tokens.first()?;
    let mut end = 0;
    for (offset, word) in words.iter().enumerate() {
        let position = first.position + offset;
        let candidates = if offset == 0 { &tokens[..1] } else { tokens };
        let here = candidates.iter().take_while(|t| t.position <= position);
        end = here.filter(|t| t.position == position).find(|t| t.folded == *word)?.end;
    }
    Some((first.start, end))
}

/// Cuts the text around the first span and counts in characters.
fn shorten(place: String, text: &str, mut spans: Vec<(usize, usize)>) -> Match {
    spans.sort_unstable();
    let chars = text.chars().count();
    let first = spans.first().map_or(0, |span| text[..span.0].chars().count());
    let from = if chars <= SNIPPET_CHARS_MAX { 0 } else { first.saturating_sub(LEAD_CHARS) };
    let mut snippet = String::new();
    if from > 0 {
        snippet.push('…');
    }
    let lead = usize::from(from > 0);
    let mut highlights: Vec<(usize, usize)> = Vec::new();
    for (index, (offset, c)) in text.char_indices().skip(from).take(SNIPPET_CHARS_MAX).enumerate() {
        if spans.iter().any(|&(start, end)| start <= offset && offset < end) {
            let at = index + lead;
            if let Some(last) = highlights.last_mut().filter(|last| last.1 == at) {
                last.1 += 1;
            } else if highlights.len() < HIGHLIGHTS_MAX {
                highlights.push((at, at + 1));
            }
        }
        snippet.push(if c.is_control() { ' ' } else { c });
    }
    if from + SNIPPET_CHARS_MAX < chars {
        snippet.push('…');
    }
    Match { place, snippet, highlights }
}

#[cfg(test)]
mod tests;
