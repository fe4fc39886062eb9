//! One frame read with its map: pure, given the open map.

use serde_json::Value;

use crate::artifacts::maps::{MapFile, context_of};
use crate::digest::symbolicate::{names, paths};
use crate::model::artifact::FrameProblem;
use crate::model::event::Frame;

/// What a frame's file was found to be.
pub struct FoundMap<'a> {
    pub map: &'a MapFile,
    /// The address it was uploaded under.
    pub label: &'a str,
    /// `debug-id` or `release`.
    pub resolved_with: &'static str,
}

/// Makes the frame what it was before it was minified. Answers what stands there in the source, which is what the frame
/// that is called by this one is called. A position that leads nowhere leaves the frame as it is.
pub fn resolve(
    frame: &mut Frame,
    found: &FoundMap<'_>,
    called: Option<&str>,
) -> Result<Option<String>, FrameProblem> {
    let Some(line) = frame.lineno.filter(|line| *line > 0) else { return Err(FrameProblem::NoPosition) };
    let column = frame.colno.unwrap_or_default();
    let outside = || FrameProblem::OutsideMap { line, column };
    let at = |number: u64| u32::try_from(number.saturating_sub(1)).map_err(|_| outside());
    let spot = found.map.find(at(line)?, at(column)?).ok_or_else(outside)?;

    frame.function = Some(names::function(&spot, frame.function.as_deref(), called));
    let source = spot.source.name;
    if !source.is_empty() {
        let filename = paths::filename(source);
        let base = frame.abs_path.as_deref().unwrap_or_default();
        let abs_path = paths::joined(base, source);
        let named_by = if abs_path.starts_with("webpack:")
            || abs_path.starts_with("turbopack:")
            || frame.module.is_some()
        {
            Some(filename.as_str())
        } else {
            ["http:", "https:", "app:"]
                .iter()
                .any(|scheme| abs_path.starts_with(scheme))
                .then_some(abs_path.as_str())
        };
        frame.module = named_by.map(paths::module).filter(|module| !module.is_empty());
        let is_library = paths::is_library(&filename, source);
        if is_library {
            frame.in_app = Some(false);
        } else if frame.in_app.is_none() {
            frame.in_app = Some(true);
        }
        frame.filename = Some(filename);
        frame.abs_path = Some(abs_path);
    }
    frame.lineno = Some(u64::from(spot.line) + 1);
    frame.colno = Some(u64::from(spot.column) + 1);
    if let Some(context) = context_of(&spot.source, spot.line, spot.column) {
        frame.pre_context = context.before;
        frame.context_line = Some(context.line);
        frame.post_context = context.after;
        frame.problem = None;
    } else {
        // What was sent is the minified line: it would stand under the number of another.
        frame.pre_context = Vec::new();
        frame.context_line = None;
        frame.post_context = Vec::new();
        let missing = FrameProblem::MissingContents { source: source.to_owned() };
        frame.problem = (!spot.source.has_text()).then_some(missing);
    }
    let data = [
        ("sourcemap", Value::from(found.label)),
        ("resolved_with", Value::from(found.resolved_with)),
        ("symbolicated", Value::from(true)),
    ];
    frame.data.extend(data.map(|(key, value)| (key.to_owned(), value)));
    Ok(spot.name.map(str::to_owned))
}
