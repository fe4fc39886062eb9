//! Where an event failed: the innermost frame of the team's own code, its line of source, and where to read it.

use crate::alerts::messages::plain;
use crate::alerts::messages::story::{PlaceFacts, SourceLine};
use crate::model::event::{Event, Frame, Stacktrace};
use crate::model::ids::ProjectId;
use crate::model::source_link::{Place, resolve};
use crate::store::{Result, Store};

/// Lines before and after.
const AROUND: usize = 2;
const CODE_LETTERS_MAX: usize = 160;
const FILE_LETTERS_MAX: usize = 160;
const FUNCTION_LETTERS_MAX: usize = 100;

pub fn of(store: &Store, project: ProjectId, event: &Event) -> Result<Option<PlaceFacts>> {
    let Some(frame) = frame(event) else { return Ok(None) };
    let file = [&frame.filename, &frame.abs_path, &frame.module].into_iter().flatten().next();
    let Some(file) = file.map(|file| plain::line(file, FILE_LETTERS_MAX)) else { return Ok(None) };
    Ok(Some(PlaceFacts {
        file,
        line: frame.lineno,
        function: frame.function.as_deref().map(|function| plain::line(function, FUNCTION_LETTERS_MAX)),
        source: source(frame),
        url: url(store, project, event, frame)?,
    }))
}

/// Of the exception that names the issue; else of what led to it, else of whatever stack there is. Without a frame of
/// the team's own, the innermost one.
fn frame(event: &Event) -> Option<&Frame> {
    let named = event.main_exception.and_then(|at| event.exceptions.get(at)).or(event.exceptions.last());
    let named = named.and_then(|exception| exception.stacktrace.as_ref());
    let traces = || named.into_iter().chain(event.stacktraces());
    let own = |trace: &'_ Stacktrace| trace.frames.iter().rposition(|frame| frame.in_app == Some(true));
    let found = traces().find_map(|trace| trace.frames.get(own(trace)?));
    found.or_else(|| traces().find_map(|trace| trace.frames.last()))
}

fn source(frame: &Frame) -> Vec<SourceLine> {
    let (Some(line), Some(number)) = (&frame.context_line, frame.lineno) else { return Vec::new() };
    let before = &frame.pre_context[frame.pre_context.len().saturating_sub(AROUND)..];
    let after = &frame.post_context[..frame.post_context.len().min(AROUND)];
    let first = number.saturating_sub(before.len() as u64).max(1);
    let lines = before.iter().map(|line| (line, false)).chain([(line, true)]);
    let lines = lines.chain(after.iter().map(|line| (line, false)));
    let lines: Vec<_> = lines.map(|(line, is_it)| (plain::code(line, CODE_LETTERS_MAX * 2), is_it)).collect();
    // What all are indented by says nothing on a narrow screen.
    let said = lines.iter().filter(|(line, _)| !line.is_empty());
    let indent = said.map(|(line, _)| line.len() - line.trim_start_matches(' ').len()).min().unwrap_or(0);
    let numbered = lines.into_iter().zip(first..);
    let shown = numbered.map(|((line, is_it), number)| {
        let text = plain::code(line.get(indent..).unwrap_or_default(), CODE_LETTERS_MAX);
        SourceLine { number, text, is_it }
    });
    shown.collect()
}

fn url(store: &Store, project: ProjectId, event: &Event, frame: &Frame) -> Result<Option<String>> {
    let mappings = store.code_mappings_of(project)?;
    let place = Place {
        platform: frame.platform.as_deref().unwrap_or(&event.platform),
        filename: frame.filename.as_deref(),
        abs_path: frame.abs_path.as_deref(),
        module: frame.module.as_deref(),
    };
    let Some((mapping, path)) = resolve(&mappings, &place) else { return Ok(None) };
    let repositories = store.repositories()?;
    let Some(repository) = repositories.iter().find(|known| known.id == mapping.repository) else {
        return Ok(None);
    };
    let version = event.release.as_deref();
    let release = version.map(|version| store.find_release(version)).transpose()?.flatten();
    let revision = repository.revision(release.as_ref(), version, mapping);
    Ok(repository.link(&path, &revision, frame.lineno).map(|link| link.url))
}
