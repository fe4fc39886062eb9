//! What a claim quotes: texts between backticks or quotation marks, places in files, numbers with their units.

use std::sync::LazyLock;

use regex::Regex;

/// Shorter texts stand anywhere by chance.
const CHARS_MIN: usize = 2;
/// Longer ones are compared by their beginning.
const CHARS_MAX: usize = 2_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuoteKind {
    Text,
    /// A number with its unit, in the words of [`amounts`].
    Amount,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// As it was written.
    pub text: String,
    pub kind: QuoteKind,
    pub plain: String,
}

impl Quote {
    /// What is left out of a quote is marked by an ellipsis.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.plain
            .split(['…'])
            .flat_map(|part| part.split("..."))
            .map(str::trim)
            .filter(|part| !part.is_empty())
    }
}

static BETWEEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"`+(?P<code>[^`]+)`+|"(?P<double>[^"\n]+)"|“(?P<curly>[^”\n]+)”|«(?P<angle>[^»\n]+)»"#)
        .expect("a tested pattern")
});
static PLACE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[\w$@./\\-]+\.[A-Za-z]{1,5}:\d+").expect("a tested pattern"));
static AMOUNT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)(?P<number>\d[\d,]*(?:\.\d+)?)\s?(?P<unit>%|percent(?-u:\b)|ms(?-u:\b)|milliseconds?(?-u:\b)|seconds?(?-u:\b)|secs?(?-u:\b)|s(?-u:\b)|minutes?(?-u:\b)|mins?(?-u:\b)|hours?(?-u:\b)|h(?-u:\b)|days?(?-u:\b)",
        r"|[kmg]i?b(?-u:\b)|bytes?(?-u:\b)|events?(?-u:\b)|users?(?-u:\b)|times(?-u:\b)|requests?(?-u:\b)|retries(?-u:\b)|commits?(?-u:\b))"
    ))
    .expect("a tested pattern")
});

pub fn quotes(text: &str) -> Vec<Quote> {
    let mut found = Vec::new();
    let mut add = |text: &str, kind: QuoteKind, plain: String| {
        let quote = Quote { text: text.to_owned(), kind, plain };
        if quote.plain.chars().count() >= CHARS_MIN && !found.contains(&quote) {
            found.push(quote);
        }
    };
    let mut bare = String::new();
    let mut done = 0;
    for between in BETWEEN.captures_iter(text) {
        let inside = ["code", "double", "curly", "angle"].iter().find_map(|name| between.name(name));
        if let (Some(inside), Some(whole)) = (inside, between.get(0)) {
            let said = inside.as_str().trim();
            let said = said.strip_suffix("()").unwrap_or(said).trim_end_matches(['.', ',', ';']);
            add(said, QuoteKind::Text, plain(said));
            bare.push_str(&text[done..whole.start()]);
            bare.push(' ');
            done = whole.end();
        }
    }
    bare.push_str(&text[done..]);
    for place in PLACE.find_iter(&bare) {
        add(place.as_str(), QuoteKind::Text, plain(place.as_str()));
    }
    for (said, amount) in amounts_in(&bare) {
        add(&said, QuoteKind::Amount, amount);
    }
    found
}

/// In lower case, on one line, without what tells nothing: how a text is compared.
pub fn plain(text: &str) -> String {
    let text: String =
        text.chars().filter(|letter| !matches!(letter, '`' | '\\')).take(CHARS_MAX.max(text.len())).collect();
    let text = text
        .replace(['‹', '⟦'], "<")
        .replace(['›', '⟧'], ">")
        .replace(['[', ']'], "")
        .replace(['“', '”'], "\"");
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// `412 ms`, `94 %`: without commas, units as we write them.
pub fn amounts(text: &str) -> Vec<String> {
    amounts_in(text).into_iter().map(|(_, amount)| amount).collect()
}

fn amounts_in(text: &str) -> Vec<(String, String)> {
    let found = AMOUNT.captures_iter(text).filter_map(|found| {
        let (number, unit) =
            (found.name("number")?.as_str().replace(',', ""), found.name("unit")?.as_str().to_lowercase());
        let unit = match unit.as_str() {
            "percent" => "%",
            "millisecond" | "milliseconds" => "ms",
            "second" | "seconds" | "sec" | "secs" => "s",
            "minute" | "minutes" | "mins" => "min",
            "hour" | "hours" => "h",
            other => other.trim_end_matches('s'),
        };
        let unit = if unit.is_empty() { "s" } else { unit };
        let unit = if unit == "m" { "ms" } else { unit };
        Some((found.get(0)?.as_str().to_owned(), format!("{number} {unit}")))
    });
    found.collect()
}
