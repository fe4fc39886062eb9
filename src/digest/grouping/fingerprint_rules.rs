//! Fingerprint rules: `type:DatabaseError function:query_* -> database, {{ module }} title="Database"`.
//!
//! A project's rules come first, then the built-in ones; the first that fits decides. Matchers of one kind have to
//! fit the same exception, frame or thread; caller and callee brackets look at the neighbouring frame as Sentry does.

use crate::digest::grouping::fingerprint::variable;
use crate::digest::grouping::rules::glob::{Dialect, Glob};
use crate::digest::grouping::rules::{Family, RULE_LINE_BYTES_MAX, RULES_MAX, RulesError};
use crate::model::event::Event;

mod matching;

const BUILT_IN: &str = include_str!("../../../data/grouping/fingerprint-rules.txt");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FrameField {
    Function,
    Module,
    Package,
    Path,
    App(Option<bool>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ThreadField {
    Id,
    Name,
    State,
    Crashed(Option<bool>),
    Current(Option<bool>),
}

/// What a matcher looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Subject {
    Message,
    Type,
    Value,
    Logger,
    Level,
    Sdk,
    Family,
    Release,
    Tag(Box<str>),
    Frame(FrameField),
    Thread(ThreadField),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Own,
    Caller,
    Callee,
}

#[derive(Debug)]
struct Matcher {
    negated: bool,
    place: Place,
    subject: Subject,
    pattern: Box<str>,
    /// `None`: the pattern cannot be read and matches nothing.
    glob: Option<Glob>,
}

#[derive(Debug)]
pub(super) struct FingerprintRule {
    pub text: Box<str>,
    pub fingerprint: Vec<String>,
    pub title: Option<String>,
    pub is_built_in: bool,
    matchers: Vec<Matcher>,
}

#[derive(Debug)]
pub(super) struct FingerprintRules {
    rules: Vec<FingerprintRule>,
}

impl FingerprintRules {
    pub(super) fn with_project(text: &str) -> Result<Self, RulesError> {
        let mut rules = Vec::new();
        parse_lines(text, false, &mut rules)?;
        if rules.len() > RULES_MAX {
            return Err(RulesError::TooMany);
        }
        parse_lines(BUILT_IN, true, &mut rules)?;
        Ok(Self { rules })
    }

    pub(super) fn find(&self, event: &Event) -> Option<&FingerprintRule> {
        self.rules.iter().find(|rule| rule.matches(event))
    }
}

fn parse_lines(text: &str, is_built_in: bool, rules: &mut Vec<FingerprintRule>) -> Result<(), RulesError> {
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let fail = |reason: String| RulesError::Line { line: index + 1, reason };
        if line.len() > RULE_LINE_BYTES_MAX {
            return Err(fail(format!("longer than {RULE_LINE_BYTES_MAX} bytes")));
        }
        if rules.len() > RULES_MAX {
            return Err(RulesError::TooMany);
        }
        rules.push(parse_rule(line, is_built_in).map_err(fail)?);
    }
    Ok(())
}

fn parse_rule(text: &str, is_built_in: bool) -> Result<FingerprintRule, String> {
    let mut rest = text;
    let mut matchers = Vec::new();
    if let Some(inner) = rest.strip_prefix('[') {
        let (matcher, after) = parse_matcher(inner.trim_start(), Place::Caller)?;
        rest = expect(expect(after, "]")?, "|")?;
        matchers.push(matcher);
    }
    while !rest.starts_with("->") && !rest.starts_with('|') {
        let (matcher, after) = parse_matcher(rest, Place::Own)?;
        matchers.push(matcher);
        rest = after;
    }
    if matchers.iter().all(|matcher| matcher.place != Place::Own) {
        return Err("a rule begins with a matcher, such as type:Error".to_owned());
    }
    if let Some(inner) = rest.strip_prefix('|') {
        let (matcher, after) = parse_matcher(expect(inner, "[")?, Place::Callee)?;
        rest = expect(after, "]")?;
        matchers.push(matcher);
    }
    rest = expect(rest, "->")?;
    let (mut fingerprint, mut title) = (Vec::new(), None);
    while !rest.is_empty() {
        let (name, value, after) = parse_value(rest)?;
        match name {
            None => fingerprint.push(value),
            Some("title") => title = Some(value),
            Some(other) => return Err(format!("unknown attribute `{other}`")),
        }
        let after = after.trim_start();
        rest = after.strip_prefix(',').unwrap_or(after).trim_start();
    }
    if fingerprint.is_empty() && title.is_none() {
        return Err("a rule ends with a fingerprint".to_owned());
    }
    Ok(FingerprintRule { text: text.into(), fingerprint, title, is_built_in, matchers })
}

