//! Gives `words` to the engine.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use crate::search::words::{Words, fold_into};

#[derive(Clone, Default)]
pub(super) struct Analyzer {
    token: Token,
}

pub(super) struct Stream<'a> {
    text: &'a str,
    words: Words<'a>,
    token: &'a mut Token,
}

impl Tokenizer for Analyzer {
    type TokenStream<'a> = Stream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Stream<'a> {
        self.token.reset();
        Stream { text, words: Words::new(text), token: &mut self.token }
    }
}

impl TokenStream for Stream<'_> {
    fn advance(&mut self) -> bool {
        let Some(word) = self.words.next() else { return false };
        self.token.offset_from = word.start;
        self.token.offset_to = word.end;
        self.token.position = word.position;
        fold_into(&self.text[word.start..word.end], &mut self.token.text);
        true
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}
