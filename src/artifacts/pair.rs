//! Which map belongs to a minified file: what the file says at its end, and where that leads. Pure.

use memchr::memmem;
use percent_encoding::percent_decode;
use url::Url;

use crate::model::artifact::DebugId;

/// A reference to a map that is longer than this is an inline map or none.
const REFERENCE_BYTES_MAX: usize = 4096;

/// What a minified file says of its map.
#[derive(Debug, PartialEq, Eq)]
pub enum Reference<'a> {
    None,
    Named(String),
    /// The map itself, as it stands in a `data:` URL behind the comma.
    Inline {
        is_base64: bool,
        data: &'a [u8],
    },
}

/// What the last `//# sourceMappingURL=` of a file says, or `//@` as it was written before.
pub fn reference(minified: &[u8]) -> Reference<'_> {
    let Some(value) = last_comment(minified, b"sourceMappingURL=") else { return Reference::None };
    let (start, rest) = value.split_at(value.len().min(REFERENCE_BYTES_MAX));
    if start.starts_with(b"data:") {
        let Some(comma) = memchr::memchr(b',', start) else { return Reference::None };
        return Reference::Inline {
            is_base64: start[..comma].ends_with(b";base64"),
            data: &value[comma + 1..],
        };
    }
    match std::str::from_utf8(start) {
        Ok(name) if rest.is_empty() && !name.is_empty() => Reference::Named(name.to_owned()),
        _ => Reference::None,
    }
}

/// What `//# debugId=` says at a file's end, where no manifest does.
pub fn debug_id(minified: &[u8]) -> Option<DebugId> {
    std::str::from_utf8(last_comment(minified, b"debugId=")?).ok()?.parse().ok()
}

/// What stands behind a name in the last comment of its own that has it.
fn last_comment<'a>(text: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let mut end = text.len();
    loop {
        let at = memmem::rfind(&text[..end], name)?;
        let before = text[..at].trim_ascii_end();
        let is_comment = [b"//#", b"//@", b"/*#", b"/*@"].iter().any(|mark| before.ends_with(*mark));
        if is_comment {
            let value = &text[at + name.len()..];
            let length =
                value.iter().position(|b| b.is_ascii_whitespace() || *b == b'*').unwrap_or(value.len());
            return Some(&value[..length]);
        }
        end = at;
    }
}

/// Bytes of a `data:` URL that are not in base 64.
pub fn decoded(data: &[u8]) -> Vec<u8> {
    percent_decode(data).collect()
}

/// Where a reference leads from the address of the file that has it; without query and fragment.
pub fn resolve(from: &str, reference: &str) -> Option<String> {
    let reference = reference.split(['?', '#']).next().unwrap_or_default();
    if reference.is_empty() {
        return None;
    }
    if reference.starts_with("~/") || Url::parse(reference).is_ok() {
        return Some(reference.to_owned());
    }
    // `~` stands for whatever scheme and host there are.
    let Some(path) = from.strip_prefix('~') else {
        return Some(Url::parse(from).ok()?.join(reference).ok()?.to_string());
    };
    let base = Url::parse("app:///").expect("an address").join(path).ok()?;
    let found = base.join(reference).ok()?;
    Some(format!("~{}", percent_encoding::percent_decode_str(found.path()).decode_utf8_lossy()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_reference_counts() {
        let named = |name: &str| Reference::Named(name.to_owned());
        for (text, expected) in [
            ("a()\n//# sourceMappingURL=app.js.map", named("app.js.map")),
            ("a()\n//@ sourceMappingURL=app.js.map\n", named("app.js.map")),
            (
                "//# sourceMappingURL=a.map\nb()\n//# sourceMappingURL=b.map?v=1\n\n//# debugId=x",
                named("b.map?v=1"),
            ),
            ("a{}/*# sourceMappingURL=app.css.map */", named("app.css.map")),
            (
                "log('sourceMappingURL=x.map')\n//# sourceMappingURL=y.map\nlog(\" sourceMappingURL=z\")",
                named("y.map"),
            ),
            ("a()", Reference::None),
            ("//# sourceMappingURL=", Reference::None),
            (
                "//# sourceMappingURL=data:application/json;charset=utf-8;base64,e30=",
                Reference::Inline { is_base64: true, data: b"e30=" },
            ),
            (
                "//# sourceMappingURL=data:application/json,%7B%7D",
                Reference::Inline { is_base64: false, data: b"%7B%7D" },
            ),
            ("//# sourceMappingURL=data:nothing", Reference::None),
        ] {
            assert_eq!(reference(text.as_bytes()), expected, "{text}");
        }
        assert_eq!(
            reference(format!("//# sourceMappingURL={}", "a".repeat(5000)).as_bytes()),
            Reference::None
        );
        assert_eq!(decoded(b"%7B%7d"), b"{}");
    }

    #[test]
    fn debug_ids_stand_at_the_end() {
        let id = "5f8e3a0c-1b2d-4c3e-9f00-aabbccddeeff";
        assert_eq!(debug_id(format!("a()\n//# debugId={id}\n").as_bytes()), id.parse().ok());
        assert_eq!(debug_id(b"a()\n//# debugId=none\n"), None);
        assert_eq!(debug_id(b"a()"), None);
    }

    #[test]
    fn references_lead_from_the_file_that_has_them() {
        for (from, reference, expected) in [
            ("~/static/app.js", "app.js.map", "~/static/app.js.map"),
            ("~/static/app.js", "app.js.map?v=3#x", "~/static/app.js.map"),
            ("~/static/app.js", "../maps/app.js.map", "~/maps/app.js.map"),
            ("~/static/app.js", "/maps/app.js.map", "~/maps/app.js.map"),
            ("~/static/app.js", "~/maps/app.js.map", "~/maps/app.js.map"),
            ("~/app.js", "../../out/of/it.map", "~/out/of/it.map"),
            ("~/a b/app.js", "ü ü.map", "~/a b/ü ü.map"),
            ("https://x.test/js/app.js", "app.js.map", "https://x.test/js/app.js.map"),
            ("https://x.test/js/app.js", "https://cdn.test/app.map", "https://cdn.test/app.map"),
            ("app:///main.jsbundle", "main.jsbundle.map", "app:///main.jsbundle.map"),
        ] {
            assert_eq!(resolve(from, reference).as_deref(), Some(expected), "{from} {reference}");
        }
        assert_eq!(resolve("~/app.js", ""), None);
        assert_eq!(resolve("no address", "app.map"), None);
    }
}
