//! What each thread remembers of frames it has seen: which patterns of which ruleset fit them.
//!
//! Bounded, seeded at random for each thread, and only a shortcut: forgetting all of it changes no result.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};

use crate::digest::grouping::rules::StackRules;
use crate::digest::grouping::rules::matching::FrameFacts;

/// Frames a thread remembers, about 200 bytes each at most.
const FRAMES_MAX: usize = 8192;

#[derive(Default)]
struct Seen {
    seed: foldhash::quality::RandomState,
    atoms: HashMap<u64, Box<[u16]>, foldhash::fast::RandomState>,
    found: Vec<u16>,
    scratch: String,
}

thread_local! {
    static SEEN: RefCell<Seen> = RefCell::default();
}

/// Calls `use_atoms` with the numbers of the patterns that fit.
pub(in crate::digest::grouping::rules) fn with_atoms(
    rules: &StackRules,
    frame: &FrameFacts,
    use_atoms: impl FnOnce(&[u16]),
) {
    SEEN.with_borrow_mut(|seen| {
        let key = key(&seen.seed, rules, frame);
        if let Some(atoms) = seen.atoms.get(&key) {
            return use_atoms(atoms);
        }
        seen.found.clear();
        rules.index.find(&rules.atoms, frame, &mut seen.scratch, &mut seen.found);
        use_atoms(&seen.found);
        if seen.atoms.len() >= FRAMES_MAX {
            seen.atoms.clear();
        }
        seen.atoms.insert(key, seen.found.as_slice().into());
    });
}

fn key(seed: &foldhash::quality::RandomState, rules: &StackRules, frame: &FrameFacts) -> u64 {
    let mut hasher = seed.build_hasher();
    hasher.write_u64(rules.id);
    for text in [Some(frame.function), frame.module, frame.package, frame.path] {
        // The length keeps two fields from being read as one.
        hasher.write_usize(text.map_or(usize::MAX, str::len));
        hasher.write(text.unwrap_or_default().as_bytes());
    }
    hasher.finish()
}
