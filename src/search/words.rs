//! Cuts text into the words that search knows. Pure; indexing, queries and snippets all cut with this one.
//!
//! An identifier is a run of letters and digits. `chargeCard` is found by itself and by its humps, so it gives
//! three tokens at one position: the whole `chargecard` and the parts `charge` and `card`. Everything that joins
//! identifiers (`.`, `_`, `/`, `$`, `@`, blanks) only separates, and neighbours have neighbouring positions: a phrase
//! therefore finds `payment.ts`, `com.acme.Pay$1` and `charge_card`, however much of them is asked for and in
//! whatever case. Writing without blanks (Han, Kana, Hangul, Thai) gives one token a character.

/// Longer identifiers are cut, here and in queries alike, so that they are found by their beginning.
pub(super) const TOKEN_BYTES_MAX: usize = 64;

/// An identifier with more humps is no name but a hash or an encoded value, and is not split.
const HUMPS_MAX: usize = 12;

/// Stands between texts that are no neighbours: no phrase reaches across it.
pub(super) const SEPARATOR: char = '\u{1e}';

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// An identifier without humps.
    Plain,
    /// An identifier whose humps follow.
    Whole,
    Hump,
}

/// One token: where it stands in the text (bytes) and in the order of identifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word {
    pub start: usize,
    pub end: usize,
    pub position: usize,
    pub shape: Shape,
}

pub(super) struct Words<'a> {
    text: &'a str,
    at: usize,
    position: usize,
    /// Ends of the current identifier's humps that were not given yet, last first.
    humps: [usize; HUMPS_MAX],
    humps_left: usize,
    hump_start: usize,
}

impl<'a> Words<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0, position: 0, humps: [0; HUMPS_MAX], humps_left: 0, hump_start: 0 }
    }

    /// The next identifier's bytes; passes over what separates.
    fn identifier(&mut self) -> Option<(usize, usize)> {
        let bytes = self.text.as_bytes();
        let mut start = None;
        while self.at < bytes.len() {
            let byte = bytes[self.at];
            let (letter, alone, width) = if byte < 0x80 {
                (byte.is_ascii_alphanumeric(), false, 1)
            } else {
                let c = self.text[self.at..].chars().next().expect("`at` is on a character's boundary");
                (c.is_alphanumeric(), is_unspaced(c), c.len_utf8())
            };
            match start {
                Some(from) if !letter || alone => return Some((from, self.at)),
                None if letter && alone => {
                    self.at += width;
                    return Some((self.at - width, self.at));
                }
                None if letter => start = Some(self.at),
                None if byte == SEPARATOR as u8 => self.position += 1,
                _ => {}
            }
            self.at += width;
        }
        start.map(|from| (from, self.at))
    }

    /// Notes where the humps of an identifier end; leaves none when it has only one, or far too many.
    fn split(&mut self, start: usize, end: usize) {
        self.humps_left = 0;
        let word = &self.text[start..end];
        if word.is_ascii() && !word.bytes().skip(1).any(|b| b.is_ascii_uppercase()) {
            return;
        }
        let mut ends = [0; HUMPS_MAX];
        let mut count = 0;
        let mut chars = word.char_indices().peekable();
        let mut previous_upper = true;
        while let Some((offset, c)) = chars.next() {
            let upper = c.is_uppercase();
            let before_lower = chars.peek().is_some_and(|(_, next)| next.is_lowercase());
            if offset > 0 && upper && (!previous_upper || before_lower) {
                if count + 1 == HUMPS_MAX {
                    return;
                }
                ends[count] = start + offset;
                count += 1;
            }
            previous_upper = upper;
        }
        if count > 0 {
            ends[count] = end;
            count += 1;
            ends[..count].reverse();
            self.humps = ends;
            self.humps_left = count;
            self.hump_start = start;
        }
    }
}

