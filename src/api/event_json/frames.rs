//! Stack traces in the shape of Sentry's API.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::event_json::frame_problem::FrameProblemJson;
use crate::api::source_links::SourceLinkJson;
use crate::model::artifact::FrameProblem;
use crate::model::event::{Frame, Stacktrace, Template};

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StacktraceJson {
    /// Outermost first, the crash last.
    pub frames: Vec<FrameJson>,
    /// Frames `[from, to)` that were left out.
    #[schema(required)]
    pub frames_omitted: Option<(u64, u64)>,
    #[schema(required)]
    pub registers: Option<BTreeMap<String, Value>>,
    /// There are frames of the team's own code and others.
    pub has_system_frames: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FrameJson {
    #[schema(required)]
    pub function: Option<String>,
    #[schema(required)]
    pub raw_function: Option<String>,
    #[schema(required)]
    pub symbol: Option<String>,
    #[schema(required)]
    pub module: Option<String>,
    #[schema(required)]
    pub package: Option<String>,
    #[schema(required)]
    pub filename: Option<String>,
    #[schema(required)]
    pub abs_path: Option<String>,
    #[schema(required)]
    pub line_no: Option<u64>,
    #[schema(required)]
    pub col_no: Option<u64>,
    pub in_app: bool,
    /// Pairs of a line's number and its text.
    pub context: Vec<(u64, String)>,
    #[schema(required)]
    pub vars: Option<BTreeMap<String, Value>>,
    #[schema(required)]
    pub platform: Option<String>,
    #[schema(required)]
    pub instruction_addr: Option<String>,
    #[schema(required)]
    pub symbol_addr: Option<String>,
    #[schema(required)]
    pub lock: Option<Value>,
    pub data: BTreeMap<String, Value>,
    #[schema(required)]
    pub trust: Option<String>,
    /// Where the line is to be read, where the project's code mappings tell.
    #[schema(required)]
    pub source_link: Option<SourceLinkJson>,
    /// Why a frame of a minified file stays as it was sent.
    pub source_map_problem: Option<FrameProblemJson>,
    /// The same, until somebody has put it into words.
    #[serde(skip)]
    pub problem: Option<FrameProblem>,
}

pub fn stacktrace_json(stacktrace: &Stacktrace) -> StacktraceJson {
    let frames: Vec<_> = stacktrace.frames.iter().map(frame_json).collect();
    let in_app = frames.iter().filter(|frame| frame.in_app).count();
    StacktraceJson {
        has_system_frames: in_app > 0 && in_app < frames.len(),
        frames,
        frames_omitted: stacktrace.frames_omitted,
        registers: Some(stacktrace.registers.clone()).filter(|registers| !registers.is_empty()),
    }
}

fn frame_json(frame: &Frame) -> FrameJson {
    let trust = frame.data.get("trust").and_then(Value::as_str);
    FrameJson {
        function: frame.function.clone(),
        raw_function: frame.raw_function.clone(),
        symbol: frame.symbol.clone(),
        module: frame.module.clone(),
        package: frame.package.clone(),
        filename: frame.filename.clone(),
        abs_path: frame.abs_path.clone(),
        line_no: frame.lineno,
        col_no: frame.colno,
        in_app: frame.in_app.unwrap_or(false),
        context: context(
            frame.lineno,
            &frame.pre_context,
            frame.context_line.as_deref(),
            &frame.post_context,
        ),
        vars: Some(frame.vars.clone()).filter(|vars| !vars.is_empty()),
        platform: frame.platform.clone(),
        instruction_addr: frame.instruction_addr.clone(),
        symbol_addr: frame.symbol_addr.clone(),
        lock: frame.lock.clone(),
        trust: trust.map(str::to_owned),
        data: frame.data.clone(),
        source_link: None,
        source_map_problem: None,
        problem: frame.problem.clone(),
    }
}

pub fn template_context(template: &Template) -> Vec<(u64, String)> {
    context(template.lineno, &template.pre_context, template.context_line.as_deref(), &template.post_context)
}

/// Numbers the lines around line `lineno`. Without a number or the line itself there is nothing to number by.
fn context(
    lineno: Option<u64>,
    before: &[String],
    line: Option<&str>,
    after: &[String],
) -> Vec<(u64, String)> {
    let (Some(lineno), Some(line)) = (lineno, line) else { return Vec::new() };
    // A sender may claim more lines before than the file can have: those are not shown.
    let room = usize::try_from(lineno.saturating_sub(1)).unwrap_or(usize::MAX);
    let before = &before[before.len().saturating_sub(room)..];
    let first = lineno - before.len() as u64;
    let texts = before.iter().map(String::as_str).chain([line]).chain(after.iter().map(String::as_str));
    (first..=u64::MAX).zip(texts).map(|(number, text)| (number, text.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::context;

    #[test]
    fn lines_are_numbered_around_the_crash() {
        let lines = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let shown = |lineno, before: &[&str], after: &[&str]| {
            let numbered = context(lineno, &lines(before), Some("boom()"), &lines(after));
            numbered
                .into_iter()
                .map(|(number, text)| format!("{number} {text}"))
                .collect::<Vec<_>>()
                .join("|")
        };
        assert_eq!(shown(Some(5), &["a", "b"], &["c"]), "3 a|4 b|5 boom()|6 c");
        assert_eq!(shown(Some(2), &["a", "b"], &[]), "1 b|2 boom()");
        assert_eq!(shown(Some(1), &["a"], &[]), "1 boom()");
        assert_eq!(shown(Some(0), &["a"], &[]), "0 boom()");
        assert_eq!(shown(Some(u64::MAX), &[], &["c"]), format!("{} boom()", u64::MAX));
        assert_eq!(shown(None, &["a"], &[]), "");
    }
}
