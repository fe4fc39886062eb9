//! A diff that a model suggests, held against the source that a frame shows: where its lines stand there, it is written anew with the
//! source's own lines and numbers; where they do not, it is not shown.

use std::fmt::Write as _;

use crate::explain::cite::line::{ShownFrame, frames};
use crate::explain::evidence::CUT;
use crate::model::explanation::EvidencePack;

/// Of a diff; source is shown in stretches of eleven lines.
const LINES_MAX: usize = 200;
const HUNKS_MAX: usize = 10;

#[derive(Default)]
struct Hunk<'a> {
    file: Option<&'a str>,
    lines: Vec<(Sign, &'a str)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Same,
    Removed,
    Added,
}

/// A unified diff that fits, or why there is none, as a sentence.
pub fn fitted(diff: &str, pack: &EvidencePack) -> Result<String, String> {
    let hunks = hunks(diff)?;
    let frames: Vec<ShownFrame<'_>> = frames(pack).filter(|frame| !frame.source.is_empty()).collect();
    let mut text = String::new();
    let mut last_file = "";
    for hunk in &hunks {
        let of = |frame: &&ShownFrame<'_>| hunk.file.is_none_or(|file| frame.is_of(file));
        if !frames.iter().any(|frame| of(&frame)) {
            let file = hunk.file.unwrap_or_default();
            return Err(format!("No frame shows source of `{}`", file.replace('`', "'")));
        }
        let place = frames.iter().filter(of).find_map(|frame| Some((frame, place_of(hunk, frame)?)));
        let Some((frame, at)) = place else {
            return Err("Its lines are not those of the source shown".to_owned());
        };
        let file = frame.file.unwrap_or_default();
        if file != last_file {
            let _ = write!(text, "--- a/{0}\n+++ b/{0}\n", file.trim_start_matches('/'));
            last_file = file;
        }
        write_hunk(&mut text, hunk, &frame.source[at..]);
    }
    Ok(text)
}

fn hunks(diff: &str) -> Result<Vec<Hunk<'_>>, String> {
    let mut hunks: Vec<Hunk<'_>> = Vec::new();
    let mut file = None;
    let mut open = Hunk::default();
    for line in diff.lines().take(LINES_MAX + 1) {
        if line.starts_with("```")
            || line.starts_with("diff ")
            || line.starts_with("index ")
            || line.starts_with("\\ No newline")
        {
            continue;
        }
        if let Some(path) = line.strip_prefix("--- ").or_else(|| line.strip_prefix("+++ ")) {
            finish(&mut open, &mut hunks);
            let path = path.split('\t').next().unwrap_or(path).trim();
            if path != "/dev/null" {
                file = Some(path.strip_prefix("a/").or_else(|| path.strip_prefix("b/")).unwrap_or(path));
            }
            continue;
        }
        if line.starts_with("@@") {
            finish(&mut open, &mut hunks);
            continue;
        }
        open.file = file;
        open.lines.push(match line.as_bytes().first() {
            Some(b'+') => (Sign::Added, &line[1..]),
            Some(b'-') => (Sign::Removed, &line[1..]),
            Some(b' ') => (Sign::Same, &line[1..]),
            // Models forget the space before what stays.
            _ => (Sign::Same, line),
        });
    }
    finish(&mut open, &mut hunks);
    let count: usize = hunks.iter().map(|hunk| hunk.lines.len()).sum();
    if hunks.is_empty() {
        return Err("It changes nothing".to_owned());
    }
    if count > LINES_MAX || hunks.len() > HUNKS_MAX {
        return Err(format!("It has more than {LINES_MAX} lines or {HUNKS_MAX} places"));
    }
    Ok(hunks)
}

fn finish<'a>(open: &mut Hunk<'a>, hunks: &mut Vec<Hunk<'a>>) {
    let mut hunk = std::mem::take(open);
    // Empty lines around a hunk are the model's.
    while hunk.lines.last().is_some_and(|(sign, line)| *sign == Sign::Same && line.trim().is_empty()) {
        hunk.lines.pop();
    }
    let start =
        hunk.lines.iter().take_while(|(sign, line)| *sign == Sign::Same && line.trim().is_empty()).count();
    hunk.lines.drain(..start);
    let changes = hunk.lines.iter().any(|(sign, _)| *sign != Sign::Same);
    let stands = hunk.lines.iter().any(|(sign, _)| *sign != Sign::Added);
    if changes && stands {
        hunks.push(hunk);
    }
}

/// Where in a frame's source the lines that were there before stand one after another.
fn place_of(hunk: &Hunk<'_>, frame: &ShownFrame<'_>) -> Option<usize> {
    let before: Vec<&str> =
        hunk.lines.iter().filter(|(sign, _)| *sign != Sign::Added).map(|(_, line)| *line).collect();
    frame
        .source
        .windows(before.len())
        .position(|lines| lines.iter().zip(&before).all(|((_, shown), line)| is_same(shown, line)))
}

/// Indentation is the source's to tell; of a line that was cut, its beginning.
fn is_same(shown: &str, line: &str) -> bool {
    match shown.strip_suffix(CUT) {
        Some(beginning) => line.trim().starts_with(beginning.trim()),
        None => shown.trim() == line.trim(),
    }
}

fn write_hunk(text: &mut String, hunk: &Hunk<'_>, source: &[(u64, &str)]) {
    let count = |not: Sign| hunk.lines.iter().filter(|(sign, _)| *sign != not).count();
    let first = source.first().map_or(1, |(number, _)| *number);
    let _ = writeln!(text, "@@ -{first},{} +{first},{} @@", count(Sign::Added), count(Sign::Removed));
    let mut shown = source.iter();
    for (sign, line) in &hunk.lines {
        let (mark, line) = match sign {
            Sign::Added => ('+', *line),
            Sign::Same => (' ', shown.next().map_or(*line, |(_, shown)| *shown)),
            Sign::Removed => ('-', shown.next().map_or(*line, |(_, shown)| *shown)),
        };
        let _ = writeln!(text, "{mark}{line}");
    }
}
