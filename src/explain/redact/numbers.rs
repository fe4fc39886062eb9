//! Numbers that are secret by their check digits: cards and accounts; and numbers of social security by their form.

use std::sync::LazyLock;

use regex::Regex;

use crate::explain::redact::forms::each;

static DIGITS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?-u:\b)[2-6](?:[ .-]?\d){12,18}(?-u:\b)").expect("a tested pattern"));
static IBAN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?-u:\b)[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}(?-u:\b)").expect("a tested pattern")
});
static SOCIAL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?-u:\b)\d{3}-\d{2}-\d{4}(?-u:\b)").expect("a tested pattern"));

pub fn replace(text: &str, secret: &mut dyn FnMut(&str) -> String) -> String {
    let text = each(&SOCIAL, 0, text, secret);
    let text = each(&IBAN, 0, &text, &mut |found| longest_iban(found, secret));
    each(&DIGITS, 0, &text, &mut |found| if is_card(found) { secret(found) } else { found.to_owned() })
}

/// Luhn's check, and a beginning that cards have: a time in milliseconds begins with 1.
fn is_card(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|letter| letter.to_digit(10)).collect();
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| if at % 2 == 1 { doubled(*digit) } else { *digit })
        .sum();
    (13..=19).contains(&digits.len()) && sum.is_multiple_of(10)
}

/// A pattern takes words after the number too: the longest beginning that passes the check is meant.
fn longest_iban(found: &str, secret: &mut dyn FnMut(&str) -> String) -> String {
    let ends = found.char_indices().map(|(at, letter)| at + letter.len_utf8()).rev();
    for end in ends {
        if is_iban(&found[..end]) {
            return format!("{}{}", secret(&found[..end]), &found[end..]);
        }
    }
    found.to_owned()
}

/// ISO 13616: the first four to the end, letters as numbers, modulo 97 is 1.
fn is_iban(text: &str) -> bool {
    let letters: Vec<u32> =
        text.chars().filter(char::is_ascii_alphanumeric).filter_map(|letter| letter.to_digit(36)).collect();
    if !(15..=34).contains(&letters.len()) {
        return false;
    }
    let turned = letters[4..].iter().chain(&letters[..4]);
    turned.fold(0, |rest, value| (if *value < 10 { rest * 10 + value } else { rest * 100 + value }) % 97) == 1
}
