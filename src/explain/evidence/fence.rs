//! Fences around facts: what a model reads as a fact's text cannot end it, begin another, or speak in another's role.
//!
//! The name of a fence follows from the facts: nobody who writes an event knows it, and the same facts have the same. Inside, each line
//! begins with a bar, so that nothing stands where a fence or a heading would; and what looks like a fence, or like the marks by which
//! models tell system from user, is written with other letters.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::explain::tokens;
use crate::model::explanation::{EvidencePack, Fact};

/// Digits of a fence's name.
const NAME_DIGITS: usize = 12;

/// Marks of roles and ends, of common models' templates, and fences like ours.
static MARKS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)<\s*/?\s*(?:fact|evidence|system|assistant|user|human|tool|im_start|im_end|start_of_turn|end_of_turn|instructions?|think)(?-u:\b)",
        r"|<\||\|>|\[/?INST\]|<</?SYS>>|</?s>|<｜|｜>|\[\[|\]\]"
    ))
    .expect("a tested pattern")
});

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence(String);

impl Fence {
    pub fn of(pack: &EvidencePack) -> Self {
        Self(pack.digest.chars().take(NAME_DIGITS).collect())
    }

    pub fn name(&self) -> &str {
        &self.0
    }

    pub fn fact(&self, fact: &Fact) -> String {
        fenced(&self.0, fact)
    }
}

/// What a fact takes at most, whatever its fence is called: a name of digits has a token for each.
pub(super) fn tokens_of(fact: &Fact) -> u32 {
    tokens::estimate(&fenced(&"0".repeat(NAME_DIGITS), fact))
}

fn fenced(name: &str, fact: &Fact) -> String {
    let mut text = format!("<fact-{name} id=\"{}\">\n", fact.id);
    for line in fact.text.lines() {
        text.push_str("| ");
        text.push_str(line);
        text.push('\n');
    }
    text.push_str("</fact-");
    text.push_str(name);
    text.push_str(">\n");
    text
}

/// Without marks that a model, or a page of Markdown, would take for its own.
pub fn inert(text: &str) -> String {
    let other = |found: &Captures<'_>| {
        found[0]
            .replace('<', "‹")
            .replace('>', "›")
            .replace('[', "⟦")
            .replace(']', "⟧")
            .replace(['|', '｜'], "¦")
    };
    MARKS.replace_all(text, other).into_owned()
}
