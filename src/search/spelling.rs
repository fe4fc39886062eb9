//! How people wrote what terms hold in lower case, for showing it.
//!
//! An event that writes a value or a key with capitals has a second term beside the folded one, which ends with what was
//! written (`keys::spelled`). So each segment tells of its own terms how they are written, and by how many events.

use std::cmp::Reverse;

use tantivy::index::InvertedIndexReader;
use tantivy::postings::TermInfo;

use crate::search::{SearchError, keys};

/// Ways of writing one term that are looked at in one segment.
const SPELLINGS_MAX: usize = 32;

/// Whether a term that stands for a spelling counts.
pub(super) type IsAsked<'a> = dyn Fn(&[u8], &TermInfo) -> Result<bool, SearchError> + 'a;

/// How most events of a segment write a term that it holds, of those spellings that count; `None`: as the term does.
pub(super) fn prevalent(
    index: &InvertedIndexReader,
    term: &[u8],
    is_asked: &IsAsked<'_>,
) -> Result<Option<String>, SearchError> {
    let start = keys::spelled(term, "");
    let mut terms = index.terms().range().ge(&start).into_stream()?;
    let mut written = Vec::new();
    while written.len() < SPELLINGS_MAX && terms.advance() && terms.key().starts_with(&start) {
        let Ok(text) = std::str::from_utf8(&terms.key()[start.len()..]) else { continue };
        // Of a value that holds a zero byte, the part before it is another value.
        if term.ends_with(keys::folded(text).as_bytes()) {
            written.push((terms.key().to_vec(), text.to_owned(), terms.value().clone()));
        }
    }
    if written.is_empty() {
        return Ok(None);
    }
    let all = index.terms().get(term)?.map_or(0, |info| info.doc_freq);
    let otherwise: u32 = written.iter().map(|(_, _, info)| info.doc_freq).sum();
    let as_it_stands = all.saturating_sub(otherwise);
    written.sort_by_key(|(_, _, info)| Reverse(info.doc_freq));
    for (term, text, info) in written {
        if info.doc_freq < as_it_stands {
            break;
        }
        if is_asked(&term, &info)? {
            return Ok(Some(text));
        }
    }
    Ok(None)
}
