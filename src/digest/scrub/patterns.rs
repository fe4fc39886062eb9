//! Secrets that are known by their form, wherever they stand in a text.
//!
//! One pass over the bytes says what cannot be there; a regular expression runs only on what is left.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem;
use regex::Regex;

use crate::digest::scrub::FILTERED;

const DIGIT: u8 = 1;
const AT: u8 = 2;
const SLASH: u8 = 4;
const DASH: u8 = 8;
const LETTER_B: u8 = 16;
const ASSIGN: u8 = 32;
const COLON: u8 = 64;

static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut digit = b'0';
    while digit <= b'9' {
        classes[digit as usize] = DIGIT;
        digit += 1;
    }
    classes[b'@' as usize] = AT;
    classes[b'/' as usize] = SLASH;
    classes[b'\\' as usize] = SLASH;
    classes[b'-' as usize] = DASH;
    classes[b'b' as usize] = LETTER_B;
    classes[b'B' as usize] = LETTER_B;
    classes[b'=' as usize] = ASSIGN;
    classes[b':' as usize] = ASSIGN | COLON;
    classes
};

/// What kinds of bytes a text has.
#[derive(Clone, Copy)]
pub struct Shape {
    mask: u8,
    digits: usize,
}

impl Shape {
    pub fn of(text: &[u8]) -> Self {
        let mut mask = 0;
        let mut digits = 0;
        for &byte in text {
            let class = CLASSES[usize::from(byte)];
            mask |= class;
            digits += usize::from(class & DIGIT);
        }
        Self { mask, digits }
    }

    fn has(self, class: u8) -> bool {
        self.mask & class != 0
    }

    /// `name=value` or `name: value` may stand in it.
    pub fn may_assign(self) -> bool {
        self.has(ASSIGN)
    }

    pub fn may_hold_ip(self) -> bool {
        self.digits >= 4 || (self.has(COLON) && self.digits > 0)
    }
}

macro_rules! pattern {
    ($name:ident, $text:expr) => {
        static $name: LazyLock<Regex> = LazyLock::new(|| Regex::new($text).expect("a tested pattern"));
    };
}

