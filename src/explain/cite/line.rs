//! The exact line that an answer names: whether a frame shows it.

use crate::model::explanation::{EvidencePack, ExactLine, Fact, FactKind};

/// A frame as its fact tells it.
pub struct ShownFrame<'a> {
    pub id: &'a str,
    pub function: &'a str,
    pub file: Option<&'a str>,
    pub line: Option<u64>,
    /// Number and text, where source is shown.
    pub source: Vec<(u64, &'a str)>,
}

pub fn frames(pack: &EvidencePack) -> impl Iterator<Item = ShownFrame<'_>> {
    pack.facts.iter().filter(|fact| fact.kind == FactKind::Frame).map(shown)
}

fn shown(fact: &Fact) -> ShownFrame<'_> {
    let mut lines = fact.text.lines();
    let head = lines.next().unwrap_or_default().trim_end_matches(" (library)");
    let (function, place) =
        head.rsplit_once(" at ").map_or((head, None), |(function, place)| (function, Some(place)));
    let (file, line) = match place.and_then(|place| place.rsplit_once(':')) {
        Some((file, line)) if line.bytes().all(|byte| byte.is_ascii_digit()) => {
            (Some(file), line.parse().ok())
        }
        _ => (place, None),
    };
    let source = lines.filter_map(|line| {
        let (number, text) = line
            .strip_prefix(['>', ' '])?
            .split_once("| ")
            .or_else(|| line.strip_prefix(['>', ' '])?.split_once('|'))?;
        Some((number.trim().parse().ok()?, text))
    });
    ShownFrame { id: &fact.id, function, file, line, source: source.collect() }
}

impl ShownFrame<'_> {
    /// The same file, however much of its path is told.
    pub fn is_of(&self, file: &str) -> bool {
        let Some(own) = self.file else { return false };
        let strip = |path: &str| path.trim_start_matches("./").trim_start_matches('/').to_owned();
        let (own, file) = (strip(own), strip(file));
        !file.is_empty()
            && (own == file || own.ends_with(&format!("/{file}")) || file.ends_with(&format!("/{own}")))
    }

    fn shows(&self, exact: &ExactLine) -> bool {
        let is_line =
            |line: u64| self.line == Some(line) || self.source.iter().any(|(number, _)| *number == line);
        match exact.line {
            Some(line) => self.is_of(&exact.file) && is_line(line),
            None => {
                self.is_of(&exact.file)
                    && exact.function.as_deref().is_none_or(|function| self.function == function)
            }
        }
    }
}

pub fn check(exact: &mut ExactLine, pack: &EvidencePack) {
    // `src/pay.ts:42` in one.
    if exact.line.is_none()
        && let Some((file, line)) = exact.file.rsplit_once(':')
        && let Ok(line) = line.parse()
    {
        (exact.file, exact.line) = (file.to_owned(), Some(line));
    }
    let named = exact.fact.take();
    let found = frames(pack).filter(|frame| frame.shows(exact)).map(|frame| frame.id.to_owned());
    let mut found: Vec<String> = found.collect();
    let place = found.iter().position(|id| Some(id) == named.as_ref()).unwrap_or(0);
    exact.fact = if found.is_empty() { None } else { Some(found.swap_remove(place)) };
}
