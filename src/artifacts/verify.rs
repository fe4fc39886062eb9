//! Judges a built file before anyone needs it: whether an event of it could be read with its source map. Pure; where
//! the files come from and what mends them is the caller's (`lighttrace verify`).

mod map;
mod script;

use std::fmt;

pub use script::{Script, decode};

pub use crate::artifacts::pair::Reference;
use crate::model::artifact::DebugId;

/// What a file and its map are found to be.
#[derive(Debug, PartialEq, Default)]
pub struct Report {
    pub problems: Vec<Problem>,
    /// Sources that the map speaks of, where there is one that can be read.
    pub sources: u32,
    /// Those whose text it does not hold, by their names in the map.
    pub without_text: Vec<String>,
}

/// Why frames of a file would stay minified, or be read wrongly.
#[derive(Debug, Clone, PartialEq)]
pub enum Problem {
    NoDebugId,
    /// A comment is not seen by the program that runs.
    IdOnlyInComment,
    IdsDiffer {
        registered: DebugId,
        commented: DebugId,
    },
    NoMap,
    MapAbsent {
        named: String,
    },
    MapMalformed {
        detail: String,
    },
    MapOfOtherId {
        id: DebugId,
    },
    MapEmpty,
    /// A position that the file has not, counted from 1.
    MapOutsideFile {
        line: usize,
        column: usize,
    },
    /// Share of the positions that lie inside of a word of the file.
    MapShifted {
        percent: usize,
    },
    MapEndsEarly {
        line: usize,
        lines: usize,
    },
    LacksTexts {
        missing: usize,
        sources: u32,
        first: String,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDebugId => write!(f, "has no debug id: an event cannot say which build it comes from"),
            Self::IdOnlyInComment => {
                write!(f, "has its debug id in a comment only: the program that runs does not know it")
            }
            Self::IdsDiffer { registered, commented } => {
                write!(f, "registers debug id {registered} and ends with {commented}")
            }
            Self::NoMap => write!(f, "has no source map"),
            Self::MapAbsent { named } => write!(f, "names the source map {named}, which is not there"),
            Self::MapMalformed { detail } => write!(f, "has a source map that cannot be read: {detail}"),
            Self::MapOfOtherId { id } => write!(f, "has the source map of another build, with debug id {id}"),
            Self::MapEmpty => write!(f, "has a source map without a single position"),
            Self::MapOutsideFile { line, column } => {
                write!(f, "has the source map of another build: it ends before line {line}, column {column}")
            }
            Self::MapShifted { percent } => {
                write!(
                    f,
                    "was changed after its source map was made: {percent} % of the positions split a word"
                )
            }
            Self::MapEndsEarly { line, lines } => {
                write!(f, "has a source map that ends at line {line} of {lines}")
            }
            Self::LacksTexts { missing, sources, first } => {
                write!(
                    f,
                    "has a source map without the text of {missing} of {sources} sources, such as {first}"
                )
            }
        }
    }
}

/// What the file itself says of its debug id. Where a release names it, it needs none.
pub fn judge_ids(script: &Script<'_>, is_named_by_release: bool) -> Option<Problem> {
    match (script.registered_id, script.commented_id) {
        (Some(registered), Some(commented)) if registered != commented => {
            Some(Problem::IdsDiffer { registered, commented })
        }
        (Some(_), _) => None,
        _ if is_named_by_release => None,
        (None, Some(_)) => Some(Problem::IdOnlyInComment),
        (None, None) => Some(Problem::NoDebugId),
    }
}

/// Whether a map fits the file. Which sources need a text is for the caller to judge.
pub fn judge_map(script: &Script<'_>, map: &[u8]) -> Report {
    let map = match map::Map::read(map) {
        Ok(map) => map,
        Err(detail) => {
            return Report { problems: vec![Problem::MapMalformed { detail }], ..Report::default() };
        }
    };
    let mut problems = Vec::new();
    if let (Some(own), Some(id)) = (script.registered_id.or(script.commented_id), map.debug_id())
        && own != id
    {
        problems.push(Problem::MapOfOtherId { id });
    }
    problems.extend(map.misfit(script.text));
    Report { problems, sources: map.sources(), without_text: map.without_text() }
}

#[cfg(test)]
mod tests {
    use super::{Problem, Script, judge_ids, judge_map};

    const ID: &str = "5f8e3a0c-1b2d-4c3e-9f00-aabbccddeeff";
    const OTHER: &str = "11111111-1b2d-4c3e-9f00-aabbccddeeff";

    fn snippet(id: &str) -> String {
        format!("e._sentryDebugIds[n]=\"{id}\",e._sentryDebugIdIdentifier=\"sentry-dbid-{id}\";\n")
    }

