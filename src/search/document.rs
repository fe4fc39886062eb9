//! An event as the index takes it in: its text by group, its exact terms, its numbers. Immutable once made.

use std::collections::HashSet;
use std::ops::ControlFlow;

use crate::model::event::Event;
use crate::model::issue::EventRef;
use crate::search::keys;
use crate::search::places::{self, Group};
use crate::search::words::SEPARATOR;

/// Text of one group (headline, frames, breadcrumbs, details) of one event; the rest is not searchable.
pub const TEXT_BYTES_MAX: usize = 32 * 1024;
/// One text within it: a minified source line or a dumped page must not crowd out the others.
pub(super) const ONE_TEXT_BYTES_MAX: usize = 2 * 1024;

/// What `Search::add` takes. Made off the writing path, on any thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    pub(super) seq: u64,
    pub(super) issue: u64,
    pub(super) project: u64,
    /// Milliseconds since 1970.
    pub(super) timestamp: i64,
    pub(super) texts: [String; 4],
    pub(super) keys: Vec<Vec<u8>>,
}

/// Makes the document of a recorded event.
pub fn document(event: &Event, at: &EventRef) -> Document {
    let mut texts: [String; 4] = Default::default();
    // Frames repeat their files, and breadcrumbs their categories: once is enough to be found.
    let mut seen: HashSet<(u8, &str), foldhash::fast::RandomState> = HashSet::default();
    let _ = places::walk(event, &mut |place, text| {
        let group = slot(place.group());
        if let std::borrow::Cow::Borrowed(text) = text
            && !seen.insert((group, text))
        {
            return ControlFlow::Continue(());
        }
        push(&mut texts[usize::from(group)], &text);
        ControlFlow::Continue(())
    });
    Document {
        seq: at.seq.0,
        issue: at.issue.0,
        project: at.project.0,
        timestamp: at.timestamp.as_millisecond(),
        texts,
        keys: keys::terms(event),
    }
}

/// The place of a group in `Document::texts`, in the order of `Fields::texts`.
fn slot(group: Group) -> u8 {
    match group {
        Group::Headline => 0,
        Group::Frame => 1,
        Group::Breadcrumb => 2,
        Group::Detail => 3,
    }
}

fn push(all: &mut String, text: &str) {
    let room = TEXT_BYTES_MAX.saturating_sub(all.len() + 1);
    let kept = text.floor_char_boundary(ONE_TEXT_BYTES_MAX.min(room));
    if kept > 0 {
        if !all.is_empty() {
            all.push(SEPARATOR);
        }
        all.push_str(&text[..kept]);
    }
}