pattern!(
    CARD,
    r"(?-u:\b)((?:3[47][0-9]|4[0-9]{3}|5[1-5][0-9]{2}|65[0-9]{2}|6011)(?:[-\s]?[0-9]){12})(?-u:\b)"
);
pattern!(SSN, r"(?-u:\b)([0-9]{3}-[0-9]{2}-[0-9]{4})(?-u:\b)");
pattern!(
    IBAN,
    concat!(
        r"(?-u:\b)((?:A[DELOTZ]|B[AEFGHIJRY]|C[FGHIMRVYZ]|D[EJKOZ]|E[EGS]|F[IOR]|G[ABEILQRTW]|H[NRU]|I[ELQRST]",
        r"|JO|K[MWZ]|L[BCITUVY]|M[ACDEGKLRTUZ]|N[EILO]|P[KLST]|QA|R[OSU]|S[ACEIKMNTV]|T[DGLNR]|UA|V[AG]|XK)",
        r"[0-9]{2}[a-zA-Z0-9]{11,29})(?-u:\b)"
    )
);
pattern!(
    PEM,
    r"(?s)-----BEGIN[A-Z0-9 ]*(?:PRIVATE|PUBLIC) KEY(?: BLOCK)?-----\s*(.+?)\s*(?:-----END[A-Z0-9 ]*KEY|$)"
);
pattern!(USERINFO, r#"//([^\s/@:"'<>\[\]]+(?::[^\s/@"'<>\[\]]*)?|:[^\s/@"'<>\[\]]+)@"#);
pattern!(BEARER, r#"(?i)(?-u:\b)(bearer\s+[^\s"',;}]+)"#);
pattern!(UNIX_HOME, r#"(?:^|[\s"'`=:(\[,;<>|]|file://)/(?:home|Users)/([^\\/\s"'`<>|:;,)\]]+)"#);
pattern!(
    WINDOWS_HOME,
    r#"(?i)(?:^|[^a-z0-9])[a-z]:[\\/]+(?:users|documents and settings)[\\/]+([^\\/\r\n\x00"'<>|:*?]+)"#
);

/// Replaces what is found; says how often.
pub fn scrub(text: &mut String, shape: Shape) -> usize {
    let mut changed = 0;
    if shape.digits >= 9 {
        let numbers = Numbers::of(text.as_bytes());
        if numbers.card {
            changed += replace(text, &CARD);
        }
        if numbers.ssn {
            changed += replace(text, &SSN);
        }
    }
    if shape.digits >= 2 && text.len() >= 15 && may_hold_iban(text.as_bytes()) {
        changed += replace(text, &IBAN);
    }
    if shape.has(DASH) && text.len() > 32 && memmem::find(text.as_bytes(), b"-----BEGIN").is_some() {
        changed += replace(text, &PEM);
    }
    if shape.has(AT) && shape.has(SLASH) {
        changed += replace(text, &USERINFO);
    }
    if shape.has(LETTER_B) && text.len() >= 8 && may_hold_bearer(text.as_bytes()) {
        changed += replace(text, &BEARER);
    }
    if shape.has(SLASH) && text.len() >= 7 {
        let bytes = text.as_bytes();
        let unix = memmem::find(bytes, b"/home/").is_some() || memmem::find(bytes, b"/Users/").is_some();
        if unix {
            changed += replace(text, &UNIX_HOME);
        }
        if shape.has(COLON) && text.as_bytes().windows(2).any(|pair| matches!(pair, b":\\" | b":/")) {
            changed += replace(text, &WINDOWS_HOME);
        }
    }
    changed
}

/// A whole number that is a card's.
pub fn is_card(number: u64) -> bool {
    (100_000_000_000_000..10_000_000_000_000_000).contains(&number) && CARD.is_match(&number.to_string())
}

/// Runs of digits with dashes or spaces between them.
#[derive(Default)]
struct Numbers {
    card: bool,
    ssn: bool,
}

impl Numbers {
    fn of(text: &[u8]) -> Self {
        let mut found = Self::default();
        let (mut digits, mut dashes) = (0, 0);
        for &byte in text {
            match byte {
                b'0'..=b'9' => digits += 1,
                b'-' if digits > 0 => dashes += 1,
                _ if digits > 0 && (byte.is_ascii_whitespace() || !byte.is_ascii()) => {}
                _ => (digits, dashes) = (0, 0),
            }
            found.card |= digits >= 15;
            found.ssn |= digits >= 9 && dashes >= 2;
        }
        found
    }
}

fn may_hold_iban(text: &[u8]) -> bool {
    text.windows(4).any(|four| {
        four[2].is_ascii_digit()
            && four[3].is_ascii_digit()
            && four[0].is_ascii_uppercase()
            && four[1].is_ascii_uppercase()
    })
}

fn may_hold_bearer(text: &[u8]) -> bool {
    memmem::find(text, b"earer").is_some() || memmem::find(text, b"EARER").is_some()
}

/// Replaces the first group of every match.
pub fn replace(text: &mut String, pattern: &Regex) -> usize {
    let places: Vec<Range<usize>> = pattern
        .captures_iter(text)
        .filter_map(|captures| captures.get(1))
        .filter(|found| !found.as_str().starts_with(FILTERED.trim_end_matches(']')))
        .map(|found| found.range())
        .collect();
    fill(text, &places);
    places.len()
}

/// Writes `[Filtered]` over places that are in order and apart.
pub fn fill(text: &mut String, places: &[Range<usize>]) {
    if places.is_empty() {
        return;
    }
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for place in places {
        out.push_str(&text[done..place.start]);
        out.push_str(FILTERED);
        done = place.end;
    }
    out.push_str(&text[done..]);
    *text = out;
}
