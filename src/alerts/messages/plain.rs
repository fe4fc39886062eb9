//! Text that events wrote, made fit to stand in a line: no control letters, no letters that turn the reading order
//! round, no more than there is room for.

/// `…` where something is left out.
pub fn line(text: &str, letters_max: usize) -> String {
    let mut line = String::with_capacity(text.len().min(letters_max * 4));
    let mut letters = 0;
    for word in text.split(|letter: char| letter.is_whitespace() || letter.is_control()) {
        let word = word.chars().filter(|letter| !is_invisible(*letter));
        let mut word = word.peekable();
        if word.peek().is_none() {
            continue;
        }
        let space = (letters > 0).then_some(' ');
        for letter in space.into_iter().chain(word) {
            if letters == letters_max {
                line.pop();
                line.push('…');
                return line;
            }
            line.push(letter);
            letters += 1;
        }
    }
    line
}

/// A line of source: its indentation stays.
pub fn code(text: &str, letters_max: usize) -> String {
    let text = text.trim_end().replace('\t', "    ");
    let mut letters: Vec<char> =
        text.chars().filter(|letter| !letter.is_control() && !is_invisible(*letter)).collect();
    if letters.len() > letters_max {
        letters.truncate(letters_max.saturating_sub(1));
        letters.push('…');
    }
    letters.into_iter().collect()
}

/// So many letters of text with several lines.
pub fn cut(text: &str, letters_max: usize) -> String {
    if text.chars().count() <= letters_max {
        return text.to_owned();
    }
    text.chars().take(letters_max.saturating_sub(1)).chain(['…']).collect()
}

/// What programs make links and mentions of, they do not make any of: an invisible letter stands in it.
pub fn inert(text: &str) -> String {
    text.replace("://", ":\u{200b}//").replace("www.", "www\u{200b}.").replace('@', "@\u{200b}")
}

/// Turns the reading order round, or shows nothing at all.
fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_and_reads_as_it_is_written() {
        for (text, letters, plain) in [
            ("TypeError: x\r\nBcc: eve@example.com", 100, "TypeError: x Bcc: eve@example.com"),
            ("  a\t\u{0}b  ", 100, "a b"),
            ("gpj.\u{202e}exe", 100, "gpj.exe"),
            ("zero\u{200b}width \u{200b} \u{feff}", 100, "zerowidth"),
            ("abcdef", 5, "abcd…"),
            ("ab cdef", 3, "ab…"),
            ("äöü", 3, "äöü"),
            ("", 3, ""),
        ] {
            assert_eq!(line(text, letters), plain, "{text:?}");
        }
        assert_eq!(code("\tif x {\u{202e}\r\n", 100), "    if x {");
        assert_eq!(code("abcdef", 5), "abcd…");
    }

    #[test]
    fn nobody_is_mentioned_and_nothing_is_linked() {
        assert_eq!(
            inert("@everyone see https://evil.example, www.evil.example"),
            "@\u{200b}everyone see https:\u{200b}//evil.example, www\u{200b}.evil.example"
        );
    }
}
