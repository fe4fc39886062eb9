//! A fact as it is drafted: redacted, inert, cut with a mark, and how early it is to stand.

use serde_json::Value;

use crate::explain::evidence::fence::inert;
use crate::explain::evidence::ids::Ids;
use crate::explain::redact::Redactor;
use crate::model::explanation::{Fact, FactKind, FactPlace};

/// Where a text was cut.
pub const CUT: &str = " …[cut]";

/// How early a fact stands. Facts of one rank keep the order in which they were drafted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// Without it nothing can be said.
    Decisive,
    /// What is most likely to hold the reason.
    Telling,
    /// What a reason is checked with.
    Supporting,
    /// All else, in breadth.
    Broad,
    /// Seldom of use, such as frames of libraries.
    Remote,
}

pub struct Drafts<'a> {
    pub redactor: &'a mut Redactor,
    ids: Ids,
    facts: Vec<(Rank, Fact)>,
}

impl<'a> Drafts<'a> {
    pub fn new(redactor: &'a mut Redactor) -> Self {
        Self { redactor, ids: Ids::default(), facts: Vec::new() }
    }

    /// `text` is redacted already; `name` is what the id says after the kind's word.
    pub fn add(
        &mut self,
        rank: Rank,
        kind: FactKind,
        name: &str,
        text: &str,
        place: Option<FactPlace>,
    ) -> String {
        let word = word(kind);
        let name = match kind {
            // Of hashes and versions, which look random.
            FactKind::Commit | FactKind::Release | FactKind::Span => self.redactor.redact_name(name),
            _ => self.redactor.redact(name),
        };
        let id = self.ids.take(word, &name);
        self.facts.push((rank, Fact { id: id.clone(), kind, text: inert(text), place }));
        id
    }

    /// The most telling first.
    pub fn into_facts(mut self) -> Vec<Fact> {
        self.facts.sort_by_key(|(rank, _)| *rank);
        self.facts.into_iter().map(|(_, fact)| fact).collect()
    }

    /// A text as a fact has it: redacted whole, then cut, so that no half of a secret is left.
    pub fn text(&mut self, text: &str, chars_max: usize) -> String {
        cut(&self.redactor.redact(text), chars_max)
    }

    pub fn line(&mut self, text: &str, chars_max: usize) -> String {
        one_line(&self.text(text, chars_max))
    }

    /// What a file, a function, a release is called: random parts are hashes of a build.
    pub fn name(&mut self, text: &str, chars_max: usize) -> String {
        one_line(&cut(&self.redactor.redact_name(text), chars_max))
    }

    /// A value under its key, as compact JSON; a text without its quotes.
    pub fn value(&mut self, key: &str, value: &Value, chars_max: usize) -> String {
        let redacted = self.redactor.redact_value(key, value);
        let text = match &redacted {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        one_line(&cut(&text, chars_max))
    }

    pub fn member(&mut self, key: &str, text: &str, chars_max: usize) -> String {
        one_line(&cut(&self.redactor.redact_member(key, text), chars_max))
    }
}

fn word(kind: FactKind) -> &'static str {
    match kind {
        FactKind::Issue => "issue",
        FactKind::Exception => "exception",
        FactKind::Frame => "frame",
        FactKind::Local => "local",
        FactKind::Crumb => "crumb",
        FactKind::Request => "request",
        FactKind::Tag => "tag",
        FactKind::Context => "context",
        FactKind::Span => "span",
        FactKind::Log => "log",
        FactKind::Release => "release",
        FactKind::Commit => "commit",
        FactKind::Deploy => "deploy",
        FactKind::Finding => "finding",
        FactKind::Similar => "similar",
        FactKind::Contrast => "contrast",
        FactKind::Annotation => "annotation",
    }
}

pub fn cut(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        Some((end, _)) => format!("{}{CUT}", &text[..end]),
        None => text.to_owned(),
    }
}

fn one_line(text: &str) -> String {
    if text.contains(['\n', '\t']) {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    } else {
        text.to_owned()
    }
}
