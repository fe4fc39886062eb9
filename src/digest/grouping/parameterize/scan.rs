//! A message and what was already found out about it, so that no run of characters is walked twice.

/// Runs are remembered by where they end; a position inside one need not look again.
pub(super) struct Scan<'a> {
    pub text: &'a str,
    pub bytes: &'a [u8],
    pub has_at: bool,
    pub has_digit: bool,
    local_end: usize,
    digits: (usize, usize),
    digits_ahead: (usize, usize),
    word_end: usize,
    /// No host name begins before this.
    pub no_host_before: usize,
    unclosed: [bool; 2],
}

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        Self {
            text,
            bytes,
            has_at: bytes.contains(&b'@'),
            has_digit: bytes.iter().any(u8::is_ascii_digit),
            local_end: 0,
            digits: (0, 0),
            digits_ahead: (0, 0),
            word_end: 0,
            no_host_before: 0,
            unclosed: [false; 2],
        }
    }

    pub(super) fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    /// Whether the character before is a letter, a digit or `_`.
    pub(super) fn word_before(&self, at: usize) -> bool {
        match at.checked_sub(1).map(|before| self.bytes[before]) {
            None => false,
            Some(byte) if byte.is_ascii() => is_word(byte),
            Some(_) => self.text[..at].chars().next_back().is_some_and(char::is_alphanumeric),
        }
    }

    /// Whether the character here is one.
    pub(super) fn word_here(&self, at: usize) -> bool {
        match self.byte(at) {
            None => false,
            Some(byte) if byte.is_ascii() => is_word(byte),
            Some(_) => self.text[at..].chars().next().is_some_and(char::is_alphanumeric),
        }
    }

    /// The end of the ASCII word that contains `at`.
    pub(super) fn word_end(&mut self, at: usize) -> usize {
        if at >= self.word_end {
            self.word_end = run_end(self.bytes, at, is_word);
        }
        self.word_end
    }

    pub(super) fn digits_end(&mut self, at: usize) -> usize {
        cached_digits(self.bytes, &mut self.digits, at)
    }

    /// The same for digits further on, such as those behind a dot.
    pub(super) fn digits_end_ahead(&mut self, at: usize) -> usize {
        cached_digits(self.bytes, &mut self.digits_ahead, at)
    }

    /// The end of the characters that may stand before `@`.
    pub(super) fn local_end(&mut self, at: usize) -> usize {
        if at >= self.local_end {
            self.local_end = run_end(self.bytes, at, is_local);
        }
        self.local_end.max(at)
    }

    /// Behind the quote that closes the one here; something stands between them.
    pub(super) fn closing_quote(&mut self, at: usize) -> Option<usize> {
        let quote = self.bytes[at];
        let known = &mut self.unclosed[usize::from(quote == b'"')];
        if *known {
            return None;
        }
        match memchr::memchr(quote, &self.bytes[at + 1..]) {
            Some(0) => None,
            Some(found) => Some(at + found + 2),
            None => {
                *known = true;
                None
            }
        }
    }
}

fn cached_digits(bytes: &[u8], run: &mut (usize, usize), at: usize) -> usize {
    if at < run.0 || at >= run.1 {
        *run = (at, run_end(bytes, at, |byte| byte.is_ascii_digit()));
    }
    run.1
}

fn run_end(bytes: &[u8], at: usize, fits: impl Fn(u8) -> bool) -> usize {
    bytes[at..].iter().position(|&byte| !fits(byte)).map_or(bytes.len(), |length| at + length)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'.' | b'!'
                | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'/'
                | b'='
                | b'?'
                | b'^'
                | b'_'
                | b'`'
                | b'{'
                | b'|'
                | b'}'
                | b'~'
                | b'-'
        )
}
