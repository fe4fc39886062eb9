//! Marks the frames that are the team's own, before grouping and before anybody looks at them.
//!
//! The SDK's word comes first, rules override it, and whoever nobody spoke for is not in-app. What the SDK said
//! stays in `data.orig_in_app` (1, 0, -1 for nothing) as Sentry keeps it, so that this can run again.

use serde_json::Value;

use crate::digest::grouping::ProjectRules;
use crate::digest::grouping::functions::trim_function;
use crate::digest::grouping::rules::{ErrorFacts, FrameFacts, StackRun};
use crate::digest::grouping::stack::{frame_facts, skipped_frames};
use crate::model::event::{Event, Exception, Frame};

const ORIGINAL: &str = "orig_in_app";
pub(super) const CATEGORY: &str = "category";

/// Sets `in_app`, `data.orig_in_app`, `data.category` and, for native frames, `function` and `raw_function`.
pub fn apply_rules(event: &mut Event, rules: &ProjectRules) {
    let Event { platform, exceptions, stacktrace, threads, .. } = event;
    for exception in exceptions {
        let Exception { kind, value, mechanism, stacktrace: Some(stack), .. } = exception else { continue };
        let error = ErrorFacts {
            kind: kind.as_deref(),
            value: value.as_deref(),
            mechanism: mechanism.as_ref().map(|mechanism| &*mechanism.kind),
        };
        mark(&mut stack.frames, platform, error, rules);
    }
    let threads = threads.iter_mut().filter_map(|thread| thread.stacktrace.as_mut());
    for stack in stacktrace.as_mut().into_iter().chain(threads) {
        mark(&mut stack.frames, platform, ErrorFacts::default(), rules);
    }
}

fn mark(frames: &mut [Frame], platform: &str, error: ErrorFacts, rules: &ProjectRules) {
    for frame in &mut *frames {
        restore(frame);
        shorten(frame, platform);
    }
    let skipped = skipped_frames(frames);
    let seen = &frames[skipped..];
    let facts = |frame| -> FrameFacts { frame_facts(frame, platform) };
    let mut run = StackRun::new(&rules.stack, error, seen.iter().map(facts));
    run.classify();
    for (index, frame) in frames.iter_mut().enumerate() {
        let seen = index.checked_sub(skipped);
        set_in_app(frame, seen.and_then(|index| run.in_app(index)).or(frame.in_app).unwrap_or(false));
        if let Some(category) = seen.and_then(|index| run.category(index))
            && frame.data.get(CATEGORY).and_then(Value::as_str) != Some(category)
        {
            frame.data.insert(CATEGORY.to_owned(), Value::from(category));
        }
    }
}

/// Undoes an earlier marking.
fn restore(frame: &mut Frame) {
    match frame.data.get(ORIGINAL).and_then(Value::as_i64) {
        Some(-1) => frame.in_app = None,
        Some(number) => frame.in_app = Some(number != 0),
        None => {}
    }
}

fn shorten(frame: &mut Frame, platform: &str) {
    if frame.raw_function.is_some() {
        return;
    }
    let Some(function) = frame.function.as_deref().filter(|function| !function.is_empty()) else { return };
    let trimmed = trim_function(function, frame.platform.as_deref().unwrap_or(platform));
    if *trimmed != *function {
        let trimmed = trimmed.into_owned();
        frame.raw_function = frame.function.replace(trimmed);
    }
}

fn set_in_app(frame: &mut Frame, value: bool) {
    if frame.in_app == Some(value) {
        return;
    }
    if !frame.data.contains_key(ORIGINAL) {
        frame.data.insert(ORIGINAL.to_owned(), Value::from(frame.in_app.map_or(-1, i64::from)));
    }
    frame.in_app = Some(value);
}
