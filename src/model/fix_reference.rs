//! `fixes SHOP-12`: the issues that a commit's message says it fixes, in Sentry's grammar.

/// Issues that one message may name; further ones are left out.
pub const REFERENCES_MAX: usize = 50;

const WORDS: &[&str] =
    &["fix", "fixes", "fixed", "close", "closes", "closed", "resolve", "resolves", "resolved"];

/// Short ids in upper case, in the order in which they are named, each once. A word of fixing may stand before several
/// ids with commas or `and` between them.
pub fn fixed_by(message: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_listing = false;
    for word in message.split_whitespace() {
        let (word, ends) = bare(word);
        let lower = word.to_lowercase();
        if WORDS.contains(&lower.as_str()) {
            is_listing = true;
            continue;
        }
        if lower == "and" || lower == "&" || word.is_empty() {
            continue;
        }
        if !is_listing {
            continue;
        }
        for id in word.split(',').filter(|id| !id.is_empty()) {
            let id = id.trim_start_matches('#').to_uppercase();
            if !is_short_id(&id) {
                is_listing = false;
                break;
            }
            if !found.contains(&id) && found.len() < REFERENCES_MAX {
                found.push(id);
            }
        }
        is_listing &= !ends;
    }
    found
}

/// A word without what surrounds it, and whether a sentence ends behind it.
fn bare(word: &str) -> (&str, bool) {
    let ends = word.ends_with(['.', ';', '!', '?']);
    let word = word.trim_start_matches(['(', '[', '"', '\'', '*']);
    (word.trim_end_matches([')', ']', '"', '\'', '*', ':', '.', ';', '!', '?', ',']), ends)
}

/// `SHOP-1A`, `MY-SHOP-7`: a project's name and a number in base 32.
fn is_short_id(text: &str) -> bool {
    let Some((project, number)) = text.rsplit_once('-') else { return false };
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !project.is_empty()
        && project.bytes().all(is_name)
        && (1..=13).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::fixed_by;

    #[test]
    fn messages_name_what_they_fix() {
        for (message, expected) in [
            ("Fixes SHOP-12", "SHOP-12"),
            ("fix: fixes shop-1A", "SHOP-1A"),
            ("pay: charge once\n\nResolves SHOP-1, SHOP-2 and MY-SHOP-3.\n", "SHOP-1 SHOP-2 MY-SHOP-3"),
            ("closed SHOP-1,SHOP-2", "SHOP-1 SHOP-2"),
            ("Close #SHOP-1", "SHOP-1"),
            ("(fixed SHOP-9)", "SHOP-9"),
            ("Fixes: SHOP-4", "SHOP-4"),
            ("fixes SHOP-1 and fixes SHOP-1", "SHOP-1"),
            ("fixes the cart. See SHOP-1", ""),
            ("fixes SHOP-1. SHOP-2 stays", "SHOP-1"),
            ("SHOP-12 is not fixed here", ""),
            ("prefixes SHOP-1", ""),
            ("fixes #12", ""),
            ("", ""),
        ] {
            assert_eq!(fixed_by(message).join(" "), expected, "{message}");
        }
        let many: Vec<String> = (0..100).map(|number| format!("A-{number}")).collect();
        assert_eq!(fixed_by(&format!("fixes {}", many.join(", "))).len(), super::REFERENCES_MAX);
    }
}
