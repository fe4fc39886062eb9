//! The facts that claims are held against, and how their ids are read out of what a model wrote.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::explain::cite::quotes::{Quote, QuoteKind, amounts, plain};
use crate::model::explanation::{EvidencePack, ToolCall};

/// Ids in a list that was written as one text, and in brackets or backticks.
static ID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[A-Za-z]+(?::[A-Za-z0-9.@+/$_~-]*[A-Za-z0-9_$~])?").expect("a tested pattern")
});
/// Ids that stand in a sentence.
static CITED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?-u:\b)(?:exception|frame|local|crumb|tag|context|span|log|release|commit|deploy|finding|similar|contrast|annotation|call)",
        r":[A-Za-z0-9.@+/$_~-]*[A-Za-z0-9_$~]"
    ))
    .expect("a tested pattern")
});
/// Kinds whose ids begin with a number: nobody means anything else by them. `tag:latest` may be an image.
const NUMBERED: [&str; 7] = ["exception:", "frame:", "local:", "crumb:", "finding:", "contrast:", "call:"];

struct Text {
    plain: String,
    amounts: Vec<String>,
}

pub struct Known<'a> {
    /// In the pack's order.
    order: Vec<String>,
    texts: HashMap<String, Text>,
    pack: &'a EvidencePack,
    calls: &'a [ToolCall],
}

impl<'a> Known<'a> {
    pub fn of(pack: &'a EvidencePack, calls: &'a [ToolCall]) -> Self {
        let facts = pack.facts.iter().map(|fact| (fact.id.clone(), fact.text.as_str()));
        let calls_made = calls
            .iter()
            .enumerate()
            .map(|(index, call)| (format!("call:{}", index + 1), call.result.as_str()));
        let (mut order, mut texts) = (Vec::new(), HashMap::new());
        for (id, text) in facts.chain(calls_made) {
            order.push(id.clone());
            texts.insert(id, Text { plain: plain(text), amounts: amounts(text) });
        }
        Self { order, texts, pack, calls }
    }

    pub fn has(&self, id: &str) -> bool {
        self.texts.contains_key(id)
    }

    /// A quote that is an id: `frame:2` between backticks.
    pub fn is_id(&self, text: &str) -> bool {
        self.has(text)
    }

    pub fn holds(&self, id: &str, quote: &Quote) -> bool {
        let Some(text) = self.texts.get(id) else { return false };
        match quote.kind {
            QuoteKind::Amount => text.amounts.contains(&quote.plain),
            QuoteKind::Text => quote.parts().all(|part| text.plain.contains(part)),
        }
    }

    /// The first fact that has it.
    pub fn find(&self, quote: &Quote) -> Option<&str> {
        self.order.iter().find(|id| self.holds(id, quote)).map(String::as_str)
    }

    /// Whether any fact, or what a tool gave, has this text as it is.
    pub fn says(&self, text: &str) -> bool {
        self.pack.facts.iter().any(|fact| fact.text.contains(text))
            || self.calls.iter().any(|call| call.result.contains(text))
    }
}

/// `[crumb:7], frame:2` are two.
pub fn ids_in(text: &str) -> Vec<String> {
    let found = ID.find_iter(text).map(|id| id.as_str().to_owned());
    found.collect()
}

/// Those of a sentence that are ids, or can be meant as nothing else.
pub fn cited_in(text: &str, known: &Known<'_>) -> Vec<String> {
    let is_numbered = |id: &str| {
        NUMBERED.iter().any(|kind| {
            id.strip_prefix(kind).is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
        })
    };
    let found = CITED.find_iter(text).map(|id| id.as_str());
    found.filter(|id| known.has(id) || is_numbered(id)).map(str::to_owned).collect()
}
