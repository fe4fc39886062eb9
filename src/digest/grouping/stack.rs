//! What a stack gives to a hash, once for the frames in-app alone and once for all of them.

use serde_json::Value;

use crate::digest::grouping::ProjectRules;
use crate::digest::grouping::frames::{FrameParts, has_url_origin};
use crate::digest::grouping::in_app::CATEGORY;
use crate::digest::grouping::rules::{
    Contribution, ErrorFacts, FRAMES_MAX, Family, FrameFacts, Mask, StackRun,
};
use crate::model::event::{Frame, Stacktrace};

/// The two ways to look at a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    App,
    System,
}

impl Side {
    pub(super) const BOTH: [Self; 2] = [Self::App, Self::System];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::System => "system",
        }
    }
}

#[derive(Debug)]
pub(super) struct StackParts<'a> {
    frames: Vec<FrameParts<'a>>,
    sides: [Contribution; 2],
}

impl<'a> StackParts<'a> {
    pub(super) fn of(
        stack: &'a Stacktrace,
        platform: &'a str,
        error: ErrorFacts<'a>,
        rules: &ProjectRules,
    ) -> Self {
        let frames = &stack.frames[skipped_frames(&stack.frames)..];
        let mut parts: Vec<FrameParts> = frames.iter().map(|frame| FrameParts::of(frame, platform)).collect();
        for index in 1..frames.len() {
            if is_recursion(&frames[index], &frames[index - 1]) {
                parts[index].counts = false;
            }
        }
        if let [only] = frames
            && is_bare_script(only, platform)
        {
            parts[0].counts = false;
        }
        let (mut all, mut in_app) = (Mask::default(), Mask::default());
        for (index, (frame, part)) in frames.iter().zip(&parts).enumerate() {
            all.set(index, part.counts);
            in_app.set(index, frame.in_app == Some(true));
        }
        let run = StackRun::new(&rules.stack, error, frames.iter().map(|frame| frame_facts(frame, platform)));
        let [mut app, mut system] = run.contribute([all.and(in_app), all]);
        // Rules may bring frames back, never a frame of somebody else into `app`.
        app.frames = app.frames.and(in_app);
        settle(&mut app, &mut system, frames.len(), in_app);
        Self { frames: parts, sides: [app, system] }
    }

    pub(super) fn contributes(&self, side: Side) -> bool {
        self.side(side).contributes
    }

    pub(super) fn hint(&self, side: Side) -> Option<&str> {
        self.side(side).hint.as_deref()
    }

    /// The strings that are hashed; none where the stack does not contribute.
    pub(super) fn push_values(&self, side: Side, values: &mut Vec<String>) {
        let side = self.side(side);
        if !side.contributes {
            return;
        }
        for (index, frame) in self.frames.iter().enumerate() {
            if side.frames.has(index) {
                values.extend(frame.parts.iter().filter_map(|part| part.counted()).map(str::to_owned));
            }
        }
    }

    /// Everything about the stack, counted or not: what tells two exceptions of a group apart.
    pub(super) fn describe(&self, side: Side, add: &mut dyn FnMut(bool, &str)) {
        let side = self.side(side);
        add(side.contributes, "stack");
        for (index, frame) in self.frames.iter().enumerate() {
            add(side.frames.has(index), "frame");
            for part in &frame.parts {
                add(part.counts, part.value.as_deref().unwrap_or_default());
            }
        }
    }

    fn side(&self, side: Side) -> &Contribution {
        &self.sides[side as usize]
    }
}

fn settle(app: &mut Contribution, system: &mut Contribution, frames: usize, in_app: Mask) {
    if frames == 0 {
        for side in [app, system] {
            side.contributes = false;
            side.hint = Some("ignored because it has no frames".to_owned());
        }
        return;
    }
    if system.frames.count() == 0 {
        system.contributes = false;
        system.hint = Some("ignored because no frame counts".to_owned());
    }
    if in_app.count() == 0 {
        app.contributes = false;
        app.hint = Some("ignored because no frame is in-app".to_owned());
    } else if system.frames.and(in_app).count() == 0 {
        app.contributes = false;
        app.hint = Some("ignored because no in-app frame counts".to_owned());
    }
}

/// Frames at the outer end that are too many to be looked at.
pub(super) fn skipped_frames(frames: &[Frame]) -> usize {
    frames.len().saturating_sub(FRAMES_MAX)
}

pub(super) fn frame_facts<'a>(frame: &'a Frame, platform: &str) -> FrameFacts<'a> {
    let function = frame.function.as_deref().filter(|name| !name.is_empty());
    let path = frame.abs_path.as_deref().filter(|path| !path.is_empty());
    FrameFacts {
        family: Family::of(frame.platform.as_deref().unwrap_or(platform)),
        function: function.unwrap_or("<unknown>"),
        module: frame.module.as_deref(),
        package: frame.package.as_deref(),
        path: path.or(frame.filename.as_deref()),
        in_app: frame.in_app,
        category: frame.data.get(CATEGORY).and_then(Value::as_str),
    }
}

fn is_recursion(frame: &Frame, previous: &Frame) -> bool {
    frame.lineno == previous.lineno
        && frame.colno == previous.colno
        && frame.function == previous.function
        && frame.filename == previous.filename
        && frame.module == previous.module
        && frame.package == previous.package
        && frame.abs_path == previous.abs_path
}

/// A lone script frame without a function and without a URL: nothing in it tells one problem from another.
fn is_bare_script(frame: &Frame, platform: &str) -> bool {
    Family::of(frame.platform.as_deref().unwrap_or(platform)) == Family::JavaScript
        && frame.function.as_deref().is_none_or(str::is_empty)
        && !has_url_origin(frame.abs_path.as_deref(), true)
}
