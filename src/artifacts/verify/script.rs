//! What a built file says of itself: its debug id and where its map is.

use std::sync::LazyLock;

use regex::Regex;

use crate::model::artifact::DebugId;

/// What bundler plugins and `sentry-cli` put in: the plugins name the id twice, `sentry-cli` in the first way only.
static REGISTERED: LazyLock<Regex> = LazyLock::new(|| {
    let id = "([0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})";
    let text = format!(r#"_sentryDebugIds\[[^\]]{{1,64}}\]\s*=\s*["'`]{id}["'`]|sentry-dbid-{id}"#);
    Regex::new(&text).expect("a valid pattern")
});
const COMMENTS: [&str; 2] = ["//# ", "//@ "];
const UUID_LENGTH: usize = 36;

pub struct Script<'a> {
    pub text: &'a str,
    /// What the program that runs says to the SDK.
    pub registered_id: Option<DebugId>,
    /// What the last `//# debugId=` says.
    pub commented_id: Option<DebugId>,
    pub map: Option<MapReference<'a>>,
}

#[derive(Debug, PartialEq)]
pub enum MapReference<'a> {
    /// A `data:` URL.
    Inline(&'a str),
    /// A path or URL, without query and fragment.
    Named(&'a str),
}

impl<'a> Script<'a> {
    pub fn read(text: &'a str) -> Self {
        let registered = REGISTERED.captures(text);
        let registered = registered.and_then(|found| found.get(1).or_else(|| found.get(2)));
        let commented = last_comment(text, "debugId=").and_then(|id| id.get(..UUID_LENGTH));
        let map = last_comment(text, "sourceMappingURL=").map(|named| {
            if named.starts_with("data:") {
                return MapReference::Inline(named);
            }
            MapReference::Named(named.split(['?', '#']).next().unwrap_or_default())
        });
        Self {
            text,
            registered_id: registered.and_then(|id| id.as_str().parse().ok()),
            commented_id: commented.and_then(|id| id.parse().ok()),
            map,
        }
    }
}

/// The value of the last comment with this key.
fn last_comment<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let at = COMMENTS.iter().filter_map(|opening| {
        let whole = format!("{opening}{key}");
        text.rfind(&whole).map(|at| at + whole.len())
    });
    let value = text[at.max()?..].split_whitespace().next()?;
    (!value.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::{MapReference, Script};

    #[test]
    fn where_the_map_is() {
        let rows = [
            ("a()", None),
            ("a()\n//# sourceMappingURL=a.js.map\n", Some(MapReference::Named("a.js.map"))),
            ("a();//@ sourceMappingURL=maps/a.js.map?v=3#x", Some(MapReference::Named("maps/a.js.map"))),
            (
                "f(\"//# sourceMappingURL=no.map\");\n//# sourceMappingURL=yes.map\n//# debugId=0",
                Some(MapReference::Named("yes.map")),
            ),
            (
                "//# sourceMappingURL=data:application/json;base64,e30=",
                Some(MapReference::Inline("data:application/json;base64,e30=")),
            ),
            ("//# sourceMappingURL=", None),
        ];
        for (text, map) in rows {
            assert_eq!(Script::read(text).map, map, "{text}");
        }
    }

    #[test]
    fn the_id_that_a_program_registers() {
        let id = "5f8e3a0c-1b2d-4c3e-9f00-aabbccddeeff";
        let rows = [
            format!("e._sentryDebugIds[n]=\"{id}\""),
            format!("(e._sentryDebugIds=e._sentryDebugIds||{{}},e._sentryDebugIds[t]=`{id}`)"),
            format!("e._sentryDebugIdIdentifier='sentry-dbid-{id}'"),
        ];
        for text in rows {
            assert_eq!(Script::read(&text).registered_id, id.parse().ok(), "{text}");
        }
        // The SDK itself, which reads them, registers none.
        let reads = "const ids = GLOBAL_OBJ._sentryDebugIds; ids[key] = value;";
        assert_eq!(Script::read(reads).registered_id, None);
        assert_eq!(Script::read("//# debugId=é").commented_id, None);
    }
}
