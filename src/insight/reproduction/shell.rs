//! Text for a shell, made of what strangers wrote: one word of it stays one word, and nothing of it is ever interpreted, whether the block is
//! run as a script or pasted into a terminal.
//!
//! Words are quoted singly. What a terminal might act upon before the shell sees it (escape sequences that end a bracketed
//! paste, tabs, letters that turn the direction of writing) is spelled by `printf`. What is no command stands in here-documents, not
//! behind `#`: zsh takes a `#` that is typed for a command, and runs what follows a `;`.

use std::fmt::Write;

/// One word of a command.
#[derive(Debug, Clone, Default)]
pub(super) struct Word(Vec<Part>);

#[derive(Debug, Clone)]
enum Part {
    Text(String),
    /// A variable's name.
    Placeholder(String),
}

impl Word {
    pub fn of(text: &str) -> Self {
        let mut word = Self::default();
        word.text(text);
        word
    }

    pub fn text(&mut self, text: &str) {
        match self.0.last_mut() {
            Some(Part::Text(last)) => last.push_str(text),
            _ => self.0.push(Part::Text(text.to_owned())),
        }
    }

    /// `name` is one of [`super::secrets::Placeholders`], never of a stranger.
    pub fn placeholder(&mut self, name: &str) {
        self.0.push(Part::Placeholder(name.to_owned()));
    }

    /// In bytes, before it is quoted.
    pub fn len(&self) -> usize {
        let part = |part: &Part| match part {
            Part::Text(text) | Part::Placeholder(text) => text.len(),
        };
        self.0.iter().map(part).sum()
    }

    pub fn quoted(&self) -> String {
        let mut quoted = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => quote(text, &mut quoted),
                Part::Placeholder(name) => {
                    quoted.push_str("\"$");
                    quoted.push_str(name);
                    quoted.push('"');
                }
            }
        }
        if quoted.is_empty() { "''".to_owned() } else { quoted }
    }
}

pub(super) fn quoted(text: &str) -> String {
    Word::of(text).quoted()
}

/// No argument can hold a zero byte, so it is left out.
fn quote(text: &str, quoted: &mut String) {
    let mut is_open = false;
    // An old bash expands `!` in a line whose quotes were opened on another one.
    let mut is_continued = false;
    for letter in text.chars().filter(|letter| *letter != '\0') {
        let is_spelled = letter != '\n' && is_acted_upon(letter) || letter == '!' && is_continued;
        is_continued |= letter == '\n';
        if is_open == (is_spelled || letter == '\'') {
            quoted.push('\'');
            is_open = !is_open;
        }
        if is_spelled {
            quoted.push_str("\"$(printf '");
            for byte in letter.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(quoted, "\\{byte:03o}");
            }
            quoted.push_str("')\"");
        } else if letter == '\'' {
            quoted.push_str("\\'");
        } else {
            quoted.push(letter);
        }
    }
    if is_open {
        quoted.push('\'');
    }
}

/// Control characters, and letters that change the direction of writing: what is seen is then not what is run.
fn is_acted_upon(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{2066}'..='\u{2069}')
}

/// On one line, with nothing that a terminal acts upon, and cut.
pub(crate) fn line(text: &str, chars_max: usize) -> String {
    let mut line = String::new();
    // A stranger's text may be long: no more is read than could be shown, with room for what is left out.
    let letters =
        text.chars().take(chars_max * 4).map(|letter| if is_acted_upon(letter) { ' ' } else { letter });
    for letter in letters {
        if !(letter == ' ' && (line.is_empty() || line.ends_with(' '))) {
            line.push(letter);
        }
    }
    let line = line.trim_end();
    match line.char_indices().nth(chars_max) {
        None => line.to_owned(),
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
    }
}

/// Text that a shell reads over. Every line is indented, so that none of them is the delimiter.
pub(super) fn here_document(delimiter: &str, text: &str) -> String {
    let mut document = format!(": <<'{delimiter}'\n");
    for line in text.lines() {
        document.push_str("  ");
        document.push_str(without_signs(line).trim_end());
        document.push('\n');
    }
    document.push_str(delimiter);
    document
}

/// The same line with a space for whatever a terminal acts upon.
pub(super) fn without_signs(line: &str) -> String {
    line.chars().map(|letter| if is_acted_upon(letter) { ' ' } else { letter }).collect()
}