fn expect<'a>(text: &'a str, token: &str) -> Result<&'a str, String> {
    text.trim_start().strip_prefix(token).map(str::trim_start).ok_or_else(|| format!("`{token}` is missing"))
}

fn parse_matcher(text: &str, place: Place) -> Result<(Matcher, &str), String> {
    let (negated, text) = match text.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (key, rest) = match text.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').ok_or("a quote is not closed")?,
        None => {
            let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')));
            text.split_at(end.unwrap_or(text.len()))
        }
    };
    let rest = rest.strip_prefix(':').ok_or_else(|| format!("`{key}` wants a colon and a pattern"))?;
    let (pattern, rest) = if rest.starts_with('"') {
        parse_quoted(rest)?
    } else {
        let (pattern, rest) = rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len()));
        (pattern.to_owned(), rest)
    };
    let subject = subject(key, &pattern).ok_or_else(|| format!("unknown matcher `{key}`"))?;
    let dialect = match &subject {
        Subject::Frame(FrameField::Path | FrameField::Package) | Subject::Release => {
            Dialect { ignore_case: true, path: true }
        }
        Subject::Message | Subject::Value | Subject::Level | Subject::Thread(_) => {
            Dialect { ignore_case: true, path: false }
        }
        _ => Dialect::default(),
    };
    let glob = Glob::fingerprint_rule(&pattern, dialect);
    Ok((Matcher { negated, place, subject, pattern: pattern.into(), glob }, rest.trim_start()))
}

fn subject(key: &str, pattern: &str) -> Option<Subject> {
    let truth = || match pattern.to_ascii_lowercase().as_str() {
        "1" | "yes" | "true" => Some(true),
        "0" | "no" | "false" => Some(false),
        _ => None,
    };
    Some(match key {
        "error.type" | "type" => Subject::Type,
        "error.value" | "value" => Subject::Value,
        "stack.module" | "module" => Subject::Frame(FrameField::Module),
        "stack.abs_path" | "path" => Subject::Frame(FrameField::Path),
        "stack.package" | "package" => Subject::Frame(FrameField::Package),
        "stack.function" | "function" => Subject::Frame(FrameField::Function),
        "app" => Subject::Frame(FrameField::App(truth())),
        "message" => Subject::Message,
        "logger" => Subject::Logger,
        "level" => Subject::Level,
        "family" => Subject::Family,
        "sdk" => Subject::Sdk,
        "release" => Subject::Release,
        "thread.id" => Subject::Thread(ThreadField::Id),
        "thread.name" => Subject::Thread(ThreadField::Name),
        "thread.state" => Subject::Thread(ThreadField::State),
        "thread.crashed" => Subject::Thread(ThreadField::Crashed(truth())),
        "thread.current" => Subject::Thread(ThreadField::Current(truth())),
        other => Subject::Tag(other.strip_prefix("tags.")?.into()),
    })
}

/// One piece of a fingerprint, or `name="…"`.
fn parse_value(text: &str) -> Result<(Option<&str>, String, &str), String> {
    if text.starts_with('"') {
        let (value, rest) = parse_quoted(text)?;
        return Ok((None, normalize_default(value), rest));
    }
    if text.starts_with("{{") {
        let end = text.find("}}").ok_or("`}}` is missing")? + 2;
        return Ok((None, normalize_default(text[..end].to_owned()), &text[end..]));
    }
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, '{' | ',')).unwrap_or(text.len());
    if let Some((name, _)) = text[..end].split_once("=\"") {
        let (value, rest) = parse_quoted(&text[name.len() + 1..])?;
        return Ok((Some(name), value, rest));
    }
    if end == 0 {
        return Err(format!("a value was expected at `{}`", text.chars().take(30).collect::<String>()));
    }
    Ok((None, text[..end].to_owned(), &text[end..]))
}

fn normalize_default(value: String) -> String {
    if variable(&value) == Some("default") { "{{ default }}".to_owned() } else { value }
}

fn parse_quoted(text: &str) -> Result<(String, &str), String> {
    let mut out = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Ok((out, &text[at + 1..])),
            '\\' => match chars.next() {
                Some((_, 'n')) => out.push('\n'),
                Some((_, 't')) => out.push('\t'),
                Some((_, 'r')) => out.push('\r'),
                Some((_, escaped)) => out.push(escaped),
                None => break,
            },
            other => out.push(other),
        }
    }
    Err("a quote is not closed".to_owned())
}

/// The family a fingerprint rule may name: of the event, not of a frame.
fn event_family(event: &Event) -> &'static str {
    Family::of(&event.platform).as_str()
}
