//! Letters that are not seen: they hide what a text says from whoever reads it, and secrets from patterns.

/// Without control letters (but line ends and tabs), marks of direction, letters without width, private ones, and tags.
pub fn visible(text: &str) -> String {
    let mut seen = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\r' if letters.peek() == Some(&'\n') => {}
            '\r' | '\u{2028}' | '\u{2029}' | '\u{85}' | '\u{b}' | '\u{c}' => seen.push('\n'),
            '\n' | '\t' => seen.push(letter),
            '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => seen.push(' '),
            _ if letter.is_control() || is_invisible(letter) => {}
            // Full-width signs and letters stand for those of ASCII.
            '\u{ff01}'..='\u{ff5e}' => {
                seen.push(char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter));
            }
            _ => seen.push(letter),
        }
    }
    seen
}

fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e000}'..='\u{f8ff}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{10ffff}')
}
