//! The lines around a place in a source, cut where a line is too long to be read.

use std::borrow::Cow;

use crate::artifacts::maps::file::Source;

/// Lines before and behind.
const LINES: u32 = 5;
/// Longer lines are cut, to about `CUT_BYTES` around the column. In bytes.
const LINE_BYTES_MAX: usize = 150;
const CUT_BYTES: usize = 140;
const BEFORE_COLUMN_BYTES: usize = 60;
/// A cut that leaves less than this out is not made.
const CUT_BYTES_MIN: usize = 5;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    pub before: Vec<String>,
    pub line: String,
    pub after: Vec<String>,
}

/// `None` where the source has no text or no such line. Line and column count from 0.
pub fn context_of(source: &Source<'_>, line: u32, column: u32) -> Option<Context> {
    let text = |number: u32| source.line(number).map(|line| snipped(line, column as usize + 1));
    let middle = text(line)?;
    let before = (line.saturating_sub(LINES)..line).filter_map(text).collect();
    let after = (line + 1..=line.saturating_add(LINES)).map_while(text).collect();
    Some(Context { before, line: middle, after })
}

fn snipped(line: &[u8], column: usize) -> String {
    if line.len() <= LINE_BYTES_MAX {
        return String::from_utf8_lossy(line).into_owned();
    }
    let mut start = column.min(line.len()).saturating_sub(BEFORE_COLUMN_BYTES);
    if start < CUT_BYTES_MIN {
        start = 0;
    }
    let mut end = (start + CUT_BYTES).min(line.len());
    if end > line.len() - CUT_BYTES_MIN {
        end = line.len();
        start = end - CUT_BYTES;
    }
    let (start, end) = (boundary(line, start), boundary(line, end));
    let kept: Cow<str> = String::from_utf8_lossy(&line[start..end]);
    let (front, back) =
        (if start > 0 { "{snip} " } else { "" }, if end < line.len() { " {snip}" } else { "" });
    format!("{front}{kept}{back}")
}

/// The start of the character at or before an offset.
fn boundary(line: &[u8], at: usize) -> usize {
    let is_inside = |at: &usize| line.get(*at).is_some_and(|byte| byte & 0xc0 == 0x80);
    (at.saturating_sub(3)..=at).rev().find(|at| !is_inside(at)).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::snipped;

    #[test]
    fn long_lines_are_cut_around_the_column() {
        let line = "0123456789".repeat(30);
        let cut = |column| snipped(line.as_bytes(), column);
        assert_eq!(cut(0), format!("{} {{snip}}", &line[..140]));
        assert_eq!(cut(64), format!("{} {{snip}}", &line[..140]), "a cut of four bytes is none");
        assert_eq!(cut(100), format!("{{snip}} {} {{snip}}", &line[40..180]));
        assert_eq!(cut(9_999), format!("{{snip}} {}", &line[160..]));
        assert_eq!(snipped(&line.as_bytes()[..150], 100), line[..150]);
    }

    #[test]
    fn characters_are_not_cut() {
        let line = "🧡".repeat(60);
        for column in 0..300 {
            let cut = snipped(line.as_bytes(), column);
            assert!(cut.replace("{snip}", "").trim().chars().all(|heart| heart == '🧡'), "{column}: {cut}");
        }
    }
}
