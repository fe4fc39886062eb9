//! What a built file says of itself: its debug id and where its map is.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use regex::Regex;

use crate::artifacts::pair::{self, Reference};
use crate::model::artifact::DebugId;

/// What bundler plugins and `sentry-cli` put in: the plugins name the id twice, `sentry-cli` in the first way only.
static REGISTERED: LazyLock<Regex> = LazyLock::new(|| {
    let id = "([0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})";
    let text = format!(r#"_sentryDebugIds\[[^\]]{{1,64}}\]\s*=\s*["'`]{id}["'`]|sentry-dbid-{id}"#);
    Regex::new(&text).expect("a valid pattern")
});

pub struct Script<'a> {
    pub text: &'a str,
    /// What the program that runs says to the SDK.
    pub registered_id: Option<DebugId>,
    /// What the last `//# debugId=` says.
    pub commented_id: Option<DebugId>,
    pub map: Reference<'a>,
}

impl<'a> Script<'a> {
    pub fn read(text: &'a str) -> Self {
        let registered = REGISTERED.captures(text);
        let registered = registered.and_then(|found| found.get(1).or_else(|| found.get(2)));
        Self {
            text,
            registered_id: registered.and_then(|id| id.as_str().parse().ok()),
            commented_id: pair::debug_id(text.as_bytes()),
            map: pair::reference(text.as_bytes()),
        }
    }
}

/// The map that stands in the file itself.
pub fn decode(is_base64: bool, data: &[u8]) -> Option<Vec<u8>> {
    if is_base64 { STANDARD.decode(data).ok() } else { Some(pair::decoded(data)) }
}

#[cfg(test)]
mod tests {
    use super::Script;

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
