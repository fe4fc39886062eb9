//! Texts of a model without what could do harm where they are shown: addresses that no fact has, markup, images. Facts are written by
//! strangers, and a model may have been talked into passing on an address of theirs as ours.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::explain::cite::facts::Known;
use crate::explain::cite::{LINKS_REMOVED, MARKUP_REMOVED};
use crate::explain::redact::visible;

const LINK_REMOVED: &str = "[link removed]";
/// Of one text; a longer one is no explanation.
const CHARS_MAX: usize = 8_000;

static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)(?-u:\b)(?:[a-z][a-z0-9+.-]{1,20}://|www\.|mailto:|javascript:|vbscript:|data:[a-z]+/)[^\s<>"'`)\]]+"#).expect("a tested pattern")
});
static IMAGE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"!\[(?P<alt>[^\]]*)\]\([^)]*\)?|!\[(?P<alt2>[^\]]*)\](?:\[[^\]]*\])?")
        .expect("a tested pattern")
});
static LINK: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\[(?P<text>[^\]]*)\]\((?P<to>[^)]*)\)?").expect("a tested pattern"));
static TAG: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"<(?P<inside>/?[A-Za-z!?][^<>]*)>?").expect("a tested pattern"));

pub fn clean(text: &str, known: &Known<'_>, notes: &mut Vec<&'static str>) -> String {
    let text: String = visible(text).chars().take(CHARS_MAX).collect();
    let text = IMAGE.replace_all(&text, |found: &Captures<'_>| {
        notes.push(MARKUP_REMOVED);
        let alt = found.name("alt").or_else(|| found.name("alt2")).map_or("", |alt| alt.as_str());
        format!("[image removed] {alt}").trim_end().to_owned()
    });
    let text = LINK.replace_all(&text, |found: &Captures<'_>| {
        let (text, to) = (&found["text"], &found["to"]);
        if !ADDRESS.is_match(to) {
            // `items[0](x)` is code.
            return found[0].to_owned();
        }
        notes.push(MARKUP_REMOVED);
        format!("{text} ({to})")
    });
    let text = ADDRESS.replace_all(&text, |found: &Captures<'_>| {
        if is_known(&found[0], known) {
            return found[0].to_owned();
        }
        notes.push(LINKS_REMOVED);
        LINK_REMOVED.to_owned()
    });
    outside_code(&text, |part| {
        let replaced = TAG.replace_all(part, |found: &Captures<'_>| {
            notes.push(MARKUP_REMOVED);
            format!("‹{}›", &found["inside"])
        });
        replaced.into_owned()
    })
}

pub fn has_foreign_address(text: &str, known: &Known<'_>) -> bool {
    ADDRESS.find_iter(text).any(|found| !is_known(found.as_str(), known))
}

fn is_known(address: &str, known: &Known<'_>) -> bool {
    let address = address.trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '_']);
    let is_harmless = address.starts_with("http://") || address.starts_with("https://");
    is_harmless && known.says(address)
}

/// What stands between backticks is shown as it is.
fn outside_code(text: &str, mut change: impl FnMut(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let parts: Vec<&str> = text.split('`').collect();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            out.push('`');
        }
        // A backtick that closes nothing opens no code.
        let is_code = index % 2 == 1 && index + 1 < parts.len();
        out.push_str(&if is_code { (*part).to_owned() } else { change(part) });
    }
    out
}
