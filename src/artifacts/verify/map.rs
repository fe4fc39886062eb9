//! Whether the positions of a map are ones of the file.

use sourcemap::{DecodedMap, SourceMap};

use crate::artifacts::verify::Problem;
use crate::model::artifact::DebugId;

/// Fewer say nothing of how a map fits.
const POSITIONS_MIN: usize = 50;
/// None of 8,301 maps of npm packages has more than 3 percent, a shifted one has most.
const SPLIT_PERCENT_MAX: usize = 10;
/// A map that covers less of the lines with code ends early.
const COVERED_PERCENT_MIN: usize = 50;
const TIES: [&str; 7] = ["//", "/*", "*", "import ", "export ", "exports.", "Object.defineProperty(exports"];

pub struct Map {
    map: SourceMap,
    debug_id: Option<DebugId>,
}

impl Map {
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let decoded = sourcemap::decode_slice(bytes).map_err(|error| error.to_string())?;
        let debug_id = decoded.debug_id().map(|id| DebugId(*id.uuid().as_bytes()));
        let map = match decoded {
            DecodedMap::Regular(map) => map,
            DecodedMap::Index(index) => index.flatten().map_err(|error| error.to_string())?,
            DecodedMap::Hermes(map) => (*map).clone(),
        };
        Ok(Self { map, debug_id })
    }

    pub fn debug_id(&self) -> Option<DebugId> {
        self.debug_id
    }

    pub fn sources(&self) -> u32 {
        self.map.get_source_count()
    }

    pub fn without_text(&self) -> Vec<String> {
        let indexes = 0..self.map.get_source_count();
        indexes
            .filter(|&index| self.map.get_source_contents(index).is_none())
            .map(|index| self.map.get_source(index).unwrap_or_default().to_owned())
            .collect()
    }

    /// The gravest way in which the map does not fit the file.
    pub fn misfit(&self, text: &str) -> Option<Problem> {
        let lines: Vec<Vec<u16>> = text.split('\n').map(|line| line.encode_utf16().collect()).collect();
        let code = |lines: &[Vec<u16>]| lines.iter().filter(|line| is_code(line)).count();
        let mut columns: Vec<Vec<usize>> = vec![Vec::new(); lines.len()];
        for token in self.map.tokens() {
            let (line, column) = (token.get_dst_line() as usize, token.get_dst_col() as usize);
            if lines.get(line).is_none_or(|units| column > units.len()) {
                return Some(Problem::MapOutsideFile { line: line + 1, column: column + 1 });
            }
            columns[line].push(column);
        }
        let Some(last_line) = columns.iter().rposition(|columns| !columns.is_empty()) else {
            return (code(&lines) > 0).then_some(Problem::MapEmpty);
        };
        let positions: usize = columns.iter().map(Vec::len).sum();
        if positions < POSITIONS_MIN {
            return None;
        }
        let split: usize =
            lines.iter().zip(&mut columns).map(|(line, columns)| split_words(line, columns)).sum();
        if split * 100 > positions * SPLIT_PERCENT_MAX {
            return Some(Problem::MapShifted { percent: split * 100 / positions });
        }
        let is_early = code(&lines[..=last_line]) * 100 < code(&lines) * COVERED_PERCENT_MIN;
        is_early.then(|| {
            let lines = lines.len() - usize::from(lines.last().is_some_and(Vec::is_empty));
            Problem::MapEndsEarly { line: last_line + 1, lines }
        })
    }
}

/// Positions inside of words without one at the word's beginning: some tools map each character, but none the middle
/// of a word alone.
fn split_words(line: &[u16], columns: &mut [usize]) -> usize {
    columns.sort_unstable();
    let inside = |&&column: &&usize| {
        let is_inside = |at: usize| at > 0 && at < line.len() && is_word(line[at - 1]) && is_word(line[at]);
        let mut at = column;
        // Earlier positions of the word have been looked at, so this ends soon.
        while is_inside(at) {
            at -= 1;
            if columns.binary_search(&at).is_ok() {
                return false;
            }
        }
        at != column
    };
    columns.iter().filter(inside).count()
}

fn is_word(unit: u16) -> bool {
    u8::try_from(unit).is_ok_and(|byte| byte.is_ascii_alphanumeric() || b"_$".contains(&byte))
}

/// What a map owes a position: a line that calls something, and does not only tie modules together.
fn is_code(line: &[u16]) -> bool {
    let text = String::from_utf16_lossy(line);
    let text = text.trim();
    !TIES.iter().any(|opening| text.starts_with(opening)) && !text.contains("require(") && text.contains('(')
}