impl Iterator for Words<'_> {
    type Item = Word;

    fn next(&mut self) -> Option<Word> {
        if self.humps_left > 0 {
            self.humps_left -= 1;
            let (start, end) = (self.hump_start, self.humps[self.humps_left]);
            self.hump_start = end;
            return Some(Word { start, end, position: self.position - 1, shape: Shape::Hump });
        }
        let (start, end) = self.identifier()?;
        self.split(start, end);
        self.position += 1;
        let shape = if self.humps_left > 0 { Shape::Whole } else { Shape::Plain };
        Some(Word { start, end, position: self.position - 1, shape })
    }
}

/// Letters of a writing that puts no blanks between words.
fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c), 0x0E01..=0x0E4E | 0x3040..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF
        | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0x2_0000..=0x3_134F)
}

/// The form in which a token is kept and compared: lower case, at most [`TOKEN_BYTES_MAX`].
pub(super) fn fold_into(word: &str, folded: &mut String) {
    folded.clear();
    if word.is_ascii() {
        let kept = &word[..word.len().min(TOKEN_BYTES_MAX)];
        folded.push_str(kept);
        return folded.make_ascii_lowercase();
    }
    for lower in word.chars().flat_map(char::to_lowercase) {
        if folded.len() + lower.len_utf8() > TOKEN_BYTES_MAX {
            break;
        }
        folded.push(lower);
    }
}

pub(super) fn fold(word: &str) -> String {
    let mut folded = String::with_capacity(word.len());
    fold_into(word, &mut folded);
    folded
}

#[cfg(test)]
mod tests {
    use super::{Shape, Words, fold};

    /// `position:token`, wholes in brackets.
    fn shown(text: &str) -> String {
        let words = Words::new(text).map(|word| {
            let folded = fold(&text[word.start..word.end]);
            if word.shape == Shape::Whole {
                format!("{}:[{folded}]", word.position)
            } else {
                format!("{}:{folded}", word.position)
            }
        });
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn code_is_cut_into_wholes_and_parts() {
        for (text, expected) in [
            ("chargeCard", "0:[chargecard] 0:charge 0:card"),
            ("charge_card", "0:charge 1:card"),
            ("payment.ts", "0:payment 1:ts"),
            ("com.acme.Pay$1", "0:com 1:acme 2:pay 3:1"),
            ("POST /api/v1/orders/42", "0:post 1:api 2:v1 3:orders 4:42"),
            ("0xdeadbeef", "0:0xdeadbeef"),
            ("0xDEADBEEF", "0:[0xdeadbeef] 0:0x 0:deadbeef"),
            ("user@example.com", "0:user 1:example 2:com"),
            ("HTTPServerError", "0:[httpservererror] 0:http 0:server 0:error"),
            ("getURL", "0:[geturl] 0:get 0:url"),
            ("utf8", "0:utf8"),
            ("User not authenticated!", "0:user 1:not 2:authenticated"),
            ("a chargeCard b", "0:a 1:[chargecard] 1:charge 1:card 2:b"),
            ("don't", "0:don 1:t"),
            ("ÄrgerÜber straße", "0:[ärgerüber] 0:ärger 0:über 1:straße"),
            ("支払い失敗abc", "0:支 1:払 2:い 3:失 4:敗 5:abc"),
            ("x支y", "0:x 1:支 2:y"),
            ("one\u{1e}two", "0:one 2:two"),
            ("aBcDeFgHiJkLmNoPqRsTuVwXyZ", "0:abcdefghijklmnopqrstuvwxyz"),
            ("", ""),
            ("--- ??? 🦀", ""),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn long_tokens_are_cut_at_a_character() {
        assert_eq!(fold(&"A".repeat(100)), "a".repeat(64));
        assert_eq!(fold(&"é".repeat(100)), "é".repeat(32));
        assert_eq!(fold(&format!("a{}", "é".repeat(100))), format!("a{}", "é".repeat(31)));
    }
}
