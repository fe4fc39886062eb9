//! A search, parsed: what `search` makes of the words a person typed.

/// All terms must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    pub terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// `!key:value`.
    pub negated: bool,
    pub kind: TermKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TermKind {
    /// A word that may stand anywhere in the event, whole or as a part of an identifier.
    Text(String),
    /// Words that stand side by side.
    Phrase(String),
    /// `key:value`: a tag or a field. The value may hold `*`.
    Key { key: String, value: String },
    /// `has:key`.
    Has(String),
    /// `is:unresolved` and its kin: the state, which lives in the store.
    Is(String),
}
