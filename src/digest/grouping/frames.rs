//! What one frame gives to a hash: module or file, function, source line, each cleaned of what changes by itself.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use crate::digest::grouping::functions::trim_function;
use crate::digest::grouping::rules::Family;
use crate::model::event::Frame;

/// Longer source lines are minified code. In characters.
const CONTEXT_LINE_CHARS_MAX: usize = 120;

/// One ingredient of a hash.
#[derive(Debug, Clone, Default)]
pub(super) struct Part<'a> {
    pub value: Option<Cow<'a, str>>,
    pub counts: bool,
}

impl<'a> Part<'a> {
    pub(super) fn new(value: impl Into<Cow<'a, str>>) -> Self {
        Self { value: Some(value.into()), counts: true }
    }

    pub(super) fn ignored(mut self) -> Self {
        self.counts = false;
        self
    }

    pub(super) fn counted(&self) -> Option<&str> {
        self.value.as_deref().filter(|_| self.counts)
    }
}

#[derive(Debug)]
pub(super) struct FrameParts<'a> {
    /// Module, file, function, line: the order in which they are hashed.
    pub parts: [Part<'a>; 4],
    /// Whether the frame counts before rules, recursion and in-app marks have spoken.
    pub counts: bool,
}

impl<'a> FrameParts<'a> {
    pub(super) fn of(frame: &'a Frame, event_platform: &str) -> Self {
        let platform = frame.platform.as_deref().unwrap_or(event_platform);
        let family = Family::of(platform);
        let module = module_part(frame, platform);
        let mut filename = filename_part(frame, platform);
        if module.counts {
            filename.counts = false;
        }
        let line = line_part(frame, platform, family);
        let mut function = function_part(frame, platform, family, line.counts);
        let mut counts = module.counts || filename.counts || function.counts || line.counts;
        if family == Family::JavaScript {
            // A frame keeps counting when only its function falls away here: an empty frame is still a frame.
            let name = frame.raw_function.as_deref().or(frame.function.as_deref()).unwrap_or_default();
            let name = last_segment(name, ".");
            let unknown = ["", "?", "<anonymous function>", "<anonymous>", "Anonymous function"];
            if unknown.contains(&name) || name.ends_with("/<") {
                function.counts = false;
            }
            let native = ["[native code]", "native code", "eval code", "<anonymous>"];
            if name == "eval" || frame.abs_path.as_deref().is_some_and(|path| native.contains(&path)) {
                counts = false;
            }
        }
        Self { parts: [module, filename, function, line], counts }
    }
}

/// Whether a path is a URL of a page; `file:` counts only if `files` is set.
pub(super) fn has_url_origin(path: Option<&str>, files: bool) -> bool {
    let Some(path) = path else { return false };
    let schemes = ["http:", "https:", "applewebdata:", "blob:"];
    schemes.iter().any(|scheme| path.starts_with(scheme)) || (files && path.starts_with("file:"))
}

fn last_segment<'a>(text: &'a str, separator: &str) -> &'a str {
    text.rsplit(separator).next().unwrap_or(text)
}

fn filename_part<'a>(frame: &'a Frame, platform: &str) -> Part<'a> {
    let Some(filename) = frame.filename.as_deref() else { return Part::default() };
    let base = filename.rsplit(['/', '\\']).next().unwrap_or(filename);
    let base = if base.bytes().any(|byte| byte.is_ascii_uppercase() || !byte.is_ascii()) {
        Cow::Owned(base.to_lowercase())
    } else {
        Cow::Borrowed(base)
    };
    if has_url_origin(frame.abs_path.as_deref(), false) || matches!(&*base, "<anonymous>" | "[native code]") {
        return Part::new(base).ignored();
    }
    if platform == "java" && base.contains("$$_javassist") {
        return Part::new(JAVASSIST.replace_all(&base, "${1}<auto>").into_owned());
    }
    Part::new(base)
}

fn module_part<'a>(frame: &'a Frame, platform: &str) -> Part<'a> {
    let Some(module) = frame.module.as_deref() else { return Part::default() };
    match platform {
        "javascript" if module.contains('/') => {
            let path = frame.abs_path.as_deref().unwrap_or_default();
            if path.ends_with(module) { Part::new(module).ignored() } else { Part::new(module) }
        }
        "java" => {
            let part = Part::new(java_module(module));
            // Ignored only while nothing else was cleaned: cleaning makes a module count again.
            let untouched = part.value.as_deref() == Some(module);
            if module.contains("$$Lambda$") && untouched { part.ignored() } else { part }
        }
        _ => Part::new(module),
    }
}

static JAVASSIST: LazyLock<Regex> = LazyLock::new(|| pattern(r"(\$\$_javassist)(?:_seam)?(?:_[0-9]+)?"));

