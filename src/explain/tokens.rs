//! How many tokens a text is at most, whoever counts: no model's own tokenizer is here, and none may count more.
//!
//! Common tokenizers (byte-pair and unigram, 32,000 to 256,000 tokens) have whole words for common ones, about four letters a token in
//! English and three in code. Counted here: a token for each three letters begun of a word, and words end where the case rises;
//! a token for each digit, since some (Llama, Gemma, Qwen) never join them; a token for each sign, although most join some; nothing for
//! one space before a word, which is part of it, and a token for one before a digit, for a longer run of white space or a line's end. Other scripts fall back to
//! bytes where a tokenizer does not know a letter: two tokens for letters of two bytes, and as many as bytes for longer ones.

/// Letters of a word that are a token: English has four and more, code three.
const LETTERS_A_TOKEN: u32 = 3;

pub fn estimate(text: &str) -> u32 {
    let mut tokens: u32 = 0;
    let mut letters: u32 = 0;
    let mut spaces: u32 = 0;
    let mut was_lower = false;
    for letter in text.chars() {
        if letter.is_ascii_alphabetic() {
            if letter.is_ascii_uppercase() && was_lower {
                letters = 0;
            }
            if letters.is_multiple_of(LETTERS_A_TOKEN) {
                tokens = tokens.saturating_add(1);
            }
            letters += 1;
            was_lower = letter.is_ascii_lowercase();
            spaces = 0;
            continue;
        }
        (letters, was_lower) = (0, false);
        if letter == ' ' || letter == '\t' {
            spaces += 1;
            // The first is part of the word after it, if it is a word.
            tokens = tokens.saturating_add(u32::from(spaces == 2));
            continue;
        }
        let space = u32::from(spaces == 1 && letter.is_ascii_digit());
        spaces = 0;
        let more = match letter.len_utf8() {
            1 => 1 + space,
            2 => 2,
            bytes => u32::try_from(bytes).unwrap_or(4),
        };
        tokens = tokens.saturating_add(more);
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::estimate;

    #[test]
    fn never_fewer_than_tokenizers_count() {
        // The most that one of gpt2, p50k, cl100k and o200k counts, as their makers' cookbook tells.
        for (text, known) in [
            ("antidisestablishmentarianism", 6),
            ("2 + 2 = 4", 7),
            ("お誕生日おめでとう", 14),
            ("tiktoken is great!", 6),
            ("hello world", 2),
        ] {
            let estimated = estimate(text);
            assert!(estimated >= known, "{text}: {estimated} of {known}");
        }
    }

    #[test]
    fn and_not_much_more() {
        let prose = "The payment failed because the token expired between the page load and the request";
        // Fifteen words, none of which common tokenizers split.
        assert!((15..=33).contains(&estimate(prose)), "{}", estimate(prose));
        assert_eq!(estimate(""), 0);
    }

    #[test]
    fn parts_on_their_own_lines_are_as_many_as_the_whole() {
        let (a, b) = ("const user = await load();\n", "  return user.email;\n");
        assert_eq!(estimate(a) + estimate(b), estimate(&format!("{a}{b}")));
    }
}
