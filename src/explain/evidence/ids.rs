//! Ids of facts: short, of harmless letters, each once in a pack.

use std::collections::HashSet;

const ID_CHARS_MAX: usize = 60;

#[derive(Default)]
pub struct Ids(HashSet<String>);

impl Ids {
    /// `kind:name`; what is taken already gets a number.
    pub fn take(&mut self, kind: &str, name: &str) -> String {
        let name: String = name.chars().take(ID_CHARS_MAX).map(harmless).collect();
        let id = if name.is_empty() { kind.to_owned() } else { format!("{kind}:{name}") };
        if self.0.insert(id.clone()) {
            return id;
        }
        let numbers = 2..=self.0.len() + 2;
        let numbered = numbers.map(|number| format!("{id}~{number}")).find(|id| !self.0.contains(id));
        let id = numbered.unwrap_or(id);
        self.0.insert(id.clone());
        id
    }
}

/// What ids consist of: letters that mean nothing to a fence, a list or Markdown.
fn harmless(letter: char) -> char {
    if letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_' | '@' | '+' | '/' | '$') {
        letter
    } else {
        '_'
    }
}