    #[test]
    fn what_a_file_says_of_its_debug_id() {
        let parse = |text: &str| text.parse().expect("a debug id");
        let rows = [
            ("throw 1".to_owned(), Some(Problem::NoDebugId), None),
            (snippet(ID), None, None),
            (format!("throw 1\n//# debugId={ID}\n"), Some(Problem::IdOnlyInComment), None),
            (format!("{}//# debugId={ID}", snippet(ID)), None, None),
            (
                format!("{}//# debugId={OTHER}", snippet(ID)),
                Some(Problem::IdsDiffer { registered: parse(ID), commented: parse(OTHER) }),
                Some(Problem::IdsDiffer { registered: parse(ID), commented: parse(OTHER) }),
            ),
        ];
        for (text, alone, in_release) in rows {
            let script = Script::read(&text);
            assert_eq!(judge_ids(&script, false), alone, "{text}");
            assert_eq!(judge_ids(&script, true), in_release, "{text}");
        }
    }

    /// `function a(){throw b}` from two lines of one source: positions at 0, 13 and 19.
    fn map(mappings: &str, more: &str) -> Vec<u8> {
        format!(r#"{{"version":3,"sources":["a.ts"],"names":[],"mappings":"{mappings}"{more}}}"#).into_bytes()
    }

    #[test]
    fn how_a_map_fits_its_file() {
        let text = "function a(){throw b}\n";
        let with_text = r#","sourcesContent":["function a() {}"]"#;
        let fits = judge_map(&Script::read(text), &map("AAAA,aACA,MAAM", with_text));
        assert_eq!((fits.problems, fits.sources, fits.without_text), (vec![], 1, vec![]));
        let without = judge_map(&Script::read(text), &map("AAAA,aACA", ""));
        assert_eq!((without.problems, without.without_text), (vec![], vec!["a.ts".to_owned()]));

        let rows = [
            (map("", with_text), Problem::MapEmpty),
            (map("AAAA,yCACA", with_text), Problem::MapOutsideFile { line: 1, column: 42 }),
            (map("AAAA;;;;AACA", with_text), Problem::MapOutsideFile { line: 5, column: 1 }),
        ];
        for (map, problem) in rows {
            let report = judge_map(&Script::read(text), &map);
            assert_eq!(report.problems, [problem], "{}", String::from_utf8_lossy(&map));
        }
        let report = judge_map(&Script::read(text), b"<!doctype html>");
        assert!(matches!(report.problems[..], [Problem::MapMalformed { .. }]), "{report:?}");
    }

    #[test]
    fn the_map_of_another_debug_id() {
        for key in ["debugId", "debug_id"] {
            let map = map("AAAA", &format!(r#","sourcesContent":["x"],"{key}":"{OTHER}""#));
            let text = format!("throw 1;{}", snippet(ID));
            let report = judge_map(&Script::read(&text), &map);
            assert_eq!(report.problems, [Problem::MapOfOtherId { id: OTHER.parse().expect("an id") }]);
            // A file that names none has nothing to differ from.
            assert_eq!(judge_map(&Script::read("throw 1"), &map).problems, []);
        }
    }

    #[test]
    fn a_banner_put_in_after_the_map_was_made() {
        // Positions at every sixth column, where words begin.
        let words = "alpha ".repeat(200);
        let mappings = format!("AAAA{}", ",MAAA".repeat(199));
        let map = map(&mappings, r#","sourcesContent":["x"]"#);
        assert_eq!(judge_map(&Script::read(&words), &map).problems, []);
        let banner = format!("/**/{words}");
        let report = judge_map(&Script::read(&banner), &map);
        assert!(
            matches!(report.problems[..], [Problem::MapShifted { percent }] if percent > 90),
            "{report:?}"
        );
    }

    #[test]
    fn a_map_of_the_first_lines_only() {
        let map = map(&format!("AAAA{}", ";AACA".repeat(59)), r#","sourcesContent":["x"]"#);
        let text = "a();\n".repeat(200);
        let report = judge_map(&Script::read(&text), &map);
        assert_eq!(report.problems, [Problem::MapEndsEarly { line: 60, lines: 200 }]);
        // Comments, brackets and what ties modules together need no position.
        let rest = "// note\n}\nexports.a = b.a;\n".repeat(50);
        let text = format!("{}{rest}", "a();\n".repeat(60));
        assert_eq!(judge_map(&Script::read(&text), &map).problems, []);
    }

    /// As `magic-string` makes them: each character has a position.
    #[test]
    fn a_map_of_every_character() {
        let map = map(&format!("AAAA{}", ",CAAC".repeat(199)), r#","sourcesContent":["x"]"#);
        let text = "alpha ".repeat(40);
        assert_eq!(judge_map(&Script::read(&text), &map).problems, []);
    }
}