/// Class names that Java libraries make up at run time, in the order in which they are cleaned.
static GENERATED: LazyLock<[Regex; 7]> = LazyLock::new(|| {
    [
        pattern(r"(sun\.reflect\.Generated(?:Serialization)?ConstructorAccessor)\d+"),
        pattern(r"(\$\$[\w_]+?CGLIB\$\$)[a-fA-F0-9]+(_[0-9]+)?"),
        JAVASSIST.clone(),
        pattern(r"(\$fn__)\d+"),
        pattern(r"(\$\$?EnhancerBy[\w_]+?\$?\$)[a-fA-F0-9]+(_[0-9]+)?"),
        pattern(r"(\$\$?FastClassBy[\w_]+?\$?\$)[a-fA-F0-9]+(_[0-9]+)?"),
        pattern(r"(\$\$?HibernateProxy\$?\$)\w+(_[0-9]+)?"),
    ]
});

fn pattern(source: &str) -> Regex {
    Regex::new(source).expect("a constant pattern")
}

fn java_module(module: &str) -> Cow<'_, str> {
    let accessors = ["sun.reflect.GeneratedMethodAccessor", "jdk.internal.reflect.GeneratedMethodAccessor"];
    if let Some(accessor) = accessors.into_iter().find(|accessor| module.starts_with(accessor)) {
        return Cow::Borrowed(accessor);
    }
    let mut cleaned = Cow::Borrowed(module);
    if module.contains('$') || module.contains("Generated") {
        for generated in GENERATED.iter() {
            if let Cow::Owned(changed) = generated.replace_all(&cleaned, "${1}<auto>") {
                cleaned = Cow::Owned(changed);
            }
        }
    }
    cleaned
}

fn function_part<'a>(frame: &'a Frame, platform: &str, family: Family, has_line: bool) -> Part<'a> {
    let function = frame.function.as_deref().filter(|name| !name.is_empty());
    let raw = frame.raw_function.as_deref().filter(|name| !name.is_empty());
    // C# names were shortened late: hashes stay with the long ones.
    let name: Cow<str> = match (function, raw) {
        (_, Some(raw)) if platform == "csharp" => Cow::Borrowed(raw),
        (Some(function), None) if platform == "csharp" => Cow::Borrowed(function),
        (Some(function), Some(_)) => Cow::Borrowed(function),
        (Some(function), None) => trim_function(function, platform),
        (None, Some(raw)) => Cow::Borrowed(raw),
        (None, None) => return Part::default(),
    };
    match platform {
        "ruby" if name.starts_with("block ") => Part::new("block"),
        "ruby" => match without_erb_suffix(&name) {
            Some(length) => Part::new(name[..length].to_owned()),
            None => Part::new(name),
        },
        "php" if name.starts_with("class@anonymous") && name.contains("::") => {
            Part::new(last_segment(&name, "::").to_owned())
        }
        "php" if name.starts_with("[Anonymous") || name.starts_with("class@anonymous\0") => {
            Part::new(name).ignored()
        }
        "java" if name.starts_with("lambda$") => Part::new(name).ignored(),
        _ if family == Family::Native && matches!(&*name, "<redacted>" | "<unknown>") => {
            Part::new(name).ignored()
        }
        _ if family == Family::JavaScript => {
            // Browsers disagree about what stands before the last dot.
            let part = match name.rfind('.') {
                Some(dot) => Part::new(name[dot + 1..].to_owned()),
                None => Part::new(name),
            };
            // Names out of source maps are guesses: where there is a line, it is the better witness.
            let mapped = frame.data.get("sourcemap").is_some_and(|value| !value.is_null());
            if mapped && has_line { part.ignored() } else { part }
        }
        _ => Part::new(name),
    }
}

/// ERB templates end in `__1234_5678`; where that begins.
fn without_erb_suffix(name: &str) -> Option<usize> {
    let digits = |text: &str| text.bytes().rev().take_while(u8::is_ascii_digit).count();
    let last = digits(name);
    let rest = name[..name.len() - last].strip_suffix('_')?;
    let first = digits(rest);
    let rest = rest[..rest.len() - first].strip_suffix("__")?;
    (last >= 4 && first >= 4).then_some(rest.len())
}

fn line_part<'a>(frame: &'a Frame, platform: &str, family: Family) -> Part<'a> {
    let Some(raw) = frame.context_line.as_deref() else { return Part::default() };
    if !matches!(platform, "javascript" | "node" | "python" | "php" | "ruby") {
        return Part::default();
    }
    let line = collapse_spaces(raw);
    if line.is_empty() {
        return Part::default();
    }
    let too_long = raw.len() > CONTEXT_LINE_CHARS_MAX && raw.chars().count() > CONTEXT_LINE_CHARS_MAX;
    let nameless = frame.function.as_deref().is_none_or(str::is_empty);
    let page = family == Family::JavaScript && nameless && has_url_origin(frame.abs_path.as_deref(), true);
    if too_long || page { Part::new(line).ignored() } else { Part::new(line) }
}

fn collapse_spaces(line: &str) -> Cow<'_, str> {
    let trimmed = line.trim();
    let single = |pair: &[u8]| pair != b"  ";
    let plain = trimmed.is_ascii()
        && trimmed.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
        && trimmed.as_bytes().windows(2).all(single);
    if plain {
        return Cow::Borrowed(trimmed);
    }
    Cow::Owned(trimmed.split_whitespace().collect::<Vec<_>>().join(" "))
}
