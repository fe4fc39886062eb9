//! Whether the positions of a map are ones of the file.

use sourcemap::{DecodedMap, SourceMap};

use crate::artifacts::verify::Problem;
use crate::model::artifact::DebugId;

/// Of the positions that can be judged, so many may split a word before the map is said to be shifted: where there are
/// fewer, chance decides.
const SPLIT_PERCENT_MAX: usize = 10;
const JUDGED_MIN: usize = 50;
/// A map that covers less of the lines with code ends early.
const COVERED_PERCENT_MIN: usize = 50;

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
        let (mut last_line, mut judged, mut split) = (None, 0, 0);
        for token in self.map.tokens() {
            let (line, column) = (token.get_dst_line() as usize, token.get_dst_col() as usize);
            let Some(units) = lines.get(line).filter(|units| column <= units.len()) else {
                return Some(Problem::MapOutsideFile { line: line + 1, column: column + 1 });
            };
            last_line = last_line.max(Some(line));
            if column > 0 && column < units.len() && token.has_source() {
                judged += 1;
                split += usize::from(is_word(units[column - 1]) && is_word(units[column]));
            }
        }
        let Some(last_line) = last_line else { return Some(Problem::MapEmpty) };
        if judged >= JUDGED_MIN && split * 100 > judged * SPLIT_PERCENT_MAX {
            return Some(Problem::MapShifted { percent: split * 100 / judged });
        }
        let code = |lines: &[Vec<u16>]| lines.iter().filter(|line| is_code(line)).count();
        let (covered, all) = (code(&lines[..=last_line]), code(&lines));
        (covered * 100 < all * COVERED_PERCENT_MIN).then(|| {
            let lines = lines.len() - usize::from(lines.last().is_some_and(Vec::is_empty));
            Problem::MapEndsEarly { line: last_line + 1, lines }
        })
    }
}

fn is_word(unit: u16) -> bool {
    u8::try_from(unit).is_ok_and(|byte| byte.is_ascii_alphanumeric() || b"_$".contains(&byte))
}

/// Neither blank nor a comment, nor brackets alone.
fn is_code(line: &[u16]) -> bool {
    let text = String::from_utf16_lossy(line);
    let text = text.trim();
    !["//", "/*", "*"].iter().any(|opening| text.starts_with(opening))
        && text.contains(|c: char| c.is_alphanumeric())
}
