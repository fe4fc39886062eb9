//! Finds the patterns of a ruleset that fit a frame.
//!
//! A pattern is looked for only where it can be: exact names in a map, patterns that begin with a literal by their
//! first byte, the others through one Aho-Corasick pass over the value. What was found is remembered for a while,
//! because the same frames come again and again.

use std::collections::HashMap;

use aho_corasick::AhoCorasick;

use crate::digest::grouping::rules::matching::FrameFacts;
use crate::digest::grouping::rules::{Atom, Field, glob};

pub(super) mod seen;

/// The patterns of one field by how they can be found.
#[derive(Debug, Default)]
struct FieldIndex {
    exact: HashMap<Box<str>, Vec<u16>, foldhash::fast::FixedState>,
    /// By the first byte of the literal they begin with.
    prefixed: HashMap<u8, Vec<u16>, foldhash::fast::FixedState>,
    /// Atoms by number of the literal in `searcher`.
    searched: Vec<u16>,
    searcher: Option<AhoCorasick>,
    rest: Vec<u16>,
}

#[derive(Debug)]
pub(super) struct Index {
    fields: [FieldIndex; 4],
}

impl Index {
    pub(super) fn new(atoms: &[Atom]) -> Self {
        Self { fields: Field::ALL.map(|field| FieldIndex::new(atoms, field)) }
    }

    /// The atoms that fit a frame, without order.
    fn find(&self, atoms: &[Atom], frame: &FrameFacts, scratch: &mut String, found: &mut Vec<u16>) {
        self.fields[0].find(atoms, frame.function, None, found);
        if let Some(module) = frame.module {
            self.fields[1].find(atoms, module, None, found);
        }
        for (field, value) in [(2, frame.package), (3, frame.path)] {
            if let Some(value) = value {
                lower_path(value, scratch);
                // What has no `/` in front is looked for with one as well.
                if value.starts_with(['/', '\\']) {
                    self.fields[field].find(atoms, scratch, None, found);
                } else {
                    self.fields[field].find(atoms, &scratch[1..], Some(scratch), found);
                }
            }
        }
    }
}

/// Lower case, `/` for `\`, always with one more `/` in front of what has none.
fn lower_path(value: &str, into: &mut String) {
    into.clear();
    if !value.starts_with(['/', '\\']) {
        into.push('/');
    }
    if value.is_ascii() {
        into.extend(
            value.bytes().map(|byte| if byte == b'\\' { '/' } else { byte.to_ascii_lowercase() as char }),
        );
    } else {
        into.extend(value.chars().flat_map(char::to_lowercase).map(|c| if c == '\\' { '/' } else { c }));
    }
}

impl FieldIndex {
    fn new(atoms: &[Atom], field: Field) -> Self {
        let mut index = Self::default();
        let mut literals = Vec::new();
        for (id, atom) in (0u16..).zip(atoms).filter(|(_, atom)| atom.field == field) {
            if let glob::Test::Exact(literal) = &atom.glob.test {
                index.exact.entry(literal.clone()).or_default().push(id);
            } else if let Some(first) = atom.glob.prefix.as_ref().and_then(|prefix| prefix.bytes().next()) {
                index.prefixed.entry(first).or_default().push(id);
            } else if let Some(literal) = &atom.glob.literal {
                literals.push(literal.to_string());
                index.searched.push(id);
            } else {
                index.rest.push(id);
            }
        }
        index.searcher = AhoCorasick::new(&literals).ok().filter(|_| !literals.is_empty());
        if index.searcher.is_none() {
            index.rest.append(&mut index.searched);
        }
        index
    }

    /// `rooted` is the same value behind a `/`, which paths may match as well.
    fn find(&self, atoms: &[Atom], value: &str, rooted: Option<&str>, found: &mut Vec<u16>) {
        let before = found.len();
        for value in [Some(value), rooted].into_iter().flatten() {
            if let Some(ids) = self.exact.get(value) {
                found.extend(ids);
            }
            let first = value.bytes().next();
            if let Some(ids) = first.and_then(|first| self.prefixed.get(&first)) {
                let fits = |id: &&u16| {
                    let glob = &atoms[usize::from(**id)].glob;
                    glob.prefix.as_deref().is_some_and(|prefix| value.starts_with(prefix))
                        && glob.matches(value)
                };
                found.extend(ids.iter().filter(fits));
            }
        }
        let fits = |id: u16| {
            let glob = &atoms[usize::from(id)].glob;
            glob.matches(value) || rooted.is_some_and(|rooted| glob.matches(rooted))
        };
        if let Some(searcher) = &self.searcher {
            for hit in searcher.find_overlapping_iter(rooted.unwrap_or(value)) {
                let id = self.searched[hit.pattern().as_usize()];
                if !found[before..].contains(&id) && fits(id) {
                    found.push(id);
                }
            }
        }
        found.extend(self.rest.iter().copied().filter(|&id| fits(id)));
    }
}
