//! The names of a look-up file, each once, by number.

use std::collections::HashMap;
use std::sync::Arc;

use crate::artifacts::layout::ANONYMOUS;

#[derive(Default)]
pub struct Strings {
    numbers: HashMap<Arc<str>, u32, foldhash::fast::RandomState>,
    all: Vec<Arc<str>>,
}

impl Strings {
    pub fn insert(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = u32::try_from(self.all.len()).unwrap_or(ANONYMOUS).min(ANONYMOUS - 1);
        let text: Arc<str> = text.into();
        self.numbers.insert(Arc::clone(&text), number);
        self.all.push(text);
        number
    }

    pub fn all(&self) -> &[Arc<str>] {
        &self.all
    }
}
