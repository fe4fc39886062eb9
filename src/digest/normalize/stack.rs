//! Stack traces and their frames.

use serde_json::Value;
use url::Url;

use crate::digest::normalize::bound;
use crate::digest::normalize::fields::{self, Limit, NAME, PATH, SYMBOL};
use crate::digest::normalize::notes::At;
use crate::model::event::{Frame, Stacktrace, Template};

const FUNCTION: Limit = Limit::new(512, 20);
/// Minified files have lines of megabytes.
const SOURCE_LINE: Limit = Limit::new(1024, 0);
const CONTEXT_LINES_MAX: usize = 50;
/// Of a longer stack the outermost and the innermost are kept: what started it, and the crash.
const FRAMES_FIRST: usize = 50;
const FRAMES_LAST: usize = 200;
/// Variables and source lines are kept on this many frames.
const FRAMES_IN_FULL: usize = 50;

/// `{frames: [...]}`, or the list alone. None if there are no frames and no registers.
pub fn stacktrace(value: Value, at: &At) -> Option<Stacktrace> {
    let mut trace = Stacktrace::default();
    let map = match value {
        Value::Array(_) => {
            trace.frames = frames(value, &mut trace.frames_omitted, at);
            fields::JsonMap::new()
        }
        value => fields::object(value, at)?,
    };
    let mut ours = None;
    for (key, value) in map {
        let at = at.key(&key);
        match key.as_str() {
            "frames" => trace.frames = frames(value, &mut ours, &at),
            "frames_omitted" => trace.frames_omitted = omitted(&value, &at),
            "registers" => {
                let registers = fields::object(value, &at);
                trace.registers =
                    registers.map(|map| bound::object(map, bound::SMALL, &at)).unwrap_or_default();
            }
            _ => {}
        }
    }
    trace.frames_omitted = trace.frames_omitted.or(ours);
    (!trace.frames.is_empty() || !trace.registers.is_empty()).then_some(trace)
}

fn omitted(value: &Value, at: &At) -> Option<(u64, u64)> {
    match value {
        Value::Null => None,
        Value::Array(pair) if pair.len() == 2 => {
            Some((fields::count(&pair[0], at)?, fields::count(&pair[1], at)?))
        }
        other => {
            at.invalid("expected two numbers", other);
            None
        }
    }
}

fn frames(value: Value, omitted: &mut Option<(u64, u64)>, at: &At) -> Vec<Frame> {
    let mut items = fields::list(value, at);
    let count = items.len();
    if count > FRAMES_FIRST + FRAMES_LAST {
        items.drain(FRAMES_FIRST..count - FRAMES_LAST);
        *omitted = Some((FRAMES_FIRST as u64, (count - FRAMES_LAST) as u64));
        at.too_long(format!("{} of {count} frames were left out", count - FRAMES_FIRST - FRAMES_LAST));
    }
    let mut frames = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        frames.extend(frame(item, &at.index(index)));
    }
    slim(&mut frames);
    frames
}

fn frame(value: Value, at: &At) -> Option<Frame> {
    let map = fields::object(value, at)?;
    let mut frame = Frame::default();
    for (key, value) in map {
        let at = at.key(&key);
        match key.as_str() {
            "function" => frame.function = fields::text(value, FUNCTION, &at).filter(|name| name != "?"),
            "raw_function" => frame.raw_function = fields::text(value, FUNCTION, &at),
            "symbol" => frame.symbol = fields::text(value, FUNCTION, &at).filter(|name| name != "?"),
            "module" => frame.module = fields::text(value, NAME, &at),
            "package" => frame.package = fields::text(value, PATH, &at),
            "filename" => frame.filename = fields::text(value, PATH, &at),
            "abs_path" => frame.abs_path = fields::text(value, PATH, &at),
            "lineno" => frame.lineno = fields::count(&value, &at),
            "colno" => frame.colno = fields::count(&value, &at),
            "platform" => frame.platform = fields::text(value, SYMBOL, &at),
            "pre_context" => frame.pre_context = source_lines(value, &at),
            "context_line" => frame.context_line = fields::text(value, SOURCE_LINE, &at),
            "post_context" => frame.post_context = source_lines(value, &at),
            "in_app" => frame.in_app = fields::flag(&value, &at),
            "vars" => frame.vars = vars(value, &at),
            "data" => {
                let data = fields::object(value, &at);
                frame.data = data.map(|map| bound::object(map, bound::SMALL, &at)).unwrap_or_default();
            }
            "instruction_addr" => frame.instruction_addr = address(value, &at),
            "symbol_addr" => frame.symbol_addr = address(value, &at),
            "image_addr" => frame.image_addr = address(value, &at),
            "addr_mode" => frame.addr_mode = fields::text(value, SYMBOL, &at),
            "lock" => frame.lock = (!value.is_null()).then(|| bound::value(value, bound::SMALL, &at)),
            _ => {}
        }
    }
    fill_paths(&mut frame);
    Some(frame)
}

fn source_lines(value: Value, at: &At) -> Vec<String> {
    let mut lines = fields::lines(value, SOURCE_LINE, at);
    if lines.len() > CONTEXT_LINES_MAX {
        at.too_long(format!("{} lines were left out", lines.len() - CONTEXT_LINES_MAX));
        lines.truncate(CONTEXT_LINES_MAX);
    }
    lines
}

/// An object; some SDKs send a list, whose places become the names.
fn vars(value: Value, at: &At) -> crate::model::event::Object {
    let map = match value {
        Value::Array(items) => items.into_iter().enumerate().map(|(i, item)| (i.to_string(), item)).collect(),
        value => fields::object(value, at).unwrap_or_default(),
    };
    bound::object(map, bound::SMALL, at)
}

/// Hexadecimal with `0x`; a number is written so.
fn address(value: Value, at: &At) -> Option<String> {
    match value.as_u64() {
        Some(number) => Some(format!("{number:#x}")),
        None => fields::text(value, SYMBOL, at),
    }
}

/// Each of `filename` and `abs_path` fills the other; of a URL the file's name is its path.
fn fill_paths(frame: &mut Frame) {
    if frame.abs_path.is_none() {
        frame.abs_path = frame.filename.take();
    }
    if frame.filename.is_none()
        && let Some(path) = &frame.abs_path
    {
        frame.filename = Some(path_of_url(path).unwrap_or_else(|| path.clone()));
    }
}

fn path_of_url(text: &str) -> Option<String> {
    let scheme = ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme));
    let url = scheme.then(|| Url::parse(text).ok()).flatten()?;
    (url.path().len() > 1).then(|| url.path().to_owned())
}

/// Takes variables and source lines from most frames of a long stack: our own code keeps them first,
/// then the frames next to the two ends.
fn slim(frames: &mut [Frame]) {
    let count = frames.len();
    if count <= FRAMES_IN_FULL {
        return;
    }
    let own = |index: &usize| frames[*index].in_app == Some(true);
    let (app, system): (Vec<usize>, Vec<usize>) = (0..count).partition(own);
    let room = FRAMES_IN_FULL.saturating_sub(app.len());
    let middle = |indexes: &[usize], keep: usize| -> Vec<usize> {
        if indexes.len() <= keep {
            return Vec::new();
        }
        indexes[keep / 2..indexes.len() - (keep - keep / 2)].to_vec()
    };
    for index in middle(&app, FRAMES_IN_FULL).into_iter().chain(middle(&system, room)) {
        let frame = &mut frames[index];
        frame.vars.clear();
        frame.pre_context = Vec::new();
        frame.context_line = None;
        frame.post_context = Vec::new();
    }
}

pub fn template(value: Value, at: &At) -> Option<Template> {
    let map = fields::object(value, at)?;
    let mut template = Template::default();
    for (key, value) in map {
        let at = at.key(&key);
        match key.as_str() {
            "filename" => template.filename = fields::text(value, PATH, &at),
            "abs_path" => template.abs_path = fields::text(value, PATH, &at),
            "lineno" => template.lineno = fields::count(&value, &at),
            "pre_context" => template.pre_context = source_lines(value, &at),
            "context_line" => template.context_line = fields::text(value, SOURCE_LINE, &at),
            "post_context" => template.post_context = source_lines(value, &at),
            _ => {}
        }
    }
    (template != Template::default()).then_some(template)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{FRAMES_FIRST, FRAMES_IN_FULL, stacktrace};
    use crate::digest::normalize::notes::{At, Notes};
    use crate::model::event::Stacktrace;

    fn read(value: Value) -> Stacktrace {
        let notes = Notes::default();
        stacktrace(value, &At::root(&notes)).expect("a stack trace")
    }

    #[test]
    fn paths_fill_each_other() {
        let cases = [
            (json!({"filename": "a/b.py"}), "a/b.py", "a/b.py"),
            (json!({"abs_path": "/x/a.py"}), "/x/a.py", "/x/a.py"),
            (json!({"abs_path": "http://h:1/s/a.js?v=2"}), "/s/a.js", "http://h:1/s/a.js?v=2"),
            (json!({"filename": "https://h/a.js"}), "/a.js", "https://h/a.js"),
            (json!({"filename": "a.py", "abs_path": "/x/a.py"}), "a.py", "/x/a.py"),
        ];
        for (frame, filename, abs_path) in cases {
            let trace = read(json!({"frames": [frame]}));
            assert_eq!(trace.frames[0].filename.as_deref(), Some(filename));
            assert_eq!(trace.frames[0].abs_path.as_deref(), Some(abs_path));
        }
    }

    #[test]
    fn unknown_functions_and_empty_frames() {
        let trace = read(json!({"frames": [null, {"function": "?", "lineno": "7", "in_app": 1}, {}]}));
        assert_eq!(trace.frames.len(), 2);
        assert_eq!(trace.frames[0].function, None);
        assert_eq!(trace.frames[0].lineno, Some(7));
        assert_eq!(trace.frames[0].in_app, Some(true));
    }

    #[test]
    fn long_stacks_keep_both_ends() {
        let frames: Vec<Value> = (0..1_000)
            .map(|i| json!({"lineno": i, "in_app": i % 100 == 99, "context_line": "x", "vars": {"i": i}}))
            .collect();
        let trace = read(json!({"frames": frames}));
        let lines: Vec<u64> = trace.frames.iter().map(|frame| frame.lineno.expect("a line")).collect();
        assert_eq!(lines.len(), 250);
        assert_eq!((lines[FRAMES_FIRST - 1], lines[FRAMES_FIRST], lines[249]), (49, 800, 999));
        assert_eq!(trace.frames_omitted, Some((50, 800)));
        let full = trace.frames.iter().filter(|frame| frame.context_line.is_some()).count();
        assert_eq!(full, FRAMES_IN_FULL);
        assert!(trace.frames.iter().filter(|f| f.in_app == Some(true)).all(|f| !f.vars.is_empty()));
    }
}
